/* HTTP/2 under the messages of HTTP/1.1 (fetch/http2.h), against a server of nghttp2. */
#include <stdio.h>

#include "fetch/response.h"
#include "tests/fetch/http2_pair.h"
#include "tests/suite.h"

static struct http2_pair pair;
static struct response response;

#define NV(name_, value_)                                                                          \
	{                                                                                          \
		(uint8_t *)(uintptr_t)(name_), (uint8_t *)(uintptr_t)(value_), sizeof(name_) - 1,  \
			sizeof(value_) - 1, 0                                                      \
	}

/* ---- both sides ---------------------------------------------------------------------------------- */

/* All of it; the other side serves whenever nothing is taken. */
static int
send_all(const char *text, size_t bytes)
{
	unsigned stalled = 0;
	for (size_t at = 0; at < bytes && stalled < 100;) {
		ssize_t taken = stream_write(pair.client, text + at, bytes - at);
		if (taken < 0 && taken != -EAGAIN)
			return (int)taken;
		at += taken > 0 ? (size_t)taken : 0;
		stalled = taken > 0 ? 0 : stalled + 1;
		char octet; /* windows open while we read */
		if (taken == -EAGAIN)
			ck_assert_int_eq(stream_read(pair.client, &octet, 1), -EAGAIN);
		http2_pair_serve(&pair);
		if (pair.under.on_ready != NULL)
			pair.under.on_ready(&pair.under, pair.under.data);
	}
	ck_assert_uint_lt(stalled, 100);
	return 0;
}

static void
request(const char *text)
{
	ck_assert_int_eq(send_all(text, strlen(text)), 0);
	for (unsigned i = 0; i < 64; i++) { /* small pieces take their turns */
		pair.under.on_ready(&pair.under, pair.under.data);
		http2_pair_serve(&pair);
	}
	ck_assert(pair.is_request_over);
}

struct result {
	enum failure_cause cause; /* of the message or the stream */
	bool is_complete, is_reusable, has_ended;
	unsigned status, version, interim_count, field_count, trailer_count;
	size_t content_bytes;
	char content[1u << 20];
};

static void
take_events(struct result *result)
{
	struct response_event event;
	while (response_next(&response, &event)) {
		switch (event.kind) {
		case RESPONSE_INTERIM: result->interim_count++; break;
		case RESPONSE_HEAD:
			result->status = event.head->status;
			result->version = event.head->version;
			result->field_count = (unsigned)event.head->fields.count;
			break;
		case RESPONSE_DATA:
			memcpy(result->content + result->content_bytes, event.data.at,
			       event.data.bytes);
			result->content_bytes += event.data.bytes;
			break;
		case RESPONSE_TRAILERS:
			result->trailer_count = (unsigned)event.trailers->count;
			break;
		case RESPONSE_WARNING: ck_abort_msg("%s", event.warning);
		case RESPONSE_COMPLETE:
			result->is_complete = true;
			result->is_reusable = event.is_reusable;
			break;
		case RESPONSE_FAILED: result->cause = event.failure->cause; break;
		}
	}
}

/* Reads until nothing comes, as a transfer does. */
static void
receive(struct result *result, bool is_head)
{
	struct response_options options = { .is_http2 = true,
					    .request = is_head ? FRAMING_OF_HEAD : FRAMING_OF_GET };
	char octets[5000];
	ssize_t got = 1;
	memset(result, 0, offsetof(struct result, content));
	response_init(&response, &options);
	for (unsigned idle = 0; got > 0 || (got == -EAGAIN && idle < 64);) {
		http2_pair_serve(&pair);
		got = stream_read(pair.client, octets, sizeof octets);
		idle = got > 0 ? 0 : idle + 1;
		for (size_t at = 0; got > 0 && at < (size_t)got;) {
			at += response_receive(&response, octets + at, (size_t)got - at);
			take_events(result);
		}
	}
	result->has_ended = got == 0;
	if (got != -EAGAIN && !result->is_complete) {
		response_end(&response, got == 0 && pair.client->is_clean_end);
		take_events(result);
	}
	if (got < 0 && got != -EAGAIN)
		result->cause = pair.client->failure.cause;
	response_fini(&response);
}

/* ---- what the server says ------------------------------------------------------------------------ */

struct content {
	const char *text;
	size_t bytes, at;
	bool has_trailers, never_ends;
};

static ssize_t
give_content(nghttp2_session *session, int32_t id, uint8_t *into, size_t bytes, uint32_t *flags,
	     nghttp2_data_source *source, void *data)
{
	struct content *content = source->ptr;
	size_t left = content->bytes - content->at;
	(void)data;
	if (left == 0 && content->never_ends)
		return NGHTTP2_ERR_DEFERRED;
	bytes = bytes < left ? bytes : left;
	memcpy(into, content->text + content->at, bytes);
	content->at += bytes;
	if (content->at == content->bytes && !content->never_ends) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (content->has_trailers) {
			nghttp2_nv trailer = NV("digest", "x");
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
			nghttp2_submit_trailer(session, id, &trailer, 1);
		}
	}
	return (ssize_t)bytes;
}

