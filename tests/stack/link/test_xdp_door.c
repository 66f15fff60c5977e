/* What link/xdp_door.h takes off a device, and what it leaves to the host. */
#include "stack/link/xdp_door.h"

#include <bpf/bpf.h>
#include <check.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link/packet.h"
#include "stack/link/xdp_addrs.h"
#include "stack/link/xdp_device.h"
#include "tests/stack/host.h"
#include "tests/stack/link/netns.h"
#include "tests/stack/link/packets.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define PORT        53
#define ETHER_BYTES 14u
#define MTU         1500u
#define SILENT_MS   100u /* for what must not come */

static const char *const ours[] = { "192.0.2.1", "2001:db8::1" };
static const char *const theirs[] = { "192.0.2.2", "2001:db8::2" };
static const struct mac_addr their_mac = { { 2, 0, 0, 0, 0, 9 } };
static const uint8_t types[][2] = { { 0x08, 0x00 }, { 0x86, 0xdd } };
static const enum xdp_mode modes[] = { XDP_MODE_NATIVE, XDP_MODE_GENERIC };

static struct mac_addr our_mac; /* veth0's */

static int
family_of(const char *text)
{
	return strchr(text, ':') != NULL;
}

static size_t
frame_packet(uint8_t *frame, const struct packet *packet, int family)
{
	memcpy(frame, &our_mac, sizeof our_mac);
	memcpy(frame + 6, &their_mac, sizeof their_mac);
	memcpy(frame + 12, types[family], 2);
	memcpy(frame + ETHER_BYTES, packet->bytes, packet->size);
	return ETHER_BYTES + packet->size;
}

/* ---- the program by itself -------------------------------------------------------------------------------------- */

struct bench {
	struct xdp_device device;
	struct xdp_addrs addrs;
};

static void
name_addr(struct bench *bench, const char *text)
{
	const struct ip_addr addr = addr_of(text);
	ck_assert_int_eq(xdp_addrs_put(&bench->addrs, &addr), 0);
}

/* A socket is there for queue 0, and both our addresses are named. */
static void
bench_open(struct bench *bench)
{
	struct link_error told;

	ck_assert_int_eq(xdp_addrs_open(&bench->addrs), 0);
	const struct xdp_steer_rule rule = { .mac = our_mac, .port = PORT, .addrs_fd = bench->addrs.fd };
	const struct xdp_device_config config = {
		.name = "veth0", .mtu = MTU, .mode = XDP_MODE_GENERIC, .queues_max = 1, .rule = &rule
	};
	int err = xdp_device_open(&bench->device, &config, &told);
	ck_assert_msg(err == 0, "%s", told.text);
	name_addr(bench, ours[0]);
	name_addr(bench, ours[1]);
}

static void
bench_close(struct bench *bench)
{
	xdp_device_close(&bench->device);
	xdp_addrs_close(&bench->addrs);
}

static bool
is_taken(const struct bench *bench, const uint8_t *frame, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (uint32_t)size, .repeat = 1);

	ck_assert_int_eq(bpf_prog_test_run_opts(bench->device.program_fd, &run), 0);
	ck_assert_msg(run.retval == XDP_REDIRECT || run.retval == XDP_PASS, "%u", run.retval);
	return run.retval == XDP_REDIRECT;
}

static const struct {
	const char *behaviour, *source, *destination;
	uint16_t port;
	size_t payload_bytes;
	bool is_taken;
} datagrams[] = {
	{ "a question", "192.0.2.2", "192.0.2.1", PORT, 30, true },
	{ "a question over IPv6", "2001:db8::2", "2001:db8::1", PORT, 30, true },
	{ "an empty datagram", "192.0.2.2", "192.0.2.1", PORT, 0, true },
	{ "an empty datagram over IPv6", "2001:db8::2", "2001:db8::1", PORT, 0, true },
	{ "as much as a frame holds", "192.0.2.2", "192.0.2.1", PORT, 1472, true },
	{ "as much as a frame holds, over IPv6", "2001:db8::2", "2001:db8::1", PORT, 1452, true },
	{ "more than a frame of our memory", "192.0.2.2", "192.0.2.1", PORT, 1792 - 42 + 1, false },
	{ "more, over IPv6", "2001:db8::2", "2001:db8::1", PORT, 1792 - 62 + 1, false },
	{ "exactly a frame of our memory", "192.0.2.2", "192.0.2.1", PORT, 1792 - 42, true },
	{ "another port", "192.0.2.2", "192.0.2.1", PORT + 1, 30, false },
	{ "another port over IPv6", "2001:db8::2", "2001:db8::1", PORT << 8, 30, false },
	{ "an address of nobody's", "192.0.2.2", "192.0.2.3", PORT, 30, false },
	{ "an IPv6 address of nobody's", "2001:db8::2", "2001:db8::3", PORT, 30, false },
	{ "a broadcast", "192.0.2.2", "192.0.2.255", PORT, 30, false },
	{ "a group", "2001:db8::2", "ff02::1", PORT, 30, false },
	{ "an answer: the port is the source's", "192.0.2.2", "192.0.2.1", 4242, 30, false },
};

