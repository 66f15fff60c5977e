"""cairn-fetch and what servers send, right and wrong: raw replies, logins, forms, cookies, HTTP/2, proxies."""
import base64
import hashlib
import os
import re
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import lab
from test_fetch import FETCH_S, fetch

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
WEIRD, PARTIAL, STATUS, EMPTY, CODING, RANGE, LOGIN, CERTIFICATE = 8, 18, 22, 52, 61, 33, 67, 60

# What a server sends before it closes, the exit status, and the content when that is 0.
REPLIES = (
    ("a length", OK + b"Content-Length: 5\r\n\r\nhello", 0, "hello"),
    ("octets after the length", OK + b"Content-Length: 5\r\n\r\nhello!", 0, "hello"),
    ("an early end", OK + b"Content-Length: 10\r\n\r\nhello", PARTIAL, None),
    ("two lengths", OK + b"Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello", WEIRD, None),
    ("a length with a sign", OK + b"Content-Length: +5\r\n\r\nhello", WEIRD, None),
    ("a length beyond numbers", OK + b"Content-Length: 99999999999999999999\r\n\r\nhello", WEIRD, None),
    ("chunks", CHUNKED + b"5;a=\"b;c\"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", 0, "hello"),
    ("chunks beside a length", OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0, "hello"),
    ("chunks without an end", CHUNKED + b"5\r\nhello\r\n", PARTIAL, None),
    ("a chunk without an end", CHUNKED + b"5\r\nhel", PARTIAL, None),
    ("a chunk of 0x5", CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", WEIRD, None),
    ("chunk lines that end in LF", CHUNKED + b"5\nhello\n0\n\n", WEIRD, None),
    ("junk behind a chunk's size", CHUNKED + b"5 junk\r\nhello\r\n0\r\n\r\n", WEIRD, None),
    ("an unknown transfer coding", OK + b"Transfer-Encoding: foo\r\n\r\nhello", WEIRD, None),
    ("a space before a colon", OK + b"Transfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", WEIRD, None),
    ("a head of LF only", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 0, "hello"),
    ("no reason", b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", 0, "hello"),
    ("a status of four digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello", WEIRD, None),
    ("HTTP/2.0 as text", b"HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", WEIRD, None),
    ("no head", b"<html>hello", WEIRD, None),
    ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n", WEIRD, None),
    ("nothing", b"", EMPTY, None),
    ("half a head", OK + b"Content-Length: 5\r\n", PARTIAL, None),
    ("interim heads", b"HTTP/1.1 100 Go\r\n\r\n" + 200 * b"HTTP/1.1 102 Wait\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\nhello", 0, "hello"),
    ("101 unasked", b"HTTP/1.1 101 Switch\r\n\r\nhello", WEIRD, None),
    ("204 with octets", b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello", 0, ""),
    ("until the close", OK + b"\r\nhello", 0, "hello"),
    ("206 unasked", b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello", RANGE, None),
    ("an unknown content coding", OK + b"Content-Encoding: foo\r\nContent-Length: 5\r\n\r\nhello", CODING, None),
    ("gzip cut short", OK + b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\2\3", CODING, None),
    ("endless fields", OK + 3000 * b"A: b\r\n" + b"\r\nhello", WEIRD, None),
    ("an endless line", OK + b"A: " + 200000 * b"b" + b"\r\n\r\nhello", WEIRD, None),
)


def head_of(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv(65536)
        if not got:
            break
        head += got
    return head


class Server:
    """Gives each connection to `answer` in a thread of its own, on a port of 127.0.0.1."""

    def __init__(self, case, answer):
        self.answer = answer
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        thread = threading.Thread(target=self.accept, daemon=True)
        thread.start()
        case.addCleanup(lab.stop_accepting, self.socket, thread)

    def accept(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                self.answer(connection)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                pass

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"


def content(octets, *fields):
    lines = b"".join(field.encode() + b"\r\n" for field in fields)
    return OK + lines + b"Content-Length: %d\r\n\r\n" % len(octets) + octets


def field_of(head, name):
    found = re.search(rb"(?im)^" + name.encode() + rb":[ ]*(.*?)\r?$", head)
    return found.group(1).decode() if found else None


def pipe(source, sink):
    try:
        while octets := source.recv(65536):
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def join(one, other):
    threading.Thread(target=pipe, args=(one, other), daemon=True).start()
    pipe(other, one)


def join_tls(secure, other):
    """In one thread, since two must not use one session of TLS."""
    while True:
        ready = [secure] if secure.pending() else select.select([secure, other], [], [])[0]
        for source, sink in ((secure, other), (other, secure)):
            octets = source.recv(65536) if source in ready else None
            if octets == b"":
                return
            if octets:
                sink.sendall(octets)


class FetchHttp(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def test_a_reply_is_whole_or_fails(self):
        for words, octets, status, text in REPLIES:
            with self.subTest(words):
                def answer(connection, octets=octets):
                    head_of(connection)
                    connection.sendall(octets)
                server = Server(self, answer)
                said = fetch("--compressed", "-o", "file", server.url(), directory=self.directory, status=status)
                place = self.directory / "file"
                if status == 0:
                    self.assertEqual(place.read_text() if place.exists() else "", text)
                else:
                    self.assertTrue(said.startswith(f"cairn-fetch: ({status}) "), said)
                    self.assertFalse(place.exists())
                for path in self.directory.iterdir():
                    path.unlink()

    def test_a_reply_without_a_head_is_taken_when_asked(self):
        def answer(connection):
            head_of(connection)
            connection.sendall(b"hello")
        self.assertEqual(fetch("--http0.9", Server(self, answer).url()), "hello")

    def test_a_challenge_is_answered_by_a_digest(self):
        def answer(connection):
            head = head_of(connection)
            given = dict(re.findall(r'(\w+)="?([^",]*)"?', field_of(head, "Authorization") or ""))
            def h(text):
                return hashlib.sha256(text.encode()).hexdigest()
            if "nonce" not in given:
                connection.sendall(b"HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=r\r\nContent-Length: 0\r\nConnection: close\r\n"
                                   b'WWW-Authenticate: Digest realm=r, nonce=n, qop="auth", algorithm=SHA-256\r\n\r\n')
                return
            expected = h(":".join((h("u:r:p"), "n", given["nc"], given["cnonce"], "auth", h("GET:/a"))))
            connection.sendall(content(b"welcome" if given["response"] == expected else b"wrong", "Connection: close"))
        for option in ("--digest", "--anyauth"):
            with self.subTest(option):
                self.assertEqual(fetch(option, "-u", "u:p", Server(self, answer).url("/a")), "welcome")

    def test_logins_and_fields_cross_no_origin(self):
        def tell(connection):
            head = head_of(connection)
            told = f"{field_of(head, 'Authorization')} {field_of(head, 'X-Key')} {field_of(head, 'Cookie')}"
            connection.sendall(content(told.encode(), "Connection: close"))
        other = Server(self, tell)
        def send_on(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 302 There\r\nContent-Length: 0\r\nConnection: close\r\n"
                               b"Location: " + other.url().encode() + b"\r\n\r\n")
        server = Server(self, send_on)
        words = ("-L", "-u", "u:p", "-H", "X-Key: secret", "-b", "a=1")
        self.assertEqual(fetch(*words, server.url()), "None None None")
        basic = base64.b64encode(b"u:p").decode()
        self.assertEqual(fetch(*words, other.url()), f"Basic {basic} secret a=1")

    def test_cookies_are_kept_in_their_jar(self):
        def answer(connection):
            cookie = field_of(head_of(connection), "Cookie")
            connection.sendall(content(str(cookie).encode(), "Set-Cookie: a=1; Max-Age=1000", "Set-Cookie: b=2; Domain=co.uk",
                                       "Connection: close"))
        server = Server(self, answer)
        url = f"http://shop.co.uk:{server.port}/"
        words = ("-b", "jar", "-c", "jar", "--resolve", f"shop.co.uk:{server.port}:127.0.0.1", url)
        self.assertEqual(fetch(*words, directory=self.directory), "None")
        self.assertEqual(fetch(*words, directory=self.directory), "a=1")

    def test_a_form_is_sent_in_parts(self):
        def answer(connection):
            head = head_of(connection)
            head, body = head.split(b"\r\n\r\n", 1)
            while len(body) < int(field_of(head + b"\r\n", "Content-Length")):
                body += connection.recv(65536)
            boundary = field_of(head + b"\r\n", "Content-Type").split("boundary=")[1].encode()
            connection.sendall(content(body.replace(boundary, b"B"), "Connection: close"))
        (self.directory / "f.txt").write_text("of a file")
        said = fetch("-F", "a=b", "-F", "f=@f.txt", Server(self, answer).url(), directory=self.directory)
        self.assertEqual(said, '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--B\r\nContent-Disposition: form-data; '
                               'name="f"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nof a file\r\n--B--\r\n')

    def test_a_server_that_is_busy_is_asked_again(self):
        asked = []
        def answer(connection):
            head_of(connection)
            asked.append(1)
            busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            connection.sendall(busy if len(asked) < 2 else content(b"here", "Connection: close"))
        self.assertEqual(fetch("-s", "--no-show-error", "--retry", "2", Server(self, answer).url()), "here")

    def serve_http2(self):
        home = self.directory
        (home / "files").mkdir()
        (home / "files/large").write_bytes(os.urandom(3_000_000))
        (home / "files/small").write_text("small")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-keyout", home / "key", "-out", home / "cert", "-subj", "/CN=h2.test", "-addext", "subjectAltName=DNS:h2.test"],
                       check=True, capture_output=True)
        paths = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (home / "conf").write_text(f"user root; daemon off; master_process off; pid {home}/pid; events {{ }}\nhttp {{ access_log off; {paths} "
                                   f"server {{ listen 127.0.0.1:8443 ssl http2; ssl_certificate {home}/cert; ssl_certificate_key {home}/key;"
                                   f" root {home}/files; }} }}\n")
        nginx = subprocess.Popen(["nginx", "-e", "stderr", "-c", home / "conf"], stderr=subprocess.DEVNULL)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)
        lab.until((home / "pid").exists, "nginx has started")
        return ("--cacert", str(home / "cert"), "--resolve", "h2.test:8443:127.0.0.1")

    def test_a_kept_connection_that_was_closed_is_no_failure_of_what_may_be_asked_twice(self):
        """RFC 9112, section 9.3.1: but nobody knows what became of a POST."""
        for options, status in (((), 0), (("-d", "x"), EMPTY)):
            with self.subTest(" ".join(options) or "GET"):
                heads = []

                def answer(connection):
                    heads.append(head_of(connection))
                    connection.sendall(content(b"hello"))
                    head_of(connection)  # the second request, which is not answered

                server = Server(self, answer)
                fetch(*options, "-o", self.directory / "1", "-o", self.directory / "2", server.url(), server.url("/2"), status=status)
                self.assertEqual(len(heads), 2 if status == 0 else 1)

    def test_a_body_is_sent_when_nobody_says_continue(self):
        """RFC 9110, section 10.1.1."""
        waited = []

        def answer(connection):
            self.assertEqual(field_of(head_of(connection), "Expect"), "100-continue")
            connection.recv(1)
            waited.append(time.monotonic() - began)
            connection.sendall(content(b"thanks"))

        began = time.monotonic()
        self.assertEqual(fetch("-H", "Expect: 100-continue", "-T", "-", Server(self, answer).url(), stdin=b"x" * 10), "thanks")
        self.assertGreater(waited[0], 1)

    def test_a_body_that_nobody_wants_is_not_sent(self):
        got = []

        def answer(connection):
            head_of(connection)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            connection.settimeout(FETCH_S)
            got.append(sum(map(len, iter(lambda: connection.recv(65536), b""))))

        big = self.directory / "big"
        with big.open("wb") as file:
            file.truncate(100 << 20)
        self.assertIn("413", fetch("-f", "-T", big, Server(self, answer).url(), status=STATUS))
        lab.until(lambda: got, "the server has seen the end")
        self.assertLess(got[0], 100 << 20)

    def test_http2_is_spoken_where_it_is_offered(self):
        words = self.serve_http2()
        url = "https://h2.test:8443/"
        told = fetch(*words, "-w", " %{http_version} %{num_connects}\\n", url + "small", url + "small")
        self.assertEqual(told, "small 2 1\nsmall 2 0\n")
        fetch(*words, "-o", "got", url + "large", directory=self.directory)
        self.assertEqual((self.directory / "got").read_bytes(), (self.directory / "files/large").read_bytes())
        self.assertIn("404", fetch(*words, "-f", url + "none", status=STATUS))
        told = fetch(*words, "-o", "got", "-w", "%{num_certs}:%{certs}", url + "{small,large}", directory=self.directory)
        certificate = (self.directory / "cert").read_text()
        self.assertEqual(re.sub(r"(?s)Subject: CN = h2.test\n.*?(?=-----BEGIN)", "", told), 2 * f"1:{certificate}")
        self.assertEqual(fetch(*words, "--http1.1", "-w", " %{http_version}", url + "small"), "small 1.1")

    def test_a_proxy_is_gone_through(self):
        words = self.serve_http2()
        def answer(connection):
            head = head_of(connection)
            method, target = head.decode().split()[:2]
            if field_of(head, "Proxy-Authorization") != "Basic " + base64.b64encode(b"u:p").decode():
                connection.sendall(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")
            elif method != "CONNECT":
                connection.sendall(content(f"{method} {target}".encode(), "Connection: close"))
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                join(connection, socket.create_connection(("127.0.0.1", 8443)))
        proxy = f"127.0.0.1:{Server(self, answer).port}"
        self.assertEqual(fetch("-x", f"u:p@{proxy}", "http://a.test/b?c"), "GET http://a.test/b?c")
        self.assertEqual(fetch(*words[:2], "-x", proxy, "-U", "u:p", "https://h2.test:8443/small"), "small")
        self.assertIn("407", fetch(*words[:2], "-x", proxy, "https://h2.test:8443/small", status=LOGIN))

    def test_a_proxy_is_spoken_to_over_tls(self):
        words = self.serve_http2()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "cert", self.directory / "key")

        def answer(plain):
            with context.wrap_socket(plain.dup(), server_side=True) as connection:
                method, target = head_of(connection).decode().split()[:2]
                if method != "CONNECT":
                    connection.sendall(content(f"{method} {target}".encode(), "Connection: close"))
                    connection.unwrap()
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                with socket.create_connection(("127.0.0.1", 8443)) as server:
                    join_tls(connection, server)

        port = Server(self, answer).port
        through = ("--resolve", f"h2.test:{port}:127.0.0.1", "-x", f"https://h2.test:{port}")
        trusting = (*through, "--proxy-cacert", str(self.directory / "cert"))
        self.assertEqual(fetch(*trusting, "http://a.test/b?c"), "GET http://a.test/b?c")
        secured = ("-w", " %{tls_version} %{alpn} %{num_certs} %{time_appconnect}")
        self.assertEqual(fetch(*trusting, *secured, "http://a.test/b?c"), "GET http://a.test/b?c   0 0.000000")
        self.assertRegex(fetch(*words[:2], *trusting, *secured, "https://h2.test:8443/small"), r"^small TLSv1\.[23] h2 1 0\.(?!000000)")
        self.assertEqual(fetch(*words[:2], *trusting, "-w", " %{http_version}", "https://h2.test:8443/small"), "small 2")
        fetch(*words[:2], *trusting, "-o", "got", "https://h2.test:8443/large", directory=self.directory)
        self.assertEqual((self.directory / "got").read_bytes(), (self.directory / "files/large").read_bytes())
        self.assertIn("certificate", fetch(*words[:2], *through, "https://h2.test:8443/small", status=CERTIFICATE))
        self.assertEqual(fetch(*words[:2], *through, "--proxy-insecure", "https://h2.test:8443/small"), "small")
        self.assertIn("certificate", fetch(*through, "--proxy-insecure", "https://h2.test:8443/small", status=CERTIFICATE))

    def test_a_socks_proxy_looks_the_name_up(self):
        words = self.serve_http2()
        asked = []
        def answer(connection):
            connection.recv(3)
            connection.sendall(b"\5\0")
            asked.append(connection.recv(300))
            connection.sendall(b"\5\0\0\1\0\0\0\0\0\0")
            join(connection, socket.create_connection(("127.0.0.1", 8443)))
        proxy = f"socks5h://127.0.0.1:{Server(self, answer).port}"
        self.assertEqual(fetch(*words[:2], "-x", proxy, "https://h2.test:8443/small"), "small")
        self.assertEqual(asked, [b"\5\1\0\3\7h2.test" + (8443).to_bytes(2, "big")])
