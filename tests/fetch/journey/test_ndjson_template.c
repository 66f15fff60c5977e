/* A line by a template is the line that is written member by member, octet for octet; so is one for which it does not do. */
#include <stdio.h>
#include <string.h>

#include "fetch/journey/ndjson_template.h"
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

/* Of what was told last, or of `end`. */
static void
assert_same(const struct story *story, const struct journey_end *end)
{
	static char one[65536], other[65536];
	struct json slow, quick;
	size_t slow_bytes, quick_bytes;

	json_init(&slow, one, sizeof one);
	json_init(&quick, other, sizeof other);
	if (end != NULL) {
		journey_json_end(&slow, story, end);
		ndjson_end(&quick, &templates, story, end);
	} else {
		journey_json_event(&slow, journey.last, 500);
		ndjson_event(&quick, &templates, journey.last, 500);
	}
	ck_assert_int_eq(slow.err, 0);
	ck_assert_int_eq(quick.err, 0);
	const char *expected = json_drain(&slow, &slow_bytes), *line = json_drain(&quick, &quick_bytes);
	ck_assert_msg(slow_bytes == quick_bytes && memcmp(line, expected, slow_bytes) == 0, "%.*s and not %.*s", (int)quick_bytes, line,
	              (int)slow_bytes, expected);
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
	assert_same(NULL, NULL);
}

static const char *const texts[] = {
	"", "OK", "\"OK\"", "O\\K", "\x1b[2JOK\xc3\xa9", "\n", "\x80\xff", "Not Found, and some more words than one block holds",
	"Server: nginx\nDate: Sat, 28 Nov 2026 22:34:58 GMT\nETag: \"6b0b570e-800\"\n", "fifteen octets\n", "sixteen octets..\n",
};

START_TEST(every_event_of_a_pattern_has_the_same_line_either_way)
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
	assert_same(NULL, NULL);
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
		assert_same(NULL, NULL);
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
		assert_same(NULL, NULL);
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

START_TEST(every_end_has_the_same_line_either_way)
{
	const struct story story = { .journey = &journey, .start_us = 500, .wall_us = 1795906218156715 };
	struct journey_end end = { .request = 2, .url = "http://a/\"quoted\"", .result = "ok", .octets = 12 };

	for (unsigned part = 0; part < VERDICT_PARTS; part++) {
		end.verdict.parts_us[part] = part == VERDICT_NAME ? 0 : part * part * part * part;
		end.verdict.total_us += end.verdict.parts_us[part];
	}
	for (end.verdict.largest = 0; end.verdict.largest < VERDICT_PARTS; end.verdict.largest++) {
		assert_same(&story, &end);
		end.verdict.floor_rounds++;
	}
	end.verdict.largest = VERDICT_NAME;
	end.verdict.parts_us[VERDICT_NAME] = 77;
	assert_same(&story, &end);
	end.is_bad = true;
	end.result = "connect";
	assert_same(&story, &end);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("templates");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, every_event_of_a_pattern_has_the_same_line_either_way, 0, (int)COUNT(texts));
	tcase_add_test(tcase, a_sentence_that_is_cut_is_cut_the_same_way);
	tcase_add_test(tcase, a_sentence_without_a_pattern_is_written_as_ever);
	tcase_add_test(tcase, beyond_their_bound_events_have_no_template_and_the_same_line);
	tcase_add_test(tcase, a_long_pattern_has_the_same_line);
	tcase_add_test(tcase, a_buffer_without_room_is_an_error_and_not_a_part_of_a_line);
	tcase_add_test(tcase, every_end_has_the_same_line_either_way);
	Suite *suite = suite_create("fetch: journey, lines by templates");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
