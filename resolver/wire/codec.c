#include "resolver/wire/codec.h"

#include "resolver/wire/date.h"
#include "resolver/wire/fold.h"

#define TIME_DIGITS 14u
#define DAY_S       86400u
#define NOT_A_DIGIT 0xffu

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base32hex_digits[] = "0123456789abcdefghijklmnopqrstuv";

/* ---- writing ------------------------------------------------------------------------------------- */

void
put_char(struct writer *out, char character)
{
	writer_u8(out, (uint8_t)character);
}

void
put_text(struct writer *out, const char *text)
{
	writer_bytes(out, text, strlen(text));
}

void
put_number(struct writer *out, uint64_t number)
{
	char digits[20]; /* of UINT64_MAX */
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	writer_bytes(out, digits + at, sizeof digits - at);
}

void
put_hex(struct writer *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		put_char(out, base32hex_digits[bytes[i] >> 4]);
		put_char(out, base32hex_digits[bytes[i] & 15]);
	}
}

void
put_base32hex(struct writer *out, const uint8_t *bytes, size_t size)
{
	uint32_t bits = 0, count = 0; /* not yet written */
	for (size_t i = 0; i < size; i++) {
		bits = (bits & 0x1f) << 8 | bytes[i];
		for (count += 8; count >= 5; count -= 5)
			put_char(out, base32hex_digits[bits >> (count - 5) & 0x1f]);
	}
	if (count > 0)
		put_char(out, base32hex_digits[bits << (5 - count) & 0x1f]);
}

void
put_base64(struct writer *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 3) {
		uint32_t second = i + 1 < size ? bytes[i + 1] : 0,
			 third = i + 2 < size ? bytes[i + 2] : 0;
		uint32_t bits = (uint32_t)bytes[i] << 16 | second << 8 | third;
		put_char(out, base64_digits[bits >> 18]);
		put_char(out, base64_digits[bits >> 12 & 0x3f]);
		put_char(out, i + 1 < size ? base64_digits[bits >> 6 & 0x3f] : '=');
		put_char(out, i + 2 < size ? base64_digits[bits & 0x3f] : '=');
	}
}

void
put_escaped(struct writer *out, uint8_t octet, const char *special)
{
	if (octet < 0x20 || octet > 0x7e) {
		put_char(out, '\\');
		put_char(out, (char)('0' + octet / 100));
		put_char(out, (char)('0' + octet / 10 % 10));
		put_char(out, (char)('0' + octet % 10));
		return;
	}
	if (strchr(special, octet) != NULL)
		put_char(out, '\\');
	put_char(out, (char)octet);
}

void
put_quoted(struct writer *out, const uint8_t *bytes, size_t size)
{
	put_char(out, '"');
	for (size_t i = 0; i < size; i++)
		put_escaped(out, bytes[i], "\"\\");
	put_char(out, '"');
}

/* ---- times ---------------------------------------------------------------------------------------- */

static void
put_digits(struct writer *out, unsigned number, unsigned digits)
{
	for (unsigned scale = digits == 4 ? 1000 : 10; scale > 0; scale /= 10)
		put_char(out, (char)('0' + number / scale % 10));
}

void
put_time(struct writer *out, uint32_t seconds)
{
	struct date date = date_of_day(seconds / DAY_S);
	put_digits(out, date.year, 4);
	put_digits(out, date.month, 2);
	put_digits(out, date.day, 2);
	put_digits(out, seconds / 3600 % 24, 2);
	put_digits(out, seconds / 60 % 60, 2);
	put_digits(out, seconds % 60, 2);
}

static unsigned
two_digits(const char *text)
{
	return (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
}

int
get_time(const char *text, size_t size, uint32_t *seconds)
{
	uint64_t number;
	if (size != TIME_DIGITS) {
		int err = get_number(text, size, UINT32_MAX, &number);
		*seconds = (uint32_t)number;
		return err;
	}
	if (get_number(text, size, UINT64_MAX, &number) != 0)
		return ERR_MALFORMED;
	struct date date = { two_digits(text) * 100 + two_digits(text + 2), two_digits(text + 4),
			     two_digits(text + 6) };
	unsigned hour = two_digits(text + 8), minute = two_digits(text + 10),
		 second = two_digits(text + 12);
	if (date.year < 1970 || date.year > 2106 || date.month == 0 || date.month > 12 ||
	    date.day == 0 || date.day > date_month_days(date.year, date.month) || hour > 23 ||
	    minute > 59 || second > 59)
		return ERR_MALFORMED;
	number = date_days(&date) * DAY_S + hour * 3600u + minute * 60u + second;
	*seconds = (uint32_t)number;
	return number > UINT32_MAX ? ERR_TOO_BIG : 0;
}

/* ---- numbers ------------------------------------------------------------------------------------- */

int
get_number(const char *text, size_t size, uint64_t max, uint64_t *number)
{
	*number = 0;
	if (size == 0)
		return ERR_MALFORMED;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return ERR_MALFORMED;
		uint64_t digit = (uint64_t)(text[i] - '0');
		if (*number > (max - digit) / 10)
			return ERR_TOO_BIG;
		*number = *number * 10 + digit;
	}
	return 0;
}

