#include "stack/link/filter.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/stack/link/netns.h"
#include "tests/stack/link/packets.h"
#include "stack/link/link_priv.h"
#include "tests/suite.h"

#define SECRET       { 0x0123456789abcdef, 0xfedcba9876543210 }

static uint16_t ours, ours_before, others; /* ports: of the class, of the class before, of neither */
static struct port_class classes[2];
static int receivers[2], sender; /* IPv4, IPv6; opened once, since closing a packet socket waits for the kernel */

/* One class of three now, another key's before: then there are ports of all four kinds. */
static void
choose_ports(void)
{
	const struct hash_key secret = SECRET;
	classes[0] = port_class_make(&secret, 1, 3, 1);
	classes[1] = port_class_make(&secret, 0, 3, 1);
	for (uint16_t port = 20000; ours == 0 || ours_before == 0 || others == 0; port++) {
		bool now = port_class_has(&classes[0], port), before = port_class_has(&classes[1], port);
		if (now && !before)
			ours = port;
		if (!now && before)
			ours_before = port;
		if (!now && !before)
			others = port;
	}
}

/* A packet socket that shows IP packets of all devices through the filter. */
static int
receiver_open(bool is_ipv6)
{
	struct filter filter;
	if (is_ipv6)
		filter_ipv6_udp(&filter, classes, 2);
	else
		filter_ipv4_udp(&filter, classes, 2);
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)link__attach(fd, &filter);
	const struct sockaddr_ll all = { .sll_family = AF_PACKET,
		                         .sll_protocol = htons(is_ipv6 ? ETH_P_IPV6 : ETH_P_IP) };
	return fd != -1 && bind(fd, (const struct sockaddr *)&all, sizeof all) == 0 ? fd : -1;
}

/* What comes into device `in` when `packet` is put on the wire towards `mac` at device `out`. */
static bool
passes(const char *out, const uint8_t mac[6], const struct packet *packet)
{
	bool is_ipv6 = packet->bytes[0] >> 4 == 6;
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		                  .sll_protocol = htons(is_ipv6 ? ETH_P_IPV6 : ETH_P_IP),
		                  .sll_ifindex = (int)if_nametoindex(out),
		                  .sll_halen = 6 };
	uint8_t received[PACKETS_BYTES_MAX];

	memcpy(to.sll_addr, mac, 6);
	ck_assert_int_eq(sendto(sender, packet->bytes, packet->size, 0, (struct sockaddr *)&to, sizeof to),
	                 (ssize_t)packet->size);
	/* veth and lo deliver within the softirq of the sending system call. */
	ssize_t size = recv(receivers[is_ipv6], received, sizeof received, 0);
	if (size != -1)
		ck_assert_mem_eq(received, packet->bytes, packet->size);
	return size != -1;
}

static const uint8_t mac_of_veth0[6] = { 0x02, 0, 0, 0, 0, 0x0a }, mac_of_lo[6], mac_of_nobody[6] = { 0x02, 9 };

static const struct datagram_case {
	const char *behaviour, *source, *destination;
	const uint16_t *source_port, *destination_port;
	bool passes;
} datagrams[] = {
	{ "IPv4 to a port of ours", "192.0.2.2", "192.0.2.1", &others, &ours, true },
	{ "IPv4 to a port of the class before", "192.0.2.2", "192.0.2.1", &others, &ours_before, true },
	{ "IPv4 to another port", "192.0.2.2", "192.0.2.1", &ours, &others, false },
	{ "IPv6 to a port of ours", "2001:db8::2", "2001:db8::1", &others, &ours, true },
	{ "IPv6 to a port of the class before", "2001:db8::2", "2001:db8::1", &others, &ours_before, true },
	{ "IPv6 to another port", "2001:db8::2", "2001:db8::1", &ours, &others, false },
	{ "from 127/8 off lo", "127.0.0.1", "192.0.2.1", &others, &ours, false },
	{ "to 127/8 off lo", "192.0.2.2", "127.1.2.3", &others, &ours, false },
	{ "from ::1 off lo", "::1", "2001:db8::1", &others, &ours, false },
	{ "to ::1 off lo", "2001:db8::2", "::1", &others, &ours, false },
	{ "from ::2, which is no loopback", "::2", "2001:db8::1", &others, &ours, true },
};

static struct packet
datagram_of(const struct datagram_case *wanted)
{
	return packets_udp(wanted->source, *wanted->source_port, wanted->destination, *wanted->destination_port,
	                  "payload", 7);
}

START_TEST(datagrams_pass_by_their_port)
{
	struct packet packet = datagram_of(&datagrams[_i]);
	ck_assert_msg(passes("veth1", mac_of_veth0, &packet) == datagrams[_i].passes, "%s", datagrams[_i].behaviour);
}
END_TEST

