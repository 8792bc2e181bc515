#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""matrix_talk.py serve ADDRESS PORT: a scripted homeserver, which knows the paths that the clients below use.
matrix_talk.py talk ADDRESS PORT CONVERSATION: alice and bob talk in one of its rooms.

The clients are matrix-nio's over HTTP. The server is not a real one, for Debian 12 has none: it answers
as the Client-Server API says for a room that exists, keeps its events, and gives them to both by /sync."""
import asyncio
import http.server
import json
import logging
import re
import sys
import threading
import time
import urllib.parse

DOMAIN = 'garden.example'
ROOM = '!garden:' + DOMAIN


class Home(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1                  # head and body in one segment
    events, there = [], threading.Condition()

    def answer(self, value, status=200):
        body = json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def body(self):
        return json.loads(self.rfile.read(int(self.headers['Content-Length'])))

    def user(self, query):
        token = query.get('access_token') or [self.headers.get('Authorization', '').rpartition(' ')[2]]
        return token[0].rpartition('-')[2]

    def do_POST(self):
        given = self.body()
        if not self.path.endswith('/login'):
            return self.answer({'errcode': 'M_UNRECOGNIZED', 'error': 'Unrecognized request'}, 404)
        who = given['identifier']['user'].lstrip('@').partition(':')[0]
        return self.answer({'user_id': '@%s:%s' % (who, DOMAIN), 'access_token': 'token-' + who, 'device_id': 'HOME',
                            'home_server': DOMAIN})

    def do_PUT(self):
        url = urllib.parse.urlsplit(self.path)
        found = re.search('/rooms/([^/]+)/send/([^/]+)/([^/]+)$', url.path)
        if not found:
            return self.answer({'errcode': 'M_UNRECOGNIZED', 'error': 'Unrecognized request'}, 404)
        content, who = self.body(), self.user(urllib.parse.parse_qs(url.query))
        with self.there:
            event = '$%d:%s' % (len(self.events), DOMAIN)
            self.events.append({'type': found[2], 'sender': '@%s:%s' % (who, DOMAIN), 'content': content,
                                'event_id': event, 'origin_server_ts': int(time.time() * 1000), 'unsigned': {}})
            self.answer({'event_id': event})
            self.there.notify_all()

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        since = int(query.get('since', ['s0'])[0][1:])
        with self.there:
            self.there.wait_for(lambda: len(self.events) > since, int(query.get('timeout', ['0'])[0]) / 1000)
            events, now = self.events[since:], len(self.events)
        nothing = {'events': []}
        room = {'timeline': {'events': events, 'limited': False, 'prev_batch': 's%d' % since}, 'state': nothing,
                'ephemeral': nothing, 'account_data': nothing, 'summary': {}, 'unread_notifications': {}}
        self.answer({'next_batch': 's%d' % now, 'rooms': {'join': {ROOM: room}, 'invite': {}, 'leave': {}},
                     'presence': nothing, 'account_data': nothing, 'to_device': nothing,
                     'device_lists': {'changed': [], 'left': []}, 'device_one_time_keys_count': {}})


def serve(address, port):
    http.server.ThreadingHTTPServer((address, port), Home).serve_forever()


async def person(url, name):
    """-> client, what it hears, its task"""
    import nio
    client, heard = nio.AsyncClient(url, '@%s:%s' % (name, DOMAIN), device_id='HOME'), asyncio.Queue()

    async def on_text(_, event):
        await heard.put((event.sender, event.body))
    client.add_event_callback(on_text, nio.RoomMessageText)
    answer = await client.login(name + '-secret', device_name='home')
    if not isinstance(answer, nio.LoginResponse):
        raise SystemExit('matrix_talk: %s' % answer)
    await client.sync(timeout=0)
    return client, heard, asyncio.ensure_future(client.sync_forever(timeout=30000))


async def talk(address, port, path):
    logging.basicConfig(level=logging.INFO)
    url = 'http://%s:%d' % (address, port)
    with open(path, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    people = {name: await person(url, name) for name in ('alice', 'bob')}
    await asyncio.sleep(0.5)        # both wait for news, messages go through other connections
    for speaker, text in lines:
        await people[speaker][0].room_send(ROOM, 'm.room.message', {'msgtype': 'm.text', 'body': text})
        # whoever is in the room hears it, the speaker, too
        for _, heard, _ in people.values():
            if await asyncio.wait_for(heard.get(), 10) != ('@%s:%s' % (speaker, DOMAIN), text):
                raise SystemExit('matrix_talk: another text arrived than was sent')
        await asyncio.sleep(0.2)
    for client, _, task in people.values():
        task.cancel()
        await client.close()


if __name__ == '__main__':
    what, where, number, *more = sys.argv[1:]
    if what == 'serve':
        serve(where, int(number))
    else:
        asyncio.run(talk(where, int(number), *more))
