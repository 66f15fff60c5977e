/* IPv4 in and out: RFC 791, RFC 1122, section 3.2.1, RFC 6864, RFC 7126. */
#include <string.h>

#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define US   "192.0.2.1"
#define PEER "192.0.2.2"

static struct host host;
static uint8_t packet[PACKET_BYTES_MAX];

static void
setup(void)
{
	struct ip_addr any = { 0 };

	host_init(&host, &(struct host_config){ .ipv4 = US "/24" });
	host_route(&host, "0.0.0.0/0", "192.0.2.254", 0);
	ck_assert_int_eq(udp_listen(host.stack, &any, 53, 1), 0);
}

static void
teardown(void)
{
	host_fini(&host);
}

static uint16_t
sum_of_header(const uint8_t *header, size_t size)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < size; i += 2)
		sum += packet_u16(header, i);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
header_checksum_mend(uint8_t *header)
{
	const size_t size = packet_header_bytes(header);
	header[10] = header[11] = 0;
	const uint16_t checksum = sum_of_header(header, size);
	header[10] = (uint8_t)(checksum >> 8);
	header[11] = (uint8_t)checksum;
}

/* One octet of a good datagram is changed, the header checksum made good again. */
static const struct {
	const char *behaviour;
	uint8_t at, value;
	enum drop drop;
} damages[] = {
	{ "another version than the first nibble promised", 0, 0x55, DROP_IP_VERSION },
	{ "a header shorter than 20 octets", 0, 0x44, DROP_IPV4_HEADER },
	{ "a header longer than the packet", 0, 0x4f, DROP_IPV4_HEADER },
	{ "a total length beyond the frame", 3, 255, DROP_IP_TRUNCATED },
	{ "a total length inside the header", 3, 19, DROP_IPV4_HEADER },
	{ "another host's address", 19, 77, DROP_IP_NOT_OURS },
	{ "a multicast source", 12, 224, DROP_IP_SOURCE },
	{ "a loopback source (RFC 1122, section 3.2.1.3)", 12, 127, DROP_IP_SOURCE },
	{ "our own address as source", 15, 1, DROP_IP_SOURCE },
	{ "the broadcast address as source", 15, 255, DROP_IP_SOURCE },
	{ "an unknown protocol", 9, 200, DROP_IP_PROTOCOL },
};

START_TEST(a_packet_that_cannot_be_is_dropped_for_its_reason)
{
	const size_t size = packet_datagram(packet, PEER, US, 1000, 53, "hello", 5);

	packet[damages[_i].at] = damages[_i].value;
	if (damages[_i].drop != DROP_IPV4_HEADER && damages[_i].drop != DROP_IP_VERSION)
		header_checksum_mend(packet);
	host_receive(&host, packet, size);
	ck_assert_msg(stack_drops(host.stack, damages[_i].drop) == 1, "%s", damages[_i].behaviour);
}
END_TEST

START_TEST(a_wrong_header_checksum_is_noticed)
{
	const size_t size = packet_datagram(packet, PEER, US, 1000, 53, "hello", 5);

	packet[8] ^= 1;
	host_receive(&host, packet, size);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_IPV4_CHECKSUM), 1);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_packet_cut_anywhere_is_dropped)
{
	const size_t size = packet_datagram(packet, PEER, US, 1000, 53, "hello", 5);

	for (size_t cut = 0; cut < size; cut++) {
		/* In a block of its own size, so that ASan sees any octet read behind it. */
		uint8_t *copy = malloc(cut + (cut == 0));
		memcpy(copy, packet, cut);
		host_receive(&host, copy, cut);
		free(copy);
	}
	host_expect_nothing(&host);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_FRAME_SHORT) +
				  stack_drops(host.stack, DROP_IP_TRUNCATED),
			  size);
}
END_TEST

START_TEST(padding_behind_the_packet_is_not_payload)
{
	struct stack_action action;
	const size_t size = packet_datagram(packet, PEER, US, 1000, 53, "hello", 5);

	memset(packet + size, 'x', 20);
	host_receive(&host, packet, size + 20);
	host_expect(&host, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.size, 5);
}
END_TEST

