#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Small, exact traffic for the e2e scripts.

traffic.py sink ADDRESS PORT FILE       UDP and TCP on one port; on SIGTERM writes to FILE how many
                                        datagrams and TCP bytes arrived, and the longest datagram
traffic.py sip ADDRESS PORT N RATE TEXT...   N SIP MESSAGE datagrams from one port, the texts in turn;
                                        RATE a second (0: at once); {n} in a text is its number;
                                        a file's name for N: until there is such a file.
                                        Prints how many it sent
traffic.py irc ADDRESS PORT N RATE TEXT...   the same as IRC lines on one connection, each its own segment
traffic.py vlan IF MAC_TO ID[,ID] TEXT  one SIP MESSAGE datagram, tagged
"""
import itertools
import os
import selectors
import signal
import socket
import struct
import sys
import time


def family(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def sink(address, port, path):
    datagrams = octets = longest = 0
    selector = selectors.DefaultSelector()
    udp = socket.socket(family(address), socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    udp.bind((address, port))
    tcp = socket.create_server((address, port), family=family(address))
    selector.register(udp, selectors.EVENT_READ)
    selector.register(tcp, selectors.EVENT_READ)
    running = True

    def stop(*_):
        nonlocal running
        running = False
    signal.signal(signal.SIGTERM, stop)
    while running:
        for key, _ in selector.select(0.1):
            if key.fileobj is udp:
                longest = max(longest, len(udp.recv(65536)))
                datagrams += 1
            elif key.fileobj is tcp:
                selector.register(tcp.accept()[0], selectors.EVENT_READ)
            else:
                data = key.fileobj.recv(65536)
                octets += len(data)
                if not data:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    with open(path, 'w', encoding='ascii') as f:
        f.write(f'{datagrams} {octets} {longest}\n')


def message(text, n):
    """A SIP MESSAGE request as in the captures."""
    body = text.encode()
    return (f'MESSAGE sip:bob@garden.example SIP/2.0\r\n'
            f'Via: SIP/2.0/UDP 10.99.0.2:5071;branch=z9hG4bK{n}\r\n'
            f'Max-Forwards: 70\r\nFrom: <sip:alice@garden.example>;tag={n}\r\n'
            f'To: <sip:bob@garden.example>\r\nCall-ID: {n}@10.99.0.2\r\nCSeq: 1 MESSAGE\r\n'
            f'Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n').encode() + body


def paced(count, rate, texts):
    start = time.monotonic()
    for n in range(int(count)) if count.isdecimal() else itertools.count():
        if n % 10 == 0 and not count.isdecimal() and os.path.exists(count):
            break
        if rate:
            time.sleep(max(0, start + n / rate - time.monotonic()))
        yield n, texts[n % len(texts)].replace('{n}', str(n))


def sip(address, port, count, rate, *texts):
    with socket.socket(family(address), socket.SOCK_DGRAM) as s:
        sent = 0
        for n, text in paced(count, rate, texts):
            sent += 1
            s.sendto(message(text, n), (address, port))  # not connected: nobody need listen
    print(sent)


def irc(address, port, count, rate, *texts):
    with socket.create_connection((address, port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.sendall(b'NICK alice\r\nUSER alice 0 * :alice\r\n')
        sent = 0
        for _, text in paced(count, rate, texts):
            sent += 1
            s.sendall(f'PRIVMSG #garden :{text}\r\n'.encode())
        s.shutdown(socket.SHUT_WR)
        s.settimeout(5)
        s.recv(1)  # the other end has read all of it
    print(sent)


def vlan(interface, to, ids, text):
    payload = message(text, 1)
    udp = struct.pack('!HHHH', 5071, 5060, 8 + len(payload), 0) + payload
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                     socket.inet_aton('10.99.0.2'), socket.inet_aton('10.99.0.1'))
    total = sum(struct.unpack('!10H', ip))
    total = (total & 0xffff) + (total >> 16)
    ip = ip[:10] + struct.pack('!H', ~(total + (total >> 16)) & 0xffff) + ip[12:]
    tags = [int(i) for i in ids.split(',')]
    frame = bytes.fromhex(to.replace(':', '')) + b'\x02\0\0\0\0\x02'
    for i, tag in enumerate(tags):
        frame += struct.pack('!HH', 0x8100 if i == len(tags) - 1 else 0x88a8, tag)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((interface, 0))
        s.send(frame + b'\x08\0' + ip + udp)


def main():
    what, *rest = sys.argv[1:]
    if what == 'sink':
        sink(rest[0], int(rest[1]), rest[2])
    elif what in ('sip', 'irc'):
        send = sip if what == 'sip' else irc
        send(rest[0], int(rest[1]), rest[2], float(rest[3]), *rest[4:])
    elif what == 'vlan':
        vlan(*rest)
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
