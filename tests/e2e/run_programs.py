# SPDX-License-Identifier: BSD-2-Clause
"""Servers and clients of run_programs.sh.

run_programs.py serve ADDRESS DIRECTORY   HTTP at 8080, HTTPS at 8443, WebSocket at 8081 and 8444, a sink at
                                          9000, echo at 9001, 40 MB of IRC at 9002; cert.pem and key.pem are in DIRECTORY
run_programs.py sink ADDRESS              only that sink
run_programs.py alone [TEXT]              a server and a client of its own, over loopback: TEXT or it, as IRC
run_programs.py relay SOCKET ADDRESS      a daemon: passes on what arrives at the Unix socket, to the sink
run_programs.py hand SOCKET               gives the canary to that daemon
run_programs.py xmpp plain|starttls|tls ADDRESS PORT   alice sends it to bob, slixmpp
run_programs.py websocket URI [deflate]   sends it in one text message
run_programs.py urllib URL                asks for it
run_programs.py raw ADDRESS               sends it to the sink, as IRC
run_programs.py bytewise ADDRESS          the same, each byte of the message alone
run_programs.py count ADDRESS TIMES       the same so often, far apart
run_programs.py download ADDRESS          what is at 9002
run_programs.py forms URL TEXT            posts TEXT as JSON, as XML and as a form
run_programs.py daemon SECONDS ADDRESS    leaves a process behind that sends it after so long
run_programs.py bulk MEGABYTES ADDRESS    so much to the sink; prints the MB/s it took
"""
import asyncio
import gzip
import http.server
import json
import os
import socket
import ssl
import sys
import threading
import time
import urllib.request

# What /text and /gzip answer: the client sends nothing of it.
SECRET = b"A blue lantern hangs at the northern gate.\n" * 20
IRC = b"NICK a\r\nUSER a 0 * :a\r\nPRIVMSG #garden :%s\r\n"


def canary():
    return os.environ["GLASSINE_CANARY"].encode()


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = SECRET if self.path in ("/text", "/gzip") else b"welcome\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        if self.path == "/gzip":
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


def tls(directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory + "/cert.pem", directory + "/key.pem")
    return context


def pour(address):
    listening = socket.create_server((address, 9002))
    block = b":a!a@a PRIVMSG #garden :%0484d\r\n" % 0 * 200
    while True:
        peer = listening.accept()[0]
        peer.recv(100)
        for _ in range(400):
            peer.sendall(block)
        peer.close()


def drain(peer, echo):
    while got := peer.recv(1 << 20):
        if echo:
            peer.sendall(got)
    peer.close()


def accept(address, port, echo=False):
    listening = socket.create_server((address, port))
    while True:
        threading.Thread(target=drain, args=(listening.accept()[0], echo), daemon=True).start()


async def rooms(address, directory):
    import websockets

    async def member(peer):
        async for _ in peer:
            await peer.send("heard")

    async with websockets.serve(member, address, 8081, compression="deflate"), \
            websockets.serve(member, address, 8444, compression=None, ssl=tls(directory)):
        await asyncio.Future()


def serve(address, directory):
    plain = http.server.ThreadingHTTPServer((address, 8080), Pages)
    secure = http.server.ThreadingHTTPServer((address, 8443), Pages)
    secure.socket = tls(directory).wrap_socket(secure.socket, server_side=True)
    for target, arguments in ((plain.serve_forever, ()), (secure.serve_forever, ()),
                              (accept, (address, 9000)), (accept, (address, 9001, True)), (pour, (address,))):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    try:
        asyncio.run(rooms(address, directory))
    except ImportError:
        threading.Event().wait()


def sink(address):
    accept(address, 9000)


def alone(text=None):
    threading.Thread(target=sink, args=("127.0.0.1",), daemon=True).start()
    time.sleep(0.2)
    raw("127.0.0.1", text and IRC % text.encode())


def relay(path, address):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    while True:
        peer = listening.accept()[0]
        raw(address, peer.recv(4096))
        peer.sendall(b"sent")
        peer.close()


