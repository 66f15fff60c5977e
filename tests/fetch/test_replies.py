"""cairn-fetch against a server that says whatever a row tells it to, octet by octet.

usage: test_replies.py CAIRN-FETCH [WORDS...]      (enters a network namespace of its own: nothing else is reached)

A row is a behaviour, what the server sends and then closes, the exit status, and the content that a file
has afterwards (None: there is no file). No damaged reply may end with 0, no valid one with anything else.
"""
import base64
import gzip
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

OK, RESOLVE, WEIRD, PARTIAL, STATUS, RANGE, REDIRECTS, EMPTY, CODING, SIZE, CHANGED = 0, 6, 8, 18, 22, 33, 47, 52, 61, 63, 105
SCHEME, USAGE, URL, WRITE, TIMEOUT, CHECKSUM, LINK = 1, 2, 3, 23, 28, 104, 108
HELLO = b"hello"
SHA256 = hashlib.sha256(HELLO).hexdigest()
TOLD = {bits: base64.b64encode(hashlib.new(f"sha{bits}", HELLO).digest()).decode() for bits in (256, 512)}
DIGESTS = (("Repr-Digest", f"sha-256=:{TOLD[256]}:"), ("Content-Digest", f"sha-256=:{TOLD[256]}:, sha-512=:{TOLD[512]}:"), ("Digest", f"SHA-256={TOLD[256]}"))
OK_LINE = b"HTTP/1.1 200 OK\r\n"
PART_LINE = b"HTTP/1.1 206 Partial Content\r\n"
V1, V2 = 'ETag: "v1"', 'ETag: "v2"'
AGAIN = ("--retry", "1", "--retry-delay", "0.01")
AGAIN_ALL = ("--retry", "2", "--retry-delay", "0.01", "--retry-all-errors")


class Held(bytes):
    """A reply after which the server keeps the connection open, and says nothing more."""


def head(*fields, line=OK_LINE):
    return line + b"".join(f.encode("latin-1") + b"\r\n" for f in fields) + b"\r\n"


def length(n, body, *fields):
    return head(f"Content-Length: {n}", *fields) + body


def chunked(body, *fields, te="Transfer-Encoding: chunked"):
    return head(te, *fields) + body


def part(which, body, *fields):
    return head(f"Content-Range: bytes {which}", f"Content-Length: {len(body)}", *fields, line=PART_LINE) + body


def chunked_part(which, chunks, *fields, **more):
    return chunked(chunks, f"Content-Range: bytes {which}", *fields, **more).replace(OK_LINE, PART_LINE)


def nothing_behind(total, *fields):
    return head(f"Content-Range: bytes */{total}", "Content-Length: 0", *fields, line=b"HTTP/1.1 416 Range Not Satisfiable\r\n")


def zipped(body):
    coded = gzip.compress(body)
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(coded), coded)


def found(*fields):
    return head("Location: /x", "Content-Length: 0", *fields, line=b"HTTP/1.1 302 Found\r\n")


CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


@dataclass
class Row:
    behaviour: str
    replies: list          # what each connection, or each request of one, is answered
    status: int
    content: bytes = None
    options: list = field(default_factory=list)
    requests: int = None   # how many the server has seen
    saw: bytes = None      # in the last request
    lacked: bytes = None   # in the last request, which must not have it
    says: str = None       # on standard error
    before: bytes = None   # the file's content (None: there is none)
    stdin: bytes = HELLO
    is_piped: bool = False # to standard output, which is looked at instead of the file


def row(behaviour, reply, status, content=None, *options, **more):
    return Row(behaviour, reply if isinstance(reply, list) else [reply], status, content, list(options), **more)


