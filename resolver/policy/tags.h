/*
 * tags.h - names for groups of clients (unbound's define-tag and access-control-tag), as sets of bits.
 *
 * Filled when the configuration is read, then read by all workers without a lock.
 *
 * Ownership: everything lies in the arena given to tags_init.
 * Errors:    ERR_NO_MEMORY (arena), ERR_FULL (tags), ERR_TOO_BIG (a name), ERR_NOT_FOUND (no such tag), and those of
 *            prefixes_put.
 * Bounds:    TAGS_MAX tags.
 */
#ifndef CAIRN_RESOLVER_POLICY_TAGS_H
#define CAIRN_RESOLVER_POLICY_TAGS_H

#include "resolver/policy/prefixes.h"

#define TAGS_MAX       64u
#define TAG_BYTES_MAX  63u

struct tags {
	struct arena *arena;
	const char *names[TAGS_MAX];
	unsigned count;
	struct prefixes clients;
};

void tags_init(struct tags *tags, struct arena *arena);

/* Names apart from each other by white space; one that is there already keeps its bit. */
int tags_define(struct tags *tags, const char *words);
/* The set of names that were defined: bit i is names[i]. */
int tags_read(const struct tags *tags, const char *words, uint64_t *set);

int tags_add_clients(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, uint64_t set);
/* Of the longest prefix; 0: none. */
uint64_t tags_of_client(const struct tags *tags, const struct ip_addr *client);

#endif
