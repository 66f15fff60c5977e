"""cairnctl: commands to the running server (cairnctl(8)), and negative trust anchors (RFC 7646)."""
import os
import socket
import stat
import subprocess
import unittest
from pathlib import Path

import lab
from clients import dig

CAIRNCTL = Path(os.environ["CAIRND"]).with_name("cairnctl")
BROKEN = "www.bogus.org A"


class Controlled(lab.Cairnd):
    def __init__(self, configuration=""):
        self.socket = f"{os.environ['LAB_DIR']}/control"
        super().__init__(f"{configuration}remote-control:\n  control-enable: yes\n  control-interface: {self.socket}\n")

    def run(self, *words):
        command = lab.at("lan", str(CAIRNCTL), "-c", str(self.path), *words)
        return subprocess.run(command, capture_output=True, text=True, timeout=20)

    def tell(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


class Control(unittest.TestCase):
    def test_the_server_tells_how_it_is(self):
        with Controlled("server:\n  num-threads: 2\n") as cairnd:
            dig("www.shop.com A")
            status = cairnd.tell("status")
            for line in (f"pid: {cairnd.process.pid}", "threads: 2", "validation: on"):
                self.assertIn(line, status)
            stats = dict(line.split("=", 1) for line in cairnd.tell("stats").splitlines() if line.count("=") == 1)
            self.assertEqual(int(stats["num.query.udp"]), 1)
            self.assertGreater(int(stats["engine.sent.udp4"]) + int(stats["engine.sent.udp6"]), 0)

    def test_whom_a_question_goes_to(self):
        with Controlled() as cairnd:
            self.assertRegex(cairnd.tell("lookup", "www.shop.com"), r"^zone: \.\n")
            dig("www.shop.com A")
            self.assertIn("zone: shop.com.", cairnd.tell("lookup", "www.shop.com"))
            self.assertIn("ns: ", cairnd.tell("lookup", "www.shop.com"))

    def test_what_is_flushed_is_asked_for_again(self):
        with Controlled() as cairnd:
            for command, question in ((("flush", "www.signed.org"), "www.signed.org A"),
                                      (("flush_zone", "signed.org"), "www.signed.org A"),
                                      (("flush_type", "www.signed.org", "A"), "www.signed.org A"),
                                      (("flush_zone", "signed.org"), "nothing.signed.org A")):
                with self.subTest(command):
                    for _ in range(3):  # until it is ready-made
                        dig(question)
                    with lab.Sent() as sent:
                        dig(question)
                    self.assertEqual(sent.questions, 0)
                    cairnd.tell(*command)
                    with lab.Sent() as sent:
                        dig(question)
                    self.assertGreater(sent.questions, 0)

    def test_what_is_not_flushed_stays(self):
        with Controlled() as cairnd:
            dig("www.shop.com A")
            dig("www.signed.org A")
            cairnd.tell("flush_zone", "signed.org")
            cairnd.tell("flush", "shop.com")
            with lab.Sent() as sent:
                dig("www.shop.com A")
            self.assertEqual(sent.questions, 0)

    def test_a_negative_trust_anchor_ends_by_itself(self):
        with Controlled() as cairnd:
            self.assertEqual(dig(BROKEN).status, "SERVFAIL")
            cairnd.tell("nta_add", "bogus.org", "2")
            self.assertRegex(cairnd.tell("nta_list"), r"^bogus\.org\. [012]\n$")
            answer = dig(BROKEN, "+dnssec")
            self.assertEqual((answer.status, "ad" in answer.flags), ("NOERROR", False), answer.text)
            self.assertIn("ad", dig("www.signed.org A", "+dnssec").flags)
            cairnd.await_log("it is validated again")
            self.assertEqual(cairnd.tell("nta_list"), "")
            lab.until(lambda: dig(BROKEN).status == "SERVFAIL", "it is broken again")  # every thread has been told

    def test_validation_may_be_switched_off_while_one_is_there(self):
        with Controlled() as cairnd:
            cairnd.tell("nta_add", "bogus.org", "1h")
            on = cairnd.path.read_text()
            cairnd.configure("server:\n  module-config: iterator\n" + on[on.index("remote-control:"):])
            cairnd.tell("reload")
            self.assertEqual(dig(BROKEN).status, "NOERROR")
            cairnd.tell("nta_remove", "bogus.org")
            self.assertEqual(cairnd.run("nta_add", "bogus.org").returncode, 1)
            self.assertIn("validation: off", cairnd.tell("status"))

    def test_a_negative_trust_anchor_can_be_taken_out_and_outlives_a_reload(self):
        with Controlled() as cairnd:
            cairnd.tell("nta_add", "bogus.org", "1h")
            cairnd.tell("reload")
            self.assertEqual(dig(BROKEN).status, "NOERROR")
            cairnd.tell("nta_remove", "bogus.org")
            self.assertEqual(dig(BROKEN).status, "SERVFAIL")

    def test_a_reload_that_fails_says_why(self):
        with Controlled() as cairnd:
            good = cairnd.path.read_text()
            self.assertEqual(cairnd.run("reload").returncode, 0)
            cairnd.path.write_text(good + "server:\n  prot: 53\n  prefetch: maybe\n")
            done = subprocess.run(lab.at("lan", str(CAIRNCTL), "-s", cairnd.socket, "reload"), capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            for line, mistake in zip(done.stderr.splitlines(), ("`prot`", "prefetch: `maybe`"), strict=True):
                self.assertIn(mistake, line)
            self.assertEqual(dig("www.shop.com A").status, "NOERROR")

    def test_what_is_no_command_is_refused_with_what_would_help(self):
        with Controlled() as cairnd:
            for words, status, hint in ((("fluhs", "a"), 1, "help"), (("flush",), 1, "usage: flush NAME"),
                                        (("flush_type", "a", "NOTYPE"), 1, "no type"),
                                        (("nta_add", "a", "8d"), 1, "at most a week"),
                                        (("nta_remove", "a"), 1, "nta_list"), ((), 2, "usage: cairnctl"),
                                        (("flush", "a b"), 2, "no word")):
                done = cairnd.run(*words)
                self.assertEqual(done.returncode, status, words)
                self.assertIn(hint, done.stderr)

    def test_only_its_user_may_open_the_socket_and_it_goes_with_the_server(self):
        with Controlled("server:\n  username: nobody\n") as cairnd:
            is_there = os.stat(cairnd.socket)
            self.assertEqual(stat.S_IMODE(is_there.st_mode), 0o600)
            self.assertNotEqual(is_there.st_uid, 0)
            path = cairnd.socket
            self.assertEqual(cairnd.tell("stop"), "")
            self.assertEqual(cairnd.process.wait(5), 0)
        killed = Controlled()
        self.assertIn("pid", killed.tell("status"))
        killed.kill()
        done = subprocess.run(lab.at("lan", str(CAIRNCTL), "-s", path, "status"), capture_output=True, text=True)
        self.assertIn("nobody listens", done.stderr)
        with Controlled() as cairnd:  # what the other has left is no obstacle
            self.assertIn("pid", cairnd.tell("status"))

    def test_clients_that_say_nothing_or_too_much_are_borne(self):
        with Controlled() as cairnd:
            silent = [socket.socket(socket.AF_UNIX) for _ in range(12)]
            for one in silent:
                one.connect(cairnd.socket)
            silent[0].sendall(b"cairn1 " + b"x" * 4000)
            self.assertIn(b"error", silent[0].recv(100))
            silent[1].sendall(b"GET / HTTP/1.1\r\n\r\n")
            self.assertIn(b"error", silent[1].recv(100))
            self.assertIn("pid", cairnd.tell("status"))  # as soon as the impatient have gone
            for one in silent:
                one.close()
