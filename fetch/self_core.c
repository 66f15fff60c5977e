/* The module that has the engine: what cairnd's worker is made of, without its clients. */
#include "fetch/self_module.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "fetch/self.h"
#include "resolver/iterate/upstream.h"
#include "resolver/serve/basis.h"
#include "resolver/serve/cache_file.h"
#include "resolver/serve/core_config.h"
#include "resolver/serve/memory.h"
#include "resolver/serve/settings.h"
#include "resolver/validate/crypto.h"

#define CLOCK_US  10000000u /* how often the wall clock is looked at */
#define TASKS_MAX 256u

struct self_core {
	struct settings *settings;
	struct memory memory;
	struct cache_file *file; /* NULL: none */
	char file_path[PATH_MAX];
	struct stack *stack;
	struct engine *engine;
	struct upstream upstream;
	struct crypto *crypto;
	uint64_t trust_at_us;
	uint32_t network_version;
	void *block;
	size_t block_bytes;
};

/* RRSIGs are judged by the wall clock, which may be set while we run. */
static void
set_trust(struct self_core *core, uint64_t now_us)
{
	const struct service *service = core->settings->service;
	const struct engine_trust trust = {
		.anchors = service->trust.anchors,
		.crypto = core->crypto,
		.wall_offset_s = (int64_t)time(NULL) - (int64_t)(now_us / 1000000u),
		.override_s = service->trust.override_s,
		.nsec3_iterations_max = service->trust.nsec3_iterations_max,
	};
	engine_set_trust(core->engine, &trust);
	engine_set_forwards(core->engine, service->forwards);
	core->trust_at_us = now_us + CLOCK_US;
}

