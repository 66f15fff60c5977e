/* Frames read and turned without a stack: stack/udp_frame.h. */
#include "stack/udp_frame.h"

#include <stdlib.h>
#include <string.h>

#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define ETHER_BYTES 14u
#define ROOM        1536u
#define MTU         1500u
#define TEXT        "a question"

enum { IPV4, IPV6 };

static const char *const ours[] = { "192.0.2.1", "2001:db8::1" };
static const char *const theirs[] = { "198.51.100.9", "2001:db8:9::9" };
static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 1 }, their_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t types[][2] = { { 0x08, 0x00 }, { 0x86, 0xdd } };

static uint8_t *bytes; /* of ROOM octets, so that the sanitizer sees a step beyond */
static size_t size;
static struct udp_frame frame;

static void
setup(void)
{
	bytes = malloc(ROOM);
	ck_assert_ptr_nonnull(bytes);
}

static void
teardown(void)
{
	free(bytes);
}

static void
frame_packet(int family, const uint8_t *packet, size_t packet_bytes)
{
	memcpy(bytes, our_mac, sizeof our_mac);
	memcpy(bytes + 6, their_mac, sizeof their_mac);
	memcpy(bytes + 12, types[family], 2);
	memcpy(bytes + ETHER_BYTES, packet, packet_bytes);
	size = ETHER_BYTES + packet_bytes;
}

static void
build(int family, const char *source, const char *destination)
{
	static uint8_t packet[PACKET_BYTES_MAX];
	frame_packet(family, packet, packet_datagram(packet, source, destination, 4242, 53, TEXT, strlen(TEXT)));
}

static enum drop
read_exactly(bool has_local_peers)
{
	uint8_t *copy = malloc(size); /* and not an octet more */
	memcpy(copy, bytes, size);
	enum drop drop = udp_frame_read(&frame, copy, size, has_local_peers);
	free(copy);
	return drop == DROP_REASON_COUNT ? udp_frame_read(&frame, bytes, size, has_local_peers) : drop;
}

START_TEST(a_datagram_is_read_where_it_lies)
{
	build(_i, theirs[_i], ours[_i]);
	const struct ip_addr source = addr_of(theirs[_i]), destination = addr_of(ours[_i]);
	ck_assert_int_eq(read_exactly(false), DROP_REASON_COUNT);
	ck_assert(addr_equal(&frame.source, &source) && addr_equal(&frame.destination, &destination));
	ck_assert_uint_eq(frame.source_port, 4242);
	ck_assert_uint_eq(frame.destination_port, 53);
	ck_assert_uint_eq(frame.payload_bytes, strlen(TEXT));
	ck_assert_ptr_eq(frame.payload, bytes + ETHER_BYTES + (_i == IPV4 ? 28 : 48));
	ck_assert_mem_eq(frame.payload, TEXT, strlen(TEXT));
}
END_TEST

START_TEST(what_an_ethernet_has_filled_a_short_frame_with_is_not_read)
{
	build(_i, theirs[_i], ours[_i]);
	memset(bytes + size, 0xee, 20);
	size += 20;
	ck_assert_int_eq(read_exactly(false), DROP_REASON_COUNT);
	ck_assert_uint_eq(frame.payload_bytes, strlen(TEXT));
}
END_TEST

