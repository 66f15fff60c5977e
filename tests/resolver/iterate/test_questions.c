/* Kinds of questions, what the caches make of them, and what happens when there is no room. */
#include <stdio.h>

#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 86400 NS ns.root.\n"
				"ns.root. 86400 A 192.0.2.1\n"
				"test. 3600 NS ns.test.\n"
				"test. 3600 DS 1 13 2 aabb\n"
				"ns.test. 3600 A 192.0.2.2\n"
				"local. 3600 NS ns.local.\n"
				"ns.local. 3600 A 127.0.0.1\n"
				"six. 3600 NS ns.six.\n"
				"ns.six. 3600 A 192.0.2.6\n"
				"ns.six. 3600 AAAA 2001:db8::6\n";
static const struct world_zone root = { ".", root_text };

static const char test_text[] = "test. 600 SOA mname. rname. 1 2 3 4 300\n"
				"test. 3600 NS ns.test.\n"
				"ns.test. 3600 A 192.0.2.2\n"
				"www.test. 300 A 192.0.2.80\n"
				"www.test. 300 TXT \"text\"\n"
				"www.test. 300 AAAA 2001:db8::80\n"
				"old.test. 300 DNAME new.test.\n"
				"a.new.test. 300 A 192.0.2.81\n"
				"b.new.test. 300 A 192.0.2.82\n"
				"away.test. 300 DNAME six.\n"
				"fleeting.test. 0 A 192.0.2.83\n"
				"hop.test. 0 CNAME www.six.\n";
static const struct world_zone test = { "test.", test_text };

static const char six_text[] = "six. 600 SOA mname. rname. 1 2 3 4 300\n"
			       "www.six. 300 A 192.0.2.84\n";
static const struct world_zone six = { "six.", six_text };

static struct world *
world_of(const struct engine_config *config)
{
	struct world *world = world_new(suite_seed(4), config);
	world_server(world, "192.0.2.1", &root);
	world_server(world, "192.0.2.2", &test);
	world_server(world, "127.0.0.1", &test);
	world_server(world, "192.0.2.6", &six);
	world_server(world, "2001:db8::6", &six);
	return world;
}

/* That a name does not exist, as the validator or only a server has it. */
static void
put_absence(struct world *world, const char *qname, enum security security)
{
	const struct negative negative = {
		.kind = NEGATIVE_NXDOMAIN, .ttl_s = 300, .security = (uint8_t)security };
	const struct name name = name_of(qname);
	ck_assert_int_eq(negative_cache_put(world->caches.negatives, &name, TYPE_A, CLASS_IN, &negative,
					    (uint32_t)(world->now_us / 1000000)), 0);
}

START_TEST(below_a_name_that_is_proved_not_to_be_there_nothing_is)
{
	struct world *world = world_of(NULL);
	put_absence(world, "gone.test.", SECURITY_SECURE);
	put_absence(world, "said.test.", SECURITY_UNCHECKED);
	ck_assert_uint_eq(world_cached(world, "a.b.gone.test.", TYPE_TXT)->rcode, RCODE_NXDOMAIN);
	ck_assert_ptr_null(world_cached(world, "a.b.said.test.", TYPE_TXT));
	ck_assert_ptr_null(world_cached(world, "other.test.", TYPE_TXT));
	world_free(world);
}
END_TEST

START_TEST(any_is_asked_as_it_is_and_answered_with_all)
{
	struct world *world = world_of(NULL);
	const struct world_result *result = world_resolve(world, "www.test.", TYPE_ANY);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 3);
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_ANY), 1);
	ck_assert_ptr_null(
		world_cached(world, "www.test.", TYPE_ANY)); /* never known to be complete */
	ck_assert_ptr_nonnull(world_cached(world, "www.test.", TYPE_TXT));
	world_free(world);
}
END_TEST

START_TEST(ds_is_asked_of_the_parent)
{
	struct world *world = world_of(NULL);
	world_resolve(world, "www.test.", TYPE_A); /* the cut of test. is known */
	unsigned sent = world->sent_count;
	const struct world_result *result = world_resolve(world, "test.", TYPE_DS);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
	ck_assert_uint_eq(world->sent_count, sent + 1);
	struct ip_addr parent = addr_of("192.0.2.1");
	ck_assert(addr_equal(&world->log[sent].server, &parent));
	result = world_resolve(world, "six.", TYPE_DS);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert(world_has(result, SECTION_AUTHORITY, ".", TYPE_SOA, NULL));
	world_free(world);
}
END_TEST

