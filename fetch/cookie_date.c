/* RFC 6265bis, section 5.1.1: the parts of a date in any order, each taken once. */
#include "fetch/cookie.h"
#include "fetch/http_date.h"

struct found {
	bool has_time, has_day, has_month, has_year;
	struct http_date date;
};

static bool
is_delimiter(char c)
{
	unsigned char u = (unsigned char)c;
	return u == 0x09 || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) ||
	       (u >= 0x5b && u <= 0x60) || (u >= 0x7b && u <= 0x7e);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* min to max digits at the start, and no digit after them; 0: not so. */
static size_t
read_digits(struct span text, size_t min, size_t max, unsigned *number)
{
	size_t digits = 0;
	*number = 0;
	while (digits < text.bytes && digits <= max && is_digit(text.at[digits])) {
		if (digits < max)
			*number = *number * 10 + (unsigned)(text.at[digits] - '0');
		digits++;
	}
	return digits >= min && digits <= max ? digits : 0;
}

/* hh:mm:ss, each of one or two digits; anything may follow but a digit. */
static bool
read_time(struct span token, struct http_date *date)
{
	unsigned *const parts[] = { &date->hour, &date->minute, &date->second };
	unsigned numbers[3];
	for (size_t i = 0; i < 3; i++) {
		size_t digits = read_digits(token, 1, 2, &numbers[i]);
		if (digits == 0)
			return false;
		token = span_from(token, digits);
		if (i < 2) {
			if (token.bytes == 0 || token.at[0] != ':')
				return false;
			token = span_from(token, 1);
		}
	}
	for (size_t i = 0; i < 3; i++)
		*parts[i] = numbers[i];
	return true;
}

static void
read_token(struct span token, struct found *found)
{
	unsigned number;
	if (!found->has_time && read_time(token, &found->date)) {
		found->has_time = true;
	} else if (!found->has_day && read_digits(token, 1, 2, &number) != 0) {
		found->has_day = true;
		found->date.day = number;
	} else if (!found->has_month && token.bytes >= 3 && http_date_month(token) != 0) {
		found->has_month = true;
		found->date.month = http_date_month(token);
	} else if (!found->has_year && read_digits(token, 2, 4, &number) != 0) {
		found->has_year = true;
		found->date.year = (int)number;
	}
}

int
cookie_date_read(struct span text, int64_t *time_s)
{
	struct found found = { .has_time = false };
	while (text.bytes != 0) {
		size_t bytes = 0;
		while (bytes < text.bytes && !is_delimiter(text.at[bytes]))
			bytes++;
		read_token(span_first(text, bytes), &found);
		text = span_from(text, bytes < text.bytes ? bytes + 1 : bytes);
	}
	int *year = &found.date.year;
	if (*year >= 70 && *year <= 99)
		*year += 1900;
	else if (*year >= 0 && *year <= 69)
		*year += 2000;
	if (!found.has_time || !found.has_day || !found.has_month || !found.has_year ||
	    *year < 1601 || found.date.second > 59)
		return ERR_MALFORMED;
	return http_date_to_time(&found.date, time_s);
}
