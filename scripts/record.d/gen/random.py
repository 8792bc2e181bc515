# SPDX-License-Identifier: BSD-2-Clause
"""What looks random and is no protocol with a label."""
from gen.flows import Flows
from gen.frames import Noise, Tcp


def make(cap, _):
    noise, flow = Noise('random'), Flows(cap, 42100, True)
    c, s = 1, 0
    # mmtls of WeChat: 16 f1 is no TLS
    flow(Tcp, 443, (c, b'\x16\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1\x01\x00\xa8' + noise(151)),
         (s, b'\x16\xf1\x04\x00\x45' + noise(69)), (c, b'\x17\xf1\x04\x00\x20' + noise(32)))
    # a vendor's push, on a port of XMPP
    flow(Tcp, 5223, (c, b'\x25\x00\x45\x14\x04' + noise(139)), (s, b'\x20\x00\x0e' + noise(14)))
