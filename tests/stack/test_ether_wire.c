#include "stack/ether_wire.h"

#include "tests/suite.h"

#define STATIONS "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"

static const struct {
	const char *behaviour;
	const char *frame;
	size_t frame_bytes;
	int err;
	uint16_t service_vlan, vlan, type;
} frames[] = {
	{ "untagged", STATIONS "\x08\x00", 14, 0, 0, 0, ETHER_TYPE_IPV4 },
	{ "one tag, its priority bits ignored", STATIONS "\x81\x00\xe0\x07\x86\xdd", 18, 0, 0, 7, ETHER_TYPE_IPV6 },
	{ "a priority tag is no VLAN", STATIONS "\x81\x00\xe0\x00\x08\x06", 18, 0, 0, 0, ETHER_TYPE_ARP },
	{ "a provider's tag around it", STATIONS "\x88\xa8\x01\x02\x81\x00\x00\x07\x08\x00", 22, 0, 0x102, 7, ETHER_TYPE_IPV4 },
	{ "a provider's tag alone", STATIONS "\x88\xa8\x01\x02\x08\x00", 18, 0, 0x102, 0, ETHER_TYPE_IPV4 },
	{ "three tags", STATIONS "\x88\xa8\x01\x02\x81\x00\x00\x07\x81\x00\x00\x08\x08\x00", 26, ERR_UNSUPPORTED, 0, 0, 0 },
	{ "two customer's tags", STATIONS "\x81\x00\x00\x07\x81\x00\x00\x08\x08\x00", 22, ERR_UNSUPPORTED, 0, 0, 0 },
	{ "tags in the wrong order", STATIONS "\x81\x00\x00\x07\x88\xa8\x00\x08\x08\x00", 22, ERR_UNSUPPORTED, 0, 0, 0 },
	{ "an 802.3 length", STATIONS "\x05\xdc", 14, ERR_UNSUPPORTED, 0, 0, 0 },
	{ "the first number that is a type", STATIONS "\x06\x00", 14, 0, 0, 0, 0x600 },
	{ "nothing", "", 0, ERR_SHORT, 0, 0, 0 },
	{ "cut in the type", STATIONS "\x08", 13, ERR_SHORT, 0, 0, 0 },
	{ "cut behind a tag", STATIONS "\x81\x00\x00\x07", 16, ERR_SHORT, 0, 0, 0 },
	{ "cut in a tag", STATIONS "\x88\xa8\x00", 15, ERR_SHORT, 0, 0, 0 },
};

START_TEST(headers_are_read)
{
	struct cursor c = cursor_over(frames[_i].frame, frames[_i].frame_bytes);
	struct ether_header header;
	ck_assert_msg(ether_header_read(&c, &header) == frames[_i].err, "%s", frames[_i].behaviour);
	if (frames[_i].err != 0)
		return;
	ck_assert_uint_eq(header.service_vlan, frames[_i].service_vlan);
	ck_assert_uint_eq(header.vlan, frames[_i].vlan);
	ck_assert_uint_eq(header.type, frames[_i].type);
	ck_assert_uint_eq(header.destination.octets[5], 1);
	ck_assert_uint_eq(header.source.octets[5], 2);
	ck_assert_uint_eq(cursor_left(&c), 0);
}
END_TEST

START_TEST(what_is_written_reads_the_same)
{
	static const uint16_t vlans[][2] = { { 0, 0 }, { 0, 1 }, { 0, 4094 }, { 7, 0 }, { 4094, 4094 } };
	for (size_t i = 0; i < COUNT(vlans); i++) {
		const struct ether_header header = {
			.destination = ether_broadcast,
			.source = { { 2, 0, 0, 0, 0, 9 } },
			.service_vlan = vlans[i][0],
			.vlan = vlans[i][1],
			.type = ETHER_TYPE_ARP,
		};
		uint8_t frame[ETHER_HEADER_BYTES_MAX];
		struct writer w = writer_over(frame, sizeof frame);
		ether_header_write(&w, &header);
		ck_assert_int_eq(w.err, 0);
		ck_assert_uint_eq(w.pos, ether_header_size(header.service_vlan, header.vlan));
		struct cursor c = cursor_over(frame, w.pos);
		struct ether_header back;
		ck_assert_int_eq(ether_header_read(&c, &back), 0);
		ck_assert_uint_eq(back.service_vlan, header.service_vlan);
		ck_assert_uint_eq(back.vlan, header.vlan);
		ck_assert_uint_eq(back.type, header.type);
		ck_assert(mac_equal(&back.destination, &header.destination) && mac_equal(&back.source, &header.source));
	}
}
END_TEST

START_TEST(groups_map_to_their_mac_addresses)
{
	static const struct {
		const char *group;
		struct mac_addr mac;
	} groups[] = {
		{ "224.0.0.1", { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 } } },
		{ "239.129.2.3", { { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 } } }, /* the low 23 bits */
		{ "255.255.255.255", { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } } },
		{ "ff02::1", { { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 } } },
		{ "ff02::1:ff0e:8c6c", { { 0x33, 0x33, 0xff, 0x0e, 0x8c, 0x6c } } },
	};
	for (size_t i = 0; i < COUNT(groups); i++) {
		struct ip_addr group;
		ck_assert_int_eq(addr_from_text(&group, groups[i].group), 0);
		struct mac_addr mac = ether_multicast(&group);
		ck_assert_msg(mac_equal(&mac, &groups[i].mac), "%s", groups[i].group);
	}
}
END_TEST

START_TEST(a_station_is_neither_a_group_nor_nobody)
{
	ck_assert(mac_is_station(&(struct mac_addr){ { 0x02, 0, 0, 0, 0, 1 } }));
	ck_assert(!mac_is_station(&(struct mac_addr){ { 0 } }));
	ck_assert(!mac_is_station(&(struct mac_addr){ { 0x01, 0, 0x5e, 0, 0, 1 } }));
	ck_assert(!mac_is_station(&ether_broadcast));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ether_wire");
	tcase_add_loop_test(tcase, headers_are_read, 0, COUNT(frames));
	tcase_add_test(tcase, what_is_written_reads_the_same);
	tcase_add_test(tcase, groups_map_to_their_mac_addresses);
	tcase_add_test(tcase, a_station_is_neither_a_group_nor_nobody);
	Suite *suite = suite_create("ether_wire");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
