/*
 * slaac.h - addresses from the prefixes that routers announce (RFC 4862, section 5.5), and link-local ones.
 *
 * The interface id of each prefix is opaque and stable (RFC 7217): a keyed hash of prefix, MAC address
 * and count of conflicts, so that a host cannot be followed from network to network, and is found at the
 * same address again in each.  On link is what the L flag says, not what an address implies (RFC 5942).
 * Lifetimes run out as announced, but an announcement alone cannot end an address within two hours
 * (section 5.5.3 (e)).
 *
 * Units:  seconds on the wire, microseconds inside; UINT64_MAX is for ever.
 * Bounds: SLAAC_PREFIXES_MAX prefixes over all interfaces; further ones are ignored, counted.
 */
#ifndef CAIRN_STACK_SLAAC_H
#define CAIRN_STACK_SLAAC_H

#include <stdint.h>

#include "stack/base/hash.h"
#include "stack/base/wheel.h"
#include "stack/stack.h"

struct ndp_prefix;

#define SLAAC_PREFIXES_MAX  16u
#define SLAAC_PREFIX_LEN    64u
#define SLAAC_IID_BYTES     8u
#define SLAAC_IDGEN_RETRIES 3u          /* RFC 7217, section 7 */
#define SLAAC_TWO_HOURS_US  7200000000ull

struct slaac_prefix {
	struct wheel_timer timer;    /* TIMER_SLAAC: the next of the three times */
	struct ip_addr prefix;       /* family ADDR_NONE: free */
	uint8_t prefix_len;
	uint8_t ifindex;
	uint8_t dad_counter;
	struct ip_addr addr;         /* what we made of it; family ADDR_NONE: nothing */
	uint64_t on_link_until_us;   /* 0: not on link */
	uint64_t valid_until_us, preferred_until_us; /* of addr */
};

struct slaac_table {
	struct slaac_prefix prefixes[SLAAC_PREFIXES_MAX];
};

void slaac_init(struct slaac_table *table);

/* Gives the interface its link-local address, which every IPv6 host has (RFC 4291, section 2.8), unless it has one. */
void slaac_link_local(struct stack *stack, unsigned ifindex);
void slaac_link_down(struct stack *stack, unsigned ifindex);

/* A prefix option of a router advertisement. */
void slaac_hear(struct stack *stack, unsigned ifindex, const struct ndp_prefix *option);

/* An address of ours was somebody else's, and has left the table: another is tried. */
void slaac_conflict(struct stack *stack, unsigned ifindex, const struct ip_addr *addr);

void slaac_timeout(struct stack *stack, struct wheel_timer *timer);

/* RFC 7217, section 5; false for the reserved ids of RFC 5453, which nobody may have. */
bool slaac_iid(const struct hash_key *secret, const struct ip_addr *prefix, const struct mac_addr *mac,
               uint8_t dad_counter, uint8_t iid[SLAAC_IID_BYTES]);

/* The remaining valid lifetime after an announcement (RFC 4862, section 5.5.3 (e)). */
uint64_t slaac_valid_us(uint64_t remaining_us, uint64_t announced_us);

#endif
