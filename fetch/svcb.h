/*
 * svcb.h - HTTPS records: where a service of a host really is (RFC 9460, sections 2 and 7).
 *
 * Errors: ERR_UNSUPPORTED for one that is not for us: a mandatory key that is not known here, or no protocol that we
 *         speak (section 8); ERR_MALFORMED.
 */
#ifndef CAIRN_FETCH_SVCB_H
#define CAIRN_FETCH_SVCB_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/wire/name.h"

struct names_service {
	uint16_t priority;  /* 0: an alias (AliasMode) */
	uint16_t port;      /* 0: the URL's */
	bool is_at_owner;   /* the target is the record's own name: the host's addresses serve */
	struct name target;
};

int svcb_read(struct names_service *service, const struct name *owner, const uint8_t *bytes, size_t size);

#endif
