/* Link raw (stack/link/raw.h): what is heard and said beside the kernel, guards, workers, capabilities. */
#include "tests/stack/link/raw_world.h"

/* ---- beside the kernel ----------------------------------------------------------------------- */

START_TEST(an_echo_server_answers)
{
	struct world world;
	world_begin(&world);
	uint64_t unreachables = unreachables_sent();
	ck_assert_msg(world_ask(&world, servers[_i], ECHO_PORT, 100), "%s", servers[_i]);
	ck_assert_msg(world_ask(&world, servers[_i], ECHO_PORT, 1232), "%s", servers[_i]);
	ck_assert_uint_eq(unreachables_sent(), unreachables);
	ck_assert_uint_eq(world.link->stats.received_frames, 2);
	ck_assert_uint_eq(world.link->stats.sent_frames, 2);
	ck_assert_uint_eq(world.link->stats.send_failures, 0);
	world_end(&world);
}
END_TEST

START_TEST(what_the_host_says_to_itself_is_left_alone_until_it_is_needed)
{
	struct world world;
	unsigned veth0 = if_nametoindex("veth0");
	bool is_own = _i >= 2;
	world_begin(&world);
	ck_assert_uint_eq(device_listened_to(), veth0);
	ck_assert_msg(world_ask(&world, servers[_i], ECHO_PORT, 100), "%s", servers[_i]);
	ck_assert_uint_eq(device_listened_to(), is_own ? 0 : veth0);
	world_end(&world);
}
END_TEST

START_TEST(who_lives_briefly_listens_everywhere_from_the_start)
{
	struct world world;
	is_everywhere = true;
	world_begin(&world);
	is_everywhere = false;
	ck_assert_uint_eq(device_listened_to(), 0);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 40));
	ck_assert(world_ask(&world, "::1", ECHO_PORT, 40));
	ck_assert_uint_eq(device_listened_to(), 0);
	world_end(&world);
}
END_TEST

START_TEST(udp_that_comes_later_costs_nothing_before_and_is_heard_then)
{
	struct world world;
	struct link *link;
	struct link_error error;
	udp_flow flow;
	const struct ip_addr to = addr_of(servers[_i]);

	rng_init_number(&guard_rng, 5);
	guard = (struct guard){ 0 };
	ck_assert_int_eq(guard_plan_init(&plan, 1, PORT_COUNT_OF_TESTS, &guard_rng, &error), 0);
	const struct raw_config config = { .guard = &guard, .is_everywhere = true, .is_udp_later = true };
	ck_assert_int_eq(raw_open(&link, &config, uv_hrtime() / 1000, &error), 0);
	world_open(&world, link);
	ck_assert_int_eq(udp_open(world.stack, &to, ECHO_PORT, NULL, 0, 0, &flow), ERR_IN_USE);
	ck_assert_int_eq(sync_at(&world, uv_hrtime() / 1000), 0);
	ck_assert_int_eq(guard_open(&guard, &plan, 0, &guard_rng, uv_hrtime() / 1000, &error), 0);
	ck_assert_int_eq(raw_hear_udp(link, &error), 0);
	ck_assert_msg(world_ask(&world, servers[_i], ECHO_PORT, 100), "%s", servers[_i]);
	/* It turns out that more ports are needed: others, and the filter lets them through. */
	guard_close(&guard);
	ck_assert_int_eq(guard_plan_init(&plan, 1, 4 * PORT_COUNT_OF_TESTS, &guard_rng, &error), 0);
	ck_assert_int_eq(guard_open(&guard, &plan, 0, &guard_rng, uv_hrtime() / 1000, &error), 0);
	ck_assert_int_eq(raw_hear_udp(link, &error), 0);
	ck_assert_uint_eq(guard.pool.count, 4 * PORT_COUNT_OF_TESTS);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_msg(world_ask(&world, servers[_i], ECHO_PORT, 100), "%s", servers[_i]);
	world_end(&world);
}
END_TEST

