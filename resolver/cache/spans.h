/*
 * spans.h - whose NSEC and NSEC3 records are in the RRset cache, in order (RFC 8198; RFC 4034, section 6.1).
 *
 * The records of a zone with their owners in canonical order cut its names into spans: what is denied is found by
 * the last owner at or before it.  Here are only the owners; the records, their TTLs and what they are worth lie in
 * cache/rrset.h, so an owner may outlive its record, and whoever asks looks there and drops it.
 *
 * Ownership: a value of one thread, about 1 MiB, in memory lent for its life; untouched pages of it cost nothing.
 * Errors:    none; what does not fit is not kept, and is asked of its servers as before.
 * Bounds:    SPANS_MAX owners of SPAN_OWNER_BYTES_MAX octets over all zones; with more, one that was of no use since
 *            the hand last passed goes.  A search costs 14 comparisons.
 */
#ifndef CAIRN_RESOLVER_CACHE_SPANS_H
#define CAIRN_RESOLVER_CACHE_SPANS_H

#include "resolver/wire/message.h"
#include "stack/base/hash.h"

#define SPANS_MAX            8192u
#define SPAN_OWNER_BYTES_MAX 122u
#define SPANS_ZONE_COUNTS    1024u

struct span {
	uint8_t zone_size; /* the owner's last octets: its zone */
	bool is_nsec3, is_used;
	uint8_t size;
	uint8_t wire[SPAN_OWNER_BYTES_MAX];
};

struct spans {
	struct hash_key key;
	uint32_t count, hand;
	uint16_t zone_counts[SPANS_ZONE_COUNTS]; /* owners in zones whose hash ends so: most names are in none */
	uint16_t order[SPANS_MAX];               /* by zone, then type, then owner */
	struct span owners[SPANS_MAX];
};

void spans_init(struct spans *spans, struct hash_key key);

/* The owner, in the zone, of a record of that type: NSEC or NSEC3. */
void spans_add(struct spans *spans, const struct name *zone, uint16_t type, const struct name *owner);

/* Its record has gone; nothing happens where it is not there. */
void spans_drop(struct spans *spans, const struct name *zone, uint16_t type, const struct name *owner);

/* The nearest zone at or above the name of which there are owners. */
bool spans_zone(const struct spans *spans, const struct name *name, struct name *zone);

/*
 * The last owner at or before the name in that zone; before the first one it is the last, as hashes go in a circle
 * (RFC 5155, section 1.3).  False: there is none in the zone.
 */
bool spans_find(struct spans *spans, const struct name *zone, uint16_t type, const struct name *name,
                struct name *owner);

#endif
