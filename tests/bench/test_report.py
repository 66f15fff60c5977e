#!/usr/bin/env python3
"""The report reads what the benchmarks print, loses no figure of it, and draws what can be looked at."""
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bars  # noqa: E402
import outputs  # noqa: E402

DNS = """
hot: CPU, core and upstream are per answer; ratios are to unbound of this run; medians of 3 rounds
resolver        answers/s     CPU us    core us   upstream     avg ms     p99 ms       lost   SERVFAIL    RSS MiB     B/name  CPU ratio core ratio
cairnd              52713        3.6       18.9       0.00       6.92          -          0          0         15          -       0.76       0.83
unbound             43987        4.7       22.8       0.00       8.46          -          0          0         32          -       1.00       1.00
"""
WIRE = """                 CPU us  process  receiving   ratio  answers/s   lost
echo               3.31     2.21       0.99    1.00      92538      0
xdp native         2.93     1.71       1.09    0.88      51419      0
"""
TCP = """work       flows who      Gbit/s  CPU s/GiB  both ends
download       1 curl       41.9      0.198      0.304
download       1 bulk       44.2      0.174      0.274
                 bulk/curl         1.05       0.88       0.90
upload         8 curl       14.4      0.546      0.666
upload         8 bulk       19.4      0.414      0.468
                 bulk/curl         1.35       0.76       0.70
connections a second, 50 at once, 1000 octets each: kernel 25044, bulk 36855, ratio 1.47
"""
FETCH = """work              who            wall ms    CPU ms      MiB  wall ratio       CPU
1 KiB https       cairn-fetch      11.14      9.87      8.5
1 KiB https       curl             48.63     46.09     13.3        0.24      0.21
64 MiB            journey on       19.30     11.15      4.5
64 MiB            journey off      16.37     10.34      4.3        1.33      1.11
"""


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


class Outputs(unittest.TestCase):
    def test_a_table_of_resolvers_has_every_figure(self):
        table, = outputs.read(DNS)
        self.assertEqual((table.kind, table.work), ("dns", "hot"))
        self.assertEqual(table.of("cairnd"), {
            "rate": 52713, "cpu_us": 3.6, "core_us": 18.9, "upstream": 0, "avg_ms": 6.92, "p99_ms": None, "lost": 0,
            "servfail": 0, "rss_mib": 15, "rss_name": None, "cpu_ratio": 0.76, "core_ratio": 0.83})
        self.assertEqual(table.of("unbound")["core_ratio"], 1)

    def test_names_may_have_two_words(self):
        table, = outputs.read(WIRE)
        self.assertEqual(table.of("xdp native"), {"cpu_us": 2.93, "process_us": 1.71, "receiving_us": 1.09, "ratio": 0.88,
                                                  "rate": 51419, "lost": 0})

    def test_works_and_flows_tell_lines_apart(self):
        table, = outputs.read(TCP)
        self.assertEqual([who for who, _ in table.lines],
                         [("download", 1, "curl"), ("download", 1, "bulk"), ("upload", 8, "curl"), ("upload", 8, "bulk")])
        self.assertEqual(table.of(("upload", 8, "bulk"))["both_s"], 0.468)

    def test_the_first_of_a_work_has_no_ratio(self):
        table, = outputs.read(FETCH)
        self.assertNotIn("cpu_ratio", table.of(("1 KiB https", "cairn-fetch")))
        self.assertEqual(table.of(("64 MiB", "journey off"))["cpu_ratio"], 1.11)

    def test_a_text_may_stand_around_them(self):
        text = f"# A page\n{indented(DNS)}\nwords\n{indented(TCP)}and hot: it was\n{indented(WIRE)}{indented(FETCH)}"
        self.assertEqual([table.kind for table in outputs.read(text)], ["dns", "tcp", "wire", "fetch"])
        self.assertEqual(outputs.read("hot: CPU and nothing below it\n"), [])


class Bars(unittest.TestCase):
    def test_the_longest_fills_the_panel_and_the_others_go_by_it(self):
        image = bars.svg("A <title> & more", [bars.Panel("p", [bars.Bar("a", [1, 1], "2", "ours"), bars.Bar("b", [4], "4", "peer")])])
        root = ElementTree.fromstring(image)
        widths = [float(rect.get("width")) for rect in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
        self.assertEqual(widths[2], bars.WIDTH - 2 * bars.MARGIN - bars.NAMES - bars.FIGURES)
        self.assertEqual(widths[0] + widths[1], widths[2] / 2)
        self.assertEqual(root.find("{http://www.w3.org/2000/svg}title").text, "A <title> & more")


class Report(unittest.TestCase):
    def report(self, text):
        with tempfile.TemporaryDirectory() as place:
            kept, into = Path(place) / "kept.txt", Path(place) / "docs"
            kept.write_text(text)
            done = subprocess.run([sys.executable, HERE / "report", "--from", kept, "--into", into], capture_output=True, text=True)
            return done.returncode, {path.name: path.read_text() for path in into.iterdir()}

    def test_a_page_has_its_tables_and_its_charts(self):
        status, files = self.report(f"measured: tests/bench/dns/bench; a machine\n{DNS}{TCP}")
        self.assertEqual(status, 0)
        self.assertEqual(sorted(files), ["bench-dns.svg", "bench-tcp.svg", "benchmarks.md"])
        self.assertIn("| cairnd | 52713 | 3.6 | 18.9 |", files["benchmarks.md"])
        self.assertIn("- tests/bench/dns/bench; a machine", files["benchmarks.md"])
        self.assertIn("](bench-tcp.svg)", files["benchmarks.md"])
        self.assertIn("3.6  (0.76)", files["bench-dns.svg"])
        for name in ("bench-dns.svg", "bench-tcp.svg"):
            ElementTree.fromstring(files[name])

    def test_nothing_to_tell_is_an_error(self):
        self.assertEqual(self.report("no table\n"), (1, {}))


if __name__ == "__main__":
    unittest.main()
