"""Name servers as they are: with habits, lame, dead, behind bad lines."""
import subprocess
import time
import unittest

import lab
from clients import Answer, dig, expected

# Behaviour, question, answer.
QUIRKS = [
    ("a server that does not hear EDNS", "www.noedns.net A", ["A 192.0.2.112"]),
    ("servers that lose one question in four", "www.lossy.net A", ["A 192.0.2.113"]),
    ("one server that knows nothing of the zone", "www.lame.com A", ["A 192.0.2.102"]),
    ("two of three servers dead", "www.half-dead.com A", ["A 192.0.2.103"]),
    ("servers over IPv4 only", "www.v4only.com A", ["A 192.0.2.105"]),
    ("servers over IPv6 only", "www.v6only.com AAAA", ["AAAA 2001:db8::104"]),
    ("a server that takes questions over TCP only", "www.tcponly.net A", ["A 192.0.2.111"]),
    ("servers without glue", "www.glueless.com A", ["A 192.0.2.100"]),
    ("servers whose own zone has no glue", "www.deep.com A", ["A 192.0.2.101"]),
]

# Behaviour, question, what the client is told: who did not reply, or could not be reached. All of them take until cairnd gives up.
UNREACHABLE = [
    ("a zone whose servers are all dead", "www.all-dead.com A", r"for all-dead\.com\."),
    ("a top level domain whose servers are all dead", "www.gone A", r"for gone\."),
]
FORGOTTEN_S = 5 + lab.PATIENCE_S  # a first failure is remembered for five

# Names that need each server of the lab, through delegations, aliases and servers without glue.
COLD = ["www.shop.com A", "c1.chain.org A", "www.glueless.com A", "www.lame.com A", "www.old.chain.org A",
        "www.insecure.signed.org A", "https.types.example HTTPS", "1.2.18.198.in-addr.arpa PTR"]
SLOWEST_S = 3.0


class Servers(lab.WithCairnd):
    configuration = "server:\n  log-servfail: yes\n"

    # The questions go over TCP, where an answer comes however late it is (discard-timeout).
    def test_a_name_is_found_behind(self):
        for behaviour, question, records in QUIRKS:
            with self.subTest(behaviour):
                answer = dig(question, "+tcp")  # cairnd gives up long before dig does
                self.assertEqual((answer.status, answer.records), ("NOERROR", expected(question, records)))

    def test_a_server_that_does_not_hear_edns_costs_time_only_at_first(self):
        for i in range(2):
            dig(f"learn{i}.noedns.net A", "+tcp")
        times = []
        for i in range(5):
            began = time.monotonic()
            self.assertEqual(dig(f"later{i}.noedns.net A", "+tcp").status, "NXDOMAIN")
            times.append(time.monotonic() - began)
        self.assertLess(min(times), 0.3)  # the first timeout there is; a busy machine may take as long

    def test_given_up_with_the_reason(self):
        clients = [subprocess.Popen(["dig", "@127.0.0.1", "+tcp", "+tries=1", "+time=20", *question.split()],
                                    stdout=subprocess.PIPE, text=True) for _, question, _ in UNREACHABLE]
        # dig waits longer than cairnd may work on a question: an answer is its word.
        answers = [Answer(client.communicate()[0]) for client in clients]
        for (behaviour, _, words), answer in zip(UNREACHABLE, answers):
            with self.subTest(behaviour):
                self.assertEqual(answer.status, "SERVFAIL")
                [(error, told)] = answer.errors.items()
                self.assertIn(error, (22, 23))
                self.assertRegex(told, words)

    def test_after_an_outage_names_are_found_within_seconds(self):
        dig("www.signed.org A")
        lab.lose(100)
        self.addCleanup(lab.lose, 0)
        client = subprocess.Popen(["dig", "@127.0.0.1", "+tcp", "+tries=1", "+time=20", "c1.chain.org"],
                                  stdout=subprocess.PIPE, text=True)
        self.assertEqual(dig("www.signed.org A").status, "NOERROR")  # what is known is answered meanwhile
        self.assertEqual(Answer(client.communicate()[0]).status, "SERVFAIL")
        lab.lose(0)
        lab.until(lambda: dig("c1.chain.org A", "+tcp").status == "NOERROR", "c1.chain.org", FORGOTTEN_S)


class Losses(unittest.TestCase):
    """One packet in ten is lost, each way, and a third of the servers is dead."""

    def times_of(self, question, configuration):
        """Of up to three tries, until one is in time: a busy machine is late, and luck may be bad."""
        for _ in range(3):
            with lab.Cairnd(configuration):
                began = time.monotonic()
                self.assertEqual(dig(question, "+tcp").status, "NOERROR", question)
                took_s = time.monotonic() - began
            yield took_s
            if took_s < SLOWEST_S:
                return

    def assert_each_is_found_in_time(self, configuration=""):
        """Each by a cairnd that knows nothing yet."""
        times = {}
        with lab.Dead():
            for question in COLD:
                times[question] = min(self.times_of(question, configuration))
        slowest = max(times, key=times.get)
        print(f"# the slowest: {slowest}, {times[slowest]:.2f} s")
        self.assertLess(times[slowest], SLOWEST_S, slowest)

    def test_every_name_is_found_when_the_backbone_loses_packets(self):
        lab.lose(10)
        self.addCleanup(lab.lose, 0)
        self.assert_each_is_found_in_time()

    def test_every_name_is_found_when_the_own_link_loses_packets(self):
        self.assert_each_is_found_in_time("stack:\n  faults: loss=10%\n")
