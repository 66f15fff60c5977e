/* What of a header field others may read (fetch/field_shown.h). */
#include "tests/suite.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "fetch/field_shown.h"

static const struct {
	const char *name, *value, *shown;
} cases[] = {
	{ "Authorization", "Basic aHVzaA==", "..." },
	{ "proxy-authorization", "Basic aHVzaA==", "..." },
	{ "Cookie", "a=1", "..." },
	{ "Set-Cookie", "a=1; Path=/", "..." },
	{ "X-Api-Key", "hush", "..." },
	{ "X-Auth-Token", "hush", "..." },
	{ "X-Auth-Key", "hush", "..." },
	{ "PRIVATE-TOKEN", "hush", "..." },
	{ "X-Amz-Security-Token", "hush", "..." },
	{ "X-Client-Secret", "hush", "..." },
	{ "Password", "hush", "..." },
	{ "Passwd", "hush", "..." },
	{ "ApiKey", "hush", "..." },
	{ "my_api_key", "hush", "..." },
	{ "X-Session", "hush", "..." },
	{ "Signature", "hush", "..." },
	{ "AwsCredential", "hush", "..." },
	{ "Passenger", "a name", "a name" },
	{ "WWW-Authenticate", "Basic realm=\"a\"", "Basic realm=\"a\"" },
	{ "Content-Type", "text/html", "text/html" },
	{ "Location", "https://someone:hush@www.example/a?b=c@d", "https://www.example/a?b=c@d" },
	{ "Location", "/a@b", "/a@b" },
	{ "Location", "//someone:hush@www.example/", "//www.example/" },
	{ "Referer", "https://someone@www.example/", "https://www.example/" },
	{ "From", "someone@www.example", "someone@www.example" },
	{ "Host", "someone@www.example", "someone@www.example" },
	{ "Hush", "https://someone@www.example/", "https://someone@www.example/" },
	{ "Tokens", "hush", "..." },
};

START_TEST(credentials_are_not_shown)
{
	char text[512];
	struct span shown = field_shown(span_from_text(cases[_i].name), span_from_text(cases[_i].value), text, sizeof text);
	ck_assert_msg(span_is(shown, cases[_i].shown), "%s: " SPAN_FORMAT, cases[_i].name, SPAN_ARGUMENTS(shown));
}
END_TEST

/* What is let through by its name alone hides nothing when its letters are looked at either, as they are in capitals. */
START_TEST(everyday_fields_are_shown_however_they_are_written)
{
	static const char *const names[] = { "Date", "ETag", "Host", "Vary", "Accept", "Server", "Connection", "User-Agent", "Content-Type",
		                             "Accept-Ranges", "Cache-Control", "Last-Modified", "Content-Length", "Accept-Encoding",
		                             "Content-Encoding", "Transfer-Encoding" };
	char capitals[32], text[64];
	const struct span value = SPAN("https://someone:open@www.example/");

	for (size_t i = 0; i < COUNT(names); i++) {
		for (size_t at = 0; at <= strlen(names[i]); at++)
			capitals[at] = (char)toupper((unsigned char)names[i][at]);
		ck_assert_msg(span_equals(field_shown(span_from_text(names[i]), value, text, sizeof text), value), "%s", names[i]);
		ck_assert_msg(span_equals(field_shown(span_from_text(capitals), value, text, sizeof text), value), "%s", capitals);
	}
}
END_TEST

START_TEST(of_a_long_url_no_password_is_shown_either)
{
	char value[8192], text[64];
	for (size_t bytes = 60; bytes < sizeof value; bytes *= 2) {
		(void)snprintf(value, sizeof value, "https://someone:hush@www.example/%0*d", (int)bytes, 0);
		struct span shown = field_shown(SPAN("Location"), span_from_text(value), text, sizeof text);
		ck_assert_ptr_null(memmem(shown.at, shown.bytes, "hush", 4));
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("field_shown");
	tcase_add_loop_test(tcase, credentials_are_not_shown, 0, COUNT(cases));
	tcase_add_test(tcase, everyday_fields_are_shown_however_they_are_written);
	tcase_add_test(tcase, of_a_long_url_no_password_is_shown_either);
	Suite *suite = suite_create("field_shown");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
