#include "resolver/cache/rrset.h"

#include <assert.h>

#include "resolver/cache/pack.h"
#include "resolver/cache/store.h"
#include "stack/base/arena.h"

/*
 * The value of an entry: counts, security, rdata.  Owner, type and class are the key, trust is the rank.
 */
#define VALUE_HEAD_BYTES 5u

struct rrset_cache {
	struct store store;
};

size_t
rrset_cache_bytes_min(void)
{
	return sizeof(struct rrset_cache) + STORE_BYTES_MIN;
}

struct rrset_cache *
rrset_cache_new(void *block, size_t block_bytes, struct rng *rng)
{
	return store_new(block, block_bytes, sizeof(struct rrset_cache), rng);
}

/*
 * The child's own NS set must not outlive what it replaces, or a zone that its parent has removed could
 * keep itself alive.  The root has no parent: its set is renewed by priming.
 */
static bool
is_zones_own_ns(const struct rrset *rrset, enum trust trust)
{
	return rrset->type == TYPE_NS && rrset->owner->size > 1 && trust >= TRUST_ADDITIONAL_AA &&
	       trust != TRUST_ANSWER;
}

static int
put_with(struct rrset_cache *cache, const struct rrset *rrset, enum trust trust, uint32_t ttl_s,
	 uint32_t stale_s, bool no_later, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, rrset->owner, rrset->type, rrset->class);
	struct pack pack;
	pack_init(&pack);
	pack_u16(&pack, rrset->rr_count);
	pack_u16(&pack, rrset->sig_count);
	pack_u8(&pack, rrset->security);
	assert(pack.scratch_used == VALUE_HEAD_BYTES);
	pack_lent(&pack, rrset->rdata, rrset->rdata_bytes);

	struct store_put put = {
		.value = pack.spans,
		.span_count = pack.span_count,
		.ttl_s = ttl_s,
		.rank = (uint8_t)trust,
		.no_later = no_later,
		.stale_s = stale_s,
	};
	return store_put(&cache->store, key.bytes, key.size, &put, now_s);
}

int
rrset_cache_offer(struct rrset_cache *cache, const struct rrset *rrset, enum trust trust,
		  uint32_t ttl_s, uint32_t stale_s, uint32_t now_s)
{
	return put_with(cache, rrset, trust, ttl_s, stale_s, is_zones_own_ns(rrset, trust), now_s);
}

int
rrset_cache_renew_ns(struct rrset_cache *cache, const struct rrset *ns, enum trust trust,
		     uint32_t ttl_s, uint32_t stale_s, uint32_t now_s)
{
	return put_with(cache, ns, trust, ttl_s, stale_s, false, now_s);
}

int
rrset_cache_put(struct rrset_cache *cache, const struct rrset *rrset, enum trust trust,
		uint32_t ttl_s, uint32_t now_s)
{
	return rrset_cache_offer(cache, rrset, trust, ttl_s, 0, now_s);
}

/* The owner is given back as it was asked for, so that a client sees its own letter case. */
static struct rrset *
unpack_value(const struct store_found *value, struct arena *arena, const struct name *owner,
	     uint16_t type, uint16_t class)
{
	struct rrset *rrset = arena_alloc(arena, sizeof *rrset);
	const struct name *stored = name_store(arena, owner);
	if (rrset == NULL || stored == NULL)
		return NULL;
	struct cursor cursor = cursor_over(value->value, value->value_bytes);
	*rrset = (struct rrset){ .owner = stored, .type = type, .class = class };
	rrset->rr_count = cursor_u16(&cursor);
	rrset->sig_count = cursor_u16(&cursor);
	rrset->security = cursor_u8(&cursor);
	rrset->trust = value->rank;
	rrset->ttl_s = value->ttl_s;
	rrset->original_ttl_s = value->original_ttl_s;
	rrset->rdata_bytes = (uint32_t)cursor_left(&cursor);
	rrset->rdata = cursor_bytes(&cursor, rrset->rdata_bytes);
	assert(cursor.err == 0);
	return rrset;
}

static int
get_with(struct rrset_cache *cache, const struct name *owner, uint16_t type, uint16_t class,
	 enum trust at_least, unsigned flags, struct arena *arena, struct rrset **found,
	 struct store_found *value, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, owner, type, class);
	size_t mark = arena_mark(arena);
	int err = store_get(&cache->store, key.bytes, key.size, (uint8_t)at_least, flags, arena,
			    value, now_s);
	if (err != 0)
		return err;
	*found = unpack_value(value, arena, owner, type, class);
	if (*found != NULL)
		return 0;
	arena_rewind(arena, mark);
	return ERR_NO_MEMORY;
}

int
rrset_cache_get(struct rrset_cache *cache, const struct name *owner, uint16_t type, uint16_t class,
		enum trust at_least, struct arena *arena, struct rrset **found, uint32_t now_s)
{
	struct store_found value;
	return get_with(cache, owner, type, class, at_least, 0, arena, found, &value, now_s);
}

int
rrset_cache_get_stale(struct rrset_cache *cache, const struct name *owner, uint16_t type,
		      uint16_t class, enum trust at_least, uint32_t stale_s, struct arena *arena,
		      struct rrset **found, uint32_t *expired_s, uint32_t now_s)
{
	struct store_found value;
	size_t mark = arena_mark(arena);
	int err = get_with(cache, owner, type, class, at_least, STORE_EXPIRED_TOO | STORE_MAY_MISS,
			   arena, found, &value, now_s);
	if (err != 0)
		return err;
	*expired_s = value.expired_s;
	if (value.ttl_s != 0 || value.expired_s <= stale_s)
		return 0;
	arena_rewind(arena, mark);
	return ERR_NOT_FOUND;
}

void
rrset_cache_renew(struct rrset_cache *cache, const struct name *owner, uint16_t type,
		  uint16_t class, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, owner, type, class);
	store_renew(&cache->store, key.bytes, key.size, now_s);
}

void
rrset_cache_remove_below(struct rrset_cache *cache, const struct name *owner, uint16_t type,
			 uint16_t class, enum trust trust, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, owner, type, class);
	store_remove_below(&cache->store, key.bytes, key.size, (unsigned)trust, now_s);
}

void
rrset_cache_remove(struct rrset_cache *cache, const struct name *owner, uint16_t type,
		   uint16_t class, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, owner, type, class);
	store_remove(&cache->store, key.bytes, key.size, now_s);
}

struct store *
rrset_cache_store(struct rrset_cache *cache)
{
	return &cache->store;
}

void
rrset_cache_stats(struct rrset_cache *cache, struct cache_stats *stats)
{
	store_stats(&cache->store, stats);
}
