"""Right answers, whoever asks: every question is put by dig, kdig and drill, over UDP and TCP, IPv4 and IPv6."""
import lab
from clients import WAYS, ask, dig, expected

A_SOA = "ns1.alpha.net. hostmaster.alpha.net. 2025010100 7200 3600 1209600"
ROOT_SERVERS = [f"NS {letter}.root-servers.net." for letter in "abcdefghijklm"]
WWW_FROM_C4 = ["c4.signed.org. CNAME c5.chain.org.", "c5.chain.org. CNAME c6.chain.org.", "c6.chain.org. A 192.0.2.6"]

# Behaviour, question, answer.
POSITIVE = [
    ("addresses, all of them", "a.types.example A", ["A 192.0.2.1", "A 192.0.2.2"]),
    ("an IPv6 address", "aaaa.types.example AAAA", ["AAAA 2001:db8::1"]),
    ("mail exchangers", "shop.com MX", ["MX 10 mail.shop.com.", "MX 20 mail.alpha.net."]),
    ("text, with what looks like syntax in it", "txt.types.example TXT", [r'TXT "one string" "and \"another\""']),
    ("name servers", "shop.com NS", ["NS ns1.alpha.net.", "NS ns1.beta.org."]),
    ("name servers of a top level domain", "org NS", ["NS a.nic.org.", "NS b.nic.org."]),
    ("the root's name servers", ". NS", ROOT_SERVERS),
    ("a start of authority", "chain.org SOA", [f"SOA {A_SOA} 60"]),
    ("the reverse of an IPv4 address", "1.2.18.198.in-addr.arpa PTR", ["PTR ns1.alpha.net."]),
    ("the reverse of an IPv6 address",
     "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.0.0.0.0.2.0.0.0.1.0.0.2.ip6.arpa PTR", ["PTR ns1.alpha.net."]),
    ("a service", "_sip._udp.types.example SRV", ["SRV 10 60 5060 a.types.example."]),
    ("service parameters (RFC 9460)", "https.types.example HTTPS",
     ["HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1"]),
    ("an alias of a service", "alias.types.example HTTPS", ["HTTPS 0 https.types.example."]),
    ("a service on a port of its own", "svcb.types.example SVCB", ["SVCB 2 a.types.example. alpn=h2 port=8443"]),
    ("who may issue certificates", "caa.types.example CAA",
     ['CAA 0 issue "ca.example.net"', 'CAA 128 iodef "mailto:security@types.example"']),
    ("a certificate's digest", "_443._tcp.types.example TLSA", ["TLSA 3 1 1 " + 4 * "0123456789abcdef"]),
    ("a host key's digest", "sshfp.types.example SSHFP", ["SSHFP 4 2 " + 4 * "0123456789abcdef"]),
    ("naming authority pointers", "naptr.types.example NAPTR",
     ['NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@types.example!" .']),
    ("a type that nobody knows (RFC 3597)", "unknown.types.example TYPE65280", [r"TYPE65280 \# 4 0a000001"]),
    ("a type that nobody knows, without data", "empty.types.example TYPE65281", [r"TYPE65281 \# 0"]),
    ("an owner of odd letters", r"back\\slash\.dot\032space.types.example TXT", ['TXT "odd owner"']),
    ("a label of 63 octets", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0.types.example A",
     ["A 192.0.2.63"]),
    ("an alias into another zone", "www.shop.com A",
     ["CNAME front.hosting.net.", "front.hosting.net. A 198.18.6.80"]),
    ("an alias itself", "www.shop.com CNAME", ["CNAME front.hosting.net."]),
    ("a chain of aliases through two zones", "c1.chain.org A",
     ["CNAME c2.chain.org.", "c2.chain.org. CNAME c3.chain.org.", "c3.chain.org. CNAME c4.signed.org.", *WWW_FROM_C4]),
    ("a name below a DNAME (RFC 6672)", "www.old.chain.org A",
     ["old.chain.org. DNAME new.chain.org.", "CNAME www.new.chain.org.", "www.new.chain.org. A 192.0.2.10"]),
    ("a name below a DNAME to another zone", "www.far.chain.org A",
     ["far.chain.org. DNAME signed.org.", "CNAME www.signed.org.", "www.signed.org. A 192.0.2.80"]),
    ("what the owner of a DNAME has besides", "old.chain.org TXT",
     ['TXT "the owner of a DNAME keeps its other types"']),
    ("a DNAME itself", "old.chain.org DNAME", ["DNAME new.chain.org."]),
    ("a name that a wildcard stands for", "any.name.wild.chain.org A", ["A 192.0.2.42"]),
    ("a name beside a wildcard", "but.wild.chain.org TXT", ['TXT "this one is itself"']),
    ("a wildcard that is an alias", "x.alias.chain.org A", ["CNAME c6.chain.org.", "c6.chain.org. A 192.0.2.6"]),
    ("a wildcard of a signed zone", "x.wild.signed.org A", ["A 192.0.2.44"]),
    ("a name below nothing but names", "leaf.under.empty.chain.org A", ["A 192.0.2.43"]),
    ("an unsigned zone below a signed one", "www.insecure.signed.org A", ["A 192.0.2.81"]),
]

