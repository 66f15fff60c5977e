/* Redirects (fetch/redirect.h). */
#include "fetch/redirect.h"

#include "tests/suite.h"

static char block[16384];
static struct arena arena;
static struct failure failure;

static struct url
parse(const char *text)
{
	struct url url;
	struct url_context context = { .arena = &arena };
	ck_assert_msg(url_parse(&url, span_from_text(text), NULL, &context) == 0, "%s", text);
	return url;
}

static const struct {
	const char *base, *location, *href; /* NULL: refused */
	enum failure_cause cause;
} locations[] = {
	{ "http://a.example/x/y?q", "z", "http://a.example/x/z", 0 },
	{ "http://a.example/x/y?q", "/z?r", "http://a.example/z?r", 0 },
	{ "http://a.example/x/y?q", "?r", "http://a.example/x/y?r", 0 },
	{ "http://a.example/x/y", "//b.example", "http://b.example/", 0 },
	{ "http://a.example/x", "https://b.example/y", "https://b.example/y", 0 },
	{ "http://a.example/x#part", "/y", "http://a.example/y#part", 0 },
	{ "http://a.example/x#part", "/y#other", "http://a.example/y#other", 0 },
	{ "http://a.example/x#part", "/y#", "http://a.example/y#", 0 },
	{ "http://a.example/x#part", "http://b.example/", "http://b.example/#part", 0 },
	{ "http://a.example/x", "/a b", "http://a.example/a%20b", 0 },
	{ "http://a.example/x", "ftp://b.example/", "ftp://b.example/", 0 },
	{ "http://a.example/x", "file:///etc/passwd", NULL, FAILURE_SCHEME },
	{ "http://a.example/x", "data:,x", NULL, FAILURE_SCHEME },
	{ "http://a.example/x", "javascript:alert(1)", NULL, FAILURE_SCHEME },
	{ "http://a.example/x", "gopher://b.example/", NULL, FAILURE_SCHEME },
	{ "http://a.example/x", "http://b.example:99999/", NULL, FAILURE_URL },
	{ "http://a.example/x", "http://[::1/", NULL, FAILURE_URL },
};

START_TEST(a_location_is_resolved_or_refused)
{
	arena_init(&arena, block, sizeof block);
	failure_clear(&failure);
	struct url base = parse(locations[_i].base), next;
	struct url_context context = { .arena = &arena };
	int err = redirect_url(&next, span_from_text(locations[_i].location), &base, &context,
			       &failure);
	ck_assert_msg((err == 0) == (locations[_i].href != NULL), "%s", locations[_i].location);
	if (err == 0)
		ck_assert_msg(span_is(next.href, locations[_i].href), SPAN_FORMAT,
			      SPAN_ARGUMENTS(next.href));
	else
		ck_assert_int_eq(failure.cause, locations[_i].cause);
}
END_TEST

static int
locate(unsigned status, const struct field *fields, size_t count, struct span *location)
{
	struct head head = { .version = 11, .status = status, .fields = { fields, count } };
	return redirect_location(&head, location, &failure);
}

START_TEST(a_redirect_says_where)
{
	static const struct field fields[] = {
		{ SPAN_LITERAL("Location"), SPAN_LITERAL("/a") },
		{ SPAN_LITERAL("location"), SPAN_LITERAL("/a") },
		{ SPAN_LITERAL("LOCATION"), SPAN_LITERAL("/b") },
	};
	static const unsigned statuses[] = { 300, 301, 302, 303, 307, 308 };
	static const unsigned others[] = { 200, 201, 304, 305, 306, 404, 309 };
	struct span location;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		ck_assert_int_eq(locate(statuses[i], fields, 2, &location), 1);
		ck_assert(span_is(location, "/a"));
		ck_assert_int_eq(locate(statuses[i], fields, 0, &location), 0);
		ck_assert_int_eq(locate(statuses[i], fields, 3, &location), ERR_MALFORMED);
		ck_assert_int_eq(failure.cause, FAILURE_WEIRD_REPLY);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_int_eq(locate(others[i], fields, 3, &location), 0);
}
END_TEST

