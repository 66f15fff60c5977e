#include "stack/link/packet.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/tcp_wire.h"
#include "tests/stack/link/netns.h"
#include "tests/stack/link/super.h"
#include "tests/stack/link/world.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

#define ECHO_PORT 7

static struct netns_peer peer;

static const struct mac_addr our_mac = { { 0x02, 0xca, 0x12, 0x00, 0x00, 0x01 } };

static void
add_addr(struct world *world, const char *text, uint8_t prefix_len)
{
	struct stack_addr addr = { .addr = addr_of(text),
		                   .prefix_len = prefix_len,
		                   .flags = STACK_ADDR_NO_DAD };
	int err = stack_addr_add(world->stack, world->shell.ifindex, &addr, stack_uv_now_us(&world->shell));
	ck_assert_int_eq(err, 0);
}

static void
world_begin(struct world *world, const struct packet_config *config)
{
	struct link_error error;
	struct link *link;
	int err = packet_open(&link, config, uv_hrtime() / 1000, &error);
	ck_assert_msg(err == 0, "%s", error.text);
	world_open(world, link);
	add_addr(world, "192.0.2.1", 24);
	add_addr(world, "2001:db8::1", 64);
}

static const struct packet_config untagged = { .device = "veth0",
	                                       .mac = { { 0x02, 0xca, 0x12, 0x00, 0x00, 0x01 } } };

START_TEST(an_echo_server_of_the_next_host_answers)
{
	static const char *const servers[] = { "192.0.2.2", "2001:db8::2" };
	struct world world;
	world_begin(&world, &untagged);
	ck_assert(world_ask(&world, servers[_i], ECHO_PORT, 100));
	ck_assert(world_ask(&world, servers[_i], ECHO_PORT, 1400));
	ck_assert_msg(world_ask(&world, servers[_i], ECHO_PORT, 20000), "in fragments both ways");
	ck_assert_uint_eq(world.link->stats.send_failures, 0);
	ck_assert_uint_eq(world.link->stats.receive_unusable, 0);
	world_close(&world);
}
END_TEST

START_TEST(the_next_host_finds_us_and_pings_us)
{
	static const char *const ours[] = { "192.0.2.1", "2001:db8::1" };
	struct world world;
	world_begin(&world, &untagged);
	int pid = (int)peer.pid;
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ip neigh flush all", pid), 0);
	int status = world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ping -n -q -c 2 -i 0.2 -W 3 -s 1000 %s", pid,
	                         ours[_i]);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(world_shell(&world, PATIENCE_MS, "nsenter -n -t %d ip neigh get %s dev veth1 | grep -q %s", pid,
	                             ours[_i], "02:ca:12:00:00:01"),
	                 0);
	world_close(&world);
}
END_TEST

START_TEST(the_kernel_whose_device_it_is_stays_silent)
{
	struct world world;
	world_begin(&world, &untagged);
	uint64_t out_before = netns_counter("Icmp", "OutMsgs") + netns_counter(NULL, "Icmp6OutDestUnreachs");
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 100));
	ck_assert(world_ask(&world, "2001:db8::2", ECHO_PORT, 100));
	ck_assert_uint_eq(netns_counter("Icmp", "OutMsgs") + netns_counter(NULL, "Icmp6OutDestUnreachs"),
	                  out_before);
	world_close(&world);
}
END_TEST

START_TEST(a_closed_port_of_the_next_host_is_an_error_for_the_flow)
{
	static const char *const servers[] = { "192.0.2.2", "2001:db8::2" };
	struct world world;
	udp_flow flow;
	world_begin(&world, &untagged);
	struct ip_addr to = addr_of(servers[_i]);
	ck_assert_int_eq(udp_open(world.stack, &to, 9, NULL, 0, 0, &flow), 0);
	ck_assert_int_eq(udp_send(world.stack, flow, "hello", 5, stack_uv_now_us(&world.shell)), 0);
	ck_assert(world_run(&world, &world.error_count, 1, PATIENCE_MS));
	ck_assert_int_eq(world.error, STACK_ERROR_PORT_UNREACHABLE);
	world_close(&world);
}
END_TEST

