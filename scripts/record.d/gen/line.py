# SPDX-License-Identifier: BSD-2-Clause
"""LINE, calls over UDP: questions with their answers, as in libprotoident, then media with a counter."""
from gen.frames import Noise, Udp


def call(cap, port, service, first, answer):
    u, noise = Udp(cap, port, service), Noise('line %d' % port)

    def packet(up, head, length):
        u.send(up, bytes.fromhex(head) + noise(length - len(head) // 2))

    packet(1, *first)
    packet(0, 'b6130006', answer)
    packet(1, 'b6130027', 43)
    packet(0, 'b6150006', 46)
    packet(1, 'b6070004', 8)
    packet(1, 'b609000c', 16)
    packet(0, 'b609000c', 16)
    for n in range(6):
        for up in (1, 0):
            packet(up, '%02x%02x00%02x0602' % (0xd8 + up, noise(1)[0], 0x60 + n), 86 + n)
        if n % 3 == 2:
            packet(1, 'd0%02x00%02x' % (noise(1)[0], 0x70 + n), 60)
            packet(0, 'd2%02x00%02x' % (noise(1)[0], 0x70 + n), 60)
    packet(1, 'b609000c', 16)
    packet(0, 'b609000c', 16)


def make(cap, _):
    call(cap, 41130, 12000, ('b618006a', 110), 35)
    call(cap, 41131, 12001, ('b6120068', 108), 46)
