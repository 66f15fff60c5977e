/* zone_priv.h - what the files of a zone share (internal to resolver/zone). */
#ifndef CAIRN_RESOLVER_ZONE_ZONE_PRIV_H
#define CAIRN_RESOLVER_ZONE_ZONE_PRIV_H

#include "resolver/zone/zone.h"

/* The first node that is not before the name; node_count: all are. */
uint32_t zone__at_or_behind(const struct zone *zone, const struct name *name);
/* NULL: the name has no records of its own. */
const struct zone_node *zone__node(const struct zone *zone, const struct name *name);
const struct rrset *zone__set(const struct zone_node *node, uint16_t type);

/* Links a copy of the set, under another owner if it is given, at the section's end. */
int zone__put(struct zone_reply *reply, enum dns_section section, const struct rrset *set, const struct name *owner,
	      struct arena *arena);

/* Adds the NSEC that stands at the name or spans it, unless it is there; nothing where the zone has none. */
int zone__deny(const struct zone *zone, const struct name *name, struct arena *arena, struct zone_reply *reply);

#endif
