#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""xmpp_talk.py: alice and bob log in to garden.example and hold the conversation, two slixmpp clients.

  xmpp_talk.py plain|starttls|tls|pgp|otr|omemo ADDRESS PORT CONVERSATION [ADDRESS DOMAIN]

Each message is sent only when the other client has received the one before. With pgp, otr and omemo
the stream is plain and the bodies are encrypted end to end. The second address and domain are those of
bob's server, if it is not alice's."""
import asyncio
import logging
import ssl
import sys

import slixmpp

sys.dont_write_bytecode = True
import sealed


class Person(slixmpp.ClientXMPP):
    def __init__(self, name, how, domain):
        super().__init__('%s@%s/home' % (name, domain), name + '-secret')
        self.name, self.how = name, how
        self.ready, self.heard, self.waiting = asyncio.Event(), asyncio.Queue(), asyncio.Queue()
        self.whitespace_keepalive = False
        self.default_domain = domain     # else no name is sent when the address is a number
        self.register_plugin('xep_0060')
        self.add_event_handler('session_start', self.on_start)
        self.add_event_handler('message', self.waiting.put_nowait)

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

    async def listen(self, seal):
        while True:
            stanza = await self.waiting.get()
            if stanza['type'] != 'chat':
                continue
            text = await seal.open(stanza)
            if text is not None:
                self.heard.put_nowait(text)


async def talk(how, homes, port, lines):
    people, seals, tasks = {}, {}, []
    for name, (address, domain) in homes.items():
        people[name] = p = Person(name, how, domain)
        p.connect((address, port), use_ssl=how == 'tls', force_starttls=how == 'starttls',
                  disable_starttls=how not in ('starttls', 'tls'))
        await asyncio.wait_for(p.ready.wait(), 15)
        await asyncio.sleep(0.3)
    for name, other in (('alice', 'bob'), ('bob', 'alice')):
        seals[name] = sealed.KINDS.get(how, sealed.Nothing)(people[name], people[other].boundjid.bare)
        tasks.append(asyncio.ensure_future(people[name].listen(seals[name])))
    await asyncio.gather(*(s.start(name == 'bob') for name, s in seals.items()))
    for speaker, text in lines:
        other = people['bob' if speaker == 'alice' else 'alice']
        await seals[speaker].send(text)
        hears = asyncio.ensure_future(other.heard.get())
        await asyncio.wait([hears, *tasks], timeout=10, return_when=asyncio.FIRST_COMPLETED)
        for t in tasks:
            if t.done():
                t.result()
        if not hears.done() or hears.result() != text:
            raise SystemExit('xmpp_talk: no message or another arrived than was sent')
        await asyncio.sleep(0.2)
    for t in tasks:
        t.cancel()
    for p in people.values():
        p.disconnect()
        await asyncio.wait_for(p.disconnected, 10)


def main():
    how, address, port, path, *other = sys.argv[1:]
    home = address, 'garden.example'
    logging.basicConfig(level=logging.INFO)
    with open(path, encoding='utf-8') as f:
        lines = [line.rstrip('\n').split('\t', 1) for line in f]
    asyncio.get_event_loop().run_until_complete(talk(how, {'alice': home, 'bob': tuple(other) or home},
                                                      int(port), lines))


if __name__ == '__main__':
    main()
