#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""pipe_talk.py CONVERSATION alice=SAY,HEAR bob=SAY,HEAR NAME=COMMAND...: the conversation through programs
that pass on lines of text.

The commands are started in their order. What alice says is written to the program SAY, one line a message,
and the next message is sent only when the program HEAR has printed this one."""
import queue
import subprocess
import sys
import threading
import time


class Program:
    def __init__(self, name, command):
        self.name, self.heard = name, queue.Queue()
        self.p = subprocess.Popen(['sh', '-c', 'exec ' + command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.p.stdout:
            self.heard.put(line.decode().rstrip('\r\n'))

    def say(self, text):
        self.p.stdin.write(text.encode() + b'\n')
        self.p.stdin.flush()

    def wait(self, text):
        while text not in self.heard.get(timeout=60):
            pass

    def end(self):
        self.p.stdin.close()
        try:
            self.p.wait(1)
        except subprocess.TimeoutExpired:
            self.p.terminate()
            self.p.wait(5)


def main():
    path, *rest = sys.argv[1:]
    roles = {who: names.split(',') for who, names in (x.split('=', 1) for x in rest[:2])}
    programs = {}
    for name, command in (x.split('=', 1) for x in rest[2:]):
        programs[name] = Program(name, command)
        time.sleep(0.7)
    with open(path, encoding='utf-8') as f:
        lines = [x.rstrip('\n').split('\t', 1) for x in f]
    for who, text in lines:
        say, hear = (programs[x] for x in roles[who])
        say.say(text)
        try:
            hear.wait(text)
        except queue.Empty:
            raise SystemExit('pipe_talk: %s did not print what %s was told' % (hear.name, say.name))
        time.sleep(0.1)
    for p in reversed(programs.values()):
        p.end()
        time.sleep(0.1)


if __name__ == '__main__':
    main()
