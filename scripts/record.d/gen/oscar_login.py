# SPDX-License-Identifier: BSD-2-Clause
"""AIM log-in: alice as before 2000, her password only roasted, bob with MD5; then each with the cookie to the BOS server."""
import hashlib
import struct

from gen.frames import Noise
from gen.oscar import Oscar, tlv

ROAST = bytes.fromhex('f32681c43986db9271a3b9e6537a957c')
PASSWORD = {'alice': b'wind-and-rain', 'bob': b'snow-and-ice'}
VERSION = bytes([0, 0, 0, 1])
BOS = b'10.99.0.1:5190'
CLIENT = (tlv(3, b'AOL Instant Messenger, version 5.1.3036/WIN32') + tlv(0x16, b'\x01\x09') + tlv(0x17, b'\x00\x05') +
          tlv(0x18, b'\x00\x01') + tlv(0x19, b'\x00\x00') + tlv(0x1a, b'\x0b\xdc') + tlv(0x14, b'\x00\x00\x00\xd2') +
          tlv(0xf, b'en') + tlv(0xe, b'us'))
FAMILIES = (1, 2, 3, 4, 6, 8, 9, 0xa, 0xb, 0xc, 0x13, 0x15)


def roasted(t, who, cookie):
    word = bytes(b ^ ROAST[n % 16] for n, b in enumerate(PASSWORD[who]))
    t.flap(0, 1, VERSION)
    t.flap(1, 1, VERSION + tlv(1, who.encode()) + tlv(2, word) + CLIENT)
    t.flap(0, 4, tlv(1, who.encode()) + tlv(5, BOS) + tlv(6, cookie))
    t.flap(1, 4, b'')
    t.end()


def hashed(t, who, cookie):
    challenge = b'1767225600'
    digest = hashlib.md5(challenge + PASSWORD[who] + b'AOL Instant Messenger (SM)').digest()
    t.flap(0, 1, VERSION)
    t.flap(1, 1, VERSION)
    t.snac(1, 0x17, 6, tlv(1, who.encode()) + tlv(0x4b) + tlv(0x5a))
    t.snac(0, 0x17, 7, struct.pack('!H', len(challenge)) + challenge)
    t.snac(1, 0x17, 2, tlv(1, who.encode()) + tlv(0x25, digest) + CLIENT + tlv(0x4a, b'\x01'))
    t.snac(0, 0x17, 3, tlv(1, who.encode()) + tlv(5, BOS) + tlv(6, cookie) + tlv(0x11, who.encode() + b'@garden.example'))
    t.flap(1, 4, b'')
    t.end()


def bos(t, who, cookie):
    t.flap(0, 1, VERSION)
    t.flap(1, 1, VERSION + tlv(6, cookie))
    t.snac(0, 1, 3, struct.pack('!%dH' % len(FAMILIES), *FAMILIES))
    versions = b''.join(struct.pack('!HH', f, 1) for f in FAMILIES)
    t.snac(1, 1, 0x17, versions)
    t.snac(0, 1, 0x18, versions)
    t.snac(1, 1, 6)
    t.snac(0, 1, 7, struct.pack('!HHIIIIIIIBH', 1, 1, 80, 2500, 2000, 1500, 800, 3400, 6000, 0, 1) + struct.pack('!HHHH', 1, 1, 0, 2))
    t.snac(1, 1, 8, struct.pack('!H', 1))
    t.snac(1, 1, 0xe)
    t.snac(0, 1, 0xf, bytes([len(who)]) + who.encode() + struct.pack('!HH', 0, 1) + tlv(1, b'\x00\x10'))
    # two frames in one segment, then nothing but a keepalive
    one, two = (struct.pack('!BBHHHHHI', 0x2a, 2, t.number[1] + n, 10, family, 2, 0, t.request[1] + n) for n, family in enumerate((2, 3)))
    t.send(1, one + two)
    t.number[1] += 2
    t.flap(1, 5, b'')
    t.flap(1, 4, b'')
    t.end()


def make(cap, _):
    for who, port, login in (('alice', 41080, roasted), ('bob', 41082, hashed)):
        cookie = Noise('bos cookie ' + who)(256)
        login(Oscar(cap, port, who), who, cookie)
        bos(Oscar(cap, port + 1, who), who, cookie)
