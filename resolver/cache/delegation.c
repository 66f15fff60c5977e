#include "resolver/cache/delegation.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "resolver/cache/pack.h"
#include "resolver/cache/store.h"
#include "resolver/cache/value.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

struct delegation_cache {
	struct store store;
	struct hash_key choice_key; /* with choices: which name servers of too many are kept */
	atomic_uint_least64_t choices;
};

size_t
delegation_cache_bytes_min(void)
{
	return sizeof(struct delegation_cache) + STORE_BYTES_MIN;
}

struct delegation_cache *
delegation_cache_new(void *block, size_t block_bytes, struct rng *rng)
{
	struct delegation_cache *cache = store_new(block, block_bytes, sizeof *cache, rng);
	if (cache != NULL)
		cache->choice_key = hash_key_draw(rng);
	return cache;
}

/* ---- putting -------------------------------------------------------------------------------------- */

static void
pack_ns(struct pack *pack, const struct delegation_ns *ns)
{
	assert(ns->addr_count <= DELEGATION_ADDRS_MAX);
	pack_name(pack, ns->name);
	pack_u8(pack, ns->addr_count);
	for (unsigned i = 0; i < ns->addr_count; i++) {
		const struct ip_addr *addr = &ns->addrs[i];
		pack_u8(pack, addr->family);
		pack_copy(pack, addr->octets, addr_bytes(addr));
	}
}

/*
 * Each is kept with the probability (still wanted) / (still left), so that every choice of DELEGATION_NS_MAX
 * is equally likely and whoever writes the referral cannot tell which.
 */
static void
pack_some_ns(struct delegation_cache *cache, struct pack *pack, const struct delegation *delegation)
{
	unsigned left = delegation->ns_count;
	unsigned wanted = left < DELEGATION_NS_MAX ? left : DELEGATION_NS_MAX;
	uint64_t choice = wanted < left ? atomic_fetch_add(&cache->choices, 1) : 0;

	pack_u8(pack, (uint8_t)wanted);
	for (unsigned i = 0; wanted > 0; i++, left--) {
		if (wanted < left && hash_u64x2(&cache->choice_key, choice, i) % left >= wanted)
			continue;
		pack_ns(pack, &delegation->ns[i]);
		wanted--;
	}
}

static uint32_t
clamp_ttl(uint32_t ttl_s, uint32_t parent_ttl_s)
{
	if (ttl_s < DELEGATION_TTL_MIN_S)
		ttl_s = DELEGATION_TTL_MIN_S;
	if (ttl_s > DELEGATION_TTL_MAX_S)
		ttl_s = DELEGATION_TTL_MAX_S;
	return ttl_s < parent_ttl_s ? ttl_s : parent_ttl_s;
}

int
delegation_cache_put(struct delegation_cache *cache, const struct delegation *delegation,
		     uint32_t parent_ttl_s, uint32_t now_s)
{
	struct pack pack;
	pack_init(&pack);
	pack_u8(&pack, (uint8_t)((delegation->no_ds_proved ? DELEGATION_NO_DS_PROVED : 0) |
				 (delegation->ds != NULL ? DELEGATION_HAS_DS : 0)));
	pack_some_ns(cache, &pack, delegation);
	if (delegation->ds != NULL)
		pack_rrset(&pack, delegation->ds);
	if (pack.err != 0)
		return pack.err;

	struct store_key key;
	store_key_make(&key, delegation->zone, TYPE_NS, CLASS_IN);
	struct store_put put = {
		.value = pack.spans,
		.span_count = pack.span_count,
		.ttl_s = clamp_ttl(delegation->ttl_s, parent_ttl_s),
	};
	return store_put(&cache->store, key.bytes, key.size, &put, now_s);
}

void
delegation_cache_remove(struct delegation_cache *cache, const struct name *zone, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, zone, TYPE_NS, CLASS_IN);
	store_remove(&cache->store, key.bytes, key.size, now_s);
}

