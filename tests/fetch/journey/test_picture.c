/* A journey as a picture: who is in it, what belongs together, and that nobody's text is markup. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/journey/svg.h"
#include "tests/suite.h"

static uint8_t block[16u << 20];
static struct journey journey;
static struct ladder ladder;
static char *text;

static void
setup(void)
{
	journey_init(&journey, block, sizeof block);
	text = malloc(SVG_BYTES_MAX);
}

static void
teardown(void)
{
	free(text);
}

#define TELL(at, in, event_name, ...)                                                                                  \
	do {                                                                                                           \
		const struct journey_field told_fields[] = { __VA_ARGS__ };                                            \
		struct journey_event told = { .at_us = (at), .layer = (in), .name = (event_name), .request = 1,        \
			                      .fields = told_fields, .field_count = COUNT(told_fields) };              \
		journey_tell(&journey, &told, "-> %s", event_name);                                                    \
	} while (0)

static struct story
story(void)
{
	return (struct story){ .journey = &journey };
}

static const struct step *
step_at(unsigned at)
{
	ck_assert_uint_lt(at, ladder.step_count);
	return &ladder.steps[at];
}

START_TEST(a_question_and_its_reply_are_one_step)
{
	TELL(1000, JOURNEY_DNS, "query", { "qname", "org.", 0 }, { "type", "A", 0 }, { "server", "192.0.2.1", 0 }, { "zone", ".", 0 });
	TELL(1000, JOURNEY_DNS, "query", { "qname", "org.", 0 }, { "type", "AAAA", 0 }, { "server", "192.0.2.1", 0 }, { "zone", ".", 0 });
	TELL(3000, JOURNEY_DNS, "reply", { "qname", "org.", 0 }, { "type", "A", 0 }, { "server", "192.0.2.1", 0 }, { "meaning", "a referral", 0 });
	const struct story told = story();
	ladder_build(&ladder, &told);
	ck_assert_uint_eq(ladder.step_count, 2);
	ck_assert_uint_eq(step_at(0)->end_us - step_at(0)->begin_us, 2000);
	ck_assert_int_eq(step_at(0)->from, LANE_RESOLVER);
	ck_assert_int_eq(step_at(0)->to, LANE_ROOT);
	ck_assert_ptr_nonnull(strstr(step_at(0)->text, "a referral"));
	ck_assert_ptr_null(step_at(1)->reply); /* the other question still waits */
	ck_assert(step_at(1)->is_open);
}
END_TEST

static const struct {
	const char *zone;
	enum lane_role lane;
} zones[] = { { ".", LANE_ROOT }, { "org.", LANE_TLD }, { "example.org.", LANE_AUTHORITY } };

START_TEST(name_servers_stand_by_their_zone)
{
	TELL(1, JOURNEY_DNS, "query", { "qname", "x.", 0 }, { "type", "A", 0 }, { "server", "192.0.2.1", 0 }, { "zone", zones[_i].zone, 0 });
	const struct story told = story();
	ladder_build(&ladder, &told);
	ck_assert_int_eq(step_at(0)->to, zones[_i].lane);
	ck_assert_str_eq(ladder.lanes[zones[_i].lane].detail, zones[_i].zone);
}
END_TEST

START_TEST(an_address_that_never_answers_is_the_bad_step)
{
	TELL(1000, JOURNEY_TCP, "syn", { "peer", "[2001:db8::1]:80", 0 });
	TELL(2000, JOURNEY_TCP, "syn", { "peer", "[2001:db8::1]:80", 0 }); /* sent again */
	TELL(2100, JOURNEY_TCP, "syn", { "peer", "192.0.2.1:80", 0 });
	struct journey_event open = { .at_us = 2200, .layer = JOURNEY_TCP, .name = "open", .request = 1 };
	const struct journey_field peer[] = { { "peer", "192.0.2.1:80", 0 } };
	open.fields = peer, open.field_count = 1;
	journey_tell(&journey, &open, "<- SYN,ACK");
	const struct journey_field remote[] = { { "remote", "192.0.2.1", 0 }, { "port", NULL, 80 } };
	open.fields = remote, open.field_count = 2, open.connection = 1;
	journey_tell(&journey, &open, "connected");
	const struct story told = story();
	ladder_build(&ladder, &told);
	ck_assert_uint_eq(ladder.step_count, 2);
	ck_assert(step_at(0)->is_bad);
	ck_assert_uint_eq(step_at(0)->count, 2);
	ck_assert_ptr_nonnull(strstr(step_at(0)->text, "no answer"));
	ck_assert_uint_eq(step_at(0)->end_us, 2200);
	ck_assert(!step_at(1)->is_bad);
	ck_assert_ptr_nonnull(step_at(1)->reply);
	ck_assert_int_ne(step_at(0)->to, step_at(1)->to);
}
END_TEST

