/* Which packet an event belongs to. */
#include <string.h>

#include "fetch/journey/comments.h"
#include "stack/tcp_wire.h"
#include "tests/suite.h"

static uint8_t block[JOURNEY_RESERVE_BYTES + 65536];
static struct journey journey;

static void
setup(void)
{
	journey_init(&journey, block, sizeof block);
}

/* An IPv4 packet from 192.0.2.9:1024 to 192.0.2.1:port, or the other way. */
static struct comment_packet
packet_at(uint64_t at_us, bool is_out, uint8_t protocol, uint16_t port, uint8_t flags, size_t data_bytes)
{
	uint8_t bytes[60] = { 0x45, [9] = protocol, [12] = 192, 0, 2, [16] = 192, 0, 2 };
	struct comment_packet packet;
	bytes[15] = is_out ? 9 : 1;
	bytes[19] = is_out ? 1 : 9;
	bytes[is_out ? 22 : 20] = (uint8_t)(port >> 8);
	bytes[is_out ? 23 : 21] = (uint8_t)port;
	bytes[is_out ? 20 : 22] = 4;
	bytes[32] = 5 << 4;
	bytes[33] = flags;
	comment_packet_read(&packet, bytes, 40 + data_bytes, false, is_out, at_us);
	return packet;
}

static void
tell(uint64_t at_us, enum journey_layer layer, const char *name, const char *field, const char *value, const char *what)
{
	const struct journey_field fields[] = { { field, value, 0 } };
	const struct journey_event event = { .at_us = at_us, .layer = layer, .name = name, .fields = fields, .field_count = 1 };
	journey_tell(&journey, &event, "%s", what);
}

static void
assert_comment(const struct comment_packet *packet, const char *expected)
{
	char text[256];
	comment_text(packet, text, sizeof text);
	ck_assert_str_eq(text, expected);
}

static void
deal(struct comment_packet *packets, size_t count)
{
	const struct story story = { .journey = &journey };
	comments_deal(packets, count, &story);
}

START_TEST(a_packet_is_read_as_far_as_it_tells_whose_it_is)
{
	struct comment_packet packet = packet_at(5, true, 6, 80, TCP_SYN, 0);
	char addr[ADDR_TEXT_BYTES];
	ck_assert_str_eq(addr_to_text(&packet.remote, addr, sizeof addr), "192.0.2.1");
	ck_assert_uint_eq(packet.remote_port, 80);
	ck_assert_uint_eq(packet.tcp_flags, TCP_SYN);
	ck_assert(!packet.has_data);
	ck_assert(packet_at(5, true, 6, 80, TCP_ACK, 10).has_data);
	ck_assert_uint_eq(packet_at(5, false, 6, 80, TCP_ACK, 0).remote_port, 80);
}
END_TEST

START_TEST(what_is_cut_short_is_nobodys)
{
	const uint8_t bytes[] = { 0x45, 0, 0, 40 };
	struct comment_packet packet;
	for (size_t size = 0; size <= sizeof bytes; size++) {
		comment_packet_read(&packet, bytes, size, false, true, 5);
		ck_assert_uint_eq(packet.protocol, 0);
		ck_assert_int_eq(packet.remote.family, ADDR_NONE);
	}
}
END_TEST

START_TEST(a_handshake_is_told_at_its_segments)
{
	struct comment_packet packets[] = { packet_at(10, true, 6, 80, TCP_SYN, 0), packet_at(20, false, 6, 80, TCP_SYN | TCP_ACK, 0),
		                            packet_at(20, true, 6, 80, TCP_ACK, 0) };
	tell(10, JOURNEY_TCP, "syn", "peer", "192.0.2.1:80", "-> 192.0.2.1:80 SYN");
	tell(20, JOURNEY_TCP, "open", "peer", "192.0.2.1:80", "<- 192.0.2.1:80 SYN,ACK");
	tell(20, JOURNEY_TCP, "open", "peer", "192.0.2.1:81", "<- of another");
	deal(packets, COUNT(packets));
	assert_comment(&packets[0], "tcp syn: -> 192.0.2.1:80 SYN");
	assert_comment(&packets[1], "tcp open: <- 192.0.2.1:80 SYN,ACK");
	assert_comment(&packets[2], "");
}
END_TEST

START_TEST(what_waited_for_a_neighbour_belongs_to_the_packet_that_left_later)
{
	struct comment_packet packets[] = { packet_at(5, true, 6, 80, TCP_SYN, 0), packet_at(30, true, 6, 80, TCP_SYN, 0) };
	tell(10, JOURNEY_TCP, "syn", "peer", "192.0.2.1:80", "-> SYN");
	deal(packets, COUNT(packets));
	assert_comment(&packets[0], "");
	assert_comment(&packets[1], "tcp syn: -> SYN");
}
END_TEST

START_TEST(replies_of_one_turn_keep_their_order)
{
	struct comment_packet packets[] = { packet_at(10, false, 17, 53, 0, 4), packet_at(20, false, 17, 53, 0, 4),
		                            packet_at(20, false, 17, 53, 0, 4) };
	tell(20, JOURNEY_DNS, "reply", "server", "192.0.2.1", "<- first");
	tell(20, JOURNEY_DNS, "reply", "server", "192.0.2.1", "<- second");
	deal(packets, COUNT(packets));
	assert_comment(&packets[0], "");
	assert_comment(&packets[1], "dns reply: <- first");
	assert_comment(&packets[2], "dns reply: <- second");
}
END_TEST

START_TEST(a_packet_may_be_several_events_and_no_more_than_it_can_hold)
{
	struct comment_packet packets[] = { packet_at(10, true, 6, 80, TCP_SYN, 0) };
	tell(10, JOURNEY_URL, "parsed", "href", "http://192.0.2.1/", "http://192.0.2.1/");
	tell(10, JOURNEY_ROUTE, "chosen", "to", "192.0.2.1", "192.0.2.1 directly");
	tell(10, JOURNEY_ROUTE, "chosen", "to", "192.0.2.1", "192.0.2.1 directly");
	deal(packets, COUNT(packets));
	assert_comment(&packets[0], "url parsed: http://192.0.2.1/\nroute chosen: 192.0.2.1 directly");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("comments");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_packet_is_read_as_far_as_it_tells_whose_it_is);
	tcase_add_test(tcase, what_is_cut_short_is_nobodys);
	tcase_add_test(tcase, a_handshake_is_told_at_its_segments);
	tcase_add_test(tcase, what_waited_for_a_neighbour_belongs_to_the_packet_that_left_later);
	tcase_add_test(tcase, replies_of_one_turn_keep_their_order);
	tcase_add_test(tcase, a_packet_may_be_several_events_and_no_more_than_it_can_hold);
	Suite *suite = suite_create("fetch: journey, comments");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
