#include "tests/replay/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "resolver/serve/core_config.h"
#include "resolver/serve/root_hints.h"

#define CACHE_BYTES   (4u << 20)
#define INFRA_COUNT   1024u
#define PENDING_MAX   1024u
#define ARENA_BYTES   (512u << 10)
#define WORLD_SEED    1u

static void *
lend(struct world *world, size_t size)
{
	void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (block == MAP_FAILED || world->block_count == WORLD_BLOCKS)
		abort(); /* a fixture that cannot be made is no result */
	world->blocks[world->block_count] = block;
	world->block_bytes[world->block_count++] = size;
	return block;
}

static void
use_service(struct world *world)
{
	engine_set_forwards(world->engine, world->service->forwards);
	engine_set_kept(world->engine, world->service->policy.kept);
	engine_set_rpz(world->engine, world->service->policy.rpz);
	engine_set_rebind(world->engine, world->service->rebind);
	engine_set_not_asked(world->engine, world->service->not_asked);
	engine_set_rate_zones(world->engine, world->service->rate_zones);
	engine_set_client_strings(world->engine, world->service->strings);
}

static void
make_engine(struct world *world, unsigned questions_max)
{
	struct engine_limits limits = engine_limits_default;
	const struct engine_config config = core_config_engine(&world->config);
	struct caches *caches = &world->caches;

	limits.task_count = 512;
	if (questions_max != 0)
		limits.question_count = questions_max;
	limits.client_count = PENDING_MAX;
	limits.query_count = 4096;
	caches->rrsets = rrset_cache_new(lend(world, CACHE_BYTES), CACHE_BYTES, &world->rng);
	caches->negatives = negative_cache_new(lend(world, CACHE_BYTES), CACHE_BYTES, &world->rng);
	caches->delegations = delegation_cache_new(lend(world, CACHE_BYTES), CACHE_BYTES, &world->rng);
	caches->infra = infra_new(lend(world, infra_bytes(INFRA_COUNT)), infra_bytes(INFRA_COUNT), INFRA_COUNT, &world->rng);
	world->engine = engine_new(lend(world, engine_bytes(&limits)), engine_bytes(&limits), &limits, &config, caches,
				   &world->rng, world->now_us);
}

static void
set_trust(struct world *world)
{
	const struct engine_trust trust = {
		.anchors = world->anchors != NULL ? world->anchors : world->service->trust.anchors,
		.crypto = world->crypto,
		.wall_offset_s = -(int64_t)(WORLD_START_US / 1000000u),
		.override_s = world->service->trust.override_s,
		.nsec3_iterations_max = world->service->trust.nsec3_iterations_max,
	};
	engine_set_trust(world->engine, &trust);
}

static bool
add_hints(struct world *world, char *error)
{
	struct root_hints *hints = malloc(sizeof *hints);
	bool is_right = hints != NULL && root_hints_load(hints, &world->config, error) == 0;

	for (size_t i = 0; is_right && i < hints->count; i++)
		(void)engine_add_hint(world->engine, &hints->entries[i].server, &hints->entries[i].addr);
	free(hints);
	return is_right;
}

bool
world_init(struct world *world, const char *config, unsigned questions_max, char *why, size_t why_bytes)
{
	char error[CONFIG_ERROR_BYTES] = "";

	*world = (struct world){ .now_us = WORLD_START_US };
	rng_init_number(&world->rng, WORLD_SEED);
	log_init(&world->log, "replay", LOG_LEVEL_ERROR);
	if (config_parse(&world->config, "scenario", config, strlen(config), error) != 0 ||
	    service_new(&world->service, &world->config, "replay", &world->rng, error) != 0) {
		(void)snprintf(why, why_bytes, "%s", error);
		return false;
	}
	world->crypto = crypto_new();
	make_engine(world, questions_max);
	use_service(world);
	set_trust(world);
	arena_init(&world->arena, lend(world, ARENA_BYTES), ARENA_BYTES);
	clients_init(&world->clients, lend(world, clients_bytes(PENDING_MAX)), PENDING_MAX, &world->service->policy,
		     world->engine, &world->arena, &world->rng);
	clients_set_clock(&world->clients, -(int64_t)(WORLD_START_US / 1000000u));
	if (secondaries_init(&world->secondaries, &world->config, world->service->kept, &world->rng, &world->log, world->now_us) == 0 &&
	    add_hints(world, error))
		return true;
	(void)snprintf(why, why_bytes, "%s", error);
	return false;
}