START_TEST(what_is_to_the_port_and_a_named_address_is_taken)
{
	static uint8_t payload[PACKETS_BYTES_MAX];
	uint8_t frame[PACKETS_BYTES_MAX + ETHER_BYTES];
	struct bench bench;
	bench_open(&bench);
	const uint16_t source_port = datagrams[_i].port == 4242 ? PORT : 4242;
	const struct packet packet = packets_udp(datagrams[_i].source, source_port, datagrams[_i].destination,
	                                         datagrams[_i].port, payload, datagrams[_i].payload_bytes);
	const size_t size = frame_packet(frame, &packet, family_of(datagrams[_i].source));
	ck_assert_msg(is_taken(&bench, frame, size) == datagrams[_i].is_taken, "%s", datagrams[_i].behaviour);
	bench_close(&bench);
}
END_TEST

/* One octet of a frame that would be taken set to another value. */
static const struct {
	const char *behaviour;
	int family;
	size_t at;
	uint8_t value;
} changes[] = {
	{ "to another station", 0, 5, 0xee },
	{ "to a group", 1, 0, 0x33 },
	{ "ARP", 0, 13, 0x06 },
	{ "a tag", 1, 12, 0x81 },
	{ "IPv4 with options", 0, ETHER_BYTES, 0x46 },
	{ "a first fragment", 0, ETHER_BYTES + 6, 0x20 },
	{ "a later fragment", 0, ETHER_BYTES + 7, 1 },
	{ "a fragment from far behind", 0, ETHER_BYTES + 6, 0x10 },
	{ "TCP", 0, ETHER_BYTES + 9, 6 },
	{ "ICMP", 0, ETHER_BYTES + 9, 1 },
	{ "IPv6 of another version", 1, ETHER_BYTES, 0x45 },
	{ "TCP over IPv6", 1, ETHER_BYTES + 6, 6 },
	{ "a hop-by-hop header", 1, ETHER_BYTES + 6, 0 },
	{ "a fragment header", 1, ETHER_BYTES + 6, 44 },
};

START_TEST(what_is_not_a_plain_datagram_passes)
{
	uint8_t frame[PACKETS_BYTES_MAX + ETHER_BYTES];
	struct bench bench;
	const int family = changes[_i].family;
	bench_open(&bench);
	const struct packet packet = packets_udp(theirs[family], 4242, ours[family], PORT, "question", 8);
	const size_t size = frame_packet(frame, &packet, family);
	ck_assert(is_taken(&bench, frame, size));
	frame[changes[_i].at] = changes[_i].value;
	ck_assert_msg(!is_taken(&bench, frame, size), "%s", changes[_i].behaviour);
	bench_close(&bench);
}
END_TEST

START_TEST(that_a_datagram_must_not_be_fragmented_is_no_fragment)
{
	uint8_t frame[PACKETS_BYTES_MAX + ETHER_BYTES];
	struct bench bench;
	bench_open(&bench);
	const struct packet packet = packets_udp(theirs[0], 4242, ours[0], PORT, "question", 8);
	const size_t size = frame_packet(frame, &packet, 0);
	frame[ETHER_BYTES + 6] = 0x40; /* DF */
	ck_assert(is_taken(&bench, frame, size));
	bench_close(&bench);
}
END_TEST

