#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""generate.py gen-NAME CONVERSATION: a capture on standard output, made without any program that speaks the protocol.

For services that have ended, or that no packaged program speaks: make() of gen/NAME.py. The bytes follow
published descriptions of the protocols (user/protocols/*.yaml names them); where a real program would put
ciphertext stand bytes from a generator with a fixed seed. The same call gives the same bytes at any time."""
import importlib
import sys

from gen.frames import Capture


def main():
    name, path = sys.argv[1:]
    module = importlib.import_module(name.replace('-', '.', 1).replace('-', '_'))
    with open(path, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    capture = Capture()
    module.make(capture, lines)
    capture.write(sys.stdout.buffer)


if __name__ == '__main__':
    main()
