# SPDX-License-Identifier: BSD-2-Clause
"""MTProto (Telegram): the four transports in clear, the obfuscated one, and calls over reflectors.

core.telegram.org/mtproto: mtproto-transports, auth_key, description. A device makes a key first; from
then on the key's id is in front of each message."""
import struct
import subprocess
import zlib

from gen.frames import START, Noise, Tcp, Udp, both, looks_random


# ---- transports: each turns a message into bytes -------------------------------

def abridged(message, n=0, noise=None):
    words = len(message) // 4
    return (bytes([words]) if words < 127 else b'\x7f' + words.to_bytes(3, 'little')) + message


def intermediate(message, n=0, noise=None):
    return struct.pack('<I', len(message)) + message


def padded(message, n=0, noise=None):
    more = 1 + len(message) // 8 % 15
    return struct.pack('<I', len(message) + more) + message + noise(more)


def full(message, n=0, noise=None):
    data = struct.pack('<II', len(message) + 12, n) + message
    return data + struct.pack('<I', zlib.crc32(data))


# ---- messages -------------------------------------------------------------------

def plain(number, name, body):
    """a message without a key: id of the key 0, id of the message, length, a constructor's number and its fields"""
    body = struct.pack('<I', name) + body
    return struct.pack('<QQI', 0, (START << 32) + 4 * number + (number & 1), len(body)) + body


def text(data):
    """a string of TL: its length, itself, up to a multiple of four"""
    head = bytes([len(data)]) if len(data) < 254 else b'\xfe' + len(data).to_bytes(3, 'little')
    return head + data + bytes(-(len(head) + len(data)) % 4)


def key_exchange(noise):
    """(from the client, message): six of them"""
    nonce = noise(16)
    pair = nonce + noise(16)
    return [(1, plain(0, 0xbe7e8ef1, nonce)),
            (0, plain(1, 0x05162463, pair + text(noise(8)) + struct.pack('<II', 0x1cb5c415, 3) + noise(24))),
            (1, plain(2, 0xd712e4be, pair + text(noise(4)) + text(noise(4)) + noise(8) + text(noise(256)))),
            (0, plain(3, 0xd0e8075c, pair + text(noise(592)))),
            (1, plain(4, 0xf5045f1f, pair + text(noise(336)))),
            (0, plain(5, 0x3bcbf734, pair + noise(16)))]


class Telegram:
    """a connection of a device, whose key has this id"""
    def __init__(self, cap, port, service, key, wrap, begin=b'', alone=False):
        self.t, self.wrap, self.key, self.numbers = Tcp(cap, port, service), wrap, key, [0, 0]
        self.noise, self.begin = Noise('mtproto %d' % port), begin
        if alone:
            self.t.c(begin)
            self.begin = b''

    def message(self, up, message):
        data = self.wrap(message, self.numbers[up], self.noise)
        if up:
            data, self.begin = self.begin + data, b''
        self.numbers[up] += 1
        self.t.send(up, data)

    def sealed(self, up, blocks):
        """id of the key, key of the message, ciphertext"""
        self.message(up, self.key + self.noise(16 + 16 * blocks))

    def exchange(self):
        for up, message in key_exchange(self.noise):
            self.message(up, message)


class Obfuscated:
    """64 bytes that hold the key and, encrypted with it, what follows: the abridged transport"""
    def __init__(self, cap, port, service, key):
        self.t, self.key, self.noise, self.plain, self.sent = Tcp(cap, port, service), key, Noise('obfuscated'), [b'', b''], [0, 0]
        self.start = self.noise(56) + b'\xef\xef\xef\xef\x02\x00' + self.noise(2)
        self.keys = [self.start[55:7:-1], self.start[8:56]]
        self.plain[1] = self.start

    def sealed(self, up, blocks):
        self.plain[up] += abridged(self.key + self.noise(16 + 16 * blocks))
        key = self.keys[up]
        run = subprocess.run(['openssl', 'enc', '-aes-256-ctr', '-K', key[:32].hex(), '-iv', key[32:].hex()], input=self.plain[up],
                             stdout=subprocess.PIPE, check=True)
        data = run.stdout
        if up:
            data = self.start[:56] + data[56:]
        part, self.sent[up] = data[self.sent[up]:], len(data)
        assert self.sent[up] != len(part) or not up or looks_random(part)
        self.t.send(up, part)


def call(cap, port, service):
    """a call by way of a reflector: who am I, you and your peer, then sound under a key"""
    u, noise = Udp(cap, port, service), Noise('call')
    tag = noise(16)
    for n in range(2):
        question = noise(8)
        u.c(tag + 12 * b'\xff' + b'\xfe\xff\xff\xff' + question)
        u.s(tag + 12 * b'\xff' + struct.pack('<II', 0xc01572c7, START + n) + question + bytes(10) + b'\xff\xff\x0a\x63\x00\x02' +
            struct.pack('<I', port))
        u.s(tag + 12 * b'\xff' + struct.pack('<I', 0x27d9371c) + noise(64))
    for n in range(6):
        u.send(n % 2, tag + noise(112 + 16 * (n % 3)))


def make(cap, lines):
    keys = {who: Noise('key of ' + who)(8) for who in ('alice', 'bob')}
    a = Telegram(cap, 41070, 443, keys['alice'], abridged, b'\xef', alone=True)
    a.exchange()
    b = Telegram(cap, 41071, 443, keys['bob'], abridged, b'\xef')
    b.sealed(1, 12)
    b.sealed(0, 20)
    people = both({'alice': a, 'bob': b})
    for who, said in lines:
        mine, other = people[who]
        blocks = 6 + len(said.encode()) // 16
        mine.sealed(1, blocks)
        mine.sealed(0, 5)
        other.sealed(0, blocks + 40)
        other.sealed(1, 4)
        cap.wait(0.5)
    more = [Telegram(cap, 41072, 5222, keys['alice'], intermediate, b'\xee\xee\xee\xee'),
            Telegram(cap, 41073, 5222, keys['alice'], padded, b'\xdd\xdd\xdd\xdd'), Telegram(cap, 41074, 443, keys['bob'], full)]
    for t in more:
        t.exchange()
    hidden = Obfuscated(cap, 41075, 80, keys['bob'])
    for t in more + [hidden]:
        for n in range(4):
            t.sealed(1, 7 + n)
            t.sealed(0, 4 + 25 * n)
    for t in [a, b] + more + [hidden]:
        t.t.end()
    call(cap, 41076, 533)
    call(cap, 41077, 598)
