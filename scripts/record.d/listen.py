#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""listen.py ADDRESS 21|110|119: a scripted FTP, POP3 or NNTP server for one connection. Not a real one:
it answers each line by its first word, which is all that a look-alike of IRC needs."""
import socket
import sys

REPLIES = {
    21: {'': '220 files.garden.example FTP ready', 'USER': '331 Password required', 'PASS': '530 Login incorrect',
         'NOOP': '200 OK', 'QUIT': '221 Goodbye'},
    110: {'': '+OK POP3 ready', 'USER': '+OK', 'PASS': '+OK logged in', 'STAT': '+OK 1 120',
          'LIST': '+OK 1 message\r\n1 120\r\n.', 'QUIT': '+OK bye'},
    119: {'': '200 news.garden.example ready', 'MODE': '200 posting allowed', 'GROUP': '411 no such group', 'QUIT': '205 bye'},
}


def main():
    port = int(sys.argv[2])
    with socket.create_server((sys.argv[1], port)) as s:
        c, _ = s.accept()
    with c, c.makefile('rwb') as f:
        def say(text):
            f.write(text.encode() + b'\r\n')
            f.flush()
        say(REPLIES[port][''])
        for line in f:
            word = line.split()[0].decode()
            say(REPLIES[port][word])
            if word == 'QUIT':
                break


if __name__ == '__main__':
    main()
