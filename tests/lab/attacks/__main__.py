"""Attacks on a cairnd in the lab, one after the other, while a client asks for good names; `../run -f attacks` calls it.

usage: python3 attacks [--p99] [--slow] [--seconds S] [WORDS...]

A line an attack: what was sent, the queries that left the house for each of the attack's questions, cairnd's processor
time and resident memory, and how the good client fared. An attack is held off when every good name was answered rightly
and what it cost stays below the attack's bounds; with --p99 also when of a hundred answers 99 took less than 100 ms.
"""
import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cases"))

import flood
import good
import hostile
import lab
import wire

CONFIGURATION = """
server:
  interface: [ "127.0.0.1", "192.168.1.10" ]
  access-control: "192.168.1.0/24 allow"
"""
GOOD_PER_S = 350
P99_MS_MAX = 100
RSS_MB_MAX = 16       # more than before the attack
TASKS_MB_MAX = 80     # ... which takes all places for questions and queries
LEAD_S = 0.3          # the attack is under way before the good client begins
SOURCES = 50
GHOST_END_S = 63      # resolver/cache/delegation.h: no delegation is kept for less than a minute
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Attack:
    name: str
    pattern: str = ""          # of the names that are asked for, {i} being a number
    qtype: int = wire.A
    rate: int = 200            # a second
    queries_max: float = 0     # upstream for each of its questions
    kind: str = "ask"          # flood.py's word
    sources: int = SOURCES
    rss_mb_max: float = RSS_MB_MAX
    configuration: str = ""
    tcp: bool = False          # the good client uses connections too
    large: bool = False        # ... and asks for what servers give over TCP only
    holds: callable = lambda said: None  # what is wrong with what the attacker saw, or None
    seconds: float = 0         # it takes so long: only with --slow


def no_address_inside(said):
    return f"addresses inside of the house: {said['addresses']}" if said["addresses"] else None


def nothing_forged(said):
    return "a forged address was believed" if hostile.FORGED in said["addresses"] else None


def is_gone(said):
    end_s = said["last_noerror_s"]
    return None if 0 < end_s < GHOST_END_S else f"the last answer came after {end_s:.0f} s"


def pulse_is_bounded(said):
    return None if said["pulse_octets"] < 1300 * 1000 else f"{said['pulse_octets']} octets at once"


ATTACKS = (
    Attack("none", kind="nothing"),
    Attack("NXNS", "r{i}.nxns.evil.com", queries_max=12),
    Attack("NRDelegation", "r{i}.nrd.evil.com", rate=50, queries_max=40),
    Attack("endless delegation (iDNS)", "r{i}.endless.evil.com", rate=50, queries_max=140),
    Attack("delegation at every label", "a." * 60 + "r{i}.down.evil.com", rate=100, queries_max=36),
    Attack("CAMP", "a.b.c.d.e.f.g.h.{i}.camp.evil.com", rate=50, queries_max=200),
    Attack("TsuNAME", "r{i}.cycle-a.com", queries_max=4),
    Attack("KeyTrap", "r{i}.keytrap.com", rate=100, queries_max=12),
    Attack("NSEC3 work", "a." * 60 + "r{i}.hashes.com", queries_max=20),
    Attack("promiscuous records", "r{i}.promiscuous.evil.com", queries_max=4, holds=nothing_forged),
    Attack("ghost domain", "r{i}.gone.ghost.evil.com", rate=20, queries_max=4, holds=is_gone, seconds=66),
    Attack("DNSBomb", "r{i}.bomb.evil.com", wire.TXT, rate=1500, sources=1, queries_max=8, rss_mb_max=32, holds=pulse_is_bounded),
    Attack("near misses", "r{i}.misses.evil.com", queries_max=8, holds=nothing_forged),
    Attack("forged replies", "g{i}.wild.chain.org", rate=5000, kind="forge"),
    Attack("fragments", "r{i}.fragments.evil.com", wire.TXT, rate=100, queries_max=8),
    Attack("truncation without end", "r{i}.truncated.evil.com", queries_max=8),
    Attack("nonsense (TuDoor)", "r{i}.tudoor.evil.com", queries_max=6),
    Attack("blind ICMP", rate=5000, kind="icmp"),
    Attack("rebinding", "r{i}.rebind.evil.com", queries_max=4, holds=no_address_inside,
           configuration='  private-address: [ "10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16" ]\n'),
    Attack("random names of a silent zone", "r{i}.slow.evil.com", rate=3000, queries_max=20, rss_mb_max=TASKS_MB_MAX),
    Attack("random zones of silent servers", "r{i}.silent.evil.com", rate=3000, queries_max=20, rss_mb_max=TASKS_MB_MAX),
    Attack("servers that are mute over TCP", "r{i}.mute.evil.com", rate=200, queries_max=20, large=True),
    Attack("connections", "r{i}.camp.evil.com", rate=500, kind="connect", tcp=True),
)


class Hostile:
    """The attacker's name server."""

    def __enter__(self):
        command = lab.at("hostile", "nice", sys.executable, str(HERE / "hostile.py"))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        await_ready(self.process)
        return self

    def __exit__(self, *_):
        end(self.process)

    def ghost(self, word):
        """`keep` or `remove`: what the parent of gone.ghost.evil.com does with it."""
        tell(self.process, word)


def await_ready(process):
    assert process.stdout.readline() == "ready\n", "it did not start"


