/*
 * source.h - from which of the host's addresses connections are opened: --interface.
 *
 * What the user names is an address, or a device, whose first address of each family that is not link-local is meant.
 */
#ifndef CAIRN_FETCH_SOURCE_H
#define CAIRN_FETCH_SOURCE_H

#include "fetch/failure.h"
#include "stack/addr.h"

struct source {
	struct ip_addr ipv4, ipv6; /* ADDR_NONE: nothing is connected to over that family */
};

/* -1: FAILURE_INTERFACE. */
int source_read(struct source *source, const char *name, struct failure *failure);
/* Of the family of `remote`; NULL: there is none. */
const struct ip_addr *source_for(const struct source *source, const struct ip_addr *remote);

#endif
