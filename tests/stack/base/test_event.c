#include "stack/base/event.h"

#include <string.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

START_TEST(events_come_out_in_order_with_their_bodies)
{
	_Alignas(8) uint8_t block[256];
	struct event_ring ring;
	event_ring_init(&ring, block, sizeof block);
	event_put(&ring, 0x0102, 7, 1000, "hello", 5);
	event_put(&ring, 0x0103, 0, 1001, NULL, 0);

	const void *body;
	const struct event *event = event_next(&ring, &body);
	ck_assert_uint_eq(event->kind, 0x0102);
	ck_assert_uint_eq(event->cause, 7);
	ck_assert_uint_eq(event->at_us, 1000);
	ck_assert_uint_eq(event->body_bytes, 5);
	ck_assert_mem_eq(body, "hello", 5);
	ck_assert_uint_eq((uintptr_t)body % 8, 0);
	event = event_next(&ring, &body);
	ck_assert_uint_eq(event->kind, 0x0103);
	ck_assert_uint_eq(event->body_bytes, 0);
	ck_assert_ptr_null(event_next(&ring, &body));
	ck_assert_ptr_null(body);
}
END_TEST

START_TEST(nobody_listening_is_no_error)
{
	event_put(NULL, 1, 1, 1, "x", 1);
}
END_TEST

START_TEST(an_event_larger_than_the_ring_is_lost_alone)
{
	_Alignas(8) uint8_t block[64];
	uint8_t big[EVENT_BODY_BYTES_MAX] = { 0 };
	struct event_ring ring;
	event_ring_init(&ring, block, sizeof block);
	event_put(&ring, 1, 0, 1, "a", 1);
	event_put(&ring, 2, 0, 2, big, sizeof big);
	ck_assert_uint_eq(ring.lost_count, 1);
	const void *body;
	ck_assert_uint_eq(event_next(&ring, &body)->kind, 1);
	ck_assert_ptr_null(event_next(&ring, &body));
}
END_TEST

/* The body of event n, so that any mix-up shows. */
static size_t
body_of(uint64_t n, uint8_t body[EVENT_BODY_BYTES_MAX])
{
	size_t size = (size_t)(n * 7 % 90);
	for (size_t i = 0; i < size; i++)
		body[i] = (uint8_t)(n + i);
	return size;
}

/*
 * Random puts and takes against rings of every size: what comes out is in order and whole,
 * what does not come out is counted, and it is always the oldest that goes.
 */
START_TEST(a_full_ring_loses_the_oldest_and_counts_them)
{
	uint64_t seed = suite_seed(1);
	struct rng rng;
	rng_init_number(&rng, seed + (uint64_t)_i);
	_Alignas(8) uint8_t block[1024];
	size_t block_bytes = 128 + 8 * (size_t)_i;
	memset(block, 0xee, sizeof block);
	struct event_ring ring;
	event_ring_init(&ring, block, block_bytes);

	uint8_t body[EVENT_BODY_BYTES_MAX];
	uint64_t put = 0, next = 0, got = 0;
	for (unsigned step = 0; step < 2000; step++) {
		if (rng_below(&rng, 5) < 3) {
			event_put(&ring, 1, (uint32_t)put, put, body, body_of(put, body));
			put++;
			continue;
		}
		const void *taken;
		const struct event *event = event_next(&ring, &taken);
		if (event == NULL) {
			ck_assert_uint_eq(got + ring.lost_count, put);
			continue;
		}
		ck_assert_msg(event->at_us >= next, "seed %llu: event %llu came late", (unsigned long long)seed,
		              (unsigned long long)event->at_us);
		next = event->at_us + 1;
		got++;
		ck_assert_uint_eq(event->body_bytes, body_of(event->at_us, body));
		ck_assert_mem_eq(taken, body, event->body_bytes);
	}
	const void *taken;
	const struct event *event;
	uint64_t last = 0;
	while ((event = event_next(&ring, &taken)) != NULL) {
		last = event->at_us;
		got++;
	}
	ck_assert_uint_eq(ring.put_count, put);
	ck_assert_uint_eq(got + ring.lost_count, put);
	ck_assert(last == 0 || last == put - 1); /* the newest is never the one that goes */
	ck_assert_uint_eq(block[block_bytes], 0xee);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("event");
	tcase_add_test(tcase, events_come_out_in_order_with_their_bodies);
	tcase_add_test(tcase, nobody_listening_is_no_error);
	tcase_add_test(tcase, an_event_larger_than_the_ring_is_lost_alone);
	tcase_add_loop_test(tcase, a_full_ring_loses_the_oldest_and_counts_them, 0, 32);
	Suite *suite = suite_create("event");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
