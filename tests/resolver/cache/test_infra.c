#include "resolver/cache/infra.h"

#include <sys/mman.h>

#include "resolver/cache/family.h"
#include "tests/resolver/cache/cache_test.h"

#define SERVERS 1000u
#define MS      1000u
#define S       1000000u

static struct memory memory;
static struct infra *infra;
static struct ip_addr a, b;

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

static struct ip_addr
numbered(uint32_t number)
{
	return addr_ipv4((uint8_t[4]){ 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
				       (uint8_t)number });
}

static void
setup(void)
{
	memory_init(&memory, infra_bytes(SERVERS), 4);
	infra = infra_new(memory.block, memory.block_bytes, SERVERS, &memory.rng);
	ck_assert_ptr_nonnull(infra);
	a = addr_of("192.0.2.1");
	b = addr_of("2001:db8::1");
}

static void
teardown(void)
{
	memory_fini(&memory);
}

static struct infra_server
get(const struct ip_addr *server, uint64_t now_us)
{
	struct infra_server out;
	infra_get(infra, server, &out, now_us);
	return out;
}

/* Timeouts one after the other, each after its RTO; returns the time after the last. */
static uint64_t
time_out(const struct ip_addr *server, unsigned count, uint64_t now_us)
{
	for (; count > 0; count--) {
		now_us += get(server, now_us).rto_us;
		infra_timed_out(infra, server, now_us);
	}
	return now_us;
}

/* ---- round-trip times ----------------------------------------------------------------------------- */

START_TEST(an_unknown_server_has_the_initial_values)
{
	struct infra_server server = get(&a, 5 * S);
	ck_assert(!server.known && !server.down && !server.caps_broken);
	ck_assert_uint_eq(server.rto_us, INFRA_RTO_FIRST_US);
	ck_assert_uint_eq(server.srtt_us, 0);
	ck_assert_int_eq(server.edns, INFRA_EDNS_UNKNOWN);
}
END_TEST

/* RFC 6298, sections 2.2 and 2.3, by hand. */
START_TEST(round_trips_are_smoothed)
{
	infra_heard(infra, &a, 100 * MS, 1 * S);
	struct infra_server server = get(&a, 1 * S);
	ck_assert(server.known);
	ck_assert_uint_eq(server.srtt_us, 100 * MS);
	ck_assert_uint_eq(server.rttvar_us, 50 * MS);
	ck_assert_uint_eq(server.rto_us, 300 * MS);
	infra_heard(infra, &a, 180 * MS, 2 * S);
	server = get(&a, 2 * S);
	ck_assert_uint_eq(server.rttvar_us, 57500);  /* (3 * 50 + 80) / 4 */
	ck_assert_uint_eq(server.srtt_us, 110 * MS); /* (7 * 100 + 180) / 8 */
	ck_assert_uint_eq(server.rto_us, 340 * MS);
	ck_assert_uint_eq(server.heard_at_us, 2 * S);
	ck_assert(!get(&b, 2 * S).known);
}
END_TEST

START_TEST(the_rto_keeps_to_its_bounds)
{
	for (int i = 0; i < 50; i++)
		infra_heard(infra, &a, 100, 1 * S);
	ck_assert_uint_eq(get(&a, 1 * S).rto_us, INFRA_RTO_MIN_US);
	infra_heard(infra, &b, UINT32_MAX, 1 * S);
	ck_assert_uint_eq(get(&b, 1 * S).rto_us, INFRA_RTO_MAX_US);
}
END_TEST

START_TEST(steady_replies_leave_the_rto_a_margin)
{
	for (int i = 0; i < 50; i++)
		infra_heard(infra, &a, 200 * MS, 1 * S);
	ck_assert_uint_eq(get(&a, 1 * S).rto_us, 200 * MS + 200 * MS / INFRA_RTO_MARGIN);
}
END_TEST

