/* Link raw while the host changes: families, addresses, devices and rules that come and go, and firewalls. */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/syscall.h>

#include "stack/tcp.h"
#include "tests/stack/link/raw_world.h"

#define UNHEARD_MS 1000u /* what is not heard in that time is taken for lost */

/* ---- the host changes ------------------------------------------------------------------------ */

/* Every device forgets IPv6, or has it again. */
static void
switch_ipv6(bool is_on)
{
	FILE *file = fopen("/proc/sys/net/ipv6/conf/all/disable_ipv6", "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fputs(is_on ? "0" : "1", file) >= 0 && fclose(file) == 0, 1);
}

START_TEST(a_host_without_ipv6_has_ipv4)
{
	struct world world;
	switch_ipv6(false);
	world_begin(&world);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 40));
	ck_assert(world_wait_source(&world, "2001:db8::2", "", 0));
	switch_ipv6(true); /* and has it a moment later */
	netns_ip("addr add 2001:db8::1/64 dev veth0 nodad");
	ck_assert(world_wait_source(&world, "2001:db8::2", "2001:db8::1", PATIENCE_MS));
	ck_assert(world_ask(&world, "2001:db8::2", ECHO_PORT, 40));
	world_end(&world);
}
END_TEST

START_TEST(an_idle_link_asks_for_no_attention)
{
	struct world world;
	world_begin(&world);
	ck_assert_uint_eq(world.link->ops->deadline(world.link), STACK_NEVER);
	world_end(&world);
}
END_TEST

START_TEST(an_address_that_comes_later_is_used_and_one_that_goes_is_not)
{
	struct world world;
	world_begin(&world);
	ck_assert(world_wait_source(&world, "198.51.100.7", "", 0));
	netns_ip("addr add 192.0.2.77/32 dev veth0");
	netns_ip("route add 198.51.100.0/24 via 192.0.2.2 src 192.0.2.77");
	ck_assert(world_wait_source(&world, "198.51.100.7", "192.0.2.77", PATIENCE_MS));
	netns_ip("route del 198.51.100.0/24");
	netns_ip("addr del 192.0.2.77/32 dev veth0");
	ck_assert(world_wait_source(&world, "198.51.100.7", "", PATIENCE_MS));
	world_end(&world);
}
END_TEST

START_TEST(a_device_that_comes_later_is_used)
{
	struct world world;
	world_begin(&world);
	netns_ip("link add name veth7 type veth peer name veth8");
	netns_ip("addr add 203.0.113.1/24 dev veth7");
	netns_ip("addr add 2001:db8:7::1/64 dev veth7 nodad");
	netns_ip("link set veth7 up");
	netns_ip("link set veth8 up");
	ck_assert(world_wait_source(&world, "203.0.113.9", "203.0.113.1", PATIENCE_MS));
	ck_assert(world_wait_source(&world, "2001:db8:7::9", "2001:db8:7::1", PATIENCE_MS));
	ck_assert(world_ask(&world, "203.0.113.1", ECHO_PORT, 20));
	netns_ip("link del veth7");
	ck_assert(world_wait_source(&world, "203.0.113.9", "", PATIENCE_MS));
	ck_assert(world_wait_source(&world, "2001:db8:7::9", "", PATIENCE_MS));
	world_end(&world);
}
END_TEST

START_TEST(a_flood_of_changes_is_survived)
{
	/* More than the netlink socket's queue holds, while nobody reads it. */
	struct world world;
	world_begin(&world);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(system(i == 0 ? "seq 8000 | awk '{ print \"route add 10.9.\" int($1 / 250) \".\" $1 "
		                                 "% 250 \" dev lo\" }' | ip -batch -"
		                               : "ip route flush root 10.9.0.0/16"),
		                 0);
	netns_ip("route add 198.51.100.0/24 via 192.0.2.2");
	ck_assert(world_wait_source(&world, "198.51.100.7", "192.0.2.1", PATIENCE_MS));
	netns_ip("route del 198.51.100.0/24");
	ck_assert(world_wait_source(&world, "198.51.100.7", "", PATIENCE_MS)); /* and it is watched as before */
	world_end(&world);
}
END_TEST

