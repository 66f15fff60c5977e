/*
 * attack_world.h - the little internet of world.h with an attacker in it: mal. and its server at 203.0.113.66 are his, victim.
 * at 192.0.2.2 is not; and zones that need each other's servers.
 */
#ifndef CAIRN_TESTS_RESOLVER_ITERATE_ATTACK_WORLD_H
#define CAIRN_TESTS_RESOLVER_ITERATE_ATTACK_WORLD_H

#include "tests/resolver/iterate/world.h"

struct attack {
	struct world *world;
	struct world_server *victim, *mal;
};

/* world_free(attack.world) ends it. habit: of the attacker's server, which has no zone. */
struct attack attack_of(uint64_t seed, world_habit *habit);
struct engine_stats stats_of(const struct attack *attack);

#endif
