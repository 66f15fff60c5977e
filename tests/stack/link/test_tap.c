#include "stack/link/tap.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "stack/link/packet.h"
#include "stack/tcp_wire.h"
#include "tests/stack/link/netns.h"
#include "tests/stack/link/super.h"
#include "tests/stack/link/world.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

#define ECHO_PORT 7

/* The stack behind the device "cairn7", whose other end has 192.0.2.2 and 2001:db8::2. */
static void
world_begin(struct world *world)
{
	static const char *const ours[] = { "192.0.2.1", "2001:db8::1" };
	const struct tap_config config = { .device = "cairn7" };
	struct link_error error;
	struct link *link;

	int err = tap_open(&link, &config, &error);
	ck_assert_msg(err == 0, "%s", error.text);
	netns_ip("addr add 192.0.2.2/24 dev cairn7");
	netns_ip("addr add 2001:db8::2/64 dev cairn7 nodad");
	world_open(world, link);
	for (unsigned i = 0; i < 2; i++) {
		struct stack_addr addr = { .addr = addr_of(ours[i]),
			                   .prefix_len = i == 0 ? 24 : 64,
			                   .flags = STACK_ADDR_NO_DAD };
		ck_assert_int_eq(stack_addr_add(world->stack, world->shell.ifindex, &addr,
		                                stack_uv_now_us(&world->shell)),
		                 0);
	}
}

START_TEST(an_echo_server_of_the_host_answers)
{
	static const char *const servers[] = { "192.0.2.2", "2001:db8::2" };
	struct world world;
	world_begin(&world);
	ck_assert(world_ask(&world, servers[_i], ECHO_PORT, 100));
	ck_assert(world_ask(&world, servers[_i], ECHO_PORT, 1400));
	ck_assert(world_ask(&world, servers[_i], ECHO_PORT, 20000));
	ck_assert_uint_eq(world.link->stats.send_failures, 0);
	world_close(&world);
}
END_TEST

START_TEST(the_host_finds_us_and_pings_us)
{
	static const char *const ours[] = { "192.0.2.1", "2001:db8::1" };
	struct world world;
	world_begin(&world);
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "ping -n -q -c 2 -i 0.2 -W 3 -s 1000 %s", ours[_i]), 0);
	world_close(&world);
}
END_TEST

START_TEST(the_device_goes_with_the_link_unless_it_was_there_before)
{
	struct world world;
	world_begin(&world);
	world_close(&world);
	ck_assert_int_ne(system("ip link show dev cairn7 2>/dev/null >&2"), 0);
	netns_ip("tuntap add cairn7 mode tap vnet_hdr");
	world_begin(&world);
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 100));
	world_close(&world);
	netns_ip("link show dev cairn7 >/dev/null");
	netns_ip("link del cairn7");
}
END_TEST

START_TEST(the_kernel_may_number_the_device_and_the_mtu_is_its)
{
	const struct tap_config config = { .vlan = 5 };
	struct stack_if_config described;
	struct link_error error;
	struct link *first, *second;
	ck_assert_int_eq(tap_open(&first, &config, &error), 0);
	ck_assert_int_eq(tap_open(&second, &config, &error), 0);
	second->ops->describe(second, &described);
	ck_assert_str_eq(described.name, "cairn1");
	ck_assert_uint_eq(described.mtu, 1500);
	ck_assert_int_eq(described.kind, STACK_IF_ETHER);
	ck_assert_uint_eq(described.vlan, 5);
	first->ops->close(first);
	second->ops->close(second);
}
END_TEST

