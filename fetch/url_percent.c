#include "fetch/url_percent.h"

/* What each set has beyond the C0 controls, DEL and all that is not ASCII. */
#define QUERY_SET     " \"#<>"
#define PATH_SET      QUERY_SET "?^`{}"
#define USERINFO_SET  PATH_SET "/:;=@[\\]|"
#define COMPONENT_SET USERINFO_SET "$%&+,"

static const struct span sets[] = {
	[PERCENT_C0_CONTROL] = SPAN_LITERAL(""),
	[PERCENT_FRAGMENT] = SPAN_LITERAL(" \"<>`"),
	[PERCENT_QUERY] = SPAN_LITERAL(QUERY_SET),
	[PERCENT_SPECIAL_QUERY] = SPAN_LITERAL(QUERY_SET "'"),
	[PERCENT_PATH] = SPAN_LITERAL(PATH_SET),
	[PERCENT_USERINFO] = SPAN_LITERAL(USERINFO_SET),
	[PERCENT_COMPONENT] = SPAN_LITERAL(COMPONENT_SET),
	[PERCENT_FORM] = SPAN_LITERAL(COMPONENT_SET "!'()~"),
};

bool
percent_set_has(enum percent_set set, char octet)
{
	if ((uint8_t)octet < 0x20 || (uint8_t)octet > 0x7e)
		return true;
	return span_find(sets[set], octet) != sets[set].bytes;
}

size_t
percent_encode(struct span text, enum percent_set set, char *encoded)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;
	for (size_t i = 0; i < text.bytes; i++) {
		char octet = text.at[i];
		if (set == PERCENT_FORM && octet == ' ') {
			encoded[used++] = '+';
		} else if (percent_set_has(set, octet)) {
			encoded[used++] = '%';
			encoded[used++] = digits[(uint8_t)octet >> 4];
			encoded[used++] = digits[(uint8_t)octet & 15];
		} else {
			encoded[used++] = octet;
		}
	}
	return used;
}

int
percent_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = span_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
percent_is_encoded(struct span text, size_t at)
{
	return text.bytes - at >= PERCENT_ENCODED_BYTES && text.at[at] == '%' &&
	       percent_hex_value(text.at[at + 1]) >= 0 && percent_hex_value(text.at[at + 2]) >= 0;
}

size_t
percent_decode(struct span text, char *decoded)
{
	size_t used = 0;
	for (size_t i = 0; i < text.bytes; i++) {
		if (!percent_is_encoded(text, i)) {
			decoded[used++] = text.at[i];
			continue;
		}
		int value =
			percent_hex_value(text.at[i + 1]) << 4 | percent_hex_value(text.at[i + 2]);
		decoded[used++] = (char)value;
		i += 2;
	}
	return used;
}
