/*
 * Where signatures are checked (iterate/checks.h): in the engine as far as a turn's allowance goes, else by the driver.  The
 * world's keys are of Ed25519, a check of which is estimated at KEY_US.
 */
#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

#define SECOND   1000000u
#define KEY_US   156u
#define HELD_MAX 64u

static struct signed_world sw;

/* A driver that tells what came of a check when the test says so. */
static struct held {
	bool holds, lies; /* lies: every signature is wrong */
	unsigned count;
	struct check {
		engine_query number;
		enum crypto_result result;
		bool is_of_mal;
	} checks[HELD_MAX];
} held;

static bool
is_of_mal(const struct verify_job *job)
{
	uint8_t rdata[SIGNER_RDATA_BYTES];

	(void)signer_key(SIGNED_MAL_KEY, SIGNER_KSK, rdata);
	return job->key.size == sizeof rdata - 4 && memcmp(job->key.bytes, rdata + 4, job->key.size) == 0;
}

static void
tell(struct world *world, unsigned at)
{
	engine_verified(world->engine, held.checks[at].number, held.checks[at].result, world->now_us);
}

static void
on_verify(struct world *world, const struct engine_action *action)
{
	ck_assert_uint_lt(held.count, HELD_MAX);
	const unsigned at = held.count++;
	held.checks[at] = (struct check){
		.number = action->query,
		.result = held.lies ? CRYPTO_INVALID : world_verify(world, action->verify),
		.is_of_mal = is_of_mal(action->verify),
	};
	if (!held.holds)
		tell(world, at);
}

static struct engine_config
elsewhere(uint32_t at_once, uint32_t turn_us)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.checks_at_once = at_once;
	config.checks_turn_us = turn_us;
	return config;
}

static void
begin(const struct engine_config *config, struct held how, world_habit *before, world_habit *after)
{
	held = how;
	signed_world_init(&sw, suite_seed(5), config, before, after);
	sw.world->on_verify = on_verify;
}

/* ---- the driver's verdict -------------------------------------------------------------------------------------------- */

START_TEST(without_an_allowance_every_signature_is_the_drivers)
{
	const struct engine_config config = elsewhere(4, 0);

	begin(&config, (struct held){ .holds = false }, NULL, NULL);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(held.count, 2); /* the keys, the address */
	ck_assert_uint_eq(signed_world_stats(&sw).signatures, 2);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_elsewhere, 2);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(an_answer_waits_for_the_verdict_and_asks_for_it_once)
{
	const struct engine_config config = elsewhere(4, 0);

	begin(&config, (struct held){ .holds = true }, NULL, NULL);
	const unsigned first = world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, SECOND);
	const unsigned joined = world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(held.count, 1);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 1);
	tell(sw.world, 0);
	world_run(sw.world, SECOND);
	ck_assert(!sw.world->results[first].done);
	ck_assert_uint_eq(held.count, 2);
	tell(sw.world, 1);
	world_run(sw.world, SECOND);
	ck_assert(sw.world->results[first].done && sw.world->results[joined].done);
	ck_assert_uint_eq(sw.world->results[joined].security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(what_the_driver_finds_wrong_is_bogus)
{
	const struct engine_config config = elsewhere(4, 0);

	begin(&config, (struct held){ .lies = true }, NULL, NULL);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	signed_world_expect_bogus(result);
	ck_assert_int_eq(result->ede, EDE_DNSSEC_BOGUS);
	ck_assert_uint_eq(result->security, SECURITY_BOGUS);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_verdict_that_comes_too_late_is_nobodys)
{
	const struct engine_config config = elsewhere(1, 0);

	begin(&config, (struct held){ .holds = true }, NULL, NULL);
	const unsigned late = world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, 2 * (uint64_t)BUDGET_TIME_US);
	ck_assert(sw.world->results[late].done);
	ck_assert_uint_eq(sw.world->results[late].rcode, RCODE_SERVFAIL);
	const unsigned next = world_ask(sw.world, "good.victim.", TYPE_A); /* in the place of that one */
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(held.count, 1); /* the driver has its hands full as long as it tells nothing */
	held.holds = false;
	tell(sw.world, 0);
	tell(sw.world, 0); /* told twice */
	world_run(sw.world, SECOND);
	ck_assert(sw.world->results[next].done);
	ck_assert_uint_eq(sw.world->results[next].security, SECURITY_SECURE);
	ck_assert_uint_eq(held.count, 3);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(a_verdict_that_comes_too_late_is_not_that_of_the_next_in_its_place)
{
	const struct engine_config config = elsewhere(2, 0);

	begin(&config, (struct held){ .holds = true, .lies = true }, NULL, NULL);
	(void)world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, 2 * (uint64_t)BUDGET_TIME_US);
	held.lies = false;
	const unsigned next = world_ask(sw.world, "good.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(held.count, 2);
	tell(sw.world, 0);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(held.count, 2);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 1);
	held.holds = false;
	tell(sw.world, 1);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.world->results[next].security, SECURITY_SECURE);
	ck_assert_uint_eq(held.count, 3);
	signed_world_fini(&sw);
}
END_TEST

