/* auth_priv.h - what auth.c and auth_digest.c share. */
#ifndef CAIRN_FETCH_AUTH_PRIV_H
#define CAIRN_FETCH_AUTH_PRIV_H

#include "fetch/auth.h"

void auth__put(struct writer *out, const char *text);
int auth__digest_strength(
	const struct auth_challenge *challenge); /* 0: cannot be answered; else above 1 */

#endif
