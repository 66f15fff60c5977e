/* What an earlier process has left: found before it is back, and never what has been replaced, removed or damaged. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cache_test.h"
#include "resolver/cache/past.h"

#define SEGMENTS    4u
#define KEYS        3000u
#define BLOCK_BYTES (4u << 20)
#define SLOTS       32768u
#define TTL_S       1000u
#define NOW_S       5000u
#define THREADS     3u
#define LOOK_UPS    20000u

static const struct hash_key file_key = { 3, 4 };
static const struct record_clock clock_now = { NOW_S, 1800000000, 0 };

/* A file in memory, and the store of a process that begins with it. */
static struct {
	uint8_t bytes[SEGMENTS][SEGMENT_BYTES];
	struct past_segment segments[SEGMENTS];
	uint32_t count;
	struct writer writer;
	struct segment_index written; /* of the last segment */
	struct segment_index listed;
	_Atomic uint64_t slots[SLOTS];
	struct past past;
	struct memory memory;
	struct store *store;
} world;

static void
world_setup(void)
{
	memset(&world, 0, sizeof world);
	memory_init(&world.memory, BLOCK_BYTES, 1);
	world.store =
		store_new(world.memory.block, BLOCK_BYTES, sizeof *world.store, &world.memory.rng);
	ck_assert_ptr_nonnull(world.store);
	past_init(&world.past, &file_key, &clock_now, world.segments, world.slots, SLOTS);
}

static void
world_teardown(void)
{
	memory_fini(&world.memory);
}

/* ---- the file ------------------------------------------------------------------------------------- */

static void
begin_segment(void)
{
	ck_assert_uint_lt(world.count, SEGMENTS);
	struct past_segment *segment = &world.segments[world.count];
	segment->head = (struct segment_head){ .kind = RECORD_RRSET, .sequence = ++world.count };
	segment->bytes = world.bytes[world.count - 1];
	world.writer = writer_over(world.bytes[world.count - 1], SEGMENT_BYTES);
	segment_write_head(&world.writer, &segment->head, &file_key, world.count - 1);
	world.written.count = 0;
}

static void
end_segment(void)
{
	struct segment_head *head = &world.segments[world.count - 1].head;
	head->used_bytes = (uint32_t)world.writer.pos;
	head->record_count = world.written.count;
	segment_write_index(&world.writer, head, &file_key, &world.written);
	world.writer = writer_over(world.bytes[world.count - 1], SEGMENT_BYTES);
	segment_write_head(&world.writer, head, &file_key, world.count - 1);
}

static struct store_key
key_of(unsigned number)
{
	char text[64];
	struct name name;
	struct store_key key;
	(void)snprintf(text, sizeof text, "www.zone-%u.example.", number);
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	store_key_make(&key, &name, TYPE_A, CLASS_IN);
	return key;
}

/* One address, which tells the number and which version of it it is. */
static void
value_of(unsigned number, uint8_t version, uint8_t value[11])
{
	const uint8_t octets[11] = { 0,
				     1,
				     0,
				     0,
				     SECURITY_INSECURE,
				     0,
				     4,
				     version,
				     0,
				     (uint8_t)(number >> 8),
				     (uint8_t)number };
	memcpy(value, octets, sizeof octets);
}

/* Version 0: a removal. */
static bool
write_record(unsigned number, uint8_t version)
{
	uint8_t value[11];
	const struct store_key key = key_of(number);
	value_of(number, version, value);
	const struct store_record record = {
		.key = key.bytes,
		.key_bytes = key.size,
		.value = value,
		.value_bytes = version == 0 ? 0 : sizeof value,
		.rank = version == 0 ? 0 : TRUST_ANSWER_AA,
		.original_ttl_s = version == 0 ? 0 : TTL_S,
		.expires_s = version == 0 ? 0 : NOW_S + TTL_S,
	};
	return segment_write_record(&world.writer, &world.segments[world.count - 1].head, &file_key,
				    &record, &clock_now, &world.written);
}

/* As many segments as it takes, all of them with an index but the last. */
static void
write_or_go_on(unsigned number, uint8_t version)
{
	if (write_record(number, version))
		return;
	end_segment();
	begin_segment();
	ck_assert(write_record(number, version));
}

