/* The memory of zones that are being transferred: never more than there is, and everybody's turn comes. */
#include "resolver/serve/transfer_room.h"

#include <check.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define ALL 1000u

static struct transfer_room room;
static struct transfer_share shares[128];

static void
setup(void)
{
	transfer_room_init(&room, ALL);
	for (unsigned i = 0; i < COUNT(shares); i++)
		shares[i] = (struct transfer_share){ .bytes = 0 };
}

START_TEST(who_finds_no_room_waits_until_somebody_leaves)
{
	ck_assert(transfer_room_enter(&room, &shares[0], 600));
	ck_assert(!transfer_room_enter(&room, &shares[1], 600));
	ck_assert(!transfer_room_is_offered(&room));
	transfer_room_leave(&room, &shares[0]);
	ck_assert(transfer_room_is_offered(&room));
	ck_assert(transfer_room_enter(&room, &shares[1], 600));
	ck_assert(!transfer_room_is_offered(&room));
	ck_assert_uint_eq(room.bytes_used, 600);
}
END_TEST

START_TEST(a_large_one_is_not_passed_by_small_ones)
{
	ck_assert(transfer_room_enter(&room, &shares[0], 100));
	ck_assert(!transfer_room_enter(&room, &shares[1], ALL));
	for (unsigned i = 2; i < 10; i++)
		ck_assert(!transfer_room_enter(&room, &shares[i], 1));
	transfer_room_leave(&room, &shares[0]);
	ck_assert(!transfer_room_enter(&room, &shares[5], 1)); /* whoever asks first: it is not its turn */
	ck_assert(transfer_room_is_offered(&room));
	ck_assert(transfer_room_enter(&room, &shares[1], ALL));
}
END_TEST

START_TEST(alone_it_may_have_all_and_no_more)
{
	ck_assert(transfer_room_enter(&room, &shares[0], 10 * ALL));
	ck_assert_uint_eq(shares[0].bytes, ALL);
	transfer_room_grow(&room, &shares[0], 20 * ALL);
	ck_assert_uint_eq(shares[0].bytes, ALL);
	ck_assert_uint_eq(room.bytes_used, ALL);
}
END_TEST

START_TEST(a_share_grows_into_what_is_left)
{
	ck_assert(transfer_room_enter(&room, &shares[0], 100));
	ck_assert(transfer_room_enter(&room, &shares[1], 700));
	transfer_room_grow(&room, &shares[0], 250);
	ck_assert_uint_eq(shares[0].bytes, 250);
	transfer_room_grow(&room, &shares[0], 900);
	ck_assert_uint_eq(shares[0].bytes, 300);
	transfer_room_grow(&room, &shares[0], 10); /* nothing is taken back */
	ck_assert_uint_eq(shares[0].bytes, 300);
}
END_TEST

START_TEST(so_many_at_once_and_no_more)
{
	for (unsigned i = 0; i < TRANSFERS_MAX; i++)
		ck_assert(transfer_room_enter(&room, &shares[i], 1));
	ck_assert(!transfer_room_enter(&room, &shares[TRANSFERS_MAX], 1));
	transfer_room_leave(&room, &shares[3]);
	ck_assert(transfer_room_enter(&room, &shares[TRANSFERS_MAX], 1));
}
END_TEST

/* All of them over and over, each of a size of its own. */
START_TEST(in_any_order_the_bound_holds_and_all_are_served)
{
	const uint64_t seed = suite_seed(11);
	unsigned served[COUNT(shares)] = { 0 };
	struct rng dice;

	rng_init_number(&dice, seed);
	for (unsigned turn = 0; turn < 200000; turn++) {
		const unsigned i = rng_below(&dice, COUNT(shares));
		if (shares[i].bytes == 0)
			served[i] += transfer_room_enter(&room, &shares[i], 1 + i * 8u);
		else if (rng_below(&dice, 2) == 0)
			transfer_room_grow(&room, &shares[i], 2 * shares[i].bytes);
		else
			transfer_room_leave(&room, &shares[i]);
		uint64_t sum = 0;
		for (unsigned k = 0; k < COUNT(shares); k++)
			sum += shares[k].bytes;
		ck_assert_uint_eq(sum, room.bytes_used);
		ck_assert_uint_le(sum, ALL);
	}
	for (unsigned i = 0; i < COUNT(shares); i++)
		ck_assert_msg(served[i] > 1, "share %u, seed %llu", i, (unsigned long long)seed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("memory of transfers");
	TCase *tcase = tcase_create("room");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, who_finds_no_room_waits_until_somebody_leaves);
	tcase_add_test(tcase, a_large_one_is_not_passed_by_small_ones);
	tcase_add_test(tcase, alone_it_may_have_all_and_no_more);
	tcase_add_test(tcase, a_share_grows_into_what_is_left);
	tcase_add_test(tcase, so_many_at_once_and_no_more);
	tcase_add_test(tcase, in_any_order_the_bound_holds_and_all_are_served);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
