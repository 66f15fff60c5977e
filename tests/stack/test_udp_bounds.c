/* UDP (RFC 768, RFC 8200, section 8.1): lengths, checksums, full queues, and routes that change. */
#include "tests/stack/udp_hosts.h"

/* ---- lengths and checksums ------------------------------------------------------------------- */

/* The UDP header of a good datagram of 5 octets, changed. */
static const struct {
	const char *behaviour;
	uint8_t at;
	uint8_t octets[2];
	enum drop drop[FAMILIES]; /* DROP_REASON_COUNT: it arrives */
} headers[] = {
	{ "a length below eight", 4, { 0, 7 }, { DROP_UDP_LENGTH, DROP_UDP_LENGTH } },
	{ "a length beyond the packet", 4, { 0, 14 }, { DROP_UDP_LENGTH, DROP_UDP_LENGTH } },
	{ "a length of zero", 4, { 0, 0 }, { DROP_UDP_LENGTH, DROP_UDP_LENGTH } },
	{ "to port 0", 2, { 0, 0 }, { DROP_UDP_LENGTH, DROP_UDP_LENGTH } },
	{ "a wrong checksum", 6, { 0x12, 0x34 }, { DROP_UDP_CHECKSUM, DROP_UDP_CHECKSUM } },
	{ "no checksum", 6, { 0, 0 }, { DROP_REASON_COUNT, DROP_UDP_CHECKSUM } },
};

START_TEST(udp_headers_are_checked)
{
	const int family = _i % FAMILIES;
	const size_t i = (size_t)_i / FAMILIES;
	const enum drop drop = headers[i].drop[family];

	listen_on(&a, NULL, 53, 1);
	const size_t size =
		packet_datagram(packet, peers[family], us[family], 1000, 53, "hello", 5);
	memcpy(packet + packet_header_bytes(packet) + headers[i].at, headers[i].octets, 2);
	host_receive(&a, packet, size);
	if (drop == DROP_REASON_COUNT)
		host_expect(&a, STACK_DATAGRAM, &action);
	else
		ck_assert_msg(stack_drops(a.stack, drop) == 1, "%s", headers[i].behaviour);
}
END_TEST

START_TEST(any_flipped_bit_of_a_datagram_is_noticed)
{
	const int family = _i;

	listen_on(&a, NULL, 53, 1);
	const size_t size =
		packet_datagram(packet, peers[family], us[family], 1000, 53, "hello", 5);
	for (size_t bit = packet_header_bytes(packet) * 8; bit < size * 8; bit++) {
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
		host_receive(&a, packet, size);
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
		while (stack_next(a.stack, &action))
			ck_assert_int_ne(action.kind, STACK_DATAGRAM);
	}
}
END_TEST

START_TEST(a_payload_longer_than_the_udp_length_is_cut)
{
	const int family = _i;
	uint8_t datagram[64];
	const size_t size = packet_udp(datagram, peers[family], us[family], 1000, 53, "hello", 5);
	const struct packet_spec spec = { .source = peers[family],
					  .destination = us[family],
					  .protocol = 17,
					  .payload = datagram,
					  .payload_bytes = size + 20 };

	listen_on(&a, NULL, 53, 1);
	memset(datagram + size, 'x', 20);
	host_receive(&a, packet, packet_build(packet, &spec));
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.size, 5);
}
END_TEST

