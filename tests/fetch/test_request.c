/* The head of a request as octets (fetch/request.h). */
#include "fetch/request.h"

#include "tests/suite.h"

static struct request request;
static char octets[8192];
static struct failure failure;

static void
start(const char *method, const char *target)
{
	request_init(&request, span_from_text(method), span_from_text(target), SPAN("www.example"));
}

static int
write_head(void)
{
	memset(octets, 0, sizeof octets);
	failure_clear(&failure);
	struct writer out = writer_over(octets, sizeof octets - 1);
	int err = request_write(&request, &out, &failure);
	ck_assert_int_eq(err != 0, failure.cause != FAILURE_NONE);
	return err;
}

static void
header(const char *line)
{
	ck_assert_msg(request_header(&request, span_from_text(line), &failure) == 0, "%s: %s", line,
		      failure.text);
}

START_TEST(our_fields_come_in_curls_order)
{
	start("GET", "/a?b");
	request_set(&request, REQUEST_COOKIE, SPAN("a=b"));
	request_set(&request, REQUEST_ACCEPT, SPAN("*/*"));
	request_set(&request, REQUEST_REFERER, SPAN("http://r.example/"));
	request_set(&request, REQUEST_USER_AGENT, SPAN("cairn"));
	request_set(&request, REQUEST_RANGE, SPAN("bytes=5-"));
	request_set(&request, REQUEST_AUTHORIZATION, SPAN("Basic eDp5"));
	header("X-One: 1");
	ck_assert_int_eq(write_head(), 0);
	ck_assert_str_eq(octets,
			 "GET /a?b HTTP/1.1\r\nHost: www.example\r\nAuthorization: Basic eDp5\r\n"
			 "Range: bytes=5-\r\nUser-Agent: cairn\r\nAccept: */*\r\n"
			 "Referer: http://r.example/\r\nCookie: a=b\r\nX-One: 1\r\n\r\n");
}
END_TEST

START_TEST(the_users_fields_replace_ours)
{
	start("GET", "/");
	request_set(&request, REQUEST_ACCEPT, SPAN("*/*"));
	request_set(&request, REQUEST_USER_AGENT, SPAN("cairn"));
	header("user-agent:");
	header("accept: text/html");
	header("X-Empty;");
	header("Host: other.example");
	ck_assert_int_eq(write_head(), 0);
	ck_assert_str_eq(octets, "GET / HTTP/1.1\r\nHost: other.example\r\naccept: text/html\r\n"
				 "X-Empty:\r\n\r\n");
}
END_TEST

START_TEST(a_field_carries_no_second_one)
{
	static const struct span lines[] = {
		SPAN_LITERAL("X: a\r\nY: b"), SPAN_LITERAL("X: a\nb"),  SPAN_LITERAL("X: a\0b"),
		SPAN_LITERAL("X: a\rb"),      SPAN_LITERAL("X y: a"),   SPAN_LITERAL("X\r\n: a"),
		SPAN_LITERAL(": a"),          SPAN_LITERAL("no colon"), SPAN_LITERAL(""),
		SPAN_LITERAL("X : a"),
	};
	start("GET", "/");
	for (size_t i = 0; i < COUNT(lines); i++)
		ck_assert_int_eq(request_header(&request, lines[i], &failure), ERR_MALFORMED);
	request_set(&request, REQUEST_REFERER, SPAN("a\r\nX: y"));
	ck_assert_int_eq(write_head(), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(failure.text, "Referer"));
}
END_TEST

START_TEST(the_request_line_has_three_parts)
{
	start("GET ", "/");
	ck_assert_int_eq(write_head(), ERR_MALFORMED);
	start("GET", "/a b");
	ck_assert_int_eq(write_head(), ERR_MALFORMED);
	ck_assert_int_eq(failure.cause, FAILURE_URL);
	start("GET", "/a\r\nX:");
	ck_assert_int_eq(write_head(), ERR_MALFORMED);
	start("GET", "");
	ck_assert_int_eq(write_head(), ERR_MALFORMED);
	start("OPTIONS", "*");
	ck_assert_int_eq(write_head(), 0);
	start("REPORT", "/a");
	ck_assert_int_eq(write_head(), 0);
}
END_TEST