START_TEST(timeouts_in_a_row_double_the_rto_and_a_reply_ends_that)
{
	uint64_t now_us = time_out(&a, 1, 0);
	ck_assert_uint_eq(get(&a, now_us).rto_us, 600 * MS);
	now_us = time_out(&a, 1, now_us);
	ck_assert_uint_eq(get(&a, now_us).rto_us, 1200 * MS);
	ck_assert_uint_eq(get(&a, now_us).timeouts, 2);
	now_us = time_out(&a, 3, now_us);
	ck_assert_uint_eq(get(&a, now_us).rto_us, INFRA_RTO_MAX_US);
	infra_heard(infra, &a, 100 * MS, now_us);
	ck_assert_uint_eq(get(&a, now_us).rto_us, 300 * MS);
	ck_assert_uint_eq(get(&a, now_us).timeouts, 0);
}
END_TEST

START_TEST(a_lost_burst_is_one_timeout)
{
	for (unsigned i = 0; i < 20; i++)
		infra_timed_out(infra, &a, S + i * 10 * MS);
	ck_assert_uint_eq(get(&a, 2 * S).timeouts, 1);
	ck_assert(!get(&a, 2 * S).down);
}
END_TEST

START_TEST(a_worker_whose_clock_is_behind_does_no_harm)
{
	infra_heard(infra, &a, 100 * MS, 10 * S);
	uint64_t now_us = time_out(&a, 2, 10 * S);
	infra_timed_out(infra, &a, now_us - 5 * MS); /* of the same burst */
	ck_assert_uint_eq(get(&a, 9 * S).timeouts, 2);
	ck_assert_uint_eq(get(&a, 9 * S).srtt_us, 100 * MS);
	infra_lame(infra, &a, &name_root, 10 * S);
	infra_lame(infra, &a, &name_root, 9 * S);
	ck_assert(infra_is_lame(infra, &a, &name_root, 8 * S));
}
END_TEST

START_TEST(after_long_silence_an_entry_is_none)
{
	infra_heard(infra, &a, 100 * MS, 1 * S);
	ck_assert(get(&a, 1 * S + INFRA_ENTRY_US - 1).known);
	ck_assert(!get(&a, 1 * S + INFRA_ENTRY_US).known);
	ck_assert_uint_eq(get(&a, 1 * S + INFRA_ENTRY_US).rto_us, INFRA_RTO_FIRST_US);
}
END_TEST

/* ---- outages -------------------------------------------------------------------------------------- */

START_TEST(a_silent_server_is_left_alone_ever_longer)
{
	uint64_t now_us = time_out(&a, INFRA_DOWN_TIMEOUTS - 1, 0);
	ck_assert(!get(&a, now_us).down);
	now_us = time_out(&a, 1, now_us);
	for (uint64_t hold_us = INFRA_DOWN_MIN_US; hold_us < 4 * INFRA_DOWN_MAX_US; hold_us *= 2) {
		uint64_t expected_us = hold_us < INFRA_DOWN_MAX_US ? hold_us : INFRA_DOWN_MAX_US;
		ck_assert(get(&a, now_us).down);
		ck_assert_uint_eq(get(&a, now_us).down_until_us, now_us + expected_us);
		ck_assert(!get(&a, now_us + expected_us).down);
		now_us = time_out(&a, 1, now_us + expected_us);
	}
}
END_TEST

START_TEST(what_was_under_way_when_a_hold_began_does_not_lengthen_it)
{
	uint64_t now_us = time_out(&a, INFRA_DOWN_TIMEOUTS, 0);
	uint64_t until_us = get(&a, now_us).down_until_us;
	infra_timed_out(infra, &a, now_us + 500 * MS);
	infra_timed_out(infra, &a, now_us + 1000 * MS);
	ck_assert_uint_eq(get(&a, now_us + 1000 * MS).down_until_us, until_us);
}
END_TEST

START_TEST(a_reply_ends_a_hold_and_the_next_one_starts_short)
{
	uint64_t now_us = time_out(&a, 6, 0);
	infra_heard(infra, &a, 50 * MS, now_us);
	ck_assert(!get(&a, now_us).down);
	now_us = time_out(&a, INFRA_DOWN_TIMEOUTS, now_us);
	ck_assert_uint_eq(get(&a, now_us).down_until_us, now_us + INFRA_DOWN_MIN_US);
}
END_TEST

