/*
 * private_addresses.h - private-address and private-domain made into policy/rebind.h, and do-not-query-address.
 *
 * Ownership: it lies in the arena given.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 */
#ifndef CAIRN_RESOLVER_SERVE_PRIVATE_ADDRESSES_H
#define CAIRN_RESOLVER_SERVE_PRIVATE_ADDRESSES_H

#include "resolver/policy/prefixes.h"
#include "resolver/policy/rebind.h"
#include "resolver/serve/config.h"

/* *rebind is NULL without private-address. */
int private_addresses_build(struct rebind **rebind, struct arena *arena, const struct config *config, struct rng *rng,
			    char error[CONFIG_ERROR_BYTES]);

/* *not_asked is NULL without do-not-query-address. */
int not_asked_build(struct prefixes **not_asked, struct arena *arena, const struct config *config,
		    char error[CONFIG_ERROR_BYTES]);

#endif
