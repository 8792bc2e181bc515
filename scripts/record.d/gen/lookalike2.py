# SPDX-License-Identifier: BSD-2-Clause
"""Other protocols, real ones where there is one, that have a part of a signature: for each label a negative twin.

Written from the protocols' own specifications. TWINS says of each flow whose signature it must not pass;
no two have the same transport and port."""
import struct

from gen import teamspeak
from gen.flows import Twin, twins
from gen.frames import Noise, Tcp, Udp

C, S = 1, 0
NOISE = Noise('lookalike2')


def pack(form, *values):
    return struct.pack(form, *values)


def sized(form, body):
    """a length that counts only what follows it"""
    return struct.pack(form, len(body)) + body


def ber(tag, *parts):
    body = b''.join(parts)
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else b'\x81' + bytes([len(body)])) + body


def hello(name, more=b''):
    """a ClientHello of TLS 1.3 in one record"""
    server_name = pack('!HHHBH', 0, len(name) + 5, len(name) + 3, 0, len(name)) + name.encode()
    share = pack('!HHHHH', 0x33, 38, 36, 0x1d, 32) + NOISE(32)
    extensions = server_name + b'\x00\x2b\x00\x03\x02\x03\x04' + b'\x00\x0a\x00\x04\x00\x02\x00\x1d' + \
        b'\x00\x0d\x00\x04\x00\x02\x04\x03' + share + more
    body = b'\x03\x03' + NOISE(32) + b'\x20' + NOISE(32) + b'\x00\x02\x13\x01\x01\x00' + sized('!H', extensions)
    return b'\x16\x03\x01' + sized('!H', b'\x01\x00' + sized('!H', body))


def server_hello(version, random, more):
    body = version + random + more
    return b'\x16' + version + sized('!H', b'\x02\x00' + sized('!H', body))


def rtp(kind, sequence, stamp, source, payload):
    return pack('!BBHII', 0x80, kind, sequence, stamp, source) + payload


def snmp():
    oid = ber(0x30, ber(0x06, b'\x2b\x06\x01\x02\x01\x01\x05\x00'), b'\x05\x00')
    answer = ber(0x30, ber(0x06, b'\x2b\x06\x01\x02\x01\x01\x05\x00'), ber(4, b'switch-3'))
    number = b'\x02\x04\x4a\x69\x7d\x01'
    return [(up, ber(0x30, b'\x02\x01\x00', ber(4, b'public'), ber(tag, number, b'\x02\x01\x00\x02\x01\x00', ber(0x30, of))))
            for up, tag, of in ((C, 0xa0, oid), (S, 0xa2, answer))]


def kerberos():
    realm = ber(0xa2, ber(0x1b, b'EXAMPLE.ORG'))
    user = ber(0x30, ber(0xa0, b'\x02\x01\x01'), ber(0xa1, ber(0x30, ber(0x1b, b'alice.of.the.old.mill'))))
    service = ber(0x30, ber(0xa0, b'\x02\x01\x02'), ber(0xa1, ber(0x30, ber(0x1b, b'krbtgt'), ber(0x1b, b'EXAMPLE.ORG'))))
    body = ber(0x30, ber(0xa0, b'\x03\x05\x00\x50\x80\x00\x10'), ber(0xa1, user), realm, ber(0xa3, service),
               ber(0xa5, ber(0x18, b'20260102000000Z')), ber(0xa7, b'\x02\x04\x2f\x11\x5a\x03'),
               ber(0xa8, ber(0x30, b''.join(ber(2, bytes([n])) for n in (18, 17, 20, 19, 16, 23)))))
    asked = ber(0x6a, ber(0x30, ber(0xa1, b'\x02\x01\x05'), ber(0xa2, b'\x02\x01\x0a'), ber(0xa4, body)))
    assert asked[2] & 15 == 2
    refused = ber(0x7e, ber(0x30, ber(0xa0, b'\x02\x01\x05'), ber(0xa1, b'\x02\x01\x1e'), ber(0xa4, ber(0x18, b'20260101000000Z')),
                            ber(0xa5, b'\x02\x03\x01\xe2\x40'), ber(0xa6, b'\x02\x01\x19'), ber(0xa9, ber(0x1b, b'EXAMPLE.ORG')),
                            ber(0xaa, service)))
    return [(C, asked), (S, refused)]


