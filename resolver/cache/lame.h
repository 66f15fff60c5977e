/*
 * lame.h - servers that do not serve a zone that they are said to serve (internal to resolver/cache).
 *
 * A lame answer is an unauthenticated datagram, so a server counts as lame for a zone from the second
 * that says so, for LAME_S.  One word a pair: the keyed hash of address and zone stands for both.
 *
 * Bounds:  sets of LAME_WAYS; the oldest word of a set makes room.
 * Locking: the caller's, by lame_set.
 */
#ifndef CAIRN_RESOLVER_CACHE_LAME_H
#define CAIRN_RESOLVER_CACHE_LAME_H

#include "resolver/cache/infra.h"

#define LAME_WAYS 4u
#define LAME_S    (INFRA_LAME_US / 1000000u)

struct lame_word {
	uint64_t pair; /* 0: none */
	uint32_t said_at_s;
	uint32_t epoch : 31; /* of the network */
	uint32_t confirmed : 1;
};

struct lame_set {
	struct lame_word words[LAME_WAYS];
};

/* In one set; `pair` is not 0. */
void lame_say(struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s);
bool lame_is_said(const struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s);

#endif