static int
list(uint32_t at)
{
	size_t end;
	return segment_list(world.bytes[at], &world.segments[at].head, &file_key, &clock_now,
			    &world.listed, &end);
}

static void
note_all(void)
{
	store_set_past(world.store, &world.past);
	for (uint32_t at = world.count; at-- > 0;) {
		if (list(at) != 0)
			world.segments[at].is_damaged = true;
		past_note(&world.past, at, &world.listed);
	}
}

static void
take_all_back(void)
{
	struct past_found found;
	for (uint32_t at = 0; at < world.count; at++) {
		(void)list(at);
		for (uint32_t i = 0; i < world.listed.count; i++)
			if (past_find_place(&world.past, at, world.listed.entries[i], &found))
				store_recall(world.store, &world.past, &found, 1, NOW_S);
	}
	store_set_past(world.store, NULL);
}

/* ---- the store ------------------------------------------------------------------------------------ */

/* The version that the store knows, 0: none.  From any thread, with its own arena. */
static uint8_t
version_in(struct arena *arena, unsigned number)
{
	uint8_t value[11];
	struct store_found found;
	const struct store_key key = key_of(number);
	arena_reset(arena);
	if (store_get(world.store, key.bytes, key.size, 0, 0, arena, &found, NOW_S) != 0)
		return 0;
	ck_assert_uint_eq(found.value_bytes, sizeof value);
	ck_assert_uint_eq(found.ttl_s, TTL_S);
	value_of(number, found.value[7], value);
	ck_assert_int_eq(memcmp(found.value, value, sizeof value), 0);
	return found.value[7];
}

static uint8_t
version(unsigned number)
{
	return version_in(&world.memory.arena, number);
}

static int
put(unsigned number, uint8_t new_version, uint8_t rank)
{
	uint8_t value[11];
	const struct store_key key = key_of(number);
	value_of(number, new_version, value);
	const struct store_span span = { value, sizeof value };
	const struct store_put put = {
		.value = &span, .span_count = 1, .ttl_s = TTL_S, .rank = rank
	};
	return store_put(world.store, key.bytes, key.size, &put, NOW_S);
}

static void
remove_number(unsigned number)
{
	const struct store_key key = key_of(number);
	store_remove(world.store, key.bytes, key.size, NOW_S);
}

/* ---- finding -------------------------------------------------------------------------------------- */

START_TEST(everything_is_found_before_it_is_back)
{
	begin_segment();
	for (unsigned i = 0; i < 2 * KEYS; i++)
		write_or_go_on(i, 7);
	ck_assert_uint_ge(world.count, 2);
	note_all();
	for (unsigned i = 0; i < 2 * KEYS; i += 2)
		ck_assert_uint_eq(version(i), 7);
	ck_assert_uint_eq(version(2 * KEYS), 0); /* that was not there */
	ck_assert_uint_eq(world.past.restored, KEYS);
	take_all_back();
	ck_assert_uint_eq(world.past.restored, 2 * KEYS);
	for (unsigned i = 0; i < 2 * KEYS; i++)
		ck_assert_uint_eq(version(i), 7);
}
END_TEST

START_TEST(only_the_latest_record_of_a_key_counts)
{
	begin_segment();
	for (unsigned i = 0; i < 100; i++)
		ck_assert(write_record(i, 1));
	for (unsigned i = 0; i < 50; i++)
		ck_assert(write_record(i, 2));
	end_segment();
	begin_segment();
	for (unsigned i = 0; i < 25; i++)
		ck_assert(write_record(i, i < 10 ? 0 : 3)); /* ten of them were removed */
	note_all();
	ck_assert_uint_eq(SLOTS / 2 - world.past.room, 100);
	for (unsigned half = 0; half < 2; half++) {
		for (unsigned i = half; i < 100; i += 2)
			ck_assert_uint_eq(version(i), i < 10 ? 0 : i < 25 ? 3 : i < 50 ? 2 : 1);
		if (half == 0)
			take_all_back();
	}
	ck_assert_uint_eq(world.past.restored, 90);
}
END_TEST

