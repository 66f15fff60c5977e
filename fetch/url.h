/*
 * url.h - URLs as browsers read them (WHATWG URL Standard, as of August 2026).
 *
 * url_parse is the standard's basic URL parser without state override, and its serialiser: the same
 * input gives the same URL here, in a browser and in a server that follows the standard, which is
 * what keeps a filter and a fetcher from disagreeing about the host. What the standard calls a
 * scalar value string is UTF-8 here; octets that are none read as U+FFFD.
 *
 * Ownership: a URL's spans lie in its own href, which is in the arena that the caller lent; nothing
 *            points into the input or the base. A URL may be parsed against itself.
 * Errors:    ERR_MALFORMED: the standard's failure; the report names its validation error.
 *            ERR_NO_MEMORY: the arena is used up. ERR_UNSUPPORTED: the domain is beyond ASCII and
 *            the tables of Unicode are not there (idna.h).
 * Bounds:    nothing but the arena. A parse needs at most 12 octets for each of its input, plus three
 *            times its base; it keeps only the href.
 */
#ifndef CAIRN_FETCH_URL_H
#define CAIRN_FETCH_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/idna.h"
#include "fetch/span.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"

/* The special schemes (section 4.2): hierarchical, with `\` as good as `/`, and a host that is a domain. */
enum url_special {
	URL_NOT_SPECIAL,
	URL_FTP,
	URL_FILE,
	URL_HTTP,
	URL_HTTPS,
	URL_WS,
	URL_WSS,
};

enum url_host_kind {
	URL_HOST_NONE,   /* null: mailto:a@b */
	URL_HOST_EMPTY,  /* file:///etc/hosts */
	URL_HOST_DOMAIN, /* of a special scheme: lower case, ASCII, perhaps xn-- */
	URL_HOST_OPAQUE, /* of any other scheme */
	URL_HOST_IPV4,
	URL_HOST_IPV6,
};

struct url {
	struct span href; /* serialised; everything below is a part of it */
	struct span scheme;
	struct span username, password; /* percent-encoded; empty when there is none */
	struct span host;               /* serialised: an IPv6 address stands in brackets */
	struct span path;               /* "/a/b", or what follows the scheme when it is opaque */
	struct span query, fragment;    /* without ? and # */
	uint16_t port;                  /* never the scheme's default */
	bool has_port, has_query, has_fragment;
	bool has_opaque_path; /* mailto: and the like, and data: */
	enum url_special special;
	enum url_host_kind host_kind;
	uint8_t address[16]; /* of an IPv4 (the first four) or IPv6 host, in network order */
};

