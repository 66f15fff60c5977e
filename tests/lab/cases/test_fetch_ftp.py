"""cairn-fetch and an FTP server that is not ours, over both families, with EPSV and without."""
import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import lab
from test_fetch_urls import FETCH, fetch

SERVER = lab.ROOT / "tests/lab/ftp_server.py"
PYTHON = "/usr/bin/python3"  # whose packages are the distribution's
EPSV, PASV = "2121", "2122"
LOSS_US = 100  # a gap is open for a round trip at least; where nothing is lost there is none
BIG = os.urandom(3_000_000)


def has_server():
    return subprocess.run([PYTHON, "-c", "import pyftpdlib"], capture_output=True).returncode == 0


@unittest.skipUnless(has_server(), "python3-pyftpdlib is not installed")
class Ftp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        site = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        cls.addClassCleanup(site.cleanup)
        cls.site = site.name
        root = Path(site.name)
        (root / "pub/a b").mkdir(parents=True)
        (root / "none").mkdir()
        (root / "pub/big").write_bytes(BIG)
        (root / "pub/a b/small").write_text("small")
        (root / "empty").touch()
        os.utime(root / "pub/big", (1_700_000_000, 1_700_000_000))
        for words in ((EPSV,), (PASV, "no-epsv")):
            server = subprocess.Popen([PYTHON, SERVER, site.name, *words], stdout=subprocess.PIPE)
            cls.addClassCleanup(server.wait)
            cls.addClassCleanup(server.terminate)
            server.stdout.readline()
            server.stdout.close()

    def setUp(self):
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def test_a_file_comes_whole_with_its_time(self):
        for place in (f"[::1]:{EPSV}", f"127.0.0.1:{EPSV}", f"127.0.0.1:{PASV}"):
            with self.subTest(place):
                path = self.directory / "big"
                path.unlink(missing_ok=True)
                fetch("-R", "-o", path, f"ftp://{place}/pub/big")
                self.assertEqual(path.read_bytes(), BIG)
                self.assertEqual(path.stat().st_mtime, 1_700_000_000)

    def test_directories_are_entered_and_listed(self):
        self.assertEqual(fetch(f"ftp://[::1]:{EPSV}/pub/a%20b/small"), "small")
        self.assertIn("big", fetch(f"ftp://[::1]:{EPSV}/pub/"))
        self.assertEqual(fetch(f"ftp://[::1]:{EPSV}/none/"), "")
        self.assertEqual(fetch(f"ftp://[::1]:{EPSV}/empty"), "")

    def test_a_file_is_gone_on_with_at_an_offset(self):
        path = self.directory / "big"
        path.write_bytes(BIG[:1_000_000])
        fetch("-C", "1000000", "-o", path, f"ftp://[::1]:{EPSV}/pub/big")
        self.assertEqual(path.read_bytes(), BIG)

    def test_a_login_is_sent_and_may_be_refused(self):
        self.assertEqual(fetch("-u", "joe:s:e@t", f"ftp://[::1]:{EPSV}/pub/a%20b/small"), "small")
        self.assertEqual(fetch(f"ftp://joe:s%3Ae%40t@[::1]:{EPSV}/pub/a%20b/small"), "small")
        self.assertIn("530", fetch(f"ftp://joe:wrong@[::1]:{EPSV}/pub/big", status=67))

    def verdict(self, *words, stdout=subprocess.DEVNULL):
        """Where the time of one transfer went."""
        path = self.directory / "journey"
        done = subprocess.Popen([FETCH, "-q", "-s", "--journey=json", "--journey-file", path, *words], stdout=subprocess.PIPE)
        time.sleep(0.8)  # who reads standard output is slow
        self.assertEqual(len(done.stdout.read()), 0 if "-o" in words else len(BIG))
        done.stdout.close()
        self.assertEqual(done.wait(30), 0)
        verdict = json.loads(path.read_text().splitlines()[-1])
        self.assertEqual(sum(verdict["parts_us"].values()), verdict["total_us"])
        return verdict

    def test_a_limit_of_the_rate_holds_for_ftp_and_is_told(self):
        verdict = self.verdict("--limit-rate", "4M", "-o", self.directory / "big", f"ftp://[::1]:{EPSV}/pub/big")
        self.assertEqual((self.directory / "big").read_bytes(), BIG)
        self.assertEqual(verdict["largest"], "limit")
        self.assertGreater(verdict["total_us"], 600_000)
        self.assertIn("--limit-rate", verdict["try"])

    def test_a_slow_reader_of_a_file_from_ftp_is_what_takes_time(self):
        self.assertEqual(self.verdict(f"ftp://[::1]:{EPSV}/pub/big")["largest"], "write")

    def test_losses_of_a_file_from_ftp_are_told_apart(self):
        server = subprocess.Popen(lab.at("alpha", PYTHON, SERVER, self.site, "2123", "198.18.2.1"), stdout=subprocess.PIPE)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        server.stdout.readline()
        server.stdout.close()
        url = "ftp://198.18.2.1:2123/pub/big"
        # Frames may overtake each other, and who was held up for long on a busy machine sends again.
        self.assertTrue(any(self.verdict("-o", "/dev/null", url)["parts_us"]["loss"] < LOSS_US for _ in range(5)))
        self.addCleanup(lab.lose, 0)
        lab.lose(5)
        for _ in range(8):  # of frames of 64 KiB few are needed, and all may have luck
            if self.verdict("-o", "/dev/null", "--retry", "5", url)["parts_us"]["loss"] > LOSS_US:
                return
        self.fail("no loss is told")

    def test_what_is_not_there_has_the_exit_statuses_of_curl(self):
        fetch(f"ftp://[::1]:{EPSV}/nothing", status=78)
        fetch(f"ftp://[::1]:{EPSV}/nowhere/x", status=9)
        fetch(f"ftp://[::1]:{EPSV}/a%0d%0aDELE%20b", status=3)
        fetch("ftp://[::1]:9/x", status=7)
        fetch("--max-filesize", "1000", "-o", self.directory / "x", f"ftp://[::1]:{EPSV}/pub/big", status=63)