/* Sends one datagram; true when the kernel does not let it go. */
static bool
is_refused(struct world *world, const char *remote)
{
	const struct link_stats *stats = &world->link->stats;
	uint64_t sent = stats->sent_frames, failures = stats->send_failures;
	struct ip_addr to = addr_of(remote);
	udp_flow flow;

	ck_assert_int_eq(udp_open(world->stack, &to, ECHO_PORT, NULL, 0, 0, &flow), 0);
	ck_assert_int_eq(udp_send(world->stack, flow, "hello", 5, stack_uv_now_us(&world->shell)), 0);
	for (unsigned waited_ms = 0; waited_ms < PATIENCE_MS && stats->send_failures == failures; waited_ms += 10)
		(void)world_run(world, &stats->send_failures, failures + 1, 10); /* no event of the loop's tells */
	udp_close(world->stack, flow);
	return stats->sent_frames == sent && stats->send_failures == failures + 1;
}

START_TEST(rules_by_source_address_hold)
{
	struct world world;
	world_begin(&world);
	netns_ip("rule add from 192.0.2.1 lookup 77");
	netns_ip("-6 rule add from 2001:db8::1 lookup 77");
	netns_ip("route add blackhole default table 77");
	netns_ip("-6 route add blackhole default table 77");
	ck_assert(is_refused(&world, "192.0.2.2"));
	ck_assert(is_refused(&world, "2001:db8::2"));
	netns_ip("rule del from 192.0.2.1 lookup 77");
	netns_ip("-6 rule del from 2001:db8::1 lookup 77");
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 20));
	ck_assert(world_ask(&world, "2001:db8::2", ECHO_PORT, 20));
	world_end(&world);
}
END_TEST

/* Loads an nft rule set into our namespace; false where the kernel or the program is missing. */
static bool
firewall_begin(const char *rules)
{
	char command[400];
	if (system("nft list ruleset 2>/dev/null") != 0) {
		printf("skip - no nft here: what a firewall does to link raw is not looked at\n");
		return false;
	}
	(void)snprintf(command, sizeof command, "echo '%s' | nft -f -", rules);
	ck_assert_int_eq(system(command), 0);
	return true;
}

static void
firewall_end(void)
{
	ck_assert_int_eq(system("nft flush ruleset"), 0);
}

START_TEST(a_stateful_firewall_takes_our_replies_for_what_they_are)
{
	/* A packet that goes out through a packet socket would not be known to it, and its reply rejected. */
	struct world world;
	world_begin(&world);
	uint64_t unreachables = unreachables_sent();
	if (firewall_begin("table inet f { chain in { type filter hook input priority 0; policy drop; "
	                   "ct state established accept; ip6 nexthdr icmpv6 accept; reject; }\n}")) {
		ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 20));
		ck_assert(world_ask(&world, "2001:db8::2", ECHO_PORT, 20));
		ck_assert_uint_eq(unreachables_sent(), unreachables);
		firewall_end();
	}
	world_end(&world);
}
END_TEST

/* A connection to a listener of the kernel's: our octets are acknowledged, so nobody has reset it. */
static bool
does_connect(struct world *world, const char *server)
{
	static const uint64_t never;
	const struct ip_addr to = addr_of(server);
	const uint64_t now_us = stack_uv_now_us(&world->shell);
	struct tcp_conn_info info = { 0 };
	tcp_conn conn;
	size_t taken;

	ck_assert_int_eq(tcp_open(world->stack, &to, ECHO_PORT, NULL, 0, NULL, 0, now_us, &conn), 0);
	ck_assert_int_eq(tcp_send(world->stack, conn, "hello", 5, 0, now_us, &taken), 0);
	for (unsigned i = 0; i < 200 && info.bytes_acked < 5; i++) {
		(void)world_run(world, &never, 1, 10);
		ck_assert_int_eq(tcp_info(world->stack, conn, &info), 0);
	}
	tcp_close(world->stack, conn, stack_uv_now_us(&world->shell));
	(void)world_run(world, &never, 1, 20); /* the FINs */
	return info.bytes_acked == 5;
}

