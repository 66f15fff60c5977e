#include "resolver/wire/fields.h"

#include <arpa/inet.h>

#include "resolver/wire/codec.h"

#define APL_FAMILY_IPV4 1u /* IANA's address family numbers */
#define APL_FAMILY_IPV6 2u
#define APL_NEGATION    0x80u

static void
put_address(struct writer *out, struct cursor *in, int family, size_t size)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t octets[16];
	cursor_copy(in, octets, size);
	if (in->err == 0)
		put_text(out, inet_ntop(family, octets, text, sizeof text));
}

void
put_ipv4(struct writer *out, struct cursor *in)
{
	put_address(out, in, AF_INET, 4);
}

void
put_ipv6(struct writer *out, struct cursor *in)
{
	put_address(out, in, AF_INET6, 16);
}

static int
get_address(const struct token *token, int family, uint8_t octets[16])
{
	char text[INET6_ADDRSTRLEN];
	if (token_copy(token, text, sizeof text) != 0)
		return ERR_MALFORMED;
	return inet_pton(family, text, octets) == 1 ? 0 : ERR_MALFORMED;
}

int
get_ipv4(const struct token *token, struct writer *out)
{
	uint8_t octets[16];
	int err = get_address(token, AF_INET, octets);
	if (err == 0)
		writer_bytes(out, octets, 4);
	return err;
}

int
get_ipv6(const struct token *token, struct writer *out)
{
	uint8_t octets[16];
	int err = get_address(token, AF_INET6, octets);
	if (err == 0)
		writer_bytes(out, octets, 16);
	return err;
}

/* ---- APL: lists of prefixes ---------------------------------------------------------------------- */

static void
put_prefix(struct writer *out, struct cursor *in)
{
	uint8_t octets[16] = { 0 };
	uint16_t family = cursor_u16(in);
	uint8_t prefix = cursor_u8(in), length = cursor_u8(in);
	bool is_ipv4 = family == APL_FAMILY_IPV4;
	size_t size = length & ~APL_NEGATION & 0xffu, size_max = is_ipv4 ? 4 : 16;
	if ((!is_ipv4 && family != APL_FAMILY_IPV6) || size > size_max || prefix > size_max * 8) {
		cursor_fail(in, ERR_UNSUPPORTED);
		return;
	}
	cursor_copy(in, octets, size);
	struct cursor address = cursor_over(octets, sizeof octets);
	put_separator(out);
	if ((length & APL_NEGATION) != 0)
		put_char(out, '!');
	put_number(out, family);
	put_char(out, ':');
	if (is_ipv4)
		put_ipv4(out, &address);
	else
		put_ipv6(out, &address);
	put_char(out, '/');
	put_number(out, prefix);
}

void
put_apl(struct writer *out, struct cursor *in)
{
	while (in->err == 0 && cursor_left(in) > 0)
		put_prefix(out, in);
}

/* [!]family:address/prefix; the zeros at the end of the address are not sent (RFC 3123, section 4). */
static int
get_prefix(struct token token, struct writer *out)
{
	bool is_negated = token.size > 0 && token.text[0] == '!';
	token.text += is_negated;
	token.size -= is_negated;
	const char *slash = memchr(token.text, '/', token.size);
	if (token.size < 2 || slash == NULL || token.text[1] != ':' || slash < token.text + 2)
		return ERR_MALFORMED;

	bool is_ipv4 = token.text[0] == '1';
	uint8_t octets[16];
	uint64_t prefix;
	size_t size = is_ipv4 ? 4 : 16;
	struct token address = { token.text + 2, (size_t)(slash - token.text) - 2, false };
	if (!is_ipv4 && token.text[0] != '2')
		return ERR_MALFORMED;
	if (get_address(&address, is_ipv4 ? AF_INET : AF_INET6, octets) != 0 ||
	    get_number(slash + 1, token.size - (size_t)(slash + 1 - token.text), size * 8,
		       &prefix) != 0)
		return ERR_MALFORMED;
	while (size > 0 && octets[size - 1] == 0)
		size--;
	writer_u16(out, is_ipv4 ? APL_FAMILY_IPV4 : APL_FAMILY_IPV6);
	writer_u8(out, (uint8_t)prefix);
	writer_u8(out, (uint8_t)(size | (is_negated ? APL_NEGATION : 0)));
	writer_bytes(out, octets, size);
	return 0;
}

int
get_apl(struct tokens *tokens, struct writer *out)
{
	struct token token;
	int err = 0;
	while (err == 0 && tokens_are_left(tokens)) {
		err = token_next(tokens, &token);
		if (err == 0)
			err = get_prefix(token, out);
	}
	return err;
}
