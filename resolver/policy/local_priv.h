/*
 * local_priv.h - the table behind local.h (internal to resolver/policy).
 *
 * Every name that was said has a node, and so has every name above it up to the root, each pointing
 * to the next above.  So a look-up from the top down may stop at the first name that has no node, and
 * the deepest node that it reached knows the zone of the name that was asked for.
 */
#ifndef CAIRN_RESOLVER_POLICY_LOCAL_PRIV_H
#define CAIRN_RESOLVER_POLICY_LOCAL_PRIV_H

#include "resolver/policy/local.h"

struct arena;
struct prefixes;

#define LOCAL_SLOTS_MIN 64u

/* A set with room to grow while the configuration is read. */
struct local_set {
	struct rrset rrset; /* its `next` is another type of the same name */
	uint32_t capacity;  /* octets */
};

struct local_node {
	struct local_node *next;   /* of the same slot */
	struct local_node *parent; /* NULL: the root */
	struct local_node *zone;   /* the nearest at or above; set by local_finish */
	struct local_set *sets;
	uint64_t tags;              /* of a zone; 0: for all */
	struct prefixes *overrides; /* of a zone, enum local_type as uint8_t; NULL: none */
	struct rrset *negative_soa; /* of a zone that has an SOA; set by local_finish */
	uint32_t hash;
	uint8_t type; /* enum local_type, when is_zone */
	bool is_zone;
	bool no_default; /* said to be nodefault */
	bool exists;     /* something is said of it or of a name below it */
	struct name name; /* compact, lower case: nothing may follow */
};

struct local {
	struct arena *arena;
	struct local_node *root;
	uint32_t root_hash; /* the key: every other name's is made from it */
	struct local_node **slots;
	uint32_t slot_count; /* a power of two */
	uint32_t node_count, zone_count, rrset_count;
	uint16_t class;
	struct local *of_class; /* the table of a further class, a list; NULL: there is none */
	bool finished;
	bool newest_first; /* the order of a set's records, which means nothing: as Unbound gives those of policy */
};

/* The node of a name, made with those above it; NULL: the arena is full. */
struct local_node *local__node_make(struct local *local, const struct name *name);

/* The deepest node at or above the name; *exact tells whether it is the name's own. */
const struct local_node *local__node_find(const struct local *local, const struct name *name, bool *exact);

/* Whether one of its zones stands at or above the name, as for lists of domains; finished or not. */
bool local__has_zone_above(const struct local *local, const struct name *name);

const struct rrset *local__node_set(const struct local_node *node, uint16_t type);

int local__defaults_add(struct local *local, bool unblock_lan_zones);

#endif
