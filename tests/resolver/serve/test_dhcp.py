#!/usr/bin/env python3
"""cairnd with an address from DHCP: dnsmasq on the kernel's side gives it, in a namespace of its own.

usage: test_dhcp.py CAIRND [unittest's arguments]

The root server is on 192.0.2.53, beyond the router that the lease names, so an answer from it shows
that address, route and neighbour are right; what the server saw is read from its log.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # the source tree stays as it is

import cairnd_process
from cairnd_process import PATIENCE_S, Root, Server, ask, enter_namespace, header

ROOT = "192.0.2.53"
SKIPPED = 77


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def wait_for(what, seconds, condition):
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.1)
    return result


class DhcpServer:
    """dnsmasq, without its DNS half, on one device: leases of two minutes from .100 on, in order."""

    def __init__(self, device, network, *options):
        self.directory = tempfile.TemporaryDirectory()
        self.log_path = os.path.join(self.directory.name, "log")
        self.lease_path = os.path.join(self.directory.name, "leases")
        # Debug mode only spares the change of user, which a user namespace may not allow.
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen([
                "dnsmasq", "--conf-file=/dev/null", "--no-daemon", "--log-facility=-", "--port=0", "--bind-dynamic",
                f"--interface={device}", "--except-interface=lo", "--dhcp-authoritative", "--no-ping", "--log-dhcp",
                "--dhcp-sequential-ip", f"--dhcp-range={network}.100,{network}.109,255.255.255.0,2m",
                f"--dhcp-leasefile={self.lease_path}", *options], stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.directory.cleanup()

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def count(self, message):
        return len(re.findall(rf" {message}\(", self.log()))

    def wait_count(self, message, count, seconds):
        try:
            wait_for(f"{count} {message}", seconds, lambda: self.count(message) >= count)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def leases(self):
        with open(self.lease_path) as file:
            return [line.split() for line in file]


def station(link, device):
    return ('  port: 5353\n  access-control: ["198.18.0.0/15 allow"]\n'
            f"stack:\n  link: {link}\n  device: {device}\n  address: dhcp\n  mac: 02:00:00:00:00:05")


def wait_answer(address, name="a.test.", seconds=20):
    return header(wait_for(f"an answer from {address}", seconds, lambda: ask(address, name, port=5353, timeout=0.5)))


class Dhcp(unittest.TestCase):
    def test_a_station_behind_a_tap_has_its_address_router_and_renewals_from_the_server(self):
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            print("skip - test_dhcp: no access to /dev/net/tun")
            self.skipTest("no access to /dev/net/tun")
        with Root(ROOT) as root, Server(station("tap", "cairntest0")):
            root.release()
            ip("addr", "add", "198.18.0.1/24", "dev", "cairntest0")
            with DhcpServer("cairntest0", "198.18.0", "--dhcp-option=option:T1,12", "--dhcp-option=6,198.18.0.9") as server:
                server.wait_count("DHCPACK", 1, 30)
                self.assertEqual(wait_answer("198.18.0.100")[1:], (0, 1))
                self.assertEqual(header(ask("198.18.0.100", "nowhere.", port=5353))[1], 3)
                self.assertEqual((server.count("DHCPDISCOVER"), server.count("DHCPREQUEST")), (1, 1))
                server.wait_count("DHCPACK", 2, 15)  # T1
                self.assertEqual(server.count("DHCPDISCOVER"), 1)
                self.assertEqual(header(ask("198.18.0.100", port=5353))[2], 1)
                lease, = server.leases()
                self.assertEqual(lease[1:3], ["02:00:00:00:00:05", "198.18.0.100"])
                self.assertEqual(lease[4], "ff:00:00:00:05:00:03:00:01:02:00:00:00:00:05")

    def test_a_station_on_a_device_declines_comes_back_and_takes_classless_routes(self):
        ip("link", "add", "cairntest1", "type", "veth", "peer", "name", "cairntest2")
        try:
            ip("link", "set", "cairntest1", "up")
            ip("link", "set", "cairntest2", "up")
            ip("addr", "add", "198.19.0.1/24", "dev", "cairntest2")
            ip("addr", "add", "198.19.0.100/32", "dev", "lo")  # the first address to be given is somebody's
            with Root(ROOT) as root, Server(station("packet", "cairntest1")), \
                    DhcpServer("cairntest2", "198.19.0", "--dhcp-option=121,0.0.0.0/0,198.19.0.1") as server:
                root.release()
                server.wait_count("DHCPDECLINE", 1, 30)
                self.assertIn("198.19.0.100", server.log().split("DHCPDECLINE")[1])
                self.assertEqual(wait_answer("198.19.0.101", seconds=40)[1:], (0, 1))
                self.assertEqual(header(ask("198.19.0.101", "nowhere.", port=5353))[1], 3)
                discovers, requests = server.count("DHCPDISCOVER"), server.count("DHCPREQUEST")

                ip("link", "set", "cairntest2", "down")
                time.sleep(0.5)  # its end loses the carrier
                ip("link", "set", "cairntest2", "up")
                server.wait_count("DHCPREQUEST", requests + 1, 20)
                self.assertEqual(wait_answer("198.19.0.101")[1:], (0, 1))
                self.assertEqual(server.count("DHCPDISCOVER"), discovers)  # the old lease was asked for, and given
        finally:
            ip("addr", "del", "198.19.0.100/32", "dev", "lo")
            ip("link", "del", "cairntest1")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if shutil.which("dnsmasq") is None:
        print("skip - test_dhcp: no dnsmasq (Debian: dnsmasq-base)")
        sys.exit(SKIPPED)
    enter_namespace()
    ip("addr", "add", f"{ROOT}/32", "dev", "lo")
    os.environ["CAIRND"] = sys.argv.pop(1)
    cairnd_process.HINTS = f". 3600 NS far.test.\nfar.test. 3600 A {ROOT}\n"
    unittest.main()
