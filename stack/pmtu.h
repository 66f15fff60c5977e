/*
 * pmtu.h - the one path-MTU cache of a stack (RFC 1191, RFC 8201).
 *
 * Remembers, by destination, the smallest packet size that a router has asked for. It only ever
 * learns smaller values, never below IPV4_MTU_MIN or IPV6_MTU_MIN, and forgets them after
 * PMTU_AGE_US, so that a path that has become better is found out (RFC 1191, section 6.3). When a
 * router wants less than the IPv4 floor, packets go out at the floor without DF: a forged message
 * can then never cut us into dust, and a true one still works by fragmentation.
 *
 * Bounds: limits.pmtu_count, in sets of PMTU_SET; the oldest of a set makes room.
 */
#ifndef CAIRN_STACK_PMTU_H
#define CAIRN_STACK_PMTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/stack.h"

struct arena;
struct hash_key;

#define PMTU_AGE_US 600000000u /* 10 minutes */
#define PMTU_SET    4u

struct pmtu_entry {
	struct ip_addr remote; /* family ADDR_NONE: free */
	uint8_t is_below_floor;
	uint16_t mtu;
	uint64_t learnt_at_us;
};

struct pmtu_cache {
	struct pmtu_entry *entries;
	uint32_t set_mask;
	uint32_t used_count; /* 0: nothing to look up, the usual case; aged ones count on */
};

size_t pmtu_bytes(const struct stack_limits *limits);
void pmtu_init(struct pmtu_cache *cache, struct arena *arena, const struct stack_limits *limits);

/*
 * What is known for `remote`, no more than link_mtu. *dont_fragment: whether IPv4 packets may
 * carry DF.
 */
uint32_t pmtu_get(struct pmtu_cache *cache, const struct hash_key *key,
		  const struct ip_addr *remote, uint32_t link_mtu, uint64_t now_us,
		  bool *dont_fragment);

/*
 * A router says that `mtu` is what fits. Returns the path MTU from now on, or 0 when that is no
 * news: not smaller than what is known or than link_mtu.
 */
uint32_t pmtu_learn(struct pmtu_cache *cache, const struct hash_key *key,
		    const struct ip_addr *remote, uint32_t mtu, uint32_t link_mtu, uint64_t now_us);

#endif
