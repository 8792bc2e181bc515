# SPDX-License-Identifier: BSD-2-Clause
"""TeamSpeak 3, from the first packet with its puzzle on, and TeamSpeak 2.

Version 3 as in ts3protocol.md of the ReSpeak project, version 2 as in Wireshark's description."""
import struct
import zlib

from gen.frames import START, Noise, Udp


def third(cap, port):
    u, noise = Udp(cap, port, 9987), Noise('ts3')
    version = struct.pack('!I', 0x09cd9d00)

    def client(step, data):
        u.c(b'TS3INIT1' + struct.pack('!HHB', 101, 0, 0x88) + version + bytes([step]) + data)

    def server(step, data):
        u.s(b'TS3INIT1' + struct.pack('!HB', 101, 0x88) + bytes([step]) + data)

    stamp, puzzle, more = noise(4), noise(16), noise(100)
    client(0, struct.pack('!I', START) + stamp + bytes(8))
    server(1, puzzle + stamp[::-1])
    client(2, puzzle + stamp[::-1])
    x, n, level = noise(64), noise(64), struct.pack('!I', 10000)
    server(3, x + n + level + more)
    client(4, x + n + level + more + noise(64) + b'clientinitiv alpha=AAAAAAAAAAAAAA== omega=MEsDAgcAAgEgAiBaYw== ot=1 ip')
    for n in range(8):
        # check, number, client, kind, ciphertext
        u.c(noise(8) + struct.pack('!HHB', n, 7, 0x22 if n < 3 else 0x80) + noise(90 + 11 * n))
        u.s(noise(8) + struct.pack('!HB', n, 0x22 if n < 3 else 0x80) + noise(70 + 13 * n))


NAME = struct.Struct('B29s')
LOBBY = 0x0051a7f3


def packet(head, session, number, more, length, data):
    """version 2: head, session, client, number, more, checksum over all with zeros in its place"""
    head = bytes.fromhex(head) + struct.pack('<III', session, 1 if session else 0, number) + more
    data = data.ljust(length - len(head) - 4, b'\x00')
    return head + struct.pack('<I', zlib.crc32(head + bytes(4) + data)) + data


LOGIN = packet('f4be0300', 0, 1, b'', 180, NAME.pack(9, b'TeamSpeak') + NAME.pack(14, b'Linux 5.10 x64') +
               struct.pack('<HHHH', 2, 0, 32, 60) + b'\x00\x02' + NAME.pack(5, b'alice') + NAME.pack(0, b'') + NAME.pack(5, b'alice'))
WELCOME = packet('f4be0400', 0, 1, b'', 436, NAME.pack(6, b'Island') + NAME.pack(5, b'Linux') +
                 struct.pack('<HHHH', 2, 0, 24, 1) + bytes(16))


def second(cap, port):
    u, noise = Udp(cap, port, 8767), Noise('ts2')
    u.c(LOGIN)
    u.s(WELCOME)
    u.c(packet('f0be0500', LOBBY, 2, bytes(4), 120, bytes(2) + NAME.pack(5, b'Lobby')))
    u.s(b'\xf1\xbe\x05\x00' + struct.pack('<III', LOBBY, 1, 2))
    for n in range(4):
        u.c(b'\xf2\xbe\x00\x05' + struct.pack('<II', LOBBY, 1) + noise(150))
        u.s(b'\xf3\xbe\x00\x05' + struct.pack('<II', LOBBY, 1) + noise(150))


def make(cap, _):
    third(cap, 41160)
    second(cap, 41161)
