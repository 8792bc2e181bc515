# SPDX-License-Identifier: BSD-2-Clause
"""DingTalk: the hello of 104 bytes that was seen in public captures, then ciphertext."""
from gen.frames import Noise, Tcp


def make(cap, _):
    noise = Noise('dingtalk')
    for port, second in ((41180, 0x5c), (41181, 0x01)):
        t = Tcp(cap, port, 443)
        t.c(bytes([0x10, second]) + bytes.fromhex('878001000100020002646b030020') + noise(88))
        t.s(noise(120))
        for n in range(3):
            t.c(noise(90 + 30 * n))
            t.s(noise(70 + 50 * n))
        t.end()
