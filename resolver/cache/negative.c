#include "resolver/cache/negative.h"

#include <assert.h>
#include <string.h>

#include "resolver/cache/pack.h"
#include "resolver/cache/store.h"
#include "resolver/cache/value.h"
#include "stack/base/arena.h"

struct negative_cache {
	struct store store;
};

size_t
negative_cache_bytes_min(void)
{
	return sizeof(struct negative_cache) + STORE_BYTES_MIN;
}

struct negative_cache *
negative_cache_new(void *block, size_t block_bytes, struct rng *rng)
{
	return store_new(block, block_bytes, sizeof(struct negative_cache), rng);
}

/* ---- octets --------------------------------------------------------------------------------------- */

static void
pack_negative(struct pack *pack, const struct negative *negative, uint32_t ttl_s,
	      uint16_t failure_count)
{
	size_t text_bytes = negative->ede_text != NULL ? strlen(negative->ede_text) : 0;
	if (text_bytes > NEGATIVE_TEXT_BYTES_MAX)
		text_bytes = NEGATIVE_TEXT_BYTES_MAX;
	unsigned sets = 0;
	for (const struct rrset *set = negative->authority; set != NULL; set = set->next)
		sets += sets <= NEGATIVE_PROOFS_MAX;

	pack_init(pack);
	pack_u8(pack, (uint8_t)negative->kind);
	pack_u8(pack, negative->security);
	pack_u16(pack, negative->ede);
	pack_u16(pack, failure_count);
	pack_u32(pack, negative->epoch);
	pack_u32(pack, ttl_s);
	pack_u8(pack, (uint8_t)text_bytes);
	pack_lent(pack, negative->ede_text, text_bytes);
	pack_u8(pack, (uint8_t)sets);
	for (const struct rrset *set = negative->authority; sets > 0; set = set->next, sets--)
		pack_rrset(pack, set);
}

static const char *
unpack_text(struct cursor *cursor, struct arena *arena)
{
	size_t text_bytes = cursor_u8(cursor);
	const uint8_t *octets = cursor_bytes(cursor, text_bytes);
	char *text = arena_alloc(arena, text_bytes + 1);
	if (text == NULL)
		return NULL;
	memcpy(text, octets, text_bytes);
	text[text_bytes] = 0;
	return text;
}

/* `first_ttl_s` is the time that the entry had at first: failures double it. */
static int
unpack_negative(const struct store_found *found, struct arena *arena, struct negative *negative,
		uint32_t *first_ttl_s)
{
	struct cursor cursor = cursor_over(found->value, found->value_bytes);
	*negative = (struct negative){ .ttl_s = found->ttl_s };
	negative->kind = (enum negative_kind)cursor_u8(&cursor);
	negative->security = cursor_u8(&cursor);
	negative->ede = cursor_u16(&cursor);
	negative->failure_count = cursor_u16(&cursor);
	negative->epoch = cursor_u32(&cursor);
	*first_ttl_s = cursor_u32(&cursor);
	negative->ede_text = unpack_text(&cursor, arena);
	if (negative->ede_text == NULL)
		return ERR_NO_MEMORY;
	if (negative->ede_text[0] == 0)
		negative->ede_text = NULL;

	struct rrset **end = &negative->authority;
	for (unsigned sets = cursor_u8(&cursor); sets > 0; sets--) {
		*end = unpack_rrset(&cursor, arena, found->ttl_s);
		if (*end == NULL)
			return ERR_NO_MEMORY;
		(*end)->original_ttl_s = found->original_ttl_s;
		end = &(*end)->next;
	}
	assert(cursor.err == 0 && cursor_left(&cursor) == 0);
	return 0;
}

/* ---- putting -------------------------------------------------------------------------------------- */

/*
 * How long a failure is kept, and how many there were in a row.  An entry that has ended is remembered for
 * NEGATIVE_FAILURE_TTL_MAX_S more; one that still lives is the same failure, seen by another task; one of
 * another epoch tells nothing.
 */
