"""cairn-fetch: which URLs a command line and a page stand for, and where they go."""
import functools
import http.server
import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path

import lab

FETCH = Path(os.environ["CAIRND"]).with_name("cairn-fetch")
SITE = "127.0.0.1:8080"
FETCH_S = 30

PAGE = """<!doctype html><title>Page</title><link rel=stylesheet href="look/a.css">
<img src="1.png"><img src="/2.png?a&amp;b" srcset="3.png 2x"><a href="below/next.html#part">next</a>
<a href="/private/x.html">private</a><a href="http://www.signed.org/">elsewhere</a><a href="#top">top</a>
"""
TREE = {
    "shop/index.html": PAGE,
    "shop/look/a.css": "@import 'b.css'; body { background: url(\"back.png\") }",
    "shop/look/b.css": "p { color: red }",
    "shop/look/back.png": "back", "shop/1.png": "one", "2.png": "two", "shop/3.png": "three",
    "shop/below/next.html": "<a href=../>up</a><a href=last.html>last</a>",
    "shop/below/last.html": "the end",
    "private/x.html": "private",
    "wiki/index.html": "<a href=/wiki/page>page</a><a href=/wiki/page/below>below</a>",
    "robots.txt": "User-agent: *\nDisallow: /private/\n",
}


PAGES = {"/wiki/page": "<a href=/wiki/page/below>below</a>", "/wiki/page/below": "<a href=/wiki/page>above</a>"}


