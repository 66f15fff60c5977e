/* The Internet checksum: RFC 1071, RFC 1624. */
#include <string.h>

#include "stack/base/rng.h"
#include "stack/checksum.h"
#include "tests/suite.h"

/* The plain loop of RFC 1071, section 4.1, over big-endian words. */
static uint16_t
sum_plain(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

START_TEST(the_example_of_rfc_1071_sums_to_ddf2)
{
	static const uint8_t octets[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	ck_assert_uint_eq(checksum_fold(checksum_add(0, octets, sizeof octets)), 0xddf2);
	ck_assert_uint_eq(checksum_finish(checksum_add(0, octets, sizeof octets)), 0x220d);
}
END_TEST

START_TEST(any_octets_at_any_alignment_sum_as_word_by_word)
{
	const uint64_t seed = suite_seed(11);
	uint8_t octets[2100];
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < 3000; i++) {
		const size_t size = rng_below(&rng, 2048), at = rng_below(&rng, 32);
		rng_bytes(&rng, octets, sizeof octets);
		if (i % 3 == 0) /* carries everywhere */
			memset(octets, 0xff, sizeof octets);
		ck_assert_msg(checksum_fold(checksum_add(0, octets + at, size)) ==
				      sum_plain(octets + at, size),
			      "size %zu at %zu, seed %llu", size, at, (unsigned long long)seed);
	}
}
END_TEST

START_TEST(pieces_of_even_size_sum_as_the_whole)
{
	uint8_t octets[1000];
	struct rng rng;

	rng_init_number(&rng, suite_seed(12));
	rng_bytes(&rng, octets, sizeof octets);
	for (size_t cut = 0; cut <= sizeof octets; cut += 2) {
		uint64_t sum = checksum_add(checksum_add(0, octets, cut), octets + cut,
					    sizeof octets - cut);
		ck_assert_uint_eq(checksum_fold(sum), sum_plain(octets, sizeof octets));
	}
}
END_TEST

START_TEST(the_pseudo_header_is_that_of_rfc_768_and_rfc_8200)
{
	static const uint8_t pseudo4[] = { 192, 0, 2, 1, 192, 0, 2, 2, 0, 17, 0x12, 0x34 };
	uint8_t pseudo6[40] = { 0x20, 0x01, [15] = 1, [16] = 0x20, 0x01,     [31] = 2,
				0,    0x01, 0x02,     0x03,        [39] = 58 };
	struct ip_addr a4 = addr_ipv4(pseudo4), b4 = addr_ipv4(pseudo4 + 4);
	struct ip_addr a6 = addr_ipv6(pseudo6), b6 = addr_ipv6(pseudo6 + 16);

	ck_assert_uint_eq(checksum_fold(checksum_pseudo(&a4, &b4, 17, 0x1234)),
			  sum_plain(pseudo4, sizeof pseudo4));
	ck_assert_uint_eq(checksum_fold(checksum_pseudo(&a6, &b6, 58, 0x00010203)),
			  sum_plain(pseudo6, sizeof pseudo6));
}
END_TEST

START_TEST(an_update_equals_a_new_sum_rfc_1624)
{
	uint8_t header[20];
	struct rng rng;

	rng_init_number(&rng, suite_seed(13));
	for (unsigned i = 0; i < 2000; i++) {
		rng_bytes(&rng, header, sizeof header);
		const uint16_t before = checksum_finish(checksum_add(0, header, sizeof header));
		const uint16_t old = (uint16_t)(header[8] << 8 | header[9]), new = rng_u16(&rng);
		header[8] = (uint8_t)(new >> 8);
		header[9] = (uint8_t) new;
		ck_assert_uint_eq(checksum_update(before, old, new),
				  checksum_finish(checksum_add(0, header, sizeof header)));
	}
	ck_assert_uint_eq(checksum_update(0xdd2f, 0x5555, 0x3285),
			  0x0000); /* section 4's example */
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("checksum");
	tcase_add_test(tcase, the_example_of_rfc_1071_sums_to_ddf2);
	tcase_add_test(tcase, any_octets_at_any_alignment_sum_as_word_by_word);
	tcase_add_test(tcase, pieces_of_even_size_sum_as_the_whole);
	tcase_add_test(tcase, the_pseudo_header_is_that_of_rfc_768_and_rfc_8200);
	tcase_add_test(tcase, an_update_equals_a_new_sum_rfc_1624);
	Suite *suite = suite_create("checksum");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
