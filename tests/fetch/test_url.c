#include "fetch/url.h"

#include "tests/fetch/url_cases.h"

#define SLASHES "special-scheme-missing-following-solidus"
#define UNIT    "invalid-URL-unit"
#define SOLIDUS "invalid-reverse-solidus"
#define LOGIN   "invalid-credentials"

static const struct url_case absolute[] = {
	{ "a URL that is right stays as it is", "https://example.org/a/b?c=d#e", NULL,
	  "https://example.org/a/b?c=d#e", NULL },
	{ "scheme and host are lower case, the path is not", "HtTp://EXAMPLE.org/Path?Query#Frag",
	  NULL, "http://example.org/Path?Query#Frag", NULL },
	{ "an empty path of a special scheme is /", "http://example.org", NULL,
	  "http://example.org/", NULL },
	{ "also in front of a query", "http://example.org?q", NULL, "http://example.org/?q", NULL },
	{ "and of a fragment", "http://example.org#f", NULL, "http://example.org/#f", NULL },
	{ "an empty query stays", "http://h/?", NULL, "http://h/?", NULL },
	{ "an empty fragment stays", "http://h/#", NULL, "http://h/#", NULL },
	{ "a query may hold ? and /", "http://h/?a?b/c", NULL, "http://h/?a?b/c", NULL },
	{ "a fragment may hold #", "http://h/#a#b", NULL, "http://h/#a#b", UNIT },
	{ "controls and spaces around are stripped", " \x01http://h/\x1f ", NULL, "http://h/",
	  UNIT },
	{ "tabs and newlines anywhere are removed", "ht\ntp://h\r/a\tb", NULL, "http://h/ab",
	  UNIT },
	{ "no slash behind a special scheme", "http:h/p", NULL, "http://h/p", SLASHES },
	{ "one slash", "http:/h/p", NULL, "http://h/p", SLASHES },
	{ "four slashes", "http:////h/p", NULL, "http://h/p", SLASHES },
	{ "backslashes are slashes", "http:\\\\h\\p\\q", NULL, "http://h/p/q", SLASHES },
	{ "but not in a query", "http://h/?a\\b", NULL, "http://h/?a\\b", UNIT },
	{ "nor in a scheme that is not special", "foo://h/a\\b", NULL, "foo://h/a\\b", UNIT },
	{ "a scheme may have digits, +, - and .", "a1+-.b:x", NULL, "a1+-.b:x", NULL },
	{ "but begins with a letter", "1a:x", NULL, NULL, "missing-scheme-non-relative-URL" },
	{ "a scheme ends at what it may not have", "ht_tp://h", NULL, NULL,
	  "missing-scheme-non-relative-URL" },
	{ "a text without a colon has no scheme", "example.org/a", NULL, NULL,
	  "missing-scheme-non-relative-URL" },
	{ "nothing at all has none either", "", NULL, NULL, "missing-scheme-non-relative-URL" },
	{ "a host and port alone read as scheme and path", "localhost:8080", NULL, "localhost:8080",
	  NULL },
	{ "an opaque path", "mailto:user@example.org", NULL, "mailto:user@example.org", NULL },
	{ "an opaque path is not normalised", "urn:a/../b", NULL, "urn:a/../b", NULL },
	{ "spaces stay inside of one", "data:a b", NULL, "data:a b", UNIT },
	{ "but not at its end before a query", "data:a  ?q", NULL, "data:a %20?q", UNIT },
	{ "nor before a fragment", "data:a #f", NULL, "data:a%20#f", UNIT },
	{ "octets beyond ASCII are encoded in one", "x:\xc3\xa9", NULL, "x:%C3%A9", NULL },
	{ "an opaque path may be empty", "x:", NULL, "x:", NULL },
	{ "what is no UTF-8 is replaced", "http://h/\xff", NULL, "http://h/%EF%BF%BD", NULL },
	{ "a web socket", "wss://h:443/chat", NULL, "wss://h/chat", NULL },
	{ "ftp", "ftp://h:21/pub", NULL, "ftp://h/pub", NULL },
	{ "a scheme that is not special keeps an empty path", "foo://h", NULL, "foo://h", NULL },
	{ "and an empty host", "foo:///p", NULL, "foo:///p", NULL },
	{ "and its query without a path", "foo://h?q", NULL, "foo://h?q", NULL },
	{ "and its fragment without a path", "foo://h#f", NULL, "foo://h#f", NULL },
	{ "a path that would read as a host is kept apart", "foo:/.//p", NULL, "foo:/.//p", NULL },
	{ "also when dots made it one", "foo:/a/..//p", NULL, "foo:/.//p", NULL },
};

