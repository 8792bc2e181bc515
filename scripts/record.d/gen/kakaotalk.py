# SPDX-License-Identifier: BSD-2-Clause
"""KakaoTalk (LOCO): a key under RSA and two numbers that say how, then frames; bob's client with AES-GCM, as later ones.

Written from descriptions of open clients (loco-protocol, OpenKakao)."""
import struct

from gen.frames import Noise, Tcp, both

# padding of the key, cipher, bytes in front of the ciphertext and behind it
OLDER, LATER = (12, 2, 16, 0), (16, 3, 12, 16)


class Loco:
    def __init__(self, cap, port, service, how):
        self.t, self.how, self.noise = Tcp(cap, port, service), how, Noise('loco %d' % port)
        first = struct.pack('<III', 256, how[0], how[1]) + self.noise(256)
        self.t.c(first + self.frame(301))
        self.t.s(self.frame(1100))

    def frame(self, length):
        return struct.pack('<I', self.how[2] + length + self.how[3]) + self.noise(self.how[2] + length + self.how[3])

    def sealed(self, up, length):
        self.t.send(up, self.frame(length))


def make(cap, lines):
    people = both({'alice': Loco(cap, 41110, 995, OLDER), 'bob': Loco(cap, 41111, 5223, LATER)})
    for n, (who, text) in enumerate(lines):
        mine, other = people[who]
        size = len(text.encode())
        mine.sealed(1, 90 + size)
        mine.sealed(0, 186)
        other.sealed(0, 210 + size)
        if n % 4 == 3:
            other.sealed(1, 39)
            other.sealed(0, 47)
        cap.wait(0.5)
    for loco, _ in people.values():
        loco.t.end()
