/*
 * Whole replies as octets, and what a client may make of them (fetch/response.h): each in one piece, octet by octet,
 * and cut in two at every place.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fetch/reading.h"
#include "tests/suite.h"

#define OK  "HTTP/1.1 200 OK\r\n"
#define TE  OK "Transfer-Encoding: chunked\r\n\r\n"
#define END "0\r\n\r\n"
#define GZIP_HELLO                                                                                 \
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36"     \
	"\x05\x00\x00\x00"
#define GZIP_GZIP_HELLO                                                                            \
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x93\xef\xe6\x60\x00\x01\x26\xe6\xd3\x1e\x67"     \
	"\x4f\x9e\x64\x67\x68\x5b\x26\x60\xc6\x0a\x14\x00\x00\xa7\x6f\xb4\x45\x19\x00\x00\x00"
#define ZLIB_HELLO "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15"
#define RAW_HELLO  "\xcb\x48\xcd\xc9\xc9\x07\x00"

#define BY_GET     .request = FRAMING_OF_GET
#define BY_HEAD    .request = FRAMING_OF_HEAD
#define BY_CONNECT .request = FRAMING_OF_CONNECT
#define BROKEN     .is_broken = true  /* reset, or TLS without close_notify */
#define DECODED    .is_decoded = true /* --compressed */

