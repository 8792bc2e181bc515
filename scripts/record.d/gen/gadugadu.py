# SPDX-License-Identifier: BSD-2-Clause
"""Gadu-Gadu 8.0: alice logs in; of bob's connection the beginning is not in the capture."""
import struct

from gen.frames import START, Noise, Tcp, both

NUMBER = {'alice': 1000123, 'bob': 1000456}
OTHER = {'alice': 'bob', 'bob': 'alice'}
AVAILABLE = 2


def frame(kind, data=b''):
    return struct.pack('<II', kind, len(data)) + data


def login(who):
    version = b'Gadu-Gadu Client build 8.0.0.7669'
    return frame(0x31, struct.pack('<I2sB64sIIIIHIHBB', NUMBER[who], b'pl', 2, Noise('hash ' + who)(20), AVAILABLE, 0, 7, 0, 0, 0, 0,
                                   255, 0x64) + struct.pack('<I', len(version)) + version + struct.pack('<I', 0))


def contact(who):
    """what 0x36 and 0x37 say of a contact: status, features, address, port, image size, flags, description"""
    return struct.pack('<IIIIHBBII', NUMBER[who], AVAILABLE, 7, 0, 0, 255, 0, 0, 0)


def texts(head, text):
    """HTML, the same as plain text, attributes; before them what head says and where they begin"""
    html = ('<span style="color:#000000; font-family:\'MS Shell Dlg 2\'; font-size:9pt; ">%s</span>' % text).encode() + b'\x00'
    plain = text.encode() + b'\x00'
    first = len(head) + 8
    return head + struct.pack('<II', first + len(html), first + len(html) + len(plain)) + html + plain + \
        b'\x02\x06\x00\x00\x00\x08\x00\x00\x00'


def make(cap, lines):
    a, b = Tcp(cap, 41060, 8074), Tcp(cap, 41061, 8074, opening=False)
    a.s(frame(1, struct.pack('<I', 0x4b6f5a11)))
    a.c(login('alice'))
    a.s(frame(0x35, struct.pack('<I', 1)))
    a.c(frame(0x10, struct.pack('<IB', NUMBER['bob'], 3)))
    # the contacts and a change among them, in one segment
    a.s(frame(0x37, contact('bob')) + frame(0x36, contact('bob')))
    b.c(frame(8))
    b.s(frame(7))
    b.s(frame(0x36, contact('alice')))
    people = both({'alice': a, 'bob': b})
    for n, (who, text) in enumerate(lines):
        mine, other = people[who]
        to, by, seq = NUMBER[OTHER[who]], NUMBER[who], 1000 + n
        message = frame(0x2e, texts(struct.pack('<IIII', by, seq, START + n, 8), text))
        if n % 2:
            mine.c(frame(0x59, struct.pack('<HI', len(text), to)) + frame(0x2d, texts(struct.pack('<III', to, seq, 8), text)))
            other.s(frame(0x59, struct.pack('<HI', len(text), by)) + message)
        else:
            mine.c(frame(0x2d, texts(struct.pack('<III', to, seq, 8), text)))
            other.s(message)
        other.c(frame(0x46, struct.pack('<I', seq)))
        mine.s(frame(5, struct.pack('<III', 2, to, seq)))
        cap.wait(0.5)
    a.c(frame(8))
    a.s(frame(7))
    a.c(frame(0x38, struct.pack('<III', 1, 0, 0)))
    b.s(frame(0x36, struct.pack('<IIIIHBBII', NUMBER['alice'], 1, 0, 0, 0, 0, 0, 0, 0)))
    a.s(frame(0xb))
    a.end()
    b.end()
