"""What dig, kdig and drill make of an answer, read back into one form."""
import re
import subprocess
from dataclasses import dataclass, field

import lab

WAIT_S = 15  # for an answer; long, since what takes too long is a matter of the cases

# Each way to ask: a program, a transport, a family.
WAYS = {
    "dig, UDP, IPv4": ("dig", "@127.0.0.1"),
    "dig, UDP, IPv6": ("dig", "@::1"),
    "dig, TCP, IPv4": ("dig", "+tcp", "@127.0.0.1"),
    "dig, TCP, IPv6": ("dig", "+tcp", "@::1"),
    "kdig, UDP": ("kdig", "@127.0.0.1"),
    "kdig, TCP, IPv6": ("kdig", "+tcp", "@::1"),
    "drill, UDP, IPv6": ("drill", "@::1"),
    "drill, TCP": ("drill", "-t", "@127.0.0.1"),
}
OPTIONS = {
    "dig": ("-r", "+nosplit", "+tries=1", f"+time={WAIT_S}"),
    "kdig": ("+retry=0", f"+time={WAIT_S}"),
    "drill": (),
}


class NoAnswer(AssertionError):
    """What the program said instead."""


@dataclass(frozen=True)
class Record:
    owner: str
    ttl: int
    type: str
    rdata: str

    def __str__(self):
        return f"{self.owner} {self.type} {self.rdata}"


@dataclass
class Answer:
    text: str                 # as the program printed it
    status: str = ""          # NOERROR, NXDOMAIN, ...
    flags: frozenset = frozenset()
    answer: list = field(default_factory=list)
    authority: list = field(default_factory=list)
    additional: list = field(default_factory=list)
    errors: dict = field(default_factory=dict)  # extended errors (RFC 8914): words by code

    def __post_init__(self):
        header = re.search(r"HEADER.*?(?:status|rcode): (\w+).*?flags: ([a-z ]*)", self.text, re.S | re.I)
        if header is None:
            raise NoAnswer(self.text)
        self.status, self.flags = header[1], frozenset(header[2].split())
        for code, words in re.findall(r"^;+ EDE: (\d+) \([^)]*\)(?:: (.*))?$", self.text, re.M):
            self.errors[int(code)] = words
        self.read_records()

    def read_records(self):
        section = None
        for line in self.text.splitlines():
            if heading := re.match(r";; (\w+) SECTION:", line):
                section = getattr(self, heading[1].lower(), None)
            elif line and not line.startswith(";") and section is not None:
                owner, ttl, _, kind, rdata = (line.split(None, 4) + [""])[:5]
                section.append(Record(owner, int(ttl), kind, rdata_words(kind, rdata)))

    @property
    def records(self):
        return [str(record) for record in self.answer]

    @property
    def ttl(self):
        return self.answer[0].ttl


def rdata_words(kind, rdata):
    """Without what is left to a program's taste: space inside of digits, quotes and order of parameters."""
    if kind == "TXT":
        return rdata.strip()
    if kind in ("SVCB", "HTTPS"):
        return " ".join(sorted(rdata.replace('"', "").split()))
    return " ".join(rdata.lower().split())


def ask(program, *words, host="lan"):
    """Runs `program words` on a host."""
    command = [program, *OPTIONS[program], *words]
    ran = subprocess.run(lab.at(host, *command), capture_output=True, text=True, timeout=2 * WAIT_S)
    try:
        return Answer(ran.stdout)
    except NoAnswer as no_answer:
        raise NoAnswer(f"{' '.join(command)}\n{ran.stdout}{ran.stderr}") from no_answer


def dig(question, *options, server="127.0.0.1", host="lan"):
    """dig("www.shop.com AAAA", "+tcp")"""
    return ask("dig", f"@{server}", *options, *question.split(), host=host)


def expected(question, records):
    """Records as a table of cases writes them: `TYPE RDATA` at the name asked for, or with an owner before."""
    qname = question.split()[0].rstrip(".") + "."
    whole = (record if record.split()[0].endswith(".") else f"{qname} {record}" for record in records)
    return [f"{owner} {kind} {rdata_words(kind, rdata)}"
            for owner, kind, rdata in (record.split(None, 2) for record in whole)]
