"""cairn-fetch as a user has it: pages by name, over TLS, through trouble; exit statuses as cairn-fetch(1) says."""
import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import lab

FETCH = Path(os.environ["CAIRND"]).with_name("cairn-fetch")
CA = Path(os.environ["LAB_DIR"]) / "ca.pem"
PAGES = lab.ROOT / "tests/lab/web/pages"
FETCH_S = 30
SCHEME, TLS, INTERFACE, PINNED = 1, 35, 45, 90
RESOLVE, CONNECT, PARTIAL, STATUS, TIMEOUT, REDIRECTS, CERTIFICATE, SIZE = 6, 7, 18, 22, 28, 47, 60, 63
NO_NEIGHBOUR, NO_ROUTE, BOGUS = 101, 102, 103


def fetch(*words, directory=None, status=0, stdin=None):
    """What it writes to standard output; of a failure, to standard error."""
    done = subprocess.run([FETCH, "-q", "-sS", *words], cwd=directory, input=stdin, capture_output=True, timeout=FETCH_S)
    if done.returncode != status:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stderr.decode()}")
    return (done.stdout if status == 0 else done.stderr).decode()


def page(name):
    return (PAGES / name).read_text()


class Fetch(lab.WithCairnd):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def serve_files(self):
        """A directory that nginx serves on this host, at 127.0.0.1:8090, while the case runs."""
        site = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(site.cleanup)
        home = Path(site.name)
        (home / "files").mkdir()
        paths = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (home / "conf").write_text(f"user root; daemon off; master_process off; pid {home}/pid; events {{ }}\n"
                                   f"http {{ access_log off; {paths} server {{ listen 127.0.0.1:8090; root {home}/files; }} }}\n")
        nginx = subprocess.Popen(["nginx", "-e", "stderr", "-c", home / "conf"], stderr=subprocess.DEVNULL)
        self.addCleanup(nginx.wait)
        self.addCleanup(nginx.terminate)
        lab.until((home / "pid").exists, "nginx has started")
        return home / "files"

    def test_a_page_comes_by_its_name(self):
        self.assertEqual(fetch("http://www.shop.com/"), page("index.html"))

    def test_a_page_comes_to_a_station_of_its_own(self):
        lab.root_alone("load an XDP program")
        # The network is asked for some seconds whether somebody has the address (RFC 5227); till then there is no route.
        station = ("--retry", "10", "--retry-delay", "1", "--retry-all-errors", "--device", "eth0", "--address", "192.168.1.77/24",
                   "--gateway", "192.168.1.1")
        for link in ("packet", "xdp"):
            with self.subTest(link):
                self.assertEqual(fetch("--link", link, *station, "--resolve", "www.shop.com:80:198.18.6.80",
                                       "http://www.shop.com/"), page("index.html"))

    def test_names_come_from_who_is_asked(self):
        for resolver in ("127.0.0.1", "[::1]:53", "daemon"):
            with self.subTest(resolver):
                self.assertEqual(fetch("--resolver", resolver, "www.shop.com/shop.css"), page("shop.css"))

    def test_without_a_resolver_names_are_iterated_for_from_the_root(self):
        configuration = self.directory / "cairn.conf"
        configuration.write_text(f"server:\n  trust-anchor-file: {os.environ['LAB_DIR']}/root.key\n")
        itself = ("--resolver", f"self={configuration}")
        with lab.Sent() as sent:
            self.assertEqual(fetch(*itself, "http://www.shop.com/"), page("index.html"))
        self.assertGreater(sent.questions, 2)
        self.assertIn("www.bogus.org", fetch(*itself, "http://www.bogus.org/", status=BOGUS))
        # The lab's root has a key of its own, so with the real one nothing there is true.
        self.assertIn("DNSKEY", fetch("--resolver", "self", "http://www.shop.com/", status=BOGUS))

    def test_what_one_run_has_resolved_the_next_one_knows(self):
        configuration = self.directory / "cairn.conf"
        configuration.write_text(f"server:\n  trust-anchor-file: {os.environ['LAB_DIR']}/root.key\n"
                                 f"  cache-file: {self.directory}/names.cache\n")
        for run, questions in (("cold", range(3, 100)), ("warm", range(1))):
            with self.subTest(run), lab.Sent() as sent:
                self.assertEqual(fetch("--resolver", f"self={configuration}", "http://www.shop.com/"), page("index.html"))
            self.assertIn(sent.questions, questions)

    def test_either_family_is_used_alone(self):
        for option, address in (("-4", "198.18.6.80"), ("-6", "2001:2:0:6::80")):
            with self.subTest(option):
                words = ("-o", "/dev/null", "-w", "%{remote_ip} %{http_code}")
                self.assertEqual(fetch(option, *words, "http://www.shop.com/"), f"{address} 200")

    def test_connections_come_from_the_address_that_is_named(self):
        lab.on("lan", "ip", "address", "add", "192.168.1.12/24", "dev", "eth0")
        self.addCleanup(lab.on, "lan", "ip", "address", "del", "192.168.1.12/24", "dev", "eth0")
        words = ("-o", "/dev/null", "-w", "%{local_ip}", "http://www.shop.com/")
        for name, address in (("192.168.1.12", "192.168.1.12"), ("eth0", "2001:2:0:100::10"), ("2001:2:0:100::10", "2001:2:0:100::10")):
            with self.subTest(name):
                self.assertEqual(fetch("--interface", name, *words), address)
        self.assertIn("nowhere0", fetch("--interface", "nowhere0", *words, status=INTERFACE))
        fetch("--interface", "192.168.1.12", "-6", *words, status=INTERFACE)
        fetch("--interface", "192.0.2.1", "-4", *words, status=INTERFACE)

    def test_a_dead_address_costs_little(self):
        began = time.monotonic()
        self.assertEqual(fetch("-w", "%{remote_ip}", "http://dual.shop.com/shop.css"), page("shop.css") + "198.18.6.80")
        self.assertLess(time.monotonic() - began, lab.PATIENCE_S)  # a quarter of a second; to give it up would take minutes

    def test_the_kernel_disowns_nothing(self):
        with lab.Disowned() as disowned:
            fetch("-Z", "-o", "#1", "http://www.shop.com/{index.html,shop.css,cairn.svg}", directory=self.directory)
        self.assertEqual(disowned.flows, 0, disowned.kinds)

    def test_failures_have_their_exit_statuses(self):
        for url, status, words in (
            ("http://nothing.shop.com/", RESOLVE, "does not exist"),
            ("http://www.bogus.org/", BOGUS, "signatures"),
            ("http://www.expired.org/", BOGUS, ""),
            ("http://198.18.6.80:81/", TIMEOUT, "198.18.6.80"),
            ("http://198.18.2.1:81/", CONNECT, "refused"),
            ("http://198.18.8.1/", NO_ROUTE, "a router on the way"),
            ("http://[2001:2:0:8::1]/", NO_ROUTE, "a router on the way"),
            ("http://www.shop.com/nothing", STATUS, "404 Not Found"),
            ("https://static.shop.com/", CERTIFICATE, "static.shop.com"),
        ):
            with self.subTest(url):
                said = fetch("-f", "--connect-timeout", "2", "--cacert", CA, url, status=status)
                self.assertTrue(said.startswith(f"cairn-fetch: ({status}) "), said)
                self.assertIn(words, said)

    def test_nobody_is_waited_for_whom_the_link_does_not_know(self):
        began = time.monotonic()
        self.assertIn("the next hop does not answer", fetch("http://192.168.1.78/", status=NO_NEIGHBOUR))
        self.assertLess(time.monotonic() - began, 2 * lab.PATIENCE_S)  # three seconds; a connection would be tried for minutes

    def test_redirects_are_followed_when_asked(self):
        words = ("-o", "/dev/null", "-w", "%{http_code} %{num_redirects} %{num_connects} %{redirect_url}")
        self.assertEqual(fetch(*words, "http://www.shop.com/old"), "301 0 1 http://www.shop.com/shop.css")
        self.assertEqual(fetch("-L", *words, "http://www.shop.com/old"), "200 1 1 ")
        fetch("-L", "http://www.shop.com/round", status=REDIRECTS)
        self.assertEqual(fetch("-L", "--cacert", CA, "http://www.shop.com/secure"), page("shop.css"))

    def test_only_the_schemes_that_are_wanted_are_fetched(self):
        https = ("--cacert", CA, "-o", "/dev/null")
        self.assertIn("--proto", fetch("--proto", "=https", "http://www.shop.com/", status=SCHEME))
        fetch(*https, "--proto", "=https", "https://www.shop.com/")
        self.assertIn("--proto-redir", fetch(*https, "-L", "--proto-redir", "=http", "http://www.shop.com/secure", status=SCHEME))
        self.assertIn("--proto", fetch(*https, "-L", "--proto", "=http", "http://www.shop.com/secure", status=SCHEME))
        fetch(*https, "-L", "--proto-redir", "=https", "http://www.shop.com/secure")

    def test_a_query_is_added_to_the_url(self):
        words = ("-o", "/dev/null", "-w", "%{url_effective}", "--url-query", "q=a b&c", "--url-query", "+d=%20", "-G", "-d", "e=f")
        self.assertEqual(fetch(*words, "http://www.shop.com/?z#x"), "http://www.shop.com/?z&q=a+b%26c&d=%20&e=f#x")

    def test_a_pinned_key_is_the_servers_or_nothing_is_sent(self):
        words = ("--cacert", CA, "https://www.shop.com/shop.css")
        said = fetch("--pinnedpubkey", f"sha256//{43 * 'A'}=", *words, status=PINNED)
        (pin,) = re.findall("sha256//[^ \n]+", said)
        self.assertEqual(fetch("--pinnedpubkey", pin, *words), page("shop.css"))

    def test_versions_and_ciphers_of_tls_are_as_asked(self):
        words = ("--cacert", CA, "-o", "/dev/null", "-w", "%{tls_version}", "https://www.shop.com/")
        self.assertEqual(fetch("--tls-max", "1.2", *words), "TLSv1.2")
        self.assertIn("no cipher match", fetch("--tls-max", "1.2", "--ciphers", "no-such-cipher", *words, status=TLS))
        self.assertEqual(fetch("--tls13-ciphers", "TLS_AES_128_GCM_SHA256", "--journey", *words), "TLSv1.3")

    def test_tls_is_spoken_and_checked(self):
        words = ("-o", "/dev/null", "-w", "%{tls_version} %{num_connects}\\n")
        url = "https://www.shop.com/{shop.css,index.html}"
        self.assertEqual(fetch("--cacert", CA, *words, "-o", "/dev/null", url), "TLSv1.3 1\nTLSv1.3 0\n")
        self.assertIn("certificate", fetch("https://www.shop.com/", status=CERTIFICATE))
        self.assertEqual(fetch("-k", "https://www.shop.com/shop.css"), page("shop.css"))

    def test_compressed_content_is_decompressed(self):
        self.assertEqual(fetch("--compressed", "http://www.shop.com/shop.css"), page("shop.css"))
        self.assertIn("Content-Encoding: gzip", fetch("--compressed", "-D", "-", "-o", "/dev/null", "http://www.shop.com/shop.css"))

    def test_a_kept_connection_carries_many_requests(self):
        seen = fetch("-o", "/dev/null", "-w", "%{num_connects}\\n", "http://www.shop.com/cairn.svg?[1-50]")
        self.assertEqual(seen.split(), ["1"] + 49 * ["0"])

    def test_more_at_once_than_there_are_ports(self):
        seen = fetch("-Z", "--parallel-max", "80", "-o", "/dev/null", "-w", "%{http_code}\\n",
                     "http://www.shop.com/cairn.svg?[1-160]")
        self.assertEqual(seen.split(), 160 * ["200"])

    def test_an_interrupted_file_is_gone_on_from(self):
        content = "".join(f"{line}\n" for line in range(200000))
        site = self.serve_files()
        (site / "large.txt").write_text(content)
        url = "http://127.0.0.1:8090/large.txt"
        fetch("-m", "1", "--limit-rate", "200k", "-O", url, directory=self.directory, status=TIMEOUT)
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), [".large.txt.part", ".large.txt.part.source"])
        kept = (self.directory / ".large.txt.part").stat().st_size
        report = fetch("-O", "-C", "-", "--json-report", "-", url, directory=self.directory)
        self.assertEqual((self.directory / "large.txt").read_text(), content)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["large.txt"])
        self.assertEqual((json.loads(report)["http_code"], json.loads(report)["size_kept"]), (206, kept))

    def test_a_file_that_changed_is_fetched_whole(self):
        site = self.serve_files()
        (site / "large.txt").write_text("old " * 200000)
        url = "http://127.0.0.1:8090/large.txt"
        fetch("-m", "1", "--limit-rate", "200k", "-O", url, directory=self.directory, status=TIMEOUT)
        (site / "large.txt").write_text("new! " * 200000)
        fetch("-O", "-C", "-", url, directory=self.directory)
        self.assertEqual((self.directory / "large.txt").read_text(), "new! " * 200000)

    def serve_tls_once(self, says_goodbye):
        """The port of a server of one response without a length, which ends with the connection."""
        certificate, key = self.directory / "cert.pem", self.directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=cut", "-keyout", key, "-out", certificate], capture_output=True, check=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello")
                if says_goodbye:
                    with contextlib.suppress(OSError):  # the client need not answer
                        connection.unwrap()

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        self.addCleanup(server.join, FETCH_S)
        return listener.getsockname()[1]

    def test_over_tls_an_end_without_close_notify_is_a_cut(self):
        """RFC 9112, section 9.8: what ends with the connection is whole only if the server said that it ends."""
        for says_goodbye, status in ((True, 0), (False, PARTIAL)):
            with self.subTest("it says so" if says_goodbye else "it does not"):
                here = self.directory / str(says_goodbye)
                port = self.serve_tls_once(says_goodbye)
                fetch("-k", "--http1.1", "-o", here, f"https://127.0.0.1:{port}/", status=status)
                self.assertEqual(here.exists(), says_goodbye)

    def test_an_entity_tag_saves_the_second_download(self):
        file, tag, here = self.serve_files() / "a", self.directory / "tag", self.directory / "here"
        again = ("--etag-save", tag, "--etag-compare", tag, "-w", "%{http_code}", "-o", here, "http://127.0.0.1:8090/a")
        for content, status in (("one", "200"), ("one", "304"), ("another", "200"), ("another", "304")):
            if status == "200":
                file.write_text(content)
            self.assertEqual(fetch(*again), status)
            self.assertEqual(here.read_text(), content)
        self.assertRegex(tag.read_text(), r'^(W/)?"[^"]+"\n$')

    def test_a_download_that_was_cut_leaves_no_entity_tag(self):
        (self.serve_files() / "a").write_text("more than a little")
        tag = self.directory / "tag"
        fetch("--etag-save", tag, "--max-filesize", "4", "-o", self.directory / "here", "http://127.0.0.1:8090/a", status=SIZE)
        self.assertFalse(tag.exists())

    def test_nothing_of_the_kernels_tcp_is_used(self):
        """
        The kernel's sockets that it opens are raw, packet, or hold a port; none is connected.  A build with AddressSanitizer looks
        for leaks by ptrace, which strace has taken: it does not look here (every other case lets it).
        """
        environment = {**os.environ, "ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0".lstrip(":")}
        trace = self.directory / "trace"
        try:
            subprocess.run(["strace", "-V"], capture_output=True, check=True)
        except FileNotFoundError:
            self.skipTest("strace is not installed")
        subprocess.run(["strace", "-f", "-e", "trace=connect,sendto,openat", "-o", trace, FETCH, "-q", "-s", "http://www.shop.com/"],
                       env=environment, capture_output=True, check=True, timeout=FETCH_S)
        calls = trace.read_text()
        self.assertNotIn("connect(", calls)
        for file in ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "libssl", "libcrypto"):
            self.assertNotIn(file, calls)