def tell(process, word):
    process.stdin.write(word + "\n")
    process.stdin.flush()


def end(process):
    process.kill()
    process.communicate()


class Flood:
    """What goes against the client side meanwhile; other machines, in truth, so cairnd comes before them."""

    def __init__(self, attack, seconds):
        words = (attack.kind, attack.rate, seconds, attack.sources, attack.pattern, attack.qtype)
        command = lab.at("guest", "nice", sys.executable, str(HERE / "flood.py"), *map(str, words))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.seconds = seconds

    def __enter__(self):
        await_ready(self.process)
        tell(self.process, "go")
        return self

    def __exit__(self, *_):
        end(self.process)

    def said(self):
        return json.loads(self.process.stdout.readline())


class Work:
    """What a process has used of the processors since, and for how long it was ready and had none."""

    def __init__(self, pid):
        self.threads = Path(f"/proc/{pid}/task")
        self.before = self.read()

    def read(self):
        lines = [(thread / "schedstat").read_text().split() for thread in self.threads.iterdir()]
        return [sum(int(line[i]) for line in lines) / 1e9 for i in range(2)]

    def since(self):
        return [now - before for now, before in zip(self.read(), self.before)]


def rss_mb(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


@dataclass
class Figures:
    questions: int
    queries: float  # for each question, without those of good names
    work_s: list    # of the processor, and waiting for one
    rss_mb: tuple
    good: good.Figures

    def __str__(self):
        return (f"{self.questions} questions, {self.queries:.1f} queries each, CPU {self.work_s[0]:.2f} s "
                f"({self.work_s[1]:.2f} s waited for), "
                f"RSS {self.rss_mb[0]:.1f} to {self.rss_mb[1]:.1f} MB, good {self.good.answered} of {self.good.asked}, "
                f"p50 {self.good.quantile_ms(0.5):.2f} ms, p99 {self.good.quantile_ms(0.99):.2f} ms")


def play(attack, server, options):
    """The figures, and what is wrong with them."""
    seconds = max(attack.seconds, options.seconds)
    server.ghost("keep")
    with lab.Cairnd(CONFIGURATION + attack.configuration) as cairnd:
        pid = cairnd.process.pid
        assert good.warm_up(), "no good name is answered before the attack"
        work, rss_before, sent_before = Work(pid), rss_mb(pid), lab.quiet_count()
        with Flood(attack, LEAD_S + seconds) as attacker:
            time.sleep(LEAD_S)
            server.ghost("remove")
            answers = good.ask(GOOD_PER_S, seconds, attack.tcp, attack.large)
            said = attacker.said()
        work_s, rss = work.since(), (rss_before, rss_mb(pid))
        queries = lab.quiet_count() - sent_before - answers.new_names
    figures = Figures(said["sent"], queries / max(said["sent"], 1), work_s, rss, answers)
    return figures, list(faults(attack, figures, said, options.p99))


def faults(attack, figures, said, p99):
    answers = figures.good
    if answers.answered < answers.asked:
        yield f"of good names {answers.asked - len(answers.took_ms)} were not answered, others wrongly: {answers.wrong[:5]}"
    if attack.kind == "ask" and figures.queries > attack.queries_max:
        yield f"more than {attack.queries_max} queries for a question"
    if figures.rss_mb[1] - figures.rss_mb[0] > attack.rss_mb_max:
        yield f"more than {attack.rss_mb_max} MB of memory"
    if p99 and answers.quantile_ms(0.99) >= P99_MS_MAX:
        yield f"p99 is not below {P99_MS_MAX} ms"
    if attack.kind == "ask" and (trouble := attack.holds(said)) is not None:
        yield trouble


def make_places():
    """Addresses of attackers."""
    lab.on("hostile", "ip", "route", "add", "local", f"{hostile.MUTE}/80", "dev", "lo")
    for i in range(SOURCES):
        lab.on("guest", "ip", "address", "add", f"{flood.SOURCES.format(flood.FIRST_SOURCE + i)}/24", "dev", "eth0")


def remove_places():
    lab.on("hostile", "ip", "route", "delete", "local", f"{hostile.MUTE}/80", "dev", "lo")
    for i in range(SOURCES):
        lab.on("guest", "ip", "address", "delete", f"{flood.SOURCES.format(flood.FIRST_SOURCE + i)}/24", "dev", "eth0")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--p99", action="store_true", help=f"below {P99_MS_MAX} ms, else the attack has done harm")
    parser.add_argument("--seconds", type=float, default=2, help="of each attack (%(default)s)")
    parser.add_argument("--slow", action="store_true", help="also what takes a minute")
    parser.add_argument("words", nargs="*", help="only attacks whose name has one of these")
    return parser.parse_args()


def main():
    lab.refuse_to_run_elsewhere()
    options = arguments()
    wanted = [attack for attack in ATTACKS if options.slow or not attack.seconds]
    if options.words:
        wanted = [attack for attack in wanted if any(word in attack.name for word in options.words)]
    make_places()
    try:
        with Hostile() as server:
            held = [report(attack, *play(attack, server, options)) for attack in wanted]
    finally:
        remove_places()
    return 0 if held and all(held) else 1


def report(attack, figures, wrong):
    print(f"{'not ok' if wrong else 'ok'} - attack: {attack.name}: {figures}", flush=True)
    for words in wrong:
        print(f"#   {words}", flush=True)
    return not wrong


if __name__ == "__main__":
    sys.exit(main())