START_TEST(with_a_second_device_all_are_listened_to)
{
	struct world world;
	world_begin(&world);
	netns_ip("link add name veth7 type veth peer name veth8");
	netns_ip("addr add 203.0.113.1/24 dev veth7");
	ck_assert_uint_eq(device_listened_to(), if_nametoindex("veth0")); /* it is down */
	netns_ip("link set veth7 up");
	ck_assert(world_wait_source(&world, "203.0.113.9", "203.0.113.1", PATIENCE_MS));
	ck_assert_uint_eq(device_listened_to(), 0);
	world_end(&world);
	netns_ip("link del veth7");
}
END_TEST

START_TEST(with_a_route_into_lo_the_host_may_have_any_address)
{
	struct world world;
	netns_ip("route add local 203.0.113.0/24 dev lo");
	world_begin(&world);
	netns_ip("route del local 203.0.113.0/24 dev lo");
	ck_assert_uint_eq(device_listened_to(), 0);
	world_end(&world);
}
END_TEST

START_TEST(all_of_127_is_this_host)
{
	struct world world;
	world_begin(&world);
	ck_assert(world_wait_source(&world, "127.7.7.7", "127.0.0.1", 0));
	world_end(&world);
}
END_TEST

START_TEST(without_a_guard_the_kernel_would_have_answered)
{
	/* The control of the test above: a reply to a port of ours that no guard holds. */
	struct world world;
	world_begin(&world);
	struct ip_addr to = addr_of(servers[_i]);
	uint64_t unreachables = unreachables_sent();
	udp_flow flow;
	uint16_t port = PORT_FIRST;
	while (!port_class_has(&guard.classes[0], port))
		port++;
	udp_set_port_pool(world.stack, NULL);
	ck_assert_int_eq(udp_open(world.stack, &to, ECHO_PORT, NULL, port, 0, &flow), 0);
	ck_assert_int_eq(udp_send(world.stack, flow, "hello", 5, stack_uv_now_us(&world.shell)), 0);
	ck_assert(world_run(&world, &world.datagram_count, 1, PATIENCE_MS));
	ck_assert_uint_eq(unreachables_sent(), unreachables + 1);
	world_end(&world);
}
END_TEST

START_TEST(many_flows_at_once_are_all_answered)
{
	enum { FLOWS = 4 * PORT_COUNT_OF_TESTS / 2 };
	struct world world;
	udp_flow flows[FLOWS];
	world_begin(&world);
	for (unsigned i = 0; i < FLOWS; i++) {
		struct ip_addr to = addr_of(servers[i % 4]);
		ck_assert_int_eq(udp_open(world.stack, &to, ECHO_PORT, NULL, 0, 0, &flows[i]), 0);
		int err = udp_send(world.stack, flows[i], &i, sizeof i, stack_uv_now_us(&world.shell));
		ck_assert_int_eq(err, 0);
	}
	ck_assert(world_run(&world, &world.datagram_count, FLOWS, PATIENCE_MS));
	ck_assert_uint_eq(world.link->stats.sent_frames, FLOWS);
	for (unsigned i = 0; i < FLOWS; i++)
		udp_close(world.stack, flows[i]);
	world_end(&world);
}
END_TEST

START_TEST(a_closed_port_is_an_error_for_the_flow)
{
	struct world world;
	udp_flow flow;
	world_begin(&world);
	struct ip_addr to = addr_of(servers[_i]);
	ck_assert_int_eq(udp_open(world.stack, &to, 9, NULL, 0, 0, &flow), 0);
	ck_assert_int_eq(udp_send(world.stack, flow, "hello", 5, stack_uv_now_us(&world.shell)), 0);
	ck_assert_msg(world_run(&world, &world.error_count, 1, PATIENCE_MS), "%s", servers[_i]);
	ck_assert_int_eq(world.error, STACK_ERROR_PORT_UNREACHABLE);
	world_end(&world);
}
END_TEST