static uint32_t
unit_seconds(char unit)
{
	switch (fold_u8((uint8_t)unit)) {
	case 's': return 1;
	case 'm': return 60;
	case 'h': return 3600;
	case 'd': return DAY_S;
	case 'w': return 7 * DAY_S;
	default: return 0;
	}
}

int
get_period(const char *text, size_t size, uint32_t max, uint32_t *seconds)
{
	uint64_t total = 0, number;
	if (size == 0)
		return ERR_MALFORMED;
	while (size > 0) {
		size_t digits = 0;
		while (digits < size && text[digits] >= '0' && text[digits] <= '9')
			digits++;
		int err = get_number(text, digits, max, &number);
		if (err != 0)
			return err;
		uint32_t unit = digits < size ? unit_seconds(text[digits]) : 1;
		if (unit == 0)
			return ERR_MALFORMED;
		total += number * unit;
		if (total > max)
			return ERR_TOO_BIG;
		digits += digits < size;
		text += digits;
		size -= digits;
	}
	*seconds = (uint32_t)total;
	return 0;
}

/* ---- octets -------------------------------------------------------------------------------------- */

static uint8_t
hex_digit(char character)
{
	uint8_t folded = fold_u8((uint8_t)character);
	if (folded >= '0' && folded <= '9')
		return (uint8_t)(folded - '0');
	return folded >= 'a' && folded <= 'f' ? (uint8_t)(folded - 'a' + 10) : NOT_A_DIGIT;
}

int
get_hex(const char *text, size_t size, struct writer *out)
{
	unsigned digits = 0;
	uint8_t high = 0;
	for (size_t i = 0; i < size; i++) {
		if (is_blank(text[i]))
			continue;
		uint8_t digit = hex_digit(text[i]);
		if (digit == NOT_A_DIGIT)
			return ERR_MALFORMED;
		if (digits++ % 2 == 0)
			high = digit;
		else
			writer_u8(out, (uint8_t)(high << 4 | digit));
	}
	return digits % 2 != 0 ? ERR_MALFORMED : out->err;
}

static uint8_t
base64_digit(char character)
{
	const char *found = character == '\0' ? NULL : strchr(base64_digits, character);
	return found == NULL ? NOT_A_DIGIT : (uint8_t)(found - base64_digits);
}

int
get_base64(const char *text, size_t size, struct writer *out)
{
	uint32_t bits = 0;
	unsigned digits = 0, padding = 0;
	for (size_t i = 0; i < size; i++) {
		if (is_blank(text[i]))
			continue;
		uint8_t digit = base64_digit(text[i]);
		if (text[i] == '=' && digits % 4 >= 2)
			padding++, digit = 0;
		else if (digit == NOT_A_DIGIT || padding > 0)
			return ERR_MALFORMED;
		bits = bits << 6 | digit;
		if (++digits % 4 != 0)
			continue;
		if ((bits & (padding == 0 ? 0u : padding == 1 ? 0xffu : 0xffffu)) != 0)
			return ERR_MALFORMED;
		writer_u8(out, (uint8_t)(bits >> 16));
		if (padding < 2)
			writer_u8(out, (uint8_t)(bits >> 8));
		if (padding < 1)
			writer_u8(out, (uint8_t)bits);
	}
	return digits % 4 != 0 ? ERR_MALFORMED : out->err;
}

int
get_base32hex(const char *text, size_t size, struct writer *out)
{
	uint32_t bits = 0;
	unsigned count = 0;
	for (size_t i = 0; i < size; i++) {
		char folded = (char)fold_u8((uint8_t)text[i]);
		const char *digit = folded == '\0' ? NULL : strchr(base32hex_digits, folded);
		if (digit == NULL)
			return ERR_MALFORMED;
		bits = (bits & 0xff) << 5 | (uint32_t)(digit - base32hex_digits);
		count += 5;
		if (count >= 8) {
			count -= 8;
			writer_u8(out, (uint8_t)(bits >> count));
		}
	}
	if (count >= 5 || (bits & ((1u << count) - 1)) != 0)
		return ERR_MALFORMED; /* a digit too many, or bits that mean nothing */
	return out->err;
}

int
get_escaped(const char *text, size_t size, struct writer *out)
{
	for (size_t i = 0; i < size; i++) {
		uint64_t octet = (uint8_t)text[i];
		if (text[i] == '\\') {
			if (++i == size)
				return ERR_MALFORMED;
			octet = (uint8_t)text[i];
			if (octet >= '0' && octet <= '9') {
				if (size - i < 3 || get_number(text + i, 3, UINT8_MAX, &octet) != 0)
					return ERR_MALFORMED;
				i += 2;
			}
		}
		writer_u8(out, (uint8_t)octet);
	}
	return out->err;
}

bool
text_is(const char *text, size_t size, const char *word)
{
	return size == strlen(word) &&
	       fold_equal((const uint8_t *)text, (const uint8_t *)word, size);
}
