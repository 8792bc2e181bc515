# SPDX-License-Identifier: BSD-2-Clause
"""What tests run within `glassine run`, and a terminal around it.

run.py irc [TEXT]       a client and a server on loopback; TEXT or the canary in three messages
run.py vxlan            the canary in a SIP MESSAGE in a VXLAN packet, from a socket of its own
run.py tls DIRECTORY    the same text over TLS, with cert.pem and key.pem
run.py bulk MEGABYTES [DIRECTORY]  so much over loopback, over TLS; prints bytes and MB/s
run.py cmdlines FILE    writes the canary to FILE; prints how many command lines hold it
run.py late FILE        ends with the text on its way to a process outside that reads later
run.py reader FILE SECONDS  that process: writes its port to FILE
run.py daemon SECONDS   leaves a process behind that speaks irc after so long
run.py terminal COMMAND...  COMMAND in a terminal: ^Z, SIGCONT, ^C; prints what became of it
"""
import glob
import os
import pty
import signal
import socket
import ssl
import struct
import sys
import threading
import time

LINE = b"PRIVMSG #garden :%s\r\n"


def canary():
    return os.environ["GLASSINE_CANARY"].encode()


def talk(wrap_server, wrap_client, payload):
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer = wrap_server(listening.accept()[0])
        while peer.recv(1 << 20):
            pass

    server = threading.Thread(target=serve)
    server.start()
    client = wrap_client(socket.create_connection(listening.getsockname()))
    for part in payload:
        client.sendall(part)
        time.sleep(0.01)
    client.close()
    server.join()


def irc(text=None):
    line = LINE % (text.encode() if text else canary())
    talk(lambda s: s, lambda s: s, [b"NICK a\r\nUSER a 0 * :a\r\n", line, line, line])


def vxlan():
    message = b"MESSAGE sip:b@garden SIP/2.0\r\n\r\n" + canary()
    udp = struct.pack("!4H", 40000, 5060, 8 + len(message), 0) + message
    ip = struct.pack("!2B3H2BH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + b"\n\0\0\x01\n\0\0\x02"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"\x08\0\0\0\0\0\x2a\0" + bytes(12) + b"\x08\0" + ip + udp, ("127.0.0.1", 4789))


def contexts(directory):
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    there.load_cert_chain(directory + "/cert.pem", directory + "/key.pem")
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    here.check_hostname = False
    here.verify_mode = ssl.CERT_NONE
    return lambda s: there.wrap_socket(s, server_side=True), here.wrap_socket


def tls(directory):
    talk(*contexts(directory), [LINE % canary()] * 3)


def bulk(megabytes, directory=None):
    there, here = contexts(directory) if directory else (lambda s: s, lambda s: s)
    listening = socket.create_server(("127.0.0.1", 0))
    block = b"PING :%0504d\r\n" % 0 * 512
    if os.fork() == 0:
        client = here(socket.create_connection(listening.getsockname()))
        client.sendall(b"NICK a\r\nUSER a 0 * :a\r\n")
        for _ in range((int(megabytes) << 20) // len(block)):
            client.sendall(block)
        os._exit(0)
    peer = there(listening.accept()[0])
    room = memoryview(bytearray(1 << 20))
    got, start = 0, time.monotonic()
    while count := read_into(peer, room):
        got += count
    print(got, round(got / (time.monotonic() - start) / 1e6))
    os.wait()


def read_into(peer, room):
    try:
        return peer.recv_into(room)
    except ssl.SSLEOFError:  # the other end did not say that it ends
        return 0


def cmdlines(path):
    with open(path, "wb") as file:
        file.write(canary())
    found = 0
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(name, "rb") as file:
                found += canary() in file.read()
        except OSError:
            pass
    print(found)


def reader(path, seconds):
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    with open(path + ".new", "w") as file:
        file.write(str(listening.getsockname()[1]))
    os.rename(path + ".new", path)
    peer = listening.accept()[0]
    time.sleep(float(seconds))
    while peer.recv(1 << 20):
        pass


def late(path):
    with open(path) as file:
        client = socket.create_connection(("127.0.0.1", int(file.read())))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    client.sendall(b"NICK a\r\nUSER a 0 * :a\r\n" + b"PING :%0504d\r\n" % 0 * 600 + LINE % canary())


def daemon(seconds):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    time.sleep(float(seconds))
    irc()


def shell(command):
    """As a shell with job control: COMMAND in a group of its own, in the foreground."""
    job = os.fork()
    if not job:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(command[0], command)
    status = os.waitpid(job, os.WUNTRACED)[1]
    print("stopped" if os.WIFSTOPPED(status) else "ended", flush=True)
    os.killpg(job, signal.SIGCONT)
    print("continued", flush=True)
    print("status", os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]), flush=True)
    os._exit(0)


def terminal(*command):
    pid, master = pty.fork()
    if not pid:
        shell(command)
    seen = b""
    keys = [(b"ready", b"\x1a"), (b"continued", b"\x03")]
    try:
        while got := os.read(master, 4096):
            seen += got
            if keys and keys[0][0] in seen:
                time.sleep(0.3)
                os.write(master, keys.pop(0)[1])
    except OSError:
        pass
    os.waitpid(pid, 0)
    sys.stdout.buffer.write(seen.replace(b"\r", b""))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
