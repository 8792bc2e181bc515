# SPDX-License-Identifier: BSD-2-Clause
"""Labels on the project's own captures, beside expected.tsv."""
import collections
import csv
import json
import os
import re

RECORDED, GENERATED = "recorded by us", "generated from the specification"


def scripted(readme):
    """Captures that tests/captures/README.md calls scripted: no real server"""
    with open(readme, encoding="utf-8") as file:
        return set(re.findall(r"^\| `([^`]+\.pcap)` \| \*\*scripted", file.read(), re.MULTILINE))


def kind(capture, not_real):
    return GENERATED if capture.startswith("gen-") or capture in not_real else RECORDED


def expected(path):
    """capture -> {"l4_label": flows}"""
    flows = collections.defaultdict(dict)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["key"].startswith("flows_"):
                flows[row["capture"]][row["key"][len("flows_"):]] = int(row["value"])
    return flows


def count(captures, said):
    """(kind, label) -> [captures, flows, right]; `captures` is the folder with the table,
    `said` the one with CAPTURE.json. The table has flows by label, not one by one: right
    are as many as were called so, at most as many as there are."""
    not_real = scripted(os.path.join(captures, "README.md"))
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for capture, wanted in expected(os.path.join(captures, "expected.tsv")).items():
        with open(os.path.join(said, capture + ".json"), encoding="utf-8") as file:
            got = collections.Counter(f"{flow['l4']}_{flow['protocol']}"
                                      for flow in json.load(file)["flows"])
        labels = collections.defaultdict(lambda: [0, 0])
        for key, flows in wanted.items():
            of = labels[key.split("_", 1)[1]]
            of[0] += flows
            of[1] += min(flows, got[key])
        for label, (flows, right) in labels.items():
            of = counts[kind(capture, not_real), label]
            of[0] += 1
            of[1] += flows
            of[2] += right
    return counts