START_TEST(a_ttl_of_zero_or_one_is_good_enough_for_us)
{
	struct stack_action action;

	for (uint8_t ttl = 0; ttl <= 1; ttl++) { /* RFC 1122, section 3.2.1.7 */
		const size_t size = packet_datagram(packet, PEER, US, 1000, 53, "hello", 5);
		packet[8] = ttl;
		header_checksum_mend(packet);
		host_receive(&host, packet, size);
		host_expect(&host, STACK_DATAGRAM, &action);
		ck_assert_uint_eq(action.hop_limit, ttl);
	}
}
END_TEST

static const struct {
	const char *behaviour;
	uint8_t options[12];
	enum drop drop; /* DROP_REASON_COUNT: it passes */
	int pointer;    /* of the parameter problem; -1: none */
} options[] = {
	{ "nothing but no-operations", { 1, 1, 1, 1 }, DROP_REASON_COUNT, -1 },
	{ "what stands behind the end is not looked at",
	  { 0, 131, 255, 3 },
	  DROP_REASON_COUNT,
	  -1 },
	{ "router alert", { 148, 4, 0, 0 }, DROP_REASON_COUNT, -1 },
	{ "record route", { 7, 7, 4, 0, 0, 0, 0, 0 }, DROP_REASON_COUNT, -1 },
	{ "an unknown option", { 222, 6, 1, 2, 3, 4, 1, 1 }, DROP_REASON_COUNT, -1 },
	{ "loose source route (RFC 7126, section 4.3)",
	  { 131, 7, 4, 10, 0, 0, 1, 0 },
	  DROP_IPV4_SOURCE_ROUTE,
	  -1 },
	{ "strict source route behind another option",
	  { 1, 137, 7, 4, 10, 0, 0, 1 },
	  DROP_IPV4_SOURCE_ROUTE,
	  -1 },
	{ "a length of zero", { 7, 0, 0, 0 }, DROP_IPV4_OPTIONS, 20 },
	{ "a length of one", { 1, 7, 1, 0 }, DROP_IPV4_OPTIONS, 21 },
	{ "a length beyond the header",
	  { 1, 1, 7, 11, 1, 1, 1, 1, 1, 1, 1, 1 },
	  DROP_IPV4_OPTIONS,
	  22 },
	{ "an option without its length",
	  { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 7 },
	  DROP_IPV4_OPTIONS,
	  31 },
};

START_TEST(options_are_walked_within_their_bounds)
{
	uint8_t datagram[64];
	struct stack_action action;
	const struct packet_spec spec = {
		.source = PEER,
		.destination = US,
		.protocol = 17,
		.options = options[_i].options,
		.options_bytes = sizeof options[_i].options,
		.payload = datagram,
		.payload_bytes = packet_udp(datagram, PEER, US, 1000, 53, "hello", 5),
	};

	host_receive(&host, packet, packet_build(packet, &spec));
	if (options[_i].drop == DROP_REASON_COUNT) {
		ck_assert_msg(stack_next(host.stack, &action) && action.kind == STACK_DATAGRAM,
			      "%s", options[_i].behaviour);
		ck_assert_mem_eq(action.bytes, "hello", 5);
		return;
	}
	ck_assert_msg(stack_drops(host.stack, options[_i].drop) == 1, "%s", options[_i].behaviour);
	if (options[_i].pointer < 0) {
		host_expect_nothing(&host);
		return;
	}
	host_expect(&host, STACK_TRANSMIT, &action); /* RFC 792: parameter problem */
	ck_assert_uint_eq(action.bytes[20], 12);
	ck_assert_msg(action.bytes[24] == options[_i].pointer, "%s: %d", options[_i].behaviour,
		      action.bytes[24]);
	ck_assert(packet_is_sound(action.bytes, action.size));
}
END_TEST

