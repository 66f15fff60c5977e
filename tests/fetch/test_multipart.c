/* Bodies of forms (fetch/multipart.h). */
#include "fetch/multipart.h"

#include "tests/suite.h"

static char text[1024];

START_TEST(a_form_is_parts_between_boundaries)
{
	struct writer out = writer_over(text, sizeof text - 1);
	struct multipart_part field = { .name = SPAN("a") };
	struct multipart_part file = { SPAN("f\"\r\nX: y"), SPAN("b \xc3\xa4.txt"),
				       SPAN("text/plain") };
	multipart_type_write("B", &out);
	writer_u8(&out, '\n');
	ck_assert_int_eq(multipart_part_write("B", &field, true, &out), 0);
	writer_bytes(&out, "one", 3);
	ck_assert_int_eq(multipart_part_write("B", &file, false, &out), 0);
	writer_bytes(&out, "two", 3);
	ck_assert_int_eq(multipart_end_write("B", &out), 0);
	text[out.pos] = '\0';
	ck_assert_str_eq(
		text,
		"multipart/form-data; boundary=B\n"
		"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
		"--B\r\nContent-Disposition: form-data; name=\"f%22%0D%0AX: y\"; "
		"filename=\"b \xc3\xa4.txt\"\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--B--\r\n");
}
END_TEST

START_TEST(what_would_break_the_form_is_refused)
{
	struct multipart_part part = { SPAN("a"), SPAN(""), SPAN("text/plain\r\nX: y") };
	struct writer out = writer_over(text, sizeof text);
	ck_assert_int_eq(multipart_part_write("B", &part, true, &out), ERR_MALFORMED);
	part.type = SPAN("");
	out = writer_over(text, 20);
	ck_assert_int_eq(multipart_part_write("B", &part, true, &out), ERR_FULL);
}
END_TEST

START_TEST(boundaries_are_drawn)
{
	struct rng rng;
	char first[MULTIPART_BOUNDARY_BYTES + 1], second[MULTIPART_BOUNDARY_BYTES + 1];
	rng_init_number(&rng, suite_seed(7578));
	multipart_boundary_draw(&rng, first);
	multipart_boundary_draw(&rng, second);
	ck_assert_uint_eq(strlen(first), MULTIPART_BOUNDARY_BYTES);
	ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(types_follow_the_name)
{
	ck_assert_str_eq(multipart_type_of(SPAN("a.PNG")), "image/png");
	ck_assert_str_eq(multipart_type_of(SPAN("a.tar.gz")), "application/octet-stream");
	ck_assert_str_eq(multipart_type_of(SPAN(".png")), "application/octet-stream");
	ck_assert_str_eq(multipart_type_of(SPAN("")), "application/octet-stream");
}
END_TEST

static Suite *
multipart_suite(void)
{
	Suite *suite = suite_create("multipart");
	TCase *tcase = tcase_create("forms");
	tcase_add_test(tcase, a_form_is_parts_between_boundaries);
	tcase_add_test(tcase, what_would_break_the_form_is_refused);
	tcase_add_test(tcase, boundaries_are_drawn);
	tcase_add_test(tcase, types_follow_the_name);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(multipart_suite());
}
