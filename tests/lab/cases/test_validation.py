"""DNSSEC: answers that hold have the AD bit, those that do not are SERVFAIL with the reason (RFC 4035, RFC 8914)."""
import socket
import struct

import lab
from clients import WAIT_S, dig

EXPANDED = "x.wild.signed.org A"

# Behaviour, question, rcode, whether it is secure.
CASES = [
    ("a set signed with RSA", "www.signed.org A", "NOERROR", True),
    ("a set signed with ECDSA", "shop.com MX", "NOERROR", True),
    ("a set signed with Ed25519", "a.types.example A", "NOERROR", True),
    ("a set signed with ECDSA of 384 bits", "n1.dear.org A", "NOERROR", True),
    ("a zone's keys", "signed.org DNSKEY", "NOERROR", True),
    ("a DS set, in the words of the parent", "signed.org DS", "NOERROR", True),
    ("no DS at an unsigned delegation", "insecure.signed.org DS", "NOERROR", True),
    ("a name that NSEC denies", "nothing.types.example A", "NXDOMAIN", True),
    ("a type that NSEC denies", "a.types.example MX", "NOERROR", True),
    ("a name with nothing on it, by NSEC3", "under.empty.signed.org A", "NOERROR", True),
    ("what a wildcard makes", EXPANDED, "NOERROR", True),
    ("an alias that a DNAME makes", "www.old.signed.org A", "NOERROR", True),
    ("a top level domain that is not there", "nothing-here A", "NXDOMAIN", True),
    ("an unsigned zone below a signed one", "www.insecure.signed.org A", "NOERROR", False),
    ("an unsigned zone below a registry", "c6.chain.org A", "NOERROR", False),
    ("an alias into an unsigned zone", "www.shop.com A", "NOERROR", False),
]

# Behaviour, question, extended error.
BROKEN = [
    ("a DS that stands for no key", "www.bogus.org A", 9),
    ("signatures that have run out", "www.expired.org A", 7),
    ("a proof of absence whose signatures have run out", "www.expired.org TXT", 7),
]


class Validation(lab.WithCairnd):
    def test_what_is_signed_is_checked_up_to_the_root(self):
        for behaviour, question, status, is_secure in CASES:
            with self.subTest(behaviour):
                answer = dig(question, "+dnssec")
                self.assertEqual(answer.status, status, answer.text)
                self.assertEqual("ad" in answer.flags, is_secure, answer.text)

    def test_from_the_cache_it_is_as_secure(self):
        for behaviour, question, status, is_secure in CASES:
            if question == EXPANDED:
                continue
            with self.subTest(behaviour):
                dig(question, "+dnssec")
                with lab.Sent() as sent:
                    answer = dig(question, "+dnssec")
                self.assertEqual((answer.status, "ad" in answer.flags), (status, is_secure), answer.text)
                self.assertEqual(sent.questions, 0)

    def test_what_a_wildcard_makes_always_comes_with_its_proof_to_who_checks_himself(self):
        for _ in range(2):
            answer = dig(EXPANDED, "+dnssec")
            self.assertIn("NSEC3", {record.type for record in answer.authority}, answer.text)
        with lab.Sent() as sent:
            self.assertEqual(dig(EXPANDED).records, ["x.wild.signed.org. A 192.0.2.44"])
        self.assertEqual(sent.questions, 0)

    def test_what_does_not_hold_is_no_answer(self):
        for behaviour, question, error in BROKEN:
            with self.subTest(behaviour):
                answer = dig(question)
                self.assertEqual(answer.status, "SERVFAIL", answer.text)
                self.assertIn(error, answer.errors, answer.text)

    def test_who_sets_cd_gets_it_as_it_is(self):
        for behaviour, question, _ in BROKEN:
            with self.subTest(behaviour):
                answer = dig(question, "+cd")
                self.assertEqual(answer.status, "NOERROR", answer.text)
                self.assertNotIn("ad", answer.flags)
                self.assertEqual(dig(question).status, "SERVFAIL")

    def test_only_who_understands_ad_gets_it(self):
        self.assertNotIn("ad", dig("www.signed.org A", "+noadflag", "+noedns").flags)
        self.assertIn("ad", dig("www.signed.org A", "+adflag", "+noedns").flags)


