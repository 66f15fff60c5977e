/*
 * Attacks by what answers hold: delegations too large to be kept (NRDelegation), forwarders that speak of more than their
 * zone (MaginotDNS), crowds that wait for one answer (DNSBomb), truncation without end, names that are dear to compress.
 * mal. is the attacker's, victim. is not.
 */
#include <stdio.h>
#include <time.h>

#include "resolver/iterate/budget.h"
#include "resolver/policy/forward.h"
#include "tests/resolver/iterate/attack_world.h"
#include "tests/suite.h"

static void
expect_good(const struct attack *attack)
{
	const struct world_result *result = world_resolve(attack->world, "good.victim.", TYPE_A);

	ck_assert(world_has(result, SECTION_ANSWER, "good.victim.", TYPE_A, "192.0.2.81"));
	ck_assert_uint_lt(result->took_us, 100000);
}

/* ---- NRDelegation (CVE-2022-3204) ------------------------------------------------------------------------------------- */

#define DELEGATED 200u

/* Every name is delegated to as many servers as a message holds, all with glue that leads to nobody. */
static void
delegate_to_crowd(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	static char names[DELEGATED][24], addrs[DELEGATED][24];
	struct record servers[DELEGATED];
	char owner[NAME_TEXT_BYTES];

	if (!server->over_tcp) { /* it does not fit into a datagram */
		world_reply_clear(reply, DNS_TC, RCODE_NOERROR);
		return;
	}
	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, 0, RCODE_NOERROR);
	for (unsigned i = 0; i < DELEGATED; i++) {
		(void)snprintf(names[i], sizeof names[i], "n%u.mal.", i);
		(void)snprintf(addrs[i], sizeof addrs[i], "198.51.100.%u", i + 1);
		servers[i] = (struct record){ owner, TYPE_NS, 3600, names[i] };
		records_append(&reply->sections[SECTION_ADDITIONAL], world_record(world, names[i], TYPE_A, 3600, addrs[i]));
	}
	records_append(&reply->sections[SECTION_AUTHORITY], records_set(&world->arena, servers, DELEGATED));
}

START_TEST(of_a_crowd_of_servers_few_are_kept_and_asked)
{
	struct cache_stats before, after;

	for (uint64_t seed = 0; seed < 5; seed++) {
		struct attack attack = attack_of(seed, delegate_to_crowd);
		expect_good(&attack);
		delegation_cache_stats(attack.world->caches.delegations, &before);
		const struct world_result *result = world_resolve(attack.world, "a.trap.mal.", TYPE_A);
		delegation_cache_stats(attack.world->caches.delegations, &after);
		ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
		suite_figure("NRDelegation", "queries for a question", attack.world->sent_count, BUDGET_SENDS_MAX);
		suite_figure("NRDelegation", "milliseconds", result->took_us / 1000, BUDGET_TIME_US / 1000);
		suite_figure("NRDelegation", "octets of the cache for a delegation", after.bytes_used - before.bytes_used, 2048);
		expect_good(&attack);
		world_free(attack.world);
	}
}
END_TEST

/* ---- MaginotDNS --------------------------------------------------------------------------------------------------------- */

/* A forwarder for corp. answers, and adds what is not its to say. */
static void
overreach(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	char owner[NAME_TEXT_BYTES];

	(void)server;
	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, 0, RCODE_NOERROR);
	struct rrset **sections = reply->sections;
	records_append(&sections[SECTION_ANSWER], world_record(world, owner, TYPE_CNAME, 300, "good.victim."));
	records_append(&sections[SECTION_ANSWER], world_record(world, "good.victim.", TYPE_A, 86400, "203.0.113.66"));
	records_append(&sections[SECTION_AUTHORITY], world_record(world, "victim.", TYPE_NS, 86400, "ns.mal."));
	records_append(&sections[SECTION_AUTHORITY], world_record(world, ".", TYPE_NS, 86400, "ns.mal."));
	records_append(&sections[SECTION_ADDITIONAL], world_record(world, "ns.mal.", TYPE_A, 86400, "203.0.113.66"));
	records_append(&sections[SECTION_ADDITIONAL], world_record(world, "ns.victim.", TYPE_A, 86400, "203.0.113.66"));
}

static unsigned
asked_of(const struct world *world, const struct ip_addr *server, const char *zone)
{
	const struct name apex = name_of(zone);
	unsigned count = 0;

	for (unsigned i = 0; i < world->sent_count; i++)
		count += addr_equal(&world->log[i].server, server) && name_is_under(&world->log[i].qname, &apex);
	return count;
}

