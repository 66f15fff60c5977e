#!/usr/bin/env python3
"""cairnd as a program: its start and what it refuses, signals, privileges, messages, links.

usage: test_cairnd_running.py CAIRND [unittest's arguments]
"""
import fcntl
import os
import pathlib
import pwd
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # the source tree stays as it is

from cairnd_process import ask, fails, framed, header, HINTS, main, PATIENCE_S, program, query, Root, Server, Stream


def read_until(descriptor, text, count):
    """From a pipe that does not block, until the text has come so often."""
    end, got = time.monotonic() + PATIENCE_S, b""
    while got.count(text) < count:
        if time.monotonic() > end:
            raise AssertionError(f"{got.count(text)} times, not {count}: {text}")
        if select.select([descriptor], [], [], 0.1)[0]:
            got += os.read(descriptor, 65536)


MANUAL = pathlib.Path(__file__).resolve().parents[3] / "man" / "cairnctl.8"


def counters_told(log):
    """Names of counters, each with its fields where it has a line of several."""
    counters = {}
    for name, several in re.findall(r"notice: ([a-z][\w.*-]*)(?:=\d+|: (\S+=\d+.*))$", log, re.M):
        counters["stack.drop.*" if name.startswith("stack.drop.") else name] = set(re.findall(r"([\w-]+)=", several))
    return counters


def counters_explained():
    section = MANUAL.read_text().partition("\n.Sh COUNTERS\n")[2].partition("\n.Sh ")[0]
    counters = {}
    for item in section.split("\n.It Li ")[1:]:
        names, _, text = item.partition("\n")
        fields = re.findall(r"^\.(?:Pq )?Li (.+)$", text, re.M)
        counters |= dict.fromkeys(names.split(" , "), set(re.findall(r"[\w-]+", " ".join(fields))))
    return counters


class Statistics(unittest.TestCase):
    def test_the_manual_explains_each_counter_and_no_other(self):
        with Server() as server:
            server.tell_statistics()
            told = counters_told(server.log())
        self.assertGreater(len(told), 100)
        told.setdefault("stack.drop.*", set())  # none may have occurred
        self.assertEqual(told, counters_explained())