def query(number, name, dnssec_ok):
    """A query for its address, with RD and AD, and DO or not."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return (struct.pack("!HHHHHH", number, 0x0120, 1, 0, 0, 1) + labels + struct.pack("!xHH", 1, 1) +
            struct.pack("!xHHIH", 41, 1232, 0x8000 if dnssec_ok else 0, 0))


class AtOnce(lab.WithCairnd):
    def test_who_asks_the_same_at_once_gets_it_in_his_own_form(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, lab.Sent() as sent:
            client.settimeout(WAIT_S)
            client.connect(("127.0.0.1", 53))
            for number in range(8):
                client.send(query(number, "www.signed.org", dnssec_ok=number % 2 == 1))
            replies = [client.recv(4096) for _ in range(8)]
        self.assertGreater(sent.questions, 0)
        for reply in replies:
            number, flags, _, records = struct.unpack_from("!HHHH", reply)
            with self.subTest("with DO" if number % 2 == 1 else "without DO", number=number):
                self.assertEqual(flags & 0x002f, 0x0020, "AD, and NOERROR")
                self.assertEqual(records, 2 if number % 2 == 1 else 1)  # with its RRSIG


class Exceptions(lab.WithCairnd):
    configuration = "server:\n  domain-insecure: [ bogus.org, expired.org ]\n"

    def test_a_domain_that_is_not_to_be_validated_answers(self):
        for behaviour, question, _ in BROKEN:
            with self.subTest(behaviour):
                answer = dig(question)
                self.assertEqual(answer.status, "NOERROR", answer.text)
                self.assertNotIn("ad", answer.flags)


class AtAnotherTime(lab.WithCairnd):
    configuration = "server:\n  val-override-date: \"20400101000000\"\n"

    def test_what_is_signed_today_has_run_out_then(self):
        self.assertIn(7, dig("www.signed.org A").errors)


DEAR_QUESTIONS = 150
CACHED = 0xffff  # the id of the question that the caches answer


def question_for(number, name):
    """For the address, with RD and AD."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number, 0x0120, 1, 0, 0, 0) + labels + struct.pack("!B2H", 0, 1, 1)


class DearSignatures(lab.WithCairnd):
    """A check of one takes a millisecond, and one thread answers everybody."""

    configuration = "server:\n  num-threads: 1\n"

    def test_what_is_cached_does_not_wait_until_they_are_checked(self):
        self.cairnd.reload()  # which makes no difference
        for question in ("www.signed.org A", "dear.org DNSKEY"):
            dig(question)
        before = self.cairnd.statistic("engine.signatures-elsewhere")
        counts = {"cached": 0, "dear": 0}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(lab.PATIENCE_S)
            client.connect(("127.0.0.1", 53))
            for number in range(DEAR_QUESTIONS):
                client.send(question_for(number, f"n{number + 1}.dear.org"))
            client.send(question_for(CACHED, "www.signed.org"))
            while counts["dear"] < DEAR_QUESTIONS:
                number, flags, _, answers = struct.unpack("!4H", client.recv(65535)[:8])
                self.assertEqual((flags & 0x002f, answers), (0x0020, 1))  # AD, NOERROR
                counts["cached" if number == CACHED else "dear"] += 1
                if number == CACHED:
                    client.send(question_for(CACHED, "www.signed.org"))
        self.assertGreaterEqual(self.cairnd.statistic("engine.signatures-elsewhere"), before + DEAR_QUESTIONS)
        self.assertEqual(self.cairnd.statistic("engine.signatures-waiting"), 0)
        # One after the other; a loop that checks signatures itself gives out one a turn, which is as many as it has batches.
        self.assertGreater(counts["cached"], DEAR_QUESTIONS // 3, counts)
