#include "stack/link/xdp.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack/link/packet.h"
#include "stack/tcp_wire.h"
#include "tests/stack/link/netns.h"
#include "tests/stack/link/super.h"
#include "tests/stack/link/world.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

#define ECHO_PORT   7
#define FRAME_BYTES 60u
#define TEST_TYPE   0x88b5 /* of Ethernet, for experiments (RFC 9542, section 2.2) */
#define ROUNDS      12000u /* more frames than a queue has memory for, three times */

static struct netns_peer peer;

#define OUR_MAC { { 0x02, 0xca, 0x12, 0x00, 0x00, 0x01 } }

static const struct mac_addr our_mac = OUR_MAC;
static const enum xdp_mode modes[] = { XDP_MODE_NATIVE, XDP_MODE_GENERIC };
static const char *const host_addrs[] = { "192.0.2.3", "2001:db8::3" }; /* the kernel's, whose device it is */
static const char *const our_addrs[] = { "192.0.2.1", "2001:db8::1" };
static const char *const servers[] = { "192.0.2.2", "2001:db8::2" }; /* the next host's */

static struct link *
open_on(const char *device, enum xdp_mode mode)
{
	const struct xdp_config config = { .device = device, .mac = our_mac, .mode = mode };
	struct link_error told;
	struct link *link;

	int err = xdp_open(&link, &config, uv_hrtime() / 1000, &told);
	ck_assert_msg(err == 0, "%s", told.text);
	return link;
}

static void
world_begin_on(struct world *world, const char *device, enum xdp_mode mode)
{
	world_open(world, open_on(device, mode));
	for (unsigned i = 0; i < 2; i++) {
		struct stack_addr addr = { .addr = addr_of(our_addrs[i]),
			                   .prefix_len = i == 0 ? 24 : 64,
			                   .flags = STACK_ADDR_NO_DAD };
		ck_assert_int_eq(stack_addr_add(world->stack, world->shell.ifindex, &addr,
		                                stack_uv_now_us(&world->shell)),
		                 0);
	}
}

static void
world_begin(struct world *world, enum xdp_mode mode)
{
	world_begin_on(world, "veth0", mode);
}

START_TEST(an_echo_server_of_the_next_host_answers)
{
	struct world world;
	world_begin(&world, modes[_i / 2]);
	ck_assert(world_ask(&world, servers[_i % 2], ECHO_PORT, 100));
	ck_assert(world_ask(&world, servers[_i % 2], ECHO_PORT, 1400));
	ck_assert_msg(world_ask(&world, servers[_i % 2], ECHO_PORT, 20000), "in fragments both ways");
	ck_assert_uint_eq(world.link->stats.send_failures, 0);
	ck_assert_uint_eq(world.link->stats.receive_unusable, 0);
	ck_assert_uint_eq(world.link->stats.receive_overflows, 0);
	world_close(&world);
}
END_TEST

START_TEST(the_next_host_finds_us_and_pings_us)
{
	struct world world;
	int pid = (int)peer.pid;
	world_begin(&world, modes[_i / 2]);
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ip neigh flush all", pid), 0);
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ping -n -q -c 2 -i 0.2 -W 3 -s 1000 %s", pid,
	                             our_addrs[_i % 2]),
	                 0);
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ip neigh get %s dev veth1 | grep -q %s", pid,
	                             our_addrs[_i % 2], "02:ca:12:00:00:01"),
	                 0);
	world_close(&world);
}
END_TEST

START_TEST(what_the_host_has_to_do_with_its_neighbours_passes)
{
	struct world world;
	int pid = (int)peer.pid;
	world_begin(&world, modes[_i / 2]);
	netns_ip("neigh flush all");
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ip neigh flush all", pid), 0);
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ping -n -q -c 2 -i 0.2 -W 3 -s 1000 %s", pid,
	                             host_addrs[_i % 2]),
	                 0);
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "ping -n -q -c 2 -i 0.2 -W 3 %s", servers[_i % 2]), 0);
	ck_assert_uint_eq(world.datagram_count + world.error_count, 0);
	world_close(&world);
}
END_TEST

/* ---- frames by themselves, on a veth pair of this namespace ------------------------------------- */

static void
make_pair(const char *options)
{
	netns_ip("link add name veth7 %s type veth peer name veth8 %s", options, options);
	netns_ip("link set veth7 addrgenmode none"); /* the kernels keep silent */
	netns_ip("link set veth8 addrgenmode none");
	netns_ip("link set veth7 up");
	netns_ip("link set veth8 up");
	netns_wait_running("veth7");
	netns_wait_running("veth8");
}

