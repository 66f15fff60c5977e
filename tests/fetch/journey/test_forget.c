/* A list that forgets what is over: it stays small however many files there are, and nothing under way is lost. */
#include <string.h>

#include "fetch/journey/journey.h"
#include "tests/suite.h"

#define FILES 5000u

static _Alignas(8) uint8_t block[256 << 10];
static struct journey journey;

static void
setup(void)
{
	journey_init(&journey, block, sizeof block);
}

static void
begin(uint32_t request)
{
	const struct journey_field fields[] = { { "href", "http://192.0.2.1/", 0 }, { "port", NULL, 80 } };
	const struct journey_event event = { .layer = JOURNEY_URL, .name = "parsed", .request = request, .fields = fields, .field_count = 2 };
	ck_assert_uint_ne(journey_note(&journey, &event, "{href}, port {port}"), 0);
}

static void
go_on(uint32_t request)
{
	const struct journey_event event = { .layer = JOURNEY_HTTP, .name = "head", .request = request, .connection = 1, .is_bad = true };
	ck_assert_uint_ne(journey_tell(&journey, &event, "<- 404, of %u", request), 0);
}

static void
end(uint32_t request)
{
	const struct journey_event event = { .layer = JOURNEY_HTTP, .name = "end", .request = request, .is_end = true };
	ck_assert_uint_ne(journey_tell(&journey, &event, "complete"), 0);
}

static unsigned
count_events(void)
{
	const struct journey_event *before = NULL;
	unsigned count = 0;
	for (const struct journey_event *event = journey.first; event != NULL; before = event, event = event->next, count++)
		ck_assert_ptr_eq(event->previous, before);
	ck_assert_ptr_eq(journey.last, before);
	return count;
}

START_TEST(what_is_over_is_forgotten_and_what_is_under_way_is_as_it_was)
{
	char text[JOURNEY_TEXT_BYTES];

	begin(1), begin(2), go_on(1), go_on(2), end(1), go_on(1);
	journey_forget(&journey);
	ck_assert_uint_eq(count_events(), 2);
	const struct journey_event *first = journey.first, *second = journey.last;
	ck_assert_uint_eq(first->id, 2);
	ck_assert_uint_eq(first->request, 2);
	ck_assert_str_eq(journey_what(first, text), "http://192.0.2.1/, port 80");
	ck_assert_uint_eq(journey_field_number(first, "port"), 80);
	ck_assert_uint_eq(second->id, 4);
	ck_assert_uint_eq(second->connection, 1);
	ck_assert(second->is_bad);
	ck_assert_str_eq(journey_what(second, text), "<- 404, of 2");
	go_on(2);
	ck_assert_uint_eq(journey.last->id, 7);
}
END_TEST

/* From one part of the block to another and back, over what was there before. */
START_TEST(what_is_under_way_moves_with_all_that_it_says)
{
	char text[JOURNEY_TEXT_BYTES];

	begin(2), go_on(2);
	for (unsigned times = 0; times < 4; times++) {
		for (unsigned files = 0; files < 100; files++)
			begin(9), go_on(9), end(9);
		journey_forget(&journey);
		ck_assert_uint_eq(count_events(), 2);
		ck_assert_str_eq(journey_what(journey.first, text), "http://192.0.2.1/, port 80");
		ck_assert_str_eq(journey_what(journey.last, text), "<- 404, of 2");
	}
}
END_TEST

START_TEST(a_list_that_forgets_has_room_for_any_number_of_files)
{
	begin(1); /* goes on all the time */
	for (uint32_t request = 2; request < FILES; request++) {
		begin(request), go_on(request), end(request);
		if (journey.arena.used > sizeof block / 4)
			journey_forget(&journey);
	}
	ck_assert_uint_eq(journey.lost_count, 0);
	ck_assert_uint_eq(journey.event_count, 1 + 3 * (FILES - 2));
	end(1);
	journey_forget(&journey);
	ck_assert_uint_eq(count_events(), 0);
	ck_assert_uint_eq(journey.arena.used, 0);
}
END_TEST

START_TEST(nothing_is_forgotten_when_there_is_no_room_to_keep_what_is_under_way)
{
	uint32_t request = 1;

	begin(request), end(request);
	while (sizeof block - journey.arena.used > JOURNEY_RESERVE_BYTES + 1024)
		begin(++request % JOURNEY_OPEN_MAX + 2);
	const unsigned count = count_events();
	journey_forget(&journey);
	ck_assert_uint_eq(count_events(), count);
	begin(1); /* and it goes on */
}
END_TEST

START_TEST(more_transfers_than_can_be_told_apart_are_all_kept)
{
	for (uint32_t request = 1; request <= JOURNEY_OPEN_MAX + 1; request++)
		begin(request);
	end(1);
	journey_forget(&journey);
	ck_assert_uint_eq(count_events(), JOURNEY_OPEN_MAX + 2);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("forget");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, what_is_over_is_forgotten_and_what_is_under_way_is_as_it_was);
	tcase_add_test(tcase, what_is_under_way_moves_with_all_that_it_says);
	tcase_add_test(tcase, a_list_that_forgets_has_room_for_any_number_of_files);
	tcase_add_test(tcase, nothing_is_forgotten_when_there_is_no_room_to_keep_what_is_under_way);
	tcase_add_test(tcase, more_transfers_than_can_be_told_apart_are_all_kept);
	Suite *suite = suite_create("fetch: journey, forgetting");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
