"""Zones from primaries that sign what they send (TSIG): NSD, which asks for it, and one that does it wrong."""
import base64
import hashlib
import hmac
import socket
import struct
import threading
import time

import lab
from clients import dig
from test_transfers import PORT, Primary, WithFolder

SECRET = "c2VjcmV0LW9mLXRoaXJ0eS10d28tb2N0ZXRzLS0tLS0="
OTHER_SECRET = "YW5vdGhlci1zZWNyZXQtb2YtdGhpcnR5LXR3by0tLS0="
NSD_KEY = 'key:\n  name: "{name}"\n  algorithm: {algorithm}\n  secret: "{secret}"\n'

CONFIGURATION = """
server:
  domain-insecure: kept.net
  verbosity: 2
key:
  name: transfers.example
  algorithm: {algorithm}
  secret: "{secret}"
auth-zone:
  name: kept.net
  primary: 127.0.0.1@{port} {key}
  allow-notify: 127.0.0.1/32 transfers.example
  zonefile: {folder}/kept
"""


class Impostor:
    """Knows the secret, and answers with a zone of one message; `sign` false: without a signature."""

    NAME, APEX = b"\x09transfers\x07example\x00", b"\x04kept\x03net\x00"
    ALGORITHM = b"\x0bhmac-sha256\x00"

    def __init__(self, seconds_late=0, sign=True):
        self.seconds_late, self.sign = seconds_late, sign
        self.listener = socket.create_server(("127.0.0.1", PORT))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def stop(self):
        lab.stop_accepting(self.listener, self.thread)

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            with client:
                query = client.recv(1024)[2:]
                if query:
                    reply = self.reply(query)
                    client.sendall(struct.pack("!H", len(reply)) + reply)
                    client.recv(1)

    def reply(self, query):
        soa = self.APEX + struct.pack("!HHIH", 6, 1, 300, 22) + b"\0\0" + struct.pack("!5I", 1, 3600, 900, 86400, 60)
        www = b"\x03www" + self.APEX + struct.pack("!HHIH", 1, 1, 300, 4) + bytes([198, 18, 2, 80])
        question = self.APEX + b"\0\xfc\0\1"
        message = query[:2] + struct.pack("!5H", 0x8400, 1, 3, 0, 0) + question + soa + www + soa
        return message if not self.sign else self.signed(message, query[-38:-6])

    def signed(self, message, query_mac):
        head = self.NAME + struct.pack("!HI", 255, 0)
        times = struct.pack("!HIH", 0, int(time.time()) - self.seconds_late, 300)
        data = struct.pack("!H", 32) + query_mac + message + head + self.ALGORITHM + times + bytes(4)
        mac = hmac.digest(base64.b64decode(SECRET), data, hashlib.sha256)
        rdata = self.ALGORITHM + times + struct.pack("!H", 32) + mac + message[:2] + bytes(4)
        record = self.NAME + struct.pack("!HHIH", 250, 255, 0, len(rdata)) + rdata
        return message[:10] + b"\0\1" + message[12:] + record


class SignedTransfers(WithFolder):
    def cairnd(self, key="transfers.example", algorithm="sha256", secret=SECRET):
        return lab.Cairnd(CONFIGURATION.format(port=PORT, folder=self.kept, key=key, algorithm=algorithm, secret=secret))

    def start_primary(self, algorithm="sha256", hosts=""):
        primary = Primary(self.folder, NSD_KEY.format(name="transfers.example", algorithm=algorithm, secret=SECRET), "transfers.example")
        primary.zone("kept.net", 1, "www 300 A 198.18.2.80\n" + hosts)
        primary.zone("list", 1, "")
        primary.start()
        self.addCleanup(primary.stop)
        return primary

    def refuses(self, cairnd, why):
        cairnd.await_log(why)
        self.assertEqual(dig("www.kept.net A").status, "SERVFAIL")
        self.assertGreaterEqual(cairnd.statistic("untrusted"), 1)
        self.assertNotIn(SECRET, cairnd.log())

    def comes(self, cairnd, words):
        cairnd.await_log(words)
        lab.until(lambda: "www.kept.net. A 198.18.2.80" in dig("www.kept.net A").records, "the zone's data")

    def test_a_primary_that_asks_for_a_signature_gives_the_whole_and_then_changes(self):
        for algorithm in ("sha1", "sha256", "sha512"):
            with self.subTest(algorithm):
                primary = self.start_primary(algorithm)
                with self.cairnd(algorithm=algorithm) as cairnd:
                    self.comes(cairnd, "zone kept.net: serial 1 by AXFR")
                    primary.zone("kept.net", 2, "www 300 A 198.18.2.80\nmore 300 A 198.18.2.81\n")
                    primary.reload()
                    self.comes(cairnd, "zone kept.net: serial 2 by IXFR")
                    self.assertEqual(cairnd.statistic("untrusted"), 0)
                    self.assertNotRegex((self.folder / "nsd.log").read_text(), "zone kept.net: .*notify")
                primary.stop()
                (self.kept / "kept").unlink()

    def test_an_answer_of_many_messages_is_believed(self):
        self.start_primary(hosts="".join(f"h{i} 300 TXT \"{'x' * 200}\"\n" for i in range(40_000)))
        with self.cairnd() as cairnd:
            self.comes(cairnd, "zone kept.net: serial 1 by AXFR, 40004 records")

    def test_without_a_key_nothing_is_given(self):
        self.start_primary()
        with self.cairnd(key="") as cairnd:
            lab.until(lambda: cairnd.statistic("refused") >= 1, "the refusal")
            self.assertEqual(dig("www.kept.net A").status, "SERVFAIL")

    def test_with_another_secret_nothing_is_given(self):
        self.start_primary()
        with self.cairnd(secret=OTHER_SECRET) as cairnd:
            self.refuses(cairnd, "says that our key, signature or clock is wrong: BADSIG (key transfers.example.)")

    def test_the_log_tells_of_a_message_whose_signature_does_not_hold(self):
        self.start_primary()
        with self.cairnd() as cairnd:
            self.comes(cairnd, "zone kept.net: serial 1 by AXFR")
            for _ in range(3):
                answer = dig("kept.net SOA", "+opcode=NOTIFY", "-y", f"hmac-sha256:transfers.example:{OTHER_SECRET}")
                self.assertEqual(answer.status, "NOTAUTH", answer.text)
            cairnd.await_log("<kept.net. SOA IN> has a signature that does not hold (key transfers.example.); 0 more")
            self.assertEqual(cairnd.log().count("does not hold"), 1)
            self.assertEqual(cairnd.statistic("refused.signature"), 3)

    def test_what_is_signed_too_late_or_not_at_all_is_not_believed(self):
        for impostor, why in ((dict(seconds_late=3600), "was signed at another time"), (dict(sign=False), "is not signed")):
            with self.subTest(why):
                primary = Impostor(**impostor)
                try:
                    with self.cairnd() as cairnd:
                        self.refuses(cairnd, why)
                finally:
                    primary.stop()

    def test_the_same_primary_with_the_right_time_is_believed(self):
        primary = Impostor()
        self.addCleanup(primary.stop)
        with self.cairnd() as cairnd:
            self.comes(cairnd, "zone kept.net: serial 1 by AXFR")
