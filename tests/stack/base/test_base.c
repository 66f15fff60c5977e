#include <check.h>
#include <stdlib.h>

#include "stack/addr.h"
#include "stack/base/hash.h"
#include "stack/base/rng.h"
#include "stack/base/wheel.h"

START_TEST(chacha20_block_is_that_of_rfc_8439_section_2_3_2)
{
	static const uint8_t expected[16] = { 0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15,
		                              0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4 };
	uint32_t key[8];
	for (uint32_t i = 0; i < 8; i++)
		key[i] = 0x03020100 + 0x04040404 * i;
	uint8_t out[64];
	rng__chacha20_block(key, 1, (const uint32_t[3]){ 0x09000000, 0x4a000000, 0 }, out);
	ck_assert_mem_eq(out, expected, sizeof expected);
}
END_TEST

START_TEST(siphash_24_of_the_paper)
{
	struct hash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t in[15];
	for (uint8_t i = 0; i < sizeof in; i++)
		in[i] = i;
	ck_assert_uint_eq(hash_bytes_24(&key, in, sizeof in), 0xa129ca6149be45e5);
}
END_TEST

START_TEST(a_timer_fires_in_its_slot)
{
	struct wheel wheel;
	struct wheel_timer timer;
	wheel_init(&wheel, 5000);
	wheel_timer_init(&timer, 7);
	wheel_arm(&wheel, &timer, 1000000);
	ck_assert_ptr_null(wheel_expire(&wheel, 999999));
	ck_assert_ptr_eq(wheel_expire(&wheel, 1001024), &timer);
	ck_assert_uint_eq(wheel_deadline(&wheel), WHEEL_NEVER);
}
END_TEST

START_TEST(address_text_goes_both_ways)
{
	static const char *const texts[] = { "192.0.2.1", "::", "::1", "2001:db8::1", "1::", "::ffff:1.2.3.4" };
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct ip_addr addr;
		char text[ADDR_TEXT_BYTES];
		ck_assert_int_eq(addr_from_text(&addr, texts[i]), 0);
		ck_assert_str_eq(addr_to_text(&addr, text, sizeof text), texts[i]);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("base");
	tcase_add_test(tcase, chacha20_block_is_that_of_rfc_8439_section_2_3_2);
	tcase_add_test(tcase, siphash_24_of_the_paper);
	tcase_add_test(tcase, a_timer_fires_in_its_slot);
	tcase_add_test(tcase, address_text_goes_both_ways);
	Suite *suite = suite_create("stack/base");
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
