"""Zones that come from primaries (auth-zone, rpz): whole, in changes, when told to, and with nobody there."""
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import lab
from clients import dig

PORT = 5399
EXPIRE_S = 86400  # of SOA

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  database: ""
  pidfile: ""
  zonesdir: "{folder}"
  xfrdfile: "{folder}/nsd.xfrd"
  zonelistfile: "{folder}/nsd.list"
remote-control:
  control-enable: no
"""

NSD_ZONE = """
zone:
  name: {name}
  zonefile: {name}.zone
  provide-xfr: 127.0.0.1 {key}
  notify: 127.0.0.1 {key}
  create-ixfr: yes
"""

SOA = "@ 300 SOA ns h {serial} 3600 900 86400 60\n@ 300 NS ns\nns 300 A 198.18.2.1\n"

CONFIGURATION = """
server:
  domain-insecure: kept.net
  verbosity: 2
auth-zone:
  name: kept.net
  primary: 127.0.0.1@{port}
  zonefile: {folder}/kept
rpz:
  name: list
  master: 127.0.0.1@{port}
  zonefile: {folder}/list
"""


def data(question):
    return [record.rdata for record in dig(question).answer if record.type == "A"]


class Primary:
    """An NSD of this case's own, on the host that cairnd is on; `keys` are sections of its, `key` the name of that it asks for."""

    def __init__(self, folder, keys="", key="NOKEY"):
        self.folder = folder
        names = ("kept.net", "list")
        zones = "".join(NSD_ZONE.format(name=name, key=key) for name in names)
        (folder / "nsd.conf").write_text(NSD.format(port=PORT, folder=folder) + keys + zones)

    def zone(self, name, serial, records):
        (self.folder / f"{name}.zone").write_text(f"$ORIGIN {name}.\n" + SOA.format(serial=serial) + records)

    def start(self):
        with open(self.folder / "nsd.log", "a") as log:
            self.process = subprocess.Popen(["nsd", "-d", "-c", str(self.folder / "nsd.conf")], stdout=log, stderr=log)
        lab.until(self.listens, "the primary")

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", PORT)) == 0

    def reload(self):
        """It reads the files again, and tells its secondaries."""
        self.process.send_signal(lab.signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        self.process.wait(lab.PATIENCE_S)


class WithFolder(lab.unittest.TestCase):
    """A folder for the primary, and `kept` in it for cairnd, which has no privileges."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(directory.cleanup)
        self.folder = Path(directory.name)
        self.kept = self.folder / "kept-here"
        self.kept.mkdir()
        self.kept.chmod(0o777)
        self.folder.chmod(0o755)


class Transfers(WithFolder):
    def setUp(self):
        super().setUp()
        self.primary = Primary(self.folder)
        self.primary.zone("kept.net", 1, "www 300 A 198.18.2.80\nalias 300 CNAME www.shop.com.\n")
        self.primary.zone("list", 1, "www.shop.com 300 A 198.18.2.99\n")

    def cairnd(self, more=""):
        return lab.Cairnd(CONFIGURATION.format(port=PORT, folder=self.kept) + more)

    def start_primary(self):
        self.primary.start()
        self.addCleanup(self.primary.stop)

    def test_a_zone_and_a_list_come_whole_and_then_change_when_the_primary_says_so(self):
        self.start_primary()
        with self.cairnd() as cairnd:
            cairnd.await_log("zone kept.net: serial 1 by AXFR")
            cairnd.await_log("zone list: serial 1 by AXFR")
            lab.until(lambda: data("www.kept.net A") == ["198.18.2.80"], "the zone's data")
            answer = dig("www.kept.net A")
            self.assertIn("aa", answer.flags)
            lab.until(lambda: data("www.shop.com A") == ["198.18.2.99"], "the list's rule")
            self.assertIn("www.shop.com. A 198.18.2.99", dig("alias.kept.net A").records)
            self.primary.zone("kept.net", 2, "www 300 A 198.18.2.81\n")
            self.primary.zone("list", 2, "front.hosting.net 300 CNAME .\n")
            self.primary.reload()
            cairnd.await_log("zone kept.net: serial 2 by IXFR")
            cairnd.await_log("zone list: serial 2 by IXFR")
            lab.until(lambda: data("www.kept.net A") == ["198.18.2.81"], "the zone's new data")
            self.assertEqual(dig("alias.kept.net A").status, "NXDOMAIN")
            lab.until(lambda: dig("front.hosting.net A").status == "NXDOMAIN", "the list's new rule")
            self.assertNotIn("198.18.2.99", data("www.shop.com A"))
            self.assertGreaterEqual(cairnd.statistic("notified"), 2)
        self.assertIn("www.kept.net. 300 IN A 198.18.2.81", (self.kept / "kept").read_text())

    def test_what_was_kept_is_there_at_the_next_start_without_the_primary(self):
        self.primary.start()
        with self.cairnd() as cairnd:
            cairnd.await_log("zone kept.net: serial 1 by AXFR")
        self.primary.stop()
        with self.cairnd():
            self.assertEqual(data("www.kept.net A"), ["198.18.2.80"])

    def age(self, name, seconds):
        then = time.time() - seconds
        os.utime(self.kept / name, (then, then))

    def test_what_has_expired_stays_so_over_a_start_until_a_primary_gives_it_and_rules_go_on(self):
        self.primary.start()
        with self.cairnd() as cairnd:
            cairnd.await_log("zone kept.net: serial 1 by AXFR")
            cairnd.await_log("zone list: serial 1 by AXFR")
        self.primary.stop()
        self.age("kept", EXPIRE_S)
        self.age("list", EXPIRE_S)
        with self.cairnd() as cairnd:
            self.assertEqual(dig("www.kept.net A").status, "SERVFAIL")
            cairnd.reload()
            self.assertEqual(dig("www.kept.net A").status, "SERVFAIL")
            self.assertEqual(data("www.shop.com A"), ["198.18.2.99"])
            self.start_primary()
            cairnd.reload()
            lab.until(lambda: data("www.kept.net A") == ["198.18.2.80"], "the zone's data")

    def test_a_primary_that_has_nothing_newer_vouches_for_the_file(self):
        self.start_primary()
        with self.cairnd() as cairnd:
            cairnd.await_log("zone kept.net: serial 1 by AXFR")
        self.age("kept", EXPIRE_S - 600)
        with self.cairnd():
            lab.until(lambda: (self.kept / "kept").stat().st_mtime > time.time() - 600, "the file's time")
            self.assertEqual(data("www.kept.net A"), ["198.18.2.80"])

    def test_a_zone_that_is_too_large_fails_by_itself_and_the_log_names_the_remedy(self):
        self.primary.zone("kept.net", 1, "".join(f"h{i} 300 A 198.18.2.80\n" for i in range(200_000)))
        self.start_primary()
        with self.cairnd("server:\n  transfer-memory: 16m\n") as cairnd:
            cairnd.await_log("zone kept.net: too large to be taken over")
            cairnd.await_log("of the 16777216 that `transfer-memory` gives")
            cairnd.await_log("zone list: serial 1 by AXFR")
            self.assertEqual(dig("h1.kept.net A").status, "SERVFAIL")
        with self.cairnd():
            lab.until(lambda: data("h1.kept.net A") == ["198.18.2.80"], "the zone's data")

    def test_without_primary_and_file_its_names_fail_and_others_do_not(self):
        with self.cairnd():
            self.assertEqual(dig("www.kept.net A").status, "SERVFAIL")
            self.assertEqual(dig("www.shop.com A").status, "NOERROR")

    def test_a_reload_goes_on_with_what_there_is(self):
        self.start_primary()
        with self.cairnd() as cairnd:
            lab.until(lambda: data("www.kept.net A") == ["198.18.2.80"], "the zone's data")
            cairnd.reload()
            self.assertEqual(data("www.kept.net A"), ["198.18.2.80"])
            self.primary.zone("kept.net", 3, "www 300 A 198.18.2.83\n")
            self.primary.reload()
            lab.until(lambda: data("www.kept.net A") == ["198.18.2.83"], "the zone's new data")
