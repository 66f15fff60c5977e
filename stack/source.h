/*
 * source.h - which of our addresses a packet should come from (RFC 6724, section 5).
 *
 * Rules 1 (same address), 2 (scope), 3 (not deprecated), 5 (outgoing device), 6 (label) and 8
 * (longest matching prefix, no longer than the source's own). Not done: rules 4 and 7, since
 * there are no home and no temporary addresses here. IPv4 goes by the same rules, with the scopes
 * of section 3.2.
 */
#ifndef CAIRN_STACK_SOURCE_H
#define CAIRN_STACK_SOURCE_H

#include "stack/route.h"

struct stack;

/* The best usable address on hop's interface; ERR_NO_ROUTE when there is none of the family. */
int source_select(const struct stack *stack, const struct ip_addr *destination,
		  const struct route_hop *hop, struct ip_addr *source);

#endif
