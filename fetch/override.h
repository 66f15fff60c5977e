/*
 * override.h - what the user says about names and ports instead of asking: --resolve and --connect-to, as curl has them.
 *
 *     --resolve [+]HOST:PORT:ADDRESS[,ADDRESS]...   these are the addresses of HOST for that port
 *     --connect-to HOST1:PORT1:HOST2:PORT2          connections to the first go to the second; empty HOST1, PORT1: all,
 *                                                   empty HOST2, PORT2: the same
 *
 * HOST may be `*`.  IPv6 addresses stand in brackets, or in --resolve without.  The first that fits counts, and one for a
 * name before one for `*`.  Neither changes what a request or a certificate says.
 *
 * Ownership: the texts are lent, as long as the overrides are used.
 * Errors:    ERR_MALFORMED, ERR_FULL with a failure.
 * Bounds:    OVERRIDES_MAX of each, OVERRIDE_ADDRS_MAX addresses.
 */
#ifndef CAIRN_FETCH_OVERRIDE_H
#define CAIRN_FETCH_OVERRIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/failure.h"
#include "fetch/span.h"
#include "stack/addr.h"

#define OVERRIDES_MAX      64u
#define OVERRIDE_ADDRS_MAX 16u

struct override_resolve {
	struct span host;
	uint16_t port;
	struct span addrs; /* checked */
};

struct override_connect {
	struct span host, to_host; /* empty: any, the same */
	uint16_t port, to_port;    /* 0: any, the same */
};

struct overrides {
	struct override_resolve resolves[OVERRIDES_MAX];
	struct override_connect connects[OVERRIDES_MAX];
	unsigned resolve_count, connect_count;
};

int overrides_add_resolve(struct overrides *overrides, const char *text, struct failure *failure);
int overrides_add_connect_to(struct overrides *overrides, const char *text, struct failure *failure);

/* Where to connect to for (host, port): changes both when an entry says so. */
void overrides_connect(const struct overrides *overrides, struct span *host, uint16_t *port);
/* The number of addresses given for (host, port); 0: the name is to be asked for. */
unsigned overrides_resolve(const struct overrides *overrides, struct span host, uint16_t port,
                           struct ip_addr addrs[OVERRIDE_ADDRS_MAX]);

#endif
