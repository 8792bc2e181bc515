#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""expect.py ORACLE GIVEN DIR: counts anew what the captures of DIR hold, writes DIR/expected.tsv.

Nothing here uses glassine. What each capture should hold is declared below, by the one who recorded
it; tshark says what the flows are and the word oracle, with the spellings of readable.py, what can be
read, and a contradiction between the three is an error: then nothing is written. GIVEN: the folder of
conversation.txt, encodings.txt, words.txt and writings.txt."""
import collections
import csv
import importlib.util
import os
import subprocess
import sys
import tempfile
import unicodedata

import readable
from gen.lookalike2 import TWINS

# tshark's names for what a flow is; a protocol without a label of ours is unknown, and RTCP without a report
LABEL_OF = {'irc': 'irc', 'xmpp': 'xmpp', 'sip': 'sip', 'tls': 'tls', 'http': 'http', 'dns': 'dns',
            'ftp': 'unknown', 'pop': 'unknown', 'nntp': 'unknown', 'mqtt': 'mqtt', 'stun': 'stun', 'quic': 'quic',
            'websocket': 'websocket', 'ssh': 'ssh', 'dtls': 'dtls', 'msnms': 'msnp', 'aim': 'oscar', 'ymsg': 'ymsg',
            'oicq': 'oicq', 'ts2': 'teamspeak', 'rtp': 'rtp', 'rtcp': 'unknown', 'wg': 'wireguard', 'msrp': 'msrp',
            'gadu-gadu': 'gadugadu', 'classicstun': 'stun'}
# labels that tshark has no name for, or needs to be told: it must say nothing
UNKNOWN_TO_TSHARK = ('whatsapp', 'threema', 'unknown', 'random', 'rtp', 'ipmsg', 'mtproto', 'stomp', 'wechat', 'kakaotalk', 'viber',
                     'line', 'skype', 'discord', 'teamspeak', 'zoom', 'dingtalk', 'tox', 'mumble')
READABLE = ('irc', 'xmpp', 'sip', 'mqtt', 'msnp', 'oscar', 'ymsg', 'msrp', 'gadugadu', 'stomp', 'ipmsg', 'websocket')
DECODE = ('tcp.port==6667,irc', 'tcp.port==6697,tls', 'tcp.port==5223,tls', 'tcp.port==5222,xmpp', 'tcp.port==5269,xmpp',
          'tcp.port==5072,sip', 'tcp.port==5082,sip', 'tcp.port==8883,tls', 'tcp.port==2222,ssh', 'udp.port==4433,dtls',
          'tcp.port==5190,aim', 'udp.port==20000,rtp', 'udp.port==20002,rtp')
# here tshark must not go by the port, where something else is expected
BY_PORT = ('xmpp', 'msnms', 'aim', 'ymsg', 'oicq', 'irc', 'mqtt', 'ssh', 'sip', 'gadu-gadu')
BY_BYTES = {**{'gen-' + x: BY_PORT + ('tls',) for x in ('whatsapp', 'threema', 'mtproto', 'wechat', 'kakaotalk', 'viber', 'skype',
                                                       'dingtalk', 'lookalike', 'random')}, 'gen-lookalike2': BY_PORT}
# what tshark takes for something by its port or by fewer bytes than decide here
MISTAKES = {'gen-lookalike': {('udp', 42012): 'stun'},
            'gen-lookalike2': {('tcp', 443): 'tls', ('tcp', 995): 'tls', ('tcp', 4430): 'tls', ('udp', 51820): 'wireguard',
                               ('udp', 3479): 'stun'}}
NAMES = ('signal', 'whatsapp', 'discord', 'telegram', 'slack', 'matrix')

# capture: {(l4, server's port): label}, flows, messages by people, how often each is on the wire in clear;
# several labels are those of the flows of a port in the order of their first packets
Made = collections.namedtuple('Made', 'ports flows messages times why')
TWICE = 'to the server and from it'
SAME = 'the same messages, encrypted'
SPOKEN = 'nobody writes, they speak'
SOUND = 'calls, encrypted'
END_TO_END = 'the same messages, encrypted from end to end'
MADE = {
    'irc-plain': Made({('tcp', 6667): 'irc'}, 2, 12, 2, 'to the server and from it'),
    'irc-tls': Made({('tcp', 6697): 'tls'}, 2, 12, 0, 'the same messages, encrypted'),
    'irc-ipv6': Made({('tcp', 6667): 'irc'}, 2, 4, 2, 'to the server and from it'),
    'irc-split': Made({('tcp', 6667): 'irc'}, 2, 12, 2, 'to the server (some in two segments) and from it'),
    'irc-encodings': Made({('tcp', 6667): 'irc'}, 2, 13, 2, TWICE),
    'xmpp-plain': Made({('tcp', 5222): 'xmpp'}, 2, 12, 2, 'to the server and from it'),
    'xmpp-starttls': Made({('tcp', 5222): 'xmpp'}, 2, 12, 0, 'the same messages, encrypted after the first stanzas'),
    'xmpp-tls': Made({('tcp', 5223): 'tls'}, 2, 12, 0, 'the same messages, encrypted'),
    'pgp-xmpp': Made({('tcp', 5222): 'xmpp'}, 2, 12, 0, END_TO_END),
    'otr-xmpp': Made({('tcp', 5222): 'xmpp'}, 2, 12, 0, END_TO_END),
    'omemo-xmpp': Made({('tcp', 5222): 'xmpp'}, 2, 5, 0, END_TO_END),
    'xmpp-s2s': Made({('tcp', 5269): 'xmpp'}, 2, 4, 1, 'from one server to the other'),
    'sip-udp': Made({('udp', 5060): 'sip'}, 4, 12, 2, 'to the proxy and from it'),
    'sip-tcp': Made({('tcp', 5060): 'sip', ('tcp', 5072): 'sip', ('tcp', 5082): 'sip'}, 4, 12, 2, 'to the proxy and from it'),
    'sip-utf16': Made({('udp', 5060): 'sip'}, 2, 12, 2, 'to the proxy and from it'),
    'call-rtp': Made({('udp', 5060): 'sip', ('udp', 20000): 'rtp', ('udp', 20001): 'unknown'}, 3, 0, 0, SPOKEN),
    'call-srtp': Made({('udp', 5060): 'sip', ('udp', 20000): 'rtp', ('udp', 20001): 'unknown'}, 3, 0, 0, SPOKEN),
    'call-dtls': Made({('udp', 5060): 'sip', ('udp', 20000): 'dtls'}, 2, 0, 0, SPOKEN),
    'mqtt-plain': Made({('tcp', 1883): 'mqtt'}, 4, 12, 2, TWICE),
    'mqtt-tls': Made({('tcp', 8883): 'tls'}, 4, 12, 0, SAME),
    'stomp': Made({('tcp', 61613): 'stomp'}, 2, 12, 2, 'to the broker and from it'),
    'ipmsg': Made({('udp', 2425): 'ipmsg'}, 3, 12, 1, 'from one to the other'),
    'gadugadu': Made({('tcp', 8074): 'gadugadu'}, 2, 12, 3, 'as HTML and as text, to the server and from it, one of the '
                     'texts in CP1250'),
    'matrix-http': Made({('tcp', 8008): 'http'}, 4, 4, 0, 'readable, but in HTTP, which is no chat protocol'),
    'tox': Made({('udp', 33445): 'tox'}, 1, 12, 0, END_TO_END),
    'tox-tcp': Made({('tcp', 33445): 'tox'}, 2, 12, 0, END_TO_END),
    'mumble': Made({('udp', 64738): ('mumble', 'unknown'), ('tcp', 64738): 'tls'}, 3, 0, 0, 'encrypted, and nobody spoke'),
    'wireguard': Made({('udp', 51820): 'wireguard'}, 1, 12, 0, 'the same messages by IRC, encrypted'),
    'websocket': Made({('tcp', 8080): 'websocket'}, 2, 12, 2, 'to the server, under masks that are sent with them, and from it'),
    'websocket-deflate': Made({('tcp', 8080): 'websocket'}, 2, 12, 0, 'the same messages, compressed'),
    'ssh': Made({('tcp', 2222): 'ssh'}, 1, 12, 0, SAME),
    'dtls': Made({('udp', 4433): 'dtls'}, 1, 12, 0, SAME),
    'stun': Made({('udp', 3478): 'stun', ('tcp', 3478): 'stun'}, 7, 0, 0, 'addresses, and what a test program relays'),
    'quic': Made({('udp', 443): 'quic'}, 3, 0, 0, 'encrypted, and nobody spoke'),
    'quic-chromium': Made({('udp', 443): 'quic'}, 1, 0, 0, 'encrypted, and nobody spoke'),
    'tls-chromium': Made({('tcp', 443): 'tls'}, 1, 0, 0, 'encrypted, and nobody spoke'),
    'tls12-names': Made({('tcp', 443): 'tls'}, 7, 0, 0, 'encrypted, and nobody spoke'),
    'tls13-names': Made({('tcp', 443): 'tls'}, 7, 0, 0, 'encrypted, and nobody spoke'),
    'gen-msnp': Made({('tcp', 1863): 'msnp'}, 3, 12, 2, TWICE),
    'gen-oscar': Made({('tcp', 5190): 'oscar'}, 2, 12, 2, TWICE),
    'gen-oscar-login': Made({('tcp', 5190): 'oscar'}, 4, 0, 0, 'nobody chats here'),
    'gen-ymsg': Made({('tcp', 5050): 'ymsg'}, 2, 12, 2, TWICE),
    'gen-msrp': Made({('tcp', 2855): 'msrp'}, 1, 12, 1, 'from one to the other'),
    'gen-gadugadu': Made({('tcp', 8074): 'gadugadu'}, 2, 12, 4, 'to the server and from it, as HTML and as plain text'),
    'gen-ipmsg': Made({('udp', 2425): 'ipmsg'}, 3, 13, 1, 'from one to the other'),
    'gen-stomp': Made({('tcp', 61613): 'stomp'}, 2, 4, 2, 'to the broker and from it'),
    'gen-oicq': Made({('udp', 8000): 'oicq'}, 2, 12, 0, SAME),
    'gen-whatsapp': Made({('tcp', 443): 'whatsapp'}, 2, 12, 0, SAME),
    'gen-threema': Made({('tcp', 5222): 'threema'}, 2, 12, 0, SAME),
    'gen-mtproto': Made({('tcp', 443): 'mtproto', ('tcp', 5222): 'mtproto', ('tcp', 80): 'random', ('udp', 533): 'mtproto',
                         ('udp', 598): 'mtproto'}, 8, 12, 0, SAME),
    'gen-wechat': Made({('tcp', 443): 'wechat', ('tcp', 8080): 'wechat', ('tcp', 80): 'http'}, 4, 12, 0, SAME),
    'gen-kakaotalk': Made({('tcp', 995): 'kakaotalk', ('tcp', 5223): 'kakaotalk'}, 2, 12, 0, SAME),
    'gen-viber': Made({('tcp', 4244): 'viber', ('tcp', 5242): 'viber', ('tcp', 443): 'viber', ('udp', 7985): 'viber',
                       ('udp', 7987): 'viber'}, 5, 12, 0, SAME),
    'gen-line': Made({('udp', 12000): 'line', ('udp', 12001): 'line'}, 2, 0, 0, SOUND),
    'gen-skype': Made({('udp', 24816): 'skype', ('udp', 40001): 'skype', ('udp', 33033): 'skype', ('tcp', 443): 'skype',
                       ('tcp', 80): 'skype'}, 5, 0, 0, SOUND),
    'gen-discord': Made({('udp', 50004): 'discord', ('udp', 50017): 'discord'}, 2, 0, 0, SOUND),
    'gen-teamspeak': Made({('udp', 9987): 'teamspeak', ('udp', 8767): 'teamspeak'}, 2, 0, 0, SOUND),
    'gen-zoom': Made({('udp', 8801): 'zoom', ('udp', 48210): 'zoom', ('udp', 3478): 'stun'}, 4, 0, 0, SOUND),
    'gen-dingtalk': Made({('tcp', 443): 'dingtalk'}, 2, 0, 0, 'encrypted, and nobody spoke'),
    'gen-carriers': Made({('udp', 51820): 'wireguard', ('udp', 21841): 'wireguard', ('udp', 20000): 'rtp', ('udp', 20002): 'rtp'},
                         4, 0, 0, SOUND),
    'gen-lookalike': Made({**{('tcp', p): 'unknown' for p in (4222, 1863, 5222, 5190, 5228, 5050)},
                           **{('udp', p): 'unknown' for p in (3478, 8000, 8001)}}, 16, 0, 0, 'nobody chats here'),
    'gen-lookalike2': Made({(t.kind.__name__.lower(), t.port): t.label for t in TWINS}, len(TWINS), 0, 0, 'nobody chats here'),
    'gen-random': Made({('tcp', 443): 'wechat', ('tcp', 5223): 'random'}, 2, 0, 0, 'nobody chats here'),
    'dns': Made({('udp', 53): 'dns', ('tcp', 53): 'dns'}, 8, 0, 0, 'questions and answers only'),
    'http': Made({('tcp', 80): 'http'}, 3, 0, 0, 'readable, but in HTTP, which is no chat protocol'),
    'http-gzip': Made({('tcp', 80): 'http'}, 1, 0, 0, 'readable in the body that is not compressed, but in HTTP, which is no '
                      'chat protocol'),
    'ftp-pop3': Made({('tcp', 21): 'unknown', ('tcp', 110): 'unknown', ('tcp', 119): 'unknown'}, 4, 0, 0,
                     'readable, but no chat protocol'),
}
# flows whose name is that of a service
SERVICES = {
    'tls12-names': dict.fromkeys(NAMES, 1),
    'tls13-names': dict.fromkeys(NAMES, 1),
    'quic': {'signal': 1, 'telegram': 1},
    'quic-chromium': {'signal': 1},
    'tls-chromium': {'signal': 1},
    'dns': {'signal': 3, 'whatsapp': 1, 'discord': 1, 'telegram': 1},
}
# how often the conversation is on the wire where it is readable, but not as chat
CLEAR = {'http-gzip': 1, 'matrix-http': 3}
# messages that are on the wire once more in CP1250: words of ASCII letters only are readable there, too
CP1250_TOO = ('gadugadu',)
# what the SDP of a call must say: the profile, and whether keys stand beside it
CALLS = {'call-rtp': ('RTP/AVP', False), 'call-srtp': ('RTP/SAVP', True), 'call-dtls': ('UDP/TLS/RTP/SAVPF', False)}
# other lines than those of conversation.txt
LINES = {'irc-encodings': 'encodings.txt'}
# how the messages are encoded where not all are UTF-8
ENCODED = {'gen-oscar': lambda who, text: 'utf-8' if text.isascii() else 'utf-16be',
           'sip-utf16': lambda who, text: {'alice': 'utf-16le', 'bob': 'utf-16be'}[who],
           'gen-ipmsg': lambda who, text: 'shift_jis' if text.startswith('Тогда') else 'utf-8'}
# what has masks or compressed parts, and the texts in it
UNPACK = {'websocket': ('websocket', 8080), 'websocket-deflate': ('websocket', 8080), 'http-gzip': ('http', 80)}
FLOWS_WHY = {
    'xmpp-starttls': 'xmpp at the start, TLS after <proceed/>',
    'pgp-xmpp': 'readable chat; the bodies are not',
    'otr-xmpp': 'readable chat; the bodies are not',
    'omemo-xmpp': 'readable chat; the bodies are not',
    'websocket': 'http at the start, websocket after the answer 101',
    'websocket-deflate': 'http at the start, websocket after the answer 101',
    'tls-chromium': 'the hello is split over two segments',
    'gen-mtproto': 'one over TCP is obfuscated: random, unless it is opened with the key that it begins with',
    'call-rtp': 'SIP, the voice, and RTCP beside it: too short a call for a report, by which it is known',
    'call-srtp': 'SIP, the voice, and RTCP beside it: too short a call for a report, by which it is known',
    'call-dtls': 'SIP, and the voice: DTLS at the start, then SRTP',
    'ipmsg': 'two to everybody, one between the two',
    'mumble': 'the question for the number of users, the log-in, and packets without a mark, which are encrypted',
    'gen-lookalike': 'each has bytes or lengths of a signature, none has all',
    'gen-lookalike2': 'each has bytes or lengths of a signature, none has all; the rows twin: say of which',
    'gen-random': 'one is mmtls; the first 64 bytes or more of the other look random',
    'ftp-pop3': 'FTP, POP3 and NNTP have no label; none of them is irc',
}
SUFFIX = {'signal.org': 'signal', 'whatsapp.net': 'whatsapp', 'discord.gg': 'discord', 'telegram.org': 'telegram',
          'slack.com': 'slack', 'matrix.org': 'matrix'}


def wrong(text):
    sys.exit('expect: ' + text)


def words_of(path):
    with open(path, encoding='utf-8') as f:
        lines = [x.rstrip('\n') for x in f]
    return [x.split('\t')[0] for x in lines if x and not x.startswith('# ')]


def lines_of(path):
    """(speaker, text), without a column between them"""
    with open(path, encoding='utf-8') as f:
        return [tuple(line.rstrip('\n').split('\t')[::len(line.split('\t')) - 1]) for line in f]


def fold(text):
    return unicodedata.normalize('NFC', text).casefold()


def said(conversation, word, shown=lambda who, text: True):
    return sum(fold(text).count(fold(word)) for who, text in conversation if shown(who, text))


def times(n):
    return {1: 'once', 2: 'twice'}.get(n, '%d times' % n)


def copies(name, word):
    """how often the word is on the wire when it is said once"""
    return MADE[name].times + (name in CP1250_TOO and word.isascii())


def dissect(path):
    """-> packets, {(l4, both ends): [ports, labels, set of names]} for flows with payload"""
    fields = ('frame.protocols', 'tcp.stream', 'tcp.len', 'tcp.srcport', 'tcp.dstport', 'udp.length', 'udp.srcport',
              'udp.dstport', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tls.handshake.extensions_server_name', 'dns.qry.name')
    # RTCP is where an SDP says, not what has its second byte
    command = ['tshark', '-n', '-r', path, '--disable-heuristic', 'rtcp_udp', '-T', 'fields', '-E', 'occurrence=f', '-E',
               'separator=\t']
    for f in fields:
        command += ['-e', f]
    if os.path.basename(path)[:-5] in BY_BYTES:
        for p in BY_BYTES[os.path.basename(path)[:-5]]:
            command += ['--disable-protocol', p]
    else:
        for d in DECODE:
            command += ['-d', d]
    rows = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().split('\n')
    packets, flows = 0, {}
    for row in rows:
        if not row:
            continue
        packets += 1
        r = dict(zip(fields, row.split('\t')))
        l4 = 'tcp' if r['tcp.stream'] else 'udp' if r['udp.length'] else None
        if l4 is None:
            wrong('%s: a packet that is neither TCP nor UDP' % path)
        if not (int(r['tcp.len']) if l4 == 'tcp' else int(r['udp.length']) - 8):
            continue
        # not its stream: tshark gives an answer of SNMP another
        ends = frozenset((r['ip.' + x] or r['ipv6.' + x], int(r['%s.%sport' % (l4, x)])) for x in ('src', 'dst'))
        f = flows.setdefault((l4, ends), [{port for _, port in ends}, [], set()])
        for p in r['frame.protocols'].split(':'):
            if p in LABEL_OF and LABEL_OF[p] not in f[1]:
                f[1].append(LABEL_OF[p])
        name = r['tls.handshake.extensions_server_name'] or r['dns.qry.name']
        if name:
            f[2].add(name)
    return packets, flows


def check_call(path, name):
    """voice goes from and to where the SDP says, and the SDP says what it should"""
    fields = ('ip.src', 'udp.srcport', 'sdp.media.proto', 'sdp.connection_info.address', 'sdp.media.port',
              'sdp.crypto.master_key')
    command = ['tshark', '-n', '-r', path, '-Y', 'sdp or rtp', '-T', 'fields', '-E', 'occurrence=f']
    for f in fields:
        command += ['-e', f]
    rows = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    said_by, heard_from = [], set()
    for row in rows.splitlines():
        address, port, profile, *said_at, key = row.split('\t')
        if profile:
            said_by.append((profile, bool(key), tuple(said_at)))
        else:
            heard_from.add((address, port))
    if sorted(at for _, _, at in said_by) != sorted(heard_from):
        wrong('%s: the SDP says %s, voice comes from %s' % (name, said_by, heard_from))
    if {x[:2] for x in said_by} != {CALLS[name]}:
        wrong('%s: the SDP is not for %s' % (name, CALLS[name]))


def hits(oracle, path, words):
    """the oracle's, but in all encodings; its own UTF-8 is a part of that"""
    own, scan = oracle.patterns, oracle.scan(path, words, fold=True)
    oracle.patterns = lambda *given: list(readable.patterns(*given))
    result = oracle.scan(path, words)
    oracle.patterns = own
    for word in words:
        less, got = (sum(h['in_stream'] for h in r['hits'] if h['word'] == word and h['enc'] in ('utf8', 'utf-8'))
                     for r in (scan, result))
        if less > got or word.isascii() and less != got:
            wrong('%s: in UTF-8 the oracle has %s %d times, not %d' % (path, word, less, got))
    return result['hits']


