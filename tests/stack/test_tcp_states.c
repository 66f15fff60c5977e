/*
 * Segments of every kind in every state (RFC 9293, section 3.10.7), with the checks of RFC 5961.
 */
#include <string.h>

#include "tests/stack/packet.h"
#include "tests/stack/peer.h"
#include "tests/suite.h"

#define WINDOW 64260u /* no more than any family is offered: 45 * 1448 by the SYN in IPv4, 45 * 1440 in IPv6 */
#define OUTSIDE 66000u

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

static struct peer_config
config_of(int family)
{
	return (struct peer_config){ .family = families[family], .no_wscale = true, .no_sack = true };
}

/* ---- CLOSED and LISTEN ----------------------------------------------------------------------- */

/* Sections 3.10.7.1 and 3.10.7.2: what is said to a segment for nobody, or for a listener. */
static const struct {
	const char *flags, *answer, *listener_answer; /* NULL: nothing */
	uint32_t seq, ack, answer_seq, answer_ack;
	size_t size;
} strangers[] = {
	{ "S", "RA", "SA", 100, 0, 0, 101, 0 },
	{ "S", "RA", "SA", 100, 0, 0, 111, 10 },
	{ "SA", "R", "R", 100, 300, 300, 0, 0 },
	{ "SF", "RA", NULL, 100, 0, 0, 102, 0 },
	{ "A", "R", "R", 100, 300, 300, 0, 0 },
	{ "A", "R", "R", 100, 300, 300, 0, 10 },
	{ "F", "RA", NULL, 100, 0, 0, 101, 0 },
	{ "FA", "R", "R", 100, 300, 300, 0, 0 },
	{ "R", NULL, NULL, 100, 0, 0, 0, 0 },
	{ "RA", NULL, NULL, 100, 300, 0, 0, 0 },
	{ "", "RA", NULL, 100, 0, 0, 105, 5 },
};

START_TEST(a_segment_to_nobody_is_reset_unless_it_is_one)
{
	const struct peer_config config = config_of(_i % 2);
	const unsigned i = (unsigned)_i / 2;

	peer_init(&peer, &config);
	peer_send(&peer, &(struct peer_segment){ .flags = strangers[i].flags,
						 .seq = strangers[i].seq,
						 .ack = strangers[i].ack,
						 .size = strangers[i].size });
	if (strangers[i].answer != NULL) {
		const struct peer_segment *is =
			peer_expect(&peer, strangers[i].answer, strangers[i].answer_seq,
				    strangers[i].answer_ack, 0);
		ck_assert_uint_eq(is->window, 0);
		ck_assert(!is->has_timestamps && is->mss == 0);
	}
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_listener_takes_a_syn_and_nothing_else)
{
	const struct peer_config config = config_of(_i % 2);
	const unsigned i = (unsigned)_i / 2;

	peer_listen(&peer, &config);
	peer_send(&peer, &(struct peer_segment){ .flags = strangers[i].flags,
						 .seq = strangers[i].seq,
						 .ack = strangers[i].ack,
						 .size = strangers[i].size });
	if (strangers[i].listener_answer == NULL) {
		peer_expect_nothing(&peer);
	} else {
		const struct peer_segment *is = peer_take(&peer);
		ck_assert_str_eq(is->flags, strangers[i].listener_answer);
		if (is->flags[0] == 'S') /* text with a SYN is not kept: it comes again */
			ck_assert_uint_eq(is->ack, strangers[i].seq + 1);
		else
			ck_assert_uint_eq(is->seq, strangers[i].answer_seq);
	}
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

START_TEST(nothing_is_reset_where_the_kernel_has_the_address_too)
{
	struct peer_config config = config_of(_i);

	config.if_flags = STACK_IF_SHARED;
	peer_init(&peer, &config);
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .seq = 1 });
	peer_send(&peer, &(struct peer_segment){ .flags = "A", .seq = 1, .ack = 1 });
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_NO_CONNECTION), 2);
	peer_fini(&peer);
}
END_TEST

