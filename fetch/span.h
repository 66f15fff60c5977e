/*
 * span.h - octets that someone else owns: a pointer and a count, not terminated.
 *
 * Every parser of fetch/ speaks in spans of its input.  `at` may be NULL when `bytes` is 0.  Case is
 * folded for ASCII only and whatever the locale: names of fields, schemes and codings are ASCII.
 */
#ifndef CAIRN_FETCH_SPAN_H
#define CAIRN_FETCH_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *at;
	size_t bytes;
};

/* printf("host " SPAN_FORMAT, SPAN_ARGUMENTS(host)) */
#define SPAN_FORMAT          "%.*s"
#define SPAN_ARGUMENTS(span) (int)(span).bytes, (span).at != NULL ? (span).at : ""

/* A span over a string literal, also in static tables. */
#define SPAN(literal) ((struct span)SPAN_LITERAL(literal))
#define SPAN_LITERAL(literal)                                                                      \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}

static inline struct span
span_of(const void *octets, size_t bytes)
{
	return (struct span){ octets, bytes };
}

static inline struct span
span_from_text(const char *text) /* NULL: empty */
{
	return (struct span){ text, text != NULL ? strlen(text) : 0 };
}

static inline char
span_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool
span_equals(struct span a, struct span b)
{
	return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.at, b.at, a.bytes) == 0);
}

static inline bool
span_equals_nocase(struct span a, struct span b)
{
	if (a.bytes != b.bytes)
		return false;
	for (size_t i = 0; i < a.bytes; i++) {
		if (span_lower(a.at[i]) != span_lower(b.at[i]))
			return false;
	}
	return true;
}

static inline bool
span_is(struct span span, const char *text)
{
	return span_equals(span, span_from_text(text));
}

static inline bool
span_is_nocase(struct span span, const char *text)
{
	return span_equals_nocase(span, span_from_text(text));
}

/* The octets from `from` on, `from` at most the whole. */
static inline struct span
span_from(struct span span, size_t from)
{
	return (struct span){ from != 0 ? span.at + from : span.at, span.bytes - from };
}

/* The first `bytes` octets, or all when there are fewer. */
static inline struct span
span_first(struct span span, size_t bytes)
{
	return (struct span){ span.at, bytes < span.bytes ? bytes : span.bytes };
}

static inline bool
span_starts(struct span span, struct span with)
{
	return span.bytes >= with.bytes && span_equals(span_first(span, with.bytes), with);
}

static inline bool
span_starts_nocase(struct span span, struct span with)
{
	return span.bytes >= with.bytes && span_equals_nocase(span_first(span, with.bytes), with);
}

static inline bool
span_ends(struct span span, struct span with)
{
	return span.bytes >= with.bytes &&
	       span_equals(span_from(span, span.bytes - with.bytes), with);
}

/* The index of the first `c`; span.bytes when there is none. */
static inline size_t
span_find(struct span span, char c)
{
	const char *found = span.bytes != 0 ? memchr(span.at, c, span.bytes) : NULL;
	return found != NULL ? (size_t)(found - span.at) : span.bytes;
}

/* Without optional whitespace (SP, HTAB; RFC 9110, section 5.6.3) at both ends. */
static inline struct span
span_trim(struct span span)
{
	while (span.bytes != 0 && (span.at[0] == ' ' || span.at[0] == '\t'))
		span = span_from(span, 1);
	while (span.bytes != 0 &&
	       (span.at[span.bytes - 1] == ' ' || span.at[span.bytes - 1] == '\t'))
		span.bytes--;
	return span;
}

/* Decimal digits and nothing else, at most value_max; leading zeros do not count. */
static inline bool
span_to_number(struct span span, uint64_t value_max, uint64_t *value)
{
	uint64_t number = 0;
	for (size_t i = 0; i < span.bytes; i++) {
		if (span.at[i] < '0' || span.at[i] > '9')
			return false;
		unsigned digit = (unsigned)(span.at[i] - '0');
		if (digit > value_max || number > (value_max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*value = number;
	return span.bytes != 0;
}

#endif
