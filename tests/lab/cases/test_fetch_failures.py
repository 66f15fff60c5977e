"""cairn-fetch --journey of what goes wrong: how far it came, where it broke, and what to try."""
import fcntl
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import xml.etree.ElementTree as xml
from pathlib import Path

import lab

FETCH = Path(os.environ["CAIRND"]).with_name("cairn-fetch")
FETCH_S = 30
CONNECT, TIMEOUT, TLS, RECEIVE, CERTIFICATE, NO_NEIGHBOUR, NO_ROUTE = 7, 28, 35, 56, 60, 101, 102

AUTHORITY = """[ca]
default_ca = ca
[ca]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = policy
default_enddate = 20991231000000Z
[policy]
commonName = supplied
[address]
subjectAltName = IP:127.0.0.1
[name]
subjectAltName = DNS:other.example
"""


def openssl(directory, *words):
    subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)


def make_certificates(directory):
    """ca.pem, and what it has signed: good.pem, expired.pem for 127.0.0.1, name.pem for another host; all with key.pem."""
    (directory / "conf").write_text(AUTHORITY)
    (directory / "index").touch()
    (directory / "serial").write_text("01\n")
    openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=the authority of a test", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(directory, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a server",
            "-keyout", "key.pem", "-out", "request")
    for name, extensions, dates in (("good", "address", ()), ("name", "name", ()),
                                    ("expired", "address", ("-startdate", "20200101000000Z", "-enddate", "20210101000000Z"))):
        # A name is signed for once in an authority's book, so each has a new one.
        (directory / "index").write_text("")
        openssl(directory, "ca", "-batch", "-config", "conf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", "request",
                "-extensions", extensions, *dates, "-out", f"{name}.pem")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def cut_in_the_middle(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 20000)
    lab.until(lambda: unacknowledged(connection) == 0, "the client has it")
    reset(connection)


def unacknowledged(connection):
    """Octets that the peer has not acknowledged: SIOCOUTQ."""
    return struct.unpack("i", fcntl.ioctl(connection, 0x5411, b"\0" * 4))[0]


def cut_at_hello(connection):
    connection.recv(65536)
    reset(connection)