/* Link xdp on veth7, a packet link on veth8. */
static void
open_both(struct link **ours, struct link **other, enum xdp_mode mode)
{
	const struct packet_config config = { .device = "veth8" };
	struct link_error error;

	make_pair("");
	*ours = open_on("veth7", mode);
	ck_assert_int_eq(packet_open(other, &config, 0, &error), 0);
}

static void
close_both(struct link *ours, struct link *other)
{
	ours->ops->close(ours);
	other->ops->close(other);
	netns_ip("link del veth7");
}

static void
build(uint8_t bytes[FRAME_BYTES], const struct mac_addr *to, uint32_t number)
{
	struct stack_if_config described = { .mac = { { 2, 0, 0, 0, 0, 9 } } };

	memset(bytes, 0, FRAME_BYTES);
	memcpy(bytes, to, sizeof *to);
	memcpy(bytes + 6, &described.mac, sizeof described.mac);
	bytes[12] = TEST_TYPE >> 8;
	bytes[13] = TEST_TYPE & 0xff;
	memcpy(bytes + 14, &number, sizeof number);
}

static void
send_one(struct link *link, const uint8_t *bytes, size_t size)
{
	const struct link_frame frame = { .bytes = bytes, .size = size };
	link->ops->send(link, &frame, 0);
	link->ops->flush(link, 0);
}

START_TEST(what_is_ours_is_seen_by_nobody_else)
{
	const struct packet_config config = { .device = "veth7", .mac = our_mac };
	const struct mac_addr everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct link *ours, *other, *eavesdropper;
	struct link_error error;
	struct link_frame frame;
	uint8_t bytes[FRAME_BYTES];
	open_both(&ours, &other, modes[_i]);
	ck_assert_int_eq(packet_open(&eavesdropper, &config, 0, &error), 0);
	build(bytes, &our_mac, 1);
	send_one(other, bytes, sizeof bytes);
	ck_assert(netns_receive_one(ours, &frame));
	ck_assert_uint_eq(frame.size, sizeof bytes);
	ck_assert_mem_eq(frame.bytes, bytes, sizeof bytes);
	build(bytes, &everybody, 2);
	send_one(other, bytes, sizeof bytes);
	ck_assert(netns_receive_one(eavesdropper, &frame));
	ck_assert_mem_eq(frame.bytes, bytes, sizeof bytes); /* the first that it has heard */
	ck_assert(netns_receive_one(ours, &frame));
	ck_assert_mem_eq(frame.bytes, bytes, sizeof bytes);
	eavesdropper->ops->close(eavesdropper);
	close_both(ours, other);
}
END_TEST

/* The frame goes back with its addresses exchanged, as a copy or from where it lies. */
static void
return_frame(struct link *link, const struct link_frame *frame, bool in_place)
{
	static uint8_t copy[FRAME_BYTES];
	uint8_t *bytes = in_place ? (uint8_t *)frame->bytes : copy;

	memcpy(copy, frame->bytes, sizeof copy);
	memcpy(bytes + 6, &our_mac, sizeof our_mac);
	memset(bytes, 0, sizeof our_mac);
	bytes[0] = 2;
	bytes[5] = 9;
	send_one(link, bytes, frame->size);
}

START_TEST(frames_come_and_go_until_each_was_used_often)
{
	const struct packet_config config = { .device = "veth8", .mac = { { 2, 0, 0, 0, 0, 9 } } };
	struct link *ours, *other;
	struct link_error error;
	struct link_frame frame;
	uint8_t bytes[FRAME_BYTES];
	open_both(&ours, &other, modes[_i / 2]);
	other->ops->close(other);
	ck_assert_int_eq(packet_open(&other, &config, 0, &error), 0);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		build(bytes, &our_mac, i);
		send_one(other, bytes, sizeof bytes);
		ck_assert_msg(netns_receive_one(ours, &frame), "frame %u came", i);
		ck_assert_mem_eq(frame.bytes, bytes, sizeof bytes);
		return_frame(ours, &frame, _i % 2 == 0);
		ck_assert_msg(netns_receive_one(other, &frame), "frame %u came back", i);
		ck_assert_mem_eq(frame.bytes + 14, &i, sizeof i);
	}
	ck_assert_uint_eq(ours->stats.received_frames, ROUNDS);
	ck_assert_uint_eq(ours->stats.sent_frames, ROUNDS);
	ck_assert_uint_eq(ours->stats.send_failures, 0);
	close_both(ours, other);
}
END_TEST

