#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""websocket_talk.py serve ADDRESS PORT [deflate]: a chat room, it passes on each text to everybody else.
websocket_talk.py talk ADDRESS PORT CONVERSATION [deflate]: alice and bob hold the conversation in it.

Both with python3-websockets; without "deflate" they do not offer compression, for deflated texts show
no words."""
import asyncio
import sys

import websockets

room = set()


async def member(socket):
    room.add(socket)
    try:
        async for text in socket:
            websockets.broadcast(room - {socket}, text)
    finally:
        room.remove(socket)


async def serve(address, port, compression=None):
    async with websockets.serve(member, address, port, compression=compression):
        await asyncio.Future()


async def talk(address, port, path, compression=None):
    with open(path, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    people = {}
    for name in ('alice', 'bob'):
        people[name] = await websockets.connect('ws://%s:%d/room' % (address, port), compression=compression,
                                                origin='http://garden.example')
        await asyncio.sleep(0.2)
    for speaker, text in lines:
        await people[speaker].send(text)
        if await asyncio.wait_for(people['bob' if speaker == 'alice' else 'alice'].recv(), 10) != text:
            raise SystemExit('websocket_talk: another text arrived than was sent')
        await asyncio.sleep(0.1)
    for p in people.values():
        await p.close()


if __name__ == '__main__':
    what, where, number, *more = sys.argv[1:]
    asyncio.run({'serve': serve, 'talk': talk}[what](where, int(number), *more))