static const struct {
	const char *source, *destination;
	enum drop reason;
} no_hosts[] = {
	{ "192.0.2.2", "192.0.2.255", DROP_TCP_NOT_UNICAST },
	{ "192.0.2.2", "255.255.255.255", DROP_TCP_NOT_UNICAST },
	{ "192.0.2.2", "224.0.0.1", DROP_TCP_NOT_UNICAST },
	{ "2001:db8::2", "ff02::1", DROP_TCP_NOT_UNICAST },
	{ "192.0.2.255", "192.0.2.1", DROP_IP_SOURCE },
	{ "224.0.0.1", "192.0.2.1", DROP_IP_SOURCE },
	{ "ff02::1", "2001:db8::1", DROP_IP_SOURCE },
};

/* Section 3.9.2.3: a connection has a host at each end (MUST-57, MUST-63). */
START_TEST(a_syn_to_many_or_from_no_host_is_dropped_in_silence)
{
	static const uint8_t syn[] = { 0, 1, 0x1f, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02, 4, 0, 0, 0, 0, 0 };
	static uint8_t packet[PACKET_BYTES_MAX];
	const char *source = no_hosts[_i].source, *destination = no_hosts[_i].destination;
	uint8_t tcp[sizeof syn];

	peer_listen(&peer, &(struct peer_config){ 0 });
	memcpy(tcp, syn, sizeof tcp);
	tcp[2] = (uint8_t)(peer.stack_port >> 8);
	tcp[3] = (uint8_t)peer.stack_port;
	packet_tcp_finish(tcp, sizeof tcp, source, destination);
	const size_t size = packet_build(packet, &(struct packet_spec){ .source = source,
									.destination = destination,
									.protocol = 6,
									.payload = tcp,
									.payload_bytes = sizeof tcp });
	host_receive(&peer.host, packet, size);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(stack_drops(peer.host.stack, no_hosts[_i].reason), 1);
	peer_fini(&peer);
}
END_TEST

/* A connection or listener of ours is nobody else's: the peer must hear. */
START_TEST(our_own_connections_reset_where_the_kernel_has_the_address_too)
{
	struct peer_config config = config_of(_i);

	config.if_flags = STACK_IF_SHARED;
	peer_open(&peer, &config);
	(void)peer_expect(&peer, "S", 0, 0, 0);
	peer_ack(&peer, 1, 2);
	(void)peer_expect(&peer, "R", 2, 0, 0);
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 1000 });
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 2);
	(void)peer_expect(&peer, "R", 2, 0, 0);
	peer_fini(&peer);
	peer_listen(&peer, &config);
	peer_ack(&peer, 1, 1); /* of no SYN */
	(void)peer_expect(&peer, "R", 1, 0, 0);
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 1000 });
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 2);
	(void)peer_expect(&peer, "R", 2, 0, 0);
	peer_fini(&peer);
}
END_TEST

