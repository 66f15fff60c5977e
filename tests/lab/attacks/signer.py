"""Signatures of zones that are signed by an attacker: ECDSA with P-256 (RFC 6605), by the book and slowly.

Keys that all have one tag (RFC 4034, appendix B) are points of the curve all the same, so that a resolver has to do the
whole work with each: what makes up the tag are bits of the flags that have no meaning (section 2.1.1).
"""
import hashlib
import struct
import time

import wire

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
ECDSAP256SHA256 = 13
ZONE, REVOKED, SEP = 0x0100, 0x0080, 0x0001


def add(a, b):
    if a is None or b is None:
        return a or b
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(factor, point):
    product = None
    while factor:
        if factor & 1:
            product = add(product, point)
        point, factor = add(point, point), factor >> 1
    return product


def number_of(octets):
    return int.from_bytes(hashlib.sha256(octets).digest(), "big") % ORDER


def sign(secret, octets):
    digest, nonce = number_of(octets), number_of(secret.to_bytes(32, "big") + octets)
    r = multiply(nonce, G)[0] % ORDER
    s = pow(nonce, -1, ORDER) * (digest + r * secret) % ORDER
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def key_rdata(point, flags):
    return struct.pack("!HBB", flags, 3, ECDSAP256SHA256) + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def sum_of(rdata):
    return sum(struct.unpack(f"!{len(rdata) // 2}H", rdata))


def tag_of(rdata):
    total = sum_of(rdata)
    return (total + (total >> 16)) & 0xffff


class Zone:
    """A zone with one key, the same whenever it is made: what its parent says of it stands in a file."""

    def __init__(self, zone):
        self.zone, self.secret = zone, number_of(zone.encode())
        self.key = key_rdata(multiply(self.secret, G), ZONE | SEP)
        self.tag = tag_of(self.key)

    @property
    def ds(self):
        digest = hashlib.sha256(wire.name(self.zone) + self.key).hexdigest()
        return f"{self.zone}. DS {self.tag} {ECDSAP256SHA256} 2 {digest}"

    def signed(self, owner, kind, ttl, rdatas):
        """The records of a set with their signature (RFC 4034, section 3.1.8.1)."""
        head = self.signature_head(owner, kind, ttl, self.tag)
        body = b"".join(wire.record(owner, kind, ttl, rdata) for rdata in sorted(rdatas))
        return [wire.record(owner, kind, ttl, rdata) for rdata in rdatas] + \
               [wire.record(owner, wire.RRSIG, ttl, head + sign(self.secret, head + body))]

    def signature_head(self, owner, kind, ttl, tag):
        now, labels = int(time.time()), owner.count(".") + 1
        return struct.pack("!HBBIIIH", kind, ECDSAP256SHA256, labels, ttl, now + 86400, now - 3600, tag) + wire.name(self.zone)

    def forged(self, owner, kind, ttl, tag, count):
        """The rdata of signatures that look like those of a key with that tag and are nobody's."""
        head = self.signature_head(owner, kind, ttl, tag)
        return [head + bytes([1]) * 32 + bytes([1 + i]) * 32 for i in range(count)]

    def keys_of_one_tag(self, tag, count):
        keys, point = [], multiply(self.secret, G)
        while len(keys) < count:
            point = add(point, G)
            flags = (tag - sum_of(key_rdata(point, 0))) % 0xffff
            if flags & (ZONE | REVOKED) == ZONE:
                keys.append(key_rdata(point, flags))
        return keys


if __name__ == "__main__":
    for name in ("keytrap.com", "hashes.com"):
        print(Zone(name).ds)