START_TEST(a_vlan_tag_arrives_where_it_stood)
{
	/* The kernel takes the tag out of a frame before a packet socket sees it, and tells it beside. */
	static const uint8_t tags[][4] = { { 0x81, 0x00, 0x60, 0x05 }, { 0x81, 0x00, 0x00, 0x00 }, { 0x88, 0xb5 } };
	struct packet_config config = { .device = "veth7", .mac = our_mac };
	struct packet_config other_config = { .device = "veth8" };
	uint8_t bytes[60] = { 0x02, 0xca, 0x12, 0x00, 0x00, 0x01, 0x02, 0, 0, 0, 0, 9 };
	struct link_frame sent = { .bytes = bytes, .size = sizeof bytes }, frame;
	struct link *link, *other;
	struct link_error error;
	netns_ip("link add name veth7 type veth peer name veth8");
	netns_ip("link set veth7 up");
	netns_ip("link set veth8 up");
	netns_wait_running("veth7");
	netns_wait_running("veth8");
	ck_assert_int_eq(packet_open(&link, &config, 0, &error), 0);
	ck_assert_int_eq(packet_open(&other, &other_config, 0, &error), 0);
	memcpy(bytes + 12, tags[_i], sizeof tags[_i]);
	bytes[16] = 0x88;
	bytes[17] = 0xb5;
	other->ops->send(other, &sent, 0);
	other->ops->flush(other, 0);
	ck_assert(netns_receive_one(link, &frame));
	while (frame.bytes[12] == 0x86 || frame.bytes[0] == 0x33) /* the kernel's own, of the new device */
		ck_assert(netns_receive_one(link, &frame));
	ck_assert_uint_eq(frame.size, sizeof bytes);
	ck_assert_mem_eq(frame.bytes, bytes, sizeof bytes);
	link->ops->close(link);
	other->ops->close(other);
	netns_ip("link del veth7");
}
END_TEST

/* Two links on the ends of a veth pair of this namespace. */
static void
open_both(struct link *links[2])
{
	const struct packet_config configs[2] = { { .device = "veth7" }, { .device = "veth8", .mac = our_mac } };
	struct link_error error;

	netns_ip("link add name veth7 type veth peer name veth8");
	netns_ip("link set veth7 up");
	netns_ip("link set veth8 up");
	netns_wait_running("veth7");
	netns_wait_running("veth8");
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(packet_open(&links[i], &configs[i], 0, &error), 0);
}

static void
close_both(struct link *links[2])
{
	links[0]->ops->close(links[0]);
	links[1]->ops->close(links[1]);
	netns_ip("link del veth7");
}

/* The kernel's own frames of the new device come in between. */
static void
receive_of_us(struct link *link, struct link_frame *frame)
{
	do
		ck_assert(netns_receive_one(link, frame));
	while (memcmp(frame->bytes, &our_mac, sizeof our_mac) != 0);
}

START_TEST(a_super_segment_crosses_a_device_that_takes_it_in_one_piece)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK | TCP_CWR, .size = 64000,
		                     .is_ethernet = true, .destination = our_mac, .has_work = true };
	struct link *links[2];
	struct link_frame frame;
	open_both(links);
	const struct link_frame whole = super_build(&super);
	links[0]->ops->send(links[0], &whole, 0);
	links[0]->ops->flush(links[0], 0);
	receive_of_us(links[1], &frame);
	ck_assert_uint_eq(frame.size, whole.size);
	ck_assert_mem_eq(frame.bytes, whole.bytes, whole.size);
	ck_assert_uint_eq(frame.segment_bytes, SUPER_MSS);
	ck_assert_uint_eq(frame.rx_flags, STACK_RX_CHECKSUM_PARTIAL);
	ck_assert_uint_eq(links[0]->stats.send_failures, 0);
	close_both(links);
}
END_TEST