START_TEST(what_nobody_fetches_is_dropped_and_counted_and_the_rest_comes)
{
	struct link *ours, *other;
	struct link_frame frames[LINK_BATCH_MAX];
	uint8_t bytes[FRAME_BYTES];
	uint64_t received = 0;
	size_t count;
	open_both(&ours, &other, modes[_i]);
	for (uint32_t i = 0; i < 5000; i++) {
		build(bytes, &our_mac, i);
		send_one(other, bytes, sizeof bytes);
	}
	(void)usleep(10000);
	while ((count = ours->ops->receive(ours, frames, LINK_BATCH_MAX, 0)) != 0)
		received += count;
	(void)ours->ops->receive(ours, frames, LINK_BATCH_MAX, 2000000);
	ck_assert_uint_gt(received, 1000);
	ck_assert_uint_gt(ours->stats.receive_overflows, 0);
	ck_assert_uint_le(received + ours->stats.receive_overflows, 5000);
	build(bytes, &our_mac, 5000);
	send_one(other, bytes, sizeof bytes);
	ck_assert(netns_receive_one(ours, frames));
	ck_assert_mem_eq(frames->bytes, bytes, sizeof bytes);
	close_both(ours, other);
}
END_TEST

START_TEST(a_super_segment_goes_both_ways_beside_the_sockets)
{
	const struct mac_addr their_mac = { { 2, 0, 0, 0, 0, 9 } };
	const struct packet_config config = { .device = "veth8", .mac = their_mac };
	const bool is_outward = _i == 1;
	const struct super super = { .family = 0, .flags = TCP_ACK, .size = 60000, .is_ethernet = true,
		                     .destination = is_outward ? their_mac : our_mac, .has_work = true };
	struct link *ours, *other;
	struct link_error error;
	struct link_frame frame;
	open_both(&ours, &other, XDP_MODE_GENERIC);
	other->ops->close(other);
	ck_assert_int_eq(packet_open(&other, &config, 0, &error), 0);
	const struct link_frame whole = super_build(&super);
	struct link *from = is_outward ? ours : other, *to = is_outward ? other : ours;
	from->ops->send(from, &whole, 0);
	from->ops->flush(from, 0);
	ck_assert(netns_receive_one(to, &frame));
	ck_assert_uint_eq(frame.size, whole.size);
	ck_assert_mem_eq(frame.bytes, whole.bytes, whole.size);
	ck_assert_uint_eq(frame.segment_bytes, SUPER_MSS);
	close_both(ours, other);
}
END_TEST

START_TEST(every_queue_of_the_device_is_served)
{
	struct world world;
	make_pair("numrxqueues 3 numtxqueues 3");
	ck_assert_int_eq(system("ethtool -L veth7 rx 3 tx 3 && ethtool -L veth8 rx 3 tx 3"), 0);
	netns_ip("addr add 198.51.100.2/24 dev veth8");
	world_begin_on(&world, "veth7", modes[_i]);
	int fds[LINK_FDS_MAX];
	ck_assert_uint_eq(world.link->ops->fds(world.link, fds), 4);
	struct stack_addr addr = { .addr = addr_of("198.51.100.1"), .prefix_len = 24, .flags = STACK_ADDR_NO_DAD };
	ck_assert_int_eq(stack_addr_add(world.stack, world.shell.ifindex, &addr, stack_uv_now_us(&world.shell)), 0);
	for (unsigned i = 0; i < 40; i++) /* replies take a queue each by their ports */
		ck_assert(world_ask(&world, "198.51.100.2", ECHO_PORT, 100));
	world_close(&world);
	netns_ip("link del veth7");
}
END_TEST

START_TEST(what_a_device_that_is_down_has_not_taken_is_tried_again_and_ever_more_seldom)
{
	struct link *ours, *other;
	uint8_t bytes[FRAME_BYTES];
	struct link_frame frame = { .bytes = bytes, .size = sizeof bytes };
	const struct mac_addr everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	uint64_t now_us = uv_hrtime() / 1000, waited_us = 0;
	open_both(&ours, &other, modes[_i]);
	ck_assert_uint_gt(ours->ops->deadline(ours), now_us + 1000000);
	netns_ip("link set veth7 down");
	build(bytes, &everybody, 1);
	ours->ops->send(ours, &frame, now_us);
	for (unsigned i = 0; i < 20; i++) {
		ours->ops->flush(ours, now_us);
		ours->ops->flush(ours, now_us); /* asked in between it does not wait longer */
		ck_assert_uint_ge(ours->ops->deadline(ours) - now_us, waited_us);
		waited_us = ours->ops->deadline(ours) - now_us;
		ck_assert_uint_le(waited_us, 1000000);
		now_us += waited_us;
	}
	ck_assert_uint_eq(waited_us, 1000000);
	netns_ip("link set veth7 up");
	netns_wait_running("veth7");
	ours->ops->flush(ours, now_us);
	ck_assert(netns_receive_one(other, &frame));
	ck_assert_mem_eq(frame.bytes, bytes, sizeof bytes);
	close_both(ours, other);
}
END_TEST