class Control(unittest.TestCase):
    def test_sighup_changes_the_answers_and_keeps_connections(self):
        with Server() as server, Stream("127.0.0.1") as stream:
            stream.send(framed(query("a.test.")))
            self.assertEqual(header(stream.message())[2], 1)
            self.assertEqual(header(ask("127.0.0.1", "b.test."))[1], 3)
            server.write('  local-data: "b.test. A 192.0.2.2"')
            server.signal(signal.SIGHUP)
            server.wait_log("configuration read again: 0 sockets opened, 0 closed")
            self.assertEqual(header(ask("127.0.0.1", "b.test."))[1:], (0, 1))
            stream.send(framed(query("b.test.")))
            self.assertEqual(header(stream.message())[2], 1)

    def test_sighup_opens_and_closes_listeners(self):
        with Server("  num-threads: 2") as server:
            with Stream("127.0.0.1") as stream:
                server.write("  num-threads: 2", interface='["127.0.0.2@5300", "127.0.0.1@5301"]')
                server.signal(signal.SIGHUP)
                server.wait_log("configuration read again: 4 sockets opened, 2 closed")
                self.assertIsNone(stream.message())
            self.assertEqual(header(ask("127.0.0.2"))[2], 1)
            self.assertEqual(header(ask("127.0.0.1", port=5301))[2], 1)
            self.assertIsNone(ask("127.0.0.1", timeout=0.3))
            with self.assertRaises(ConnectionRefusedError):
                Stream("127.0.0.1")

    def test_a_bad_file_leaves_the_old_configuration_in_force(self):
        with Server() as server:
            for count, (options, interface, why) in enumerate((
                    ("  no-such-option: 1", "127.0.0.1@5300", "no-such-option"),
                    ("  local-data: \"nonsense\"", "127.0.0.1@5300", "local-data"),
                    ("", "192.0.2.99@5300", "192.0.2.99@5300"))):
                server.write(options, interface)
                server.signal(signal.SIGHUP)
                server.wait_log("the old configuration stays in force", count + 1)
                self.assertIn(why, server.log().splitlines()[-1])
                self.assertEqual(header(ask("127.0.0.1"))[2], 1)

    def test_what_takes_a_restart_is_said(self):
        with Server() as server:
            server.write("  num-threads: 3\n  rrset-cache-size: 10m")
            server.signal(signal.SIGHUP)
            server.wait_log("configuration read again")
            self.assertIn("num-threads has changed; it takes effect at the next start", server.log())
            self.assertIn("rrset-cache-size has changed", server.log())
            self.assertNotIn("guard-ports has changed", server.log())

    def test_many_reloads_under_load_lose_nothing(self):
        with Root() as root, Server("  num-threads: 2") as server:
            for i in range(20):
                port = 5301 + i % 2
                server.write("  num-threads: 2", interface=f'["127.0.0.1@5300", "127.0.0.1@{port}"]')
                server.signal(signal.SIGHUP)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.sendto(query(f"pends{i}."), ("127.0.0.1", port))
                self.assertEqual(header(ask("127.0.0.1"))[2], 1)

    def test_sigterm_and_sigint_end_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Root():
                server = Server("  num-threads: 2")
                with Stream("127.0.0.1") as stream:
                    stream.send(framed(query("pends.")) + framed(query("a.test.")))
                    stream.message()
                    server.signal(number)
                    self.assertEqual(server.process.wait(PATIENCE_S), 0)
                    self.assertIn("stopping", server.log())
                server.stop()

    def test_the_manager_is_told(self):
        with tempfile.TemporaryDirectory() as directory:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(os.path.join(directory, "notify"))
                manager.settimeout(PATIENCE_S)
                environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "200000"}
                with Server(environment=environment) as server:
                    self.assertIn(b"READY=1", manager.recv(4096))
                    self.assertEqual(manager.recv(4096), b"WATCHDOG=1")
                    server.signal(signal.SIGHUP)
                    told = [manager.recv(4096)]
                    while b"READY=1" not in told[-1]:
                        told.append(manager.recv(4096))
                    reloading = [t for t in told if t.startswith(b"RELOADING=1")]
                    self.assertRegex(reloading[0], rb"MONOTONIC_USEC=\d+")
                while not (last := manager.recv(4096)).startswith(b"STOPPING=1"):
                    self.assertEqual(last, b"WATCHDOG=1")

    def test_queries_and_answers_are_logged_as_unbound_does(self):
        options = "  log-queries: yes\n  log-replies: yes\n  log-servfail: yes\n  local-zone: \"n.test. inform\"\n  local-data: \"n.test. A 192.0.2.3\""
        with Root() as root, Server(options) as server:
            ask("127.0.0.1")
            ask("127.0.0.1", "n.test.")
            with Stream("127.0.0.1") as stream:
                stream.send(framed(query("pends.")))
                while server.statistic("pending") == 0:
                    time.sleep(0.02)
                time.sleep(0.2)
                root.release()
                stream.message()
                stream.send(framed(query("pends.")))
                stream.message()
                stream.send(framed(query("broken.", 1)[:20]))
                stream.message()
            server.wait_log("FORMERR - - -")
            log = server.log()
            self.assertRegex(log, r"info: 127\.0\.0\.1 a\.test\. A IN\n")
            self.assertRegex(log, r"info: 127\.0\.0\.1 a\.test\. A IN NOERROR 0\.000000 1 40\n")
            self.assertRegex(log, r"info: n\.test\. inform 127\.0\.0\.1@\d+ n\.test\. A IN\n")
            took_s, = re.findall(r"info: 127\.0\.0\.1 pends\. A IN NXDOMAIN (\d+\.\d{6}) 0 \d+\n", log)
            self.assertGreater(float(took_s), 0.1)  # it was held back for longer
            self.assertRegex(log, r"info: 127\.0\.0\.1 pends\. A IN NXDOMAIN 0\.000000 1 \d+\n")
            self.assertRegex(log, r"info: 127\.0\.0\.1 - - - FORMERR - - -\n")

    def test_lines_that_nobody_took_leave_once_somebody_does(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "log")
            os.mkfifo(path)
            reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
            with Server("  log-queries: yes", prefix=("sh", "-c", 'exec "$@" 2>"$0"', path), wait=False):
                read_until(reader, b"start of service", 1)
                for _ in range(200):  # four times what the pipe holds
                    ask("127.0.0.1")
                read_until(reader, b" a.test. A IN\n", 200)  # nobody asks any more
            os.close(reader)

    def test_a_failure_is_logged_with_its_reason(self):
        options = "  log-servfail: yes\n  local-data: \"alias.test. CNAME target.\""
        with Server(options) as server:  # nobody at all listens on the root server's port
            self.assertEqual(header(ask("127.0.0.1", "fails.", timeout=PATIENCE_S))[1], 2)
            server.wait_log("SERVFAIL <fails")
            self.assertRegex(server.log(), r"error: SERVFAIL <fails\. A IN>: \w")


