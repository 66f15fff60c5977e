/*
 * tags.h - names for groups of clients (unbound's define-tag, access-control-tag, access-control-tag-action and
 * access-control-tag-data), as sets of bits.
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

#include "resolver/policy/local.h"
#include "resolver/policy/prefixes.h"

#define TAGS_MAX       64u
#define TAG_BYTES_MAX  63u
#define TAG_DATA_BYTES_MAX 4096u /* of one record as text */

/* What is said of the clients of one prefix. */
struct client_tags {
	uint64_t set;              /* bit i is names[i] */
	uint8_t actions[TAGS_MAX]; /* of local zones with that tag: 1 + enum local_type; 0: the zone's own type */
	struct local *datas;       /* what redirect zones with that tag give: at the name tag_data_name; NULL: none */
};

struct tags {
	struct arena *arena;
	const char *names[TAGS_MAX];
	unsigned count;
	struct prefixes clients; /* of struct client_tags */
};

void tags_init(struct tags *tags, struct arena *arena);

/* Names apart from each other by white space; one that is there already keeps its bit. */
int tags_define(struct tags *tags, const char *words);
/* The set of names that were defined. */
int tags_read(const struct tags *tags, const char *words, uint64_t *set);

int tags_add_clients(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, uint64_t set);
int tags_add_action(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, unsigned tag, enum local_type type);
/* A record without its owner: "A 192.0.2.1"; after an error *why says it in words. */
int tags_add_data(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, unsigned tag, const char *data,
		  struct rng *rng, const char **why);

/* Of the longest prefix; NULL: nothing is said.  `tags` may be NULL. */
const struct client_tags *tags_of_client(const struct tags *tags, const struct ip_addr *client);

/* The name in client_tags.datas at which the data of a tag stand. */
void tag_data_name(unsigned tag, struct name *name);

#endif
