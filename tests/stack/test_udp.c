/* UDP between hosts: RFC 768; RFC 8200, section 8.1; RFC 6056; RFC 1122, section 4.1. */
#include "tests/stack/udp_hosts.h"

/* ---- there and back -------------------------------------------------------------------------- */

START_TEST(a_datagram_reaches_a_listener_and_the_reply_its_flow)
{
	const int family = _i;
	struct ip_addr local = addr_of(us[family]), remote = addr_of(peers[family]);

	listen_on(&b, NULL, 53, 99);
	udp_flow flow = open_to(family, 0, 7);
	ck_assert_int_eq(udp_send(a.stack, flow, "query", 5, a.now_us), 0);
	ck_assert(!host_carry(&a, &b, &action));
	host_expect(&b, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 99);
	ck_assert_uint_eq(action.flow, 0);
	ck_assert_uint_eq(action.size, 5);
	ck_assert_mem_eq(action.bytes, "query", 5);
	ck_assert(addr_equal(&action.remote, &local) && addr_equal(&action.local, &remote));
	ck_assert_uint_eq(action.local_port, 53);
	ck_assert_int_eq(udp_reply(b.stack, &action.local, 53, &action.remote, action.remote_port,
				   "answer", 6, b.now_us),
			 0);
	ck_assert(!host_carry(&b, &a, &action));
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.flow, flow);
	ck_assert_uint_eq(action.user, 7);
	ck_assert_mem_eq(action.bytes, "answer", 6);
	host_expect_nothing(&a);
	host_expect_nothing(&b);
}
END_TEST

START_TEST(an_echo_may_be_sent_from_the_bytes_that_are_lent)
{
	const int family = _i;
	static uint8_t payload[60000];

	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 13);
	listen_on(&b, NULL, 53, 0);
	udp_flow flow = open_to(family, 0, 0);
	for (unsigned round = 0; round < 10; round++) {
		ck_assert_int_eq(udp_send(a.stack, flow, payload, sizeof payload, a.now_us), 0);
		ck_assert(!host_carry(&a, &b, &action));
		host_expect(&b, STACK_DATAGRAM, &action);
		ck_assert_int_eq(udp_reply(b.stack, &action.local, 53, &action.remote,
					   action.remote_port, action.bytes, action.size, b.now_us),
				 0);
		ck_assert(!host_carry(&b, &a, &action));
		host_expect(&a, STACK_DATAGRAM, &action);
		ck_assert_uint_eq(action.size, sizeof payload);
		ck_assert_mem_eq(action.bytes, payload, sizeof payload);
	}
}
END_TEST

START_TEST(an_own_address_is_reached_without_the_link)
{
	const int family = _i;
	struct ip_addr self = addr_of(us[family]);
	udp_flow flow;

	listen_on(&a, NULL, 53, 5);
	ck_assert_int_eq(udp_open(a.stack, &self, 53, NULL, 0, 0, &flow), 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "hello", 5, a.now_us), 0);
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 5);
	ck_assert(addr_equal(&action.remote, &self));
	ck_assert_int_eq(
		udp_reply(a.stack, &self, 53, &self, action.remote_port, "you", 3, a.now_us), 0);
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.flow, flow);
	host_expect_nothing(&a);
}
END_TEST

START_TEST(in_shared_mode_a_packet_to_an_own_address_goes_out)
{
	const int family = _i;
	struct ip_addr self = addr_of(us[family]);
	udp_flow flow;

	host_fini(&a);
	host_init(&a, &(struct host_config){ .ipv4 = "192.0.2.1/24",
					     .ipv6 = "2001:db8::1/64",
					     .if_flags = STACK_IF_SHARED });
	ck_assert_int_eq(udp_open(a.stack, &self, 53, NULL, 0, 0, &flow), 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "hello", 5, a.now_us), 0);
	host_expect(&a, STACK_TRANSMIT, &action);
	/* And comes back from there: the kernel loops it. */
	const size_t size = packet_datagram(
		packet, us[family], us[family], 53,
		packet_u16(action.bytes, packet_header_bytes(action.bytes)), "x", 1);
	host_receive(&a, packet, size);
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.flow, flow);
}
END_TEST

/* ---- who gets what --------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	const char *source[FAMILIES];
	uint16_t source_port, destination_port;
	uint64_t user; /* 0: nobody */
} receivers[] = {
	{ "the flow's remote on its port", { "192.0.2.2", "2001:db8::2" }, 53, 5000, 1 },
	{ "another port of the remote", { "192.0.2.2", "2001:db8::2" }, 54, 5000, 0 },
	{ "another remote", { "192.0.2.3", "2001:db8::3" }, 53, 5000, 0 },
	{ "another port of ours", { "192.0.2.2", "2001:db8::2" }, 53, 5001, 0 },
	{ "the listener of the address", { "192.0.2.2", "2001:db8::2" }, 53, 6000, 3 },
	{ "the listener of every address", { "192.0.2.3", "2001:db8::3" }, 1, 7000, 4 },
	{ "a flow goes before the listener of its port",
	  { "192.0.2.2", "2001:db8::2" },
	  53,
	  7000,
	  2 },
};