static const struct reply {
	const char *behaviour;
	struct span octets;
	enum failure_cause cause; /* FAILURE_NONE: complete */
	const char *content;      /* NULL: none */
	const char
		*mentions; /* part of the failure's or the first warning's text; NULL: no warning */
	unsigned rule;     /* of RFC 9112, section 6.3; 0: not looked at */
	bool is_reusable;
	enum framing_request request;
	bool is_broken, is_decoded, is_http09_allowed;
	unsigned interim_count, trailer_count;
} replies[] = {
#define IS(cause_, content_, mentions_, rule_, reusable_)                                          \
	.cause = FAILURE_##cause_, .content = (content_), .mentions = (mentions_),                 \
	.rule = (rule_), .is_reusable = (reusable_)
#define REPLY(text) SPAN_LITERAL(text)

	/* ---- Content-Length ---------------------------------------------------------------------- */
	{ "a length and that many octets", REPLY(OK "Content-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true) },
	{ "no content at all", REPLY(OK "Content-Length: 0\r\n\r\n"),
	  IS(NONE, NULL, NULL, 6, true) },
	{ "the end before the length", REPLY(OK "Content-Length: 10\r\n\r\nhello"),
	  IS(PARTIAL, "hello", "5 of 10", 6, false) },
	{ "octets after the length", REPLY(OK "Content-Length: 3\r\n\r\nhello"),
	  IS(NONE, "hel", "after the end", 6, false) },
	{ "the same length twice", REPLY(OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true) },
	{ "the same length in a list", REPLY(OK "Content-Length: 5, 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true) },
	{ "two lengths", REPLY(OK "Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "contradicts", 0, false) },
	{ "two lengths in a list", REPLY(OK "Content-Length: 5, 3\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "contradicts", 0, false) },
	{ "a list with nothing in it", REPLY(OK "Content-Length: 5,\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "no length", 0, false) },
	{ "a negative length", REPLY(OK "Content-Length: -5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "\"-5\"", 0, false) },
	{ "a length with a sign", REPLY(OK "Content-Length: +5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "\"+5\"", 0, false) },
	{ "a length with a tail", REPLY(OK "Content-Length: 5x\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "\"5x\"", 0, false) },
	{ "a length in hexadecimal", REPLY(OK "Content-Length: 0x5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "\"0x5\"", 0, false) },
	{ "an empty length", REPLY(OK "Content-Length: \r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "no length", 0, false) },
	{ "a length beyond every integer",
	  REPLY(OK "Content-Length: 99999999999999999999\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "no length", 0, false) },
	{ "a length of 2^63", REPLY(OK "Content-Length: 9223372036854775808\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "no length", 0, false) },
	{ "a length of 2^63 - 1", REPLY(OK "Content-Length: 9223372036854775807\r\n\r\nhello"),
	  IS(PARTIAL, "hello", "5 of 9223372036854775807", 6, false) },

	/* ---- Transfer-Encoding ------------------------------------------------------------------- */
	{ "chunks", REPLY(TE "5\r\nhello\r\n1\r\n!\r\n" END), IS(NONE, "hello!", NULL, 4, true) },
	{ "no chunk but the last", REPLY(TE END), IS(NONE, NULL, NULL, 4, true) },
	{ "chunks beside a length",
	  REPLY(OK "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "5\r\nhello\r\n" END),
	  IS(NONE, "hello", "ignored", 3, false) },
	{ "gzip in chunks",
	  REPLY(OK "Transfer-Encoding: gzip, chunked\r\n\r\n19\r\n" GZIP_HELLO "\r\n" END),
	  IS(NONE, "hello", NULL, 4, true) },
	{ "gzip in chunks, over two fields, in capitals",
	  REPLY(OK "Transfer-Encoding: X-GZIP\r\nTransfer-Encoding: Chunked\r\n\r\n"
		   "19\r\n" GZIP_HELLO "\r\n" END),
	  IS(NONE, "hello", NULL, 4, true) },
	{ "gzip until the close", REPLY(OK "Transfer-Encoding: gzip\r\n\r\n" GZIP_HELLO),
	  IS(NONE, "hello", NULL, 4, false) },
	{ "a transfer coding cut short, chunks whole",
	  REPLY(OK "Transfer-Encoding: gzip, chunked\r\n\r\n4\r\n\x1f\x8b\x08\x00\r\n" END),
	  IS(CODING, NULL, "cut short", 4, false) },
	{ "an unknown transfer coding", REPLY(OK "Transfer-Encoding: foo\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "\"foo\" is unknown", 0, false) },
	{ "an unknown transfer coding in chunks",
	  REPLY(OK "Transfer-Encoding: foo, chunked\r\n\r\n5\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "\"foo\" is unknown", 0, false) },
	{ "no transfer coding named", REPLY(OK "Transfer-Encoding:\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "no coding", 0, false) },
	{ "chunked twice",
	  REPLY(OK "Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "behind chunked", 0, false) },
	{ "identity behind chunked",
	  REPLY(OK "Transfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "behind chunked", 0, false) },
	{ "chunked with a parameter",
	  REPLY(OK "Transfer-Encoding: chunked;q=1\r\n\r\n5\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "unknown", 0, false) },
	{ "chunks in HTTP/1.0",
	  REPLY("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
		"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" END),
	  IS(NONE, "hello", "HTTP/1.0", 4, false) },
	{ "a space before the colon",
	  REPLY(OK "Transfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "white space around a field name", 0, false) },
	{ "six transfer codings",
	  REPLY(OK "Transfer-Encoding: gzip, gzip, gzip, gzip, gzip, gzip, chunked\r\n\r\n" END),
	  IS(WEIRD_REPLY, NULL, "too many", 0, false) },

	/* ---- chunks ------------------------------------------------------------------------------ */
	{ "extensions", REPLY(TE "5;a=\"b;c\"\r\nhello\r\n0;last ; x = y\r\n\r\n"),
	  IS(NONE, "hello", NULL, 4, true) },
	{ "white space before an extension", REPLY(TE "5 \t;a\r\nhello\r\n" END),
	  IS(NONE, "hello", NULL, 4, true) },
	{ "trailers", REPLY(TE "5\r\nhello\r\n0\r\nContent-Length: 3\r\nDigest: x\r\n\r\n"),
	  IS(NONE, "hello", NULL, 4, true), .trailer_count = 2 },
	{ "capital digits and leading zeros", REPLY(TE "000A\r\n0123456789\r\n" END),
	  IS(NONE, "0123456789", NULL, 4, true) },
	{ "the end before the last chunk", REPLY(TE "5\r\nhello\r\n"),
	  IS(PARTIAL, "hello", "5 octets of content, before the last chunk", 4, false) },
	{ "the end inside a chunk", REPLY(TE "5\r\nhel"), IS(PARTIAL, "hel", "3 of 5", 4, false) },
	{ "the end inside the trailers", REPLY(TE "5\r\nhello\r\n0\r\n"),
	  IS(PARTIAL, "hello", "end of the trailers", 4, false) },
	{ "the end inside a trailer", REPLY(TE "5\r\nhello\r\n0\r\nA: b\r\n"),
	  IS(PARTIAL, "hello", "end of the trailers", 4, false) },
	{ "the end inside a size", REPLY(TE "5\r\nhello\r\n0"),
	  IS(PARTIAL, "hello", "last chunk", 4, false) },
	{ "a size with 0x", REPLY(TE "0x5\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "0x5", 4, false) },
	{ "a negative size", REPLY(TE "-5\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "-5", 4, false) },
	{ "no size", REPLY(TE "\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "no valid size", 4, false) },
	{ "a size of 17 digits", REPLY(TE "00000000000000005\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "no valid size", 4, false) },
	{ "a size that would overflow", REPLY(TE "10000000000000005\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "no valid size", 4, false) },
	{ "the greatest size", REPLY(TE "ffffffffffffffff\r\nhello\r\n" END),
	  IS(PARTIAL, "hello\r\n" END, "of 18446744073709551615", 4, false) },
	{ "chunk lines that end in LF", REPLY(TE "5\nhello\n0\n\n"),
	  IS(WEIRD_REPLY, NULL, "LF without CR", 4, false) },
	{ "data that ends in LF", REPLY(TE "5\r\nhello\n0\r\n\r\n"),
	  IS(WEIRD_REPLY, "hello", "not followed by CRLF", 4, false) },
	{ "trailers that end in LF", REPLY(TE "5\r\nhello\r\n0\r\n\n"),
	  IS(WEIRD_REPLY, "hello", "bare LF", 4, false) },
	{ "a CR inside a chunk line", REPLY(TE "5\r;a\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "no extension", 4, false) },
	{ "data longer than the chunk", REPLY(TE "5\r\nhello!\r\n" END),
	  IS(WEIRD_REPLY, "hello", "not followed by CRLF", 4, false) },
	{ "junk after a size", REPLY(TE "5 junk\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "no extension", 4, false) },
	{ "an extension without its quote", REPLY(TE "5;a=\"b\r\nhello\r\n" END),
	  IS(WEIRD_REPLY, NULL, "no extension", 4, false) },
	{ "octets after the last chunk", REPLY(TE "5\r\nhello\r\n" END "x"),
	  IS(NONE, "hello", "after the end", 4, false) },

	/* ---- the head ---------------------------------------------------------------------------- */
	{ "a head of LF only", REPLY("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
	  IS(NONE, "hello", "LF without CR", 6, true) },
	{ "a folded field", REPLY(OK "X-A: one\r\n\t two\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", "folded", 6, true) },
	{ "a folded length", REPLY(OK "Content-Length:\r\n 5\r\n\r\nhello"),
	  IS(NONE, "hello", "folded", 6, true) },
	{ "a length in two pieces", REPLY(OK "Content-Length: 1\r\n 0\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "\"1  ", 0, false) },
	{ "a fold before the first field", REPLY(OK " X: y\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "before its first field", 0, false) },
	{ "a line without a colon", REPLY(OK "Content-Length 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "without a colon", 0, false) },
	{ "a field without a name", REPLY(OK ": 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "no token", 0, false) },
	{ "NUL in a value", REPLY(OK "X: a\0b\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "CR or NUL", 0, false) },
	{ "CR in a value", REPLY(OK "X: a\rContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "CR or NUL", 0, false) },
	{ "CR in a folded value", REPLY(OK "X: a\r\n b\rc\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "CR or NUL", 0, false) },
	{ "no reason", REPLY("HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true) },
	{ "an empty reason", REPLY("HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true) },
	{ "a status of four digits", REPLY("HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "status line is malformed", 0, false) },
	{ "a status of two digits", REPLY("HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "status line is malformed", 0, false) },
	{ "a status of letters", REPLY("HTTP/1.1 abc OK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "status line is malformed", 0, false) },
	{ "a status beyond HTTP's", REPLY("HTTP/1.1 999 No\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", "none of HTTP", 6, true) },
	{ "CR in the reason", REPLY("HTTP/1.1 200 O\rK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "status line is malformed", 0, false) },
	{ "a minor version to come", REPLY("HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true) },
	{ "HTTP/2 as text", REPLY("HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "HTTP/2.0", 0, false) },
	{ "a version of two digits", REPLY("HTTP/1.10 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "status line is malformed", 0, false) },
	{ "no head", REPLY("<html>hello</html>"), IS(WEIRD_REPLY, NULL, "HTTP/0.9", 0, false) },
	{ "no head, and allowed", REPLY("<html>hello</html>"),
	  IS(NONE, "<html>hello</html>", "no header", 8, false), .is_http09_allowed = true },
	{ "no head, allowed, and short", REPLY("hi"), IS(NONE, "hi", "no header", 8, false),
	  .is_http09_allowed = true },
	{ "no head, allowed, and broken off", REPLY("hello"),
	  IS(PARTIAL, "hello", "broke", 8, false), .is_http09_allowed = true, BROKEN },
	{ "SSH", REPLY("SSH-2.0-OpenSSH_9.2p1\r\n"), IS(WEIRD_REPLY, NULL, "SSH", 0, false) },
	{ "a TLS alert", REPLY("\x15\x03\x03\x00\x02\x02\x28"),
	  IS(WEIRD_REPLY, NULL, "TLS", 0, false) },
	{ "HTTP/2", REPLY("\0\0\x12\x04\0\0\0\0\0"), IS(WEIRD_REPLY, NULL, "HTTP/2", 0, false) },
	{ "something else", REPLY("ohne Kopf"), IS(WEIRD_REPLY, NULL, "\"ohne\"", 0, false) },
	{ "something else, and short", REPLY("oh"), IS(WEIRD_REPLY, NULL, "\"oh\"", 0, false) },
	{ "http in small letters", REPLY("http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	  IS(WEIRD_REPLY, NULL, "\"http\"", 0, false) },
	{ "an empty line first", REPLY("\r\n" OK "Content-Length: 5\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "an empty line", 0, false) },
	{ "nothing", REPLY(""), IS(EMPTY, NULL, "without a reply", 0, false) },
	{ "nothing, and broken off", REPLY(""), IS(RECEIVE, NULL, "broke", 0, false), BROKEN },
	{ "the end inside the status line", REPLY("HTTP/1.1 20"),
	  IS(PARTIAL, NULL, "after 11 octets", 0, false) },
	{ "the end inside the protocol's name", REPLY("HT"),
	  IS(PARTIAL, NULL, "after 2", 0, false) },
	{ "the end inside the head", REPLY(OK "Content-Length: 0\r\n"),
	  IS(PARTIAL, NULL, "inside the header", 0, false) },

	/* ---- status codes ------------------------------------------------------------------------ */
	{ "interim heads",
	  REPLY("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK
		"Content-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true), .interim_count = 2 },
	{ "an interim head with a length",
	  REPLY("HTTP/1.1 102 Wait\r\nContent-Length: 5\r\n\r\n" OK
		"Content-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true), .interim_count = 1 },
	{ "an interim head and no more", REPLY("HTTP/1.1 100 Continue\r\n\r\n"),
	  IS(PARTIAL, NULL, "inside the header", 0, false), .interim_count = 1 },
	{ "101 without being asked", REPLY("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nhello"),
	  IS(WEIRD_REPLY, NULL, "101", 0, false) },
	{ "204 with a length", REPLY("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, NULL, "after the end", 1, false) },
	{ "204", REPLY("HTTP/1.1 204 No Content\r\n\r\n"), IS(NONE, NULL, NULL, 1, true) },
	{ "205 with length 0", REPLY("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n"),
	  IS(NONE, NULL, NULL, 6, true) },
	{ "304 with a length", REPLY("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
	  IS(NONE, NULL, NULL, 1, true) },
	{ "304 with a bad length and chunks",
	  REPLY("HTTP/1.1 304 Not Modified\r\nContent-Length: x\r\n"
		"Transfer-Encoding: foo\r\n\r\n"),
	  IS(NONE, NULL, NULL, 1, true) },
	{ "HEAD", REPLY(OK "Content-Length: 5\r\n\r\n"), IS(NONE, NULL, NULL, 1, true), BY_HEAD },
	{ "HEAD answered with content", REPLY(OK "Content-Length: 5\r\n\r\nhello"),
	  IS(NONE, NULL, "after the end", 1, false), BY_HEAD },
	{ "HEAD of something coded", REPLY(OK "Content-Encoding: foo\r\n\r\n"),
	  IS(NONE, NULL, NULL, 1, true), BY_HEAD, DECODED },
	{ "CONNECT refused", REPLY("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"),
	  IS(NONE, "no", NULL, 6, true), BY_CONNECT },

	/* ---- until the close --------------------------------------------------------------------- */
	{ "neither length nor chunks", REPLY(OK "\r\nhello"), IS(NONE, "hello", NULL, 8, false) },
	{ "the same in HTTP/1.0 with keep-alive",
	  REPLY("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 8, false) },
	{ "the same, broken off", REPLY(OK "\r\nhello"),
	  IS(PARTIAL, "hello", "broke after 5 octets", 8, false), BROKEN },
	{ "a whole message before the break", REPLY(OK "Content-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true), BROKEN },
	{ "Connection: close", REPLY(OK "Connection: TE, Close\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, false) },
	{ "HTTP/1.0", REPLY("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, false) },
	{ "HTTP/1.0 with keep-alive",
	  REPLY("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true) },

	/* ---- content codings --------------------------------------------------------------------- */
	{ "gzip", REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" GZIP_HELLO),
	  IS(NONE, "hello", NULL, 6, true), DECODED },
	{ "gzip, not asked for", REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
	  IS(NONE, "x", NULL, 6, true) },
	{ "two members of gzip",
	  REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 50\r\n\r\n" GZIP_HELLO GZIP_HELLO),
	  IS(NONE, "hellohello", NULL, 6, true), DECODED },
	{ "gzip twice",
	  REPLY(OK "Content-Encoding: gzip, gzip\r\nContent-Length: 42\r\n\r\n" GZIP_GZIP_HELLO),
	  IS(NONE, "hello", NULL, 6, true), DECODED },
	{ "gzip as content and as transfer coding",
	  REPLY(OK "Content-Encoding: gzip\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
		   "2a\r\n" GZIP_GZIP_HELLO "\r\n" END),
	  IS(NONE, "hello", NULL, 4, true), DECODED },
	{ "deflate", REPLY(OK "Content-Encoding: deflate\r\nContent-Length: 13\r\n\r\n" ZLIB_HELLO),
	  IS(NONE, "hello", NULL, 6, true), DECODED },
	{ "deflate without its wrapper",
	  REPLY(OK "Content-Encoding: deflate\r\nContent-Length: 7\r\n\r\n" RAW_HELLO),
	  IS(NONE, "hello", NULL, 6, true), DECODED },
	{ "identity", REPLY(OK "Content-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", NULL, 6, true), DECODED },
	{ "gzip of nothing at all", REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
	  IS(NONE, NULL, NULL, 6, true), DECODED },
	{ "gzip cut short",
	  REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"
		   "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9"
		   "\x07\x00\x86\xa6\x10"),
	  IS(CODING, "hello", "cut short after 20 octets", 6, false), DECODED },
	{ "gzip cut after its first member",
	  REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 27\r\n\r\n" GZIP_HELLO "\x1f\x8b"),
	  IS(CODING, "hello", "cut short", 6, false), DECODED },
	{ "gzip with a wrong checksum",
	  REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 25\r\n\r\n"
		   "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6"
		   "\x10\x37\x05\x00\x00\x00"),
	  IS(CODING, NULL, "damaged", 6, false), DECODED },
	{ "octets after gzip",
	  REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 27\r\n\r\n" GZIP_HELLO "xy"),
	  IS(CODING, NULL, "damaged", 6, false), DECODED },
	{ "octets after deflate",
	  REPLY(OK "Content-Encoding: deflate\r\nContent-Length: 15\r\n\r\n" ZLIB_HELLO "xy"),
	  IS(CODING, NULL, "damaged", 6, false), DECODED },
	{ "no gzip at all", REPLY(OK "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(CODING, NULL, "damaged", 6, false), DECODED },
	{ "deflate cut after one octet",
	  REPLY(OK "Content-Encoding: deflate\r\nContent-Length: 1\r\n\r\n\x78"),
	  IS(CODING, NULL, "cut short", 6, false), DECODED },
	{ "an unknown coding to be undone",
	  REPLY(OK "Content-Encoding: foo\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(CODING, NULL, "\"foo\"", 6, false), DECODED },
	{ "an unknown coding left alone",
	  REPLY(OK "Content-Encoding: foo\r\nContent-Length: 5\r\n\r\nhello"),
	  IS(NONE, "hello", "unknown coding", 6, true) },
	{ "six codings",
	  REPLY(OK "Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\n"
		   "Content-Length: 5\r\n\r\nhello"),
	  IS(CODING, NULL, "more than five", 6, false), DECODED },
};

static struct response response;
static struct reading reading, again;

static struct response_options
options_of(const struct reply *reply)
{
	return (struct response_options){
		.request = reply->request,
		.is_decoded = reply->is_decoded,
		.is_http09_allowed = reply->is_http09_allowed,
	};
}

static void
check_content(const struct reply *reply)
{
	const char *content = reply->content != NULL ? reply->content : "";
	if (reply->cause == FAILURE_CODING && reply->content == NULL)
		return; /* what came before the damage */
	ck_assert_msg(reading.content_bytes == strlen(content) &&
			      memcmp(reading.content, content, strlen(content)) == 0,
		      "%s: content is \"%.*s\"", reply->behaviour, (int)reading.content_bytes,
		      reading.content);
}

START_TEST(a_reply_is_whole_or_fails)
{
	const struct reply *reply = &replies[_i];
	struct response_options options = options_of(reply);
	reading_of(&reading, &response, &options, reply->octets, (struct delivery){ 0 },
		   !reply->is_broken);
	const char *words =
		reading.cause != FAILURE_NONE ? reading.failure_text : reading.first_warning;
	ck_assert_msg(reading.cause == reply->cause, "%s: %s, %s", reply->behaviour,
		      failure_id(reading.cause), words);
	ck_assert_msg(reading.is_complete == (reply->cause == FAILURE_NONE), "%s",
		      reply->behaviour);
	ck_assert_msg(reading.is_reusable == reply->is_reusable, "%s", reply->behaviour);
	ck_assert_msg(reply->mentions != NULL ? strstr(words, reply->mentions) != NULL
					      : words[0] == '\0',
		      "%s: %s", reply->behaviour, words);
	ck_assert_msg(reply->rule == 0 || reading.rule == reply->rule, "%s: rule %u",
		      reply->behaviour, reading.rule);
	ck_assert_msg(reading.interim_count == reply->interim_count, "%s", reply->behaviour);
	ck_assert_msg(reading.trailer_count == reply->trailer_count, "%s", reply->behaviour);
	check_content(reply);
}
END_TEST

START_TEST(how_octets_arrive_changes_nothing)
{
	const struct reply *reply = &replies[_i];
	struct response_options options = options_of(reply);
	reading_of(&reading, &response, &options, reply->octets, (struct delivery){ 0 },
		   !reply->is_broken);
	for (size_t piece = 1; piece <= 3; piece++) {
		reading_of(&again, &response, &options, reply->octets,
			   (struct delivery){ .piece = piece }, !reply->is_broken);
		ck_assert_msg(reading_equals(&reading, &again), "%s: in pieces of %zu",
			      reply->behaviour, piece);
	}
	for (size_t split = 1; split < reply->octets.bytes; split++) {
		reading_of(&again, &response, &options, reply->octets,
			   (struct delivery){ .split = split }, !reply->is_broken);
		ck_assert_msg(reading_equals(&reading, &again), "%s: cut at %zu", reply->behaviour,
			      split);
	}
}
END_TEST

static Suite *
response_suite(void)
{
	Suite *suite = suite_create("response");
	TCase *tcase = tcase_create("replies");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_reply_is_whole_or_fails, 0, COUNT(replies));
	tcase_add_loop_test(tcase, how_octets_arrive_changes_nothing, 0, COUNT(replies));
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(response_suite());
}
