"""cairn-fetch beyond one reply: several URLs, several runs, and what becomes of its output.

usage: test_runs.py CAIRN-FETCH [WORDS...]      (enters a network namespace of its own, as test_replies.py)

Each case has a directory of its own, and returns what is wrong, or None.
"""
import base64
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from test_replies import HELLO, LINK, OK, PARTIAL, RANGE, TIMEOUT, URL, V1, WRITE, Held, Server, head, length, part, run_all

FETCH = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
SLOW_PIECES, SLOW_S = 3, 0.1


class SlowServer(threading.Thread):
    """Answers each connection at the same time as the others: a digit of the path, again and again."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection:
            letter = connection.recv(65536).split(b" ")[1][1:2]
            connection.sendall(head(f"Content-Length: {SLOW_PIECES}", "Connection: close"))
            try:
                for _ in range(SLOW_PIECES):
                    connection.sendall(letter)
                    time.sleep(SLOW_S)
            except OSError:
                pass  # the client has heard enough


def command(*arguments):
    return [FETCH, "-q", "-sS", "-m", "10", *arguments]


def run(*arguments, **how):
    return subprocess.run(command(*arguments), capture_output="stdout" not in how, timeout=30, **how)


def started(*replies):
    server = Server(list(replies))
    server.start()
    return server, f"http://127.0.0.1:{server.port}/"


def serving(*replies):
    return started(*replies)[1]


def differs(what, seen, wanted):
    return None if seen == wanted else f"{what} {seen} instead of {wanted}"


def first_of(*complaints):
    return next((complaint for complaint in complaints if complaint), None)


def content():
    return Path("out").read_bytes() if Path("out").exists() else None


def at_once_to_standard_output():
    """Several at once do not mix what they write to standard output."""
    server = SlowServer()
    server.start()
    ran = run("-Z", *(f"http://127.0.0.1:{server.port}/{letter}" for letter in "123"))
    return first_of(differs("exit status", ran.returncode, OK), differs("content", ran.stdout, b"111222333"))


def late(after_s, *replies):
    """The URL of a server that answers only then."""
    server = Server(list(replies))
    threading.Timer(after_s, server.start).start()
    return f"http://127.0.0.1:{server.port}/"


def lines_beside_content():
    """What is told on standard output at once with content there does not stand in the middle of it."""
    server = SlowServer()
    server.start()
    for arguments in (("--json-report", "-"), ("-D", "-"), ("-w", "%{http_code}")):
        ran = run("-Z", *arguments, "-o", "out", late(1.5 * SLOW_S, length(5, HELLO)), f"http://127.0.0.1:{server.port}/1")
        if ran.returncode != OK or b"111" not in ran.stdout:
            return f"{arguments}: exit status {ran.returncode}, {ran.stdout}"
    return None


def a_long_head_as_json():
    """However long the head is that its reader takes, its JSON is whole."""
    ran = run("-o", "out", "-w", "%{header_json}", serving(length(5, HELLO, *["X: " + "\x7f" * 60000] * 4)))
    values = json.loads(ran.stdout)["x"] if ran.stdout else []
    return first_of(differs("exit status", ran.returncode, OK), differs("lengths", [len(value) for value in values], [60000] * 4))


def a_large_part_and_others():
    """The digest of much that was kept keeps no other transfer waiting."""
    kept = 512 << 20
    whole = hashlib.sha256(bytes(kept) + b"x")
    told = f"Repr-Digest: sha-256=:{base64.b64encode(whole.digest()).decode()}:"
    server, url = started(length(kept + 1, b"\0", V1), part(f"{kept}-{kept}/{kept + 1}", b"x", V1, told))
    other = Server([length(5, HELLO)])
    first = run("-o", "out", url)
    os.truncate(".out.part", kept)

    def answer():
        while len(server.requests) < 2:
            time.sleep(0.005)
        time.sleep(0.05)
        other.start()
    threading.Thread(target=answer, daemon=True).start()
    ran = run("-Z", "-C", "-", "-w", "%{urlnum}", "-o", "out", url, "-o", "other", f"http://127.0.0.1:{other.port}/")
    return first_of(differs("first exit status", first.returncode, PARTIAL), differs("exit status", ran.returncode, OK),
                    differs("ended in the order", ran.stdout, b"10"))


def at_once_to_one_file():
    """Of two at once that have one file, one has it whole and the other fails."""
    server = SlowServer()
    server.start()
    ran = run("-Z", "-o", "out", f"http://127.0.0.1:{server.port}/1", "-o", "out", f"http://127.0.0.1:{server.port}/2")
    return first_of(differs("exit status", ran.returncode, WRITE), None if content() in (b"111", b"222") else f"content {content()}")


def two_resources_with_one_tag():
    """A part file of one URL is not gone on from with what another has, though their entity tags are equal."""
    url = serving(length(10, HELLO, V1), part("5-9/10", b"world", V1))
    first = run("-o", "out", url + "a")
    second = run("-C", "-", "-o", "out", url + "b")
    return first_of(differs("first exit status", first.returncode, PARTIAL), differs("exit status", second.returncode, RANGE),
                    differs("content", content(), None))


def the_next_run():
    """The next run goes on from what the last one has kept."""
    url = serving(length(10, HELLO, V1), part("5-9/10", b"world", V1)) + "a?b#c"
    first = run("-o", "out", url)
    second = run("-C", "-", "-o", "out", url)
    return first_of(differs("first exit status", first.returncode, PARTIAL), differs("exit status", second.returncode, OK),
                    differs("content", content(), b"helloworld"))


def the_next_run_and_a_coding():
    """What the last run has kept of one coding is not gone on from with what is of another, though the entity tag is the same."""
    coded = (V1, "Content-Encoding: gzip")
    url = serving(length(10, HELLO, V1), part("5-9/10", b"world", *coded), length(10, HELLO, *coded), part("5-9/10", b"again", *coded))
    ran = [run(*more, "-o", "out", url).returncode for more in ((), ("-C", "-"), ("-C", "-"))]
    return first_of(differs("exit statuses", ran, [PARTIAL, PARTIAL, OK]), differs("content", content(), b"helloagain"))


def heads_in_a_part_file():
    """What was kept with its heads is not gone on from without them."""
    server, url = started(length(10, HELLO, V1), length(5, HELLO, V1))
    run("-i", "-o", "out", url)
    second = run("-C", "-", "-o", "out", url)
    return first_of(differs("exit status", second.returncode, OK), differs("content", content(), HELLO),
                    differs("a range asked for is", b"Range:" in server.requests[-1], False))


def a_part_of_a_part():
    """What was kept of a part is not the beginning of the whole."""
    server, url = started(part("4-8/9", HELLO, V1)[:-2], length(9, b"123hello9", V1))
    run("-r", "4-8", "-o", "out", url)
    second = run("-C", "-", "-o", "out", url)
    return first_of(differs("exit status", second.returncode, OK), differs("content", content(), b"123hello9"),
                    differs("a range asked for is", b"Range:" in server.requests[-1], False))


def nothing_more_came():
    """A run that is given nothing loses nothing of what the last one has kept."""
    url = serving(length(10, HELLO, V1), part("5-9/10", b"world", V1)[:-5], part("5-9/10", b"world", V1))
    ran = [run("-C", "-", "-o", "out", url).returncode for _ in range(3)]
    return first_of(differs("exit statuses", ran, [PARTIAL, PARTIAL, OK]), differs("content", content(), b"helloworld"))


def interrupted(number):
    process = subprocess.Popen(command("-o", "out", serving(Held(length(10, HELLO, V1)))))
    for _ in range(100):
        if Path(".out.part").exists() and Path(".out.part").stat().st_size == len(HELLO):
            break
        time.sleep(0.05)
    process.send_signal(number)
    return first_of(differs("exit status", process.wait(10), -number), differs("content", content(), None),
                    differs("kept", Path(".out.part").read_bytes(), HELLO))


def an_interrupt():
    """An interrupt leaves a part file, and no file."""
    return interrupted(signal.SIGINT)


def a_termination():
    """So does the request to end."""
    return interrupted(signal.SIGTERM)


def a_full_disk():
    """A disk that is full is a failure, wherever what is printed comes from."""
    with open("/dev/full", "w", encoding="ascii") as full:
        return first_of(*(differs(f"exit status of {arguments}", run(*arguments, stdout=full, stderr=subprocess.DEVNULL).returncode, WRITE)
                          for arguments in ((serving(length(5, HELLO)),), ("-o", "out", "-w", "%{http_code}", serving(length(5, HELLO))),
                                            ("-o", "out", "--json-report", "-", serving(length(5, HELLO))), ("--help",))))


def a_small_disk():
    """A file system without room has a failure and no file, and what it has is gone on from."""
    Path("small").mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", "small"], stderr=subprocess.PIPE, text=True)
    if mounted.returncode != 0:
        return f"no small disk to be had: {mounted.stderr}"
    try:
        ran = run("-o", "small/out", serving(length(100000, b"x" * 100000, V1)))
        return first_of(differs("exit status", ran.returncode, WRITE), differs("file", Path("small/out").exists(), False))
    finally:
        subprocess.run(["umount", "small"], check=True)


def a_closed_output():
    """Standard output that is closed is a failure, and no socket's."""
    ran = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *command(serving(length(5, HELLO)))], stderr=subprocess.PIPE, timeout=30)
    return differs("exit status", ran.returncode, WRITE)


