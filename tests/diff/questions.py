"""The questions: what zone files say by `; ask: NAME TYPE [CLASS] [+FLAG...]`, and every set of records that they hold.

Flags: +do +cd +norec +noad +aa +ra +z +noedns +tcp, +ignore (a truncated answer is looked at, not asked for by TCP), +case
(the letters count), +bufsize=N +edns=VERSION +ednsflags=N +opt=CODE:HEX +opcode=N. AD is set and EDNS is sent if nothing is said.
"""
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import dns.name
import dns.rdataclass
import dns.rdatatype

# Asked for explicitly where they are of interest.
NOT_BY_THEMSELVES = {"RRSIG", "NSEC", "NSEC3"}
# Names of types that ldns alone has.
LDNS_TYPES = {"EID": 31, "NIMLOC": 32, "ATMA": 34, "SINK": 40, "NINFO": 56, "RKEY": 57, "TALINK": 58, "UINFO": 100, "UID": 101, "GID": 102,
              "MAILB": 253, "DOA": 259}
# Its servers lose packets by chance (tests/lab): what is said there is no matter of the resolver alone.
LEFT_OUT = {"lossy.net"}
# Nobody answers there, or only to who finds out how to ask; it keeps the resolvers waiting, so two questions are enough.
SLOW = [dns.name.from_text(name) for name in ("all-dead.com", "evil.com", "keytrap.com", "hashes.com", "cycle-a.com", "cycle-b.com", "gone",
                                              "noedns.net", "tcponly.net", "edns-silent.habits.odd", "no-question.habits.odd")]
SLOW_QUESTIONS = 2
# Zones with a great many names of one kind: so many of them are asked.
ALIKE = {"many.org": 8, "name.odd": 20}
# Their children have nothing to do with each other, and some of them keep a resolver waiting.
OF_MANY_ZONES = {"odd", "habits.odd", "com", "net"}
# Asked in each zone of the lab beside what it holds.
IN_EVERY_LAB_ZONE = ["@ NS", "@ SOA", "@ DS +do", "@ DNSKEY +do", "@ TYPE65280 +do", "@ ANY", "nothing-here A", "nothing-here A +do",
                     "nothing-here A +cd", "NoThInG-hErE MX +case", "*.nothing-here A"]


@dataclass(frozen=True)
class Question:
    name: dns.name.Name
    type: int
    rdclass: int
    flags: tuple
    turn: int = 1  # it is asked so many times before

    def __str__(self):
        words = [self.name.to_text(), dns.rdatatype.to_text(self.type)]
        if self.rdclass != dns.rdataclass.IN:
            words.append(dns.rdataclass.to_text(self.rdclass))
        return " ".join([*words, *self.flags, *([f"#{self.turn}"] if self.turn > 1 else [])])

    def has(self, flag):
        return flag in self.flags

    def number(self, flag, default):
        return next((int(word.split("=")[1]) for word in self.flags if word.startswith(flag + "=")), default)

    def options(self):
        """EDNS options: pairs of code and octets."""
        found = (re.fullmatch(r"\+opt=(\d+):([0-9a-f]*)", word) for word in self.flags)
        return [(int(option[1]), bytes.fromhex(option[2])) for option in found if option]


def read(text, origin):
    """The question of a line, names relative to `origin`."""
    name, kind, *rest = text.split()
    flags = tuple(word for word in rest if word.startswith("+"))
    rdclass = next((word for word in rest if not word.startswith("+")), "IN")
    name = origin if name == "@" else dns.name.from_text(name, origin)
    return Question(name, dns.rdatatype.from_text(kind), dns.rdataclass.from_text(rdclass), flags)


def origin_of(path):
    return dns.name.root if path.stem == "root" else dns.name.from_text(path.stem)


def asked_by(path):
    return [read(line, origin_of(path)) for line in re.findall(r"^; ask: (.*)$", path.read_text(), re.M)]


def held_by(zone, at_most, *flags):
    found = [Question(name, kind, dns.rdataclass.IN, flags) for name, sets in zone.items() for kind in sets
             if dns.rdatatype.to_text(kind) not in NOT_BY_THEMSELVES]
    return found[:at_most]


def numbered(questions, is_listed_twice):
    """Without those that come again, unless the zone itself lists them twice."""
    seen = {}
    for question in questions:
        seen[question] = seen.get(question, 0) + 1
        if seen[question] == 1 or is_listed_twice(question):
            yield Question(question.name, question.type, question.rdclass, question.flags, seen[question])


def type_of(word):
    return LDNS_TYPES[word] if word in LDNS_TYPES else dns.rdatatype.from_text(word)


def read_zone(path):
    """What a zone has, in ldns's words a record a line: {owner: {type: TTL}}."""
    origin = origin_of(path)
    text = f"$ORIGIN {origin}\n{path.read_text()}"
    lines = subprocess.run(["ldns-read-zone", "/dev/stdin"], input=text, check=True, capture_output=True, text=True).stdout
    found = {}
    for owner, ttl_s, _, kind, *_ in (line.split("\t") for line in lines.splitlines()):
        found.setdefault(dns.name.from_text(owner), {})[type_of(kind)] = int(ttl_s)
    return {name: sets for name, sets in found.items() if name.is_subdomain(origin)}


def zones(folder):
    """Every zone as it is served, by origin."""
    return {origin_of(path): read_zone(path) for path in sorted(Path(folder).glob("*.zone"))}


def groups(served, own_folder, lab_folder):
    """Lists of questions to be asked one after the other: one list for a zone."""
    paths = {path.stem: path for folder in (own_folder, lab_folder) for path in sorted(Path(folder).glob("*.zone"))}
    for stem, path in sorted(paths.items()):
        if stem in LEFT_OUT:
            continue
        zone = served[origin_of(path)]
        listed = asked_by(path)
        twice = {question for question in listed if listed.count(question) > 1}
        if (Path(lab_folder) / path.name).exists():
            listed += [read(line, origin_of(path)) for line in IN_EVERY_LAB_ZONE] + held_by(zone, ALIKE.get(stem), "+do")
        every = without_most_slow(numbered(listed + held_by(zone, ALIKE.get(stem)), twice.__contains__))
        yield from by_child(every, origin_of(path)) if stem in OF_MANY_ZONES else [every]


def without_most_slow(questions):
    counts, kept = {}, []
    for question in questions:
        place = next((name for name in SLOW if question.name.is_subdomain(name)), None)
        counts[place] = counts.get(place, 0) + 1
        if place is None or counts[place] <= SLOW_QUESTIONS:
            kept.append(question)
    return kept


def by_child(questions, origin):
    """A list for each label below the zone."""
    lists = {}
    for question in questions:
        below = question.name.is_subdomain(origin) and question.name.relativize(origin).labels[-1:]
        lists.setdefault(below, []).append(question)
    return list(lists.values())
