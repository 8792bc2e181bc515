#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""oracle.py CORPUS WORDS ENCODINGS GLASSINE CAPTURE...: the hits of each flow, glassine's
and the independent oracle's (reassembled streams, ASCII letters in either case). Prints
a line for each flow that differs, with what glassine says of it (a gap, a protocol whose
masks the oracle leaves on, an outcome for what is packed), then the totals.
ENCODINGS: as the oracle calls them, with commas between; utf8 is one of them."""
import collections
import ipaddress
import json
import os
import subprocess
import sys

corpus, list_path, encodings, glassine, *captures = sys.argv[1:]
sys.path.insert(0, corpus)
import words_oracle  # noqa: E402


def key(l4, ends, vlan):
    return l4, frozenset((ipaddress.ip_address(a), int(p)) for a, p in ends), tuple(vlan)


def of_oracle(path):
    hits = collections.Counter()
    words = words_oracle.read_words(list_path)
    for h in words_oracle.scan(path, words, encodings.split(','), True)['hits']:
        hits[key(h['l4'], ((h['src'], h['sport']), (h['dst'], h['dport'])), h['vlan'])] += h['in_stream']
    return hits


def of_glassine(path):
    names = encodings.replace('utf', 'utf-')
    command = [glassine, 'replay', '--engine', 'native', '--scan', 'all', '--words', list_path,
               '--encodings', names]
    said = json.loads(subprocess.run(command + ['--json', '--flows', path], check=True,
                                     stdout=subprocess.PIPE).stdout)
    hits, flags = collections.Counter(), {}
    compressed = any(o['name'] == 'compressed' for o in said['outcome'])
    for f in said['flows']:
        k = key(f['l4'], [(f[e]['address'], f[e]['port']) for e in 'ab'], f['vlan'])
        hits[k] += f['hits']
        flags[k] = f.get('flags', [])
        # the oracle takes no mask off; tshark.py does
        if f['protocol'] == 'websocket':
            flags[k].append('websocket')
        if f['protocol'] == 'http' and compressed:
            flags[k].append('compressed')
    return hits, flags


flows = total = 0
for path in captures:
    want = of_oracle(path)
    got, flags = of_glassine(path)
    for k in sorted(set(want) | set(got), key=str):
        if want[k] == got[k]:
            flows += 1
            total += got[k]
            continue
        why = 'no entry' if k not in flags else ','.join(flags[k]) or 'unexplained'
        ends = ' '.join('%s:%d' % e for e in sorted(k[1], key=str))
        print('%s\t%s\t%s %s\toracle %d, glassine %d' % (
            os.path.basename(path), why, k[0], ends, want[k], got[k]))
print('equal\t%d flows\t%d hits' % (flows, total))
