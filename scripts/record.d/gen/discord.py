# SPDX-License-Identifier: BSD-2-Clause
"""Discord, voice: IP discovery, keepalives, sound; one call of which the beginning is missing."""
import struct

from gen.frames import Noise, Udp


class Voice(Udp):
    def __init__(self, capture, port, service):
        super().__init__(capture, port, service)
        self.noise, self.alive = Noise('discord %d' % port), 0
        self.source, self.sequence = [self.noise(4), self.noise(4)], [0x41c0, 0x2506]

    def discover(self):
        self.c(b'\x00\x01\x00\x46' + self.source[1] + bytes(66))
        self.s(b'\x00\x02\x00\x46' + self.source[1] + b'10.99.0.2'.ljust(64, b'\x00') + struct.pack('!H', self.ports[1]))

    def keepalive(self):
        beat = b'\x13\x37\xca\xfe' + struct.pack('<I', self.alive)
        self.c(beat)
        self.s(beat)
        self.alive += 1

    def sound(self, up):
        """RTP with an extension, then ciphertext"""
        n = self.sequence[up] = self.sequence[up] + 1
        self.send(up, struct.pack('!BBHI', 0x90, 0x78, n, 960 * n) + self.source[up] + b'\xbe\xde\x00\x01' + self.noise(90 + n % 30))

    def report(self, up):
        self.send(up, b'\x81\xc9\x00\x07' + self.source[up] + self.noise(44))


def make(cap, _):
    first, second = Voice(cap, 41150, 50004), Voice(cap, 41151, 50017)
    first.discover()
    second.alive = 412
    for voice in (first, second):
        for n in range(3):
            voice.keepalive()
            for _ in range(4):
                voice.sound(1)
                voice.sound(0)
            voice.report(n % 2)
            cap.wait(5)
