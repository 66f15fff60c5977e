/*
 * share.h - who of several listeners at one name hears a peer (SO_REUSEPORT).
 *
 * Rendezvous hashing: to each peer each of them has a weight, and the heaviest it is.  Nothing is kept, a peer stays
 * with its listener, and who comes or goes takes or leaves no more than a share of its own.
 *
 * Bounds: SHARE_MAX at one name, so many weights for one packet; ERR_FULL beyond.
 */
#ifndef CAIRN_STACK_SHARE_H
#define CAIRN_STACK_SHARE_H

#include "stack/addr_hash.h"

#define SHARE_MAX 64u

/* Of a peer and the port that it speaks to; the key is secret, so nobody can choose whom to load. */
static inline uint64_t
share_peer(const struct hash_key *key, const struct ip_addr *remote, uint16_t remote_port, uint16_t local_port)
{
	return addr_hash_with(key, remote, (uint64_t)remote_port << 16 | local_port);
}

/* index: of the listener, as long as it lives.  Every bit of the sum reaches every bit of the weight. */
static inline uint64_t
share_weight(uint64_t peer, uint32_t index)
{
	uint64_t weight = peer + (index + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 by the golden ratio */

	weight = (weight ^ weight >> 32) * UINT64_C(0xd6e8feb86659fd93);
	weight = (weight ^ weight >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return weight ^ weight >> 32;
}

#endif
