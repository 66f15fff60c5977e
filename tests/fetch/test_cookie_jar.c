/* Cookies: fields, the jar, its file (fetch/cookie.h). */
#include "fetch/cookie.h"

#include <stdio.h>

#include "tests/suite.h"

#define NOW_S INT64_C(1790000000)

static struct cookie_jar jar;
static char text[4u << 20];

static bool
is_suffix(void *data, struct span domain)
{
	(void)data;
	return span_find(domain, '.') == domain.bytes || span_is_nocase(domain, "co.uk");
}

static const struct cookie_suffixes suffixes = { is_suffix, NULL };

/* "https://a.example/x" */
static struct cookie_request
request_of(const char *url)
{
	struct span rest = span_from_text(url);
	struct cookie_request request = { .is_secure = span_starts(rest, SPAN("https:")) };
	rest = span_from(rest, request.is_secure ? 8 : 7);
	request.host = span_first(rest, span_find(rest, '/'));
	request.path = span_from(rest, request.host.bytes);
	request.is_address = request.host.at[0] >= '0' && request.host.at[0] <= '9';
	return request;
}

static int
set(const char *url, const char *value)
{
	struct set_cookie cookie;
	struct cookie_request request = request_of(url);
	int err = set_cookie_read(span_from_text(value), NOW_S, &cookie);
	return err != 0 ? err : cookie_jar_put(&jar, &cookie, &request, NOW_S);
}

static const char *
get_at(const char *url, int64_t now_s)
{
	struct cookie_request request = request_of(url);
	struct writer out = writer_over(text, sizeof text - 1);
	cookie_jar_get(&jar, &request, now_s, &out);
	ck_assert_int_eq(out.err, 0);
	text[out.pos] = '\0';
	return text;
}

static const char *
get(const char *url)
{
	return get_at(url, NOW_S);
}

