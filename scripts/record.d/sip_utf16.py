#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""sip_utf16.py ADDRESS PORT CONVERSATION: alice and bob talk through a real SIP proxy over UDP, in UTF-16.

Scripted clients on the ports 5072 and 5082 that send MESSAGE (RFC 3428); alice's texts are UTF-16LE,
bob's UTF-16BE, as their Content-Type says. The proxy passes bodies on as they are."""
import socket
import sys

CHARSET = {'alice': 'UTF-16LE', 'bob': 'UTF-16BE'}
PORT = {'alice': 5072, 'bob': 5082}
KEPT = (b'via:', b'from:', b'to:', b'call-id:', b'cseq:')


def receive(s, begin):
    """the next message that begins so"""
    while True:
        got = s.recv(65535)
        if got.startswith(begin):
            return got


def main():
    address, port, conversation = sys.argv[1:]
    people = {}
    for who in PORT:
        s = people[who] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(10)
        s.bind(('', PORT[who]))
        s.connect((address, int(port)))
    here = people['alice'].getsockname()[0]
    with open(conversation, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    for n, (who, text) in enumerate(lines):
        other = 'bob' if who == 'alice' else 'alice'
        body = text.encode(CHARSET[who])
        head = ['MESSAGE sip:%s@garden.example SIP/2.0' % other,
                'Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK-%d' % (here, PORT[who], n), 'Max-Forwards: 70',
                'From: <sip:%s@garden.example>;tag=%d' % (who, n), 'To: <sip:%s@garden.example>' % other,
                'Call-ID: %d@%s' % (n, here), 'CSeq: 1 MESSAGE', 'Content-Type: text/plain;charset=' + CHARSET[who],
                'Content-Length: %d' % len(body), '', '']
        people[who].send('\r\n'.join(head).encode() + body)
        got, _, arrived = receive(people[other], b'MESSAGE ').partition(b'\r\n\r\n')
        if arrived != body:
            raise SystemExit('sip_utf16: another text arrived than was sent')
        kept = [x for x in got.split(b'\r\n')[1:] if x.lower().startswith(KEPT)]
        people[other].send(b'\r\n'.join([b'SIP/2.0 200 OK', *kept, b'Content-Length: 0', b'', b'']))
        receive(people[who], b'SIP/2.0 200 ')


if __name__ == '__main__':
    main()
