# SPDX-License-Identifier: BSD-2-Clause
"""Zoom: a meeting over its servers, one from peer to peer, and its STUN without a cookie.

Layers of media as in Michel et al., "Enabling Passive Measurement of Zoom Performance", IMC 2022."""
import struct

from gen.frames import Noise, Udp

AUDIO, VIDEO, SCREEN, REPORT = 15, 16, 13, 33
# bytes between the media's first byte and RTP
GAP = {AUDIO: 19, VIDEO: 24, SCREEN: 27, REPORT: 16}


class Meeting(Udp):
    def __init__(self, capture, port, service):
        super().__init__(capture, port, service)
        self.noise, self.numbers = Noise('zoom %d' % port), [0, 0]
        self.ids = self.noise(5)

    def first(self, kind, lengths):
        """the same id in question and answer"""
        head, same = bytes([0, kind]), self.noise(17)
        self.c(b'\x01' + head + same + self.noise(lengths[0] - 20))
        self.s(b'\x02' + head + same + self.noise(lengths[1] - 20))

    def media(self, up, kind, length):
        n = self.numbers[up] = self.numbers[up] + 1
        outer = b'\x05' + struct.pack('!H', n) + self.ids[:4] + (b'\x00' if up else b'\x04')
        inner = bytes([kind]) + self.noise(8) + struct.pack('!HI', n, 40 * n)
        source = 0x01000400 + kind + up
        if kind == REPORT:
            rtp = struct.pack('!BBHI', 0x80, 200, 6, source) + self.noise(20)
        else:
            rtp = struct.pack('!BBHII', 0x90, 112 if kind == AUDIO else 98, n, 640 * n, source) + self.noise(length)
        self.send(up, outer + inner.ljust(GAP[kind], b'\x00') + rtp)


def meeting(cap, port, kind, lengths):
    u = Meeting(cap, port, 8801)
    u.first(kind, lengths)
    for n in range(4):
        for up in (1, 0):
            u.media(up, AUDIO, 80 + n)
            u.media(up, VIDEO, 500 + 90 * n)
        u.media(0, SCREEN, 300 + n)
        u.media(n % 2, REPORT, 0)


def peers(cap, port):
    u, noise = Udp(cap, port, 48210), Noise('zoom peers')
    for n in range(4):
        u.send(1, bytes.fromhex('1f020100080001000400') + noise(74 + n % 2))
        u.send(0, bytes.fromhex('1f020100080001000400') + noise(75 - n % 2))


def stun(cap, port, service):
    u, noise = Udp(cap, port, service), Noise('zoom stun')
    for _ in range(2):
        number = noise(16)
        u.c(b'\x00\x01\x00\x18' + number + b'\x01\x01\x00\x14' + noise(20))
        u.s(b'\x00\x02\x00\x0c' + number + b'\x01\x03\x00\x08' + noise(8))


def make(cap, _):
    meeting(cap, 41170, 2, (109, 43))
    meeting(cap, 41171, 3, (123, 44))
    peers(cap, 41172)
    stun(cap, 41173, 3478)