static const struct {
	const char *behaviour, *from, *set, *to, *sent;
	int err;
} exchanges[] = {
	{ "a cookie comes back", "http://a.example/", "n=v", "http://a.example/", "n=v", 0 },
	{ "white space goes", "http://a.example/", " n = v ;x", "http://a.example/", "n=v", 0 },
	{ "an equals sign may be in the value", "http://a.example/", "n=a=b", "http://a.example/",
	  "n=a=b", 0 },
	{ "quotes are the value's", "http://a.example/", "n=\"a b\"", "http://a.example/",
	  "n=\"a b\"", 0 },
	{ "no name", "http://a.example/", "v", "http://a.example/", "v", 0 },
	{ "no name but an equals sign", "http://a.example/", "=v", "http://a.example/", "v", 0 },
	{ "no value", "http://a.example/", "n=", "http://a.example/", "n=", 0 },
	{ "neither", "http://a.example/", "=", "http://a.example/", "", ERR_MALFORMED },
	{ "nothing", "http://a.example/", "", "http://a.example/", "", ERR_MALFORMED },
	{ "a control", "http://a.example/",
	  "n=a\x01"
	  "b",
	  "http://a.example/", "", ERR_MALFORMED },
	{ "a tab inside", "http://a.example/", "n=a\tb", "http://a.example/", "", ERR_MALFORMED },
	{ "a control in an attribute", "http://a.example/", "n=v; Path=/\x7f", "http://a.example/",
	  "", ERR_MALFORMED },

	{ "another host", "http://a.example/", "n=v", "http://b.example/", "", 0 },
	{ "a subdomain without Domain", "http://a.example/", "n=v", "http://x.a.example/", "", 0 },
	{ "a subdomain with Domain", "http://a.example/", "n=v; Domain=a.example",
	  "http://x.a.example/", "n=v", 0 },
	{ "Domain with a dot, in capitals", "http://x.a.example/", "n=v; domain=.A.Example",
	  "http://a.example/", "n=v", 0 },
	{ "an empty Domain", "http://a.example/", "n=v; Domain=", "http://x.a.example/", "", 0 },
	{ "the domain of another", "http://a.example/", "n=v; Domain=b.example",
	  "http://b.example/", "", ERR_PERMISSION },
	{ "a subdomain's domain", "http://a.example/", "n=v; Domain=x.a.example",
	  "http://x.a.example/", "", ERR_PERMISSION },
	{ "a common ending", "http://nota.example/", "n=v; Domain=a.example", "http://a.example/",
	  "", ERR_PERMISSION },
	{ "a public suffix", "http://shop.co.uk/", "n=v; Domain=co.uk", "http://other.co.uk/", "",
	  ERR_PERMISSION },
	{ "a top-level domain", "http://a.example/", "n=v; Domain=example", "http://b.example/", "",
	  ERR_PERMISSION },
	{ "a public suffix for itself", "http://co.uk/", "n=v; Domain=co.uk", "http://co.uk/",
	  "n=v", 0 },
	{ "a public suffix for itself alone", "http://co.uk/", "n=v; Domain=co.uk",
	  "http://a.co.uk/", "", 0 },
	{ "localhost", "http://localhost/", "n=v; Domain=localhost", "http://localhost/", "n=v",
	  0 },
	{ "an address", "http://192.0.2.1/", "n=v", "http://192.0.2.1/", "n=v", 0 },
	{ "an address as Domain", "http://192.0.2.1/", "n=v; Domain=192.0.2.1", "http://192.0.2.1/",
	  "n=v", 0 },
	{ "the end of an address", "http://192.0.2.1/", "n=v; Domain=2.1", "http://192.0.2.1/", "",
	  ERR_PERMISSION },
	{ "the last Domain counts", "http://x.a.example/",
	  "n=v; Domain=b.example; Domain=a.example", "http://a.example/", "n=v", 0 },

	{ "the path is the directory", "http://a.example/x/y", "n=v", "http://a.example/x/z", "n=v",
	  0 },
	{ "the path is no other directory", "http://a.example/x/y", "n=v", "http://a.example/z", "",
	  0 },
	{ "a path is not a beginning", "http://a.example/", "n=v; Path=/x", "http://a.example/xy",
	  "", 0 },
	{ "a path itself", "http://a.example/", "n=v; Path=/x", "http://a.example/x", "n=v", 0 },
	{ "under a path", "http://a.example/", "n=v; Path=/x", "http://a.example/x/y", "n=v", 0 },
	{ "a path with a slash", "http://a.example/", "n=v; Path=/x/", "http://a.example/x", "",
	  0 },
	{ "a path that is none", "http://a.example/x/y", "n=v; Path=z", "http://a.example/x/",
	  "n=v", 0 },

	{ "Secure over https", "https://a.example/", "n=v; Secure", "https://a.example/", "n=v",
	  0 },
	{ "Secure to http", "https://a.example/", "n=v; Secure", "http://a.example/", "", 0 },
	{ "Secure from http", "http://a.example/", "n=v; Secure", "https://a.example/", "",
	  ERR_PERMISSION },
	{ "__Secure- without Secure", "https://a.example/", "__Secure-n=v", "https://a.example/",
	  "", ERR_PERMISSION },
	{ "__Secure- with it", "https://a.example/", "__secure-n=v; Secure", "https://a.example/",
	  "__secure-n=v", 0 },
	{ "__Host- with a domain", "https://a.example/",
	  "__Host-n=v; Secure; Path=/; Domain=a.example", "https://a.example/", "",
	  ERR_PERMISSION },
	{ "__Host- without a path", "https://a.example/", "__Host-n=v; Secure",
	  "https://a.example/", "", ERR_PERMISSION },
	{ "__Host- as it must be", "https://a.example/", "__Host-n=v; Secure; Path=/",
	  "https://a.example/", "__Host-n=v", 0 },
	{ "a prefix in a value without a name", "https://a.example/", "=__Host-n=v; Secure; Path=/",
	  "https://a.example/", "", ERR_PERMISSION },

	{ "gone before it came", "http://a.example/", "n=v; Max-Age=0", "http://a.example/", "",
	  0 },
	{ "a negative age", "http://a.example/", "n=v; Max-Age=-1", "http://a.example/", "", 0 },
	{ "an age that is none", "http://a.example/", "n=v; Max-Age=1x", "http://a.example/", "n=v",
	  0 },
	{ "an age beyond numbers", "http://a.example/", "n=v; Max-Age=99999999999999999999999",
	  "http://a.example/", "n=v", 0 },
	{ "a past date", "http://a.example/", "n=v; Expires=Sun, 06 Nov 1994 08:49:37 GMT",
	  "http://a.example/", "", 0 },
	{ "Max-Age before Expires", "http://a.example/",
	  "n=v; Max-Age=5; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "http://a.example/", "n=v", 0 },
	{ "a date that is none", "http://a.example/", "n=v; Expires=soon", "http://a.example/",
	  "n=v", 0 },
};

START_TEST(cookies_go_where_they_belong)
{
	cookie_jar_init(&jar, &suffixes);
	int err = set(exchanges[_i].from, exchanges[_i].set);
	ck_assert_msg(err == exchanges[_i].err, "%s: %d", exchanges[_i].behaviour, err);
	ck_assert_msg(strcmp(get(exchanges[_i].to), exchanges[_i].sent) == 0, "%s: \"%s\"",
		      exchanges[_i].behaviour, text);
	ck_assert_uint_le(jar.count, 1);
}
END_TEST

START_TEST(longer_paths_go_first_then_the_older)
{
	cookie_jar_init(&jar, NULL);
	set("http://a.example/", "a=1; Path=/");
	set("http://a.example/", "b=2; Path=/x/y");
	set("http://a.example/", "c=3; Path=/");
	set("http://a.example/", "d=4; Path=/x");
	set("http://a.example/", "a=5; Path=/"); /* keeps its place */
	ck_assert_str_eq(get("http://a.example/x/y/z"), "b=2; d=4; a=5; c=3");
}
END_TEST

START_TEST(time_takes_cookies_away)
{
	cookie_jar_init(&jar, NULL);
	set("http://a.example/", "short=1; Max-Age=10");
	set("http://a.example/", "long=2; Max-Age=999999999");
	set("http://a.example/", "session=3");
	ck_assert_str_eq(get_at("http://a.example/", NOW_S + 9), "short=1; long=2; session=3");
	ck_assert_str_eq(get_at("http://a.example/", NOW_S + 10), "long=2; session=3");
	ck_assert_str_eq(get_at("http://a.example/", NOW_S + COOKIE_AGE_S_MAX), "session=3");
	cookie_jar_end_session(&jar);
	ck_assert_str_eq(get("http://a.example/"), "short=1; long=2");
	set("http://a.example/", "long=; Max-Age=0");
	ck_assert_str_eq(get("http://a.example/"), "short=1");
}
END_TEST

START_TEST(http_shadows_nothing_that_https_has_set)
{
	cookie_jar_init(&jar, NULL);
	ck_assert_int_eq(set("https://a.example/", "n=secret; Secure; Domain=a.example"), 0);
	ck_assert_int_eq(set("http://x.a.example/", "n=evil; Domain=a.example"), ERR_PERMISSION);
	ck_assert_int_eq(set("http://x.a.example/", "n=evil"), ERR_PERMISSION);
	ck_assert_int_eq(set("http://a.example/", "m=fine"), 0);
	ck_assert_int_eq(set("https://a.example/", "n=new; Secure; Domain=a.example"), 0);
	ck_assert_str_eq(get("https://a.example/"), "n=new; m=fine");
}
END_TEST

START_TEST(sizes_are_bounded)
{
	static char value[COOKIE_PAIR_BYTES_MAX + 64];
	cookie_jar_init(&jar, NULL);
	snprintf(value, sizeof value, "n=%0*d", (int)COOKIE_PAIR_BYTES_MAX - 1, 7);
	ck_assert_int_eq(set("http://a.example/", value), 0);
	snprintf(value, sizeof value, "n=%0*d", (int)COOKIE_PAIR_BYTES_MAX, 7);
	ck_assert_int_eq(set("http://a.example/", value), ERR_TOO_BIG);
	snprintf(value, sizeof value, "m=v; Path=/%0*d", (int)COOKIE_ATTRIBUTE_BYTES_MAX, 7);
	ck_assert_int_eq(set("http://a.example/", value), 0); /* the attribute does not count */
	ck_assert_uint_eq(strlen(get("http://a.example/")), COOKIE_PAIR_BYTES_MAX + 1 + 5);
}
END_TEST

static void
fill(const char *format, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char url[64], value[64];
		snprintf(url, sizeof url, format, i);
		snprintf(value, sizeof value, "n%u=v", i);
		ck_assert_int_eq(set(url, value), 0);
	}
}

