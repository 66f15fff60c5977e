/*
 * world.h - what a scenario is played on: configuration, caches, engine and clients, as a worker of cairnd has them.
 */
#ifndef CAIRN_TESTS_REPLAY_WORLD_H
#define CAIRN_TESTS_REPLAY_WORLD_H

#include "resolver/serve/client.h"
#include "resolver/serve/config.h"
#include "resolver/serve/service.h"
#include "stack/base/rng.h"

#define WORLD_START_US UINT64_C(1000000000) /* of the engine's clock, when the scenario's is at 0 */
#define WORLD_BLOCKS   16u

struct world {
	struct rng rng;
	struct config config;
	struct service *service;
	struct caches caches;
	struct engine *engine;
	struct crypto *crypto;
	struct clients clients;
	struct arena arena;
	void *blocks[WORLD_BLOCKS];
	size_t block_bytes[WORLD_BLOCKS];
	unsigned block_count;
	uint64_t now_us;
};

/* config: YAML; clients_max: that may wait at once, 0: many.  False with the reason in `why`. */
bool world_init(struct world *world, const char *config, unsigned clients_max, char *why, size_t why_bytes);
void world_fini(struct world *world);
void world_set_time(struct world *world, uint64_t now_us);

#endif
