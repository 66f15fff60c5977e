/*
 * The walk through a whole Internet in which nothing goes wrong: what is answered, what it costs, and what
 * the servers get to see.  CAIRN_TEST_SEED repeats a run; the seed is in every message.
 */
#include <stdio.h>

#include "tests/sim/resolver.h"
#include "tests/suite.h"

#define NAMES        (ZONES_CUSTOMERS * KINDS)
#define SECOND_US    1000000u
#define SETTLE_US    (20u * SECOND_US) /* longer than any work on a question */
#define COLD_QUERIES 9u                /* a name from the root, on average over all kinds */
#define COLD_US_MAX  3000000u

static struct internet internet;
static struct resolver resolver;

static void
setup(void)
{
	internet_init(&internet, suite_seed(1));
	resolver_start(&resolver, &internet, NULL);
}

static void
teardown(void)
{
	resolver_stop(&resolver);
	internet_fini(&internet);
}

static unsigned long long
seed(void)
{
	return (unsigned long long)internet.net.seed;
}

static void
restart(const struct engine_config *config)
{
	net_run(&internet.net, SETTLE_US);
	resolver_expect_idle(&resolver);
	resolver_stop(&resolver);
	resolver_start(&resolver, &internet, config);
}

static void
expect_right(const struct ask *ask)
{
	ck_assert_msg(ask->is_right, "%s, type %u: wrong answer, rcode %u %s, seed %llu",
		      ask->question.qname, ask->question.qtype, ask->rcode, ask->why, seed());
}

/* All that there is to be asked, one name after another. */
static void
resolve_all(void)
{
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++)
		for (enum kind kind = 0; kind < KINDS; kind++)
			expect_right(resolver_resolve(&resolver, customer, kind));
}

/* ---- answers --------------------------------------------------------------------------------- */

START_TEST(every_name_of_every_kind_is_answered_rightly)
{
	resolve_all();
	printf("seed %llu: %u names, %llu queries upstream\n", seed(), NAMES,
	       (unsigned long long)resolver_sent(&resolver));
	net_run(&internet.net, SETTLE_US);
	resolver_expect_idle(&resolver);
	ck_assert_uint_eq(resolver_sent(&resolver), internet.seen_count);
}
END_TEST

START_TEST(a_question_asked_again_sends_nothing)
{
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++) {
		for (enum kind kind = 0; kind < KINDS; kind++) {
			expect_right(resolver_resolve(&resolver, customer, kind));
			const uint64_t sent = resolver_sent(&resolver);
			const struct ask *ask = resolver_resolve(&resolver, customer, kind);
			expect_right(ask);
			ck_assert_msg(ask->from_cache && ask->took_us == 0 &&
					      resolver_sent(&resolver) == sent,
				      "%s is asked for again, seed %llu", ask->question.qname,
				      seed());
		}
	}
}
END_TEST

/* loop index: the family that the resolver has */
START_TEST(with_one_family_all_is_answered_that_it_reaches)
{
	struct engine_config config = engine_config_default;
	unsigned reachable = 0;

	config.do_ip4 = _i == INTERNET_V4;
	config.do_ip6 = _i == INTERNET_V6;
	restart(&config);
	internet.seen_count = 0;
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++) {
		for (enum kind kind = 0; kind < KINDS; kind++) {
			const struct ask *ask = resolver_resolve(&resolver, customer, kind);
			if (zones_is_reachable(&internet, &ask->question,
					       (enum internet_family)_i)) {
				expect_right(ask);
				reachable++;
			} else {
				ck_assert_uint_eq(ask->rcode, RCODE_SERVFAIL);
			}
		}
	}
	ck_assert_uint_gt(reachable, NAMES / 2);
	ck_assert_uint_lt(reachable, NAMES);
	for (unsigned i = 0; i < internet.seen_count; i++)
		ck_assert_int_eq(internet.seen[i].family, _i);
}
END_TEST

/* ---- what it costs --------------------------------------------------------------------------- */

