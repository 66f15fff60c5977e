/* What routers and hosts say about our segments (RFC 9293, section 3.9.2.2; RFC 5461; RFC 5927; RFC 1191). */
#include <string.h>

#include "stack/trace.h"
#include "tests/stack/packet.h"
#include "tests/stack/peer.h"
#include "tests/suite.h"

static struct peer peer;

/* An ICMP error about the stack's segment of `seq` (relative) that was in a packet of `size` octets. */
static void
complain(uint8_t code, uint32_t seq, size_t size, uint32_t mtu)
{
	static uint8_t quote[64], body[128], packet[PACKET_BYTES_MAX];
	const uint32_t absolute = peer.stack_iss + seq;
	uint8_t *tcp = quote + 20;

	memset(quote, 0, sizeof quote);
	(void)packet_build(quote, &(struct packet_spec){ .source = "192.0.2.1",
							 .destination = "192.0.2.2",
							 .protocol = 6,
							 .payload = tcp,
							 .payload_bytes = 8 });
	quote[2] = (uint8_t)(size >> 8);
	quote[3] = (uint8_t)size;
	tcp[0] = (uint8_t)(peer.stack_port >> 8);
	tcp[1] = (uint8_t)peer.stack_port;
	tcp[2] = (uint8_t)(peer.peer_port >> 8);
	tcp[3] = (uint8_t)peer.peer_port;
	for (unsigned i = 0; i < 4; i++)
		tcp[4 + i] = (uint8_t)(absolute >> (24 - 8 * i));
	const size_t body_bytes =
		packet_icmp(body, "192.0.2.9", "192.0.2.1", 3, code, mtu, quote, 28);
	const size_t bytes = packet_build(packet, &(struct packet_spec){ .source = "192.0.2.9",
									 .destination = "192.0.2.1",
									 .protocol = 1,
									 .payload = body,
									 .payload_bytes = body_bytes });
	host_receive(&peer.host, packet, bytes);
	(void)peer_pending(&peer);
}

static const struct {
	uint8_t code;
	enum tcp_reason reason;
	bool is_hard;
} codes[] = {
	{ 0, TCP_REASON_NET_UNREACHABLE, false },  { 1, TCP_REASON_HOST_UNREACHABLE, false },
	{ 2, TCP_REASON_REFUSED, true },           { 3, TCP_REASON_REFUSED, true },
	{ 5, TCP_REASON_NET_UNREACHABLE, false },  { 13, TCP_REASON_PROHIBITED, false },
};

START_TEST(only_a_hard_error_ends_what_is_being_opened)
{
	peer_open(&peer, &(struct peer_config){ 0 });
	(void)peer_take(&peer);
	complain(codes[_i].code, 0, 60, 0);
	ck_assert_int_eq(peer_state(&peer), codes[_i].is_hard ? TCP_STATE_CLOSED : TCP_STATE_SYN_SENT);
	ck_assert_int_eq(tcp_take_error(peer.host.stack, peer.conn), codes[_i].reason);
	ck_assert(codes[_i].is_hard || !peer_info(&peer).is_soft_ours);
	peer_fini(&peer);
}
END_TEST

START_TEST(what_is_said_of_a_connection_is_traced_with_who_said_it)
{
	static _Alignas(8) uint8_t block[16384];
	const struct ip_addr router = addr_of("192.0.2.9");
	const struct event *event;
	struct event_ring ring;
	const void *body;

	peer_open(&peer, &(struct peer_config){ 0 });
	(void)peer_take(&peer);
	event_ring_init(&ring, block, sizeof block);
	stack_trace(peer.host.stack, &ring);
	complain(1, 0, 60, 0);
	while ((event = event_next(&ring, &body)) != NULL && event->kind != TRACE_ERROR)
		continue;
	ck_assert_ptr_nonnull(event);
	ck_assert_uint_eq(((const struct trace_error *)body)->error, STACK_ERROR_HOST_UNREACHABLE);
	ck_assert(addr_equal(&((const struct trace_error *)body)->router, &router));
	stack_trace(peer.host.stack, NULL);
	peer_fini(&peer);
}
END_TEST

START_TEST(no_error_ends_what_is_established)
{
	peer_active(&peer, &(struct peer_config){ 0 });
	peer_write(&peer, 100);
	(void)peer_take(&peer);
	complain(codes[_i].code, 1, 140, 0);
	peer_expect_state(&peer, TCP_STATE_ESTABLISHED);
	ck_assert_uint_ne(peer.events & TCP_EVENT_ERROR, 0);
	peer_fini(&peer);
}
END_TEST

START_TEST(an_error_about_what_is_not_in_flight_is_ignored)
{
	peer_open(&peer, &(struct peer_config){ 0 });
	(void)peer_take(&peer);
	complain(3, 1, 60, 0);
	complain(3, 0xffffffff, 60, 0);
	peer_expect_state(&peer, TCP_STATE_SYN_SENT);
	ck_assert_uint_eq(stack_drops(peer.host.stack, DROP_ICMP_STALE), 2);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_packet_that_was_too_big_is_sent_again_in_smaller_pieces)
{
	peer_active(&peer, &(struct peer_config){ 0 });
	peer_write(&peer, 1460);
	(void)peer_expect(&peer, "A", 1, 1, 1460);
	complain(4, 1, 1500, 1000);
	(void)peer_expect(&peer, "A", 1, 1, 960);
	(void)peer_expect(&peer, "A", 961, 1, 500);
	ck_assert_uint_ge(peer_info(&peer).cwnd_bytes, 9600);
	peer_fini(&peer);
}
END_TEST

START_TEST(open_to_a_group_is_refused)
{
	static const char *const groups[] = { "192.0.2.255", "255.255.255.255", "224.0.0.1",
					      "ff02::1", "0.0.0.0", "::" };
	tcp_conn conn;

	peer_init(&peer, &(struct peer_config){ 0 });
	const struct ip_addr remote = addr_of(groups[_i]);
	ck_assert_int_eq(tcp_open(peer.host.stack, &remote, 80, NULL, 0, NULL, 0, peer.host.now_us,
				  &conn),
			 ERR_NO_ROUTE);
	peer_expect_nothing(&peer);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("icmp");
	tcase_add_loop_test(tcase, only_a_hard_error_ends_what_is_being_opened, 0, COUNT(codes));
	tcase_add_test(tcase, what_is_said_of_a_connection_is_traced_with_who_said_it);
	tcase_add_loop_test(tcase, no_error_ends_what_is_established, 0, COUNT(codes));
	tcase_add_test(tcase, an_error_about_what_is_not_in_flight_is_ignored);
	tcase_add_test(tcase, a_packet_that_was_too_big_is_sent_again_in_smaller_pieces);
	tcase_add_loop_test(tcase, open_to_a_group_is_refused, 0, 6);
	Suite *suite = suite_create("tcp: icmp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