START_TEST(what_is_for_another_host_does_not_pass)
{
	struct packet packet = datagram_of(&datagrams[_i]);
	ck_assert(!passes("veth1", mac_of_nobody, &packet));
}
END_TEST

START_TEST(loopback_addresses_pass_on_lo)
{
	const char *address = _i == 0 ? "127.0.0.1" : "::1";
	struct packet packet = packets_udp(address, others, address, ours, "payload", 7);
	ck_assert(passes("lo", mac_of_lo, &packet));
}
END_TEST

START_TEST(ipv4_options_are_walked_over)
{
	struct packet packet = packets_udp("192.0.2.2", others, "192.0.2.1", ours, "payload", 7);
	memmove(packet.bytes + 24, packet.bytes + 20, packet.size - 20);
	memset(packet.bytes + 20, 1, 4); /* no-operation, four times */
	packet.bytes[0] = 0x46;
	packet.bytes[3] = (uint8_t)(packet.size += 4);
	ck_assert(passes("veth1", mac_of_veth0, &packet));
}
END_TEST

START_TEST(ipv4_passes_the_first_fragment_and_no_later_one)
{
	struct packet packet = packets_udp("192.0.2.2", others, "192.0.2.1", ours, "payload", 7);
	packet.bytes[6] = 0x20; /* more fragments */
	ck_assert(passes("veth1", mac_of_veth0, &packet));
	packet.bytes[7] = 3; /* offset 24 */
	ck_assert(!passes("veth1", mac_of_veth0, &packet));
}
END_TEST

START_TEST(ipv6_passes_the_first_fragment_and_no_later_one)
{
	static const uint8_t first[6] = { 0, 1, 0, 0, 0, 9 }, later[6] = { 0, 25, 0, 0, 0, 9 };
	struct packet packet = packets_udp("2001:db8::2", others, "2001:db8::1", ours, "payload", 7);
	packets_insert_extension(&packet, IPPROTO_FRAGMENT, _i == 0 ? first : later, 6);
	ck_assert(passes("veth1", mac_of_veth0, &packet) == (_i == 0));
}
END_TEST

START_TEST(up_to_three_ipv6_extension_headers_are_walked)
{
	static const uint8_t pad_6[6] = { 1, 4 }, pad_14[14] = { 1, 12 };
	struct packet packet = packets_udp("2001:db8::2", others, "2001:db8::1", ours, "payload", 7);
	packets_insert_extension(&packet, IPPROTO_DSTOPTS, pad_14, sizeof pad_14);
	ck_assert(passes("veth1", mac_of_veth0, &packet));
	packets_insert_extension(&packet, IPPROTO_ROUTING, pad_6, sizeof pad_6);
	packets_insert_extension(&packet, IPPROTO_HOPOPTS, pad_6, sizeof pad_6);
	ck_assert(passes("veth1", mac_of_veth0, &packet));
	packets_insert_extension(&packet, IPPROTO_DSTOPTS, pad_6, sizeof pad_6);
	ck_assert(!passes("veth1", mac_of_veth0, &packet));
}
END_TEST

static const struct {
	const char *behaviour, *router;
	uint8_t type;
	const uint16_t *quoted_port;
	bool passes;
} errors[] = {
	{ "unreachable", "203.0.113.1", 3, &ours, true },
	{ "time exceeded", "203.0.113.1", 11, &ours, true },
	{ "parameter problem", "203.0.113.1", 12, &ours_before, true },
	{ "about another port", "203.0.113.1", 3, &others, false },
	{ "an echo reply is no error", "203.0.113.1", 0, &ours, false },
	{ "a redirect is not for us", "203.0.113.1", 5, &ours, false },
	{ "v6 unreachable", "2001:db8:f::1", 1, &ours, true },
	{ "v6 packet too big", "2001:db8:f::1", 2, &ours_before, true },
	{ "v6 parameter problem", "2001:db8:f::1", 4, &ours, true },
	{ "v6 about another port", "2001:db8:f::1", 1, &others, false },
	{ "v6 type 5 is unassigned", "2001:db8:f::1", 5, &ours, false },
	{ "v6 type 0 is reserved", "2001:db8:f::1", 0, &ours, false },
	{ "v6 neighbour advertisement", "2001:db8:f::1", 136, &ours, false },
};

START_TEST(errors_pass_by_the_port_they_quote)
{
	bool is_ipv6 = strchr(errors[_i].router, ':') != NULL;
	const char *us = is_ipv6 ? "2001:db8::1" : "192.0.2.1", *far = is_ipv6 ? "2001:db8:9::9" : "198.51.100.9";
	struct packet quoted = packets_udp(us, *errors[_i].quoted_port, far, 53, "query", 5);
	struct packet error = packets_error(errors[_i].router, us, errors[_i].type, &quoted);
	ck_assert_msg(passes("veth1", mac_of_veth0, &error) == errors[_i].passes, "%s", errors[_i].behaviour);
}
END_TEST

