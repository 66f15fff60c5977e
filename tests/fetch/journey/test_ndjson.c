/* Lines of a journey: by a template of many events or of one, they are what a writer of JSON makes of it, octet for octet. */
#include <stdio.h>
#include <string.h>

#include "fetch/journey/ndjson.h"
#include "tests/suite.h"

#define PATTERN "<- {status} {reason}, {count} of {reason}"

static _Alignas(8) uint8_t block[JOURNEY_RESERVE_BYTES + 65536];
static struct journey journey;
static struct ndjson_templates templates;

static void
setup(void)
{
	journey_init(&journey, block, sizeof block);
	ndjson_templates_init(&templates);
}

/* Member by member, without a template. */
static void
put_event(struct json *json, const struct journey_event *event, uint64_t start_us)
{
	char text[JOURNEY_TEXT_BYTES];

	json_object_begin(json);
	json_key(json, "i"), json_uint(json, event->id);
	json_key(json, "p"), json_uint(json, event->cause);
	json_key(json, "t"), json_uint(json, event->at_us > start_us ? event->at_us - start_us : 0);
	json_key(json, "l"), json_text(json, journey_layer_name(event->layer));
	json_key(json, "e"), json_text(json, event->name);
	json_key(json, "r"), json_uint(json, event->request);
	if (event->connection != 0)
		json_key(json, "c"), json_uint(json, event->connection);
	json_key(json, "what"), json_text(json, journey_what(event, text));
	json_key(json, "bad"), json_bool(json, event->is_bad);
	for (const struct journey_field *field = event->fields; field < event->fields + event->field_count; field++) {
		json_key(json, field->name);
		if (field->text != NULL)
			json_text(json, field->text);
		else
			json_uint(json, field->number);
	}
	json_object_end(json);
	json_line_end(json);
}

/* Of what was told last. */
static void
assert_same(void)
{
	static char one[65536], other[65536];
	struct json plain, quick;
	size_t expected_bytes, bytes;

	json_init(&plain, one, sizeof one);
	json_init(&quick, other, sizeof other);
	put_event(&plain, journey.last, 500);
	ndjson_event(&quick, &templates, journey.last, 500);
	ck_assert_int_eq(plain.err, 0);
	ck_assert_int_eq(quick.err, 0);
	const char *expected = json_drain(&plain, &expected_bytes), *line = json_drain(&quick, &bytes);
	ck_assert_msg(bytes == expected_bytes && memcmp(line, expected, bytes) == 0, "%.*s and not %.*s", (int)bytes, line,
	              (int)expected_bytes, expected);
}

static void
note(struct journey_event event, uint64_t status, const char *reason, const char *lines)
{
	const struct journey_field fields[] = {
		{ "status", NULL, status }, { "reason", reason, 0 }, { "count", NULL, status * status }, { "fields", lines, 0 }
	};
	event.layer = JOURNEY_HTTP;
	event.name = "head";
	event.fields = fields;
	event.field_count = COUNT(fields);
	ck_assert_uint_ne(journey_note(&journey, &event, PATTERN), 0);
	assert_same();
}

START_TEST(an_event_is_one_line_of_json)
{
	char text[1024];
	struct json json;
	size_t bytes;
	struct journey_field fields[] = { { "status", NULL, 404 }, { "framing", "chunked", 0 } };
	struct journey_event event = { .at_us = 2500, .layer = JOURNEY_HTTP, .name = "head", .request = 1 };
	event.connection = 3;
	event.is_bad = true;
	event.fields = fields;
	event.field_count = 2;
	journey_tell(&journey, &event, "<- 404 \"Not\" Found");
	json_init(&json, text, sizeof text);
	ndjson_event(&json, &templates, journey.first, 500);
	const char *line = json_drain(&json, &bytes);
	const char *expected = "{\"i\":1,\"p\":0,\"t\":2000,\"l\":\"http\",\"e\":\"head\",\"r\":1,\"c\":3,"
			       "\"what\":\"<- 404 \\\"Not\\\" Found\",\"bad\":true,\"status\":404,"
			       "\"framing\":\"chunked\"}\n";
	ck_assert_int_eq(json.err, 0);
	ck_assert_uint_eq(bytes, strlen(expected));
	ck_assert_int_eq(memcmp(line, expected, bytes), 0);
}
END_TEST

