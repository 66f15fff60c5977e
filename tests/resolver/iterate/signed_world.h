/*
 * signed_world.h - the little internet of world.h with two signed zones, and a count of what validation costs.
 *
 * victim. is told as it is, by 192.0.2.2; mal. belongs to an attacker, who spoils what 203.0.113.66 says before it is signed
 * with his own key, or afterwards.  Each is an island with its key as trust anchor; the root is not signed.
 *
 * The program that uses it is linked with --wrap for crypto_verify, crypto_digest and crypto_nsec3_hash.
 */
#ifndef CAIRN_TESTS_RESOLVER_ITERATE_SIGNED_WORLD_H
#define CAIRN_TESTS_RESOLVER_ITERATE_SIGNED_WORLD_H

#include "resolver/validate/anchors.h"
#include "tests/resolver/iterate/world.h"
#include "tests/resolver/validate/signer.h"

#define SIGNED_NOW_S      1800000000u /* the wall clock at the world's begin */
#define SIGNED_VICTIM_KEY 1u
#define SIGNED_MAL_KEY    2u

/* How often libcrypto was called since the world was made. */
struct signed_work {
	unsigned verifications, digests, nsec3_hashes;
};

struct signed_zone {
	struct name apex;
	unsigned key;
	world_habit *before, *after; /* NULL: as it is; around the signing */
};

struct signed_world {
	struct world *world;
	struct world_server *victim, *mal;
	struct signed_zone victim_zone, mal_zone;
	struct anchors anchors;
	struct crypto *crypto;
	struct arena arena;
	uint8_t block[1 << 14];
};

/* config NULL: the default without priming.  One at a time: the count is the program's. */
void signed_world_init(struct signed_world *signed_world, uint64_t seed, const struct engine_config *config,
		       world_habit *before, world_habit *after);
void signed_world_fini(struct signed_world *signed_world);
const struct signed_work *signed_world_work(void);
struct engine_stats signed_world_stats(const struct signed_world *signed_world);

/* For habits: the server's zone, and a signature in the zone's name, as the zone's own or a wildcard's. */
struct signed_zone *signed_zone_of(const struct world_server *server);
void signed_sign(struct world *world, const struct signed_zone *zone, struct rrset *set);
void signed_sign_as(struct world *world, const struct signed_zone *zone, struct rrset *set, unsigned labels);
/* The last signature gets another last octet. */
void signed_spoil_last(struct world *world, struct rrset *set);

/* Whatever the attacker does: others' names are answered, at once and validated. */
void signed_world_expect_good(struct signed_world *signed_world);
/* The client has heard of a failure and nothing else. */
void signed_world_expect_bogus(const struct world_result *result);

#endif