START_TEST(a_body_is_framed_once)
{
	start("POST", "/");
	request_body_sized(&request, 5);
	request_set(&request, REQUEST_CONTENT_TYPE, SPAN("text/plain"));
	header("X: y");
	ck_assert_int_eq(write_head(), 0);
	ck_assert_str_eq(octets,
			 "POST / HTTP/1.1\r\nHost: www.example\r\nX: y\r\nContent-Length: 5\r\n"
			 "Content-Type: text/plain\r\n\r\n");
	header("Content-Length: 6");
	ck_assert_int_eq(write_head(), ERR_MALFORMED);

	start("PUT", "/");
	request_body_chunked(&request);
	ck_assert_int_eq(write_head(), 0);
	ck_assert_str_eq(octets,
			 "PUT / HTTP/1.1\r\nHost: www.example\r\nTransfer-Encoding: chunked\r\n"
			 "Expect: 100-continue\r\n\r\n");
	request.version = 10;
	ck_assert_int_eq(write_head(), ERR_UNSUPPORTED);

	start("POST", "/");
	header("Transfer-Encoding: chunked");
	ck_assert_int_eq(write_head(), ERR_MALFORMED);
	request_body_chunked(&request);
	ck_assert_int_eq(write_head(), 0);
}
END_TEST

START_TEST(large_bodies_wait_for_100)
{
	start("POST", "/");
	request_body_sized(&request, REQUEST_EXPECT_BYTES_MIN);
	ck_assert(!request_expects(&request));
	request_body_sized(&request, REQUEST_EXPECT_BYTES_MIN + 1);
	ck_assert(request_expects(&request));
	ck_assert_int_eq(write_head(), 0);
	ck_assert_ptr_nonnull(strstr(octets, "\r\nExpect: 100-continue\r\n\r\n"));
	header("Expect:");
	ck_assert(!request_expects(&request));
	ck_assert_int_eq(write_head(), 0);
	ck_assert_ptr_null(strstr(octets, "Expect"));
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	static const char full[] = "GET / HTTP/1.1\r\nHost: www.example\r\n\r\n";
	start("GET", "/");
	for (size_t room = 0; room < sizeof full - 1; room++) {
		struct writer out = writer_over(octets, room);
		ck_assert_int_eq(request_write(&request, &out, &failure), ERR_FULL);
	}
	struct writer out = writer_over(octets, sizeof full - 1);
	ck_assert_int_eq(request_write(&request, &out, &failure), 0);
	start("GET", "/");
	for (unsigned i = 0; i < REQUEST_HEADERS_MAX; i++)
		header("X: y");
	ck_assert_int_eq(request_header(&request, SPAN("X: y"), &failure), ERR_FULL);
}
END_TEST

START_TEST(a_proxy_is_told_the_whole_url)
{
	static const struct {
		const char *url, *absolute;
	} targets[] = {
		{ "http://a.example", "http://a.example/" },
		{ "http://user:secret@A.example:8080/x?y=z#f", "http://a.example:8080/x?y=z" },
		{ "http://[::1]:80/?", "http://[::1]/?" },
	};
	char block[4096];
	struct arena arena;
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct url url;
		arena_init(&arena, block, sizeof block);
		struct url_context context = { .arena = &arena };
		ck_assert_int_eq(url_parse(&url, span_from_text(targets[i].url), NULL, &context),
				 0);
		ck_assert(span_is(request_absolute_form(&url, &arena), targets[i].absolute));
		arena.block_bytes = arena.used + 4;
		ck_assert_ptr_null(request_absolute_form(&url, &arena).at);
	}
}
END_TEST

static Suite *
request_suite(void)
{
	Suite *suite = suite_create("request");
	TCase *tcase = tcase_create("heads");
	tcase_add_test(tcase, our_fields_come_in_curls_order);
	tcase_add_test(tcase, the_users_fields_replace_ours);
	tcase_add_test(tcase, a_field_carries_no_second_one);
	tcase_add_test(tcase, the_request_line_has_three_parts);
	tcase_add_test(tcase, a_body_is_framed_once);
	tcase_add_test(tcase, large_bodies_wait_for_100);
	tcase_add_test(tcase, what_does_not_fit_is_refused);
	tcase_add_test(tcase, a_proxy_is_told_the_whole_url);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(request_suite());
}
