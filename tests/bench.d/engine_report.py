# SPDX-License-Identifier: BSD-2-Clause
"""engine_report.py [--no-gate] [--docs] [--ndpi NS] RAW JSON

Adds ratios and bars to what engine.c measured, prints tables, and with --docs
writes them into docs/PERFORMANCE.md and draws docs/engine.svg.
"""
import argparse
import json
import sys

import engine_plot

PERFORMANCE = "docs/PERFORMANCE.md"
PLOT = "docs/engine.svg"
BEGIN = "<!-- engine:begin -->"
END = "<!-- engine:end -->"
MAIN = 1460  # bytes of the payload that the bars are about


class Figures:
    """Rows by what they are about."""

    def __init__(self, document):
        self.document = document
        self.rows = {}
        for row in document["rows"]:
            self.rows[self.key(row)] = row
        for row in document["rows"]:
            peer = self.ns("hyperscan", row["words"], row["payload"], row["text"],
                           row["stream"], row["cores"])
            row["ratio"] = round(row["ns"] / peer, 4) if peer else None

    @staticmethod
    def key(row):
        return (row["engine"], row["words"], row["payload"], row["text"], row["stream"],
                row["cores"])

    def row(self, engine, words, payload=MAIN, text="text", stream=False, cores=1):
        return self.rows.get((engine, words, payload, text, stream, cores))

    def ns(self, *args, **kwargs):
        row = self.row(*args, **kwargs)
        return row["ns"] if row else None

    def ratio(self, *args, **kwargs):
        row = self.row(*args, **kwargs)
        return row["ratio"] if row else None

    def build(self, engine, words, field):
        for build in self.document["builds"]:
            if build["engine"] == engine and build["words"] == words:
                return build[field]
        return None


def over(one, other):
    return one / other if one is not None and other else None


def short(words):
    return f"{words // 1000}k" if words >= 1000 else str(words)


def list_bars(f):
    """(what, measured, first, moonshot, unit, more is better); None: not measured."""
    bars = []

    def bar(what, measured, first, moonshot, unit, more=False):
        bars.append({"bar": what, "measured": measured, "first": first, "moonshot": moonshot,
                     "unit": unit, "more": more})

    for words, first, moonshot in (10, 5, 1.5), (1000, 4, 1.5), (10000, 3, 1.0), (100000, 2, 0.8):
        bar(f"text, {short(words)} words", f.ratio("glassine", words), first, moonshot, "xHS")
    for words, first, moonshot in (1000, 8, 3), (10000, 5, 2), (100000, 3, 1):
        bar(f"adversarial, {short(words)} words",
            f.ratio("glassine", words, text="adversarial"), first, moonshot, "xHS")
    for words, first in (1000, 1.6), (10000, 1.8):
        bar(f"one array look-up a byte, {short(words)} words",
            over(f.ns("per-byte-lookup", words), f.ns("glassine", words)), first, 4,
            "x faster", True)
    bar("1000 iptables string rules", over(f.ns("iptables", 1000), f.ns("glassine", 1000)),
        150, 500, "x faster", True)
    bar("packet that is no chat, 64 B, above XDP_PASS", f.document["not_chat_ns"], 45, 25, "ns")
    stream = f.row("glassine", 1000, stream=True)
    bar("stream, extra per segment, 1k words",
        stream and 100 * (stream["ns"] / stream["datagram_ns"] - 1), 12, 4, "%")
    size = f.build("glassine", 100000, "bytes")
    bar("tables, 100k words", size and size / 2**20, 12, 6, "MB")
    bar("build, 100k words", f.build("glassine", 100000, "ms"), 1000, 150, "ms")
    bar("verified instructions", f.document["verified_insns"], 100000, 30000, "")
    two = f.row("glassine", 1000, cores=2)
    bar("two cores, 1k words", two and two["scaling"], 1.9, None, "x one core", True)
    bar("growth of cost, 1k to 100k words",
        over(f.ns("glassine", 100000), f.ns("glassine", 1000)), 8, None, "x")
    for b in bars:
        for column in "first", "moonshot":
            b[column + "_reached"] = reached(b, b[column])
    return bars


def reached(bar, limit):
    if bar["measured"] is None or limit is None:
        return None
    return bar["measured"] >= limit if bar["more"] else bar["measured"] <= limit


# ------------------------------------------------------------ tables


def number(value):
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def judged(bar, column):
    if bar[column] is None:
        return "-"
    sign = "≥" if bar["more"] else "≤"
    state = {True: "reached", False: "missed", None: "not measured"}[bar[column + "_reached"]]
    return f"{sign} {number(bar[column])}: {state}"


def bar_table(bars):
    table = [["bar", "measured", "", "first implementation", "moonshot"]]
    for b in bars:
        table.append([b["bar"], number(b["measured"]), b["unit"], judged(b, "first"),
                      judged(b, "moonshot")])
    return table


def cell_table(f):
    """A row for each list, text, payload, stream and number of cores."""
    table = [["words", "text", "payload", "as", "cores", "scan, ns", "packet, ns", "Hyperscan, ns",
              "xHS", "per byte, ns", "iptables, ns", "memcpy, ns"]]
    for row in f.document["rows"]:
        if row["engine"] != "glassine":
            continue
        where = Figures.key(row)[1:]
        table.append([short(row["words"]), row["text"], str(row["payload"]),
                      "stream" if row["stream"] else "datagram", str(row["cores"]),
                      number(row["ns"]), number(row["packet_ns"]),
                      number(f.ns("hyperscan", *where)), number(row["ratio"]),
                      number(f.ns("per-byte-lookup", *where)),
                      number(f.ns("iptables", *where)), number(f.ns("memcpy", *where))])
    return table


