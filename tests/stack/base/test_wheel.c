#include "stack/base/wheel.h"

#include "stack/base/rng.h"
#include "tests/suite.h"

#define SECOND_US 1000000u
#define HOUR_US   (3600ull * SECOND_US)
#define DAY_US    (24 * HOUR_US)

START_TEST(a_timer_fires_at_its_time_or_within_a_tick_after)
{
	static const uint64_t delays_us[] = { 0, 1, 1023, 1024, 1025, 65535, 65536, 4194304, 4194305,
		                              HOUR_US, 5 * HOUR_US, 11 * DAY_US, 12 * DAY_US, 100 * DAY_US };
	for (size_t i = 0; i < COUNT(delays_us); i++) {
		uint64_t now_us = 123456789, due_us = now_us + delays_us[i];
		struct wheel wheel;
		struct wheel_timer timer;
		wheel_init(&wheel, now_us);
		wheel_timer_init(&timer, 7);
		wheel_arm(&wheel, &timer, due_us);
		struct wheel_timer *fired = NULL;
		unsigned wakes = 0;
		while (fired == NULL) { /* as a driver does: sleep until the deadline, expire, again */
			ck_assert_uint_lt(++wakes, 20);
			ck_assert(wheel_is_armed(&timer));
			uint64_t deadline_us = wheel_deadline(&wheel);
			ck_assert_uint_lt(deadline_us, due_us + WHEEL_TICK_US);
			if (deadline_us > now_us)
				now_us = deadline_us;
			fired = wheel_expire(&wheel, now_us);
		}
		ck_assert_ptr_eq(fired, &timer);
		ck_assert_uint_eq(fired->kind, 7);
		ck_assert(!wheel_is_armed(&timer));
		ck_assert_uint_ge(now_us, due_us);
		ck_assert_uint_le(now_us, due_us + WHEEL_TICK_US);
		ck_assert_uint_eq(wheel_deadline(&wheel), WHEEL_NEVER);
	}
}
END_TEST

START_TEST(a_late_caller_gets_all_that_was_due_in_order)
{
	struct wheel wheel;
	struct wheel_timer timers[50];
	wheel_init(&wheel, 0);
	for (unsigned i = 0; i < COUNT(timers); i++) {
		wheel_timer_init(&timers[i], (uint16_t)i);
		wheel_arm(&wheel, &timers[i], (uint64_t)(i * 37 % COUNT(timers) + 1) * 10 * SECOND_US);
	}
	uint64_t last_us = 0;
	for (unsigned i = 0; i < COUNT(timers); i++) {
		struct wheel_timer *fired = wheel_expire(&wheel, HOUR_US);
		ck_assert_ptr_nonnull(fired);
		ck_assert_uint_gt(fired->at_us, last_us);
		last_us = fired->at_us;
	}
	ck_assert_ptr_null(wheel_expire(&wheel, HOUR_US));
}
END_TEST

START_TEST(a_timer_armed_again_at_once_waits_for_a_later_time)
{
	struct wheel wheel;
	struct wheel_timer timer;
	wheel_init(&wheel, 0);
	wheel_timer_init(&timer, 0);
	wheel_arm(&wheel, &timer, 5000);
	ck_assert_ptr_eq(wheel_expire(&wheel, 10240), &timer);
	wheel_arm(&wheel, &timer, 10240); /* "now": a handler that always does so must not hold the loop */
	ck_assert_ptr_null(wheel_expire(&wheel, 10240));
	ck_assert_ptr_eq(wheel_expire(&wheel, 10240 + WHEEL_TICK_US), &timer);
}
END_TEST

