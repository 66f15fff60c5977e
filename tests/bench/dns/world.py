"""The world that the resolvers are measured in: a root, ten top-level domains and 10,000 zones, every fifth signed.

Zone files are made once and kept (build/bench/dns/world-ZONES); three NSD processes serve them, since a server that has
parent and child answers for the child at once and would save the resolvers the referral.
"""
import base64
import hashlib
import random
import shutil
import struct
import subprocess
from pathlib import Path

TLDS = ["com", "net", "org", "info", "dev", "app", "io", "edu", "biz", "name"]
NAMES_PER_ZONE = 20  # the last of them does not exist
PROVIDERS = 10  # every second zone has its servers' names there, without glue
SIGNED_ONE_IN = 5

ROOTS_V4 = ["198.41.0.4", "170.247.170.2", "192.33.4.12", "199.7.91.13", "192.203.230.10", "192.5.5.241", "192.112.36.4",
            "198.97.190.53", "192.36.148.17", "192.58.128.30", "193.0.14.129", "199.7.83.42", "202.12.27.33"]
ROOTS_V6 = ["2001:503:ba3e::2:30", "2801:1b8:10::b", "2001:500:2::c", "2001:500:2d::d", "2001:500:a8::e", "2001:500:2f::f",
            "2001:500:12::d0d", "2001:500:1::53", "2001:7fe::53", "2001:503:c27::2:30", "2001:7fd::1", "2001:500:9f::42",
            "2001:dc3::35"]
TLD_ADDRS = [("198.18.1.1", "2001:2:0:1::1"), ("198.18.1.2", "2001:2:0:1::2")]
HOST_ADDRS = [(f"198.18.2.{i + 1}", f"2001:2:0:2::{i + 1:x}") for i in range(2 * PROVIDERS)]


def zone_name(index):
    return f"zone{index}.{TLDS[index % len(TLDS)]}."


def is_signed(index):
    return index % (SIGNED_ONE_IN * len(TLDS)) // len(TLDS) == 0


def names(zones):
    """All names that are asked for, in an order of no meaning."""
    every = [f"h{n}.{zone_name(z)}" for z in range(zones) for n in range(NAMES_PER_ZONE)]
    random.Random(1).shuffle(every)
    return every


def soa(zone):
    return f"{zone} 3600 IN SOA ns.invalid. hostmaster.invalid. 1 7200 3600 1209600 900"


def servers_of(index):
    """Names and addresses of a zone's two servers: of its own, or a provider's."""
    pair = 2 * (index % PROVIDERS)
    if index % 2 == 0:
        return [(f"ns{n + 1}.{zone_name(index)}", HOST_ADDRS[pair + n]) for n in range(2)], True
    return [(f"ns{n + 1}.provider{index % PROVIDERS}.net.", HOST_ADDRS[pair + n]) for n in range(2)], False


def addresses(name, addrs, ttl):
    return [f"{name} {ttl} IN A {addrs[0]}", f"{name} {ttl} IN AAAA {addrs[1]}"]


def hosted_zone(index):
    zone = zone_name(index)
    servers, own = servers_of(index)
    lines = [soa(zone)] + [f"{zone} 3600 IN NS {name}" for name, _ in servers]
    for name, addrs in servers if own else []:
        lines += addresses(name, addrs, 3600)
    lines += [f"h{n}.{zone} 3600 IN A 192.0.2.{n + 1}" for n in range(NAMES_PER_ZONE - 1)]
    return zone, lines


def provider_zone(index):
    zone = f"provider{index}.net."
    lines = [soa(zone)]
    for n in range(2):
        name, addrs = f"ns{n + 1}.{zone}", HOST_ADDRS[2 * index + n]
        lines += [f"{zone} 3600 IN NS {name}"] + addresses(name, addrs, 3600)
    return zone, lines


def delegation(zone, servers, with_glue):
    lines = []
    for name, addrs in servers:
        lines.append(f"{zone} 86400 IN NS {name}")
        if with_glue:
            lines += addresses(name, addrs, 86400)
    return lines


def tld_servers():
    return [(f"{chr(97 + n)}.nic.net.", addrs) for n, addrs in enumerate(TLD_ADDRS)]


def tld_zone(tld, zones, key):
    zone = tld + "."
    lines = [soa(zone)] + delegation(zone, tld_servers(), tld == "net")
    for index in (i for i in range(zones) if TLDS[i % len(TLDS)] == tld):
        servers, own = servers_of(index)
        lines += delegation(zone_name(index), servers, own)
        if is_signed(index):
            lines.append(key.ds(zone_name(index)))
    if tld == "net":
        for index in range(PROVIDERS):
            child, child_lines = provider_zone(index)
            lines += [line for line in child_lines if " SOA " not in line]
    return zone, lines