/* ---- beginning and end -------------------------------------------------------------------------- */

static bool
has_program(const char *device)
{
	char command[100];
	(void)snprintf(command, sizeof command, "ip -d link show dev %s | grep -q prog/xdp", device);
	return system(command) == 0;
}

static bool
loses_program(const char *device)
{
	for (unsigned tries = 0; tries < 1000; tries++) {
		if (!has_program(device))
			return true;
		(void)usleep(10000);
	}
	return false;
}

START_TEST(no_program_is_left_on_the_device)
{
	int opened[2];
	char byte = 0;
	ck_assert(!has_program("veth0"));
	struct link *link = open_on("veth0", modes[_i]);
	ck_assert(has_program("veth0"));
	link->ops->close(link);
	ck_assert(loses_program("veth0"));

	ck_assert_int_eq(pipe(opened), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)open_on("veth0", modes[_i]);
		(void)!write(opened[1], &byte, 1);
		(void)pause();
		_exit(0);
	}
	ck_assert_int_eq(read(opened[0], &byte, 1), 1);
	ck_assert(has_program("veth0"));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(loses_program("veth0"));
}
END_TEST

static const struct {
	const char *device, *text;
	enum xdp_mode mode;
	int err;
} outcomes[] = {
	{ "veth0", "veth0: XDP native, 1 queue; veth0: zero-copy AF_XDP socket on queue 0: Operation not supported",
	  XDP_MODE_AUTO, 0 },
	{ "veth0", "veth0: XDP native, 1 queue", XDP_MODE_NATIVE, 0 },
	{ "veth0", "veth0: XDP generic, 1 queue", XDP_MODE_GENERIC, 0 },
	{ "veth0", "veth0: zero-copy AF_XDP socket on queue 0: Operation not supported; say `xdp-mode: native` instead",
	  XDP_MODE_ZERO_COPY, ERR_UNSUPPORTED },
	{ "nosuch0", "device nosuch0: No such device", XDP_MODE_AUTO, ERR_NOT_FOUND },
	{ "lo", "device lo carries no Ethernet: Address family not supported by protocol", XDP_MODE_AUTO, ERR_UNSUPPORTED },
	{ "bridge7", "bridge7: native XDP: Operation not supported; say `xdp-mode: generic` instead", XDP_MODE_NATIVE,
	  ERR_UNSUPPORTED },
	{ "bridge7", "bridge7: XDP generic, 1 queue; bridge7: native XDP: Operation not supported", XDP_MODE_AUTO, 0 },
};

START_TEST(it_is_said_what_can_be_had_and_what_cannot)
{
	const struct xdp_config config = { .device = outcomes[_i].device, .mode = outcomes[_i].mode };
	struct link_error told;
	struct link *link;
	netns_ip("link add name bridge7 type bridge");
	ck_assert_int_eq(xdp_open(&link, &config, 0, &told), outcomes[_i].err);
	ck_assert_str_eq(told.text, outcomes[_i].text);
	if (outcomes[_i].err == 0)
		link->ops->close(link);
	netns_ip("link del bridge7");
}
END_TEST

START_TEST(a_device_that_runs_a_program_keeps_it)
{
	const struct xdp_config config = { .device = "veth0", .mode = XDP_MODE_AUTO };
	struct link_error told;
	struct link *second, *first = open_on("veth0", XDP_MODE_GENERIC);
	ck_assert_int_eq(xdp_open(&second, &config, 0, &told), ERR_IN_USE);
	ck_assert_ptr_nonnull(strstr(told.text, "runs an XDP program of another's: see `ip -d link show dev veth0`"));
	ck_assert(has_program("veth0"));
	first->ops->close(first);
}
END_TEST