# Behaviour, question, rcode, the aliases on the way, the zone that says so and how long it may be believed.
NEGATIVE = [
    ("a name that does not exist", "nothing.chain.org A", "NXDOMAIN", [], "chain.org.", 60),
    ("a name below one that does not exist", "a.b.c.nothing.chain.org A", "NXDOMAIN", [], "chain.org.", 60),
    ("a top level domain that does not exist", "www.nowhere A", "NXDOMAIN", [], ".", 3600),
    ("a type that the name does not have", "a.types.example AAAA", "NOERROR", [], "types.example.", 300),
    ("a name with names below it only", "under.empty.chain.org A", "NOERROR", [], "chain.org.", 60),
    ("the same in a signed zone", "empty.signed.org A", "NOERROR", [], "signed.org.", 60),
    ("a wildcard without that type", "x.wild.chain.org AAAA", "NOERROR", [], "chain.org.", 60),
    ("a name beside a wildcard, without that type", "but.wild.chain.org A", "NOERROR", [], "chain.org.", 60),
    ("an alias to what does not exist", "to-nothing.chain.org A", "NXDOMAIN", ["CNAME nothing.chain.org."],
     "chain.org.", 60),
    ("an alias to what lacks the type", "to-nodata.chain.org AAAA", "NOERROR", ["CNAME c6.chain.org."],
     "chain.org.", 60),
    ("a name below a DNAME whose target does not exist", "no.old.chain.org A", "NXDOMAIN",
     ["old.chain.org. DNAME new.chain.org.", "CNAME no.new.chain.org."], "chain.org.", 60),
    ("an address without a name", "99.2.18.198.in-addr.arpa PTR", "NXDOMAIN", [], "18.198.in-addr.arpa.", 300),
]

# kdig and drill write these types in ways of their own.
DIG_ONLY = [
    ("a place on earth", "loc.types.example LOC", ["LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"]),
    ("a list of prefixes", "apl.types.example APL", ["APL 1:192.0.2.0/24 !2:2001:db8::/32"]),
    ("a certificate", "cert.types.example CERT", ["CERT PGP 0 0 AQID"]),
]

# Known to cairnd itself (RFC 6761, 6303, 7686, 8375): behaviour, question, rcode, answer.
SPECIAL = [
    ("localhost", "localhost A", "NOERROR", ["A 127.0.0.1"]),
    ("localhost over IPv6", "localhost AAAA", "NOERROR", ["AAAA ::1"]),
    ("a name below localhost", "www.localhost A", "NOERROR", ["A 127.0.0.1"]),
    ("the reverse of 127.0.0.1", "1.0.0.127.in-addr.arpa PTR", "NOERROR", ["PTR localhost."]),
    ("the reverse of ::1", "1." + 31 * "0." + "ip6.arpa PTR", "NOERROR", ["PTR localhost."]),
    ("the reverse of a private address", "3.2.1.10.in-addr.arpa PTR", "NXDOMAIN", []),
    ("the reverse of a link-local address", "1." + 28 * "0." + "8.e.f.ip6.arpa PTR", "NXDOMAIN", []),
    ("invalid", "www.invalid A", "NXDOMAIN", []),
    ("test", "www.test A", "NXDOMAIN", []),
    ("onion", "www.onion A", "NXDOMAIN", []),
    ("home.arpa", "printer.home.arpa A", "NXDOMAIN", []),
]