START_TEST(a_datagram_is_for_one_flow_or_one_listener)
{
	const int family = _i % FAMILIES;
	const size_t i = (size_t)_i / FAMILIES;

	(void)open_to(family, 5000, 1);
	(void)open_to(family, 7000, 2);
	listen_on(&a, us[family], 6000, 3);
	listen_on(&a, NULL, 6000, 9);
	listen_on(&a, NULL, 7000, 4);
	host_receive(&a, packet,
		     packet_datagram(packet, receivers[i].source[family], us[family],
				     receivers[i].source_port, receivers[i].destination_port, "x",
				     1));
	if (receivers[i].user == 0) {
		ck_assert_msg(stack_drops(a.stack, DROP_UDP_NO_FLOW) == 1, "%s",
			      receivers[i].behaviour);
		return;
	}
	ck_assert_msg(stack_next(a.stack, &action) && action.kind == STACK_DATAGRAM, "%s",
		      receivers[i].behaviour);
	ck_assert_msg(action.user == receivers[i].user, "%s", receivers[i].behaviour);
}
END_TEST

START_TEST(a_closed_flow_gets_nothing_and_its_number_means_none)
{
	const int family = _i;
	struct ip_addr local;
	uint16_t port;
	udp_flow flow = open_to(family, 5000, 1);

	udp_close(a.stack, flow);
	host_receive(&a, packet,
		     packet_datagram(packet, peers[family], us[family], 53, 5000, "x", 1));
	ck_assert_uint_eq(stack_drops(a.stack, DROP_UDP_NO_FLOW), 1);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), ERR_NOT_FOUND);
	ck_assert_int_eq(udp_local(a.stack, flow, &local, &port), ERR_NOT_FOUND);
	udp_flow next = open_to(family, 5000, 2); /* in the same entry */
	ck_assert_uint_ne(next, flow);
	udp_close(a.stack, flow); /* twice: nothing happens */
	ck_assert_int_eq(udp_send(a.stack, next, "x", 1, a.now_us), 0);
	ck_assert_int_eq(udp_send(a.stack, 0, "x", 1, a.now_us), ERR_NOT_FOUND);
	ck_assert_int_eq(udp_send(a.stack, UINT64_MAX, "x", 1, a.now_us), ERR_NOT_FOUND);
}
END_TEST

START_TEST(what_waits_for_a_flow_that_closes_comes_no_more)
{
	const int family = _i;
	udp_flow flow = open_to(family, 5000, 1);

	for (unsigned i = 0; i < 2; i++)
		host_receive(&a, packet,
			     packet_datagram(packet, peers[family], us[family], 53, 5000, "x", 1));
	host_expect(&a, STACK_DATAGRAM, &action);
	udp_close(a.stack, flow);
	host_expect_nothing(&a);
}
END_TEST

START_TEST(the_number_of_flows_is_bounded_and_closing_makes_room)
{
	static udp_flow flows[64];
	struct ip_addr peer = addr_of(peers[V4]);
	struct stack_stats stats;
	udp_flow more;

	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < host_limits.flow_count; i++)
			flows[i] = open_to(_i, 0, i);
		ck_assert_int_eq(udp_open(a.stack, &peer, 53, NULL, 0, 0, &more), ERR_FULL);
		stack_stats(a.stack, &stats);
		ck_assert_uint_eq(stats.flows_open, host_limits.flow_count);
		for (size_t i = 0; i < host_limits.flow_count; i++)
			udp_close(a.stack, flows[(i * 37 + round) % host_limits.flow_count]);
	}
	stack_stats(a.stack, &stats);
	ck_assert_uint_eq(stats.flows_open, 0);
}
END_TEST