/* How many more packet sockets may be bound to a device, before that has gone; negative: all. */
static int device_binds_left = -1;

int
bind(int fd, const struct sockaddr *addr, socklen_t addr_bytes)
{
	const struct sockaddr_ll *packet = (const struct sockaddr_ll *)(const void *)addr;

	if (addr->sa_family == AF_PACKET && packet->sll_ifindex != 0 && device_binds_left >= 0 && device_binds_left-- == 0) {
		device_binds_left = 0;
		errno = ENODEV;
		return -1;
	}
	return (int)syscall(SYS_bind, fd, addr, addr_bytes);
}

START_TEST(a_device_that_goes_while_sockets_are_bound_to_it_leaves_none_deaf)
{
	static struct guard_tcp guard_tcp;
	struct world world;

	device_binds_left = _i;
	world_open(&world, raw_begin(&guard_tcp));
	device_binds_left = -1;
	for (unsigned i = 2; i < COUNT(servers); i++) {
		ck_assert_msg(world_ask(&world, servers[i], ECHO_PORT, 1), "%s", servers[i]);
		ck_assert_msg(does_connect(&world, servers[i]), "%s", servers[i]);
	}
	world_close(&world);
	guard_close(&guard);
	guard_tcp_close(&guard_tcp);
}
END_TEST

START_TEST(connections_are_heard_from_all_devices_when_they_are_with_the_host)
{
	static struct guard_tcp guard_tcp;
	struct world world;
	const unsigned veth0 = if_nametoindex("veth0");
	const bool is_own = _i >= 2;

	world_open(&world, raw_begin(&guard_tcp));
	ck_assert_uint_eq(device_listened_to(), veth0);
	ck_assert(does_connect(&world, servers[_i]));
	ck_assert_uint_eq(device_listened_to(), is_own ? 0 : veth0);
	world_close(&world);
	guard_close(&guard);
	guard_tcp_close(&guard_tcp);
}
END_TEST

START_TEST(a_connection_that_comes_by_no_way_we_know_is_heard_after_a_while)
{
	static struct guard_tcp guard_tcp;
	struct world world;

	world_open(&world, raw_begin(&guard_tcp));
	if (firewall_begin("table ip f { chain out { type nat hook output priority -100; "
	                   "ip daddr 192.0.2.99 tcp dport 7 dnat to 192.0.2.1; }\n}")) {
		bool is_heard = false;
		for (unsigned i = 0; i < 4 && !is_heard; i++) { /* two seconds each, in which UDP is heard well */
			ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 20));
			is_heard = does_connect(&world, "192.0.2.99");
		}
		ck_assert(is_heard);
		ck_assert_uint_eq(device_listened_to(), 0);
		firewall_end();
	}
	world_close(&world);
	guard_close(&guard);
	guard_tcp_close(&guard_tcp);
}
END_TEST

START_TEST(the_kernel_resets_no_connection_whatever_its_firewall_rejects)
{
	static struct guard_tcp guard_tcp;
	struct world world;

	world_open(&world, raw_begin(&guard_tcp));
	const uint64_t resets = netns_counter("Tcp", "OutRsts");
	ck_assert(does_connect(&world, servers[_i]));
	if (firewall_begin("table inet f { chain in { type filter hook input priority 0; policy drop; "
	                   "ct state established accept; tcp dport 7 accept; ip6 nexthdr icmpv6 accept; "
	                   "meta l4proto tcp reject with tcp reset; reject; }\n}")) {
		ck_assert(does_connect(&world, servers[_i]));
		firewall_end();
	}
	ck_assert_uint_eq(netns_counter("Tcp", "OutRsts"), resets);
	world_close(&world);
	guard_tcp_close(&guard_tcp);
	guard_close(&guard);
}
END_TEST