/* ---- SYN-SENT -------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour, *flags;
	uint32_t ack;
	const char *answer;
	uint32_t answer_seq, answer_ack;
	enum tcp_state state;
	enum tcp_reason reason;
} answers[] = {
	{ "SYN-ACK opens", "SA", 1, "A", 1, 1, TCP_STATE_ESTABLISHED, TCP_REASON_NONE },
	{ "SYN opens from both sides", "S", 0, "SA", 0, 1, TCP_STATE_SYN_RECEIVED, TCP_REASON_NONE },
	{ "SYN-ACK of too little is reset", "SA", 0, "R", 0, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "SYN-ACK of too much is reset", "SA", 2, "R", 2, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "ACK of too little is reset", "A", 0, "R", 0, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "ACK of too much is reset", "A", 2, "R", 2, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "ACK of the SYN alone is nothing", "A", 1, NULL, 0, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "RST that acknowledges refuses", "RA", 1, NULL, 0, 0, TCP_STATE_CLOSED, TCP_REASON_REFUSED },
	{ "RST of too little is a guess", "RA", 0, NULL, 0, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "RST of too much is a guess", "RA", 2, NULL, 0, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "RST that acknowledges nothing is a guess", "R", 0, NULL, 0, 0, TCP_STATE_SYN_SENT,
	  TCP_REASON_NONE },
	{ "FIN is nothing", "F", 0, NULL, 0, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
	{ "FIN-ACK is nothing", "FA", 1, NULL, 0, 0, TCP_STATE_SYN_SENT, TCP_REASON_NONE },
};

START_TEST(syn_sent_takes_an_answer_to_its_syn)
{
	const struct peer_config config = config_of(_i % 2);
	const unsigned i = (unsigned)_i / 2;

	peer_open(&peer, &config);
	(void)peer_expect(&peer, "S", 0, 0, 0);
	peer_send(&peer, &(struct peer_segment){
				 .flags = answers[i].flags, .ack = answers[i].ack, .window = 1000 });
	if (answers[i].answer != NULL)
		(void)peer_expect(&peer, answers[i].answer, answers[i].answer_seq,
				  answers[i].answer_ack, 0);
	peer_expect_nothing(&peer);
	ck_assert_msg(peer_state(&peer) == answers[i].state, "%s", answers[i].behaviour);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn), answers[i].reason);
	peer_fini(&peer);
}
END_TEST

/* RFC 9293, section 3.5.1: the RST ends what the peer still had, and nobody waits a second for that. */
START_TEST(a_syn_that_meets_an_old_connection_is_sent_again_at_once)
{
	const struct peer_config config = config_of(_i);

	peer_open(&peer, &config);
	(void)peer_expect(&peer, "S", 0, 0, 0);
	peer_send(&peer, &(struct peer_segment){ .flags = "A", .seq = 5000, .ack = 7000, .window = 1000 });
	(void)peer_expect(&peer, "R", 7000, 0, 0);
	peer_wait(&peer, 5000);
	(void)peer_expect(&peer, "S", 0, 0, 0);
	/* Once: what a stranger guesses does not set the pace. */
	peer_send(&peer, &(struct peer_segment){ .flags = "A", .seq = 5000, .ack = 7000, .window = 1000 });
	(void)peer_expect(&peer, "R", 7000, 0, 0);
	peer_wait(&peer, 900000);
	peer_expect_nothing(&peer);
	peer_send(&peer, &(struct peer_segment){ .flags = "SA", .ack = 1, .window = 1000 });
	(void)peer_expect(&peer, "A", 1, 1, 0);
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	peer_fini(&peer);
}
END_TEST

START_TEST(both_syns_may_cross)
{
	struct peer_config config = config_of(_i);

	peer_open(&peer, &config);
	(void)peer_expect(&peer, "S", 0, 0, 0);
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 1000, .mss = 1000 });
	const struct peer_segment *is = peer_expect(&peer, "SA", 0, 1, 0);
	ck_assert_uint_eq(is->mss, families[_i] == ADDR_IPV4 ? 1460 : 1440);
	if (_i == 0) /* the peer's SYN-ACK, or the bare acknowledgment, ends it */
		peer_send(&peer, &(struct peer_segment){ .flags = "SA", .ack = 1, .window = 1000 });
	else
		peer_ack(&peer, 1, 1);
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	ck_assert_uint_eq(peer_pending(&peer), 0);
	peer_write(&peer, 10);
	(void)peer_expect(&peer, "A", 1, 1, 10);
	ck_assert_uint_eq(peer.events & TCP_EVENT_CONNECTED, TCP_EVENT_CONNECTED);
	peer_fini(&peer);
}
END_TEST

/* ---- SYN-RECEIVED ----------------------------------------------------------------------------- */

