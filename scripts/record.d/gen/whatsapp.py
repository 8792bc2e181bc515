# SPDX-License-Identifier: BSD-2-Clause
"""WhatsApp: the hello of alice's client as Android sends it, bob's at once."""
from gen.frames import Noise, Tcp, both


def make(cap, lines):
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
