#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tshark.py WORDS ascii|unicode GLASSINE CAPTURE...: the hits of each flow, glassine's and those of a
plain search over what tshark puts together: TCP streams by its own reassembly, UDP
payloads as they are. Letters in either case, or those of ASCII only. Prints a line for each flow that
differs, with what glassine says of it, then the totals; of captures in which no flow
differs each word's hits must be equal, too."""
import collections
import ipaddress
import json
import os
import re
import subprocess
import sys

list_path, unicode, glassine, *captures = sys.argv[1:]
TSHARK = ['tshark', '-n', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE',
          '-o', 'tcp.reassemble_out_of_order:TRUE']
with open(list_path, encoding='utf-8') as f:
    words = [w.split('\t')[0] for w in f.read().split('\n') if w and not w.startswith('# ')]
MISSING = re.compile(rb'\[\d+ bytes missing in capture file\]\0')  # tshark's own words


def pattern(word):
    """Letters beyond ASCII in either case where glassine was built to know it."""
    forms = ({c, c.lower(), c.upper()} if c.isascii() or unicode == 'unicode' else {c} for c in word)
    return re.compile(b'(?=%s)' % b''.join(
        b'(?:%s)' % b'|'.join(re.escape(form.encode()) for form in sorted(f)) for f in forms))


patterns = {w: pattern(w) for w in words}


def tshark(path, *arguments):
    return subprocess.run([*TSHARK, '-r', path, *arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout


def without_masks(text):
    """Of a stream that turned to WebSocket: payload as it was sent, 0x02 for what is none or is packed."""
    head, blank, body = text.partition(b'\r\n\r\n')
    if not blank or not re.search(rb'(?im)^upgrade: *websocket', head):
        return text
    body = bytearray(body)
    at = 0
    while at + 2 <= len(body):
        first, n, masked = body[at], body[at + 1] & 127, body[at + 1] & 128
        more = {126: 2, 127: 8}.get(n, 0)
        n = int.from_bytes(body[at + 2:at + 2 + more], 'big') if more else n
        begin = at + 2 + more + (4 if masked else 0)
        key = body[begin - 4:begin] if masked else bytes(4)
        part = body[begin:begin + n]
        body[begin:begin + n] = b'\2' * len(part) if first & 0x40 else bytes(
            b ^ key[i % 4] for i, b in enumerate(part))
        body[at:begin] = b'\2' * (min(begin, len(body)) - at)
        at = begin + n
    return head + blank + bytes(body)


def end(address, port):
    return ipaddress.ip_address(address), int(port)


def parse_end(text):
    address, port = text.strip().rsplit(':', 1)
    return end(address.strip('[]'), port)


def tcp_texts(path):
    """(key, bytes) of each direction of each stream"""
    streams = sorted({int(s) for s in tshark(path, '-Y', 'tcp', '-T', 'fields', '-e', 'tcp.stream',
                                             '-E', 'occurrence=f').split()})
    taps = [a for s in streams for a in ('-z', 'follow,tcp,raw,%d' % s)]
    if not taps:
        return
    for part in tshark(path, '-q', *taps).split('Follow: tcp,raw')[1:]:
        lines = part.split('\n')
        ends = [parse_end(line.split(':', 1)[1]) for line in lines if line.startswith('Node ')]
        for side in range(2):
            data = [line.strip() for line in lines
                    if re.fullmatch('\t[0-9a-f]+' if side else '[0-9a-f]+', line)]
            for text in MISSING.split(bytes.fromhex(''.join(data))):
                yield ('tcp', frozenset(ends)), without_masks(text)


def udp_texts(path):
    fields = ['ip.src', 'ipv6.src', 'udp.srcport', 'ip.dst', 'ipv6.dst', 'udp.dstport', 'udp.payload']
    said = tshark(path, '-Y', 'udp && !icmp && !icmpv6', '-T', 'fields', '-E', 'occurrence=f',
                  *[a for field in fields for a in ('-e', field)])
    for line in said.split('\n')[:-1]:
        four_src, six_src, sport, four_dst, six_dst, dport, payload = line.split('\t')
        key = frozenset((end(four_src or six_src, sport), end(four_dst or six_dst, dport)))
        yield ('udp', key), bytes.fromhex(payload.replace(':', ''))


def of_tshark(path):
    flows, totals = collections.Counter(), collections.Counter()
    for texts in (tcp_texts(path), udp_texts(path)):
        for key, text in texts:
            for word, pattern in patterns.items():
                n = len(pattern.findall(text))
                totals[word] += n
                if n:
                    flows[key] += n
    return flows, totals


def of_glassine(path):
    command = [glassine, 'replay', '--engine', 'native', '--scan', 'all', '--words', list_path,
               '--encodings', 'utf-8', '--json', '--flows', path]
    said = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    flows, flags = collections.Counter(), collections.defaultdict(set)
    for f in said['flows']:
        key = f['l4'], frozenset(end(f[e]['address'], f[e]['port']) for e in 'ab')
        flows[key] += f['hits']
        flags[key].update(f.get('flags', []))
    outcomes = {o['name'] for o in said['outcome']}
    return flows, flags, {w['word']: w['hits'] for w in said['words']}, outcomes


def explain(key, flags, outcomes):
    if key not in flags:
        return 'no entry: ' + ','.join(sorted(outcomes & {'tunnel', 'no_flow', 'truncated'}))
    return ','.join(sorted(flags[key])) or 'unexplained'


def compare(path):
    name = os.path.basename(path)
    want, want_words = of_tshark(path)
    got, flags, got_words, outcomes = of_glassine(path)
    equal = hits = differ = 0
    for key in sorted(set(want) | set(got), key=str):
        if want[key] == got[key]:
            equal += 1
            hits += got[key]
            continue
        differ += 1
        ends = ' '.join('%s:%d' % e for e in sorted(key[1], key=str))
        print('%s\t%s\t%s %s\ttshark %d, glassine %d' % (
            name, explain(key, flags, outcomes), key[0], ends, want[key], got[key]))
    for word in words:
        if not differ and got_words.get(word, 0) != want_words[word]:
            print('%s\tunexplained\t%s\ttshark %d, glassine %d' % (
                name, word, want_words[word], got_words.get(word, 0)))
    return equal, hits


totals = [compare(path) for path in captures]
print('equal\t%d flows\t%d hits\t%d captures' % (
    sum(t[0] for t in totals), sum(t[1] for t in totals), len(totals)))
