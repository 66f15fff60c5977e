/* cachedb_writer.c - what is new in the caches goes to the second level (cachedb.h). */
#include <stdio.h>
#include <stdlib.h>

#include "resolver/cache/negative.h"
#include "resolver/serve/cache_file.h"
#include "resolver/serve/cachedb.h"

#define STORED_KINDS 2u /* RECORD_RRSET, RECORD_NEGATIVE: what answers questions */
#define NS_PER_S     UINT64_C(1000000000)

struct cachedb_writer {
	struct cachedb_link link;
	const struct cachedb_config *config;
	struct cachedb_seal seal;
	uv_timer_t timer;
	unsigned handles; /* open ones */
	struct {
		struct store *store;
		struct store_mark marks[STORE_SHARDS_MAX];
	} logs[STORED_KINDS];
	size_t copied, at; /* of the copy: its size, and what of it has been stored */
	enum record_kind copied_kind;
	uint64_t copy[STORE_ENTRY_BYTES_MAX / 8];
	uint8_t value[CACHEDB_VALUE_BYTES_MAX];
};

/* What nobody has judged, though we validate, is nobody's answer; nor is glue. */
static bool
is_for_others(const struct cachedb_writer *writer, enum record_kind kind,
	      const struct store_record *record)
{
	if (record->expires_s == 0)
		return true;
	if (kind == RECORD_RRSET && record->rank < TRUST_ANSWER)
		return false;
	uint8_t security = record_security(kind, record);
	return security != SECURITY_BOGUS &&
	       (security != SECURITY_UNCHECKED || !writer->config->validates);
}

/* Stores it, or takes it away. */
static int
store(struct cachedb_writer *writer, enum record_kind kind, const struct store_record *record)
{
	char key[CACHEDB_KEY_BYTES], ttl_s[16];
	const struct record_clock clock = { (uint32_t)(uv_hrtime() / NS_PER_S), cache_file_wall_s(),
					    0 };
	const struct cachedb_seal *seal = &writer->seal;
	if (!is_for_others(writer, kind, record))
		return 0;
	cachedb_seal_key(seal, kind, record->key, record->key_bytes, key);
	if (record->expires_s == 0) {
		const char *words[] = { "DEL", key };
		const size_t sizes[] = { 3, sizeof key };
		return cachedb_link_send(&writer->link, 2, words, sizes, NULL, NULL);
	}
	size_t value_bytes = cachedb_seal_write(seal, kind, key, record, &clock, writer->value);
	if (value_bytes == 0)
		return 0;
	size_t ttl_bytes =
		(size_t)snprintf(ttl_s, sizeof ttl_s, "%u", record->expires_s - clock.now_s);
	const char *words[] = { "SET", key, (const char *)writer->value, "EX", ttl_s };
	const size_t sizes[] = { 3, sizeof key, value_bytes, 2, ttl_bytes };
	return cachedb_link_send(&writer->link, writer->config->expires ? 5 : 3, words, sizes, NULL,
				 NULL);
}

/* The rest of the copy; false: the server takes no more for now. */
static bool
store_copied(struct cachedb_writer *writer)
{
	struct store_record record;
	for (size_t at = writer->at; store_log_next(writer->copy, writer->copied, &at, &record);
	     writer->at = at)
		if (store(writer, writer->copied_kind, &record) != 0)
			return false;
	writer->at = writer->copied = 0;
	return true;
}

/* The next piece of a shard's log; false: there is none. */
static bool
copy(struct cachedb_writer *writer, enum record_kind kind, unsigned shard)
{
	writer->copied_kind = kind;
	writer->at = 0;
	return store_log_copy(writer->logs[kind].store, shard, &writer->logs[kind].marks[shard],
			      STORE_FROM_FILE | STORE_FROM_SHARED, writer->copy, sizeof writer->copy, &writer->copied);
}

static void
on_timer(uv_timer_t *timer)
{
	struct cachedb_writer *writer = timer->data;
	if (!store_copied(writer))
		return;
	for (unsigned kind = 0; kind < STORED_KINDS; kind++)
		for (unsigned shard = 0; shard < writer->logs[kind].store->shard_count; shard++)
			while (copy(writer, (enum record_kind)kind, shard))
				if (!store_copied(writer))
					return;
}

struct cachedb_writer *
cachedb_writer_new(uv_loop_t *loop, const struct cachedb_config *config,
		   const struct caches *caches, const struct log *log)
{
	struct cachedb_writer *writer = calloc(1, sizeof *writer);
	if (writer == NULL)
		return NULL;
	writer->config = config;
	writer->seal = config->seal;
	writer->logs[RECORD_RRSET].store = rrset_cache_store(caches->rrsets);
	writer->logs[RECORD_NEGATIVE].store = negative_cache_store(caches->negatives);
	for (unsigned kind = 0; kind < STORED_KINDS; kind++)
		store_log_start(writer->logs[kind].store);
	cachedb_link_init(&writer->link, loop, &config->server, log);
	(void)uv_timer_init(loop, &writer->timer); /* cannot fail */
	writer->timer.data = writer;
	(void)uv_timer_start(&writer->timer, on_timer, CACHEDB_STORE_PERIOD_MS,
			     CACHEDB_STORE_PERIOD_MS);
	writer->handles = 2;
	return writer;
}

void
cachedb_writer_seal(struct cachedb_writer *writer, const struct cachedb_seal *seal)
{
	writer->seal = *seal;
	writer->at = writer->copied = 0;
	for (unsigned kind = 0; kind < STORED_KINDS; kind++)
		for (unsigned shard = 0; shard < writer->logs[kind].store->shard_count; shard++)
			store_log_skip(writer->logs[kind].store, shard, &writer->logs[kind].marks[shard]);
}

static void
let_go(struct cachedb_writer *writer)
{
	if (--writer->handles == 0)
		free(writer);
}

static void
on_link_closed(struct cachedb_link *link)
{
	let_go((struct cachedb_writer *)link); /* its first member */
}

static void
on_timer_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

void
cachedb_writer_close(struct cachedb_writer *writer)
{
	uv_close((uv_handle_t *)&writer->timer, on_timer_closed);
	cachedb_link_close(&writer->link, on_link_closed);
}