static const struct url_case authority[] = {
	{ "a user name", "http://user@h/", NULL, "http://user@h/", LOGIN },
	{ "a password", "http://user:pass@h/", NULL, "http://user:pass@h/", LOGIN },
	{ "a password without a name", "http://:pass@h/", NULL, "http://:pass@h/", LOGIN },
	{ "an empty password goes", "http://user:@h/", NULL, "http://user@h/", LOGIN },
	{ "empty credentials go", "http://@h/", NULL, "http://h/", LOGIN },
	{ "so does a lonely colon", "http://:@h/", NULL, "http://h/", LOGIN },
	{ "the last @ counts", "https://@test@test@example:800/", NULL,
	  "https://%40test%40test@example:800/", LOGIN },
	{ "the first colon counts", "http://a:b:c@h/", NULL, "http://a:b%3Ac@h/", LOGIN },
	{ "credentials are encoded", "http://u;<[]>:p^|=@h/", NULL,
	  "http://u%3B%3C%5B%5D%3E:p%5E%7C%3D@h/", LOGIN },
	{ "an @ behind the path is none", "http://h/@x", NULL, "http://h/@x", NULL },
	{ "credentials need a host", "http://user@/www.example.com", NULL, NULL, "host-missing" },
	{ "also before the end", "http://user:pass@", NULL, NULL, "host-missing" },
	{ "also with another scheme", "foo://user@/p", NULL, NULL, "host-missing" },
	{ "a special scheme needs a host", "http://", NULL, NULL, "host-missing" },
	{ "however many slashes", "https:////", NULL, NULL, "host-missing" },
	{ "a fragment is none", "https://#f", NULL, NULL, "host-missing" },
	{ "a port needs a host", "http://:80/", NULL, NULL, "host-missing" },
	{ "also with another scheme", "foo://:80/", NULL, NULL, "host-missing" },
	{ "the scheme's own port goes", "https://foo:443/", NULL, "https://foo/", NULL },
	{ "another scheme's stays", "http://foo:443/", NULL, "http://foo:443/", NULL },
	{ "leading zeros go", "http://f:00000000000000000000080/c", NULL, "http://f/c", NULL },
	{ "the same of another port", "http://f:0021/", NULL, "http://f:21/", NULL },
	{ "an empty port goes", "http://f:/c", NULL, "http://f/c", NULL },
	{ "port zero is a port", "http://f:0/", NULL, "http://f:0/", NULL },
	{ "also without a default", "foo://f:0/", NULL, "foo://f:0/", NULL },
	{ "the last port", "http://f:65535/", NULL, "http://f:65535/", NULL },
	{ "above it", "http://f:65536/", NULL, NULL, "port-out-of-range" },
	{ "far above it", "http://f:99999999999999999999999/", NULL, NULL, "port-out-of-range" },
	{ "letters", "http://f:7z/", NULL, NULL, "port-invalid" },
	{ "a sign", "http://f:+80/", NULL, NULL, "port-invalid" },
	{ "a space", "http://f: 21 / b", NULL, NULL, "port-invalid" },
	{ "a second port", "http://f:1:2/", NULL, NULL, "port-invalid" },
	{ "a backslash ends a port", "http://f:81\\p", NULL, "http://f:81/p", SOLIDUS },
};

