# SPDX-License-Identifier: BSD-2-Clause
"""WeChat: mmtls over the long link, alice with a new key and bob with a ticket; the short link in HTTP; the older long link.

The records as in the Citizen Lab's report on mmtls; header of the older link as in open clients: length
of all, of the header (16), version, command, number."""
import struct

from gen.frames import START, Noise, Tcp, both


def record(kind, body, version=0xf103):
    return struct.pack('!BHH', kind, version, len(body)) + body


def handshake(kind, body):
    return struct.pack('!IB', len(body) + 1, kind) + body


def keys(noise, count):
    """public points of curves"""
    entries = b''.join(struct.pack('!IIH', 71, n + 1, 65) + b'\x04' + noise(64) for n in range(count))
    return b'\x00\x10' + bytes([count]) + entries + b'\x00\x00\x00\x01'


def hello(noise, cipher, extension, version):
    """with the client's clock in clear"""
    extension = struct.pack('!I', len(extension)) + extension
    return handshake(1, struct.pack('<H', version) + b'\x01' + struct.pack('!H', cipher) + noise(32) +
                     struct.pack('!II', START, len(extension) + 1) + b'\x01' + extension)


def server_hello(noise, cipher, version):
    extension = keys(noise, 1)
    extension = struct.pack('!I', len(extension)) + extension
    return handshake(2, struct.pack('<HH', version, cipher) + noise(32) + struct.pack('!I', len(extension) + 1) + b'\x01' + extension)


def ticket(noise):
    return b'\x00\x0f\x01' + struct.pack('!I', 99) + noise(99)


class Link:
    def __init__(self, cap, port, service, version, resumed):
        self.t, self.version, self.noise = Tcp(cap, port, service), version, Noise('mmtls %d' % port)
        first = (0x00a8, ticket(self.noise)) if resumed else (0xc02b, keys(self.noise, 2))
        self.t.c(record(0x16, hello(self.noise, *first, version), version))
        answer = record(0x16, server_hello(self.noise, first[0], version), version)
        self.t.s(answer + b''.join(record(0x16, self.noise(n), version) for n in ((55,) if resumed else (98, 178, 55))))
        self.t.c(record(0x16, self.noise(55), version))

    def sealed(self, up, *sizes):
        self.t.send(up, b''.join(record(0x17, self.noise(n + 16), self.version) for n in sizes))

    def end(self):
        self.t.c(record(0x15, self.noise(23), self.version))
        self.t.end()


def short_link(cap, port):
    """one request: hello with a ticket and the request in the same body"""
    t, noise = Tcp(cap, port, 80), Noise('short link')
    body = (record(0x19, hello(noise, 0x00a8, ticket(noise), 0xf103)) + record(0x19, noise(36)) + record(0x17, noise(220)) +
            record(0x15, noise(23)))
    t.c(('POST /mmtls/402f5d55 HTTP/1.1\r\nAccept: */*\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Length: %d\r\n'
         'Content-Type: application/octet-stream\r\nHost: szshort.weixin.qq.com\r\nUpgrade: mmtls\r\n'
         'User-Agent: MicroMessenger Client\r\n\r\n' % len(body)).encode() + body)
    body = record(0x16, server_hello(noise, 0x00a8, 0xf103)) + record(0x16, noise(55)) + record(0x17, noise(140)) + record(0x15, noise(23))
    t.s(('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n' %
         len(body)).encode() + body)
    t.end()


def old_link(cap, port):
    t, noise = Tcp(cap, port, 8080), Noise('old link')

    def frame(command, number, body=b''):
        return struct.pack('!IHHII', 16 + len(body), 16, 1, command, number) + body

    t.c(frame(6, 0xffffffff))
    t.s(frame(6, 0xffffffff))
    for n in range(1, 4):
        t.c(frame(237, n, noise(180 + 8 * n)))
        t.s(frame(237, n, noise(96)))
    t.c(frame(6, 0xffffffff))
    t.s(frame(6, 0xffffffff))
    t.end()


def make(cap, lines):
    people = both({'alice': Link(cap, 41100, 443, 0xf103, False), 'bob': Link(cap, 41101, 8080, 0xf104, True)})
    for link, _ in people.values():
        link.sealed(1, 16, 24)
        link.sealed(0, 16)
    for who, text in lines:
        mine, other = people[who]
        mine.sealed(1, 190 + len(text.encode()) // 16 * 16)
        mine.sealed(0, 70)
        other.sealed(0, 30)
        other.sealed(1, 130)
        other.sealed(0, 260 + len(text.encode()))
        cap.wait(0.5)
    for link, _ in people.values():
        link.end()
    short_link(cap, 41102)
    old_link(cap, 41103)
