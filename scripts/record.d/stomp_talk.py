#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""stomp_talk.py ADDRESS PORT USER PASSWORD CONVERSATION: alice and bob talk through a STOMP broker.

Two clients with stomp.py, alice speaks STOMP 1.1 and bob 1.2. Each has a topic; a message is sent to the
other's, and the next one only when it has arrived there."""
import queue
import sys
import time

import stomp

KIND = {'alice': stomp.StompConnection11, 'bob': stomp.StompConnection12}


class Heard(stomp.ConnectionListener):
    def __init__(self):
        self.texts = queue.Queue()

    def on_message(self, frame):
        self.texts.put(frame.body)

    def on_error(self, frame):
        self.texts.put(SystemExit('stomp_talk: the broker says ' + frame.body))


def main():
    address, port, user, password, path = sys.argv[1:]
    people = {}
    for name, kind in KIND.items():
        c = kind([(address, int(port))], vhost='/', auto_content_length=name == 'bob')
        heard = Heard()
        c.set_listener('', heard)
        c.connect(user, password, wait=True)
        c.subscribe('/topic/garden.' + name, id=1)
        people[name] = c, heard.texts
        time.sleep(0.3)
    with open(path, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    for speaker, text in lines:
        other = 'bob' if speaker == 'alice' else 'alice'
        people[speaker][0].send('/topic/garden.' + other, text, content_type='text/plain;charset=utf-8')
        got = people[other][1].get(timeout=10)
        if isinstance(got, SystemExit):
            raise got
        if got != text:
            raise SystemExit('stomp_talk: another text arrived than was sent')
        time.sleep(0.1)
    for c, _ in people.values():
        c.disconnect()


if __name__ == '__main__':
    main()
