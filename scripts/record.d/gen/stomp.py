# SPDX-License-Identifier: BSD-2-Clause
"""STOMP 1.2 with CRLF at the ends of lines and heart-beats: the first four messages through a broker."""
from gen.frames import Tcp, both

OTHER = {'alice': 'bob', 'bob': 'alice'}


def frame(command, headers, body=''):
    lines = [command] + ['%s:%s' % h for h in headers]
    return '\r\n'.join(lines) + '\r\n\r\n' + body + '\0'


def make(cap, lines):
    people = {}
    for who, port in (('alice', 41090), ('bob', 41091)):
        t = people[who] = Tcp(cap, port, 61613)
        t.c(frame('STOMP', [('accept-version', '1.2'), ('host', 'garden.example'), ('login', who), ('passcode', who + '-secret'),
                            ('heart-beat', '10000,10000')]))
        t.s(frame('CONNECTED', [('version', '1.2'), ('server', 'broker/1.0'), ('session', 'ID-%d' % port),
                                ('heart-beat', '10000,10000')]))
        t.c(frame('SUBSCRIBE', [('id', '0'), ('destination', '/queue/' + who), ('ack', 'auto'), ('receipt', 'r0')]))
        t.s(frame('RECEIPT', [('receipt-id', 'r0')]))
        t.c('\r\n')
        t.s('\r\n')
    people = both(people)
    for n, (who, text) in enumerate(lines[:4]):
        mine, other = people[who]
        about = [('content-type', 'text/plain;charset=utf-8'), ('content-length', len(text.encode())), ('from', 'desk\\c' + who)]
        mine.c(frame('SEND', [('destination', '/queue/' + OTHER[who])] + about, text))
        other.s(frame('MESSAGE', [('subscription', '0'), ('message-id', 'ID\\c%d' % n), ('destination', '/queue/' + OTHER[who])] + about,
                      text))
        cap.wait(0.5)
        mine.c('\r\n')
        other.s('\r\n')
    for who, (t, _) in people.items():
        t.c(frame('DISCONNECT', [('receipt', 'r1')]))
        t.s(frame('RECEIPT', [('receipt-id', 'r1')]))
        t.end()