static const struct {
	const char *behaviour, *flags;
	uint32_t seq, ack;
	size_t size;
	const char *answer;
	uint32_t answer_seq, answer_ack;
	bool is_gone, is_open;
} handshakes[] = {
	{ "ACK ends the handshake", "A", 1, 1, 0, NULL, 0, 0, true, true },
	{ "the SYN again brings the SYN-ACK again", "S", 0, 0, 0, "SA", 0, 1, false, false },
	{ "ACK of too little is reset", "A", 1, 0, 0, "R", 0, 0, false, false },
	{ "ACK of too much is reset", "A", 1, 2, 0, "R", 2, 0, false, false },
	{ "the exact RST ends it", "R", 1, 0, 0, NULL, 0, 0, true, false },
	{ "RST inside the window is challenged", "R", 2, 0, 0, "A", 1, 1, false, false },
	{ "RST outside the window is nothing", "R", OUTSIDE, 0, 0, NULL, 0, 0, false, false },
	{ "RST before the window is nothing", "R", 0, 0, 0, NULL, 0, 0, false, false },
	{ "an old segment is answered", "A", 0x80000000, 1, 0, "A", 1, 1, false, false },
	{ "text without ACK is nothing", "", 1, 0, 10, NULL, 0, 0, false, false },
};

START_TEST(syn_received_waits_for_the_acknowledgment)
{
	const struct peer_config config = config_of(_i % 2);
	const unsigned i = (unsigned)_i / 2;

	peer_listen(&peer, &config);
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 1000 });
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_expect_state(&peer, TCP_STATE_SYN_RECEIVED);
	peer_send(&peer, &(struct peer_segment){ .flags = handshakes[i].flags,
						 .seq = handshakes[i].seq,
						 .ack = handshakes[i].ack,
						 .size = handshakes[i].size,
						 .window = 1000 });
	if (handshakes[i].answer != NULL)
		(void)peer_expect(&peer, handshakes[i].answer, handshakes[i].answer_seq,
				  handshakes[i].answer_ack, 0);
	peer_expect_nothing(&peer);
	const int accepted = tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn);
	ck_assert_msg((accepted == 0) == handshakes[i].is_open, "%s", handshakes[i].behaviour);
	if (!handshakes[i].is_open)
		ck_assert_msg((peer_state(&peer) == TCP_STATE_CLOSED) == handshakes[i].is_gone, "%s",
			      handshakes[i].behaviour);
	peer_fini(&peer);
}
END_TEST

START_TEST(data_may_come_with_the_last_segment_of_the_handshake)
{
	const struct peer_config config = config_of(_i);

	peer_listen(&peer, &config);
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 1000, .mss = 1000 });
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_data(&peer, 1, 1, 100);
	ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
	(void)peer_expect(&peer, "A", 1, 101, 0);
	ck_assert_uint_eq(peer_read(&peer), 100);
	peer_fini(&peer);
}
END_TEST

/* ---- the synchronized states ------------------------------------------------------------------ */

enum { ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, STATES };
static const enum tcp_state states[] = { TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT_1, TCP_STATE_FIN_WAIT_2,
					 TCP_STATE_CLOSE_WAIT,  TCP_STATE_CLOSING,    TCP_STATE_LAST_ACK };
static uint32_t seq, ack; /* of the peer's next segment */

static void
close_ours(void)
{
	ck_assert_int_eq(tcp_shutdown(peer.host.stack, peer.conn, peer.host.now_us), 0);
	(void)peer_expect(&peer, "FA", 1, seq, 0);
}

static void
close_theirs(uint32_t our_seq)
{
	peer_flags(&peer, "FA", 1, ack);
	(void)peer_expect(&peer, "A", our_seq, 2, 0);
	seq = 2;
}

