"""What one cairnd knows when it ends, however it ends, the next one knows at its start."""
import contextlib
import os
import tempfile
import time
import unittest
from pathlib import Path

import lab
from clients import dig

QUESTIONS = ("www.signed.org A", "c1.chain.org A", "nothing.chain.org A", "mx.types.example AAAA", "txt.types.example TXT")


def owner(question):
    """The name as its records have it in the file: on the wire (RFC 1035, section 3.1)."""
    return b"".join(bytes([len(label)]) + label.encode() for label in question.split()[0].split(".")) + b"\0"


class Restart(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(self.directory.cleanup)
        self.file = Path(self.directory.name) / "cache"

    def text(self, more=""):
        """What is read from the file is told at verbosity 2."""
        return f"server:\n  cache-file: {self.file}\n  verbosity: 2\n{more}"

    def cairnd(self, more=""):
        return lab.Cairnd(self.text(more))

    def fill(self):
        first = [dig(question) for question in QUESTIONS]
        lab.until(lambda: all(owner(question) in self.file.read_bytes() for question in QUESTIONS), "what is learnt is in the file")
        return first

    def assert_warm(self, cairnd, first):
        cairnd.await_log("are back after")
        with lab.Sent() as sent:
            for question, before in zip(QUESTIONS, first):
                with self.subTest(question):
                    again = dig(question)
                    self.assertEqual((again.status, again.records), (before.status, before.records))
                    self.assertEqual("ad" in again.flags, "ad" in before.flags)
                    if before.records:
                        self.assertLess(again.ttl, before.ttl)
        self.assertEqual(sent.questions, 0)

    def test_kill_9_loses_nothing_that_was_known_a_second_ago(self):
        cairnd = self.cairnd()
        first = self.fill()
        cairnd.kill()
        with self.cairnd() as cairnd:
            self.assert_warm(cairnd, first)

    def test_sigterm_loses_nothing_at_all(self):
        with self.cairnd() as cairnd:
            first = self.fill()
            dig("front.hosting.net A")
        with self.cairnd() as cairnd:
            self.assert_warm(cairnd, first)
            with lab.Sent() as sent:
                self.assertEqual(dig("front.hosting.net A").status, "NOERROR")
            self.assertEqual(sent.questions, 0)

    def test_a_ttl_runs_on_while_nobody_serves(self):
        with self.cairnd():
            dig("www.short.org A")  # for two seconds
        time.sleep(3)
        with self.cairnd() as cairnd:
            cairnd.await_log("are back after")
            with lab.Sent(cairnd) as sent:
                dig("www.short.org A")
            self.assertEqual(sent.questions, 1)  # who serves the zone is still known

    def test_another_trust_anchor_makes_it_begin_anew(self):
        with self.cairnd() as cairnd:
            self.fill()
        with self.cairnd("  domain-insecure: signed.org\n") as cairnd:
            cairnd.await_log("begins anew")
            self.assertNotIn("ad", dig("www.signed.org A").flags)

    def test_what_was_learnt_after_a_reload_is_no_file_of_the_old_anchors(self):
        with self.cairnd() as cairnd:
            cairnd.configure(self.text("  domain-insecure: signed.org\n"))
            cairnd.reload()
            self.fill()
            self.assertNotIn("ad", dig("www.signed.org A").flags)
        with self.cairnd() as cairnd:
            cairnd.await_log("begins anew")
            self.assertIn("ad", dig("www.signed.org A").flags)

    def test_a_reload_that_changes_no_ground_keeps_the_file(self):
        with self.cairnd() as cairnd:
            cairnd.configure(self.text("  deny-any: no\n"))
            cairnd.reload()
            first = self.fill()
        with self.cairnd() as cairnd:
            self.assert_warm(cairnd, first)

    def test_a_damaged_file_is_set_aside(self):
        self.file.write_bytes(b"This is no cache file.\n")
        self.file.chmod(0o600)
        with self.cairnd() as cairnd:
            cairnd.await_log("cache.damaged now")
            self.fill()
        self.assertEqual(self.file.with_suffix(".damaged").read_bytes(), b"This is no cache file.\n")
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)

    def test_no_fault_of_the_file_keeps_it_from_serving(self):
        for fault, make in {
            "others may write": lambda: (self.file.touch(), self.file.chmod(0o666)),
            "has never been one": lambda: self.file.write_bytes(b"root:x:0:0:root:/root:/bin/sh\n"),
            "No such file": lambda: self.file.parent.rmdir(),
        }.items():
            with self.subTest(fault):
                make()
                with self.cairnd() as cairnd:
                    cairnd.await_log(fault)
                    self.assertEqual(dig("www.shop.com A").status, "NOERROR")
            with contextlib.suppress(FileNotFoundError):
                self.file.unlink()
        self.file.parent.mkdir()

    def test_a_file_is_of_one_process(self):
        with self.cairnd():
            with lab.Cairnd(f"server:\n  interface: 127.0.0.2\n  cache-file: {self.file}\n") as second:
                second.await_log("another process uses it")
