/*
 * anchors.h - the zones whose keys are known beforehand, and those that are not to be validated
 * (RFC 4035, section 4.4; RFC 7646; unbound's trust-anchor, domain-insecure).
 *
 * An anchor is kept as DS records; one that is given as DNSKEY is turned into its SHA-256 DS.  The nearest anchor at
 * or above a name counts; a domain-insecure that is as near or nearer takes its effect away.
 *
 * Ownership: everything lies in the arena given; constant once filled, and may then be shared by threads.
 * Errors:    ERR_MALFORMED (no DS and no DNSKEY), ERR_UNSUPPORTED (algorithm or digest), ERR_FULL, ERR_NO_MEMORY.
 * Bounds:    ANCHORS_MAX zones, ANCHORS_INSECURE_MAX names.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_ANCHORS_H
#define CAIRN_RESOLVER_VALIDATE_ANCHORS_H

#include "resolver/validate/dnskey.h"

struct arena;

#define ANCHORS_MAX          64u
#define ANCHORS_INSECURE_MAX 1024u

struct anchors {
	struct arena *arena;
	struct rrset *ds[ANCHORS_MAX]; /* owner: the zone */
	unsigned count;
	const struct name *insecure[ANCHORS_INSECURE_MAX];
	unsigned insecure_count;
};

void anchors_init(struct anchors *anchors, struct arena *arena);
/* Starts with what another one has, whose zones and names it shares from then on. */
int anchors_init_from(struct anchors *anchors, struct arena *arena, const struct anchors *base);
/* A DS or DNSKEY record. */
int anchors_add(struct anchors *anchors, struct crypto *crypto, const struct name *zone, uint16_t type,
		const uint8_t *rdata, size_t size);
int anchors_add_insecure(struct anchors *anchors, const struct name *name);

/* The DS set of the anchor that counts for the name; NULL: nobody vouches for it. */
const struct rrset *anchors_above(const struct anchors *anchors, const struct name *name);
/* The DS set of an anchor for exactly this zone, or NULL. */
const struct rrset *anchors_at(const struct anchors *anchors, const struct name *zone);

#endif
