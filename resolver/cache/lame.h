/*
 * lame.h - servers that do not serve a zone that they are said to serve (internal to resolver/cache).
 *
 * A lame answer is an unauthenticated datagram, so a server counts as lame for a zone from the second
 * that says so, for LAME_S.  One word a pair: the keyed hash of address and zone stands for both.
 *
 * A word is read without a lock: beside what is said stands the pair, masked with it (exclusive or), so that halves of two
 * words are of no pair that anybody looks for.
 *
 * Ownership: zeroed memory is an empty set.
 * Locking:   who says something has the caller's lock of the set.
 * Bounds:    sets of LAME_WAYS; the oldest word of a set makes room.
 */
#ifndef CAIRN_RESOLVER_CACHE_LAME_H
#define CAIRN_RESOLVER_CACHE_LAME_H

#include <stdatomic.h>

#include "resolver/cache/infra.h"

#define LAME_WAYS 4u
#define LAME_S    (INFRA_LAME_US / 1000000u)

struct lame_set {
	struct {
		_Atomic uint64_t said;        /* when in seconds, epoch of the network (31 bits), confirmed (1) */
		_Atomic uint64_t masked_pair; /* pair ^ said; of no word: 0 */
	} words[LAME_WAYS];
};

/* In one set; `pair` is not 0. */
void lame_say(struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s);
bool lame_is_said(const struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s);

#endif
