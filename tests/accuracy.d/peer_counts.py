# SPDX-License-Identifier: BSD-2-Clause
"""The peer's counts on the same flows: from its output, or from the file that keeps them,
so that the page can be made where the peer is not installed."""
import collections
import csv
import dataclasses

import count

COLUMNS = ["what", "name", "certainty", "right", "missed", "false", "captures", "spoilt"]


@dataclasses.dataclass
class Tally:
    """As count.Counts, with numbers of captures"""
    right: int = 0
    missed: int = 0
    false: int = 0
    captures: int = 0
    spoilt: int = 0

    @classmethod
    def of(cls, counts):
        return cls(counts.right, counts.missed, counts.false, len(counts.captures),
                   len(counts.spoilt))


class Peer:
    def __init__(self, version):
        self.version = version
        self.labels = collections.defaultdict(Tally)  # (certainty, label)
        self.service = Tally()
        self.false_chat = {}                          # "truth called said" -> flows

    @classmethod
    def measured(cls, flows, version):
        peer = cls(version)
        for certainty in count.CERTAINTIES:
            for label, counts in count.by_label(flows, certainty).items():
                peer.labels[certainty, label] = Tally.of(counts)
        right, false, missed = count.services(flows)
        peer.service = Tally(right, missed, false)
        peer.false_chat = dict(collections.Counter(
            f"{flow.truth} called {flow.said}" for flow in flows if flow.false_chat))
        return peer

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        peer = cls(next(row["name"] for row in rows if row["what"] == "version"))
        for row in rows:
            numbers = [int(row[column] or 0) for column in COLUMNS[3:]]
            if row["what"] == "label":
                peer.labels[row["certainty"], row["name"]] = Tally(*numbers)
            elif row["what"] == "service":
                peer.service = Tally(*numbers)
            elif row["what"] == "false chat label":
                peer.false_chat[row["name"]] = numbers[2]
        return peer

    def rows(self):
        yield ["version", self.version]
        for (certainty, label), tally in sorted(self.labels.items()):
            yield ["label", label, certainty, *dataclasses.astuple(tally)]
        yield ["service", "", "", *dataclasses.astuple(self.service)[:3]]
        for what, flows in sorted(self.false_chat.items()):
            yield ["false chat label", what, "", "", "", flows]

    def text(self):
        rows = [COLUMNS, *self.rows()]
        return "".join("\t".join(map(str, row + [""] * (len(COLUMNS) - len(row)))) + "\n"
                       for row in rows)
