/* When primaries are asked for a zone, in which order, and what becomes of it (RFC 1034, section 4.3.5; RFC 1996). */
#include "resolver/zone/refresh.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "tests/resolver/zone/zone_text.h"

#define SECOND UINT64_C(1000000)
#define START  (1000 * SECOND)

static uint8_t block[4u << 20], held_block[1u << 20], bytes[MESSAGE_BYTES_MAX];
static struct arena arena, held_arena;
static struct refresh refresh;
static struct refresh_action action;
static struct refresh_primary primaries[2];
static struct rng rng;
static struct name apex;
static const struct zone *held;
static uint64_t now_us;
static bool keeps;
static unsigned sent, closed, kept, expired, current;

#define SOA(serial) "@ 3600 SOA ns h " #serial " 3600 900 86400 300\n"

static void
setup(void)
{
	rng_init_number(&rng, suite_seed(5));
	apex = text_name("z.");
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(addr_from_text(&primaries[i].addr, i == 0 ? "192.0.2.1" : "2001:db8::2"), 0);
		primaries[i].port = 53;
	}
	arena_init(&held_arena, held_block, sizeof held_block);
	held = NULL;
	now_us = START;
	keeps = true;
	sent = closed = kept = expired = current = 0;
}

/* Does what is to be done, but for queries, of which the last stays in `action`. */
static void
drain(void)
{
	struct refresh_action each;
	while (refresh_next(&refresh, &each)) {
		switch (each.kind) {
		case REFRESH_SEND: action = each; sent++; break;
		case REFRESH_CLOSE: closed++; break;
		case REFRESH_PREPARE:
			arena_init(&arena, block, sizeof block);
			refresh_lend(&refresh, &arena, each.by == TRANSFER_IXFR ? held : NULL, now_us);
			break;
		case REFRESH_KEEP:
			kept += keeps;
			refresh_kept(&refresh, keeps, now_us);
			break;
		case REFRESH_CURRENT: current++; break;
		case REFRESH_EXPIRE: expired++; break;
		}
	}
}

static void
begin_aged(const char *text, uint64_t age_us)
{
	if (text != NULL)
		held = text_zone("z.", text, &held_arena);
	refresh_begin(&refresh, &apex, primaries, 2, held != NULL ? &held->soa : NULL, age_us, &rng, now_us);
}

static void
begin(const char *text)
{
	begin_aged(text, 0);
}

static void
pass(uint64_t us)
{
	now_us += us;
	refresh_timeout(&refresh, now_us);
	drain();
}

/* On to the next thing that is due. */
static uint64_t
pass_to_deadline(void)
{
	const uint64_t before_us = now_us;
	now_us = refresh_deadline(&refresh);
	pass(0);
	return now_us - before_us;
}

static uint16_t
asked_type(void)
{
	return (uint16_t)(action.bytes[12 + apex.size] << 8 | action.bytes[13 + apex.size]);
}

static void
answer_with(uint16_t rcode, const char *records)
{
	const uint16_t id = (uint16_t)(action.bytes[0] << 8 | action.bytes[1]);
	const size_t size = text_message(bytes, sizeof bytes, id, rcode, "z.", asked_type(), records);
	refresh_receive(&refresh, bytes, size, now_us);
	drain();
}

START_TEST(what_is_not_held_is_asked_for_whole_at_once)
{
	begin(NULL);
	pass(0);
	ck_assert_uint_eq(asked_type(), TYPE_AXFR);
	ck_assert(addr_equal(&action.primary->addr, &primaries[0].addr));
	answer_with(0, SOA(1) SOA(1));
	ck_assert_uint_eq(kept, 1);
	ck_assert_uint_eq(closed, 1);
	ck_assert_uint_eq(refresh.soa.serial, 1);
	ck_assert_uint_eq(refresh.stats.whole, 1);
}
END_TEST

START_TEST(what_is_held_is_checked_soon_and_then_when_its_refresh_time_is_over)
{
	begin(SOA(1));
	ck_assert_uint_eq(pass_to_deadline(), REFRESH_FIRST_US);
	ck_assert_uint_eq(asked_type(), TYPE_SOA);
	answer_with(0, SOA(1));
	ck_assert_uint_eq(refresh.stats.current, 1);
	const uint64_t waited_us = pass_to_deadline();
	ck_assert_uint_le(waited_us, 3600 * SECOND);
	ck_assert_uint_ge(waited_us, 3240 * SECOND); /* a tenth earlier at most */
	ck_assert_uint_eq(sent, 2);
}
END_TEST

