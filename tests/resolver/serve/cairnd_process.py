"""A cairnd to be tested from outside, and the only root server that it can reach.

A test program imports this, and ends with main(): it runs itself again in a network namespace of its own, which has a
loopback device and nothing else, so nothing that is started there can reach anybody.  The root server, on 127.0.0.53,
holds its answers back until it is told to give them, so a query pends for as long as a test wants.
"""
import contextlib
import os
import pathlib
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
PATIENCE_S = 30  # a busy machine may take long


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
        self.process = subprocess.Popen([*prefix, program(), "-c", self.path], stderr=self.log_file, env=env)
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

    @contextlib.contextmanager
    def stopped(self):
        """All of its threads stand still."""
        def states():
            return {task.read_text().rpartition(")")[2].split()[0] for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat")}
        end = time.monotonic() + PATIENCE_S
        self.signal(signal.SIGSTOP)
        try:
            while states() != {"T"} and time.monotonic() < end:
                time.sleep(0.001)
            yield
        finally:
            self.signal(signal.SIGCONT)

    def tell_statistics(self):
        last_line = "zones: checks="
        before = self.log().count(last_line)
        self.signal(signal.SIGUSR1)
        self.wait_log(last_line, before + 1)

    def statistic(self, name):
        self.tell_statistics()
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


def ask(address, name="a.test.", port=5300, source=None, timeout=PATIENCE_S):
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


def program():
    """The cairnd that the command line names."""
    return os.environ["CAIRND"]


def main(usage):
    if len(sys.argv) < 2:
        sys.exit(usage)
    enter_namespace()
    os.environ["CAIRND"] = sys.argv.pop(1)
    unittest.main(module="__main__")
