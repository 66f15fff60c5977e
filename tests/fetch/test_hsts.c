/* Hosts for https only (fetch/hsts.h). */
#include "fetch/hsts.h"

#include <stdio.h>

#include "tests/suite.h"

#define NOW_S INT64_C(1790000000)

static struct hsts hsts;

static const struct {
	const char *value, *asked; /* of a.example */
	bool is_known;
	int err;
} fields[] = {
	{ "max-age=31536000", "a.example", true, 0 },
	{ "max-age=31536000", "A.Example.", true, 0 },
	{ "max-age=31536000", "x.a.example", false, 0 },
	{ "max-age=31536000", "nota.example", false, 0 },
	{ "Max-Age=\"31536000\" ; IncludeSubDomains; preload; x=\"y;z\"", "y.x.a.example", true,
	  0 },
	{ "includeSubDomains; max-age=1;", "nota.example", false, 0 },
	{ "max-age=99999999999999999999", "a.example", true, 0 },
	{ "max-age=18446744073709551615", "a.example", true, 0 },
	{ "max-age=0", "a.example", false, 0 },
	{ "max-age", "a.example", false, ERR_MALFORMED },
	{ "max-age=-1", "a.example", false, ERR_MALFORMED },
	{ "max-age=1; max-age=2", "a.example", false, ERR_MALFORMED },
	{ "max-age=1; includeSubDomains; includeSubDomains", "a.example", false, ERR_MALFORMED },
	{ "includeSubDomains", "a.example", false, ERR_MALFORMED },
	{ "max-age=1, max-age=2", "a.example", false, ERR_MALFORMED },
	{ "", "a.example", false, ERR_MALFORMED },
};

START_TEST(a_host_is_learnt_from_its_field)
{
	hsts_init(&hsts);
	ck_assert_msg(hsts_receive(&hsts, SPAN("a.example"), span_from_text(fields[_i].value),
				   NOW_S) == fields[_i].err,
		      "%s", fields[_i].value);
	ck_assert_msg(hsts_is_known(&hsts, span_from_text(fields[_i].asked), NOW_S) ==
			      fields[_i].is_known,
		      "%s", fields[_i].value);
}
END_TEST

START_TEST(hosts_are_forgotten)
{
	hsts_init(&hsts);
	ck_assert_int_eq(hsts_receive(&hsts, SPAN("a.example"), SPAN("max-age=10"), NOW_S), 0);
	ck_assert(hsts_is_known(&hsts, SPAN("a.example"), NOW_S + 9));
	ck_assert(!hsts_is_known(&hsts, SPAN("a.example"), NOW_S + 10));
	ck_assert_int_eq(hsts_receive(&hsts, SPAN("A.example."), SPAN("max-age=0"), NOW_S), 0);
	ck_assert_uint_eq(hsts.count, 0);
}
END_TEST

START_TEST(a_full_store_drops_what_would_go_first)
{
	char host[32], value[32];
	hsts_init(&hsts);
	for (unsigned i = 0; i <= HSTS_HOSTS_MAX; i++) {
		snprintf(host, sizeof host, "h%u.example", i);
		snprintf(value, sizeof value, "max-age=%u", 100 + i);
		ck_assert_int_eq(
			hsts_receive(&hsts, span_from_text(host), span_from_text(value), NOW_S), 0);
	}
	ck_assert_uint_eq(hsts.count, HSTS_HOSTS_MAX);
	ck_assert(!hsts_is_known(&hsts, SPAN("h0.example"), NOW_S));
	ck_assert(hsts_is_known(&hsts, SPAN("h1.example"), NOW_S));
	ck_assert(hsts_is_known(&hsts, SPAN("h1000.example"), NOW_S));
}
END_TEST

START_TEST(the_file_of_curl_is_read_and_written)
{
	static const char file[] =
		"# curl\r\n.a.example \"20271231 23:59:59\"\r\nb.example \"20271231 00:00:00\"\n"
		"old.example \"20200101 00:00:00\"\nc.example \"unlimited\"\n"
		"d.example 20271231\nd.example \"20271331 00:00:00\"\nd.example\n";
	static char written[1024], again[1024];
	hsts_init(&hsts);
	ck_assert_uint_eq(hsts_file_read(&hsts, span_from_text(file), NOW_S), 3);
	ck_assert_uint_eq(hsts.count, 3);
	ck_assert(hsts_is_known(&hsts, SPAN("x.a.example"), NOW_S));
	ck_assert(!hsts_is_known(&hsts, SPAN("x.b.example"), NOW_S));
	struct writer out = writer_over(written, sizeof written);
	ck_assert_int_eq(hsts_file_write(&hsts, NOW_S, &out), 0);
	size_t bytes = out.pos;
	ck_assert_ptr_nonnull(strstr(written, "\n.a.example \"20271231 23:59:59\"\n"));
	hsts_init(&hsts);
	ck_assert_uint_eq(hsts_file_read(&hsts, span_of(written, bytes), NOW_S), 0);
	out = writer_over(again, sizeof again);
	ck_assert_int_eq(hsts_file_write(&hsts, NOW_S, &out), 0);
	ck_assert_str_eq(written, again);
}
END_TEST

static Suite *
hsts_suite(void)
{
	Suite *suite = suite_create("hsts");
	TCase *tcase = tcase_create("hosts");
	tcase_add_loop_test(tcase, a_host_is_learnt_from_its_field, 0, COUNT(fields));
	tcase_add_test(tcase, hosts_are_forgotten);
	tcase_add_test(tcase, a_full_store_drops_what_would_go_first);
	tcase_add_test(tcase, the_file_of_curl_is_read_and_written);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(hsts_suite());
}
