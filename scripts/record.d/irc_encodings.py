#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""irc_encodings.py ADDRESS PORT TEXTS: two scripted clients talk through a real IRC server, each line as TEXTS says.

IRC has no field for the character set: what clients are set to is sent as it is, and so is what people
paste. TEXTS: speaker, tab, encoding, tab, text. UTF-16 is not here, as a line must hold no zero byte."""
import base64
import json
import sys
import time
import unicodedata
import urllib.parse

from irc_split import Client, leave

WRITE = {
    'decomposed': lambda text: unicodedata.normalize('NFD', text).encode(),
    'percent': lambda text: b'https://garden.example/map?seek=' + urllib.parse.quote(text, safe='').encode(),
    'json': lambda text: json.dumps({'text': text}).encode(),
    'xml': lambda text: b'<p>' + text.encode('ascii', 'xmlcharrefreplace') + b'</p>',
    'base64': lambda text: base64.b64encode(text.encode()),
    'hex': lambda text: text.encode().hex().encode(),
}


def written(encoding, text):
    return WRITE[encoding](text) if encoding in WRITE else text.encode(encoding)


def main():
    address, port, texts = sys.argv[1:]
    people = {nick: Client(address, int(port), nick) for nick in ('alice', 'bob')}
    people['alice'].wait(b':bob!~bob@')
    with open(texts, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 2) for x in f]
    for nick, encoding, text in lines:
        line = written(encoding, text) + b'\r\n'
        people[nick].send(b'PRIVMSG #garden :' + line)
        people['bob' if nick == 'alice' else 'alice'].wait(b'PRIVMSG #garden :' + line)
        time.sleep(0.1)
    leave(people)


if __name__ == '__main__':
    main()
