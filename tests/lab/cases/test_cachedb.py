"""Two cairnds on one Redis: what one has found out, the other knows; and neither needs it to live."""
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import lab
from clients import dig

QUESTIONS = ("www.signed.org A", "c1.chain.org A", "nothing.chain.org A", "mx.types.example AAAA", "txt.types.example TXT")
STORE_S = 0.05   # what is new is looked for so often


class Redis:
    """A server of the lab's own, which keeps nothing."""

    def __init__(self, *options):
        self.process = subprocess.Popen(["redis-server", "--save", "", "--bind", "127.0.0.1", "--port", "6379", *options],
                                        stdout=subprocess.DEVNULL)
        lab.until(lambda: self.ask("PING") == "PONG" or "--requirepass" in options, "redis-server answers")

    def ask(self, *words):
        return subprocess.run(["redis-cli", *words], capture_output=True, text=True).stdout.strip()

    def keys(self):
        return self.ask("KEYS", "cairn*").split()

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def await_store(cairnd):
    """What cairnd has learnt so far is on its way. The loop that sends it tells of its counters as well: by the second time it
    has looked for what is new since this began, whatever the machine was busy with."""
    for _ in range(2):
        time.sleep(2 * STORE_S)
        cairnd.statistic("cachedb.fetches")


class Cachedb(unittest.TestCase):
    def redis(self, *options):
        server = Redis(*options)
        self.addCleanup(server.end)
        return server

    def text(self, more="", host="127.0.0.1", secret="of the lab", server=""):
        return (f"server:\n  interface: {host}\n{server}cachedb:\n  backend: redis\n  secret-seed: {secret}\n"
                f"  redis-timeout: 200\n{more}")

    def cairnd(self, *words, **options):
        return lab.Cairnd(self.text(*words, **options))

    def test_what_one_has_found_out_the_other_knows(self):
        self.redis()
        with self.cairnd() as one, self.cairnd(host="127.0.0.2") as two:
            first = [dig(question) for question in QUESTIONS]
            time.sleep(1)  # a TTL has run down by that
            await_store(one)
            with lab.Sent() as sent:
                for question, before in zip(QUESTIONS, first):
                    with self.subTest(question):
                        again = dig(question, server="127.0.0.2")
                        self.assertEqual((again.status, again.records), (before.status, before.records))
                        self.assertEqual("ad" in again.flags, "ad" in before.flags)
                        if before.records:
                            self.assertLess(again.ttl, before.ttl)
            self.assertEqual(sent.questions, 0)
            self.assertGreater(two.statistic("engine.fetched"), 3)
            self.assertEqual(one.statistic("cachedb.refused"), 0)

    def test_only_who_knows_the_secret_is_believed(self):
        redis = self.redis()
        with self.cairnd() as cairnd:
            dig("www.signed.org A")
            await_store(cairnd)
        keys = redis.keys()
        self.assertGreater(len(keys), 2)
        with self.cairnd(secret="another"):
            with lab.Sent() as sent:
                self.assertEqual(dig("www.signed.org A").status, "NOERROR")
            self.assertGreater(sent.questions, 2)
        for key in keys:  # a record under another's key, and one that was changed
            redis.ask("EVAL", "local v = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], string.sub(v, 1, -2) .. '!')", "1", key)
        with self.cairnd() as cairnd:
            self.assertEqual(dig("www.signed.org A").status, "NOERROR")
            self.assertGreater(cairnd.statistic("cachedb.refused"), 0)
            self.assertEqual(cairnd.statistic("engine.fetched"), 0)

    def test_who_was_told_of_other_anchors_is_believed_no_more(self):
        self.redis()
        with self.cairnd() as one, self.cairnd(host="127.0.0.2") as two:
            one.configure(self.text(server="  domain-insecure: signed.org\n"))
            one.reload()
            dig(". NS", server="127.0.0.2")  # which may come from when both were told the same
            before = two.statistic("engine.fetched")
            self.assertNotIn("ad", dig("www.signed.org A").flags)
            await_store(one)
            self.assertIn("ad", dig("www.signed.org A", server="127.0.0.2").flags)
            self.assertEqual(two.statistic("engine.fetched"), before)

    def test_who_was_told_the_same_anchors_believes_and_is_believed(self):
        self.redis()
        other = "  domain-insecure: signed.org\n"
        with self.cairnd() as one, self.cairnd(host="127.0.0.2", server=other) as two:
            one.configure(self.text(server=other))
            one.reload()
            dig("www.signed.org A")
            dig("www.shop.com A", server="127.0.0.2")
            await_store(one)
            await_store(two)
            with lab.Sent() as sent:
                self.assertNotIn("ad", dig("www.signed.org A", server="127.0.0.2").flags)
                dig("www.shop.com A")
            self.assertEqual(sent.questions, 0)
            self.assertGreater(one.statistic("engine.fetched"), 0)
            self.assertGreater(two.statistic("engine.fetched"), 0)

    def test_a_server_that_dies_costs_nothing_but_what_it_knew(self):
        redis = self.redis()
        with self.cairnd() as cairnd:
            dig("www.signed.org A")
            redis.end()
            self.assertEqual(dig("www.shop.com A").status, "NOERROR")
            cairnd.await_log("answered without it")
            self.redis()
            lab.until(lambda: dig(f"n{time.monotonic_ns()}.shop.com A") and "answers again" in cairnd.log(), "it is back")

    def test_a_server_that_stalls_costs_one_timeout(self):
        redis = self.redis()
        with self.cairnd() as cairnd:
            dig("www.signed.org A")
            redis.process.send_signal(signal.SIGSTOP)
            fetches = cairnd.statistic("cachedb.fetches")
            for n in range(20):  # one after the other: the first waits, the others find it left alone
                self.assertEqual(dig(f"n{n}.shop.com A").status, "NXDOMAIN")
            # One, and another when it is tried again: after a second, then after two, four...
            self.assertLess(cairnd.statistic("cachedb.fetches") - fetches, 10)
            cairnd.await_log("no answer within redis-timeout")

    def test_no_server_at_all_keeps_nobody_from_answering(self):
        with self.cairnd() as cairnd:
            self.assertEqual(dig("www.signed.org A").status, "NOERROR")
            cairnd.await_log("refused")

    def test_password_and_database_are_told_and_records_end_by_themselves(self):
        redis = self.redis("--requirepass", "sesame")
        with self.cairnd("  redis-server-password: sesame\n  redis-logical-db: 3\n  redis-expire-records: yes\n") as cairnd:
            dig("www.signed.org A")
            await_store(cairnd)
        keys = redis.ask("-a", "sesame", "-n", "3", "KEYS", "cairn*").split()
        self.assertGreater(len(keys), 2)
        self.assertGreater(int(redis.ask("-a", "sesame", "-n", "3", "TTL", keys[0])), 0)
        with self.cairnd("  redis-server-password: wrong\n") as cairnd:
            self.assertEqual(dig("www.signed.org A").status, "NOERROR")
            cairnd.await_log("WRONGPASS")

    def test_who_only_reads_stores_nothing(self):
        redis = self.redis()
        with self.cairnd("  cachedb-no-store: yes\n") as cairnd:
            dig("www.signed.org A")
            await_store(cairnd)
        self.assertEqual(redis.keys(), [])
