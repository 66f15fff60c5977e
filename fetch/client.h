/*
 * client.h - what the transfers of a run share: the network, names, idle connections, what is told to the user.
 *
 * Ownership: everything here outlives every transfer.
 */
#ifndef CAIRN_FETCH_CLIENT_H
#define CAIRN_FETCH_CLIENT_H

#include <stdint.h>

#include "fetch/idna_icu.h"
#include "fetch/names.h"
#include "fetch/net.h"
#include "fetch/settings.h"
#include "fetch/verbose.h"

#define CLIENT_BUFFER_BYTES (256u * 1024u)
#define CLIENT_USER_AGENT   "cairn-fetch/" CAIRN_VERSION

struct client {
	struct net *net;
	struct names *names;
	struct idna_icu icu; /* for domains beyond ASCII */
	const struct run_settings *run;
	struct verbose verbose;
	uint8_t buffer
		[CLIENT_BUFFER_BYTES]; /* of whichever transfer reads or sends at this moment */
};

#endif