/* A connection in a state, by the shortest way there. */
static void
enter(unsigned state, int family)
{
	const struct peer_config config = config_of(family);

	peer_active(&peer, &config);
	seq = ack = 1;
	if (state == FIN_WAIT_1 || state == FIN_WAIT_2 || state == CLOSING)
		close_ours();
	if (state == FIN_WAIT_2) {
		ack = 2;
		peer_ack(&peer, 1, ack);
	}
	if (state == CLOSING || state == CLOSE_WAIT || state == LAST_ACK)
		close_theirs(state == CLOSING ? 2 : 1);
	if (state == LAST_ACK)
		close_ours();
	peer_expect_state(&peer, states[state]);
	peer_expect_nothing(&peer);
	peer_wait(&peer, 1000); /* long before any retransmission */
	peer_expect_nothing(&peer);
}

static uint32_t
our_next(unsigned state)
{
	return state == ESTABLISHED || state == CLOSE_WAIT ? 1 : 2;
}

START_TEST(the_exact_rst_ends_a_connection_in_every_state)
{
	const unsigned state = (unsigned)_i / 2;
	const bool both_closed = state == CLOSING || state == LAST_ACK;

	enter(state, _i % 2);
	peer_flags(&peer, "R", seq, 0);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_reason_of(peer.host.stack, peer.conn),
			 both_closed ? TCP_REASON_NONE : TCP_REASON_RESET);
	ck_assert_uint_ne(tcp_poll(peer.host.stack, peer.conn) & TCP_EVENT_CLOSED, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(any_other_rst_in_the_window_is_challenged)
{
	const unsigned state = (unsigned)_i / 2;

	enter(state, _i % 2);
	peer_flags(&peer, "R", seq + 1, 0);
	(void)peer_expect(&peer, "A", our_next(state), seq, 0);
	peer_wait(&peer, 100000);
	peer_flags(&peer, "R", WINDOW, 0); /* so soon, it is not worth an answer */
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_CHALLENGE_RATE), 1);
	peer_expect_state(&peer, states[state]);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_rst_outside_the_window_is_nothing)
{
	const unsigned state = (unsigned)_i / 2;

	enter(state, _i % 2);
	peer_flags(&peer, "R", seq - 1, 0);
	peer_flags(&peer, "R", seq + OUTSIDE, 0);
	peer_flags(&peer, "R", _i % 2 == 0 ? 45 * 1448 + 1 : 45 * 1440 + 1, 0); /* the right edge */
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, states[state]);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_syn_is_challenged_wherever_it_is)
{
	static const int32_t places[] = { -1, 0, 1, WINDOW - 2, WINDOW + 100 };
	const unsigned state = (unsigned)_i / COUNT(places);

	enter(state, 0);
	peer_flags(&peer, "S", seq + (uint32_t)places[(unsigned)_i % COUNT(places)], 0);
	(void)peer_expect(&peer, "A", our_next(state), seq, 0);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, states[state]);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_lies_outside_the_window_is_answered_and_dropped)
{
	const unsigned state = (unsigned)_i / 2;

	enter(state, _i % 2);
	peer_data(&peer, seq + OUTSIDE, ack, 10);
	(void)peer_expect(&peer, "A", our_next(state), seq, 0);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, states[state]);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_SEQUENCE), 1);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_segment_without_ack_is_nothing)
{
	const unsigned state = (unsigned)_i / 2;

	enter(state, _i % 2);
	peer_send(&peer, &(struct peer_segment){
				 .flags = "", .seq = seq, .size = 10, .window = 1000 });
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, states[state]);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_acknowledgment_of_what_was_never_sent_is_answered)
{
	const unsigned state = (unsigned)_i / 2;

	enter(state, _i % 2);
	peer_ack(&peer, seq, 1000);
	(void)peer_expect(&peer, "A", our_next(state), seq, 0);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, states[state]);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_acknowledgment_older_than_any_window_is_challenged)
{
	const unsigned state = (unsigned)_i / 2;

	enter(state, _i % 2);
	peer_ack(&peer, seq, 1u - 100000u);
	(void)peer_expect(&peer, "A", our_next(state), seq, 0);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_TCP_ACK_OLD), 1);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_pure_acknowledgment_draws_no_answer)
{
	const unsigned state = (unsigned)_i / 2;

	enter(state, _i % 2);
	for (unsigned i = 0; i < 10; i++)
		peer_ack(&peer, seq, ack);
	peer_wait(&peer, 100000);
	peer_expect_nothing(&peer);
	peer_expect_state(&peer, states[state]);
	peer_fini(&peer);
}
END_TEST

