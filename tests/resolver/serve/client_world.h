/*
 * client_world.h - clients with everything behind them but a network: caches, an engine, policy; for tests and fuzzing.
 *
 * The only root server never answers: client_world_run lets the engine find that out at virtual time.
 */
#ifndef CAIRN_TESTS_RESOLVER_SERVE_CLIENT_WORLD_H
#define CAIRN_TESTS_RESOLVER_SERVE_CLIENT_WORLD_H

#include "resolver/serve/client.h"
#include "stack/base/rng.h"

#define CLIENT_WORLD_PENDING_MAX 8u
#define CLIENT_WORLD_NOW_US      1000000000ull

struct client_world {
	struct rng rng;
	struct arena policy_arena, arena;
	struct client_policy policy;
	struct clients clients;
	struct caches caches;
	struct engine *engine;
	void *blocks[16];
	size_t block_count;
};

/*
 * 192.0.2.1 and 2001:db8::1 may recurse, .2 is refused, .3 denied, .4 may snoop, .5 has RD set for it, .6 and .7 may
 * have local data and are refused or not answered else. Local: a.local.example. A, alias.local.example. CNAME
 * www.example., noisy.example. (inform), dropped.example. (always_deny).
 */
void client_world_init(struct client_world *world, uint64_t seed);
void client_world_fini(struct client_world *world);

/* One A record of this owner in the cache. */
void client_world_put(struct client_world *world, const char *owner);

/* Runs the engine until it has answers for clients, of which it returns the number and the last. */
unsigned client_world_run(struct client_world *world, uint64_t *client, struct answer *answer);

#endif
