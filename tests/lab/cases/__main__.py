"""Runs the cases of this folder on the host `lan` of a lab; `../run` calls it there.

usage: python3 cases [--part K/N | WORDS...]

--part: of the groups (classes) each Nth from the Kth on, so that N labs share the cases.
"""
import sys
import time
import traceback
import unittest
from pathlib import Path

import lab


class Lines(unittest.TestResult):
    """A line a case, in the words that ./check counts; under a failed one what was seen."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.with_subtests = None

    def startTest(self, test):
        super().startTest(test)
        lab.mark_logs()

    def addSuccess(self, test):
        if test is not self.with_subtests:
            self.pass_line(words_of(test))

    def addSubTest(self, test, subtest, err):
        self.with_subtests = test
        if err is None:
            self.pass_line(words_of(test, subtest))
        else:
            self.fail_line(words_of(test, subtest), err)

    def addFailure(self, test, err):
        self.fail_line(words_of(test), err)

    addError = addFailure

    def addSkip(self, test, reason):
        print(f"skip - {words_of(test)}: {reason}", flush=True)

    def pass_line(self, words):
        self.passed += 1
        print(f"ok - {words}", flush=True)

    def fail_line(self, words, err):
        self.failures.append(words)
        print(f"not ok - {words}")
        report = where_in_cases(err) + lab.marked_logs()
        print("".join(f"#   {line}\n" for line in report.splitlines()), end="", flush=True)


def where_in_cases(err):
    """The error, and the lines of this folder that led to it."""
    kind, error, trace = err
    lines = [f"{Path(frame.filename).name}:{frame.lineno}: {frame.line}\n" for frame in traceback.extract_tb(trace)
             if Path(frame.filename).parent == Path(__file__).parent]
    return "".join(lines + traceback.format_exception_only(kind, error))


def words_of(test, subtest=None):
    """`group: behaviour`, the group being the class and the behaviour the method or the subtest's words."""
    if not isinstance(test, unittest.TestCase):
        return str(test)  # the set-up of a whole class
    group = type(test).__name__.lower()
    behaviour = test._testMethodName.removeprefix("test_").replace("_", " ")
    if subtest is not None:
        behaviour = f"{behaviour}: {subtest._message}"
    return f"{group}: {behaviour}"


def cases_in(suite):
    for item in suite:
        if isinstance(item, unittest.TestCase):
            yield item
        else:
            yield from cases_in(item)


def wanted_of(cases, arguments):
    if arguments[:1] == ["--part"]:
        part, parts = map(int, arguments[1].split("/"))
        groups = list(dict.fromkeys(map(type, cases)))
        return [case for case in cases if groups.index(type(case)) % parts == part - 1]
    return [case for case in cases if not arguments or any(words in words_of(case) for words in arguments)]


def main():
    lab.refuse_to_run_elsewhere()
    every_case = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
    wanted = wanted_of(list(cases_in(every_case)), sys.argv[1:])
    began = time.monotonic()
    result = Lines()
    unittest.TestSuite(wanted).run(result)
    print(f"{result.passed} passed, {len(result.failures)} failed ({time.monotonic() - began:.0f} s)")
    return 1 if result.failures or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
