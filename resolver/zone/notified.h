/*
 * notified.h - who may say that a zone has changed at its primary, and of which zones it was said (RFC 1996).
 *
 * Workers hear it and put up a flag; the thread that keeps the zones takes it down.  A flag says no more than that it is time to
 * ask, so one that is put up twice, or lost with an old configuration, does no harm.
 *
 * Ownership: everything lies in the arena given; constant once filled but for the flags, which any thread may touch.
 * Errors:    ERR_NO_MEMORY.
 */
#ifndef CAIRN_RESOLVER_ZONE_NOTIFIED_H
#define CAIRN_RESOLVER_ZONE_NOTIFIED_H

#include <stdatomic.h>

#include "resolver/policy/prefixes.h"
#include "resolver/wire/name.h"

struct notified_zone {
	const struct name *name;
	struct prefixes from;
	atomic_bool is_told;
};

struct notified {
	struct arena *arena;
	unsigned count, count_max;
	struct notified_zone *zones;
};

/* NULL: the arena is full. */
struct notified *notified_new(struct arena *arena, unsigned count_max);
/* Behind those before; the caller adds who may speak for it. NULL: the arena is full. */
struct notified_zone *notified_add(struct notified *notified, const struct name *name);
int notified_allow(struct notified_zone *zone, const struct ip_addr *prefix, unsigned prefix_len);

/* False: the address may not speak for a zone of this name. */
bool notified_tell(struct notified *notified, const struct name *name, const struct ip_addr *from);
/* Whether the zone's flag was up, which it is no more. */
bool notified_take(struct notified *notified, unsigned index);

#endif
