"""Writes the zones of the situations: those of zones/, and the families that are easier told by a rule than by a list.

	families.py FOLDER      FOLDER/zones/*.zone and FOLDER/more.sh, as tests/lab/lab wants them in CAIRN_LAB_MORE

A line `; ask: NAME TYPE [CLASS] [+FLAG...]` of a zone is a question (questions.py).
"""
import shutil
import sys
from pathlib import Path

import habits

HERE = Path(__file__).resolve().parent
APEX = """$TTL 3600
@\tSOA\tns1.name.odd. hostmaster 1 7200 3600 1209600 300
@\tNS\t{server}
"""
CHAIN_LENGTH = 30

# Zone and how it is signed; each holds the shapes.
SHAPED = {"plain": None, "nsec": "ECDSAP256SHA256 nsec ksk+zsk", "nsec3": "RSASHA256 nsec3"}

# What Debian's signer can do (RFC 8624 has no use for some of it).
ALGORITHMS = ["RSAMD5", "DSA", "RSASHA1", "DSA-NSEC3-SHA1", "RSASHA1-NSEC3-SHA1", "RSASHA256", "RSASHA512",
              "ECDSAP256SHA256", "ECDSAP384SHA384", "ED25519", "ED448"]

# Zones that differ by how they are signed, or by what became of it afterwards (SED of zones.sh).
NSEC3 = "ECDSAP256SHA256 nsec3"
SIGNED = {
    "expired": ("ECDSAP256SHA256 nsec expired", []),
    "not-yet": ("ECDSAP256SHA256 nsec not-yet", []),
    "wrong-ds": ("ECDSAP256SHA256 nsec wrong-ds", []),
    "island": ("ECDSAP256SHA256 nsec no-ds", []),
    "ds-sha1": ("ECDSAP256SHA256 nsec ds=1", []),
    "ds-sha384": ("ECDSAP256SHA256 nsec ds=4", []),
    "sha1-right": ("ECDSAP256SHA256 nsec ds=1", []),
    "digest-unknown-too": ("ECDSAP256SHA256 nsec", []),
    "algorithm-unknown-too": ("ECDSAP256SHA256 nsec", []),
    "digest-unknown": ("ECDSAP256SHA256 nsec no-ds", []),
    "algorithm-unknown": ("ECDSAP256SHA256 nsec no-ds", []),
    "algorithm-private": ("ECDSAP256SHA256 nsec no-ds", []),
    "both-unknown": ("ECDSAP256SHA256 nsec no-ds", []),
    "unsigned": (None, []),
    "tampered": ("ECDSAP256SHA256 nsec", [r"s/192\.0\.2\.80$/192.0.2.81/"]),
    "sig-missing": ("ECDSAP256SHA256 nsec", [r"/^www\..*RRSIG\tA /d"]),
    "keysig-missing": ("ECDSAP256SHA256 nsec", [r"/RRSIG\tDNSKEY /d"]),
    "signer-wrong": ("ECDSAP256SHA256 nsec", [r"/RRSIG\tA /s/ signer-wrong\.odd\. / name.odd. /"]),
    "nsec-missing": ("ECDSAP256SHA256 nsec", [r"/\t(RRSIG\t)?NSEC[ \t]/d"]),
    "nsec3-missing": (NSEC3, [r"/\t(RRSIG\t)?NSEC3[ \t]/d"]),
    "nsec-lies": ("ECDSAP256SHA256 nsec", [r"s/(NSEC\t.*) A RRSIG NSEC/\1 RRSIG NSEC/"]),
    "labels-wrong": ("ECDSAP256SHA256 nsec", [r"/^www\./s/RRSIG\tA 13 3 /RRSIG\tA 13 2 /"]),
    "ttl-raised": ("ECDSAP256SHA256 nsec", [r"/^www\..*\tA\t/s/\t3600\t/\t7200\t/"]),
    "iterations-1": (NSEC3 + " iterations=1", []),
    "iterations-50": (NSEC3 + " iterations=50", []),
    "iterations-100": (NSEC3 + " iterations=100", []),
    "iterations-150": (NSEC3 + " iterations=150", []),
    "iterations-151": (NSEC3 + " iterations=151", []),
    "iterations-2500": (NSEC3 + " iterations=2500", []),
}
SIGNED_NAMES = """www\tA\t192.0.2.80
*.w\tA\t192.0.2.82
alias\tCNAME\twww
out\tCNAME\twww.nsec.odd.
leaf.empty\tA\t192.0.2.83
"""
SIGNED_QUESTIONS = ["www A", "www A +do", "www A +cd", "www A +cd +do", "www MX", "www MX +do", "nothing A", "nothing A +do",
                    "nothing A +cd", "any.w A", "any.w A +do", "any.w MX", "empty A", "alias A", "out A", "@ DNSKEY +do", "@ DS +do",
                    "@ NS", "@ SOA", "@ NSEC3PARAM"]

