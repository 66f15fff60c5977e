"""Zones with servers of their own: forward-zone and stub-zone."""
import lab
from clients import dig

GUEST_V4, GUEST_V6 = "192.168.1.11", "2001:2:0:100::11"
RESOLVER = """
server:
  interface: [ "0.0.0.0", "::" ]
  access-control: [ "192.168.1.0/24 allow", "2001:2:0:100::/64 allow" ]
"""
QUESTIONS = ["www.shop.com A", "a.types.example A", "nothing.signed.org TXT", "www.old.chain.org A", "c1.chain.org A",
             "big.types.example CAA", "1.2.18.198.in-addr.arpa PTR"]


def essence(answer):
    return answer.status, "ad" in answer.flags, sorted(answer.records)


class Forwarding(lab.WithCairnd):
    """The host `guest` has a resolver; the one on `lan` asks only that."""

    configuration = f"forward-zone:\n  name: .\n  forward-addr: [ {GUEST_V4}, \"{GUEST_V6}@53\" ]\n"

    @classmethod
    def setUpClass(cls):
        guest = lab.Cairnd(RESOLVER, host="guest")
        cls.addClassCleanup(guest.__exit__, None)
        super().setUpClass()

    def test_a_forwarder_is_asked_for_everything(self):
        for question in QUESTIONS:
            with self.subTest(question):
                self.assertEqual(essence(dig(question)), essence(dig(question, server=GUEST_V4, host="lan")))

    def test_what_it_said_is_kept(self):
        first = dig("b.chain.org A")
        self.assertEqual(first.status, "NXDOMAIN")
        with lab.Sent() as sent:
            self.assertEqual(dig("b.chain.org A").status, "NXDOMAIN")
        self.assertEqual(sent.questions, 0)


class ForwardFirst(lab.WithCairnd):
    configuration = ("forward-zone:\n  name: com\n  forward-addr: 192.168.1.77\n  forward-first: yes\n"
                     "forward-zone:\n  name: org\n  forward-addr: 192.168.1.77\n")

    def test_without_its_forwarder_a_zone_is_found_the_ordinary_way_if_that_is_allowed(self):
        self.assertEqual(dig("mail.shop.com A", "+tries=3").records, ["mail.shop.com. A 198.18.6.25"])

    def test_else_it_is_not_found(self):
        self.assertEqual(dig("c6.chain.org A", "+tries=5").status, "SERVFAIL")

    def test_other_names_do_not_go_there(self):
        self.assertEqual(dig("a.types.example A").status, "NOERROR")


class Stub(lab.WithCairnd):
    """The servers of a provider are asked though no delegation leads there."""

    configuration = "stub-zone:\n  name: chain.org\n  stub-addr: [ 198.18.2.1, \"2001:2:0:2::1\" ]\n"

    def test_its_servers_are_asked_at_once(self):
        with lab.Sent(self.cairnd) as sent:
            answer = dig("c6.chain.org A", "+cd")
        self.assertEqual(answer.records, ["c6.chain.org. A 192.0.2.6"])
        self.assertLessEqual(sent.questions, 2)  # the root's priming, and this one

    def test_aliases_lead_out_of_it(self):
        self.assertEqual(dig("c3.chain.org A").records[-1], "c6.chain.org. A 192.0.2.6")
