/* Datagrams told from the frame they came in, and replies in that frame: stack/udp_turn.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define ETHER_BYTES 14u
#define PORT        53u
#define LENT        (STACK_RX_LENT | STACK_RX_WRITABLE)

static const char *const ours[] = { "192.0.2.1", "2001:db8::1" };
static const char *const theirs[] = { "198.51.100.9", "2001:db8:9::9" }; /* beyond a router that nobody has told us of */
static const struct mac_addr our_mac = { { 2, 0, 0, 0, 0, 1 } }, router_mac = { { 2, 0, 0, 0, 0, 2 } };
static const uint8_t types[][2] = { { 0x08, 0x00 }, { 0x86, 0xdd } };

static struct host host;
static struct stack_action action;
static uint8_t *frame; /* of STACK_RX_ROOM_BYTES, so that the sanitizer sees a step beyond */
static uint8_t built[PACKET_BYTES_MAX];

static void
setup(void)
{
	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24",
	                                        .ipv6 = "2001:db8::1/64",
	                                        .kind = STACK_IF_ETHER,
	                                        .mac = our_mac });
	ck_assert_int_eq(udp_listen(host.stack, &(struct ip_addr){ .family = ADDR_NONE }, PORT, 7), 0);
	while (stack_next(host.stack, &action))
		;
	frame = malloc(STACK_RX_ROOM_BYTES);
	ck_assert_ptr_nonnull(frame);
}

static void
teardown(void)
{
	free(frame);
	host_fini(&host);
}

/* The packet in `built`, in a frame from the router; returns the frame's size. */
static size_t
frame_packet(int family, size_t packet_bytes)
{
	memcpy(frame, &our_mac, sizeof our_mac);
	memcpy(frame + 6, &router_mac, sizeof router_mac);
	memcpy(frame + 12, types[family], 2);
	memcpy(frame + ETHER_BYTES, built, packet_bytes);
	return ETHER_BYTES + packet_bytes;
}

static void
receive(int family, uint32_t rx_flags, const char *text)
{
	const size_t size = packet_datagram(built, theirs[family], ours[family], 4242, PORT, text, strlen(text));
	stack_receive(host.stack, host.ifindex, frame, frame_packet(family, size), rx_flags, host.now_us);
}

static void
expect_datagram(const char *text)
{
	host_expect(&host, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.user, 7);
	ck_assert_uint_eq(action.size, strlen(text));
	ck_assert_mem_eq(action.bytes, text, strlen(text));
}

/* What goes out to the router is a sound packet with this payload, in answer to what came. */
static void
expect_reply(int family, const uint8_t *payload, size_t size)
{
	host_expect(&host, STACK_TRANSMIT, &action);
	const uint8_t *packet = action.bytes + ETHER_BYTES;
	const size_t header = family == 0 ? 20 : 40, packet_bytes = header + 8 + size;
	const struct ip_addr from = addr_of(ours[family]), to = addr_of(theirs[family]);
	const size_t addr_bytes = family == 0 ? 4 : 16, addrs_at = family == 0 ? 12 : 8;
	ck_assert_uint_eq(action.size, ETHER_BYTES + packet_bytes < 60 ? 60 : ETHER_BYTES + packet_bytes);
	ck_assert_mem_eq(action.bytes, &router_mac, 6);
	ck_assert_mem_eq(action.bytes + 6, &our_mac, 6);
	ck_assert_mem_eq(action.bytes + 12, types[family], 2);
	ck_assert_mem_eq(packet + addrs_at, from.octets, addr_bytes);
	ck_assert_mem_eq(packet + addrs_at + addr_bytes, to.octets, addr_bytes);
	ck_assert_uint_eq(packet_u16(packet, header), PORT);
	ck_assert_uint_eq(packet_u16(packet, header + 2), 4242);
	ck_assert_mem_eq(packet + header + 8, payload, size);
	ck_assert(packet_is_sound(packet, packet_bytes));
	ck_assert_uint_eq(action.checksum_start, 0);
	for (size_t at = ETHER_BYTES + packet_bytes; at < action.size; at++)
		ck_assert_uint_eq(action.bytes[at], 0);
}

