#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""irc_split.py ADDRESS PORT CONVERSATION WORDS: two scripted clients talk through a real IRC server.

A message that holds a word of the list leaves its sender in two segments, cut in the middle of the
first such word (for Chinese in the middle of a character); other messages leave whole. The server
joins the halves: what it passes on is whole."""
import re
import socket
import sys
import time


class Client:
    def __init__(self, address, port, nick):
        self.s = socket.create_connection((address, port), timeout=10)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen = b''
        self.send('NICK %s\r\nUSER %s 0 * :%s\r\n' % (nick, nick, nick))
        self.wait(b' 001 ')
        self.wait(b' 422 ', b' 376 ')
        self.send('JOIN #garden\r\n')
        self.wait(b' 366 ')

    def send(self, text):
        self.s.sendall(text if isinstance(text, bytes) else text.encode())

    def wait(self, *texts):
        """until one of the texts has come; what came behind it is kept"""
        while True:
            ends = [self.seen.index(t) + len(t) for t in texts if t in self.seen]
            if ends:
                self.seen = self.seen[min(ends):]
                return
            got = self.s.recv(4096)
            if not got:
                raise SystemExit('irc_split: the server closed, waiting for %r' % (texts,))
            self.seen += got


def words_of(path):
    with open(path, encoding='utf-8') as f:
        for line in f:
            word = line.rstrip('\n').split('\t')[0]
            if word and not line.startswith('# '):
                yield word.encode()


def cut(line, words):
    """where to cut a line: the middle of the first listed word, None when there is no such word"""
    found = [(m.start(), len(w)) for w in words for m in [re.search(re.escape(w), line, re.I)] if m]
    return min(found)[0] + min(found)[1] // 2 if found else None


def leave(people):
    for nick in ('bob', 'alice'):
        people[nick].send('QUIT :good night\r\n')
        people[nick].wait(b'ERROR')
        people[nick].s.close()
        time.sleep(0.1)


def main():
    address, port, conversation, wordlist = sys.argv[1:]
    words = list(words_of(wordlist))
    people = {nick: Client(address, int(port), nick) for nick in ('alice', 'bob')}
    people['alice'].wait(b':bob!~bob@')
    with open(conversation, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    for nick, text in lines:
        head, body = b'PRIVMSG #garden :', text.encode()
        at = cut(body, words)
        if at is None:
            people[nick].send(head + body + b'\r\n')
        else:
            people[nick].send(head + body[:at])
            time.sleep(0.1)
            people[nick].send(body[at:] + b'\r\n')
        people['bob' if nick == 'alice' else 'alice'].wait(body + b'\r\n')
        time.sleep(0.1)
    leave(people)


if __name__ == '__main__':
    main()
