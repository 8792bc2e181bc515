#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One end of a tunnel, where the kernel has no device of that kind: what is sent into a TUN or TAP
device leaves between headers made here, and back. The sockets at both ends are the kernel's.

tunnel.py KIND DEVICE LOCAL REMOTE   KIND: ip (4 or 6, whichever it meets), gre, gre-fields (key and
                                     sequence number), gretap, vxlan. LOCAL, REMOTE: addresses
tunnel.py pppoe DEVICE LINK MAC      a session over the interface LINK with who has MAC
"""
import contextlib
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454ca
IFF_TUN, IFF_TAP, IFF_NO_PI = 1, 2, 0x1000
GRE = 47
VERSIONS = {4: (socket.IPPROTO_IPIP, 0x0800, 0x0021), 6: (socket.IPPROTO_IPV6, 0x86dd, 0x0057)}


def device(name, kind):
    tun = os.open('/dev/net/tun', os.O_RDWR)
    flags = (IFF_TAP if kind in ('gretap', 'vxlan') else IFF_TUN) | IFF_NO_PI
    fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH', name.encode(), flags))
    return tun


def sockets(kind, local, remote):
    """The one for each protocol, by number; packets are read from all of them."""
    if kind == 'pppoe':
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x8864))
        link.bind((local, 0x8864))
        return {0: link}
    family = socket.AF_INET6 if ':' in local else socket.AF_INET
    numbers = {'ip': (socket.IPPROTO_IPIP, socket.IPPROTO_IPV6), 'vxlan': (socket.IPPROTO_UDP,)}
    made = {}
    for number in numbers.get(kind, (GRE,)):
        if kind == 'vxlan':
            made[number] = socket.socket(family, socket.SOCK_DGRAM)
            made[number].bind((local, 4789))
        else:
            made[number] = socket.socket(family, socket.SOCK_RAW, number)
            made[number].bind((local, 0))
            made[number].connect((remote, 0))
    return made


def wrap(kind, packet, count):
    """The protocol's number, and the tunnel's header."""
    number, ethertype, ppp = VERSIONS.get(packet[0] >> 4, (0, 0, 0))
    if kind == 'ip':
        return number, b''
    if kind == 'gre':
        return GRE, struct.pack('!HH', 0, ethertype)
    if kind == 'gre-fields':
        return GRE, struct.pack('!HHII', 0x3000, ethertype, 7, count)
    if kind == 'gretap':
        return GRE, struct.pack('!HH', 0, 0x6558)
    if kind == 'vxlan':
        return socket.IPPROTO_UDP, struct.pack('!II', 0x08000000, 42 << 8)
    return 0, struct.pack('!BBHHH', 0x11, 0, 7, len(packet) + 2, ppp)


def unwrap(kind, data, ipv4):
    if kind == 'pppoe':
        length = struct.unpack('!H', data[18:20])[0]
        return data[22:20 + length]
    if kind == 'vxlan':
        return data[8:]
    if ipv4:
        data = data[(data[0] & 15) * 4:]
    return data[{'ip': 0, 'gre-fields': 12}.get(kind, 4):]


def main():
    kind, name, local, remote = sys.argv[1:]
    tun, made = device(name, kind), sockets(kind, local, remote)
    ipv4, count = ':' not in local, 0
    macs = b''
    if kind == 'pppoe':
        macs = bytes.fromhex(remote.replace(':', '')) + made[0].getsockname()[4] + b'\x88\x64'
    while True:
        for ready in select.select([tun, *made.values()], [], [])[0]:
            if ready is tun:
                packet, count = os.read(tun, 65536), count + 1
                number, header = wrap(kind, packet, count)
                if kind == 'vxlan':
                    made[number].sendto(header + packet, (remote, 4789))
                elif number in made:
                    made[number].send(macs + header + packet)
            else:
                with contextlib.suppress(OSError):  # the device is not up yet
                    os.write(tun, unwrap(kind, ready.recv(65536), ipv4))


if __name__ == '__main__':
    main()
