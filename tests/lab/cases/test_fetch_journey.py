"""cairn-fetch --journey: what it tells of a request that succeeds, and of ones that fail."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

import jsonschema

import lab
from test_fetch_http import Server, head_of

FETCH = Path(os.environ["CAIRND"]).with_name("cairn-fetch")
CA = Path(os.environ["LAB_DIR"]) / "ca.pem"
FETCH_S = 30


SCHEMA = jsonschema.Draft202012Validator(json.loads((lab.ROOT / "fetch/journey/journey.schema.json").read_text()))


def journey(*words, status=0):
    """The events, and the verdicts by transfer, of one run."""
    with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
        path = Path(directory) / "journey"
        done = subprocess.run([FETCH, "-q", "-s", "--journey=json", "--journey-file", path, *words],
                              capture_output=True, timeout=FETCH_S)
        if done.returncode != status:
            raise AssertionError(f"{words} ended with {done.returncode}")
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    return ([line for line in lines if line["e"] != "verdict"],
            {line["r"]: line for line in lines if line["e"] == "verdict"})


def names(events):
    return [f"{event['l']}.{event['e']}" for event in events]


class Journey(lab.WithCairnd):
    def check(self, events, verdicts):
        self.assertEqual([event["i"] for event in events], list(range(1, len(events) + 1)))
        for line in [*events, *verdicts.values()]:
            SCHEMA.validate(line)
        for verdict in verdicts.values():
            self.assertEqual(sum(verdict["parts_us"].values()), verdict["total_us"])

    def test_every_layer_of_a_request_is_told_in_its_order(self):
        events, verdicts = journey("http://www.shop.com/")
        self.check(events, verdicts)
        told = names(events)
        milestones = ["url.parsed", "dns.query", "dns.answer", "tcp.syn", "tcp.open", "http.request", "http.head", "http.end"]
        self.assertEqual(sorted(milestones, key=told.index), milestones)
        self.assertFalse([event for event in events if event["bad"]])
        head = next(event for event in events if event["e"] == "head")
        self.assertEqual((head["status"], head["framing"], head["rule"]), (200, "content-length", 6))
        request = next(event for event in events if event["e"] == "request")
        self.assertEqual(head["p"], request["i"])
        self.assertEqual(verdicts[1]["floor_rounds"], 2)

    def test_what_a_response_has_beside_its_content_is_told_and_what_became_of_it(self):
        def answer(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")

        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            digest = hashlib.sha256(b"hello").hexdigest()
            events, verdicts = journey("-o", f"{directory}/here", "--checksum", f"sha256:{digest}", Server(self, answer).url())
        self.check(events, verdicts)
        by_name = {f"{event['l']}.{event['e']}": event for event in events}
        milestones = ["http.interim", "http.head", "http.trailers", "out.digest", "out.file", "http.end"]
        self.assertEqual([name for name in names(events) if name in milestones], milestones)
        self.assertEqual((by_name["http.interim"]["status"], by_name["out.file"]["name"]), (103, "here"))
        self.assertIn("X-Sum", by_name["http.trailers"]["fields"])

    def test_what_comes_in_is_of_whom_it_is_for(self):
        events, verdicts = journey("-Z", "-o", "/dev/null", "-o", "/dev/null", "http://www.shop.com/", "http://www.shop.com/shop.css")
        self.check(events, verdicts)
        for name in ("syn", "open", "fin"):
            told = [event["r"] for event in events if event["l"] == "tcp" and event["e"] == name and "c" not in event]
            if name != "fin" or told:
                self.assertEqual(set(told), {1, 2}, (name, events))

    def test_the_proxy_that_is_gone_through_is_told(self):
        def answer(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        proxy = Server(self, answer)
        events, verdicts = journey("-x", f"http://someone:hush-hush@127.0.0.1:{proxy.port}", "http://www.shop.com/")
        self.check(events, verdicts)
        told = next(event for event in events if event["e"] == "proxy")
        self.assertEqual((told["host"], told["port"]), ("127.0.0.1", proxy.port))
        self.assertNotIn("hush-hush", json.dumps(events))

    def test_whose_word_a_certificate_is_is_told(self):
        events, verdicts = journey("--cacert", CA, "https://www.shop.com/")
        self.check(events, verdicts)
        told = next(event for event in events if event["l"] == "tls")
        self.assertRegex(told["until"], r"^20\d\d-\d\d-\d\d$")
        self.assertNotEqual(told["issuer"], "")

    def test_a_kept_connection_is_told_as_such(self):
        events, verdicts = journey("http://www.shop.com/", "http://www.shop.com/cairn.svg")
        self.check(events, verdicts)
        second = names(event for event in events if event["r"] == 2)
        self.assertIn("policy.reuse", second)
        self.assertNotIn("tcp.syn", second)
        self.assertEqual(verdicts[2]["parts_us"]["name"], 0)

    def test_the_first_bad_step_of_a_refused_connection_is_the_reset(self):
        events, verdicts = journey("http://192.168.1.1:81/", status=7)
        self.check(events, verdicts)
        bad = [event for event in events if event["bad"]]
        self.assertEqual(names(bad), ["tcp.reset", "out.failed"])
        self.assertEqual(bad[-1]["cause"], "connect")

    def test_a_name_that_does_not_exist_ends_at_the_resolver(self):
        events, verdicts = journey("http://nothing.shop.com/", status=6)
        self.check(events, verdicts)
        self.assertNotIn("tcp.syn", names(events))
        self.assertEqual(verdicts[1]["largest"], "name")

    def test_an_address_that_is_silent_is_waited_for_and_that_is_said(self):
        events, verdicts = journey("--connect-timeout", "1.5", "http://198.18.7.1/", status=28)
        self.check(events, verdicts)
        self.assertIn("tcp.lost", names(events))
        self.assertEqual(verdicts[1]["largest"], "attempts")
        self.assertIn("vanish", verdicts[1]["try"])

    def test_what_holds_content_up_has_parts_of_its_own(self):
        def answer(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + 200000 * b"x")

        events, verdicts = journey("--limit-rate", "400k", "-o", "/dev/null", Server(self, answer).url())
        self.check(events, verdicts)
        self.assertEqual(verdicts[1]["largest"], "limit")
        self.assertGreater(verdicts[1]["parts_us"]["limit"], 300000)
        self.assertIn("--limit-rate", verdicts[1]["try"])

    def test_a_slow_reader_of_standard_output_is_what_takes_time(self):
        def answer(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + 3000000 * b"x")

        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            path = Path(directory) / "journey"
            run = subprocess.Popen([FETCH, "-q", "-s", "--journey=json", "--journey-file", path, Server(self, answer).url()], stdout=subprocess.PIPE)
            time.sleep(0.8)
            self.assertEqual(len(run.stdout.read()), 3000000)
            self.assertEqual(run.wait(FETCH_S), 0)
            verdict = json.loads(path.read_text().splitlines()[-1])
        self.assertEqual(verdict["largest"], "write")
        self.assertEqual(sum(verdict["parts_us"].values()), verdict["total_us"])

    def test_losses_are_told_apart_from_what_the_server_takes(self):
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            with (Path(directory) / "big").open("wb") as file:
                file.truncate(4 << 20)
            server = subprocess.Popen(lab.at("alpha", sys.executable, "-m", "http.server", "8088", "--directory", directory),
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(server.wait)
            self.addCleanup(server.kill)
            words = ("-o", "/dev/null", "--retry", "20", "--retry-delay", "0.1", "--retry-connrefused", "http://198.18.2.1:8088/big")

            def lost_us():
                events, verdicts = journey(*words)
                self.check(events, verdicts)
                return verdicts[1]["parts_us"]["loss"]

            # A busy machine may turn frames round, which is a hole for a moment.
            self.assertTrue(any(lost_us() == 0 for _ in range(5)))
            self.addCleanup(lab.lose, 0)
            lab.lose(5)
            # Of frames of 64 KiB few are needed, and all may have luck.
            self.assertTrue(any(lost_us() > 0 for _ in range(5)))

    def test_the_text_ends_with_where_the_time_went(self):
        done = subprocess.run([FETCH, "-q", "-s", "--journey", "-o", "/dev/null", "http://www.shop.com/"],
                              capture_output=True, text=True, timeout=FETCH_S)
        lines = done.stderr.splitlines()
        self.assertIn("layer  what", lines[0])
        self.assertTrue(any(line.startswith("WHERE ") for line in lines))
        self.assertTrue(any("http://www.shop.com/  ok  306 octets" in line for line in lines))

    def test_no_form_has_the_password_of_a_url(self):
        for url, words, status in (("http://someone:hush-hush@www.shop.com/", (), 0),
                                   ("http:/someone:hush-hush@www.shop.com/", (), 0),
                                   ("http://someone:hush-hush@www.shop.com/missing", ("-f", "--retry", "1", "--retry-all-errors"), 22),
                                   ("http://someone:hush-hush@www.shop.com:port/", (), 3),
                                   ("http://someone:hush/hush-hush@www.shop.com/", (), 3)):
            with self.subTest(url), tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
                path = Path(directory) / "journey"
                done = subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", "--journey=text,json,svg,html,har,pcapng",
                                       "--journey-file", path, *words, url], capture_output=True, timeout=FETCH_S)
                forms = list(Path(directory).glob("journey.*"))
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertEqual(len(forms), 6)
                for form in forms:
                    self.assertFalse(b"hush-hush" in form.read_bytes(), form.name)
                self.assertFalse(b"hush-hush" in done.stderr)

    def test_no_form_has_a_field_of_credentials_unless_asked(self):
        for options, is_told in (((), False), (("--journey-secrets",), True)):
            with self.subTest(" ".join(options) or "no option"), tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
                path = Path(directory) / "journey"
                subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", "--journey=text,json,svg,html,har", "--journey-file", path, *options,
                                "-H", "X-Api-Key: hush-hush", "-H", "X-Other: open", "http://www.shop.com/"], check=True, timeout=FETCH_S)
                told = b"".join(form.read_bytes() for form in Path(directory).glob("journey.*"))
                self.assertEqual(b"hush-hush" in told, is_told)
                self.assertIn(b"X-Other: open", told)

    def test_no_refusal_has_the_password_of_a_url(self):
        for words, status in ((("http://someone:hush-hush@www.shop.com/[1-",), 3),
                              (("--mirror", "http://someone:hush-hush@www.shop.com:port/"), 3),
                              (("--mirror", "ftp://someone:hush-hush@www.shop.com/"), 1)):
            with self.subTest(words[-1]):
                done = subprocess.run([FETCH, *words], capture_output=True, text=True, timeout=FETCH_S)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn("www.shop.com", done.stderr)
                self.assertNotIn("hush-hush", done.stderr)

    def picture(self, *words, status=0):
        """The texts of the SVG of one run."""
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            path = Path(directory) / "journey.svg"
            done = subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", "--journey=svg", "--journey-file", path, *words],
                                  capture_output=True, timeout=FETCH_S)
            self.assertEqual(done.returncode, status)
            return ["".join(element.itertext()) for element in xml.parse(path).iter("{http://www.w3.org/2000/svg}text")]

    def test_the_picture_has_a_lane_for_each_who_takes_part(self):
        texts = self.picture("http://www.shop.com/")
        for lane in ("cairn-fetch", "resolver", "server"):
            self.assertIn(lane, texts)
        self.assertTrue(any(text.startswith("GET / HTTP/1.1") and "200 OK" in text for text in texts))

    def test_without_a_resolver_the_picture_goes_down_from_the_root(self):
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            configuration = Path(directory) / "cairn.conf"
            configuration.write_text(f"server:\n  trust-anchor-file: {os.environ['LAB_DIR']}/root.key\n")
            texts = self.picture("--resolver", f"self={configuration}", "http://www.shop.com/")
        for lane in ("resolver", "root", "TLD", "authority", "gateway", "server"):
            self.assertIn(lane, texts)

    def test_it_is_told_for_which_servers_the_resolver_waited(self):
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            configuration = Path(directory) / "cairn.conf"
            configuration.write_text(f"server:\n  trust-anchor-file: {os.environ['LAB_DIR']}/root.key\n")
            runs = [journey("--resolver", f"self={configuration}", "http://www.shop.com/") for _ in range(3)]
        apart_us = []
        for events, verdicts in runs:
            self.check(events, verdicts)
            waits = verdicts[1]["name_us"]
            self.assertLessEqual({".", "com.", "shop.com.", "itself"}, set(waits))
            apart_us.append(abs(sum(waits.values()) - verdicts[1]["parts_us"]["name"]))
        self.assertLess(min(apart_us), 2000)  # a busy machine may put more between an event and the end of its part

    def itself(self, words=""):
        """--resolver self, with a configuration of the test's own."""
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(directory.cleanup)
        configuration = Path(directory.name) / "cairn.conf"
        configuration.write_text(f"server:\n  trust-anchor-file: {os.environ['LAB_DIR']}/root.key\n"
                                 + words.format(directory=directory.name))
        return ("--resolver", f"self={configuration}")

    def test_what_the_validator_has_checked_is_told_and_how_long_it_took(self):
        # Nobody has the address: it is its name that counts.
        events, verdicts = journey(*self.itself(), "-4", "--connect-timeout", "0.3", "http://www.signed.org/", status=102)
        self.check(events, verdicts)
        validated = [event for event in events if event["e"] == "validated"]
        judged = {(event["qname"], event["type"]): event for event in validated}
        for what in ((".", "DNSKEY"), ("org.", "DNSKEY"), ("signed.org.", "DNSKEY"), ("www.signed.org.", "A")):
            self.assertEqual(judged[what]["security"], "secure")
            self.assertGreater(judged[what]["signatures"], 0)
        replies = {event["i"]: event for event in events if event["e"] == "reply"}
        self.assertNotEqual(judged[("www.signed.org.", "A")]["p"], 0)
        for event in [event for event in validated if event["p"] != 0]:  # a DS set comes with a referral
            self.assertEqual((replies[event["p"]]["qname"], replies[event["p"]]["type"]), (event["qname"], event["type"]))
        # The address was there first, and had to wait for the keys that it is judged by.
        self.assertGreaterEqual(judged[("www.signed.org.", "A")]["took_us"], judged[("signed.org.", "DNSKEY")]["took_us"])

    def test_a_bogus_answer_is_told_with_the_reason_and_is_what_the_failure_came_of(self):
        events, verdicts = journey(*self.itself(), "http://www.bogus.org/", status=103)
        self.check(events, verdicts)
        bad = [event for event in events if event["e"] == "validated" and event["bad"]]
        self.assertTrue(bad and all(event["security"] == "bogus" and event["why"] for event in bad), events)
        self.assertIn("another server is asked", bad[0]["what"])
        self.assertNotIn("another server is asked", bad[-1]["what"])
        first_bad = next(event for event in events if event["i"] == verdicts[1]["first_bad"])
        self.assertEqual((first_bad["e"], first_bad["p"]), ("failed", bad[-1]["i"]))

    def test_an_answer_out_of_the_cache_is_told_with_its_age_and_what_is_left_of_it(self):
        itself = self.itself("  cache-file: {directory}/cache\n")
        first, _ = journey(*itself, "-4", "http://www.shop.com/")
        time.sleep(1.5)
        events, verdicts = journey(*itself, "-4", "http://www.shop.com/")
        self.check(events, verdicts)
        self.assertEqual([event for event in first if event["e"] == "cache"], [])
        fresh = next(event for event in first if event["e"] == "answer" and event["type"] == "A")
        cached = next(event for event in events if event["e"] == "cache" and event["type"] == "A")
        answer = next(event for event in events if event["e"] == "answer" and event["type"] == "A")
        self.assertGreater(cached["age_s"], 0)
        self.assertEqual(cached["age_s"] + cached["ttl_s"], fresh["ttl_s"])
        self.assertEqual((answer["p"], answer["ttl_s"]), (cached["i"], cached["ttl_s"]))
        self.assertNotIn("dns.query", names(events))
        texts = self.picture(*itself, "-4", "http://www.shop.com/")
        self.assertTrue(any("s ago" in text and "198.18.6.80" in text for text in texts), texts)

    def test_who_won_a_race_of_addresses_is_told_and_who_did_not(self):
        words = ("--resolve", "www.shop.com:80:198.18.7.1,198.18.6.80", "http://www.shop.com/")
        events, verdicts = journey("--happy-eyeballs-timeout-ms", "600", *words)
        self.check(events, verdicts)
        attempt = next(event for event in events if event["e"] == "attempt")
        race = next(event for event in events if event["e"] == "race")
        self.assertEqual((attempt["remote"], attempt["number"], attempt["of"], attempt["why"]), ("198.18.6.80", 2, 2, "silent"))
        self.assertGreaterEqual(attempt["waited_us"], 600000)
        self.assertEqual((race["won"], race["lost"], race["attempts"]), ("198.18.6.80", "198.18.7.1 (no answer)", 2))
        self.assertGreaterEqual(race["behind_us"], 600000)
        self.assertLess(race["took_us"], 600000)
        self.assertEqual(verdicts[1]["largest"], "attempts")
        texts = self.picture("--happy-eyeballs-timeout-ms", "600", *words)
        self.assertTrue(any("198.18.6.80 was first" in text for text in texts), texts)

    def test_a_refused_address_makes_room_for_the_next_at_once(self):
        events, verdicts = journey("--resolve", "www.shop.com:81:192.168.1.1,198.18.2.1", "http://www.shop.com:81/", status=7)
        self.check(events, verdicts)
        attempt = next(event for event in events if event["e"] == "attempt")
        self.assertEqual((attempt["remote"], attempt["why"]), ("198.18.2.1", "failed"))
        self.assertNotIn("policy.race", names(events))  # nobody won

    def test_one_address_is_no_race(self):
        events, _ = journey("-4", "http://www.shop.com/")
        self.assertFalse({"policy.attempt", "policy.race"} & set(names(events)))

    def test_the_picture_of_a_failure_ends_with_it(self):
        for words, status, said in ((("http://nothing.shop.com/",), 6, "does not exist"),
                                    (("http://192.168.1.1:81/",), 7, "refused"),
                                    (("--connect-timeout", "0.5", "http://198.18.7.1/"), 28, "no answer")):
            with self.subTest(said):
                texts = self.picture(*words, status=status)
                self.assertTrue(any(said in text for text in texts), texts)

    def test_several_forms_have_a_file_each_and_what_was_written_can_be_shown_again(self):
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            base = Path(directory) / "j"
            subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", "--journey=text,json,svg,html", "--journey-file", base,
                            "http://www.shop.com/"], check=True, timeout=FETCH_S)
            self.assertEqual(sorted(path.name for path in base.parent.iterdir()), ["j.html", "j.json", "j.svg", "j.text"])
            again = base.with_suffix(".again")
            subprocess.run([FETCH, "-q", "--replay", base.with_suffix(".json"), "--journey=json", "--journey-file", again],
                           check=True, timeout=FETCH_S)
            told = base.with_suffix(".json").read_text()
            self.assertEqual(again.read_text(), told)
            piped = subprocess.run([FETCH, "-q", "--replay", "/dev/stdin", "--journey=json"], input=told, check=True,
                                   capture_output=True, text=True, timeout=FETCH_S)
            self.assertEqual(piped.stderr, told)

    def test_hops_are_the_routers_on_the_way(self):
        for family, routers in (("-4", ["192.168.1.1"]), ("-6", ["2001:2:0:100::1"])):
            with self.subTest(family):
                events, verdicts = journey(family, "--hops", "http://www.shop.com/")
                self.check(events, verdicts)
                path = [event for event in events if event["l"] == "path"]
                self.assertEqual([event["addr"] for event in path[:1]], routers)
                self.assertEqual([event["hop"] for event in path[:-1]], list(range(1, len(path))))
                self.assertEqual((path[-1]["e"], path[-1]["hops"]), ("end", len(path) - 1))
                self.assertGreater(sum("rtt_us" in event for event in path), 3)

    def test_the_path_ends_at_who_says_that_nobody_is_there(self):
        events, _ = journey("--hops", "http://192.168.1.1:81/", status=7)
        path = [event for event in events if event["l"] == "path"]
        self.assertEqual([event["e"] for event in path], ["hop", "end"])
        self.assertEqual((path[0]["addr"], path[1]["reached"]), ("192.168.1.1", 1))

    def test_the_path_to_an_address_that_nobody_has_ends_in_silence_and_in_time(self):
        began = time.monotonic()
        events, _ = journey("--hops", "--connect-timeout", "0.3", "http://192.168.1.77/", status=28)
        self.assertLess(time.monotonic() - began, 2 * lab.PATIENCE_S)  # some seconds; each hop by itself would be a minute
        self.assertEqual([event["reached"] for event in events if event["l"] == "path" and event["e"] == "end"], [0])

    def test_who_lets_no_probe_pass_has_answered_however_long_ago(self):
        for count in (1, 120):
            with self.subTest(f"{count} URLs"):
                events, _ = journey("-4", "--hops", f"http://www.shop.com/?n=[1-{count}]")
                ends = [event for event in events if event["l"] == "path" and event["e"] == "end"]
                self.assertEqual([end["reached"] for end in ends], [0])
                self.assertIn("it answers over TCP, and not to probes", ends[0]["what"])

    def test_the_picture_shows_the_path(self):
        texts = self.picture("-4", "--hops", "http://www.shop.com/")
        self.assertIn("192.168.1.1", texts)
        self.assertIn("path", texts)

    def test_the_schema_refuses_what_is_no_line_of_a_journey(self):
        good = journey("http://192.168.1.1:81/", status=7)[0][0]
        SCHEMA.validate(good)
        for change in ({"l": "nowhere"}, {"e": "other"}, {"t": -1}, {"bad": "no"}, {"href": None}):
            with self.subTest(str(change)):
                self.assertFalse(SCHEMA.is_valid({**good, **change}))

    def archive(self, *words, status=0):
        """The entries of the HAR of one run, which has HAR 1.2's structure."""
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            path = Path(directory) / "journey.har"
            done = subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", "--journey=har", "--journey-file", path, *words],
                                  capture_output=True, timeout=FETCH_S)
            self.assertEqual(done.returncode, status)
            log = json.loads(path.read_text())["log"]
        self.assertEqual(log["version"], "1.2")
        self.assertEqual(log["creator"]["name"], "cairn-fetch")
        for entry in log["entries"]:
            self.check_entry(entry)
        return log["entries"]

    def check_entry(self, entry):
        """The members that HAR 1.2 demands, of their types; timings that sum to the time, ssl being a part of connect."""
        self.assertRegex(entry["startedDateTime"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$")
        self.assertIsInstance(entry["cache"], dict)
        for side, members in (("request", {"method": str, "url": str, "httpVersion": str, "cookies": list, "headers": list,
                                           "queryString": list, "headersSize": int, "bodySize": int}),
                              ("response", {"status": int, "statusText": str, "httpVersion": str, "cookies": list, "headers": list,
                                            "content": dict, "redirectURL": str, "headersSize": int, "bodySize": int})):
            self.assertEqual({name: type(value) for name, value in entry[side].items()}, members)
            for field in entry[side]["headers"]:
                self.assertEqual(sorted(field), ["name", "value"])
        self.assertEqual({name: type(value) for name, value in entry["response"]["content"].items()}, {"size": int, "mimeType": str})
        timings = entry["timings"]
        self.assertEqual(sorted(timings), ["blocked", "connect", "dns", "receive", "send", "ssl", "wait"])
        for name in ("send", "wait", "receive"):
            self.assertGreaterEqual(timings[name], 0)
        parts = [time for name, time in timings.items() if name != "ssl" and time != -1]
        self.assertAlmostEqual(sum(parts), entry["time"], places=6)
        self.assertLessEqual(timings["ssl"], timings["connect"])
        self.assertFalse([name for name in entry if not name.startswith("_")
                          and name not in ("startedDateTime", "time", "request", "response", "cache", "timings", "serverIPAddress", "connection")])

    def test_the_archive_has_an_entry_a_request_with_what_was_said(self):
        first, second = self.archive("--cacert", CA, "https://www.shop.com/?a=1&b=", "https://www.shop.com/shop.css")
        self.assertEqual(first["request"]["queryString"], [{"name": "a", "value": "1"}, {"name": "b", "value": ""}])
        self.assertEqual(first["response"]["status"], 200)
        self.assertIn({"name": "Host", "value": "www.shop.com"}, first["request"]["headers"])
        self.assertTrue(second["response"]["content"]["mimeType"].startswith("text/"))
        self.assertGreater(first["timings"]["ssl"], 0)
        self.assertEqual(second["timings"]["connect"], -1)  # the connection was there
        self.assertEqual(first["connection"], second["connection"])

    def test_a_redirect_is_an_entry_of_its_own(self):
        first, second = self.archive("-L", "http://www.shop.com/old")
        self.assertEqual((first["response"]["status"], first["response"]["redirectURL"]), (301, second["request"]["url"]))
        self.assertEqual(second["response"]["status"], 200)

    def test_credentials_are_not_in_the_archive(self):
        (entry,) = self.archive("-u", "me:geheim", "-H", "Cookie: geheim", "http://www.shop.com/")
        self.assertIn("Authorization", [field["name"] for field in entry["request"]["headers"]])
        self.assertNotIn("geheim", json.dumps(entry))

    def test_a_failure_is_an_entry_without_a_response(self):
        (entry,) = self.archive("http://192.168.1.1:81/", status=7)
        self.assertEqual(entry["response"]["status"], 0)
        self.assertIn("refused", entry["_error"])

    def packets(self, *words, fields, options=()):
        """What tshark shows of each packet of one run: its fields."""
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            path = Path(directory) / "journey.pcapng"
            subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", "--journey=pcapng", "--journey-file", path, *words],
                           check=True, timeout=FETCH_S)
            shown = subprocess.run(["tshark", "-r", path, *options, "-T", "fields", "-E", "separator=|",
                                    *(word for field in fields for word in ("-e", field))],
                                   check=True, capture_output=True, text=True, env={**os.environ, "HOME": "/nonexistent"})
            return [line.split("|") for line in shown.stdout.splitlines()]

    def test_packets_have_their_events_as_comments(self):
        packets = self.packets("http://www.shop.com/", fields=("tcp.flags", "http.response.code", "frame.comment"))
        syn = [comment for flags, _, comment in packets if flags == "0x0002"]
        self.assertTrue(syn and all("SYN" in comment for comment in syn), packets)
        answer = [comment for _, code, comment in packets if code == "200"]
        self.assertTrue(answer and "200 OK" in answer[0], packets)

    def test_each_reply_has_the_comment_of_its_own_question(self):
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            configuration = Path(directory) / "cairn.conf"
            configuration.write_text(f"server:\n  trust-anchor-file: {os.environ['LAB_DIR']}/root.key\n")
            packets = self.packets("--resolver", f"self={configuration}", "https://www.shop.com/", "--cacert", CA,
                                   fields=("dns.flags.response", "dns.qry.name", "frame.comment"))
        replies = [(name, comment) for response, name, comment in packets if response == "1" and comment]
        self.assertGreater(len(replies), 4)
        for name, comment in replies:
            self.assertIn(f"<- {'' if name == '<Root>' else name.lower()}.", comment.lower())

    def test_wireshark_decrypts_tls_and_only_when_secrets_were_asked_for(self):
        for options, seen in (((), []), (("--journey-secrets",), ["200"])):
            with self.subTest(" ".join(options) or "no option"):
                packets = self.packets("--cacert", CA, *options, "https://www.shop.com/", fields=("http.response.code",))
                self.assertEqual([code for (code,) in packets if code], seen)

    def test_wireshark_learns_the_names_that_were_resolved(self):
        packets = self.packets("-4", "http://www.shop.com/", fields=("ip.dst_host",), options=("-N", "n"))
        self.assertIn(["www.shop.com"], packets)

    def test_two_journeys_are_compared(self):
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            for family in ("-4", "-6"):
                subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", family, "--journey=json", "--journey-file", family[1:],
                                "http://www.shop.com/"], check=True, cwd=directory, timeout=FETCH_S)
            told = subprocess.run([FETCH, "-q", "--journey-diff", "4", "6"], check=True, cwd=directory, capture_output=True, text=True).stdout
            self.assertIn("address    198.18.6.80 -> 2001:2:0:6::80", told)
            self.assertIn("tcp syn [2001:2:0:6::80]:80", told)
            same = subprocess.run([FETCH, "-q", "--journey-diff", "4", "4"], check=True, cwd=directory, capture_output=True, text=True).stdout
            self.assertEqual(len(same.splitlines()), 2)  # the URL and its total

    def test_a_form_that_is_unknown_is_an_error_before_anything_is_sent(self):
        done = subprocess.run([FETCH, "-q", "--journey=pictures", "http://www.shop.com/"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("pictures", done.stderr)