START_TEST(the_reply_goes_back_to_the_station_the_question_came_from)
{
	static uint8_t payload[ROOM];
	const size_t header = _i == IPV4 ? 20 : 40, addrs_at = _i == IPV4 ? 12 : 8, addr_bytes = _i == IPV4 ? 4 : 16;
	const struct ip_addr from = addr_of(ours[_i]), to = addr_of(theirs[_i]);
	build(_i, theirs[_i], ours[_i]);
	ck_assert_int_eq(read_exactly(false), DROP_REASON_COUNT);
	const struct udp_frame read = frame;
	const size_t most = udp_frame_reply_max(&read, MTU, ROOM), sizes[] = { 0, 1, 17, 100, most };
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		build(_i, theirs[_i], ours[_i]);
		const size_t sent = udp_frame_turn(&read, bytes, payload, sizes[i], 0x1234);
		const size_t packet_bytes = header + 8 + sizes[i];
		const uint8_t *packet = bytes + ETHER_BYTES;
		ck_assert_uint_eq(sent, ETHER_BYTES + packet_bytes < 60 ? 60 : ETHER_BYTES + packet_bytes);
		ck_assert_mem_eq(bytes, their_mac, 6);
		ck_assert_mem_eq(bytes + 6, our_mac, 6);
		ck_assert_mem_eq(bytes + 12, types[_i], 2);
		ck_assert_mem_eq(packet + addrs_at, from.octets, addr_bytes);
		ck_assert_mem_eq(packet + addrs_at + addr_bytes, to.octets, addr_bytes);
		ck_assert_uint_eq(packet[_i == IPV4 ? 8 : 7], 64);
		ck_assert_uint_eq(packet_u16(packet, header), 53);
		ck_assert_uint_eq(packet_u16(packet, header + 2), 4242);
		ck_assert_mem_eq(packet + header + 8, payload, sizes[i]);
		ck_assert(packet_is_sound(packet, packet_bytes));
		if (_i == IPV4)
			ck_assert_uint_eq(packet_u32(packet, 4), 0x12340000); /* may be fragmented */
		for (size_t at = ETHER_BYTES + packet_bytes; at < sent; at++)
			ck_assert_uint_eq(bytes[at], 0);
	}
}
END_TEST

START_TEST(a_reply_is_bounded_by_what_device_and_frame_take)
{
	const size_t headers = _i == IPV4 ? 28 : 48;
	build(_i, theirs[_i], ours[_i]);
	ck_assert_int_eq(read_exactly(false), DROP_REASON_COUNT);
	ck_assert_uint_eq(udp_frame_reply_max(&frame, 1500, ROOM), 1500 - headers);
	ck_assert_uint_eq(udp_frame_reply_max(&frame, 1280, ROOM), 1280 - headers);
	ck_assert_uint_eq(udp_frame_reply_max(&frame, 9000, ROOM), ROOM - ETHER_BYTES - headers);
	ck_assert_uint_eq(udp_frame_reply_max(&frame, 20, ROOM), 0);
}
END_TEST

START_TEST(an_unfilled_checksum_passes_only_where_local_peers_are)
{
	build(_i, theirs[_i], ours[_i]);
	uint8_t *packet = bytes + ETHER_BYTES, *udp = packet + (_i == IPV4 ? 20 : 40);
	const struct ip_addr source = addr_of(theirs[_i]), destination = addr_of(ours[_i]);
	uint32_t sum = 17 + 8 + (uint32_t)strlen(TEXT); /* the pseudo-header's */
	for (size_t i = 0; i < 16; i += 2)
		sum += packet_u16(source.octets, i) + (uint32_t)packet_u16(destination.octets, i);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
	ck_assert_int_eq(read_exactly(false), DROP_UDP_CHECKSUM);
	ck_assert_int_eq(read_exactly(true), DROP_REASON_COUNT);
	udp[7] ^= 1;
	ck_assert_int_eq(read_exactly(true), DROP_UDP_CHECKSUM);
	udp[6] = udp[7] = 0; /* RFC 768; RFC 8200, section 8.1 */
	ck_assert_int_eq(read_exactly(true), _i == IPV4 ? DROP_REASON_COUNT : DROP_UDP_CHECKSUM);
}
END_TEST