START_TEST(a_forwarder_speaks_for_its_zone_alone)
{
	static uint8_t block[1 << 14];
	struct attack attack = attack_of(1, overreach);
	const struct name corp = name_of("corp.");
	struct forward_zone zone = { .name = &corp, .is_forward = true, .addr_count = 1,
				     .addrs = { { addr_of("203.0.113.66"), 0 } } };
	struct forwards forwards;
	struct arena arena;

	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(forwards_init(&forwards, &arena, 4, &attack.world->dice), 0);
	ck_assert_int_eq(forwards_add(&forwards, &zone), 0);
	attack.world->has_forwarder = true;
	engine_set_forwards(attack.world->engine, &forwards);
	const struct world_result *result = world_resolve(attack.world, "www.corp.", TYPE_A);
	ck_assert(!world_has(result, SECTION_ANSWER, "good.victim.", TYPE_A, "203.0.113.66"));
	expect_good(&attack);
	suite_figure("MaginotDNS", "questions about the victim that went to the forwarder",
		     asked_of(attack.world, &attack.mal->addr, "victim."), 0);
	world_free(attack.world);
}
END_TEST

/* ---- DNSBomb (CVE-2024-33655) --------------------------------------------------------------------------------------------- */

START_TEST(a_crowd_that_waits_for_one_answer_is_one_query_and_bounded)
{
	struct attack attack = attack_of(1, NULL);
	const struct engine_question question = { .qname = name_of("slow.mal."), .qtype = TYPE_TXT, .qclass = CLASS_IN };
	unsigned waiting = 0;

	attack.mal->delay_us = 900000;
	while (engine_ask(attack.world->engine, &question, WORLD_RESULTS_MAX - waiting, attack.world->now_us) == 0)
		waiting++;
	suite_figure("DNSBomb", "answers that one reply lets go", waiting, attack.world->limits.clients_per_task);
	for (unsigned i = 0; i < waiting; i++)
		engine_forget(attack.world->engine, WORLD_RESULTS_MAX - i);
	world_run(attack.world, 5000000);
	suite_figure("DNSBomb", "queries to the attacker", attack.mal->asked, BUDGET_SENDS_PER_SERVER);
	world_free(attack.world);
}
END_TEST

/* ---- truncation without end ------------------------------------------------------------------------------------------------- */

static void
truncate_all(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	world_reply_clear(reply, DNS_AA | DNS_TC, RCODE_NOERROR);
}

START_TEST(truncation_over_and_over_ends)
{
	struct attack attack = attack_of(1, truncate_all);

	ck_assert_uint_eq(world_resolve(attack.world, "www.mal.", TYPE_A)->rcode, RCODE_SERVFAIL);
	suite_figure("TC loop", "queries to the attacker", attack.mal->asked, 2 * BUDGET_SENDS_PER_SERVER);
	expect_good(&attack);
	world_free(attack.world);
}
END_TEST

/* ---- names that are dear to compress (CVE-2024-8508) ---------------------------------------------------------------------------- */

#define DEAR_RECORDS 200u
#define DEAR_TIMES   20u

/* As many names as a message holds, of 120 labels each, that have no ending in common; the time of the processor for one, in us. */
static uint64_t
time_to_render(const struct rrset *set)
{
	static uint8_t bytes[MESSAGE_BYTES_MAX];
	struct timespec begin, end;
	struct render render;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (unsigned i = 0; i < DEAR_TIMES; i++) {
		render_begin(&render, bytes, sizeof bytes, 1, DNS_QR, RCODE_NOERROR, EDNS_RECORD_BYTES);
		ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 300, false), 0);
		ck_assert_int_gt(render_finish(&render), 40000);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return (uint64_t)((end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000) / DEAR_TIMES;
}

START_TEST(names_without_a_common_ending_are_written_in_a_moment)
{
	static char names[DEAR_RECORDS][NAME_TEXT_BYTES];
	static uint8_t block[1 << 20];
	struct record records[DEAR_RECORDS];
	struct arena arena;

	for (unsigned i = 0; i < DEAR_RECORDS; i++) {
		char *at = names[i];
		for (unsigned label = 0; label < 119; label++)
			at += sprintf(at, "%c.", 'a' + (char)((label * 7 + i) % 26));
		(void)sprintf(at, "t%u.", i);
		records[i] = (struct record){ "mal.", TYPE_NS, 300, names[i] };
	}
	arena_init(&arena, block, sizeof block);
	suite_figure("names dear to compress", "us of the processor for an answer",
		     time_to_render(records_set(&arena, records, DEAR_RECORDS)), 20000);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: attacks by answers");
	TCase *tcase = tcase_create("attacks");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, of_a_crowd_of_servers_few_are_kept_and_asked);
	tcase_add_test(tcase, a_forwarder_speaks_for_its_zone_alone);
	tcase_add_test(tcase, a_crowd_that_waits_for_one_answer_is_one_query_and_bounded);
	tcase_add_test(tcase, truncation_over_and_over_ends);
	tcase_add_test(tcase, names_without_a_common_ending_are_written_in_a_moment);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