ROWS = [
    row("a length and its content", length(5, HELLO), OK, HELLO),
    row("content that is cut", length(10, HELLO), PARTIAL, says="5 of 10"),
    row("more than the length says is not content", length(3, HELLO), OK, b"hel"),
    row("the same length twice", head("Content-Length: 5", "Content-Length: 5") + HELLO, OK, HELLO),
    row("the same length in a list", length("5, 5", HELLO), OK, HELLO),
    row("two lengths that differ", head("Content-Length: 5", "Content-Length: 3") + HELLO, WEIRD),
    *(row(f"a length of `{value}'", length(value, HELLO), WEIRD) for value in ("-5", "+5", "5x", "", "99999999999999999999")),
    row("chunks win over a length", chunked(CHUNKS, "Content-Length: 3"), OK, HELLO),
    row("gzip under chunks is undone",
        chunked(b"%x\r\n" % len(gzip.compress(HELLO)) + gzip.compress(HELLO) + b"\r\n0\r\n\r\n", te="Transfer-Encoding: gzip, chunked"), OK, HELLO),
    row("an unknown transfer coding", chunked(HELLO, te="Transfer-Encoding: foo"), WEIRD, says="foo"),
    row("chunked twice", chunked(CHUNKS, te="Transfer-Encoding: chunked, chunked"), WEIRD),
    row("chunked before another", chunked(CHUNKS, te="Transfer-Encoding: chunked, identity"), WEIRD),
    row("chunks from HTTP/1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, OK, HELLO),
    row("a space before the colon", chunked(CHUNKS, te="Transfer-Encoding : chunked"), WEIRD),
    row("a chunk's extension with a semicolon in quotes", chunked(b'5;a="b;c"\r\nhello\r\n0\r\n\r\n'), OK, HELLO),
    *(row(f"white space before an extension: {line!r}", chunked(line + b"\r\nhello\r\n0\r\n\r\n"), OK, HELLO)
      for line in (b"5 ;a", b"5\t;a=b", b"5 ; a = \"b\" ; c")),
    row("a trailer that would be another length", chunked(b"5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n"), OK, HELLO),
    row("an end inside the trailers", chunked(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n"), PARTIAL),
    row("trailers", chunked(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), OK, HELLO),
    row("an end before the last chunk", chunked(b"5\r\nhello\r\n"), PARTIAL),
    row("an end inside a chunk", chunked(b"9\r\nhello"), PARTIAL),
    row("an end inside the last chunk", chunked(b"5\r\nhello\r\n0\r\n"), PARTIAL),
    *(row(f"a chunk of size `{size}'", chunked(size.encode() + b"\r\nhello\r\n0\r\n\r\n"), WEIRD)
      for size in ("0x5", "-5", "10000000000000005", "5 junk")),
    row("chunk lines that end in LF alone", chunked(b"5\nhello\n0\n\n"), WEIRD),
    row("a chunk longer than its size", chunked(b"3\r\nhello\r\n0\r\n\r\n"), WEIRD),
    row("a chunk line without end", chunked(b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n"), WEIRD),
    row("extensions without end", chunked((b"1;" + b"a" * 1000 + b"\r\nx\r\n") * 20 + b"0\r\n\r\n"), WEIRD),
    row("a head with LF alone", b"HTTP/1.1 200 OK\nContent-Length: 5\n\n" + HELLO, OK, HELLO),
    row("a folded field", head("X: a\r\n b", "Content-Length: 5") + HELLO, OK, HELLO),
    row("a fold with nothing before it", head(" X: a", "Content-Length: 5") + HELLO, WEIRD),
    row("a folded length", head("Content-Length:\r\n 5") + HELLO, OK, HELLO),
    row("a line without a colon", head("nonsense", "Content-Length: 5") + HELLO, WEIRD),
    row("a NUL in a value", head("X: a\0b", "Content-Length: 5") + HELLO, WEIRD),
    row("a CR in a value", head("X: a\rb", "Content-Length: 5") + HELLO, WEIRD),
    row("a line of two megabytes", head("X: " + "a" * 2000000, "Content-Length: 5") + HELLO, WEIRD),
    row("a line of 60 KiB", head("X: " + "a" * 60000, "Content-Length: 5") + HELLO, OK, HELLO),
    row("a line above 64 KiB", head("X: " + "a" * 66000, "Content-Length: 5") + HELLO, WEIRD),
    row("a head above 256 KiB of lines that may be", head(*("X: " + "a" * 1000 for _ in range(300)), "Content-Length: 5") + HELLO, WEIRD),
    row("nine hundred fields", head(*(f"X{i}: a" for i in range(900)), "Content-Length: 5") + HELLO, OK, HELLO),
    row("eleven hundred fields", head(*(f"X{i}: a" for i in range(1100)), "Content-Length: 5") + HELLO, WEIRD),
    row("twenty thousand fields", head(*(f"X{i}: a" for i in range(20000)), "Content-Length: 5") + HELLO, WEIRD),
    row("no reason phrase", length(5, HELLO).replace(b"200 OK", b"200"), OK, HELLO),
    *(row(f"a status of `{status}'", length(5, HELLO).replace(b"200", status.encode()), WEIRD) for status in ("2000", "20")),
    row("HTTP/1.2", length(5, HELLO).replace(b"1.1", b"1.2"), OK, HELLO),
    row("HTTP/2.0 in words", length(5, HELLO).replace(b"1.1", b"2.0"), WEIRD),
    row("no head at all", HELLO, WEIRD),
    row("no head at all, where that is allowed", HELLO, OK, HELLO, "--http0.9"),
    row("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n", WEIRD, says="SSH"),
    row("an empty line before the status line", b"\r\n" + length(5, HELLO), WEIRD),
    row("nothing", b"", EMPTY),
    row("an end inside the head", b"HTTP/1.1 200 OK\r\nContent-Le", PARTIAL),
    row("interim heads", head(line=b"HTTP/1.1 100 Continue\r\n") + head("Link: </a>", line=b"HTTP/1.1 103 Early Hints\r\n")
        + length(5, HELLO), OK, HELLO),
    row("two hundred interim heads", head(line=b"HTTP/1.1 102 Processing\r\n") * 200 + length(5, HELLO), OK, HELLO),
    row("interim heads without end", head("X: " + "a" * 1000, line=b"HTTP/1.1 102 Processing\r\n") * 1000, WEIRD),
    row("another protocol that nobody asked for", head(line=b"HTTP/1.1 101 Switching Protocols\r\n"), WEIRD),
    row("204 has no content", length(5, HELLO).replace(b"200 OK", b"204 No Content"), OK, b""),
    row("205 with a length of 0", length(0, b"").replace(b"200 OK", b"205 Reset Content"), OK, b""),
    row("304 has no content", length(5, b"").replace(b"200 OK", b"304 Not Modified"), OK),
    row("204 with chunks", chunked(CHUNKS).replace(b"200 OK", b"204 No Content"), OK, b""),
    row("304 with content all the same", length(5, HELLO).replace(b"200 OK", b"304 Not Modified"), OK),
    row("HEAD has content all the same", chunked(CHUNKS), OK, chunked(b""), "-I"),
    row("HEAD has no content", length(5, HELLO), OK, length(5, b""), "-I"),
    row("no length: until the end", head() + HELLO, OK, HELLO),
    row("no length from HTTP/1.0 that would keep the connection", head("Connection: keep-alive", line=b"HTTP/1.0 200 OK\r\n") + HELLO, OK, HELLO),
    row("gzip in chunks that are cut", chunked(b"a\r\n" + gzip.compress(HELLO)[:10] + b"\r\n", "Content-Encoding: gzip"), PARTIAL, None, "--compressed"),
    row("what is no gzip", length(5, HELLO, "Content-Encoding: gzip"), CODING, None, "--compressed"),
    row("gzip that is cut", length(10, gzip.compress(HELLO)[:10], "Content-Encoding: gzip"), CODING, None, "--compressed"),
    row("gzip", length(len(gzip.compress(HELLO)), gzip.compress(HELLO), "Content-Encoding: gzip"), OK, HELLO, "--compressed"),
    row("a coding that nobody knows, to be undone", length(5, HELLO, "Content-Encoding: x"), CODING, None, "--compressed"),
    row("a coding that nobody knows, to be kept", length(5, HELLO, "Content-Encoding: x"), OK, HELLO),
    row("redirects in a ring", [head("Location: /", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n")] * 60, REDIRECTS, None, "-L"),
    *(row(f"a redirect to {place}", head(f"Location: {place}", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n"), status, None, "-L")
      for place, status in (("data:,hello", SCHEME), ("javascript:1", SCHEME), ("//[::", URL))),
    row("the same place to go to twice",
        [head("Location: /a", "Location: /a", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n"), length(5, HELLO)], OK, HELLO, "-L"),
    row("a redirect to a file", head("Location: file:///etc/passwd", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n"), SCHEME, None, "-L"),
    row("302 without Location is final", length(5, HELLO).replace(b"200 OK", b"302 Found"), OK, HELLO, "-L"),
    row("two places to go to", head("Location: /a", "Location: /b", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n"), WEIRD, None, "-L"),
    row("a part that nobody asked for", head("Content-Range: bytes 0-4/9", "Content-Length: 5",
                                              line=b"HTTP/1.1 206 Partial Content\r\n") + HELLO, RANGE),
    row("another part than the one asked for", head("Content-Range: bytes 0-4/9", "Content-Length: 5",
                                                     line=b"HTTP/1.1 206 Partial Content\r\n") + HELLO, RANGE, None, "-r", "4-8"),
    row("a part that a field of the user's asked for", part("4-8/9", HELLO), OK, HELLO, "-H", "range:bytes=4-8", saw=b"\r\nRange: bytes=4-8\r\n"),
    row("another part than a field of the user's asked for", part("0-4/9", HELLO), RANGE, None, "-H", "Range: bytes=4-8"),
    row("a part that a field of the user's asked for, which ends early", [part("4-6/9", b"hel", V1), part("7-8/9", b"lo", V1)],
        OK, HELLO, "-H", "Range: bytes=4-", saw=b"\r\nRange: bytes=7-\r\nIf-Range: \"v1\""),
    row("a field of the user's goes before -r", part("4-8/9", HELLO), OK, HELLO, "-H", "Range: bytes=4-8", "-r", "0-1", lacked=b"0-1"),
    row("a part that a field of a file asked for, which ends early", [part("4-6/9", b"hel", V1), part("7-8/9", b"lo", V1)],
        OK, HELLO, "-H", "@-", stdin=b"Range: bytes=4-8\n", saw=b"\r\nRange: bytes=7-8\r\nIf-Range: \"v1\""),
    row("fields of a pipe are sent again where a redirect leads", [found(), length(5, HELLO)], OK, HELLO, "-L", "-H", "@-", stdin=b"X: y\n", saw=b"\r\nX: y\r\n"),
    row("a part that does not say which", head("Content-Length: 5", line=b"HTTP/1.1 206 Partial Content\r\n") + HELLO, RANGE, None, "-r", "4-8"),
    row("a part that is shorter than it says", head("Content-Range: bytes 4-8/9", "Content-Length: 3",
                                                     line=b"HTTP/1.1 206 Partial Content\r\n") + b"hel", RANGE, None, "-r", "4-8"),
    row("a part that is beyond the whole", head("Content-Range: bytes 4-8/7", "Content-Length: 5",
                                                line=b"HTTP/1.1 206 Partial Content\r\n") + HELLO, RANGE, None, "-r", "4-8"),
    row("a part in chunks that is shorter than it says",
        chunked(b"3\r\nhel\r\n0\r\n\r\n", "Content-Range: bytes 4-8/9").replace(b"200 OK", b"206 Partial Content"), PARTIAL, None, "-r", "4-8"),
    row("a part without length that is shorter than it says",
        head("Content-Range: bytes 4-8/9", line=b"HTTP/1.1 206 Partial Content\r\n") + b"hel", PARTIAL, None, "-r", "4-8"),
    row("a part in chunks that is what it says",
        chunked(CHUNKS, "Content-Range: bytes 4-8/9").replace(b"200 OK", b"206 Partial Content"), OK, HELLO, "-r", "4-8"),
    row("a part of unknown total that ends where it was asked to", part("4-8/*", HELLO), OK, HELLO, "-r", "4-8"),
    row("a part that ends early, where the whole ends too", part("4-8/9", HELLO), OK, HELLO, "-r", "4-100"),
    row("a part that ends early, and no version", part("4-6/20", b"hel"), PARTIAL, None, "-r", "4-8"),
    row("a part of unknown total that ends early, and no version", part("4-6/*", b"hel"), PARTIAL, None, "-r", "4-8"),
    row("a part of unknown total that may have a rest, and no version", part("4-6/*", b"hel"), PARTIAL, None, "-r", "4-"),
    row("a part that ends early, and the rest of it", [part("4-6/20", b"hel", V1), part("7-8/20", b"lo", V1)],
        OK, HELLO, "-r", "4-8", saw=b"Range: bytes=7-8\r\nIf-Range: \"v1\""),
    row("a part that ends early, and a rest of another version", [part("4-6/20", b"hel", V1), part("7-8/20", b"XX", V2)],
        CHANGED, None, "-r", "4-8"),
    row("a part that ends early, and the whole of another version", [part("4-6/20", b"hel", V1), length(9, b"abcdefghi", V2)],
        CHANGED, None, "-r", "4-8"),
    row("a part of unknown total, and nothing behind it", [part("4-8/*", HELLO, V1), nothing_behind(9)], OK, HELLO, "-r", "4-", requests=2),
    row("a part of unknown total, and more behind it by the word of a 416", [part("4-8/*", HELLO, V1), nothing_behind(20)], PARTIAL, None, "-r", "4-"),
    row("a part of unknown total, and a 416 that says nothing",
        [part("4-8/*", HELLO, V1), head("Content-Length: 0", line=b"HTTP/1.1 416 No\r\n")], PARTIAL, None, "-r", "4-"),
    row("a part of unknown total, and an error page", [part("4-8/*", HELLO, V1), length(2, b"no").replace(b"200 OK", b"404 No")],
        STATUS, None, "-r", "4-"),
    row("a part of unknown total, and a redirect that is not followed",
        [part("4-8/*", HELLO, V1), head("Location: /", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n")], STATUS, None, "-r", "4-"),
    row("a part of unknown total, and 304", [part("4-8/*", HELLO, V1), head(line=b"HTTP/1.1 304 Not Modified\r\n")], STATUS, None, "-r", "4-"),
    row("a rest by which the whole has another length", [part("4-6/20", b"hel", V1), part("7-8/9", b"lo", V1)], CHANGED, None, "-r", "4-"),
    row("a part of another version at the second try, and its rest",
        [part("4-6/20", b"hel", V1)[:-1], part("4-6/*", b"hel", V2), part("7-8/9", b"lo", V2)], OK, HELLO, *AGAIN, "-r", "4-"),
    row("nothing behind a part that said there was more", [part("4-6/20", b"hel", V1), nothing_behind(7)], PARTIAL, None, "-r", "4-8"),
    row("parts of one octet each", [part(f"{i}-{i}/*", HELLO[i:i + 1], V1) for i in range(5)] + [nothing_behind(5)], OK, HELLO, "-r", "0-", requests=6),
    row("parts of one octet each, and their heads", [part(f"{i}-{i}/2", HELLO[i:i + 1], V1) for i in range(2)],
        OK, part("0-0/2", b"h", V1) + b"e", "-i", "-r", "0-"),
    row("more than was asked for", part("4-9/20", b"hello!"), RANGE, None, "-r", "4-8"),
    row("the last octets", part("4-8/9", HELLO), OK, HELLO, "-r", "-5"),
    row("the last octets of fewer", part("0-4/5", HELLO), OK, HELLO, "-r", "-9"),
    row("others than the last octets", part("0-4/9", HELLO), RANGE, None, "-r", "-5"),
    row("fewer than the last octets", part("4-6/9", b"hel"), PARTIAL, None, "-r", "-5"),
    row("the last octets, which are not said to be so", head("Content-Length: 5", line=PART_LINE) + HELLO, RANGE, None, "-r", "-5"),
    row("nothing of what was asked for", length(2, b"no", "Content-Range: bytes */4").replace(b"200 OK", b"416 No"), RANGE, None, "-r", "4-8"),
    row("a status of no class is a server's error (RFC 9110, section 15)", length(5, HELLO).replace(b"200 OK", b"099 OK"), OK, HELLO),
    row("a status of no class, where one of an error fails", length(5, HELLO).replace(b"200 OK", b"099 OK"), STATUS, None, "-f"),
    row("nothing of what was asked for, where a status fails", length(2, b"no").replace(b"200 OK", b"416 No"), STATUS, None, "-f", "-r", "4-8"),
    row("gzip under the chunks of a part", chunked_part("4-8/9", zipped(HELLO), te="Transfer-Encoding: gzip, chunked"), OK, HELLO, "-r", "4-8"),
    row("gzip under the chunks of a part that is shorter than it says",
        chunked_part("4-8/9", zipped(b"hel"), te="Transfer-Encoding: gzip, chunked"), PARTIAL, None, "-r", "4-8"),
    row("gzip under the chunks of a part that is longer than it says",
        chunked_part("4-6/7", zipped(HELLO), te="Transfer-Encoding: gzip, chunked"), RANGE, None, "-r", "4-6"),
    row("a part that is gzip, under gzip and chunks",
        chunked_part(f"0-{len(gzip.compress(HELLO)) - 1}/*", zipped(gzip.compress(HELLO)), "Content-Encoding: gzip", te="Transfer-Encoding: gzip, chunked"),
        OK, HELLO, "-r", f"0-{len(gzip.compress(HELLO)) - 1}", "--compressed"),
    row("a part that is gzip, under gzip and chunks, and shorter than it says",
        chunked_part("0-99/100", zipped(gzip.compress(HELLO)), "Content-Encoding: gzip", te="Transfer-Encoding: gzip, chunked"),
        PARTIAL, None, "-r", "0-99", "--compressed"),
    row("a part that is longer than it says, where codings are undone",
        chunked_part("4-8/9", b"6\r\nhello!\r\n0\r\n\r\n"), RANGE, b"", "-r", "4-8", "--compressed", is_piped=True),
    row("several parts at once, asked for",
        head("Content-Type: multipart/byteranges; boundary=x", "Content-Length: 5", line=PART_LINE) + HELLO, OK, HELLO, "-r", "0-1,4-8"),
    row("something else where several parts were asked for", head("Content-Length: 5", line=PART_LINE) + HELLO, RANGE, None, "-r", "0-1,4-8"),
    row("several parts at once", head("Content-Type: multipart/byteranges; boundary=x", "Content-Length: 5",
                                      line=b"HTTP/1.1 206 Partial Content\r\n") + HELLO, RANGE, None, "-r", "4-8"),
    row("the part asked for", head("Content-Range: bytes 4-8/9", "Content-Length: 5",
                                   line=b"HTTP/1.1 206 Partial Content\r\n") + HELLO, OK, HELLO, "-r", "4-8"),
    row("the whole instead of the rest", length(5, HELLO), RANGE, None, "-C", "4"),
    row("the whole instead of the rest, where the file has less", length(5, HELLO), RANGE, b"he", "-C", "4", before=b"he"),
    row("the whole instead of the rest, where the file begins so", length(5, HELLO), OK, HELLO, "-C", "4", before=b"hell"),
    row("the whole instead of the rest, in chunks of one", chunked(b"".join(b"1\r\n%c\r\n" % c for c in HELLO) + b"0\r\n\r\n"),
        OK, HELLO, "-C", "3", before=b"hello, world"),
    row("the whole instead of the rest, where the file begins otherwise", length(5, HELLO), CHANGED, b"jell", "-C", "4", before=b"jell"),
    row("the whole instead of the rest, where a longer file begins otherwise", length(5, HELLO), CHANGED, b"jello, world", "-C", "4", before=b"jello, world"),
    row("the whole instead of the rest, and its head", length(5, HELLO), RANGE, b"hell", "-i", "-C", "4", before=b"hell"),
    row("a whole that ends before the offset", length(5, HELLO), CHANGED, b"hello!", "-C", "6", before=b"hello!"),
    row("the rest of a file", head("Content-Range: bytes 4-4/5", "Content-Length: 1", line=b"HTTP/1.1 206 Partial Content\r\n") + b"o",
        OK, HELLO, "-C", "4", before=b"hell", saw=b"Range: bytes=4-"),
    row("the rest of a file that has less before it", head("Content-Range: bytes 4-4/5", "Content-Length: 1",
                                                          line=b"HTTP/1.1 206 Partial Content\r\n") + b"o", WRITE, b"he", "-C", "4", before=b"he"),
    row("the rest of a file that is not there", head("Content-Range: bytes 4-4/5", "Content-Length: 1",
                                                    line=b"HTTP/1.1 206 Partial Content\r\n") + b"o", WRITE, None, "-C", "4"),
    row("an error page instead of the rest", length(2, b"no").replace(b"200 OK", b"404 No"), STATUS, b"hell", "-C", "4", before=b"hell"),
    row("an error page instead of the rest, and its head", length(2, b"no").replace(b"200 OK", b"404 No"), STATUS, b"hell", "-i", "-C", "4", before=b"hell"),
    row("the rest of a file, in pieces", [part("4-4/*", b"o", V1), part("5-5/*", b"!", V1), nothing_behind(6)], OK, b"hello!", "-C", "4", before=b"hell"),
    row("the rest of a file, which may have more", part("4-4/*", b"o"), PARTIAL, HELLO, "-C", "4", before=b"hell"),
    row("the rest of a file behind a redirect, and their heads", [found(), part("4-4/5", b"o")], OK, b"hell" + found() + part("4-4/5", b"o"),
        "-i", "-L", "-C", "4", before=b"hell"),
    row("a head and no rest of a file", head(line=b"HTTP/1.1 304 Not Modified\r\n"), OK, b"hell" + head(line=b"HTTP/1.1 304 Not Modified\r\n"),
        "-i", "-C", "4", before=b"hell"),
    row("nothing behind the offset", head("Content-Range: bytes */5", "Content-Length: 0",
                                          line=b"HTTP/1.1 416 Range Not Satisfiable\r\n"), OK, HELLO, "-C", "5", before=HELLO),
    row("404 fails when asked to", length(5, HELLO).replace(b"200 OK", b"404 Not Found"), STATUS, None, "-f"),
    row("404 is content else", length(5, HELLO).replace(b"200 OK", b"404 Not Found"), OK, HELLO),
    row("more than is allowed", length(5, HELLO), SIZE, None, "--max-filesize", "4"),
    row("a retry goes on behind what it has, if that is the same version",
        [length(10, HELLO, 'ETag: "v1"'),
         head("Content-Range: bytes 5-9/10", "Content-Length: 5", 'ETag: "v1"', line=b"HTTP/1.1 206 Partial Content\r\n") + b"world"],
        OK, b"helloworld", "--retry", "1", "--retry-delay", "0.01", saw=b'If-Range: "v1"'),
    row("a retry is given less than all of the rest, and no more", [length(10, HELLO, V1), part("5-7/10", b"wor", V1), b""], EMPTY, None, *AGAIN),
    row("a retry is given less than all of the rest, and then that",
        [length(10, HELLO, V1), part("5-7/10", b"wor", V1), part("8-9/10", b"ld", V1)], OK, b"helloworld", *AGAIN, saw=b"Range: bytes=8-"),
    row("a retry is given a rest of unknown total", [length(10, HELLO, V1), part("5-7/*", b"wor", V1), part("8-9/*", b"ld", V1), nothing_behind(10)],
        OK, b"helloworld", *AGAIN, requests=4),
    row("a rest in pieces, the second of which is cut",
        [length(10, HELLO, V1), part("5-6/10", b"wo", V1), part("7-9/10", b"rld", V1)[:-1], part("9-9/10", b"d", V1)],
        OK, b"helloworld", "--retry", "2", "--retry-delay", "0.01", saw=b"Range: bytes=9-"),
    row("a rest in pieces, the second of another version, and tried again",
        [length(10, HELLO, V1), part("5-6/10", b"wo", V1), part("7-9/10", b"XXX", V2), length(5, b"other", V2)], OK, b"other", *AGAIN_ALL),
    row("a rest that has more octets than it says",
        [length(10, HELLO, V1), chunked_part("5-6/10", b"5\r\nXXXXX\r\n0\r\n\r\n", V1), nothing_behind(10), length(10, b"helloworld", V1)],
        OK, b"helloworld", *AGAIN_ALL, requests=4),
    row("a rest whose date is another",
        [length(10, HELLO, "Date: Sun, 06 Nov 1994 08:49:37 GMT", "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT"),
         part("5-9/10", b"XXXXX", "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT"), length(10, b"other-text")],
        OK, b"other-text", *AGAIN, requests=3),
    row("a retry by which the whole has another length", [length(10, HELLO, V1), part("5-5/6", b"!", V1), length(5, b"other", V2)],
        OK, b"other", *AGAIN, requests=3),
    row("a retry by which there is nothing more, of content that was cut", [length(10, HELLO, V1), nothing_behind(5), length(5, b"other", V2)],
        OK, b"other", *AGAIN, requests=3),
    row("a retry by which the whole has another length, where it cannot begin anew", [length(10, HELLO, V1), nothing_behind(5)],
        CHANGED, HELLO, *AGAIN, is_piped=True),
    row("an error page instead of what a retry asks for", [length(10, HELLO, V1), length(2, b"no").replace(b"200 OK", b"404 No")], STATUS, None, *AGAIN),
    row("what was damaged is not gone on from",
        [head("Transfer-Encoding: chunked", V1) + b"5\r\nXXXXX!!", part("5-9/10", b"world", V1)], RANGE, None, *AGAIN, "--retry-all-errors"),
    row("a transfer coding that was damaged is not gone on from",
        [head("Transfer-Encoding: gzip", V1) + gzip.compress(b"X" * 200000)[:-8] + b"damaged!", length(5, HELLO, V1)],
        OK, HELLO, *AGAIN, "--retry-all-errors", lacked=b"Range:"),
    row("a retry is given a part of another coding, though of the same tag",
        [length(10, HELLO, V1, "Content-Encoding: a"), part("5-9/10", b"world", V1, "Content-Encoding: b"), length(5, b"whole", V1)], OK, b"whole", *AGAIN, requests=3),
    row("a rest of another coding, though of the same tag",
        [part("4-6/9", b"hel", V1), part("7-8/9", b"lo", V1, "Content-Encoding: b")], CHANGED, None, "-r", "4-"),
    row("a part of the same coding, which is named again or not",
        [length(10, HELLO, V1, "Content-Encoding: A, identity"), part("5-6/10", b"wo", V1, "Content-Encoding: a"), part("7-9/10", b"rld", V1)],
        OK, b"helloworld", *AGAIN, requests=3),
    row("standard output is gone on with", [length(10, HELLO, V1), part("5-9/10", b"world", V1)], OK, b"helloworld", *AGAIN, is_piped=True),
    row("standard output has no second beginning", [length(10, HELLO), length(10, b"helloworld")], PARTIAL, HELLO, *AGAIN, is_piped=True),
    row("standard output has no second beginning of a part", [part("4-8/9", HELLO, V1)[:-2], part("4-8/9", HELLO, V1)], PARTIAL, b"hel", *AGAIN, "-r", "4-8",
        is_piped=True),
    row("standard output has no second beginning of a rest", [part("4-8/9", HELLO, V1)[:-2], part("4-8/9", HELLO, V1)], PARTIAL, b"hel", *AGAIN, "-C", "4",
        is_piped=True),
    row("standard output is not gone on with when what it has is damaged",
        [head("Transfer-Encoding: chunked", V1) + b"5\r\nXXXXX!!", part("5-9/10", b"world", V1)], WEIRD, b"XXXXX", *AGAIN_ALL, is_piped=True),
    row("a retry begins anew when the version is another",
        [length(10, HELLO, 'ETag: "v1"'), length(10, b"other-text", 'ETag: "v2"')],
        OK, b"other-text", "--retry", "1", "--retry-delay", "0.01"),
    row("a part of another version is not joined to ours",
        [length(10, HELLO, 'ETag: "v1"'),
         head("Content-Range: bytes 5-9/10", "Content-Length: 5", 'ETag: "v2"', line=b"HTTP/1.1 206 Partial Content\r\n") + b"world",
         length(10, b"other-text", 'ETag: "v2"')],
        OK, b"other-text", "--retry", "1", "--retry-delay", "0.01", requests=3),
    row("there is nothing behind what we have",
        [chunked(b"5\r\nhello\r\n", V1), nothing_behind(5)], OK, HELLO, *AGAIN),
    row("503 is tried again", [length(2, b"no").replace(b"200 OK", b"503 Busy"), length(5, HELLO)],
        OK, HELLO, "--retry", "1", "--retry-delay", "0.01"),
    row("417 is answered by a request without Expect",
        [head("Content-Length: 0", line=b"HTTP/1.1 417 Expectation Failed\r\n"), length(5, HELLO)],
        OK, HELLO, "-T", "-", requests=2),
    row("a retry after a redirect has its time too",
        [head("Location: /", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n"),
         length(2, b"no").replace(b"200 OK", b"503 Busy"), Held(head("Content-Length: 5"))],
        TIMEOUT, None, "-L", "--retry", "1", "--retry-delay", "0.01", "-m", "0.5"),
    row("the digest of the content", length(5, HELLO), OK, HELLO, "--checksum", f"sha256:{SHA256}"),
    row("another digest", length(5, b"jello"), CHECKSUM, None, "--checksum", f"sha256:{SHA256}"),
    row("another digest, with the heads in the file",
        [head("Location: /", "Content-Length: 0", line=b"HTTP/1.1 302 Found\r\n"), length(5, b"jello")],
        CHECKSUM, None, "-L", "-i", "--checksum", f"sha256:{SHA256}"),
    row("the digest of a file that was cut and gone on from",
        [length(5, b"hel", 'ETag: "v1"'),
         head("Content-Range: bytes 3-4/5", "Content-Length: 2", 'ETag: "v1"', line=b"HTTP/1.1 206 Partial Content\r\n") + b"lo"],
        OK, HELLO, "--retry", "1", "--retry-delay", "0.01", "--checksum", f"sha256:{SHA256}"),
    row("the digest of a file that is gone on from at an offset", part("4-4/5", b"o"), OK, HELLO, "-C", "4", "--checksum", f"sha256:{SHA256}", before=b"hell"),
    row("another digest of such a file", part("4-4/5", b"o"), CHECKSUM, b"jello", "-C", "4", "--checksum", f"sha256:{SHA256}", before=b"jell"),
    row("a digest that is not hexadecimal", length(5, HELLO), USAGE, None, "--checksum", f"sha256:{'x' * 64}"),
    *(row(f"the digest that the server tells: {name}", length(5, HELLO, f"{name}: {value}"), OK, HELLO) for name, value in DIGESTS),
    *(row(f"another digest than the server tells: {name}", length(5, b"jello", f"{name}: {value}"), CHECKSUM, None, says=name) for name, value in DIGESTS),
    row("another digest than the server tells, behind a redirect whose head is shown", [found(), length(5, b"jello", ": ".join(DIGESTS[0]))],
        CHECKSUM, None, "-i", "-L"),
    row("the digest that the server tells, behind a redirect whose head is shown", [found(), length(5, HELLO, ": ".join(DIGESTS[0]))],
        OK, found() + length(5, HELLO, ": ".join(DIGESTS[0])), "-i", "-L"),
    row("a digest in an answer to HEAD, which has no content", length(5, b"", ": ".join(DIGESTS[0])), OK, length(5, b"", ": ".join(DIGESTS[0])), "-I"),
    row("a digest that nobody knows", length(5, HELLO, "Repr-Digest: md5=:AAAA:, sha-256=:AAAA:"), OK, HELLO),
    row("the user's digest stands before the server's", length(5, HELLO, "Repr-Digest: " + DIGESTS[0][1].replace("L", "M")), OK, HELLO,
        "--checksum", f"sha256:{SHA256}"),
    row("the digest of content that is decoded", length(len(gzip.compress(HELLO)), gzip.compress(HELLO), "Content-Encoding: gzip", "Repr-Digest: " + DIGESTS[0][1]),
        OK, HELLO, "--compressed"),
    row("the digest of the whole, where a part is asked for", part("4-8/9", HELLO, "Repr-Digest: " + DIGESTS[0][1].replace("L", "M")), OK, HELLO, "-r", "4-8"),
    row("the digest of the whole, where a rest is joined",
        [length(5, b"hel", V1), part("3-4/5", b"lo", V1, ": ".join(DIGESTS[0]), "Content-Digest: " + DIGESTS[0][1].replace("L", "M"))], OK, HELLO, *AGAIN),
    row("the checksum of what was kept and what comes, with a head between them", part("100-104/105", HELLO, V1), OK,
        b"x" * 100 + part("100-104/105", HELLO, V1), "-i", "-C", "100", "--checksum", "sha256:" + hashlib.sha256(b"x" * 100 + HELLO).hexdigest(),
        before=b"x" * 100),
    row("another digest of the whole, where a rest is joined", [length(5, b"jel", V1), part("3-4/5", b"lo", V1, ": ".join(DIGESTS[0]))], CHECKSUM, None, *AGAIN),
    row("the digest where standard output is gone on with",
        [length(5, b"hel", V1), part("3-4/5", b"lo", V1, ": ".join(DIGESTS[0]))], OK, HELLO, *AGAIN, is_piped=True),
    row("a login that is refused is a status", length(0, b"", 'WWW-Authenticate: Basic realm="x"').replace(b"200 OK", b"401 No"),
        STATUS, None, "-f", "-u", "a:b"),
]


class Server(threading.Thread):
    """Answers the nth request with the nth reply, and then closes."""

    def __init__(self, replies):
        super().__init__(daemon=True)
        self.replies, self.requests = replies, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        for reply in self.replies:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                self.answer(connection, reply)

    def answer(self, connection, reply):
        connection.settimeout(5)
        request = b""
        try:
            while b"\r\n\r\n" not in request:
                more = connection.recv(65536)
                if not more:
                    return
                request += more
            self.requests.append(request)
            connection.sendall(reply)
            if not isinstance(reply, Held):
                connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass  # the client has heard enough


def fails(fetch, row, directory):
    """What is wrong, or None."""
    server = Server(row.replies)
    server.start()
    path = Path(directory) / "out"
    if row.before is not None:
        path.write_bytes(row.before)
    command = [fetch, "-q", "-sS", "-m", "20", "-o", "-" if row.is_piped else path, *row.options, f"http://127.0.0.1:{server.port}/"]
    ran = subprocess.run(command, capture_output=True, input=row.stdin, timeout=60)
    server.listener.close()
    content = ran.stdout if row.is_piped else path.read_bytes() if path.exists() else None
    said = ran.stderr.decode(errors="replace")
    if ran.returncode != row.status:
        return f"exit status {ran.returncode} instead of {row.status}: {said}"
    if content != row.content:
        return f"content {str(content)[:80]} instead of {row.content}"
    if (row.status != 0) != said.startswith("cairn-fetch: ("):
        return said if row.status == 0 and not said.startswith("cairn-fetch: warning: ") else None if row.status == 0 else "said nothing"
    if row.requests is not None and len(server.requests) != row.requests:
        return f"{len(server.requests)} requests instead of {row.requests}"
    if row.says is not None and row.says not in said:
        return f"not said: {row.says}, but {said}"
    if row.saw is not None and row.saw not in server.requests[-1]:
        return f"not in the last request: {row.saw}"
    if row.lacked is not None and row.lacked in server.requests[-1]:
        return f"in the last request: {row.lacked}"
    return None


def is_inside():
    """In namespaces of its own, of networks and of mounts, entered with the same command line; False: this system refuses them."""
    if os.environ.get("CAIRN_REPLIES_INSIDE") != "1":
        os.environ["CAIRN_REPLIES_INSIDE"] = "1"
        root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        if subprocess.run(["unshare", *root, "--net", "--mount", "true"], capture_output=True).returncode != 0:
            print("skip - replies of a server: this system refuses namespaces")
            return False
        os.execvp("unshare", ["unshare", *root, "--net", "--mount", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return True


def run_all(behaviours, complaint):
    """The exit status of those that the command line's words choose, each in a directory of its own: pairs with what complaint is given."""
    if not is_inside():
        return 0
    failed = 0
    chosen = [(behaviour, what) for behaviour, what in behaviours if not sys.argv[2:] or any(words in behaviour for words in sys.argv[2:])]
    for behaviour, what in chosen:
        with tempfile.TemporaryDirectory() as directory:
            why = complaint(what, directory)
        failed += why is not None
        print(f"{'not ok' if why else 'ok'} - {behaviour}" + (f"\n#   {why}" if why else ""), flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(run_all([(row.behaviour, row) for row in ROWS], lambda row, directory: fails(sys.argv[1], row, directory)))
