/*
 * Names resolved over lines that lose, double, reorder, damage and narrow, from servers of which a third is dead.
 * CAIRN_TEST_SEED repeats a run; the seed is in every message.
 */
#include <stdio.h>

#include "tests/sim/resolver.h"
#include "tests/suite.h"

#define SECOND_US   1000000u
#define SETTLE_US   (20u * SECOND_US) /* longer than any work on a question */
#define LIMIT_US    (3u * SECOND_US)  /* "every name still resolves in under 3 s" */
#define SEEDS       60u
#define NAMES       200u /* of each seed, with caches that were empty at the first ... */
#define COLD_NAMES  40u  /* ... and with caches that are empty for each */

static const struct fault_config tenth_lost = { .loss_ppm = 100000 };

static struct internet internet;
static struct resolver resolver;

static unsigned long long
seed(void)
{
	return (unsigned long long)internet.net.seed;
}

static void
start(uint64_t number)
{
	internet_init(&internet, number);
	resolver_start(&resolver, &internet, NULL);
}

/* Whatever happened, in the end nothing is left of it. */
static void
stop(void)
{
	net_run(&internet.net, SETTLE_US);
	resolver_expect_idle(&resolver);
	resolver_stop(&resolver);
	internet_fini(&internet);
}

static void
setup(void)
{
	start(suite_seed(1));
}

static void
draw(struct zones_question *question)
{
	unsigned customer = rng_below(&internet.dice, ZONES_CUSTOMERS);
	zones_question(question, customer, (enum kind)rng_below(&internet.dice, KINDS));
}

static const struct ask *
resolve_any(void)
{
	struct zones_question question;
	draw(&question);
	return resolver_resolve(&resolver, question.customer, question.kind);
}

static void
expect_right_in(const struct ask *ask, uint64_t limit_us)
{
	ck_assert_msg(ask->is_right, "%s, type %u: wrong answer, rcode %u %s, seed %llu",
		      ask->question.qname, ask->question.qtype, ask->rcode, ask->why, seed());
	ck_assert_msg(ask->took_us < limit_us, "%s took %llu us, seed %llu", ask->question.qname,
		      (unsigned long long)ask->took_us, seed());
}

/* ---- the figure: a tenth lost each way, a third dead ------------------------------------------- */

struct figure {
	unsigned names;
	uint64_t queries, sum_us, slowest_us;
};

static void
figure_add(struct figure *figure, const struct ask *ask)
{
	expect_right_in(ask, LIMIT_US);
	figure->names++;
	figure->sum_us += ask->took_us;
	figure->slowest_us = ask->took_us > figure->slowest_us ? ask->took_us : figure->slowest_us;
}

static void
figure_print(const struct figure *figure, const char *what)
{
	printf("seeds %llu to %llu, %s: %u names, all answered; mean %.0f ms, slowest %.0f ms, %.2f "
	       "queries each\n",
	       (unsigned long long)suite_seed(1), seed(), what, figure->names,
	       (double)figure->sum_us / 1000 / figure->names, (double)figure->slowest_us / 1000,
	       (double)figure->queries / figure->names);
}

static void
start_in_trouble(uint64_t number)
{
	start(number);
	internet_access(&internet, &tenth_lost);
	internet_kill_third(&internet);
}

START_TEST(with_a_tenth_lost_and_a_third_dead_every_name_resolves_in_3_s)
{
	struct figure figure = { 0 };

	for (unsigned i = 0; i < SEEDS; i++) {
		start_in_trouble(suite_seed(1) + i);
		for (unsigned name = 0; name < NAMES; name++)
			figure_add(&figure, resolve_any());
		figure.queries += resolver_sent(&resolver);
		if (i + 1 == SEEDS)
			figure_print(&figure, "caches empty at the first name");
		stop();
	}
}
END_TEST

START_TEST(with_a_tenth_lost_and_a_third_dead_every_name_resolves_in_3_s_from_the_root)
{
	struct figure figure = { 0 };

	for (unsigned i = 0; i < SEEDS; i++) {
		start_in_trouble(suite_seed(1) + i);
		for (unsigned name = 0; name < COLD_NAMES; name++) {
			figure_add(&figure, resolve_any());
			figure.queries += resolver_sent(&resolver);
			resolver_stop(&resolver);
			resolver_start(&resolver, &internet, NULL);
		}
		if (i + 1 == SEEDS)
			figure_print(&figure, "caches empty for each name");
		stop();
	}
}
END_TEST

/* ---- lines -------------------------------------------------------------------------------------- */

static const struct {
	const char *what;
	struct fault_config faults;
	uint64_t limit_us;
} bad_lines[] = {
	{ "packets come twice", { .duplicate_ppm = 500000 }, 2u * SECOND_US },
	{ "packets overtake", { .reorder_ppm = 300000, .reorder_us = 40000, .jitter_us = 20000 },
	  2u * SECOND_US },
	{ "packets are damaged", { .corrupt_ppm = 50000 }, LIMIT_US },
	{ "packets are lost in a row", { .loss_ppm = 50000, .loss_burst = 2 }, LIMIT_US },
	{ "all of it",
	  { .loss_ppm = 50000,
	    .duplicate_ppm = 100000,
	    .corrupt_ppm = 20000,
	    .reorder_ppm = 100000,
	    .reorder_us = 20000,
	    .jitter_us = 10000 },
	  LIMIT_US },
};

