#include "resolver/wire/fields.h"

#include "resolver/wire/codec.h"
#include "resolver/wire/fold.h"

/*
 * LOC (RFC 1876): angles in thousandths of a second of arc, lengths in centimetres.  The diameter and the two
 * precisions are a digit times a power of ten.
 */
#define ANGLE_ZERO      0x80000000u /* the equator, the prime meridian */
#define DEGREE          3600000u
#define MINUTE          60000u
#define ALTITUDE_ZERO   10000000u /* 100,000 m below the reference spheroid */
#define ALTITUDE_MAX_CM 4284967295u
#define SIZE_MAX_CM     9000000000u
#define SIZE_DEFAULT    0x12u /* 1e2 cm */
#define ACROSS_DEFAULT  0x16u /* 1e6 cm */
#define HEIGHT_DEFAULT  0x13u /* 1e3 cm */

/* ---- to text ------------------------------------------------------------------------------------- */

static void
put_fraction(struct writer *out, uint64_t number, unsigned scale)
{
	put_number(out, number / scale);
	put_char(out, '.');
	for (number %= scale; scale > 1; number %= scale) {
		scale /= 10;
		put_char(out, (char)('0' + number / scale));
	}
}

static void
put_angle(struct writer *out, struct cursor *in, uint32_t degrees_max, const char *directions)
{
	uint32_t angle = cursor_u32(in);
	bool is_negative = angle < ANGLE_ZERO;
	angle = is_negative ? ANGLE_ZERO - angle : angle - ANGLE_ZERO;
	if (angle > degrees_max * DEGREE)
		cursor_fail(in, ERR_MALFORMED);
	put_separator(out);
	put_number(out, angle / DEGREE);
	put_char(out, ' ');
	put_number(out, angle % DEGREE / MINUTE);
	put_char(out, ' ');
	put_fraction(out, angle % MINUTE, 1000);
	put_char(out, ' ');
	put_char(out, directions[is_negative]);
}

static void
put_altitude(struct writer *out, struct cursor *in)
{
	uint32_t altitude = cursor_u32(in);
	put_separator(out);
	if (altitude < ALTITUDE_ZERO)
		put_char(out, '-');
	put_fraction(out,
		     altitude < ALTITUDE_ZERO ? ALTITUDE_ZERO - altitude : altitude - ALTITUDE_ZERO,
		     100);
	put_char(out, 'm');
}

static void
put_size(struct writer *out, struct cursor *in, uint8_t size)
{
	uint64_t cm = size >> 4;
	unsigned exponent = size & 0xf;
	if (cm > 9 || exponent > 9) {
		cursor_fail(in, ERR_MALFORMED);
		return;
	}
	while (exponent-- > 0)
		cm *= 10;
	put_separator(out);
	if (cm < 100)
		put_fraction(out, cm, 100);
	else
		put_number(out, cm / 100);
	put_char(out, 'm');
}

void
put_loc(struct writer *out, struct cursor *in)
{
	if (cursor_u8(in) != 0)
		cursor_fail(in, ERR_UNSUPPORTED);
	uint8_t size = cursor_u8(in), across = cursor_u8(in), height = cursor_u8(in);
	put_angle(out, in, 90, "NS");
	put_angle(out, in, 180, "EW");
	put_altitude(out, in);
	put_size(out, in, size);
	put_size(out, in, across);
	put_size(out, in, height);
}

/* ---- from text ----------------------------------------------------------------------------------- */

/* A number with at most `decimals` digits after the point, times ten to their power. */
static int
get_fraction(const char *text, size_t size, unsigned decimals, uint64_t max, uint64_t *number)
{
	const char *point = memchr(text, '.', size);
	size_t whole = point != NULL ? (size_t)(point - text) : size;
	size_t rest = size - whole - (point != NULL);
	uint64_t fraction = 0;
	if (rest > decimals || get_number(text, whole, max, number) != 0)
		return ERR_MALFORMED;
	if (rest > 0 && get_number(point + 1, rest, max, &fraction) != 0)
		return ERR_MALFORMED;
	for (unsigned i = 0; i < decimals; i++) {
		*number *= 10;
		fraction *= i >= rest ? 10 : 1;
	}
	*number += fraction;
	return *number > max ? ERR_MALFORMED : 0;
}

