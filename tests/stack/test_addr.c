#include "stack/addr.h"

#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

/* Canonical text (RFC 5952) and another way to write the same address (RFC 4291, section 2.2). */
static const struct {
	const char *behaviour, *canonical, *other;
} texts[] = {
	{ "IPv4", "192.0.2.1", "192.0.2.1" },
	{ "IPv4 at its ends", "255.255.255.255", "255.255.255.255" },
	{ "IPv4 of each number of digits", "0.10.99.100", "0.10.99.100" },
	{ "the unspecified address", "::", "0:0:0:0:0:0:0:0" },
	{ "loopback", "::1", "0:0:0:0:0:0:0:1" },
	{ "leading zeros go (section 4.1)", "2001:db8::1", "2001:0db8::0001" },
	{ "as much as possible is shortened (4.2.1)", "2001:db8::2:1", "2001:db8:0:0:0:0:2:1" },
	{ "one zero group is not shortened (4.2.2)", "2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1" },
	{ "the longest run is shortened (4.2.3)", "2001:0:0:1::1", "2001:0:0:1:0:0:0:1" },
	{ "the first of equal runs is shortened (4.2.3)", "2001:db8::1:0:0:1", "2001:db8:0:0:1:0:0:1" },
	{ "lower case (4.3)", "2001:db8::abcd:ef", "2001:DB8::ABCD:EF" },
	{ "a run at the end", "2001:db8::", "2001:db8:0:0:0:0:0:0" },
	{ "a run at the start", "::2:3:4:5:6:7", "0:0:2:3:4:5:6:7" },
	{ "no zeros at all", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "all ones", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:255.255.255.255" },
	{ "one zero group at the end", "1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7::" },
	{ "one zero group at the start", "0:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8" },
	{ "IPv4-mapped in mixed notation (section 5)", "::ffff:192.0.2.1", "::ffff:c000:201" },
	{ "IPv4 written at the end of any prefix", "64:ff9b::c000:221", "64:ff9b::192.0.2.33" },
	{ "IPv4-compatible is plain hexadecimal", "::c000:201", "::192.0.2.1" },
};

START_TEST(text_is_read_in_any_form_and_written_in_the_canonical_one)
{
	struct ip_addr canonical, other;
	char text[ADDR_TEXT_BYTES];
	ck_assert_msg(addr_from_text(&canonical, texts[_i].canonical) == 0, "%s", texts[_i].behaviour);
	ck_assert_msg(addr_from_text(&other, texts[_i].other) == 0, "%s", texts[_i].behaviour);
	ck_assert_msg(addr_equal(&canonical, &other), "%s", texts[_i].behaviour);
	ck_assert_str_eq(addr_to_text(&other, text, sizeof text), texts[_i].canonical);
}
END_TEST

START_TEST(what_is_no_address_is_refused_and_changes_nothing)
{
	static const char *const bad[] = {
		"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.1000", "1.2.3.", ".1.2.3", "1..2.3", "01.2.3.4",
		"1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "0x1.2.3.4", "1.2.3.4:5", ":", ":::", "::1::", "1::2::3",
		":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
		"1:2:3:4::5:6:7:8", "12345::", "g::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::",
		"::1:", "1:::2", "fe80::1%eth0", "[::1]", "::ffff:1.2.3.256", "2001:db8::1/64",
	};
	struct ip_addr before, addr;
	ck_assert_int_eq(addr_from_text(&before, "192.0.2.9"), 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		addr = before;
		ck_assert_msg(addr_from_text(&addr, bad[i]) == ERR_MALFORMED, "\"%s\" was taken", bad[i]);
		ck_assert_msg(addr_equal(&addr, &before), "\"%s\" left a trace", bad[i]);
	}
}
END_TEST

START_TEST(every_address_survives_its_own_text)
{
	uint64_t seed = suite_seed(3);
	struct rng rng;
	rng_init_number(&rng, seed);
	for (unsigned n = 0; n < 20000; n++) {
		uint8_t octets[16];
		rng_bytes(&rng, octets, sizeof octets);
		uint16_t zero_groups = rng_u16(&rng); /* zeros at random places, so that runs of all lengths occur */
		for (unsigned i = 0; i < 8; i++)
			if (zero_groups >> i & 1)
				octets[2 * i] = octets[2 * i + 1] = 0;
		struct ip_addr addr = n % 4 == 0 ? addr_ipv4(octets) : addr_ipv6(octets), back;
		char text[ADDR_TEXT_BYTES];
		addr_to_text(&addr, text, sizeof text);
		ck_assert_msg(addr_from_text(&back, text) == 0 && addr_equal(&addr, &back), "seed %llu: %s",
		              (unsigned long long)seed, text);
	}
}
END_TEST

static const struct {
	const char *text;
	int err;
	unsigned prefix_len;
} prefixes[] = {
	{ "192.0.2.0/24", 0, 24 },     { "0.0.0.0/0", 0, 0 },           { "192.0.2.1", 0, 32 },
	{ "192.0.2.1/32", 0, 32 },     { "2001:db8::/32", 0, 32 },      { "::/0", 0, 0 },
	{ "::1", 0, 128 },             { "::1/128", 0, 128 },           { "10.0.0.2/8", 0, 8 },
	{ "192.0.2.0/33", ERR_MALFORMED, 0 }, { "::/129", ERR_MALFORMED, 0 }, { "192.0.2.0/", ERR_MALFORMED, 0 },
	{ "192.0.2.0/-1", ERR_MALFORMED, 0 }, { "192.0.2.0/024", ERR_MALFORMED, 0 }, { "/24", ERR_MALFORMED, 0 },
	{ "192.0.2.0/24/", ERR_MALFORMED, 0 }, { "192.0.2.0/255.255.255.0", ERR_MALFORMED, 0 },
	{ "192.0.2/24", ERR_MALFORMED, 0 }, { "192.0.2.0/1000", ERR_MALFORMED, 0 },
	{ "0000000000000000000000000000000000000000000000000000::/1", ERR_MALFORMED, 0 },
};

START_TEST(a_prefix_is_an_address_and_a_length_within_its_family)
{
	struct ip_addr prefix;
	unsigned prefix_len = 0;
	int err = addr_prefix_from_text(&prefix, &prefix_len, prefixes[_i].text);
	ck_assert_msg(err == prefixes[_i].err && prefix_len == prefixes[_i].prefix_len, "%s: %d, /%u", prefixes[_i].text,
	              err, prefix_len);
}
END_TEST

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

static const struct {
	const char *addr, *prefix;
	bool is_inside;
} membership[] = {
	{ "192.0.2.255", "192.0.2.0/24", true },   { "192.0.3.0", "192.0.2.0/24", false },
	{ "192.0.2.129", "192.0.2.128/25", true }, { "192.0.2.127", "192.0.2.128/25", false },
	{ "192.0.2.7", "192.0.2.200/24", true },   { "8.8.8.8", "0.0.0.0/0", true },
	{ "::1", "0.0.0.0/0", false },             { "192.0.2.1", "::/0", false },
	{ "192.0.2.1", "192.0.2.1/32", true },     { "192.0.2.0", "192.0.2.1/32", false },
	{ "2001:db8:ffff::1", "2001:db8::/32", true }, { "2001:db9::", "2001:db8::/32", false },
	{ "fe80::1", "fe80::/10", true },          { "febf::1", "fe80::/10", true },
	{ "fec0::1", "fe80::/10", false },         { "::2", "::3/127", true },
	{ "::2", "::3/128", false },               { "192.0.2.1", "c000:201::/32", false },
};

START_TEST(bits_behind_the_prefix_make_an_address_of_a_netblock)
{
	static const struct {
		const char *text;
		bool has;
	} blocks[] = {
		{ "192.0.2.0/24", false },     { "192.0.2.1/24", true },      { "192.0.2.128/25", false },
		{ "192.0.2.64/25", true },     { "192.0.2.1", false },        { "0.0.0.0/0", false },
		{ "128.0.0.0/0", true },       { "2001:db8::/32", false },    { "2001:db8::1/32", true },
		{ "2001:db8::1/128", false },  { "2001:db8:0:8::/61", false }, { "2001:db8:0:8::/60", true },
	};
	for (size_t i = 0; i < COUNT(blocks); i++) {
		struct ip_addr prefix;
		unsigned prefix_len;
		ck_assert_int_eq(addr_prefix_from_text(&prefix, &prefix_len, blocks[i].text), 0);
		ck_assert_msg(addr_has_host_bits(&prefix, prefix_len) == blocks[i].has, "%s", blocks[i].text);
	}
}
END_TEST

START_TEST(an_address_is_in_a_prefix_when_the_leading_bits_agree)
{
	struct ip_addr prefix;
	unsigned prefix_len;
	ck_assert_int_eq(addr_prefix_from_text(&prefix, &prefix_len, membership[_i].prefix), 0);
	struct ip_addr addr = addr_of(membership[_i].addr);
	ck_assert_msg(addr_in_prefix(&addr, &prefix, prefix_len) == membership[_i].is_inside, "%s in %s",
	              membership[_i].addr, membership[_i].prefix);
}
END_TEST

/* One letter a property: unspecified, Loopback, link-local, Broadcast, multicast, v4-Mapped, Private, unique local. */
static const struct {
	const char *addr, *properties;
} kinds[] = {
	{ "0.0.0.0", "u" },          { "0.0.0.1", "" },         { "127.0.0.1", "L" },        { "127.255.255.254", "L" },
	{ "128.0.0.1", "" },         { "169.254.0.1", "l" },    { "169.253.0.1", "" },       { "224.0.0.1", "m" },
	{ "239.255.255.255", "m" },  { "240.0.0.1", "" },       { "255.255.255.255", "Bm" }, { "255.255.255.254", "" },
	{ "10.1.2.3", "P" },         { "172.15.0.1", "" },      { "172.16.0.1", "P" },       { "172.31.255.255", "P" },
	{ "172.32.0.1", "" },        { "192.168.0.1", "P" },    { "192.169.0.1", "" },       { "223.255.255.255", "" },
	{ "::", "u" },               { "::1", "L" },            { "::2", "" },               { "fe80::1", "l" },
	{ "febf::1", "l" },          { "fec0::1", "" },         { "fe7f::1", "" },           { "ff02::1", "m" },
	{ "fe00::1", "" },           { "::ffff:10.0.0.1", "M" }, { "::fffe:a00:1", "" },     { "fc00::1", "U" },
	{ "fdff::1", "U" },          { "fbff::1", "" },         { "7f00:1::", "" },          { "0:1::ffff:a00:1", "" },
};

START_TEST(addresses_are_of_the_kinds_that_the_rfcs_name)
{
	struct ip_addr addr = addr_of(kinds[_i].addr);
	const struct {
		char letter;
		bool holds;
	} properties[] = {
		{ 'u', addr_is_unspecified(&addr) }, { 'L', addr_is_loopback(&addr) },
		{ 'l', addr_is_link_local(&addr) },  { 'B', addr_is_broadcast(&addr) },
		{ 'm', addr_is_multicast(&addr) },   { 'M', addr_is_ipv4_mapped(&addr) },
		{ 'P', addr_is_private(&addr) },     { 'U', addr_is_unique_local(&addr) },
	};
	for (size_t i = 0; i < COUNT(properties); i++) {
		bool expected = strchr(kinds[_i].properties, properties[i].letter) != NULL;
		ck_assert_msg(properties[i].holds == expected, "%s: %c", kinds[_i].addr, properties[i].letter);
	}
}
END_TEST

START_TEST(the_solicited_node_group_takes_the_low_24_bits)
{
	struct ip_addr addr = addr_of("4037::1:800:200e:8c6c"), group = addr_of("ff02::1:ff0e:8c6c");
	struct ip_addr computed = addr_solicited_node(&addr); /* RFC 4291, section 2.7.1: its own example */
	ck_assert(addr_equal(&computed, &group));
}
END_TEST

START_TEST(families_never_share_bits)
{
	struct ip_addr a = addr_of("32.1.13.184"), b = addr_of("2001:db8::"), c = addr_of("2001:db8:8000::");
	ck_assert_uint_eq(addr_common_bits(&a, &b), 0);
	ck_assert_uint_eq(addr_common_bits(&b, &c), 32);
	ck_assert_uint_eq(addr_common_bits(&b, &b), 128);
	ck_assert_uint_eq(addr_common_bits(&a, &a), 32);
	ck_assert(!addr_equal(&a, &b));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("addr");
	tcase_add_loop_test(tcase, text_is_read_in_any_form_and_written_in_the_canonical_one, 0, COUNT(texts));
	tcase_add_test(tcase, what_is_no_address_is_refused_and_changes_nothing);
	tcase_add_test(tcase, every_address_survives_its_own_text);
	tcase_add_loop_test(tcase, a_prefix_is_an_address_and_a_length_within_its_family, 0, COUNT(prefixes));
	tcase_add_test(tcase, bits_behind_the_prefix_make_an_address_of_a_netblock);
	tcase_add_loop_test(tcase, an_address_is_in_a_prefix_when_the_leading_bits_agree, 0, COUNT(membership));
	tcase_add_loop_test(tcase, addresses_are_of_the_kinds_that_the_rfcs_name, 0, COUNT(kinds));
	tcase_add_test(tcase, the_solicited_node_group_takes_the_low_24_bits);
	tcase_add_test(tcase, families_never_share_bits);
	Suite *suite = suite_create("addr");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
