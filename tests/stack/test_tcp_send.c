/*
 * What is sent of what a program writes (RFC 9293, sections 3.7.1 and 3.7.4): segment sizes, Nagle, the cork, the send
 * buffer.
 */
#include "tests/stack/sending.h"

static size_t
send_some(size_t size, unsigned flags)
{
	static const uint8_t zeros[65536];
	size_t taken;
	(void)tcp_send(peer.host.stack, peer.conn, zeros, size, flags, peer.host.now_us, &taken);
	return taken;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* RFC 9293, section 3.7.1: the peer's option, or what is assumed without it, and the link. */
static const struct {
	enum addr_family family;
	uint16_t option; /* 1: none */
	bool timestamps;
	size_t size;
} sizes[] = {
	{ ADDR_IPV4, 1460, false, 1460 }, { ADDR_IPV4, 1460, true, 1448 },
	{ ADDR_IPV4, 9000, false, 1460 }, { ADDR_IPV4, 1000, false, 1000 },
	{ ADDR_IPV4, 1, false, 536 },     { ADDR_IPV4, 8, false, 48 },
	{ ADDR_IPV6, 1440, false, 1440 }, { ADDR_IPV6, 1440, true, 1428 },
	{ ADDR_IPV6, 9000, false, 1440 }, { ADDR_IPV6, 1, false, 1220 },
};

START_TEST(a_full_segment_is_as_large_as_both_ends_and_the_link_allow)
{
	peer_passive(&peer, &(struct peer_config){ .family = sizes[_i].family,
						   .mss = sizes[_i].option,
						   .timestamps = sizes[_i].timestamps });
	peer_write(&peer, 2 * sizes[_i].size);
	(void)peer_expect(&peer, "A", 1, 1, sizes[_i].size);
	(void)peer_expect(&peer, "PA", 1 + (uint32_t)sizes[_i].size, 1, sizes[_i].size);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_program_may_want_smaller_segments)
{
	struct tcp_config tcp = peer_tcp();

	tcp.mss_max = 700;
	peer_listen(&peer, &(struct peer_config){ .tcp = tcp, .has_tcp = true });
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 65535, .mss = 1460 });
	ck_assert_uint_eq(peer_expect(&peer, "SA", 0, 1, 0)->mss, 700);
	peer_ack(&peer, 1, 1);
	ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
	peer_write(&peer, 1400);
	(void)peer_expect(&peer, "A", 1, 1, 700);
	(void)peer_expect(&peer, "PA", 701, 1, 700);
	peer_fini(&peer);
}
END_TEST

START_TEST(small_windows_get_segments_of_half_their_size)
{
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .window = 2000 });
	peer_write(&peer, 4000);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	(void)peer_expect(&peer, "A", 1001, 1, 1000);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_link_that_splits_gets_super_segments)
{
	struct stack_action action;
	size_t taken, super_bytes = 0;

	peer_passive(&peer, &(struct peer_config){ .family = families[_i],
						   .if_flags = STACK_IF_SEGMENT_TX |
							       STACK_IF_CHECKSUM_TX });
	static const uint8_t zeros[20000];
	ck_assert_int_eq(tcp_send(peer.host.stack, peer.conn, zeros, 14000, 0, peer.host.now_us,
				  &taken),
			 0);
	const size_t headers = families[_i] == ADDR_IPV4 ? 40 : 60;
	const size_t mss = families[_i] == ADDR_IPV4 ? 1460 : 1440;
	while (stack_next(peer.host.stack, &action)) {
		if (action.kind != STACK_TRANSMIT)
			continue;
		ck_assert_uint_eq(action.segment_start, headers);
		ck_assert_uint_eq(action.segment_bytes, mss);
		super_bytes += action.size - headers;
	}
	ck_assert_uint_eq(super_bytes, 14000); /* one frame, the short tail in it */
	peer_fini(&peer);
}
END_TEST

/* ---- Nagle and the cork ---------------------------------------------------------------------- */