def unpacked(oracle, path, name, conversation):
    """-> the capture without masks and without what is compressed; that; in how many packets it was"""
    label, port = UNPACK[name]
    capture, parts, packets, texts = readable.unpack(oracle.wire, path, port, label)
    if label == 'http':
        true = ['\n'.join('\t'.join(line) for line in conversation) + '\n'] * 3
    else:
        true = 2 * [text for _, text in conversation]
    if sorted(texts) != sorted(true):
        wrong('%s: the texts are not those that were sent' % name)
    return capture, parts, packets


def check_said(name, word, conversation, made, by):
    """by: how often the word is on the wire in each encoding"""
    if name in ENCODED:
        # a Latin letter beside a zero byte can be read in both orders
        double = any(ord(c) < 256 for c in word)
        for encoding in ('utf-8', 'utf-16le', 'utf-16be', 'shift_jis'):
            n = made.times * said(conversation, word, lambda who, text: ENCODED[name](who, text) == encoding)
            if by[encoding] != n and not (double and encoding.startswith('utf-16') and by[encoding] > n):
                wrong('%s: %s was sent in %s %d times and is %d times on the wire' % (name, word, encoding, n, by[encoding]))
        return
    n, got = copies(name, word) * said(conversation, word), sum(by.values())
    # the name of the channel is also in the protocol's own lines
    if got < n if made.times and word == '#garden' and 'irc' in made.ports.values() else got != n:
        wrong('%s: %s was said %d times and is %d times on the wire' % (name, word, n, got))