static void
respond(const nghttp2_nv *fields, size_t count, struct content *content)
{
	nghttp2_data_provider provider = { .source.ptr = content, .read_callback = give_content };
	ck_assert_int_eq(nghttp2_submit_response(pair.server, pair.id, fields, count,
						 content != NULL ? &provider : NULL),
			 0);
}

static const nghttp2_nv status_200 = NV(":status", "200");
static const nghttp2_nv with_length[] = { NV(":status", "200"), NV("content-length", "5") };

#define GET "GET /a?b HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\n\r\n"

static const size_t pieces[] = { 0, 1, 7, 1000 };
static struct result result;

START_TEST(a_request_is_one_of_http2)
{
	http2_pair_open(&pair, pieces[_i]);
	request("POST /a?b HTTP/1.1\r\nHost: www.example:8443\r\nX-One: Two\r\nConnection: "
		"close\r\n"
		"Content-Length: 5\r\n\r\nhello");
	ck_assert_str_eq(
		pair.fields,
		":method: POST\n:scheme: https\n:authority: www.example:8443\n:path: /a?b\n"
		"x-one: Two\ncontent-length: 5\n");
	ck_assert_uint_eq(pair.upload_bytes, 5);
	ck_assert_mem_eq(pair.upload, "hello", 5);
	http2_pair_close(&pair);
}
END_TEST

