# SPDX-License-Identifier: BSD-2-Clause
"""report.py --corpus DIR --said DIR --own DIR [--peer DIR --version V] [--write] ...

Scores what glassine (and, with --peer, nDPI) said, and prints the generated part of
docs/ACCURACY.md, or with --write puts it there. Exit status 1 when a miss has no reason
in misses.tsv or a reason no miss, when the law is broken, or when the peer says other
things than peer.tsv has of the same version.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys

import count
import misses
import own
import page
import peer_counts

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
DOCUMENT = os.path.join(TOP, "docs", "ACCURACY.md")
CAPTURES = os.path.join(TOP, "tests", "captures")
PEER = os.path.join(HERE, "peer.tsv")
BEGIN = "<!-- accuracy:begin -->"
END = "<!-- accuracy:end -->"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def fingerprint(corpus):
    """Tells one corpus from another: of the list of captures and their truth"""
    digest = hashlib.sha256()
    for name in "files.tsv", "truth.tsv":
        with open(os.path.join(corpus, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


def whole(corpus, said, save):
    """The scorer's own run over all captures: its figures, captures that break the law, and
    what it says of the form of the JSON"""
    run = subprocess.run([sys.executable, "-B", os.path.join(corpus, "score.py"), said, "--save",
                          save], capture_output=True, text=True, check=False)
    if not os.path.exists(save):
        sys.exit(f"accuracy: score.py could not score {said}: {run.stderr or run.stdout}")
    saved = json.loads(read(save))
    return (saved["all"], {line.split(": ")[0] for line in saved["law"]},
            [line for line in run.stdout.splitlines() if line.startswith("contract:")])


def peer_of(args, complaints):
    """Measured where the peer is here and of the version of peer.tsv, else from there"""
    kept = peer_counts.Peer.read(PEER) if os.path.exists(PEER) else None
    if not args.peer:
        return kept
    flows = count.flows_of(args.corpus, args.peer, peer=True)
    here = peer_counts.Peer.measured(flows, args.version)
    if args.write:
        write(PEER, here.text())
        return here
    if kept.version != here.version:
        print(f"accuracy: nDPI {here.version} is not compared with nDPI {kept.version}, of which "
              "the page is", file=sys.stderr)
    elif kept.text() != here.text():
        complaints.append("nDPI says other things than tests/accuracy.d/peer.tsv has")
    return kept


def agree(ours, scorer):
    """Counted by flow or by the scorer, a figure is the same"""
    pairs = (("chat_f1", "chat_f1"), ("protocol_f1", "protocol_f1"), ("exposure", "exposure"),
             ("false_chat_labels", "false_positives"))
    return [f"{one} is {ours[one]} here and {scorer[other]} in score.py" for one, other in pairs
            if abs((ours[one] or 0) - (scorer[other] or 0)) > 1e-9]


def put(text):
    """Into the document, between its markers"""
    document = read(DOCUMENT)
    before, rest = document.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    write(DOCUMENT, f"{before}{BEGIN}\n{text}{END}{after}")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--said", required=True, help="CAPTURE.json of each public capture")
    parser.add_argument("--own", required=True, help="CAPTURE.json of each in tests/captures")
    parser.add_argument("--peer", help="CAPTURE.json of the peer")
    parser.add_argument("--version", help="of the peer")
    parser.add_argument("--misses", default=os.path.join(HERE, "misses.tsv"))
    parser.add_argument("--save", required=True, help="folder for accuracy.json and score.json")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def main():
    args = arguments()
    complaints = []
    flows = count.flows_of(args.corpus, args.said)
    reasons = misses.read(args.misses)
    complaints += misses.explain(misses.misses_of(flows), reasons)
    scorer, broken, contract = whole(args.corpus, args.said,
                                     os.path.join(args.save, "score.json"))
    complaints += contract
    complaints += [f"{capture}: the law is broken" for capture in sorted(broken)]
    score = count.scorer(args.corpus)
    captures = len(score.tsv("files.tsv"))
    made = page.Page(score, flows, (captures - len(broken), captures), peer_of(args, complaints),
                     own.count(CAPTURES, args.own), reasons)
    summary = made.summary()
    complaints += agree(summary, scorer)
    summary["corpus"] = fingerprint(args.corpus)
    write(os.path.join(args.save, "accuracy.json"), json.dumps(summary, indent=1) + "\n")
    text = (f"Captures: {captures}, fingerprint {summary['corpus']} (of `files.tsv` and "
            f"`truth.tsv`). Flows with payload and sure or likely truth: {len(flows)}.\n\n"
            + made.text())
    if args.write:
        put(text)
    else:
        print(text, end="")
    for complaint in complaints:
        print(f"accuracy: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
