#include "stack/ndp_wire.h"

#define OPTION_UNIT     8u /* lengths count eights, type and length included */
#define PREFIX_ON_LINK    0x80u
#define PREFIX_AUTONOMOUS 0x40u

static struct ip_addr
read_ipv6(struct cursor *c)
{
	struct ip_addr addr = { .family = ADDR_IPV6 };
	cursor_copy(c, addr.octets, sizeof addr.octets);
	return addr;
}

/* The address of an Ethernet station fills an option of eight octets; others are for other links. */
static void
mac_read(struct cursor *option, struct mac_addr *mac, bool *has)
{
	if (*has)
		return;
	if (cursor_left(option) != MAC_BYTES) {
		cursor_fail(option, ERR_MALFORMED);
		return;
	}
	cursor_copy(option, mac->octets, MAC_BYTES);
	*has = true;
}

static void
prefix_read(struct cursor *option, struct ndp_options *options)
{
	struct ndp_prefix prefix;

	prefix.prefix_len = cursor_u8(option);
	const uint8_t flags = cursor_u8(option);
	prefix.is_on_link = (flags & PREFIX_ON_LINK) != 0;
	prefix.is_autonomous = (flags & PREFIX_AUTONOMOUS) != 0;
	prefix.valid_s = cursor_u32(option);
	prefix.preferred_s = cursor_u32(option);
	cursor_skip(option, 4);
	prefix.prefix = read_ipv6(option);
	if (prefix.prefix_len > 128 || cursor_left(option) != 0)
		cursor_fail(option, ERR_MALFORMED);
	if (option->err == 0 && options->prefix_count < NDP_PREFIXES_MAX)
		options->prefixes[options->prefix_count++] = prefix;
}

static void
mtu_read(struct cursor *option, struct ndp_options *options)
{
	cursor_skip(option, 2);
	const uint32_t mtu = cursor_u32(option);
	if (cursor_left(option) != 0)
		cursor_fail(option, ERR_MALFORMED);
	if (options->mtu == 0)
		options->mtu = mtu;
}

/* A nonce of another length than ours is not ours. */
static void
nonce_read(struct cursor *option, struct ndp_options *options)
{
	if (cursor_left(option) != NDP_NONCE_BYTES || options->has_nonce)
		return;
	cursor_copy(option, options->nonce, NDP_NONCE_BYTES);
	options->has_nonce = true;
}

static int
options_read(struct cursor *c, struct ndp_options *options)
{
	*options = (struct ndp_options){ 0 };
	for (unsigned count = 0; cursor_left(c) != 0; count++) {
		if (count == NDP_OPTIONS_MAX)
			return ERR_TOO_BIG;
		const uint8_t type = cursor_u8(c);
		const size_t size = cursor_u8(c) * OPTION_UNIT;
		if (c->err == 0 && size == 0)
			return ERR_MALFORMED; /* RFC 4861, section 4.6 */
		struct cursor option = cursor_sub(c, c->err == 0 ? size - 2 : 0);
		switch (type) {
		case NDP_OPTION_SOURCE_MAC: mac_read(&option, &options->source_mac, &options->has_source_mac); break;
		case NDP_OPTION_TARGET_MAC: mac_read(&option, &options->target_mac, &options->has_target_mac); break;
		case NDP_OPTION_PREFIX:     prefix_read(&option, options); break;
		case NDP_OPTION_MTU:        mtu_read(&option, options); break;
		case NDP_OPTION_NONCE:      nonce_read(&option, options); break;
		}
		if (c->err != 0 || option.err != 0)
			return c->err != 0 ? c->err : ERR_MALFORMED;
	}
	return c->err;
}

int
ndp_router_advert_read(struct cursor *body, uint32_t rest, struct ndp_router_advert *advert)
{
	static const int preferences[4] = { 0, 1, 0, -1 }; /* 10 is reserved and means medium */

	advert->hop_limit = (uint8_t)(rest >> 24);
	advert->preference = preferences[rest >> 19 & 3];
	advert->lifetime_s = (uint16_t)rest;
	advert->reachable_ms = cursor_u32(body);
	advert->retrans_ms = cursor_u32(body);
	return options_read(body, &advert->options);
}

int
ndp_neighbour_read(struct cursor *body, struct ndp_neighbour *neighbour)
{
	neighbour->target = read_ipv6(body);
	return options_read(body, &neighbour->options);
}

int
ndp_redirect_read(struct cursor *body, struct ndp_redirect *redirect)
{
	redirect->target = read_ipv6(body);
	redirect->destination = read_ipv6(body);
	return options_read(body, &redirect->options);
}

void
ndp_target_write(struct writer *w, const struct ip_addr *target)
{
	writer_bytes(w, target->octets, sizeof target->octets);
}

void
ndp_mac_write(struct writer *w, enum ndp_option type, const struct mac_addr *mac)
{
	writer_u8(w, (uint8_t)type);
	writer_u8(w, 1);
	writer_bytes(w, mac->octets, MAC_BYTES);
}

void
ndp_nonce_write(struct writer *w, const uint8_t nonce[NDP_NONCE_BYTES])
{
	writer_u8(w, NDP_OPTION_NONCE);
	writer_u8(w, 1);
	writer_bytes(w, nonce, NDP_NONCE_BYTES);
}