START_TEST(a_frame_that_ends_within_its_headers_passes)
{
	uint8_t frame[PACKETS_BYTES_MAX + ETHER_BYTES];
	struct bench bench;
	bench_open(&bench);
	const struct packet packet = packets_udp(theirs[_i], 4242, ours[_i], PORT, "", 0);
	const size_t size = frame_packet(frame, &packet, _i);
	ck_assert(is_taken(&bench, frame, size));
	for (size_t short_bytes = ETHER_BYTES; short_bytes < size; short_bytes++)
		ck_assert_msg(!is_taken(&bench, frame, short_bytes), "%zu octets", short_bytes);
	bench_close(&bench);
}
END_TEST

static struct ip_addr
nth_addr(int family, unsigned n)
{
	const uint8_t ipv4[] = { 10, 0, (uint8_t)(n >> 8), (uint8_t)n };
	struct ip_addr addr = addr_of("2001:db8:1:2::");

	addr.octets[14] = (uint8_t)(n >> 8);
	addr.octets[15] = (uint8_t)(n + 1);
	return family == 0 ? addr_ipv4(ipv4) : addr;
}

static bool
is_nth_taken(const struct bench *bench, int family, unsigned n)
{
	uint8_t frame[PACKETS_BYTES_MAX + ETHER_BYTES];
	const struct packet packet = packets_udp(theirs[family], 4242, ours[family], PORT, "question", 8);
	const size_t size = frame_packet(frame, &packet, family);
	const struct ip_addr addr = nth_addr(family, n);

	memcpy(frame + ETHER_BYTES + (family == 0 ? 16 : 24), addr.octets, family == 0 ? 4 : 16);
	return is_taken(bench, frame, size);
}

START_TEST(each_of_many_addresses_is_taken_until_it_is_removed)
{
	struct bench bench;
	bench_open(&bench);
	for (unsigned n = 0; n < XDP_DOOR_ADDRS_MAX; n++) {
		const struct ip_addr addr = nth_addr(_i, n);
		ck_assert_msg(xdp_addrs_put(&bench.addrs, &addr) == 0, "no room for the %uth", n);
	}
	for (unsigned n = 0; n < XDP_DOOR_ADDRS_MAX; n++)
		ck_assert_msg(is_nth_taken(&bench, _i, n), "%uth", n);
	for (unsigned n = 0; n < XDP_DOOR_ADDRS_MAX; n += 2) {
		const struct ip_addr addr = nth_addr(_i, n);
		xdp_addrs_remove(&bench.addrs, &addr);
	}
	for (unsigned n = 0; n < XDP_DOOR_ADDRS_MAX; n++)
		ck_assert_msg(is_nth_taken(&bench, _i, n) == (n % 2 == 1), "%uth", n);
	bench_close(&bench);
}
END_TEST

/* What is more than a bucket holds is refused, and what it has stands. */
START_TEST(a_bucket_that_is_full_refuses)
{
	struct xdp_addrs addrs;
	unsigned refused = 0;
	ck_assert_int_eq(xdp_addrs_open(&addrs), 0);
	for (unsigned n = 0; n < XDP_ADDRS_BUCKETS * XDP_ADDRS_WAYS + 1; n++) {
		const struct ip_addr addr = nth_addr(0, n);
		refused += xdp_addrs_put(&addrs, &addr) == ERR_FULL;
	}
	ck_assert_uint_ge(refused, 1);
	xdp_addrs_close(&addrs);
}
END_TEST

/* ---- the door ----------------------------------------------------------------------------------------------------- */

/* veth7 is a device with so many queues, veth8 the other end of its wire, where `other` sends. */
static void
make_pair(unsigned queues)
{
	char command[128];

	netns_ip("link add name veth7 numrxqueues %u numtxqueues %u type veth peer name veth8 numrxqueues %u numtxqueues %u",
	         queues, queues, queues, queues);
	netns_ip("link set veth7 addrgenmode none");
	netns_ip("link set veth8 addrgenmode none");
	netns_ip("link set veth7 up");
	netns_ip("link set veth8 up");
	netns_wait_running("veth7");
	netns_wait_running("veth8");
	(void)snprintf(command, sizeof command, "ethtool -L veth7 rx %u tx %u && ethtool -L veth8 rx %u tx %u", queues,
	               queues, queues, queues);
	ck_assert_int_eq(system(command), 0);
}