def count(oracle, base, name, given, words, more):
    made, path = MADE[name], os.path.join(base, name + '.pcap')
    conversation = lines_of(os.path.join(given, LINES.get(name, 'conversation.txt')))
    packets, flows = dissect(path)
    yield 'packets', packets, 'all are TCP or UDP'
    if name in CALLS:
        check_call(path, name)
    labels, services = collections.Counter(), collections.Counter()
    in_turn = {k: list(v) for k, v in made.ports.items() if isinstance(v, tuple)}
    for (l4, _), (ports, seen, names) in flows.items():
        true = [in_turn[k, port].pop(0) if in_turn.get((k, port)) else v
                for (k, port), v in made.ports.items() if k == l4 and port in ports]
        if not true:
            wrong('%s: a flow on ports %s that was not made' % (name, sorted(ports)))
        # the first that tshark saw counts: a flow that turns to TLS keeps what it was at its start,
        # only one that turns to WebSocket does not
        if true[0] == 'websocket' and seen[:2] == ['http', 'websocket']:
            seen = seen[1:]
        mistaken = [v for (k, port), v in MISTAKES.get(name, {}).items() if k == l4 and port in ports]
        if seen[:1] != (mistaken or true[:1]) and (seen or mistaken or true[0] not in UNKNOWN_TO_TSHARK):
            wrong('%s: tshark says %s of ports %s, but %s was recorded' % (name, '+'.join(seen) or 'nothing', sorted(ports), true[0]))
        labels[l4, true[0]] += 1
        for n in names:
            services.update(v for k, v in SUFFIX.items() if n.endswith('.' + k))
    if sum(labels.values()) != made.flows:
        wrong('%s: %d flows, %d were made' % (name, sum(labels.values()), made.flows))
    for (l4, label), n in sorted(labels.items(), reverse=True):
        yield 'flows_%s_%s' % (l4, label), n, FLOWS_WHY.get(name, 'each carries payload')
    yield ('messages', made.messages, 'lines of %s that were sent' % LINES.get(name, 'conversation.txt') if made.messages
           else 'nobody chats here')
    if dict(services) != SERVICES.get(name, {}):
        wrong('%s: names of services %s, but %s were asked for' % (name, dict(services), SERVICES.get(name)))
    if name == 'gen-lookalike2':
        for t in TWINS:
            yield 'twin:%s:%s:%d' % (t.of, t.kind.__name__.lower(), t.port), t.label, t.what
    for service, n in services.items():
        yield 'service:' + service, n, 'flows with a name of this service in clear'
    if name in UNPACK:
        capture, parts, compressed = unpacked(oracle, path, name, conversation)
        if compressed:
            yield 'compressed', compressed, 'packets with compressed payload; unpacked it is what was sent'
        for word in words:
            stored = sum(part.count(word.encode()) for part in parts)
            if stored:
                yield 'stored:' + word, stored, 'stands in compressed payload as it is: a text too short to compress is stored'
        with tempfile.NamedTemporaryFile(suffix='.pcap') as f:
            f.write(capture)
            f.flush()
            found = hits(oracle, f.name, words + more)
    else:
        found = hits(oracle, path, words + more)
    yield from count_words(name, made, conversation, words, more, found)