void
world_set_time(struct world *world, uint64_t now_us)
{
	world->now_us = now_us;
	engine_timeout(world->engine, now_us);
	for (unsigned i = 0; i < world->secondaries.count; i++)
		refresh_timeout(&world->secondaries.items[i].refresh, now_us);
}

uint64_t
world_deadline(const struct world *world)
{
	const uint64_t engine_us = engine_deadline(world->engine), zones_us = secondaries_deadline(&world->secondaries);

	return engine_us < zones_us ? engine_us : zones_us;
}

bool
world_renew(struct world *world, char *why, size_t why_bytes)
{
	char error[CONFIG_ERROR_BYTES];
	struct service *service;

	if (service_renew(&service, world->service, &world->config, &world->rng, error) != 0) {
		(void)snprintf(why, why_bytes, "%s", error);
		return false;
	}
	struct service *old = world->service;
	world->service = service;
	use_service(world);
	set_trust(world);
	clients_set_policy(&world->clients, &service->policy);
	service_free(old);
	return true;
}

/* ---- trust points ------------------------------------------------------------------------------------------------- */

static uint64_t
wall_s(const struct world *world)
{
	return (world->now_us - WORLD_START_US) / 1000000u;
}

static void
ask_keys_of(struct world *world, const struct trust_point *point)
{
	const struct engine_question question = {
		.qname = point->trust.zone, .qtype = TYPE_DNSKEY, .qclass = CLASS_IN,
		.dnssec_ok = true, .checking_disabled = true, .anew = true,
	};
	const uint64_t index = (uint64_t)(point - world->service->trust.points.items);

	(void)engine_ask(world->engine, &question, WORLD_KEYS_CLIENT + index, world->now_us);
}

void
world_ask_keys(struct world *world)
{
	const struct trust_point *point;

	while ((point = trust_points_due(&world->service->trust.points, &world->rng, wall_s(world))) != NULL)
		ask_keys_of(world, point);
}

void
world_hear_keys(struct world *world, uint64_t client, const struct answer *answer)
{
	struct trust_config *trust = &world->service->trust;
	struct trust_point *point = &trust->points.items[client - WORLD_KEYS_CLIENT];
	const struct rrset *set = answer->sections[SECTION_ANSWER];

	while (set != NULL && set->type != TYPE_DNSKEY)
		set = set->next;
	const bool asks_again = trust_points_hear(&trust->points, point, set, world->crypto, &world->rng, trust->override_s,
						  wall_s(world), &world->log);
	if (point->trust.has_changed) {
		struct anchors *anchors = trust_anchors_now(trust, NULL, world->crypto);
		free(world->anchors);
		world->anchors = anchors;
		set_trust(world);
	}
	if (asks_again)
		ask_keys_of(world, point);
}

double
world_timeout_s(const struct world *world)
{
	const uint64_t engine_us = engine_deadline(world->engine);
	const uint64_t point_s = trust_points_deadline(&world->service->trust.points, wall_s(world));
	const uint64_t point_us = point_s != AUTOTRUST_NEVER ? WORLD_START_US + point_s * 1000000u : ENGINE_NEVER;
	const uint64_t at_us = engine_us < point_us ? engine_us : point_us;

	return at_us == ENGINE_NEVER || at_us < world->now_us ? 0 : (double)(at_us - world->now_us) / 1e6;
}

void
world_fini(struct world *world)
{
	for (unsigned i = 0; i < world->block_count; i++)
		(void)munmap(world->blocks[i], world->block_bytes[i]);
	secondaries_fini(&world->secondaries);
	crypto_free(world->crypto);
	free(world->anchors);
	service_free(world->service);
	config_free(&world->config);
}