static const struct url_case relative[] = {
	{ "nothing is the base without its fragment", "", "http://h/a?b#c", "http://h/a?b", NULL },
	{ "a fragment keeps path and query", "#x", "http://h/a?b#c", "http://h/a?b#x", NULL },
	{ "a query keeps the path", "?x", "http://h/a?b#c", "http://h/a?x", NULL },
	{ "an empty query is one", "?", "http://h/a?b", "http://h/a?", NULL },
	{ "a name replaces the last segment", "x", "http://h/a/b?c", "http://h/a/x", NULL },
	{ "a name below the root", "x", "http://h", "http://h/x", NULL },
	{ "a dot is the directory", ".", "http://h/a/b", "http://h/a/", NULL },
	{ "two are the one above", "..", "http://h/a/b/c", "http://h/a/", NULL },
	{ "nothing is above the root", "../../../x", "http://h/a/b", "http://h/x", NULL },
	{ "a slash is the root", "/x", "http://h/a/b?c", "http://h/x", NULL },
	{ "credentials and port go along", "x", "http://u:p@h:81/a", "http://u:p@h:81/x", NULL },
	{ "also to the root", "/x", "http://u:p@h:81/a", "http://u:p@h:81/x", NULL },
	{ "but not to another host", "//other/x", "http://u:p@h:81/a", "http://other/x", NULL },
	{ "two slashes are a host", "//x/y", "https://h/a", "https://x/y", NULL },
	{ "so are two backslashes", "\\\\x\\hello", "http://example.org/foo/bar", "http://x/hello",
	  SOLIDUS },
	{ "a slash and a backslash too", "/\\x/y", "http://h/", "http://x/y", SOLIDUS },
	{ "one backslash is the root", "\\x", "http://h/a/b", "http://h/x", SOLIDUS },
	{ "two slashes of another scheme", "//x/y", "foo://h/a", "foo://x/y", NULL },
	{ "a host has to follow them", "//", "http://h/a", NULL, "host-missing" },
	{ "another scheme may have none", "//", "foo://h/a", "foo://", NULL },
	{ "the base's scheme without slashes is relative", "http:x", "http://h/a/b", "http://h/a/x",
	  SLASHES },
	{ "also with one slash", "http:/x", "http://h/a/b", "http://h/x", SLASHES },
	{ "with two it is absolute", "http://x", "http://h/a/b", "http://x/", NULL },
	{ "another scheme is absolute", "https:x", "http://h/a/b", "https://x/", SLASHES },
	{ "its own scheme, when it is not special, too", "foo:x", "foo://h/a", "foo:x", NULL },
	{ "a colon behind a slash is no scheme", "a/b:c", "http://h/", "http://h/a/b:c", NULL },
	{ "nor is one behind a digit", "1:2", "http://h/", "http://h/1:2", NULL },
	{ "an opaque base takes a fragment", "#x", "mailto:a@b?s", "mailto:a@b?s#x", NULL },
	{ "and nothing else", "x", "mailto:a@b", NULL, "missing-scheme-non-relative-URL" },
	{ "not even a query", "?x", "mailto:a@b", NULL, "missing-scheme-non-relative-URL" },
	{ "a rooted base without a host", "x", "foo:/a/b", "foo:/a/x", NULL },
	{ "a name below an empty path", "x", "foo://h", "foo://h/x", NULL },
	{ "an empty base path and a slash", "/x", "foo://", "foo:///x", NULL },
	{ "tabs in a reference", "\t/\tx\n", "http://h/a", "http://h/x", UNIT },
};

START_TEST(absolute_urls_are_parsed)
{
	url_cases_check(&absolute[_i]);
}
END_TEST

START_TEST(an_authority_is_credentials_host_and_port)
{
	url_cases_check(&authority[_i]);
}
END_TEST

START_TEST(references_are_relative_to_their_base)
{
	url_cases_check(&relative[_i]);
}
END_TEST

