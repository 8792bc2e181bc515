#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""pcaps.py: makes captures for the tests. Standard library only.

  link IN OUT TYPE   IN (Ethernet) with another link type: null loop raw raw12 ip4 ip6
                     sll sll2, or a number, whose frames then stay as they are
  snap IN OUT BYTES  IN, each packet cut to BYTES
  drop IN OUT PORT   IN (IPv4) without the packets from or to this UDP port
  pcapng IN OUT      IN as pcapng
  short OUT          frames of 0 to 13 bytes, then one good UDP packet
  udp OUT FLOWS      a UDP packet of 4 payload bytes for each flow
  text OUT HEX...    a UDP packet of one flow for each payload
  shapes OUT         flows whose addresses, VLANs and first speakers are known"""
import ipaddress
import struct
import sys

TYPES = {'ethernet': 1, 'null': 0, 'loop': 108, 'raw': 101, 'raw12': 12, 'ip4': 228, 'ip6': 229,
         'sll': 113, 'sll2': 276}


def read(path):
    """-> (seconds, microseconds, captured bytes, original length) of a little-endian pcap"""
    with open(path, 'rb') as f:
        data = f.read()
    assert data[:4] == b'\xd4\xc3\xb2\xa1', 'little-endian pcap expected'
    at = 24
    while at < len(data):
        s, us, n, length = struct.unpack('<4I', data[at:at + 16])
        yield s, us, data[at + 16:at + 16 + n], length
        at += 16 + n


def write(path, packets, link=1, snap=262144):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, snap, link))
        for s, us, data, length in packets:
            f.write(struct.pack('<4I', s, us, len(data), length) + data)


def relink(name, frame):
    kind, ip = frame[12:14], frame[14:]
    six = kind == b'\x86\xdd'
    if name == 'null':
        return struct.pack('<I', 30 if six else 2) + ip
    if name == 'loop':
        return struct.pack('>I', 30 if six else 2) + ip
    if name == 'sll':
        return struct.pack('>HHH8s', 0, 1, 6, frame[6:12]) + kind + ip
    if name == 'sll2':
        return kind + struct.pack('>HIHBB8s', 0, 1, 1, 0, 6, frame[6:12]) + ip
    return ip if name in TYPES else frame


def at_port(frame, port):
    l4 = 14 + 4 * (frame[14] & 15)
    return frame[23] == 17 and port in struct.unpack('>HH', frame[l4:l4 + 4])


def pcapng(path, packets):
    def block(kind, body):
        size = 12 + len(body)
        return struct.pack('<II', kind, size) + body + struct.pack('<I', size)
    with open(path, 'wb') as f:
        f.write(block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1)))
        f.write(block(1, struct.pack('<HHI', 1, 0, 262144)))
        for s, us, data, length in packets:
            t = s * 1000000 + us
            f.write(block(6, struct.pack('<5I', 0, t >> 32, t & 0xffffffff, len(data), length) +
                          data + bytes(-len(data) % 4)))


def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def udp(src, sport, dst, dport, payload, vlans=()):
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    segment = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
    if a.version == 4:
        head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(segment), 1, 0, 64, 17, 0) + a.packed + b.packed
        head = head[:10] + struct.pack('>H', checksum(head)) + head[12:]
    else:
        head = struct.pack('>IHBB', 6 << 28, len(segment), 17, 64) + a.packed + b.packed
    tags = b''.join(struct.pack('>HH', 0x88a8 if i + 1 < len(vlans) else 0x8100, v) for i, v in enumerate(vlans))
    kind = b'\x08\x00' if a.version == 4 else b'\x86\xdd'
    return bytes.fromhex('020000000002020000000001') + tags + kind + head + segment


def timed(frames):
    return [(1700000000, 10 * i, f, len(f)) for i, f in enumerate(frames)]


def short():
    good = udp('10.99.0.1', 1111, '10.99.0.2', 2222, b'lantern')
    return timed([good[:n] for n in range(14)] + [good])


def many(flows):
    return timed(udp('10.%d.%d.1' % (i >> 8, i & 255), 1000 + i % 60000, '10.99.0.2', 2222, b'word')
                 for i in range(flows))


def text(payloads):
    return timed(udp('10.99.0.1', 1111, '10.99.0.2', 2222, bytes.fromhex(p)) for p in payloads)


def shapes():
    return timed([
        udp('10.99.0.1', 2000, '10.99.0.2', 1000, b''),       # no payload: not the first to speak
        udp('10.99.0.2', 1000, '10.99.0.1', 2000, b'hello'),
        udp('10.99.0.1', 2000, '10.99.0.2', 1000, b'hi'),
        udp('10.99.0.2', 1000, '10.99.0.1', 2000, b'hello'),
        udp('2001:db8:0:0:1:0:0:1', 53000, '2001:DB8::2', 40000, b'six'),
        udp('::1', 5, '2001:db8:1:1:1:1:0:1', 6, b'six'),
        udp('::ffff:192.0.2.1', 7, 'fe80::1:0:0:1', 8, b'six'),
        udp('10.99.0.3', 1, '10.99.0.4', 2, b'tagged', (7,)),
        udp('10.99.0.3', 1, '10.99.0.4', 2, b'twice', (100, 4094)),
        udp('10.99.0.3', 1, '10.99.0.4', 2, b'bare'),
    ])


def main():
    what, *args = sys.argv[1:]
    if what == 'link':
        packets = [(s, us, relink(args[2], d), n + len(relink(args[2], d)) - len(d))
                   for s, us, d, n in read(args[0])]
        write(args[1], packets, TYPES.get(args[2]) if args[2] in TYPES else int(args[2]))
    elif what == 'snap':
        n = int(args[2])
        write(args[1], [(s, us, d[:n], length) for s, us, d, length in read(args[0])], snap=n)
    elif what == 'drop':
        write(args[1], [p for p in read(args[0]) if not at_port(p[2], int(args[2]))])
    elif what == 'pcapng':
        pcapng(args[1], read(args[0]))
    elif what == 'short':
        write(args[0], short())
    elif what == 'udp':
        write(args[0], many(int(args[1])))
    elif what == 'text':
        write(args[0], text(args[1:]))
    elif what == 'shapes':
        write(args[0], shapes())
    else:
        sys.exit(__doc__)


main()