START_TEST(more_queues_than_can_be_served_are_refused)
{
	const struct xdp_config config = { .device = "veth7" };
	struct link_error told;
	struct link *link;
	make_pair("numrxqueues 8 numtxqueues 8");
	ck_assert_int_eq(system("ethtool -L veth7 rx 8 tx 8"), 0);
	ck_assert_int_eq(xdp_open(&link, &config, 0, &told), ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(told.text, "veth7 receives by 8 queues, link xdp by up to 7"));
	ck_assert_ptr_nonnull(strstr(told.text, "ethtool -L veth7"));
	netns_ip("link del veth7");
}
END_TEST

START_TEST(without_its_capabilities_the_error_names_them)
{
	const cap_value_t raw = CAP_NET_RAW;
	const struct xdp_config config = { .device = "veth0" };
	struct link_error told;
	struct link *link;
	cap_t few = cap_init();
	ck_assert_int_eq(cap_set_flag(few, CAP_PERMITTED, 1, &raw, CAP_SET), 0);
	ck_assert_int_eq(cap_set_flag(few, CAP_EFFECTIVE, 1, &raw, CAP_SET), 0);
	ck_assert_int_eq(cap_set_proc(few), 0);
	cap_free(few);
	ck_assert_int_eq(xdp_open(&link, &config, 0, &told), ERR_PERMISSION);
	ck_assert_ptr_nonnull(strstr(told.text, "(needs CAP_NET_ADMIN and CAP_BPF)"));
}
END_TEST

static int
peer_open(void)
{
	netns_ip("link set veth1 up");
	netns_ip("addr add 192.0.2.2/24 dev veth1");
	netns_ip("addr add 2001:db8::2/64 dev veth1 nodad");
	return netns_echo_open(ECHO_PORT);
}

static int
local_open(void)
{
	return netns_echo_open(ECHO_PORT);
}

/* BPF is a matter of the first user namespace: root of another has not got the right to it. */
static void
probe(void)
{
	const struct xdp_config config = { .device = "veth0", .mode = XDP_MODE_GENERIC };
	struct link_error told;
	struct link *link;

	if (xdp_open(&link, &config, 0, &told) != 0) {
		printf("skip - %s\n", told.text);
		exit(NETNS_SKIPPED);
	}
	link->ops->close(link);
}

int
main(void)
{
	struct netns_peer local;
	netns_enter();
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_peer_begin(&peer, peer_open, netns_echo_serve);
	netns_ip("link set veth1 netns %d", (int)peer.pid);
	netns_ip("link set veth0 up");
	netns_ip("addr add 192.0.2.3/24 dev veth0");
	netns_ip("addr add 2001:db8::3/64 dev veth0 nodad");
	netns_peer_start(&peer);
	netns_wait_running("veth0");
	probe();
	netns_local_begin(&local, local_open, netns_echo_serve);
	TCase *tcase = tcase_create("xdp");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, an_echo_server_of_the_next_host_answers, 0, 4);
	tcase_add_loop_test(tcase, the_next_host_finds_us_and_pings_us, 0, 4);
	tcase_add_loop_test(tcase, what_the_host_has_to_do_with_its_neighbours_passes, 0, 4);
	tcase_add_loop_test(tcase, what_is_ours_is_seen_by_nobody_else, 0, 2);
	tcase_add_loop_test(tcase, frames_come_and_go_until_each_was_used_often, 0, 4);
	tcase_add_loop_test(tcase, what_nobody_fetches_is_dropped_and_counted_and_the_rest_comes, 0, 2);
	tcase_add_loop_test(tcase, a_super_segment_goes_both_ways_beside_the_sockets, 0, 2);
	tcase_add_loop_test(tcase, every_queue_of_the_device_is_served, 0, 2);
	tcase_add_loop_test(tcase, what_a_device_that_is_down_has_not_taken_is_tried_again_and_ever_more_seldom, 0, 2);
	tcase_add_loop_test(tcase, no_program_is_left_on_the_device, 0, 2);
	tcase_add_loop_test(tcase, it_is_said_what_can_be_had_and_what_cannot, 0,
	                    sizeof outcomes / sizeof outcomes[0]);
	tcase_add_test(tcase, a_device_that_runs_a_program_keeps_it);
	tcase_add_test(tcase, more_queues_than_can_be_served_are_refused);
	tcase_add_test(tcase, without_its_capabilities_the_error_names_them);
	Suite *suite = suite_create("stack/link/xdp");
	suite_add_tcase(suite, tcase);
	int status = suite_run(suite);
	netns_peer_end(&local);
	netns_peer_end(&peer);
	return status;
}
