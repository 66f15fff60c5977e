#!/usr/bin/env python3
"""cairnd from outside: sockets, signals, privileges, messages.

usage: test_cairnd.py CAIRND [unittest's arguments]

Runs itself again in a network namespace of its own, which has a loopback device and nothing else, so
nothing that is started here can reach anybody.  The only root server there is, on 127.0.0.53, holds
its answers back until it is told to give them, so a query pends for as long as a test wants.
"""
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HINTS = ". 3600 NS silent.test.\nsilent.test. 3600 A 127.0.0.53\n"
PATIENCE_S = 10


def enter_namespace():
    if os.environ.get("CAIRN_TEST_NAMESPACE") == "1":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "addr", "add", "2001:db8::5/128", "dev", "lo", "nodad"], check=True)
        return
    os.environ["CAIRN_TEST_NAMESPACE"] = "1"
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.execvp("unshare", ["unshare", *user, "--net", sys.executable, *sys.argv])


def name_wire(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(l)]) + l.encode() for l in labels) + b"\0"


def query(name, qtype=1, ident=1, flags=0x0100):
    return struct.pack(">HHHHHH", ident, flags, 1, 0, 0, 0) + name_wire(name) + struct.pack(">HH", qtype, 1)


def framed(message):
    return struct.pack(">H", len(message)) + message


def header(message):
    ident, flags, _, answers, _, _ = struct.unpack(">HHHHHH", message[:12])
    return ident, flags & 15, answers


class Root:
    """The root server: every name that it is asked for does not exist, once it may say so."""

    def __init__(self, address="127.0.0.53"):
        self.address = address

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, 53))
        self.is_free = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_free.set()
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join(PATIENCE_S)
        self.socket.close()

    def release(self):
        self.is_free.set()

    def serve(self):
        while (received := self.socket.recvfrom(4096))[0]:
            data, peer = received
            self.is_free.wait(PATIENCE_S)
            end = 12
            while data[end]:
                end += 1 + data[end]
            soa = b"\0" + struct.pack(">HHIHHIIIII", 6, 1, 60, 22, 0, 1, 2, 3, 4, 60)
            self.socket.sendto(data[:2] + struct.pack(">HHHHH", 0x8403, 1, 0, 1, 0) + data[12:end + 5] + soa, peer)