static bool
failure_time(struct negative_cache *cache, const struct store_key *key, uint32_t epoch,
	     uint32_t *ttl_s, uint16_t *count, uint32_t now_s)
{
	uint8_t memory[512];
	struct arena arena;
	struct store_found found;
	struct negative last;
	uint32_t last_ttl_s;

	arena_init(&arena, memory, sizeof memory);
	*count = 1;
	if (*ttl_s < NEGATIVE_FAILURE_TTL_S)
		*ttl_s = NEGATIVE_FAILURE_TTL_S;
	if (*ttl_s > NEGATIVE_FAILURE_TTL_MAX_S)
		*ttl_s = NEGATIVE_FAILURE_TTL_MAX_S;
	if (store_get(&cache->store, key->bytes, key->size, 0, STORE_EXPIRED_TOO | STORE_QUIETLY,
		      &arena, &found, now_s) != 0 ||
	    unpack_negative(&found, &arena, &last, &last_ttl_s) != 0 ||
	    last.kind != NEGATIVE_FAILURE || last.epoch != epoch ||
	    found.expired_s >= NEGATIVE_FAILURE_TTL_MAX_S)
		return true;
	if (found.ttl_s != 0)
		return false;
	*count = (uint16_t)(last.failure_count + (last.failure_count < UINT16_MAX));
	*ttl_s = last_ttl_s * 2 < NEGATIVE_FAILURE_TTL_MAX_S ? last_ttl_s * 2
							     : NEGATIVE_FAILURE_TTL_MAX_S;
	return true;
}

static int
put_failure(struct negative_cache *cache, const struct store_key *key,
	    const struct negative *negative, uint32_t now_s)
{
	uint32_t ttl_s = negative->ttl_s;
	uint16_t count;
	if (!failure_time(cache, key, negative->epoch, &ttl_s, &count, now_s))
		return 0;
	struct negative failure = *negative;
	failure.authority = NULL;
	struct pack pack;
	pack_negative(&pack, &failure, ttl_s, count);
	struct store_put put = { .value = pack.spans,
				 .span_count = pack.span_count,
				 .ttl_s = ttl_s };
	return pack.err != 0 ? pack.err
			     : store_put(&cache->store, key->bytes, key->size, &put, now_s);
}

int
negative_cache_put(struct negative_cache *cache, const struct name *qname, uint16_t qtype,
		   uint16_t class, const struct negative *negative, uint32_t now_s)
{
	struct store_key exact, nxdomain;
	if (negative->kind == NEGATIVE_FAILURE) {
		store_key_make(&exact, qname, qtype, class | CLASS_OF_FAILURE);
		return put_failure(cache, &exact, negative, now_s);
	}
	negative_cache_keys(qname, qtype, class, &exact, &nxdomain);

	bool is_nxdomain = negative->kind == NEGATIVE_NXDOMAIN;
	const struct store_key *key = is_nxdomain ? &nxdomain : &exact;
	const struct store_key *contrary = is_nxdomain ? &exact : &nxdomain;
	uint32_t ttl_s =
		negative->ttl_s < NEGATIVE_TTL_MAX_S ? negative->ttl_s : NEGATIVE_TTL_MAX_S;
	struct store_put put = {
		.rank = negative__rank(negative->kind, (enum security)negative->security),
		.stale_s = negative->stale_s,
	};
	int err = store_put(&cache->store, contrary->bytes, contrary->size, &put, now_s);
	if (err != 0)
		return err; /* the contrary ranks higher and lives */

	struct pack pack;
	pack_negative(&pack, negative, ttl_s, 0);
	put.value = pack.spans;
	put.span_count = pack.span_count;
	put.ttl_s = ttl_s;
	if (pack.err != 0)
		return pack.err;
	err = store_put(&cache->store, key->bytes, key->size, &put, now_s);
	if (err == 0) { /* it has not failed */
		store_key_make(&exact, qname, qtype, class | CLASS_OF_FAILURE);
		store_remove(&cache->store, exact.bytes, exact.size, now_s);
	}
	return err;
}

void
negative_cache_remove(struct negative_cache *cache, const struct name *qname, uint16_t qtype,
		      uint16_t class, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, qname, qtype, class);
	store_remove(&cache->store, key.bytes, key.size, now_s);
	store_key_make(&key, qname, TYPE_OF_NXDOMAIN, class);
	store_remove(&cache->store, key.bytes, key.size, now_s);
	store_key_make(&key, qname, qtype, class | CLASS_OF_FAILURE);
	store_remove(&cache->store, key.bytes, key.size, now_s);
}

/* ---- getting -------------------------------------------------------------------------------------- */

/* All or nothing: what was taken of the arena goes back when it is full. */
static int
unpack_found(const struct store_found *found, struct arena *arena, size_t mark,
	     struct negative *negative)
{
	uint32_t first_ttl_s;
	int err = unpack_negative(found, arena, negative, &first_ttl_s);
	if (err != 0)
		arena_rewind(arena, mark);
	return err;
}

