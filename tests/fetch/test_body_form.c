/* The forms of -F (fetch/body.h, fetch/body_form.c). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fetch/body.h"
#include "fetch/multipart.h"
#include "tests/suite.h"

static struct body body;
static struct failure failure;
static char path[] = "/tmp/cairn-form-XXXXXX";

static void
make_file(void)
{
	int descriptor = mkstemp(path);
	ck_assert_int_ge(descriptor, 0);
	ck_assert_int_eq(write(descriptor, "of a file\r\n", 11), 11);
	close(descriptor);
}

static void
remove_file(void)
{
	unlink(path);
	memcpy(path + sizeof path - 7, "XXXXXX", 6);
}

static int
form(const char *text, int kind)
{
	struct setting_item item = { text, kind };
	struct setting_list list = { &item, 1 };
	failure_clear(&failure);
	return body_from_form(&body, &list, &failure);
}

/* The body without its boundaries: what stands between the first and the last. */
static const char *
part(void)
{
	static char text[1024];
	const char *boundary = strstr(body.content_type, "boundary=") + 9;
	size_t edge = 2 + strlen(boundary) + 2, end = 2 + 2 + strlen(boundary) + 2 + 2;
	ck_assert_uint_gt(body.bytes, edge + end);
	ck_assert_int_eq(memcmp(body.data + 2, boundary, strlen(boundary)), 0);
	ck_assert_int_eq(memcmp(body.data + body.bytes - 4, "--\r\n", 4), 0);
	snprintf(text, sizeof text, "%.*s", (int)(body.bytes - edge - end), body.data + edge);
	return text;
}

START_TEST(parts_are_text_or_files)
{
	static const struct {
		const char *setting; /* %s: the file */
		int kind;
		const char *part;
	} cases[] = {
		{ "a=b", FORM_FIELD, "Content-Disposition: form-data; name=\"a\"\r\n\r\nb" },
		{ "a=", FORM_FIELD, "Content-Disposition: form-data; name=\"a\"\r\n\r\n" },
		{ "a=b;type=text/x;charset=utf-8", FORM_FIELD,
		  "Content-Disposition: form-data; name=\"a\"\r\nContent-Type: "
		  "text/x;charset=utf-8\r\n\r\nb" },
		{ "a=@b;type=c", FORM_STRING,
		  "Content-Disposition: form-data; name=\"a\"\r\n\r\n@b;type=c" },
		{ "a=<%s", FORM_FIELD,
		  "Content-Disposition: form-data; name=\"a\"\r\n\r\nof a file\r\n" },
		{ "a=@%s;filename=\"x y.png\"", FORM_FIELD,
		  "Content-Disposition: form-data; name=\"a\"; filename=\"x y.png\"\r\n"
		  "Content-Type: image/png\r\n\r\nof a file\r\n" },
		{ "a=@%s;filename=x;TYPE=text/y", FORM_FIELD,
		  "Content-Disposition: form-data; name=\"a\"; filename=\"x\"\r\nContent-Type: "
		  "text/y\r\n\r\n"
		  "of a file\r\n" },
		{ "a=b;filename=c.txt", FORM_FIELD,
		  "Content-Disposition: form-data; name=\"a\"; filename=\"c.txt\"\r\n"
		  "Content-Type: text/plain\r\n\r\nb" },
	};
	char setting[256];
	const char *file = strchr(cases[_i].setting, '%');
	snprintf(setting, sizeof setting, "%.*s%s%s",
		 (int)(file != NULL ? file - cases[_i].setting : 200), cases[_i].setting,
		 file != NULL ? path : "", file != NULL ? file + 2 : "");
	ck_assert_msg(form(setting, cases[_i].kind) == 0, "%s", failure.text);
	ck_assert_str_eq(part(), cases[_i].part);
	body_fini(&body);
}
END_TEST

START_TEST(an_upload_has_the_files_name)
{
	char setting[256], expected[512];
	snprintf(setting, sizeof setting, "f=@%s", path);
	ck_assert_int_eq(form(setting, FORM_FIELD), 0);
	snprintf(expected, sizeof expected,
		 "Content-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\n"
		 "Content-Type: application/octet-stream\r\n\r\nof a file\r\n",
		 strrchr(path, '/') + 1);
	ck_assert_str_eq(part(), expected);
	body_fini(&body);
}
END_TEST

START_TEST(what_is_no_part_is_refused)
{
	ck_assert_int_eq(form("no equals sign", FORM_FIELD), -1);
	ck_assert_int_eq(failure.cause, FAILURE_USAGE);
	body_fini(&body);
	ck_assert_int_eq(form("a=@", FORM_FIELD), -1);
	body_fini(&body);
	ck_assert_int_eq(form("a=b;type=x\r\ny", FORM_FIELD), -1);
	body_fini(&body);
	ck_assert_int_eq(form("a=@/nonexistent/file", FORM_FIELD), -1);
	ck_assert_int_eq(failure.cause, FAILURE_READ);
	body_fini(&body);
}
END_TEST

static Suite *
body_form_suite(void)
{
	Suite *suite = suite_create("body_form");
	TCase *tcase = tcase_create("forms");
	tcase_add_checked_fixture(tcase, make_file, remove_file);
	tcase_add_loop_test(tcase, parts_are_text_or_files, 0, 8);
	tcase_add_test(tcase, an_upload_has_the_files_name);
	tcase_add_test(tcase, what_is_no_part_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(body_form_suite());
}
