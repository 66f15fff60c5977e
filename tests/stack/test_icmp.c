/*
 * ICMP: RFC 792, RFC 4443, RFC 1122, section 3.2.2, RFC 5927, RFC 1191, RFC 8201; SAD DNS
 * (CVE-2020-25705).
 */
#include "tests/stack/icmp_host.h"

/* ---- echo ------------------------------------------------------------------------------------ */

START_TEST(a_ping_is_answered_with_its_own_octets)
{
	const int family = _i;
	static const size_t sizes[] = { 0, 1, 56, 1400 };
	uint8_t body[1400];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(body, (int)i + 3, sizeof body);
		icmp_from(family, peers[family], us[family], family == V4 ? 8 : 128, 0, 0x12340001,
			  body, sizes[i]);
		expect_icmp(family == V4 ? 0 : 129, 0);
		const size_t header_bytes = packet_header_bytes(action.bytes);
		ck_assert_uint_eq(action.size, header_bytes + 8 + sizes[i]);
		ck_assert_uint_eq(packet_u32(action.bytes, header_bytes + 4), 0x12340001);
		ck_assert_mem_eq(action.bytes + header_bytes + 8, body, sizes[i]);
	}
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_ping_to_all_is_answered_in_ipv6_only)
{
	icmp_from(V4, peers[V4], "192.0.2.255", 8, 0, 1, "x", 1);
	host_expect_nothing(&host);
	icmp_from(V6, peers[V6], "ff02::1", 128, 0, 1, "x", 1);
	expect_icmp(129, 0);
	struct ip_addr source = addr_ipv6(action.bytes + 8), expected = addr_of(us[V6]);
	ck_assert(addr_equal(&source, &expected)); /* RFC 4443, section 4.2: not from the group */
}
END_TEST

START_TEST(a_damaged_or_short_message_is_dropped)
{
	const int family = _i;
	const struct packet_spec spec = {
		.source = peers[family],
		.destination = us[family],
		.protocol = family == V4 ? 1 : 58,
		.payload = message,
		.payload_bytes = packet_icmp(message, peers[family], us[family],
					     family == V4 ? 8 : 128, 0, 1, "abc", 3),
	};
	message[9] ^= 4;
	host_receive(&host, packet, packet_build(packet, &spec));
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_CHECKSUM), 1);
	for (size_t size = 0; size < 8; size++) {
		struct packet_spec cut = spec;
		cut.payload_bytes = size;
		host_receive(&host, packet, packet_build(packet, &cut));
	}
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_SHORT), 8);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(our_own_ping_comes_back_and_nobody_elses)
{
	const int family = _i;
	struct ip_addr peer = addr_of(peers[family]);
	const uint8_t reply = family == V4 ? 0 : 129;

	ck_assert_int_eq(stack_echo_send(host.stack, NULL, &peer, 7, 1, 3, "ping", 4, host.now_us), 0);
	expect_icmp(family == V4 ? 8 : 128, 0);
	ck_assert_uint_eq(action.bytes[family == V4 ? 8 : 7], 3); /* the hop limit asked for */
	icmp_from(family, peers[family], us[family], reply, 0, 7u << 16 | 2, "ping", 4);
	icmp_from(family, routers[family], us[family], reply, 0, 7u << 16 | 1, "ping", 4);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_UNMATCHED), 2);
	icmp_from(family, peers[family], us[family], reply, 0, 7u << 16 | 1, "ping", 4);
	host_expect(&host, STACK_ECHO, &action);
	ck_assert_uint_eq(action.user, 7u << 16 | 1);
	ck_assert_mem_eq(action.bytes, "ping", 4);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(time_exceeded_about_our_ping_names_the_router)
{
	const int family = _i;
	struct ip_addr peer = addr_of(peers[family]), router = addr_of(routers[family]);
	uint8_t quote[200];

	ck_assert_int_eq(stack_echo_send(host.stack, NULL, &peer, 7, 9, 1, "ping", 4, host.now_us), 0);
	host_expect(&host, STACK_TRANSMIT, &action);
	const size_t quote_bytes = action.size;
	memcpy(quote, action.bytes, quote_bytes);
	icmp_from(family, routers[family], us[family], family == V4 ? 11 : 3, 0, 0, quote,
		  quote_bytes);
	host_expect(&host, STACK_ERROR, &action);
	ck_assert_int_eq(action.error, STACK_ERROR_TIME_EXCEEDED);
	ck_assert_uint_eq(action.user, 7u << 16 | 9);
	ck_assert_uint_eq(action.flow, 0);
	ck_assert(addr_equal(&action.router, &router) && addr_equal(&action.remote, &peer));
}
END_TEST

START_TEST(in_shared_mode_the_kernel_answers_and_we_are_silent)
{
	const int family = _i;

	teardown();
	host_with(STACK_IF_SHARED);
	icmp_from(family, peers[family], us[family], family == V4 ? 8 : 128, 0, 1, "x", 1);
	host_receive(&host, packet,
		     packet_datagram(packet, peers[family], us[family], 1, 9999, "x", 1));
	host_expect_nothing(&host);
}
END_TEST

