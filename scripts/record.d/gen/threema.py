# SPDX-License-Identifier: BSD-2-Clause
"""Threema: lengths only."""
import struct

from gen.frames import Noise, Tcp, both


def make(cap, lines):
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
