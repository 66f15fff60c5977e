/*
 * entry.h - how an entry lies in the ring of a store (internal to resolver/cache).
 *
 *      0           4           8     10    12          16
 *      +-----------+-----------+-----+-----+-----------+-------+---------+-------+
 *      | place     | expires_s |units|key_ | ttl_s,    | key   | value   | slack |
 *      |           |           |     |bytes| rank, ... |       |         | 0..7  |
 *      +-----------+-----------+-----+-----+-----------+-------+---------+-------+
 *
 * Entries are counted in units of 8 octets and stand at multiples of one; an offset counts units from the
 * start of the ring, and no entry has offset 0, so that zeroed memory is an index without entries.
 */
#ifndef CAIRN_RESOLVER_CACHE_ENTRY_H
#define CAIRN_RESOLVER_CACHE_ENTRY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRY_UNIT_BYTES 8u
#define ENTRY_TTL_MAX_S  0x7fffffu /* three months; cache-max-ttl allows a week */
#define ENTRY_RANK_MAX   7u
#define ENTRY_KEY_BYTES_MAX 0xfffu

enum entry_flag {
	ENTRY_VISITED = 1, /* hit since it was written or moved on */
	ENTRY_DEAD = 2,    /* replaced or removed: space for the writer */
	ENTRY_FROM_FILE = 4,   /* store_restore has put it there: enum store_origin */
	ENTRY_FROM_SHARED = 8,
};
#define ENTRY_ORIGIN_SHIFT 2u

struct entry {
	uint32_t place; /* the lower half of the key's hash: tells the two buckets that may point here */
	uint32_t expires_s;
	uint16_t units;
	uint16_t key_bytes : 12;
	uint16_t flags : 4;  /* enum entry_flag */
	uint32_t ttl_s : 23; /* that it had when it was put */
	uint32_t rank : 3;
	uint32_t slack : 3;  /* octets behind the value that fill the last unit */
	uint8_t bytes[];
};
static_assert(sizeof(struct entry) == 16, "what every cached answer pays");

static inline size_t
entry_units(size_t key_bytes, size_t value_bytes)
{
	return (sizeof(struct entry) + key_bytes + value_bytes + ENTRY_UNIT_BYTES - 1) /
	       ENTRY_UNIT_BYTES;
}

static inline struct entry *
entry_at(uint64_t *ring, uint32_t offset)
{
	return (struct entry *)(void *)(ring + offset);
}

static inline const uint8_t *
entry_value(const struct entry *entry)
{
	return entry->bytes + entry->key_bytes;
}

static inline size_t
entry_value_bytes(const struct entry *entry)
{
	return (size_t)entry->units * ENTRY_UNIT_BYTES - sizeof *entry - entry->key_bytes -
	       entry->slack;
}

#endif
