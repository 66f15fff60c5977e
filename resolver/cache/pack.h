/*
 * pack.h - rrsets as octets inside a value of a store, and back (internal to resolver/cache).
 *
 * A packed set is its head, its owner in compact form (one octet of size, then the wire) and its
 * rdata, so that what was copied into an arena is used where it lies: owner and rdata of the
 * unpacked set point into it.
 *
 * Bounds: PACK_SPANS_MAX pieces, PACK_SCRATCH_BYTES of what is not lent by the sets themselves; beyond
 *         them pack_* set ERR_TOO_BIG, which sticks.
 */
#ifndef CAIRN_RESOLVER_CACHE_PACK_H
#define CAIRN_RESOLVER_CACHE_PACK_H

#include "resolver/cache/store.h"

#define PACK_SPANS_MAX     64u
#define PACK_SCRATCH_BYTES 2048u

/* A value in the making: pieces that are lent, and pieces in scratch. */
struct pack {
	struct store_span spans[PACK_SPANS_MAX];
	unsigned span_count;
	size_t scratch_used;
	int err;
	uint8_t scratch[PACK_SCRATCH_BYTES];
};

void pack_init(struct pack *pack);
void pack_u8(struct pack *pack, uint8_t value);
void pack_u16(struct pack *pack, uint16_t value);
void pack_u32(struct pack *pack, uint32_t value);
void pack_copy(struct pack *pack, const void *bytes, size_t size); /* few octets */
void pack_lent(struct pack *pack, const void *bytes, size_t size); /* must live until the put */
void pack_name(struct pack *pack, const struct name *name);
void pack_rrset(struct pack *pack, const struct rrset *rrset);

/* The reverse of pack_name; NULL and the cursor's error when it is not whole. */
const struct name *unpack_name(struct cursor *cursor);
/* In the arena, with the TTL given; NULL: the arena is full. */
struct rrset *unpack_rrset(struct cursor *cursor, struct arena *arena, uint32_t ttl_s);

#endif
