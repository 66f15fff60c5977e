/*
 * When it may be sent (RFC 9293, sections 3.8.6.1 and 3.8.6.2.1; RFC 5681): silly windows, closed windows, the
 * congestion window's beginning and growth, pacing.
 */
#include "tests/stack/sending.h"

/* ---- the peer's window ------------------------------------------------------------------------ */

START_TEST(no_octet_goes_beyond_the_window)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .mss = 1000,
						   .window = 5000 });
	peer_write(&peer, 20000);
	for (uint32_t i = 0; i < 5; i++)
		(void)peer_expect(&peer, "A", 1 + 1000 * i, 1, 1000);
	peer_expect_nothing(&peer);
	peer_ack(&peer, 1, 2001); /* and 5000 more */
	(void)peer_expect(&peer, "A", 5001, 1, 1000);
	(void)peer_expect(&peer, "A", 6001, 1, 1000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_silly_window_is_not_used)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .mss = 1000,
						   .window = 5000 });
	peer_write(&peer, 20000);
	peer_discard(&peer);
	peer.window = 300;
	peer_ack(&peer, 1, 5001);
	peer_expect_nothing(&peer);
	peer.window = 1000;
	peer_ack(&peer, 1, 5001);
	(void)peer_expect(&peer, "A", 5001, 1, 1000);
	peer_fini(&peer);
}
END_TEST

/* RFC 9293, section 3.8.6.2.1, (3): all that a peer with a small buffer may ever offer. */
START_TEST(half_of_the_largest_window_is_not_silly)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .mss = 1000,
						   .window = 400 });
	peer_write(&peer, 1000);
	(void)peer_expect(&peer, "A", 1, 1, 400);
	peer.window = 199;
	peer_ack(&peer, 1, 401);
	peer_expect_nothing(&peer);
	peer.window = 200;
	peer_ack(&peer, 1, 401);
	(void)peer_expect(&peer, "A", 401, 1, 200);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_silly_window_is_used_after_a_while)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .mss = 1000,
						   .window = 5000 });
	peer_write(&peer, 20000);
	peer_discard(&peer);
	peer.window = 300;
	peer_ack(&peer, 1, 5001);
	peer_wait(&peer, 1000000);
	(void)peer_expect(&peer, "A", 5001, 1, 300);
	peer_fini(&peer);
}
END_TEST

