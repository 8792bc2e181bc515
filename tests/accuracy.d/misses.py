# SPDX-License-Identifier: BSD-2-Clause
"""Every miss beside the reason that misses.tsv has for it.

A reason is a row: capture, transport, truth, said, why. In `truth` and `said` a label
stands by itself; "service" before it says that the service is meant, "setup" and
"steady" a level of exposure. Capture, transport and truth may hold `*` for any text.
"""
import csv
import dataclasses
import fnmatch


@dataclasses.dataclass
class Miss:
    capture: str
    l4: str
    truth: str
    said: str
    sure: int = 0
    likely: int = 0


@dataclasses.dataclass
class Reason:
    capture: str
    transport: str
    truth: str
    said: str
    why: str
    misses: list = dataclasses.field(default_factory=list)

    def fits(self, miss):
        return (fnmatch.fnmatchcase(miss.capture, self.capture) and
                fnmatch.fnmatchcase(miss.l4, self.transport) and
                fnmatch.fnmatchcase(miss.truth, self.truth) and self.said == miss.said)

    def __str__(self):
        return f"{self.capture}, {self.transport}: {self.truth} called {self.said}"


def wrongs(flow):
    """(truth, said) of all that is wrong with a flow"""
    if not flow.right:
        yield flow.truth, flow.said
    if flow.service and any(flow.service[3:]):
        yield f"service {flow.service[0]}", f"service {flow.service[1]}"
    for phase, truth, said, right in flow.exposure:
        if not right:
            yield f"{phase} {truth}", f"{phase} {said}"


def misses_of(flows):
    misses = {}
    for flow in flows:
        for truth, said in wrongs(flow):
            key = flow.capture, flow.l4, truth, said
            miss = misses.setdefault(key, Miss(*key))
            setattr(miss, flow.certainty, getattr(miss, flow.certainty) + 1)
    return list(misses.values())


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Reason(**row) for row in rows]


def explain(misses, reasons):
    """Gives each miss to the first reason that fits; returns what is wrong with that"""
    complaints = []
    for miss in misses:
        reason = next((r for r in reasons if r.fits(miss)), None)
        if reason:
            reason.misses.append(miss)
        else:
            complaints.append(f"no reason is given for {miss.capture}, {miss.l4}: {miss.truth} "
                              f"called {miss.said} ({miss.sure} sure, {miss.likely} likely)")
    complaints += [f"there is no such miss: {r}" for r in reasons if not r.misses]
    complaints += [f"a reason without a text: {r}" for r in reasons if not r.why.strip()]
    return complaints


def places(misses, several):
    """Where they are, with their number and, if there are several truths, the truth"""
    named = []
    for miss in misses:
        what = f" {miss.truth.split()[-1]}" if several else ""
        named.append(f"{miss.capture}, {miss.l4}{what}: {miss.sure + miss.likely}")
    return "; ".join(named)


def table(reasons):
    """A row for each kind of miss and why, with all places of it"""
    joined = {}
    for reason in reasons:
        joined.setdefault((reason.truth, reason.said, reason.why), []).extend(reason.misses)
    rows = [["truth", "said", "sure", "likely", "why", "where, and how many flows"]]
    for (truth, said, why), misses in joined.items():
        rows.append([truth.replace("*", "any"), said, str(sum(m.sure for m in misses)),
                     str(sum(m.likely for m in misses)), why, places(misses, "*" in truth)])
    return rows
