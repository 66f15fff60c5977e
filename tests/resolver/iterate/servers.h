/*
 * servers.h - a small world for what servers do: test. has a good server and one to be spoiled, single. one server, dual. one
 * with an address of each family.
 */
#ifndef CAIRN_TESTS_RESOLVER_ITERATE_SERVERS_H
#define CAIRN_TESTS_RESOLVER_ITERATE_SERVERS_H

#include "tests/resolver/iterate/world.h"

struct servers {
	struct world *world;
	struct world_server *root, *good, *bad, *single, *dual4, *dual6;
};

/* world_free(servers.world) ends it. */
struct servers servers_of(uint64_t seed);
struct engine_stats servers_stats(const struct servers *servers);

#endif
