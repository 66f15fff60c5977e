"""As much of DNS messages (RFC 1035) as those need who attack and those who ask: written without compression."""
import socket
import struct
from dataclasses import dataclass

A, NS, CNAME, SOA, TXT, AAAA, OPT, DS, RRSIG, DNSKEY, NSEC3 = 1, 2, 5, 6, 16, 28, 41, 43, 46, 48, 50
QR, AA, TC, RD, AD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0020
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5
HEADER = struct.Struct("!6H")
EDNS = b"\0" + struct.pack("!HHIH", OPT, 1232, 0, 0)


def name(text):
    """www.example.com -> its octets"""
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner, kind, ttl, rdata):
    return name(owner) + struct.pack("!HHIH", kind, 1, ttl, len(rdata)) + rdata


def at_question(kind, ttl, rdata):
    """A record of the name that was asked for."""
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(rdata)) + rdata


def address(owner, text, ttl=60):
    kind, family = (AAAA, socket.AF_INET6) if ":" in text else (A, socket.AF_INET)
    return record(owner, kind, ttl, socket.inet_pton(family, text))


def soa(zone):
    return record(zone, SOA, 60, name(f"ns.{zone}") + name(f"hostmaster.{zone}") + struct.pack("!5I", 1, 7200, 3600, 1209600, 60))


def question(number, qname, qtype=A, edns=True):
    """As a client asks that wants to hear whether the answer is secure."""
    return HEADER.pack(number, RD | AD, 1, 0, 0, edns) + name(qname) + struct.pack("!HH", qtype, 1) + (EDNS if edns else b"")


@dataclass(frozen=True)
class Message:
    id: int
    flags: int
    qname: str   # in lower case, without the last dot
    qtype: int
    asked: bytes  # the question section as it came
    addresses: tuple  # those in the answer section

    @property
    def rcode(self):
        return self.flags & 0xf


def read(octets):
    number, flags, _, answers, _, _ = HEADER.unpack_from(octets)
    qname, at = read_name(octets, HEADER.size)
    qtype, asked = struct.unpack_from("!H", octets, at)[0], octets[HEADER.size:at + 4]
    at, addresses = at + 4, []
    for _ in range(answers):
        at = read_name(octets, at)[1]
        kind, _, _, size = struct.unpack_from("!HHIH", octets, at)
        if kind in (A, AAAA):
            addresses.append(socket.inet_ntop(socket.AF_INET if kind == A else socket.AF_INET6, octets[at + 10:at + 10 + size]))
        at += 10 + size
    return Message(number, flags, qname, qtype, asked, tuple(addresses))


def read_name(octets, at):
    """The name, and where what follows it begins; of a compressed one the first part alone."""
    labels = []
    while octets[at]:
        if octets[at] >= 0xc0:
            return ".".join(labels), at + 2
        labels.append(octets[at + 1:at + 1 + octets[at]].decode("latin-1").lower())
        at += 1 + octets[at]
    return ".".join(labels), at + 1