static const struct {
	const char *reason, *what; /* the latter as JSON has it */
} sentences[] = {
	{ "OK", "<- 200 OK, 7 of {reason}" },
	{ "\"OK\"", "<- 200 \\\"OK\\\", 7 of {reason}" },
	{ "O\\K", "<- 200 O\\\\K, 7 of {reason}" },
	{ "\x1b[2JOK\xc3\xa9", "<- 200 \\\\x1b[2JOK\xc3\xa9, 7 of {reason}" },
	{ "", "<- 200 , 7 of {reason}" },
};

START_TEST(a_noted_sentence_is_as_safe_in_json_as_one_that_is_told)
{
	const struct journey_field fields[] = { { "status", NULL, 200 }, { "reason", sentences[_i].reason, 0 }, { "name", "{reason}", 0 }, { "count", NULL, 7 } };
	struct journey_event event = { .layer = JOURNEY_HTTP, .name = "head", .request = 1 };
	char text[1024], expected[256];
	struct json json;
	size_t bytes;

	event.fields = fields;
	event.field_count = COUNT(fields);
	journey_note(&journey, &event, "<- {status} {reason}, {count} of {name}");
	json_init(&json, text, sizeof text);
	ndjson_event(&json, &templates, journey.first, 0);
	const char *line = json_drain(&json, &bytes);
	(void)snprintf(expected, sizeof expected, "\"r\":1,\"what\":\"%s\",\"bad\":false,", sentences[_i].what);
	ck_assert_msg(memmem(line, bytes, expected, strlen(expected)) != NULL, "%.*s", (int)bytes, line);
}
END_TEST

static const char *const texts[] = {
	"", "OK", "\"OK\"", "O\\K", "\x1b[2JOK\xc3\xa9", "\n", "\x80\xff", "Not Found, and some more words than one block holds",
	"Server: nginx\nDate: Sat, 28 Nov 2026 22:34:58 GMT\nETag: \"6b0b570e-800\"\n", "fifteen octets\n", "sixteen octets..\n",
};

START_TEST(every_event_of_a_pattern_has_the_line_of_one_without)
{
	for (unsigned i = 0; i < COUNT(texts); i++) {
		note((struct journey_event){ .at_us = 2500, .request = 1 }, 200, texts[i], texts[_i]);
		note((struct journey_event){ .at_us = 2500, .request = 12, .connection = 3, .cause = 7 }, 0, texts[i], texts[_i]);
		note((struct journey_event){ .at_us = 1234567890123, .connection = 42, .is_bad = true }, 404, texts[_i], texts[i]);
		note((struct journey_event){ .at_us = 12, .request = UINT32_MAX }, UINT32_MAX, texts[_i], texts[i]);
	}
	ck_assert_uint_eq(templates.event_count, 3);
}
END_TEST

/* Two reasons are in it. */
START_TEST(a_sentence_that_is_cut_is_cut_the_same_way)
{
	char reason[JOURNEY_TEXT_BYTES];

	for (size_t bytes = 200; bytes < sizeof reason; bytes++) {
		memset(reason, 'r', bytes);
		reason[bytes] = '\0';
		setup();
		note((struct journey_event){ .request = 1 }, 200, reason, "");
	}
}
END_TEST

START_TEST(a_sentence_without_a_pattern_is_written_as_ever)
{
	const struct journey_event event = { .at_us = 1000, .layer = JOURNEY_TCP, .name = "fin" };
	ck_assert_uint_ne(journey_tell(&journey, &event, "<- FIN {none} \"%s\"", "\x1b"), 0);
	assert_same();
	ck_assert_uint_eq(templates.event_count, 0);
}
END_TEST

START_TEST(beyond_their_bound_events_have_no_template_and_the_same_line)
{
	static char patterns[NDJSON_TEMPLATES_MAX + 3][32];

	for (unsigned i = 0; i < COUNT(patterns); i++) {
		const struct journey_field field = { "n", NULL, i };
		const struct journey_event event = { .layer = JOURNEY_OUT, .name = "file", .fields = &field, .field_count = 1 };
		(void)snprintf(patterns[i], sizeof patterns[i], "%u: {n}", i);
		ck_assert_uint_ne(journey_note(&journey, &event, patterns[i]), 0);
		assert_same();
	}
	ck_assert_uint_eq(templates.event_count, NDJSON_TEMPLATES_MAX);
}
END_TEST