/* Look-ups in vain for one question; `first`: whether engine_cached is asked before, as a shell does. */
static uint64_t
misses_of_question(const char *qname, bool first)
{
	struct world *world = world_of(NULL);
	struct cache_stats before, after;
	world_resolve(world, "www.test.", TYPE_A); /* the way there is known */
	rrset_cache_stats(world->caches.rrsets, &before);
	if (first)
		ck_assert_ptr_null(world_cached(world, qname, TYPE_A));
	world_resolve(world, qname, TYPE_A);
	rrset_cache_stats(world->caches.rrsets, &after);
	world_free(world);
	return after.misses - before.misses;
}

START_TEST(what_the_caches_did_not_know_they_are_not_asked_again)
{
	ck_assert_uint_gt(misses_of_question("none.test.", false), 0);
	ck_assert_uint_eq(misses_of_question("none.test.", true),
			  misses_of_question("none.test.", false));
}
END_TEST

START_TEST(a_miss_is_forgotten_with_the_next_call)
{
	struct world *world = world_of(NULL);
	ck_assert_ptr_null(world_cached(world, "www.test.", TYPE_A));
	world_resolve(world, "www.test.", TYPE_AAAA); /* another question: nothing of it is kept */
	world_resolve(world, "www.test.", TYPE_A);
	ck_assert_ptr_null(world_cached(world, "www.test.", TYPE_TXT));
	world_resolve(world, "www.test.", TYPE_A);
	ck_assert_uint_eq(world_asked(world, "www.test.", TYPE_A), 1);
	world_free(world);
}
END_TEST

