#include "tests/resolver/wire/ldns_text_rules.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/wire/text.h"
#include "tests/resolver/wire/ldns_words.h"

static bool
is_atma(uint16_t type, const char *text)
{
	(void)text;
	return type == 34;
}

static bool
has_ipv6_prefix(uint16_t type, const char *text)
{
	return type == 42 && strstr(text, "2:") != NULL;
}

static bool
has_quote(uint16_t type, const char *text)
{
	(void)type;
	return strstr(text, "\\\"") != NULL;
}

static bool
has_quote_first(uint16_t type, const char *text)
{
	if (has_pairs(type) && strstr(text, "=\\\"") != NULL)
		return true;
	return strncmp(text, "\\\"", 2) == 0 || strstr(text, " \\\"") != NULL;
}

static bool
has_name_at(uint16_t type, const char *text)
{
	const char *end = text, *word;
	while ((word = next_word(type, end, &end)) != NULL)
		if (*word == '@' || strncmp(word, "\\@", 2) == 0)
			return true;
	return false;
}

static bool
has_far_time(uint16_t type, const char *text)
{
	const char *end = text, *word;
	uint32_t seconds;
	while ((word = next_word(type, end, &end)) != NULL)
		if (is_time(word, (size_t)(end - word), &seconds) &&
		    (strncmp(word, "1970", 4) < 0 || strncmp(word, "2106", 4) >= 0))
			return true;
	return false;
}

static bool
has_new_key(uint16_t type, const char *text)
{
	return has_pairs(type) && strstr(text, "ohttp") != NULL;
}

static bool
has_alpn_escape(uint16_t type, const char *text)
{
	const char *alpn = strstr(text, " alpn=\"");
	return has_pairs(type) && alpn != NULL && strchr(alpn, '\\') != NULL;
}

static bool
has_odd_hash(uint16_t type, const char *text)
{
	const char *end = text, *word = text;
	for (unsigned i = 0; type == TYPE_NSEC3 && word != NULL && i < 5; i++)
		word = next_word(type, end, &end);
	return type == TYPE_NSEC3 && word != NULL && (end - word) % 8 != 0;
}

/* A word for a type that ldns does not have, in a bitmap or as the type that a signature covers. */
static bool
has_new_type(uint16_t type, const char *text)
{
	const char *end = text, *word;
	bool has_types = type == TYPE_NSEC || type == TYPE_NSEC3 || type == 62 ||
			 type == TYPE_SIG || type == TYPE_RRSIG;
	while (has_types && (word = next_word(type, end, &end)) != NULL) {
		char name[TYPE_TEXT_BYTES];
		uint16_t number;
		snprintf(name, sizeof name, "%.*s", (int)(end - word < 15 ? end - word : 15), word);
		if (strncmp(name, "TYPE", 4) != 0 && type_from_text(name, &number) == 0 &&
		    ldns_get_rr_type_by_name(name) != (ldns_rr_type)number)
			return true;
	}
	return false;
}

static bool
has_no_key(uint16_t type, const char *text)
{
	return (type == 25 && word_count(type, text) == 3) ||
	       (type == 45 && word_count(type, text) == 4);
}

static bool
is_zero(uint16_t type, const char *text)
{
	static const uint16_t with_base64[] = { 24, 25, 37, 45, 46, 48, 49, 60, 61 };
	const char *last = strrchr(text, ' ');
	for (unsigned i = 0; i < sizeof with_base64 / sizeof with_base64[0]; i++)
		if (type == with_base64[i])
			return strcmp(last != NULL ? last + 1 : text, "0") == 0;
	return false;
}

static bool
has_no_bitmap(uint16_t type, const char *text)
{
	return type == 62 && word_count(type, text) == 2;
}

static bool
has_cert_type_0(uint16_t type, const char *text)
{
	return type == 37 && text[0] == '0';
}

static bool
is_wks(uint16_t type, const char *text)
{
	(void)text;
	return type == 11;
}

/* A quote that is not around a whole word, or around the whole value of a key. */
static bool
has_inner_quote(uint16_t type, const char *text)
{
	const char *end = text, *word;
	for (unsigned i = 0; (word = next_word(type, end, &end)) != NULL; i++) {
		unsigned quotes = 0;
		for (const char *at = word; at < end; at++) {
			bool is_behind_key = has_pairs(type) && i > 1 && at > word && at[-1] == '=';
			bool may_open = at == word || is_behind_key;
			bool may_close =
				quotes == 1 && (*end == ' ' || *end == '\0') && at + 1 == end;
			if (*at == '"' && !may_open && !may_close)
				return true;
			quotes += *at == '"';
			at += *at == '\\';
		}
		if (quotes % 2 != 0)
			return true;
	}
	return false;
}

/* Not the whole form in capitals, or beyond the poles, the date line and the hour. */
static bool
is_odd_loc(uint16_t type, const char *text)
{
	unsigned latitude, longitude, minutes[2];
	char north, east;
	return type == 29 &&
	       (word_count(type, text) != 12 ||
		sscanf(text, "%u %u %*s %c %u %u %*s %c", &latitude, &minutes[0], &north,
		       &longitude, &minutes[1], &east) != 6 ||
		latitude >= 90 || longitude >= 180 || minutes[0] > 59 || minutes[1] > 59 ||
		strchr("NS", north) == NULL || strchr("EW", east) == NULL);
}

