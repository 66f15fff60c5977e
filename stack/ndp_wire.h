/*
 * ndp_wire.h - the messages of Neighbour Discovery and their options (RFC 4861, section 4).
 *
 * A message is an ICMPv6 message of type 133 to 137.  Its four octets behind the checksum come as `rest`
 * (flags, or nothing); what follows is read here from the body.  Options that are not known
 * are passed over; of a kind that may come once the first counts, as RFC 4861 leaves open.
 *
 * Bounds:  NDP_OPTIONS_MAX options a message, NDP_PREFIXES_MAX prefixes.
 * Errors:  ERR_SHORT; ERR_MALFORMED for an option of length 0 or one that is too long or short for its type;
 *          ERR_TOO_BIG for more options than the bound.
 * Units:   lifetimes in seconds, as on the wire.
 */
#ifndef CAIRN_STACK_NDP_WIRE_H
#define CAIRN_STACK_NDP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/cursor.h"

#define NDP_HOP_LIMIT     255u /* RFC 4861: it cannot have come through a router */
#define NDP_OPTIONS_MAX   32u
#define NDP_PREFIXES_MAX  8u
#define NDP_NONCE_BYTES   6u   /* RFC 3971, section 5.3.2 */
#define NDP_LIFETIME_EVER 0xffffffffu
/* The largest body that we send: an address, a MAC address, a nonce. */
#define NDP_BODY_BYTES_MAX (16u + 8u + 8u)

enum ndp_type {
	NDP_ROUTER_SOLICIT = 133,
	NDP_ROUTER_ADVERT = 134,
	NDP_NEIGHBOUR_SOLICIT = 135,
	NDP_NEIGHBOUR_ADVERT = 136,
	NDP_REDIRECT = 137,
};

enum ndp_option {
	NDP_OPTION_SOURCE_MAC = 1,
	NDP_OPTION_TARGET_MAC = 2,
	NDP_OPTION_PREFIX = 3,
	NDP_OPTION_MTU = 5,
	NDP_OPTION_NONCE = 14, /* RFC 3971; RFC 7527 */
};

/* Bits of `rest`. */
#define NDP_ADVERT_ROUTER    0x80000000u
#define NDP_ADVERT_SOLICITED 0x40000000u
#define NDP_ADVERT_OVERRIDE  0x20000000u

struct ndp_prefix {
	struct ip_addr prefix;
	uint8_t prefix_len;
	bool is_on_link, is_autonomous;
	uint32_t valid_s, preferred_s;
};

struct ndp_options {
	bool has_source_mac, has_target_mac, has_nonce;
	struct mac_addr source_mac, target_mac;
	uint8_t nonce[NDP_NONCE_BYTES];
	uint32_t mtu; /* 0: none */
	unsigned prefix_count;
	struct ndp_prefix prefixes[NDP_PREFIXES_MAX];
};

/* Section 4.2; what stands in `rest` too. */
struct ndp_router_advert {
	uint8_t hop_limit;
	int preference;          /* -1, 0 or 1: low, medium, high (RFC 4191, section 2.2) */
	uint16_t lifetime_s;     /* 0: no default router */
	uint32_t reachable_ms;   /* 0: it does not say */
	uint32_t retrans_ms;
	struct ndp_options options;
};

/* Sections 4.3 and 4.4: the target, then options. */
struct ndp_neighbour {
	struct ip_addr target;
	struct ndp_options options;
};

/* Section 4.5. */
struct ndp_redirect {
	struct ip_addr target, destination;
	struct ndp_options options;
};

int ndp_router_advert_read(struct cursor *body, uint32_t rest, struct ndp_router_advert *advert);
int ndp_neighbour_read(struct cursor *body, struct ndp_neighbour *neighbour);
int ndp_redirect_read(struct cursor *body, struct ndp_redirect *redirect);

void ndp_target_write(struct writer *w, const struct ip_addr *target);
void ndp_mac_write(struct writer *w, enum ndp_option type, const struct mac_addr *mac);
void ndp_nonce_write(struct writer *w, const uint8_t nonce[NDP_NONCE_BYTES]);

#endif
