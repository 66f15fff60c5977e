/* A journey as an HTTP Archive. */
#include <stdlib.h>
#include <string.h>

#include "fetch/journey/har.h"
#include "tests/suite.h"

static uint8_t block[JOURNEY_RESERVE_BYTES + 65536];
static struct journey journey;
static char text[65536];

static void
setup(void)
{
	journey_init(&journey, block, sizeof block);
}

static void
tell(uint64_t at_us, enum journey_layer layer, const char *name, uint32_t connection, const char *field, const char *value)
{
	const struct journey_field fields[] = { { field, value, 0 } };
	const struct journey_event event = { .at_us = at_us, .layer = layer, .name = name, .request = 1, .connection = connection,
		                             .fields = fields, .field_count = 1 };
	journey_tell(&journey, &event, "%s", name);
}

/* The archive of what was told. */
static const char *
archive(void)
{
	const struct story story = { .journey = &journey };
	struct json json;
	size_t bytes;

	json_init(&json, text, sizeof text - 1);
	har_begin(&json);
	for (const struct journey_event *next = har_entry(&json, &story, NULL); next != NULL;)
		next = har_entry(&json, &story, next);
	har_end(&json);
	ck_assert_int_eq(json.err, 0);
	(void)json_drain(&json, &bytes);
	text[bytes] = '\0';
	return text;
}

START_TEST(the_handshake_of_tls_is_a_part_of_connect)
{
	tell(1000, JOURNEY_URL, "parsed", 0, "href", "https://example.org/");
	tell(1000, JOURNEY_TCP, "syn", 0, "peer", "192.0.2.1:443");
	tell(3000, JOURNEY_TCP, "open", 1, "remote", "192.0.2.1");
	tell(8000, JOURNEY_TLS, "open", 1, "version", "TLSv1.3");
	tell(9000, JOURNEY_HTTP, "request", 1, "method", "GET");
	ck_assert_ptr_nonnull(strstr(archive(), "\"connect\":7.000,\"ssl\":5.000,\"send\":1.000"));
	ck_assert_ptr_nonnull(strstr(text, "\"time\":8.000"));
}
END_TEST

/* As in a file that lacks some lines. */
START_TEST(tls_over_a_connection_that_was_not_told_takes_no_time)
{
	tell(1000, JOURNEY_URL, "parsed", 0, "href", "https://example.org/");
	tell(8000, JOURNEY_TLS, "open", 1, "version", "TLSv1.3");
	tell(9000, JOURNEY_HTTP, "request", 1, "method", "GET");
	ck_assert_ptr_nonnull(strstr(archive(), "\"blocked\":8.000,\"dns\":-1,\"connect\":-1,\"ssl\":-1"));
	ck_assert_ptr_nonnull(strstr(text, "\"tls\":\"TLSv1.3\""));
}
END_TEST

START_TEST(fields_and_queries_are_lists_of_pairs)
{
	tell(1000, JOURNEY_URL, "parsed", 0, "href", "http://example.org/?a=1&b&=c=d#e?f=g");
	tell(2000, JOURNEY_HTTP, "head", 0, "fields", "Content-Type: text/html; a=b\nX:y\nnothing\n");
	ck_assert_ptr_nonnull(strstr(archive(), "\"queryString\":[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"b\",\"value\":\"\"},"
	                                        "{\"name\":\"\",\"value\":\"c=d\"}]"));
	ck_assert_ptr_nonnull(strstr(text, "\"headers\":[{\"name\":\"Content-Type\",\"value\":\"text/html; a=b\"},"
	                                   "{\"name\":\"X\",\"value\":\"y\"},{\"name\":\"nothing\",\"value\":\"\"}]"));
	ck_assert_ptr_nonnull(strstr(text, "\"mimeType\":\"text/html; a=b\""));
}
END_TEST

START_TEST(a_url_without_a_query_has_no_pairs)
{
	tell(1000, JOURNEY_URL, "parsed", 0, "href", "http://example.org/a=b&c");
	ck_assert_ptr_nonnull(strstr(archive(), "\"queryString\":[]"));
}
END_TEST

START_TEST(a_journey_without_an_event_has_no_entry)
{
	ck_assert_ptr_nonnull(strstr(archive(), "\"entries\":[]"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("har");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, the_handshake_of_tls_is_a_part_of_connect);
	tcase_add_test(tcase, tls_over_a_connection_that_was_not_told_takes_no_time);
	tcase_add_test(tcase, fields_and_queries_are_lists_of_pairs);
	tcase_add_test(tcase, a_url_without_a_query_has_no_pairs);
	tcase_add_test(tcase, a_journey_without_an_event_has_no_entry);
	Suite *suite = suite_create("fetch: journey, har");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