START_TEST(a_full_jar_drops_the_longest_unused)
{
	cookie_jar_init(&jar, NULL);
	ck_assert_int_eq(set("http://a.example/", "old=1"), 0);
	fill("http://a.example/", COOKIE_DOMAIN_MAX - 1);
	ck_assert_ptr_nonnull(strstr(get("http://a.example/"), "old=1")); /* used: it stays */
	ck_assert_int_eq(set("http://a.example/", "new=2"), 0);
	ck_assert_uint_eq(jar.count, COOKIE_DOMAIN_MAX);
	fill("http://h%u.example/", 2 * COOKIE_JAR_MAX);
	ck_assert_uint_eq(jar.count, COOKIE_JAR_MAX);
	ck_assert_str_eq(get("http://a.example/"), "");
	ck_assert_str_eq(get("http://h5999.example/"), "n5999=v");
	ck_assert_str_eq(get("http://h3000.example/"), "n3000=v");
	ck_assert_str_eq(get("http://h2999.example/"), "");
}
END_TEST

START_TEST(one_line_carries_what_servers_take)
{
	cookie_jar_init(&jar, NULL);
	for (unsigned i = 0; i < 5; i++) {
		static char value[3000];
		snprintf(value, sizeof value, "n%u=%02900u", i, i);
		ck_assert_int_eq(set("http://a.example/", value), 0);
	}
	size_t bytes = strlen(get("http://a.example/"));
	ck_assert_uint_le(bytes, COOKIE_SEND_BYTES_MAX);
	ck_assert_uint_eq(bytes, 2 * 2903 + 2);
}
END_TEST