START_TEST(an_alias_that_the_caches_know_is_part_of_the_answer)
{
	struct world *world = world_of(NULL);
	struct name owner = name_of("alias.test."), target = name_of("b.new.test.");
	uint8_t rdata[2 + NAME_BYTES_MAX] = { 0, target.size };
	memcpy(rdata + 2, target.wire, target.size);
	struct rrset cname = { .owner = &owner,
			       .type = TYPE_CNAME,
			       .class = CLASS_IN,
			       .rr_count = 1,
			       .rdata = rdata,
			       .rdata_bytes = 2u + target.size };
	ck_assert_int_eq(rrset_cache_put(world->caches.rrsets, &cname, TRUST_ANSWER_AA, 300,
					 (uint32_t)(world->now_us / 1000000)),
			 0);
	ck_assert_ptr_null(world_cached(world, "alias.test.", TYPE_A));
	const struct world_result *result = world_resolve(world, "alias.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "alias.test.", TYPE_CNAME, "b.new.test."));
	ck_assert(world_has(result, SECTION_ANSWER, "b.new.test.", TYPE_A, "192.0.2.82"));
	ck_assert_uint_eq(world_asked(world, "alias.test.", 0), 0);
	world_free(world);
}
END_TEST

START_TEST(other_classes_are_refused)
{
	struct world *world = world_of(NULL);
	struct engine_question question = { .qname = name_of("www.test."),
					    .qtype = TYPE_A,
					    .qclass = CLASS_CH };
	ck_assert_int_eq(engine_ask(world->engine, &question, 1, world->now_us), ERR_UNSUPPORTED);
	ck_assert_uint_eq(world->sent_count, 0);
	world_free(world);
}
END_TEST

START_TEST(a_cached_dname_answers_for_all_names_below_it)
{
	struct world *world = world_of(NULL);
	const struct world_result *result = world_resolve(world, "a.old.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "old.test.", TYPE_DNAME, "new.test."));
	ck_assert(world_has(result, SECTION_ANSWER, "a.old.test.", TYPE_CNAME, "a.new.test."));
	ck_assert(world_has(result, SECTION_ANSWER, "a.new.test.", TYPE_A, "192.0.2.81"));
	result = world_resolve(world, "b.old.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "b.old.test.", TYPE_CNAME, "b.new.test."));
	ck_assert(world_has(result, SECTION_ANSWER, "b.new.test.", TYPE_A, "192.0.2.82"));
	ck_assert_uint_eq(world_asked(world, "b.old.test.", 0), 0);
	result = world_resolve(world, "a.old.test.", TYPE_A);
	ck_assert(result->from_cache);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 3);
	world_free(world);
}
END_TEST

START_TEST(a_dname_leads_into_another_zone)
{
	struct world *world = world_of(NULL);
	const struct world_result *result = world_resolve(world, "www.away.test.", TYPE_A);
	ck_assert(world_has(result, SECTION_ANSWER, "www.away.test.", TYPE_CNAME, "www.six."));
	ck_assert(world_has(result, SECTION_ANSWER, "www.six.", TYPE_A, "192.0.2.84"));
	world_free(world);
}
END_TEST

START_TEST(a_ttl_of_zero_is_answered_and_not_kept)
{
	struct world *world = world_of(NULL);
	const struct world_result *result = world_resolve(world, "fleeting.test.", TYPE_A);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
	ck_assert_ptr_null(world_cached(world, "fleeting.test.", TYPE_A));
	result = world_resolve(world, "hop.test.", TYPE_A);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 2);
	world_free(world);
}
END_TEST

START_TEST(ttls_are_held_to_the_limits_of_the_configuration)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.cache_min_ttl_s = 30;
	config.cache_max_ttl_s = 100;
	config.cache_max_negative_ttl_s = 50;
	struct world *world = world_of(&config);
	ck_assert_uint_eq(
		world_resolve(world, "www.test.", TYPE_A)->sections[SECTION_ANSWER]->ttl_s, 100);
	ck_assert_uint_eq(
		world_resolve(world, "fleeting.test.", TYPE_A)->sections[SECTION_ANSWER]->ttl_s,
		30);
	ck_assert_uint_eq(
		world_resolve(world, "no.test.", TYPE_A)->sections[SECTION_AUTHORITY]->ttl_s, 50);
	world_run(world, 51000000);
	ck_assert_ptr_null(world_cached(world, "no.test.", TYPE_A));
	ck_assert_ptr_nonnull(world_cached(world, "www.test.", TYPE_A));
	world_free(world);
}
END_TEST

START_TEST(loopback_servers_are_asked_only_when_allowed)
{
	for (unsigned allowed = 0; allowed < 2; allowed++) {
		struct engine_config config = engine_config_default;
		config.prime_root = false;
		config.do_not_query_localhost = allowed == 0;
		struct world *world = world_of(&config);
		const struct world_result *result = world_resolve(world, "www.local.", TYPE_A);
		ck_assert_uint_eq(result->rcode,
				  RCODE_SERVFAIL); /* nobody serves it, but is it asked? */
		ck_assert_uint_eq(world->servers[2].asked > 0, allowed);
		world_free(world);
	}
}
END_TEST

static const struct {
	bool ip4, ip6;
} families[] = { { true, false }, { false, true }, { true, true } };

START_TEST(only_enabled_families_are_used)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.do_ip4 = families[_i].ip4;
	config.do_ip6 = families[_i].ip6;
	struct world *world = world_of(&config);
	struct name server = name_of("ns.root.");
	struct ip_addr addr = addr_of("2001:db8::1");
	ck_assert_int_eq(engine_add_hint(world->engine, &server, &addr), 0);
	world_server(world, "2001:db8::1", &root);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_uint_eq(world_resolve(world, "www.six.", (uint16_t)(1000 + i))->rcode,
				  RCODE_NOERROR);
	for (unsigned i = 0; i < world->sent_count; i++)
		ck_assert(world->log[i].server.family == ADDR_IPV4 ? config.do_ip4 : config.do_ip6);
	world_free(world);
}
END_TEST

START_TEST(clients_of_one_task_are_bounded)
{
	struct world *world = world_of(NULL);
	struct engine_question question = { .qname = name_of("www.test."),
					    .qtype = TYPE_A,
					    .qclass = CLASS_IN };
	for (unsigned i = 0; i < world->limits.clients_per_task; i++)
		world_ask(world, "www.test.", TYPE_A);
	ck_assert_int_eq(engine_ask(world->engine, &question, 4000, world->now_us), ERR_FULL);
	world_run(world, 1000000);
	ck_assert_uint_eq(world->done_count, world->limits.clients_per_task);
	world_free(world);
}
END_TEST