class Site(http.server.SimpleHTTPRequestHandler):
    """The tree, over the kernel's TCP; each request is noted."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.seen.append(self.path)
        if self.path in PAGES:
            content = PAGES[self.path].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        else:
            super().do_GET()


def fetch(*words, directory=None, status=0, text=None):
    """What cairn-fetch writes to standard output."""
    done = subprocess.run([FETCH, "-q", "-sS", *words], cwd=directory, input=text, capture_output=True, text=True,
                          timeout=FETCH_S)
    if done.returncode != status:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stderr}")
    return done.stdout if status == 0 else done.stderr


class Urls(lab.WithCairnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        site = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        cls.addClassCleanup(site.cleanup)
        for name, content in TREE.items():
            path = Path(site.name) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        handler = functools.partial(Site, directory=site.name)
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), handler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def setUp(self):
        self.server.seen = []
        directory = tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"])
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def files(self):
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*") if path.is_file())

    def test_a_pattern_stands_for_urls_in_its_order(self):
        self.assertEqual(fetch(f"http://{SITE}/{{2,shop/1,shop/3}}.png"), "twoonethree")
        self.assertEqual(self.server.seen, ["/2.png", "/shop/1.png", "/shop/3.png"])

    def test_a_pattern_names_files(self):
        fetch(f"{SITE}/shop/[1-3:2].{{png}}", "-o", "#2_#1", directory=self.directory)
        self.assertEqual(self.files(), ["png_1", "png_3"])

    def test_a_pattern_that_is_none_is_a_malformed_url(self):
        self.assertIn("the brace is not closed", fetch(f"{SITE}/{{a", status=3))
        fetch("-f", "-g", f"{SITE}/{{a", status=22)

    def test_numbers_are_addresses_however_they_are_written(self):
        self.assertEqual(fetch("http://0x7f.1:8080/2.png"), "two")
        self.assertEqual(fetch("http:\\\\2130706433:8080\\shop\\..\\2.png"), "two")
        self.assertIn("more than four parts", fetch("http://1.2.3.4.5/", status=3))

    def test_a_page_with_three_images_and_two_styles_is_seven_requests(self):
        fetch("--requisites", f"{SITE}/shop/", directory=self.directory)
        self.assertEqual(sorted(self.server.seen), ["/2.png?a&b", "/shop/", "/shop/1.png", "/shop/3.png",
                                                    "/shop/look/a.css", "/shop/look/b.css", "/shop/look/back.png"])
        self.assertEqual(len(self.files()), 7)
        self.assertEqual((self.directory / "127.0.0.1+8080/2.png?a&b").read_text(), "two")

    def test_a_page_of_the_mini_internet_comes_with_all_it_shows(self):
        fetch("--requisites", "http://www.shop.com/", directory=self.directory)
        self.assertEqual(self.files(), ["www.shop.com/" + name for name in
                                        ("cairn.svg", "index.html", "shop.css", "trail.svg")])

    def test_each_requisite_is_reported(self):
        said = fetch("--requisites", "-w", "%{http_code} %{url}\\n", f"{SITE}/shop/", directory=self.directory)
        self.assertEqual(len(said.splitlines()), 7)
        self.assertIn(f"200 http://{SITE}/shop/1.png", said)

    def test_a_mirror_heeds_robots_and_stays_on_its_host(self):
        fetch("--mirror", f"{SITE}/shop/", directory=self.directory)
        self.assertEqual(sorted(self.server.seen), ["/robots.txt", "/shop/", "/shop/below/last.html",
                                                    "/shop/below/next.html"])

    def test_a_level_is_how_far_links_are_followed(self):
        fetch("--level", "1", "--no-robots", f"{SITE}/shop/", directory=self.directory)
        self.assertEqual(sorted(self.server.seen), ["/private/x.html", "/shop/", "/shop/below/next.html"])

    def test_only_files_of_the_wanted_names_are_kept(self):
        fetch("--mirror", "--requisites", "--no-robots", "--accept", "[13].png,a.css", f"{SITE}/shop/", directory=self.directory)
        self.assertEqual(self.files(), [f"127.0.0.1+8080/shop/{name}" for name in ("1.png", "3.png", "look/a.css")])
        self.assertIn("/shop/below/next.html", self.server.seen)

    def test_no_file_of_the_unwanted_names_is_fetched(self):
        fetch("--requisites", "--reject", "png", f"{SITE}/shop/", directory=self.directory)
        self.assertFalse([path for path in self.server.seen if "1.png" in path])
        self.assertIn("/shop/look/a.css", self.server.seen)

    def test_directories_are_left_out_of_names_and_no_file_is_lost(self):
        fetch("--requisites", "--no-host-directories", "--cut-dirs", "2", "--convert-links", f"{SITE}/shop/", directory=self.directory)
        self.assertEqual(self.files(), sorted(["1.png", "2.png?a&b", "3.png", "a.css", "b.css", "back.png", "index.html"]))
        self.assertIn('src="1.png"', (self.directory / "index.html").read_text())

    def test_a_quota_ends_a_mirror(self):
        fetch("--mirror", "--requisites", "--no-robots", "--wait", "0.01", "--random-wait", "--quota", "1", f"{SITE}/shop/",
              directory=self.directory)
        self.assertEqual(self.server.seen, ["/shop/"])

    def test_links_between_files_are_converted(self):
        fetch("--mirror", "--requisites", "--convert-links", f"{SITE}/shop/", directory=self.directory)
        page = (self.directory / "127.0.0.1+8080/shop/index.html").read_text()
        for reference in ('src="../2.png%3Fa%26b"', 'href="below/next.html#part"', 'href="#top"',
                          f'href="http://{SITE}/private/x.html"', 'href="http://www.signed.org/"'):
            self.assertIn(reference, page)
        self.assertIn("href=../index.html", (self.directory / "127.0.0.1+8080/shop/below/next.html").read_text())

    def test_a_page_may_have_pages_below_it(self):
        fetch("--mirror", "--convert-links", f"{SITE}/wiki/", directory=self.directory)
        wiki = self.directory / "127.0.0.1+8080/wiki"
        pages = {str(path.relative_to(wiki)) for path in wiki.rglob("*") if path.is_file()}
        self.assertIn(pages, ({"index.html", "page", "page%2F/below"}, {"index.html", "page%2F", "page/below"}))
        below = next(page for page in pages if page.endswith("below"))
        self.assertIn(f"href={below.replace('%', '%25')}", (wiki / "index.html").read_text())

    def test_what_is_here_is_read_without_a_server(self):
        path = self.directory / "a b"
        path.write_text("here")
        self.assertEqual(fetch(f"file://{path}"), "here")
        self.assertEqual(fetch("data:text/plain;base64,aGVyZQ=="), "here")
        fetch("file:///nonexistent", status=37)
        self.assertIn("mailbox", fetch("mailto:joe@example.org", status=1))

    def test_urls_are_explained_line_by_line(self):
        lines = [{"input": "../b?c", "base": "HTTP://EXAMPLE.org:80/x/y"}, {"input": "http://☃.net/"}, {"input": "//x"}]
        answers = fetch("--parse-url", "-", text="".join(json.dumps(line) + "\n" for line in lines)).splitlines()
        first, second, third = map(json.loads, answers)
        self.assertEqual(first["href"], "http://example.org/b?c")
        self.assertEqual(second["hostname"], "xn--n3h.net")
        self.assertEqual((third["failure"], third["error"]), (True, "missing-scheme-non-relative-URL"))
