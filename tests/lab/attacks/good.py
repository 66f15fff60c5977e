"""A client that asks good names at a steady rate, and what came of its questions."""
import math
import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

import wire

SERVER = ("127.0.0.1", 53)
PATIENCE_S = 5  # after the last question, as the clients of the field have
SO_TIMESTAMPNS = 35
OVER_TCP_PER_S = 10
MANY = 900  # names of many.org that are asked for, before it begins anew
# Asked again and again, with their address and whether they are signed.
REPEATED = (("www.signed.org", "192.0.2.80", True), ("www.new.chain.org", "192.0.2.10", False),
            ("h1.many.org", "192.0.2.50", True), ("front.hosting.net", "198.18.6.80", False))


def name_of(i):
    """Of ten names three are new ones of a signed zone, three new ones of another, and four are repeated."""
    turn, kind = divmod(i, 10)
    if kind < 3:
        return f"h{2 + (3 * turn + kind) % MANY}.many.org", "192.0.2.50", True
    if kind < 6:
        return f"g{3 * turn + kind - 3}.wild.chain.org", "192.0.2.42", False
    return REPEATED[kind - 6]


def large_of(i):
    """The same, but every tenth name's records fill more than a datagram."""
    return (f"l{i}.wild.big.org", None, False) if i % 10 == 9 else name_of(i)


@dataclass
class Figures:
    asked: int = 0
    new_names: int = 0  # of them: what nobody had asked for before
    wrong: list = field(default_factory=list)  # what was answered otherwise than it should be
    took_ms: list = field(default_factory=list)

    @property
    def answered(self):
        return len(self.took_ms) - len(self.wrong)

    def quantile_ms(self, part):
        """Of all that were asked: what has not been answered took for ever."""
        at = math.ceil(part * self.asked) - 1
        return sorted(self.took_ms)[at] if at < len(self.took_ms) else math.inf


def judge(octets, expected):
    """What is wrong with an answer, or None."""
    qname, address, signed = expected
    message = wire.read(octets)
    if message.rcode != wire.NOERROR:
        return f"{qname}: rcode {message.rcode}"
    if address is not None and message.addresses[-1:] != (address,):
        return f"{qname}: {message.addresses}"
    if signed and not message.flags & wire.AD:
        return f"{qname}: not secure"
    return None


class Client:
    """Over UDP; when a question was sent and when the kernel had the answer are told by one clock."""

    def __init__(self, figures):
        self.figures, self.waiting = figures, {}
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.connect(SERVER)
        self.sock.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.sock, selectors.EVENT_READ)

    def ask(self, number, expected):
        self.figures.asked += 1
        self.waiting[number] = (time.time(), expected)
        self.sock.send(wire.question(number, expected[0], wire.TXT if expected[1] is None else wire.A))

    def receive(self, end):
        while (left_s := end - time.monotonic()) > 0:
            if self.selector.select(left_s):
                self.hear()

    def await_all(self):
        end = time.monotonic() + PATIENCE_S
        while self.waiting and time.monotonic() < end:
            self.receive(min(end, time.monotonic() + 0.05))

    def hear(self):
        octets, ancillary, _, _ = self.sock.recvmsg(65536, 64)
        seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
        sent, expected = self.waiting.pop(struct.unpack_from("!H", octets)[0], (None, None))
        if expected is None:
            return
        self.figures.took_ms.append(1e3 * (seconds + nanoseconds / 1e9 - sent))
        wrong = judge(octets, expected)
        if wrong is not None:
            self.figures.wrong.append(wrong)


def over_tcp(figures, seconds):
    """Each question over a connection of its own."""
    for i in range(int(seconds * OVER_TCP_PER_S)):
        expected = REPEATED[i % len(REPEATED)]
        began = time.monotonic()
        figures.asked += 1
        try:
            with socket.create_connection(SERVER, timeout=PATIENCE_S) as conn:
                octets = wire.question(i, expected[0])
                conn.sendall(struct.pack("!H", len(octets)) + octets)
                said = conn.makefile("rb")
                wrong = judge(said.read(struct.unpack("!H", said.read(2))[0]), expected)
        except (OSError, struct.error) as error:
            wrong = f"{expected[0]} over TCP: {error!r}"
        figures.took_ms.append(1e3 * (time.monotonic() - began))
        if wrong is not None:
            figures.wrong.append(wrong)
        time.sleep(max(0, 1 / OVER_TCP_PER_S - (time.monotonic() - began)))


def ask(rate, seconds, tcp=False, large=False):
    """Figures of so many questions a second for so long; `tcp` and `large`: as an Attack has them."""
    names = [(large_of if large else name_of)(i) for i in range(int(rate * seconds))]
    figures, streams = Figures(new_names=len(set(names) - set(REPEATED))), Figures()
    client = Client(figures)
    beside = threading.Thread(target=over_tcp, args=(streams, seconds))
    if tcp:
        beside.start()
    began = time.monotonic()
    for i, expected in enumerate(names):
        client.receive(began + i / rate)
        client.ask(i & 0xffff, expected)
    client.await_all()
    if tcp:
        beside.join()
    return Figures(figures.asked + streams.asked, figures.new_names, figures.wrong + streams.wrong,
                   figures.took_ms + streams.took_ms)


def warm_up():
    """Until the zones' servers and keys are known, and the names that are repeated."""
    figures = Figures()
    client = Client(figures)
    for number, expected in enumerate((*REPEATED, ("h0.many.org", "", False), ("first.wild.chain.org", "", False))):
        client.ask(number, expected)
    client.await_all()
    return not client.waiting
