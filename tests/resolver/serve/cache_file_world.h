/*
 * cache_file_world.h - processes with caches and a cache file between them, for the tests of cache_file.
 *
 * A process knows addresses, absences and delegations, each with a TTL of its own and data that tell its name, so that a mix-up
 * shows.  It ends as kill -9 would end it.
 */
#ifndef CAIRN_TESTS_RESOLVER_SERVE_CACHE_FILE_WORLD_H
#define CAIRN_TESTS_RESOLVER_SERVE_CACHE_FILE_WORLD_H

#include <check.h>
#include <limits.h>

#include "resolver/serve/cache_file.h"
#include "stack/base/rng.h"

#define BLOCK_BYTES  (UINT64_C(1) << 20)
#define NAMES        1000u
#define TTL_S        1000u
#define NOW_S        50000u      /* of the caches' clock ... */
#define WALL_S       1800000000u /* ... and of the other, when a file is written */
#define LATER_S      77u         /* the time between two processes, of which one ends */
#define NEXT_NOW_S   100u        /* the caches' clock of the second */

/* In a directory of the test's own. */
extern char cache_path[PATH_MAX], cache_aside[PATH_MAX], cache_directory[];

void cache_world_setup(void);
void cache_world_teardown(void);

/* The caches of one process. */
struct process {
	struct caches caches;
	void *blocks[3];
	struct rng rng;
	struct cache_file *file;
	struct cache_file_loaded loaded;
	char error[CONFIG_ERROR_BYTES];
};

void process_begin(struct process *process, uint64_t seed);
void process_begin_with(struct process *process, uint64_t seed, size_t bytes); /* for each cache */
struct cache_file_config process_config(struct process *process, uint32_t wall_s);
int process_open_only(struct process *process, uint32_t wall_s);
/* Opens the file and loads what is in it. */
int process_open(struct process *process, uint32_t now_s, uint32_t wall_s);
void process_load(struct process *process, uint32_t now_s, uint32_t wall_s, const atomic_bool *is_cancelled);
void process_end(struct process *process);

void name_of(struct name *name, const char *prefix, unsigned i);
uint32_t ttl_of(unsigned i);
void know_address(struct process *process, unsigned i, uint8_t mark, uint32_t ttl_s, uint32_t now_s);
/* NAMES of each kind, as of NOW_S. */
void know_much(struct process *process);

/* The mark of the address known, 0: none; *ttl_s is what remains. */
uint8_t address_mark(struct process *process, unsigned i, uint32_t now_s, uint32_t *ttl_s);
bool absence_found(struct process *process, unsigned i, uint32_t now_s, uint32_t *ttl_s);
/* How much of it is there; whatever is there is right, and does not live longer than it should. */
unsigned count_known(struct process *process, uint32_t now_s, uint32_t age_s);
/* How much of it should be. */
unsigned count_due(uint32_t age_s);

/* A file with all of it, written at WALL_S. */
void write_file(void);

#endif