START_TEST(a_newer_serial_brings_the_changes_over_the_same_connection)
{
	begin(SOA(1) "old 60 A 192.0.2.1\n");
	(void)pass_to_deadline();
	answer_with(0, SOA(2));
	ck_assert_uint_eq(asked_type(), TYPE_IXFR);
	ck_assert_uint_eq(closed, 0);
	answer_with(0, SOA(2) SOA(1) "old 60 A 192.0.2.1\n" SOA(2) SOA(2));
	ck_assert_uint_eq(kept, 1);
	ck_assert_uint_eq(refresh.stats.changes, 1);
	ck_assert_uint_eq(refresh.soa.serial, 2);
}
END_TEST

static const struct {
	const char *behaviour;
	uint16_t rcode;
	const char *records;
} no_changes[] = {
	{ "a primary that has none to give", RCODE_NOTIMP, "" },
	{ "changes of another version", 0, SOA(2) SOA(7) SOA(8) },
};

START_TEST(without_changes_the_whole_is_asked_of_the_same_primary)
{
	begin(SOA(1));
	(void)pass_to_deadline();
	answer_with(0, SOA(2));
	answer_with(no_changes[_i].rcode, no_changes[_i].records);
	ck_assert_msg(asked_type() == TYPE_AXFR, "%s", no_changes[_i].behaviour);
	ck_assert(addr_equal(&action.primary->addr, &primaries[0].addr));
	answer_with(0, SOA(2) SOA(2));
	ck_assert_uint_eq(kept, 1);
}
END_TEST

START_TEST(where_the_file_cannot_be_read_the_whole_is_asked_for)
{
	begin(SOA(1));
	(void)pass_to_deadline();
	held = NULL;
	answer_with(0, SOA(2));
	ck_assert_uint_eq(asked_type(), TYPE_AXFR);
}
END_TEST

START_TEST(the_next_primary_is_asked_when_one_does_not_help)
{
	begin(SOA(1));
	(void)pass_to_deadline();
	answer_with(RCODE_REFUSED, "");
	ck_assert_uint_eq(asked_type(), TYPE_SOA);
	ck_assert(addr_equal(&action.primary->addr, &primaries[1].addr));
	ck_assert_uint_eq(closed, 1);
	refresh_failed(&refresh, now_us);
	drain();
	ck_assert_uint_eq(sent, 2);
	const uint64_t waited_us = pass_to_deadline(); /* its retry time */
	ck_assert_uint_le(waited_us, 900 * SECOND);
	ck_assert_uint_ge(waited_us, 810 * SECOND);
	ck_assert(addr_equal(&action.primary->addr, &primaries[0].addr));
}
END_TEST

START_TEST(silence_is_waited_out_so_long_and_no_longer)
{
	begin(NULL);
	pass(0);
	ck_assert_uint_eq(pass_to_deadline(), REFRESH_SILENCE_US);
	ck_assert(addr_equal(&action.primary->addr, &primaries[1].addr));
	ck_assert_uint_eq(refresh.stats.failures, 1);
}
END_TEST

START_TEST(a_primary_that_never_ends_is_left)
{
	unsigned messages = 0;
	begin(NULL);
	pass(0);
	answer_with(0, SOA(1));
	while (refresh.primary == 0 && messages++ < 1000) {
		pass(REFRESH_SILENCE_US / 2);
		if (refresh.primary == 0)
			answer_with(0, "a 60 A 192.0.2.1\n");
	}
	ck_assert_uint_le(messages, 2 * REFRESH_WHOLE_US / REFRESH_SILENCE_US + 1);
}
END_TEST

START_TEST(with_nothing_held_and_nobody_who_gives_it_the_wait_doubles_up_to_an_hour)
{
	uint64_t last_us = 0;
	begin(NULL);
	pass(0);
	for (unsigned i = 0; i < 20; i++) {
		refresh_failed(&refresh, now_us);
		drain();
		refresh_failed(&refresh, now_us);
		drain();
		last_us = pass_to_deadline();
		ck_assert_uint_le(last_us, REFRESH_AGAIN_S_MAX * SECOND);
	}
	ck_assert_uint_ge(last_us, 1000 * SECOND);
	ck_assert_uint_eq(sent, 41);
}
END_TEST

