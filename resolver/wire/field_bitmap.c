#include "resolver/wire/fields.h"

#include "resolver/wire/codec.h"
#include "resolver/wire/text.h"
#include "resolver/wire/words.h"

#define WINDOW_BYTES 32u
#define NXT_TYPES    128u
#define PORTS        65536u

static bool
is_bit_set(const uint8_t *bits, size_t bit)
{
	return (bits[bit / 8] & 0x80u >> bit % 8) != 0;
}

static void
set_bit(uint8_t *bits, size_t bit)
{
	bits[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
}

/* Octets up to the last one that is not zero. */
static size_t
used_octets(const uint8_t *bits, size_t size)
{
	while (size > 0 && bits[size - 1] == 0)
		size--;
	return size;
}

static void
put_types(struct writer *out, struct cursor *in, unsigned first, size_t size)
{
	char text[TYPE_TEXT_BYTES];
	const uint8_t *bits = cursor_bytes(in, size);
	for (size_t bit = 0; bits != NULL && bit < size * 8; bit++) {
		if (!is_bit_set(bits, bit))
			continue;
		put_separator(out);
		put_text(out, type_to_text((uint16_t)(first + bit), text, sizeof text));
	}
}

/* The next token as a type; ERR_NOT_FOUND at the end. */
static int
get_type(struct tokens *tokens, uint16_t *type)
{
	struct token token;
	char text[TYPE_TEXT_BYTES];
	if (!tokens_are_left(tokens))
		return ERR_NOT_FOUND;
	int err = token_next(tokens, &token);
	if (err == 0 && token_copy(&token, text, sizeof text) != 0)
		err = ERR_MALFORMED;
	return err != 0 ? err : type_from_text(text, type);
}

/* ---- NSEC, NSEC3, CSYNC: windows of 256 types ----------------------------------------------------- */

void
put_bitmap(struct writer *out, struct cursor *in)
{
	while (in->err == 0 && cursor_left(in) > 0) {
		unsigned window = cursor_u8(in);
		put_types(out, in, window * 256, cursor_u8(in));
	}
}

int
get_bitmap(struct tokens *tokens, struct writer *out)
{
	uint8_t bits[65536 / 8] = { 0 };
	uint16_t type;
	int err;
	while ((err = get_type(tokens, &type)) == 0)
		set_bit(bits, type);
	if (err != ERR_NOT_FOUND)
		return err;
	for (unsigned window = 0; window < 256; window++) {
		const uint8_t *octets = bits + (size_t)window * WINDOW_BYTES;
		size_t size = used_octets(octets, WINDOW_BYTES);
		if (size == 0)
			continue;
		writer_u8(out, (uint8_t)window);
		writer_u8(out, (uint8_t)size);
		writer_bytes(out, octets, size);
	}
	return 0;
}

/* ---- NXT: types up to 127, of which 0 would mean another format ----------------------------------- */

void
put_bitmap_nxt(struct writer *out, struct cursor *in)
{
	size_t size = cursor_left(in);
	if (size > NXT_TYPES / 8 || (size > 0 && is_bit_set(in->begin + in->pos, 0)))
		cursor_fail(in, ERR_UNSUPPORTED);
	else
		put_types(out, in, 0, size);
}

int
get_bitmap_nxt(struct tokens *tokens, struct writer *out)
{
	uint8_t bits[NXT_TYPES / 8] = { 0 };
	uint16_t type;
	int err;
	while ((err = get_type(tokens, &type)) == 0) {
		if (type == 0 || type >= NXT_TYPES)
			return ERR_MALFORMED;
		set_bit(bits, type);
	}
	writer_bytes(out, bits, used_octets(bits, sizeof bits));
	return err == ERR_NOT_FOUND ? 0 : err;
}

/* ---- WKS: protocol and ports --------------------------------------------------------------------- */

void
put_wks(struct writer *out, struct cursor *in)
{
	put_separator(out);
	put_number(out, cursor_u8(in));
	size_t size = cursor_left(in);
	if (size > PORTS / 8) {
		cursor_fail(in, ERR_MALFORMED);
		return;
	}
	const uint8_t *bits = cursor_bytes(in, size);
	for (size_t port = 0; bits != NULL && port < size * 8; port++) {
		if (!is_bit_set(bits, port))
			continue;
		put_separator(out);
		put_number(out, port);
	}
}

int
get_word(struct tokens *tokens, const struct words *words, uint16_t max, uint16_t *number)
{
	struct token token;
	uint64_t value;
	if (token_next(tokens, &token) != 0)
		return ERR_MALFORMED;
	if (words_number(words, token.text, token.size, number))
		return 0;
	int err = get_number(token.text, token.size, max, &value);
	*number = (uint16_t)value;
	return err;
}

int
get_wks(struct tokens *tokens, struct writer *out)
{
	uint8_t bits[PORTS / 8] = { 0 };
	uint16_t protocol, port;
	int err = get_word(tokens, &words_protocols, UINT8_MAX, &protocol);
	writer_u8(out, (uint8_t)protocol);
	while (err == 0 && tokens_are_left(tokens)) {
		err = get_word(tokens, &words_services, PORTS - 1, &port);
		if (err == 0)
			set_bit(bits, port);
	}
	if (err == 0)
		writer_bytes(out, bits, used_octets(bits, sizeof bits));
	return err;
}
