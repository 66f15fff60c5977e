#include "fetch/utf8.h"

#include <string.h>

#include <assert.h>
#include <stdbool.h>

/*
 * What may follow a leading octet (RFC 3629, section 4).  The second octet's range is narrower
 * behind E0, ED, F0 and F4: overlong forms, surrogates and code points above U+10FFFF end here.
 */
struct lead {
	uint32_t bits;
	unsigned tail_count;
	uint8_t second_min, second_max;
};

static bool
lead_from_octet(struct lead *lead, uint8_t octet)
{
	*lead = (struct lead){ .second_min = 0x80, .second_max = 0xbf };
	if (octet >= 0xc2 && octet <= 0xdf) {
		lead->tail_count = 1;
		lead->bits = octet & 0x1fu;
	} else if (octet >= 0xe0 && octet <= 0xef) {
		lead->tail_count = 2;
		lead->bits = octet & 0x0fu;
		lead->second_min = octet == 0xe0 ? 0xa0 : 0x80;
		lead->second_max = octet == 0xed ? 0x9f : 0xbf;
	} else if (octet >= 0xf0 && octet <= 0xf4) {
		lead->tail_count = 3;
		lead->bits = octet & 0x07u;
		lead->second_min = octet == 0xf0 ? 0x90 : 0x80;
		lead->second_max = octet == 0xf4 ? 0x8f : 0xbf;
	}
	return lead->tail_count != 0;
}

uint32_t
utf8_next(const char *text, size_t bytes, size_t *at)
{
	assert(*at < bytes);
	uint8_t octet = (uint8_t)text[(*at)++];
	if (octet < 0x80)
		return octet;
	struct lead lead;
	if (!lead_from_octet(&lead, octet))
		return UTF8_REPLACEMENT;

	uint32_t code_point = lead.bits;
	for (unsigned i = 0; i < lead.tail_count; i++) {
		uint8_t min = i == 0 ? lead.second_min : 0x80;
		uint8_t max = i == 0 ? lead.second_max : 0xbf;
		if (*at == bytes || (uint8_t)text[*at] < min || (uint8_t)text[*at] > max)
			return UTF8_REPLACEMENT; /* the octet that does not fit begins the next one */
		code_point = code_point << 6 | ((uint8_t)text[(*at)++] & 0x3fu);
	}
	return code_point;
}

size_t
utf8_encode(uint32_t code_point, char encoded[UTF8_ENCODED_BYTES])
{
	bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
	if (is_surrogate || code_point > UTF8_CODE_POINT_MAX)
		code_point = UTF8_REPLACEMENT;
	if (code_point < 0x80) {
		encoded[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		encoded[0] = (char)(0xc0 | code_point >> 6);
		encoded[1] = (char)(0x80 | (code_point & 0x3f));
		return 2;
	}
	if (code_point < 0x10000) {
		encoded[0] = (char)(0xe0 | code_point >> 12);
		encoded[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
		encoded[2] = (char)(0x80 | (code_point & 0x3f));
		return 3;
	}
	encoded[0] = (char)(0xf0 | code_point >> 18);
	encoded[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
	encoded[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
	encoded[3] = (char)(0x80 | (code_point & 0x3f));
	return 4;
}

/* What reads as U+FFFD is valid only when it is spelled out. */
bool
utf8_is_valid(const char *text, size_t bytes)
{
	size_t at = 0;
	while (at < bytes) {
		size_t from = at;
		if (utf8_next(text, bytes, &at) == UTF8_REPLACEMENT &&
		    (at - from != 3 || memcmp(text + from, "\xef\xbf\xbd", 3) != 0))
			return false;
	}
	return true;
}