# Unsigned zones that differ by how they are delegated (zones/odd.zone): zone, and the lines of its apex.
DELEGATED = {
    "lame-one": "@\tNS\tns2.tld.odd.\n",
    "dead-one": "@\tNS\tdead.name.odd.\n",
    "unreachable-one": "@\tNS\tunreachable.name.odd.\n",
    "ns-alias": "",
    "ns-one-bad": "@\tNS\tnothing.name.odd.\n",
    "glue-inside": "@\tNS\tns\nns\tA\t198.18.10.1\n",
    "glue-sibling": "@\tNS\tns.glue-inside.odd.\n",
    "glue-wrong": "@\tNS\tns\nns\tA\t198.18.10.3\n",
    "glue-v6": "@\tNS\tns\nns\tAAAA\t2001:2:0:10::1\n",
    "glue-stale": "@\tNS\tns1\n@\tNS\tns2\nns1\tA\t198.18.10.1\nns2\tA\t198.18.10.1\n",
    "cross-a": "@\tNS\tns.cross-b.odd.\nns\tA\t198.18.10.1\n",
    "cross-b": "@\tNS\tns.cross-a.odd.\nns\tA\t198.18.10.1\n",
}
DELEGATED_QUESTIONS = ["www A", "nothing A", "@ NS", "@ SOA", "@ A", "@ DS +do", "www AAAA"]


def asks(questions):
    return "".join(f"; ask: {question}\n" for question in questions)


def sign(how):
    return f"; sign: {how}\n" if how else ""


def chain():
    links = "".join(f"k{n}\tCNAME\tk{n + 1}\n" for n in range(1, CHAIN_LENGTH))
    return links + f"k{CHAIN_LENGTH}\tA\t192.0.2.99\n"


def shaped(how):
    return sign(how) + "$TTL 3600\n" + (HERE / "zones/shapes.part").read_text() + chain()


def apex(server="ns1.name.odd."):
    return APEX.format(server=server)


def signed(how, damage):
    edits = "".join(f"; edit: {line}\n" for line in damage)
    return sign(how) + edits + apex() + SIGNED_NAMES + asks(SIGNED_QUESTIONS)


def delegated(lines):
    return apex() + lines + "www\tA\t192.0.2.90\n" + asks(DELEGATED_QUESTIONS)


def child():
    """Of a zone of shapes: unsigned, on one of the servers of its parent."""
    return apex("ns3.name.odd.") + "@\tNS\tns1\nns1\tA\t198.18.10.3\nwww\tA\t192.0.2.72\n"