START_TEST(when_all_tasks_are_taken_a_question_is_refused_and_later_ones_are_not)
{
	struct world *world = world_of(NULL);
	struct engine_question question = { .qname = name_of("last.test."),
					    .qtype = TYPE_A,
					    .qclass = CLASS_IN };
	for (unsigned i = 0; i < world->limits.task_count; i++)
		world_ask(world, "www.test.", (uint16_t)(1000 + i));
	ck_assert_int_eq(engine_ask(world->engine, &question, 4000, world->now_us), ERR_FULL);
	world_run(world, 10000000);
	ck_assert_uint_eq(world->done_count, world->limits.task_count);
	struct engine_stats stats;
	engine_stats(world->engine, &stats);
	ck_assert_uint_eq(stats.refused_full, 1);
	ck_assert_uint_eq(world_resolve(world, "last.test.", TYPE_A)->rcode, RCODE_NXDOMAIN);
	world_free(world);
}
END_TEST

#define LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."

/* Another engine for the world, with other limits; the block is the caller's to free. */
static void *
engine_with(struct world *world, const struct engine_limits *limits)
{
	size_t size = engine_bytes(limits);
	void *block = calloc(1, size);
	struct name server = name_of("ns.root.");
	struct ip_addr addr = addr_of("192.0.2.1");

	world->engine = engine_new(block, size, limits, &world->config, &world->caches, &world->rng,
				   world->now_us);
	engine_add_hint(world->engine, &server, &addr);
	return block;
}

START_TEST(when_no_query_can_be_sent_those_under_way_are_waited_for)
{
	struct world *world = world_of(NULL);
	struct engine_limits limits = world->limits;
	limits.query_count = 2;
	void *block = engine_with(world, &limits);
	world->servers[1].delay_us = 200000; /* the replies come after the first time-out */
	unsigned first = world_ask(world, "www.test.", TYPE_A);
	world_run(world, 50000);
	unsigned second = world_ask(world, "www.test.", TYPE_AAAA);
	const struct world_result *third = world_resolve(world, "www.test.", TYPE_TXT);
	ck_assert_uint_eq(third->rcode, RCODE_SERVFAIL);
	ck_assert_str_eq(third->ede_text, "too many queries are under way");
	world_run(world, 1000000);
	ck_assert_uint_eq(world->results[first].rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world->results[second].rcode, RCODE_NOERROR);
	ck_assert(world->results[first].done && world->results[second].done);
	/* That was no fault of the name: the failure is not remembered. */
	ck_assert_uint_eq(world_resolve(world, "www.test.", TYPE_TXT)->rcode, RCODE_NOERROR);
	world_free(world);
	free(block);
}
END_TEST

/* Each question to a dead server has up to four queries; most of them only wait for what hardly comes any more. */
START_TEST(silent_servers_make_room_for_others)
{
	struct world *world = world_of(NULL);
	struct engine_limits limits = world->limits;
	struct engine_stats stats;
	char qname[32];

	limits.query_count = 64;
	void *block = engine_with(world, &limits);
	ck_assert_uint_eq(world_resolve(world, "www.test.", TYPE_A)->rcode, RCODE_NOERROR);
	world->servers[1].dead = true;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(qname, sizeof qname, "dead%u.test.", i);
		world_ask(world, qname, TYPE_A);
	}
	for (unsigned i = 0; i < 20; i++) {
		world_run(world, 100000);
		snprintf(qname, sizeof qname, "www%u.six.", i);
		ck_assert_uint_eq(world_resolve(world, qname, TYPE_A)->rcode, RCODE_NXDOMAIN);
		engine_stats(world->engine, &stats);
		ck_assert_uint_le(stats.queries, limits.query_count);
	}
	/* Those that made room were silent, and the next question shall not have to find that out again. */
	struct infra_server infra;
	infra_get(world->caches.infra, &world->servers[1].addr, &infra, world->now_us);
	ck_assert(infra.down || infra.timeouts >= INFRA_DOWN_TIMEOUTS);
	ck_assert_uint_gt(stats.crowded_out, 0);
	world_run(world, 30000000);
	engine_stats(world->engine, &stats);
	ck_assert_uint_eq(stats.queries, 0);
	ck_assert_uint_eq(world->engine->closing_count, 0);
	ck_assert_uint_eq(world->done_count, world->result_count);
	world_free(world);
	free(block);
}
END_TEST

