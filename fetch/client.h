/*
 * client.h - what the transfers of a run share: the network, names, idle connections, trust, what is told to the user.
 *
 * Ownership: client_open allocates, client_close frees; everything here outlives every transfer.
 */
#ifndef CAIRN_FETCH_CLIENT_H
#define CAIRN_FETCH_CLIENT_H

#include <stdint.h>

#include "fetch/cookie.h"
#include "fetch/hsts.h"
#include "fetch/idna_icu.h"
#include "fetch/journey_report.h"
#include "fetch/names.h"
#include "fetch/net.h"
#include "fetch/options.h"
#include "fetch/override.h"
#include "fetch/source.h"
#include "fetch/pool.h"
#include "fetch/psl.h"
#include "fetch/soon.h"
#include "fetch/tls.h"
#include "fetch/verbose.h"

#define CLIENT_BUFFER_BYTES (256u * 1024u)
#define CLIENT_DIALS_MAX    32u  /* at once; what waits may be served by a kept connection */
#define CLIENT_UDP_PORTS    128u /* for the questions of so many dials: A, AAAA and HTTPS each */
#define CLIENT_USER_AGENT   "cairn-fetch/" CAIRN_VERSION

/* What the URLs between two --next share. */
struct client_group {
	const struct settings *settings;
	struct tls *tls;       /* made for the first https */
	struct tls *proxy_tls; /* made for the first proxy of https */
	struct overrides overrides;
	struct source source; /* with --interface */
	struct cookie_jar *jar; /* NULL: cookies are not kept */
	struct hsts *hsts;      /* NULL: no host is remembered for https */
	unsigned number;
};

struct client {
	struct net *net;
	struct soon soon;
	unsigned dial_count; /* under way */
	uint32_t transfer_count; /* begun */
	struct names *names;
	struct pool *pool;
	struct idna_icu idna;
	struct psl psl;
	const struct run_settings *run;
	struct client_group *groups; /* one for each of the options' */
	size_t group_count;
	struct verbose verbose;
	struct journey_report *journey; /* NULL: nobody asked for it */
	int64_t now_s;                  /* of the start, since 1970: for dates */
	uint8_t buffer
		[CLIENT_BUFFER_BYTES]; /* of whichever transfer reads or sends at this moment */
};

/* 0, or -1 and *failure with nothing left open. */
int client_open(struct client **client, const struct options *options, struct failure *failure);
/* No network any more: every transfer is over, and so is what is captured. */
void client_disconnect(struct client *client);
void client_close(struct client *client); /* NULL is nothing */

/* The group's TLS, loaded when it is asked for first; NULL and *failure. */
struct tls *client_tls(const struct client *client, struct client_group *group, struct failure *failure);
/* The same for proxies, which --cacert, --insecure, --cert and the like do not mean. */
struct tls *client_proxy_tls(const struct client *client, struct client_group *group, struct failure *failure);

#endif