class Networks(unittest.TestCase):
    def test_a_station_behind_a_tap_serves_its_own_addresses(self):
        options = ('  port: 5353\n  access-control: ["198.18.0.0/24 allow", "2001:db8:1::/64 allow"]\nstack:\n  link: tap\n'
                   '  device: cairntest0\n  address: ["198.18.0.53/24", "2001:db8:1::53/64"]')
        with Server(options) as server:
            self.assertIn("serving our own addresses@5353 (link tap)", server.log())
            for address in ("198.18.0.1/24", "2001:db8:1::1/64"):
                subprocess.run(["ip", "addr", "add", address, "dev", "cairntest0", *(["nodad"] if ":" in address else [])],
                               check=True)
            for address in ("2001:db8:1::53", "198.18.0.53"):
                with self.subTest(address):
                    end = time.monotonic() + 2 * PATIENCE_S  # conflict detection takes its time (RFC 5227)
                    while (reply := ask(address, port=5353, timeout=0.5)) is None and time.monotonic() < end:
                        pass
                    self.assertEqual(header(reply)[1:], (0, 1))
            server.write(options.replace("a.test.", "b.test."))
            server.signal(signal.SIGHUP)
            server.wait_log("configuration read again")
            self.assertEqual(header(ask("198.18.0.53", port=5353))[2], 1)
            self.assertEqual(header(ask("127.0.0.1"))[2], 1)
            ask("198.18.0.53", port=5354, timeout=0.1)  # nobody is there, and why it went nowhere is told
            self.assertGreaterEqual(server.statistic("stack.drop.udp_no_flow"), 1)
            self.assertEqual(server.statistic("host.sync-failures"), 0)

    def test_the_capture_shows_what_was_asked(self):
        with tempfile.TemporaryDirectory() as directory, Root() as root:
            root.release()
            path = os.path.join(directory, "packets")
            with Server(f"\nstack:\n  capture: {path}"):
                self.assertEqual(header(ask("127.0.0.1", "nowhere."))[1], 3)
            with open(path, "rb") as file:
                packets = file.read()
            self.assertEqual(packets[:4], b"\x0a\x0d\x0d\x0a")
            self.assertEqual(packets.lower().count(b"\7nowhere\0"), 2)

    def test_faults_keep_what_they_promise(self):
        with Root() as root, Server("\nstack:\n  faults: loss=100%") as server:
            root.release()
            self.assertIsNone(ask("127.0.0.1", "nowhere.", timeout=0.5))
            self.assertGreater(server.statistic("engine.sent.udp4"), 0)
            self.assertEqual(server.statistic("engine.received"), 0)

    def test_words_of_the_stack_section_are_checked(self):
        for words, why in (("link: packet", "device"), ("link: packet\n  device: lo", "address"),
                           ("link: packet\n  device: nosuchdev0\n  address: 192.0.2.7/24", "nosuchdev0"),
                           ("link: tap\n  address: 192.0.2.7", "prefix length"),
                           ("link: tap\n  address: 127.0.0.7/8", "no station"),
                           ("link: tap\n  address: dhcp\n  gateway: x", "gateway"),
                           ("link: tap\n  address: dhcp\n  mac: 01:00:00:00:00:00", "mac"),
                           ("mtu: 1000", "mtu"), ("faults: loss=200%", "loss=200%"), ("faults: oops=1", "oops=1"),
                           ("capture: /nonexistent/x", "/nonexistent/x")):
            with self.subTest(words):
                self.assertIn(why, fails("\nstack:\n  " + words))