START_TEST(who_changes_a_key_meets_what_the_past_has_of_it)
{
	begin_segment();
	for (unsigned i = 0; i < 5; i++)
		ck_assert(write_record(i, 1));
	note_all();
	ck_assert_int_eq(put(0, 2, TRUST_ADDITIONAL), ERR_EXISTS);
	ck_assert_int_eq(put(1, 2, TRUST_ANSWER_AA), 0);
	remove_number(2);
	const struct store_key key = key_of(3);
	store_remove_below(world.store, key.bytes, key.size, TRUST_SECURE, NOW_S);
	for (unsigned twice = 0; twice < 2; twice++) {
		ck_assert_uint_eq(version(0), 1);
		ck_assert_uint_eq(version(1), 2);
		ck_assert_uint_eq(version(2), 0);
		ck_assert_uint_eq(version(3), 0);
		take_all_back();
	}
	ck_assert_uint_eq(version(4), 1);
}
END_TEST

/* A table that is too small: what is not noted is not found, and everything else is. */
START_TEST(a_full_table_takes_no_more)
{
	unsigned found = 0;
	past_init(&world.past, &file_key, &clock_now, world.segments, world.slots, 64);
	begin_segment();
	for (unsigned i = 0; i < 100; i++)
		ck_assert(write_record(i, 1));
	note_all();
	for (unsigned i = 0; i < 100; i++)
		found += version(i) == 1;
	ck_assert_uint_eq(found, 32);
	ck_assert_uint_eq(version(99), 1); /* the newest come first */
	ck_assert_uint_ge(past_slots(100), 200);
}
END_TEST

/* ---- damage --------------------------------------------------------------------------------------- */

/* Each octet of a record in turn: it is gone, and those before and behind it are not. */
START_TEST(a_damaged_record_is_not_found_and_its_neighbours_are)
{
	begin_segment();
	for (unsigned i = 0; i < 200; i++)
		ck_assert(write_record(i, 1));
	end_segment();
	const uint32_t begin = segment_offset(world.written.entries[100]),
		       end = segment_offset(world.written.entries[101]);
	const uint32_t at = begin + (uint32_t)_i * 3;
	if (at >= end)
		return;
	world.bytes[0][at] ^= 0x10;
	note_all();
	for (unsigned i = 95; i < 105; i++)
		ck_assert_uint_eq(version(i), i != 100);
	take_all_back();
	for (unsigned i = 0; i < 200; i++)
		ck_assert_uint_eq(version(i), i != 100);
	ck_assert(world.segments[0].is_damaged);
}
END_TEST

START_TEST(a_damaged_index_costs_nothing_but_time)
{
	begin_segment();
	for (unsigned i = 0; i < 200; i++)
		ck_assert(write_record(i, 1));
	end_segment();
	struct segment_head *head = &world.segments[0].head;
	for (uint32_t at = head->used_bytes; at < head->used_bytes + 200 * 8 + 8; at += 97) {
		world.bytes[0][at] ^= 1;
		ck_assert_int_eq(list(0), ERR_MALFORMED);
		ck_assert_uint_eq(world.listed.count, 200);
		ck_assert_int_eq(memcmp(world.listed.entries, world.written.entries, 200 * 8), 0);
		world.bytes[0][at] ^= 1;
		ck_assert_int_eq(list(0), 0);
	}
	struct segment_head moved = *head; /* an index is that of its place in its segment */
	moved.sequence++;
	size_t end;
	ck_assert_int_eq(
		segment_list(world.bytes[0], &moved, &file_key, &clock_now, &world.listed, &end),
		ERR_MALFORMED);
	ck_assert_uint_eq(world.listed.count, 0);
}
END_TEST

