/*
 * tsig_keys.h - the sections `key:`: secrets in common with the primaries of zones (zone/tsig.h).
 *
 * Ownership: the keys are the caller's memory, which is wiped by tsig_keys_wipe.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason, never with the secret.
 * Bounds:    TSIG_KEYS_MAX.
 */
#ifndef CAIRN_RESOLVER_SERVE_TSIG_KEYS_H
#define CAIRN_RESOLVER_SERVE_TSIG_KEYS_H

#include "resolver/serve/config.h"
#include "resolver/zone/tsig.h"

#define TSIG_KEYS_MAX 64u

struct tsig_keys {
	unsigned count;
	struct tsig_key keys[TSIG_KEYS_MAX];
};

int tsig_keys_read(struct tsig_keys *keys, const struct config *config, char error[CONFIG_ERROR_BYTES]);
/* By the name in text; NULL: there is none. */
const struct tsig_key *tsig_keys_find(const struct tsig_keys *keys, const char *name);
void tsig_keys_wipe(struct tsig_keys *keys);

#endif
