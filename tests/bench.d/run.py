# SPDX-License-Identifier: BSD-2-Clause
"""run.py GLASSINE RESULT ROUNDS: the throughput of one connection over loopback, whose client
runs inside `glassine run`, beside the same client without it. Prints a table and adds its rows
to RESULT. In a network namespace of its own (tests/bench makes it): nothing else is on its
loopback.

The server is outside of the tree, on another core. The rounds alternate, so that what
disturbs the machine disturbs each of them."""
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

# What follows the greeting is known as IRC, and read.
GREETING = b"NICK a\r\nUSER a 0 * :a\r\n"
BLOCK = b"PING :%0504d\r\n" % 0 * 512
BLOCKS = 1024
SIZE = len(GREETING) + len(BLOCK) * BLOCKS
AIM = 0.9
# What is sent, what reads it, what stands beside it.
PLAIN, CLEAR, CANARY, TLS, TLS_RUN = range(5)
ROWS = [
    ("IRC over loopback", "clear", None, None),
    ("the same inside run", "clear", [], PLAIN),
    ("the same, a canary in 14 encodings", "clear", ["--canary", "auto"], PLAIN),
    ("TLS over loopback", "tls", None, None),
    ("the same inside run, a canary", "tls", ["--canary", "auto"], TLS),
]


def serve(ports, certificate):
    """One connection after the other; closes each when all of it is there."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    room = bytearray(1 << 20)
    while True:
        for listening, secure in ports:
            try:
                peer = listening.accept()[0]
            except BlockingIOError:
                continue
            peer.setblocking(True)
            if secure:
                peer = context.wrap_socket(peer, server_side=True)
            got = 0
            while got < SIZE:
                n = peer.recv_into(room)
                if not n:
                    break
                got += n
            peer.sendall(b"got it")
            peer.close()
        time.sleep(0.005)


def send(kind, port):
    """Prints MB/s, from the first byte of the bulk to the server's answer."""
    peer = socket.create_connection(("127.0.0.1", port))
    if kind == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        peer = context.wrap_socket(peer)
    peer.sendall(GREETING)
    time.sleep(0.02)
    start = time.monotonic()
    for _ in range(BLOCKS):
        peer.sendall(BLOCK)
    peer.recv(6)
    print(len(BLOCK) * BLOCKS / (time.monotonic() - start) / 1e6)


def once(glassine, options, kind, port, scratch):
    command = [sys.executable, __file__, "send", kind, str(port)]
    if options is None:
        return float(subprocess.run(command, check=True, capture_output=True).stdout)
    report = scratch + "/report"
    done = subprocess.run([glassine, "run", "--json", "-o", report] + options + ["--"] + command, capture_output=True)
    with open(report) as file:
        told = json.load(file)
    read = sum(row["bytes"] for row in told["outcome"] if row["name"] in ("scanned", "encrypted"))
    # A run that lost half of it would look fast.
    if done.returncode or read < SIZE:
        sys.exit("bench: run ended with %d, %d bytes read, reasons %s" % (
            done.returncode, read, told["judgement"]["reasons"]))
    return float(done.stdout)


def main(glassine, result, rounds):
    with tempfile.TemporaryDirectory() as scratch:
        certificate = scratch + "/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=bench", "-keyout", certificate, "-out", scratch + "/c"], check=True, capture_output=True)
        with open(certificate, "a") as both, open(scratch + "/c") as more:
            both.write(more.read())
        ports = []
        for secure in (False, True):
            listening = socket.create_server(("127.0.0.1", 0))
            listening.setblocking(False)
            ports.append((listening, secure))
        cores = sorted(os.sched_getaffinity(0))
        server = os.fork()
        if not server:
            os.sched_setaffinity(0, cores[:1])
            serve(ports, certificate)
        try:
            os.sched_setaffinity(0, cores[-1:])
            results = [[] for _ in ROWS]
            for turn in range(int(rounds) + 1):
                for row, (_, kind, options, _) in enumerate(ROWS):
                    value = once(glassine, options, kind, ports[kind == "tls"][0].getsockname()[1], scratch)
                    if turn:        # the first one warms up
                        results[row].append(value)
        finally:
            os.kill(server, 9)
    medians = [statistics.median(values) for values in results]
    with open(result) as file:
        bench = json.load(file)
    for row, (name, _, _, peer) in enumerate(ROWS):
        line = "%-34s %10.0f %10.0f %-9s" % (name, medians[row], max(results[row]), "MB/s")
        ratio = peer is not None and medians[row] / medians[peer]
        if peer is not None:
            line += " %8.2f x %-30s aim: at least %.2f x: %s" % (
                ratio, ROWS[peer][0], AIM, "kept" if ratio >= AIM else "MISSED")
        print(line)
        bench["rows"].append({"name": name if peer is None else "%s: %s" % (ROWS[peer][0], name), "value": round(medians[row], 1),
                              "unit": "MB/s", "peer": None if peer is None else ROWS[peer][0],
                              "ratio": None if peer is None else round(ratio, 3)})
    with open(result, "w") as file:
        json.dump(bench, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]))
    else:
        main(*sys.argv[1:])