START_TEST(a_timer_that_is_due_can_still_be_disarmed_or_pushed_back)
{
	struct wheel wheel;
	struct wheel_timer first, disarmed, pushed;
	wheel_init(&wheel, 0);
	wheel_timer_init(&first, 0);
	wheel_timer_init(&disarmed, 0);
	wheel_timer_init(&pushed, 0);
	wheel_arm(&wheel, &first, 1000);
	wheel_arm(&wheel, &disarmed, 2000);
	wheel_arm(&wheel, &pushed, 3000);
	ck_assert_ptr_eq(wheel_expire(&wheel, SECOND_US), &first);
	wheel_disarm(&wheel, &disarmed);
	wheel_arm(&wheel, &pushed, 2 * SECOND_US);
	ck_assert_ptr_null(wheel_expire(&wheel, SECOND_US));
	ck_assert_ptr_null(wheel_expire(&wheel, 2 * SECOND_US - 1));
	ck_assert_ptr_eq(wheel_expire(&wheel, 2 * SECOND_US + WHEEL_TICK_US), &pushed);
}
END_TEST

START_TEST(pushing_back_moves_nothing_until_the_slot_comes_up)
{
	struct wheel wheel;
	struct wheel_timer timer;
	wheel_init(&wheel, 0);
	wheel_timer_init(&timer, 0);
	wheel_arm(&wheel, &timer, 10 * SECOND_US);
	uint16_t slot = timer.slot;
	wheel_arm(&wheel, &timer, 60 * SECOND_US);
	ck_assert_uint_eq(timer.slot, slot);
	ck_assert_ptr_null(wheel_expire(&wheel, 60 * SECOND_US - 1));
	ck_assert_ptr_eq(wheel_expire(&wheel, 60 * SECOND_US + WHEEL_TICK_US), &timer);
}
END_TEST

START_TEST(pulling_forward_takes_effect)
{
	struct wheel wheel;
	struct wheel_timer timer;
	wheel_init(&wheel, 0);
	wheel_timer_init(&timer, 0);
	wheel_arm(&wheel, &timer, DAY_US);
	wheel_arm(&wheel, &timer, SECOND_US);
	ck_assert_uint_le(wheel_deadline(&wheel), SECOND_US + WHEEL_TICK_US);
	ck_assert_ptr_eq(wheel_expire(&wheel, SECOND_US + WHEEL_TICK_US), &timer);
	ck_assert_uint_eq(wheel_deadline(&wheel), WHEEL_NEVER);
}
END_TEST

START_TEST(arming_for_never_disarms)
{
	struct wheel wheel;
	struct wheel_timer timer;
	wheel_init(&wheel, 0);
	wheel_timer_init(&timer, 0);
	wheel_arm(&wheel, &timer, WHEEL_NEVER);
	ck_assert(!wheel_is_armed(&timer));
	wheel_arm(&wheel, &timer, 1);
	wheel_arm(&wheel, &timer, WHEEL_NEVER);
	ck_assert(!wheel_is_armed(&timer));
	wheel_disarm(&wheel, &timer);
	ck_assert_uint_eq(wheel_deadline(&wheel), WHEEL_NEVER);
}
END_TEST

/* ---- against the obvious implementation -------------------------------------------------------- */

#define TIMER_COUNT 300u

struct naive {
	uint64_t at_us[TIMER_COUNT]; /* WHEEL_NEVER: not armed */
};

static uint64_t
naive_earliest(const struct naive *naive)
{
	uint64_t earliest_us = WHEEL_NEVER;
	for (unsigned i = 0; i < TIMER_COUNT; i++)
		if (naive->at_us[i] < earliest_us)
			earliest_us = naive->at_us[i];
	return earliest_us;
}

/* Delays as a stack has them: acknowledgements, retransmissions, lifetimes, and some of many days. */
static uint64_t
draw_delay(struct rng *rng)
{
	static const uint64_t scales_us[] = { 2000, 200000, 5 * SECOND_US, 600ull * SECOND_US, 8 * HOUR_US, 40 * DAY_US };
	uint64_t scale_us = scales_us[rng_below(rng, COUNT(scales_us))];
	return rng_u64(rng) % scale_us;
}

static void
change_one(struct wheel *wheel, struct wheel_timer *timers, struct naive *naive, struct rng *rng, uint64_t now_us)
{
	unsigned i = rng_below(rng, TIMER_COUNT);
	if (rng_below(rng, 4) == 0) {
		wheel_disarm(wheel, &timers[i]);
		naive->at_us[i] = WHEEL_NEVER;
		return;
	}
	uint64_t at_us = now_us + draw_delay(rng);
	wheel_arm(wheel, &timers[i], at_us);
	naive->at_us[i] = at_us;
}

