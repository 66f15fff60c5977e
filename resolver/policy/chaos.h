/*
 * chaos.h - what a server says about itself in class CH: version.bind, version.server, id.server, hostname.bind
 * (RFC 4892; unbound's hide-version, hide-identity, version, identity).
 *
 * Ownership: the texts are the caller's and outlive the answer, which lies in the arena.
 * Errors:    ERR_NO_MEMORY (arena).
 * Bounds:    a text is cut at CHAOS_TEXT_BYTES_MAX octets, one character-string.
 */
#ifndef CAIRN_RESOLVER_POLICY_CHAOS_H
#define CAIRN_RESOLVER_POLICY_CHAOS_H

#include "resolver/answer.h"

#define CHAOS_TEXT_BYTES_MAX 255u

struct chaos_config {
	bool hide_version, hide_identity;
	const char *version;  /* NULL or "": the package's name and version */
	const char *identity; /* NULL or "": refused; the shell puts the host's name here */
};

/* Any question of class CH: TXT (or ANY) of the four names is answered, without AA (there is no zone), all else REFUSED. */
int chaos_answer(const struct chaos_config *config, const struct question *question, struct arena *arena,
                 struct answer *answer);

#endif