class Stream:
    """A TCP connection that speaks in length-prefixed messages."""

    def __init__(self, address, port=5300, source=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.input = b""
        try:
            if source:
                self.socket.bind((source, 0))
            self.socket.connect((address, port))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def message(self):
        """The next message; None when the server has closed."""
        while True:
            if len(self.input) >= 2:
                size = struct.unpack(">H", self.input[:2])[0]
                if len(self.input) >= 2 + size:
                    message, self.input = self.input[2:2 + size], self.input[2 + size:]
                    return message
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.input += data

    def is_silent(self, seconds):
        return not select.select([self.socket], [], [], seconds)[0]


class Server:
    """One cairnd with a configuration of its own."""

    def __init__(self, options="", interface="127.0.0.1@5300", environment=None, prefix=(), wait=True,
                 guard_ports=64):
        self.guard_ports = guard_ports
        self.directory = tempfile.TemporaryDirectory()
        os.chmod(self.directory.name, 0o755)
        self.path = os.path.join(self.directory.name, "cairn.conf")
        self.log_path = os.path.join(self.directory.name, "log")
        with open(os.path.join(self.directory.name, "root.hints"), "w") as file:
            file.write(HINTS)
        self.write(options, interface)
        self.log_file = open(self.log_path, "w")
        env = dict(os.environ, **(environment or {}))
        self.process = subprocess.Popen([*prefix, CAIRND, "-c", self.path], stderr=self.log_file, env=env)
        if wait:
            self.wait_log("start of service")

    def write(self, options, interface="127.0.0.1@5300"):
        stack = "" if "\nstack:" in options else "\nstack:"
        with open(self.path, "w") as file:
            file.write(
                f"server:\n  interface: {interface}\n  root-hints: {self.directory.name}/root.hints\n  module-config: iterator\n"
                "  do-not-query-localhost: no\n  do-ip6: no\n  prime-root: no\n"
                "  local-data: \"a.test. A 192.0.2.1\"\n" + options + stack + f"\n  guard-ports: {self.guard_ports}\n")

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def wait_log(self, text, count=1):
        end = time.monotonic() + PATIENCE_S
        while self.log().count(text) < count:
            if self.process.poll() is not None and self.log().count(text) < count:
                raise AssertionError(f"cairnd ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise AssertionError(f"no `{text}` in:\n{self.log()}")
            time.sleep(0.02)

    def signal(self, number):
        self.process.send_signal(number)

    def statistic(self, name):
        before = self.log().count("cache.delegation:")
        self.signal(signal.SIGUSR1)
        self.wait_log("cache.delegation:", before + 1)
        return int(re.findall(rf"{re.escape(name)}=(\d+)", self.log())[-1])

    def stop(self):
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.log_file.close()
        self.output = self.log()
        self.directory.cleanup()
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.stop()
        if kind is None and status != 0:
            raise AssertionError(f"cairnd ended with {status}:\n{self.output}")


def ask(address, name="a.test.", port=5300, source=None, timeout=2.0):
    """One question over UDP, through a connected socket: an answer from elsewhere is not seen."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        if source:
            s.bind((source, 0))
        s.connect((address, port))
        s.send(query(name))
        try:
            return s.recv(65536)
        except (socket.timeout, ConnectionRefusedError):
            return None


def fails(options="", interface="127.0.0.1@5300", prefix=()):
    """What a cairnd that cannot start says."""
    server = Server(options, interface, prefix=prefix, wait=False)
    try:
        status = server.process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        status = None
    server.stop()
    if status != 1:
        raise AssertionError(f"cairnd ended with {status}:\n{server.output}")
    return server.output


class Datagrams(unittest.TestCase):
    def test_a_wildcard_socket_answers_from_the_address_that_was_asked(self):
        with Server(interface='["0.0.0.0@5300", "::@5300"]\n  access-control: ["::/0 allow"]'):
            for address in ("127.0.0.1", "127.0.0.5", "127.200.3.4", "::1", "2001:db8::5"):
                with self.subTest(address):
                    self.assertEqual(header(ask(address))[2], 1)

    def test_late_answers_leave_from_there_too(self):
        with Root() as root, Server(interface="0.0.0.0@5300"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(PATIENCE_S)
                client.connect(("127.0.0.77", 5300))
                client.send(query("nowhere.", ident=9))
                root.release()
                self.assertEqual(header(client.recv(4096))[:2], (9, 3))

    def test_hundreds_may_wait_for_one_name_and_are_answered_at_once(self):
        with Root() as root, Server() as server:
            sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(400)]
            for number, s in enumerate(sockets):
                s.settimeout(PATIENCE_S)
                s.connect(("127.0.0.1", 5300))
                s.send(query("popular.", ident=number))
            while server.statistic("pending") < len(sockets):
                time.sleep(0.05)
            root.release()
            for number, s in enumerate(sockets):
                self.assertEqual(header(s.recv(4096))[:2], (number, 3))
                s.close()
            self.assertLess(server.statistic("engine.sent.udp4"), 20)

    def test_one_address_may_not_wait_for_everything(self):
        with Root() as root, Server() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", 5300))
            for number in range(1100):
                s.send(query(f"n{number % 10}.", ident=number))
                if number % 100 == 99:
                    server.statistic("pending")  # the socket's buffer is not what is tried here
            self.assertEqual(server.statistic("pending"), 1000)
            self.assertEqual(server.statistic("dropped.quota"), 100)
            root.release()

    def test_an_answer_that_is_too_late_is_not_sent(self):
        with Root() as root, Server("  discard-timeout: 100") as server:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect(("127.0.0.1", 5300))
                client.settimeout(0.5)
                client.send(query("nowhere."))
                time.sleep(0.3)
                root.release()
                with self.assertRaises(socket.timeout):
                    client.recv(4096)
            self.assertEqual(server.statistic("dropped.late"), 1)
            self.assertEqual(header(ask("127.0.0.1", "nowhere."))[1], 3)

    def test_two_threads_answer_everybody(self):
        with Server("  num-threads: 2") as server:
            for _ in range(100):
                self.assertEqual(header(ask("127.0.0.1"))[1:], (0, 1))
            self.assertEqual(server.statistic("answers.local"), 100)

    def test_without_reuseport_threads_share_a_socket(self):
        with Server("  num-threads: 2\n  so-reuseport: no"):
            for _ in range(20):
                self.assertEqual(header(ask("127.0.0.1"))[1:], (0, 1))
            with Stream("127.0.0.1") as stream:
                stream.send(framed(query("a.test.")))
                self.assertEqual(header(stream.message())[2], 1)

    def test_access_is_by_address(self):
        with Server('  access-control: ["127.0.0.8/32 deny", "127.0.0.9/32 refuse"]'):
            self.assertIsNone(ask("127.0.0.1", source="127.0.0.8", timeout=0.3))
            self.assertEqual(header(ask("127.0.0.1", source="127.0.0.9"))[1], 5)
            with Stream("127.0.0.1", source="127.0.0.8") as stream:
                self.assertIsNone(stream.message())

    def test_an_oversized_query_is_dropped_and_counted(self):
        with Server() as server:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.sendto(query("a.test.") + bytes(5000), ("127.0.0.1", 5300))
            self.assertEqual(header(ask("127.0.0.1"))[2], 1)
            self.assertEqual(server.statistic("udp.cut"), 1)


class Streams(unittest.TestCase):
    def test_queries_are_pipelined_and_may_come_in_pieces(self):
        with Server(), Stream("127.0.0.1") as stream:
            data = b"".join(framed(query("a.test.", ident=i)) for i in range(1, 50))
            for at in range(0, len(data), 7):
                stream.send(data[at:at + 7])
            self.assertEqual(sorted(header(stream.message())[0] for _ in range(1, 50)), list(range(1, 50)))

    def test_answers_come_in_the_order_in_which_they_are_ready(self):
        with Root() as root, Server(), Stream("127.0.0.1") as stream:
            stream.send(framed(query("pends.", ident=1)) + framed(query("a.test.", ident=2)))
            self.assertEqual(header(stream.message())[0], 2)
            root.release()
            self.assertEqual(header(stream.message())[:2], (1, 3))

    def test_who_has_a_hundred_unanswered_is_not_read(self):
        with Root() as root, Server(), Stream("127.0.0.1") as stream:
            for i in range(100):
                stream.send(framed(query("pends.", ident=i)))
            stream.send(framed(query("a.test.", ident=1000)))
            self.assertTrue(stream.is_silent(0.5))
            root.release()
            self.assertEqual(sorted(header(stream.message())[0] for _ in range(101)), [*range(100), 1000])

    def test_a_half_closed_connection_gets_its_answers(self):
        with Root() as root, Server(), Stream("127.0.0.1") as stream:
            stream.send(framed(query("pends.", ident=1)) + framed(query("a.test.", ident=2)))
            stream.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(header(stream.message())[0], 2)
            self.assertTrue(stream.is_silent(0.2))
            root.release()
            self.assertEqual(header(stream.message())[0], 1)
            self.assertIsNone(stream.message())

    def test_who_hangs_up_leaves_nothing_behind(self):
        with Root() as root, Server() as server:
            for linger in ((0, 0), (1, 0)):
                with Stream("127.0.0.1") as stream:
                    stream.send(framed(query(f"pends{linger[0]}.")) * 20)
                    self.assertTrue(stream.is_silent(0.2))
                    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", *linger))
            self.assertEqual(server.statistic("pending"), 40)
            root.release()
            end = time.monotonic() + PATIENCE_S
            while server.statistic("pending") > 0 and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(server.statistic("pending"), 0)
            self.assertEqual(server.statistic("dropped.gone"), 20)  # whoever has reset the connection
            self.assertEqual(server.statistic("tcp.open"), 0)

    def test_a_length_that_no_query_has_closes(self):
        with Server() as server:
            for length in (0, 11, 4097, 65535):
                with self.subTest(length), Stream("127.0.0.1") as stream:
                    stream.send(struct.pack(">H", length) + bytes(64))
                    self.assertIsNone(stream.message())
            self.assertEqual(server.statistic("tcp.closed-malformed"), 4)

    def test_an_idle_connection_is_closed_and_a_waiting_one_is_not(self):
        with Root() as root, Server("  tcp-idle-timeout: 400") as server:
            with Stream("127.0.0.1") as idle, Stream("127.0.0.1") as waits, Stream("127.0.0.1") as dribbles:
                waits.send(framed(query("pends.", ident=7)))
                began = time.monotonic()
                dribbles.send(b"\0")
                self.assertTrue(dribbles.is_silent(0.3))
                dribbles.send(b"\x19")
                self.assertIsNone(idle.message())
                self.assertIsNone(dribbles.message())
                self.assertGreater(time.monotonic() - began, 0.35)
                self.assertLess(time.monotonic() - began, 2)
                root.release()
                self.assertEqual(header(waits.message())[0], 7)
            self.assertGreaterEqual(server.statistic("tcp.closed-idle"), 2)

    def test_the_longest_idle_makes_room_for_a_newcomer(self):
        with Server("  incoming-num-tcp: 3") as server:
            streams = [Stream("127.0.0.1") for _ in range(3)]
            for stream in streams:
                stream.send(framed(query("a.test.")))
                self.assertEqual(header(stream.message())[2], 1)
            with Stream("127.0.0.1") as newcomer:
                newcomer.send(framed(query("a.test.", ident=77)))
                self.assertEqual(header(newcomer.message())[0], 77)
            self.assertIsNone(streams[0].message())
            for stream in streams:
                stream.socket.close()
            self.assertGreaterEqual(server.statistic("tcp.closed-idle"), 1)

    def test_who_does_not_read_is_held_back_then_closed(self):
        text = "x" * 250
        data = "".join(f'    - "big.test. TXT \\"{i:03} {text}\\""\n' for i in range(100))
        options = "  tcp-idle-timeout: 1000\n  local-data:\n" + data
        with Server(options) as server, Stream("127.0.0.1") as stream:
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stream.socket.settimeout(0.5)
            sent = 0
            try:
                while sent < 20000000:
                    sent += stream.socket.send(framed(query("big.test.", 16)) * 1000)
            except (socket.timeout, ConnectionError):
                pass
            self.assertLess(sent, 20000000)
            self.assertEqual(header(ask("127.0.0.1"))[2], 1)
            end = time.monotonic() + PATIENCE_S
            while server.statistic("tcp.closed-slow") == 0 and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(server.statistic("tcp.closed-slow"), 1)

    def test_a_large_answer_comes_whole(self):
        text = "x" * 250
        data = "".join(f'    - "big.test. TXT \\"{i:03} {text}\\""\n' for i in range(200))
        with Server("  local-data:\n" + data), Stream("127.0.0.1") as stream:
            stream.send(framed(query("big.test.", 16, ident=3)) * 3)
            for _ in range(3):
                message = stream.message()
                self.assertEqual(header(message), (3, 0, 200))
                self.assertGreater(len(message), 50000)


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
                self.assertTrue(stream.is_silent(0.1))
                root.release()
                stream.message()
                stream.send(framed(query("pends.")))
                stream.message()
                stream.send(framed(query("broken.", 1)[:20]))
                stream.message()
            log = server.log()
            self.assertRegex(log, r"info: 127\.0\.0\.1 a\.test\. A IN\n")
            self.assertRegex(log, r"info: 127\.0\.0\.1 a\.test\. A IN NOERROR 0\.000000 1 40\n")
            self.assertRegex(log, r"info: n\.test\. inform 127\.0\.0\.1@\d+ n\.test\. A IN\n")
            self.assertRegex(log, r"info: 127\.0\.0\.1 pends\. A IN NXDOMAIN 0\.[1-9]\d{5} 0 \d+\n")
            self.assertRegex(log, r"info: 127\.0\.0\.1 pends\. A IN NXDOMAIN 0\.000000 1 \d+\n")
            self.assertRegex(log, r"info: 127\.0\.0\.1 - - - FORMERR - - -\n")

    def test_a_failure_is_logged_with_its_reason(self):
        options = "  log-servfail: yes\n  local-data: \"alias.test. CNAME target.\""
        with Server(options) as server:  # nobody at all listens on the root server's port
            self.assertEqual(header(ask("127.0.0.1", "fails.", timeout=PATIENCE_S))[1], 2)
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
        return subprocess.run([CAIRND, *arguments], capture_output=True, text=True, timeout=PATIENCE_S)

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
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    enter_namespace()
    CAIRND = sys.argv.pop(1)
    unittest.main()