class Answers(lab.WithCairnd):
    configuration = "server:\n  log-servfail: yes\n"

    def of_every_program(self, question):
        for way, command in WAYS.items():
            answer = ask(*command, *question.split())
            self.assertLessEqual({"qr", "rd", "ra"}, answer.flags, way)
            yield way, answer

    def assert_absence(self, answer, zone, ttl):
        self.assertEqual([(record.owner, record.type) for record in answer.authority], [(zone, "SOA")])
        self.assertLessEqual(answer.authority[0].ttl, ttl)

    def test_dig_kdig_and_drill_are_told(self):
        for behaviour, question, records in POSITIVE:
            with self.subTest(behaviour):
                for way, answer in self.of_every_program(question):
                    self.assertEqual(answer.status, "NOERROR", way)
                    self.assertEqual(sorted(answer.records), sorted(expected(question, records)), way)
                    self.assertEqual(answer.authority, [], way)

    def test_dig_kdig_and_drill_are_told_of_an_absence(self):
        for behaviour, question, status, aliases, zone, ttl in NEGATIVE:
            with self.subTest(behaviour):
                for way, answer in self.of_every_program(question):
                    self.assertEqual(answer.status, status, way)
                    self.assertEqual(answer.records, expected(question, aliases), way)
                    self.assert_absence(answer, zone, ttl)

    def test_dig_is_told(self):
        for behaviour, question, records in DIG_ONLY:
            with self.subTest(behaviour):
                self.assertEqual(dig(question).records, expected(question, records))

    def test_told_without_asking_anybody(self):
        with lab.Sent() as sent:
            for behaviour, question, status, records in SPECIAL:
                with self.subTest(behaviour):
                    answer = dig(question)
                    self.assertEqual((answer.status, answer.records), (status, expected(question, records)))
                    self.assertIn("aa", answer.flags)
        self.assertEqual(sent.questions, 0)

    def test_dig_x_finds_a_name_for_an_address(self):
        for address in ("198.18.6.80", "2001:2:0:6::80"):
            with self.subTest(address):
                self.assertEqual([r.rdata for r in ask("dig", "@127.0.0.1", "-x", address).answer], ["front.hosting.net."])

    def test_aliases_stand_in_the_order_in_which_they_are_followed(self):
        for _ in range(2):  # from the servers, then from the cache
            self.assertEqual([r.owner.split(".")[0] for r in dig("c1.chain.org A").answer],
                             ["c1", "c2", "c3", "c4", "c5", "c6"])

    def test_the_letter_case_of_the_question_comes_back(self):
        self.assertIn(";wWw.ShOp.cOm.\t", dig("wWw.ShOp.cOm A").text)

    def test_any_is_answered_with_one_record(self):
        self.assertEqual(dig("shop.com ANY", "+notcp").records, ['shop.com. HINFO "rfc8482" ""'])

    def test_signatures_come_to_who_asks_for_them(self):
        signed = dig("www.signed.org A", "+dnssec")
        self.assertEqual([record.type for record in signed.answer], ["A", "RRSIG"])
        self.assertEqual([record.type for record in dig("www.signed.org A").answer], ["A"])

    def test_a_type_that_lives_in_the_parent_zone_is_asked_for_there(self):
        answer = dig("signed.org DS")
        self.assertEqual({record.type for record in answer.answer}, {"DS"})


class Large(lab.WithCairnd):
    """Answers that do not fit into a datagram."""

    def test_what_name_servers_truncate_is_asked_for_over_tcp_and_no_kernel_disowns_it(self):
        for name, count in (("large", 12), ("huge", 40)):
            with self.subTest(name), lab.Disowned() as disowned:
                answer = dig(f"{name}.big.org TXT", "+tcp")
                self.assertEqual(answer.status, "NOERROR")
                self.assertEqual(len(answer.answer), count)
            self.assertEqual(disowned.flows, 0, disowned.kinds)

    def test_a_large_answer_comes_whole_to_who_has_room_for_it(self):
        answer = dig("small.big.org TXT", "+bufsize=1232", "+ignore")
        self.assertNotIn("tc", answer.flags)
        self.assertEqual(len(answer.answer), 6)

    def test_it_is_truncated_for_who_has_not(self):
        for options in (("+bufsize=512",), ("+noedns",)):
            answer = dig("small.big.org TXT", "+ignore", *options)
            self.assertIn("tc", answer.flags)
            self.assertEqual(answer.answer, [])

    def test_every_program_then_gets_it_over_tcp(self):
        for command in (("dig", "+bufsize=512"), ("kdig", "+bufsize=512"), ("drill", "-a", "-b", "512")):
            with self.subTest(command[0]):
                answer = ask(*command, "@127.0.0.1", "small.big.org", "TXT")
                self.assertNotIn("tc", answer.flags)
                self.assertEqual(len(answer.answer), 6)

    def test_a_client_s_wish_for_more_than_is_safe_is_not_granted(self):
        self.assertIn("udp: 1232", dig("small.big.org TXT", "+bufsize=4096").text)
