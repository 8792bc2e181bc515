# SPDX-License-Identifier: BSD-2-Clause
"""MSRP (RFC 4975): alice's client opens the session with bob's, no relay between them."""
from gen.frames import Noise, Tcp

PATH = {'alice': 'msrp://alice.garden.example:7394/2s93i93idj;tcp', 'bob': 'msrp://bob.garden.example:2855/9di4eae923wzd;tcp'}
OTHER = {'alice': 'bob', 'bob': 'alice'}


def make(cap, lines):
    t, names = Tcp(cap, 41050, 2855), Noise('msrp')

    def frame(who, name, what, headers=(), body=None, end='$'):
        head = ['MSRP %s %s' % (name, what), 'To-Path: ' + PATH[OTHER[who]], 'From-Path: ' + PATH[who]]
        text = '\r\n'.join(head + ['%s: %s' % h for h in headers]) + '\r\n'
        if body is not None:
            text += '\r\n' + body + '\r\n'
        t.send(who == 'alice', text + '-------' + name + end + '\r\n')

    def send(who, number, total, begin, part, more):
        name, end = names(5).hex(), begin + len(part.encode()) - 1
        frame(who, name, 'SEND', [('Message-ID', number), ('Success-Report', 'yes'), ('Byte-Range', '%d-%d/%d' % (begin, end, total)),
                                  ('Content-Type', 'text/plain;charset=UTF-8')], part, '+' if more else '$')
        frame(OTHER[who], name, '200 OK')

    # who opened the connection says so with an empty message
    name = names(5).hex()
    frame('alice', name, 'SEND', [('Message-ID', names(6).hex()), ('Byte-Range', '1-0/0')])
    frame('bob', name, '200 OK')
    for n, (who, text) in enumerate(lines):
        number, total = names(6).hex(), len(text.encode())
        if n == 2:
            cut = text.index('see')
            send(who, number, total, 1, text[:cut], True)
            send(who, number, total, 1 + len(text[:cut].encode()), text[cut:], False)
        else:
            send(who, number, total, 1, text, False)
        frame(OTHER[who], names(5).hex(), 'REPORT', [('Message-ID', number), ('Byte-Range', '1-%d/%d' % (total, total)),
                                                     ('Status', '000 200 OK')])
        cap.wait(0.5)
    t.end()