def speak_plainly(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.close()


class Failures(lab.WithCairnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        cls.addClassCleanup(directory.cleanup)
        cls.directory = Path(directory.name)
        make_certificates(cls.directory)

    def serve_once(self, serve):
        """The port of a server that does that with its first connection, and nothing with others."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(FETCH_S)

        def run():
            try:
                connection, _ = listener.accept()
                with connection:
                    serve(connection)
            except (OSError, ssl.SSLError):
                pass  # the client has gone

        server = threading.Thread(target=run, daemon=True)
        server.start()
        self.addCleanup(lab.stop_accepting, listener, server)
        return listener.getsockname()[1]

    def serve_tls_once(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f"{name}.pem", self.directory / "key.pem")

        def serve(connection):
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65536)
        return self.serve_once(serve)

    def journey(self, *words, status):
        """The events of one run, its verdict, its text, and the texts of its picture."""
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            base = Path(directory) / "j"
            done = subprocess.run([FETCH, "-q", "-s", "-o", "/dev/null", "--journey=text,json,svg", "--journey-file", base, *words],
                                  capture_output=True, timeout=FETCH_S)
            self.assertEqual(done.returncode, status, base.with_suffix(".text").read_text())
            lines = [json.loads(line) for line in base.with_suffix(".json").read_text().splitlines()]
            picture = ["".join(text.itertext()) for text in xml.parse(base.with_suffix(".svg")).iter("{http://www.w3.org/2000/svg}text")]
            return lines[:-1], lines[-1], base.with_suffix(".text").read_text(), picture

    def check(self, *words, status, layer, good, bad, told):
        """It broke in that layer, behind an event of that name, at one of that other name; and the remedy is named."""
        events, verdict, text, picture = self.journey(*words, status=status)
        names = {event["i"]: f"{event['l']}.{event['e']}" for event in events}
        self.assertEqual((verdict["broke_in"], names[verdict["last_good"]], names[verdict["first_bad"]]), (layer, good, bad), text)
        self.assertEqual(sum(verdict["parts_us"].values()), verdict["total_us"])
        self.assertIn(told, verdict["try"])
        self.assertIn(f"\nBROKE  in {layer}, behind: ", text)
        self.assertIn(f"\nTRY    {verdict['try']}\n", text)
        self.assertTrue(any(line.startswith("Broke") and f"in {layer}" in line for line in picture), picture)
        self.assertTrue(any(line.startswith("Try") and told in line for line in picture), picture)
        return verdict

    def test_a_certificate_that_does_not_convince(self):
        ca = ("--cacert", self.directory / "ca.pem")
        for name, options, told in (("expired", ca, "renew"), ("name", ca, "--connect-to"), ("good", (), "--cacert")):
            with self.subTest(told):
                port = self.serve_tls_once(name)
                verdict = self.check(*options, f"https://127.0.0.1:{port}/", status=CERTIFICATE, layer="tls", good="tcp.open",
                                     bad="tls.failed", told=told)
                self.assertEqual(verdict["parts_us"]["attempts"], 0)
                self.assertGreater(verdict["parts_us"]["tls"], 0)

    def test_a_server_that_does_not_speak_tls(self):
        port = self.serve_once(speak_plainly)
        self.check(f"https://127.0.0.1:{port}/", status=TLS, layer="tls", good="tcp.open", bad="tls.failed", told="http://")

    def test_a_handshake_that_is_cut(self):
        port = self.serve_once(cut_at_hello)
        self.check(f"https://127.0.0.1:{port}/", status=RECEIVE, layer="tcp", good="tcp.open", bad="tcp.reset", told="cut the")

    def test_a_handshake_that_nobody_answers(self):
        for limit in ("--connect-timeout", "--max-time"):
            with self.subTest(limit):
                port = self.serve_once(lambda connection: connection.recv(1 << 20, socket.MSG_WAITALL))
                self.check(limit, "1", f"https://127.0.0.1:{port}/", status=TIMEOUT, layer="tls", good="tcp.open", bad="tls.failed",
                           told="says nothing")

    def test_a_connection_that_is_reset_in_the_middle(self):
        port = self.serve_once(cut_in_the_middle)
        verdict = self.check(f"http://127.0.0.1:{port}/", status=RECEIVE, layer="tcp", good="http.head", bad="tcp.reset", told="-C -")
        self.assertEqual(verdict["octets"], 20000)

    def test_a_way_that_a_router_says_does_not_exist(self):
        for url in ("http://198.18.8.1/", "http://[2001:2:0:8::1]/"):
            with self.subTest(url):
                self.check(url, status=NO_ROUTE, layer="link", good="url.parsed", bad="link.unreachable", told="--hops")

    def test_a_neighbour_that_is_not_there(self):
        self.check("http://192.168.1.79/", status=NO_NEIGHBOUR, layer="link", good="url.parsed", bad="link.unreachable",
                   told="switched on")

    def test_an_address_that_says_nothing(self):
        self.check("--connect-timeout", "0.7", "http://198.18.7.1/", status=TIMEOUT, layer="tcp", good="url.parsed", bad="out.failed",
                   told="vanish")

    def test_time_that_runs_out_says_what_was_waited_for(self):
        port = self.serve_once(lambda connection: connection.recv(1 << 20, socket.MSG_WAITALL))
        for url, words in (("http://198.18.7.1/", "before a connection was ready"),
                           (f"http://127.0.0.1:{port}/", "before the server had answered")):
            with self.subTest(url):
                done = subprocess.run([FETCH, "-q", "-sS", "-m", "0.7", url], capture_output=True, text=True, timeout=FETCH_S)
                self.assertEqual(done.returncode, TIMEOUT, done.stderr)
                self.assertIn(words, done.stderr)

    def test_a_port_where_nobody_listens(self):
        self.check("http://192.168.1.1:81/", status=CONNECT, layer="tcp", good="url.parsed", bad="tcp.reset", told="no server listens")

    def test_what_broke_is_the_same_when_it_is_shown_again(self):
        with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as directory:
            base = Path(directory) / "j"
            subprocess.run([FETCH, "-q", "-s", "--journey=text,json", "--journey-file", base, "http://192.168.1.1:81/"], timeout=FETCH_S)
            again = subprocess.run([FETCH, "-q", "--replay", base.with_suffix(".json"), "--journey"], check=True, capture_output=True,
                                   text=True, timeout=FETCH_S).stderr
            for word in ("BROKE", "TRY"):
                (line,) = re.findall(f"^{word} .*", base.with_suffix(".text").read_text(), re.M)
                self.assertIn(line, again)
