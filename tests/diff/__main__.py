"""Asks every resolver every question, and tells where cairnd is not with the majority."""
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns.edns

import explained
import questions
import ttl
from ask import FIELDS, ask
from resolvers import KINDS, Resolver, is_there

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ZONES_AT_ONCE = 24   # asked of each resolver: as many questions are in flight
SHOWN_RECORDS = 6
FAILURE = {"rcode": "SERVFAIL", "ad": "-", "answer": "-", "soa": "-", "flags": "rd ra", "letters": "-"}


def start(lab, program):
    """The resolvers that this machine has, each at an address of its own."""
    for number, name in enumerate(KINDS):
        if is_there(name, program):
            address = f"127.0.0.{number + 11}"
            subprocess.run(["ip", "address", "replace", f"{address}/32", "dev", "lo"], check=True)
            yield Resolver(name, address, lab / "diff", ROOT / "conf/root.hints", lab / "root.key", program)
        else:
            print(f"skip - {name} is not installed")


def ask_all(resolvers, groups, note):
    """Calls note(question, resolver's name, fields, answer) for each: zones side by side, a zone's questions in turn."""
    def of_zone(resolver, group):
        for question in group:
            note(question, resolver.name, *ask(question, resolver.address, resolver.name == "cairnd"))

    def of_resolver(resolver):
        with ThreadPoolExecutor(ZONES_AT_ONCE) as pool:
            list(pool.map(lambda group: of_zone(resolver, group), groups))

    with ThreadPoolExecutor(len(resolvers)) as pool:
        list(pool.map(of_resolver, resolvers))


def majority(values):
    """What more than half of them say, or None."""
    return next((value for value in values if 2 * values.count(value) > len(values)), None)


def differing(said):
    """The fields in which cairnd is not with the majority, or in which there is none."""
    heard = [told_of(name, fields) for name, fields in said.items()]
    found = [field for field in FIELDS if said["cairnd"][field] != majority([fields[field] for fields in heard])]
    return found if "rcode" not in found else ["rcode"]  # which brings the rest with it


def told_of(name, fields):
    """Who has not answered in time will have nothing to tell; of cairnd it is wanted."""
    return FAILURE if fields["rcode"] == "no answer" and name != "cairnd" else fields


def shown(value):
    if isinstance(value, str):
        return value or "none"
    lines = sorted(value)
    more = [f"... {len(lines)} records"] if len(lines) > SHOWN_RECORDS else []
    return " | ".join([line[:150] for line in lines[:SHOWN_RECORDS]] + more) or "none"


def reasons(answer):
    """What cairnd gives as reasons (RFC 8914)."""
    return [option.to_text() for option in answer.options if option.otype == dns.edns.EDE] if answer else []


def show(said, fields):
    """Who says what: a line for each thing that is said."""
    for field in fields:
        by_value = {}
        for name, seen in said.items():
            by_value.setdefault(seen[field], []).append(name)
        for value, names in by_value.items():
            print(f"    {field}: {', '.join(names)}: {shown(value)}")


class Verdicts:
    """What has been said, and whether it is as `explained` has it."""

    def __init__(self, known, served):
        self.known, self.served = known, served
        self.seen, self.why, self.long_lived, self.lock = {}, {}, {}, threading.Lock()

    def note(self, question, name, fields, answer):
        with self.lock:
            self.seen.setdefault(question, {})[name] = fields
        if name == "cairnd":
            self.why[question] = reasons(answer)
            self.long_lived[question] = ttl.too_long(answer, self.served) if answer else []

    def said(self, question):
        return {name: self.seen[question][name] for name in KINDS if name in self.seen[question]}

    def told(self, question):
        """What of cairnd's answer differs, in short; nothing if nothing does."""
        said = self.said(question)
        differs = explained.told(said["cairnd"], differing(said))
        return " ".join(filter(None, [differs, "ttl=too_long" if self.long_lived[question] else ""]))

    def is_ok(self, question):
        told = self.told(question)
        known_as, is_always, _ = self.known.get(str(question), ("", False, ""))
        return told == known_as or (not told and not is_always)

    def tell(self, question):
        told, is_ok = self.told(question), self.is_ok(question)
        known_as, _, reason = self.known.get(str(question), ("", False, ""))
        if not told and is_ok:
            print(f"ok - {question}")
            return
        print(f"{'ok' if is_ok else 'not ok'} - {question} => {told or 'no difference any more'}")
        if known_as:
            print(f"    explained: {known_as}: {reason}")
        show(self.said(question), differing(self.said(question)))
        for line in self.why[question] + self.long_lived[question]:
            print(f"    cairnd: {line}")


def main():
    lab, own, words = Path(os.environ["LAB_DIR"]), Path(os.environ["CAIRN_LAB_MORE"]), sys.argv[1:]
    served = questions.zones(lab / "zones")
    groups = list(questions.groups(served, own / "zones", ROOT / "tests/lab/zones"))
    if words:
        groups = [[question for question in group if any(word in str(question) for word in words)] for group in groups]
    every = [question for group in groups for question in group]
    known = explained.read(HERE / "explained")
    verdicts = Verdicts(known, served)
    resolvers = []
    try:
        resolvers.extend(start(lab, os.environ["CAIRND"]))
        for resolver in resolvers:
            resolver.await_answer()
        ask_all(resolvers, groups, verdicts.note)
        # A machine that was busy for a moment has made somebody late; so once more, in peace.
        ask_all(resolvers, [[question for question in every if not verdicts.is_ok(question)]], verdicts.note)
    finally:
        for resolver in resolvers:
            resolver.stop()
    for question in every:
        verdicts.tell(question)
    failed = sum(not verdicts.is_ok(question) for question in every)
    gone = [] if words else sorted(set(known) - {str(question) for question in every})
    for question in gone:
        print(f"not ok - {question} is explained and not asked")
    print(f"{len(every) - failed} passed, {failed + len(gone)} failed, {len(KINDS) - len(resolvers)} skipped")
    return failed + len(gone) != 0


if __name__ == "__main__":
    sys.exit(main())
