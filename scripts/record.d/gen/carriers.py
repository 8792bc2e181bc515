# SPDX-License-Identifier: BSD-2-Clause
"""What carries calls and tunnels: WireGuard; RTP in both directions in turns, with RTCP between; RTP in one direction; its
numbers wrap."""
import struct

from gen.frames import Noise, Udp


def wireguard(cap, port, service):
    u, noise = Udp(cap, port, service), Noise('wireguard %d' % service)
    mine, other = noise(4), noise(4)
    u.c(b'\x01\x00\x00\x00' + mine + noise(140))
    u.s(b'\x02\x00\x00\x00' + other + mine + noise(80))
    for n in range(5):
        u.c(b'\x04\x00\x00\x00' + other + struct.pack('<Q', n) + noise(16 + 16 * n))
        u.s(b'\x04\x00\x00\x00' + mine + struct.pack('<Q', n) + noise(96 + 160 * n))


class Sound(Udp):
    def __init__(self, capture, port, service, kind):
        super().__init__(capture, port, service)
        self.noise, self.kind = Noise('rtp %d' % service), kind
        self.source, self.sequence = [self.noise(4), self.noise(4)], [0xfffc, 0xfffa]

    def packet(self, up):
        n = self.sequence[up]
        self.send(up, struct.pack('!BBHI', 0x80, self.kind, n, 160 * n) + self.source[up] + self.noise(160))
        self.sequence[up] = n + 1 & 0xffff

    def report(self, up):
        """a sender's report without blocks, and a name"""
        name = b'\x01\x05voice\x00'
        self.send(up, struct.pack('!BBH', 0x80, 200, 6) + self.source[up] + self.noise(20) +
                  struct.pack('!BBH', 0x81, 202, 3) + self.source[up] + name)


def make(cap, _):
    wireguard(cap, 41190, 51820)
    wireguard(cap, 41191, 21841)
    talk = Sound(cap, 41192, 20000, 0)
    for n in range(10):
        talk.packet(1)
        talk.packet(0)
        if n % 4 == 3:
            talk.report(1)
            talk.report(0)
    listen = Sound(cap, 41194, 20002, 8)
    for _ in range(8):
        listen.packet(0)