START_TEST(an_answer_larger_than_its_arena_is_a_failure_and_not_the_end)
{
	struct world *world = world_of(NULL);
	struct engine_limits limits = world->limits;
	limits.task_arena_bytes = 4096; /* a cut fits, forty long names do not */
	void *block = engine_with(world, &limits);
	/* Names that share their ending are small on the wire only. */
	char text[16384] = "@ 600 SOA mname. rname. 1 2 3 4 300\n";
	size_t at = strlen(text);
	for (unsigned i = 0; i < 40; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
				       "many 300 PTR n%u." LABEL LABEL LABEL "test.\n", i);
	struct world_zone zone = { "test.", text };
	world_serve_instead(&world->servers[1], &zone);
	const struct world_result *result = world_resolve(world, "many.test.", TYPE_PTR);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_str_eq(result->ede_text, "the answer is too large");
	world_serve_instead(&world->servers[1], &test);
	ck_assert_uint_eq(world_resolve(world, "www.test.", TYPE_A)->rcode, RCODE_NOERROR);
	world_free(world);
	free(block);
}
END_TEST

START_TEST(numbers_of_finished_queries_mean_nothing)
{
	struct world *world = world_of(NULL);
	static const uint8_t bytes[64] = { 0 };
	world_resolve(world, "www.test.", TYPE_A);
	struct engine_stats before, after;
	engine_stats(world->engine, &before);
	for (uint64_t generation = 0; generation < 4; generation++) {
		for (uint64_t index = 0; index < 6000; index += 997)
			engine_receive(world->engine, generation << 32 | index, bytes, sizeof bytes,
				       world->now_us);
		engine_failed(world->engine, generation << 32, STACK_ERROR_PORT_UNREACHABLE,
			      world->now_us);
	}
	engine_stats(world->engine, &after);
	ck_assert_uint_eq(after.unexpected - before.unexpected, 4 * 7);
	ck_assert_uint_eq(after.received, before.received);
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: questions");
	TCase *tcase = tcase_create("questions");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, below_a_name_that_is_proved_not_to_be_there_nothing_is);
	tcase_add_test(tcase, any_is_asked_as_it_is_and_answered_with_all);
	tcase_add_test(tcase, ds_is_asked_of_the_parent);
	tcase_add_test(tcase, what_the_caches_did_not_know_they_are_not_asked_again);
	tcase_add_test(tcase, a_miss_is_forgotten_with_the_next_call);
	tcase_add_test(tcase, an_alias_that_the_caches_know_is_part_of_the_answer);
	tcase_add_test(tcase, other_classes_are_refused);
	tcase_add_test(tcase, a_cached_dname_answers_for_all_names_below_it);
	tcase_add_test(tcase, a_dname_leads_into_another_zone);
	tcase_add_test(tcase, a_ttl_of_zero_is_answered_and_not_kept);
	tcase_add_test(tcase, ttls_are_held_to_the_limits_of_the_configuration);
	tcase_add_test(tcase, loopback_servers_are_asked_only_when_allowed);
	tcase_add_loop_test(tcase, only_enabled_families_are_used, 0, COUNT(families));
	tcase_add_test(tcase, clients_of_one_task_are_bounded);
	tcase_add_test(tcase,
		       when_all_tasks_are_taken_a_question_is_refused_and_later_ones_are_not);
	tcase_add_test(tcase, when_no_query_can_be_sent_those_under_way_are_waited_for);
	tcase_add_test(tcase, silent_servers_make_room_for_others);
	tcase_add_test(tcase, an_answer_larger_than_its_arena_is_a_failure_and_not_the_end);
	tcase_add_test(tcase, numbers_of_finished_queries_mean_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
