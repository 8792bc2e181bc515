#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tone.py FILE HERTZ: a second of a tone as a WAV file, 8,000 samples of 16 bits, for who calls without a microphone."""
import math
import struct
import sys
import wave

RATE = 8000


def main():
    path, hertz = sys.argv[1], int(sys.argv[2])
    with wave.open(path, 'wb') as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE)
        w.writeframes(b''.join(struct.pack('<h', round(12000 * math.sin(2 * math.pi * hertz * i / RATE)))
                               for i in range(RATE)))


if __name__ == '__main__':
    main()