static bool
has_long_prefix(uint16_t type, const char *text)
{
	const char *slash = text;
	while (type == 42 && (slash = strchr(slash, '/')) != NULL)
		if (atoi(++slash) > 32)
			return true;
	return false;
}

static bool
has_bare_value(uint16_t type, const char *text)
{
	const char *end = text, *value = text;
	for (unsigned i = 0; value != NULL && i < 3; i++)
		value = next_word(type, end, &end);
	return (type == 256 || type == 257) && value != NULL && *value != '"';
}

static bool
is_odd_nsap(uint16_t type, const char *text)
{
	return type == 22 && (strcmp(text, "0x") == 0 || text[1] == 'X');
}

static bool
has_blank_at_end(uint16_t type, const char *text)
{
	(void)type;
	return text[0] != '\0' && text[strlen(text) - 1] == ' ';
}

static bool
has_needy_key(uint16_t type, const char *text)
{
	static const char *const needy[] = { "alpn", "port",     "ipv4hint",
					     "ech",  "ipv6hint", "dohpath" };
	const char *end = text, *word;
	while (has_pairs(type) && (word = next_word(type, end, &end)) != NULL) {
		size_t size = (size_t)(end - word);
		for (unsigned i = 0; i < sizeof needy / sizeof needy[0]; i++)
			if (size == strlen(needy[i]) && memcmp(word, needy[i], size) == 0)
				return true;
	}
	return has_pairs(type) &&
	       (strstr(text, " mandatory") != NULL || strstr(text, " no-default-alpn") != NULL);
}

static bool
has_split_key(uint16_t type, const char *text)
{
	return type == 45 && word_count(type, text) > 5;
}

static bool
is_meta(uint16_t type, const char *text)
{
	(void)text;
	return type_is_meta(type);
}

static const struct difference {
	const char *words, *reference;
	unsigned ways;
	bool (*holds)(uint16_t type, const char *text);
} differences[] = {
	{ "ldns writes the format octet of an ATMA with the address", "af-saa-0069.000",
	  PRESENTS | READS | WRITES, is_atma },
	{ "ldns leaves a quote in a name without its backslash", "RFC 1035, section 5.1", WRITES,
	  has_quote },
	{ "and then it looks like the quote of a string or a value", "RFC 1035, section 5.1",
	  PRESENTS, has_quote_first },
	{ "ldns writes all eight groups of an IPv6 prefix", "RFC 5952, section 4.2", PRESENTS,
	  has_ipv6_prefix },
	{ "ldns takes an @ at the start of a name for the origin", "RFC 1035, section 5.1", READS,
	  has_name_at },
	{ "ldns counts times from today's, not from 1970", "RFC 4034, section 3.2", READS | WRITES,
	  has_far_time },
	{ "ldns has no word for newer keys", "RFC 9540, section 4", PRESENTS | READS, has_new_key },
	{ "ldns escapes a comma in an alpn once, not twice", "RFC 9460, appendix A.1",
	  PRESENTS | READS | WRITES, has_alpn_escape },
	{ "ldns pads the hash of a length that no algorithm has", "RFC 5155, section 3.3",
	  PRESENTS | READS | WRITES, has_odd_hash },
	{ "ldns has no words for newer types", "RFC 3597, section 5", READS, has_new_type },
	{ "ldns wants a key in a KEY and in an IPSECKEY",
	  "RFC 2535, section 3.1.2; RFC 4025, section 2.4", PRESENTS | READS | WRITES, has_no_key },
	{ "ldns reads 0 as base64 of nothing", "RFC 4648, section 4", READS, is_zero },
	{ "ldns wants a type in a CSYNC", "RFC 7477, section 2.1.2", READS, has_no_bitmap },
	{ "ldns takes a CERT of type 0 for an unknown word", "RFC 4398, section 2.2", READS,
	  has_cert_type_0 },
	{ "ldns asks the system for the names of protocols and ports", "RFC 1035, section 3.4.2",
	  PRESENTS | READS | WRITES, is_wks },
	{ "in a name or a word that no quote opened a quote starts the next word",
	  "RFC 1035, section 5.1", READS, has_inner_quote },
	{ "a LOC may do without minutes, seconds and sizes, but lies on the Earth",
	  "RFC 1876, section 3", READS, is_odd_loc },
	{ "a prefix is no longer than its address", "RFC 3123, section 4", READS, has_long_prefix },
	{ "a value may do without its quotes", "RFC 8659, section 4.1.1", READS, has_bare_value },
	{ "an NSAP has octets, and its 0x any case", "RFC 1706, section 5", READS, is_odd_nsap },
	{ "white space may follow the last word", "RFC 1035, section 5.1", READS,
	  has_blank_at_end },
	{ "keys that need a value or other keys need them on paper too",
	  "RFC 9460, sections 7 and 8", READS, has_needy_key },
	{ "white space may stand inside a key", "RFC 4025, section 3.1", READS, has_split_key },
	{ "ldns does not read meta types", "RFC 8945, section 4.2", READS, is_meta },
};

bool
text_may_differ(enum way way, uint16_t type, const char *text, const char *theirs)
{
	for (unsigned i = 0; i < sizeof differences / sizeof differences[0]; i++)
		if ((differences[i].ways & way) != 0 && differences[i].holds(type, text))
			return true;
	return (way & (READS | WRITES)) != 0 && has_far_time(type, theirs);
}
