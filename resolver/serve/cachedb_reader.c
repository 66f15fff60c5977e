/* cachedb_reader.c - what the second level has of a name (cachedb.h). */
#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/cache/negative.h"
#include "resolver/serve/cache_file.h"
#include "resolver/serve/cachedb.h"

#define KINDS_ASKED 4u /* the set, an alias in its place, its absence, the name's */
#define NS_PER_S    UINT64_C(1000000000)

static_assert(KINDS_ASKED <= CACHEDB_LINK_WORDS_MAX &&
		      KINDS_ASKED * (CACHEDB_VALUE_BYTES_MAX + 16u) < CACHEDB_LINK_REPLY_BYTES_MAX,
	      "an answer is not cut off");

/* A look-up: what was asked for, to be compared with what comes. */
struct fetch {
	struct cachedb_reader *reader;
	struct fetch *next_free;
	engine_query number;
	struct {
		enum record_kind kind;
		struct store_key key;
		char text[CACHEDB_KEY_BYTES];
	} asked[KINDS_ASKED];
};

struct cachedb_reader {
	struct cachedb_link link;
	struct cachedb_seal seal;
	struct store *stores[RECORD_KINDS];
	cachedb_fetched_cb on_fetched;
	void *data;
	struct cachedb_stats stats;
	struct fetch *free;
	struct fetch fetches[CACHEDB_FETCHES_MAX];
};

struct cachedb_reader *
cachedb_reader_new(uv_loop_t *loop, const struct cachedb_config *config,
		   const struct caches *caches, const struct log *log,
		   cachedb_fetched_cb on_fetched, void *data)
{
	struct cachedb_reader *reader = calloc(1, sizeof *reader);
	if (reader == NULL)
		return NULL;
	reader->seal = config->seal;
	reader->stores[RECORD_RRSET] = rrset_cache_store(caches->rrsets);
	reader->stores[RECORD_NEGATIVE] = negative_cache_store(caches->negatives);
	reader->on_fetched = on_fetched;
	reader->data = data;
	for (unsigned i = 0; i < CACHEDB_FETCHES_MAX; i++) {
		reader->fetches[i].reader = reader;
		reader->fetches[i].next_free = reader->free;
		reader->free = &reader->fetches[i];
	}
	cachedb_link_init(&reader->link, loop, &config->server, log);
	return reader;
}

/* True: it was sealed by one of us, is what was asked for, has not ended, and is in the caches now. */
static bool
take(struct cachedb_reader *reader, const struct fetch *fetch, unsigned at, const redisReply *value)
{
	struct store_record record;
	/* A second ahead: of two machines' clocks one is behind, and no TTL may grow by that. */
	const struct record_clock clock = { (uint32_t)(uv_hrtime() / NS_PER_S),
					    cache_file_wall_s() + 1, 0 };
	const struct store_key *key = &fetch->asked[at].key;
	enum record_kind kind = fetch->asked[at].kind;

	if (value->type != REDIS_REPLY_STRING)
		return false;
	if (cachedb_seal_read(&reader->seal, kind, fetch->asked[at].text,
			      (const uint8_t *)value->str, value->len, &record, &clock) != 0 ||
	    record.key_bytes != key->size || memcmp(record.key, key->bytes, key->size) != 0) {
		reader->stats.refused++;
		return false;
	}
	return record.expires_s != 0 &&
	       store_restore(reader->stores[kind], &record, 1, STORE_FROM_SHARED, clock.now_s) == 1;
}

static void
on_values(void *data, const redisReply *reply)
{
	struct fetch *fetch = data;
	struct cachedb_reader *reader = fetch->reader;
	bool found = false;
	if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == KINDS_ASKED)
		for (unsigned i = 0; i < KINDS_ASKED; i++)
			found |= take(reader, fetch, i, reply->element[i]);
	reader->stats.found += found;
	engine_query number = fetch->number;
	fetch->next_free = reader->free;
	reader->free = fetch;
	reader->on_fetched(reader->data, number, found);
}

static void
ask_for(struct fetch *fetch, unsigned at, enum record_kind kind, const struct store_key *key)
{
	fetch->asked[at].kind = kind;
	fetch->asked[at].key = *key;
	cachedb_seal_key(&fetch->reader->seal, kind, key->bytes, key->size,
			 fetch->asked[at].text);
}

bool
cachedb_fetch(struct cachedb_reader *reader, engine_query number, const struct name *name,
	      uint16_t type)
{
	const char *words[1 + KINDS_ASKED] = { "MGET" };
	size_t sizes[1 + KINDS_ASKED] = { 4 };
	struct store_key keys[KINDS_ASKED];
	struct fetch *fetch = reader->free;
	if (fetch == NULL)
		return false;
	store_key_make(&keys[0], name, type, CLASS_IN);
	store_key_make(&keys[1], name, TYPE_CNAME, CLASS_IN);
	negative_cache_keys(name, type, CLASS_IN, &keys[2], &keys[3]);
	for (unsigned i = 0; i < KINDS_ASKED; i++) {
		ask_for(fetch, i, i < 2 ? RECORD_RRSET : RECORD_NEGATIVE, &keys[i]);
		words[1 + i] = fetch->asked[i].text;
		sizes[1 + i] = CACHEDB_KEY_BYTES;
	}
	fetch->number = number;
	reader->free = fetch->next_free;
	if (cachedb_link_send(&reader->link, 1 + KINDS_ASKED, words, sizes, on_values, fetch) !=
	    0) {
		fetch->next_free = reader->free;
		reader->free = fetch;
		return false;
	}
	reader->stats.fetches++;
	return true;
}

void
cachedb_reader_seal(struct cachedb_reader *reader, const struct cachedb_seal *seal)
{
	reader->seal = *seal;
}

struct cachedb_stats
cachedb_reader_stats(const struct cachedb_reader *reader)
{
	return reader->stats;
}

static void
on_closed(struct cachedb_link *link)
{
	free(link); /* the reader's first member */
}

static void
forget(void *data, engine_query fetch, bool found)
{
	(void)data;
	(void)fetch;
	(void)found;
}

void
cachedb_reader_close(struct cachedb_reader *reader)
{
	reader->on_fetched = forget; /* there is nobody to be told */
	cachedb_link_close(&reader->link, on_closed);
}