static struct mac_addr
mac_of(const char *device)
{
	struct ifreq request = { 0 };
	struct mac_addr mac;
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	if (ioctl(fd, SIOCGIFHWADDR, &request) != 0)
		abort();
	memcpy(&mac, request.ifr_hwaddr.sa_data, sizeof mac);
	close(fd);
	return mac;
}

static struct xdp_door *
open_door(enum xdp_mode mode, unsigned shares)
{
	const struct xdp_door_config config = { .device = "veth7", .port = PORT, .mode = mode, .share_count = shares };
	struct link_error told;
	struct xdp_door *door;

	int err = xdp_door_open(&door, &config, &told);
	ck_assert_msg(err == 0, "%s", told.text);
	our_mac = mac_of("veth7");
	return door;
}

/* Whether a frame comes if one is wanted, and none if not. */
static bool
is_taken_if(struct link *link, bool is_wanted)
{
	struct link_frame frame;
	return netns_receive_within(link, &frame, is_wanted ? PATIENCE_MS : SILENT_MS) == is_wanted;
}

static void
send_question(struct link *from, int family, uint16_t source_port, const char *destination)
{
	uint8_t bytes[PACKETS_BYTES_MAX + ETHER_BYTES];
	const struct packet packet = packets_udp(theirs[family], source_port, destination, PORT, "question", 8);
	const struct link_frame frame = { .bytes = bytes, .size = frame_packet(bytes, &packet, family) };

	from->ops->send(from, &frame, 0);
	from->ops->flush(from, 0);
}

static struct link *
open_other(void)
{
	const struct packet_config config = { .device = "veth8", .mac = their_mac };
	struct link_error error;
	struct link *other;

	ck_assert_int_eq(packet_open(&other, &config, 0, &error), 0);
	return other;
}

START_TEST(a_question_is_answered_in_its_frame)
{
	struct link_frame frame, back;
	make_pair(1);
	struct xdp_door *door = open_door(modes[_i / 2], 1);
	struct link *ours_link = xdp_door_link(door, 0), *other = open_other();
	const struct ip_addr addr = addr_of(ours[_i % 2]);
	ck_assert_int_eq(xdp_door_set_addrs(door, 0, &addr, 1), 0);
	ck_assert_uint_eq(xdp_door_ifindex(door), if_nametoindex("veth7"));
	for (unsigned round = 0; round < 3; round++) {
		send_question(other, _i % 2, 4242, ours[_i % 2]);
		ck_assert(netns_receive_one(ours_link, &frame));
		ck_assert_uint_ne(frame.rx_flags & STACK_RX_WRITABLE, 0);
		uint8_t *bytes = (uint8_t *)frame.bytes;
		memcpy(bytes, &their_mac, sizeof their_mac);
		bytes[frame.size - 1] = (uint8_t)round;
		ours_link->ops->send(ours_link, &frame, 0);
		ours_link->ops->flush(ours_link, 0);
		ck_assert(netns_receive_one(other, &back));
		ck_assert_uint_eq(back.size, frame.size);
		ck_assert_uint_eq(back.bytes[back.size - 1], round);
	}
	ck_assert_uint_eq(ours_link->stats.received_frames, 3);
	ck_assert_uint_eq(ours_link->stats.sent_frames, 3);
	other->ops->close(other);
	xdp_door_close(door);
	netns_ip("link del veth7");
}
END_TEST

START_TEST(only_addresses_that_are_named_are_taken)
{
	const struct ip_addr both[] = { addr_of(ours[0]), addr_of(ours[1]) };
	make_pair(1);
	struct xdp_door *door = open_door(XDP_MODE_GENERIC, 1);
	struct link *ours_link = xdp_door_link(door, 0), *other = open_other();
	const struct {
		const struct ip_addr *addrs;
		size_t count;
		bool is_taken[2];
	} steps[] = {
		{ NULL, 0, { false, false } },   { both, 2, { true, true } },  { both + 1, 1, { false, true } },
		{ both, 1, { true, false } },    { both, 1, { true, false } }, { both, 2, { true, true } },
		{ NULL, 0, { false, false } },
	};
	for (size_t i = 0; i < COUNT(steps); i++) {
		ck_assert_int_eq(xdp_door_set_addrs(door, 0, steps[i].addrs, steps[i].count), 0);
		for (int family = 0; family < 2; family++) {
			send_question(other, family, 4242, ours[family]);
			ck_assert(is_taken_if(ours_link, steps[i].is_taken[family]));
		}
	}
	other->ops->close(other);
	xdp_door_close(door);
	netns_ip("link del veth7");
}
END_TEST