def mark(length):
    """a text of this length that begins with a byte order mark"""
    return (b'\xef\xbb\xbf' + 25 * b'wind north, light rain\r\n')[:length - 2] + b'\r\n'


def text(length):
    return (40 * b'north 4, north-west 3, west 2; ')[:length - 2] + b'\r\n'


def avoid(first, length):
    """bytes that do not look random, as numbers of 32 bits are"""
    return first + b''.join(pack('<I', 3 * n) for n in range(100))[:length - len(first)]


ANSWER = b'\x20' + NOISE(32) + b'\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04'
IKE_SA = (b'\x00\x00\x00\x28\x00\x00\x00\x24\x01\x01\x00\x03\x03\x00\x00\x0c\x01\x00\x00\x0c\x80\x0e\x01\x00'
          b'\x03\x00\x00\x08\x02\x00\x00\x05\x00\x00\x00\x08\x04\x00\x00\x0e')
WLAN = b'\x08\x08' + bytes(22) + b'\xaa\xaa\x03\x00\x00\x00\x08\x06' + bytes(28)
GREASE_ECH = pack('!HH', 0xfe0d, 186) + b'\x00\x00\x01\x00\x01\x2a\x00\x20' + NOISE(32) + b'\x00\x90' + NOISE(144)
SOAP = ('<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><message to="printer">'
        '</message></soap:Body></soap:Envelope>')
GUID = NOISE(2) + b'\x42' + NOISE(13)

