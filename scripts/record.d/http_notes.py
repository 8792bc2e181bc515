#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""http_notes.py ADDRESS PORT FILE: an HTTP/1.1 server that gives this file to every GET, in gzip to who takes it.

Connections stay open, so that compressed and other bodies follow each other on one."""
import gzip
import http.server
import sys


class Notes(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    body = b''

    def do_GET(self):
        body = self.body
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; charset=utf-8')
        self.send_header('Vary', 'Accept-Encoding')
        if 'gzip' in self.headers.get('Accept-Encoding', ''):
            body = gzip.compress(body, mtime=0)
            self.send_header('Content-Encoding', 'gzip')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == '__main__':
    address, port, path = sys.argv[1:]
    with open(path, 'rb') as f:
        Notes.body = f.read()
    http.server.HTTPServer((address, int(port)), Notes).serve_forever()
