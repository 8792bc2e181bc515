# SPDX-License-Identifier: BSD-2-Clause
"""YMSG 16, in UTF-8."""
import struct

from gen.frames import Noise, Tcp, both


class Ymsg(Tcp):
    def packet_of(self, up, service, status, *pairs):
        body = b''.join(str(k).encode() + b'\xc0\x80' + v.encode() + b'\xc0\x80' for k, v in pairs)
        self.send(up, struct.pack('!4sHHHHII', b'YMSG', 16, 0, len(body), service, status, 0x41d2a3f7) + body)


def make(cap, lines):
    people, names = {}, {'alice': 'bob', 'bob': 'alice'}
    for who, port in (('alice', 41020), ('bob', 41021)):
        p = people[who] = Ymsg(cap, port, 5050)
        p.packet_of(1, 0x57, 0, (1, who))
        p.packet_of(0, 0x57, 1, (1, who), (94, Noise('challenge ' + who)(12).hex()), (13, '2'))
        p.packet_of(1, 0x54, 0, (0, who), (1, who), (6, Noise('answer ' + who)(16).hex()), (135, '9.0.0.2162'))
        p.packet_of(0, 1, 0, (0, who), (1, who), (8, '1'), (7, names[who]), (10, '0'), (13, '1'))
    people = both(people)
    for n, (who, text) in enumerate(lines):
        mine, other = people[who]
        if n < 2:
            mine.packet_of(1, 0x4b, 0x16, (49, 'TYPING'), (1, who), (14, ' '), (13, '1'), (5, names[who]))
            other.packet_of(0, 0x4b, 0x16, (49, 'TYPING'), (4, who), (14, ' '), (13, '1'), (5, names[who]))
        mine.packet_of(1, 6, 0x5a55aa56, (0, who), (1, who), (5, names[who]), (14, text), (97, '1'))
        other.packet_of(0, 6, 1, (4, who), (5, names[who]), (14, text), (97, '1'))
        cap.wait(0.5)
    for who, (mine, _) in people.items():
        mine.packet_of(1, 0x8a, 0, (0, who))
        mine.packet_of(1, 2, 0, (0, who))
        mine.end()