START_TEST(the_parts_lie_in_the_href)
{
	struct url url;
	ck_assert_int_eq(url_cases_parse(&url, "http://u:p@[::1]:81/a/b?c#d", NULL), 0);
	ck_assert(span_is(url.scheme, "http"));
	ck_assert(span_is(url.username, "u") && span_is(url.password, "p"));
	ck_assert(span_is(url.host, "[::1]") && url.host_kind == URL_HOST_IPV6);
	ck_assert(url.has_port && url.port == 81);
	ck_assert(span_is(url.path, "/a/b"));
	ck_assert(url.has_query && span_is(url.query, "c"));
	ck_assert(url.has_fragment && span_is(url.fragment, "d"));
	const struct span parts[] = { url.scheme, url.username, url.password, url.host,
				      url.path,   url.query,    url.fragment };
	for (size_t i = 0; i < COUNT(parts); i++)
		ck_assert(parts[i].at >= url.href.at &&
			  parts[i].at + parts[i].bytes <= url.href.at + url.href.bytes);
	ck_assert_uint_eq(url_cases_arena()->used, url.href.bytes); /* nothing else is kept */
}
END_TEST

START_TEST(a_request_takes_its_target_and_authority_from_the_url)
{
	struct url url;
	ck_assert_int_eq(url_cases_parse(&url, "http://u:p@h:81/a/b?c#d", NULL), 0);
	ck_assert(span_is(url_target(&url), "/a/b?c"));
	ck_assert(span_is(url_authority(&url), "h:81"));
	ck_assert(span_is(url_without_fragment(&url), "http://u:p@h:81/a/b?c"));
	ck_assert_uint_eq(url_port(&url), 81);
	ck_assert(url_has_credentials(&url));
	ck_assert_int_eq(url_cases_parse(&url, "https://h", NULL), 0);
	ck_assert(span_is(url_target(&url), "/"));
	ck_assert(span_is(url_authority(&url), "h"));
	ck_assert(span_is(url_without_fragment(&url), "https://h/"));
	ck_assert_uint_eq(url_port(&url), 443);
	ck_assert(!url_has_credentials(&url));
	ck_assert_int_eq(url_cases_parse(&url, "foo://h?q", NULL), 0);
	ck_assert_uint_eq(url_port(&url), 0);
}
END_TEST

static const struct {
	const char *url, *origin;
} origins[] = {
	{ "https://example.org/a", "https://example.org" },
	{ "https://u:p@example.org:8443/a", "https://example.org:8443" },
	{ "http://[::1]:80/", "http://[::1]" },
	{ "ftp://h/", "ftp://h" },
	{ "file:///etc/hosts", "null" },
	{ "data:,x", "null" },
	{ "foo://h/", "null" },
	{ "blob:https://example.org:1/id", "https://example.org:1" },
	{ "blob:ftp://h/id", "null" },
	{ "blob:nothing", "null" },
};

START_TEST(an_origin_is_scheme_host_and_port)
{
	struct url url;
	struct span origin;
	ck_assert_int_eq(url_cases_parse(&url, origins[_i].url, NULL), 0);
	ck_assert_int_eq(url_origin(&url, url_cases_arena(), &origin), 0);
	ck_assert_msg(span_is(origin, origins[_i].origin), "%s: " SPAN_FORMAT, origins[_i].url,
		      SPAN_ARGUMENTS(origin));
}
END_TEST

static const struct {
	const char *a, *b;
	bool is_same;
} pairs[] = {
	{ "http://h/a", "http://H:80/b?c", true }, { "http://h/", "https://h/", false },
	{ "http://h/", "http://h:81/", false },    { "http://h/", "http://h./", false },
	{ "http://h/", "http://www.h/", false },   { "http://127.0.0.1/", "http://0x7f.1/", true },
	{ "file:///a", "file:///a", false },       { "data:,a", "data:,a", false },
};