static const struct {
	unsigned status;
	const char *method;
	bool keeps_post, has_method, becomes_get;
} methods[] = {
	{ 301, "POST", false, false, true },    { 302, "POST", false, false, true },
	{ 303, "POST", false, false, true },    { 307, "POST", false, false, false },
	{ 308, "POST", false, false, false },   { 301, "PUT", false, false, false },
	{ 302, "DELETE", false, false, false }, { 303, "PUT", false, false, true },
	{ 303, "HEAD", false, false, false },   { 303, "GET", false, false, false },
	{ 301, "GET", false, false, false },    { 301, "HEAD", false, false, false },
	{ 301, "POST", true, false, false },    { 302, "POST", true, false, false },
	{ 303, "POST", true, false, false },    { 303, "PUT", true, false, true },
	{ 301, "POST", false, true, false },    { 303, "PUT", false, true, false },
	{ 300, "POST", false, false, false },
};

START_TEST(methods_change_as_the_status_says)
{
	arena_init(&arena, block, sizeof block);
	struct url url = parse("http://a.example/");
	struct redirect_policy policy = { methods[_i].keeps_post, methods[_i].keeps_post,
					  methods[_i].keeps_post, methods[_i].has_method, false };
	struct redirect_effect effect = redirect_effect(
		methods[_i].status, span_from_text(methods[_i].method), &url, &url, &policy);
	ck_assert_msg(effect.becomes_get == methods[_i].becomes_get, "%u %s", methods[_i].status,
		      methods[_i].method);
}
END_TEST

static const struct {
	const char *from, *to;
	bool is_same;
} origins[] = {
	{ "http://a.example/x", "http://a.example/y", true },
	{ "http://a.example/", "http://A.example:80/", true },
	{ "http://a.example/", "http://b.example/", false },
	{ "http://a.example/", "http://sub.a.example/", false },
	{ "http://a.example/", "http://a.example:8080/", false },
	{ "http://a.example/", "https://a.example/", false },
	{ "https://a.example/", "http://a.example/", false },
	{ "http://127.0.0.1/", "http://0x7f.1/", true },
};

START_TEST(credentials_stay_with_their_origin)
{
	arena_init(&arena, block, sizeof block);
	struct url from = parse(origins[_i].from), to = parse(origins[_i].to);
	struct redirect_policy policy = { .is_trusted = false };
	struct redirect_effect effect = redirect_effect(302, SPAN("GET"), &from, &to, &policy);
	ck_assert_msg(effect.is_same_origin == origins[_i].is_same &&
			      effect.keeps_credentials == origins[_i].is_same,
		      "%s", origins[_i].to);
	policy.is_trusted = true;
	effect = redirect_effect(302, SPAN("GET"), &from, &to, &policy);
	ck_assert(effect.keeps_credentials);
}
END_TEST

START_TEST(no_memory_is_a_failure)
{
	arena_init(&arena, block, sizeof block);
	struct url base = parse("http://a.example/x#part"), next;
	size_t base_bytes = arena_mark(&arena);
	bool has_succeeded = false;
	for (size_t bytes = base_bytes; bytes < base_bytes + 2048; bytes += 16) {
		struct arena small = arena;
		struct url_context context = { .arena = &small };
		small.block_bytes = bytes;
		int err = redirect_url(&next, SPAN("/y"), &base, &context, &failure);
		ck_assert(err == ERR_NO_MEMORY || (err == 0 && span_is(next.fragment, "part")));
		has_succeeded |= err == 0;
	}
	ck_assert(has_succeeded);
}
END_TEST

static Suite *
redirect_suite(void)
{
	Suite *suite = suite_create("redirect");
	TCase *tcase = tcase_create("redirects");
	tcase_add_loop_test(tcase, a_location_is_resolved_or_refused, 0, COUNT(locations));
	tcase_add_test(tcase, a_redirect_says_where);
	tcase_add_loop_test(tcase, methods_change_as_the_status_says, 0, COUNT(methods));
	tcase_add_loop_test(tcase, credentials_stay_with_their_origin, 0, COUNT(origins));
	tcase_add_test(tcase, no_memory_is_a_failure);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(redirect_suite());
}