START_TEST(a_cold_name_takes_few_queries_and_no_second_tries)
{
	struct engine_stats stats;
	uint64_t sent = 0, slowest_us = 0;
	unsigned names = 0;

	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer += 2) {
		for (enum kind kind = 0; kind < KINDS; kind++, names++) {
			restart(NULL);
			const struct ask *ask = resolver_resolve(&resolver, customer, kind);
			expect_right(ask);
			net_run(&internet.net, SECOND_US);
			engine_stats(resolver.engine, &stats);
			ck_assert_msg(stats.timeouts == 0 && stats.retries == 0 &&
					      stats.hedges == 0,
				      "%s: asked twice though nothing was lost, seed %llu",
				      ask->question.qname, seed());
			sent += resolver_sent(&resolver) - stats.primes;
			slowest_us = ask->took_us > slowest_us ? ask->took_us : slowest_us;
		}
	}
	printf("seed %llu: %u cold names, %.2f queries each, the slowest %.0f ms\n", seed(), names,
	       (double)sent / names, (double)slowest_us / 1000);
	ck_assert_uint_lt(sent, COLD_QUERIES * names);
	ck_assert_uint_lt(slowest_us, COLD_US_MAX);
}
END_TEST

START_TEST(equal_questions_at_once_are_asked_once)
{
	struct zones_question question;
	zones_question(&question, 0, KIND_CHAIN);
	for (unsigned i = 0; i < 50; i++)
		(void)resolver_ask(&resolver, &question);
	net_run(&internet.net, SETTLE_US);
	resolver_expect_idle(&resolver);
	for (unsigned i = 0; i < resolver.ask_count; i++)
		expect_right(&resolver.asks[i]);
	const uint64_t sent = resolver_sent(&resolver);
	restart(NULL);
	expect_right(resolver_resolve(&resolver, 0, KIND_CHAIN));
	ck_assert_msg(sent <= resolver_sent(&resolver) + 1, "%llu queries, seed %llu",
		      (unsigned long long)sent, seed());
}
END_TEST

/* ---- time to live ---------------------------------------------------------------------------- */

START_TEST(ttls_count_down_and_what_has_expired_is_asked_for_again)
{
	const struct ask *ask = resolver_resolve(&resolver, 4, KIND_HOST);
	expect_right(ask);
	ck_assert_uint_eq(ask->ttl_s, ZONES_TTL_S);
	net_run(&internet.net, 100u * SECOND_US);
	ask = resolver_resolve(&resolver, 4, KIND_HOST);
	ck_assert(ask->from_cache);
	ck_assert_uint_ge(ask->ttl_s, ZONES_TTL_S - 102);
	ck_assert_uint_le(ask->ttl_s, ZONES_TTL_S - 100);
	net_run(&internet.net, (uint64_t)(ZONES_TTL_S - 90) * SECOND_US);
	const uint64_t sent = resolver_sent(&resolver);
	ask = resolver_resolve(&resolver, 4, KIND_HOST);
	expect_right(ask);
	ck_assert(!ask->from_cache);
	ck_assert_uint_eq(ask->ttl_s, ZONES_TTL_S);
	ck_assert_uint_eq(resolver_sent(&resolver), sent + 1); /* the zone alone */
}
END_TEST

static const enum kind negative_kinds[] = { KIND_EMPTY, KIND_NO_TYPE, KIND_NO_NAME };

START_TEST(what_does_not_exist_is_asked_for_once_until_the_soa_lets_it_be_asked_again)
{
	const enum kind kind = negative_kinds[_i];
	const struct ask *ask = resolver_resolve(&resolver, 4, kind);
	expect_right(ask);
	ck_assert_uint_eq(ask->ttl_s, ZONES_NEGATIVE_S);
	net_run(&internet.net, 30u * SECOND_US);
	uint64_t sent = resolver_sent(&resolver);
	ask = resolver_resolve(&resolver, 4, kind);
	expect_right(ask);
	ck_assert_uint_le(ask->ttl_s, ZONES_NEGATIVE_S - 30);
	ck_assert_uint_eq(resolver_sent(&resolver), sent);
	net_run(&internet.net, 31u * SECOND_US);
	ask = resolver_resolve(&resolver, 4, kind);
	expect_right(ask);
	ck_assert_uint_gt(resolver_sent(&resolver), sent);
}
END_TEST

/* ---- what servers get to see ----------------------------------------------------------------- */

