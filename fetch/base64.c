#include "fetch/base64.h"

#include "stack/base/err.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct span octets, char *encoded)
{
	for (size_t i = 0; i < octets.bytes; i += 3) {
		size_t count = octets.bytes - i < 3 ? octets.bytes - i : 3;
		uint32_t group = (uint32_t)(uint8_t)octets.at[i] << 16;
		if (count > 1)
			group |= (uint32_t)(uint8_t)octets.at[i + 1] << 8;
		if (count > 2)
			group |= (uint8_t)octets.at[i + 2];
		*encoded++ = digits[group >> 18];
		*encoded++ = digits[group >> 12 & 63];
		*encoded++ = count > 1 ? digits[group >> 6 & 63] : '=';
		*encoded++ = count > 2 ? digits[group & 63] : '=';
	}
}

static int
digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool
is_white_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* How many digits there are, and padding is right: none, or as much as makes the length a multiple of 4. */
static bool
count_digits(struct span text, size_t *count)
{
	size_t padding = 0;
	*count = 0;
	for (size_t i = 0; i < text.bytes; i++) {
		if (is_white_space(text.at[i]))
			continue;
		if (text.at[i] == '=')
			padding++;
		else if (padding != 0 || digit_value(text.at[i]) < 0)
			return false;
		else
			(*count)++;
	}
	return *count % 4 != 1 && (padding == 0 || (padding <= 2 && (*count + padding) % 4 == 0));
}

int
base64_decode_forgiving(struct span text, char *decoded, size_t *decoded_bytes)
{
	size_t count, used = 0;
	uint32_t group = 0;
	unsigned bits = 0;
	if (!count_digits(text, &count))
		return ERR_MALFORMED;
	for (size_t i = 0; i < text.bytes; i++) {
		int value = digit_value(text.at[i]);
		if (value < 0)
			continue;
		group = group << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			decoded[used++] = (char)(group >> bits);
		}
	}
	*decoded_bytes = used; /* left-over bits are dropped */
	return 0;
}