START_TEST(a_lent_datagram_lies_where_it_came_and_its_reply_goes_from_there)
{
	static uint8_t payload[1472];
	const size_t sizes[] = { 1, 17, 100, 1452 };
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		receive(_i, LENT, "a question");
		expect_datagram("a question");
		ck_assert_ptr_eq(action.bytes, frame + ETHER_BYTES + (_i == 0 ? 28 : 48));
		ck_assert_int_eq(udp_turn(host.stack, payload, sizes[i], host.now_us), 0);
		expect_reply(_i, payload, sizes[i]);
		ck_assert_ptr_eq(action.bytes, frame);
		host_expect_nothing(&host);
		stack_settle(host.stack);
		host_expect_nothing(&host);
	}
	struct stack_stats stats;
	stack_stats(host.stack, &stats);
	ck_assert_uint_eq(stats.datagrams_in, COUNT(sizes));
	ck_assert_uint_eq(stats.datagrams_out, COUNT(sizes));
	ck_assert_uint_eq(stats.sent_frames, COUNT(sizes));
}
END_TEST

START_TEST(what_is_not_taken_before_the_loan_ends_is_copied)
{
	receive(_i, LENT, "a question");
	stack_settle(host.stack);
	memset(frame, 0xff, STACK_RX_ROOM_BYTES);
	expect_datagram("a question");
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);

	receive(_i, LENT, "another");
	expect_datagram("another");
	ck_assert_int_eq(udp_turn(host.stack, "an answer", 9, host.now_us), 0);
	stack_settle(host.stack);
	memset(frame, 0xff, STACK_RX_ROOM_BYTES);
	expect_reply(_i, (const uint8_t *)"an answer", 9);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(the_next_frame_ends_the_loan_as_well_and_order_is_kept)
{
	static const char *const texts[] = { "first", "second", "third" };
	uint8_t *const lent = frame, *frames[COUNT(texts)];
	for (size_t i = 0; i < COUNT(texts); i++) {
		frame = frames[i] = malloc(STACK_RX_ROOM_BYTES);
		receive(_i, LENT, texts[i]);
	}
	frame = lent;
	for (size_t i = 0; i < COUNT(texts); i++) {
		expect_datagram(texts[i]);
		/* All but the last were copied, and the last waited behind them. */
		ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);
	}
	for (size_t i = 0; i < COUNT(texts); i++)
		free(frames[i]);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(of_a_flow_that_was_closed_meanwhile_nothing_is_told)
{
	static const char *const neighbours[] = { "192.0.2.9", "2001:db8::9" };
	const struct ip_addr remote = addr_of(neighbours[_i]);
	const size_t size = packet_datagram(built, neighbours[_i], ours[_i], 4242, PORT, "an answer", 9);
	udp_flow flow;
	ck_assert_int_eq(udp_open(host.stack, &remote, 4242, NULL, PORT, 9, &flow), 0);
	stack_receive(host.stack, host.ifindex, frame, frame_packet(_i, size), LENT, host.now_us);
	host_expect(&host, STACK_DATAGRAM, &action);
	ck_assert_uint_eq(action.flow, flow);
	stack_receive(host.stack, host.ifindex, frame, frame_packet(_i, size), LENT, host.now_us);
	udp_close(host.stack, flow);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_datagram_has_one_reply_in_place)
{
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);
	receive(_i, LENT, "a question");
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED); /* not given yet */
	expect_datagram("a question");
	ck_assert_int_eq(udp_turn(host.stack, "an answer", 9, host.now_us), 0);
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);
	expect_reply(_i, (const uint8_t *)"an answer", 9);
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);
	host_expect_nothing(&host);
}
END_TEST

START_TEST(a_reply_that_the_path_does_not_take_whole_is_left_to_others)
{
	static const uint8_t payload[1600];
	receive(_i, LENT, "a question");
	expect_datagram("a question");
	ck_assert_int_eq(udp_turn(host.stack, payload, _i == 0 ? 1473 : 1453, host.now_us), ERR_UNSUPPORTED);
	ck_assert_int_eq(udp_turn(host.stack, payload, _i == 0 ? 1472 : 1452, host.now_us), 0);
	expect_reply(_i, payload, _i == 0 ? 1472 : 1452);
}
END_TEST