START_TEST(one_response_sets_so_many)
{
	static struct field fields[COOKIE_RECEIVE_MAX + 10];
	static char values[COUNT(fields)][16];
	struct cookie_request request = request_of("http://a.example/");
	for (size_t i = 0; i < COUNT(fields); i++) {
		snprintf(values[i], sizeof values[i], "n%zu=v", i);
		fields[i] = (struct field){ SPAN_LITERAL("set-cookie"), span_from_text(values[i]) };
	}
	cookie_jar_init(&jar, NULL);
	ck_assert_uint_eq(cookie_jar_receive(&jar, &(struct fields){ fields, COUNT(fields) },
					     &request, NOW_S),
			  10);
	ck_assert_uint_eq(jar.count, COOKIE_RECEIVE_MAX);
}
END_TEST

static const struct {
	const char *text;
	int64_t time_s; /* -1: refused */
} dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
	{ "Sun Nov  6 08:49:37 1994", 784111777 },
	{ "6 november 94 8:49:37", 784111777 },
	{ "1994 6 8:49:37 Nov", 784111777 }, /* in any order */
	{ "6 1994 8:49:37 Nov", 784111777 },
	{ "Thu, 01-Jan-70 00:00:00 GMT", 0 },
	{ "Thu, 01-Jan-69 00:00:00 GMT", INT64_C(3124224000) },
	{ "Sun, 06 Nov 1994 08:49:37junk GMT", 784111777 },
	{ "Sun, 06 Nov 1600 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 1994 08:49 GMT", -1 },
	{ "Sun, 06 Nov 1994 24:49:37 GMT", -1 },
	{ "Sun, 31 Feb 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 Nov 08:49:37 GMT", -1 },
	{ "", -1 },
};

