/* IPv6 and its extension headers: RFC 8200, RFC 4291, RFC 5095, RFC 8504. */
#include <string.h>

#include "stack/ipv6.h"
#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define US   "2001:db8::1"
#define PEER "2001:db8::2"

static struct host host;
static uint8_t packet[PACKET_BYTES_MAX];
static struct stack_action action;

static void
setup(void)
{
	struct ip_addr any = { 0 };

	host_init(&host, &(struct host_config){ .ipv6 = US "/64" });
	ck_assert_int_eq(udp_listen(host.stack, &any, 53, 1), 0);
}

static void
teardown(void)
{
	host_fini(&host);
}

/* The headers, the first of them of type `next`, and a datagram behind. */
static void
receive_with(const char *destination, uint8_t next, const uint8_t *headers, size_t headers_bytes)
{
	static uint8_t payload[PACKET_BYTES_MAX];
	const struct packet_spec spec = {
		.source = PEER,
		.destination = destination,
		.protocol = next,
		.payload = payload,
		.payload_bytes = headers_bytes + packet_udp(payload + headers_bytes, PEER,
							    destination, 1000, 53, "hello", 5),
	};

	memcpy(payload, headers, headers_bytes);
	host_receive(&host, packet, packet_build(packet, &spec));
}

#define UDP      17
#define HOP      0
#define DST      60
#define ROUTING  43
#define FRAGMENT 44