def count_words(name, made, conversation, words, more, found):
    clear, chat = (collections.defaultdict(collections.Counter) for _ in range(2))
    crossing = collections.Counter()
    for hit in found:
        label = next(v for (k, port), v in made.ports.items() if k == hit['l4'] and port in (hit['sport'], hit['dport']))
        clear[hit['word']][hit['enc']] += hit['in_stream']
        if label in READABLE:
            chat[hit['word']][hit['enc']] += hit['in_stream']
            crossing[hit['word']] += hit['crossing']
    conversation = conversation[:made.messages or None]
    for word in words + more:
        if made.messages:
            check_said(name, word, conversation, made, chat[word])
        if name in CLEAR and sum(clear[word].values()) != CLEAR[name] * said(conversation, word):
            wrong('%s: %s is %d times on the wire' % (name, word, sum(clear[word].values())))
    for word in words:
        n, got = said(conversation, word), sum(chat[word].values())
        if made.times and word == '#garden' and 'irc' in made.ports.values():
            why = 'said %s; also the target of every PRIVMSG, JOIN, MODE and many replies' % times(n)
        elif not made.messages:
            why = made.why
        elif not n:
            why = 'never said'
        elif got > n * copies(name, word):
            why = 'said %s, each twice on the wire; Latin letters in UTF-16 are those of both byte orders' % times(n)
        elif made.times:
            why = 'said %s, each %s on the wire: %s' % (times(n), times(copies(name, word)), made.why)
        else:
            why = 'said %s: %s' % (times(n), made.why)
        yield 'word:' + word, got, why
    for word in words:
        if clear[word] != chat[word]:
            yield 'clear:' + word, sum(clear[word].values()), 'readable outside chat protocols'
    for word in words:
        if crossing[word]:
            yield 'crossing:' + word, crossing[word], 'of word:%s, these lie in no single packet' % word
    written = set()
    for word in words + more:
        for encoding, n in clear[word].items():
            written.add(encoding)
            if encoding != 'utf-8':
                yield ('encoding:%s:%s' % (encoding, word), n, 'a word of writings.txt' if word in more
                       else 'of %s:%s, these are in %s' % ('word' if word in chat and chat[word] else 'clear', word, encoding))
    if name in LINES and len(written) != 12:
        wrong('%s: words were sent in twelve encodings, but are found in %s' % (name, sorted(written)))


