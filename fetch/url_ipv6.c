#include "fetch/url_priv.h"

#include <stdio.h>

#define PIECES         8u
#define PIECE_DIGITS   4u
#define PARTS          4u /* of an IPv4 address at the end */
#define NOT_COMPRESSED PIECES + 1

struct ipv6 {
	const struct url_parser *parser; /* where errors are recorded */
	struct span rest;
	uint16_t pieces[PIECES];
	unsigned piece_index;
	unsigned compress; /* the piece at which :: stands, or NOT_COMPRESSED */
};

static int
c_of(const struct ipv6 *ipv6)
{
	return ipv6->rest.bytes != 0 ? (uint8_t)ipv6->rest.at[0] : URL_END;
}

static void
skip(struct ipv6 *ipv6, size_t bytes)
{
	ipv6->rest = span_from(ipv6->rest, bytes);
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static unsigned
digit_of(const struct ipv6 *ipv6)
{
	return (unsigned)(c_of(ipv6) - '0');
}

/* One part of the IPv4 address: no leading zeros here, other than in an address of its own. */
static int
parse_part(struct ipv6 *ipv6, unsigned *part)
{
	if (!is_digit(c_of(ipv6)))
		return url__fail(ipv6->parser, URL_ERROR_IPV4_IN_IPV6_INVALID_CODE_POINT);
	*part = digit_of(ipv6);
	for (skip(ipv6, 1); is_digit(c_of(ipv6)); skip(ipv6, 1)) {
		if (*part == 0)
			return url__fail(ipv6->parser, URL_ERROR_IPV4_IN_IPV6_INVALID_CODE_POINT);
		*part = *part * 10 + digit_of(ipv6);
		if (*part > 255)
			return url__fail(ipv6->parser, URL_ERROR_IPV4_IN_IPV6_OUT_OF_RANGE_PART);
	}
	return 0;
}

static int
parse_ipv4(struct ipv6 *ipv6)
{
	unsigned seen = 0, part = 0;
	if (ipv6->piece_index > PIECES - 2)
		return url__fail(ipv6->parser, URL_ERROR_IPV4_IN_IPV6_TOO_MANY_PIECES);
	while (c_of(ipv6) != URL_END) {
		if (seen > 0) {
			if (c_of(ipv6) != '.' || seen == PARTS)
				return url__fail(ipv6->parser,
						 URL_ERROR_IPV4_IN_IPV6_INVALID_CODE_POINT);
			skip(ipv6, 1);
		}
		int err = parse_part(ipv6, &part);
		if (err != 0)
			return err;
		uint16_t *piece = &ipv6->pieces[ipv6->piece_index];
		*piece = (uint16_t)((unsigned)*piece << 8 | part);
		seen++;
		if (seen == 2 || seen == 4)
			ipv6->piece_index++;
	}
	if (seen != PARTS)
		return url__fail(ipv6->parser, URL_ERROR_IPV4_IN_IPV6_TOO_FEW_PARTS);
	return 0;
}

/* Up to four hexadecimal digits and the colon behind them, or the IPv4 address that they begin. */
static int
parse_piece(struct ipv6 *ipv6)
{
	unsigned value = 0, length = 0;
	struct span begin = ipv6->rest;
	for (; length < PIECE_DIGITS && ipv6->rest.bytes != 0; length++, skip(ipv6, 1)) {
		int digit = percent_hex_value(ipv6->rest.at[0]);
		if (digit < 0)
			break;
		value = value << 4 | (unsigned)digit;
	}
	if (c_of(ipv6) == '.') {
		if (length == 0)
			return url__fail(ipv6->parser, URL_ERROR_IPV4_IN_IPV6_INVALID_CODE_POINT);
		ipv6->rest = begin;
		return parse_ipv4(ipv6);
	}
	if (c_of(ipv6) == ':') {
		skip(ipv6, 1);
		if (c_of(ipv6) == URL_END)
			return url__fail(ipv6->parser, URL_ERROR_IPV6_INVALID_CODE_POINT);
	} else if (c_of(ipv6) != URL_END) {
		return url__fail(ipv6->parser, URL_ERROR_IPV6_INVALID_CODE_POINT);
	}
	if (length > 1 && value < 1u << 4 * (length - 1))
		url__warn(ipv6->parser, URL_ERROR_IPV6_PIECE_LEADING_ZERO);
	ipv6->pieces[ipv6->piece_index++] = (uint16_t)value;
	return 0;
}

static int
parse_pieces(struct ipv6 *ipv6)
{
	while (c_of(ipv6) != URL_END) {
		int err = 0;
		if (ipv6->piece_index == PIECES)
			return url__fail(ipv6->parser, URL_ERROR_IPV6_TOO_MANY_PIECES);
		if (c_of(ipv6) != ':')
			err = parse_piece(ipv6);
		else if (ipv6->compress != NOT_COMPRESSED)
			return url__fail(ipv6->parser, URL_ERROR_IPV6_MULTIPLE_COMPRESSION);
		else {
			skip(ipv6, 1);
			ipv6->compress = ++ipv6->piece_index;
		}
		if (err != 0)
			return err;
	}
	return 0;
}

/* Moves the pieces behind :: to the end, so that the zeros stand in between. */
static void
expand(struct ipv6 *ipv6)
{
	unsigned moved = ipv6->piece_index - ipv6->compress;
	for (unsigned i = 0; i < moved; i++) {
		unsigned from = ipv6->piece_index - 1 - i, to = PIECES - 1 - i;
		uint16_t piece = ipv6->pieces[from];
		ipv6->pieces[from] = ipv6->pieces[to];
		ipv6->pieces[to] = piece;
	}
}

int
url__parse_ipv6(const struct url_parser *parser, struct span text, uint8_t address[16])
{
	struct ipv6 ipv6 = { .parser = parser, .rest = text, .compress = NOT_COMPRESSED };
	if (c_of(&ipv6) == ':') {
		if (!span_starts(text, SPAN("::")))
			return url__fail(parser, URL_ERROR_IPV6_INVALID_COMPRESSION);
		skip(&ipv6, 2);
		ipv6.compress = ++ipv6.piece_index;
	}
	int err = parse_pieces(&ipv6);
	if (err != 0)
		return err;
	if (ipv6.compress != NOT_COMPRESSED)
		expand(&ipv6);
	else if (ipv6.piece_index != PIECES)
		return url__fail(parser, URL_ERROR_IPV6_TOO_FEW_PIECES);
	for (unsigned i = 0; i < PIECES; i++) {
		address[2 * i] = (uint8_t)(ipv6.pieces[i] >> 8);
		address[2 * i + 1] = (uint8_t)ipv6.pieces[i];
	}
	return 0;
}

static unsigned
piece_of(const uint8_t address[16], unsigned index)
{
	return (unsigned)address[2 * index] << 8 | address[2 * index + 1];
}

/* Where the first longest run of two or more zeros begins (RFC 5952, section 4.2); PIECES when there is none. */
static unsigned
compressed_piece_index(const uint8_t address[16])
{
	unsigned longest_index = PIECES, longest_size = 1, size = 0;
	for (unsigned i = 0; i < PIECES; i++) {
		size = piece_of(address, i) == 0 ? size + 1 : 0;
		if (size > longest_size) {
			longest_size = size;
			longest_index = i + 1 - size;
		}
	}
	return longest_index;
}

size_t
url__serialise_ipv6(const uint8_t address[16], char text[URL_IPV6_TEXT_BYTES + 1])
{
	unsigned compress = compressed_piece_index(address);
	size_t used = 0;
	for (unsigned i = 0; i < PIECES; i++) {
		if (i == compress) {
			text[used++] = ':';
			if (i == 0)
				text[used++] = ':';
			while (i + 1 < PIECES && piece_of(address, i + 1) == 0)
				i++;
			continue;
		}
		used += (size_t)snprintf(text + used, URL_IPV6_TEXT_BYTES + 1 - used, "%x%s",
					 piece_of(address, i), i + 1 < PIECES ? ":" : "");
	}
	text[used] = '\0';
	return used;
}
