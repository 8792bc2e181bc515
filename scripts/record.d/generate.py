#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""generate.py NAME CONVERSATION: a capture on standard output, made without any program that speaks the protocol.

For services that have ended, or that no packaged program speaks. The bytes follow published descriptions
of the protocols (user/protocols/*.yaml names them); where a real program would put ciphertext stand
bytes from a generator with a fixed seed. The same call gives the same bytes at any time."""
import hashlib
import struct
import sys

SERVER, CLIENT = bytes([10, 99, 0, 1]), bytes([10, 99, 0, 2])
SERVER_MAC, CLIENT_MAC = bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 2])
START = 1767225600      # 2026-01-01 00:00:00 UTC


def checksum(data):
    data += bytes(len(data) % 2)
    n = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


class Noise:
    """stands for ciphertext"""
    def __init__(self, seed):
        self.seed, self.n = seed.encode(), 0

    def __call__(self, length):
        out = b''
        while len(out) < length:
            out += hashlib.sha256(self.seed + struct.pack('!Q', self.n)).digest()
            self.n += 1
        return out[:length]


def looks_random(data):
    """Wu et al., USENIX Security 2023, on a first client payload of at least 64 bytes"""
    printable = [0x20 <= b <= 0x7e for b in data]
    runs = ''.join('x' if p else ' ' for p in printable).split()
    bits = sum(bin(b).count('1') for b in data)
    return not (5 * bits <= 17 * len(data) or 5 * bits >= 23 * len(data) or all(printable[:6]) or
                2 * sum(printable) > len(data) or max(map(len, runs), default=0) > 20 or
                (data[0] in (0x16, 0x17) and data[1] == 3 and data[2] <= 15))


class Capture:
    def __init__(self):
        self.frames, self.now, self.ids = [], 0.0, [0, 0]

    def wait(self, seconds):
        self.now += seconds

    def ip(self, up, l4, segment):
        src, dst, smac, dmac = (CLIENT, SERVER, CLIENT_MAC, SERVER_MAC) if up else (SERVER, CLIENT, SERVER_MAC, CLIENT_MAC)
        at = 16 if l4 == 6 else 6
        pseudo = src + dst + struct.pack('!BBH', 0, l4, len(segment))
        c = checksum(pseudo + segment) or (0xffff if l4 == 17 else 0)
        segment = segment[:at] + struct.pack('!H', c) + segment[at + 2:]
        self.ids[up] += 1
        head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(segment), self.ids[up], 0x4000, 64, l4, 0, src, dst)
        head = head[:10] + struct.pack('!H', checksum(head)) + head[12:]
        frame = dmac + smac + b'\x08\x00' + head + segment
        assert len(frame) <= 1514
        self.frames.append((self.now, frame))
        self.now += 0.0005

    def write(self, f):
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for at, frame in self.frames:
            seconds, micros = divmod(round(at * 1e6), 1000000)
            f.write(struct.pack('<IIII', START + seconds, micros, len(frame), len(frame)) + frame)


class Tcp:
    """a connection from port to service; c() and s() send one segment each, acknowledged"""
    def __init__(self, capture, port, service):
        self.cap, self.ports = capture, (service, port)
        seed = Noise('tcp %d %d' % self.ports)
        self.seq = [int.from_bytes(seed(4), 'big') for _ in range(2)]
        self.packet(1, 2, b'')
        self.packet(0, 0x12, b'')
        self.packet(1, 0x10, b'')

    def packet(self, up, flags, payload):
        options = b'\x02\x04\x05\xb4' if flags & 2 else b''
        ack = self.seq[not up] if flags & 0x10 else 0
        self.cap.ip(up, 6, struct.pack('!HHIIBBHHH', self.ports[up], self.ports[not up], self.seq[up], ack,
                                       80 + 4 * len(options), flags, 64240, 0, 0) + options + payload)
        self.seq[up] = self.seq[up] + len(payload) + (flags & 1) + (flags >> 1 & 1) & 0xffffffff

    def send(self, up, payload):
        if isinstance(payload, str):
            payload = payload.encode()
        self.packet(up, 0x18, payload)
        self.packet(not up, 0x10, b'')
        self.cap.wait(0.02)

    def c(self, *payloads):
        for p in payloads:
            self.send(1, p)

    def s(self, *payloads):
        for p in payloads:
            self.send(0, p)

    def end(self):
        self.packet(1, 0x11, b'')
        self.packet(0, 0x11, b'')
        self.packet(1, 0x10, b'')
        self.cap.wait(0.02)


class Udp:
    def __init__(self, capture, port, service):
        self.cap, self.ports = capture, (service, port)

    def send(self, up, payload):
        self.cap.ip(up, 17, struct.pack('!HHHH', self.ports[up], self.ports[not up], 8 + len(payload), 0) + payload)
        self.cap.wait(0.02)

    def c(self, payload):
        self.send(1, payload)

    def s(self, payload):
        self.send(0, payload)


def both(people):
    return {'alice': (people['alice'], people['bob']), 'bob': (people['bob'], people['alice'])}


# ---- MSNP: a notification server, then a switchboard for the two --------------

def msnp(cap, lines):
    key, call = '17262740.1050826919.32308', '849102291.520491113'
    address = {who: who + '@garden.example' for who in ('alice', 'bob')}
    t = Tcp(cap, 41000, 1863)
    t.c('VER 1 MSNP8 CVR0\r\n')
    t.s('VER 1 MSNP8 CVR0\r\n')
    t.c('CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS %s\r\n' % address['alice'])
    t.s('CVR 2 6.0.0602 6.0.0602 1.0.0000 http://setup.garden.example/ http://garden.example/\r\n')
    t.c('USR 3 TWN I %s\r\n' % address['alice'])
    t.s('USR 3 TWN S lc=1033,id=507,tw=40,fs=1,ru=http%3A%2F%2Fgarden%2Eexample,ct=1767225600,kpp=1,kv=4,ver=2.1.6000.1\r\n')
    t.c('USR 4 TWN S t=%s&p=%s\r\n' % (Noise('t')(20).hex(), Noise('p')(20).hex()))
    t.s('USR 4 OK %s alice 1 0\r\n' % address['alice'])
    t.c('CHG 5 NLN 0\r\n')
    t.s('CHG 5 NLN 0\r\n', 'ILN 5 NLN %s bob 0\r\n' % address['bob'])
    t.c('XFR 6 SB\r\n')
    t.s('XFR 6 SB 10.99.0.1:1863 CKI %s\r\n' % key)
    a = Tcp(cap, 41001, 1863)
    a.c('USR 1 %s %s\r\n' % (address['alice'], key))
    a.s('USR 1 OK %s alice\r\n' % address['alice'])
    a.c('CAL 2 %s\r\n' % address['bob'])
    a.s('CAL 2 RINGING 11752013\r\n')
    b = Tcp(cap, 41002, 1863)
    b.c('ANS 1 %s %s 11752013\r\n' % (address['bob'], call))
    b.s('IRO 1 1 1 %s alice\r\n' % address['alice'], 'ANS 1 OK\r\n')
    a.s('JOI %s bob\r\n' % address['bob'])
    people, trid = both({'alice': a, 'bob': b}), {'alice': 2, 'bob': 1}

    def message(who, kind, body):
        mine, other = people[who]
        trid[who] += 1
        mine.c(('MSG %d %s %d\r\n' % (trid[who], kind, len(body))).encode() + body)
        other.s(('MSG %s %s %d\r\n' % (address[who], who, len(body))).encode() + body)

    for n, (who, text) in enumerate(lines):
        if n < 2:
            message(who, 'U', ('MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: %s\r\n\r\n\r\n'
                               % address[who]).encode())
        message(who, 'N', ('MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n'
                           'X-MMS-IM-Format: FN=Arial; EF=; CO=0; CS=0; PF=22\r\n\r\n' + text).encode())
        cap.wait(0.5)
    b.c('OUT\r\n')
    b.end()
    a.s('BYE %s\r\n' % address['bob'])
    a.c('OUT\r\n')
    a.end()
    t.c('OUT\r\n')
    t.end()


# ---- OSCAR: FLAP, SNAC, ICBM; what is not ASCII goes as UCS-2BE ---------------

class Oscar(Tcp):
    def __init__(self, capture, port, name):
        super().__init__(capture, port, 5190)
        self.name, self.number, self.request = name, [0x2100, 0x4200], [0x80000000, 1]

    def flap(self, up, channel, data):
        self.send(up, struct.pack('!BBHH', 0x2a, channel, self.number[up], len(data)) + data)
        self.number[up] += 1

    def snac(self, up, family, subtype, data=b''):
        self.flap(up, 2, struct.pack('!HHHI', family, subtype, 0, self.request[up]) + data)
        self.request[up] += 1


def tlv(kind, data=b''):
    return struct.pack('!HH', kind, len(data)) + data


def oscar(cap, lines):
    people = {}
    for who, port in (('alice', 41010), ('bob', 41011)):
        p = people[who] = Oscar(cap, port, who)
        p.flap(0, 1, bytes([0, 0, 0, 1]))
        p.flap(1, 1, bytes([0, 0, 0, 1]) + tlv(6, Noise('cookie ' + who)(256)))
        families = (1, 2, 3, 4, 9, 0x13)
        p.snac(0, 1, 3, struct.pack('!6H', *families))
        p.snac(1, 1, 0x17, b''.join(struct.pack('!HH', f, 1) for f in families))
        p.snac(0, 1, 0x18, b''.join(struct.pack('!HH', f, 1) for f in families))
        p.snac(1, 1, 2, b''.join(struct.pack('!HHHH', f, 1, 0x110, 0x739) for f in families))
    people, cookie = both(people), Noise('icbm')
    for n, (who, text) in enumerate(lines):
        mine, other = people[who]
        text = '<HTML><BODY>%s</BODY></HTML>' % text
        coded = struct.pack('!HH', 0, 0) + text.encode() if text.isascii() else struct.pack('!HH', 2, 0) + text.encode('utf-16-be')
        fragments = tlv(2, b'\x05\x01\x00\x01\x01' + b'\x01\x01' + struct.pack('!H', len(coded)) + coded)
        head = cookie(8) + struct.pack('!H', 1)
        to, by = other.name.encode(), who.encode()
        if n < 2:
            mine.snac(1, 4, 0x14, bytes(8) + struct.pack('!HB', 1, len(to)) + to + b'\x00\x02')
            other.snac(0, 4, 0x14, bytes(8) + struct.pack('!HB', 1, len(by)) + by + b'\x00\x02')
        mine.snac(1, 4, 6, head + bytes([len(to)]) + to + fragments + tlv(3))
        mine.snac(0, 4, 0xc, head + bytes([len(to)]) + to)
        other.snac(0, 4, 7, head + bytes([len(by)]) + by + struct.pack('!HH', 0, 2) + tlv(1, b'\x00\x10') +
                   tlv(3, struct.pack('!I', START)) + fragments)
        cap.wait(0.5)
    for mine, _ in people.values():
        mine.flap(1, 5, b'')
        mine.flap(1, 4, b'')
        mine.end()


# ---- YMSG ---------------------------------------------------------------------

class Ymsg(Tcp):
    def packet_of(self, up, service, status, *pairs):
        body = b''.join(str(k).encode() + b'\xc0\x80' + v.encode() + b'\xc0\x80' for k, v in pairs)
        self.send(up, struct.pack('!4sHHHHII', b'YMSG', 16, 0, len(body), service, status, 0x41d2a3f7) + body)


def ymsg(cap, lines):
    people, names = {}, {'alice': 'bob', 'bob': 'alice'}
    for who, port in (('alice', 41020), ('bob', 41021)):
        p = people[who] = Ymsg(cap, port, 5050)
        p.packet_of(1, 0x57, 0, (1, who))
        p.packet_of(0, 0x57, 1, (1, who), (94, Noise('challenge ' + who)(12).hex()), (13, '2'))
        p.packet_of(1, 0x54, 0, (0, who), (1, who), (6, Noise('answer ' + who)(16).hex()), (135, '9.0.0.2162'))
        p.packet_of(0, 1, 0, (0, who), (1, who), (8, '1'), (7, names[who]), (10, '0'), (13, '1'))
    people = both(people)
    for n, (who, text) in enumerate(lines):
        mine, other = people[who]
        if n < 2:
            mine.packet_of(1, 0x4b, 0x16, (49, 'TYPING'), (1, who), (14, ' '), (13, '1'), (5, names[who]))
            other.packet_of(0, 0x4b, 0x16, (49, 'TYPING'), (4, who), (14, ' '), (13, '1'), (5, names[who]))
        mine.packet_of(1, 6, 0x5a55aa56, (0, who), (1, who), (5, names[who]), (14, text), (97, '1'))
        other.packet_of(0, 6, 1, (4, who), (5, names[who]), (14, text), (97, '1'))
        cap.wait(0.5)
    for who, (mine, _) in people.items():
        mine.packet_of(1, 0x8a, 0, (0, who))
        mine.packet_of(1, 2, 0, (0, who))
        mine.end()


# ---- without a word in clear --------------------------------------------------

def oicq(cap, lines):
    cipher, people = Noise('oicq'), {}
    number = {'alice': 1000000007, 'bob': 1000000009}
    seq = {'alice': 0x1a31, 'bob': 0x5c02}

    def frame(who, version, command, n, length):
        return struct.pack('!BHHHI', 2, version, command, n, number[who]) + cipher(length) + b'\x03'

    def exchange(who, command, sent, answered):
        people[who].c(frame(who, 0x0f5f, command, seq[who], sent))
        people[who].s(frame(who, 0x0100, command, seq[who], answered))
        seq[who] += 1

    for who, port in (('alice', 4000), ('bob', 4001)):
        people[who] = Udp(cap, port, 8000)
        exchange(who, 0x22, 144, 176)
        exchange(who, 0x1d, 24, 48)
        exchange(who, 0x27, 32, 72)
    for who, text in lines:
        other = 'bob' if who == 'alice' else 'alice'
        sealed = 104 + len(text.encode('gb18030')) // 8 * 8
        exchange(who, 0x16, sealed, 24)
        people[other].s(frame(other, 0x0100, 0x17, 0x700 + len(cap.frames), sealed + 16))
        people[other].c(frame(other, 0x0f5f, 0x17, 0x700 + len(cap.frames), 40))
        cap.wait(0.5)
    for who in people:
        exchange(who, 0x58, 40, 48)
        people[who].c(frame(who, 0x0f5f, 1, seq[who], 32))


def whatsapp(cap, lines):
    cipher, people = Noise('whatsapp'), {}

    def framed(length):
        return length.to_bytes(3, 'big') + cipher(length)

    hello = bytes([0x12, 0x22, 0x0a, 0x20])
    for who, port in (('alice', 41030), ('bob', 41031)):
        t = people[who] = Tcp(cap, port, 443)
        if who == 'alice':      # as Android: the routing bytes first, in small segments
            routing = b'\x08\x08\x08\x02'
            t.c(b'ED\x00\x01', len(routing).to_bytes(3, 'big') + routing, b'WA\x06\x03', b'\x00\x00\x24', hello + cipher(32))
        else:
            t.c(b'WA\x06\x05' + b'\x00\x00\x24' + hello + cipher(32))
        t.s(b'\x00\x01\x5e' + b'\x1a\xdb\x02\x0a\x20' + cipher(345))
        t.c(framed(272))
        t.s(framed(410))
    people = both(people)
    for who, text in lines:
        mine, other = people[who]
        sealed = 180 + len(text.encode()) // 16 * 16
        mine.c(framed(sealed))
        mine.s(framed(61))
        other.s(framed(sealed + 24))
        other.c(framed(58))
        cap.wait(0.5)
    for mine, _ in people.values():
        mine.end()


def threema(cap, lines):
    cipher, people = Noise('threema'), {}

    def framed(length):
        return struct.pack('<H', length) + cipher(length)

    for who, port in (('alice', 41040), ('bob', 41041)):
        t = people[who] = Tcp(cap, port, 5222)
        t.c(cipher(48))
        t.s(cipher(80))
        t.c(cipher(191))
        t.s(cipher(32), framed(36))
    people = both(people)
    for who, text in lines:
        mine, other = people[who]
        sealed = 170 + len(text.encode())
        mine.c(framed(sealed))
        mine.s(framed(36))
        other.s(framed(sealed))
        other.c(framed(36))
        cap.wait(0.5)
    for mine, _ in people.values():
        mine.end()


# ---- what looks like one of them and is none ----------------------------------

class Flows:
    """each call makes a flow of its own: (1, bytes from the client) or (0, bytes from the server)"""
    def __init__(self, capture, port, random):
        self.cap, self.port, self.random = capture, port, random

    def __call__(self, kind, service, *segments):
        t = kind(self.cap, self.port, service)
        self.port += 1
        for up, data in segments:
            t.send(up, data)
        if kind is Tcp:
            first = next(data for up, data in segments if up)
            first = first.encode() if isinstance(first, str) else first
            assert self.random == (len(first) >= 64 and looks_random(first)), service
            t.end()


def lookalike(cap, _):
    noise, flow = Noise('lookalike'), Flows(cap, 42000, False)
    c, s = 1, 0
    # NATS sends MSG too
    flow(Tcp, 4222, (s, 'INFO {"server_id":"N1","version":"2.9.10","host":"10.99.0.1","port":4222}\r\n'),
         (c, 'CONNECT {"verbose":false,"pedantic":false}\r\nPING\r\n'), (s, 'PONG\r\n'), (c, 'SUB weather 1\r\n'),
         (c, 'PUB weather 5\r\nsunny\r\n'), (s, 'MSG weather 1 5\r\nsunny\r\n'))
    flow(Tcp, 1863, (c, 'SUB weather 7\r\n'), (s, 'MSG weather 7 5\r\nsunny\r\n'), (s, 'MSG weather 7 reply 4\r\nrain\r\n'))
    # no MSNP: a command of three letters and a number, without what must follow
    flow(Tcp, 1863, (c, 'VER 2 of the handbook\r\n'), (s, 'USR 100 of 200\r\n'))
    # Xiaomi's push, on a port of XMPP and WhatsApp
    push = b'\xc2\xfe\x00\x05\x00\x00\x00'
    flow(Tcp, 5222, (c, push + b'\x1c\x08\x00\x10\x00\x1a\x0axiaomi.com\x22\x04CONN\x28\x01\x32\x02zh'),
         (s, push + b'\x0a\x08\x00\x10\x00\x22\x04CONN'), (c, push + b'\x0a\x08\x01\x10\x00\x22\x04PING'))
    # 48 bytes first, but no Threema: another answer, a short third packet, a length before the bytes
    flow(Tcp, 5222, (c, noise(48)), (s, noise(96)), (c, noise(191)), (s, noise(32)))
    flow(Tcp, 5222, (c, noise(48)), (s, noise(80)), (c, noise(100)), (s, noise(32)))
    flow(Tcp, 5222, (c, b'\x00\x2e' + noise(46)), (s, b'\x00\x4e' + noise(78)), (c, b'\x00\xbd' + noise(189)))
    # FLAP with a length that is not the segment's, a channel or a version that does not exist
    snac = struct.pack('!HHHI', 4, 6, 0, 1) + bytes(8) + b'\x00\x01\x03bob'
    flow(Tcp, 5190, (c, b'\x2a\x02\x00\x01' + struct.pack('!H', len(snac) + 3) + snac),
         (s, b'\x2a\x02\x00\x01' + struct.pack('!H', len(snac) - 3) + snac))
    flow(Tcp, 5190, (c, b'\x2a\x09\x00\x01' + struct.pack('!H', len(snac)) + snac), (s, b'\x2a\x01\x00\x01\x00\x04\x00\x00\x00\x02'))
    # WA and ED without what follows in WhatsApp; YMSG without a version
    flow(Tcp, 5228, (c, 'WATCH alarm\r\n'), (s, 'EDIT alarm\r\n'))
    flow(Tcp, 5228, (c, b'WA\x09\x00\x00\x00\x24' + noise(36)), (s, noise(40)))
    flow(Tcp, 5050, (c, b'YMSG\x00\x40\x00\x00\x00\x05\x00\x06hello'), (s, b'YMSH\x00\x10\x00\x00\x00\x02\x00\x06ok'))
    # STUN's port and types, but no cookie, no attribute of the time before it; a length that does not fit
    flow(Udp, 3478, (c, b'\x00\x01\x00\x08' + noise(16) + b'\x00\x2a\x00\x04' + noise(4)), (s, b'\x01\x01\x00\x04' + noise(20)))
    flow(Udp, 3478, (c, b'\x00\x01\x00\x0c\x21\x12\xa4\x42' + noise(20)), (s, b'\x01\x01\x00\x08\x21\x12\xa4\x42' + noise(24)))
    # OICQ's first byte at another end, its last byte at another begin, both at no port of it
    flow(Udp, 8000, (c, b'\x02\x0f\x5f\x00\x16\x00\x01' + noise(40) + b'\x04'), (s, b'\x04\x0f\x5f\x00\x16\x00\x01' + noise(40) + b'\x03'))
    flow(Udp, 8001, (c, b'\x02\x0f\x5f\x00\x16\x00\x01' + noise(40) + b'\x03'), (s, b'\x02\x01\x00\x00\x16\x00\x01' + noise(24) + b'\x03'))


def random(cap, _):
    noise, flow = Noise('random'), Flows(cap, 42100, True)
    c, s = 1, 0
    # mmtls of WeChat: 16 f1 is no TLS
    flow(Tcp, 443, (c, b'\x16\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1\x01\x00\xa8' + noise(151)),
         (s, b'\x16\xf1\x04\x00\x45' + noise(69)), (c, b'\x17\xf1\x04\x00\x20' + noise(32)))
    # a vendor's push, on a port of XMPP
    flow(Tcp, 5223, (c, b'\x25\x00\x45\x14\x04' + noise(139)), (s, b'\x20\x00\x0e' + noise(14)))


KINDS = {'gen-msnp': msnp, 'gen-oscar': oscar, 'gen-ymsg': ymsg, 'gen-oicq': oicq, 'gen-whatsapp': whatsapp,
         'gen-threema': threema, 'gen-lookalike': lookalike, 'gen-random': random}


def main():
    name, path = sys.argv[1:]
    with open(path, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    capture = Capture()
    KINDS[name](capture, lines)
    capture.write(sys.stdout.buffer)


if __name__ == '__main__':
    main()