START_TEST(unreachable_is_as_good_as_three_timeouts)
{
	infra_unreachable(infra, &a, 1 * S);
	ck_assert(get(&a, 1 * S).down);
	ck_assert_uint_eq(get(&a, 1 * S).down_until_us, 1 * S + INFRA_DOWN_MIN_US);
	infra_unreachable(infra, &a, 1 * S + 1); /* the same error about the next query */
	ck_assert_uint_eq(get(&a, 1 * S).down_until_us, 1 * S + INFRA_DOWN_MIN_US);
}
END_TEST

/* ---- EDNS and letter case ------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	enum infra_edns says[4];
	unsigned count;
	enum infra_edns then;
} edns_cases[] = {
	{ "a reply with OPT shows that it works", { INFRA_EDNS_WORKS }, 1, INFRA_EDNS_WORKS },
	{ "one failure is a suspicion", { INFRA_EDNS_BROKEN }, 1, INFRA_EDNS_SUSPECT },
	{ "one forged failure does not undo what works",
	  { INFRA_EDNS_WORKS, INFRA_EDNS_BROKEN },
	  2,
	  INFRA_EDNS_SUSPECT },
	{ "a second failure confirms",
	  { INFRA_EDNS_BROKEN, INFRA_EDNS_BROKEN },
	  2,
	  INFRA_EDNS_BROKEN },
	{ "a suspicion is confirmed by a failure",
	  { INFRA_EDNS_SUSPECT, INFRA_EDNS_BROKEN },
	  2,
	  INFRA_EDNS_BROKEN },
	{ "suspicions confirm nothing",
	  { INFRA_EDNS_SUSPECT, INFRA_EDNS_SUSPECT },
	  2,
	  INFRA_EDNS_SUSPECT },
	{ "success between failures starts again",
	  { INFRA_EDNS_BROKEN, INFRA_EDNS_WORKS, INFRA_EDNS_BROKEN },
	  3,
	  INFRA_EDNS_SUSPECT },
	{ "what is broken can be seen to work",
	  { INFRA_EDNS_BROKEN, INFRA_EDNS_BROKEN, INFRA_EDNS_WORKS },
	  3,
	  INFRA_EDNS_WORKS },
	{ "a suspicion does not soften what is confirmed",
	  { INFRA_EDNS_BROKEN, INFRA_EDNS_BROKEN, INFRA_EDNS_SUSPECT },
	  3,
	  INFRA_EDNS_BROKEN },
};

START_TEST(edns_needs_a_second_witness_to_be_broken)
{
	for (unsigned i = 0; i < edns_cases[_i].count; i++)
		infra_edns_says(infra, &a, edns_cases[_i].says[i], (i + 1) * S);
	ck_assert_msg(get(&a, 5 * S).edns == edns_cases[_i].then, "%s", edns_cases[_i].behaviour);
}
END_TEST

START_TEST(broken_edns_is_tried_again_although_the_server_is_in_use)
{
	infra_edns_says(infra, &a, INFRA_EDNS_BROKEN, 1 * S);
	infra_edns_says(infra, &a, INFRA_EDNS_BROKEN, 2 * S);
	for (uint64_t now_us = 2 * S; now_us < 2 * S + INFRA_ENTRY_US; now_us += 100 * S) {
		infra_heard(infra, &a, 10 * MS, now_us);
		infra_edns_says(infra, &a, INFRA_EDNS_BROKEN, now_us);
		ck_assert_int_eq(get(&a, now_us).edns, INFRA_EDNS_BROKEN);
	}
	ck_assert_int_eq(get(&a, 2 * S + INFRA_ENTRY_US).edns, INFRA_EDNS_UNKNOWN);
}
END_TEST

START_TEST(broken_letter_case_needs_a_second_witness_too)
{
	infra_caps_broken(infra, &a, 1 * S);
	ck_assert(!get(&a, 1 * S).caps_broken);
	infra_caps_broken(infra, &a, 2 * S);
	ck_assert(get(&a, 2 * S).caps_broken);
	infra_heard(infra, &a, 10 * MS, 800 * S);
	ck_assert(!get(&a, 2 * S + INFRA_ENTRY_US).caps_broken);
}
END_TEST

/* ---- lameness ------------------------------------------------------------------------------------- */

