/* The events of the stack: what happened, when, to whom, and for which cause. */
#include <string.h>

#include "stack/drop.h"
#include "stack/tcp_wire.h"
#include "stack/trace.h"
#include "tests/stack/lan.h"
#include "tests/stack/packet.h"
#include "tests/stack/peer.h"
#include "tests/suite.h"

#define CAUSE 77u

static struct lan lan;
static struct event_ring ring;
static _Alignas(8) uint8_t block[64u << 10];

static void
setup(void)
{
	struct ip_addr any = { 0 };

	lan_init(&lan);
	(void)lan_host(&lan, "192.0.2.1/24", "2001:db8::1/64", 0);
	(void)lan_host(&lan, "192.0.2.2/24", "2001:db8::2/64", 0);
	ck_assert_int_eq(udp_listen(lan.hosts[1].stack, &any, 53, 0), 0);
	event_ring_init(&ring, block, sizeof block);
	stack_trace(lan.hosts[0].stack, &ring);
}

static void
teardown(void)
{
	lan_fini(&lan);
}

/* The next event of this kind, and its body; those before it are passed over. */
static const struct event *
find(enum trace_kind kind, const void **body)
{
	const struct event *event;

	while ((event = event_next(&ring, body)) != NULL)
		if (event->kind == kind)
			return event;
	ck_abort_msg("no event of kind %u", (unsigned)kind);
}

static udp_flow
ask(const char *server, uint16_t port)
{
	struct ip_addr remote = addr_of(server);
	struct stack *stack = lan.hosts[0].stack;
	udp_flow flow;

	stack_cause(stack, CAUSE);
	ck_assert_int_eq(udp_open(stack, &remote, port, NULL, 0, 0, &flow), 0);
	stack_cause(stack, 0);
	ck_assert_int_eq(udp_send(stack, flow, "query", 5, lan.now_us), 0);
	return flow;
}

START_TEST(a_query_shows_its_route_its_neighbour_and_its_frame_in_this_order)
{
	static const char *const servers[] = { "192.0.2.2", "2001:db8::2" };
	struct ip_addr server = addr_of(servers[_i]);
	struct mac_addr mac = lan_mac(1);
	const void *body;

	(void)ask(servers[_i], 53);
	lan_run(&lan, 1000000);
	const struct event *event = find(TRACE_ROUTE, &body);
	const struct trace_route *route = body;
	ck_assert_uint_eq(event->cause, CAUSE);
	ck_assert(addr_equal(&route->destination, &server) &&
		  addr_equal(&route->next_hop, &server));
	event = find(TRACE_UDP_OUT, &body);
	const struct trace_udp *udp = body;
	ck_assert_uint_eq(event->cause, CAUSE);
	ck_assert_uint_eq(udp->remote_port, 53);
	ck_assert_uint_eq(udp->size, 5);
	find(TRACE_NEIGH, &body);
	const struct trace_neigh *neigh = body;
	ck_assert_uint_eq(neigh->news, TRACE_NEIGH_ASKED);
	ck_assert(addr_equal(&neigh->addr, &server));
	find(TRACE_FRAME_OUT, &body); /* the question */
	find(TRACE_FRAME_IN, &body);
	find(TRACE_NEIGH, &body);
	neigh = body;
	ck_assert_uint_eq(neigh->news, TRACE_NEIGH_FOUND);
	ck_assert_mem_eq(&neigh->mac, &mac, sizeof mac);
	event = find(TRACE_FRAME_OUT, &body);
	const struct trace_frame *frame = body;
	ck_assert_uint_eq(frame->is_ether, 1);
	ck_assert_uint_eq(frame->size, event->body_bytes - sizeof *frame);
	ck_assert_mem_eq(frame->bytes, &mac, sizeof mac);
}
END_TEST

START_TEST(a_frame_of_a_known_neighbour_and_its_answer_have_the_cause_of_the_flow)
{
	const void *body;
	udp_flow flow = ask("192.0.2.2", 53);

	lan_run(&lan, 1000000);
	while (event_next(&ring, &body) != NULL)
		continue;
	ck_assert_int_eq(udp_send(lan.hosts[0].stack, flow, "query", 5, lan.now_us), 0);
	const struct event *event = find(TRACE_FRAME_OUT, &body);
	ck_assert_uint_eq(event->cause, CAUSE);
	ck_assert_uint_eq(event->at_us, lan.now_us);
	const struct trace_frame *frame = body;
	const size_t udp_at = 14 + 20;
	const uint16_t port = packet_u16(frame->bytes, udp_at);
	struct ip_addr server = addr_of("192.0.2.2"), client = addr_of("192.0.2.1");
	ck_assert_int_eq(
		udp_reply(lan.hosts[1].stack, &server, 53, &client, port, "answer", 6, lan.now_us),
		0);
	lan_run(&lan, 1000000);
	event = find(TRACE_UDP_IN, &body);
	ck_assert_uint_eq(event->cause, CAUSE);
	ck_assert_uint_eq(((const struct trace_udp *)body)->size, 6);
}
END_TEST

START_TEST(an_error_is_told_with_the_cause_of_what_it_is_about)
{
	struct ip_addr server = addr_of("192.0.2.2");
	const void *body;

	(void)ask("192.0.2.2", 9999);
	lan_run(&lan, 1000000);
	find(TRACE_ICMP_IN, &body);
	ck_assert_uint_eq(((const struct trace_icmp *)body)->type, 3);
	const struct event *event = find(TRACE_ERROR, &body);
	const struct trace_error *error = body;
	ck_assert_uint_eq(event->cause, CAUSE);
	ck_assert_uint_eq(error->error, STACK_ERROR_PORT_UNREACHABLE);
	ck_assert(addr_equal(&error->router, &server));
}
END_TEST

