/*
 * hints.h - where resolution starts: the root servers as the operator lists them (RFC 1034, section 5.3.2: SBELT).
 *
 * They serve until a priming query has brought the root's own NS set into the delegation
 * cache, and again whenever that is not there (RFC 8109).
 */
#ifndef CAIRN_RESOLVER_ITERATE_HINTS_H
#define CAIRN_RESOLVER_ITERATE_HINTS_H

#include "resolver/cache/delegation.h"

struct hints {
	struct name names[DELEGATION_NS_MAX];
	struct delegation_ns ns[DELEGATION_NS_MAX];
	uint8_t ns_count;
};

void hints_init(struct hints *hints);
/* ERR_FULL beyond DELEGATION_NS_MAX names or DELEGATION_ADDRS_MAX addresses of one; the same twice is once. */
int hints_add(struct hints *hints, const struct name *server, const struct ip_addr *addr);
/* The root's delegation, never ending; it lends from the hints. */
void hints_delegation(struct hints *hints, struct delegation *delegation);
/*
 * Servers of the root's delegation that came without addresses get those of their hints (RFC 8109, section 4.2: the
 * additional section may be incomplete).  False when no server has an address even so.
 */
bool hints_complete(const struct hints *hints, struct delegation *delegation);

#endif
