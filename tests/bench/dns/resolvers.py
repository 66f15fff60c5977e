"""The resolvers: how each is started with one worker, 256 MiB of cache, asking over IPv4 and IPv6.

`anchor` is the rdata of the root's DNSKEY as text, to validate with; None: validation is off. cairnd keeps its cache in a file
where that is asked for, knot-resolver always does, and the others cannot.
"""
from pathlib import Path

import world

CACHE_MIB = 256


def hints():
    lines = []
    for n, (v4, v6) in enumerate(zip(world.ROOTS_V4, world.ROOTS_V6)):
        name = f"{chr(97 + n)}.root-servers.net."
        lines += [f". 3600000 IN NS {name}", f"{name} 3600000 IN A {v4}", f"{name} 3600000 IN AAAA {v6}"]
    return "\n".join(lines) + "\n"


def cairnd(folder, root, anchor, keeps):
    trust = f"trust-anchor: \". IN DNSKEY {anchor}\"" if anchor else "module-config: iterator"
    kept = f"cache-file: {folder}/cache" if keeps else ""
    (folder / "cairn.conf").write_text(f"""server:
  interface: 127.0.0.1
  root-hints: {folder}/hints
  {trust}
  {kept}
  rrset-cache-size: {CACHE_MIB}m
  neg-cache-size: {CACHE_MIB // 8}m
  delegation-cache-size: {CACHE_MIB // 8}m
  msg-cache-size: {CACHE_MIB // 8}m
""")
    return [str(root / "build/release/bin/cairnd"), "-c", f"{folder}/cairn.conf"]


def unbound(folder, _root, anchor, _keeps):
    trust = f"module-config: \"validator iterator\"\n  trust-anchor: \". IN DNSKEY {anchor}\"" if anchor else "module-config: \"iterator\""
    (folder / "unbound.conf").write_text(f"""server:
  interface: 127.0.0.1
  num-threads: 1
  {trust}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  root-hints: "{folder}/hints"
  rrset-cache-size: {CACHE_MIB}m
  msg-cache-size: {CACHE_MIB // 2}m
  num-queries-per-thread: 4096
  outgoing-range: 8192
  incoming-num-tcp: 64
  so-reuseport: no
  so-rcvbuf: 1m
remote-control:
  control-enable: no
""")
    return ["unbound", "-d", "-c", f"{folder}/unbound.conf"]


def named(folder, _root, anchor, _keeps):
    words = anchor.split(maxsplit=3) if anchor else []
    trust = f'trust-anchors {{ . static-key {" ".join(words[:3])} "{words[3]}"; }};' if anchor else ""
    (folder / "named.conf").write_text(f"""options {{
  directory "{folder}";
  pid-file none;
  listen-on {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  dnssec-validation {"yes" if anchor else "no"};
  max-cache-size {CACHE_MIB}m;
  recursive-clients 10000;
  empty-zones-enable no;
}};
controls {{ }};
{trust}
zone "." {{ type hint; file "{folder}/hints"; }};
""")
    return ["named", "-n", "1", "-g", "-c", f"{folder}/named.conf"]


def kresd(folder, _root, anchor, _keeps):
    trust = f"trust_anchors.add('. IN DNSKEY {anchor}')" if anchor else "trust_anchors.remove('.')"
    (folder / "kresd.conf").write_text(f"""net.listen('127.0.0.1', 53, {{ kind = 'dns' }})
cache.size = {CACHE_MIB} * MB
{trust}
modules = {{ 'hints' }}
hints.root_file('{folder}/hints')
""")
    return ["kresd", "-n", "-q", "-c", f"{folder}/kresd.conf", str(folder)]


def pdns_recursor(folder, _root, anchor, _keeps):
    (folder / "trust.lua").write_text(f'clearTA(".")\naddTA(".", "{world.ds_rdata(".", anchor)}")\n' if anchor else "")
    (folder / "recursor.conf").write_text(f"""local-address=127.0.0.1
socket-dir={folder}
threads=1
distributor-threads=0
pdns-distributes-queries=no
dnssec={"validate" if anchor else "off"}
lua-config-file={folder}/trust.lua
query-local-address=0.0.0.0,::
hint-file={folder}/hints
max-cache-entries=1000000
max-packetcache-entries=500000
security-poll-suffix=
loglevel=3
""")
    return ["pdns_recursor", f"--config-dir={folder}", "--daemon=no"]


ALL = {"cairnd": cairnd, "unbound": unbound, "kresd": kresd, "pdns_recursor": pdns_recursor, "named": named}


def command(name, folder: Path, root: Path, anchor=None, keeps=False):
    (folder / "hints").write_text(hints())
    return ALL[name](folder, root, anchor, keeps)
