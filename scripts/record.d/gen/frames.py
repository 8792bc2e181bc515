# SPDX-License-Identifier: BSD-2-Clause
"""Frames with handshakes, acknowledgements and true checksums, the same at any time."""
import hashlib
import struct

SERVER, CLIENT = bytes([10, 99, 0, 1]), bytes([10, 99, 0, 2])
SERVER_MAC, CLIENT_MAC = bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 2])
EVERYBODY, EVERYBODY_MAC = bytes([10, 99, 0, 255]), bytes([255] * 6)
START = 1767225600      # 2026-01-01 00:00:00 UTC


def checksum(data):
    data += bytes(len(data) % 2)
    n = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


def encoded(payload):
    return payload.encode() if isinstance(payload, str) else payload


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

    def ip(self, up, l4, segment, everybody=False):
        src, dst, smac, dmac = (CLIENT, SERVER, CLIENT_MAC, SERVER_MAC) if up else (SERVER, CLIENT, SERVER_MAC, CLIENT_MAC)
        if everybody:
            dst, dmac = EVERYBODY, EVERYBODY_MAC
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
    """a connection from port to service; c() and s() send one segment each, acknowledged. From its opening,
    or only from a later moment on"""
    def __init__(self, capture, port, service, opening=True):
        self.cap, self.ports = capture, (service, port)
        seed = Noise('tcp %d %d' % self.ports)
        self.seq = [int.from_bytes(seed(4), 'big') for _ in range(2)]
        if opening:
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
        self.packet(up, 0x18, encoded(payload))
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

    def send(self, up, payload, everybody=False):
        payload = encoded(payload)
        head = struct.pack('!HHHH', self.ports[up], self.ports[not up], 8 + len(payload), 0)
        self.cap.ip(up, 17, head + payload, everybody)
        self.cap.wait(0.02)

    def c(self, payload):
        self.send(1, payload)

    def s(self, payload):
        self.send(0, payload)


def both(people):
    return {'alice': (people['alice'], people['bob']), 'bob': (people['bob'], people['alice'])}