/* RFC 9293, section 3.8.6.1: MUST-35 to MUST-37. */
START_TEST(a_closed_window_is_probed_ever_more_seldom)
{
	uint64_t last_us, gap_us = 0;

	passive(_i);
	peer_write(&peer, 1000);
	(void)peer_expect(&peer, "PA", 1, 1, 1000);
	peer.window = 0;
	peer_wait(&peer, 50000);
	peer_ack(&peer, 1, 1001);
	peer_write(&peer, 5000);
	peer_expect_nothing(&peer);
	last_us = peer.host.now_us;
	for (unsigned i = 0; i < 40; i++) { /* hours, since the peer answers */
		while (peer_pending(&peer) == 0)
			peer_wait(&peer, 10000);
		const struct peer_segment *probe = peer_expect(&peer, "A", 1000, 1, 0);
		ck_assert_uint_ge(probe->at_us - last_us, gap_us);
		ck_assert_uint_le(probe->at_us - last_us, 121000000);
		if (i > 0 && i < 8)
			ck_assert_uint_ge(probe->at_us - last_us, gap_us * 19 / 10);
		gap_us = probe->at_us - last_us - 20000;
		last_us = probe->at_us;
		peer_ack(&peer, 1, 1001);
	}
	peer.window = 65535;
	peer_ack(&peer, 1, 1001);
	(void)peer_expect(&peer, "A", 1001, 1, 1000);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_peer_that_answers_no_probe_is_given_up)
{
	passive(_i);
	peer_write(&peer, 1000);
	peer.window = 0;
	peer_ack(&peer, 1, 1001);
	peer_write(&peer, 5000);
	peer_wait(&peer, 3600000000);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), TCP_REASON_TIMED_OUT);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_window_that_shrinks_is_borne)
{
	passive(_i);
	peer_write(&peer, 5000);
	peer_discard(&peer);
	peer.window = 1000; /* the octets behind are in flight already (MUST-34) */
	peer_ack(&peer, 1, 1001);
	peer_expect_nothing(&peer);
	peer.window = 65535;
	peer_ack(&peer, 1, 5001);
	peer_write(&peer, 1000);
	(void)peer_expect(&peer, "PA", 5001, 1, 1000);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_old_window_does_not_replace_a_newer)
{
	passive(_i);
	peer_data(&peer, 1, 1, 10);
	peer_discard(&peer);
	peer.window = 0;
	peer_ack(&peer, 11, 1);
	peer.window = 65535;
	peer_ack(&peer, 1, 1); /* sent before the other (SND.WL1) */
	peer_discard(&peer);
	peer_write(&peer, 1000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

/* ---- the congestion window --------------------------------------------------------------------- */

START_TEST(the_initial_window_is_ten_segments)
{
	passive(_i);
	peer_write(&peer, 30000);
	for (uint32_t i = 0; i < 10; i++)
		(void)peer_expect(&peer, "A", 1 + 1000 * i, 1, 1000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(slow_start_doubles_the_window_each_round_trip)
{
	uint32_t una = 1, sent;

	passive(_i);
	peer_write(&peer, 100000);
	for (uint32_t window = 10000; window <= 40000; window *= 2) {
		for (sent = 0; peer_pending(&peer) != 0; sent += 1000)
			(void)peer_expect(&peer, "A", una + sent, 1, 1000);
		ck_assert_uint_eq(sent, window);
		peer_wait(&peer, 10000);
		for (uint32_t i = 0; i < window; i += 2000)
			peer_ack(&peer, 1, una += 2000);
	}
	peer_fini(&peer);
}
END_TEST

START_TEST(a_window_that_is_not_used_does_not_grow)
{
	uint32_t una = 1;

	passive(_i);
	for (unsigned i = 0; i < 50; i++) { /* three segments at a time */
		peer_write(&peer, 3000);
		peer_discard(&peer);
		peer_wait(&peer, 10000);
		peer_ack(&peer, 1, una += 3000);
	}
	ck_assert_uint_le(peer_info(&peer).cwnd_bytes, 13000);
	peer_fini(&peer);
}
END_TEST

START_TEST(the_window_falls_back_when_nothing_was_sent_for_long)
{
	passive(_i);
	peer_write(&peer, 60000);
	for (uint32_t una = 1; una < 60001;) {
		const unsigned count = peer_pending(&peer);
		peer_discard(&peer);
		peer_wait(&peer, 10000);
		peer_ack(&peer, 1, una += 1000 * count);
	}
	ck_assert_uint_gt(peer_info(&peer).cwnd_bytes, 40000);
	peer_wait(&peer, 10000000);
	peer_discard(&peer);
	peer_write(&peer, 60000);
	ck_assert_uint_eq(peer_pending(&peer), 10); /* RFC 5681, section 4.1 */
	peer_fini(&peer);
}
END_TEST

static void
pace(struct tcp_config *config)
{
	config->pacing_rate_bytes_s = 1000000;
}

START_TEST(paced_segments_are_spread_over_time)
{
	uint32_t una = 1;

	passive(_i);
	configure(pace);
	peer_write(&peer, 20000); /* the first ten go at once, a sample of the round trip comes back */
	ck_assert_uint_eq(peer_pending(&peer), 10);
	peer_discard(&peer);
	peer_wait(&peer, 10000);
	peer_ack(&peer, 1, una += 10000);
	peer_wait(&peer, 5000);
	ck_assert_uint_ge(peer_pending(&peer), 4); /* a megabyte a second: one a millisecond */
	ck_assert_uint_le(peer_pending(&peer), 8);
	peer_wait(&peer, 10000);
	ck_assert_uint_eq(peer_pending(&peer), 10);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("windows");
	tcase_add_loop_test(tcase, no_octet_goes_beyond_the_window, 0, 2);
	tcase_add_loop_test(tcase, a_silly_window_is_not_used, 0, 2);
	tcase_add_loop_test(tcase, half_of_the_largest_window_is_not_silly, 0, 2);
	tcase_add_loop_test(tcase, a_silly_window_is_used_after_a_while, 0, 2);
	tcase_add_loop_test(tcase, a_closed_window_is_probed_ever_more_seldom, 0, 2);
	tcase_add_loop_test(tcase, a_peer_that_answers_no_probe_is_given_up, 0, 2);
	tcase_add_loop_test(tcase, a_window_that_shrinks_is_borne, 0, 2);
	tcase_add_loop_test(tcase, an_old_window_does_not_replace_a_newer, 0, 2);
	tcase_add_loop_test(tcase, the_initial_window_is_ten_segments, 0, 2);
	tcase_add_loop_test(tcase, slow_start_doubles_the_window_each_round_trip, 0, 2);
	tcase_add_loop_test(tcase, a_window_that_is_not_used_does_not_grow, 0, 2);
	tcase_add_loop_test(tcase, the_window_falls_back_when_nothing_was_sent_for_long, 0, 2);
	tcase_add_loop_test(tcase, paced_segments_are_spread_over_time, 0, 2);
	Suite *suite = suite_create("tcp: windows");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
