"""What cairnd does not do, whom it does not serve, and the words it has for that."""
import lab
from clients import NoAnswer, ask, dig

GUEST_V4, GUEST_V6 = "192.168.1.11", "2001:2:0:100::11"
LAN_V4, LAN_V6 = "192.168.1.10", "2001:2:0:100::10"

# Behaviour, dig's words, rcode, extended error (RFC 8914).
REFUSED = [
    ("a zone transfer", "+noall +comments shop.com AXFR", "REFUSED", 20),
    ("an incremental zone transfer", "+noall +comments shop.com IXFR=1", "REFUSED", 20),
    ("a question that wants no recursion", "+norecurse www.shop.com A", "REFUSED", 20),
    ("a NOTIFY", "+opcode=notify shop.com SOA", "REFUSED", None),
    ("an UPDATE", "+opcode=update shop.com SOA", "NOTIMP", None),
    ("a STATUS", "+opcode=status shop.com SOA", "NOTIMP", None),
    ("an EDNS version to come", "+edns=1 +noednsnegotiation shop.com A", "BADVERS", None),
    ("a class of no use", "shop.com HS A", "REFUSED", 21),
    ("an unknown name of class CHAOS", "authors.bind CH TXT", "REFUSED", None),
]

# Behaviour, question, extended error, its words. Nothing here takes a timeout.
FAILED = [
    ("servers that know nothing of the zone", "www.all-lame.com A", 22, r"REFUSED from \S+ for all-lame\.com\."),
    ("servers that are named in a circle", "www.cycle-a.com A", 22, r"no server of cycle-a\.com\. has an address"),
    ("two aliases of each other", "loop-a.chain.org A", 0, r"aliases or referrals without end at chain\.org\."),
    ("an alias of itself", "self.chain.org A", 0, r"aliases or referrals without end at chain\.org\."),
    ("more aliases than anybody needs", "long1.chain.org A", 0, r"aliases or referrals without end at chain\.org\."),
]


class Refusals(lab.WithCairnd):
    configuration = """
server:
  log-servfail: yes
  identity: lan.cairn.example
"""

    def test_refused(self):
        for behaviour, words, status, error in REFUSED:
            with self.subTest(behaviour), lab.Sent() as sent:
                answer = ask("dig", "@127.0.0.1", *words.split())
                self.assertEqual(answer.status, status)
                self.assertEqual(list(answer.errors), [] if error is None else [error])
                self.assertEqual(answer.answer, [])
            self.assertEqual(sent.questions, 0)

    def test_every_program_sees_the_transfer_refused(self):
        with self.assertRaisesRegex(NoAnswer, "server replied with error 'REFUSED'"):
            ask("kdig", "@::1", "shop.com", "AXFR")
        self.assertEqual(ask("drill", "@127.0.0.1", "shop.com", "AXFR").status, "REFUSED")

    def test_the_version_and_the_identity_are_told(self):
        for name, said in (("version.bind", "cairn "), ("version.server", "cairn "),
                           ("id.server", "lan.cairn.example"), ("hostname.bind", "lan.cairn.example")):
            with self.subTest(name):
                answer = dig(f"{name} CH TXT")
                self.assertEqual(answer.status, "NOERROR")
                self.assertIn(f'"{said}', answer.answer[0].rdata)

    def test_a_failure_has_its_reason(self):
        for behaviour, question, error, words in FAILED:
            with self.subTest(behaviour):
                answer = dig(question)
                self.assertEqual((answer.status, answer.answer), ("SERVFAIL", []))
                self.assertEqual(list(answer.errors), [error])
                self.assertRegex(answer.errors[error], words)

    def test_kdig_and_drill_show_the_reason_too(self):
        for command in (("kdig", "+edns"), ("drill", "-b", "1232")):
            answer = ask(*command, "@127.0.0.1", "www.all-lame.com", "A")
            self.assertIn("for all-lame.com.", " ".join(answer.errors.values()))


class Access(lab.WithCairnd):
    """The host `guest` asks the addresses of `lan`."""

    configuration = """
server:
  interface: [ "0.0.0.0", "::" ]
"""

    def allow(self, *entries):
        listed = ", ".join(f'"{entry}"' for entry in entries)
        self.cairnd.configure(f"{self.configuration}  access-control: [{listed}]\n")
        self.cairnd.reload()

    def tearDown(self):
        self.allow()

    def test_a_foreign_client_is_refused(self):
        for server in (LAN_V4, LAN_V6):
            for transport in ("+notcp", "+tcp"):
                with self.subTest(f"{server} {transport}"), lab.Sent() as sent:
                    answer = dig("www.shop.com A", transport, server=server, host="guest")
                    self.assertEqual((answer.status, answer.answer), ("REFUSED", []))
                    self.assertEqual(list(answer.errors), [18])
                    self.assertNotIn("ra", answer.flags)
                self.assertEqual(sent.questions, 0)

    def test_the_host_itself_is_served_on_every_address(self):
        for server in ("127.0.0.1", "::1", LAN_V4, LAN_V6):
            with self.subTest(server):
                self.allow(f"{LAN_V4}/32 allow", f"{LAN_V6}/128 allow")
                self.assertEqual(dig("www.hosting.net A", server=server).status, "NXDOMAIN")

    def test_a_netblock_is_allowed_and_the_longer_prefix_decides(self):
        self.allow("192.168.1.0/24 allow", "2001:2:0:100::/64 allow", f"{GUEST_V6}/128 refuse")
        self.assertEqual(dig("front.hosting.net A", server=LAN_V4, host="guest").status, "NOERROR")
        self.assertEqual(dig("front.hosting.net A", server=LAN_V6, host="guest").status, "REFUSED")

    def test_who_is_denied_hears_nothing(self):
        self.allow(f"{GUEST_V4}/32 deny")
        with self.assertRaisesRegex(NoAnswer, "no servers could be reached"):
            dig("front.hosting.net A", "+time=1", server=LAN_V4, host="guest")
