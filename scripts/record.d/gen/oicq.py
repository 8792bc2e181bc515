# SPDX-License-Identifier: BSD-2-Clause
"""OICQ of 2006: account numbers in clear, all else under a key."""
import struct

from gen.frames import Noise, Udp


def make(cap, lines):
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