START_TEST(broadcast_reaches_listeners_only)
{
	struct stack_action action;
	struct ip_addr peer = addr_of(PEER);
	udp_flow flow;

	host_receive(&host, packet,
		     packet_datagram(packet, PEER, "192.0.2.255", 1000, 53, "all", 3));
	host_expect(&host, STACK_DATAGRAM, &action);
	host_receive(&host, packet,
		     packet_datagram(packet, PEER, "255.255.255.255", 1000, 53, "all", 3));
	host_expect(&host, STACK_DATAGRAM, &action);
	ck_assert_int_eq(udp_open(host.stack, &peer, 1000, NULL, 4000, 0, &flow), 0);
	host_receive(&host, packet,
		     packet_datagram(packet, PEER, "192.0.2.255", 1000, 4000, "all", 3));
	host_expect_nothing(&host); /* and no port unreachable: RFC 1122, section 3.2.2 */
	ck_assert_uint_eq(stack_drops(host.stack, DROP_UDP_NO_FLOW), 1);
}
END_TEST

START_TEST(loopback_addresses_never_leave_the_host)
{
	struct ip_addr loopback = addr_of("127.0.0.1");
	udp_flow flow;

	ck_assert_int_eq(udp_open(host.stack, &loopback, 53, NULL, 0, 0, &flow), ERR_NO_ROUTE);
}
END_TEST

START_TEST(what_is_sent_is_sound_and_whole)
{
	struct ip_addr remote = addr_of("198.51.100.7");
	struct stack_action action;
	udp_flow flow;

	ck_assert_int_eq(udp_open(host.stack, &remote, 53, NULL, 0, 0, &flow), 0);
	for (size_t size = 0; size <= 1472; size += 92) {
		uint8_t payload[1472];
		memset(payload, (int)size, sizeof payload);
		ck_assert_int_eq(udp_send(host.stack, flow, payload, size, host.now_us), 0);
		host_expect(&host, STACK_TRANSMIT, &action);
		ck_assert_uint_eq(action.size, 28 + size);
		ck_assert(packet_is_sound(action.bytes, action.size));
		ck_assert_uint_eq(packet_u16(action.bytes, 6), 0x4000); /* DF: RFC 1191 */
		ck_assert_uint_eq(action.bytes[8], 64);
	}
	host_expect_nothing(&host);
}
END_TEST

START_TEST(ids_do_not_come_again_soon_and_are_not_counted_up)
{
	static uint32_t seen_at[65536];
	struct ip_addr remote = addr_of(PEER);
	const uint8_t payload[1600] = { 0 }; /* larger than the MTU: two fragments with one id */
	struct stack_action action;
	uint32_t successors = 0;
	uint16_t before = 0;
	udp_flow flow;

	memset(seen_at, 0, sizeof seen_at);
	ck_assert_int_eq(udp_open(host.stack, &remote, 53, NULL, 0, 0, &flow), 0);
	for (uint32_t i = 1; i <= 20000; i++) {
		ck_assert_int_eq(udp_send(host.stack, flow, payload, sizeof payload, host.now_us),
				 0);
		host_expect(&host, STACK_TRANSMIT, &action);
		const uint16_t id = packet_u16(action.bytes, 4);
		host_expect(&host, STACK_TRANSMIT, &action);
		ck_assert_uint_eq(packet_u16(action.bytes, 4), id);
		ck_assert_msg(seen_at[id] == 0 || i - seen_at[id] > 8000, "id %u again after %u",
			      id, i - seen_at[id]);
		seen_at[id] = i;
		successors += (uint16_t)(id - before) < 16;
		before = id;
	}
	ck_assert_uint_lt(successors, 40); /* 16/65536 of 20000 is 5 */
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ipv4");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_packet_that_cannot_be_is_dropped_for_its_reason, 0,
			    COUNT(damages));
	tcase_add_test(tcase, a_wrong_header_checksum_is_noticed);
	tcase_add_test(tcase, a_packet_cut_anywhere_is_dropped);
	tcase_add_test(tcase, padding_behind_the_packet_is_not_payload);
	tcase_add_test(tcase, a_ttl_of_zero_or_one_is_good_enough_for_us);
	tcase_add_loop_test(tcase, options_are_walked_within_their_bounds, 0, COUNT(options));
	tcase_add_test(tcase, broadcast_reaches_listeners_only);
	tcase_add_test(tcase, loopback_addresses_never_leave_the_host);
	tcase_add_test(tcase, what_is_sent_is_sound_and_whole);
	tcase_add_test(tcase, ids_do_not_come_again_soon_and_are_not_counted_up);
	Suite *suite = suite_create("ipv4");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