def root_zone(key):
    roots = [(f"{chr(97 + n)}.root-servers.net.", pair) for n, pair in enumerate(zip(ROOTS_V4, ROOTS_V6))]
    lines = [soa(".")] + delegation(".", roots, True)
    for tld in TLDS:
        lines += delegation(tld + ".", tld_servers(), True) + [key.ds(tld + ".")]
    return ".", lines


def ds_rdata(zone, key_text):
    """The SHA-256 DS of a key that is given as text (RFC 4034, section 5.1.4)."""
    flags, protocol, algorithm, octets = key_text.split(maxsplit=3)
    rdata = struct.pack("!HBB", int(flags), int(protocol), int(algorithm)) + base64.b64decode(octets)
    labels = [label for label in zone.split(".") if label]
    owner = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    total = sum(octet << 8 if i % 2 == 0 else octet for i, octet in enumerate(rdata))
    tag = (total + (total >> 16)) & 0xffff  # RFC 4034, appendix B
    return f"{tag} {algorithm} 2 {hashlib.sha256(owner + rdata).hexdigest()}"


def root_key(zones_folder):
    """The rdata of the root's key, which is every zone's."""
    text = next(zones_folder.glob("K*.key")).read_text().split(";")[0].split()
    return " ".join(text[text.index("DNSKEY") + 1:])


class Key:
    """One ECDSA key for all signed zones: only its owner differs, and with it the DS."""

    def __init__(self, folder):
        self.folder = folder
        base = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "key.template."], cwd=folder, check=True,
                              capture_output=True, text=True).stdout.strip()
        self.suffix = base[base.index("+"):]
        self.private = (folder / f"{base}.private").read_text()
        public = (folder / f"{base}.key").read_text().split(";")[0].split()
        self.rdata_text = " ".join(public[public.index("DNSKEY") + 1:])

    def ds(self, zone):
        return f"{zone} 86400 IN DS {ds_rdata(zone, self.rdata_text)}"

    def sign(self, zone, path):
        base = self.folder / f"K{zone}{self.suffix}"
        base.with_name(base.name + ".private").write_text(self.private)
        base.with_name(base.name + ".key").write_text(f"{zone} 3600 IN DNSKEY {self.rdata_text}\n")
        subprocess.run(["ldns-signzone", "-e", "20361231000000", "-o", zone, "-f", str(path), str(path), str(base)], check=True,
                       capture_output=True)
        for ending in (".private", ".key"):
            base.with_name(base.name + ending).unlink()


def write_zone(folder, zone, lines, key):
    path = folder / (zone.rstrip(".") or "root")
    path.write_text("\n".join(lines) + "\n")
    if key is not None:
        key.sign(zone, path)
    return zone, path


def make(folder, zones, say):
    """Makes all zone files, unless they are there already; returns a list of (server, [(zone, path)])."""
    done = folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        key = Key(folder)
        say(f"making {zones} zones, one in {SIGNED_ONE_IN} signed (once; kept in {folder})")
        write_zone(folder, *root_zone(key), key)
        for tld in TLDS:
            write_zone(folder, *tld_zone(tld, zones, key), key)
        for index in range(PROVIDERS):
            write_zone(folder, *provider_zone(index), None)
        for index in range(zones):
            write_zone(folder, *hosted_zone(index), key if is_signed(index) else None)
        done.touch()
    hosted = [zone_name(i) for i in range(zones)] + [f"provider{i}.net." for i in range(PROVIDERS)]
    groups = [("root", ["."]), ("tld", [tld + "." for tld in TLDS]), ("host", hosted)]
    return [(server, [(zone, folder / (zone.rstrip(".") or "root")) for zone in zones_of]) for server, zones_of in groups]


def listen_addresses(server):
    if server == "root":
        return ROOTS_V4 + ROOTS_V6
    pairs = TLD_ADDRS if server == "tld" else HOST_ADDRS
    return [addr for pair in pairs for addr in pair]


def nsd_config(server, zones, folder):
    lines = ["server:", "  server-count: 1", '  username: ""', '  database: ""', "  hide-version: yes", "  rrl-ratelimit: 0",
             f'  pidfile: "{folder}/{server}.pid"', f'  xfrdfile: "{folder}/{server}.xfrd"',
             f'  zonelistfile: "{folder}/{server}.list"', f'  logfile: "{folder}/{server}.log"', '  zonesdir: ""',
             "  tcp-count: 10"]
    lines += [f"  ip-address: {addr}" for addr in listen_addresses(server)]
    lines += ["remote-control:", "  control-enable: no"]
    for zone, path in zones:
        lines += ["zone:", f'  name: "{zone}"', f'  zonefile: "{path}"']
    path = folder / f"{server}.conf"
    path.write_text("\n".join(lines) + "\n")
    return path