/* The stack's events are read once a turn, the transfer's word is told at once. */
START_TEST(a_connection_told_before_its_last_segment_is_no_bad_step)
{
	const struct journey_field remote[] = { { "remote", "192.0.2.1", 0 }, { "port", NULL, 80 } };
	const struct journey_field peer[] = { { "peer", "192.0.2.1:80", 0 } };

	TELL(1000, JOURNEY_TCP, "syn", { "peer", "192.0.2.1:80", 0 });
	struct journey_event open = { .at_us = 1500, .layer = JOURNEY_TCP, .name = "open", .request = 1, .connection = 1,
				      .fields = remote, .field_count = 2 };
	journey_tell(&journey, &open, "connected");
	open.connection = 0;
	open.fields = peer, open.field_count = 1;
	journey_tell(&journey, &open, "<- 192.0.2.1:80 SYN,ACK");
	const struct story told = story();
	ladder_build(&ladder, &told);
	ck_assert_uint_eq(ladder.step_count, 1);
	ck_assert(!step_at(0)->is_bad);
	ck_assert_ptr_nonnull(strstr(step_at(0)->text, "SYN,ACK"));
	ck_assert_uint_eq(step_at(0)->end_us, 1500);
}
END_TEST

START_TEST(a_step_knows_the_one_that_led_to_it)
{
	TELL(1000, JOURNEY_URL, "parsed", { "href", "http://example.org/", 0 });
	struct journey_event request = { .at_us = 2000, .layer = JOURNEY_HTTP, .name = "request", .request = 1, .cause = 1 };
	journey_tell(&journey, &request, "-> GET / HTTP/1.1");
	struct journey_event head = { .at_us = 3000, .layer = JOURNEY_HTTP, .name = "head", .request = 1, .cause = 2 };
	journey_tell(&journey, &head, "<- 200 OK");
	const struct journey_field octets[] = { { "octets", NULL, 42 } };
	struct journey_event end = { .at_us = 9000, .layer = JOURNEY_HTTP, .name = "end", .request = 1, .cause = 3, .fields = octets, .field_count = 1 };
	journey_tell(&journey, &end, "complete: 42 octets");
	const struct story told = story();
	ladder_build(&ladder, &told);
	ck_assert_uint_eq(ladder.step_count, 3);
	ck_assert_uint_eq(step_at(1)->cause, 1);
	ck_assert_uint_eq(step_at(2)->cause, 2);
	ck_assert_uint_eq(step_at(2)->begin_us, 3000); /* content follows the head */
}
END_TEST

START_TEST(many_servers_share_the_last_lane)
{
	for (unsigned i = 1; i <= 9; i++) {
		char peer[32];
		(void)snprintf(peer, sizeof peer, "192.0.2.%u:80", i);
		TELL(i, JOURNEY_TCP, "fin", { "peer", peer, 0 });
	}
	const struct story told = story();
	ladder_build(&ladder, &told);
	ck_assert_str_eq(ladder.lanes[LANE_SERVER].title, "server");
	ck_assert_str_eq(ladder.lanes[LANES_MAX - 1].title, "other servers");
	ck_assert_int_eq(step_at(8)->to, LANES_MAX - 1);
}
END_TEST

static const char *
draw(const struct story *told)
{
	struct markup markup;
	markup_init(&markup, text, SVG_BYTES_MAX - 1);
	svg_write(&markup, told, &ladder);
	ck_assert_int_eq(markup.err, 0);
	text[markup.bytes] = '\0';
	return text;
}

START_TEST(what_others_say_is_text_and_never_markup)
{
	const char *hostile = "\"><script>alert('1')</script>&\x1b[2J\xe2\x80\xae\xef\xbf\xbf";
	const struct journey_end end = { .request = 1, .url = hostile, .result = "ok", .verdict = { .total_us = 1 } };
	TELL(1, JOURNEY_URL, "parsed", { "href", hostile, 0 });
	TELL(2, JOURNEY_TCP, "syn", { "peer", hostile, 0 }, { hostile, "a journey that was read has such names", 0 });
	struct story told = story();
	told.ends = &end;
	told.end_count = 1;
	const char *svg = draw(&told);
	ck_assert_ptr_null(strstr(svg, "<script"));
	ck_assert_ptr_null(strstr(svg, "&\\"));
	ck_assert_ptr_null(strchr(svg, '\x1b'));
	ck_assert_ptr_null(strstr(svg, "\xe2\x80\xae"));
	ck_assert_ptr_null(strstr(svg, "\xef\xbf\xbf"));
	ck_assert_ptr_nonnull(strstr(svg, "&lt;script&gt;"));
}
END_TEST

