"""What is seen of cairnd on the home router, with the host's addresses and as a station of its own."""
import contextlib
import itertools
import json
import socket
import subprocess
import time
import unittest

import lab
from capture import Capture
from clients import NoAnswer, dig

NAMES = 200                 # of hosts, enough that chance does not decide
DISTINCT = 0.9              # of them, ports and ids that do not come twice
PORTS_FROM, PORTS_TO = 1024, 65536
SLICES = 8                  # of the range, each of which is used
STATION_V4, STATION_V6 = "192.168.1.53", "2001:2:0:100::53"
STATION_MAC = "02:00:5e:00:53:01"
REGISTRIES = ("198.18.1.", "2001:2:0:1::")
NAMES_OF_SERVERS = {"gtld-servers", "nic", "in-addr-servers", "ip6-servers", "root-servers"}


class OnTheWire:
    """Cases for every way to be on the network; a class that has them says who asks whom, and with what addresses."""

    sources = client = server = None
    turns = 1  # in a row in which a flow is disowned: a failure

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.await_service()
        with Capture() as cls.seen:
            cls.ask_many("wild.chain.org", NAMES)

    @classmethod
    def await_service(cls):
        pass

    @classmethod
    def ask_many(cls, zone, count, prefix="name"):
        """Asks for names that were never asked for."""
        questions = "".join(f"{prefix}{i}.{zone} A\n" for i in range(count))
        lab.on(cls.client, "dig", "-r", "+short", f"@{cls.server}", "-f", "/dev/stdin", input=questions)

    def assert_spread(self, numbers, start, end):
        self.assertGreaterEqual(len(numbers), NAMES)
        self.assertGreater(len(set(numbers)), DISTINCT * len(numbers))
        width = (end - start) // SLICES
        for begin in range(start, end - width + 1, width):
            self.assertTrue(any(begin <= number < begin + width for number in numbers), f"none from {begin} on")

    def test_source_ports_are_spread_over_the_range(self):
        self.assert_spread([question.port for question in self.seen.questions], PORTS_FROM, PORTS_TO)

    def test_ids_are_spread_over_the_range(self):
        self.assert_spread([question.id for question in self.seen.questions], 0, 65536)

    def test_letter_case_is_drawn_by_lot(self):
        letters = [letter for question in self.seen.questions for letter in question.name if letter.isalpha()]
        self.assertAlmostEqual(sum(letter.isupper() for letter in letters) / len(letters), 0.5, delta=0.1)

    def test_both_families_are_used_from_the_right_addresses(self):
        # The registry's servers have both. A family that failed while the network came up is left alone for some seconds
        # (resolver/cache/infra.h), which a busy machine stretches; no other address is ever used.
        used, rounds = {question.source for question in self.seen.questions}, itertools.count()

        def are_both_used():
            with Capture() as seen:
                self.ask_many("com", 16, f"nobody{next(rounds)}-")
            used.update(question.source for question in seen.questions)
            self.assertLessEqual(used, set(self.sources))
            return used == set(self.sources)

        lab.until(are_both_used, "both families are used", lab.START_S)

    def test_the_kernel_disowns_no_flow(self):
        for turn in range(self.turns):
            with lab.Disowned() as disowned:
                self.ask_many("wild.signed.org", NAMES, f"turn{turn}-")
                self.ask_many("lossy.net", NAMES // 10, f"turn{turn}-")
            if disowned.flows == 0:
                return
        self.fail(f"in each of {self.turns}: {disowned.kinds}")


class Shared(OnTheWire, lab.WithCairnd):
    """link raw: the kernel has the same addresses."""

    sources = ("192.168.1.10", "2001:2:0:100::10")
    client, server = "lan", "127.0.0.1"

    def test_the_kernel_does_not_disown_late_replies_either(self):
        dig("www.short.org A")  # so that the addresses of its servers are known
        with lab.Disowned() as disowned, lab.Sent() as sent:
            with lab.Stopped("nsd-alpha.conf"):
                late = subprocess.Popen(lab.at(self.client, "dig", "-r", "+tries=1", f"@{self.server}", "late.short.org"),
                                        stdout=subprocess.PIPE, text=True)
                time.sleep(1.2)  # questions are sent again by now; when all are answered, all but one are late
            self.assertIn("NXDOMAIN", late.communicate()[0])
        self.assertGreater(sent.questions, 1)
        self.assertEqual(disowned.flows, 0, disowned.kinds)

    def test_the_router_would_see_a_kernel_that_disowns_a_flow(self):
        for family, server in ((socket.AF_INET, "198.18.2.1"), (socket.AF_INET6, "2001:2:0:2::1")):
            with lab.Disowned() as disowned, lab.Stopped("nsd-alpha.conf"):
                with socket.socket(family, socket.SOCK_DGRAM) as hasty:
                    hasty.sendto(bytes.fromhex("0001 0100 0001 0000 0000 0000 05616c706861036e657400 0006 0001"), (server, 53))
            self.assertEqual(disowned.flows, 1)


class Minimised(lab.WithCairnd):
    """Each server is told no more of a name than it needs (RFC 9156)."""

    def test_each_server_is_told_no_more_than_it_needs(self):
        with open(lab.ROOT / "conf/root.hints") as hints:
            roots = {words[3] for words in map(str.split, hints) if len(words) > 3 and words[2] in ("A", "AAAA")}
        with Capture() as seen:
            dig("leaf.under.empty.chain.org A")
            dig("any.thing.at.all.wild.signed.org A")
            dig("a.b.c.static.shop.com A")
            dig("www.insecure.signed.org AAAA")
        at_root = [question for question in seen.questions if question.server in roots]
        at_registry = [question for question in seen.questions if question.server.startswith(REGISTRIES)]
        self.assertGreaterEqual({tuple(question.labels) for question in at_root}, {("org",), ("com",)})
        self.assertGreaterEqual({tuple(question.labels) for question in at_registry},
                                {("chain", "org"), ("signed", "org"), ("shop", "com")})
        for question in at_root:
            self.assertLessEqual(len(question.labels), 1, question)
        for question in at_registry:
            if not NAMES_OF_SERVERS.intersection(question.labels):
                self.assertLessEqual(len(question.labels), 2, question)

    def test_the_types_are_not_told_before_the_last_step(self):
        with Capture() as seen:
            dig("mx.types.example MX")
        of_zones = {"NS", "DNSKEY", "DS"}  # priming (RFC 8109), validation (RFC 4035)
        self.assertEqual({question.type for question in seen.questions if len(question.labels) < 3} - of_zones, {"A"})
        self.assertEqual([question.type for question in seen.questions if question.labels[:1] == ["mx"]], ["MX"])


STATION = f"""
server:
  access-control: [ "192.168.1.0/24 allow", "2001:2:0:100::/64 allow" ]
stack:
  address: [ "{STATION_V4}/24", "{STATION_V6}/64" ]
  gateway: [ "192.168.1.1", "2001:2:0:100::1" ]
  mac: "{STATION_MAC}"
"""


class AsStation(OnTheWire):
    """cairnd as a host of its own on the LAN; the host `guest` is its client."""

    sources = (STATION_V4, STATION_V6)
    client, server = "guest", STATION_V4
    # On a busy machine a reply may come after its question has been given up. That nobody waits for it a station says itself
    # (RFC 1122, section 4.1.3.1), and once by chance; a kernel that disowns flows does so each time.
    turns = 2

    @classmethod
    def await_service(cls):
        # The addresses are its own only once nobody has objected to them (RFC 5227; RFC 4862, section 5.4).
        for address in cls.sources:
            lab.until(lambda: pings(address), f"{address} answers", lab.START_S)

    def test_it_answers_a_ping(self):
        for address in self.sources:
            with self.subTest(address):
                said = lab.on("guest", "ping", "-n", "-c", "3", "-i", "0.1", "-W", "2", address)
                self.assertIn("3 received", said)

    def test_a_large_ping_comes_back_whole(self):
        for address in self.sources:
            with self.subTest(address):
                said = lab.on("guest", "ping", "-n", "-c", "2", "-i", "0.1", "-W", "2", "-s", "3000", address)
                self.assertIn("2 received", said)

    def test_it_tells_neighbours_its_own_mac_address(self):
        for address in self.sources:
            with self.subTest(address):
                lab.on("guest", "ip", "neighbour", "flush", "to", address)
                self.assertTrue(pings(address))
                self.assertIn(f"lladdr {STATION_MAC}", lab.on("guest", "ip", "neighbour", "show", "to", address))

    def test_it_serves_its_own_addresses(self):
        for address in self.sources:
            with self.subTest(address):
                answer = dig("www.shop.com A", server=address, host="guest")
                self.assertEqual(answer.records[-1], "front.hosting.net. A 198.18.6.80")

    def test_it_serves_its_own_addresses_over_tcp(self):
        for address in self.sources:
            with self.subTest(address):
                answer = dig("www.shop.com A", "+tcp", server=address, host="guest")
                self.assertEqual(answer.records[-1], "front.hosting.net. A 198.18.6.80")

    def test_one_connection_carries_many_questions(self):
        names = ["www.shop.com A", "front.hosting.net A", "nothing.shop.com A"] * 20
        questions = [word for name in names for word in name.split()]
        for address in self.sources:
            with self.subTest(address):
                said = lab.on("guest", "dig", f"@{address}", "+tcp", "+keepopen", "+time=5", "+tries=1", *questions)
                self.assertEqual(said.count("status: NOERROR"), 40)
                self.assertEqual(said.count("status: NXDOMAIN"), 20)

    def test_an_answer_larger_than_a_segment_comes_over_tcp(self):
        for address in self.sources:
            with self.subTest(address):
                answer = dig("huge.big.org TXT", "+tcp", server=address, host="guest")
                self.assertEqual(len(answer.answer), 40)

    def test_the_host_s_own_addresses_stay_the_host_s(self):
        for address in ("192.168.1.10", "2001:2:0:100::10"):
            with self.subTest(address):
                self.assertTrue(pings(address))
                self.assertNotIn(STATION_MAC, lab.on("guest", "ip", "neighbour", "show", "to", address))


def pings(address):
    command = lab.at("guest", "ping", "-n", "-c", "1", "-W", "1", address)
    return subprocess.run(command, capture_output=True).returncode == 0


class Packet(AsStation, lab.WithCairnd):
    """link packet: a second host on the device of the first."""

    configuration = STATION + "  link: packet\n  device: eth0\n"


class OverXdp(AsStation):
    """link xdp: the same, with an XDP program that takes its frames out of the device's queues."""

    mode = None

    @classmethod
    def setUpClass(cls):
        lab.root_alone("load an XDP program")
        station = STATION.replace(STATION_V4, cls.sources[0]).replace(STATION_V6, cls.sources[1])
        cls.configuration = station + f"  link: xdp\n  device: eth0\n  xdp-mode: {cls.mode}\n"
        super().setUpClass()

    def test_the_log_tells_the_mode(self):
        self.assertIn(f"eth0: XDP {self.mode}, 1 queue", self.cairnd.log())


# Each with addresses of its own: what servers still say to the connections of the one before would be disowned, rightly.
class XdpNative(OverXdp, lab.WithCairnd):
    mode = "native"
    sources = ("192.168.1.54", "2001:2:0:100::54")
    server = sources[0]


class XdpGeneric(OverXdp, lab.WithCairnd):
    mode = "generic"
    sources = ("192.168.1.55", "2001:2:0:100::55")
    server = sources[0]


OURS = ("192.168.1.10", "2001:2:0:100::10")
GUEST = "192.168.1.11"
MORE = ("192.168.1.77", "2001:2:0:100::77")


def beside_the_host(mode):
    return ('server:\n  interface: [ "0.0.0.0", "::" ]\n'
            '  access-control: [ "192.168.1.0/24 allow", "2001:2:0:100::/64 allow" ]\n'
            f"stack:\n  link: xdp\n  device: eth0\n  xdp-mode: {mode}\n")


class BesideTheHost(OnTheWire):
    """link xdp without an address: the host keeps its own, and clients' UDP comes off the device."""

    mode = None
    sources = OURS
    client, server = "guest", OURS[0]

    @classmethod
    def setUpClass(cls):
        lab.root_alone("load an XDP program")
        cls.configuration = beside_the_host(cls.mode)
        super().setUpClass()

    def taken(self):
        return self.cairnd.statistic("xdp.received")

    def assert_answers(self, address, *options):
        answer = dig("www.shop.com A", *options, server=address, host="guest")
        self.assertEqual(answer.records[-1], "front.hosting.net. A 198.18.6.80")

    def test_the_log_tells_the_mode(self):
        self.assertIn(f"eth0: XDP {self.mode}, 1 queue; UDP to port 53 of the host's addresses comes by it", self.cairnd.log())

    def test_questions_come_off_the_device_and_answers_go_back_in_their_frames(self):
        for address in OURS:
            with self.subTest(address):
                self.assert_answers(address)  # may take longer than a turn
                taken, replied = self.taken(), self.cairnd.statistic("xdp.replied")
                for _ in range(3):
                    self.assert_answers(address)
                self.assertEqual(self.taken() - taken, 3)
                self.assertEqual(self.cairnd.statistic("xdp.replied") - replied, 3)

    def test_an_answer_that_took_longer_comes_by_the_socket(self):
        for i, address in enumerate(OURS):
            with self.subTest(address):
                taken, replied = self.taken(), self.cairnd.statistic("xdp.replied")
                dig(f"later{i}-{self.mode}.wild.chain.org A", server=address, host="guest")
                self.assertEqual(self.taken() - taken, 1)
                self.assertEqual(self.cairnd.statistic("xdp.replied"), replied)

    def test_what_is_larger_than_a_frame_comes_by_the_socket(self):
        self.cairnd.configure(self.configuration.replace("server:", "server:\n  max-udp-size: 4096"))
        self.cairnd.reload()
        for address in OURS:
            with self.subTest(address):
                dig("large.big.org TXT", "+bufsize=4096", "+ignore", server=address, host="guest")
                before = self.cairnd.statistic("xdp.by-socket")
                answer = dig("large.big.org TXT", "+bufsize=4096", "+ignore", server=address, host="guest")
                self.assertEqual(len(answer.answer), 12)
                self.assertNotIn("tc", answer.flags)
                self.assertEqual(self.cairnd.statistic("xdp.by-socket") - before, 1)

    def test_tcp_and_questions_of_the_host_itself_stay_with_the_kernel(self):
        taken = self.taken()
        for address in OURS:
            self.assert_answers(address, "+tcp")
            dig("www.shop.com A", server=address)
        self.assertEqual(self.taken(), taken)

    def test_an_address_that_comes_is_served_and_one_that_goes_is_not(self):
        for address in MORE:
            with self.subTest(address):
                addrs, length = self.cairnd.statistic("xdp.addresses"), "/64" if ":" in address else "/24"
                lab.on("lan", "ip", "address", "add", address + length, "dev", "eth0", *(["nodad"] if ":" in address else []))
                lab.until(lambda: self.cairnd.statistic("xdp.addresses") == addrs + 1, "the address is named")
                self.assert_answers(address)
                taken = self.taken()
                self.assert_answers(address)
                self.assertEqual(self.taken() - taken, 1)
                lab.on("lan", "ip", "address", "delete", address + length, "dev", "eth0")
                lab.until(lambda: self.cairnd.statistic("xdp.addresses") == addrs, "the address is gone")

    def test_sources_that_nobody_can_have_are_not_answered(self):
        sender = Sender()
        self.assertEqual(sender.send(GUEST), b"\x00\x07\x85")  # the id, QR and AA: this one is answered
        for source in ("192.168.1.255", OURS[0], "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"):
            with self.subTest(source):
                taken, drops = self.taken(), self.cairnd.statistic("stack.drop.ip_source", 0)
                self.assertEqual(sender.send(source), b"")
                self.assertEqual(self.taken() - taken, 1)
                self.assertEqual(self.cairnd.statistic("stack.drop.ip_source") - drops, 1)

    def test_nothing_else_of_the_host_is_taken(self):
        taken = self.taken()
        for address in OURS:
            self.assertTrue(pings(address))
        with Connected() as said:
            self.assertEqual(said, b"hello")
        self.assertEqual(self.taken(), taken)


class Sender:
    """Questions for localhost in frames that are written by hand, from `guest` to this host."""

    program = """
import socket, struct, sys
source, destination, mac = sys.argv[1:]
question = bytes.fromhex("0007 0100 0001 0000 0000 0000 096c6f63616c686f737400 0001 0001")
udp = struct.pack("!HHHH", 4242, 53, 8 + len(question), 0) + question
ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + socket.inet_aton(source) + socket.inet_aton(destination)
total = sum(struct.unpack("!10H", ip))
total = (total & 0xffff) + (total >> 16)
ip = ip[:10] + struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + ip[12:]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
wire.bind(("eth0", 0x0800))
wire.settimeout(0.5)
wire.send(bytes.fromhex(mac.replace(":", "")) + wire.getsockname()[4] + b"\\x08\\x00" + ip + udp)
try:
    while True:
        frame = wire.recv(2000)
        if frame[23] == 17 and frame[34:38] == struct.pack("!HH", 53, 4242):
            print(frame[42:45].hex())
            break
except TimeoutError:
    pass
"""

    def __init__(self):
        self.mac = json.loads(lab.on("lan", "ip", "--json", "link", "show", "eth0"))[0]["address"]

    def send(self, source):
        """The first octets of the answer; none: there was no answer."""
        return bytes.fromhex(lab.on("guest", "python3", "-c", self.program, source, OURS[0], self.mac))


class Connected:
    """What a connection from `guest` to a port of this host carries."""

    def __enter__(self):
        with socket.create_server((OURS[0], 2222)) as server:
            server.settimeout(lab.PATIENCE_S)
            client = subprocess.Popen(lab.at("guest", "bash", "-c", f"echo -n hello >/dev/tcp/{OURS[0]}/2222"))
            with server.accept()[0] as stream:
                said = stream.recv(100)
            client.wait()
        return said

    def __exit__(self, *_):
        pass


class BesideTheHostNative(BesideTheHost, lab.WithCairnd):
    mode = "native"


class BesideTheHostGeneric(BesideTheHost, lab.WithCairnd):
    mode = "generic"


class BesideTheHostChanges(unittest.TestCase):
    def test_a_listener_that_goes_takes_its_addresses_with_it(self):
        lab.root_alone("load an XDP program")
        with lab.Cairnd(beside_the_host("generic")) as cairnd:
            for address in OURS:
                self.assertEqual(dig("localhost A", server=address, host="guest").status, "NOERROR")
            addrs, taken = cairnd.statistic("xdp.addresses"), cairnd.statistic("xdp.received")
            cairnd.configure(beside_the_host("generic").replace(', "::"', ""))
            cairnd.reload()
            lab.until(lambda: cairnd.statistic("xdp.addresses") < addrs, "those of IPv6 are not named any more")
            with self.assertRaises(NoAnswer):
                dig("localhost A", "+time=1", server=OURS[1], host="guest")
            self.assertEqual(dig("localhost A", server=OURS[0], host="guest").status, "NOERROR")
            self.assertEqual(cairnd.statistic("xdp.received") - taken, 1)

    def test_the_devices_mtu_is_followed(self):
        lab.root_alone("load an XDP program")
        texts = ", ".join(f"'middling.test. TXT \"{i:02} {'x' * 120}\"'" for i in range(10))  # 1,400 octets
        with lab.Cairnd(beside_the_host("generic").replace("server:", f"server:\n  max-udp-size: 4096\n  local-data: [ {texts} ]")) as cairnd:
            def goes_by_socket():
                before = cairnd.statistic("xdp.by-socket")
                answer = dig("middling.test TXT", "+bufsize=4096", "+ignore", server=OURS[0], host="guest")
                self.assertEqual(len(answer.answer), 10)
                return cairnd.statistic("xdp.by-socket") > before

            self.assertFalse(goes_by_socket())
            lab.on("lan", "ip", "link", "set", "eth0", "mtu", "1280")
            try:
                lab.until(goes_by_socket, "the smaller MTU is known")
            finally:
                lab.on("lan", "ip", "link", "set", "eth0", "mtu", "1500")
            lab.until(lambda: not goes_by_socket(), "the larger one is")

    def test_threads_without_a_queue_answer_what_comes_by_their_sockets(self):
        lab.root_alone("load an XDP program")
        with lab.Cairnd(beside_the_host("generic").replace("server:", "server:\n  num-threads: 3")) as cairnd:
            for _ in range(8):
                self.assertEqual(dig("localhost A", server=OURS[0], host="guest").status, "NOERROR")
                self.assertEqual(dig("localhost A", server=OURS[0]).status, "NOERROR")
            self.assertEqual(cairnd.statistic("xdp.received"), 8)


class XdpEnds(unittest.TestCase):
    def test_the_program_goes_with_the_process_however_that_ends(self):
        lab.root_alone("load an XDP program")
        station = STATION + "  link: xdp\n  device: eth0\n  xdp-mode: native\n"
        configurations = {"native": station, "generic": station.replace("native", "generic"), "beside": beside_the_host("native")}
        for name, end in itertools.product(configurations, (lab.Cairnd.stop, lab.Cairnd.kill)):
            with self.subTest(name, end=end.__name__):
                cairnd = lab.Cairnd(configurations[name])
                self.assertTrue(has_program())
                end(cairnd)
                lab.until(lambda: not has_program(), "the program is gone")
                self.assertTrue(pings("192.168.1.10"))


def has_program():
    return "prog/xdp" in lab.on("lan", "ip", "-d", "link", "show", "dev", "eth0")


class Tap(AsStation, lab.WithCairnd):
    """link tap: a device of its own, bridged with the LAN."""

    configuration = STATION + "  link: tap\n  device: cairn0\n"

    @classmethod
    def setUpClass(cls):
        lab.root_alone("make a TAP device")
        cls.addClassCleanup(unbridge)
        bridge()
        super().setUpClass()

    def test_its_own_host_is_a_client_like_others(self):
        for address in self.sources:
            with self.subTest(address):
                self.assertEqual(dig("front.hosting.net A", server=address).status, "NOERROR")


ADDRESSES = ("192.168.1.10/24", "2001:2:0:100::10/64")


def bridge():
    """Between eth0 of `lan` and the TAP device; the host's addresses move to the bridge, its MAC address stays."""
    mac = json.loads(lab.on("lan", "ip", "--json", "link", "show", "eth0"))[0]["address"]
    lab.on("lan", "ip", "tuntap", "add", "dev", "cairn0", "mode", "tap")
    lab.on("lan", "ip", "link", "add", "br0", "address", mac, "type", "bridge")
    for port in ("eth0", "cairn0"):
        lab.on("lan", "ip", "link", "set", port, "master", "br0", "up")
    move_addresses("eth0", "br0")


def unbridge():
    with contextlib.suppress(subprocess.CalledProcessError):
        move_addresses("br0", "eth0")
    for device in ("br0", "cairn0"):
        subprocess.run(["ip", "link", "delete", device], capture_output=True)


def move_addresses(old, new):
    lab.on("lan", "ip", "link", "set", new, "up")
    for address in ADDRESSES:
        lab.on("lan", "ip", "address", "delete", address, "dev", old)
        lab.on("lan", "ip", "address", "add", address, "dev", new, *(["nodad"] if ":" in address else []))
    for gateway in ("192.168.1.1", "2001:2:0:100::1"):
        lab.on("lan", "ip", "route", "replace", "default", "via", gateway, "dev", new)