/* A checksum field that holds the pseudo-header's sum only, as a local kernel leaves it. */
static size_t
unfilled_make(int family)
{
	const size_t size =
		packet_datagram(packet, peers[family], us[family], 1000, 53, "hello", 5);
	uint8_t *udp = packet + packet_header_bytes(packet);
	uint32_t sum = ~packet_u16(udp, 6) & 0xffffu;

	for (size_t i = 0; i < 13; i++) /* takes the datagram out of the sum again */
		sum += 0xffff - (i % 2 == 0 ? (uint32_t)(i == 6 ? 0 : udp[i]) << 8
				 : i == 7   ? 0u
					    : udp[i]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
	return size;
}

START_TEST(an_unfilled_checksum_passes_only_where_local_peers_are)
{
	const int family = _i % FAMILIES;
	const uint32_t if_flags = _i / FAMILIES != 0 ? STACK_IF_LOCAL_PEERS : 0;

	host_fini(&a);
	host_init(&a, &(struct host_config){ .ipv4 = "192.0.2.1/24",
					     .ipv6 = "2001:db8::1/64",
					     .if_flags = if_flags });
	listen_on(&a, NULL, 53, 1);
	const size_t size = unfilled_make(family);
	host_receive(&a, packet, size);
	if (if_flags == 0) {
		ck_assert_uint_eq(stack_drops(a.stack, DROP_UDP_CHECKSUM), 1);
		stack_receive(a.stack, a.ifindex, packet, size, STACK_RX_CHECKSUM_PARTIAL,
			      a.now_us);
	}
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_mem_eq(action.bytes, "hello", 5);
	packet[packet_header_bytes(packet) + 7] ^= 1;
	host_receive(&a, packet, size);
	host_expect_nothing(&a);
}
END_TEST

START_TEST(a_link_that_fills_checksums_is_told_where)
{
	const int family = _i;

	host_fini(&a);
	host_init(&a, &(struct host_config){ .ipv4 = "192.0.2.1/24",
					     .ipv6 = "2001:db8::1/64",
					     .if_flags = STACK_IF_CHECKSUM_TX });
	udp_flow flow = open_to(family, 0, 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "hello", 5, a.now_us), 0);
	host_expect(&a, STACK_TRANSMIT, &action);
	const size_t header_bytes = packet_header_bytes(action.bytes);
	ck_assert_uint_eq(action.checksum_start, header_bytes);
	ck_assert_uint_eq(action.checksum_offset, 6);
	/* As the device does it: sum everything from there on, with what the field holds. */
	uint8_t sent[128];
	uint32_t sum = 0;
	memcpy(sent, action.bytes, action.size);
	for (size_t i = header_bytes; i < action.size; i++)
		sum += (i - header_bytes) % 2 == 0 ? (uint32_t)sent[i] << 8 : sent[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	sent[header_bytes + 6] = (uint8_t)(~sum >> 8);
	sent[header_bytes + 7] = (uint8_t)~sum;
	ck_assert(packet_is_sound(sent, action.size));
}
END_TEST

START_TEST(a_checksum_that_comes_to_zero_is_sent_as_ones)
{
	const int family = _i;
	udp_flow flow = open_to(family, 5000, 0);
	uint8_t payload[2] = { 0, 0 };
	unsigned ones = 0;

	for (unsigned i = 0; i < 65536; i++) {
		payload[0] = (uint8_t)(i >> 8);
		payload[1] = (uint8_t)i;
		ck_assert_int_eq(udp_send(a.stack, flow, payload, 2, a.now_us), 0);
		host_expect(&a, STACK_TRANSMIT, &action);
		const uint16_t checksum =
			packet_u16(action.bytes, packet_header_bytes(action.bytes) + 6);
		ck_assert_uint_ne(checksum, 0);
		ones += checksum == 0xffff;
	}
	ck_assert_uint_ge(ones, 1); /* RFC 768 */
}
END_TEST

/* ---- bounds and changes ---------------------------------------------------------------------- */

START_TEST(datagrams_larger_than_ip_holds_are_refused)
{
	const int family = _i;
	static uint8_t payload[65536];
	const size_t largest = family == V4 ? 65507 : 65527;
	udp_flow flow = open_to(family, 0, 0);

	ck_assert_int_eq(udp_send(a.stack, flow, payload, largest + 1, a.now_us), ERR_TOO_BIG);
	ck_assert_int_eq(udp_send(a.stack, flow, payload, 65536, a.now_us), ERR_TOO_BIG);
	host_expect_nothing(&a);
	ck_assert_int_eq(udp_send(a.stack, flow, payload, largest, a.now_us), 0);
	host_expect(&a, STACK_TRANSMIT, &action);
}
END_TEST

START_TEST(no_packet_is_larger_than_the_mtu_and_none_is_cut_without_need)
{
	const int family = _i;
	static uint8_t payload[1600];
	const size_t whole_max = 1500 - (family == V4 ? 28 : 48);
	udp_flow flow = open_to(family, 0, 0);

	for (size_t size = 1400; size <= sizeof payload; size++) {
		unsigned count = 0;
		ck_assert_int_eq(udp_send(a.stack, flow, payload, size, a.now_us), 0);
		for (; stack_next(a.stack, &action); count++)
			ck_assert_uint_le(action.size, 1500);
		ck_assert_uint_eq(count, size <= whole_max ? 1 : 2);
	}
}
END_TEST

START_TEST(a_full_transmit_queue_refuses_and_counts)
{
	const int family = _i;
	static uint8_t payload[1400];
	udp_flow flow = open_to(family, 0, 0);
	unsigned sent = 0, seen = 0;

	while (udp_send(a.stack, flow, payload, sizeof payload, a.now_us) == 0)
		sent++;
	ck_assert_uint_eq(stack_drops(a.stack, DROP_TRANSMIT_FULL), 1);
	while (stack_next(a.stack, &action))
		seen++;
	ck_assert_uint_eq(seen, sent);
	ck_assert_int_eq(udp_send(a.stack, flow, payload, sizeof payload, a.now_us), 0);
}
END_TEST

START_TEST(a_full_receive_queue_drops_the_newest_and_counts)
{
	const int family = _i;
	static uint8_t payload[1400];
	unsigned seen = 0;

	listen_on(&a, NULL, 53, 1);
	for (unsigned i = 0; i < 1000; i++)
		host_receive(&a, packet,
			     packet_datagram(packet, peers[family], us[family], 1000, 53, payload,
					     sizeof payload));
	while (stack_next(a.stack, &action))
		seen++;
	ck_assert_uint_gt(seen, 100);
	ck_assert_uint_eq(seen + stack_drops(a.stack, DROP_RECEIVE_FULL), 1000);
}
END_TEST

START_TEST(a_flow_follows_the_routes_as_they_change)
{
	struct ip_addr remote = addr_of("203.0.113.1"), local = addr_of(us[V4]);
	udp_flow flow;

	host_route(&a, "0.0.0.0/0", "192.0.2.254", 0);
	ck_assert_int_eq(udp_open(a.stack, &remote, 53, NULL, 0, 0, &flow), 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), 0);
	stack_route_flush(a.stack, a.ifindex);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), ERR_NO_ROUTE);
	host_route(&a, "203.0.113.0/24", "192.0.2.253", 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), 0);
	ck_assert_int_eq(stack_addr_del(a.stack, a.ifindex, &local), 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), ERR_NO_ROUTE);
	host_addr(&a, "192.0.2.1/24", STACK_ADDR_NO_DAD);
	ck_assert_int_eq(stack_if_set_up(a.stack, a.ifindex, false, a.now_us), 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), ERR_NO_ROUTE);
	ck_assert_int_eq(stack_if_set_up(a.stack, a.ifindex, true, a.now_us), 0);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), 0);
}
END_TEST