START_TEST(origins_are_compared)
{
	static _Alignas(8) char memory[4096];
	struct arena arena;
	struct url a, b;
	const struct url_context context = { .arena = &arena };
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(url_parse(&a, span_from_text(pairs[_i].a), NULL, &context), 0);
	ck_assert_int_eq(url_parse(&b, span_from_text(pairs[_i].b), NULL, &context), 0);
	ck_assert_msg(url_is_same_origin(&a, &b) == pairs[_i].is_same, "%s and %s", pairs[_i].a,
		      pairs[_i].b);
}
END_TEST

START_TEST(a_url_may_be_parsed_against_itself)
{
	static _Alignas(8) char memory[4096];
	struct arena arena;
	struct url url;
	const struct url_context context = { .arena = &arena };
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(url_parse(&url, SPAN("http://h/a/b/c"), NULL, &context), 0);
	ck_assert_int_eq(url_parse(&url, SPAN("../x"), &url, &context), 0);
	ck_assert_int_eq(url_parse(&url, SPAN("y?z"), &url, &context), 0);
	ck_assert(span_is(url.href, "http://h/a/y?z"));
	ck_assert_int_eq(url_parse(&url, SPAN("http://[x"), &url, &context), ERR_MALFORMED);
	ck_assert(span_is(url.href, "http://h/a/y?z")); /* an error leaves it alone */
}
END_TEST

START_TEST(an_arena_that_is_too_small_is_an_error_and_stays_usable)
{
	static _Alignas(8) char memory[2048];
	static const char text[] = "http://u:p@host.example:81/a b/c?d\xc3\xa9#e";
	struct url url;
	size_t bytes = 0;
	int err;
	do {
		struct arena arena;
		const struct url_context context = { .arena = &arena };
		arena_init(&arena, memory, bytes);
		err = url_parse(&url, span_from_text(text), NULL, &context);
		if (err != 0) {
			ck_assert_int_eq(err, ERR_NO_MEMORY);
			ck_assert_uint_eq(arena.used, 0);
		}
	} while (err != 0 && ++bytes < sizeof memory);
	ck_assert_int_eq(err, 0);
	ck_assert_uint_gt(bytes, sizeof text);
	ck_assert_uint_le(bytes, 12 * sizeof text); /* what the header promises */
}
END_TEST

START_TEST(an_error_is_reported_once_in_order)
{
	struct url url;
	ck_assert_int_eq(url_cases_parse(&url, " http:\\\\u@h\\a b\\c d", NULL), 0);
	const struct url_report *report = url_cases_report();
	static const enum url_error expected[] = {
		URL_ERROR_INVALID_URL_UNIT,
		URL_ERROR_SPECIAL_SCHEME_MISSING_FOLLOWING_SOLIDUS,
		URL_ERROR_INVALID_CREDENTIALS,
		URL_ERROR_INVALID_REVERSE_SOLIDUS,
	};
	ck_assert_uint_eq(report->error_count, COUNT(expected));
	for (unsigned i = 0; i < COUNT(expected); i++)
		ck_assert_int_eq(report->errors[i], (int)expected[i]);
	ck_assert_int_eq(report->failure, URL_ERROR_COUNT);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("url");
	tcase_add_checked_fixture(tcase, url_cases_start, url_cases_stop);
	tcase_add_loop_test(tcase, absolute_urls_are_parsed, 0, COUNT(absolute));
	tcase_add_loop_test(tcase, an_authority_is_credentials_host_and_port, 0, COUNT(authority));
	tcase_add_loop_test(tcase, references_are_relative_to_their_base, 0, COUNT(relative));
	tcase_add_test(tcase, the_parts_lie_in_the_href);
	tcase_add_test(tcase, a_request_takes_its_target_and_authority_from_the_url);
	tcase_add_loop_test(tcase, an_origin_is_scheme_host_and_port, 0, COUNT(origins));
	tcase_add_loop_test(tcase, origins_are_compared, 0, COUNT(pairs));
	tcase_add_test(tcase, a_url_may_be_parsed_against_itself);
	tcase_add_test(tcase, an_arena_that_is_too_small_is_an_error_and_stays_usable);
	tcase_add_test(tcase, an_error_is_reported_once_in_order);
	Suite *suite = suite_create("url");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