START_TEST(a_taken_address_is_refused)
{
	struct ip_addr peer = addr_of(peers[V4]), any = { 0 }, foreign = addr_of("192.0.2.200"),
		       v6 = addr_of(us[V6]);
	struct ip_addr nowhere = addr_of("203.0.113.1");
	udp_flow flow;

	(void)open_to(V4, 5000, 1);
	ck_assert_int_eq(udp_open(a.stack, &peer, 53, NULL, 5000, 0, &flow), ERR_IN_USE);
	ck_assert_int_eq(udp_open(a.stack, &peer, 54, NULL, 5000, 0, &flow),
			 0); /* another remote */
	listen_on(&a, NULL, 53, 0);
	ck_assert_int_eq(udp_listen(a.stack, &any, 53, 0), ERR_IN_USE);
	ck_assert_int_eq(udp_unlisten(a.stack, &any, 53, 0), 0);
	ck_assert_int_eq(udp_unlisten(a.stack, &any, 53, 0), ERR_NOT_FOUND);
	ck_assert_int_eq(udp_listen(a.stack, &any, 53, 0), 0);
	ck_assert_int_eq(udp_open(a.stack, &peer, 53, &foreign, 0, 0, &flow), ERR_NO_ROUTE);
	ck_assert_int_eq(udp_open(a.stack, &peer, 53, &v6, 0, 0, &flow), ERR_MALFORMED);
	ck_assert_int_eq(udp_open(a.stack, &nowhere, 53, NULL, 0, 0, &flow), ERR_NO_ROUTE);
	ck_assert_int_eq(udp_open(a.stack, &peer, 0, NULL, 0, 0, &flow), 0); /* who asks for our address only */
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), ERR_MALFORMED);
}
END_TEST

/* ---- ports (RFC 6056) ------------------------------------------------------------------------ */

START_TEST(ports_are_drawn_from_the_whole_range)
{
	static uint32_t seen[64];
	struct ip_addr local;
	uint16_t port;

	memset(seen, 0, sizeof seen);
	for (unsigned i = 0; i < 6400; i++) {
		udp_flow flow = open_to(V4, 0, 0);
		ck_assert_int_eq(udp_local(a.stack, flow, &local, &port), 0);
		ck_assert_uint_ge(port, 1024);
		seen[port / 1024]++;
		udp_close(a.stack, flow);
	}
	ck_assert_uint_eq(seen[0], 0);
	for (unsigned i = 1; i < 64; i++)
		ck_assert_msg(seen[i] > 50 && seen[i] < 160, "%u of 6400 in 1/63 of the range",
			      seen[i]);
}
END_TEST

START_TEST(a_pool_of_ports_is_kept_to)
{
	static const uint16_t ports[] = { 2001, 3003, 4005 };
	const struct port_pool pool = { ports, COUNT(ports) }, empty = { ports, 0 };
	struct ip_addr peer = addr_of(peers[V4]), local;
	unsigned seen[COUNT(ports)] = { 0 };
	uint16_t port;
	udp_flow flow;

	udp_set_port_pool(a.stack, &pool);
	for (size_t i = 0; i < COUNT(ports); i++) {
		ck_assert_int_eq(udp_local(a.stack, open_to(V4, 0, 0), &local, &port), 0);
		for (size_t j = 0; j < COUNT(ports); j++)
			seen[j] += port == ports[j];
	}
	for (size_t i = 0; i < COUNT(ports); i++)
		ck_assert_uint_eq(seen[i], 1);
	/* All are taken towards this remote; another is another matter. */
	ck_assert_int_eq(udp_open(a.stack, &peer, 53, NULL, 0, 0, &flow), ERR_IN_USE);
	ck_assert_int_eq(udp_open(a.stack, &peer, 54, NULL, 0, 0, &flow), 0);
	udp_set_port_pool(a.stack, &empty);
	ck_assert_int_eq(udp_open(a.stack, &peer, 55, NULL, 0, 0, &flow), ERR_IN_USE);
}
END_TEST

START_TEST(a_listeners_port_is_not_drawn)
{
	static const uint16_t ports[] = { 2001, 3003 };
	const struct port_pool pool = { ports, COUNT(ports) };
	struct ip_addr local;
	uint16_t port;

	listen_on(&a, NULL, 2001, 0);
	udp_set_port_pool(a.stack, &pool);
	for (unsigned i = 0; i < 50; i++) {
		udp_flow flow = open_to(V4, 0, 0);
		ck_assert_int_eq(udp_local(a.stack, flow, &local, &port), 0);
		ck_assert_uint_eq(port, 3003);
		udp_close(a.stack, flow);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("udp");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_datagram_reaches_a_listener_and_the_reply_its_flow, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, an_echo_may_be_sent_from_the_bytes_that_are_lent, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_own_address_is_reached_without_the_link, 0, FAMILIES);
	tcase_add_loop_test(tcase, in_shared_mode_a_packet_to_an_own_address_goes_out, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_datagram_is_for_one_flow_or_one_listener, 0,
			    FAMILIES * COUNT(receivers));
	tcase_add_loop_test(tcase, a_closed_flow_gets_nothing_and_its_number_means_none, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, what_waits_for_a_flow_that_closes_comes_no_more, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_number_of_flows_is_bounded_and_closing_makes_room, 0,
			    FAMILIES);
	tcase_add_test(tcase, a_taken_address_is_refused);
	tcase_add_test(tcase, ports_are_drawn_from_the_whole_range);
	tcase_add_test(tcase, a_pool_of_ports_is_kept_to);
	tcase_add_test(tcase, a_listeners_port_is_not_drawn);
	Suite *suite = suite_create("udp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
