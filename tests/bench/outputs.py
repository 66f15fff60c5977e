"""outputs - what the benchmarks print, read back: tables out of the text of dns/bench, dns/wire, tcp/bench and fetch/bench.

Any text may stand around the tables, and each line may be indented, so that a README with a run in it is read as well.
"""
import re
from dataclasses import dataclass, field

DNS_NAME, DNS_CELL = 14, 11  # widths that dns/bench prints in
DNS_TITLES = {"answers/s": "rate", "CPU us": "cpu_us", "core us": "core_us", "upstream": "upstream", "avg ms": "avg_ms",
              "p99 ms": "p99_ms", "first ms": "first_ms", "lost": "lost", "SERVFAIL": "servfail", "RSS MiB": "rss_mib", "B/name": "rss_name",
              "CPU ratio": "cpu_ratio", "core ratio": "core_ratio"}
WIRE_TITLES = ("cpu_us", "process_us", "receiving_us", "ratio", "rate", "lost")
TCP_TITLES = ("rate", "client_s", "both_s")
FETCH_TITLES = ("wall_ms", "cpu_ms", "mib", "wall_ratio", "cpu_ratio")
FETCH_NAMES = ("cairn-fetch", "curl", "wget", "journey on", "journey off")


@dataclass
class Table:
    """A line each of who was measured, and its figures by name; None: the benchmark has none."""
    kind: str  # dns, wire, tcp, fetch
    work: str
    lines: list = field(default_factory=list)

    def add(self, who, values):
        self.lines.append((who, values))

    def of(self, who):
        return dict(self.lines).get(who)


def number(text):
    return None if text == "-" else float(text)


def read_dns(text, following):
    titles, lines = None, []
    for line in following:
        if titles is None:
            cells = line[DNS_NAME:]
            titles = [DNS_TITLES.get(cells[at:at + DNS_CELL].strip()) for at in range(0, len(cells), DNS_CELL)]
            if not line.startswith("resolver") or None in titles:
                return None
            continue
        words = line.split()
        if len(words) != len(titles) + 1:
            break
        lines.append((words[0], dict(zip(titles, map(number, words[1:])))))
    return Table("dns", text.partition(":")[0], lines) if lines else None


def read_wire(_, following):
    table = Table("wire", "a cached answer over a wire")
    for line in following:
        found = re.fullmatch(r"(\w+(?: \w+)?)((?:\s+[\d.]+){6})", line)
        if found is None:
            break
        table.add(found[1], dict(zip(WIRE_TITLES, map(float, found[2].split()))))
    return table if table.lines else None


def read_tcp(_, following):
    """One table of all works and numbers of flows."""
    table = Table("tcp", "bulk transfers")
    for line in following:
        words = line.split()
        if len(words) == 6 and words[0] in ("download", "upload"):
            table.add((words[0], int(words[1]), words[2]), dict(zip(TCP_TITLES, map(float, words[3:]))))
        elif len(words) != 4:  # whose ratios, and the three
            break
    return table if table.lines else None


def read_fetch(_, following):
    table = Table("fetch", "whole runs of the program")
    for line in following:
        found = re.fullmatch(rf"(\S.*?)\s+({'|'.join(FETCH_NAMES)})((?:\s+[\d.]+)+)", line)
        if found is None:
            break
        table.add((found[1], found[2]), dict(zip(FETCH_TITLES, map(float, found[3].split()))))
    return table if table.lines else None


BEGINS = ((re.compile(r"\w[\w ]*: CPU, core and upstream"), read_dns), (re.compile(r"CPU us\s+process\s+receiving\s+ratio"), read_wire),
          (re.compile(r"work\s+flows\s+who\s+Gbit/s"), read_tcp), (re.compile(r"work\s+who\s+wall ms\s+CPU ms"), read_fetch))


def read(text):
    """All tables of a text, in its order."""
    lines = [line.strip() for line in text.splitlines()]
    tables = []
    for at, line in enumerate(lines):
        for begin, reader in BEGINS:
            if begin.match(line):
                tables.append(reader(line, lines[at + 1:]))
    return [table for table in tables if table is not None]