static const struct {
	const char *behaviour;
	const char *destination; /* NULL: us */
	uint8_t next, headers[32];
	size_t headers_bytes;
	enum drop drop; /* DROP_REASON_COUNT: it arrives */
	int code;       /* of the parameter problem; -1: none */
	uint32_t pointer;
} cases[] = {
	{ "padding is skipped",
	  NULL,
	  HOP,
	  { UDP, 0, 1, 4, 0, 0, 0, 0 },
	  8,
	  DROP_REASON_COUNT,
	  -1,
	  0 },
	{ "single padding too",
	  NULL,
	  DST,
	  { UDP, 0, 0, 0, 0, 0, 0, 0 },
	  8,
	  DROP_REASON_COUNT,
	  -1,
	  0 },
	{ "router alert is skipped",
	  NULL,
	  HOP,
	  { UDP, 0, 5, 2, 0, 0, 1, 0 },
	  8,
	  DROP_REASON_COUNT,
	  -1,
	  0 },
	{ "all headers one behind the other",
	  NULL,
	  HOP,
	  { DST,      0, 1, 4, 0, 0, 0, 0, ROUTING, 0, 1, 4, 0, 0, 0, 0,
	    FRAGMENT, 0, 9, 0, 0, 0, 0, 0, UDP,     0, 0, 0, 1, 2, 3, 4 },
	  32,
	  DROP_REASON_COUNT,
	  -1,
	  0 },
	{ "unknown option, 00: skip it",
	  NULL,
	  DST,
	  { UDP, 0, 0x1e, 4, 0, 0, 0, 0 },
	  8,
	  DROP_REASON_COUNT,
	  -1,
	  0 },
	{ "unknown option, 01: drop the packet",
	  NULL,
	  DST,
	  { UDP, 0, 0x5e, 4, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_OPTION,
	  -1,
	  0 },
	{ "unknown option, 10: and say so",
	  NULL,
	  DST,
	  { UDP, 0, 1, 0, 0x9e, 2, 0, 0 },
	  8,
	  DROP_IPV6_OPTION,
	  2,
	  44 },
	{ "unknown option, 11: and say so",
	  NULL,
	  HOP,
	  { UDP, 0, 0xde, 4, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_OPTION,
	  2,
	  42 },
	{ "unknown option, 10, to a group: say so",
	  "ff02::1",
	  DST,
	  { UDP, 0, 0x9e, 4, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_OPTION,
	  2,
	  42 },
	{ "unknown option, 11, to a group: be silent",
	  "ff02::1",
	  DST,
	  { UDP, 0, 0xde, 4, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_OPTION,
	  -1,
	  0 },
	{ "an option that ends behind its header",
	  NULL,
	  DST,
	  { UDP, 0, 1, 5, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_EXTENSIONS,
	  -1,
	  0 },
	{ "an option without its length",
	  NULL,
	  DST,
	  { UDP, 0, 0, 0, 0, 0, 0, 1 },
	  8,
	  DROP_IPV6_EXTENSIONS,
	  -1,
	  0 },
	{ "a header that ends behind the packet",
	  NULL,
	  DST,
	  { UDP, 9, 1, 4, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_EXTENSIONS,
	  -1,
	  0 },
	{ "hop-by-hop options behind another header (RFC 8200, section 4.1)",
	  NULL,
	  DST,
	  { HOP, 0, 1, 4, 0, 0, 0, 0, UDP, 0, 1, 4, 0, 0, 0, 0 },
	  16,
	  DROP_IPV6_EXTENSIONS,
	  1,
	  40 },
	{ "a routing header that is used up",
	  NULL,
	  ROUTING,
	  { UDP, 0, 0, 0, 0, 0, 0, 0 },
	  8,
	  DROP_REASON_COUNT,
	  -1,
	  0 },
	{ "a routing header of type 0 that is not (RFC 5095)",
	  NULL,
	  ROUTING,
	  { UDP, 0, 0, 1, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_ROUTING,
	  0,
	  42 },
	{ "a routing header of unknown type that is not (RFC 8200, section 4.4)",
	  NULL,
	  ROUTING,
	  { UDP, 0, 200, 1, 0, 0, 0, 0 },
	  8,
	  DROP_IPV6_ROUTING,
	  0,
	  42 },
	{ "no next header: nothing to do (RFC 8200, section 4.7)",
	  NULL,
	  59,
	  { 0 },
	  0,
	  DROP_IPV6_NO_NEXT,
	  -1,
	  0 },
};

START_TEST(extension_headers_are_walked_as_rfc_8200_says)
{
	receive_with(cases[_i].destination != NULL ? cases[_i].destination : US, cases[_i].next,
		     cases[_i].headers, cases[_i].headers_bytes);
	if (cases[_i].drop == DROP_REASON_COUNT) {
		ck_assert_msg(stack_next(host.stack, &action) && action.kind == STACK_DATAGRAM,
			      "%s", cases[_i].behaviour);
		ck_assert_mem_eq(action.bytes, "hello", 5);
		return;
	}
	ck_assert_msg(stack_drops(host.stack, cases[_i].drop) == 1, "%s", cases[_i].behaviour);
	if (cases[_i].code < 0) {
		ck_assert_msg(!stack_next(host.stack, &action), "%s", cases[_i].behaviour);
		return;
	}
	ck_assert_msg(stack_next(host.stack, &action), "%s", cases[_i].behaviour);
	ck_assert_uint_eq(action.bytes[40], 4);
	ck_assert_int_eq(action.bytes[41], cases[_i].code);
	ck_assert_msg(packet_u32(action.bytes, 44) == cases[_i].pointer, "%s: %u",
		      cases[_i].behaviour, packet_u32(action.bytes, 44));
	ck_assert(packet_is_sound(action.bytes, action.size));
}
END_TEST

START_TEST(a_chain_of_headers_is_bounded)
{
	uint8_t headers[IPV6_EXTENSIONS_MAX + 2][8];

	for (size_t count = 1; count <= COUNT(headers); count++) {
		for (size_t i = 0; i < count; i++)
			memcpy(headers[i], (const uint8_t[8]){ i + 1 < count ? DST : UDP, 0, 1, 4 },
			       8);
		receive_with(US, DST, headers[0], 8 * count);
		if (count <= IPV6_EXTENSIONS_MAX)
			host_expect(&host, STACK_DATAGRAM, &action);
		else
			host_expect_nothing(&host);
	}
	ck_assert_uint_eq(stack_drops(host.stack, DROP_IPV6_EXTENSIONS_LIMIT), 2);
}
END_TEST

START_TEST(extension_headers_are_bounded_in_octets)
{
	static uint8_t headers[1024];

	for (unsigned eights = 1; eights <= 127; eights++) {
		memset(headers, 0, sizeof headers);
		headers[0] = UDP;
		headers[1] = (uint8_t)(eights - 1);
		receive_with(US, DST, headers, eights * 8u);
		if (eights * 8u <= IPV6_EXTENSION_BYTES_MAX)
			host_expect(&host, STACK_DATAGRAM, &action);
		else
			host_expect_nothing(&host);
	}
}
END_TEST

static const struct {
	const char *behaviour, *source, *destination;
	enum drop drop;
} addresses[] = {
	{ "from a group", "ff02::5", US, DROP_IP_SOURCE },
	{ "from the loopback address", "::1", US, DROP_IP_SOURCE },
	{ "from ourselves", US, US, DROP_IP_SOURCE },
	{ "from a mapped address (RFC 4291, section 2.5.5.2)", "::ffff:192.0.2.9", US,
	  DROP_IP_SOURCE },
	{ "to another", PEER, "2001:db8::77", DROP_IP_NOT_OURS },
	{ "to a group of others", PEER, "ff02::99", DROP_IP_NOT_OURS },
	{ "to the loopback address", PEER, "::1", DROP_IP_NOT_OURS },
};

START_TEST(addresses_that_cannot_be_are_dropped)
{
	host_receive(&host, packet,
		     packet_datagram(packet, addresses[_i].source, addresses[_i].destination, 1000,
				     53, "x", 1));
	ck_assert_msg(stack_drops(host.stack, addresses[_i].drop) == 1, "%s",
		      addresses[_i].behaviour);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_packet_cut_anywhere_is_dropped)
{
	const size_t size = packet_datagram(packet, PEER, US, 1000, 53, "hello", 5);

	for (size_t cut = 0; cut < size; cut++) {
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

START_TEST(what_is_sent_is_sound)
{
	struct ip_addr remote = addr_of(PEER);
	uint8_t payload[1452] = { 1, 2, 3 };
	udp_flow flow;

	ck_assert_int_eq(udp_open(host.stack, &remote, 53, NULL, 0, 0, &flow), 0);
	for (size_t size = 0; size <= sizeof payload; size += 121) {
		ck_assert_int_eq(udp_send(host.stack, flow, payload, size, host.now_us), 0);
		host_expect(&host, STACK_TRANSMIT, &action);
		ck_assert_uint_eq(action.size, 48 + size);
		ck_assert(packet_is_sound(action.bytes, action.size));
		ck_assert_uint_eq(action.bytes[6], UDP);
		ck_assert_uint_eq(action.bytes[7], 64);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ipv6");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, extension_headers_are_walked_as_rfc_8200_says, 0, COUNT(cases));
	tcase_add_test(tcase, a_chain_of_headers_is_bounded);
	tcase_add_test(tcase, extension_headers_are_bounded_in_octets);
	tcase_add_loop_test(tcase, addresses_that_cannot_be_are_dropped, 0, COUNT(addresses));
	tcase_add_test(tcase, a_packet_cut_anywhere_is_dropped);
	tcase_add_test(tcase, what_is_sent_is_sound);
	Suite *suite = suite_create("ipv6");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
