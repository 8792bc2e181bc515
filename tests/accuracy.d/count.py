# SPDX-License-Identifier: BSD-2-Clause
"""What was said of each flow beside its truth, by the corpus's own scorer (score.py).

The scorer's rules are used as they are: which record belongs to a flow, what else is
right, which level counts. Here its answers are kept by flow, so that they can be
counted by capture, too. Addresses are not kept.
"""
import collections
import dataclasses
import os
import sys

CERTAINTIES = ("sure", "likely")


@dataclasses.dataclass
class Flow:
    """One flow with payload whose truth is sure or likely"""
    capture: str
    l4: str
    certainty: str
    truth: str
    said: str            # "(missing)" where there is no record
    right: bool
    false_chat: bool     # called a chat protocol that it is not
    service: tuple       # (truth, said, right, false, missed); None: not scored. In the
                         # truth, "-" is none, and "x|-" one that need not be said
    exposure: list       # (phase, truth, said, right), as far as scored


@dataclasses.dataclass
class Counts:
    """Of one label: flows, and captures with and without a miss"""
    right: int = 0
    missed: int = 0
    false: int = 0
    captures: set = dataclasses.field(default_factory=set)
    spoilt: set = dataclasses.field(default_factory=set)

    @property
    def flows(self):
        return self.right + self.missed


def scorer(corpus):
    """The module score.py of that folder, in which nothing is written"""
    sys.dont_write_bytecode = True
    sys.path.insert(0, corpus)
    import score
    return score


def service_of(score, row, got):
    if row["service"] == "?":
        return None
    one = score.Score()
    one.flow("", row, got, False)
    return (row["service"], (got and got[1]) or "-", *one.sv)


def exposure_of(score, row, got):
    rows = []
    for phase, place in (("setup", 2), ("steady", 3)):
        if row[phase] != "-":
            said = got[place] if got else None
            rows.append((phase, row[phase], said or "(missing)", said == row[phase]))
    return rows


def flow_of(score, row, got, peer):
    """One flow, judged by a Score of its own"""
    one = score.Score()
    one.flow("", row, got, False, peer)
    right, _ = one.acc[row["certainty"]]
    return Flow(row["file"], row["l4"], row["certainty"], row["protocol"],
                got[0] if got else "(missing)", bool(right), bool(one.false),
                service_of(score, row, got), [] if peer else exposure_of(score, row, got))


def flows_of(corpus, folder, peer=False):
    """All scored flows; folder holds CAPTURE.json for each capture.

    A flow without payload is left out: glassine keeps no record of it, and another
    program can only guess.
    """
    score = scorer(corpus)
    truth = collections.defaultdict(list)
    for row in score.tsv("truth.tsv"):
        if (row["tunnel"] in score.PLAIN_TUNNELS and row["protocol"] != "none" and
                row["certainty"] in CERTAINTIES):
            truth[row["file"]].append(row)
    flows = []
    for file in score.tsv("files.tsv"):
        path = os.path.join(folder, file["file"] + ".json")
        said = score.load_ndpi(path, False) if peer else score.load_glassine(path)[0]
        for row in truth[file["file"]]:
            vlan = [] if row["vlan"] == "-" else [int(x) for x in row["vlan"].split("+")]
            got = said.get(score.key(row["l4"], row["address_a"], row["port_a"],
                                     row["address_b"], row["port_b"]), vlan)
            flows.append(flow_of(score, row, got, peer))
    return flows


def by_label(flows, certainty):
    """label -> Counts, of the flows of that certainty"""
    counts = collections.defaultdict(Counts)
    for flow in flows:
        if flow.certainty != certainty:
            continue
        of = counts[flow.truth]
        of.captures.add(flow.capture)
        if flow.right:
            of.right += 1
        else:
            of.missed += 1
            of.spoilt.add(flow.capture)
            counts[flow.said].false += 1
    return counts


def services(flows):
    """(right, false, missed)"""
    rows = [flow.service for flow in flows if flow.service]
    return tuple(sum(row[i] for row in rows) for i in (2, 3, 4))
