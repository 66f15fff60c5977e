#include "tests/resolver/wire/ldns_words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "resolver/wire/text.h"

bool
has_pairs(uint16_t type)
{
	return type == TYPE_SVCB || type == TYPE_HTTPS;
}

const char *
next_word(uint16_t type, const char *at, const char **end)
{
	while (*at == ' ')
		at++;
	const char *start = at;
	bool is_quoted = *at == '"', in_quotes = is_quoted;
	for (at += is_quoted; *at != '\0' && (in_quotes || *at != ' '); at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"' && is_quoted)
			break;
		else if (*at == '"' && has_pairs(type) && (in_quotes || at[-1] == '='))
			in_quotes = !in_quotes;
	}
	*end = at + (is_quoted && *at == '"');
	return *end == start ? NULL : start;
}

unsigned
word_count(uint16_t type, const char *text)
{
	const char *end = text;
	unsigned words = 0;
	while (next_word(type, end, &end) != NULL)
		words++;
	return words;
}

bool
is_time(const char *text, size_t size, uint32_t *seconds)
{
	struct tm tm = { 0 };
	if (size != 14 || strspn(text, "0123456789") < 14 ||
	    sscanf(text, "%4d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*seconds = (uint32_t)timegm(&tm);
	return true;
}

/* What both may write as they like comes to one form. */
static size_t
settle(char *to, uint16_t type, const char *word, size_t size)
{
	size_t used = 0, skip = 0;
	bool is_quoted = word[0] == '"';
	if (type == 29 && size == 2 && word[0] == '0') /* LOC: 05 minutes, 3.00m */
		skip = 1;
	if (type == 29 && size > 4 && memcmp(word + size - 4, ".00m", 4) == 0)
		size -= 4;
	else if (type == 29 && size > 1 && strspn(word, "-0123456789.") == size - 1 &&
		 word[size - 1] == 'm')
		size -= 1;
	for (size_t i = skip; i < size; i++) {
		if (word[i] == '\\' && i + 1 < size) {
			if (is_quoted || strchr("\"@$", word[i + 1]) == NULL)
				to[used++] = word[i];
			to[used++] =
				word[++i]; /* of the three some mean something at some places */
			continue;
		}
		if (word[i] == '"' && has_pairs(type) && (i + 1 == size || word[i - 1] == '='))
			continue; /* around the value of a key, needed or not (RFC 9460, section 2.1) */
		if (word[i] == '\t')
			used += (size_t)sprintf(to + used, "\\009");
		else
			to[used++] = word[i];
	}
	return used;
}

static bool
is_same_type(const char *a, size_t a_size, const char *b, size_t b_size)
{
	char a_text[TYPE_TEXT_BYTES], b_text[TYPE_TEXT_BYTES];
	uint16_t a_type, b_type;
	snprintf(a_text, sizeof a_text, "%.*s", (int)(a_size > 15 ? 15 : a_size), a);
	snprintf(b_text, sizeof b_text, "%.*s", (int)(b_size > 15 ? 15 : b_size), b);
	return type_from_text(a_text, &a_type) == 0 && type_from_text(b_text, &b_type) == 0 &&
	       a_type == b_type;
}

static bool
is_same_word(uint16_t type, const char *a, size_t a_size, const char *b, size_t b_size)
{
	static char a_text[TEXT_BYTES], b_text[TEXT_BYTES];
	uint32_t a_seconds, b_seconds;
	if (is_time(a, a_size, &a_seconds) && is_time(b, b_size, &b_seconds))
		return a_seconds == b_seconds;
	size_t a_settled = settle(a_text, type, a, a_size),
	       b_settled = settle(b_text, type, b, b_size);
	return (a_settled == b_settled && memcmp(a_text, b_text, a_settled) == 0) ||
	       is_same_type(a, a_size, b, b_size);
}

bool
is_same_text(uint16_t type, const char *a, const char *b)
{
	const char *a_end = a, *b_end = b;
	do {
		a = next_word(type, a_end, &a_end);
		b = next_word(type, b_end, &b_end);
		if (a != NULL && b != NULL &&
		    !is_same_word(type, a, (size_t)(a_end - a), b, (size_t)(b_end - b)))
			return false;
	} while (a != NULL && b != NULL);
	return a == b; /* both at their end */
}
