# SPDX-License-Identifier: BSD-2-Clause
"""IP Messenger: two desks on one network, no server; one text in Shift_JIS, one encrypted."""
from gen.frames import START, Noise, Udp

ENTRY, EXIT, ANSWER, SEND, RECEIVED, GET_KEY, KEY = 1, 2, 3, 0x20, 0x21, 0x72, 0x73
CHECK, FILE, ENCRYPT, UTF8, CAN_UTF8 = 0x100, 0x200000, 0x400000, 0x800000, 0x1000000
OTHER = {'alice': 'bob', 'bob': 'alice'}
HOST = {'alice': 'WINDOW', 'bob': 'GATE'}
# what was said with letters that Shift_JIS has, without the option for UTF-8
SHIFT_JIS = 9


def make(cap, lines):
    u, noise = Udp(cap, 2425, 2425), Noise('ipmsg')
    number = START - 1

    def send(who, command, extra, everybody=False):
        nonlocal number
        number += 1
        if isinstance(extra, str):
            extra = extra.encode()
        head = '1:%d:%s:%s:%d:' % (number, who, HOST[who], command)
        u.send(who == 'alice', head.encode() + extra, everybody)
        return number

    def members(who, command, everybody=False):
        send(who, command | FILE | ENCRYPT | CAN_UTF8 | UTF8, '%s\0office\0\nUN:%s\nHN:%s\nNN:%s\nGN:office' % (who, who, HOST[who], who),
             everybody)

    def message(who, options, text):
        n = send(who, SEND | CHECK | options, text + b'\0')
        send(OTHER[who], RECEIVED, '%d\0' % n)
        cap.wait(0.5)

    members('alice', ENTRY, True)
    members('bob', ENTRY, True)
    members('alice', ANSWER)
    for n, (who, text) in enumerate(lines):
        if n == SHIFT_JIS:
            message(who, 0, text.encode('shift_jis'))
        else:
            message(who, UTF8, text.encode())
    # the last once more, as one sends it who has asked for the other's key: capabilities, key and text in hex
    send('bob', GET_KEY, '120004')
    send('alice', KEY, '120004:10001-%s' % noise(256).hex())
    message('bob', ENCRYPT | UTF8, ('100004:%s:%s' % (noise(256).hex(), noise(64).hex())).encode())
    members('alice', EXIT, True)
    members('bob', EXIT, True)