START_TEST(the_queues_are_dealt_out_to_the_threads)
{
	const struct ip_addr addr = addr_of(ours[0]);
	struct link_frame frames[LINK_BATCH_MAX];
	uint64_t total = 0;
	int fds[LINK_FDS_MAX];
	make_pair(3);
	struct xdp_door *door = open_door(XDP_MODE_NATIVE, 2);
	struct link *links[] = { xdp_door_link(door, 0), xdp_door_link(door, 1) }, *other = open_other();
	ck_assert_uint_eq(links[0]->ops->fds(links[0], fds), 2);
	ck_assert_uint_eq(links[1]->ops->fds(links[1], fds), 1);
	ck_assert_int_eq(xdp_door_set_addrs(door, 0, &addr, 1), 0);
	ck_assert_int_eq(xdp_door_set_addrs(door, 1, &addr, 1), 0);
	for (uint16_t i = 0; i < 60; i++)
		send_question(other, 0, (uint16_t)(2000 + i), ours[0]);
	(void)usleep(20000);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned tries = 0; tries < 4; tries++)
			total += links[i]->ops->receive(links[i], frames, LINK_BATCH_MAX, 0);
	ck_assert_uint_eq(total, 60);
	other->ops->close(other);
	xdp_door_close(door);
	door = open_door(XDP_MODE_NATIVE, 5);
	ck_assert_ptr_nonnull(xdp_door_link(door, 2));
	ck_assert_ptr_null(xdp_door_link(door, 3));
	xdp_door_close(door);
	netns_ip("link del veth7");
}
END_TEST

/* A thread that lags would have to drop what another has named. */
START_TEST(an_address_is_taken_while_every_thread_serves_it)
{
	const struct ip_addr both[] = { addr_of(ours[0]), addr_of(ours[1]) };
	static const struct {
		unsigned share, first, count;
		size_t taken;
	} steps[] = {
		{ 0, 0, 2, 0 }, /* the other one has not heard of them */
		{ 1, 1, 1, 1 },
		{ 1, 0, 2, 2 },
		{ 0, 0, 1, 1 }, /* one has gone for this one */
		{ 1, 0, 2, 1 },
		{ 0, 0, 2, 2 }, /* and come back, before the other one saw it go */
		{ 1, 0, 0, 0 },
		{ 0, 0, 0, 0 },
		{ 1, 0, 2, 0 },
		{ 0, 0, 2, 2 },
	};
	make_pair(2);
	struct xdp_door *door = open_door(XDP_MODE_GENERIC, 3); /* the third has no queue, and no say */
	for (size_t i = 0; i < COUNT(steps); i++) {
		ck_assert_int_eq(xdp_door_set_addrs(door, steps[i].share, both + steps[i].first, steps[i].count), 0);
		ck_assert_msg(xdp_door_addr_count(door) == steps[i].taken, "step %zu: %zu", i, xdp_door_addr_count(door));
	}
	xdp_door_close(door);
	netns_ip("link del veth7");
}
END_TEST

START_TEST(the_mtu_is_the_devices_as_it_is_now)
{
	struct stack_if_config described;
	make_pair(1);
	struct xdp_door *door = open_door(XDP_MODE_GENERIC, 1);
	struct link *link = xdp_door_link(door, 0);
	link->ops->describe(link, &described);
	ck_assert_uint_eq(described.mtu, MTU);
	netns_ip("link set veth7 mtu 1280");
	link->ops->describe(link, &described);
	ck_assert_uint_eq(described.mtu, 1280);
	netns_ip("link del veth7");
	link->ops->describe(link, &described);
	ck_assert_uint_eq(described.mtu, 0);
	xdp_door_close(door);
}
END_TEST

START_TEST(more_addresses_than_can_be_named_are_refused_and_the_rest_stands)
{
	static struct ip_addr addrs[XDP_DOOR_ADDRS_MAX + 2];
	make_pair(1);
	struct xdp_door *door = open_door(XDP_MODE_GENERIC, 1);
	for (unsigned i = 0; i < COUNT(addrs); i++)
		addrs[i] = addr_ipv4((const uint8_t[]){ 10, 0, (uint8_t)(i >> 8), (uint8_t)i });
	ck_assert_int_eq(xdp_door_set_addrs(door, 0, addrs, COUNT(addrs)), ERR_FULL);
	ck_assert_int_eq(xdp_door_set_addrs(door, 0, addrs + 2, XDP_DOOR_ADDRS_MAX), 0);
	xdp_door_close(door);
	netns_ip("link del veth7");
}
END_TEST