START_TEST(over_a_bad_line_every_answer_is_right)
{
	struct engine_stats stats;

	internet_access(&internet, &bad_lines[_i].faults);
	for (unsigned i = 0; i < NAMES; i++)
		expect_right_in(resolve_any(), bad_lines[_i].limit_us);
	engine_stats(resolver.engine, &stats);
	/* What came twice or damaged has not got as far as the engine. */
	ck_assert_msg(stats.malformed == 0 && stats.mismatched == 0 && stats.unexpected == 0,
		      "%s: %llu malformed, %llu mismatched, %llu unexpected, seed %llu",
		      bad_lines[_i].what, (unsigned long long)stats.malformed,
		      (unsigned long long)stats.mismatched, (unsigned long long)stats.unexpected,
		      seed());
	if (bad_lines[_i].faults.corrupt_ppm > 0)
		ck_assert_uint_gt(stack_drops(resolver.host->stack, DROP_UDP_CHECKSUM), 0);
}
END_TEST

START_TEST(hundreds_at_once_over_a_bad_line_are_all_answered)
{
	struct zones_question question;

	internet_access(&internet, &tenth_lost);
	internet_kill_third(&internet);
	for (unsigned i = 0; i < 2 * NAMES; i++) {
		draw(&question);
		(void)resolver_ask(&resolver, &question);
	}
	net_run(&internet.net, SETTLE_US);
	for (unsigned i = 0; i < resolver.ask_count; i++)
		expect_right_in(&resolver.asks[i], LIMIT_US);
}
END_TEST

/* ---- narrow paths ------------------------------------------------------------------------------- */

static void
narrow_trunks(uint32_t mtu)
{
	internet.isp.mtu[1] = internet.isp.mtu[2] = mtu;
	internet.west.mtu[0] = internet.east.mtu[0] = mtu;
}

/* 1232 octets of DNS are 1280 of IPv6: what every line must carry (RFC 8200, section 5). */
START_TEST(the_largest_answers_pass_a_path_of_the_least_mtu)
{
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++) {
		narrow_trunks(customer % 2 == 0 ? 1280 : INTERNET_MTU); /* it changes under way */
		expect_right_in(resolver_resolve(&resolver, customer, KIND_BIG), SECOND_US);
	}
	ck_assert_uint_eq(internet.west.too_big + internet.east.too_big, 0);
}
END_TEST

/* Replies that are too large for half of the paths vanish; the server is told, which does not help us. */
START_TEST(where_large_answers_do_not_pass_another_server_is_asked)
{
	internet.east.mtu[0] = 1100;
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++)
		expect_right_in(resolver_resolve(&resolver, customer, KIND_BIG), LIMIT_US);
	ck_assert_uint_gt(internet.east.too_big, 0);
	ck_assert_uint_eq(internet.west.too_big, 0);
	/* The servers behind them are not held to be dead: they answer other questions. */
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++)
		expect_right_in(resolver_resolve(&resolver, customer, KIND_HOST), SECOND_US);
}
END_TEST

/* "Too big" for queries, which never are: from a router that lies, or a path below every floor. */
START_TEST(a_path_too_narrow_for_queries_is_got_around)
{
	internet.isp.mtu[1] = 40; /* towards west */
	for (unsigned i = 0; i < NAMES; i++)
		expect_right_in(resolve_any(), LIMIT_US);
	ck_assert_uint_gt(internet.isp.too_big, 0);
}
END_TEST

int
main(void)
{
	TCase *figure = tcase_create("figure");
	tcase_set_timeout(figure, 300);
	tcase_add_test(figure, with_a_tenth_lost_and_a_third_dead_every_name_resolves_in_3_s);
	tcase_add_test(figure,
		       with_a_tenth_lost_and_a_third_dead_every_name_resolves_in_3_s_from_the_root);
	TCase *lines = tcase_create("lines");
	tcase_set_timeout(lines, 60);
	tcase_add_checked_fixture(lines, setup, stop);
	tcase_add_loop_test(lines, over_a_bad_line_every_answer_is_right, 0,
			    (int)COUNT(bad_lines));
	tcase_add_test(lines, hundreds_at_once_over_a_bad_line_are_all_answered);
	tcase_add_test(lines, the_largest_answers_pass_a_path_of_the_least_mtu);
	tcase_add_test(lines, where_large_answers_do_not_pass_another_server_is_asked);
	tcase_add_test(lines, a_path_too_narrow_for_queries_is_got_around);
	Suite *suite = suite_create("internet: faults");
	suite_add_tcase(suite, figure);
	suite_add_tcase(suite, lines);
	return suite_run(suite);
}
