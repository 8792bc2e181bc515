# SPDX-License-Identifier: BSD-2-Clause
"""What can be read in a capture without a key: words as Python's codecs write them, texts without their masks.

Shares nothing with glassine. Places of words go to the word oracle as objects with finditer()."""
import base64
import binascii
import collections
import gzip
import re
import unicodedata
import zlib

Place = collections.namedtuple('Place', 'at')
Place.start = lambda place: place.at


def cases(c):
    return sorted({c, c.lower(), c.upper()})


def charset(codec):
    def write(c):
        try:
            return re.escape(c.encode(codec))
        except UnicodeEncodeError:
            return None
    return write


def percent(c):
    if c == ' ':
        return rb'(?:%20|\+)'
    if c.isascii() and (c.isalnum() or c in '-._~'):
        return re.escape(c.encode())
    return b''.join(b'(?i:%%%02x)' % b for b in c.encode())


def json(c):
    if c.isascii():
        return re.escape(c.encode())
    units = c.encode('utf-16-be').hex()
    return b''.join(rb'\\u(?i:%s)' % units[i:i + 4].encode() for i in range(0, len(units), 4))


def xml(c):
    if c.isascii():
        return re.escape(c.encode())
    return b'(?:&#%d;|(?i:&#x%x;))' % (ord(c), ord(c))


CHARACTERS = {
    'utf-8': charset('utf-8'), 'utf-16le': charset('utf-16-le'), 'utf-16be': charset('utf-16-be'),
    'gb18030': charset('gb18030'), 'big5': charset('big5'), 'shift_jis': charset('cp932'), 'euc-kr': charset('cp949'),
    'koi8-r': charset('koi8-r'), 'windows-1251': charset('cp1251'), 'percent': percent, 'json': json, 'xml': xml}


def spelling(word, write):
    """a regular expression for the word in any letter case, composed or not; None when it cannot be written so"""
    found = set()
    for form in ('NFC', 'NFD'):
        parts = []
        for c in unicodedata.normalize(form, word):
            written = [write(x) for x in cases(c)]
            parts.append(b'(?:' + b'|'.join(w for w in written if w) + b')' if any(written) else None)
        if None not in parts:
            found.add(b''.join(parts))
    return b'(?:' + b'|'.join(sorted(found)) + b')' if found else None


class Digits:
    """Words in runs of digits, wherever their first byte stands in a group."""

    def __init__(self, digits, group, size, decode, rx):
        self.digits, self.group, self.size, self.decode, self.rx = re.compile(digits), group, size, decode, rx

    def finditer(self, data):
        for run in self.digits.finditer(data):
            for shift in range(self.group):
                for m in self.rx.finditer(self.decode(run[0][shift:])):
                    yield Place(run.start() + shift + m.start() * self.group // self.size)


def from_base64(text):
    text = text.translate(bytes.maketrans(b'-_', b'+/'))
    text = text[:-1] if len(text) % 4 == 1 else text
    return base64.b64decode(text + b'=' * (-len(text) % 4))


def from_hex(text):
    return binascii.unhexlify(text[:len(text) // 2 * 2])


def patterns(words, *_):
    """what words_oracle.patterns() gives, in all encodings; equal ones are one, the first"""
    for i, word in enumerate(words):
        seen = set()
        for name, write in CHARACTERS.items():
            rx = spelling(word, write)
            if rx and rx not in seen:
                seen.add(rx)
                yield i, name, re.compile(b'(?=' + rx + b')', re.S), 0
        rx = re.compile(b'(?=' + spelling(word, CHARACTERS['utf-8']) + b')', re.S)
        yield i, 'base64', Digits(rb'[A-Za-z0-9+/_-]{4,}', 4, 3, from_base64, rx), 0
        yield i, 'hex', Digits(rb'[0-9A-Fa-f]{4,}', 2, 1, from_hex, rx), 0


# ---- streams ------------------------------------------------------------------

def streams(wire, path, port):
    """-> {(source, its port, ...): [(where in the file, payload)]} of the TCP connections with this port"""
    at, result, following = 24, {}, {}
    for _, link, frame, _ in wire.packets(path):
        at += 16
        for k in wire.decode(link, frame):
            if k.l4 == 'tcp' and port in (k.sp, k.dp):
                key = k.src, k.sp, k.dst, k.dp
                if following.get(key, k.seq) != k.seq or not frame.endswith(k.payload):
                    raise ValueError('%s: out of order, or padded' % path)
                following[key] = k.seq + len(k.payload) + bool(k.flags & 3) & 0xffffffff
                if k.payload:
                    result.setdefault(key, []).append((at + len(frame) - len(k.payload), k.payload))
        at += len(frame)
    return result


def frames(data):
    """WebSocket frames behind the HTTP header: (first byte, key, begin and end of the payload)"""
    at = data.index(b'\r\n\r\n') + 4
    while at < len(data):
        first, n = data[at], data[at + 1] & 127
        more = {126: 2, 127: 8}.get(n, 0)
        if more:
            n = int.from_bytes(data[at + 2:at + 2 + more], 'big')
        begin = at + 2 + more + (4 if data[at + 1] & 128 else 0)
        yield first, bytes(data[begin - 4:begin]) if data[at + 1] & 128 else bytes(4), begin, begin + n
        at = begin + n


def websocket(data):
    """-> the stream without masks, the places of what is compressed, the texts"""
    data, packed, texts, inflate = bytearray(data), [], [], zlib.decompressobj(-15)
    for first, key, begin, end in frames(data):
        data[begin:end] = text = bytes(b ^ key[i % 4] for i, b in enumerate(data[begin:end]))
        if first & 0x40:
            packed.append((begin, end))
            text = inflate.decompress(text + b'\0\0\xff\xff')
        if first & 15 == 1:
            texts.append(text.decode())
    return data, packed, texts


def http(data):
    """the same for the answers of an HTTP server, which have a Content-Length; texts are bodies"""
    data, at, packed, texts = bytearray(data), 0, [], []
    while at < len(data):
        begin = data.index(b'\r\n\r\n', at) + 4
        head = dict(x.lower().split(b': ', 1) for x in bytes(data[at:begin - 4]).split(b'\r\n')[1:])
        at = begin + int(head[b'content-length'])
        body = bytes(data[begin:at])
        if b'content-encoding' in head:
            packed.append((begin, at))
            body = gzip.decompress(body)
        texts.append(body.decode())
    return data, packed, texts


def unpack(wire, path, port, label):
    """-> the capture's bytes without masks and without what is compressed, which is returned apart; in how
    many packets that was; the texts"""
    with open(path, 'rb') as f:
        capture = bytearray(f.read())
    packets, parts, texts = 0, [], []
    for (_, source, *_), segments in streams(wire, path, port).items():
        if label == 'http' and source != port:
            continue
        data, packed, said = (websocket if label == 'websocket' else http)(b''.join(s for _, s in segments))
        texts += said
        for begin, last in packed:
            parts.append(bytes(data[begin:last]))
            data[begin:last] = bytes(last - begin)
        at = 0
        for where, segment in segments:
            end = at + len(segment)
            capture[where:where + len(segment)] = data[at:end]
            packets += any(begin < end and at < last for begin, last in packed)
            at = end
    return capture, parts, packets, texts
