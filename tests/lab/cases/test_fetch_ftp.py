"""cairn-fetch and an FTP server that is not ours, over both families, with EPSV and without."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import lab
from test_fetch_urls import fetch

SERVER = lab.ROOT / "tests/lab/ftp_server.py"
PYTHON = "/usr/bin/python3"  # whose packages are the distribution's
EPSV, PASV = "2121", "2122"
BIG = os.urandom(3_000_000)


def has_server():
    return subprocess.run([PYTHON, "-c", "import pyftpdlib"], capture_output=True).returncode == 0


@unittest.skipUnless(has_server(), "python3-pyftpdlib is not installed")
class Ftp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        site = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        cls.addClassCleanup(site.cleanup)
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

    def test_what_is_not_there_has_the_exit_statuses_of_curl(self):
        fetch(f"ftp://[::1]:{EPSV}/nothing", status=78)
        fetch(f"ftp://[::1]:{EPSV}/nowhere/x", status=9)
        fetch(f"ftp://[::1]:{EPSV}/a%0d%0aDELE%20b", status=3)
        fetch("ftp://[::1]:9/x", status=7)
        fetch("--max-filesize", "1000", "-o", self.directory / "x", f"ftp://[::1]:{EPSV}/pub/big", status=63)