/* Nothing of the kind was lent: neither the number of another place, nor one of no place at all. */
START_TEST(a_number_that_was_not_lent_is_nobodys)
{
	const struct engine_config config = elsewhere(4, 0);

	begin(&config, (struct held){ .holds = true }, NULL, NULL);
	const unsigned asked = world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, SECOND);
	engine_verified(sw.world->engine, UINT64_MAX, CRYPTO_VALID, sw.world->now_us);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 1);
	ck_assert(!sw.world->results[asked].done);
	held.holds = false;
	tell(sw.world, 0);
	world_run(sw.world, SECOND);
	ck_assert(sw.world->results[asked].done);
	signed_world_fini(&sw);
}
END_TEST

/* ---- the allowance ----------------------------------------------------------------------------------------------------- */

START_TEST(a_turn_has_its_allowance_and_the_next_one_another)
{
	const struct engine_config config = elsewhere(4, KEY_US + KEY_US / 2);

	begin(&config, (struct held){ .holds = false }, NULL, NULL);
	(void)world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures, 2);
	ck_assert_uint_eq(held.count, 1); /* all of it is one turn */
	engine_begin_turn(sw.world->engine);
	(void)world_resolve(sw.world, "www.victim.", TYPE_A);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures, 4);
	ck_assert_uint_eq(held.count, 2);
	engine_begin_turn(sw.world->engine);
	(void)world_resolve(sw.world, "good.victim.", TYPE_A); /* its keys are known */
	ck_assert_uint_eq(signed_world_stats(&sw).signatures, 5);
	ck_assert_uint_eq(held.count, 2);
	signed_world_fini(&sw);
}
END_TEST

/* Behind a signature that is spoilt stands the right one. */
static void
spoil_and_sign(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	struct rrset *set = reply->sections[SECTION_ANSWER];

	if (query->question.qtype == TYPE_DNSKEY || set == NULL)
		return;
	signed_sign(world, signed_zone_of(server), set);
	signed_spoil_last(world, set);
	signed_sign(world, signed_zone_of(server), set);
}

START_TEST(what_follows_a_wrong_signature_is_the_drivers_whatever_the_allowance)
{
	const struct engine_config config = elsewhere(4, SECOND);

	begin(&config, (struct held){ .holds = false }, spoil_and_sign, NULL);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_eq(held.count, 1);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures, 3); /* the wrong one was made, and paid for, once */
	ck_assert_uint_eq(signed_world_work()->verifications, 3);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(sets_without_a_wrong_signature_go_first)
{
	const struct engine_config config = elsewhere(1, 0);

	begin(&config, (struct held){ .holds = false }, spoil_and_sign, NULL);
	(void)world_resolve(sw.world, "mal.", TYPE_DNSKEY);
	(void)world_resolve(sw.world, "victim.", TYPE_DNSKEY);
	held = (struct held){ .holds = true };
	const unsigned bad = world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, SECOND);
	const unsigned busy = world_ask(sw.world, "www.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	tell(sw.world, 0); /* the wrong one; its set is in line again, behind that of victim. */
	const unsigned good = world_ask(sw.world, "good.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	tell(sw.world, 1);
	world_run(sw.world, SECOND);
	tell(sw.world, 2);
	world_run(sw.world, SECOND);
	ck_assert(sw.world->results[busy].done && sw.world->results[good].done && !sw.world->results[bad].done);
	ck_assert_uint_eq(held.count, 4);
	ck_assert(held.checks[0].is_of_mal && !held.checks[1].is_of_mal && !held.checks[2].is_of_mal && held.checks[3].is_of_mal);
	tell(sw.world, 3);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.world->results[bad].security, SECURITY_SECURE);
	signed_world_fini(&sw);
}
END_TEST

/* ---- bounds ------------------------------------------------------------------------------------------------------------- */

