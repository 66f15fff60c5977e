#include "fetch/url_priv.h"

#include <stdio.h>

#define PARTS_MAX      4u
#define NUMBER_TOO_BIG (1ull << 32) /* stands for every number that no address holds */

/* The IPv4 number parser: "0x" is hexadecimal, a leading zero octal, and "0x" alone is zero. */
static bool
parse_number(struct span text, uint64_t *number, bool *is_decimal)
{
	uint64_t radix = 10;
	*number = 0;
	*is_decimal = true;
	if (text.bytes == 0)
		return false;
	if (span_starts_nocase(text, SPAN("0x"))) {
		text = span_from(text, 2);
		radix = 16;
	} else if (text.bytes >= 2 && text.at[0] == '0') {
		text = span_from(text, 1);
		radix = 8;
	}
	*is_decimal = radix == 10;
	for (size_t i = 0; i < text.bytes; i++) {
		int digit = percent_hex_value(text.at[i]);
		if (digit < 0 || (uint64_t)digit >= radix)
			return false;
		*number = *number * radix + (uint64_t)digit;
		if (*number > NUMBER_TOO_BIG)
			*number = NUMBER_TOO_BIG;
	}
	return true;
}

/* The first part, and the rest behind its dot; *is_last when there is no dot. */
static struct span
next_part(struct span *rest, bool *is_last)
{
	size_t dot = span_find(*rest, '.');
	struct span part = span_first(*rest, dot);
	*is_last = dot == rest->bytes;
	*rest = *is_last ? span_from(*rest, dot) : span_from(*rest, dot + 1);
	return part;
}

static bool
is_all_digits(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	}
	return text.bytes != 0;
}

bool
url__ends_in_a_number(struct span domain)
{
	struct span last;
	bool is_last, is_decimal;
	uint64_t number;
	if (span_ends(domain, SPAN(".")))
		domain.bytes--;
	do
		last = next_part(&domain, &is_last);
	while (!is_last);
	return is_all_digits(last) || parse_number(last, &number, &is_decimal);
}

static unsigned
count_parts(struct span text)
{
	unsigned count = 0;
	bool is_last;
	do {
		next_part(&text, &is_last);
		count++;
	} while (!is_last);
	return count;
}

static int
parse_numbers(const struct url_parser *parser, struct span text, uint64_t numbers[PARTS_MAX])
{
	unsigned count = 0;
	bool is_last, is_decimal;
	do {
		if (!parse_number(next_part(&text, &is_last), &numbers[count++], &is_decimal))
			return url__fail(parser, URL_ERROR_IPV4_NON_NUMERIC_PART);
		if (!is_decimal)
			url__warn(parser, URL_ERROR_IPV4_NON_DECIMAL_PART);
	} while (!is_last);
	return 0;
}

/* All but the last part are an octet each, and the last one fills what is left. */
static int
numbers_to_address(const struct url_parser *parser, const uint64_t *numbers, unsigned count,
		   uint8_t address[4])
{
	uint64_t last = numbers[count - 1];
	for (unsigned i = 0; i < count; i++) {
		if (numbers[i] > 255)
			url__warn(parser, URL_ERROR_IPV4_OUT_OF_RANGE_PART);
	}
	for (unsigned i = 0; i + 1 < count; i++) {
		if (numbers[i] > 255)
			return url__fail(parser, URL_ERROR_IPV4_OUT_OF_RANGE_PART);
		address[i] = (uint8_t)numbers[i];
	}
	if (last >= 1ull << 8 * (PARTS_MAX + 1 - count))
		return url__fail(parser, URL_ERROR_IPV4_OUT_OF_RANGE_PART);
	for (unsigned i = PARTS_MAX; i >= count; i--) {
		address[i - 1] = (uint8_t)last;
		last >>= 8;
	}
	return 0;
}

int
url__parse_ipv4(const struct url_parser *parser, struct span text, uint8_t address[4])
{
	uint64_t numbers[PARTS_MAX];
	if (span_ends(text, SPAN("."))) {
		url__warn(parser, URL_ERROR_IPV4_EMPTY_PART);
		text.bytes--;
	}
	unsigned count = count_parts(text);
	if (count < PARTS_MAX)
		url__warn(parser, URL_ERROR_IPV4_TOO_FEW_PARTS);
	if (count > PARTS_MAX)
		return url__fail(parser, URL_ERROR_IPV4_TOO_MANY_PARTS);
	int err = parse_numbers(parser, text, numbers);
	if (err != 0)
		return err;
	return numbers_to_address(parser, numbers, count, address);
}

size_t
url__serialise_ipv4(const uint8_t address[4], char text[URL_IPV4_TEXT_BYTES + 1])
{
	return (size_t)snprintf(text, URL_IPV4_TEXT_BYTES + 1, "%u.%u.%u.%u", address[0],
				address[1], address[2], address[3]);
}