/* How many of the flows that are opened now draw a port from place `first` of the pool on; all draw a guarded one. */
static unsigned
draw_ports(struct world *world, unsigned flow_count, uint32_t first)
{
	struct ip_addr to = addr_of("192.0.2.2");
	unsigned late_count = 0;
	for (unsigned i = 0; i < flow_count; i++) {
		struct ip_addr local;
		uint16_t port;
		udp_flow flow;
		uint32_t at = 0;
		ck_assert_int_eq(udp_open(world->stack, &to, (uint16_t)(i + 1), NULL, 0, 0, &flow), 0);
		ck_assert_int_eq(udp_local(world->stack, flow, &local, &port), 0);
		while (at < guard.pool.count && guard.pool.ports[at] != port)
			at++;
		ck_assert_uint_lt(at, guard.pool.count);
		late_count += at >= first;
		udp_close(world->stack, flow);
	}
	return late_count;
}

START_TEST(every_port_drawn_is_guarded)
{
	struct world world;
	world_begin(&world);
	(void)draw_ports(&world, 300, 0);
	world_end(&world);
}
END_TEST

START_TEST(who_asks_before_all_guards_are_there_is_answered_by_those_that_are)
{
	struct world world;
	port_count = 2 * GUARD_PORTS_FIRST;
	world_begin(&world);
	port_count = PORT_COUNT_OF_TESTS;
	ck_assert(guard_is_filling(&guard));
	(void)draw_ports(&world, 300, 0);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 50));
	ck_assert(world_ask(&world, "2001:db8::2", ECHO_PORT, 50));
	ck_assert(guard_is_filling(&guard));

	/* The others come without anything being sent, and are drawn as often as the first. */
	for (unsigned turn = 0; guard_is_filling(&guard) && turn < GUARD_PORTS_FIRST; turn++)
		(void)uv_run(&world.loop, UV_RUN_NOWAIT);
	ck_assert_uint_eq(guard.pool.count, 2 * GUARD_PORTS_FIRST);
	const unsigned late_count = draw_ports(&world, 1000, GUARD_PORTS_FIRST);
	ck_assert_msg(late_count > 400 && late_count < 600, "%u of 1000", late_count);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 50));
	world_end(&world);
}
END_TEST

START_TEST(after_a_turnover_of_the_guards_flows_go_on)
{
	struct world world;
	world_begin(&world);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 50));
	for (unsigned turn = 0; guard.generation < 2; turn++) {
		ck_assert_uint_lt(turn, 10 * PORT_COUNT_OF_TESTS);
		world.link->stats.sent_frames++; /* a guard is renewed only after traffic */
		ck_assert_uint_eq(world.link->ops->deadline(world.link), guard.due_at_us);
		uint64_t due_us = guard.due_at_us;
		ck_assert_int_eq(sync_at(&world, due_us), 0);
		ck_assert(world_ask(&world, turn % 2 == 0 ? "192.0.2.2" : "2001:db8::2", ECHO_PORT, 50));
	}
	world_end(&world);
}
END_TEST

START_TEST(each_worker_receives_its_own_and_nothing_else)
{
	enum { WORKERS = 3 };
	struct world worlds[WORKERS];
	struct guard guards[WORKERS];
	struct link_error error;

	rng_init_number(&guard_rng, 4);
	ck_assert_int_eq(guard_plan_init(&plan, WORKERS, 300, &guard_rng, &error), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct link *link;
		ck_assert_int_eq(guard_open(&guards[i], &plan, i, &guard_rng, 0, &error), 0);
		ck_assert_int_eq(raw_open(&link, &(struct raw_config){ .guard = &guards[i] }, 0, &error), 0);
		world_open(&worlds[i], link);
	}
	for (unsigned round = 0; round < 5 * WORKERS; round++)
		ck_assert(world_ask(&worlds[round % WORKERS], servers[round % 4], ECHO_PORT, 40));
	for (unsigned i = 0; i < WORKERS; i++) {
		struct link_frame frames[LINK_BATCH_MAX];
		struct link *link = worlds[i].link;
		ck_assert_uint_eq(link->stats.received_frames, 5);
		ck_assert_uint_eq(link->ops->receive(link, frames, LINK_BATCH_MAX, 0), 0);
		world_close(&worlds[i]);
		guard_close(&guards[i]);
	}
}
END_TEST

/* ---- refusals and floods --------------------------------------------------------------------- */

