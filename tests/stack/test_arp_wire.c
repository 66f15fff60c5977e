#include "stack/arp_wire.h"

#include "tests/suite.h"

/* Who has 192.0.2.2?  Tell 192.0.2.1, which is at 02:00:00:00:00:01. */
static const uint8_t request[ARP_PACKET_BYTES] = {
	0, 1, 0x08, 0x00, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2,
};

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

START_TEST(a_request_is_read_and_written)
{
	struct cursor c = cursor_over(request, sizeof request);
	struct arp_packet packet;
	ck_assert_int_eq(arp_read(&c, &packet), 0);
	const struct ip_addr sender = addr_of("192.0.2.1"), target = addr_of("192.0.2.2");
	ck_assert_uint_eq(packet.operation, ARP_REQUEST);
	ck_assert_uint_eq(packet.sender_mac.octets[5], 1);
	ck_assert(addr_equal(&packet.sender, &sender));
	ck_assert(addr_equal(&packet.target, &target));

	uint8_t back[ARP_PACKET_BYTES];
	struct writer w = writer_over(back, sizeof back);
	arp_write(&w, &packet);
	ck_assert_int_eq(w.err, 0);
	ck_assert_mem_eq(back, request, sizeof request);
}
END_TEST

START_TEST(every_shorter_packet_is_short)
{
	for (size_t size = 0; size < sizeof request; size++) {
		struct cursor c = cursor_over(request, size);
		struct arp_packet packet;
		ck_assert_int_eq(arp_read(&c, &packet), ERR_SHORT);
	}
}
END_TEST

/* One octet of the request changed. */
static const struct {
	const char *behaviour;
	size_t at;
	uint8_t value;
	int err;
} changes[] = {
	{ "other hardware", 1, 6, ERR_UNSUPPORTED },
	{ "another protocol", 2, 0x86, ERR_UNSUPPORTED },
	{ "a longer MAC address", 4, 8, ERR_UNSUPPORTED },
	{ "a longer address", 5, 16, ERR_UNSUPPORTED },
	{ "reverse ARP", 7, 3, ERR_UNSUPPORTED },
	{ "operation 0", 7, 0, ERR_UNSUPPORTED },
	{ "a sender with a group's MAC address", 8, 1, ERR_MALFORMED },
	{ "a multicast sender", 14, 224, ERR_MALFORMED },
	{ "a loopback sender", 14, 127, ERR_MALFORMED },
	{ "a reply is fine", 7, 2, 0 },
};

START_TEST(what_is_no_ipv4_over_ethernet_is_refused)
{
	uint8_t bytes[ARP_PACKET_BYTES];
	memcpy(bytes, request, sizeof bytes);
	bytes[changes[_i].at] = changes[_i].value;
	struct cursor c = cursor_over(bytes, sizeof bytes);
	struct arp_packet packet;
	ck_assert_msg(arp_read(&c, &packet) == changes[_i].err, "%s", changes[_i].behaviour);
}
END_TEST

START_TEST(nobody_may_ask_but_not_answer)
{
	uint8_t bytes[ARP_PACKET_BYTES];
	memcpy(bytes, request, sizeof bytes);
	memset(bytes + 14, 0, 4); /* a probe (RFC 5227) */
	struct cursor c = cursor_over(bytes, sizeof bytes);
	struct arp_packet packet;
	ck_assert_int_eq(arp_read(&c, &packet), 0);
	ck_assert(addr_is_unspecified(&packet.sender));
	bytes[7] = ARP_REPLY;
	c = cursor_over(bytes, sizeof bytes);
	ck_assert_int_eq(arp_read(&c, &packet), ERR_MALFORMED);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("arp_wire");
	tcase_add_test(tcase, a_request_is_read_and_written);
	tcase_add_test(tcase, every_shorter_packet_is_short);
	tcase_add_loop_test(tcase, what_is_no_ipv4_over_ethernet_is_refused, 0, COUNT(changes));
	tcase_add_test(tcase, nobody_may_ask_but_not_answer);
	Suite *suite = suite_create("arp_wire");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