START_TEST(a_link_local_peer_is_on_the_link_of_the_own_address)
{
	const struct stack_if_config config = { .name = "second",
						.kind = STACK_IF_IP,
						.mtu = 1500 };
	struct stack_addr own = { .prefix_len = 64, .flags = STACK_ADDR_NO_DAD };
	struct ip_addr remote = addr_of("fe80::9");
	unsigned second;

	ck_assert_int_eq(stack_if_add(a.stack, &config, &second), 0);
	ck_assert_int_eq(stack_if_set_up(a.stack, second, true, a.now_us), 0);
	host_addr(&a, "fe80::1/64", STACK_ADDR_NO_DAD);
	own.addr = addr_of("fe80::2");
	ck_assert_int_eq(stack_addr_add(a.stack, second, &own, a.now_us), 0);
	for (unsigned ifindex = 0; ifindex <= second; ifindex++) {
		struct ip_addr local = addr_of(ifindex == second ? "fe80::2" : "fe80::1");
		ck_assert_int_eq(udp_reply(a.stack, &local, 53, &remote, 1000, "x", 1, a.now_us),
				 0);
		host_expect(&a, STACK_TRANSMIT, &action);
		ck_assert_uint_eq(action.ifindex, ifindex);
	}
}
END_TEST

START_TEST(hop_limit_and_traffic_class_are_those_asked_for)
{
	const int family = _i;
	const struct udp_options options = { .hop_limit = 3, .traffic_class = 0xb8 };
	struct ip_addr remote = addr_of(peers[family]);
	udp_flow flow = open_to(family, 0, 7);

	udp_set_options(a.stack, flow, &options);
	ck_assert_int_eq(udp_send(a.stack, flow, "x", 1, a.now_us), 0);
	ck_assert_int_eq(
		udp_send_to(a.stack, NULL, 99, &remote, 53, &options, "x", 1, a.now_us), 0);
	for (int i = 0; i < 2; i++) {
		host_expect(&a, STACK_TRANSMIT, &action);
		ck_assert_uint_eq(action.bytes[family == V4 ? 8 : 7], 3);
		ck_assert_uint_eq(family == V4 ? action.bytes[1]
					       : packet_u32(action.bytes, 0) >> 20 & 0xff,
				  0xb8);
	}
	ck_assert_int_eq(udp_send_to(a.stack, NULL, 99, &remote, 53, NULL, "x", 1, a.now_us), 0);
	host_expect(&a, STACK_TRANSMIT, &action);
	ck_assert_uint_eq(action.bytes[family == V4 ? 8 : 7], 64);
}
END_TEST