def main():
    oracle_path, given, base = sys.argv[1:]
    sys.path.insert(0, os.path.dirname(oracle_path))
    spec = importlib.util.spec_from_file_location('words_oracle', oracle_path)
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    words, more = (words_of(os.path.join(given, x)) for x in ('words.txt', 'writings.txt'))
    rows = [('%s.pcap' % name, key, str(value), why)
            for name in MADE if os.path.exists(os.path.join(base, name + '.pcap'))
            for key, value, why in count(oracle, base, name, given, words, more)]

    table, old = os.path.join(base, 'expected.tsv'), {}
    if os.path.exists(table):
        with open(table, encoding='utf-8') as f:
            old = {(r['capture'], r['key']): r['value'] for r in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)}
    new = {r[:2]: r[2] for r in rows}
    for key in [k for k in {**old, **new} if old and old.get(k) != new.get(k)]:
        print('expected.tsv   %s %s was %s and is %s' % (*key, old.get(key, 'absent'), new.get(key, 'absent')))
    handle, part = tempfile.mkstemp(dir=base)
    with os.fdopen(handle, 'w', encoding='utf-8') as f:
        f.write('capture\tkey\tvalue\twhy\n' + ''.join('\t'.join(r) + '\n' for r in rows))
    os.chmod(part, 0o644)
    os.replace(part, table)


if __name__ == '__main__':
    main()
