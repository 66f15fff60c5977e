/*
 * service.h - one reading of the configuration, as the workers use it: who is served, with what, and what is logged.
 *
 * Built whole or not at all, then never changed: a reload builds another one, hands it to the workers,
 * and frees the old one when the last of them has let it go (server.c).  One that is renewed since zones have changed shares
 * with the one before what has not: all but these zones, the trust anchors, and of rpz all zones if one of them has.
 *
 * Ownership: the service owns its memory and does not refer to the config it was made of.
 * Errors:    a negative ERR_* and one line in `error` with file, line, option and reason.
 * Bounds:    SERVICE_BYTES_MAX of access lists, local data, and zones that are kept here.
 */
#ifndef CAIRN_RESOLVER_SERVE_SERVICE_H
#define CAIRN_RESOLVER_SERVE_SERVICE_H

#include "resolver/serve/client.h"
#include "resolver/serve/config.h"
#include "resolver/serve/kept_zones.h"
#include "resolver/serve/shared_block.h"
#include "resolver/serve/trust_anchors.h"
#include "resolver/serve/zones.h"
#include "stack/base/log.h"

/* Of address space, of which it uses what it needs: that zones from elsewhere have grown is no reason not to start. */
#define SERVICE_BYTES_MAX      (UINT64_C(64) << 30)
#define SERVICE_HOST_BYTES_MAX 256u

struct service {
	struct client_policy policy;
	struct log log; /* as verbosity says */
	struct log
		query_log; /* what log-queries, log-replies and log-servfail ask for is not subject to verbosity */
	bool log_queries, log_replies, log_servfail;
	uint32_t tcp_idle_timeout_ms;
	struct trust_config trust;
	struct forwards *forwards; /* NULL: none */
	struct rebind *rebind;     /* NULL: none */
	struct prefixes *not_asked; /* NULL: none */
	struct client_strings *strings; /* NULL: none */
	struct rate_zones *rate_zones; /* NULL: none */
	struct shared_block *own;    /* where it lies */
	struct shared_block *base;   /* where what was not renewed lies: `own`, or that of the service before */
	struct kept_set *kept;
	struct shared_block *rules;  /* rpz; NULL: none */
	unsigned rules_version;
};

/* hostname is what id.server tells without `identity`; NULL refuses it.  The rng keys the tables. */
int service_new(struct service **service, const struct config *config, const char *hostname,
		struct rng *rng, char error[CONFIG_ERROR_BYTES]);
/* Of the same config, with what the files of its zones say now. */
int service_renew(struct service **service, const struct service *before, const struct config *config, struct rng *rng,
		  char error[CONFIG_ERROR_BYTES]);
void service_free(struct service *service); /* NULL is nothing */

#endif
