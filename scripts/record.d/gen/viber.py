# SPDX-License-Identifier: BSD-2-Clause
"""Viber: the ways in which its connection begins, and calls over UDP. Lengths and first bytes as in libprotoident.

Of the third beginning only the client's bytes are described, and of a call not who sends which."""
import struct

from gen.frames import Noise, Tcp, Udp, both


def frame(length, rest, noise):
    """a length that counts all, then these bytes, then ciphertext"""
    return struct.pack('<H', length) + rest + noise(length - 2 - len(rest))


class Link:
    """what the client and the server begin with: length, bytes after it"""
    def __init__(self, cap, port, service, hello, answer):
        self.t, self.noise, self.number = Tcp(cap, port, service), Noise('viber %d' % port), 0
        self.t.c(frame(*hello, self.noise))
        self.t.s(frame(*answer, self.noise))

    def sealed(self, up, length):
        self.number += 1
        self.t.send(up, frame(length, struct.pack('<H', self.number), self.noise))


def call(cap, port, service):
    u, noise = Udp(cap, port, service), Noise('viber call %d' % port)
    session = noise(2)

    def packet(up, kind, length, rest=b''):
        u.send(up, session + struct.pack('<H', kind) + rest + noise(length - 4 - len(rest)))

    for up in (1, 0):
        packet(up, 1, 257, b'\x05\x00')
    packet(1, 3, 12)
    packet(0, 4, 16)
    packet(1, 0xc, 76, b'\x01\x00')
    packet(0, 9, 20)
    for n in range(4):
        packet(1, 0x1b, 90 + 7 * n)
        packet(0, 0x1b, 86 + 5 * n)
    packet(1, 0x19, 34)
    packet(0, 0x11, 14)


def make(cap, lines):
    known = (96, b'\x00\x00\x5a\x17\xfc\xff\x03\x80'), (56, b'\x01\x04')
    new = (24, b'\x00\x00\x00\x00\xfc\xff\x05\x80'), (154, b'\x02\x00')
    other = (118, b'\x01\x00\x03\x80\x00\x00\x00\x00\x0a'), (61, b'\x01\x00')
    a, b = Link(cap, 41120, 4244, *known), Link(cap, 41121, 5242, *new)
    people = both({'alice': a, 'bob': b})
    for who, text in lines:
        mine, peer = people[who]
        size = len(text.encode())
        mine.sealed(1, 120 + size)
        mine.sealed(0, 44)
        peer.sealed(0, 150 + size)
        peer.sealed(1, 52)
        cap.wait(0.5)
    third = Link(cap, 41122, 443, *other)
    third.sealed(1, 80)
    for link in (a, b, third):
        link.t.end()
    call(cap, 41123, 7985)
    call(cap, 41124, 7987)
