/*
 * Parts of the Internet that go and come back: a router, the access line, a family, hosters, single servers.
 * What is lost meanwhile, what it costs, and how soon all is well again.  CAIRN_TEST_SEED repeats a run;
 * the seed is in every message.
 */
#include <stdio.h>

#include "tests/sim/resolver.h"
#include "tests/suite.h"

#define SECOND_US 1000000u
#define SETTLE_US (20u * SECOND_US) /* longer than any work on a question */
#define LIMIT_US  (3u * SECOND_US)
#define NAMES     100u

#define CUSTOMERS_OF_A_HOSTER 7u
#define WORK_US_MAX           8200000u /* BUDGET_TIME_US, and a turn */
#define FIRST_SENT_MAX        50u      /* the way there, and BUDGET_SILENT_MAX */
#define LATER_SENT_MAX        40u      /* ... of a name at a hoster that is known to be dead */
#define DOWN_US_MAX           300000u  /* a name on average, while a family is down ... */
#define DOWN_IN_VAIN_MAX      10u      /* ... and one in so many queries into the void */

static struct internet internet;
static struct resolver resolver;

static unsigned long long
seed(void)
{
	return (unsigned long long)internet.net.seed;
}

static void
setup(void)
{
	internet_init(&internet, suite_seed(1));
	resolver_start(&resolver, &internet, NULL);
}

