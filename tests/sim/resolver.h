/*
 * resolver.h - a resolver on a host of the simulated Internet: engine, caches and upstream over the host's stack.
 *
 * Driven as a worker of the daemon drives it: the caches first, then the engine; what the stack reports goes
 * to upstream; the engine's deadline is the host's.  Answers are judged while they are lent.
 *
 * Ownership: the caller lends the struct; resolver_stop frees what lies behind it.
 * Errors:    fail the running Check test.
 * Bounds:    RESOLVER_ASKS_MAX questions from a start to a stop.
 */
#ifndef CAIRN_TESTS_SIM_RESOLVER_H
#define CAIRN_TESTS_SIM_RESOLVER_H

#include "resolver/iterate/upstream.h"
#include "tests/sim/internet_zones.h"

#define RESOLVER_ASKS_MAX    4096u
#define RESOLVER_CACHE_BYTES (2u << 20)
#define RESOLVER_SERVERS     1024u /* kept in infra */
#define RESOLVER_WHY_BYTES   200u

struct ask {
	struct zones_question question;
	bool is_done, is_right;
	bool from_cache; /* nothing was asked upstream for it */
	uint16_t rcode;
	uint32_t ttl_s; /* of the first set of the answer, or of the SOA */
	uint64_t asked_us, took_us;
	char why[RESOLVER_WHY_BYTES]; /* of a failure */
};

struct resolver {
	struct net_node *host;
	struct caches caches;
	struct engine *engine;
	struct upstream upstream;
	void *block;
	size_t block_bytes;
	struct arena arena; /* of answers from the caches */
	struct ask *asks;
	unsigned ask_count, done_count;
};

/* With empty caches, and primed as the daemon does; config NULL: the daemon's defaults. */
void resolver_start(struct resolver *resolver, struct internet *internet,
		    const struct engine_config *config);
/* At once, whatever is under way. */
void resolver_stop(struct resolver *resolver);

/* From the caches at once, or when the engine has it; the pointer stays good until the stop. */
const struct ask *resolver_ask(struct resolver *resolver, const struct zones_question *question);
/* Asks and moves time until the answer is there. */
const struct ask *resolver_resolve(struct resolver *resolver, unsigned customer, enum kind kind);

uint64_t resolver_sent(const struct resolver *resolver); /* queries upstream */

/* Nothing is under way, every question has one answer, and the counters agree with each other. */
void resolver_expect_idle(struct resolver *resolver);

#endif