START_TEST(what_the_kernel_refuses_is_counted_and_the_rest_goes)
{
	struct world world;
	world_begin(&world);
	struct packet good = packets_udp("192.0.2.1", guard.pool.ports[0], "192.0.2.2", ECHO_PORT, "good", 4);
	struct packet lost = packets_udp("192.0.2.1", guard.pool.ports[0], "203.0.113.9", ECHO_PORT, "lost", 4);
	for (unsigned i = 0; i < 10; i++) {
		const struct packet *packet = i % 2 == 0 ? &lost : &good;
		struct link_frame frame = { .bytes = packet->bytes, .size = packet->size };
		world.link->ops->send(world.link, &frame, 0);
	}
	world.link->ops->flush(world.link, 0);
	ck_assert_uint_eq(world.link->stats.sent_frames, 5);
	ck_assert_uint_eq(world.link->stats.send_failures, 5);
	world_end(&world);
}
END_TEST

START_TEST(other_programs_keep_their_datagrams)
{
	struct world world;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ECHO_PORT) };
	struct sockaddr_in from = { .sin_family = AF_INET };
	uint16_t port = PORT_FIRST;
	char answer[8];
	world_begin(&world);
	while (port_class_has(&guard.classes[0], port))
		port++;
	from.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(0xc0000202);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	ck_assert_int_eq(send(fd, "hello", 5, 0), 5);
	ck_assert_int_eq(recv(fd, answer, sizeof answer, 0), 5);
	close(fd);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 20));
	ck_assert_uint_eq(world.link->stats.received_frames, 1); /* ours alone */
	world_end(&world);
}
END_TEST

static struct sockaddr_in
loopback_port(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons(port),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

START_TEST(a_flood_of_datagrams_does_not_keep_segments_out)
{
	enum { ROUNDS = 8, FLOOD = ROUNDS * LINK_BATCH_MAX };
	static struct guard_tcp guard_tcp;
	struct link_frame frames[LINK_BATCH_MAX];
	struct world world;
	unsigned segments = 0, datagrams = 0;

	world_open(&world, raw_begin(&guard_tcp));
	ck_assert(world_ask(&world, "127.0.0.1", ECHO_PORT, 20)); /* from now on lo is listened to */
	const struct sockaddr_in udp = loopback_port(guard.pool.ports[0]);
	const struct sockaddr_in tcp = loopback_port(guard_tcp.pool.ports[0]);
	int udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	for (unsigned i = 0; i < FLOOD; i++)
		ck_assert_int_eq(sendto(udp_fd, "x", 1, 0, (const struct sockaddr *)&udp, sizeof udp), 1);
	ck_assert_int_eq(connect(tcp_fd, (const struct sockaddr *)&tcp, sizeof tcp), -1);
	ck_assert_int_eq(errno, EINPROGRESS);
	for (unsigned round = 0; round < ROUNDS / 2; round++) {
		size_t count = world.link->ops->receive(world.link, frames, LINK_BATCH_MAX, 0);
		for (size_t i = 0; i < count; i++) {
			segments += frames[i].bytes[9] == IPPROTO_TCP;
			datagrams += frames[i].bytes[9] == IPPROTO_UDP;
		}
	}
	ck_assert_uint_eq(segments, 1);
	ck_assert_uint_gt(datagrams, LINK_BATCH_MAX);
	close(udp_fd);
	close(tcp_fd);
	world_end(&world);
	guard_tcp_close(&guard_tcp);
}
END_TEST

START_TEST(a_packet_larger_than_a_slot_is_counted)
{
	struct world world;
	world_begin(&world);
	/* Goes in fragments, which the kernel puts together for the local server; comes back whole over lo. */
	ck_assert(!world_ask_within(&world, "127.0.0.1", ECHO_PORT, 2 * RAW_FRAME_BYTES_DEFAULT, 200));
	ck_assert(world_run(&world, &world.link->stats.receive_unusable, 1, PATIENCE_MS));
	ck_assert_uint_eq(world.link->stats.receive_unusable, 1);
	ck_assert(world_ask(&world, "127.0.0.1", ECHO_PORT, 20));
	world_end(&world);
}
END_TEST

/* Gives up one capability in this process. */
static void
drop_capability(cap_value_t capability)
{
	cap_t caps = cap_get_proc();
	ck_assert_int_eq(cap_set_flag(caps, CAP_EFFECTIVE, 1, &capability, CAP_CLEAR), 0);
	ck_assert_int_eq(cap_set_proc(caps), 0);
	cap_free(caps);
}

START_TEST(without_cap_net_raw_the_error_names_it)
{
	struct link_error error;
	struct link *link;
	rng_init_number(&guard_rng, 3);
	ck_assert_int_eq(guard_plan_init(&plan, 1, 4, &guard_rng, &error), 0);
	ck_assert_int_eq(guard_open(&guard, &plan, 0, &guard_rng, 0, &error), 0);
	drop_capability(CAP_NET_RAW);
	ck_assert_int_eq(raw_open(&link, &(struct raw_config){ .guard = &guard }, 0, &error), ERR_PERMISSION);
	ck_assert_str_eq(error.text, "packet socket for IPv4: Operation not permitted (needs CAP_NET_RAW)");
	guard_close(&guard);
}
END_TEST

START_TEST(once_open_it_works_without_any_capability)
{
	struct world world;
	world_begin(&world);
	cap_t none = cap_init();
	ck_assert_int_eq(cap_set_proc(none), 0);
	cap_free(none);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 20));
	for (unsigned turn = 0; guard.generation < 1 && turn < 10 * PORT_COUNT_OF_TESTS; turn++) {
		uint64_t due_us = guard.due_at_us;
		world.link->stats.sent_frames++;
		ck_assert_int_eq(sync_at(&world, due_us), 0);
	}
	ck_assert_uint_eq(guard.generation, 1);
	ck_assert(world_ask(&world, "2001:db8::2", ECHO_PORT, 20));
	world_end(&world);
}
END_TEST