START_TEST(lameness_is_of_a_server_for_a_zone_and_said_twice)
{
	const struct name *zone = name_in(&memory.arena, "Example.");
	const struct name *other = name_in(&memory.arena, "example.org.");
	infra_lame(infra, &a, zone, 1 * S);
	ck_assert(!infra_is_lame(infra, &a, zone, 1 * S));
	infra_lame(infra, &a, name_in(&memory.arena, "eXAMPLE."), 2 * S);
	ck_assert(infra_is_lame(infra, &a, zone, 2 * S));
	ck_assert(!infra_is_lame(infra, &a, other, 2 * S));
	ck_assert(!infra_is_lame(infra, &b, zone, 2 * S));
	ck_assert(infra_is_lame(infra, &a, zone, 1 * S + INFRA_LAME_US));
	ck_assert(!infra_is_lame(infra, &a, zone, 2 * S + INFRA_LAME_US));
}
END_TEST

START_TEST(lameness_is_bounded_and_the_newest_words_stay)
{
	const struct name *zone = name_in(&memory.arena, "example.");
	unsigned remembered = 0;
	for (uint32_t i = 0; i < 10 * SERVERS; i++) {
		struct ip_addr server = numbered(i);
		infra_lame(infra, &server, zone, (1 + i / 100) * (uint64_t)S);
		infra_lame(infra, &server, zone, (1 + i / 100) * (uint64_t)S);
		ck_assert(infra_is_lame(infra, &server, zone, (1 + i / 100) * (uint64_t)S));
	}
	for (uint32_t i = 0; i < 10 * SERVERS; i++) {
		struct ip_addr server = numbered(i);
		remembered += infra_is_lame(infra, &server, zone, 101 * S);
	}
	ck_assert_uint_gt(remembered, SERVERS / 8);
	ck_assert_uint_le(remembered, SERVERS / 4 + 4);
}
END_TEST

/* ---- families and the network --------------------------------------------------------------------- */

static uint64_t
family_fails(uint64_t now_us, unsigned prefixes)
{
	for (unsigned i = 0; i < prefixes; i++) {
		struct ip_addr server = numbered(i << 8 | 1);
		infra_timed_out(infra, &server, now_us += 10 * MS);
	}
	return now_us;
}

START_TEST(a_family_is_down_when_several_prefixes_are_silent)
{
	struct ip_addr neighbour = addr_of("192.0.2.2");
	uint64_t now_us = family_fails(0, FAMILY_PREFIXES - 1);
	now_us = family_fails(now_us, FAMILY_PREFIXES - 1); /* the same prefixes again */
	ck_assert(!infra_family_down(infra, ADDR_IPV4, now_us));
	infra_timed_out(infra, &neighbour, now_us);
	ck_assert(infra_family_down(infra, ADDR_IPV4, now_us));
	ck_assert(!infra_family_down(infra, ADDR_IPV6, now_us));
}
END_TEST

START_TEST(one_reply_between_failures_shows_that_the_family_works)
{
	uint64_t now_us = family_fails(0, FAMILY_PREFIXES - 1);
	infra_heard(infra, &a, 10 * MS, now_us);
	now_us = family_fails(now_us, FAMILY_PREFIXES - 1);
	ck_assert(!infra_family_down(infra, ADDR_IPV4, now_us));
}
END_TEST

START_TEST(a_family_that_is_down_is_probed_within_seconds)
{
	uint64_t now_us = family_fails(0, FAMILY_PREFIXES);
	for (int round = 0; round < 10; round++) {
		unsigned may_try = 0;
		for (unsigned i = 0; i < FAMILY_PROBE_ONE_IN; i++)
			may_try +=
				!infra_family_down(infra, ADDR_IPV4, now_us + FAMILY_HOLD_MAX_US);
		ck_assert_uint_eq(may_try, 1);
		now_us = family_fails(now_us + FAMILY_HOLD_MAX_US, 1); /* the probe fails */
		ck_assert(infra_family_down(infra, ADDR_IPV4, now_us));
	}
}
END_TEST

START_TEST(one_reply_after_a_silence_forgives_the_whole_family_at_once)
{
	uint64_t now_us = 0;
	for (uint32_t i = 0; i < 200; i++) {
		struct ip_addr server = numbered(i << 8 | 1);
		time_out(&server, 4, now_us);
	}
	infra_unreachable(infra, &b, 9 * S);
	now_us = 10 * S;
	infra_heard(infra, &a, 20 * MS, now_us);
	ck_assert(!infra_family_down(infra, ADDR_IPV4, now_us));
	for (uint32_t i = 0; i < 200; i++) {
		struct ip_addr server = numbered(i << 8 | 1);
		ck_assert(!get(&server, now_us).down);
		ck_assert_uint_eq(get(&server, now_us).timeouts, 0);
	}
	ck_assert(get(&b, now_us).down); /* the other family heard nothing */
}
END_TEST