static const struct {
	const char *behaviour, *source, *destination;
	enum drop drop;
} addresses[] = {
	{ "no source (RFC 1122, section 3.2.1.3 (a))", "0.0.0.0", "192.0.2.1", DROP_IP_SOURCE },
	{ "a host of this network (b)", "0.0.0.7", "192.0.2.1", DROP_IP_SOURCE },
	{ "everybody (c)", "255.255.255.255", "192.0.2.1", DROP_IP_SOURCE },
	{ "a group", "224.0.0.251", "192.0.2.1", DROP_IP_SOURCE },
	{ "itself (g)", "127.0.0.1", "192.0.2.1", DROP_IP_SOURCE },
	{ "who is asked", "192.0.2.1", "192.0.2.1", DROP_IP_SOURCE },
	{ "to everybody", "198.51.100.9", "255.255.255.255", DROP_IP_NOT_OURS },
	{ "to a group", "198.51.100.9", "224.0.0.251", DROP_IP_NOT_OURS },
	{ "no IPv6 source (RFC 4291, section 2.5.2)", "::", "2001:db8::1", DROP_IP_SOURCE },
	{ "the IPv6 loopback (section 2.5.3)", "::1", "2001:db8::1", DROP_IP_SOURCE },
	{ "an IPv6 group (section 2.7)", "ff02::fb", "2001:db8::1", DROP_IP_SOURCE },
	{ "an IPv4 address in disguise (section 2.5.5.2)", "::ffff:198.51.100.9", "2001:db8::1", DROP_IP_SOURCE },
	{ "to an IPv4 address in disguise", "2001:db8:9::9", "::ffff:192.0.2.1", DROP_IP_NOT_OURS },
	{ "who is asked, over IPv6", "2001:db8::1", "2001:db8::1", DROP_IP_SOURCE },
};

START_TEST(a_source_that_nobody_can_have_is_refused)
{
	build(strchr(addresses[_i].source, ':') != NULL, addresses[_i].source, addresses[_i].destination);
	ck_assert_msg(read_exactly(true) == addresses[_i].drop, "%s", addresses[_i].behaviour);
}
END_TEST

/* One octet of a good frame set to another value. */
static const struct {
	const char *behaviour;
	int family;
	size_t at;
	uint8_t value;
	enum drop drop;
} damages[] = {
	{ "from a group's MAC address", IPV4, 6, 0x03, DROP_ETHER_NOT_OURS },
	{ "to a group's MAC address", IPV6, 0, 0x33, DROP_ETHER_NOT_OURS },
	{ "ARP", IPV4, 13, 0x06, DROP_ETHER_TYPE },
	{ "a length in place of the type", IPV4, 12, 0x02, DROP_ETHER_TYPE },
	{ "an IPv4 packet of another version", IPV4, ETHER_BYTES, 0x65, DROP_IPV4_HEADER },
	{ "an IPv4 header shorter than one", IPV4, ETHER_BYTES, 0x44, DROP_IPV4_HEADER },
	{ "an IPv4 packet longer than its frame", IPV4, ETHER_BYTES + 2, 1, DROP_IP_TRUNCATED },
	{ "a wrong header checksum", IPV4, ETHER_BYTES + 10, 0x55, DROP_IPV4_CHECKSUM },
	{ "an IPv6 packet of another version", IPV6, ETHER_BYTES, 0x45, DROP_IP_VERSION },
	{ "an IPv6 packet longer than its frame", IPV6, ETHER_BYTES + 4, 1, DROP_IP_TRUNCATED },
	{ "another protocol over IPv6", IPV6, ETHER_BYTES + 6, 6, DROP_IP_PROTOCOL },
	{ "extension headers", IPV6, ETHER_BYTES + 6, 0, DROP_IP_PROTOCOL },
	{ "a datagram longer than its packet", IPV4, ETHER_BYTES + 24, 1, DROP_UDP_LENGTH },
	{ "a datagram shorter than its header", IPV6, ETHER_BYTES + 45, 7, DROP_UDP_LENGTH },
	{ "another payload than was summed up", IPV4, ETHER_BYTES + 30, 'x', DROP_UDP_CHECKSUM },
	{ "another payload over IPv6", IPV6, ETHER_BYTES + 50, 'x', DROP_UDP_CHECKSUM },
};