static void
switch_splitting_off(const char *device)
{
	struct ethtool_value value = { .cmd = ETHTOOL_STSO, .data = 0 };
	struct ifreq request = { .ifr_data = (char *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, device);
	ck_assert_int_eq(ioctl(fd, SIOCETHTOOL, &request), 0);
	close(fd);
}

START_TEST(a_super_segment_is_split_for_a_device_that_cannot)
{
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 20 * SUPER_MSS,
		                     .is_ethernet = true, .destination = our_mac, .has_work = true };
	struct link *links[2];
	struct link_frame frame;
	open_both(links);
	switch_splitting_off("veth7");
	const struct link_frame whole = super_build(&super);
	links[0]->ops->send(links[0], &whole, 0);
	links[0]->ops->flush(links[0], 0);
	for (unsigned i = 0; i < 20; i++) {
		receive_of_us(links[1], &frame);
		ck_assert_uint_eq(frame.size, whole.segment_start + SUPER_MSS);
		ck_assert_mem_eq(frame.bytes + whole.segment_start, super_data + i * SUPER_MSS, SUPER_MSS);
	}
	close_both(links);
}
END_TEST

START_TEST(datagrams_merged_by_the_sender_are_counted_and_left)
{
	/* A program of the next host sends three datagrams with UDP_SEGMENT; veth passes them on as one. */
	struct world world;
	world_begin(&world, &untagged);
	ck_assert_int_eq(udp_listen(world.stack, &(struct ip_addr){ .family = ADDR_NONE }, 4242, 0), 0);
	int status = world_shell(&world, PATIENCE_MS,
	                         "nsenter -n -t %d python3 -c 'import socket; s = socket.socket(socket.AF_INET, "
	                         "socket.SOCK_DGRAM); s.setsockopt(17, 103, 100); "
	                         "s.sendto(bytes(300), (\"192.0.2.1\", 4242))'",
	                         (int)peer.pid);
	ck_assert_int_eq(status, 0);
	(void)world_run(&world, &world.link->stats.receive_unusable, 1, PATIENCE_MS);
	ck_assert_uint_eq(world.link->stats.receive_unusable, 1);
	ck_assert_uint_eq(world.datagram_count, 0);
	world_close(&world);
}
END_TEST

START_TEST(a_device_that_goes_and_comes_back_is_followed)
{
	struct packet_config config = { .device = "veth7", .mac = our_mac };
	struct world world;
	netns_ip("link add name veth7 type veth peer name veth8");
	netns_ip("link set veth7 up");
	world_begin(&world, &config);
	ck_assert(world_wait_source(&world, "192.0.2.9", "", PATIENCE_MS)); /* no carrier: the other end is down */
	netns_ip("link set veth8 up");
	ck_assert(world_wait_source(&world, "192.0.2.9", "192.0.2.1", PATIENCE_MS));
	netns_ip("link set veth7 down");
	ck_assert(world_wait_source(&world, "192.0.2.9", "", PATIENCE_MS));
	netns_ip("link set veth7 up");
	ck_assert(world_wait_source(&world, "192.0.2.9", "192.0.2.1", PATIENCE_MS));

	netns_ip("link del veth7");
	ck_assert(world_wait_source(&world, "192.0.2.9", "", PATIENCE_MS));
	netns_ip("link add name veth7 type veth peer name veth8");
	netns_ip("addr add 192.0.2.2/24 dev veth8");
	netns_ip("link set veth8 up");
	netns_ip("link set veth7 up");
	ck_assert(world_wait_source(&world, "192.0.2.9", "192.0.2.1", PATIENCE_MS));
	/* veth8 belongs to this namespace's kernel, where the local echo server answers. */
	ck_assert(world_ask(&world, "192.0.2.2", ECHO_PORT, 100));
	netns_ip("link del veth7");
	world_close(&world);
}
END_TEST

