/* What was written as NDJSON is read back as it was told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/journey/ndjson.h"
#include "fetch/journey/read.h"
#include "tests/suite.h"

static uint8_t told_block[JOURNEY_RESERVE_BYTES + 65536], read_block[JOURNEY_RESERVE_BYTES + 65536];
static struct journey_read reading;
static char text[16384];
static size_t text_bytes;

static void
add(struct json *json)
{
	size_t bytes;
	const char *line = json_drain(json, &bytes);
	memcpy(text + text_bytes, line, bytes);
	text_bytes += bytes;
}

START_TEST(events_and_ends_come_back_as_they_were)
{
	struct journey told;
	struct json json;
	struct ndjson_templates templates;
	char buffer[4096];
	const struct journey_field fields[] = { { "qname", "www.example.org.", 0 }, { "rcode", NULL, 3 } };
	const struct journey_event event = { .at_us = 5000, .layer = JOURNEY_DNS, .name = "reply", .request = 2, .connection = 7,
		                             .cause = 1, .is_bad = true, .fields = fields, .field_count = 2 };
	const struct journey_end end = { .request = 2, .url = "http://example.org/\"", .result = "dns-bogus", .octets = 12, .is_bad = true,
		                         .verdict = { .total_us = 30, .parts_us = { [VERDICT_NAME] = 20, [VERDICT_TLS] = 10 },
		                                      .largest = VERDICT_NAME, .floor_us = 6, .floor_rounds = 2, .round_us = 3 } };

	text_bytes = 0;
	journey_init(&told, told_block, sizeof told_block);
	ck_assert_uint_eq(journey_tell(&told, &event, "said \"nothing\""), 1);
	json_init(&json, buffer, sizeof buffer);
	ndjson_templates_init(&templates);
	ndjson_event(&json, &templates, told.first, 1000);
	add(&json);
	const struct story wrote = { .journey = &told, .wall_us = 1767225600000000 };
	ndjson_end(&json, &templates, &wrote, &end);
	add(&json);
	ck_assert_int_eq(journey_read(&reading, span_of(text, text_bytes), read_block, sizeof read_block), 0);

	const struct journey_event *read = reading.journey.first;
	ck_assert_ptr_nonnull(read);
	ck_assert_ptr_null(read->next);
	ck_assert_uint_eq(read->id, 1);
	ck_assert_uint_eq(read->cause, 1);
	ck_assert_uint_eq(read->at_us, 4000);
	ck_assert_int_eq(read->layer, JOURNEY_DNS);
	ck_assert_str_eq(read->name, "reply");
	ck_assert_str_eq(read->what, "said \"nothing\"");
	ck_assert(read->is_bad);
	ck_assert_uint_eq(read->request, 2);
	ck_assert_uint_eq(read->connection, 7);
	ck_assert_str_eq(journey_field_text(read, "qname"), "www.example.org.");
	ck_assert_uint_eq(journey_field_number(read, "rcode"), 3);
	ck_assert_uint_eq(reading.end_count, 1);
	ck_assert_uint_eq(journey_read_story(&reading).wall_us, 1767225600000000);
	ck_assert_str_eq(reading.ends[0].url, end.url);
	ck_assert_str_eq(reading.ends[0].result, end.result);
	ck_assert_uint_eq(reading.ends[0].octets, 12);
	ck_assert_mem_eq(&reading.ends[0].verdict, &end.verdict, sizeof end.verdict);
}
END_TEST

START_TEST(a_field_whose_name_is_no_word_is_left_out)
{
	const char *line = "{\"i\":1,\"t\":1,\"l\":\"url\",\"e\":\"y\",\"what\":\"z\",\"a\\\"b\":1,\"\":2,\"took_us\":3}\n";
	ck_assert_int_eq(journey_read(&reading, span_from_text(line), read_block, sizeof read_block), 0);
	ck_assert_uint_eq(reading.journey.first->field_count, 1);
	ck_assert_uint_eq(journey_field_number(reading.journey.first, "took_us"), 3);
}
END_TEST

/* As long and as many as are taken, and one that is too long. */
START_TEST(what_was_read_can_be_written_again_whatever_its_names)
{
	struct json json;
	struct ndjson_templates templates;
	char line[1024], buffer[4096];
	const char *name = "abcdefghijklmnopqrstuvwxyz_01234";
	ck_assert_uint_eq(strlen(name), READ_NAME_BYTES_MAX + 1);
	int used = snprintf(line, sizeof line, "{\"i\":1,\"l\":\"policy\",\"c\":1,\"e\":\"%s\",\"what\":\"z\",\"%s\":1", name + 1, name);
	for (unsigned i = 0; i < JOURNEY_FIELDS_MAX; i++)
		used += snprintf(line + used, sizeof line - (size_t)used, ",\"%.30s%u\":%u", name, i, i);
	(void)snprintf(line + used, sizeof line - (size_t)used, "}\n");
	ck_assert_int_eq(journey_read(&reading, span_from_text(line), read_block, sizeof read_block), 0);
	ck_assert_uint_eq(reading.journey.first->field_count, JOURNEY_FIELDS_MAX);
	ck_assert_uint_eq(journey_field_number(reading.journey.first, "abcdefghijklmnopqrstuvwxyz_0127"), 7);
	json_init(&json, buffer, sizeof buffer);
	ndjson_templates_init(&templates);
	ndjson_event(&json, &templates, reading.journey.first, 0);
	ck_assert_int_eq(json.err, 0);
}
END_TEST

