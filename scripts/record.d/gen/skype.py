# SPDX-License-Identifier: BSD-2-Clause
"""Skype as it was until 2016: peers that meet over UDP, and the false hello of SSL 2 over TCP.

As in Wireshark's and libprotoident's descriptions; the constants of the two hellos are in several papers."""
import struct

from gen.frames import CLIENT, SERVER, Noise, Tcp, Udp

HELLO = bytes.fromhex('8046010301002d0000001000000500000400000a00000900006400006200000800000300000601008007'
                      '00c0030080060040020080040080')
ANSWER = bytes.fromhex('160301004a020000460301401be48602ade029e17774e544b9c99cb431315e02dd779d154a9609ba5da870'
                       '201ca0e4f64c6351ae2f8e4ee1e6766a0a88d5d8c55cae98c5e481f22a69bf9058000500')


class Peer(Udp):
    def __init__(self, capture, port, service):
        super().__init__(capture, port, service)
        self.noise = Noise('skype %d' % service)

    def payload(self, up, length, number=None):
        """number, 02, IV, checksum, ciphertext; -> the number"""
        number = number or self.noise(2)
        self.send(up, number + b'\x02' + self.noise(8) + self.noise(length - 11))
        return number

    def refused(self, up, number, kind):
        """the addresses of both, as the sender sees them: the other is to begin again with them"""
        self.send(up, number + bytes([kind]) + (SERVER + CLIENT if up else CLIENT + SERVER))

    def again(self, up, number, length):
        self.send(up, number + b'\x63\x01' + self.noise(8) + (CLIENT if up else SERVER) + self.noise(length - 16))


def meet(cap, service, kind):
    peer = Peer(cap, 30222, service)
    number = peer.payload(1, 28)
    peer.refused(0, number, kind)
    peer.again(1, number, 35)
    peer.payload(0, 26)
    for n in range(4):
        peer.payload(n % 2, 40 + 9 * n)
    for n in range(6):
        peer.send(n % 2, peer.noise(2) + bytes([0x0d + 16 * (n % 4)]) + peer.noise(80 + n))


def stream(cap, port, service):
    t, noise = Tcp(cap, port, service), Noise('skype %d' % port)
    t.c(HELLO + noise(16))
    t.s(ANSWER)
    for n in range(3):
        t.c(noise(28 + 40 * n))
        t.s(noise(31 + 90 * n))
    t.end()


def make(cap, _):
    for service, kind in ((24816, 0x45), (40001, 0x47), (33033, 0x75)):
        meet(cap, service, kind)
    stream(cap, 41140, 443)
    stream(cap, 41141, 80)