/* As cairnd is once it serves. */
START_TEST(without_capabilities_addresses_are_named_and_taken_back)
{
	const struct ip_addr addr = addr_of(ours[0]);
	make_pair(1);
	struct xdp_door *door = open_door(XDP_MODE_GENERIC, 1);
	struct link *ours_link = xdp_door_link(door, 0), *other = open_other();
	cap_t none = cap_init();
	ck_assert_int_eq(cap_set_proc(none), 0);
	cap_free(none);
	for (unsigned is_named = 2; is_named-- > 0;) {
		ck_assert_int_eq(xdp_door_set_addrs(door, 0, &addr, is_named), 0);
		send_question(other, 0, 4242, ours[0]);
		ck_assert(is_taken_if(ours_link, is_named != 0));
	}
	other->ops->close(other);
	xdp_door_close(door);
}
END_TEST

static const struct {
	const char *device, *text;
	int err;
} outcomes[] = {
	{ "veth0", "veth0: XDP native, 1 queue; veth0: zero-copy AF_XDP socket on queue 0: Operation not supported", 0 },
	{ "nosuch0", "device nosuch0: No such device", ERR_NOT_FOUND },
	{ "lo", "device lo carries no Ethernet: Address family not supported by protocol", ERR_UNSUPPORTED },
};

START_TEST(it_is_said_what_can_be_had_and_what_cannot)
{
	const struct xdp_door_config config = { .device = outcomes[_i].device, .port = PORT, .share_count = 1 };
	struct link_error told;
	struct xdp_door *door;
	ck_assert_int_eq(xdp_door_open(&door, &config, &told), outcomes[_i].err);
	ck_assert_str_eq(told.text, outcomes[_i].text);
	if (outcomes[_i].err == 0)
		xdp_door_close(door);
}
END_TEST

/* BPF is a matter of the first user namespace: root of another has not got the right to it. */
static void
probe(void)
{
	const struct xdp_door_config config = { .device = "veth0", .port = PORT, .share_count = 1 };
	struct link_error told;
	struct xdp_door *door;

	if (xdp_door_open(&door, &config, &told) != 0) {
		printf("skip - %s\n", told.text);
		exit(NETNS_SKIPPED);
	}
	xdp_door_close(door);
}

int
main(void)
{
	netns_enter();
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_ip("link set veth1 up");
	netns_ip("link set veth0 up");
	netns_wait_running("veth0");
	our_mac = mac_of("veth0");
	probe();
	TCase *tcase = tcase_create("xdp_door");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_is_to_the_port_and_a_named_address_is_taken, 0, COUNT(datagrams));
	tcase_add_loop_test(tcase, what_is_not_a_plain_datagram_passes, 0, COUNT(changes));
	tcase_add_test(tcase, that_a_datagram_must_not_be_fragmented_is_no_fragment);
	tcase_add_loop_test(tcase, a_frame_that_ends_within_its_headers_passes, 0, 2);
	tcase_add_loop_test(tcase, each_of_many_addresses_is_taken_until_it_is_removed, 0, 2);
	tcase_add_test(tcase, a_bucket_that_is_full_refuses);
	tcase_add_loop_test(tcase, a_question_is_answered_in_its_frame, 0, 4);
	tcase_add_test(tcase, only_addresses_that_are_named_are_taken);
	tcase_add_test(tcase, the_queues_are_dealt_out_to_the_threads);
	tcase_add_test(tcase, an_address_is_taken_while_every_thread_serves_it);
	tcase_add_test(tcase, the_mtu_is_the_devices_as_it_is_now);
	tcase_add_test(tcase, more_addresses_than_can_be_named_are_refused_and_the_rest_stands);
	tcase_add_test(tcase, without_capabilities_addresses_are_named_and_taken_back);
	tcase_add_loop_test(tcase, it_is_said_what_can_be_had_and_what_cannot, 0, COUNT(outcomes));
	Suite *suite = suite_create("stack/link/xdp_door");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
