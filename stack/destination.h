/*
 * destination.h - in which order the addresses of a host are to be tried (RFC 6724, section 6; RFC 8305, section 4).
 *
 * Rules 1, 2, 5, 6, 8, 9 and 10 (rules 3, 4 and 7 ask for things that a mirrored address does not have: the source is the
 * best that the stack has already).  Who opens connections to several at a time lets the families take turns then.
 */
#ifndef CAIRN_STACK_DESTINATION_H
#define CAIRN_STACK_DESTINATION_H

#include "stack/addr.h"

struct destination {
	struct ip_addr addr;
	struct ip_addr source; /* that a packet to it would carry; family ADDR_NONE: no route, it cannot be reached */
};

/* RFC 6724, in place; equal ones keep their order. */
void destination_sort(struct destination *destinations, unsigned count);
/* RFC 8305: the next is of the other family, as long as there is one.  `after` is what was tried before; NULL: nothing. */
void destination_interleave(struct destination *destinations, unsigned count, const struct ip_addr *after);

#endif