/* Whatever happened, in the end nothing is left of it. */
static void
teardown(void)
{
	net_run(&internet.net, SETTLE_US);
	resolver_expect_idle(&resolver);
	resolver_stop(&resolver);
	internet_fini(&internet);
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

/* ---- routers --------------------------------------------------------------------------------- */

static void
gateway_down(struct gateway *gateway, bool is_down)
{
	gateway->blocks[0] = gateway->blocks[1] = is_down;
}

static unsigned
asked_in_the_east(void)
{
	unsigned asked = 0;
	for (unsigned i = 0; i < internet.machine_count; i++)
		if (internet.machines[i].is_east)
			asked += internet.machines[i].asked;
	return asked;
}

START_TEST(with_half_of_the_servers_behind_a_dead_router_all_is_answered)
{
	for (unsigned i = 0; i < NAMES; i++) {
		if (i == NAMES / 4)
			gateway_down(&internet.east, true); /* under way */
		expect_right_in(resolve_any(), LIMIT_US);
	}
	gateway_down(&internet.east, false);
	net_run(&internet.net, 10u * SECOND_US);
	const unsigned before = asked_in_the_east();
	for (unsigned i = 0; i < 4 * NAMES; i++)
		expect_right_in(resolve_any(), LIMIT_US);
	ck_assert_msg(asked_in_the_east() - before > NAMES / 10, "%u, seed %llu",
		      asked_in_the_east() - before, seed());
}
END_TEST

/* loop index: for how many seconds */
START_TEST(seconds_after_the_access_line_has_come_back_all_is_answered)
{
	struct zones_question question;
	uint64_t first_right_us = 0;

	for (unsigned i = 0; i < NAMES / 4; i++)
		expect_right_in(resolve_any(), LIMIT_US);
	gateway_down(&internet.isp, true);
	for (int i = 0; i < _i; i++) {
		draw(&question);
		(void)resolver_ask(&resolver, &question);
		net_run(&internet.net, SECOND_US);
	}
	gateway_down(&internet.isp, false);
	const uint64_t back_us = internet.net.now_us;
	for (unsigned i = 0; i < NAMES; i++) {
		const struct ask *ask = resolve_any();
		if (first_right_us == 0 && ask->is_right && !ask->from_cache)
			first_right_us = internet.net.now_us - back_us;
		if (ask->asked_us >= back_us + 5u * SECOND_US)
			expect_right_in(ask, LIMIT_US);
	}
	printf("seed %llu: %d s of outage, the first name %.1f s after\n", seed(), _i,
	       (double)first_right_us / 1e6);
	ck_assert_uint_gt(first_right_us, 0);
	ck_assert_uint_lt(first_right_us, 5u * SECOND_US);
}
END_TEST

/* ---- a family -------------------------------------------------------------------------------- */

static unsigned
seen_from(unsigned from, enum internet_family family)
{
	unsigned count = 0;
	for (unsigned i = from; i < internet.seen_count; i++)
		count += internet.seen[i].family == family;
	return count;
}

static void
resolve_reachable(unsigned names, enum internet_family family, uint64_t *sum_us)
{
	for (unsigned i = 0; i < names; i++) {
		struct zones_question question;
		do {
			draw(&question);
		} while (!zones_is_reachable(&internet, &question, family));
		const struct ask *ask =
			resolver_resolve(&resolver, question.customer, question.kind);
		expect_right_in(ask, LIMIT_US);
		*sum_us += ask->took_us;
	}
}

/* loop index: the family that is down, as for a host whose IPv6 leads nowhere */
START_TEST(a_family_that_is_down_slows_answers_little_and_is_used_again)
{
	const enum internet_family down = (enum internet_family)_i,
				   up = down == INTERNET_V4 ? INTERNET_V6 : INTERNET_V4;
	uint64_t first_us = 0, later_us = 0;

	internet.isp.blocks[down] = true;
	resolve_reachable(20, up, &first_us);
	const uint64_t sent = resolver_sent(&resolver);
	const unsigned seen = internet.seen_count;
	resolve_reachable(NAMES, up, &later_us);
	const uint64_t in_vain = resolver_sent(&resolver) - sent - (internet.seen_count - seen);
	printf("seed %llu, IPv%d down: the first 20 names %.0f ms each, then %.0f ms; %.0f %% of "
	       "the "
	       "queries in vain\n",
	       seed(), down == INTERNET_V4 ? 4 : 6, (double)first_us / 20000,
	       (double)later_us / (1000 * NAMES),
	       100.0 * (double)in_vain / (double)(resolver_sent(&resolver) - sent));
	ck_assert_uint_eq(seen_from(0, down), 0);
	ck_assert_uint_lt(later_us, (uint64_t)DOWN_US_MAX * NAMES);
	ck_assert_uint_le(in_vain, (resolver_sent(&resolver) - sent) / DOWN_IN_VAIN_MAX);
	internet.isp.blocks[down] = false;
	net_run(&internet.net, 10u * SECOND_US);
	const unsigned healed = internet.seen_count;
	uint64_t healed_us = 0;
	resolve_reachable(NAMES, up, &healed_us);
	ck_assert_msg(seen_from(healed, down) > 0, "IPv%d is never tried again, seed %llu",
		      down == INTERNET_V4 ? 4 : 6, seed());
	ck_assert_int_eq(infra_family_health(resolver.caches.infra,
					     down == INTERNET_V4 ? ADDR_IPV4 : ADDR_IPV6,
					     internet.net.now_us),
			 INFRA_UP);
}
END_TEST

/* ---- servers --------------------------------------------------------------------------------- */

static void
hoster_dead(enum operator_id operator, bool is_dead)
{
	for (unsigned i = 0; i < internet.operators[operator].machine_count; i++)
		internet.operators[operator].machines[i].is_dead = is_dead;
}

/* The n-th of the customers whose only hoster this is. */
static unsigned
customer_of(enum operator_id operator, unsigned n)
{
	enum operator_id operators[2];
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++) {
		zones_operators(customer, operators);
		if (operators[0] == operator&& operators[1] == OPERATORS && n-- == 0)
			return customer;
	}
	ck_abort_msg("it has not so many customers");
}

static const enum operator_id hosters[] = { OPERATOR_STONE, OPERATOR_SLATE,   OPERATOR_MARBLE,
					    OPERATOR_FLINT, OPERATOR_GRANITE, OPERATOR_QUARTZ,
					    OPERATOR_BASALT };

START_TEST(a_dead_hoster_costs_little_and_is_found_again_at_once)
{
	const enum operator_id hoster = hosters[_i];
	uint64_t most = 0, sent_before = 0;

	hoster_dead(hoster, true);
	for (unsigned n = 0; n + 1 < CUSTOMERS_OF_A_HOSTER; n++) {
		const struct ask *ask =
			resolver_resolve(&resolver, customer_of(hoster, n), KIND_HOST);
		const uint64_t sent = resolver_sent(&resolver) - sent_before;
		sent_before += sent;
		most = n > 0 && sent > most ? sent : most;
		ck_assert_uint_eq(ask->rcode, RCODE_SERVFAIL);
		ck_assert_msg(ask->took_us < WORK_US_MAX, "%llu us, seed %llu",
			      (unsigned long long)ask->took_us, seed());
		ck_assert_msg(sent <= (n == 0 ? FIRST_SENT_MAX : LATER_SENT_MAX),
			      "%llu queries for the %u. name, seed %llu", (unsigned long long)sent,
			      n + 1, seed());
	}
	hoster_dead(hoster, false);
	net_run(&internet.net, SECOND_US);
	const struct ask *ask = resolver_resolve(
		&resolver, customer_of(hoster, CUSTOMERS_OF_A_HOSTER - 1), KIND_HOST);
	expect_right_in(ask, SECOND_US);
	printf("seed %llu, hoster %d dead: at most %llu queries a name; alive, the next name took "
	       "%.0f ms\n",
	       seed(), hoster, (unsigned long long)most, (double)ask->took_us / 1000);
}
END_TEST