START_TEST(a_small_segment_waits_for_the_one_before)
{
	passive(_i);
	peer_write(&peer, 100);
	(void)peer_expect(&peer, "PA", 1, 1, 100);
	peer_write(&peer, 100);
	peer_write(&peer, 100);
	peer_expect_nothing(&peer);
	peer_ack(&peer, 1, 101);
	(void)peer_expect(&peer, "PA", 101, 1, 200);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_full_segment_does_not_wait)
{
	passive(_i);
	peer_write(&peer, 100);
	(void)peer_expect(&peer, "PA", 1, 1, 100);
	peer_write(&peer, 1050);
	(void)peer_expect(&peer, "A", 101, 1, 1000);
	peer_expect_nothing(&peer);
	peer_ack(&peer, 1, 1101);
	(void)peer_expect(&peer, "PA", 1101, 1, 50);
	peer_fini(&peer);
}
END_TEST

static void
no_delay(struct tcp_config *config)
{
	config->no_delay = true;
}

START_TEST(without_nagle_every_write_is_sent)
{
	passive(_i);
	configure(no_delay);
	for (uint32_t i = 0; i < 5; i++) {
		peer_write(&peer, 100);
		(void)peer_expect(&peer, "PA", 1 + 100 * i, 1, 100);
	}
	peer_fini(&peer);
}
END_TEST

START_TEST(switching_nagle_off_sends_what_it_held)
{
	passive(_i);
	peer_write(&peer, 100);
	peer_write(&peer, 100);
	(void)peer_expect(&peer, "PA", 1, 1, 100);
	peer_expect_nothing(&peer);
	configure(no_delay);
	(void)peer_expect(&peer, "PA", 101, 1, 100);
	peer_fini(&peer);
}
END_TEST

static void
cork(struct tcp_config *config)
{
	config->cork = true;
}

static void
uncork(struct tcp_config *config)
{
	config->cork = false;
}

START_TEST(the_cork_holds_what_is_no_full_segment)
{
	passive(_i);
	configure(cork);
	peer_write(&peer, 700);
	peer_expect_nothing(&peer);
	peer_write(&peer, 700);
	(void)peer_expect(&peer, "A", 1, 1, 1000);
	peer_expect_nothing(&peer);
	configure(uncork);
	(void)peer_expect(&peer, "PA", 1001, 1, 400);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_cork_is_drawn_after_200_ms)
{
	passive(_i);
	configure(cork);
	peer_write(&peer, 700);
	peer_wait(&peer, 198000);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 4000);
	(void)peer_expect(&peer, "PA", 1, 1, 700);
	peer_fini(&peer);
}
END_TEST

START_TEST(more_is_a_cork_for_one_write)
{
	passive(_i);
	ck_assert_uint_eq(send_some(300, TCP_SEND_MORE), 300);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(send_some(300, 0), 300);
	(void)peer_expect(&peer, "PA", 1, 1, 600);
	peer_fini(&peer);
}
END_TEST

START_TEST(fin_waits_for_nobody)
{
	passive(_i);
	configure(cork);
	peer_write(&peer, 100);
	ck_assert_int_eq(tcp_shutdown(peer.host.stack, peer.conn, peer.host.now_us), 0);
	(void)peer_expect(&peer, "FPA", 1, 1, 100);
	peer_fini(&peer);
}
END_TEST

START_TEST(push_goes_with_the_end_of_a_write)
{
	passive(_i);
	peer_write(&peer, 2500);
	ck_assert_str_eq(peer_take(&peer)->flags, "A");
	ck_assert_str_eq(peer_take(&peer)->flags, "A");
	ck_assert_str_eq(peer_take(&peer)->flags, "PA");
	peer_fini(&peer);
}
END_TEST

/* ---- written in place ------------------------------------------------------------------------- */

#define ROOMS 8u

/* Room for `size` octets, of which up to `filled` are written to: 1, 2, 3... */
static int
fill_some(size_t size, size_t filled)
{
	struct iovec pieces[ROOMS];
	size_t piece_count = ROOMS, done = 0;
	const int err = tcp_send_room(peer.host.stack, peer.conn, size, pieces, &piece_count);

	if (err != 0)
		return err;
	for (size_t i = 0; i < piece_count; i++)
		for (size_t at = 0; at < pieces[i].iov_len && done < filled; at++)
			((uint8_t *)pieces[i].iov_base)[at] = (uint8_t)++done;
	tcp_send_filled(peer.host.stack, peer.conn, done, 0, peer.host.now_us);
	return 0;
}

