/*
 * memory.h - the caches of the process: how large, and where they lie.
 *
 * One reservation of address space for all of them; what has never been filled is not memory yet.
 * Sizes left to us go by the machine's memory, or by the control group's limit where that is less.
 *
 * What is used lies far apart: a little at the start of each of many rings, a bucket here and there.  So a page is a small one,
 * also where the system gives huge ones to whoever does not refuse them: with those, a thousand names took 600 MiB.  Only the
 * ready-made answers may have huge ones (msg-cache-huge-pages): a bucket of theirs is a page, so each look-up is a miss of the
 * processor's table of pages else.
 */
#ifndef CAIRN_RESOLVER_SERVE_MEMORY_H
#define CAIRN_RESOLVER_SERVE_MEMORY_H

#include "resolver/iterate/engine.h"
#include "resolver/serve/config.h"

/* Zeroed, of whole pages; munmap gives it back.  NULL: so much address space is not to be had. */
void *memory_reserve(size_t bytes);

struct memory {
	struct caches caches;
	void *block;
	size_t block_bytes;
};

struct memory_sizes {
	size_t rrsets, negatives, delegations, ready, infra;
};

/* total_bytes: what the machine has. */
struct memory_sizes memory_sizes(const struct config *config, uint64_t total_bytes);

int memory_open(struct memory *memory, const struct config *config, struct rng *rng,
		char error[CONFIG_ERROR_BYTES]);
void memory_close(struct memory *memory);

#endif