START_TEST(a_body_leaves_its_chunks)
{
	http2_pair_open(&pair, pieces[_i]);
	request("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
	ck_assert_ptr_null(strstr(pair.fields, "encoding"));
	ck_assert_uint_eq(pair.upload_bytes, 6);
	ck_assert_mem_eq(pair.upload, "hello!", 6);
	http2_pair_close(&pair);
}
END_TEST

START_TEST(a_large_body_goes_through_the_windows)
{
	static char body[900000], head[128];
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(i * 7 + i / 256);
	http2_pair_open(&pair, pieces[_i] == 1 ? 0 : pieces[_i]);
	snprintf(head, sizeof head, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
		 sizeof body);
	ck_assert_int_eq(send_all(head, strlen(head)), 0);
	for (size_t at = 0; at < sizeof body; at += 30000)
		ck_assert_int_eq(send_all(body + at, 30000), 0);
	for (unsigned i = 0; i < 4000 && !pair.is_request_over; i++) {
		char octet;
		ck_assert_int_eq(stream_read(pair.client, &octet, 1), -EAGAIN);
		pair.under.on_ready(&pair.under, pair.under.data);
		http2_pair_serve(&pair);
	}
	ck_assert_uint_eq(pair.upload_bytes, sizeof body);
	ck_assert_mem_eq(pair.upload, body, sizeof body);
	http2_pair_close(&pair);
}
END_TEST

START_TEST(responses_are_read_one_after_the_other)
{
	struct content hello = { .text = "hello", .bytes = 5 }, again = hello, last = hello;
	http2_pair_open(&pair, pieces[_i]);
	request(GET);
	respond(with_length, 2, &hello); /* with a length */
	receive(&result, false);
	ck_assert(result.is_complete && result.is_reusable && result.cause == FAILURE_NONE);
	ck_assert_uint_eq(result.status, 200);
	ck_assert_uint_eq(result.version, 20);
	ck_assert_uint_eq(result.field_count, 1);
	ck_assert_uint_eq(result.content_bytes, 5);

	request(GET);
	again.has_trailers = true;
	respond(&status_200, 1, &again); /* without one, with trailers */
	receive(&result, false);
	ck_assert(result.is_complete && result.is_reusable);
	ck_assert_uint_eq(result.field_count, 0); /* our own framing is not the server's field */
	ck_assert_uint_eq(result.content_bytes, 5);
	ck_assert_uint_eq(result.trailer_count, 1);

	request(GET);
	respond(&status_200, 1, NULL); /* without content */
	receive(&result, false);
	ck_assert(result.is_complete && result.is_reusable && result.content_bytes == 0);

	request("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	respond(with_length, 2, NULL);
	receive(&result, true);
	ck_assert(result.is_complete && result.is_reusable && result.content_bytes == 0);

	request(GET);
	nghttp2_nv early[] = { NV(":status", "103"), NV("link", "</a>") };
	nghttp2_submit_headers(pair.server, NGHTTP2_FLAG_NONE, pair.id, NULL, early, 2, NULL);
	respond(with_length, 2, &last);
	receive(&result, false);
	ck_assert(result.is_complete && result.interim_count == 1 && result.content_bytes == 5);
	ck_assert_uint_eq(pair.request_count, 5);
	http2_pair_close(&pair);
}
END_TEST

START_TEST(large_content_arrives_whole)
{
	static char body[900000];
	struct content content = { .text = body, .bytes = sizeof body };
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(i * 13 + i / 256);
	http2_pair_open(&pair, pieces[_i] == 1 ? 0 : pieces[_i]);
	request(GET);
	respond(&status_200, 1, &content);
	receive(&result, false);
	ck_assert(result.is_complete);
	ck_assert_uint_eq(result.content_bytes, sizeof body);
	ck_assert_mem_eq(result.content, body, sizeof body);
	http2_pair_close(&pair);
}
END_TEST

/* ---- what is not whole --------------------------------------------------------------------------- */

START_TEST(a_reset_stream_is_never_whole)
{
	static const uint32_t errors[] = { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR,
					   NGHTTP2_CANCEL };
	for (size_t i = 0; i < 2 * COUNT(errors); i++) {
		struct content content = { .text = "hello", .bytes = 5, .never_ends = true };
		nghttp2_nv length[] = { NV(":status", "200"), NV("content-length", "9") };
		http2_pair_open(&pair, pieces[_i]);
		request(GET);
		respond(i % 2 == 0 ? &status_200 : length, i % 2 == 0 ? 1 : 2, &content);
		http2_pair_serve(&pair);
		nghttp2_submit_rst_stream(pair.server, NGHTTP2_FLAG_NONE, pair.id, errors[i / 2]);
		receive(&result, false);
		ck_assert(!result.is_complete);
		ck_assert_int_eq(result.cause, FAILURE_HTTP2_STREAM);
		http2_pair_close(&pair);
	}
}
END_TEST

START_TEST(a_connection_that_ends_within_a_response_is_a_failure)
{
	struct content content = { .text = "hello", .bytes = 5, .never_ends = true };
	http2_pair_open(&pair, pieces[_i]);
	request(GET);
	respond(&status_200, 1, &content);
	http2_pair_serve(&pair);
	pair.has_ended = true;
	receive(&result, false);
	ck_assert(!result.is_complete && result.cause == FAILURE_PARTIAL);
	http2_pair_close(&pair);
}
END_TEST

START_TEST(a_length_that_is_wrong_is_a_failure)
{
	struct content content = { .text = "hello!", .bytes = 6 };
	http2_pair_open(&pair, pieces[_i]);
	request(GET);
	respond(with_length, 2, &content); /* six of five */
	receive(&result, false);
	ck_assert(!result.is_complete || !result.is_reusable || result.cause != FAILURE_NONE);
	ck_assert_uint_le(result.content_bytes, 5);
	http2_pair_close(&pair);

	struct content less = { .text = "hell", .bytes = 4 };
	http2_pair_open(&pair, pieces[_i]);
	request(GET);
	respond(with_length, 2, &less);
	receive(&result, false);
	ck_assert(!result.is_complete && result.cause != FAILURE_NONE);
	http2_pair_close(&pair);
}
END_TEST

START_TEST(octets_that_are_no_http2_are_a_failure)
{
	static const char junk[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
	http2_pair_open(&pair, pieces[_i]);
	memcpy(pair.to_client.octets, junk, sizeof junk);
	pair.to_client.end = sizeof junk - 1;
	pair.has_ended = true;
	ck_assert_int_eq(send_all(GET, sizeof GET - 1), 0);
	receive(&result, false);
	ck_assert(!result.is_complete);
	ck_assert_int_eq(result.cause, FAILURE_HTTP2);
	http2_pair_close(&pair);
}
END_TEST

START_TEST(after_goaway_the_stream_ends_cleanly)
{
	struct content hello = { .text = "hello", .bytes = 5 };
	http2_pair_open(&pair, pieces[_i]);
	request(GET);
	respond(with_length, 2, &hello);
	nghttp2_submit_goaway(pair.server, NGHTTP2_FLAG_NONE, pair.id, NGHTTP2_NO_ERROR, NULL, 0);
	receive(&result, false);
	ck_assert(result.is_complete && result.has_ended); /* so no further request is made on it */
	http2_pair_close(&pair);
}
END_TEST

static Suite *
http2_suite(void)
{
	Suite *suite = suite_create("http2");
	TCase *tcase = tcase_create("connections");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_request_is_one_of_http2, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, a_body_leaves_its_chunks, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, a_large_body_goes_through_the_windows, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, responses_are_read_one_after_the_other, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, large_content_arrives_whole, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, a_reset_stream_is_never_whole, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, a_connection_that_ends_within_a_response_is_a_failure, 0,
			    COUNT(pieces));
	tcase_add_loop_test(tcase, a_length_that_is_wrong_is_a_failure, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, octets_that_are_no_http2_are_a_failure, 0, COUNT(pieces));
	tcase_add_loop_test(tcase, after_goaway_the_stream_ends_cleanly, 0, COUNT(pieces));
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(http2_suite());
}
