"""Signals, interfaces, threads, the log, and a network that comes later."""
import re
import subprocess
import unittest

import lab
from clients import NoAnswer, dig

LOG_QUERIES = "server:\n  log-queries: yes\n  log-replies: yes\n"
HOME_AGAIN_S = 2


class Running(unittest.TestCase):
    def test_sighup_takes_the_new_configuration_and_keeps_the_cache(self):
        with lab.Cairnd() as cairnd:
            dig("www.signed.org A")
            self.assertEqual(dig("printer.shop.com A").status, "NXDOMAIN")
            cairnd.configure('server:\n  local-data: "printer.shop.com. A 192.168.1.9"\n')
            cairnd.reload()
            with lab.Sent() as sent:
                self.assertEqual(dig("printer.shop.com A").records, ["printer.shop.com. A 192.168.1.9"])
                self.assertLess(dig("www.signed.org A").ttl, 3601)
            self.assertEqual(sent.questions, 0)

    def test_sigterm_ends_it_cleanly_with_questions_under_way(self):
        cairnd = lab.Cairnd()
        client = subprocess.Popen(["dig", "@127.0.0.1", "+tcp", "+tries=1", "+time=20", "www.all-dead.com"], stdout=subprocess.PIPE, text=True)
        lab.until(lambda: cairnd.statistic("engine.clients") == 1, "a question is under way")
        self.assertEqual(cairnd.stop(), 0)
        self.assertNotIn("status:", client.communicate()[0])  # it has not waited for the end of the question

    def test_it_can_be_started_again_at_once(self):
        for _ in range(3):
            with lab.Cairnd():
                self.assertEqual(dig("www.shop.com A", "+tcp").status, "NOERROR")

    def test_no_name_server_is_left_with_a_connection_that_nobody_holds(self):
        def connections():
            return [line for host in ("alpha", "beta")
                    for line in lab.on(host, "ss", "-Htn", "state", "established", "( sport = :53 )").splitlines()]

        with lab.Disowned() as disowned:
            with lab.Cairnd():
                self.assertEqual(len(dig("huge.big.org TXT", "+tcp").answer), 40)
                held = len(connections())
            self.assertGreater(held, 0)  # one; where the first answer was late, as on a busy machine, two
            lab.until(lambda: not connections(), "the servers have no connection any more", 1)
        self.assertEqual(disowned.kinds, {"port_unreachable": 0, "resets": held})  # its own

    def test_two_interfaces_are_served_and_no_other(self):
        with lab.Cairnd('server:\n  interface: [ "127.0.0.1", "192.168.1.10@5353" ]\n'):
            self.assertEqual(dig("localhost A").status, "NOERROR")
            self.assertEqual(dig("localhost A", "-p", "5353", server="192.168.1.10").status, "REFUSED")
            for server in ("::1", "192.168.1.10"):
                with self.assertRaisesRegex(NoAnswer, "connection refused"):
                    dig("localhost A", server=server)

    def test_threads_share_what_they_learn(self):
        with lab.Cairnd("server:\n  num-threads: 2\n"):
            dig("www.signed.org A")
            with lab.Sent() as sent:
                for _ in range(20):  # from as many ports: the kernel spreads them over the threads
                    self.assertEqual(dig("www.signed.org A").status, "NOERROR")
            self.assertEqual(sent.questions, 0)

    def test_each_query_and_each_answer_has_a_line_in_the_log(self):
        with lab.Cairnd(LOG_QUERIES) as cairnd:
            for options in ((), ("+tcp",)):
                dig("www.shop.com A", *options)
            dig("nothing.shop.com MX", server="::1")
            cairnd.await_log("nothing.shop.com. MX IN NXDOMAIN")
            log = cairnd.log()
        self.assertEqual(len(re.findall(r"info: 127\.0\.0\.1 www\.shop\.com\. A IN$", log, re.M)), 2)
        self.assertRegex(log, r"info: 127\.0\.0\.1 www\.shop\.com\. A IN NOERROR 0\.\d{6} 0 \d+\n")
        self.assertRegex(log, r"info: 127\.0\.0\.1 www\.shop\.com\. A IN NOERROR 0\.\d{6} 1 \d+\n")
        self.assertRegex(log, r"info: ::1 nothing\.shop\.com\. MX IN NXDOMAIN 0\.\d{6} 0 \d+\n")

    def test_a_network_that_comes_later_is_used(self):
        self.addCleanup(network_up)
        network_down()
        with lab.Cairnd():
            self.assertEqual(dig("www.shop.com A", "+tcp").status, "SERVFAIL")
            self.assertEqual(list(dig("www.shop.com A", "+tcp").errors), [13])  # cached, but not for the new network
            network_up()
            lab.until(lambda: dig("www.shop.com A", "+tcp").status == "NOERROR", "a name is found", HOME_AGAIN_S)


def network_down():
    lab.on("lan", "ip", "link", "set", "eth0", "down")


def network_up():
    """What goes when the device goes down comes back: the IPv6 address, and the routes."""
    lab.on("lan", "ip", "link", "set", "eth0", "up")
    lab.on("lan", "ip", "address", "replace", "2001:2:0:100::10/64", "dev", "eth0", "nodad")
    for gateway in ("192.168.1.1", "2001:2:0:100::1"):
        lab.on("lan", "ip", "route", "replace", "default", "via", gateway)