START_TEST(errors_about_tcp_or_a_later_fragment_do_not_pass)
{
	struct packet quoted = packets_udp("192.0.2.1", ours, "198.51.100.9", 53, "query", 5);
	if (_i == 0)
		quoted.bytes[9] = IPPROTO_TCP;
	else
		quoted.bytes[7] = 3;
	struct packet error = packets_error("203.0.113.1", "192.0.2.1", 3, &quoted);
	ck_assert(!passes("veth1", mac_of_veth0, &error));
}
END_TEST

START_TEST(packets_cut_short_do_not_pass)
{
	struct packet packet = packets_udp(_i == 0 ? "192.0.2.2" : "2001:db8::2", others,
	                                  _i == 0 ? "192.0.2.1" : "2001:db8::1", ours, "", 0);
	for (packet.size -= 5; packet.size > 0; packet.size--)
		ck_assert_msg(!passes("veth1", mac_of_veth0, &packet), "%zu octets", packet.size);
}
END_TEST

START_TEST(the_kernel_and_port_class_agree_on_every_port)
{
	struct packet packet = packets_udp("192.0.2.2", 53, "192.0.2.1", 0, "", 0);
	for (uint32_t port = 0; port <= 65535; port += 97) {
		packet.bytes[22] = (uint8_t)(port >> 8);
		packet.bytes[23] = (uint8_t)port;
		bool expected = port_class_has(&classes[0], (uint16_t)port) ||
		                port_class_has(&classes[1], (uint16_t)port);
		ck_assert_msg(passes("veth1", mac_of_veth0, &packet) == expected, "port %u", port);
	}
}
END_TEST

START_TEST(ethernet_takes_our_mac_and_groups_only)
{
	static const struct mac_addr ours_mac = { { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 } };
	static const struct {
		uint8_t mac[6];
		bool passes;
	} frames[] = {
		{ { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 }, true },
		{ { 0x02, 0x11, 0x22, 0x33, 0x44, 0x56 }, false },
		{ { 0x06, 0x11, 0x22, 0x33, 0x44, 0x55 }, false },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, true },
		{ { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 }, true },
	};
	struct filter filter;
	int pair[2];
	uint8_t frame[64] = { 0 };
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	filter_ethernet(&filter, &ours_mac);
	ck_assert_int_eq(link__attach(pair[1], &filter), 0);
	for (size_t i = 0; i < COUNT(frames); i++) {
		memcpy(frame, frames[i].mac, 6);
		(void)send(pair[0], frame, sizeof frame, 0); /* EPERM: the filter refused it */
		ck_assert_msg((recv(pair[1], frame, sizeof frame, 0) != -1) == frames[i].passes, "frame %zu", i);
	}
	close(pair[0]);
	close(pair[1]);
}
END_TEST

int
main(void)
{
	netns_enter();
	netns_ip("link add veth0 address 02:00:00:00:00:0a type veth peer name veth1");
	netns_ip("link set veth0 up");
	netns_ip("link set veth1 up");
	choose_ports();
	receivers[0] = receiver_open(false);
	receivers[1] = receiver_open(true);
	sender = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	TCase *tcase = tcase_create("filter");
	tcase_add_loop_test(tcase, datagrams_pass_by_their_port, 0, COUNT(datagrams));
	tcase_add_loop_test(tcase, what_is_for_another_host_does_not_pass, 0, COUNT(datagrams));
	tcase_add_loop_test(tcase, loopback_addresses_pass_on_lo, 0, 2);
	tcase_add_test(tcase, ipv4_options_are_walked_over);
	tcase_add_test(tcase, ipv4_passes_the_first_fragment_and_no_later_one);
	tcase_add_loop_test(tcase, ipv6_passes_the_first_fragment_and_no_later_one, 0, 2);
	tcase_add_test(tcase, up_to_three_ipv6_extension_headers_are_walked);
	tcase_add_loop_test(tcase, errors_pass_by_the_port_they_quote, 0, COUNT(errors));
	tcase_add_loop_test(tcase, errors_about_tcp_or_a_later_fragment_do_not_pass, 0, 2);
	tcase_add_loop_test(tcase, packets_cut_short_do_not_pass, 0, 2);
	tcase_add_test(tcase, the_kernel_and_port_class_agree_on_every_port);
	tcase_add_test(tcase, ethernet_takes_our_mac_and_groups_only);
	Suite *suite = suite_create("stack/link/filter");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
