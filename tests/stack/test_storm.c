/*
 * Seeded storms: any traffic in any order, and nothing breaks; every reason to drop a packet is
 * met.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

#include "stack/base/rng.h"
#include "stack/drop.h"
#include "tests/stack/storm.h"
#include "tests/suite.h"

#define SCRIPTS      2000u
#define SCRIPT_BYTES 6000u

static struct storm_counts counts;

/* Reasons that these storms cannot bring about. */
static bool
is_out_of_reach(unsigned reason)
{
	if (reason >= DROP_TCP_NOT_UNICAST && reason <= DROP_TCP_CHALLENGE_RATE)
		return true; /* these hosts speak no TCP */
	switch (reason) {
	case DROP_INTERFACE_DOWN:   /* interfaces come up again at once */
	case DROP_FRAGMENT_REFUSED: /* but for multicast, which is rare */
	case DROP_FRAGMENT_MEMORY:  /* too few sources */
	case DROP_TRANSMIT_FULL:    /* everything is taken out after each step */
	case DROP_RECEIVE_FULL: return true;
	default: return false;
	}
}

START_TEST(nothing_breaks_and_every_corner_is_reached)
{
	static uint8_t script[SCRIPT_BYTES];
	const uint64_t seed = suite_seed(51);
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < SCRIPTS; i++) {
		rng_bytes(&rng, script, sizeof script);
		storm_run(script, sizeof script, &counts);
	}
	printf("%llu packets in, %llu frames out, %llu datagrams, %llu errors, %llu echoes\n",
	       (unsigned long long)counts.packets, (unsigned long long)counts.frames,
	       (unsigned long long)counts.datagrams, (unsigned long long)counts.errors,
	       (unsigned long long)counts.echoes);
	ck_assert_uint_gt(counts.frames, 1000);
	ck_assert_uint_gt(counts.datagrams, 100);
	ck_assert_uint_gt(counts.errors, 20);
	for (unsigned reason = 0; reason < DROP_REASON_COUNT; reason++)
		ck_assert_msg(counts.drops[reason] > 0 || is_out_of_reach(reason),
			      "no packet was dropped because %s", drop_text(reason));
}
END_TEST

int
main(void)
{
	static_assert(DROP_REASON_COUNT <= COUNT(counts.drops), "room for every reason");
	TCase *tcase = tcase_create("storm");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, nothing_breaks_and_every_corner_is_reached);
	Suite *suite = suite_create("storm");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
