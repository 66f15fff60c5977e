#include "stack/base/cursor.h"

#include "tests/suite.h"

START_TEST(fields_are_read_in_network_order)
{
	static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 'a', 'b' };
	struct cursor c = cursor_over(bytes, sizeof bytes);
	ck_assert_uint_eq(cursor_u8(&c), 0x01);
	ck_assert_uint_eq(cursor_u16(&c), 0x0203);
	ck_assert_uint_eq(cursor_u32(&c), 0x84050607);
	ck_assert_mem_eq(cursor_bytes(&c, 2), "ab", 2);
	ck_assert_uint_eq(cursor_left(&c), 0);
	ck_assert_int_eq(c.err, 0);
}
END_TEST

START_TEST(the_first_error_sticks_and_later_reads_give_zeros)
{
	static const uint8_t bytes[] = { 0xff, 0xff, 0xff };
	struct cursor c = cursor_over(bytes, sizeof bytes);
	ck_assert_uint_eq(cursor_u32(&c), 0);
	ck_assert_int_eq(c.err, ERR_SHORT);
	ck_assert_uint_eq(cursor_u8(&c), 0); /* an octet is there, but not for a cursor that has failed */
	uint8_t copied[2] = { 1, 1 };
	cursor_copy(&c, copied, sizeof copied);
	ck_assert_uint_eq(copied[0] | copied[1], 0);
	ck_assert_ptr_null(cursor_bytes(&c, 0));
	cursor_fail(&c, ERR_MALFORMED);
	ck_assert_int_eq(c.err, ERR_SHORT);
}
END_TEST

START_TEST(a_size_near_the_end_of_the_address_space_does_not_wrap)
{
	static const uint8_t bytes[4];
	struct cursor c = cursor_over(bytes, sizeof bytes);
	cursor_skip(&c, 1);
	ck_assert_ptr_null(cursor_bytes(&c, SIZE_MAX));
	ck_assert_int_eq(c.err, ERR_SHORT);
}
END_TEST

START_TEST(a_sub_cursor_cannot_read_its_neighbour)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5 };
	struct cursor c = cursor_over(bytes, sizeof bytes);
	cursor_skip(&c, 1);
	struct cursor sub = cursor_sub(&c, 2);
	ck_assert_uint_eq(cursor_u16(&sub), 0x0203);
	ck_assert_uint_eq(sub.pos, 3); /* positions count from the whole input */
	ck_assert_uint_eq(cursor_u8(&sub), 0);
	ck_assert_int_eq(sub.err, ERR_SHORT);
	ck_assert_int_eq(c.err, 0);
	ck_assert_uint_eq(cursor_u8(&c), 4);
	sub = cursor_sub(&c, 2);
	ck_assert_int_eq(sub.err, ERR_SHORT);
	ck_assert_uint_eq(cursor_left(&sub), 0);
	ck_assert_int_eq(c.err, ERR_SHORT);
}
END_TEST

START_TEST(fields_are_written_in_network_order_and_lengths_patched)
{
	uint8_t bytes[9];
	struct writer w = writer_over(bytes, sizeof bytes);
	writer_u16(&w, 0);
	writer_u8(&w, 0x01);
	writer_u32(&w, 0x02030485);
	writer_bytes(&w, "ab", 2);
	writer_patch_u16(&w, 0, 0x0607);
	ck_assert_int_eq(w.err, 0);
	ck_assert_mem_eq(bytes, "\x06\x07\x01\x02\x03\x04\x85"
	                        "ab", 9);
}
END_TEST

START_TEST(a_full_writer_ignores_the_rest_and_touches_nothing_beyond)
{
	uint8_t bytes[4] = { 0, 0, 0, 0xee };
	struct writer w = writer_over(bytes, 3);
	writer_u16(&w, 0x0102);
	writer_u16(&w, 0x0304);
	ck_assert_int_eq(w.err, ERR_FULL);
	writer_u8(&w, 5); /* would fit, but the message has a hole already */
	writer_patch_u16(&w, 0, 0xffff);
	ck_assert_mem_eq(bytes, "\x01\x02\x00\xee", 4);
	ck_assert_uint_eq(w.pos, 2);
}
END_TEST

START_TEST(patching_what_was_not_written_does_nothing)
{
	uint8_t bytes[4] = { 0 };
	struct writer w = writer_over(bytes, sizeof bytes);
	writer_u16(&w, 0x0102);
	writer_patch_u16(&w, 1, 0xffff);
	ck_assert_mem_eq(bytes, "\x01\x02\x00\x00", 4);
}
END_TEST

START_TEST(every_error_has_its_own_words)
{
	for (int err = 0; err >= ERR_BUDGET; err--) {
		ck_assert_str_ne(err_text(err), "unknown error");
		for (int other = 0; other > err; other--)
			ck_assert_str_ne(err_text(err), err_text(other));
	}
	ck_assert_str_eq(err_text(ERR_CLOSED - 1), "unknown error");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("cursor");
	tcase_add_test(tcase, fields_are_read_in_network_order);
	tcase_add_test(tcase, the_first_error_sticks_and_later_reads_give_zeros);
	tcase_add_test(tcase, a_size_near_the_end_of_the_address_space_does_not_wrap);
	tcase_add_test(tcase, a_sub_cursor_cannot_read_its_neighbour);
	tcase_add_test(tcase, fields_are_written_in_network_order_and_lengths_patched);
	tcase_add_test(tcase, a_full_writer_ignores_the_rest_and_touches_nothing_beyond);
	tcase_add_test(tcase, patching_what_was_not_written_does_nothing);
	tcase_add_test(tcase, every_error_has_its_own_words);
	Suite *suite = suite_create("cursor");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
