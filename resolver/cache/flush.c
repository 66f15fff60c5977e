#include "resolver/cache/flush.h"

#include <string.h>

#include "stack/base/cursor.h"

#define TYPE_CLASS_BYTES 4u

/* Names in keys are in lower case, and one is the end of another only where a label begins. */
static bool
is_under(const uint8_t *name, size_t name_bytes, const uint8_t *zone, size_t zone_bytes)
{
	size_t at = 0;
	while (name_bytes - at > zone_bytes)
		at += 1u + name[at];
	return name_bytes - at == zone_bytes && memcmp(name + at, zone, zone_bytes) == 0;
}

static bool
is_wished(const struct flush_wish *wish, const struct name *zone, const struct store_record *record)
{
	const size_t name_bytes = record->key_bytes - TYPE_CLASS_BYTES;
	const uint8_t *type = record->key + name_bytes;

	if (record->expires_s == 0 || record->key_bytes <= TYPE_CLASS_BYTES)
		return false;
	if (wish->type != FLUSH_TYPE_ANY && (type[0] << 8 | type[1]) != wish->type)
		return false;
	if (!wish->with_below && name_bytes != zone->size)
		return false;
	return is_under(record->key, name_bytes, zone->wire, zone->size);
}

static uint64_t
flush_copied(struct store *store, const struct flush_wish *wish, const struct name *zone, void *block, size_t copied,
	     uint32_t now_s)
{
	struct store_record record;
	uint64_t count = 0;

	for (size_t at = 0; store_log_next(block, copied, &at, &record);) {
		if (!is_wished(wish, zone, &record))
			continue;
		store_remove(store, record.key, record.key_bytes, now_s);
		count++;
	}
	return count;
}

uint64_t
flush_store(struct store *store, const struct flush_wish *wish, void *block, uint32_t now_s)
{
	struct name zone;
	uint64_t count = 0;

	name_lower(&zone, wish->name);
	for (unsigned shard = 0; shard < store->shard_count; shard++) {
		struct store_mark end = { 0 }, mark = { 0 };
		store_log_skip(store, shard, &end);
		size_t copied;
		while ((mark.lap < end.lap || (mark.lap == end.lap && mark.offset < end.offset)) &&
		       store_log_copy(store, shard, &mark, 0, block, FLUSH_BLOCK_BYTES, &copied))
			count += flush_copied(store, wish, &zone, block, copied, now_s);
	}
	return count;
}
