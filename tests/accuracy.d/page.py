# SPDX-License-Identifier: BSD-2-Clause
"""The generated part of docs/ACCURACY.md."""
import dataclasses

import count
import interval
import misses
import own

CLAIMED = 3  # captures; a label with fewer is listed, not claimed
# What the README of the captures says of another version of the peer, on this half or
# together with the held-out one.
QUOTED = {"version": "4.11", "chat": "0.716; both halves 0.696", "false": "10, both halves",
          "precision": "0.972", "recall": "0.885"}


def markdown(table):
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table]
    return "\n".join([lines[0], "|---" * len(table[0]) + "|"] + lines[1:])


def figure(value):
    return "-" if value is None else f"{value[0]:.3f} ({value[1]:.3f}–{value[2]:.3f})"


def part(right, of):
    """Counts and, in brackets, the interval of their share"""
    value = interval.share(right, of)
    return "-" if value is None else f"{right} of {of} ({value[1]:.3f}–{value[2]:.3f})"


def precision(c):
    return interval.share(c.right, c.right + c.false)


def recall(c):
    return interval.share(c.right, c.right + c.missed)


def f1(c):
    return interval.f1(c.right, c.missed, c.false)


class Page:
    def __init__(self, score, flows, law, peer, own_counts, reasons):
        self.flows = flows
        self.law = law            # (captures in which it holds, captures)
        self.peer = peer
        self.own = own_counts
        self.reasons = reasons
        self.groups = [("chat, readable", score.CLEAR), ("chat, own framing", score.CRYPT),
                       ("carrier", score.CARRIER), ("neither", ["random", "unknown"])]
        self.chat = score.CLEAR + score.CRYPT
        self.named = self.chat + score.CARRIER
        self.levels = score.LEVELS
        self.counts = {c: count.by_label(flows, c) for c in count.CERTAINTIES}

    # ---- which labels ------------------------------------------------------

    def seen(self, certainty, labels):
        """Those that are the truth of a flow"""
        return [x for x in labels if self.counts[certainty][x].flows]

    def claimed(self, certainty, labels):
        return [x for x in self.seen(certainty, labels)
                if len(self.counts[certainty][x].captures) >= CLAIMED]

    def rows(self, certainty, row, claimed):
        """row(label, counts, the peer's counts) of each label, by group"""
        for group, labels in self.groups:
            for label in self.seen(certainty, labels):
                counts = self.counts[certainty][label]
                if (len(counts.captures) >= CLAIMED) == claimed:
                    yield [label, group, str(len(counts.captures)), str(counts.flows),
                           *row(counts, self.peer.labels[certainty, label])]

    # ---- headline ----------------------------------------------------------

    def macro(self, labels):
        """Both programs' macro F1 over the sure flows, and what it is over"""
        labels = self.seen("sure", labels)
        counts = self.counts["sure"]
        captures = set().union(*(counts[x].captures for x in labels)) if labels else ()
        over = (f"{len(labels)} labels, {sum(counts[x].flows for x in labels)} flows, "
                f"{len(captures)} captures")
        return (interval.mean(f1(counts[x]) for x in labels),
                interval.mean(f1(self.peer.labels["sure", x]) for x in labels), over)

    def false_chat(self):
        return sum(flow.false_chat for flow in self.flows)

    def exposure(self):
        """level -> [right, of, captures]"""
        levels = {level: [0, 0, set()] for level in reversed(self.levels)}
        for flow in self.flows:
            for _, truth, _, right in flow.exposure:
                levels[truth][0] += right
                levels[truth][1] += 1
                levels[truth][2].add(flow.capture)
        return {level: of for level, of in levels.items() if of[1]}

    def agreement(self):
        return interval.mean(interval.share(right, of)
                             for right, of, _ in self.exposure().values())

    def chat_recall(self, counts_of):
        counts = [counts_of(x) for x in self.seen("sure", self.chat)]
        return part(sum(c.right for c in counts), sum(c.right + c.missed for c in counts))

    def headline_rows(self):
        captures = len({flow.capture for flow in self.flows})
        every = f"{len(self.flows)} flows, sure and likely, {captures} captures"
        for name, labels, quoted in (
                ("macro F1, chat labels", self.chat, QUOTED["chat"]),
                (f"macro F1, chat labels with {CLAIMED} captures or more",
                 self.claimed("sure", self.chat), ""),
                ("macro F1, chat labels and carriers", self.named, "")):
            ours, theirs, over = self.macro(labels)
            yield [name, over, figure(ours), figure(theirs), quoted]
        _, _, over = self.macro(self.chat)
        yield ["chat flows that are called right", over,
               self.chat_recall(lambda x: self.counts["sure"][x]),
               self.chat_recall(lambda x: self.peer.labels["sure", x]), ""]
        yield ["false chat labels: flows called a chat protocol that they are not", every,
               part(self.false_chat(), len(self.flows)),
               part(sum(self.peer.false_chat.values()), len(self.flows)), QUOTED["false"]]
        yield from self.service_rows()
        yield from self.exposure_rows()

    def service_rows(self):
        truths = [flow.service[0].split("|") for flow in self.flows if flow.service]
        must = sum("-" not in truth for truth in truths)
        may = sum("-" in truth and len(truth) > 1 for truth in truths)
        captures = len({flow.capture for flow in self.flows
                        if flow.service and flow.service[0] != "-"})
        right, false, missed = count.services(self.flows)
        them = self.peer.service
        over = (f"{must} flows with a service, {may} where one may be said, {captures} captures; "
                f"{len(truths) - must - may} flows without")
        yield ["service, precision", over, part(right, right + false),
               part(them.right, them.right + them.false), QUOTED["precision"]]
        yield ["service, recall", over, part(right, right + missed),
               part(them.right, them.right + them.missed), QUOTED["recall"]]

    def exposure_rows(self):
        of = self.exposure()
        captures = len(set().union(*(c for _, _, c in of.values())))
        over = (f"{len(of)} levels, {sum(n for _, n, _ in of.values())} phases of flows, "
                f"{captures} captures")
        yield ["exposure, mean agreement over the levels", over, figure(self.agreement()),
               "not said", ""]
        yield ["captures in which the conservation law holds", f"{self.law[1]} captures",
               part(*self.law), "has none", ""]

    # ---- sections ----------------------------------------------------------

    def headline(self):
        return markdown([["figure", "over", "glassine", f"nDPI {self.peer.version}",
                          f"nDPI {QUOTED['version']}, quoted"], *self.headline_rows()])

    def figures(self, certainty):
        """Precision, recall, F1 of both"""
        v = self.peer.version
        head = ["label", "group", "captures", "flows", "precision", "recall", "F1",
                f"nDPI {v} precision", f"nDPI {v} recall", f"nDPI {v} F1"]
        return markdown([head, *self.rows(certainty, lambda c, p: [
            figure(f(x)) for x in (c, p) for f in (precision, recall, f1)], True)])

    def numbers(self, certainty):
        """The counts behind them, and the share of captures without a miss"""
        head = ["label", "group", "captures", "flows", "right", "missed", "false",
                "captures without a miss", "nDPI right", "missed", "false",
                "captures without a miss"]
        return markdown([head, *self.rows(certainty, lambda c, p: [
            str(c.right), str(c.missed), str(c.false),
            part(len(c.captures) - len(c.spoilt), len(c.captures)),
            str(p.right), str(p.missed), str(p.false),
            part(p.captures - p.spoilt, p.captures)], True)])

    def not_claimed(self, certainty):
        head = ["label", "group", "captures", "flows", "right", "missed", "false",
                "nDPI right", "missed", "false"]
        return markdown([head, *self.rows(certainty, lambda c, p: [
            str(x) for t in (c, p) for x in (t.right, t.missed, t.false)], False)])

    def never_seen(self):
        labels = [x for x in self.named if not self.seen("sure", [x]) and
                  not self.seen("likely", [x])]
        return ", ".join(f"`{x}`" for x in labels) or "none"

    def levels_table(self):
        rows = [["true level", "captures", "phases of flows", "agree"]]
        for level, (right, of, captures) in self.exposure().items():
            rows.append([level, str(len(captures)), str(of), part(right, of)])
        return markdown(rows)

    def own_table(self):
        rows = [["label", "group"] + [f"{what}, {kind}" for kind in (own.RECORDED, own.GENERATED)
                                      for what in ("captures", "flows right")]]
        for group, labels in self.groups:
            for label in labels:
                cells = []
                for kind in own.RECORDED, own.GENERATED:
                    captures, flows, right = self.own.get((kind, label), (0, 0, 0))
                    cells += [str(captures), f"{right} of {flows}"] if captures else ["", ""]
                if any(cells):
                    rows.append([label, group, *cells])
        return markdown(rows)

    def text(self):
        return "\n".join([
            "### Summary", "", self.headline(), "",
            "### Figures by label, sure truth", "", self.figures("sure"), "",
            "### Counts by label, sure truth", "",
            "`missed`: flows of the label that are called something else. `false`: flows of "
            "another label that are called so.", "", self.numbers("sure"), "",
            "### Seen, not claimed: fewer than three captures, sure truth", "",
            self.not_claimed("sure"), "",
            f"Without any flow in these captures: {self.never_seen()}.", "",
            "### Likely truth", "", self.figures("likely"), "",
            "Seen, not claimed:", "", self.not_claimed("likely"), "",
            "### Exposure by true level", "",
            "Set-up and steady phase of flows with sure or likely truth.", "",
            self.levels_table(), "",
            "### Every miss, and why", "",
            "Of glassine, with sure and likely truth. A label stands by itself; `service`, "
            "`setup` and `steady` say that the service or a level is meant.", "",
            markdown(misses.table(self.reasons)), "",
            "### Our own captures", "",
            "Those of `tests/captures`. They are no sample of anything, so there is no interval: "
            "what is recorded shows that a real program is recognised, what is generated that "
            "the signature does what was read in the description, not that today's clients do. "
            "`tests/golden/captures.sh` demands that all are right.", "", self.own_table(), ""])

    def summary(self):
        """What the bars are about, for programs"""
        ours, theirs, _ = self.macro(self.chat)
        named, _, _ = self.macro(self.named)
        agreement = self.agreement()
        return {
            "chat_f1": ours and ours[0], "chat_f1_peer": theirs and theirs[0],
            "protocol_f1": named and named[0], "false_chat_labels": self.false_chat(),
            "exposure": agreement and agreement[0], "law": list(self.law),
            "labels": [dict({"label": label}, captures=len(c.captures),
                            **{f.name: getattr(c, f.name) for f in dataclasses.fields(c)
                               if f.type is int})
                       for label, c in self.counts["sure"].items() if c.flows]}
