"""The five resolvers: each validates from the lab's root key, is told the lab's root servers, and is else as it comes.

But for cairnd: it shall say all that it knows, as late as it may be (the others do not stop at the second that a client waits).
"""
import shutil
import subprocess
import time
from pathlib import Path

import dns.message
import dns.query
import dns.exception

START_S = 30  # one that has not answered by then has failed
STOP_S = 10


def cairnd(at):
    return f"""server:
  interface: {at.address}
  root-hints: {at.hints}
  trust-anchor-file: {at.key}
  deny-any: no
  discard-timeout: 0
  log-servfail: yes
""", [at.cairnd, "-c", at.file]


def unbound(at):
    return f"""server:
  interface: {at.address}
  username: ""
  chroot: ""
  directory: "{at.folder}"
  pidfile: ""
  use-syslog: no
  root-hints: "{at.hints}"
  trust-anchor-file: "{at.key}"
remote-control:
  control-enable: no
""", ["unbound", "-d", "-c", at.file]


def kresd(at):
    return f"""net.listen('{at.address}', 53, {{ kind = 'dns' }})
cache.size = 64 * MB
trust_anchors.remove('.')
trust_anchors.add_file('{at.key}', true)
modules = {{ 'hints > iterate' }}
hints.root_file('{at.hints}')
""", ["kresd", "-n", "-q", "-c", at.file, str(at.folder)]


def pdns_recursor(at):
    (at.folder / "anchors.lua").write_text(f'clearTA(".")\naddTA(".", "{ds_of(at.key)}")\n')
    return f"""local-address={at.address}
socket-dir={at.folder}
threads=1
dnssec=validate
lua-config-file={at.folder}/anchors.lua
query-local-address=0.0.0.0,::
hint-file={at.hints}
security-poll-suffix=
loglevel=3
""", ["pdns_recursor", f"--config-dir={at.folder}", "--daemon=no"]


def named(at):
    flags, protocol, algorithm, key = key_fields(at.key)
    return f"""options {{
  directory "{at.folder}";
  pid-file none;
  listen-on {{ {at.address}; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  dnssec-validation yes;
  max-cache-size 64m;
  empty-zones-enable no;
}};
controls {{ }};
trust-anchors {{ . static-key {flags} {protocol} {algorithm} "{key}"; }};
zone "." {{ type hint; file "{at.hints}"; }};
""", ["named", "-n", "1", "-g", "-c", at.file]


# Name, the name of its configuration file, how it is configured.
KINDS = {"cairnd": ("cairn.conf", cairnd), "unbound": ("unbound.conf", unbound), "kresd": ("kresd.conf", kresd),
         "pdns_recursor": ("recursor.conf", pdns_recursor), "named": ("named.conf", named)}


def key_fields(path):
    """Flags, protocol, algorithm and key of the one DNSKEY record in a file."""
    words = path.read_text().split(";")[0].split()
    flags, protocol, algorithm, *key = words[words.index("DNSKEY") + 1:]
    return flags, protocol, algorithm, "".join(key)


def ds_of(path):
    line = subprocess.run(["ldns-key2ds", "-n", "-2", str(path)], check=True, capture_output=True, text=True).stdout
    return line.split("DS", 1)[1].strip()


def is_there(name, program):
    return Path(program).exists() if name == "cairnd" else shutil.which(name) is not None


class Resolver:
    """One of them, running; its configuration and log are in a folder of its own."""

    def __init__(self, name, address, folder, hints, key, cairnd_program):
        self.name, self.address, self.folder = name, address, folder / name
        self.hints, self.key, self.cairnd = hints, key, cairnd_program
        file_name, configure = KINDS[name]
        self.folder.mkdir(parents=True)
        self.file = str(self.folder / file_name)
        text, command = configure(self)
        Path(self.file).write_text(text)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

    def await_answer(self):
        query = dns.message.make_query(".", "SOA")
        end = time.monotonic() + START_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if dns.query.udp(query, self.address, timeout=1).answer:
                    return
            except (OSError, dns.exception.DNSException):
                pass
            time.sleep(0.1)
        raise SystemExit(f"{self.name} does not answer:\n{(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
