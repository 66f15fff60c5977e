"""Trust anchors that update themselves: the file of the operator's becomes a state, and a damaged one is refused."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import lab
from clients import dig


class TrustAnchors(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(self.directory.cleanup)
        self.file = Path(self.directory.name) / "root.state"
        self.configuration = (f"server:\n  auto-trust-anchor-file: {self.file}\n  num-threads: 2\n"
                              "  trust-anchor-signaling: no\n")
        self.key = (Path(os.environ["LAB_DIR"]) / "root.key").read_text()
        self.ds = (Path(os.environ["LAB_DIR"]) / "zones/keys/root.ksk.ds").read_text()

    def assert_state(self, word):
        lab.until(lambda: ";;state=2 [  VALID  ]" in self.file.read_text(), word)
        text = self.file.read_text()
        self.assertRegex(text, r"(?m)^;;id: \. 1$")
        self.assertNotRegex(text, r"(?m)^;;last_success: 0 ")
        self.assertEqual(list(self.file.parent.iterdir()), [self.file])

    def assert_validates(self):
        for question in ("www.signed.org A", "shop.com MX", "a.types.example A", "signed.org DNSKEY"):
            answer = dig(question)
            self.assertIn("ad", answer.flags, answer.text)
        self.assertEqual(dig("www.bogus.org A").status, "SERVFAIL")

    def test_a_key_or_its_ds_is_enough_to_start_with(self):
        for word, text in {"DNSKEY": self.key, "DS": self.ds}.items():
            with self.subTest(word):
                self.file.write_text(text)
                with lab.Cairnd(self.configuration):
                    self.assert_validates()
                    self.assert_state(word)

    def test_the_state_is_there_after_a_restart_and_a_reload(self):
        self.file.write_text(self.key)
        with lab.Cairnd(self.configuration):
            self.assert_state("first")
        with lab.Cairnd(self.configuration) as cairnd:
            self.assert_validates()
            due = re.sub(r"(?m)^;;next_probe_time: .*$", ";;next_probe_time: 0", self.file.read_text())
            self.file.write_text(due)
            cairnd.reload()
            lab.until(lambda: ";;next_probe_time: 0" not in self.file.read_text(), "asked again")
            self.assert_validates()

    def test_another_zones_key_validates_nothing(self):
        other = (Path(os.environ["LAB_DIR"]) / "zones/keys/example.ksk.key").read_text()
        self.file.write_text(re.sub(r"^\S+", ".", other))
        before = self.file.read_text()
        with lab.Cairnd(self.configuration) as cairnd:
            self.assertEqual(dig("www.signed.org A").status, "SERVFAIL")
            cairnd.await_log("no key that is trusted has signed the DNSKEY set")
        self.assertEqual(self.file.read_text(), before)

    def test_a_damaged_file_is_refused_with_its_line(self):
        self.file.write_text(self.key)
        with lab.Cairnd(self.configuration):
            self.assert_state("first")
        whole = self.file.read_text()
        for fault, text in {"cut": whole[:len(whole) // 2], "another key": whole.replace("DNSKEY\t257 3 ", "DNSKEY\t257 3 1"),
                            "empty": ""}.items():
            with self.subTest(fault):
                self.file.write_text(text)
                configuration = self.file.with_suffix(".conf")
                configuration.write_text(self.configuration)
                refused = subprocess.run([os.environ["CAIRND"], "-t", "-c", str(configuration)], capture_output=True, text=True)
                self.assertEqual(refused.returncode, 1)
                self.assertRegex(refused.stderr, r"auto-trust-anchor-file: \S+:\d+: ")
                configuration.unlink()