/*
 * Both may be there only when NODATA came first, or when it ranks higher: a NODATA drives out an NXDOMAIN
 * of its rank.  So of equal rank the NXDOMAIN is the later word.
 */
int
negative_cache_get(struct negative_cache *cache, const struct name *qname, uint16_t qtype,
		   uint16_t class, struct arena *arena, struct negative *negative, uint32_t now_s)
{
	struct store_key key;
	struct store_found nxdomain, exact;
	size_t mark = arena_mark(arena);

	store_key_make(&key, qname, TYPE_OF_NXDOMAIN, class);
	int nx_err = store_get(&cache->store, key.bytes, key.size, 0, STORE_MAY_MISS, arena,
			       &nxdomain, now_s);
	if (nx_err == ERR_NO_MEMORY)
		return nx_err;
	store_key_make(&key, qname, qtype, class);
	int err = store_get(&cache->store, key.bytes, key.size, 0, STORE_MAY_MISS, arena, &exact,
			    now_s);
	if (err == ERR_NOT_FOUND && nx_err == ERR_NOT_FOUND) {
		store_key_make(&key, qname, qtype, class | CLASS_OF_FAILURE);
		err = store_get(&cache->store, key.bytes, key.size, 0, 0, arena, &exact, now_s);
	}
	if (err == 0 && (nx_err != 0 || exact.rank > nxdomain.rank))
		return unpack_found(&exact, arena, mark, negative);
	if (nx_err == 0 && err != ERR_NO_MEMORY)
		return unpack_found(&nxdomain, arena, mark, negative);
	arena_rewind(arena, mark);
	return err;
}

int
negative_cache_get_stale(struct negative_cache *cache, const struct name *qname, uint16_t qtype,
			 uint16_t class, uint32_t stale_s, struct arena *arena,
			 struct negative *negative, uint32_t *expired_s, uint32_t now_s)
{
	const uint16_t types[] = { TYPE_OF_NXDOMAIN, qtype };
	struct store_found found[2], *best = NULL;
	struct store_key key;
	size_t mark = arena_mark(arena);

	for (unsigned i = 0; i < 2; i++) {
		store_key_make(&key, qname, types[i], class);
		if (store_get(&cache->store, key.bytes, key.size, 0, STORE_EXPIRED_TOO | STORE_MAY_MISS, arena,
			      &found[i], now_s) != 0 ||
		    (found[i].ttl_s == 0 && found[i].expired_s > stale_s))
			continue;
		if (best == NULL || found[i].expired_s < best->expired_s)
			best = &found[i];
	}
	if (best == NULL) {
		arena_rewind(arena, mark);
		return ERR_NOT_FOUND;
	}
	*expired_s = best->expired_s;
	return unpack_found(best, arena, mark, negative);
}

void
negative_cache_renew(struct negative_cache *cache, const struct name *qname, uint16_t qtype,
		     uint16_t class, uint32_t now_s)
{
	struct store_key key;
	store_key_make(&key, qname, TYPE_OF_NXDOMAIN, class);
	store_renew(&cache->store, key.bytes, key.size, now_s);
	store_key_make(&key, qname, qtype, class);
	store_renew(&cache->store, key.bytes, key.size, now_s);
}

int
negative_cache_get_cut(struct negative_cache *cache, const struct name *qname, uint16_t class,
		       enum security at_least, struct arena *arena, struct negative *negative,
		       uint32_t now_s)
{
	struct store_key key;
	struct store_found found;
	size_t mark = arena_mark(arena);
	int err = ERR_NOT_FOUND;
	uint8_t rank = negative__rank(NEGATIVE_NXDOMAIN, at_least);

	store_key_make(&key, qname, TYPE_OF_NXDOMAIN, class);
	for (size_t at = 0; err == ERR_NOT_FOUND && key.bytes[at] != 0; at += 1u + key.bytes[at])
		err = store_get(&cache->store, key.bytes + at, key.size - at, rank, STORE_MAY_MISS,
				arena, &found, now_s);
	return err != 0 ? err : unpack_found(&found, arena, mark, negative);
}

void
negative_cache_keys(const struct name *qname, uint16_t qtype, uint16_t class, struct store_key *nodata,
		    struct store_key *nxdomain)
{
	store_key_make(nodata, qname, qtype, class);
	store_key_make(nxdomain, qname, TYPE_OF_NXDOMAIN, class);
}

struct store *
negative_cache_store(struct negative_cache *cache)
{
	return &cache->store;
}

void
negative_cache_stats(struct negative_cache *cache, struct cache_stats *stats)
{
	store_stats(&cache->store, stats);
}