START_TEST(text_is_taken_only_before_the_peers_fin)
{
	const unsigned state = (unsigned)_i / 2;
	const bool is_taken = state == ESTABLISHED || state == FIN_WAIT_1 || state == FIN_WAIT_2;

	enter(state, _i % 2);
	peer_data(&peer, seq, ack, 100);
	if (is_taken)
		(void)peer_expect(&peer, "A", our_next(state), 101, 0);
	peer_expect_nothing(&peer);
	ck_assert_uint_eq(peer_read(&peer), is_taken ? 100 : 0);
	peer_expect_state(&peer, states[state]);
	peer_fini(&peer);
}
END_TEST

static void
add_states(TCase *tcase)
{
	tcase_add_loop_test(tcase, the_exact_rst_ends_a_connection_in_every_state, 0, 2 * STATES);
	tcase_add_loop_test(tcase, any_other_rst_in_the_window_is_challenged, 0, 2 * STATES);
	tcase_add_loop_test(tcase, an_rst_outside_the_window_is_nothing, 0, 2 * STATES);
	tcase_add_loop_test(tcase, a_syn_is_challenged_wherever_it_is, 0, 5 * STATES);
	tcase_add_loop_test(tcase, what_lies_outside_the_window_is_answered_and_dropped, 0,
			    2 * STATES);
	tcase_add_loop_test(tcase, a_segment_without_ack_is_nothing, 0, 2 * STATES);
	tcase_add_loop_test(tcase, an_acknowledgment_of_what_was_never_sent_is_answered, 0,
			    2 * STATES);
	tcase_add_loop_test(tcase, an_acknowledgment_older_than_any_window_is_challenged, 0,
			    2 * STATES);
	tcase_add_loop_test(tcase, a_pure_acknowledgment_draws_no_answer, 0, 2 * STATES);
	tcase_add_loop_test(tcase, text_is_taken_only_before_the_peers_fin, 0, 2 * STATES);
}

int
main(void)
{
	TCase *tcase = tcase_create("states");
	tcase_add_loop_test(tcase, a_segment_to_nobody_is_reset_unless_it_is_one, 0,
			    2 * COUNT(strangers));
	tcase_add_loop_test(tcase, a_listener_takes_a_syn_and_nothing_else, 0, 2 * COUNT(strangers));
	tcase_add_loop_test(tcase, nothing_is_reset_where_the_kernel_has_the_address_too, 0, 2);
	tcase_add_loop_test(tcase, a_syn_to_many_or_from_no_host_is_dropped_in_silence, 0, COUNT(no_hosts));
	tcase_add_loop_test(tcase, our_own_connections_reset_where_the_kernel_has_the_address_too, 0, 2);
	tcase_add_loop_test(tcase, syn_sent_takes_an_answer_to_its_syn, 0, 2 * COUNT(answers));
	tcase_add_loop_test(tcase, a_syn_that_meets_an_old_connection_is_sent_again_at_once, 0, 2);
	tcase_add_loop_test(tcase, both_syns_may_cross, 0, 2);
	tcase_add_loop_test(tcase, syn_received_waits_for_the_acknowledgment, 0,
			    2 * COUNT(handshakes));
	tcase_add_loop_test(tcase, data_may_come_with_the_last_segment_of_the_handshake, 0, 2);
	add_states(tcase);
	Suite *suite = suite_create("tcp: states");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