START_TEST(servers_that_die_and_revive_are_left_and_found_again)
{
	for (unsigned wave = 0; wave < 12; wave++) {
		internet_revive_all(&internet);
		internet_kill_third(&internet);
		for (unsigned i = 0; i < NAMES / 4; i++)
			expect_right_in(resolve_any(), LIMIT_US);
	}
	internet_revive_all(&internet);
	net_run(&internet.net, 60u * SECOND_US); /* nobody is held longer */
	uint32_t asked[INTERNET_MACHINES_MAX];
	for (unsigned i = 0; i < internet.machine_count; i++)
		asked[i] = internet.machines[i].asked;
	for (unsigned i = 0; i < 6 * NAMES; i++)
		expect_right_in(resolve_any(), LIMIT_US);
	unsigned found = 0, hosting = 0;
	for (unsigned i = 0; i < internet.machine_count; i++) {
		hosting += internet.machines[i].operator> OPERATOR_CCTLD;
		found +=
			internet.machines[i].operator> OPERATOR_CCTLD && internet.machines[i].asked>
			asked[i];
	}
	ck_assert_msg(found >= hosting * 3 / 4, "%u of %u, seed %llu", found, hosting, seed());
}
END_TEST

/* ---- for long -------------------------------------------------------------------------------- */

static uint64_t
entries_kept(void)
{
	struct cache_stats rrsets, negatives, delegations;
	rrset_cache_stats(resolver.caches.rrsets, &rrsets);
	negative_cache_stats(resolver.caches.negatives, &negatives);
	delegation_cache_stats(resolver.caches.delegations, &delegations);
	return rrsets.entries + negatives.entries + delegations.entries;
}

static void
ask_all_at_once(void)
{
	for (unsigned customer = 0; customer < ZONES_CUSTOMERS; customer++) {
		for (enum kind kind = 0; kind < KINDS; kind++) {
			struct zones_question question;
			zones_question(&question, customer, kind);
			(void)resolver_ask(&resolver, &question);
		}
		net_run(&internet.net, SECOND_US);
	}
	net_run(&internet.net, SETTLE_US);
	resolver_expect_idle(&resolver);
}

START_TEST(nothing_grows_with_time)
{
	uint64_t first_entries = 0;

	internet_access(&internet, &(struct fault_config){ .loss_ppm = 50000 });
	internet_kill_third(&internet);
	for (unsigned pass = 0; pass < 4; pass++) {
		ask_all_at_once();
		const uint64_t entries = entries_kept();
		if (pass == 0)
			first_entries = entries;
		ck_assert_msg(entries <= first_entries + first_entries / 10,
			      "%llu entries after %llu, seed %llu", (unsigned long long)entries,
			      (unsigned long long)first_entries, seed());
		net_run(&internet.net, (uint64_t)ZONES_TTL_S * SECOND_US);
	}
	for (unsigned i = 0; i < resolver.ask_count; i++)
		expect_right_in(&resolver.asks[i], LIMIT_US);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("outages");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, with_half_of_the_servers_behind_a_dead_router_all_is_answered);
	tcase_add_loop_test(tcase, seconds_after_the_access_line_has_come_back_all_is_answered, 5,
			    6);
	tcase_add_loop_test(tcase, seconds_after_the_access_line_has_come_back_all_is_answered, 120,
			    121);
	tcase_add_loop_test(tcase, a_family_that_is_down_slows_answers_little_and_is_used_again, 0,
			    INTERNET_FAMILIES);
	tcase_add_loop_test(tcase, a_dead_hoster_costs_little_and_is_found_again_at_once, 0,
			    (int)COUNT(hosters));
	tcase_add_test(tcase, servers_that_die_and_revive_are_left_and_found_again);
	tcase_add_test(tcase, nothing_grows_with_time);
	Suite *suite = suite_create("internet: outages");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
