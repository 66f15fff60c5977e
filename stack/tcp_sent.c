#include "stack/tcp_sent.h"

#include <assert.h>

#include "stack/base/arena.h"

static int
compare(const struct tcp_sent *a, const struct tcp_sent *b)
{
	return seq_diff(a->range.begin, b->range.begin);
}

/* Not all of the set that the macro makes is used. */
RB_GENERATE_INTERNAL(tcp_sent_tree, tcp_sent, tree, compare, __attribute__((unused)) static)

/* ---- the pool -------------------------------------------------------------------------------- */

size_t
tcp_sent_bytes(uint32_t record_count)
{
	return (size_t)record_count * sizeof(struct tcp_sent) + 8;
}

void
tcp_sent_pool_init(struct tcp_sent_pool *pool, struct arena *arena, uint32_t record_count)
{
	*pool = (struct tcp_sent_pool){
		.records = arena_zalloc(arena, record_count, sizeof *pool->records),
		.record_count = record_count,
		.free_count = record_count,
	};
	TAILQ_INIT(&pool->free);
}

static struct tcp_sent *
record_get(struct tcp_sent_pool *pool, struct tcp_flight *flight)
{
	struct tcp_sent *record = TAILQ_FIRST(&pool->free);

	if (!flight->is_own_used) {
		flight->is_own_used = true;
		return &flight->own;
	}
	if (pool->free_count == 0)
		return NULL;
	if (record != NULL)
		TAILQ_REMOVE(&pool->free, record, list);
	else
		record = &pool->records[pool->touched_count++];
	pool->free_count--;
	return record;
}

static void
record_put(struct tcp_sent_pool *pool, struct tcp_flight *flight, struct tcp_sent *record)
{
	if (record == &flight->own) {
		flight->is_own_used = false;
		return;
	}
	TAILQ_INSERT_HEAD(&pool->free, record, list); /* the one whose memory is warm */
	pool->free_count++;
}

/* ---- counting -------------------------------------------------------------------------------- */

static uint32_t
segments_of(const struct tcp_sent *record)
{
	const uint32_t size = tcp_sent_size(record);
	return size <= record->segment_bytes ? 1 : (size - 1) / record->segment_bytes + 1;
}

/* It has become shorter: no more segments than it was. */
static void
segments_fit(struct tcp_sent *record)
{
	const uint32_t segments = segments_of(record);
	record->segments = segments < record->segments ? segments : record->segments;
}

static void
count_in(struct tcp_count *count, const struct tcp_sent *record)
{
	count->bytes += tcp_sent_size(record);
	count->segments += record->segments;
}

static void
count_out(struct tcp_count *count, const struct tcp_sent *record)
{
	assert(count->bytes >= tcp_sent_size(record));
	assert(count->segments >= record->segments);
	count->bytes -= tcp_sent_size(record);
	count->segments -= record->segments;
}

/* What the record's size counts in, before and after the size changes. */
static void
count_all(struct tcp_flight *flight, const struct tcp_sent *record,
	  void (*count)(struct tcp_count *count, const struct tcp_sent *record))
{
	count(&flight->sent, record);
	if ((record->flags & TCP_SENT_SACKED) != 0)
		count(&flight->sacked, record);
	if ((record->flags & TCP_SENT_LOST) != 0)
		count(&flight->gone, record);
	if ((record->flags & TCP_SENT_AGAIN) != 0)
		count(&flight->again, record);
}

/* The list that a record of these flags is in; NULL: none. */
static struct tcp_sent_list *
list_of(struct tcp_flight *flight, uint8_t flags)
{
	if ((flags & TCP_SENT_SACKED) != 0)
		return NULL;
	if ((flags & TCP_SENT_LOST) != 0 && (flags & TCP_SENT_AGAIN) == 0)
		return &flight->lost;
	return &flight->by_time;
}

/* Of two that were sent at the same time the later octets were sent later. */
static bool
is_sent_after(const struct tcp_sent *a, const struct tcp_sent *b)
{
	return a->sent_at_us > b->sent_at_us ||
	       (a->sent_at_us == b->sent_at_us && seq_gt(a->range.end, b->range.end));
}

