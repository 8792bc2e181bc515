# SPDX-License-Identifier: BSD-2-Clause
"""OSCAR: FLAP, SNAC, ICBM; what is not ASCII goes as UCS-2BE."""
import struct

from gen.frames import START, Noise, Tcp, both


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


def make(cap, lines):
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
