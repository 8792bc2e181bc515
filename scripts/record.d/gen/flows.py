# SPDX-License-Identifier: BSD-2-Clause
"""Many short flows in one capture."""
from gen.frames import Tcp, looks_random


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
            first = next(data for up, data in segments if up)
            first = first.encode() if isinstance(first, str) else first
            assert self.random == (len(first) >= 64 and looks_random(first)), service
            t.end()
