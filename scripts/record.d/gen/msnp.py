# SPDX-License-Identifier: BSD-2-Clause
"""MSNP: a notification server, then a switchboard for the two."""
from gen.frames import Noise, Tcp, both


def make(cap, lines):
    key, call = '17262740.1050826919.32308', '849102291.520491113'
    address = {who: who + '@garden.example' for who in ('alice', 'bob')}
    t = Tcp(cap, 41000, 1863)
    t.c('VER 1 MSNP8 CVR0\r\n')
    t.s('VER 1 MSNP8 CVR0\r\n')
    t.c('CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS %s\r\n' % address['alice'])
    t.s('CVR 2 6.0.0602 6.0.0602 1.0.0000 http://setup.garden.example/ http://garden.example/\r\n')
    t.c('USR 3 TWN I %s\r\n' % address['alice'])
    t.s('USR 3 TWN S lc=1033,id=507,tw=40,fs=1,ru=http%3A%2F%2Fgarden%2Eexample,ct=1767225600,kpp=1,kv=4,ver=2.1.6000.1\r\n')
    t.c('USR 4 TWN S t=%s&p=%s\r\n' % (Noise('t')(20).hex(), Noise('p')(20).hex()))
    t.s('USR 4 OK %s alice 1 0\r\n' % address['alice'])
    t.c('CHG 5 NLN 0\r\n')
    t.s('CHG 5 NLN 0\r\n', 'ILN 5 NLN %s bob 0\r\n' % address['bob'])
    t.c('XFR 6 SB\r\n')
    t.s('XFR 6 SB 10.99.0.1:1863 CKI %s\r\n' % key)
    a = Tcp(cap, 41001, 1863)
    a.c('USR 1 %s %s\r\n' % (address['alice'], key))
    a.s('USR 1 OK %s alice\r\n' % address['alice'])
    a.c('CAL 2 %s\r\n' % address['bob'])
    a.s('CAL 2 RINGING 11752013\r\n')
    b = Tcp(cap, 41002, 1863)
    b.c('ANS 1 %s %s 11752013\r\n' % (address['bob'], call))
    b.s('IRO 1 1 1 %s alice\r\n' % address['alice'], 'ANS 1 OK\r\n')
    a.s('JOI %s bob\r\n' % address['bob'])
    people, trid = both({'alice': a, 'bob': b}), {'alice': 2, 'bob': 1}

    def message(who, kind, body):
        mine, other = people[who]
        trid[who] += 1
        mine.c(('MSG %d %s %d\r\n' % (trid[who], kind, len(body))).encode() + body)
        other.s(('MSG %s %s %d\r\n' % (address[who], who, len(body))).encode() + body)

    for n, (who, text) in enumerate(lines):
        if n < 2:
            message(who, 'U', ('MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: %s\r\n\r\n\r\n'
                               % address[who]).encode())
        message(who, 'N', ('MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n'
                           'X-MMS-IM-Format: FN=Arial; EF=; CO=0; CS=0; PF=22\r\n\r\n' + text).encode())
        cap.wait(0.5)
    b.c('OUT\r\n')
    b.end()
    a.s('BYE %s\r\n' % address['bob'])
    a.c('OUT\r\n')
    a.end()
    t.c('OUT\r\n')
    t.end()
