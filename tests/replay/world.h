/*
 * world.h - what a scenario is played on: configuration, caches, engine and clients, as a worker of cairnd has them.
 */
#ifndef CAIRN_TESTS_REPLAY_WORLD_H
#define CAIRN_TESTS_REPLAY_WORLD_H

#include "resolver/serve/client.h"
#include "resolver/serve/config.h"
#include "resolver/serve/secondaries.h"
#include "resolver/serve/service.h"
#include "stack/base/log.h"
#include "stack/base/rng.h"

#define WORLD_START_US UINT64_C(1000000000) /* of the engine's clock, when the scenario's is at 0 */
#define WORLD_BLOCKS   16u

struct world {
	struct rng rng;
	struct config config;
	struct service *service;
	struct caches caches;
	struct engine *engine;
	struct anchors *anchors; /* with what the trust points have come to; NULL: as they were read */
	struct crypto *crypto;
	struct secondaries secondaries;
	struct log log;
	struct clients clients;
	struct arena arena;
	void *blocks[WORLD_BLOCKS];
	size_t block_bytes[WORLD_BLOCKS];
	unsigned block_count;
	uint64_t now_us;
};

/* Clients of the engine from here on are the trust points, the last one first. */
#define WORLD_KEYS_CLIENT (UINT64_MAX - TRUST_POINTS_MAX)

/* config: YAML; questions_max: num-queries-per-thread, 0: many.  False with the reason in `why`. */
bool world_init(struct world *world, const char *config, unsigned questions_max, char *why, size_t why_bytes);
void world_fini(struct world *world);
void world_set_time(struct world *world, uint64_t now_us);
/* A zone has come from its primary: the configuration's zones are made anew, as cairnd does. */
bool world_renew(struct world *world, char *why, size_t why_bytes);
/* When engine or zones want to be told the time. */
uint64_t world_deadline(const struct world *world);
/* Has the zones of the trust points asked whose time has come, as cairnd's main thread does. */
void world_ask_keys(struct world *world);
/* The engine's answer to that; asks again where that has to be. */
void world_hear_keys(struct world *world, uint64_t client, const struct answer *answer);
/* Until the next timer, of the engine or of a trust point; 0: none. */
double world_timeout_s(const struct world *world);

#endif
