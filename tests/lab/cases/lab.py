"""The hosts of the lab, cairnd on one of them, and what the home router has counted."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

NAMESPACES = Path("/run/netns")
ROOT = Path(__file__).resolve().parents[3]
LOSS = ROOT / "tests/lab/loss.sh"
START_S = 15     # a busy machine may take long, a cairnd that is well never does
PATIENCE_S = 10

running = []     # every Cairnd that is up, for the report of a failed case


def refuse_to_run_elsewhere():
    """Outside of the lab cairnd would ask the real root servers."""
    here = os.stat("/proc/self/ns/net")
    host = NAMESPACES / "lan"
    if not host.exists() or (os.stat(host).st_dev, os.stat(host).st_ino) != (here.st_dev, here.st_ino):
        raise SystemExit("only on the host `lan` of a lab: use tests/lab/run")


def root_alone(what):
    """Skips what the root of a user namespace may not do."""
    if Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        raise unittest.SkipTest(f"only root may {what}")


def at(host, *command):
    """The command line that runs `command` on a host."""
    return ["nsenter", f"--net={NAMESPACES / host}", *command]


def on(host, *command, **options):
    return subprocess.run(at(host, *command), check=True, capture_output=True, text=True, **options).stdout


def rules(host, text):
    on(host, "nft", "-f", "-", input=text)


def lose(percent):
    """The backbone loses that part of all packets, each way."""
    on("core1", "sh", str(LOSS), str(percent))


def counted(name):
    """Packets that a counter of the home router has seen."""
    listing = json.loads(on("home", "nft", "--json", "list", "counter", "inet", "home", name))
    return next(item["counter"]["packets"] for item in listing["nftables"] if "counter" in item)


class Dead:
    """Every third of the name servers' addresses is dead: what is sent there vanishes."""

    hosts = ("roots", "registry", "alpha", "beta", "gamma")

    def __enter__(self):
        for host in self.hosts:
            drops = "\n".join(f"{'ip6' if ':' in address else 'ip'} daddr {address} drop"
                              for address in served_addresses(host)[1::3])
            rules(host, f"table inet dead {{\nchain input {{\ntype filter hook input priority filter\n{drops}\n}}\n}}\n")
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            on(host, "nft", "delete", "table", "inet", "dead")


def served_addresses(host):
    listing = json.loads(on(host, "ip", "--json", "address", "show", "dev", "lo", "scope", "global"))
    return sorted(entry["local"] for device in listing for entry in device.get("addr_info", []) if entry)


class Sent:
    """How many questions have left the house since: `with Sent() as sent: ...`, then `sent.questions`.

    With a cairnd without those that it asked of a second server while the first kept it waiting, as on a busy machine it does."""

    def __init__(self, cairnd=None):
        self.cairnd = cairnd

    def __enter__(self):
        self.before = self.count()
        return self

    def __exit__(self, *_):
        self.questions = self.count() - self.before

    def count(self):
        return quiet_count() - (self.cairnd.statistic("engine.hedges") if self.cairnd is not None else 0)


class Disowned:
    """Replies to flows of the house that its kernels said were nobody's: port unreachable, or RST."""

    def __enter__(self):
        self.before = self.count()
        return self

    def __exit__(self, *_):
        quiet_count()
        self.kinds = {name: count - self.before[name] for name, count in self.count().items()}
        self.flows = sum(self.kinds.values())

    @staticmethod
    def count():
        return {name: counted(name) for name in ("port_unreachable", "resets")}


class Stopped:
    """Name servers that hear and say nothing for a while: the processes with that word on their command lines."""

    def __init__(self, word):
        self.word = word

    def __enter__(self):
        self.pids = [int(entry.name) for entry in Path("/proc").iterdir()
                     if entry.name.isdigit() and self.word in (entry / "cmdline").read_text()]
        self.tell(signal.SIGSTOP)

    def __exit__(self, *_):
        self.tell(signal.SIGCONT)

    def tell(self, number):
        for pid in self.pids:
            os.kill(pid, number)


def quiet_count():
    """Once nothing has left for a while: what was sent for an earlier question is not counted for the next."""
    count = counted("questions")
    while True:
        time.sleep(0.1)
        later = counted("questions")
        if later == count:
            return count
        count = later


def until(true, what, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def stop_accepting(listener, thread):
    """Wakes the thread that waits in accept and ends it. Closed under it the descriptor would be another's before long,
    and the thread would take that one's connections: the kernel begins accept anew when a process was held up."""
    listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE_S)
    listener.close()


class Cairnd:
    """One cairnd with a configuration file of its own."""

    def __init__(self, configuration="", host="lan"):
        self.directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.path = Path(self.directory.name) / "cairn.conf"
        self.log_path = Path(self.directory.name) / "log"
        self.configure(configuration)
        self.log_mark = 0
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(at(host, os.environ["CAIRND"], "-c", str(self.path)), stderr=log)
        running.append(self)
        try:
            self.await_log("start of service")
        except BaseException:
            self.kill()
            raise

    def configure(self, text):
        """The lab's root has a key of its own, if the text says nothing of keys."""
        anchor = f"server:\n  trust-anchor-file: {os.environ['LAB_DIR']}/root.key\n"
        self.path.write_text(("" if "module-config" in text or "trust-anchor-file" in text else anchor) + text)

    def log(self):
        return self.log_path.read_text()

    def await_log(self, words, count=1):
        def is_there():
            if self.log().count(words) >= count:
                return True
            if self.process.poll() is not None:
                raise AssertionError(f"cairnd ended with {self.process.returncode}:\n{self.log()}")
            return False
        until(is_there, f"`{words}` in\n{self.log()}", START_S)

    def reload(self):
        told = self.log().count("configuration read again")
        self.process.send_signal(signal.SIGHUP)
        self.await_log("configuration read again", told + 1)

    def statistic(self, name, otherwise=None):
        """A counter; `otherwise` where it is not told, as drops are not that have not occurred."""
        last_line = "zones: checks="
        told = self.log().count(last_line)
        self.process.send_signal(signal.SIGUSR1)
        self.await_log(last_line, told + 1)
        values = re.findall(rf"{re.escape(name)}=(\d+)", self.log())
        return int(values[-1]) if values or otherwise is None else otherwise

    def stop(self):
        """Ends it; returns its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()
        if self in running:
            running.remove(self)
            self.directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.stop()
        if kind is None and status != 0:
            raise AssertionError(f"cairnd ended with {status}")


class WithCairnd(unittest.TestCase):
    """Cases that share one cairnd with the given configuration."""

    configuration = ""

    @classmethod
    def setUpClass(cls):
        cls.cairnd = Cairnd(cls.configuration)
        cls.addClassCleanup(cls.cairnd.__exit__, None)


def mark_logs():
    for cairnd in running:
        cairnd.log_mark = len(cairnd.log())


def marked_logs():
    """The end of what every cairnd has said since mark_logs."""
    return "".join(line + "\n" for cairnd in running for line in cairnd.log()[cairnd.log_mark:].splitlines()[-20:])
