# SPDX-License-Identifier: BSD-2-Clause
"""Many short flows in one capture, each of which only looks like a protocol."""
import collections

from gen.frames import Tcp, encoded, looks_random

# of: the label whose signature it has a part of; what: what it is; kind: Tcp or Udp; port: the server's;
# label: what it must be called; segments: (1, bytes from the client) or (0, bytes from the server)
Twin = collections.namedtuple('Twin', 'of what kind port label segments')


class Flows:
    """each call makes a flow of its own: (1, bytes from the client) or (0, bytes from the server)"""
    def __init__(self, capture, port, random):
        self.cap, self.port, self.random = capture, port, random

    def __call__(self, kind, service, *segments):
        t = kind(self.cap, self.port, service)
        self.port += 1
        for up, data in segments:
            t.send(up, data)
        if kind is Tcp:
            first = encoded(next(data for up, data in segments if up))
            assert self.random == (len(first) >= 64 and looks_random(first[:256])), service
            t.end()


def twins(capture, port, table):
    """a flow of each row, from client ports that begin with port"""
    flow = Flows(capture, port, False)
    for twin in table:
        flow.random = twin.label == 'random'
        flow(twin.kind, twin.port, *twin.segments)