/* Degrees, and if they are there minutes and seconds, up to the direction. */
static int
get_angle(struct tokens *tokens, uint32_t degrees_max, const char *directions, struct writer *out)
{
	static const uint32_t units[] = { DEGREE, MINUTE, 1 };
	uint64_t angle = 0, part;
	struct token token;
	for (unsigned i = 0; i <= 3; i++) {
		int err = token_next(tokens, &token);
		if (err != 0)
			return ERR_MALFORMED;
		uint8_t direction = token.size == 1 ? fold_u8((uint8_t)token.text[0]) : 0;
		if (i > 0 && (direction == directions[0] || direction == directions[1])) {
			if (angle > (uint64_t)degrees_max * DEGREE)
				return ERR_MALFORMED;
			writer_u32(out, direction == directions[0] ? ANGLE_ZERO + (uint32_t)angle
								   : ANGLE_ZERO - (uint32_t)angle);
			return 0;
		}
		if (i == 3)
			break;
		err = i == 2 ? get_fraction(token.text, token.size, 3, 59999, &part)
			     : get_number(token.text, token.size, i == 0 ? degrees_max : 59, &part);
		if (err != 0)
			return err;
		angle += part * units[i];
	}
	return ERR_MALFORMED;
}

/* A length in metres, with or without the m, in centimetres. */
static int
get_metres(struct token token, uint64_t max, uint64_t *cm)
{
	if (token.size > 0 && token.text[token.size - 1] == 'm')
		token.size--;
	return get_fraction(token.text, token.size, 2, max, cm);
}

static int
get_altitude(struct tokens *tokens, struct writer *out)
{
	struct token token;
	uint64_t cm;
	if (token_next(tokens, &token) != 0)
		return ERR_MALFORMED;
	bool is_negative = token.size > 0 && token.text[0] == '-';
	token.text += is_negative;
	token.size -= is_negative;
	int err = get_metres(token, is_negative ? ALTITUDE_ZERO : ALTITUDE_MAX_CM, &cm);
	writer_u32(out, is_negative ? ALTITUDE_ZERO - (uint32_t)cm : ALTITUDE_ZERO + (uint32_t)cm);
	return err;
}

/* One digit and a power of ten; what does not fit is rounded down. */
static int
get_size(struct tokens *tokens, uint8_t *size)
{
	struct token token;
	uint64_t cm;
	uint8_t exponent = 0;
	if (!tokens_are_left(tokens))
		return 0; /* the default stays */
	int err = token_next(tokens, &token);
	if (err == 0)
		err = get_metres(token, SIZE_MAX_CM, &cm);
	if (err != 0)
		return err;
	for (; cm > 9; exponent++)
		cm /= 10;
	*size = (uint8_t)(cm << 4 | exponent);
	return 0;
}

int
get_loc(struct tokens *tokens, struct writer *out)
{
	uint8_t sizes[3] = { SIZE_DEFAULT, ACROSS_DEFAULT, HEIGHT_DEFAULT };
	writer_u8(out, 0); /* the version */
	uint8_t *sizes_at = writer_reserve(out, sizeof sizes);
	int err = get_angle(tokens, 90, "ns", out);
	if (err == 0)
		err = get_angle(tokens, 180, "ew", out);
	if (err == 0)
		err = get_altitude(tokens, out);
	for (unsigned i = 0; i < sizeof sizes && err == 0; i++)
		err = get_size(tokens, &sizes[i]);
	if (sizes_at != NULL)
		memcpy(sizes_at, sizes, sizeof sizes);
	return err;
}
