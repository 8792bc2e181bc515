#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tox_chat.py alice|bob udp|tcp ADDRESS PORT FOLDER: one of two Tox friends, with libtoxcore.

Lines from the standard input are sent as messages as soon as the friend is there; what the friend says is
printed. udp: both listen on PORT, the friend is at ADDRESS. tcp: everything goes through the relay at
ADDRESS, its key is in FOLDER/relay in hex. The friends leave their public keys in FOLDER for each other."""
import ctypes
import os
import queue
import sys
import threading
import time
from ctypes import POINTER, c_bool, c_char, c_char_p, c_int, c_size_t, c_uint16, c_uint32, c_void_p

KEY = 32
HEARD = ctypes.CFUNCTYPE(None, c_void_p, c_uint32, c_int, POINTER(c_char), c_size_t, c_void_p)
# what is called: result, arguments behind the first, which is the node or its options
CALLS = {
    'options_set_udp_enabled': (None, c_bool),
    'options_set_ipv6_enabled': (None, c_bool),
    'options_set_local_discovery_enabled': (None, c_bool),
    'options_set_start_port': (None, c_uint16),
    'options_set_end_port': (None, c_uint16),
    'options_new': (c_void_p,),
    'new': (c_void_p, c_void_p),
    'self_get_public_key': (None, c_char_p),
    'self_get_dht_id': (None, c_char_p),
    'bootstrap': (c_bool, c_char_p, c_uint16, c_char_p, c_void_p),
    'add_tcp_relay': (c_bool, c_char_p, c_uint16, c_char_p, c_void_p),
    'friend_add_norequest': (c_uint32, c_char_p, c_void_p),
    'friend_get_connection_status': (c_int, c_uint32, c_void_p),
    'friend_send_message': (c_uint32, c_uint32, c_int, c_char_p, c_size_t, c_void_p),
    'callback_friend_message': (None, HEARD),
    'iterate': (None, c_void_p),
    'iteration_interval': (c_uint32,),
    'kill': (None,),
}


class Tox:
    def __init__(self, port, udp):
        library = ctypes.CDLL('libtoxcore.so.2')
        for name, (result, *arguments) in CALLS.items():
            f = getattr(library, 'tox_' + name)
            f.restype, f.argtypes = result, [c_void_p, *arguments]
            setattr(self, name, f)
        options = self.options_new(None)
        self.options_set_udp_enabled(options, udp)
        self.options_set_ipv6_enabled(options, False)
        self.options_set_local_discovery_enabled(options, False)
        self.options_set_start_port(options, port)
        self.options_set_end_port(options, port)
        self.node = self.new(options, None)
        if not self.node:
            raise SystemExit('tox_chat: no node on port %d' % port)

    def keys(self):
        result = b''
        for get in (self.self_get_public_key, self.self_get_dht_id):
            key = ctypes.create_string_buffer(KEY)
            get(self.node, key)
            result += key.raw
        return result


def exchange(folder, name, other, keys):
    """-> the other's keys"""
    path = os.path.join(folder, name)
    with open(path + '.part', 'wb') as f:
        f.write(keys)
    os.rename(path + '.part', path)
    for _ in range(200):
        if os.path.exists(os.path.join(folder, other)):
            with open(os.path.join(folder, other), 'rb') as f:
                return f.read()
        time.sleep(0.05)
    raise SystemExit('tox_chat: %s did not leave its keys' % other)


def read(lines):
    for line in sys.stdin:
        lines.put(line.rstrip('\n').encode())
    lines.put(None)


def main():
    name, how, address, port, folder = sys.argv[1:]
    tox = Tox(int(port), how == 'udp')
    theirs = exchange(folder, name, 'bob' if name == 'alice' else 'alice', tox.keys())
    friend = tox.friend_add_norequest(tox.node, theirs[:KEY], None)
    where = address.encode(), int(port)
    if how == 'udp':
        known = tox.bootstrap(tox.node, *where, theirs[KEY:], None)
    else:
        with open(os.path.join(folder, 'relay'), encoding='ascii') as f:
            relay = bytes.fromhex(f.read())
        known = tox.bootstrap(tox.node, *where, relay, None) and tox.add_tcp_relay(tox.node, *where, relay, None)
    if not known:
        raise SystemExit('tox_chat: %s is not known' % address)
    heard = HEARD(lambda tox, friend, kind, text, n, data: print(text[:n].decode(), flush=True))
    tox.callback_friend_message(tox.node, heard)
    lines, line = queue.Queue(), b''
    threading.Thread(target=read, args=(lines,), daemon=True).start()
    while line is not None:
        tox.iterate(tox.node, None)
        while line is not None and not lines.empty() and tox.friend_get_connection_status(tox.node, friend, None):
            line = lines.get()
            if line is not None:
                tox.friend_send_message(tox.node, friend, 0, line, len(line), None)
        time.sleep(tox.iteration_interval(tox.node) / 1000)
    tox.kill(tox.node)


if __name__ == '__main__':
    main()