def hand(path):
    helper = socket.socket(socket.AF_UNIX)
    helper.connect(path)
    helper.sendall(IRC % canary())
    if helper.recv(4) != b"sent":
        sys.exit("nobody sent it")


def raw(address, data=None):
    with socket.create_connection((address, 9000)) as peer:
        peer.sendall(data or IRC % canary())


def bytewise(address):
    with socket.create_connection((address, 9000)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Eight packets decide what a flow is.
        *greeting, message = (IRC % canary()).splitlines(True)
        peer.sendall(b"".join(greeting))
        for byte in message:
            peer.send(bytes([byte]))
            time.sleep(0.002)


def count(address, times):
    *greeting, message = (IRC % canary()).splitlines(True)
    raw(address, b"".join(greeting) + (b"PING :%0504d\r\n" % 0 * 39 + message) * int(times))


def download(address):
    got = 0
    with socket.create_connection((address, 9002)) as peer:
        peer.sendall(b"NICK a\r\nUSER a 0 * :a\r\n")
        while chunk := peer.recv(1 << 20):
            got += len(chunk)
    print(got)


def forms(url, text):
    import urllib.parse

    for body in (json.dumps({"text": text}), "<text>%s</text>" % text.encode("ascii", "xmlcharrefreplace").decode(),
                 urllib.parse.urlencode({"text": text})):
        urllib.request.urlopen(url, data=body.encode(), timeout=10).read()


def daemon(seconds, address):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for stream in range(3):
        os.close(stream)
    time.sleep(float(seconds))
    raw(address)


def xmpp(how, address, port):
    import slixmpp

    class Person(slixmpp.ClientXMPP):
        def __init__(self, name):
            super().__init__(name + "@garden.example/home", name + "-secret")
            self.ready, self.heard = asyncio.Event(), asyncio.Queue()
            self.whitespace_keepalive = False
            self.default_domain = "garden.example"     # else no name is sent when the address is a number
            self.add_event_handler("session_start", self.begin)
            self.add_event_handler("message", lambda stanza: self.heard.put_nowait(stanza["body"]))

        def begin(self, _):
            self.send_presence()
            self.ready.set()

        def get_ssl_context(self):
            context = super().get_ssl_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context

    async def talk():
        people = [Person("alice"), Person("bob")]
        for one in people:
            one.connect((address, int(port)), use_ssl=how == "tls", force_starttls=how == "starttls",
                        disable_starttls=how == "plain")
            await asyncio.wait_for(one.ready.wait(), 15)
        await asyncio.sleep(0.2)
        people[0].send_message(mto="bob@garden.example", mbody=canary().decode(), mtype="chat")
        if await asyncio.wait_for(people[1].heard.get(), 10) != canary().decode():
            sys.exit("bob heard something else")
        for one in people:
            one.disconnect()
            await asyncio.wait_for(one.disconnected, 10)

    asyncio.get_event_loop().run_until_complete(talk())


def websocket(uri, compression=None):
    import websockets

    async def talk():
        context = None
        if uri.startswith("wss"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        async with websockets.connect(uri, compression=compression, ssl=context) as peer:
            await peer.send(canary().decode())
            if await asyncio.wait_for(peer.recv(), 10) != "heard":
                sys.exit("nobody heard")

    asyncio.run(talk())


def urllib_get(url):
    urllib.request.urlopen(url + "?q=" + canary().decode(), timeout=10).read()


def bulk(megabytes, address, port="9000"):
    # Each line is recognised and read: what is skipped early would be an easy load.
    block = b"PING :%0504d\r\n" % 0 * 512
    total = int(megabytes) << 20
    with socket.create_connection((address, int(port))) as peer:
        peer.sendall(b"NICK a\r\nUSER a 0 * :a\r\n")
        time.sleep(0.05)
        start = time.monotonic()
        for _ in range(-(-total // len(block))):
            peer.sendall(block)
        peer.shutdown(socket.SHUT_WR)
        peer.recv(1)        # until the sink has read all of it
        print(round(total / (time.monotonic() - start) / 1e6))


if __name__ == "__main__":
    what = {"urllib": urllib_get}.get(sys.argv[1]) or globals()[sys.argv[1]]
    what(*sys.argv[2:])