CHAT = [
    Twin('irc', 'SMTP', Tcp, 25, 'unknown', [(S, '220 mail.example.org ESMTP\r\n'), (C, 'NOOP\r\n'), (S, '250 OK\r\n'),
                                             (C, 'QUIT\r\n')]),
    Twin('irc', 'PING of RESP', Tcp, 6379, 'unknown', [(C, 'PING\r\n'), (S, '+PONG\r\n'), (C, 'PING\r\n'), (S, '+PONG\r\n')]),
    Twin('irc', 'a game with NICK, USER with one argument, JOIN without a sign, numbers of two digits', Tcp, 6667, 'unknown',
         [(C, 'NICK red team\r\nUSER red\r\n'), (S, ':score 12 points\r\n'), (C, 'JOIN table4\r\nMODE easy\r\nPASS\r\n')]),
    Twin('xmpp', 'SOAP, the declaration alone in a segment', Tcp, 5298, 'unknown',
         [(C, '<?xml version="1.0" encoding="utf-8"?>'), (C, SOAP), (S, '<?xml version="1.0"?>\r\n' + SOAP)]),
    Twin('xmpp', 'a property list', Tcp, 5223, 'unknown',
         [(C, '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
              '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0"><dict/></plist>\n')]),
    Twin('xmpp', 'XML whose elements are named as stanzas, without their attributes', Tcp, 5269, 'unknown',
         [(C, '<messages count="2"/>'), (S, '<message>none</message>'), (C, '<iqdata type="x"/>'), (S, '<presence/>')]),
    Twin('xmpp', 'stream:stream in another namespace', Tcp, 5280, 'unknown',
         [(C, "<?xml version='1.0'?><stream:stream xmlns:stream='http://video.example/streams'>"), (S, '<stream:features/>')]),
    Twin('xmpp', 'WS-Discovery', Udp, 3702, 'unknown',
         [(C, '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" '
              'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><soap:Body><d:Probe/></soap:Body></soap:Envelope>')]),
    Twin('msnp', 'VER, ANS and CVR of a script', Tcp, 1863, 'unknown',
         [(C, 'VER 2.0.1\r\n'), (S, 'ANS 1 yes\r\n'), (C, 'CVR 9 list\r\n'), (S, 'MSG 5 by mail 4\r\nrain')]),
    Twin('msnp', 'memcached', Tcp, 11211, 'unknown',
         [(C, 'get weather\r\n'), (S, 'VALUE weather 0 5\r\nsunny\r\nEND\r\n'), (C, 'set weather 0 0 4\r\nrain\r\n'),
          (S, 'STORED\r\n')]),
    Twin('oscar', 'RESP, whose arrays begin with an asterisk', Tcp, 6380, 'unknown',
         [(C, '*2\r\n$4\r\nLLEN\r\n$4\r\nlogs\r\n'), (S, ':4\r\n'), (C, b'*\x06\x00\x01\x00\x04abcd'), (S, '-ERR\r\n')]),
    Twin('ymsg', 'Y, but not YMSG', Tcp, 5050, 'unknown', [(C, 'YAHO 1 weather\r\n'), (S, '<Yms rain>\r\n')]),
    Twin('sip', 'SSDP', Udp, 1900, 'unknown',
         [(C, 'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n\r\n'),
          (C, 'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n')]),
    Twin('sip', 'RTSP', Tcp, 554, 'unknown',
         [(C, 'OPTIONS rtsp://10.99.0.1/camera RTSP/1.0\r\nCSeq: 1\r\n\r\n'), (S, 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n')]),
    Twin('sip', 'HTTP on the port of SIP', Tcp, 5060, 'http',
         [(C, 'OPTIONS * HTTP/1.1\r\nHost: 10.99.0.1\r\n\r\n'), (S, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')]),
    Twin('msrp', 'MSRP and a method, but no path', Tcp, 2855, 'unknown',
         [(C, 'MSRP a786hjs2 SEND\r\nSubject: weather\r\n\r\nrain\r\n'), (S, 'MSRP a786hjs2 ok\r\n'),
          (C, 'MSRP-RELAY 1 SEND\r\nTo-Path: printer\r\n\r\n')]),
    Twin('mqtt', 'c0 00 and d0 00 without a CONNECT', Tcp, 1883, 'unknown',
         [(C, b'\xc0\x00'), (S, b'\xd0\x00'), (C, b'\x40\x02\x00\x07'), (S, b'\x40\x02\x00\x09')]),
    Twin('mqtt', 'LDAP, whose bind is as long as a PUBLISH would say', Tcp, 389, 'unknown',
         [(C, ber(0x30, b'\x02\x01\x01', ber(0x60, b'\x02\x01\x03\x04\x00\x80\x00'))),
          (S, ber(0x30, b'\x02\x01\x01', ber(0x61, b'\x0a\x01\x00\x04\x00\x04\x00')))]),
    Twin('stomp', 'CONNECT of HTTP', Tcp, 3128, 'http',
         [(C, 'CONNECT mail.example.org:443 HTTP/1.1\r\nHost: mail.example.org:443\r\n\r\n'), (S, 'HTTP/1.1 403 Forbidden\r\n\r\n')]),
    Twin('stomp', 'AMQP 0-9-1', Tcp, 5672, 'unknown',
         [(C, b'AMQP\x00\x00\x09\x01'),
          (S, b'\x01\x00\x00' + sized('!I', b'\x00\x0a\x00\x0a\x00\x09' + bytes(4) + sized('!I', b'PLAIN') + sized('!I', b'en_US')) +
           b'\xce')]),
    Twin('stomp', 'commands in lines, without headers', Tcp, 61613, 'unknown',
         [(C, 'CONNECT\nplease\n\n'), (S, 'CONNECTED\nas guest\n\n'), (C, 'SEND\nrain\n\n'), (S, 'MESSAGE\nnone\n\n')]),
    Twin('ipmsg', 'colons on its port, no number where the command stands', Udp, 2425, 'unknown',
         [(C, '1:hello'), (C, '1:17672:sensor:hall:warm:21'), (C, '2:100:alice:desk:32:Hello'), (C, '1:100:alice:desk')]),
    Twin('ipmsg', 'a sensor whose readings have its form, not its port', Udp, 9125, 'unknown',
         [(C, '1:1767225600:sensor:hall:21:warm'), (C, '1:1767225660:sensor:hall:22:warm')]),
    Twin('gadugadu', 'MySQL, whose server speaks first', Tcp, 3306, 'unknown',
         [(S, pack('<I', 49) + b'\x0a8.0.36\x00\x0b\x00\x00\x00' + b'abcdefgh\x00' + b'\xff\xf7\x2d\x02\x00\x00\x00\x15' + bytes(10) +
           b'ijklmno\x00'), (C, pack('<IIIB', 0x01000025, 0x00aff20d, 0x01000000, 0x2d) + bytes(23) + b'alice\x00\x00')]),
    Twin('gadugadu', 'twelve bytes from the server first, with another length; a ping with another answer', Tcp, 8074, 'unknown',
         [(S, pack('<III', 1, 5, 0x5a)), (C, pack('<II', 0x31, 9) + b'hello'), (C, pack('<II', 8, 0)), (S, pack('<II', 9, 0))]),
    Twin('gadugadu', 'the welcome, and then no log-in', Tcp, 8075, 'unknown',
         [(S, pack('<III', 1, 4, 0x5a)), (C, pack('<III', 0x99, 4, 7)), (S, pack('<II', 0x99, 1) + b'k')]),
]

OPAQUE = [
    Twin('oicq', 'DHCP, whose answers begin with 02', Udp, 67, 'unknown',
         [(up, bytes([op, 1, 6, 0]) + NOISE(4) + bytes(4) + b'\x0a\x63\x00\x02' + bytes(12) + b'\x02\x00\x00\x00\x00\x02' +
           bytes(202) + b'\x63\x82\x53\x63\x35\x01' + bytes([kind]) + b'\xff') for up, op, kind in ((C, 1, 3), (S, 2, 5))]),
    Twin('oicq', 'its frame on its port, but no such command', Udp, 8000, 'unknown',
         [(C, b'\x02\x0f\x5f\x12\x00\x00\x01' + NOISE(40) + b'\x03'), (S, b'\x02\x01\x00\x12\x00\x00\x01' + NOISE(24) + b'\x03')]),
    Twin('whatsapp', 'Zabbix, compressed', Tcp, 10051, 'random',
         [(C, b'ZBXD\x03' + pack('<II', 402, 1890) + b'\x78\x9c' + NOISE(400)), (S, b'ZBXD\x01' + pack('<II', 22, 0) +
          b'{"response":"success"}')]),
    Twin('mtproto', 'SCCP, a telephone: a length, then zero', Tcp, 2000, 'unknown',
         [(C, pack('<III', 52, 0, 1) + b'SEP020000000002\x00' + bytes(32)), (S, pack('<III', 4, 0, 0x9b)), (C, pack('<III', 4, 0, 0))]),
    Twin('mtproto', 'text with a byte order mark', Tcp, 9100, 'unknown', [(C, mark(100)), (S, mark(40))]),
    Twin('mtproto', 'the same, as long as an abridged frame of 59 words', Tcp, 9101, 'unknown', [(C, mark(238)), (S, mark(40))]),
    Twin('mtproto', 'ef alone, and no frame after it', Tcp, 9102, 'unknown', [(C, b'\xef'), (C, b'\x20weather\r\n'), (S, b'\x09ok')]),
    Twin('mtproto', 'its marks, and a length that does not fit', Tcp, 9103, 'unknown',
         [(C, b'\xee\xee\xee\xee\xee\xee\x00\x00' + bytes(20)), (C, b'\xdd\xdd\xdd\xdd\xff\x00\x00\x00' + bytes(20))]),
    Twin('mtproto', 'its length in front, and a number that is not the first', Tcp, 9104, 'unknown',
         [(C, pack('<III', 28, 7, 0) + bytes(16)), (S, pack('<III', 24, 7, 0) + bytes(12))]),
    Twin('mtproto', 'Ethereum (RLPx)', Tcp, 30303, 'random', [(C, sized('!H', NOISE(410))), (S, sized('!H', NOISE(380)))]),
    Twin('mtproto', 'IKEv2 on a port of its reflectors', Udp, 500, 'unknown',
         [(C, NOISE(8) + bytes(8) + b'\x21\x20\x22\x08' + pack('!II', 0, 68) + IKE_SA),
          (S, NOISE(16) + b'\x21\x20\x22\x20' + pack('!II', 0, 68) + IKE_SA)]),
    Twin('mtproto', 'sixteen ff at the start: BGP', Tcp, 179, 'unknown',
         [(C, 16 * b'\xff' + b'\x00\x1d\x01\x04\xfd\xe9\x00\xb4\x0a\x63\x00\x02\x00'), (S, 16 * b'\xff' + b'\x00\x13\x04')]),
    Twin('mtproto', 'twelve ff at 16 in RTP: silence', Udp, 5004, 'rtp',
         [(C, rtp(0, 900 + n, 160 * n, 0x11223344, 4 * b'\x7e' + 156 * b'\xff')) for n in range(4)]),
    Twin('mtproto', 'four ff: questions of games', Udp, 27015, 'unknown',
         [(C, b'\xff\xff\xff\xffTSource Engine Query\x00'), (S, b'\xff\xff\xff\xffI\x11Island\x00island\x00game\x00\x00\xf0\x00\x03\x10')]),
    Twin('mtproto', 'four ff: a game library on the local network', Udp, 27036, 'unknown',
         [(C, b'\xff\xff\xff\xff\x21\x4c\x5f\xa0' + sized('<I', b'\x08\x9f\xc1\x12') + sized('<I', b'\x08\x01'))]),
    Twin('threema', '80 bytes before the 48, then more', Tcp, 5222, 'unknown',
         [(S, text(80)), (C, text(48)), (C, text(191)), (S, text(32))]),
    Twin('viber', 'TeamSpeak 2', Udp, 8767, 'teamspeak', [(C, teamspeak.LOGIN), (S, teamspeak.WELCOME)]),
    Twin('viber', 'HART-IP', Udp, 5094, 'unknown',
         [(C, b'\x01\x00\x03\x00\x00\x02\x00\x0d\x02\x80\x00\x00\x82'),
          (S, b'\x01\x01\x03\x00\x00\x02\x00\x0e\x06\x80\x00\x02\x00\x40\xc4')]),
    Twin('viber', 'CIGI 3', Udp, 8004, 'unknown',
         [(C, b'\x01\x18\x03\x00\x01\x00\x00\x00' + pack('!I', n) + bytes(12)) for n in range(3)] +
         [(S, b'\x65\x18\x03\x00\x01\x00\x00\x00' + pack('!I', n) + bytes(12)) for n in range(3)]),
    Twin('viber', 'FLUTE', Udp, 4001, 'unknown',
         [(C, b'\x10\x10\x03\x00' + pack('!IHHHH', 0, 1, 0, 0, n) + text(60)) for n in range(3)]),
    Twin('viber', 'CAPWAP', Udp, 5247, 'unknown',
         [(C, b'\x00\x10\x03\x00' + bytes(4) + WLAN), (S, b'\x00\x10\x03\x00' + bytes(4) + WLAN)]),
    Twin('viber', 'RDP', Tcp, 3389, 'unknown',
         [(C, b'\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00'),
          (S, b'\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00')]),
    Twin('viber', 'its length in front on its port, not the bytes at 6 and 9', Tcp, 4244, 'unknown',
         [(C, pack('<HII', 24, 0, 0xfffc).ljust(24, b'\x00')), (S, pack('<HII', 16, 5, 0x0380).ljust(16, b'\x00'))]),
    Twin('line', 'a question that has another answer', Udp, 5093, 'unknown',
         [(C, b'\xb6\x18\x00\x6a' + bytes(106)), (C, b'\xb6\x18\x00\x6a' + bytes(106)), (S, b'\x00\x18\x00\x6a' + bytes(30))]),
    Twin('line', 'a first byte as of its media', Udp, 5095, 'unknown',
         [(C, b'\xd8\x01\x40' + bytes([n]) + b'\x07\x02' + bytes(40)) for n in (9, 3, 77)]),
    Twin('line', 'a hello of SSL 2', Tcp, 443, 'unknown',
         [(C, b'\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80\x02\x00\x80\x03\x00\x80\x04\x00\x80\x05\x00\x80\x06\x00\x40'
              b'\x07\x00\xc0' + NOISE(16)), (S, b'\x80\x03\x00\x00\x01')]),
    Twin('kakaotalk', 'three small numbers, not its third', Tcp, 995, 'unknown',
         [(C, avoid(pack('<III', 256, 5, 1), 268)), (S, pack('<I', 5) + b'ready')]),
    Twin('kakaotalk', 'its three numbers, but no key after them', Tcp, 5228, 'unknown',
         [(C, avoid(pack('<III', 256, 12, 2), 40)), (S, pack('<I', 6) + b'ready')]),
    Twin('wechat', '16 f1 of another version', Tcp, 8080, 'unknown',
         [(C, b'\x16\xf1\x05\x00\x20' + NOISE(32)), (S, b'\x17\xf1\x05\x00\x10' + NOISE(16))]),
    Twin('wechat', '16 f1 03 with a length that does not fit, elsewhere', Tcp, 25000, 'unknown',
         [(C, b'\x16\xf1\x03\x40\x00' + NOISE(50)), (S, b'\x17\xf1\x03\x40\x00' + NOISE(20))]),
    Twin('wechat', 'PostgreSQL, lengths of 32 bits', Tcp, 5432, 'unknown',
         [(C, b'\x00\x00\x00\x08\x04\xd2\x16\x2f'), (S, b'N'),
          (C, pack('!III', 18, 0x30000, 0x75736572) + b'\x00bob\x00\x00'), (S, b'R\x00\x00\x00\x08\x00\x00\x00\x00')]),
    Twin('wechat', 'SMB', Tcp, 445, 'unknown',
         [(C, sized('!I', b'\xffSMB\x72' + bytes(4) + b'\x18\x53\xc8' + bytes(14) + b'\xff\xfe' + bytes(5) +
                    sized('<H', b'\x02NT LM 0.12\x00')))]),
    Twin('wechat', '16 bytes with their length in front, and another answer', Tcp, 14000, 'unknown',
         [(C, b'\x00\x00\x00\x10' + bytes(8) + b'ping'), (S, b'\x00\x00\x00\x14' + bytes(12) + b'pong')]),
    Twin('skype', 'SNMP, whose third byte is 02', Udp, 161, 'unknown', snmp()),
    Twin('skype', 'Kerberos, with a third byte of a low half 2', Udp, 88, 'unknown', kerberos()),
    Twin('skype', 'Gnutella, the same', Udp, 6346, 'unknown',
         [(C, GUID + b'\x00\x01\x00\x00\x00\x00\x00'),
          (S, GUID + b'\x01\x01\x00\x0e\x00\x00\x00' + pack('<HBBBBII', 6346, 10, 99, 0, 1, 9, 9000))]),
    Twin('skype', 'Omron FINS, 18 bytes with 02 as the third', Udp, 9600, 'unknown',
         [(C, b'\x80\x00\x02\x00\x01\x00\x00\x02\x00\x05\x01\x01\x82\x00\x64\x00\x00\x02'),
          (S, b'\xc0\x00\x02\x00\x02\x00\x00\x01\x00\x05\x01\x01\x00\x00\x00\x2a\x00\x2b')]),
    Twin('skype', 'answers of eleven bytes, as in DOF, that hold no addresses', Udp, 3567, 'unknown',
         [(C, b'\x03\x00\x02\x10\x00\x00\x00\x07' + bytes(12)), (S, b'\x03\x00\x05\x00\x00\x00\x01\x00\x00\x00\x07'),
          (C, b'\x03\x00\x02\x10\x00\x00\x00\x08' + bytes(12)), (S, b'\x03\x00\x05\x00\x00\x00\x02\x00\x00\x00\x08')]),
    Twin('skype', 'BitTorrent DHT, whose answer begins as the question', Udp, 6881, 'unknown',
         [(C, b'd1:ad2:id20:' + NOISE(20) + b'e1:q4:ping1:t2:aa1:y1:qe'), (S, b'd1:rd2:id20:' + NOISE(20) + b'e1:t2:aa1:y1:re')]),
    Twin('skype', 'a true hello in the form of SSL 2, 72 bytes, other ciphers', Tcp, 8443, 'tls',
         [(C, b'\x80\x46\x01\x03\x01\x00\x2d\x00\x00\x00\x10' + b''.join(pack('!BH', 0, n) for n in (
             0x39, 0x38, 0x35, 0x33, 0x32, 0x2f, 0x16, 0x13, 0x0a, 5, 4, 0x15, 0x12, 9, 0xff)) + NOISE(16)),
          (S, server_hello(b'\x03\x01', NOISE(32), b'\x20' + NOISE(32) + b'\x00\x2f\x00') + b'\x15\x03\x01\x00\x02\x02\x28')]),
    Twin('discord', '74 bytes, but with an address in the question', Udp, 50010, 'unknown',
         [(C, b'\x00\x01\x00\x46' + NOISE(4) + b'10.99.0.2'.ljust(64, b'\x00') + b'\xc3\x50')]),
    Twin('discord', 'its types with other lengths, its keepalive the other way round', Udp, 50011, 'unknown',
         [(C, b'\x00\x01\x00\x40' + bytes(64)), (S, b'\x00\x02\x00\x40' + bytes(64)), (C, b'\xfe\xca\x37\x13\x00\x00\x00\x00')]),
    Twin('teamspeak', 'TS3, but no TS3INIT1', Udp, 9987, 'unknown',
         [(C, 'TS3 state?\n'), (S, 'TS3 ready\n'), (C, b'\xf4\xbe\x07\x00' + bytes(16))]),
    Twin('mumble', 'a ping of 12 bytes, and another number in the answer', Udp, 64738, 'unknown',
         [(C, bytes(4) + b'\x00\x00\x00\x01\x32\xf4\xe7\x01'),
          (S, b'\x00\x01\x03\x04' + b'\x00\x00\x00\x02\x32\xf4\xe7\x01' + pack('!III', 2, 10, 72000))]),
    Twin('tox', 'its lengths, but neither its answer nor the same key twice', Udp, 33445, 'unknown',
         [(C, b'\x02' + NOISE(112)), (S, b'\x06' + NOISE(120)), (C, b'\x00' + NOISE(81)), (S, b'\x01' + NOISE(81))]),
    Twin('zoom', 'uTP with a connection id of 02xx', Udp, 6882, 'unknown',
         [(C, pack('!BBHIIIHH', 0x41, 0, 0x0207, 90000, 0, 1048576, 1, 0)),
          (S, pack('!BBHIIIHH', 0x21, 0, 0x0207, 91000, 900, 1048576, 7, 1)),
          (C, pack('!BBHIIIHH', 1, 0, 0x0208, 92000, 900, 1048576, 2, 7) + text(60))]),
    Twin('zoom', 'Diameter', Tcp, 3868, 'unknown',
         [(up, pack('!IIIII', 0x01000000 | 64, flags | 257, 0, 9, 9) + pack('!II', 264, 0x40000000 | 23) + b'pcf.example.org\x00' +
           pack('!II', 296, 0x40000000 | 19) + b'example.org\x00') for up, flags in ((C, 0x80000000), (S, 0))]),
    Twin('stun', 'STUN without a cookie, with another attribute', Udp, 3479, 'unknown',
         [(C, b'\x00\x01\x00\x18' + NOISE(16) + b'\x01\x07\x00\x14' + NOISE(20)),
          (S, b'\x00\x02\x00\x0c' + NOISE(16) + b'\x01\x09\x00\x08' + NOISE(8))]),
    Twin('dingtalk', 'its first bytes, but another field after them', Tcp, 8444, 'unknown',
         [(C, avoid(b'\x10\x02\x87\x80\x01\x00\x01\x00\x02\x00\x02\x64\x6d\x03\x00\x20', 104)), (S, b'\x20\x02\x00\x00')]),
    Twin('dingtalk', 'Minecraft, 10 in front', Tcp, 25565, 'unknown',
         [(C, sized('B', b'\x00\xfb\x05' + sized('B', b'localhost') + b'\x63\xdd\x01') + b'\x01\x00'),
          (S, sized('B', b'\x00' + sized('B', b'{"version":{"name":"1.20.1","protocol":763}}')))]),
]

CARRIERS = [
    Twin('tls', 'one record header whose length does not fit, and a handshake message that is no hello', Tcp, 4430, 'unknown',
         [(C, b'\x17\x03\x01\x00\x40' + NOISE(30)), (S, b'\x16\x03\x01\x00\x30\x63' + NOISE(30))]),
    Twin('tls', 'TLS of a proxy that gives the name of a famous host', Tcp, 4431, 'tls',
         [(C, hello('www.google.com')), (S, server_hello(b'\x03\x03', NOISE(32), ANSWER))]),
    Twin('tls', 'a hello with fe0d, which is GREASE: the name is the true one', Tcp, 4432, 'tls',
         [(C, hello('www.example.org', GREASE_ECH)),
          (S, server_hello(b'\x03\x03', NOISE(32), ANSWER))]),
    Twin('dtls', 'NTP', Udp, 123, 'unknown',
         [(C, b'\x23\x00\x06\x20' + bytes(36) + NOISE(8)),
          (S, b'\x24\x02\x06\xe9' + bytes(8) + b'\x0a\x63\x00\x01' + NOISE(32))]),
    Twin('quic', 'a long header of no known version', Udp, 443, 'unknown',
         [(C, b'\xc3\x12\x34\x56\x78\x08' + NOISE(40)), (S, b'\xc3\x12\x34\x56\x78\x00' + NOISE(40))]),
    Twin('stun', 'TFTP', Udp, 69, 'unknown', 2 * [(C, b'\x00\x01boot.cfg\x00octet\x00')]),
    Twin('stun', 'Teredo', Udp, 3544, 'unknown',
         [(C, b'\x00\x01\x00\x00' + NOISE(8) + b'\x00' + b'\x60\x00\x00\x00\x00\x08\x3a\xff\xfe\x80' + bytes(13) + b'\x01\xff\x02' +
           bytes(13) + b'\x02' + b'\x85\x00\x7d\x37\x00\x00\x00\x00')]),
    Twin('rtp', 'the first bits of RTP, but a new source each time', Udp, 5006, 'unknown',
         [(C, rtp(0, 7 + n, 160 * n, int.from_bytes(NOISE(4), 'big'), NOISE(40))) for n in range(3)]),
    Twin('rtp', 'one packet', Udp, 5008, 'unknown', [(C, rtp(8, 7, 160, 0x11223344, 160 * b'\xd5'))]),
    Twin('websocket', 'HTTP that changes to something else, and then a frame as of WebSocket', Tcp, 8081, 'http',
         [(C, 'GET / HTTP/1.1\r\nHost: 10.99.0.1\r\nConnection: Upgrade\r\nUpgrade: example\r\n\r\n'),
          (S, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: example\r\n\r\n'), (S, b'\x81\x05rainy')]),
    Twin('http', 'Gopher and other lines that begin as a request', Tcp, 70, 'unknown',
         [(C, 'GET weather\r\n'), (S, 'rain\r\n'), (C, 'POST office closed\r\n')]),
    Twin('dns', 'NetBIOS names', Udp, 137, 'unknown',
         [(C, b'\x12\x34\x01\x10\x00\x01' + bytes(6) + b'\x20' + b'FGEPFCELEHFCEPFFFACACACACACACAAA' + b'\x00\x00\x20\x00\x01')]),
    Twin('ssh', 'SSH of a version that is not', Tcp, 22, 'unknown', [(S, 'SSH-3.0-none\r\n'), (C, 'SSHD 2.0\r\n')]),
    Twin('wireguard', 'its types with other lengths, and another receiver each time', Udp, 51820, 'unknown',
         [(C, b'\x01\x00\x00\x00' + NOISE(143)), (S, b'\x02\x00\x00\x00' + NOISE(89)),
          (C, b'\x04\x00\x00\x00' + NOISE(4) + pack('<Q', 5) + NOISE(48)), (C, b'\x04\x00\x00\x00' + NOISE(4) + pack('<Q', 6) + NOISE(48)),
          (C, b'\x04\x00\x00\x01' + NOISE(60)), (C, b'\x04\x00\x00\x00' + NOISE(20))]),
    Twin('wireguard', 'a pop-up of Windows (DCE/RPC), 04 in front', Udp, 1026, 'unknown',
         [(C, b'\x04\x00\x28\x00\x10\x00\x00\x00' + bytes(16) + bytes(range(32)) + bytes(24) +
           b'System\x00\x00Alert\x00Buy now, only today.\x00')]),
    Twin('random', 'BitTorrent, a hash and a name after its words', Tcp, 6881, 'unknown',
         [(C, b'\x13BitTorrent protocol' + bytes(8) + NOISE(20) + b'-TR3000-' + b'k3j9x0a8b1c2'),
          (S, b'\x13BitTorrent protocol' + bytes(8) + NOISE(20) + b'-TR3000-' + b'p0o9i8u7y6t5')]),
]

TWINS = CHAT + OPAQUE + CARRIERS


def make(cap, _):
    twins(cap, 43000, TWINS)