/* ---- errors sent ----------------------------------------------------------------------------- */

START_TEST(a_closed_port_is_told_with_the_packet_quoted)
{
	const int family = _i;
	static uint8_t payload[1400];
	static const size_t sizes[] = { 0, 100, 1400 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		const size_t size = packet_datagram(packet, peers[family], us[family], 1000, 9999,
						    payload, sizes[i]);
		host_receive(&host, packet, size);
		expect_icmp(family == V4 ? 3 : 1, family == V4 ? 3 : 4);
		const size_t header_bytes = packet_header_bytes(action.bytes);
		const size_t limit =
			family == V4 ? 576
				     : 1280; /* RFC 1812, section 4.3.2.3; RFC 4443, section 3.1 */
		const size_t whole = header_bytes + 8 + size;
		ck_assert_uint_eq(action.size, whole < limit ? whole : limit);
		ck_assert_mem_eq(action.bytes + header_bytes + 8, packet,
				 action.size - header_bytes - 8);
		host.now_us += 1000000;
		stack_timeout(host.stack, host.now_us);
	}
}
END_TEST

START_TEST(an_unknown_protocol_is_told)
{
	const int family = _i;
	const struct packet_spec spec = { .source = peers[family],
					  .destination = us[family],
					  .protocol = 200,
					  .payload = "x",
					  .payload_bytes = 1 };

	host_receive(&host, packet, packet_build(packet, &spec));
	if (family == V4) {
		expect_icmp(3, 2);
	} else {
		expect_icmp(4, 1);
		ck_assert_uint_eq(packet_u32(action.bytes, 44), 6); /* the next header field */
	}
}
END_TEST

START_TEST(errors_are_never_answered_with_errors)
{
	const int family = _i;
	static const uint8_t nonsense[40] = { 0 };
	static const uint8_t errors[FAMILIES][4] = { { 3, 4, 5, 11 }, { 1, 2, 3, 4 } };

	for (size_t i = 0; i < 4; i++)
		icmp_from(family, peers[family], us[family], errors[family][i], 0, 0, nonsense,
			  sizeof nonsense);
	host_expect_nothing(&host);
}
END_TEST

static const struct {
	const char *behaviour, *source, *destination;
} no_errors[] = {
	{ "to the broadcast address of the prefix", "192.0.2.2", "192.0.2.255" },
	{ "to 255.255.255.255", "192.0.2.2", "255.255.255.255" },
	{ "to an IPv4 group", "192.0.2.2", "224.0.0.1" },
	{ "to an IPv6 group", "2001:db8::2", "ff02::1" },
	{ "from nobody", "0.0.0.0", "192.0.2.1" },
	{ "from nobody in IPv6", "::", "2001:db8::1" },
	{ "from a group", "224.0.0.1", "192.0.2.1" },
	{ "from a group in IPv6", "ff02::1", "2001:db8::1" },
	{ "from the broadcast address", "192.0.2.255", "192.0.2.1" },
};

START_TEST(about_some_packets_nothing_is_said)
{
	host_receive(&host, packet,
		     packet_datagram(packet, no_errors[_i].source, no_errors[_i].destination, 1000,
				     9999, "x", 1));
	ck_assert_msg(!stack_next(host.stack, &action), "a datagram %s", no_errors[_i].behaviour);
}
END_TEST

START_TEST(nothing_is_said_about_fragments)
{
	const int family = _i;
	uint8_t datagram[32];
	const size_t size =
		packet_udp(datagram, peers[family], us[family], 1000, 9999, "0123456789abcdef", 16);
	struct packet_spec spec = { .source = peers[family],
				    .destination = us[family],
				    .protocol = 17,
				    .id = 5,
				    .flags_offset = 0x2000,
				    .payload = datagram,
				    .payload_bytes = 16 };

	host_receive(&host, packet,
		     family == V4 ? packet_build(packet, &spec)
				  : packet_fragment6(packet, peers[V6], us[V6], 17, 5, 0, true,
						     datagram, 16));
	spec.flags_offset = 2;
	spec.payload = datagram + 16;
	spec.payload_bytes = size - 16;
	host_receive(&host, packet,
		     family == V4 ? packet_build(packet, &spec)
				  : packet_fragment6(packet, peers[V6], us[V6], 17, 5, 16, false,
						     datagram + 16, size - 16));
	ck_assert_uint_eq(stack_drops(host.stack, DROP_UDP_NO_FLOW), 1);
	host_expect_nothing(&host);
}
END_TEST

/* How many errors a burst of datagrams to closed ports draws. */
static unsigned
errors_drawn(int family, const char *source, unsigned datagram_count)
{
	unsigned count = 0;

	for (unsigned i = 0; i < datagram_count; i++) {
		host_receive(&host, packet,
			     packet_datagram(packet, source, us[family], 1000, (uint16_t)(2000 + i),
					     "x", 1));
		while (stack_next(host.stack, &action))
			count++;
	}
	return count;
}