def a_reader_that_leaves():
    """A pipe whose reader leaves is a failure."""
    os.mkfifo("pipe")
    with subprocess.Popen(["head", "-c", "10", "pipe"], stdout=subprocess.DEVNULL):
        ran = run("-o", "pipe", serving(length(10000000, b"x" * 10000000)))
    return differs("exit status", ran.returncode, WRITE)


def a_pipe_and_a_retry():
    """What a pipe was given is not followed by a second beginning."""
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
        ran = run("-o", "pipe", "--retry", "1", "--retry-delay", "0.01", serving(length(10, HELLO, V1), length(10, b"helloworld", V1)))
        return first_of(differs("exit status", ran.returncode, PARTIAL), differs("content", reader.stdout.read(), HELLO))


def what_exists():
    """A file that exists is not fetched again when that is said."""
    server, url = started(length(5, HELLO), length(5, b"again"))
    ran = [run("--skip-existing", "-o", "out", url).returncode for _ in range(2)]
    return first_of(differs("exit statuses", ran, [OK, OK]), differs("content", content(), HELLO), differs("requests", len(server.requests), 1))


def a_dry_run():
    """A dry run shows the request, and asks nobody."""
    ran = run("--dry-run", "-o", "out", "-d", "a=b", "-d", "c=d", "https://nowhere.example/x?y")
    shown = ran.stdout.split(b"\r\n")
    return first_of(differs("exit status", ran.returncode, OK), differs("file", content(), None), differs("first line", shown[0], b"POST /x?y HTTP/1.1"),
                    differs("host", shown[1], b"Host: nowhere.example"), differs("body", shown[-1], b"a=b&c=d"))