def build_table(f):
    table = [["engine", "words", "tables, bytes", "build, ms"]]
    for b in f.document["builds"]:
        table.append([b["engine"], short(b["words"]), number(b["bytes"]), number(b["ms"])])
    return table


def print_table(table):
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    print()


def markdown(table):
    lines = ["| " + " | ".join(line) + " |" for line in table]
    return "\n".join([lines[0], "|---" * len(table[0]) + "|"] + lines[1:])


# ------------------------------------------------------------ docs


def machine(f):
    d = f.document
    peer = f"Hyperscan {d['hyperscan'].split()[0]}" if d["hyperscan"] else "no Hyperscan"
    state = "quiet" if d["quiet"] else "not quiet: read the ratios, and those with care"
    return (f"Kernel {d['kernel'].split('-')[0]}, {peer}; others used {d['others'] * 100:.0f} % of a "
            f"core meanwhile, the host took {d['stolen'] * 100:.0f} % ({state}).")


def absent(f):
    lines = [f"- {s['engine']} was not measured here: {s['reason']}." for s in f.document["skipped"]]
    if any(s["engine"] == "iptables" for s in f.document["skipped"]):
        lines.append("  A figure from another run: 1000 rules cost 1 048 µs a packet of 1460 B.")
    if f.document.get("ndpi_ns") is not None:
        lines.append(f"- nDPI's `ndpiReader` needs {number(f.document['ndpi_ns'])} ns a packet for a capture of "
                     "the same payloads (1460 B, text). It classifies flows and finds no words: for the "
                     "scale only.")
    return "\n".join(lines)


def section(f, bars):
    check = f.document["cross_check"]
    return f"""
    sudo make bench-engine               # about five minutes; prints the tables, writes build/bench-engine.json
    sudo tests/bench-engine --quick      # payloads of 1460 B only, under a minute

Same words, same payloads, same rounds for all. Words: half English words and phrases, half Chinese words of 2 to 7 characters
in UTF-8, 4 to 30 bytes. `text`: English prose mixed with Chinese of Zipf-distributed characters, a listed word about every 30 kB.
`adversarial`: listed words, each without its last byte, back to back. All of it comes from a fixed seed. 256 payloads take turns,
each is read once before the next one's turn: read twenty times in a row, the processor foretells each branch, and Hyperscan
seems up to four times as fast. A figure is the mean over the payloads of each one's median over the rounds.

- **scan** is the packet's time with the list less its time through the same program with the scan off: loading the bytes, the
  automaton, counting hits. **packet** is the whole packet as the kernel times it (`BPF_PROG_TEST_RUN`), call included.
- **xHS** is scan / Hyperscan. Hyperscan (literals, caseless) runs in user space: `hs_scan`, for streams `hs_scan_stream`. It goes
  from payload to payload without a system call between, ours has one before each packet; that is not taken off.
- **stream** is a TCP segment, in order, its automaton's state carried on.
- **per byte** is a full automaton in XDP with one array look-up a byte, less the empty program.
- **iptables** is what one rule a word (`-m string --algo bm`, case-sensitive, as that is cheaper) adds to a datagram on the
  loopback device of a namespace made for it.
- With two cores, a time is that from one packet to the next of both together.

{machine(f)} The engines were compared {check['compared']} times on whole rounds of payloads and
found different numbers of words {check['mismatches']} times.

### Bars

{markdown(bar_table(bars))}

![Time per byte over the number of words](engine.svg)

### All cells

{markdown(cell_table(f))}

### Tables

{markdown(build_table(f))}

{absent(f)}
"""


def write_docs(f, bars):
    with open(PERFORMANCE, encoding="utf-8") as file:
        text = file.read()
    if BEGIN not in text or END not in text:
        sys.exit(f"{PERFORMANCE} has no {BEGIN} and {END}")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(PERFORMANCE, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n{section(f, bars)}\n{END}{after}")
    with open(PLOT, "w", encoding="utf-8") as file:
        file.write(engine_plot.draw(f.document["rows"], MAIN))


def write_json(path, document):
    """A row a line, so that two runs can be compared by eye."""
    fields = []
    for name, value in document.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            fields.append(f' "{name}": [\n  {rows}\n ]')
        else:
            fields.append(f' "{name}": {json.dumps(value, ensure_ascii=False)}')
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(fields) + "\n}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-gate", action="store_true")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--ndpi", type=float)
    parser.add_argument("raw")
    parser.add_argument("json")
    args = parser.parse_args()
    with open(args.raw, encoding="utf-8") as file:
        document = json.load(file)
    document["ndpi_ns"] = args.ndpi
    f = Figures(document)
    bars = document["bars"] = list_bars(f)
    write_json(args.json, document)
    print_table(cell_table(f))
    print_table(build_table(f))
    print_table(bar_table(bars))
    print(machine(f))
    print(f"cross-check: {document['cross_check']['compared']} comparisons, "
          f"{document['cross_check']['mismatches']} mismatches")
    if absent(f):
        print(absent(f))
    if args.docs:
        write_docs(f, bars)
    missed = [b["bar"] for b in bars if b["first_reached"] is False]
    if missed:
        print(f"bench-engine: {len(missed)} bars of the first column are missed: "
              + "; ".join(missed), file=sys.stderr)
    return 1 if missed and not args.no_gate else 0


if __name__ == "__main__":
    sys.exit(main())