/* RACK stops at the first that is too young: the order must hold also for what comes back. */
static void
insert_by_time(struct tcp_flight *flight, struct tcp_sent *record)
{
	struct tcp_sent *before = TAILQ_LAST(&flight->by_time, tcp_sent_list);

	while (before != NULL && is_sent_after(before, record))
		before = TAILQ_PREV(before, tcp_sent_list, list);
	if (before == NULL)
		TAILQ_INSERT_HEAD(&flight->by_time, record, list);
	else
		TAILQ_INSERT_AFTER(&flight->by_time, before, record, list);
}

/* Takes on other flags, and with them another list and other counts. */
static void
change(struct tcp_flight *flight, struct tcp_sent *record, uint8_t flags)
{
	struct tcp_sent_list *before = list_of(flight, record->flags);
	struct tcp_sent_list *after = list_of(flight, flags);

	count_all(flight, record, count_out);
	if (before != after && before != NULL)
		TAILQ_REMOVE(before, record, list);
	if (before != after && after == &flight->by_time)
		insert_by_time(flight, record);
	else if (before != after && after != NULL)
		TAILQ_INSERT_TAIL(after, record, list);
	record->flags = flags;
	count_all(flight, record, count_in);
}

/* ---- the flight ------------------------------------------------------------------------------ */

void
tcp_flight_init(struct tcp_flight *flight)
{
	*flight = (struct tcp_flight){ 0 };
	RB_INIT(&flight->tree);
	TAILQ_INIT(&flight->by_time);
	TAILQ_INIT(&flight->lost);
}

void
tcp_flight_clear(struct tcp_sent_pool *pool, struct tcp_flight *flight)
{
	struct tcp_sent *record;

	while ((record = RB_ROOT(&flight->tree)) != NULL)
		tcp_flight_remove(pool, flight, record);
	assert(flight->sent.bytes == 0 && !flight->is_own_used);
}

bool
tcp_flight_has_room(const struct tcp_sent_pool *pool, const struct tcp_flight *flight)
{
	return !flight->is_own_used || pool->free_count != 0;
}

struct tcp_sent *
tcp_flight_add(struct tcp_sent_pool *pool, struct tcp_flight *flight, const struct seq_range *range,
	       uint16_t segment_bytes, uint8_t flags, uint64_t now_us)
{
	struct tcp_sent *record = record_get(pool, flight);

	assert(!seq_range_is_empty(range));
	if (record == NULL)
		return NULL;
	*record = (struct tcp_sent){
		.range = *range,
		.segment_bytes = segment_bytes,
		.flags = flags,
		.sent_at_us = now_us,
	};
	record->segments = segments_of(record);
	(void)RB_INSERT(tcp_sent_tree, &flight->tree, record);
	TAILQ_INSERT_TAIL(&flight->by_time, record, list);
	count_all(flight, record, count_in);
	return record;
}

struct tcp_sent *
tcp_flight_cut(struct tcp_sent_pool *pool, struct tcp_flight *flight, struct tcp_sent *record,
	       uint32_t seq)
{
	struct tcp_sent *rest = record_get(pool, flight);
	struct tcp_sent_list *list = list_of(flight, record->flags);

	assert(seq_lt(record->range.begin, seq) && seq_lt(seq, record->range.end));
	if (rest == NULL)
		return NULL;
	count_all(flight, record, count_out);
	*rest = *record;
	rest->range.begin = record->range.end = seq;
	record->flags &= (uint8_t)~TCP_SENT_FIN; /* it is the last octet */
	record->is_pushed = false;
	rest->flags &= (uint8_t)~TCP_SENT_SYN;
	segments_fit(record);
	segments_fit(rest);
	(void)RB_INSERT(tcp_sent_tree, &flight->tree, rest);
	if (list != NULL)
		TAILQ_INSERT_AFTER(list, record, rest, list);
	count_all(flight, record, count_in);
	count_all(flight, rest, count_in);
	return rest;
}

/* `rest`, which is sacked too, becomes part of `record`. */
static void
join_two(struct tcp_sent_pool *pool, struct tcp_flight *flight, struct tcp_sent *record,
	 struct tcp_sent *rest)
{
	const struct tcp_sent gone = *rest;

	assert(record->range.end == rest->range.begin);
	tcp_flight_remove(pool, flight, rest);
	count_all(flight, record, count_out);
	record->range.end = gone.range.end;
	record->is_pushed = gone.is_pushed;
	record->segments += gone.segments;
	record->flags |= gone.flags;
	count_all(flight, record, count_in);
}

