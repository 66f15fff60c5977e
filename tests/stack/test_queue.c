/* The queue of frames and datagrams: order, bounds, and what is lent stays untouched. */
#include <stdbool.h>
#include <string.h>

#include "stack/base/rng.h"
#include "stack/queue.h"
#include "tests/suite.h"

#define BLOCK_BYTES 1024u

static _Alignas(8) uint8_t block[BLOCK_BYTES];
static struct queue queue;

static void
setup(void)
{
	queue_init(&queue, block, sizeof block);
}

/* A record of `size` octets that tell its number. */
static bool
put(uint32_t number, size_t size)
{
	uint8_t *record = queue_reserve(&queue, size);
	if (record == NULL)
		return false;
	memset(record, (int)(number & 0xff), size);
	memcpy(record, &number, sizeof number);
	queue_commit(&queue, size);
	return true;
}

static bool
is_record(const uint8_t *record, uint32_t number, size_t size)
{
	uint32_t found;

	if (record == NULL)
		return false;
	memcpy(&found, record, sizeof found);
	for (size_t i = sizeof found; i < size; i++)
		if (record[i] != (uint8_t)number)
			return false;
	return found == number;
}

START_TEST(records_come_out_in_order_whatever_their_sizes)
{
	const uint64_t seed = suite_seed(21);
	size_t sizes[256];
	uint32_t put_count = 0, taken_count = 0, refused_count = 0;
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned step = 0; step < 20000; step++) {
		if (rng_below(&rng, 2) == 0) {
			const size_t size = 4 + rng_below(&rng, 120);
			if (put(put_count, size))
				sizes[put_count++ % COUNT(sizes)] = size;
			else
				refused_count++;
			continue;
		}
		const uint8_t *record = queue_take(&queue);
		if (taken_count == put_count) {
			ck_assert_ptr_null(record);
			continue;
		}
		ck_assert_msg(is_record(record, taken_count, sizes[taken_count % COUNT(sizes)]),
			      "record %u, seed %llu", taken_count, (unsigned long long)seed);
		taken_count++;
	}
	ck_assert_uint_gt(taken_count, 1000);
	ck_assert_uint_gt(refused_count, 0);
}
END_TEST

START_TEST(what_is_lent_is_not_written_over)
{
	ck_assert(put(1, 300) && put(2, 300) && put(3, 300));
	const uint8_t *lent = queue_take(&queue);
	ck_assert(is_record(lent, 1, 300));
	for (uint32_t i = 4; i < 20; i++)
		(void)put(i, 64);
	ck_assert(is_record(lent, 1, 300));
}
END_TEST

START_TEST(a_full_queue_refuses_and_takes_again_after_taking)
{
	uint32_t count = 0;
	while (put(count, 100))
		count++;
	ck_assert_uint_ge(count, 8);
	ck_assert_uint_eq(queue.count, count);
	(void)queue_take(&queue);
	(void)queue_take(&queue); /* only now is the first one's room free */
	(void)queue_take(&queue);
	ck_assert(put(count, 100));
}
END_TEST

START_TEST(a_record_that_is_not_committed_is_not_there)
{
	ck_assert_ptr_nonnull(queue_reserve(&queue, 100));
	ck_assert_ptr_null(queue_take(&queue));
	ck_assert(put(7, 50));
	ck_assert_ptr_nonnull(queue_reserve(&queue, 100));
	ck_assert(is_record(queue_take(&queue), 7, 50));
	ck_assert_ptr_null(queue_take(&queue));
}
END_TEST

START_TEST(an_empty_queue_begins_at_the_front_again)
{
	const uint8_t *first = NULL;
	for (uint32_t i = 0; i < 100; i++) {
		ck_assert(put(i, 40));
		const uint8_t *record = queue_take(&queue);
		first = first == NULL ? record : first;
		ck_assert_ptr_eq(record, first);
		ck_assert_ptr_null(queue_take(&queue));
	}
}
END_TEST

START_TEST(a_record_larger_than_the_block_is_refused)
{
	ck_assert_ptr_null(queue_reserve(&queue, BLOCK_BYTES));
	ck_assert_ptr_nonnull(queue_reserve(&queue, BLOCK_BYTES - 16));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("queue");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, records_come_out_in_order_whatever_their_sizes);
	tcase_add_test(tcase, what_is_lent_is_not_written_over);
	tcase_add_test(tcase, a_full_queue_refuses_and_takes_again_after_taking);
	tcase_add_test(tcase, a_record_that_is_not_committed_is_not_there);
	tcase_add_test(tcase, an_empty_queue_begins_at_the_front_again);
	tcase_add_test(tcase, a_record_larger_than_the_block_is_refused);
	Suite *suite = suite_create("queue");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