START_TEST(replies_that_come_by_no_way_we_know_are_heard_after_a_while)
{
	/* The kernel hands packets for 192.0.2.99 to a program of the host, and no table of ours shows it. */
	struct world world;
	world_begin(&world);
	if (firewall_begin("table ip f { chain out { type nat hook output priority -100; "
	                   "ip daddr 192.0.2.99 udp dport 7 dnat to 192.0.2.1; }\n}")) {
		bool is_answered = false;
		ck_assert(!world_ask_within(&world, "192.0.2.99", ECHO_PORT, 20, UNHEARD_MS));
		for (unsigned i = 0; i < 10 && !is_answered; i++)
			is_answered = world_ask_within(&world, "192.0.2.99", ECHO_PORT, 20, UNHEARD_MS);
		ck_assert(is_answered);
		ck_assert_uint_eq(device_listened_to(), 0);
		firewall_end();
	}
	world_end(&world);
}
END_TEST

START_TEST(replies_of_one_family_that_come_by_no_way_we_know_are_heard_though_the_other_is_heard_well)
{
	struct world world;
	world_begin(&world);
	if (firewall_begin("table ip6 f { chain out { type nat hook output priority -100; "
	                   "ip6 daddr 2001:db8::99 udp dport 7 dnat to 2001:db8::1; }\n}")) {
		bool is_answered = false;
		for (unsigned i = 0; i < 10 && !is_answered; i++) {
			ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 20));
			is_answered = world_ask_within(&world, "2001:db8::99", ECHO_PORT, 20, UNHEARD_MS / 4);
		}
		ck_assert(is_answered);
		ck_assert_uint_eq(device_listened_to(), 0);
		firewall_end();
	}
	world_end(&world);
}
END_TEST

START_TEST(what_a_firewall_forbids_to_send_is_counted)
{
	struct world world;
	world_begin(&world);
	if (firewall_begin("table inet f { chain out { type filter hook output priority 0; udp dport 7 drop; }\n}")) {
		ck_assert(is_refused(&world, "192.0.2.2"));
		ck_assert(is_refused(&world, "2001:db8::2"));
		firewall_end();
		ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 20));
	}
	world_end(&world);
}
END_TEST

int
main(void)
{
	struct netns_peer peer, local;
	network_begin(&peer);
	netns_local_begin(&local, local_open, netns_echo_serve);
	TCase *tcase = tcase_create("raw_changes");
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, a_device_that_goes_while_sockets_are_bound_to_it_leaves_none_deaf, 0, 4);
	tcase_add_loop_test(tcase, connections_are_heard_from_all_devices_when_they_are_with_the_host, 0, COUNT(servers));
	tcase_add_test(tcase, a_connection_that_comes_by_no_way_we_know_is_heard_after_a_while);
	tcase_add_test(tcase, replies_that_come_by_no_way_we_know_are_heard_after_a_while);
	tcase_add_test(tcase, replies_of_one_family_that_come_by_no_way_we_know_are_heard_though_the_other_is_heard_well);
	tcase_add_test(tcase, a_host_without_ipv6_has_ipv4);
	tcase_add_test(tcase, an_idle_link_asks_for_no_attention);
	tcase_add_test(tcase, an_address_that_comes_later_is_used_and_one_that_goes_is_not);
	tcase_add_test(tcase, a_device_that_comes_later_is_used);
	tcase_add_test(tcase, a_flood_of_changes_is_survived);
	tcase_add_test(tcase, rules_by_source_address_hold);
	tcase_add_test(tcase, a_stateful_firewall_takes_our_replies_for_what_they_are);
	tcase_add_loop_test(tcase, the_kernel_resets_no_connection_whatever_its_firewall_rejects, 0, COUNT(servers));
	tcase_add_test(tcase, what_a_firewall_forbids_to_send_is_counted);
	Suite *suite = suite_create("stack/link/raw: changes");
	suite_add_tcase(suite, tcase);
	int status = suite_run(suite);
	netns_peer_end(&local);
	netns_peer_end(&peer);
	return status;
}