START_TEST(what_is_written_into_the_send_buffer_is_sent)
{
	static const uint8_t octets[] = { 1, 2, 3, 4, 5 };

	passive(_i);
	ck_assert_int_eq(fill_some(5000, 5), 0);
	ck_assert_mem_eq(peer_expect(&peer, "PA", 1, 1, 5)->data, octets, sizeof octets);
	peer_ack(&peer, 1, 6);
	ck_assert_int_eq(fill_some(1500, 1500), 0);
	(void)peer_expect(&peer, "A", 6, 1, 1000);
	(void)peer_expect(&peer, "PA", 1006, 1, 500);
	peer_fini(&peer);
}
END_TEST

START_TEST(room_that_nothing_was_written_to_sends_nothing)
{
	passive(_i);
	ck_assert_int_eq(fill_some(5000, 0), 0);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(peer_info(&peer).send_queue_bytes, 0);
	ck_assert_uint_eq(send_some(100, 0), 100);
	(void)peer_expect(&peer, "PA", 1, 1, 100);
	peer_fini(&peer);
}
END_TEST

/* As with tcp_send. */
START_TEST(a_full_buffer_has_no_room_and_tells_when_it_does)
{
	struct tcp_config tcp = peer_tcp();

	tcp.send_buffer_bytes = tcp.send_buffer_bytes_max = 20000;
	peer_passive(&peer, &(struct peer_config){
				    .family = families[_i], .mss = 1000, .tcp = tcp, .has_tcp = true });
	ck_assert_int_eq(fill_some(30000, 20000), 0);
	ck_assert_int_eq(fill_some(1, 1), ERR_FULL);
	ck_assert_uint_eq(tcp_poll(peer.host.stack, peer.conn) & TCP_EVENT_WRITABLE, 0);
	peer_discard(&peer);
	peer.events = 0;
	peer_ack(&peer, 1, 8001);
	peer_discard(&peer);
	ck_assert_uint_ne(peer.events & TCP_EVENT_WRITABLE, 0);
	ck_assert_int_eq(fill_some(8000, 8000), 0);
	ck_assert_int_eq(fill_some(1, 1), ERR_FULL);
	peer_fini(&peer);
}
END_TEST

static void
shrink(struct tcp_config *config)
{
	config->send_buffer_bytes = config->send_buffer_bytes_max = 5000;
}

START_TEST(who_finds_his_buffer_shrunk_is_told_as_well)
{
	passive(_i);
	ck_assert_int_eq(fill_some(10000, 10000), 0);
	configure(shrink);
	ck_assert_int_eq(fill_some(1, 1), ERR_FULL);
	peer_discard(&peer);
	peer.events = 0;
	peer_ack(&peer, 1, 9001);
	peer_discard(&peer);
	ck_assert_uint_ne(peer.events & TCP_EVENT_WRITABLE, 0);
	peer_fini(&peer);
}
END_TEST