START_TEST(without_a_word_from_any_primary_it_expires_and_is_asked_for_whole)
{
	begin(SOA(1));
	while (expired == 0) {
		(void)pass_to_deadline();
		refresh_failed(&refresh, now_us);
		drain();
		ck_assert_uint_le(now_us, START + 86400 * SECOND);
	}
	ck_assert_uint_eq(now_us, START + 86400 * SECOND);
	ck_assert_uint_eq(refresh.stats.expired, 1);
	while (asked_type() != TYPE_AXFR) {
		refresh_failed(&refresh, now_us);
		drain();
		(void)pass_to_deadline();
	}
	answer_with(0, SOA(1) SOA(1)); /* the same serial: it is good again */
	ck_assert_uint_eq(kept, 1);
	ck_assert(!refresh.has_expired);
}
END_TEST

START_TEST(its_expire_time_goes_on_from_before_the_start)
{
	begin_aged(SOA(1), 86000 * SECOND);
	while (expired == 0) {
		(void)pass_to_deadline();
		refresh_failed(&refresh, now_us);
		drain();
	}
	ck_assert_uint_eq(now_us, START + 400 * SECOND);
}
END_TEST

START_TEST(what_expired_before_the_start_has_expired_at_once_until_it_is_given_whole)
{
	begin_aged(SOA(1), 86400 * SECOND);
	ck_assert(refresh_is_too_old(&held->soa, 86400 * SECOND));
	ck_assert(!refresh_is_too_old(&held->soa, 86400 * SECOND - 1));
	ck_assert_uint_eq(pass_to_deadline(), 0);
	ck_assert_uint_eq(expired, 1);
	(void)pass_to_deadline();
	ck_assert_uint_eq(asked_type(), TYPE_AXFR);
	answer_with(0, SOA(1) SOA(1));
	ck_assert_uint_eq(kept, 1);
	ck_assert(!refresh.has_expired);
	ck_assert_uint_gt(pass_to_deadline(), SECOND);
	ck_assert_uint_eq(expired, 1);
}
END_TEST

START_TEST(that_a_primary_has_spoken_for_it_is_told)
{
	begin(SOA(1));
	(void)pass_to_deadline();
	ck_assert_uint_eq(current, 0);
	answer_with(0, SOA(1));
	ck_assert_uint_eq(current, 1);
}
END_TEST

START_TEST(a_notify_has_the_primary_asked_now_and_once_more_if_it_comes_meanwhile)
{
	begin(SOA(1));
	(void)pass_to_deadline();
	answer_with(0, SOA(1));
	pass(REFRESH_NOTIFY_US);
	ck_assert_uint_eq(sent, 1);
	refresh_notify(&refresh, now_us);
	pass(0);
	ck_assert_uint_eq(sent, 2);
	for (unsigned i = 0; i < 100; i++)
		refresh_notify(&refresh, now_us);
	answer_with(0, SOA(1));
	pass(0);
	ck_assert_uint_eq(sent, 2); /* who forges many has no more asked */
	ck_assert_uint_eq(pass_to_deadline(), REFRESH_NOTIFY_US);
	ck_assert_uint_eq(sent, 3);
	answer_with(0, SOA(1));
	pass(REFRESH_NOTIFY_US);
	ck_assert_uint_eq(sent, 3);
}
END_TEST

START_TEST(behind_a_round_that_failed_a_notify_waits)
{
	begin(SOA(1));
	(void)pass_to_deadline();
	for (unsigned i = 0; i < 2; i++) { /* both primaries */
		refresh_failed(&refresh, now_us);
		drain();
	}
	refresh_notify(&refresh, now_us);
	const uint64_t waited_us = pass_to_deadline();
	ck_assert_uint_eq(waited_us, REFRESH_NOTIFY_FAILED_US);
	ck_assert_uint_eq(sent, 3);
}
END_TEST

START_TEST(what_expires_while_its_primary_is_asked_is_given_whole)
{
	begin(SOA(1));
	(void)pass_to_deadline();
	ck_assert_uint_eq(asked_type(), TYPE_SOA);
	refresh.expires_us = now_us + SECOND;
	pass(SECOND);
	ck_assert_uint_eq(expired, 1);
	answer_with(0, SOA(1));
	ck_assert_uint_eq(asked_type(), TYPE_AXFR);
	answer_with(0, SOA(1) SOA(1));
	ck_assert_uint_eq(kept, 1);
	ck_assert(!refresh.has_expired);
}
END_TEST