def large():
    """Sets that no datagram holds, up to what a message does."""
    lines = [apex()]
    for count in (10, 30, 60, 100, 500, 1000, 3000):
        lines += [f"a{count}\tA\t198.51.{n // 250}.{n % 250 + 1}\n" for n in range(count)]
    for size in (100, 500, 1000, 1200, 1400, 4000, 16000, 40000, 60000):
        strings = " ".join(f'"{"x" * 200}"' for _ in range(size // 200)) or '"x"'
        lines.append(f"txt{size}\tTXT\t{strings}\n")
    lines += [f"many\tTXT\t\"{n:03} {'y' * 150}\"\n" for n in range(100)]
    lines.append(asks(["a100 A +noedns", "a100 A +bufsize=512", "a100 A +ignore", "a1000 A +ignore", "a1000 A +tcp",
                       "a100 A +noedns +ignore", "many TXT +ignore", "txt1200 TXT +ignore", "txt1000 TXT +noedns +ignore",
                       "a30 A +noedns +ignore", "a60 A +bufsize=4096 +ignore", "a100 A +bufsize=4096 +ignore"]))
    return "".join(lines)


def nested(depth):
    """d1.odd, d2.d1.odd, ...: by turns on two servers, so that each is a referral."""
    name = "odd"
    for level in range(1, depth + 1):
        name = f"d{level}.{name}"
        server = "ns1.name.odd." if level % 2 else "ns3.name.odd."
        below = f"d{level + 1}\tNS\t{'ns3' if level % 2 else 'ns1'}.name.odd.\n" if level < depth else ""
        yield name, apex(server) + f"www\tA\t192.0.2.{level}\n" + below + asks(["www A", "nothing A", "@ NS", "@ DS"])


NESTED_DEPTH = 12


def with_habits():
    """Lines of habits.odd.zone."""
    lines = [f"{zone}\tNS\t{habits.server_of(zone)}\n" for zone in habits.HABITS]
    for zone in habits.HABITS:
        lines.append(asks(f"{name}.{zone} {kind}" for name, kind in
                          (question.split() for question in habits.QUESTIONS + habits.SPECIAL.get(zone, []))))
    return "".join(lines).replace("@.", "")


def habits_servers():
    """Lines of name.odd.zone."""
    return "".join(f"{habits.server_of(habit)}\tA\t{v4}\n{habits.server_of(habit)}\tAAAA\t{v6}\n"
                   for habit in habits.HABITS for v4, v6 in [habits.addresses_of(habit)])


def zones():
    """Every zone that is made here: name and text."""
    for zone, how in SHAPED.items():
        yield f"{zone}.odd", shaped(how)
        yield f"sub.{zone}.odd", child()
    for zone, (how, damage) in SIGNED.items():
        yield f"{zone}.odd", signed(how, damage)
    for algorithm in ALGORITHMS:
        how = f"{algorithm} {'nsec3' if 'NSEC3' in algorithm else 'nsec'}"
        yield f"{algorithm.lower()}.odd", signed(how, [])
    for zone, lines in DELEGATED.items():
        yield f"{zone}.odd", delegated(lines)
    yield "big.odd", large()
    yield from nested(NESTED_DEPTH)


def delegations():
    """Lines of odd.zone for the zones that zones/odd.zone does not name."""
    named = [*SIGNED, *(name.lower() for name in ALGORITHMS), "habits"]
    return "".join(f"{zone}\tNS\tns1.name.odd.\n" for zone in named)


# ---- who serves what -------------------------------------------------------------------------------------------


def is_on_ns3_alone(zone):
    return (zone in {"ttl.odd", "ttlnsec.odd", "far.cuts.odd"} or zone.startswith("sub.") or
            (is_nested(zone) and level(zone) % 2 == 0))


def is_on_both(zone):
    return zone == "name.odd" or zone.removesuffix(".odd") in SHAPED


def is_nested(zone):
    return zone.split(".")[-2] == "d1"


def level(zone):
    return len(zone.split(".")) - 1


def write_lists(folder):
    every = sorted(path.stem for path in (folder / "zones").glob("*.odd.zone"))
    (folder / "habits").write_text("\n".join(address for habit in habits.HABITS for address in habits.addresses_of(habit)))
    (folder / "ns1").write_text("\n".join(zone for zone in every if not is_on_ns3_alone(zone)))
    (folder / "ns3").write_text("\n".join(zone for zone in every if is_on_ns3_alone(zone) or is_on_both(zone)))


def append(path, text):
    with open(path, "a", encoding="ascii") as file:
        file.write(text)


def main(folder):
    target = folder / "zones"
    target.mkdir(parents=True)
    for path in (HERE / "zones").glob("*.zone"):
        shutil.copy(path, target)
    for zone, text in zones():
        (target / f"{zone}.zone").write_text(text)
    append(target / "odd.zone", delegations())
    append(target / "habits.odd.zone", with_habits())
    append(target / "name.odd.zone", habits_servers())
    write_lists(folder)
    for name in ("more.sh", "habits.py"):
        shutil.copy(HERE / name, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