START_TEST(roots_and_registries_see_one_label_more_than_they_serve)
{
	unsigned roots = 0, registries = 0;

	resolve_all();
	for (unsigned i = 0; i < internet.seen_count; i++) {
		const struct seen *seen = &internet.seen[i];
		const unsigned labels = name_labels(&seen->question.qname);
		if (seen->machine->operator> OPERATOR_CCTLD)
			continue;
		const bool is_root = seen->machine->operator == OPERATOR_ROOT;
		ck_assert_uint_le(labels, is_root ? 1 : 2);
		ck_assert_uint_eq(seen->question.qtype, labels == 0 ? TYPE_NS : TYPE_A);
		roots += is_root;
		registries += !is_root;
	}
	ck_assert_uint_ge(roots, 5);
	ck_assert_uint_ge(registries, ZONES_CUSTOMERS);
}
END_TEST

static unsigned
distinct(uint16_t (*field)(const struct seen *))
{
	static uint8_t taken[65536];
	unsigned count = 0;

	memset(taken, 0, sizeof taken);
	for (unsigned i = 0; i < internet.seen_count; i++) {
		count += taken[field(&internet.seen[i])] == 0;
		taken[field(&internet.seen[i])] = 1;
	}
	return count;
}

static uint16_t
id_of(const struct seen *seen)
{
	return seen->id;
}

static uint16_t
port_of(const struct seen *seen)
{
	return seen->port;
}

START_TEST(ids_ports_and_letter_case_are_new_with_each_query)
{
	unsigned mixed = 0, families[INTERNET_FAMILIES] = { 0 };

	resolve_all();
	/* Of n draws out of m, n * n / 2m come twice; four times as many do not. */
	const unsigned count = internet.seen_count;
	const unsigned twice_max = 4 * count * count / (2 * 64000) + 1;
	ck_assert_uint_gt(count, 1000);
	ck_assert_uint_ge(distinct(id_of), count - twice_max);
	ck_assert_uint_ge(distinct(port_of), count - twice_max);
	for (unsigned i = 0; i < count; i++) {
		struct name lower;
		name_lower(&lower, &internet.seen[i].question.qname);
		mixed += !name_equal_exact(&lower, &internet.seen[i].question.qname);
		families[internet.seen[i].family]++;
		ck_assert_uint_ge(internet.seen[i].port, 1024);
	}
	ck_assert_uint_gt(mixed, count * 9 / 10);
	ck_assert_uint_gt(families[INTERNET_V4], count / 8); /* the nearer ones decide */
	ck_assert_uint_gt(families[INTERNET_V6], count / 8);
}
END_TEST

/* ---- the simulator itself -------------------------------------------------------------------- */

static uint64_t
fingerprint_of(uint64_t number)
{
	teardown();
	internet_init(&internet, number);
	resolver_start(&resolver, &internet, NULL);
	internet_access(&internet, &(struct fault_config){ .loss_ppm = 100000, .jitter_us = 5000 });
	internet_kill_third(&internet);
	for (unsigned customer = 0; customer < 20; customer++)
		(void)resolver_resolve(&resolver, customer, KIND_CHAIN);
	return internet.net.fingerprint;
}

START_TEST(equal_seeds_give_equal_runs)
{
	const uint64_t first = suite_seed(1), fingerprint = fingerprint_of(first);

	ck_assert_uint_eq(fingerprint_of(first), fingerprint);
	ck_assert_uint_ne(fingerprint_of(first + 1), fingerprint);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("walk");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_name_of_every_kind_is_answered_rightly);
	tcase_add_test(tcase, a_question_asked_again_sends_nothing);
	tcase_add_loop_test(tcase, with_one_family_all_is_answered_that_it_reaches, 0,
			    INTERNET_FAMILIES);
	tcase_add_test(tcase, a_cold_name_takes_few_queries_and_no_second_tries);
	tcase_add_test(tcase, equal_questions_at_once_are_asked_once);
	tcase_add_test(tcase, ttls_count_down_and_what_has_expired_is_asked_for_again);
	tcase_add_loop_test(
		tcase, what_does_not_exist_is_asked_for_once_until_the_soa_lets_it_be_asked_again,
		0, (int)COUNT(negative_kinds));
	tcase_add_test(tcase, roots_and_registries_see_one_label_more_than_they_serve);
	tcase_add_test(tcase, ids_ports_and_letter_case_are_new_with_each_query);
	tcase_add_test(tcase, equal_seeds_give_equal_runs);
	Suite *suite = suite_create("internet");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