START_TEST(a_primary_whose_records_are_older_than_its_word_changes_nothing)
{
	begin(SOA(5));
	(void)pass_to_deadline();
	answer_with(0, SOA(6));
	answer_with(RCODE_NOTIMP, "");
	answer_with(0, SOA(4) SOA(4));
	ck_assert_uint_eq(kept, 0);
	ck_assert_uint_eq(refresh.soa.serial, 5);
	ck_assert(addr_equal(&action.primary->addr, &primaries[1].addr));
}
END_TEST

START_TEST(what_cannot_be_kept_is_not_held)
{
	keeps = false;
	begin(NULL);
	pass(0);
	answer_with(0, SOA(1) SOA(1));
	ck_assert(!refresh.has_held);
	ck_assert_uint_eq(refresh.stats.failures, 1);
}
END_TEST

/* Others have it: it is lent when they are done, and the primary's time begins then. */
START_TEST(memory_may_be_long_in_coming)
{
	begin(NULL);
	refresh_timeout(&refresh, now_us);
	struct refresh_action prepare;
	ck_assert(refresh_next(&refresh, &prepare));
	ck_assert_int_eq((int)prepare.kind, REFRESH_PREPARE);
	ck_assert_uint_eq(refresh_deadline(&refresh), REFRESH_NEVER);
	pass(2 * REFRESH_WHOLE_US);
	ck_assert_uint_eq(sent, 0);
	arena_init(&arena, block, sizeof block);
	refresh_lend(&refresh, &arena, NULL, now_us);
	drain();
	ck_assert_uint_eq(sent, 1);
	ck_assert_uint_eq(refresh_deadline(&refresh), now_us + REFRESH_SILENCE_US);
	answer_with(0, SOA(1) SOA(1));
	ck_assert_uint_eq(kept, 1);
}
END_TEST

START_TEST(times_of_the_soa_are_bounded)
{
	begin("@ 3600 SOA ns h 1 0 0 0 0\n");
	(void)pass_to_deadline();
	answer_with(0, "@ 3600 SOA ns h 1 0 0 0 0\n");
	ck_assert_uint_ge(pass_to_deadline(), REFRESH_S_MIN * SECOND * 9 / 10);
	setup();
	begin("@ 3600 SOA ns h 1 4294967295 4294967295 4294967295 0\n");
	(void)pass_to_deadline();
	answer_with(0, "@ 3600 SOA ns h 1 4294967295 4294967295 4294967295 0\n");
	ck_assert_uint_le(pass_to_deadline(), REFRESH_S_MAX * SECOND);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("zone: refresh");
	TCase *tcase = tcase_create("refresh");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, what_is_not_held_is_asked_for_whole_at_once);
	tcase_add_test(tcase, what_is_held_is_checked_soon_and_then_when_its_refresh_time_is_over);
	tcase_add_test(tcase, a_newer_serial_brings_the_changes_over_the_same_connection);
	tcase_add_loop_test(tcase, without_changes_the_whole_is_asked_of_the_same_primary, 0, COUNT(no_changes));
	tcase_add_test(tcase, where_the_file_cannot_be_read_the_whole_is_asked_for);
	tcase_add_test(tcase, the_next_primary_is_asked_when_one_does_not_help);
	tcase_add_test(tcase, silence_is_waited_out_so_long_and_no_longer);
	tcase_add_test(tcase, a_primary_that_never_ends_is_left);
	tcase_add_test(tcase, with_nothing_held_and_nobody_who_gives_it_the_wait_doubles_up_to_an_hour);
	tcase_add_test(tcase, without_a_word_from_any_primary_it_expires_and_is_asked_for_whole);
	tcase_add_test(tcase, its_expire_time_goes_on_from_before_the_start);
	tcase_add_test(tcase, what_expired_before_the_start_has_expired_at_once_until_it_is_given_whole);
	tcase_add_test(tcase, that_a_primary_has_spoken_for_it_is_told);
	tcase_add_test(tcase, a_notify_has_the_primary_asked_now_and_once_more_if_it_comes_meanwhile);
	tcase_add_test(tcase, behind_a_round_that_failed_a_notify_waits);
	tcase_add_test(tcase, what_expires_while_its_primary_is_asked_is_given_whole);
	tcase_add_test(tcase, a_primary_whose_records_are_older_than_its_word_changes_nothing);
	tcase_add_test(tcase, what_cannot_be_kept_is_not_held);
	tcase_add_test(tcase, memory_may_be_long_in_coming);
	tcase_add_test(tcase, times_of_the_soa_are_bounded);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
