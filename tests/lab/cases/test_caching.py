"""What is known is not asked again before its time is up."""
import subprocess
import time

import lab
from clients import WAYS, ask, dig

NAMES_AT_ONCE = 20


class Caching(lab.WithCairnd):
    configuration = "server:\n  log-replies: yes\n"

    def answer_from_cache(self, question, *options):
        """Asks again; fails if that makes anything leave the house."""
        with lab.Sent() as sent:
            answer = dig(question, *options)
        self.assertEqual(sent.questions, 0)
        return answer

    def test_a_second_answer_comes_from_the_cache_with_a_lower_ttl(self):
        first = dig("front.hosting.net A")
        self.assertEqual(first.ttl, 600)
        time.sleep(1.1)
        again = self.answer_from_cache("front.hosting.net A")
        self.assertEqual(again.records, first.records)
        self.assertIn(again.ttl, range(590, 600))

    def test_every_program_and_transport_shares_the_cache(self):
        first = dig("aaaa.types.example AAAA")
        with lab.Sent() as sent:
            for command in WAYS.values():
                self.assertEqual(ask(*command, "aaaa.types.example", "AAAA").records, first.records)
        self.assertEqual(sent.questions, 0)

    def test_a_name_that_does_not_exist_is_not_asked_for_twice(self):
        self.assertEqual(dig("nothing.chain.org A").status, "NXDOMAIN")
        for question in ("nothing.chain.org A", "nothing.chain.org MX"):
            self.assertEqual(self.answer_from_cache(question).status, "NXDOMAIN")

    def test_a_type_that_a_name_lacks_is_not_asked_for_twice(self):
        dig("mx.types.example AAAA")
        self.assertEqual(self.answer_from_cache("mx.types.example AAAA").status, "NOERROR")

    def test_the_time_of_an_absence_runs_down_too(self):
        first = dig("passing.chain.org A").authority[0].ttl
        self.assertLessEqual(first, 60)  # the zone's word for it (RFC 2308, section 5)
        time.sleep(1.1)
        self.assertLess(self.answer_from_cache("passing.chain.org A").authority[0].ttl, first)

    def test_a_failure_is_remembered(self):  # RFC 9520
        self.assertEqual(dig("www.all-lame.com A").status, "SERVFAIL")
        again = self.answer_from_cache("www.all-lame.com A")
        self.assertEqual((again.status, list(again.errors)), ("SERVFAIL", [13]))

    def test_what_has_expired_is_asked_for_again(self):
        cases = (("www.short.org A", "NOERROR"), ("nothing.short.org A", "NXDOMAIN"))  # for two seconds each
        for question, _ in cases:
            dig(question)
        time.sleep(3)
        for question, status in cases:
            with self.subTest(question):
                with lab.Sent(self.cairnd) as sent:
                    self.assertEqual(dig(question).status, status)
                self.assertEqual(sent.questions, 1)

    def test_a_ttl_of_zero_is_for_one_answer_only(self):
        dig("zero.short.org A")
        with lab.Sent(self.cairnd) as sent:
            self.assertEqual(dig("zero.short.org A").ttl, 0)
        self.assertEqual(sent.questions, 1)

    def test_the_next_name_of_a_zone_costs_one_question(self):
        dig("but.wild.chain.org TXT")
        with lab.Sent(self.cairnd) as sent:
            dig("old.chain.org TXT")
        self.assertEqual(sent.questions, 1)

    def test_aliases_are_remembered_one_by_one(self):
        dig("c1.chain.org A")
        self.assertEqual(self.answer_from_cache("c5.chain.org A").records[-1], "c6.chain.org. A 192.0.2.6")

    def test_many_clients_with_one_question_cost_one_question(self):
        dig("a.types.example A")
        command = lab.at("lan", "dig", "@127.0.0.1", "+short", "txt.types.example", "TXT")
        with lab.Sent(self.cairnd) as sent:
            clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(NAMES_AT_ONCE)]
            answers = {client.communicate()[0] for client in clients}
        self.assertEqual(answers, {'"one string" "and \\"another\\""\n'})
        self.assertEqual(sent.questions, 1)

    def test_the_log_says_what_came_from_the_cache(self):
        for _ in range(2):
            dig("naptr.types.example NAPTR")
        self.cairnd.await_log("naptr.types.example. NAPTR IN NOERROR", 2)
        lines = [line.split() for line in self.cairnd.log().splitlines() if "naptr.types.example. NAPTR IN NOERROR" in line]
        self.assertEqual([line[-2] for line in lines], ["0", "1"])
