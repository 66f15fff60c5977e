/*
 * addr_hash.h - the keyed hash of an address, alone or with a few bits more, for the tables of this folder.
 */
#ifndef CAIRN_STACK_ADDR_HASH_H
#define CAIRN_STACK_ADDR_HASH_H

#include <string.h>

#include "stack/addr.h"
#include "stack/base/hash.h"

/* `more`: ports, an identification; 0 when the address is the whole key. */
static inline uint64_t
addr_hash_with(const struct hash_key *key, const struct ip_addr *addr, uint64_t more)
{
	uint64_t high, low;

	memcpy(&high, addr->octets, sizeof high);
	if (addr->family == ADDR_IPV4)
		return hash_u64x2(key, high, more); /* the other octets are zero */
	memcpy(&low, addr->octets + 8, sizeof low);
	return hash_u64x2(key, hash_u64x2(key, high, low), more);
}

static inline uint64_t
addr_hash(const struct hash_key *key, const struct ip_addr *addr)
{
	return addr_hash_with(key, addr, 0);
}

#endif
