/*
 * self_module.h - what self.c finds in the module that has the engine.
 *
 * Without loop and clock: the five verbs of a core, over the stack that it is given.
 */
#ifndef CAIRN_FETCH_SELF_MODULE_H
#define CAIRN_FETCH_SELF_MODULE_H

#include "fetch/lookup.h"
#include "stack/stack.h"

#define SELF_MODULE_FILE   "libcairn-fetch-self.so"
#define SELF_MODULE_SYMBOL "cairn_fetch_self"

struct event_ring;
struct rng;
struct self_core;

struct self_module {
	/* cache_path: where what was learnt is kept, if the configuration is the default; NULL: nowhere. */
	int (*core_new)(struct self_core **core, struct stack *stack, const char *config_path, const char *cache_path,
	                struct rng *rng, uint64_t now_us, struct failure *failure);
	void (*core_free)(struct self_core *core, uint64_t now_us);
	void (*trace)(struct self_core *core, struct event_ring *ring); /* resolver/iterate/trace.h; NULL: nobody listens */
	int (*ask)(struct self_core *core, const struct question *question, uint64_t client, uint64_t now_us);
	void (*forget)(struct self_core *core, uint64_t client);
	bool (*receive)(struct self_core *core, const struct stack_action *action, uint64_t now_us);
	/* What is due, then until false: *resolved, lent until the next call, is for *client. */
	bool (*next)(struct self_core *core, uint64_t now_us, uint64_t *client, const struct answer **resolved);
	uint64_t (*deadline)(const struct self_core *core);
};

extern const struct self_module cairn_fetch_self;

#endif