START_TEST(dates_are_read_with_patience)
{
	int64_t time_s = -1;
	int err = cookie_date_read(span_from_text(dates[_i].text), &time_s);
	ck_assert_msg(err == (dates[_i].time_s < 0 ? ERR_MALFORMED : 0), "%s", dates[_i].text);
	ck_assert_msg(err != 0 || time_s == dates[_i].time_s, "%s: %lld", dates[_i].text,
		      (long long)time_s);
}
END_TEST

START_TEST(the_file_of_netscape_is_read_and_written)
{
	static const char file[] = "# Netscape HTTP Cookie File\r\n\r\n"
				   "a.example\tFALSE\t/\tFALSE\t0\tn\tv\n"
				   "#HttpOnly_.b.example\tTRUE\t/x\tTRUE\t1799999999\th\ta b\n"
				   "b.example\tFALSE\t/\tFALSE\t1799999999\tempty\t\n"
				   "b.example\tFALSE\t/\tFALSE\t5\texpired\tv\n"
				   "short line\n"
				   "c.example\tFALSE\tx\tFALSE\t0\tn\tv\n"
				   "c.example\tFALSE\t/\tFALSE\tsoon\tn\tv\n"
				   "Set-Cookie: s=1; Domain=c.example; Path=/\n"
				   ".#HttpOnly_e.example\tTRUE\t/\tFALSE\t0\tn\tv\n"
				   "..d.example\tTRUE\t/\tFALSE\t0\tn\tv\n"
				   "Set-Cookie: s=1\n";
	static char written[1024];
	cookie_jar_init(&jar, &suffixes);
	ck_assert_uint_eq(cookie_file_read(&jar, span_from_text(file), NOW_S), 6);
	ck_assert_uint_eq(jar.count, 4);
	ck_assert_str_eq(get("https://x.b.example/x/y"), "h=a b");
	ck_assert_str_eq(get("http://b.example/x"), "empty=");
	ck_assert_str_eq(get("http://x.c.example/"), "s=1");

	struct writer out = writer_over(written, sizeof written);
	ck_assert_int_eq(cookie_file_write(&jar, NOW_S, &out), 0);
	size_t bytes = out.pos;
	ck_assert_ptr_nonnull(
		strstr(written, "\n#HttpOnly_.b.example\tTRUE\t/x\tTRUE\t1799999999\th\ta b\n"));
	cookie_jar_init(&jar, &suffixes);
	ck_assert_uint_eq(cookie_file_read(&jar, span_of(written, bytes), NOW_S), 0);
	out = writer_over(text, sizeof text);
	ck_assert_int_eq(cookie_file_write(&jar, NOW_S, &out), 0);
	ck_assert_uint_eq(out.pos, bytes);
	ck_assert_mem_eq(text, written, bytes);
	out = writer_over(text, bytes - 1);
	ck_assert_int_eq(cookie_file_write(&jar, NOW_S, &out), ERR_FULL);
}
END_TEST

static Suite *
cookie_suite(void)
{
	Suite *suite = suite_create("cookie_jar");
	TCase *tcase = tcase_create("cookies");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, cookies_go_where_they_belong, 0, COUNT(exchanges));
	tcase_add_test(tcase, longer_paths_go_first_then_the_older);
	tcase_add_test(tcase, time_takes_cookies_away);
	tcase_add_test(tcase, http_shadows_nothing_that_https_has_set);
	tcase_add_test(tcase, sizes_are_bounded);
	tcase_add_test(tcase, a_full_jar_drops_the_longest_unused);
	tcase_add_test(tcase, one_line_carries_what_servers_take);
	tcase_add_test(tcase, one_response_sets_so_many);
	tcase_add_loop_test(tcase, dates_are_read_with_patience, 0, COUNT(dates));
	tcase_add_test(tcase, the_file_of_netscape_is_read_and_written);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(cookie_suite());
}