/* Validation errors (section 1.1): the standard's name, and what it means in a sentence for the user. */
#define URL_ERRORS(X)                                                                              \
	X(DOMAIN_TO_ASCII, "domain-to-ASCII", "the host is not a valid domain name")               \
	X(DOMAIN_PERCENT_ENCODED, "domain-percent-encoded", "the domain is percent-encoded")       \
	X(HOST_INVALID_CODE_POINT, "host-invalid-code-point",                                      \
	  "the host has a character that no host may have")                                        \
	X(IPV4_EMPTY_PART, "IPv4-empty-part", "the IPv4 address ends with a dot")                  \
	X(IPV4_TOO_FEW_PARTS, "IPv4-too-few-parts", "the IPv4 address has fewer than four parts")  \
	X(IPV4_TOO_MANY_PARTS, "IPv4-too-many-parts", "the IPv4 address has more than four parts") \
	X(IPV4_NON_NUMERIC_PART, "IPv4-non-numeric-part",                                          \
	  "the last label is a number, so this is an IPv4 address, but a part is no number")       \
	X(IPV4_NON_DECIMAL_PART, "IPv4-non-decimal-part",                                          \
	  "the IPv4 address has an octal or hexadecimal part")                                     \
	X(IPV4_OUT_OF_RANGE_PART, "IPv4-out-of-range-part",                                        \
	  "a part of the IPv4 address is above 255")                                               \
	X(IPV4_NON_ASCII_INPUT, "IPv4-non-ASCII-input",                                            \
	  "the IPv4 address is written in characters beyond ASCII")                                \
	X(IPV6_UNCLOSED, "IPv6-unclosed", "the IPv6 address lacks its closing bracket")            \
	X(IPV6_INVALID_COMPRESSION, "IPv6-invalid-compression",                                    \
	  "the IPv6 address begins with a single colon")                                           \
	X(IPV6_TOO_MANY_PIECES, "IPv6-too-many-pieces",                                            \
	  "the IPv6 address has more than eight pieces")                                           \
	X(IPV6_MULTIPLE_COMPRESSION, "IPv6-multiple-compression",                                  \
	  "the IPv6 address has :: more than once")                                                \
	X(IPV6_INVALID_CODE_POINT, "IPv6-invalid-code-point",                                      \
	  "the IPv6 address has a character that is neither a hexadecimal digit nor a colon, "     \
	  "or ends too early")                                                                     \
	X(IPV6_TOO_FEW_PIECES, "IPv6-too-few-pieces",                                              \
	  "the IPv6 address has fewer than eight pieces and no ::")                                \
	X(IPV6_PIECE_LEADING_ZERO, "IPv6-piece-leading-zero",                                      \
	  "a piece of the IPv6 address has leading zeros")                                         \
	X(IPV4_IN_IPV6_TOO_MANY_PIECES, "IPv4-in-IPv6-too-many-pieces",                            \
	  "there is no room for an IPv4 address behind that many pieces of an IPv6 address")       \
	X(IPV4_IN_IPV6_INVALID_CODE_POINT, "IPv4-in-IPv6-invalid-code-point",                      \
	  "the IPv4 address inside the IPv6 address is malformed")                                 \
	X(IPV4_IN_IPV6_OUT_OF_RANGE_PART, "IPv4-in-IPv6-out-of-range-part",                        \
	  "a part of the IPv4 address inside the IPv6 address is above 255")                       \
	X(IPV4_IN_IPV6_TOO_FEW_PARTS, "IPv4-in-IPv6-too-few-parts",                                \
	  "the IPv4 address inside the IPv6 address has fewer than four parts")                    \
	X(INVALID_URL_UNIT, "invalid-URL-unit",                                                    \
	  "a character is not allowed as it stands, or a % is not followed by two hexadecimal "    \
	  "digits")                                                                                \
	X(SPECIAL_SCHEME_MISSING_FOLLOWING_SOLIDUS, "special-scheme-missing-following-solidus",    \
	  "the scheme is not followed by exactly two slashes")                                     \
	X(MISSING_SCHEME_NON_RELATIVE_URL, "missing-scheme-non-relative-URL",                      \
	  "there is no scheme, and no base that the URL could be relative to")                     \
	X(INVALID_REVERSE_SOLIDUS, "invalid-reverse-solidus", "a backslash stands for a slash")    \
	X(INVALID_CREDENTIALS, "invalid-credentials", "the URL holds a user name or a password")   \
	X(HOST_MISSING, "host-missing", "the host is missing")                                     \
	X(PORT_OUT_OF_RANGE, "port-out-of-range", "the port is above 65535")                       \
	X(PORT_INVALID, "port-invalid", "the port is not a number")                                \
	X(FILE_INVALID_WINDOWS_DRIVE_LETTER, "file-invalid-Windows-drive-letter",                  \
	  "a relative URL begins with a drive letter")                                             \
	X(FILE_INVALID_WINDOWS_DRIVE_LETTER_HOST, "file-invalid-Windows-drive-letter-host",        \
	  "a drive letter stands where the host belongs")

#define URL_ERROR_NAME(error, name, meaning) URL_ERROR_##error,
enum url_error { URL_ERRORS(URL_ERROR_NAME) URL_ERROR_COUNT };
#undef URL_ERROR_NAME

/* What a parse found wrong: each error once, in the order of its first occurrence. */
struct url_report {
	uint8_t errors[URL_ERROR_COUNT]; /* enum url_error */
	unsigned error_count;
	enum url_error failure; /* that ended the parse; URL_ERROR_COUNT when none did */
};

/* What a parse may use. */
struct url_context {
	struct arena *arena;
	struct idna *idna;         /* NULL: a domain beyond ASCII is ERR_UNSUPPORTED */
	struct url_report *report; /* NULL: nobody asks */
};

/* base: NULL, or what a relative reference is relative to. After an error *url is as it was. */
int url_parse(struct url *url, struct span text, const struct url *base,
	      const struct url_context *context);

const char *url_error_name(enum url_error error); /* "IPv4-too-many-parts" */
const char *
url_error_meaning(enum url_error error); /* "the IPv4 address has more than four parts" */

uint16_t url_port(const struct url *url);         /* the port or the scheme's default; 0: neither */
struct span url_authority(const struct url *url); /* "host" or "host:port", as in Host: */
struct span url_target(const struct url *url);    /* "/path?query" (RFC 9112, section 3.2.1) */
struct span
url_without_fragment(const struct url *url); /* what is fetched, and what a Referer may hold */
bool url_has_credentials(const struct url *url);

/* Same scheme, host and port (HTML, section 7.1.1); opaque origins equal none, not even themselves. */
bool url_is_same_origin(const struct url *a, const struct url *b);
/* "https://example.org:8443" into the arena, "null" for an opaque origin. */
int url_origin(const struct url *url, struct arena *arena, struct span *origin);

#endif
