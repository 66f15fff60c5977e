#include "stack/ndp_wire.h"

#include "stack/base/rng.h"
#include "tests/suite.h"

#define TARGET "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define MAC    "\x01\x01\x02\x00\x00\x00\x00\x09"
#define PREFIX(len, flags)                                                                                  \
	"\x03\x04" len flags "\x00\x00\x0e\x10\x00\x00\x07\x08\0\0\0\0" TARGET

static const struct {
	const char *behaviour;
	const char *body;
	size_t body_bytes;
	int err;
} bodies[] = {
	{ "no options", TARGET, 16, 0 },
	{ "a MAC address", TARGET MAC, 24, 0 },
	{ "an option unknown to us", TARGET "\xc8\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0" MAC, 40, 0 },
	{ "a nonce of another length is passed over", TARGET "\x0e\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32, 0 },
	{ "a target cut short", TARGET, 15, ERR_SHORT },
	{ "an option of length 0", TARGET "\x01\x00\0\0\0\0\0\0", 24, ERR_MALFORMED },
	{ "an unknown option of length 0", TARGET "\xc8\x00\0\0\0\0\0\0", 24, ERR_MALFORMED },
	{ "an option longer than the message", TARGET "\x01\x02\0\0\0\0\0\0", 24, ERR_SHORT },
	{ "an option's type alone", TARGET "\x01", 17, ERR_SHORT },
	{ "a MAC address of 14 octets", TARGET "\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32, ERR_MALFORMED },
	{ "a prefix in too short an option", TARGET "\x03\x01\x40\xc0\0\0\0\0", 24, ERR_MALFORMED },
	{ "a prefix length beyond the address", TARGET PREFIX("\x81", "\xc0"), 48, ERR_MALFORMED },
	{ "an MTU in too long an option", TARGET "\x05\x02\0\0\0\0\x05\xdc\0\0\0\0\0\0\0\0", 32, ERR_MALFORMED },
};

START_TEST(bodies_are_read_to_the_last_octet)
{
	struct cursor c = cursor_over(bodies[_i].body, bodies[_i].body_bytes);
	struct ndp_neighbour neighbour;
	int err = ndp_neighbour_read(&c, &neighbour);
	ck_assert_msg(err == bodies[_i].err, "%s: %d", bodies[_i].behaviour, err);
}
END_TEST

START_TEST(a_router_advertisement_tells_all_it_has)
{
	static const char body[] = "\x00\x00\x75\x30\x00\x00\x03\xe8" MAC PREFIX("\x40", "\xc0") PREFIX("\x30", "\x80")
	        "\x05\x01\x00\x00\x00\x00\x05\xdc";
	struct cursor c = cursor_over(body, sizeof body - 1);
	struct ndp_router_advert advert;
	ck_assert_int_eq(ndp_router_advert_read(&c, 64u << 24 | 0x08u << 16 | 1800, &advert), 0);
	ck_assert_uint_eq(advert.hop_limit, 64);
	ck_assert_int_eq(advert.preference, 1);
	ck_assert_uint_eq(advert.lifetime_s, 1800);
	ck_assert_uint_eq(advert.reachable_ms, 30000);
	ck_assert_uint_eq(advert.retrans_ms, 1000);
	ck_assert(advert.options.has_source_mac);
	ck_assert_uint_eq(advert.options.source_mac.octets[5], 9);
	ck_assert_uint_eq(advert.options.mtu, 1500);
	ck_assert_uint_eq(advert.options.prefix_count, 2);
	const struct ndp_prefix *prefix = &advert.options.prefixes[0];
	ck_assert_uint_eq(prefix->prefix_len, 64);
	ck_assert(prefix->is_on_link && prefix->is_autonomous);
	ck_assert(!advert.options.prefixes[1].is_autonomous);
	ck_assert_uint_eq(prefix->valid_s, 3600);
	ck_assert_uint_eq(prefix->preferred_s, 1800);
}
END_TEST

START_TEST(preference_is_medium_unless_it_says_high_or_low)
{
	static const int expected[4] = { 0, 1, 0, -1 };
	for (uint32_t bits = 0; bits < 4; bits++) {
		struct cursor c = cursor_over("\0\0\0\0\0\0\0\0", 8);
		struct ndp_router_advert advert;
		ck_assert_int_eq(ndp_router_advert_read(&c, bits << 19, &advert), 0);
		ck_assert_int_eq(advert.preference, expected[bits]);
	}
}
END_TEST

START_TEST(options_and_prefixes_are_bounded)
{
	uint8_t body[16 + 32 * NDP_OPTIONS_MAX + 8] = { 0 };
	struct writer w = writer_over(body, sizeof body);
	writer_bytes(&w, TARGET, 16);
	for (unsigned i = 0; i < NDP_OPTIONS_MAX; i++)
		writer_bytes(&w, PREFIX("\x40", "\xc0"), 32);
	struct cursor c = cursor_over(body, w.pos);
	struct ndp_neighbour neighbour;
	ck_assert_int_eq(ndp_neighbour_read(&c, &neighbour), 0);
	ck_assert_uint_eq(neighbour.options.prefix_count, NDP_PREFIXES_MAX);
	writer_bytes(&w, MAC, 8);
	c = cursor_over(body, w.pos);
	ck_assert_int_eq(ndp_neighbour_read(&c, &neighbour), ERR_TOO_BIG);
}
END_TEST

START_TEST(what_is_written_reads_the_same)
{
	static const uint8_t nonce[NDP_NONCE_BYTES] = { 1, 2, 3, 4, 5, 6 };
	const struct mac_addr mac = { { 2, 0, 0, 0, 0, 7 } };
	struct ip_addr target;
	uint8_t body[NDP_BODY_BYTES_MAX];
	struct writer w = writer_over(body, sizeof body);
	ck_assert_int_eq(addr_from_text(&target, "fe80::7"), 0);
	ndp_target_write(&w, &target);
	ndp_mac_write(&w, NDP_OPTION_TARGET_MAC, &mac);
	ndp_nonce_write(&w, nonce);
	ck_assert_int_eq(w.err, 0);
	struct cursor c = cursor_over(body, w.pos);
	struct ndp_neighbour back;
	ck_assert_int_eq(ndp_neighbour_read(&c, &back), 0);
	ck_assert(addr_equal(&back.target, &target));
	ck_assert(back.options.has_target_mac && !back.options.has_source_mac);
	ck_assert_mem_eq(back.options.target_mac.octets, mac.octets, MAC_BYTES);
	ck_assert_mem_eq(back.options.nonce, nonce, sizeof nonce);
}
END_TEST

/* Any octets at all, behind a good start: an error or not, but never a read outside (the sanitizer watches). */
START_TEST(random_bodies_do_no_harm)
{
	struct rng rng;
	rng_init_number(&rng, suite_seed(1));
	for (unsigned n = 0; n < 20000; n++) {
		const size_t size = rng_below(&rng, 120);
		uint8_t *body = malloc(size + 1);
		rng_bytes(&rng, body, size);
		for (size_t at = 8; at + 1 < size; at += 8) { /* lengths that often fit */
			body[at] = (uint8_t)rng_below(&rng, 16);
			body[at + 1] = (uint8_t)rng_below(&rng, 5);
		}
		struct cursor c = cursor_over(body, size);
		struct ndp_router_advert advert;
		struct ndp_redirect redirect;
		(void)ndp_router_advert_read(&c, rng_u32(&rng), &advert);
		c = cursor_over(body, size);
		(void)ndp_redirect_read(&c, &redirect);
		ck_assert_uint_le(redirect.options.prefix_count, NDP_PREFIXES_MAX);
		free(body);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ndp_wire");
	tcase_add_loop_test(tcase, bodies_are_read_to_the_last_octet, 0, COUNT(bodies));
	tcase_add_test(tcase, a_router_advertisement_tells_all_it_has);
	tcase_add_test(tcase, preference_is_medium_unless_it_says_high_or_low);
	tcase_add_test(tcase, options_and_prefixes_are_bounded);
	tcase_add_test(tcase, what_is_written_reads_the_same);
	tcase_add_test(tcase, random_bodies_do_no_harm);
	Suite *suite = suite_create("ndp_wire");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