START_TEST(only_memory_that_is_lent_for_writing_is_written_to)
{
	static const uint32_t flags[] = { 0, STACK_RX_LENT, STACK_RX_WRITABLE };
	uint8_t before[200];
	for (size_t i = 0; i < COUNT(flags); i++) {
		receive(_i, flags[i], "a question");
		memcpy(before, frame, sizeof before);
		expect_datagram("a question");
		ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);
		ck_assert_mem_eq(frame, before, sizeof before);
	}
}
END_TEST

/* IEEE 802.1Q: VLAN 0 gives a frame a priority and no VLAN.  Ours go without, so one cannot begin where that began. */
START_TEST(a_frame_with_a_priority_tag_is_not_turned)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0xe0, 0x00 };
	uint8_t before[200];
	const size_t size = packet_datagram(built, theirs[_i], ours[_i], 4242, PORT, "a question", 10);
	const size_t frame_bytes = frame_packet(_i, size) + sizeof tag;
	memcpy(frame + 12, tag, sizeof tag);
	memcpy(frame + 16, types[_i], 2);
	memcpy(frame + 18, built, size);
	memcpy(before, frame, sizeof before);
	stack_receive(host.stack, host.ifindex, frame, frame_bytes, LENT, host.now_us);
	expect_datagram("a question");
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);
	ck_assert_mem_eq(frame, before, sizeof before);
}
END_TEST

START_TEST(packets_with_options_to_groups_and_in_pieces_are_not_turned)
{
	static const uint8_t nop[4] = { 1, 1, 1, 1 };
	uint8_t udp[64];
	struct packet_spec spec = { .source = "192.0.2.9", .destination = "192.0.2.1", .protocol = 17, .options = nop,
		                    .options_bytes = sizeof nop, .payload = udp };
	spec.payload_bytes = packet_udp(udp, spec.source, spec.destination, 4242, PORT, "a question", 10);
	stack_receive(host.stack, host.ifindex, frame, frame_packet(0, packet_build(built, &spec)), LENT, host.now_us);
	expect_datagram("a question");
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);

	spec.options_bytes = 0;
	spec.destination = "192.0.2.255";
	spec.payload_bytes = packet_udp(udp, spec.source, spec.destination, 4242, PORT, "a question", 10);
	stack_receive(host.stack, host.ifindex, frame, frame_packet(0, packet_build(built, &spec)), LENT, host.now_us);
	expect_datagram("a question");
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);

	spec.destination = "192.0.2.1";
	const size_t whole = packet_udp(udp, spec.source, spec.destination, 4242, PORT, "a question", 10);
	spec.id = 5;
	spec.payload_bytes = 16;
	spec.flags_offset = 0x2000;
	stack_receive(host.stack, host.ifindex, frame, frame_packet(0, packet_build(built, &spec)), LENT, host.now_us);
	spec.payload = udp + 16;
	spec.payload_bytes = whole - 16;
	spec.flags_offset = 2;
	stack_receive(host.stack, host.ifindex, frame, frame_packet(0, packet_build(built, &spec)), LENT, host.now_us);
	expect_datagram("a question");
	ck_assert_int_eq(udp_turn(host.stack, "x", 1, host.now_us), ERR_UNSUPPORTED);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("turn");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_lent_datagram_lies_where_it_came_and_its_reply_goes_from_there, 0, 2);
	tcase_add_loop_test(tcase, what_is_not_taken_before_the_loan_ends_is_copied, 0, 2);
	tcase_add_loop_test(tcase, the_next_frame_ends_the_loan_as_well_and_order_is_kept, 0, 2);
	tcase_add_loop_test(tcase, of_a_flow_that_was_closed_meanwhile_nothing_is_told, 0, 2);
	tcase_add_loop_test(tcase, a_datagram_has_one_reply_in_place, 0, 2);
	tcase_add_loop_test(tcase, a_reply_that_the_path_does_not_take_whole_is_left_to_others, 0, 2);
	tcase_add_loop_test(tcase, only_memory_that_is_lent_for_writing_is_written_to, 0, 2);
	tcase_add_loop_test(tcase, a_frame_with_a_priority_tag_is_not_turned, 0, 2);
	tcase_add_test(tcase, packets_with_options_to_groups_and_in_pieces_are_not_turned);
	Suite *suite = suite_create("stack/udp_turn");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
