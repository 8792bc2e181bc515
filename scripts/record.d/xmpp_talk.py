#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""xmpp_talk.py: alice and bob log in to garden.example and hold the conversation, two slixmpp clients.

  xmpp_talk.py plain|starttls|tls ADDRESS PORT CONVERSATION

Each message is sent only when the other client has received the one before."""
import asyncio
import logging
import ssl
import sys

import slixmpp


class Person(slixmpp.ClientXMPP):
    def __init__(self, name, how):
        super().__init__('%s@garden.example/home' % name, name + '-secret')
        self.name, self.how = name, how
        self.ready, self.heard = asyncio.Event(), asyncio.Queue()
        self.whitespace_keepalive = False
        self.default_domain = 'garden.example'     # else no name is sent when the address is a number
        self.add_event_handler('session_start', self.on_start)
        self.add_event_handler('message', lambda m: self.heard.put_nowait(m['body']))

    def on_start(self, _):
        self.send_presence()
        self.ready.set()

    def get_ssl_context(self):
        context = super().get_ssl_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self.how == 'tls':
            context.set_alpn_protocols(['xmpp-client'])
        return context


async def talk(how, address, port, lines):
    people = {}
    for name in ('alice', 'bob'):
        people[name] = p = Person(name, how)
        p.connect((address, port), use_ssl=how == 'tls', force_starttls=how == 'starttls', disable_starttls=how == 'plain')
        await asyncio.wait_for(p.ready.wait(), 15)
        await asyncio.sleep(0.3)
    for speaker, text in lines:
        other = people['bob' if speaker == 'alice' else 'alice']
        people[speaker].send_message(mto=other.boundjid.bare, mbody=text, mtype='chat')
        if await asyncio.wait_for(other.heard.get(), 10) != text:
            raise SystemExit('xmpp_talk: another message arrived than was sent')
        await asyncio.sleep(0.2)
    for p in people.values():
        p.disconnect()
        await asyncio.wait_for(p.disconnected, 10)


def main():
    how, address, port, path = sys.argv[1:]
    logging.basicConfig(level=logging.INFO)
    with open(path, encoding='utf-8') as f:
        lines = [line.rstrip('\n').split('\t', 1) for line in f]
    asyncio.get_event_loop().run_until_complete(talk(how, address, int(port), lines))


if __name__ == '__main__':
    main()
