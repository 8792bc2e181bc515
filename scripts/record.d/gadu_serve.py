#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""gadu_serve.py ADDRESS PORT: a scripted Gadu-Gadu server. Not a real one, for there is none: it lets in whoever
comes, as protocol 8.0 (type 0x31) or 11.0 (0x83), and passes messages on in the form of who receives them.

All is little endian: type u32, length u32, body. The bodies of 11.0 are Protocol Buffers."""
import asyncio
import html
import re
import struct
import sys
import time

WELCOME, LOGIN80_OK, ACK, LOGIN110_OK, ACK110 = 0x01, 0x35, 0x05, 0x9d, 0x87
LOGIN80, LOGIN105, SEND80, SEND110, RECEIVE80, RECEIVE110 = 0x31, 0x83, 0x2d, 0x7d, 0x2e, 0x7e
HTML = '<span style="color:#000000; font-family:\'MS Shell Dlg 2\'; font-size:9pt; ">%s</span>'
people = {}


def frame(kind, body):
    return struct.pack('<II', kind, len(body)) + body


def varint(n):
    return (bytes([n & 127 | 128]) + varint(n >> 7)) if n > 127 else bytes([n])


def message(*fields):
    """a Protocol Buffers message of (number, value): int as varint, bytes, or (size, int) as a fixed number"""
    result = b''
    for number, value in fields:
        if isinstance(value, int):
            result += varint(number << 3) + varint(value)
        elif isinstance(value, bytes):
            result += varint(number << 3 | 2) + varint(len(value)) + value
        else:
            result += varint(number << 3 | {4: 5, 8: 1}[value[0]]) + value[1].to_bytes(value[0], 'little')
    return result


def read_varint(data, at):
    n = shift = 0
    while True:
        n |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return n, at


def fields(data):
    """-> {number: value}"""
    at, result = 0, {}
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(key & 7)
            if size is None:
                size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        result[key >> 3] = value
    return result


def number(data):
    """an account in a message of 11.0: a zero byte, its length, its digits"""
    return int(data[2:])


class Person:
    def __init__(self, writer):
        self.writer, self.number, self.new, self.count = writer, 0, False, 0

    def say(self, kind, body):
        self.writer.write(frame(kind, body))

    def login(self, kind, body):
        self.new = kind == LOGIN105
        if self.new:
            self.number = number(fields(body)[2])
            self.say(LOGIN110_OK, message((1, 1), (2, b'garden'), (3, self.number), (4, (4, int(time.time())))))
        else:
            self.number = struct.unpack_from('<I', body)[0]
            self.say(LOGIN80_OK, struct.pack('<I', 1))
        people[self.number] = self

    def sent(self, kind, body):
        """a message from this person: acknowledged, and given to whom it is for"""
        if kind == SEND110:
            f = fields(body)
            other, sequence, text = number(f[1]), f[3], f[5].decode()
            self.say(ACK110, message((1, 1), (2, sequence), (3, (4, int(time.time()))), (4, (8, sequence)), (5, (8, 1)), (7, 0)))
        else:
            other, sequence, _, plain, _ = struct.unpack_from('<IIIII', body)
            text = html.unescape(re.sub('<[^>]*>', '', body[20:plain - 1].decode()))
            self.say(ACK, struct.pack('<III', 2, other, sequence))
        people[other].hear(self.number, text)

    def hear(self, sender, text):
        self.count += 1
        now, rich, who = int(time.time()), (HTML % html.escape(text)).encode(), b'%d' % sender
        if self.new:
            self.say(RECEIVE110, message((1, bytes([0, len(who)]) + who), (2, 8), (3, self.count), (4, (4, now)),
                                         (5, text.encode()), (6, rich), (9, (8, self.count)), (11, (8, 1))))
        else:
            plain = text.encode('cp1250', 'replace')
            begin = 24 + len(rich) + 1
            self.say(RECEIVE80, struct.pack('<IIIIII', sender, self.count, now, 8, begin, begin + len(plain) + 1)
                     + rich + b'\0' + plain + b'\0')


async def serve(reader, writer):
    person = Person(writer)
    person.say(WELCOME, b'seed')
    try:
        while True:
            kind, length = struct.unpack('<II', await reader.readexactly(8))
            body = await reader.readexactly(length)
            if kind in (LOGIN80, LOGIN105):
                person.login(kind, body)
            elif kind in (SEND80, SEND110):
                person.sent(kind, body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(main())