START_TEST(a_reply_while_the_family_works_forgives_nobody_else)
{
	struct ip_addr dead = addr_of("198.51.100.1");
	uint64_t now_us = time_out(&dead, INFRA_DOWN_TIMEOUTS, 0);
	infra_heard(infra, &a, 20 * MS, now_us);
	ck_assert(get(&dead, now_us).down);
}
END_TEST

START_TEST(a_change_of_the_network_forgets_failures_and_keeps_round_trips)
{
	const struct name *zone = name_in(&memory.arena, "example.");
	uint64_t now_us = family_fails(S, FAMILY_PREFIXES);
	infra_heard(infra, &b, 70 * MS, now_us);
	infra_unreachable(infra, &b, now_us);
	for (int i = 0; i < 2; i++) {
		infra_edns_says(infra, &b, INFRA_EDNS_BROKEN, now_us);
		infra_caps_broken(infra, &b, now_us);
		infra_lame(infra, &b, zone, now_us);
	}
	infra_network_changed(infra, now_us);
	struct infra_server server = get(&b, now_us);
	ck_assert(!server.down && !server.caps_broken);
	ck_assert_int_eq(server.edns, INFRA_EDNS_UNKNOWN);
	ck_assert_uint_eq(server.srtt_us, 70 * MS);
	ck_assert(!infra_is_lame(infra, &b, zone, now_us));
	ck_assert(!infra_family_down(infra, ADDR_IPV4, now_us));
}
END_TEST

START_TEST(a_change_of_the_network_gives_datagrams_another_chance)
{
	infra_timed_out(infra, &a, S);
	infra_heard_tcp(infra, &a, S);
	ck_assert(get(&a, S).only_tcp);
	infra_network_changed(infra, S);
	ck_assert(!get(&a, S).only_tcp);
}
END_TEST

/* RFC 9018, section 3: a cookie would tell a server that we are the same, who have another address by now. */
START_TEST(a_change_of_the_network_changes_all_cookies)
{
	const uint8_t learnt[INFRA_COOKIE_SERVER_BYTES_MIN] = "abcdefg";
	struct infra_cookie before, after;
	infra_cookie_learn(infra, &a, learnt, sizeof learnt, S);
	infra_cookie_get(infra, &a, &before, S);
	ck_assert_uint_eq(before.server_bytes, sizeof learnt);
	infra_network_changed(infra, S);
	infra_cookie_get(infra, &a, &after, S);
	ck_assert_uint_eq(after.server_bytes, 0);
	ck_assert_mem_ne(after.client, before.client, sizeof after.client);
}
END_TEST

START_TEST(the_epoch_ends_with_a_change_of_the_network_or_a_silence)
{
	uint32_t epoch = infra_epoch(infra);
	uint64_t now_us = family_fails(S, FAMILY_PREFIXES - 1);
	infra_heard(infra, &a, 20 * MS, now_us);
	ck_assert_uint_eq(infra_epoch(infra), epoch); /* some were silent, and no family */
	now_us = family_fails(now_us, FAMILY_PREFIXES);
	infra_heard(infra, &b, 20 * MS, now_us); /* of the other family */
	ck_assert_uint_eq(infra_epoch(infra), epoch);
	infra_heard(infra, &a, 20 * MS, now_us);
	ck_assert_uint_ne(infra_epoch(infra), epoch);
	epoch = infra_epoch(infra);
	infra_network_changed(infra, now_us);
	ck_assert_uint_ne(infra_epoch(infra), epoch);
}
END_TEST

/* ---- the table ------------------------------------------------------------------------------------ */