bool
delegation_add_addr(struct delegation_ns *ns, const struct ip_addr *addr, uint32_t *seen,
		    struct rng *rng)
{
	for (unsigned i = 0; i < ns->addr_count; i++)
		if (addr_equal(&ns->addrs[i], addr))
			return false;
	++*seen;
	if (ns->addr_count < DELEGATION_ADDRS_MAX) {
		ns->addrs[ns->addr_count++] = *addr;
		return true;
	}
	uint32_t place =
		rng_below(rng, *seen); /* reservoir sampling: every one is kept with 6 / seen */
	if (place < DELEGATION_ADDRS_MAX)
		ns->addrs[place] = *addr;
	return place < DELEGATION_ADDRS_MAX;
}

/* ---- finding -------------------------------------------------------------------------------------- */

static void
unpack_ns(struct cursor *cursor, struct delegation_ns *ns)
{
	ns->name = unpack_name(cursor);
	ns->addr_count = cursor_u8(cursor);
	for (unsigned i = 0; i < ns->addr_count; i++) {
		ns->addrs[i].family = cursor_u8(cursor);
		cursor_copy(cursor, ns->addrs[i].octets, addr_bytes(&ns->addrs[i]));
	}
}

static int
unpack_delegation(const struct store_found *found, struct arena *arena,
		  struct delegation *delegation)
{
	struct cursor cursor = cursor_over(found->value, found->value_bytes);
	uint8_t flags = cursor_u8(&cursor);
	*delegation = (struct delegation){
		.ttl_s = found->ttl_s,
		.original_ttl_s = found->original_ttl_s,
		.ns_count = cursor_u8(&cursor),
		.no_ds_proved = (flags & DELEGATION_NO_DS_PROVED) != 0,
	};
	delegation->ns = arena_zalloc(arena, delegation->ns_count, sizeof *delegation->ns);
	if (delegation->ns == NULL)
		return ERR_NO_MEMORY;
	for (unsigned i = 0; i < delegation->ns_count; i++)
		unpack_ns(&cursor, &delegation->ns[i]);
	if ((flags & DELEGATION_HAS_DS) != 0) {
		delegation->ds = unpack_rrset(&cursor, arena, found->ttl_s);
		if (delegation->ds == NULL)
			return ERR_NO_MEMORY;
	}
	assert(cursor.err == 0 && cursor_left(&cursor) == 0);
	return 0;
}

/* The zone's name is the end of qname's key; a compact name is its size and its octets. */
static const struct name *
store_zone(struct arena *arena, const uint8_t *wire, size_t size)
{
	uint8_t *zone = arena_alloc(arena, 1 + size);
	if (zone == NULL)
		return NULL;
	zone[0] = (uint8_t)size;
	memcpy(zone + 1, wire, size);
	return (const struct name *)(const void *)zone;
}

int
delegation_cache_find(struct delegation_cache *cache, const struct name *qname, struct arena *arena,
		      struct delegation *delegation, uint32_t now_s)
{
	struct store_key key;
	struct store_found found;
	size_t mark = arena_mark(arena), at = 0;
	store_key_make(&key, qname, TYPE_NS, CLASS_IN);

	int err;
	for (;; at += 1u + key.bytes[at]) { /* one label after the other, to the root's empty one */
		bool is_root = key.bytes[at] == 0;
		err = store_get(&cache->store, key.bytes + at, key.size - at, 0,
				is_root ? 0 : STORE_MAY_MISS, arena, &found, now_s);
		if (err != ERR_NOT_FOUND || is_root)
			break;
	}
	if (err != 0)
		return err;

	err = unpack_delegation(&found, arena, delegation);
	delegation->zone = store_zone(arena, key.bytes + at, qname->size - at);
	if (err == 0 && delegation->zone != NULL)
		return 0;
	arena_rewind(arena, mark);
	return ERR_NO_MEMORY;
}

struct store *
delegation_cache_store(struct delegation_cache *cache)
{
	return &cache->store;
}

void
delegation_cache_stats(struct delegation_cache *cache, struct cache_stats *stats)
{
	store_stats(&cache->store, stats);
}