START_TEST(no_more_are_elsewhere_than_the_driver_has_said)
{
	const struct engine_config config = elsewhere(3, 0);
	char qname[32];

	begin(&config, (struct held){ .holds = false }, NULL, NULL);
	(void)world_resolve(sw.world, "victim.", TYPE_DNSKEY);
	held = (struct held){ .holds = true };
	for (unsigned i = 0; i < 20; i++) { /* absent: the SOA is signed; what is missing then costs no more */
		(void)snprintf(qname, sizeof qname, "n%u.victim.", i);
		(void)world_ask(sw.world, qname, TYPE_A);
	}
	(void)world_ask(sw.world, "www.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(held.count, 3);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 21);
	tell(sw.world, 0);
	world_run(sw.world, SECOND / 10);
	ck_assert_uint_eq(held.count, 4);
	held.holds = false;
	for (unsigned i = 1; i < 4; i++)
		tell(sw.world, i);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.world->done_count, sw.world->result_count);
	signed_world_fini(&sw);
}
END_TEST

/* Those in line have no more time than others. */
START_TEST(who_waits_in_line_is_answered_at_the_end_of_its_time)
{
	const struct engine_config config = elsewhere(1, 0);

	begin(&config, (struct held){ .holds = true }, NULL, NULL);
	(void)world_ask(sw.world, "www.mal.", TYPE_A);
	const unsigned in_line = world_ask(sw.world, "www.victim.", TYPE_A);
	world_run(sw.world, 2 * (uint64_t)BUDGET_TIME_US);
	ck_assert_uint_eq(held.count, 1);
	ck_assert(sw.world->results[in_line].done);
	ck_assert_uint_eq(sw.world->results[in_line].rcode, RCODE_SERVFAIL);
	ck_assert_uint_le(sw.world->results[in_line].took_us, BUDGET_TIME_US + SECOND);
	tell(sw.world, 0);
	signed_world_fini(&sw);
}
END_TEST