START_TEST(servers_in_use_stay_while_others_pass_through)
{
	uint64_t now_us = S;
	for (uint32_t i = 0; i < 20 * SERVERS; i++) {
		struct ip_addr passing = numbered(i);
		infra_heard(infra, &passing, 10 * MS, now_us++);
		if (i % 100 == 0)
			infra_heard(infra, &a, 20 * MS, now_us++);
	}
	ck_assert(get(&a, now_us).known);
	unsigned remembered = 0;
	for (uint32_t i = 0; i < 20 * SERVERS; i++) {
		struct ip_addr passing = numbered(i);
		remembered += get(&passing, now_us).known;
	}
	ck_assert_uint_gt(remembered, SERVERS * 9 / 10);
	ck_assert_uint_le(remembered, SERVERS + 8);
}
END_TEST

START_TEST(servers_that_are_only_looked_at_stay_too)
{
	uint64_t now_us = S;
	infra_heard(infra, &a, 20 * MS, now_us);
	for (uint32_t i = 0; i < 20 * SERVERS; i++) {
		struct ip_addr passing = numbered(i);
		infra_heard(infra, &passing, 10 * MS, now_us += 5 * MS);
		if (i % 100 == 0)
			ck_assert(get(&a, now_us).known);
	}
	ck_assert(get(&a, now_us).known);
}
END_TEST

/* Where a lock, or anything else, would be written to, the process dies. */
START_TEST(a_look_takes_no_lock_and_writes_nothing_within_a_second)
{
	const size_t bytes = infra_bytes(SERVERS);
	void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint8_t learnt[INFRA_COOKIE_SERVER_BYTES_MIN] = "abcdefg";
	struct infra_cookie cookie;
	ck_assert_ptr_ne(block, MAP_FAILED);
	infra = infra_new(block, bytes, SERVERS, &memory.rng);
	infra_heard(infra, &a, 20 * MS, 1 * S);
	infra_cookie_learn(infra, &a, learnt, sizeof learnt, 1 * S);
	infra_lame(infra, &a, &name_root, 1 * S);
	infra_lame(infra, &a, &name_root, 1 * S);

	ck_assert_int_eq(mprotect(block, bytes, PROT_READ), 0);
	ck_assert_uint_eq(get(&a, 2 * S).srtt_us, 20 * MS);
	ck_assert(!get(&b, 2 * S).known);
	infra_cookie_get(infra, &a, &cookie, 2 * S);
	ck_assert_uint_eq(cookie.server_bytes, sizeof learnt);
	ck_assert_mem_eq(cookie.server, learnt, sizeof learnt);
	ck_assert(!infra_family_down(infra, ADDR_IPV4, 2 * S));
	ck_assert(infra_is_lame(infra, &a, &name_root, 2 * S) && !infra_is_lame(infra, &b, &name_root, 2 * S));
	ck_assert_int_eq(mprotect(block, bytes, PROT_READ | PROT_WRITE), 0);
	ck_assert(get(&a, 3 * S).known); /* in use, which is noted */
	ck_assert_int_eq(munmap(block, bytes), 0);
}
END_TEST

START_TEST(too_small_a_block_is_refused)
{
	ck_assert_ptr_null(infra_new(memory.block, infra_bytes(SERVERS) - 1, SERVERS, &memory.rng));
	ck_assert_ptr_null(infra_new(NULL, infra_bytes(SERVERS), SERVERS, &memory.rng));
}
END_TEST

/* ---- servers without datagrams ---------------------------------------------------------------------- */

START_TEST(a_reply_over_tcp_alone_sends_the_next_questions_there)
{
	uint64_t now_us = time_out(&a, INFRA_DOWN_TIMEOUTS, 0);
	ck_assert(get(&a, now_us).down && !get(&a, now_us).only_tcp);
	infra_heard_tcp(infra, &a, now_us);
	struct infra_server server = get(&a, now_us);
	ck_assert(server.only_tcp && !server.down);
	ck_assert_uint_eq(server.timeouts, 0);
	ck_assert_uint_eq(server.srtt_us, 0);
	ck_assert_uint_eq(server.heard_at_us, now_us);
}
END_TEST

START_TEST(datagrams_are_tried_again_although_tcp_is_in_use)
{
	uint64_t now_us = time_out(&a, 1, 0), learnt_at_us = now_us;
	infra_heard_tcp(infra, &a, now_us);
	while (now_us + 100 * S < learnt_at_us + INFRA_ENTRY_US) {
		now_us += 100 * S;
		infra_heard_tcp(infra, &a, now_us);
		ck_assert(get(&a, now_us).only_tcp);
	}
	ck_assert(!get(&a, learnt_at_us + INFRA_ENTRY_US).only_tcp);
}
END_TEST