/* Takes all that is due: each armed, its time reached, and reached less than a tick before this wake. */
static void
expire_all(struct wheel *wheel, struct wheel_timer *timers, struct naive *naive, uint64_t last_us, uint64_t now_us)
{
	struct wheel_timer *fired;
	while ((fired = wheel_expire(wheel, now_us)) != NULL) {
		size_t i = (size_t)(fired - timers);
		ck_assert_uint_ne(naive->at_us[i], WHEEL_NEVER);
		ck_assert_uint_le(naive->at_us[i], now_us);
		ck_assert_uint_ge(naive->at_us[i] + WHEEL_TICK_US, last_us);
		naive->at_us[i] = WHEEL_NEVER;
	}
	uint64_t earliest_us = naive_earliest(naive); /* what stays may be late by less than a tick */
	ck_assert(earliest_us == WHEEL_NEVER || earliest_us + WHEEL_TICK_US > now_us);
	uint64_t deadline_us = wheel_deadline(wheel);
	if (earliest_us == WHEEL_NEVER)
		return;
	ck_assert_uint_ge(deadline_us, now_us / WHEEL_TICK_US * WHEEL_TICK_US);
	uint64_t slot_end_us = (earliest_us > now_us ? earliest_us : now_us) + WHEEL_TICK_US;
	ck_assert_uint_le(deadline_us, slot_end_us);
}

START_TEST(a_random_run_of_many_days_agrees_with_a_plain_list)
{
	uint64_t seed = suite_seed(1) + (uint64_t)_i;
	struct rng rng;
	rng_init_number(&rng, seed);
	uint64_t now_us = rng_u64(&rng) >> (16 + rng_below(&rng, 30)), last_us = now_us, start_us = now_us;
	static struct wheel wheel; /* some ten kilobytes, kept off the stack */
	struct wheel_timer timers[TIMER_COUNT];
	struct naive naive;
	wheel_init(&wheel, now_us);
	for (unsigned i = 0; i < TIMER_COUNT; i++) {
		wheel_timer_init(&timers[i], 0);
		naive.at_us[i] = WHEEL_NEVER;
	}
	for (unsigned step = 0; step < 20000; step++) {
		for (uint32_t changes = rng_below(&rng, 4); changes != 0; changes--)
			change_one(&wheel, timers, &naive, &rng, now_us);
		uint64_t deadline_us = wheel_deadline(&wheel);
		last_us = now_us;
		if (rng_below(&rng, 4) != 0 && deadline_us != WHEEL_NEVER) /* most drivers are punctual... */
			now_us = deadline_us > now_us ? deadline_us : now_us;
		else /* ...some wake for other reasons, or oversleep */
			now_us += rng_below(&rng, 100) == 0 ? draw_delay(&rng) : rng_below(&rng, 5000);
		expire_all(&wheel, timers, &naive, last_us, now_us);
	}
	ck_assert_msg(now_us - start_us > 5 * HOUR_US, "seed %llu ran for %llu us only", (unsigned long long)seed,
	              (unsigned long long)(now_us - start_us));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("wheel");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_timer_fires_at_its_time_or_within_a_tick_after);
	tcase_add_test(tcase, a_late_caller_gets_all_that_was_due_in_order);
	tcase_add_test(tcase, a_timer_armed_again_at_once_waits_for_a_later_time);
	tcase_add_test(tcase, a_timer_that_is_due_can_still_be_disarmed_or_pushed_back);
	tcase_add_test(tcase, pushing_back_moves_nothing_until_the_slot_comes_up);
	tcase_add_test(tcase, pulling_forward_takes_effect);
	tcase_add_test(tcase, arming_for_never_disarms);
	tcase_add_loop_test(tcase, a_random_run_of_many_days_agrees_with_a_plain_list, 0, 8);
	Suite *suite = suite_create("wheel");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