START_TEST(a_neighbour_that_does_not_answer_is_told)
{
	const void *body;

	(void)ask("192.0.2.99", 53);
	lan_run(&lan, 10000000);
	do
		find(TRACE_NEIGH, &body);
	while (((const struct trace_neigh *)body)->news == TRACE_NEIGH_ASKED);
	ck_assert_uint_eq(((const struct trace_neigh *)body)->news, TRACE_NEIGH_LOST);
	const struct event *event = find(TRACE_ERROR, &body);
	ck_assert_uint_eq(event->cause, CAUSE);
	ck_assert_uint_eq(((const struct trace_error *)body)->error, STACK_ERROR_HOST_UNREACHABLE);
	ck_assert_uint_eq(((const struct trace_error *)body)->router.family, ADDR_NONE);
}
END_TEST

START_TEST(a_connection_tells_its_segments_timers_and_states)
{
	static struct peer peer;
	const struct peer_config config = { 0 };
	const struct peer_segment answer = { .flags = "SA", .ack = 1, .window = 1000 };
	const void *body;

	peer_open(&peer, &config);
	stack_trace(peer.host.stack, &ring);
	peer_wait(&peer, 1010000);
	(void)find(TRACE_TCP_TIMER, &body);
	ck_assert_str_eq(((const struct trace_tcp_timer *)body)->name, "rto");
	ck_assert_uint_eq(((const struct trace_tcp_timer *)body)->local_port, peer.stack_port);
	(void)find(TRACE_TCP_OUT, &body);
	ck_assert_uint_eq(((const struct trace_tcp *)body)->flags, TCP_SYN);
	ck_assert_uint_eq(((const struct trace_tcp *)body)->seq, peer.stack_iss);
	(void)find(TRACE_TCP_AGAIN, &body);
	ck_assert_uint_eq(((const struct trace_tcp *)body)->seq, peer.stack_iss);
	peer_send(&peer, &answer);
	(void)find(TRACE_TCP_IN, &body);
	ck_assert_uint_eq(((const struct trace_tcp *)body)->flags, TCP_SYN | TCP_ACK);
	(void)find(TRACE_TCP_STATE, &body);
	ck_assert_uint_eq(((const struct trace_tcp_state *)body)->before, TCP_STATE_SYN_SENT);
	ck_assert_uint_eq(((const struct trace_tcp_state *)body)->after, TCP_STATE_ESTABLISHED);
	peer_fini(&peer);
}
END_TEST

START_TEST(a_drop_is_told_with_its_reason)
{
	const struct mac_addr mac = lan_mac(0);
	const void *body;

	lan_frame(&lan, &mac, ETHER_TYPE_IPV4, "nonsense", 8);
	lan_run(&lan, 1000);
	find(TRACE_DROP, &body);
	ck_assert_uint_eq(((const struct trace_drop *)body)->reason, DROP_FRAME_SHORT);
}
END_TEST

START_TEST(of_a_large_frame_the_head_is_kept_and_the_true_size)
{
	static const uint8_t payload[1400];
	const void *body;
	udp_flow flow = ask("192.0.2.2", 53);

	lan_run(&lan, 1000000);
	while (event_next(&ring, &body) != NULL)
		continue;
	ck_assert_int_eq(udp_send(lan.hosts[0].stack, flow, payload, sizeof payload, lan.now_us),
			 0);
	const struct event *event = find(TRACE_FRAME_OUT, &body);
	ck_assert_uint_eq(event->body_bytes, EVENT_BODY_BYTES_MAX);
	ck_assert_uint_eq(((const struct trace_frame *)body)->size, 14 + 28 + sizeof payload);
}
END_TEST

START_TEST(frames_that_nobody_wants_are_not_copied_and_the_rest_is_told)
{
	const struct event *event;
	const void *body;
	unsigned others = 0;

	stack_trace_frames(lan.hosts[0].stack, false);
	(void)ask("192.0.2.2", 53);
	lan_run(&lan, 1000000);
	while ((event = event_next(&ring, &body)) != NULL) {
		ck_assert_uint_ne(event->kind, TRACE_FRAME_IN);
		ck_assert_uint_ne(event->kind, TRACE_FRAME_OUT);
		others++;
	}
	ck_assert_uint_gt(others, 0);
}
END_TEST

START_TEST(nobody_listening_nothing_is_put)
{
	stack_trace(lan.hosts[0].stack, NULL);
	(void)ask("192.0.2.2", 53);
	lan_run(&lan, 1000000);
	ck_assert_uint_eq(ring.put_count, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("trace");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
		tcase, a_query_shows_its_route_its_neighbour_and_its_frame_in_this_order, 0, 2);
	tcase_add_test(tcase,
		       a_frame_of_a_known_neighbour_and_its_answer_have_the_cause_of_the_flow);
	tcase_add_test(tcase, an_error_is_told_with_the_cause_of_what_it_is_about);
	tcase_add_test(tcase, a_neighbour_that_does_not_answer_is_told);
	tcase_add_test(tcase, a_connection_tells_its_segments_timers_and_states);
	tcase_add_test(tcase, a_drop_is_told_with_its_reason);
	tcase_add_test(tcase, of_a_large_frame_the_head_is_kept_and_the_true_size);
	tcase_add_test(tcase, frames_that_nobody_wants_are_not_copied_and_the_rest_is_told);
	tcase_add_test(tcase, nobody_listening_nothing_is_put);
	Suite *suite = suite_create("trace");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
