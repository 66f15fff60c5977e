/*
 * network.h - the configuration's `stack:` section made into a link, and into the addresses of a stack
 * (RFC 1122; stack/link/raw.h, packet.h, tap.h and their wrappers).
 *
 * Ownership: a network belongs to one worker; network_close frees the link and its guards.
 * Errors:    a negative ERR_* and one line in `error`: device or capability, and what would help.
 */
#ifndef CAIRN_RESOLVER_SERVE_NETWORK_H
#define CAIRN_RESOLVER_SERVE_NETWORK_H

#include "resolver/serve/config.h"
#include "stack/link/guard.h"
#include "stack/link/link.h"

struct network {
	struct guard guard;
	bool has_guard;
	struct link *link; /* the outermost: wrappers and all */
};

/* Link raw alone shares ports with the kernel and among workers. */
bool network_is_shared(const struct config *config);

/* Checks what can be checked without opening anything. */
int network_check(const struct config *config, char error[CONFIG_ERROR_BYTES]);

/* The plan is the process's; unused unless network_is_shared.  The rng is the worker's and outlives the network. */
int network_open(struct network *network, const struct config *config,
		 const struct guard_plan *plan, unsigned worker, struct rng *rng, uint64_t now_us,
		 char error[CONFIG_ERROR_BYTES]);
/* Addresses, gateways and what else the operator gave a stack of its own; nothing for link raw, which mirrors the host. */
int network_set_up(struct network *network, const struct config *config, struct stack *stack,
		   unsigned ifindex, uint64_t now_us, char error[CONFIG_ERROR_BYTES]);
void network_close(struct network *network);

#endif
