# SPDX-License-Identifier: BSD-2-Clause
"""What looks like one of the protocols and is none."""
import struct

from gen.flows import Flows
from gen.frames import Noise, Tcp, Udp


def make(cap, _):
    noise, flow = Noise('lookalike'), Flows(cap, 42000, False)
    c, s = 1, 0
    # NATS sends MSG too
    flow(Tcp, 4222, (s, 'INFO {"server_id":"N1","version":"2.9.10","host":"10.99.0.1","port":4222}\r\n'),
         (c, 'CONNECT {"verbose":false,"pedantic":false}\r\nPING\r\n'), (s, 'PONG\r\n'), (c, 'SUB weather 1\r\n'),
         (c, 'PUB weather 5\r\nsunny\r\n'), (s, 'MSG weather 1 5\r\nsunny\r\n'))
    flow(Tcp, 1863, (c, 'SUB weather 7\r\n'), (s, 'MSG weather 7 5\r\nsunny\r\n'), (s, 'MSG weather 7 reply 4\r\nrain\r\n'))
    # no MSNP: a command of three letters and a number, without what must follow
    flow(Tcp, 1863, (c, 'VER 2 of the handbook\r\n'), (s, 'USR 100 of 200\r\n'))
    # Xiaomi's push, on a port of XMPP and WhatsApp
    push = b'\xc2\xfe\x00\x05\x00\x00\x00'
    flow(Tcp, 5222, (c, push + b'\x1c\x08\x00\x10\x00\x1a\x0axiaomi.com\x22\x04CONN\x28\x01\x32\x02zh'),
         (s, push + b'\x0a\x08\x00\x10\x00\x22\x04CONN'), (c, push + b'\x0a\x08\x01\x10\x00\x22\x04PING'))
    # 48 bytes first, but no Threema: another answer, a short third packet, a length before the bytes
    flow(Tcp, 5222, (c, noise(48)), (s, noise(96)), (c, noise(191)), (s, noise(32)))
    flow(Tcp, 5222, (c, noise(48)), (s, noise(80)), (c, noise(100)), (s, noise(32)))
    flow(Tcp, 5222, (c, b'\x00\x2e' + noise(46)), (s, b'\x00\x4e' + noise(78)), (c, b'\x00\xbd' + noise(189)))
    # FLAP with a length that is not the segment's, a channel or a version that does not exist
    snac = struct.pack('!HHHI', 4, 6, 0, 1) + bytes(8) + b'\x00\x01\x03bob'
    flow(Tcp, 5190, (c, b'\x2a\x02\x00\x01' + struct.pack('!H', len(snac) + 3) + snac),
         (s, b'\x2a\x02\x00\x01' + struct.pack('!H', len(snac) - 3) + snac))
    flow(Tcp, 5190, (c, b'\x2a\x09\x00\x01' + struct.pack('!H', len(snac)) + snac), (s, b'\x2a\x01\x00\x01\x00\x04\x00\x00\x00\x02'))
    # WA and ED without what follows in WhatsApp; YMSG without a version
    flow(Tcp, 5228, (c, 'WATCH alarm\r\n'), (s, 'EDIT alarm\r\n'))
    flow(Tcp, 5228, (c, b'WA\x09\x00\x00\x00\x24' + noise(36)), (s, noise(40)))
    flow(Tcp, 5050, (c, b'YMSG\x00\x40\x00\x00\x00\x05\x00\x06hello'), (s, b'YMSH\x00\x10\x00\x00\x00\x02\x00\x06ok'))
    # STUN's port and types, but no cookie, no attribute of the time before it; a length that does not fit
    flow(Udp, 3478, (c, b'\x00\x01\x00\x08' + noise(16) + b'\x00\x2a\x00\x04' + noise(4)), (s, b'\x01\x01\x00\x04' + noise(20)))
    flow(Udp, 3478, (c, b'\x00\x01\x00\x0c\x21\x12\xa4\x42' + noise(20)), (s, b'\x01\x01\x00\x08\x21\x12\xa4\x42' + noise(24)))
    # OICQ's first byte at another end, its last byte at another begin, both at no port of it
    flow(Udp, 8000, (c, b'\x02\x0f\x5f\x00\x16\x00\x01' + noise(40) + b'\x04'), (s, b'\x04\x0f\x5f\x00\x16\x00\x01' + noise(40) + b'\x03'))
    flow(Udp, 8001, (c, b'\x02\x0f\x5f\x00\x16\x00\x01' + noise(40) + b'\x03'), (s, b'\x02\x01\x00\x00\x16\x00\x01' + noise(24) + b'\x03'))
