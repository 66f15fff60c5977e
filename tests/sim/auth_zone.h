/*
 * auth_zone.h - the zones of an authoritative server: names with their sets (private to tests/sim).
 */
#ifndef CAIRN_TESTS_SIM_AUTH_ZONE_H
#define CAIRN_TESTS_SIM_AUTH_ZONE_H

#include "tests/sim/auth.h"

struct auth_record {
	struct auth_record *next;
	uint16_t rdata_bytes;
	uint8_t rdata[];
};

struct auth_set {
	struct rrset rrset; /* complete once the zone is; its next is the node's next set */
	struct auth_set *next;
	struct auth_record *records, **records_last, *sigs, **sigs_last;
};

struct auth_node {
	struct auth_node *chain; /* in its bucket */
	struct auth_node *next;  /* in its zone */
	struct auth_zone *zone;
	uint32_t hash;
	const struct name *name;
	struct auth_set *sets; /* NULL: an empty non-terminal */
};

struct auth_zone {
	const struct name *apex;
	struct auth_node *nodes;
};

/* The zone that holds the name most closely; NULL: none.  `above`: its apex is a true ancestor of the name. */
struct auth_zone *auth__zone_of(struct auth *auth, const struct name *name, bool above);
struct auth_node *auth__node(struct auth *auth, const struct auth_zone *zone, const struct name *name);
const struct rrset *auth__set(const struct auth_node *node, uint16_t type); /* NULL: none; node may be NULL */

#endif