static int
make_engine(struct self_core *core, struct rng *rng, uint64_t now_us)
{
	struct engine_config config = core_config_engine(&core->settings->config);
	struct engine_limits limits = engine_limits_default;

	config.second_level = false;
	config.prime_root = false; /* the hints serve for the few questions of one run */
	config.trust_anchor_signaling = false; /* once a run would drown what the resolvers tell */
	limits.task_count = TASKS_MAX;
	limits.client_count = SELF_CLIENTS_MAX;
	limits.query_count = NET_FLOWS_MAX;
	const size_t engine_size = (engine_bytes(&limits) + 63) & ~(size_t)63;
	core->block_bytes = engine_size + upstream_bytes(&limits);
	core->block = mmap(NULL, core->block_bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (core->block == MAP_FAILED) {
		core->block = NULL;
		return ERR_NO_MEMORY;
	}
	core->engine = engine_new(core->block, engine_size, &limits, &config, &core->memory.caches, rng, now_us);
	core->crypto = crypto_new();
	if (core->engine == NULL || core->crypto == NULL)
		return ERR_NO_MEMORY;
	upstream_init(&core->upstream, core->engine, core->stack, (uint8_t *)core->block + engine_size,
		      core->block_bytes - engine_size);
	set_trust(core, now_us);
	return 0;
}

static int
add_hints(struct self_core *core)
{
	const struct root_hints *hints = &core->settings->hints;
	int err = 0;

	for (size_t i = 0; i < hints->count && err == 0; i++)
		err = engine_add_hint(core->engine, &hints->entries[i].server, &hints->entries[i].addr);
	return err;
}

/* What the last run has learnt.  A file that cannot be had is no failure: the names are asked for again. */
static void
open_file(struct self_core *core, const char *config_path, const char *cache_path, struct rng *rng, uint64_t now_us)
{
	char error[CONFIG_ERROR_BYTES];
	struct cache_file_loaded loaded;
	struct log log;
	const struct cache_file_config config = {
		.path = core->file_path,
		.basis = basis_of(core->settings),
		.wall_s = cache_file_wall_s(),
		.rng = rng,
		.log = &log,
	};

	if (config_path != NULL)
		cache_path = core->settings->config.cache_file;
	if (cache_path == NULL || strlen(cache_path) >= sizeof core->file_path)
		return;
	strcpy(core->file_path, cache_path);
	log_init(&log, "cairn-fetch", LOG_LEVEL_WARNING);
	if (cache_file_open(&core->file, &config, &core->memory.caches, error) != 0)
		return;
	cache_file_scan(core->file, (uint32_t)(now_us / 1000000u), config.wall_s, NULL);
	cache_file_load(core->file, &loaded);
}

static void
close_file(struct self_core *core, uint64_t now_us)
{
	if (core->file == NULL)
		return;
	cache_file_save(core->file, (uint32_t)(now_us / 1000000u), cache_file_wall_s());
	cache_file_close(core->file);
}

static void
core_free(struct self_core *core, uint64_t now_us)
{
	close_file(core, now_us);
	if (core->upstream.engine != NULL)
		upstream_leave(&core->upstream, now_us);
	crypto_free(core->crypto);
	if (core->block != NULL)
		(void)munmap(core->block, core->block_bytes);
	memory_close(&core->memory);
	settings_free(core->settings);
	free(core);
}

static void
core_trace(struct self_core *core, struct event_ring *ring)
{
	engine_trace(core->engine, ring);
}

static int
make_parts(struct self_core *core, const char *config_path, struct rng *rng, uint64_t now_us,
	   struct failure *failure)
{
	char error[CONFIG_ERROR_BYTES] = "";
	int err = settings_new(&core->settings, config_path, 0, rng, error);

	if (err != 0) {
		/* A failure is one sentence: the first mistake. */
		failure_set(failure, FAILURE_USAGE, "--resolver self: %.*s", (int)strcspn(error, "\n"), error);
		return err;
	}
	core->settings->config.rrset_cache_size = SELF_CACHE_BYTES;
	err = memory_open(&core->memory, &core->settings->config, rng, error);
	if (err == 0)
		err = make_engine(core, rng, now_us);
	if (err == 0)
		err = add_hints(core);
	if (err != 0)
		failure_set(failure, FAILURE_MEMORY, "--resolver self: %s", err_text(err));
	return err;
}

static int
core_new(struct self_core **made, struct stack *stack, const char *config_path, const char *cache_path,
	 struct rng *rng, uint64_t now_us, struct failure *failure)
{
	struct self_core *core = calloc(1, sizeof *core);

	if (core == NULL) {
		failure_set(failure, FAILURE_MEMORY, "--resolver self: no memory");
		return ERR_NO_MEMORY;
	}
	core->stack = stack;
	core->network_version = stack_network_version(stack);
	const int err = make_parts(core, config_path, rng, now_us, failure);
	if (err != 0) {
		core_free(core, now_us);
		return err;
	}
	open_file(core, config_path, cache_path, rng, now_us);
	*made = core;
	return 0;
}

/* ---- the verbs ----------------------------------------------------------------------------------------- */

static int
ask(struct self_core *core, const struct question *question, uint64_t client, uint64_t now_us)
{
	const struct engine_question asked = { .qname = question->qname,
					       .qtype = question->qtype,
					       .qclass = question->qclass };
	return engine_ask(core->engine, &asked, client, now_us);
}

static void
forget(struct self_core *core, uint64_t client)
{
	engine_forget(core->engine, client);
}

static bool
receive(struct self_core *core, const struct stack_action *action, uint64_t now_us)
{
	return upstream_receive(&core->upstream, action, now_us);
}

static bool
next(struct self_core *core, uint64_t now_us, uint64_t *client, const struct answer **resolved)
{
	const uint32_t network_version = stack_network_version(core->stack);
	struct engine_action action;

	if (network_version != core->network_version)
		infra_network_changed(core->memory.caches.infra, now_us);
	core->network_version = network_version;
	if (now_us >= core->trust_at_us)
		set_trust(core, now_us);
	if (engine_deadline(core->engine) <= now_us)
		engine_timeout(core->engine, now_us);
	if (!upstream_next(&core->upstream, &action, now_us))
		return false;
	*client = action.client;
	*resolved = action.answer;
	return true;
}

static uint64_t
deadline(const struct self_core *core)
{
	return engine_deadline(core->engine);
}

__attribute__((visibility("default"))) const struct self_module cairn_fetch_self = {
	.core_new = core_new,
	.core_free = core_free,
	.trace = core_trace,
	.ask = ask,
	.forget = forget,
	.receive = receive,
	.next = next,
	.deadline = deadline,
};