static const struct {
	const char *behaviour, *text;
} refused[] = {
	{ "no JSON", "hello\n" },
	{ "an object that is no event", "{\"a\":1}\n" },
	{ "a layer that there is not", "{\"i\":1,\"t\":1,\"l\":\"x\",\"e\":\"y\",\"what\":\"z\"}\n" },
	{ "an event whose name is no word", "{\"i\":1,\"t\":1,\"l\":\"url\",\"e\":\"y\\\"\",\"what\":\"z\"}\n" },
	{ "an event whose name is too long", "{\"i\":1,\"t\":1,\"l\":\"url\",\"e\":\"abcdefghijklmnopqrstuvwxyz_01234\",\"what\":\"z\"}\n" },
	{ "a time that no clock tells", "{\"i\":1,\"t\":18446744073709551615,\"l\":\"url\",\"e\":\"y\",\"what\":\"z\"}\n" },
	{ "a time that is a text", "{\"i\":1,\"t\":\"1\\u00001\",\"l\":\"url\",\"e\":\"y\",\"what\":\"z\"}\n" },
	{ "parts of no time at all", "{\"l\":\"policy\",\"e\":\"verdict\",\"total_us\":0,\"parts_us\":{\"name\":1}}\n" },
	{ "a time without its parts", "{\"l\":\"policy\",\"e\":\"verdict\",\"total_us\":5}\n" },
	{ "ids that go back", "{\"i\":2,\"t\":1,\"l\":\"url\",\"e\":\"y\",\"what\":\"z\"}\n{\"i\":2,\"t\":1,\"l\":\"url\",\"e\":\"y\",\"what\":\"z\"}\n" },
};

START_TEST(what_is_no_journey_is_refused)
{
	ck_assert_msg(journey_read(&reading, span_from_text(refused[_i].text), read_block, sizeof read_block) < 0, "%s",
	              refused[_i].behaviour);
}
END_TEST

/* Of a member whose name takes all the room there is for a line, or all but its copy. */
START_TEST(a_line_that_is_too_long_is_an_error)
{
	static char line[65536 + 64];
	const char begin[] = "{\"l\":\"policy\",\"e\":\"verdict\",\"";
	memset(line, 'a', sizeof line);
	memcpy(line, begin, sizeof begin - 1);
	const char end[] = "\":1}\n";
	for (size_t bytes = 30000; bytes < 65536; bytes += 997) {
		memcpy(line + bytes, end, sizeof end - 1);
		const int err = journey_read(&reading, span_of(line, bytes + sizeof end - 1), read_block, sizeof read_block);
		ck_assert(err == 0 || err == ERR_NO_MEMORY);
		memset(line + bytes, 'a', sizeof end - 1);
	}
	ck_assert_int_eq(journey_read(&reading, span_of(line, sizeof line), read_block, sizeof read_block), ERR_MALFORMED);
}
END_TEST

START_TEST(what_others_wrote_is_safe_for_a_terminal)
{
	const char hostile[] = "{\"l\":\"policy\",\"e\":\"verdict\",\"url\":\"\\u001b[2J\",\"result\":\"\\u001b[2J\",\"total_us\":0}\n";
	ck_assert_int_eq(journey_read(&reading, span_from_text(hostile), read_block, sizeof read_block), 0);
	ck_assert_str_eq(reading.ends[0].url, "\\x1b[2J");
	ck_assert_str_eq(reading.ends[0].result, "\\x1b[2J");
}
END_TEST

START_TEST(the_end_of_a_transfer_is_known_again)
{
	const char lines[] = "{\"i\":1,\"t\":1,\"l\":\"http\",\"e\":\"head\",\"what\":\"x\"}\n"
	                     "{\"i\":2,\"t\":1,\"l\":\"http\",\"e\":\"end\",\"what\":\"x\"}\n";
	ck_assert_int_eq(journey_read(&reading, span_from_text(lines), read_block, sizeof read_block), 0);
	ck_assert(!reading.journey.first->is_end);
	ck_assert(reading.journey.last->is_end);
}
END_TEST

START_TEST(an_empty_file_is_a_journey_without_events)
{
	ck_assert_int_eq(journey_read(&reading, span_of("", 0), read_block, sizeof read_block), 0);
	ck_assert_ptr_null(reading.journey.first);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("read");
	tcase_add_test(tcase, events_and_ends_come_back_as_they_were);
	tcase_add_loop_test(tcase, what_is_no_journey_is_refused, 0, (int)COUNT(refused));
	tcase_add_test(tcase, a_line_that_is_too_long_is_an_error);
	tcase_add_test(tcase, what_was_read_can_be_written_again_whatever_its_names);
	tcase_add_test(tcase, a_field_whose_name_is_no_word_is_left_out);
	tcase_add_test(tcase, what_others_wrote_is_safe_for_a_terminal);
	tcase_add_test(tcase, the_end_of_a_transfer_is_known_again);
	tcase_add_test(tcase, an_empty_file_is_a_journey_without_events);
	Suite *suite = suite_create("fetch: journey, read");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
