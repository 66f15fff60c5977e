"""Trust anchors that update themselves: the file of the operator's becomes a state, and a damaged one is refused."""
import os
import re
import signal
import subprocess
import tempfile
import time
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


class Zone:
    """short.org, which its parent does not sign, with keys of our own while it lasts."""

    name = "short.org"
    file = Path(os.environ["LAB_DIR"]) / "zones/short.org.zone"

    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        self.before = self.file.read_text()
        return self

    def __exit__(self, *_):
        self.file.write_text(self.before)
        self.reload()

    def run(self, *command):
        return subprocess.run(command, cwd=self.directory, check=True, capture_output=True, text=True).stdout.strip()

    def new_key(self):
        """The base name of its files."""
        return self.run("ldns-keygen", "-r", "/dev/urandom", "-a", "ED25519", "-k", self.name + ".")

    def revoke(self, key):
        for suffix in (".key", ".private"):
            (self.directory / ("revoked" + suffix)).write_text((self.directory / (key + suffix)).read_text())
        self.run("ldns-revoke", "revoked.key")
        return "revoked"

    def publish(self, *keys):
        (self.directory / "unsigned").write_text(self.before)
        self.run("ldns-signzone", "-o", self.name + ".", "-f", "signed", "unsigned", *keys)
        time.sleep(1)  # files are compared by the second
        self.file.write_text((self.directory / "signed").read_text())
        self.reload()
        keyed = {re.sub(r"\s+", " ", (self.directory / (key + ".key")).read_text()).split("DNSKEY ")[1].split(" ;")[0]
                 for key in keys}
        lab.until(lambda: self.published() == keyed, f"the keys {keyed}, not {self.published()}")

    def published(self):
        words = subprocess.run(lab.at("alpha", "dig", "+short", "+nosplit", "@198.18.2.1", self.name, "DNSKEY"),
                               capture_output=True, text=True).stdout
        return set(words.strip().splitlines()) - {""}

    def reload(self):
        """Of the server's processes the first is the one to be told."""
        os.kill(min(pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self.serves(pid)), signal.SIGHUP)

    @staticmethod
    def serves(pid):
        try:
            return "nsd-alpha.conf" in Path(f"/proc/{pid}/cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False


class KeyRoll(unittest.TestCase):
    """A roll as RFC 5011 wants it, at a pace for tests."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(self.directory.cleanup)
        (Path(self.directory.name) / "keys").mkdir()
        self.file = Path(self.directory.name) / "state"

    def ask_now(self, cairnd):
        """The zone is asked for its keys, as if its time had come."""
        asked = self.field("last_queried")
        time.sleep(1.1)  # times are in seconds
        self.file.write_text(re.sub(r"(?m)^;;next_probe_time: .*$", ";;next_probe_time: 0", self.file.read_text()))
        cairnd.reload()
        lab.until(lambda: self.field("last_queried") > asked and self.field("next_probe_time") > 0, "asked for the keys")

    def field(self, name):
        found = re.search(rf"(?m)^;;{name}: (\d+)", self.file.read_text())
        return int(found[1]) if found else 0

    def states(self):
        return sorted(re.findall(r";;state=\d \[ +(\w+) +\]", self.file.read_text()))

    def assert_secure(self):
        time.sleep(2.1)  # the zone's TTL
        answer = dig("www.short.org A")
        self.assertIn("ad", answer.flags, answer.text)

    def test_the_anchor_goes_from_one_key_to_the_next(self):
        with Zone(Path(self.directory.name) / "keys") as zone:
            old, new = zone.new_key(), zone.new_key()
            zone.publish(old)
            self.file.write_text((zone.directory / (old + ".key")).read_text())
            with lab.Cairnd(f"server:\n  auto-trust-anchor-file: {self.file}\n  num-threads: 2\n  add-holddown: 1\n") as cairnd:
                lab.until(lambda: self.states() == ["VALID"], "the first state")
                self.assert_secure()
                zone.publish(old, new)
                self.ask_now(cairnd)
                self.assertEqual(self.states(), ["ADDPEND", "VALID"])
                time.sleep(2)
                self.ask_now(cairnd)
                self.assertEqual(self.states(), ["VALID", "VALID"])
                zone.publish(zone.revoke(old), new)
                self.ask_now(cairnd)
                self.assertEqual(self.states(), ["REVOKED", "VALID"])
                self.assert_secure()
                zone.publish(new)
                self.ask_now(cairnd)
                self.assert_secure()
                zone.publish(old)  # who has the old key has nothing
                self.ask_now(cairnd)
                time.sleep(2.1)
                self.assertEqual(dig("www.short.org A").status, "SERVFAIL")