/* The smallest records that there are leave room for their index, whatever the head says it stays inside. */
START_TEST(a_full_segment_has_room_for_its_index)
{
	const uint8_t key[5] = { 0, 0, 1, 0, 1 };
	const struct store_record record = { .key = key, .key_bytes = sizeof key };
	begin_segment();
	struct segment_head *head = &world.segments[0].head;
	while (segment_write_record(&world.writer, head, &file_key, &record, &clock_now,
				    &world.written))
		continue;
	ck_assert_uint_gt(world.written.count, 7000);
	end_segment();
	ck_assert_int_eq(world.writer.err, 0);
	ck_assert_int_eq(list(0), 0);
	ck_assert_uint_eq(world.listed.count, world.written.count);

	struct segment_head read;
	struct cursor cursor = cursor_over(world.bytes[0], SEGMENT_BYTES);
	ck_assert_int_eq(segment_read_head(&cursor, &read, &file_key, 0), 0);
	ck_assert_uint_eq(read.record_count, world.written.count);
	read.record_count = SEGMENT_RECORDS_MAX;
	world.writer = writer_over(world.bytes[0], SEGMENT_BYTES);
	segment_write_head(&world.writer, &read, &file_key, 0);
	cursor = cursor_over(world.bytes[0], SEGMENT_BYTES);
	ck_assert_int_eq(segment_read_head(&cursor, &read, &file_key, 0), ERR_MALFORMED);
}
END_TEST

/* ---- threads -------------------------------------------------------------------------------------- */

struct looker {
	pthread_t thread;
	struct rng dice;
	struct arena arena;
	uint8_t block[4096];
	const atomic_bool *is_noted;
	unsigned missed, found;
};

/* Even numbers are only looked for; of the odd ones each thread writes its own. */
static void *
look(void *argument)
{
	struct looker *looker = argument;
	for (unsigned i = 0; i < LOOK_UPS; i++) {
		const bool must_be = atomic_load(looker->is_noted);
		const unsigned number = rng_below(&looker->dice, KEYS);
		const uint8_t version_now = version_in(&looker->arena, number);
		ck_assert(version_now == 0 || version_now == 7 || number % 2 == 1);
		looker->missed += must_be && version_now == 0 && number % 2 == 0;
		looker->found += version_now != 0;
		if (number % 2 == 1 && i % 8 == 0)
			remove_number(number);
		else if (number % 2 == 1 && i % 8 == 1)
			(void)put(number, 9, TRUST_ANSWER_AA);
	}
	return NULL;
}

START_TEST(threads_find_everything_while_it_is_noted_and_taken_back)
{
	static struct looker lookers[THREADS];
	atomic_bool is_noted = false;
	begin_segment();
	for (unsigned i = 0; i < KEYS; i++)
		write_or_go_on(i, i % 2 == 0 ? 5 : 8);
	for (unsigned i = 0; i < KEYS; i++)
		write_or_go_on(i, i % 2 == 0 ? 7 : 8);
	for (unsigned i = 0; i < THREADS; i++) {
		lookers[i].is_noted = &is_noted;
		rng_init_number(&lookers[i].dice, i);
		arena_init(&lookers[i].arena, lookers[i].block, sizeof lookers[i].block);
		ck_assert_int_eq(pthread_create(&lookers[i].thread, NULL, look, &lookers[i]), 0);
	}
	note_all();
	atomic_store(&is_noted, true);
	take_all_back();
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(lookers[i].thread, NULL);
		ck_assert_uint_eq(lookers[i].missed, 0);
		ck_assert_uint_gt(lookers[i].found, LOOK_UPS / 4);
	}
	for (unsigned i = 0; i < KEYS; i += 2)
		ck_assert_uint_eq(version(i), 7);
}
END_TEST

static Suite *
past_suite(void)
{
	Suite *suite = suite_create("past");
	TCase *tcase = tcase_create("past");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, world_setup, world_teardown);
	tcase_add_test(tcase, everything_is_found_before_it_is_back);
	tcase_add_test(tcase, only_the_latest_record_of_a_key_counts);
	tcase_add_test(tcase, who_changes_a_key_meets_what_the_past_has_of_it);
	tcase_add_test(tcase, a_full_table_takes_no_more);
	tcase_add_loop_test(tcase, a_damaged_record_is_not_found_and_its_neighbours_are, 0, 24);
	tcase_add_test(tcase, a_damaged_index_costs_nothing_but_time);
	tcase_add_test(tcase, a_full_segment_has_room_for_its_index);
	tcase_add_test(tcase, threads_find_everything_while_it_is_noted_and_taken_back);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return run_suite(past_suite());
}