/* The room of all connections together, not the connection's own. */
START_TEST(who_finds_no_memory_is_told_when_there_is_some)
{
	struct stack_limits limits = host_limits;
	int err = 0;

	limits.tcp_count = 8;
	limits.tcp_syn_count = 4;
	limits.tcp_sent_count = 64;
	limits.tcp_buffer_bytes = 40u << 10;
	peer_passive(&peer, &(struct peer_config){ .family = families[_i], .mss = 1000, .limits = &limits });
	for (unsigned i = 0; i < 100 && err == 0; i++)
		err = fill_some(4000, 4000);
	ck_assert_int_eq(err, ERR_FULL);
	ck_assert_uint_lt(peer_info(&peer).send_queue_bytes, 40u << 10);
	ck_assert_uint_eq(tcp_poll(peer.host.stack, peer.conn) & TCP_EVENT_WRITABLE, 0);
	peer_discard(&peer);
	peer.events = 0;
	peer_ack(&peer, 1, 10001);
	peer_discard(&peer);
	ck_assert_uint_ne(peer.events & TCP_EVENT_WRITABLE, 0);
	ck_assert_int_eq(fill_some(1000, 1000), 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(who_has_shut_his_direction_has_no_room)
{
	passive(_i);
	ck_assert_int_eq(tcp_shutdown(peer.host.stack, peer.conn, peer.host.now_us), 0);
	ck_assert_int_eq(fill_some(1, 1), ERR_CLOSED);
	peer_fini(&peer);
}
END_TEST

/* ---- the send buffer --------------------------------------------------------------------------- */

START_TEST(a_full_buffer_takes_no_more_and_tells_when_it_does)
{
	struct tcp_config tcp = peer_tcp();

	tcp.send_buffer_bytes = tcp.send_buffer_bytes_max = 20000;
	peer_passive(&peer, &(struct peer_config){
				    .family = families[_i], .mss = 1000, .tcp = tcp, .has_tcp = true });
	ck_assert_uint_eq(send_some(30000, 0), 20000);
	ck_assert_uint_eq(send_some(1, 0), 0);
	ck_assert_uint_eq(tcp_poll(peer.host.stack, peer.conn) & TCP_EVENT_WRITABLE, 0);
	peer_discard(&peer);
	peer.events = 0;
	peer_ack(&peer, 1, 1001); /* not for every octet */
	peer_discard(&peer);
	ck_assert_uint_eq(peer.events & TCP_EVENT_WRITABLE, 0);
	peer_ack(&peer, 1, 8001);
	peer_discard(&peer);
	ck_assert_uint_ne(peer.events & TCP_EVENT_WRITABLE, 0);
	ck_assert_uint_ne(tcp_poll(peer.host.stack, peer.conn) & TCP_EVENT_WRITABLE, 0);
	ck_assert_uint_eq(send_some(30000, 0), 8000);
	peer_fini(&peer);
}
END_TEST

/* Who has had all of it taken waits as well, if there is no room for more. */
START_TEST(a_write_that_just_fits_is_told_of_too)
{
	struct tcp_config tcp = peer_tcp();

	tcp.send_buffer_bytes = tcp.send_buffer_bytes_max = 20000;
	peer_passive(&peer, &(struct peer_config){
				    .family = families[_i], .mss = 1000, .tcp = tcp, .has_tcp = true });
	ck_assert_uint_eq(send_some(20000, 0), 20000);
	ck_assert_uint_eq(tcp_poll(peer.host.stack, peer.conn) & TCP_EVENT_WRITABLE, 0);
	peer_discard(&peer);
	peer.events = 0;
	peer_ack(&peer, 1, 8001);
	peer_discard(&peer);
	ck_assert_uint_ne(peer.events & TCP_EVENT_WRITABLE, 0);
	peer_fini(&peer);
}
END_TEST

/* Twice what a round trip can take, up to what the program allows. */
START_TEST(the_send_buffer_grows_with_the_congestion_window)
{
	struct tcp_config tcp = peer_tcp();
	uint32_t sent = 0, most = 0;

	tcp.send_buffer_bytes = 16000;
	tcp.send_buffer_bytes_max = 60000;
	peer_passive(&peer, &(struct peer_config){
				    .family = families[_i], .mss = 1000, .wscale = 7, .tcp = tcp, .has_tcp = true });
	peer.window = 1000; /* scaled: 128,000 octets */
	peer_ack(&peer, 1, 1);
	for (unsigned round = 0; round < 5; round++) {
		while (send_some(1000, 0) != 0)
			;
		const struct tcp_conn_info info = peer_info(&peer);
		most = info.send_queue_bytes > most ? info.send_queue_bytes : most;
		ck_assert_uint_le(info.send_queue_bytes, round == 0 ? 16000 : 2 * info.cwnd_bytes);
		peer_discard(&peer);
		sent += peer_info(&peer).unacked_segments * 1000;
		peer_wait(&peer, 10000);
		peer_ack(&peer, 1, 1 + sent);
		peer_discard(&peer);
		sent += peer_info(&peer).unacked_segments * 1000;
		peer_ack(&peer, 1, 1 + sent);
		peer_discard(&peer);
	}
	ck_assert_uint_eq(most, 60000);
	peer_fini(&peer);
}
END_TEST

/* TCP_NOTSENT_LOWAT: what makes room is the sending, not its acknowledgment. */
START_TEST(when_little_is_unsent_the_program_is_told)
{
	struct tcp_config tcp = peer_tcp();

	tcp.not_sent_low_bytes = 3000;
	peer_passive(&peer, &(struct peer_config){
				    .family = families[_i], .mss = 1000, .window = 2000, .no_wscale = true, .tcp = tcp, .has_tcp = true });
	ck_assert_uint_eq(send_some(10000, 0), 10000);
	peer_discard(&peer);
	ck_assert_uint_eq(tcp_poll(peer.host.stack, peer.conn) & TCP_EVENT_WRITABLE, 0);
	peer.events = 0;
	peer.window = 8000;
	peer_ack(&peer, 1, 2001);
	peer_discard(&peer);
	ck_assert_uint_ne(peer.events & TCP_EVENT_WRITABLE, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_is_written_before_the_handshake_is_sent_after_it)
{
	peer_open(&peer, &(struct peer_config){ .family = families[_i] });
	(void)peer_expect(&peer, "S", 0, 0, 0);
	ck_assert_uint_eq(send_some(100, 0), 100);
	peer_expect_nothing(&peer);
	peer_send(&peer, &(struct peer_segment){ .flags = "SA", .ack = 1, .window = 65535 });
	(void)peer_expect(&peer, "PA", 1, 1, 100);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("send");
	tcase_add_loop_test(tcase, a_full_segment_is_as_large_as_both_ends_and_the_link_allow, 0,
			    COUNT(sizes));
	tcase_add_test(tcase, a_program_may_want_smaller_segments);
	tcase_add_loop_test(tcase, small_windows_get_segments_of_half_their_size, 0, 2);
	tcase_add_loop_test(tcase, a_link_that_splits_gets_super_segments, 0, 2);
	tcase_add_loop_test(tcase, a_small_segment_waits_for_the_one_before, 0, 2);
	tcase_add_loop_test(tcase, a_full_segment_does_not_wait, 0, 2);
	tcase_add_loop_test(tcase, without_nagle_every_write_is_sent, 0, 2);
	tcase_add_loop_test(tcase, switching_nagle_off_sends_what_it_held, 0, 2);
	tcase_add_loop_test(tcase, the_cork_holds_what_is_no_full_segment, 0, 2);
	tcase_add_loop_test(tcase, a_cork_is_drawn_after_200_ms, 0, 2);
	tcase_add_loop_test(tcase, more_is_a_cork_for_one_write, 0, 2);
	tcase_add_loop_test(tcase, fin_waits_for_nobody, 0, 2);
	tcase_add_loop_test(tcase, push_goes_with_the_end_of_a_write, 0, 2);
	tcase_add_loop_test(tcase, what_is_written_into_the_send_buffer_is_sent, 0, 2);
	tcase_add_loop_test(tcase, room_that_nothing_was_written_to_sends_nothing, 0, 2);
	tcase_add_loop_test(tcase, a_full_buffer_has_no_room_and_tells_when_it_does, 0, 2);
	tcase_add_loop_test(tcase, who_finds_his_buffer_shrunk_is_told_as_well, 0, 2);
	tcase_add_loop_test(tcase, who_finds_no_memory_is_told_when_there_is_some, 0, 2);
	tcase_add_loop_test(tcase, who_has_shut_his_direction_has_no_room, 0, 2);
	tcase_add_loop_test(tcase, a_full_buffer_takes_no_more_and_tells_when_it_does, 0, 2);
	tcase_add_loop_test(tcase, a_write_that_just_fits_is_told_of_too, 0, 2);
	tcase_add_loop_test(tcase, the_send_buffer_grows_with_the_congestion_window, 0, 2);
	tcase_add_loop_test(tcase, when_little_is_unsent_the_program_is_told, 0, 2);
	tcase_add_loop_test(tcase, what_is_written_before_the_handshake_is_sent_after_it, 0, 2);
	Suite *suite = suite_create("tcp: send");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
