#include "fetch/field_shown.h"

#include <stdbool.h>
#include <string.h>

#include "fetch/url_shown.h"

#define URL_BYTES 4096u

#define PAIR(first, second) ((uint8_t)(first) << 8 | (uint8_t)(second))
#define LETTER(letter)      ((letter) & 31) /* of either case */

/*
 * "authorization" is in Proxy-Authorization and X-Authorization; WWW-Authenticate is none, and may be read.
 * Two letters have to fit before words are compared.
 */
static bool
begins_secret(struct span name)
{
	switch (PAIR(name.at[0] | 0x20, name.at[1] | 0x20)) { /* in lower case */
	case PAIR('a', 'u'): return span_starts_nocase(name, SPAN("authorization"));
	case PAIR('a', 'p'):
		return span_starts_nocase(name, SPAN("api-key")) || span_starts_nocase(name, SPAN("apikey")) ||
		       span_starts_nocase(name, SPAN("api_key"));
	case PAIR('c', 'o'): return span_starts_nocase(name, SPAN("cookie"));
	case PAIR('c', 'r'): return span_starts_nocase(name, SPAN("credential"));
	case PAIR('p', 'a'): return span_starts_nocase(name, SPAN("password")) || span_starts_nocase(name, SPAN("passwd"));
	case PAIR('s', 'e'): return span_starts_nocase(name, SPAN("secret")) || span_starts_nocase(name, SPAN("session"));
	case PAIR('s', 'i'): return span_starts_nocase(name, SPAN("signature"));
	case PAIR('t', 'o'): return span_starts_nocase(name, SPAN("token"));
	case PAIR('x', '-'): return span_starts_nocase(name, SPAN("x-auth"));
	default: return false;
	}
}

/*
 * False: begins_secret would say no.  Asked at each letter of each field of a journey, so the pairs of its cases are a bit
 * each: by the second letter, which first ones there are.
 */
static bool
may_begin_secret(char first, char second)
{
	static const uint32_t firsts[32] = {
		[LETTER('u')] = 1u << LETTER('a'),
		[LETTER('p')] = 1u << LETTER('a'),
		[LETTER('o')] = 1u << LETTER('c') | 1u << LETTER('t'),
		[LETTER('r')] = 1u << LETTER('c'),
		[LETTER('a')] = 1u << LETTER('p'),
		[LETTER('e')] = 1u << LETTER('s'),
		[LETTER('i')] = 1u << LETTER('s'),
		[LETTER('-')] = 1u << LETTER('x'),
	};
	return (firsts[LETTER(second)] >> LETTER(first) & 1) != 0;
}

static bool
is_secret(struct span name)
{
	for (size_t at = 0; at + 1 < name.bytes; at++)
		if (may_begin_secret(name.at[at], name.at[at + 1]) && begins_secret(span_from(name, at)))
			return true;
	return false;
}

static bool
is_url(struct span name)
{
	return span_equals_nocase(name, SPAN("location")) || span_equals_nocase(name, SPAN("content-location")) ||
	       span_equals_nocase(name, SPAN("referer"));
}

/* "/a@b" has no authority, and "//a@b" has. */
static bool
is_mere_path(struct span reference)
{
	return reference.bytes > 0 && reference.at[0] == '/' && (reference.bytes == 1 || strchr("/\\\t\r\n", reference.at[1]) == NULL);
}

/* Apart, since few fields need so much of the stack. */
static struct span __attribute__((noinline))
url_of(struct span value, char *text, size_t text_bytes)
{
	char written[URL_BYTES];

	if (value.bytes >= sizeof written)
		return SPAN("...");
	*(char *)mempcpy(written, value.at, value.bytes) = '\0';
	url_shown_as_written(written, true, text, text_bytes);
	return span_from_text(text);
}

#define IS(literal) (memcmp(name.at, literal, sizeof(literal) - 1) == 0)

/* Those of nearly every message, as they are mostly written, hide nothing: no look at their letters one by one. */
static bool
is_everyday(struct span name)
{
	switch (name.bytes) {
	case 4: return IS("Date") || IS("ETag") || IS("Host") || IS("Vary");
	case 6: return IS("Accept") || IS("Server");
	case 10: return IS("Connection") || IS("User-Agent");
	case 12: return IS("Content-Type");
	case 13: return IS("Accept-Ranges") || IS("Cache-Control") || IS("Last-Modified");
	case 14: return IS("Content-Length");
	case 15: return IS("Accept-Encoding");
	case 16: return IS("Content-Encoding");
	case 17: return IS("Transfer-Encoding");
	default: return false;
	}
}

#undef IS

struct span
field_shown(struct span name, struct span value, char *text, size_t text_bytes)
{
	if (is_everyday(name))
		return value;
	if (is_secret(name))
		return SPAN("...");
	if (!is_url(name) || span_find(value, '@') == value.bytes || is_mere_path(value))
		return value;
	return url_of(value, text, text_bytes);
}
