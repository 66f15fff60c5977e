/*
 * nta.h - negative trust anchors (RFC 7646): zones that are not validated for a while, because who runs them has made a
 * mistake and their users are to be served all the same.
 *
 * Each ends by itself: a mistake is mended some day, and nobody remembers to take them out (RFC 7646, section 2).
 *
 * Ownership: plain values, of one thread.
 * Units:     seconds of any clock that does not go back.
 * Errors:    ERR_FULL, ERR_NOT_FOUND.
 * Bounds:    NTA_MAX zones, NTA_SECONDS_MAX seconds.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_NTA_H
#define CAIRN_RESOLVER_VALIDATE_NTA_H

#include "resolver/wire/name.h"

#define NTA_MAX         64u
#define NTA_SECONDS     3600u   /* unless somebody says otherwise */
#define NTA_SECONDS_MAX 604800u /* RFC 7646, section 2: SHOULD NOT exceed a week */
#define NTA_NEVER       UINT64_MAX

struct nta {
	struct name zone;
	uint64_t until_s;
};

struct nta_list {
	struct nta items[NTA_MAX];
	unsigned count;
};

/* One for the same zone begins anew. */
int nta_add(struct nta_list *list, const struct name *zone, uint64_t until_s);
int nta_remove(struct nta_list *list, const struct name *zone);
/* Takes out one whose time is over, and gives its zone; false: there is none. */
bool nta_expire(struct nta_list *list, uint64_t now_s, struct name *zone);
/* When the next one ends; NTA_NEVER. */
uint64_t nta_deadline(const struct nta_list *list);

#endif