/* What the stack writes into the device is seen by a station that listens at the host's end, and the reverse. */
START_TEST(a_super_segment_goes_both_ways_in_one_piece)
{
	const struct mac_addr ours = { { 0x02, 0xca, 0x12, 0, 0, 1 } }, station_mac = { { 0x02, 0xca, 0x12, 0, 0, 2 } };
	const struct tap_config config = { .device = "cairn7", .mac = ours };
	const struct packet_config station_config = { .device = "cairn7", .mac = station_mac };
	struct super super = { .family = (unsigned)_i / 2, .flags = TCP_ACK, .size = 60000,
		               .is_ethernet = true, .has_work = true };
	struct link *ends[2], *from, *to;
	struct link_error error;
	struct link_frame frame = { .size = 0 };
	ck_assert_int_eq(tap_open(&ends[0], &config, &error), 0);
	ck_assert_int_eq(packet_open(&ends[1], &station_config, 0, &error), 0);
	from = ends[_i % 2];
	to = ends[1 - _i % 2];
	super.destination = _i % 2 == 0 ? station_mac : ours;
	const struct link_frame whole = super_build(&super);
	from->ops->send(from, &whole, 0);
	from->ops->flush(from, 0);
	for (unsigned tries = 0; tries < 10000 && frame.size != whole.size; tries++) {
		if (to->ops->receive(to, &frame, 1, 0) == 0)
			(void)usleep(1000);
	}
	ck_assert_uint_eq(frame.size, whole.size);
	ck_assert_mem_eq(frame.bytes, whole.bytes, whole.size);
	ck_assert_uint_eq(frame.segment_bytes, SUPER_MSS);
	ck_assert_uint_eq(frame.rx_flags, STACK_RX_CHECKSUM_PARTIAL);
	ends[1]->ops->close(ends[1]);
	ends[0]->ops->close(ends[0]);
}
END_TEST

START_TEST(a_device_in_use_and_a_name_too_long_are_refused)
{
	const struct tap_config config = { .device = "cairn7" }, too_long = { .device = "a-name-too-long-for-any" };
	struct link_error error;
	struct link *first, *second;
	ck_assert_int_eq(tap_open(&first, &config, &error), 0);
	ck_assert_int_eq(tap_open(&second, &config, &error), ERR_IN_USE);
	ck_assert_str_eq(error.text, "TAP device cairn7: Device or resource busy");
	first->ops->close(first);
	ck_assert_int_eq(tap_open(&first, &too_long, &error), ERR_NOT_FOUND);
}
END_TEST

START_TEST(without_cap_net_admin_the_error_names_it)
{
	const struct tap_config config = { .device = "cairn7" };
	struct link_error error;
	struct link *link;
	cap_t none = cap_init();
	ck_assert_int_eq(cap_set_proc(none), 0);
	cap_free(none);
	ck_assert_int_eq(tap_open(&link, &config, &error), ERR_PERMISSION);
	ck_assert_ptr_nonnull(strstr(error.text, "(needs CAP_NET_ADMIN)"));
}
END_TEST

static int
local_open(void)
{
	return netns_echo_open(ECHO_PORT);
}

int
main(void)
{
	struct netns_peer local;
	netns_enter();
	if (access("/dev/net/tun", R_OK | W_OK) != 0) {
		printf("skip - /dev/net/tun: %s\n", strerror(errno));
		return NETNS_SKIPPED;
	}
	netns_local_begin(&local, local_open, netns_echo_serve);
	TCase *tcase = tcase_create("tap");
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, an_echo_server_of_the_host_answers, 0, 2);
	tcase_add_loop_test(tcase, the_host_finds_us_and_pings_us, 0, 2);
	tcase_add_test(tcase, the_device_goes_with_the_link_unless_it_was_there_before);
	tcase_add_test(tcase, the_kernel_may_number_the_device_and_the_mtu_is_its);
	tcase_add_loop_test(tcase, a_super_segment_goes_both_ways_in_one_piece, 0, 4);
	tcase_add_test(tcase, a_device_in_use_and_a_name_too_long_are_refused);
	tcase_add_test(tcase, without_cap_net_admin_the_error_names_it);
	Suite *suite = suite_create("stack/link/tap");
	suite_add_tcase(suite, tcase);
	int status = suite_run(suite);
	netns_peer_end(&local);
	return status;
}