/* The keys are looked for on behalf of somebody whose time ends while they are in line; another wants them too. */
START_TEST(who_goes_on_with_a_purse_of_its_own_lines_up_anew)
{
	const struct engine_config config = elsewhere(1, 0);

	begin(&config, (struct held){ .holds = true }, NULL, NULL);
	(void)world_ask(sw.world, "www.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	const unsigned first = world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, BUDGET_TIME_US / 2);
	const unsigned keys = world_ask(sw.world, "mal.", TYPE_DNSKEY);
	world_run(sw.world, BUDGET_TIME_US / 2 + SECOND);
	ck_assert_uint_eq(sw.world->results[first].rcode, RCODE_SERVFAIL);
	ck_assert(!sw.world->results[keys].done);
	ck_assert_uint_eq(held.count, 1);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 2);
	held.holds = false;
	tell(sw.world, 0);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.world->results[keys].security, SECURITY_SECURE);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(who_makes_room_leaves_the_line)
{
	const struct engine_config config = elsewhere(1, 0);

	begin(&config, (struct held){ .holds = false }, NULL, NULL);
	(void)world_resolve(sw.world, "mal.", TYPE_DNSKEY);
	(void)world_resolve(sw.world, "victim.", TYPE_DNSKEY);
	held = (struct held){ .holds = true };
	sw.world->engine->limits.question_count = 4;
	const unsigned lent = world_ask(sw.world, "www.mal.", TYPE_A);
	const unsigned before = world_ask(sw.world, "n0.victim.", TYPE_A);
	const unsigned jostled = world_ask(sw.world, "good.victim.", TYPE_A);
	const unsigned after = world_ask(sw.world, "n1.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 4);
	const unsigned newer = world_ask(sw.world, "www.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.world->results[jostled].rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 4);
	held.holds = false;
	tell(sw.world, 0);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.world->results[lent].security, SECURITY_SECURE);
	ck_assert_uint_eq(sw.world->results[newer].security, SECURITY_SECURE);
	ck_assert(sw.world->results[before].done && sw.world->results[after].done);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(who_leaves_a_line_after_another_takes_nobody_along)
{
	const struct engine_config config = elsewhere(1, 0);
	unsigned asked[5];

	begin(&config, (struct held){ .holds = false }, NULL, NULL);
	(void)world_resolve(sw.world, "mal.", TYPE_DNSKEY);
	(void)world_resolve(sw.world, "victim.", TYPE_DNSKEY);
	held = (struct held){ .holds = true };
	sw.world->engine->limits.question_count = COUNT(asked);
	asked[0] = world_ask(sw.world, "www.mal.", TYPE_A); /* lent; all others are in line */
	asked[1] = world_ask(sw.world, "n0.victim.", TYPE_A);
	asked[2] = world_ask(sw.world, "n1.victim.", TYPE_A);
	asked[3] = world_ask(sw.world, "good.victim.", TYPE_A);
	asked[4] = world_ask(sw.world, "n2.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	(void)world_ask(sw.world, "n3.victim.", TYPE_A); /* two make room, one after the other */
	(void)world_ask(sw.world, "n4.victim.", TYPE_A);
	world_run(sw.world, SECOND);
	unsigned jostled = 0;
	for (unsigned i = 0; i < COUNT(asked); i++)
		jostled += sw.world->results[asked[i]].done;
	ck_assert_uint_eq(jostled, 2);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, COUNT(asked));
	held.holds = false;
	tell(sw.world, 0);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(sw.world->done_count, sw.world->result_count);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 0);
	signed_world_fini(&sw);
}
END_TEST

/* ---- what the driver hears --------------------------------------------------------------------------------------------- */

/* One is lent, of www.victim.; the keys of mal. are in line, and www.mal. waits for them. */
static void
begin_with_keys_in_line(uint32_t turn_us)
{
	const struct engine_config config = elsewhere(1, turn_us);

	begin(&config, (struct held){ .holds = true }, NULL, NULL);
	(void)world_resolve(sw.world, "victim.", TYPE_DNSKEY);
	(void)world_resolve(sw.world, "good.victim.", TYPE_A);
	(void)world_ask(sw.world, "www.victim.", TYPE_A);
	(void)world_ask(sw.world, "www.mal.", TYPE_A);
	world_run(sw.world, SECOND);
	ck_assert_uint_eq(held.count, 1);
	ck_assert_uint_eq(signed_world_stats(&sw).signatures_waiting, 2);
}

START_TEST(who_comes_to_its_turn_with_an_allowance_wakes_those_that_wait_for_it)
{
	struct engine_action action;
	unsigned answers = 0;

	begin_with_keys_in_line(2 * KEY_US);
	engine_begin_turn(sw.world->engine);
	tell(sw.world, 0);
	for (; engine_next(sw.world->engine, &action); answers++)
		ck_assert_int_eq(action.kind, ENGINE_ANSWER);
	ck_assert_uint_eq(answers, 2); /* the keys and the address are checked here */
	ck_assert_uint_eq(signed_world_stats(&sw).tasks, 0);
	sw.world->done_count += answers; /* that the world has not seen */
	signed_world_fini(&sw);
}
END_TEST

START_TEST(what_is_decided_does_not_wait_for_what_is_lent)
{
	struct engine_action action;

	begin_with_keys_in_line(2 * KEY_US);
	tell(sw.world, 0);
	ck_assert(engine_next(sw.world->engine, &action));
	ck_assert_int_eq(action.kind, ENGINE_ANSWER);
	sw.world->done_count++; /* which the world has not seen */
	ck_assert(engine_next(sw.world->engine, &action));
	ck_assert_int_eq(action.kind, ENGINE_VERIFY);
	on_verify(sw.world, &action);
	world_run(sw.world, 2 * (uint64_t)BUDGET_TIME_US);
	tell(sw.world, 1);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: where signatures are checked");
	TCase *tcase = tcase_create("checks");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, without_an_allowance_every_signature_is_the_drivers);
	tcase_add_test(tcase, an_answer_waits_for_the_verdict_and_asks_for_it_once);
	tcase_add_test(tcase, what_the_driver_finds_wrong_is_bogus);
	tcase_add_test(tcase, a_verdict_that_comes_too_late_is_nobodys);
	tcase_add_test(tcase, a_verdict_that_comes_too_late_is_not_that_of_the_next_in_its_place);
	tcase_add_test(tcase, a_number_that_was_not_lent_is_nobodys);
	tcase_add_test(tcase, a_turn_has_its_allowance_and_the_next_one_another);
	tcase_add_test(tcase, what_follows_a_wrong_signature_is_the_drivers_whatever_the_allowance);
	tcase_add_test(tcase, sets_without_a_wrong_signature_go_first);
	tcase_add_test(tcase, no_more_are_elsewhere_than_the_driver_has_said);
	tcase_add_test(tcase, who_waits_in_line_is_answered_at_the_end_of_its_time);
	tcase_add_test(tcase, who_goes_on_with_a_purse_of_its_own_lines_up_anew);
	tcase_add_test(tcase, who_makes_room_leaves_the_line);
	tcase_add_test(tcase, who_leaves_a_line_after_another_takes_nobody_along);
	tcase_add_test(tcase, who_comes_to_its_turn_with_an_allowance_wakes_those_that_wait_for_it);
	tcase_add_test(tcase, what_is_decided_does_not_wait_for_what_is_lent);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