void
tcp_flight_join(struct tcp_sent_pool *pool, struct tcp_flight *flight, struct tcp_sent *record)
{
	struct tcp_sent *before = RB_PREV(tcp_sent_tree, &flight->tree, record);
	struct tcp_sent *after = RB_NEXT(tcp_sent_tree, &flight->tree, record);

	if (after != NULL && (after->flags & TCP_SENT_SACKED) != 0)
		join_two(pool, flight, record, after);
	if (before != NULL && (before->flags & TCP_SENT_SACKED) != 0)
		join_two(pool, flight, before, record);
}

struct tcp_sent *
tcp_flight_first(const struct tcp_flight *flight)
{
	struct tcp_sent *record = RB_ROOT(&flight->tree);

	while (record != NULL && RB_LEFT(record, tree) != NULL)
		record = RB_LEFT(record, tree);
	return record;
}

struct tcp_sent *
tcp_flight_last(const struct tcp_flight *flight)
{
	struct tcp_sent *record = RB_ROOT(&flight->tree);

	while (record != NULL && RB_RIGHT(record, tree) != NULL)
		record = RB_RIGHT(record, tree);
	return record;
}

struct tcp_sent *
tcp_flight_after(struct tcp_sent *record)
{
	return RB_NEXT(tcp_sent_tree, NULL, record);
}

struct tcp_sent *
tcp_flight_find(struct tcp_flight *flight, uint32_t seq)
{
	struct tcp_sent *found = NULL;

	for (struct tcp_sent *record = RB_ROOT(&flight->tree); record != NULL;) {
		if (seq_ge(seq, record->range.end)) {
			record = RB_RIGHT(record, tree);
		} else {
			found = record;
			record = RB_LEFT(record, tree);
		}
	}
	return found;
}

void
tcp_flight_remove(struct tcp_sent_pool *pool, struct tcp_flight *flight, struct tcp_sent *record)
{
	struct tcp_sent_list *list = list_of(flight, record->flags);

	if (list != NULL)
		TAILQ_REMOVE(list, record, list);
	count_all(flight, record, count_out);
	RB_REMOVE(tcp_sent_tree, &flight->tree, record);
	record_put(pool, flight, record);
}

void
tcp_flight_trim(struct tcp_flight *flight, struct tcp_sent *record, uint32_t seq)
{
	assert(seq_lt(record->range.begin, seq) && seq_lt(seq, record->range.end));
	count_all(flight, record, count_out);
	record->range.begin = seq; /* still the smallest: the tree stays in order */
	record->flags &= (uint8_t)~TCP_SENT_SYN;
	segments_fit(record);
	count_all(flight, record, count_in);
}

/* ---- what became of it ----------------------------------------------------------------------- */

void
tcp_flight_mark_sacked(struct tcp_flight *flight, struct tcp_sent *record)
{
	const unsigned off = TCP_SENT_LOST | TCP_SENT_AGAIN;
	change(flight, record, (uint8_t)((record->flags & ~off) | TCP_SENT_SACKED));
}

void
tcp_flight_unmark_sacked(struct tcp_flight *flight, struct tcp_sent *record)
{
	const unsigned off = TCP_SENT_SACKED;
	change(flight, record, (uint8_t)((record->flags & ~off) | TCP_SENT_LOST));
}

void
tcp_flight_mark_lost(struct tcp_flight *flight, struct tcp_sent *record)
{
	const unsigned off = TCP_SENT_AGAIN;
	change(flight, record, (uint8_t)((record->flags & ~off) | TCP_SENT_LOST));
}

void
tcp_flight_unmark_lost(struct tcp_flight *flight, struct tcp_sent *record)
{
	const unsigned off = TCP_SENT_LOST | TCP_SENT_AGAIN;
	change(flight, record, (uint8_t)(record->flags & ~off));
}

void
tcp_flight_mark_again(struct tcp_flight *flight, struct tcp_sent *record, uint64_t now_us)
{
	const unsigned was_lost = record->flags & TCP_SENT_LOST;

	assert((record->flags & TCP_SENT_SACKED) == 0); /* it is in no list */
	record->sent_at_us = now_us;
	change(flight, record,
	       (uint8_t)(record->flags | TCP_SENT_EVER_AGAIN | (was_lost != 0 ? TCP_SENT_AGAIN : 0)));
	/* The newest in the order of time, also when it had not been given up (a loss probe). */
	TAILQ_REMOVE(&flight->by_time, record, list);
	TAILQ_INSERT_TAIL(&flight->by_time, record, list);
}