def a_rate():
    """Transfers begin no faster than they may, one after the other or at once, failures too."""
    for at_once in ((), ("-Z",)):
        since = time.monotonic()
        ran = run(*at_once, "--rate", "5/s", "--dry-run", "http://a/{1,2}", "http://%/", "http://a/3")
        took_s = time.monotonic() - since
        complaint = first_of(differs("exit status", ran.returncode, URL), differs("requests", ran.stdout.count(b"GET"), 3),
                             None if took_s >= 0.6 else f"it took only {took_s:.2f} s")
        if complaint:
            return complaint
    return None


def a_bad_line():
    """Over a line that loses, doubles, damages and reorders, what comes is whole; what is wrong in the words for it is told."""
    faults = "loss=5%,dup=2%,corrupt=1%,reorder=2%,delay=1ms,seed=7"
    body = os.urandom(500000)
    ran = run("--faults", faults, "-o", "out", serving(length(len(body), body)))
    dead = run("--faults", "loss=100%", "-m", "0.5", serving(length(5, HELLO)))
    wrong = run("--faults", "loss=much", "http://127.0.0.1/")
    return first_of(differs("exit status", ran.returncode, OK), differs("content is as sent", content() == body, True),
                    differs("exit status over a dead line", dead.returncode, TIMEOUT),
                    differs("exit status of a wrong word", wrong.returncode, LINK), None if b"loss=much" in wrong.stderr else f"not told: {wrong.stderr}")


CASES = (at_once_to_standard_output, lines_beside_content, a_long_head_as_json, a_large_part_and_others, at_once_to_one_file, two_resources_with_one_tag, the_next_run,
         the_next_run_and_a_coding, heads_in_a_part_file, a_part_of_a_part, nothing_more_came, an_interrupt, a_termination, a_full_disk,
         a_small_disk, a_closed_output, a_reader_that_leaves, a_pipe_and_a_retry, what_exists, a_dry_run, a_rate, a_bad_line)


def complaint(case, directory):
    os.chdir(directory)
    why = case()
    os.chdir("/")
    return why


if __name__ == "__main__":
    sys.exit(run_all([(case.__doc__, case) for case in CASES], complaint))
