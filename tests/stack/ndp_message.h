/*
 * ndp_message.h - messages of Neighbour Discovery as a station of the test's own sends them (lan.h's stranger).
 *
 * Each is built octet by octet, apart from the stack's writers, and may be wrong on purpose.
 */
#ifndef CAIRN_TESTS_STACK_NDP_MESSAGE_H
#define CAIRN_TESTS_STACK_NDP_MESSAGE_H

#include "stack/ndp_wire.h"
#include "tests/stack/lan.h"

struct ndp_spec {
	const char *source, *destination;
	uint8_t type, code;
	uint8_t hop_limit; /* 0: 255 */
	uint32_t rest;
	const struct mac_addr *from, *to; /* NULL: the stranger; what the destination maps to */
	const char *target, *target2; /* NULL: none */
	const void *options;
	size_t options_bytes;
};

void ndp_message(struct lan *lan, const struct ndp_spec *spec);

/* A router advertisement from fe80::99 to all nodes. */
struct advert_spec {
	const char *source;        /* NULL: "fe80::99" */
	uint16_t lifetime_s;
	int preference;            /* -1, 0, 1 */
	uint32_t mtu;              /* 0: no option */
	const char *prefix;        /* NULL: none; always of 64 bits unless prefix_len says */
	uint8_t prefix_len;
	uint8_t prefix_flags;      /* 0: 0xc0, on link and autonomous */
	uint32_t valid_s, preferred_s;
	uint32_t reachable_ms, retrans_ms;
	const struct mac_addr *mac; /* NULL: the stranger's */
};

void router_advert(struct lan *lan, const struct advert_spec *spec);

/* The nth message of this type that `host` sent: its body behind the ICMPv6 header's four octets; NULL when there is none. */
struct ndp_sent {
	uint64_t at_us;
	struct ip_addr source, destination;
	uint8_t hop_limit;
	uint32_t rest;
	struct mac_addr to;
	const uint8_t *body;
	size_t body_bytes;
};

bool ndp_sent(const struct lan *lan, unsigned host, uint8_t type, unsigned nth, struct ndp_sent *sent);
unsigned ndp_sent_count(const struct lan *lan, unsigned host, uint8_t type);

#endif