START_TEST(tcp_beside_datagrams_says_nothing_against_them)
{
	infra_heard(infra, &a, 100 * MS, 1 * S); /* it was cut */
	infra_heard_tcp(infra, &a, 2 * S);
	ck_assert(!get(&a, 2 * S).only_tcp);
	infra_heard_tcp(infra, &b, 2 * S); /* somebody guessed at our datagrams */
	ck_assert(!get(&b, 2 * S).only_tcp);
}
END_TEST

START_TEST(one_datagram_answered_ends_the_preference_for_tcp)
{
	uint64_t now_us = time_out(&a, 1, 0);
	infra_heard_tcp(infra, &a, now_us);
	infra_heard(infra, &a, 100 * MS, now_us);
	ck_assert(!get(&a, now_us).only_tcp);
}
END_TEST

static Suite *
infra_suite(void)
{
	Suite *suite = suite_create("infra cache");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_unknown_server_has_the_initial_values);
	tcase_add_test(tcase, round_trips_are_smoothed);
	tcase_add_test(tcase, the_rto_keeps_to_its_bounds);
	tcase_add_test(tcase, steady_replies_leave_the_rto_a_margin);
	tcase_add_test(tcase, timeouts_in_a_row_double_the_rto_and_a_reply_ends_that);
	tcase_add_test(tcase, a_lost_burst_is_one_timeout);
	tcase_add_test(tcase, a_worker_whose_clock_is_behind_does_no_harm);
	tcase_add_test(tcase, after_long_silence_an_entry_is_none);
	tcase_add_test(tcase, a_silent_server_is_left_alone_ever_longer);
	tcase_add_test(tcase, what_was_under_way_when_a_hold_began_does_not_lengthen_it);
	tcase_add_test(tcase, a_reply_ends_a_hold_and_the_next_one_starts_short);
	tcase_add_test(tcase, unreachable_is_as_good_as_three_timeouts);
	tcase_add_test(tcase, a_reply_over_tcp_alone_sends_the_next_questions_there);
	tcase_add_test(tcase, datagrams_are_tried_again_although_tcp_is_in_use);
	tcase_add_test(tcase, tcp_beside_datagrams_says_nothing_against_them);
	tcase_add_test(tcase, one_datagram_answered_ends_the_preference_for_tcp);
	tcase_add_loop_test(tcase, edns_needs_a_second_witness_to_be_broken, 0, COUNT(edns_cases));
	tcase_add_test(tcase, broken_edns_is_tried_again_although_the_server_is_in_use);
	tcase_add_test(tcase, broken_letter_case_needs_a_second_witness_too);
	tcase_add_test(tcase, lameness_is_of_a_server_for_a_zone_and_said_twice);
	tcase_add_test(tcase, lameness_is_bounded_and_the_newest_words_stay);
	tcase_add_test(tcase, a_family_is_down_when_several_prefixes_are_silent);
	tcase_add_test(tcase, one_reply_between_failures_shows_that_the_family_works);
	tcase_add_test(tcase, a_family_that_is_down_is_probed_within_seconds);
	tcase_add_test(tcase, one_reply_after_a_silence_forgives_the_whole_family_at_once);
	tcase_add_test(tcase, a_reply_while_the_family_works_forgives_nobody_else);
	tcase_add_test(tcase, the_epoch_ends_with_a_change_of_the_network_or_a_silence);
	tcase_add_test(tcase, a_change_of_the_network_forgets_failures_and_keeps_round_trips);
	tcase_add_test(tcase, a_change_of_the_network_gives_datagrams_another_chance);
	tcase_add_test(tcase, a_change_of_the_network_changes_all_cookies);
	tcase_add_test(tcase, servers_in_use_stay_while_others_pass_through);
	tcase_add_test(tcase, servers_that_are_only_looked_at_stay_too);
	tcase_add_test(tcase, a_look_takes_no_lock_and_writes_nothing_within_a_second);
	tcase_add_test(tcase, too_small_a_block_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return run_suite(infra_suite());
}