/* One that is longer than the constants of a template may be. */
START_TEST(a_long_pattern_has_the_same_line)
{
	static char pattern[JSON_TEMPLATE_BYTES];
	const struct journey_event event = { .layer = JOURNEY_OUT, .name = "file" };

	memset(pattern, 'p', sizeof pattern - 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_ne(journey_note(&journey, &event, pattern), 0);
		assert_same();
	}
}
END_TEST

START_TEST(a_buffer_without_room_is_an_error_and_not_a_part_of_a_line)
{
	char text[300];
	size_t bytes;
	struct json json;

	note((struct journey_event){ .request = 1 }, 200, "OK", "");
	json_init(&json, text, sizeof text);
	ndjson_event(&json, &templates, journey.last, 0);
	(void)json_drain(&json, &bytes);
	ck_assert_int_eq(json.err, 0); /* member by member it fits */
	for (size_t room = 1; room < bytes; room++) {
		json_init(&json, text, room);
		ndjson_event(&json, &templates, journey.last, 0);
		ck_assert_int_eq(json.err, ERR_FULL);
		ck_assert_uint_le(json.used, room);
	}
}
END_TEST

/* Each part of a verdict once, by its name, and none of another's. */
#define END_OF(bad, name, more)                                                                                                          \
	"{\"l\":\"policy\",\"e\":\"verdict\",\"r\":2,\"started_us\":1000,\"url\":\"http://a/\\\"q\\\"\",\"result\":\"ok\",\"bad\":" bad                  \
	",\"octets\":12,\"total_us\":91,\"parts_us\":{\"waits\":1,\"setup\":2,\"name\":" name ",\"attempts\":4,\"connect\":5,\"tls\":6,"           \
	"\"tls_cpu\":7,\"request\":8,\"server\":9,\"transfer\":10,\"loss\":11,\"limit\":12,\"write\":13},\"largest\":\"write\","                   \
	"\"floor_rounds\":3,\"round_us\":5,\"floor_us\":15,\"try\":\"\"" more "}\n"

static const struct {
	const char *behaviour;
	uint64_t name_us;
	bool is_bad;
	const char *line;
} ends[] = {
	{ "it went well", 0, false, END_OF("false", "0", "") },
	{ "nobody told of a name that was waited for", 3, false, END_OF("false", "3", "") },
	{ "it failed, and nothing told of it", 0, true, END_OF("true", "0", ",\"broke_in\":\"dns\",\"last_good\":0,\"first_bad\":0") },
};

START_TEST(the_end_of_a_transfer_is_one_line_of_json)
{
	const struct story story = { .journey = &journey, .wall_us = 1000 };
	struct journey_end end = { .request = 2, .url = "http://a/\"q\"", .result = "ok", .octets = 12, .is_bad = ends[_i].is_bad,
		                   .verdict = { .total_us = 91, .largest = VERDICT_WRITE, .floor_rounds = 3, .round_us = 5, .floor_us = 15 } };
	char text[2048];
	struct json json;
	size_t bytes;

	for (unsigned part = 0; part < VERDICT_PARTS; part++)
		end.verdict.parts_us[part] = part == VERDICT_NAME ? ends[_i].name_us : part + 1;
	for (int again = 0; again < 2; again++) {
		json_init(&json, text, sizeof text);
		ndjson_end(&json, &templates, &story, &end);
		const char *line = json_drain(&json, &bytes);
		ck_assert_int_eq(json.err, 0);
		ck_assert_msg(bytes == strlen(ends[_i].line) && memcmp(line, ends[_i].line, bytes) == 0, "%s: %.*s", ends[_i].behaviour, (int)bytes, line);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("templates");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, every_event_of_a_pattern_has_the_line_of_one_without, 0, (int)COUNT(texts));
	tcase_add_test(tcase, a_sentence_that_is_cut_is_cut_the_same_way);
	tcase_add_test(tcase, a_sentence_without_a_pattern_is_written_as_ever);
	tcase_add_test(tcase, beyond_their_bound_events_have_no_template_and_the_same_line);
	tcase_add_test(tcase, a_long_pattern_has_the_same_line);
	tcase_add_test(tcase, a_buffer_without_room_is_an_error_and_not_a_part_of_a_line);
	tcase_add_test(tcase, an_event_is_one_line_of_json);
	tcase_add_loop_test(tcase, a_noted_sentence_is_as_safe_in_json_as_one_that_is_told, 0, (int)COUNT(sentences));
	tcase_add_loop_test(tcase, the_end_of_a_transfer_is_one_line_of_json, 0, (int)COUNT(ends));
	Suite *suite = suite_create("fetch: journey, lines by templates");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