START_TEST(a_random_mac_address_is_local_and_unicast)
{
	struct packet_config config = { .device = "veth0" };
	struct stack_if_config described, other;
	struct link *first, *second;
	struct link_error error;
	ck_assert_int_eq(packet_open(&first, &config, 0, &error), 0);
	ck_assert_int_eq(packet_open(&second, &config, 0, &error), 0);
	first->ops->describe(first, &described);
	second->ops->describe(second, &other);
	ck_assert_uint_eq(described.mac.octets[0] & 3, 2);
	ck_assert_mem_ne(&described.mac, &other.mac, sizeof other.mac);
	ck_assert_str_eq(described.name, "veth0");
	ck_assert_uint_eq(described.mtu, 1500);
	first->ops->close(first);
	second->ops->close(second);
}
END_TEST

static const struct {
	const char *device, *text;
	int err;
} refusals[] = {
	{ "nosuch0", "device nosuch0: No such device", ERR_NOT_FOUND },
	{ "a-name-too-long-for-any", "device a-name-too-long-for-any: No such device", ERR_NOT_FOUND },
	{ "lo", "device lo carries no Ethernet: Address family not supported by protocol", ERR_UNSUPPORTED },
};

START_TEST(a_device_that_cannot_serve_is_an_error_with_its_name)
{
	struct packet_config config = { .device = refusals[_i].device };
	struct link_error error;
	struct link *link;
	ck_assert_int_eq(packet_open(&link, &config, 0, &error), refusals[_i].err);
	ck_assert_str_eq(error.text, refusals[_i].text);
}
END_TEST

START_TEST(without_cap_net_raw_the_error_names_it)
{
	struct link_error error;
	struct link *link;
	cap_t none = cap_init();
	ck_assert_int_eq(cap_set_proc(none), 0);
	cap_free(none);
	ck_assert_int_eq(packet_open(&link, &untagged, 0, &error), ERR_PERMISSION);
	ck_assert_str_eq(error.text, "packet socket on veth0: Operation not permitted (needs CAP_NET_RAW)");
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

int
main(void)
{
	struct netns_peer local;
	netns_enter();
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_peer_begin(&peer, peer_open, netns_echo_serve);
	netns_ip("link set veth1 netns %d", (int)peer.pid);
	netns_ip("link set veth0 up");
	netns_peer_start(&peer);
	netns_wait_running("veth0");
	netns_local_begin(&local, local_open, netns_echo_serve);
	TCase *tcase = tcase_create("packet");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, an_echo_server_of_the_next_host_answers, 0, 2);
	tcase_add_loop_test(tcase, the_next_host_finds_us_and_pings_us, 0, 2);
	tcase_add_test(tcase, the_kernel_whose_device_it_is_stays_silent);
	tcase_add_loop_test(tcase, a_closed_port_of_the_next_host_is_an_error_for_the_flow, 0, 2);
	tcase_add_loop_test(tcase, a_vlan_tag_arrives_where_it_stood, 0, 3);
	tcase_add_loop_test(tcase, a_super_segment_crosses_a_device_that_takes_it_in_one_piece, 0, 2);
	tcase_add_loop_test(tcase, a_super_segment_is_split_for_a_device_that_cannot, 0, 2);
	tcase_add_test(tcase, datagrams_merged_by_the_sender_are_counted_and_left);
	tcase_add_test(tcase, a_device_that_goes_and_comes_back_is_followed);
	tcase_add_test(tcase, a_random_mac_address_is_local_and_unicast);
	tcase_add_loop_test(tcase, a_device_that_cannot_serve_is_an_error_with_its_name, 0, 3);
	tcase_add_test(tcase, without_cap_net_raw_the_error_names_it);
	Suite *suite = suite_create("stack/link/packet");
	suite_add_tcase(suite, tcase);
	int status = suite_run(suite);
	netns_peer_end(&local);
	netns_peer_end(&peer);
	return status;
}