class Start(unittest.TestCase):
    def run_cairnd(self, *arguments):
        return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=PATIENCE_S)

    def test_the_command_line(self):
        self.assertIn("usage: cairnd", self.run_cairnd("--help").stdout)
        self.assertRegex(self.run_cairnd("-V").stdout, r"^cairnd \d+\.\d+\.\d+\n")
        self.assertEqual(self.run_cairnd("-V").returncode, 0)
        self.assertEqual(self.run_cairnd("-Z").returncode, 1)
        self.assertIn("`surplus` is no option", self.run_cairnd("surplus").stderr)

    def test_t_checks_a_file_and_all_that_it_names(self):
        with Server() as server:
            self.assertEqual(self.run_cairnd("-t", "-c", server.path).returncode, 0)
            for options, why in (("  acess-control: x", "access-control"),
                                 ("  access-control: 192.0.2.0/24 alow", "`alow`"),
                                 ("  access-control: 192.0.2.0/33 allow", "192.0.2.0/33"),
                                 ("  local-zone: \"x.test. nosuchtype\"", "nosuchtype"),
                                 ("  local-data: \"x.test. A 1.2.3\"", "local-data"),
                                 ("  nsid: xyz", "nsid"),
                                 ("  do-udp: no\n  do-tcp: no", "do-udp and do-tcp"),
                                 ("  username: nosuchuser", "no user `nosuchuser`"),
                                 ("  pidfile: /nonexistent/cairnd.pid", "pidfile: /nonexistent: No such file"),
                                 ("\nstack:\n  capture: /dev/null/x.pcapng", "capture: /dev/null: Not a directory"),
                                 ("\nstack:\n  link: packet\n  device: nosuch0\n  address: 192.0.2.1/24",
                                  "device: `nosuch0`: No such device")):
                with self.subTest(options):
                    server.write(options)
                    result = self.run_cairnd("-t", "-c", server.path)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(why, result.stderr)

    def test_each_mistake_has_a_line_of_its_own(self):
        with Server() as server:
            server.write("  use-syslog: yes\n  prefetch: maybe\n  chroot: \"\"")
            lines = self.run_cairnd("-t", "-c", server.path).stderr.splitlines()
            self.assertEqual(len(lines), 3, lines)
            for line, why in zip(lines, ("`use-syslog`", "prefetch: `maybe`", "`chroot`")):
                self.assertRegex(line, f"cairnd: error: {server.path}:[0-9]+: ")
                self.assertIn(why, line)
            server.signal(signal.SIGHUP)
            server.wait_log("the old configuration stays in force", 3)

    def test_a_bad_root_hint_is_named_by_line(self):
        with Server() as server:
            hints = os.path.join(server.directory.name, "root.hints")
            with open(hints, "w") as file:
                file.write(HINTS + "oops. 3600 A not-an-address\n")
            result = self.run_cairnd("-t", "-c", server.path)
            self.assertEqual(result.returncode, 1)
            self.assertIn("root.hints:3: ", result.stderr)
            os.remove(hints)
            self.assertIn("root.hints: No such file", self.run_cairnd("-t", "-c", server.path).stderr)

    def test_trust_anchors_that_hold_none_are_no_way_to_switch_validation_off(self):
        with tempfile.TemporaryDirectory() as directory:
            keys, path = os.path.join(directory, "root.key"), os.path.join(directory, "cairn.conf")
            for text, option in (("", f"trust-anchor-file: {keys}"),
                                 ("; a comment alone\n", f"trust-anchor-file: {keys}"),
                                 ("", "trust-anchor: \"; a comment alone\"")):
                with self.subTest(text=text, option=option):
                    with open(keys, "w") as file:
                        file.write(text)
                    with open(path, "w") as file:
                        file.write(f"server:\n  {option}\n")
                    result = self.run_cairnd("-t", "-c", path)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn("no DS or DNSKEY record", result.stderr)

    def test_no_guard_takes_a_port_that_is_to_be_served(self):
        ports = range(5300, 5320)
        interface = "[" + ", ".join(f"127.0.0.1@{port}" for port in ports) + "]"
        with Server(interface=interface, guard_ports=8192):
            for port in ports:
                self.assertEqual(header(ask("127.0.0.1", port=port)), (1, 0, 1))

    def test_all_guards_are_there_soon_though_nothing_is_asked(self):
        for options in ("", "  num-threads: 3"):
            with self.subTest(options), Server(options, guard_ports=3000) as server:
                until = time.monotonic() + PATIENCE_S
                while (held := server.statistic("host.guard-ports")) < 3000 and time.monotonic() < until:
                    pass
                self.assertEqual(held, 3000)
                self.assertEqual(server.statistic("host.guard-renew-failures"), 0)

    def test_guards_take_no_right(self):
        user = pwd.getpwnam("nobody").pw_uid if is_real_root() else os.geteuid()
        with Server("  username: nobody" if is_real_root() else ""):
            with open("/proc/net/udp6") as file:
                owners = [int(line.split()[7]) for line in file.read().splitlines()[1:]]
            self.assertGreaterEqual(len(owners), 64)
            self.assertEqual(set(owners), {user})

    def test_the_table_of_descriptors_need_not_grow_while_threads_wait_for_it(self):
        with Server("  incoming-num-tcp: 3000", guard_ports=1200) as server:
            with open(f"/proc/{server.process.pid}/status") as file:
                size = int(re.search(r"FDSize:\s+(\d+)", file.read())[1])
            limit = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[0]
            self.assertGreaterEqual(size, min(limit, 3000 + 2 * 1200))

    def test_a_port_in_use_names_who_has_it(self):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with self.subTest(kind), socket.socket(socket.AF_INET, kind) as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
                other.bind(("127.0.0.1", 5300))
                if kind == socket.SOCK_STREAM:
                    other.listen()
                said = fails()
                self.assertIn("cannot serve 127.0.0.1@5300", said)
                self.assertIn(f"(process {os.getpid()}) has the port", said)

    def test_a_second_cairnd_does_not_join_the_first(self):
        with Server("  num-threads: 2"):
            self.assertIn("has the port", fails("  num-threads: 2"))

    def test_an_address_that_is_not_here_is_said_to_be_missing(self):
        said = fails(interface="192.0.2.99@5300")
        self.assertIn("192.0.2.99@5300", said)
        self.assertIn("ip-freebind", said)
        with Server("  ip-freebind: yes", interface='["192.0.2.99@5300", "127.0.0.1@5300"]'):
            self.assertEqual(header(ask("127.0.0.1"))[2], 1)

    def test_a_missing_capability_is_named_with_its_remedy(self):
        without = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
        said = fails(prefix=without)
        self.assertIn("CAP_NET_RAW", said)
        self.assertIn("setcap", said)
        without = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
        said = fails(prefix=without, interface="127.0.0.1@53")
        self.assertIn("CAP_NET_BIND_SERVICE", said)

    def test_an_unknown_user_is_said_to_be_unknown(self):
        self.assertIn("no user `nosuchuser`", fails("  username: nosuchuser"))

    def test_all_but_one_capability_is_given_up(self):
        with Server("  username: nobody" if is_real_root() else "") as server:
            with open(f"/proc/{server.process.pid}/status") as file:
                status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
            net_raw = f"{1 << 13:016x}"
            self.assertEqual(status["CapEff"], net_raw)
            self.assertEqual(status["CapPrm"], net_raw)
            self.assertEqual(status["CapInh"], "0" * 16)
            self.assertEqual(status["CapBnd"], net_raw)
            self.assertEqual(status["NoNewPrivs"], "1")
            if is_real_root():
                self.assertNotIn("0", status["Uid"].split())
                self.assertNotIn("0", status["Gid"].split())
            self.assertEqual(header(ask("127.0.0.1"))[2], 1)

    def test_the_cache_file_belongs_to_the_user_it_becomes_and_is_read_without_a_right(self):
        user = pwd.getpwnam("nobody").pw_uid if is_real_root() else os.geteuid()
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "cache")
            for _ in ("it is made", "it is there"):
                with Server(f"  cache-file: {path}" + ("\n  username: nobody" if is_real_root() else "")) as server:
                    for task in os.listdir(f"/proc/{server.process.pid}/task"):
                        with open(f"/proc/{server.process.pid}/task/{task}/status") as file:
                            self.assertIn(f"CapEff:\t{1 << 13:016x}", file.read())
                status = os.stat(path)
                self.assertEqual((status.st_uid, status.st_mode & 0o777), (user, 0o600))

    def test_the_pidfile_tells_the_process_and_goes_with_it(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "pid")
            with Server(f"  pidfile: {path}") as server:
                with open(path) as file:
                    self.assertEqual(int(file.read()), server.process.pid)
            self.assertFalse(os.path.exists(path))

    def test_with_one_family_missing_the_default_addresses_are_the_other_s(self):
        subprocess.run(["ip", "addr", "del", "::1/128", "dev", "lo"], check=True)
        try:
            result = self.run_cairnd("-t")
            self.assertEqual(result.returncode, 0, result.stderr)
        finally:
            subprocess.run(["ip", "addr", "add", "::1/128", "dev", "lo"], check=True)


def is_real_root():
    with open("/proc/self/uid_map") as file:
        return file.read().split() == ["0", "0", "4294967295"]


if __name__ == "__main__":
    main(__doc__)