START_TEST(the_narrower_listener_comes_first)
{
	const int family = _i;
	const struct ip_addr of_family = { .family = family == V4 ? ADDR_IPV4 : ADDR_IPV6 };
	const struct ip_addr own = addr_of(us[family]);
	const size_t size = packet_datagram(packet, peers[family], us[family], 1000, 53, "x", 1);

	listen_on(&a, NULL, 53, 1);
	host_receive(&a, packet, size);
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 1);
	ck_assert_int_eq(udp_listen(a.stack, &of_family, 53, 2), 0);
	host_receive(&a, packet, size);
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 2);
	listen_on(&a, us[family], 53, 3);
	host_receive(&a, packet, size);
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 3);
	ck_assert_int_eq(udp_unlisten(a.stack, &own, 53, 3), 0);
	ck_assert_int_eq(udp_unlisten(a.stack, &of_family, 53, 2), 0);
	host_receive(&a, packet, packet_datagram(packet, peers[V6 - family], us[V6 - family], 1000,
						 53, "x", 1));
	host_expect(&a, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 1);
}
END_TEST

START_TEST(an_interface_that_is_down_takes_nothing)
{
	listen_on(&a, NULL, 53, 1);
	ck_assert_int_eq(stack_if_set_up(a.stack, a.ifindex, false, a.now_us), 0);
	host_receive(&a, packet, packet_datagram(packet, peers[V4], us[V4], 1000, 53, "x", 1));
	stack_receive(a.stack, 7, packet, 30, 0, a.now_us);
	ck_assert_uint_eq(stack_drops(a.stack, DROP_INTERFACE_DOWN), 2);
	host_expect_nothing(&a);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("udp_bounds");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, udp_headers_are_checked, 0, FAMILIES * COUNT(headers));
	tcase_add_loop_test(tcase, any_flipped_bit_of_a_datagram_is_noticed, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_payload_longer_than_the_udp_length_is_cut, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_unfilled_checksum_passes_only_where_local_peers_are, 0,
			    2 * FAMILIES);
	tcase_add_loop_test(tcase, a_link_that_fills_checksums_is_told_where, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_checksum_that_comes_to_zero_is_sent_as_ones, 0, FAMILIES);
	tcase_add_loop_test(tcase, datagrams_larger_than_ip_holds_are_refused, 0, FAMILIES);
	tcase_add_loop_test(tcase, no_packet_is_larger_than_the_mtu_and_none_is_cut_without_need, 0,
			    FAMILIES);
	tcase_add_loop_test(tcase, a_full_transmit_queue_refuses_and_counts, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_full_receive_queue_drops_the_newest_and_counts, 0, FAMILIES);
	tcase_add_test(tcase, a_flow_follows_the_routes_as_they_change);
	tcase_add_test(tcase, a_link_local_peer_is_on_the_link_of_the_own_address);
	tcase_add_loop_test(tcase, hop_limit_and_traffic_class_are_those_asked_for, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_narrower_listener_comes_first, 0, FAMILIES);
	tcase_add_test(tcase, an_interface_that_is_down_takes_nothing);
	Suite *suite = suite_create("udp: bounds");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