START_TEST(what_is_wrong_is_refused_with_its_reason)
{
	const int family = damages[_i].family;
	build(family, theirs[family], ours[family]);
	bytes[damages[_i].at] = damages[_i].value;
	ck_assert_msg(read_exactly(true) == damages[_i].drop, "%s", damages[_i].behaviour);
}
END_TEST

START_TEST(a_frame_that_ends_early_is_refused_wherever_that_is)
{
	build(_i, theirs[_i], ours[_i]);
	for (const size_t whole = size; size-- > 0;)
		ck_assert_msg(read_exactly(true) != DROP_REASON_COUNT, "%zu of %zu octets", size, whole);
}
END_TEST

START_TEST(options_fragments_and_other_protocols_of_ipv4_are_refused)
{
	static const uint8_t nops[4] = { 1, 1, 1, 0 };
	uint8_t udp[64];
	static uint8_t packet[PACKET_BYTES_MAX];
	const size_t udp_bytes = packet_udp(udp, theirs[IPV4], ours[IPV4], 4242, 53, TEXT, strlen(TEXT));
	const struct packet_spec whole = { .source = theirs[IPV4], .destination = ours[IPV4], .protocol = 17,
		                           .payload = udp, .payload_bytes = udp_bytes };
	struct packet_spec specs[4] = { whole, whole, whole, whole };
	const enum drop drops[] = { DROP_IPV4_OPTIONS, DROP_FRAGMENT_REFUSED, DROP_FRAGMENT_REFUSED, DROP_IP_PROTOCOL };
	specs[0].options = nops;
	specs[0].options_bytes = sizeof nops;
	specs[1].flags_offset = 0x2000; /* MF */
	specs[2].flags_offset = 1;
	specs[3].protocol = 6;
	for (size_t i = 0; i < COUNT(specs); i++) {
		frame_packet(IPV4, packet, packet_build(packet, &specs[i]));
		ck_assert_int_eq(read_exactly(true), drops[i]);
	}
}
END_TEST

START_TEST(a_tag_and_a_port_that_nobody_has_are_refused)
{
	static uint8_t packet[PACKET_BYTES_MAX];
	build(_i, theirs[_i], ours[_i]);
	memmove(bytes + 16, bytes + 12, size - 12);
	memcpy(bytes + 12, (const uint8_t[]){ 0x81, 0x00, 0x00, 0x00 }, 4); /* of priority alone */
	size += 4;
	ck_assert_int_eq(read_exactly(true), DROP_ETHER_VLAN);
	frame_packet(_i, packet, packet_datagram(packet, theirs[_i], ours[_i], 0, 53, TEXT, strlen(TEXT)));
	ck_assert_int_eq(read_exactly(true), DROP_UDP_LENGTH);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("udp_frame");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_datagram_is_read_where_it_lies, 0, 2);
	tcase_add_loop_test(tcase, what_an_ethernet_has_filled_a_short_frame_with_is_not_read, 0, 2);
	tcase_add_loop_test(tcase, the_reply_goes_back_to_the_station_the_question_came_from, 0, 2);
	tcase_add_loop_test(tcase, a_reply_is_bounded_by_what_device_and_frame_take, 0, 2);
	tcase_add_loop_test(tcase, an_unfilled_checksum_passes_only_where_local_peers_are, 0, 2);
	tcase_add_loop_test(tcase, a_source_that_nobody_can_have_is_refused, 0, COUNT(addresses));
	tcase_add_loop_test(tcase, what_is_wrong_is_refused_with_its_reason, 0, COUNT(damages));
	tcase_add_loop_test(tcase, a_frame_that_ends_early_is_refused_wherever_that_is, 0, 2);
	tcase_add_test(tcase, options_fragments_and_other_protocols_of_ipv4_are_refused);
	tcase_add_loop_test(tcase, a_tag_and_a_port_that_nobody_has_are_refused, 0, 2);
	Suite *suite = suite_create("stack/udp_frame");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