START_TEST(errors_to_one_destination_are_limited_and_come_back_with_time)
{
	const int family = _i;
	const unsigned burst = errors_drawn(family, peers[family], 1000);

	ck_assert_uint_ge(burst, 1);
	ck_assert_uint_le(burst, ICMP_CREDIT_MAX);
	ck_assert_uint_eq(stack_drops(host.stack, DROP_ICMP_RATE), 1000 - burst);
	host.now_us += 10 * ICMP_CREDIT_MAX * (uint64_t)ICMP_CREDIT_US;
	ck_assert_uint_ge(errors_drawn(family, peers[family], 1000),
			  ICMP_CREDIT_MAX / ICMP_COST_MAX);
}
END_TEST

/*
 * SAD DNS: the attacker sends probes in the victim's name and looks whether its own next probe
 * still draws an error. What it sees must not depend on what others drew.
 */
START_TEST(the_limit_of_one_destination_says_nothing_about_another)
{
	const int family = _i;
	const char *const attacker = routers[family], *const victim = peers[family];
	unsigned drawn[2] = { 0, 0 };

	for (unsigned round = 0; round < 200; round++) {
		const bool probes = round % 2 != 0;
		if (probes)
			(void)errors_drawn(family, victim, 50);
		drawn[probes] += errors_drawn(family, attacker, 1);
		host.now_us += 4 * ICMP_CREDIT_US; /* more than the attacker spends */
	}
	ck_assert_uint_eq(drawn[0], 100);
	ck_assert_uint_eq(drawn[1], 100);
}
END_TEST

/* The other way round: a limit that is used up must not be refilled by what others draw. */
START_TEST(a_limit_that_is_used_up_says_nothing_about_others_either)
{
	const int family = _i;

	for (unsigned round = 0; round < 50; round++) {
		(void)errors_drawn(family, routers[family], 50);
		(void)errors_drawn(family, peers[family], 50);
		ck_assert_uint_eq(errors_drawn(family, routers[family], 5), 0);
		host.now_us += 4 * ICMP_CREDIT_US;
	}
}
END_TEST

START_TEST(the_size_of_a_burst_cannot_be_foretold_from_the_one_before)
{
	unsigned seen[ICMP_CREDIT_MAX + 1] = { 0 }, different = 0;

	for (unsigned i = 0; i < 200; i++) {
		seen[errors_drawn(V4, peers[V4], 20)]++;
		host.now_us += 2 * ICMP_CREDIT_MAX * (uint64_t)ICMP_CREDIT_US;
	}
	for (unsigned i = 1; i <= ICMP_CREDIT_MAX; i++)
		different += seen[i] > 5;
	ck_assert_uint_ge(different, 3);
}
END_TEST

START_TEST(the_size_of_a_first_burst_cannot_be_foretold)
{
	char source[ADDR_TEXT_BYTES];
	unsigned seen[ICMP_CREDIT_MAX + 1] = { 0 }, different = 0;

	for (unsigned i = 1; i < 200; i++) {
		snprintf(source, sizeof source, "198.51.100.%u", i);
		seen[errors_drawn(V4, source, 20)]++;
	}
	for (unsigned i = 1; i <= ICMP_CREDIT_MAX; i++)
		different += seen[i] > 5;
	ck_assert_uint_ge(different, 4);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("icmp");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_ping_is_answered_with_its_own_octets, 0, FAMILIES);
	tcase_add_test(tcase, a_ping_to_all_is_answered_in_ipv6_only);
	tcase_add_loop_test(tcase, a_damaged_or_short_message_is_dropped, 0, FAMILIES);
	tcase_add_loop_test(tcase, our_own_ping_comes_back_and_nobody_elses, 0, FAMILIES);
	tcase_add_loop_test(tcase, time_exceeded_about_our_ping_names_the_router, 0, FAMILIES);
	tcase_add_loop_test(tcase, in_shared_mode_the_kernel_answers_and_we_are_silent, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, a_closed_port_is_told_with_the_packet_quoted, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_unknown_protocol_is_told, 0, FAMILIES);
	tcase_add_loop_test(tcase, errors_are_never_answered_with_errors, 0, FAMILIES);
	tcase_add_loop_test(tcase, about_some_packets_nothing_is_said, 0, COUNT(no_errors));
	tcase_add_loop_test(tcase, nothing_is_said_about_fragments, 0, FAMILIES);
	tcase_add_loop_test(tcase, errors_to_one_destination_are_limited_and_come_back_with_time, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, the_limit_of_one_destination_says_nothing_about_another, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, a_limit_that_is_used_up_says_nothing_about_others_either, 0,
			    FAMILIES);
	tcase_add_test(tcase, the_size_of_a_burst_cannot_be_foretold_from_the_one_before);
	tcase_add_test(tcase, the_size_of_a_first_burst_cannot_be_foretold);
	Suite *suite = suite_create("icmp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