START_TEST(thousands_of_events_are_a_picture_of_bounded_size_with_their_bad_end)
{
	char longest[JOURNEY_TEXT_BYTES];
	memset(longest, '&', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	for (unsigned i = 0; i < 6000; i++)
		TELL(i, JOURNEY_TCP, "fin", { "peer", longest, 0 }, { "name", longest, 0 });
	struct journey_event failed = { .at_us = 7000, .layer = JOURNEY_OUT, .name = "failed", .request = 1, .is_bad = true, .is_end = true };
	journey_tell(&journey, &failed, "cut off in the middle");
	const struct story told = story();
	const char *svg = draw(&told);
	ck_assert_uint_eq(ladder.step_count, STEPS_MAX - STEPS_RESERVE + 1);
	ck_assert_uint_eq(ladder.left_out, 6000 - (STEPS_MAX - STEPS_RESERVE));
	ck_assert_ptr_nonnull(strstr(svg, "cut off in the middle"));
	ck_assert_ptr_nonnull(strstr(svg, "5700 steps are not in this picture"));
}
END_TEST

/* The longest of everything, all of it characters that become references; what is bad has every place. */
START_TEST(the_largest_story_there_is_fits)
{
	char longest[JOURNEY_TEXT_BYTES];
	struct journey_field fields[JOURNEY_FIELDS_MAX];
	struct journey_event event = { .layer = JOURNEY_TCP, .name = "reset", .request = 1, .is_bad = true, .fields = fields, .field_count = COUNT(fields) };
	static struct journey_end ends[1024];
	struct markup markup;

	memset(longest, '"', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	for (unsigned i = 0; i < COUNT(fields); i++)
		fields[i] = (struct journey_field){ longest, longest, 0 };
	for (unsigned i = 0; i < COUNT(ends); i++)
		ends[i] = (struct journey_end){ .request = 1, .url = longest, .result = longest, .verdict = { .total_us = UINT64_MAX >> 12 } };
	for (unsigned i = 0; i < HTML_LINES_MAX; i++) {
		event.at_us = (uint64_t)i << 40;
		ck_assert_uint_ne(journey_tell(&journey, &event, "%s", longest), 0);
	}
	event.layer = JOURNEY_PATH, event.name = "hop";
	for (unsigned i = 0; i < 4 * 31; i++)
		ck_assert_uint_ne(journey_tell(&journey, &event, "%s", longest), 0);
	const struct story told = { .journey = &journey, .ends = ends, .end_count = COUNT(ends), .lost_count = UINT64_MAX };
	markup_init(&markup, text, SVG_BYTES_MAX);
	html_write(&markup, &told, &ladder);
	ck_assert_int_eq(markup.err, 0);
	ck_assert_uint_eq(ladder.step_count, STEPS_MAX);
}
END_TEST

START_TEST(a_journey_without_an_event_is_a_picture_too)
{
	const struct story told = story();
	ck_assert_ptr_nonnull(strstr(draw(&told), "</svg>"));
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_an_error)
{
	struct markup markup;
	const struct story told = story();
	markup_init(&markup, text, 900);
	html_write(&markup, &told, &ladder);
	ck_assert_int_eq(markup.err, ERR_FULL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("picture");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_question_and_its_reply_are_one_step);
	tcase_add_loop_test(tcase, name_servers_stand_by_their_zone, 0, (int)COUNT(zones));
	tcase_add_test(tcase, an_address_that_never_answers_is_the_bad_step);
	tcase_add_test(tcase, a_connection_told_before_its_last_segment_is_no_bad_step);
	tcase_add_test(tcase, a_step_knows_the_one_that_led_to_it);
	tcase_add_test(tcase, many_servers_share_the_last_lane);
	tcase_add_test(tcase, what_others_say_is_text_and_never_markup);
	tcase_add_test(tcase, thousands_of_events_are_a_picture_of_bounded_size_with_their_bad_end);
	tcase_add_test(tcase, the_largest_story_there_is_fits);
	tcase_add_test(tcase, a_journey_without_an_event_is_a_picture_too);
	tcase_add_test(tcase, a_buffer_that_is_too_small_is_an_error);
	Suite *suite = suite_create("fetch: journey, picture");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
