/* Opening connections (RFC 9293, section 3.5): the handshake, its options, both directions at once. */
#include <string.h>

#include "tests/stack/pair.h"
#include "tests/suite.h"

static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };
static struct pair pair;
static tcp_conn listener, conns[2];

static void
setup(void)
{
	pair_init(&pair, &(struct pair_config){ .delay_us = 10000 });
	listener = pair_listen(&pair, NULL);
}

static void
teardown(void)
{
	pair_fini(&pair);
}

START_TEST(a_connection_carries_data_both_ways_and_is_closed)
{
	uint8_t bytes[16];
	size_t count;

	pair_connect(&pair, families[_i], NULL, listener, conns);
	ck_assert_int_eq(pair_info(&pair, PAIR_A, conns[0]).state, TCP_STATE_ESTABLISHED);
	ck_assert_int_eq(pair_info(&pair, PAIR_B, conns[1]).state, TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(pair.events[PAIR_A] & TCP_EVENT_CONNECTED, TCP_EVENT_CONNECTED);
	ck_assert_uint_eq(pair.events[PAIR_B] & TCP_EVENT_ACCEPTABLE, TCP_EVENT_ACCEPTABLE);

	ck_assert_int_eq(tcp_send(pair.hosts[0].stack, conns[0], "ping", 4, 0, pair.now_us, &count), 0);
	ck_assert_uint_eq(count, 4);
	pair_run(&pair, 100000);
	ck_assert_int_eq(tcp_receive(pair.hosts[1].stack, conns[1], bytes, sizeof bytes, pair.now_us,
				     &count),
			 0);
	ck_assert_uint_eq(count, 4);
	ck_assert_mem_eq(bytes, "ping", 4);
	ck_assert_int_eq(tcp_send(pair.hosts[1].stack, conns[1], "pong!", 5, 0, pair.now_us, &count), 0);
	pair_run(&pair, 100000);
	ck_assert_int_eq(tcp_receive(pair.hosts[0].stack, conns[0], bytes, sizeof bytes, pair.now_us,
				     &count),
			 0);
	ck_assert_uint_eq(count, 5);
	ck_assert_mem_eq(bytes, "pong!", 5);

	tcp_close(pair.hosts[0].stack, conns[0], pair.now_us);
	pair_run(&pair, 100000);
	ck_assert_int_eq(pair_info(&pair, PAIR_B, conns[1]).state, TCP_STATE_CLOSE_WAIT);
	ck_assert_int_eq(tcp_receive(pair.hosts[1].stack, conns[1], bytes, sizeof bytes, pair.now_us,
				     &count),
			 0);
	ck_assert_uint_eq(count, 0);
	tcp_close(pair.hosts[1].stack, conns[1], pair.now_us);
	tcp_close(pair.hosts[1].stack, listener, pair.now_us);
	pair_run(&pair, 61000000);
	pair_expect_empty(&pair);
}
END_TEST

START_TEST(a_long_stream_arrives_octet_for_octet)
{
	pair_connect(&pair, families[_i], NULL, listener, conns);
	ck_assert(pair_transfer(&pair, conns, 8u << 20, 60000000));
	ck_assert_uint_eq(pair_info(&pair, PAIR_A, conns[0]).retransmits_total, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tcp: open");
	TCase *tcase = tcase_create("pair");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_connection_carries_data_both_ways_and_is_closed, 0, 2);
	tcase_add_loop_test(tcase, a_long_stream_arrives_octet_for_octet, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
