/*
 * root_hints.h - the root servers to start from: conf/root.hints, built in, or the operator's file (RFC 1034, section 5.3.2: SBELT).
 *
 * Ownership: a value.
 * Errors:    a negative ERR_* and one line in `error`: the option, then file, line and reason.
 * Bounds:    ROOT_HINTS_MAX addresses; those of a delegation (cache/delegation.h), as which they are used.
 */
#ifndef CAIRN_RESOLVER_SERVE_ROOT_HINTS_H
#define CAIRN_RESOLVER_SERVE_ROOT_HINTS_H

#include "resolver/cache/delegation.h"
#include "resolver/serve/config.h"
#include "resolver/wire/name.h"
#include "stack/addr.h"

#define ROOT_HINTS_MAX            (DELEGATION_NS_MAX * DELEGATION_ADDRS_MAX)
#define ROOT_HINTS_FILE_BYTES_MAX (1024u * 1024u)

struct root_hints {
	size_t count;
	struct root_hint {
		struct name server;
		struct ip_addr addr;
	} entries[ROOT_HINTS_MAX];
};

/* Those of the option root-hints; without it the built-in ones. */
int root_hints_load(struct root_hints *hints, const struct config *config,
		    char error[CONFIG_ERROR_BYTES]);

#endif
