#include "fetch/idna.h"

#include "fetch/utf8.h"

#define LABEL_BYTES_MAX  63u /* RFC 1035, section 2.3.4 */
#define DOMAIN_BYTES_MAX 253u

/* Runs of code points that move by the same distance; to 0: they are ignored. */
static const struct {
	uint32_t first, last, to;
} changes[] = {
	{ 0x04c0, 0x04c0, 0x04cf },   /* Cyrillic palochka */
	{ 0x10a0, 0x10c5, 0x2d00 },   /* Georgian capitals */
	{ 0x115f, 0x1160, 0 },        /* Hangul fillers */
	{ 0x17b4, 0x17b5, 0 },        /* Khmer inherent vowels */
	{ 0x180e, 0x180e, 0 },        /* Mongolian vowel separator */
	{ 0x1e9e, 0x1e9e, 0x00df },   /* capital sharp s, which was ss */
	{ 0x2061, 0x2063, 0 },        /* invisible operators */
	{ 0x206a, 0x206f, 0 },        /* deprecated format characters */
	{ 0x2132, 0x2132, 0x214e },   /* turned F */
	{ 0x2183, 0x2183, 0x2184 },   /* Roman numeral reversed C */
	{ 0x3164, 0x3164, 0 },        /* Hangul filler */
	{ 0xffa0, 0xffa0, 0 },        /* halfwidth Hangul filler */
	{ 0x1d173, 0x1d17a, 0 },      /* musical beams, ties, slurs and phrases */
	{ 0x2f868, 0x2f868, 0x36fc }, /* compatibility ideographs */
	{ 0x2f874, 0x2f874, 0x5f53 }, { 0x2f91f, 0x2f91f, 0x243ab },
	{ 0x2f95f, 0x2f95f, 0x7aee }, { 0x2f9bf, 0x2f9bf, 0x45d7 },
};

static uint32_t
map_code_point(uint32_t code_point)
{
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		if (code_point >= changes[i].first && code_point <= changes[i].last)
			return changes[i].to != 0 ? code_point - changes[i].first + changes[i].to
						  : 0;
	}
	return code_point;
}

size_t
idna_premap(struct span domain, char *mapped)
{
	size_t used = 0;
	for (size_t at = 0; at < domain.bytes;) {
		char encoded[UTF8_ENCODED_BYTES];
		uint32_t code_point = utf8_next(domain.at, domain.bytes, &at);
		uint32_t to = map_code_point(code_point);
		if (to == 0 && code_point != 0)
			continue;
		size_t bytes = utf8_encode(to, encoded);
		memcpy(mapped + used, encoded, bytes);
		used += bytes;
	}
	return used;
}

static bool
is_letter_digit_hyphen(char c)
{
	return (c >= '0' && c <= '9') || (span_lower(c) >= 'a' && span_lower(c) <= 'z') || c == '-';
}

static bool
is_strict_label(struct span label)
{
	if (label.bytes == 0 || label.bytes > LABEL_BYTES_MAX)
		return false;
	for (size_t i = 0; i < label.bytes; i++) {
		if (!is_letter_digit_hyphen(label.at[i]))
			return false;
	}
	if (label.at[0] == '-' || label.at[label.bytes - 1] == '-')
		return false;
	bool has_two_hyphens = label.bytes >= 4 && label.at[2] == '-' && label.at[3] == '-';
	return !has_two_hyphens || span_starts_nocase(label, SPAN("xn--"));
}

bool
idna_is_strict_ascii(struct span domain)
{
	if (span_ends(domain, SPAN("."))) /* the root's empty label */
		domain.bytes--;
	if (domain.bytes == 0 || domain.bytes > DOMAIN_BYTES_MAX)
		return false;
	for (;;) {
		size_t dot = span_find(domain, '.');
		if (!is_strict_label(span_first(domain, dot)))
			return false;
		if (dot == domain.bytes)
			return true;
		domain = span_from(domain, dot + 1);
	}
}