int
main(void)
{
	struct netns_peer peer, local;
	network_begin(&peer);
	netns_local_begin(&local, local_open, netns_echo_serve);
	TCase *tcase = tcase_create("raw");
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, an_echo_server_answers, 0, COUNT(servers));
	tcase_add_loop_test(tcase, what_the_host_says_to_itself_is_left_alone_until_it_is_needed, 0,
	                    COUNT(servers));
	tcase_add_test(tcase, who_lives_briefly_listens_everywhere_from_the_start);
	tcase_add_loop_test(tcase, udp_that_comes_later_costs_nothing_before_and_is_heard_then, 0,
	                    COUNT(servers));
	tcase_add_test(tcase, with_a_second_device_all_are_listened_to);
	tcase_add_test(tcase, with_a_route_into_lo_the_host_may_have_any_address);
	tcase_add_test(tcase, all_of_127_is_this_host);
	tcase_add_loop_test(tcase, without_a_guard_the_kernel_would_have_answered, 0, 2);
	tcase_add_test(tcase, many_flows_at_once_are_all_answered);
	tcase_add_loop_test(tcase, a_closed_port_is_an_error_for_the_flow, 0, COUNT(servers));
	tcase_add_test(tcase, every_port_drawn_is_guarded);
	tcase_add_test(tcase, who_asks_before_all_guards_are_there_is_answered_by_those_that_are);
	tcase_add_test(tcase, after_a_turnover_of_the_guards_flows_go_on);
	tcase_add_test(tcase, each_worker_receives_its_own_and_nothing_else);
	tcase_add_test(tcase, what_the_kernel_refuses_is_counted_and_the_rest_goes);
	tcase_add_test(tcase, other_programs_keep_their_datagrams);
	tcase_add_test(tcase, a_flood_of_datagrams_does_not_keep_segments_out);
	tcase_add_test(tcase, a_packet_larger_than_a_slot_is_counted);
	tcase_add_test(tcase, without_cap_net_raw_the_error_names_it);
	tcase_add_test(tcase, once_open_it_works_without_any_capability);
	Suite *suite = suite_create("stack/link/raw");
	suite_add_tcase(suite, tcase);
	int status = suite_run(suite);
	netns_peer_end(&local);
	netns_peer_end(&peer);
	return status;
}
