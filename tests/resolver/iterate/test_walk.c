/* From the hints to the answer: the walk of RFC 1034, section 5.3.3, and what is in the caches afterwards. */
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 86400 NS ns.root.\n"
				"ns.root. 86400 A 192.0.2.1\n"
				"com. 86400 NS ns.com.\n"
				"ns.com. 86400 A 192.0.2.2\n"
				"net. 86400 NS ns.net.\n"
				"ns.net. 86400 A 192.0.2.3\n";
static const struct world_zone root = { ".", root_text };

static const char com_text[] = "com. 900 SOA mname. rname. 1 2 3 4 900\n"
			       "com. 86400 NS ns.com.\n"
			       "ns.com. 86400 A 192.0.2.2\n"
			       "example.com. 3600 NS ns1.example.com.\n"
			       "ns1.example.com. 3600 A 192.0.2.10\n"
			       "glueless.com. 3600 NS ns1.host.net.\n"
			       "glueless.com. 3600 NS ns2.host.net.\n";
static const struct world_zone com = { "com.", com_text };

static const char net_text[] = "net. 900 SOA mname. rname. 1 2 3 4 900\n"
			       "net. 86400 NS ns.net.\n"
			       "ns.net. 86400 A 192.0.2.3\n"
			       "host.net. 3600 NS ns1.host.net.\n"
			       "ns1.host.net. 3600 A 192.0.2.20\n";
static const struct world_zone net = { "net.", net_text };

static const char example_text[] = "example.com. 600 SOA mname. rname. 1 2 3 4 300\n"
				   "example.com. 3600 NS ns1.example.com.\n"
				   "ns1.example.com. 3600 A 192.0.2.10\n"
				   "www.example.com. 300 A 198.51.100.1\n"
				   "www.example.com. 300 A 198.51.100.2\n"
				   "alias.example.com. 300 CNAME www.example.com.\n"
				   "away.example.com. 300 CNAME www.glueless.com.\n"
				   "a.b.c.d.example.com. 60 TXT \"deep\"\n";
static const struct world_zone example = { "example.com.", example_text };

static const char host_text[] = "host.net. 600 SOA mname. rname. 1 2 3 4 300\n"
				"host.net. 3600 NS ns1.host.net.\n"
				"ns1.host.net. 3600 A 192.0.2.20\n"
				"ns2.host.net. 3600 A 192.0.2.21\n";
static const struct world_zone host = { "host.net.", host_text };

static const char glueless_text[] = "glueless.com. 600 SOA mname. rname. 1 2 3 4 300\n"
				    "glueless.com. 3600 NS ns1.host.net.\n"
				    "www.glueless.com. 300 A 198.51.100.7\n";
static const struct world_zone glueless = { "glueless.com.", glueless_text };

static struct world *
world_of_the_walk(const struct engine_config *config)
{
	struct world *world = world_new(suite_seed(1), config);
	world_server(world, "192.0.2.1", &root);
	world_server(world, "192.0.2.2", &com);
	world_server(world, "192.0.2.3", &net);
	world_server(world, "192.0.2.10", &example);
	world_serve(world_server(world, "192.0.2.20", &host), &glueless);
	world_serve(world_server(world, "192.0.2.21", &host), &glueless);
	return world;
}

START_TEST(a_name_is_resolved_from_the_hints_down)
{
	struct world *world = world_of_the_walk(NULL);
	const struct world_result *result = world_resolve(world, "www.example.com.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert(!result->from_cache);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 2);
	ck_assert(world_has(result, SECTION_ANSWER, "www.example.com.", TYPE_A, "198.51.100.1"));
	ck_assert(world_has(result, SECTION_ANSWER, "www.example.com.", TYPE_A, "198.51.100.2"));
	ck_assert_uint_eq(world->sent_count, 3);
	world_free(world);
}
END_TEST

START_TEST(the_second_question_is_answered_from_the_cache)
{
	struct world *world = world_of_the_walk(NULL);
	world_resolve(world, "www.example.com.", TYPE_A);
	world_run(world, 10000000);
	unsigned sent = world->sent_count;
	const struct world_result *result = world_cached(world, "WWW.example.com.", TYPE_A);
	ck_assert_ptr_nonnull(result);
	ck_assert(result->from_cache);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 2);
	ck_assert_uint_le(result->sections[SECTION_ANSWER]->ttl_s, 290);
	ck_assert_uint_eq(world->sent_count, sent);
	world_free(world);
}
END_TEST

START_TEST(an_expired_answer_is_asked_again_of_the_zone_alone)
{
	struct world *world = world_of_the_walk(NULL);
	world_resolve(world, "www.example.com.", TYPE_A);
	world_run(world, 301000000);
	unsigned sent = world->sent_count;
	ck_assert_ptr_null(world_cached(world, "www.example.com.", TYPE_A));
	const struct world_result *result = world_resolve(world, "www.example.com.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world->sent_count, sent + 1);
	world_free(world);
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_not_asked_for_twice)
{
	struct world *world = world_of_the_walk(NULL);
	const struct world_result *result = world_resolve(world, "nothing.example.com.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert(world_has(result, SECTION_AUTHORITY, "example.com.", TYPE_SOA, NULL));
	ck_assert_uint_le(result->sections[SECTION_AUTHORITY]->ttl_s, 300); /* RFC 2308: MINIMUM */
	unsigned sent = world->sent_count;
	result = world_cached(world, "nothing.example.com.", TYPE_TXT);
	ck_assert_ptr_nonnull(result);
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(world->sent_count, sent);
	world_run(world, 301000000);
	ck_assert_ptr_null(world_cached(world, "nothing.example.com.", TYPE_A));
	world_free(world);
}
END_TEST

START_TEST(a_type_that_does_not_exist_is_not_asked_for_twice)
{
	struct world *world = world_of_the_walk(NULL);
	const struct world_result *result = world_resolve(world, "www.example.com.", TYPE_AAAA);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 0);
	ck_assert(world_has(result, SECTION_AUTHORITY, "example.com.", TYPE_SOA, NULL));
	ck_assert_ptr_nonnull(world_cached(world, "www.example.com.", TYPE_AAAA));
	ck_assert_ptr_null(world_cached(world, "www.example.com.", TYPE_TXT));
	world_free(world);
}
END_TEST

START_TEST(an_alias_is_followed_inside_the_zone_with_one_query)
{
	struct world *world = world_of_the_walk(NULL);
	const struct world_result *result = world_resolve(world, "alias.example.com.", TYPE_A);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 3);
	ck_assert_uint_eq(result->sections[SECTION_ANSWER]->type, TYPE_CNAME);
	ck_assert_uint_eq(world->sent_count, 3);
	result = world_cached(world, "alias.example.com.", TYPE_A);
	ck_assert_ptr_nonnull(result);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 3);
	world_free(world);
}
END_TEST

START_TEST(an_alias_into_another_zone_goes_on_there)
{
	struct world *world = world_of_the_walk(NULL);
	const struct world_result *result = world_resolve(world, "away.example.com.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert(world_has(result, SECTION_ANSWER, "away.example.com.", TYPE_CNAME,
			    "www.glueless.com."));
	ck_assert(world_has(result, SECTION_ANSWER, "www.glueless.com.", TYPE_A, "198.51.100.7"));
	world_free(world);
}
END_TEST

START_TEST(servers_without_glue_are_looked_up)
{
	struct world *world = world_of_the_walk(NULL);
	const struct world_result *result = world_resolve(world, "www.glueless.com.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert(world_has(result, SECTION_ANSWER, "www.glueless.com.", TYPE_A, "198.51.100.7"));
	ck_assert_uint_le(world->sent_count, 8);
	world_free(world);
}
END_TEST

START_TEST(no_server_sees_more_of_the_name_than_it_needs)
{
	struct world *world = world_of_the_walk(NULL);
	const struct world_result *result = world_resolve(world, "a.b.c.d.example.com.", TYPE_TXT);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
	for (unsigned i = 0; i < world->sent_count; i++) {
		struct ip_addr last = addr_of("192.0.2.10");
		if (!addr_equal(&world->log[i].server, &last))
			ck_assert_uint_eq(world->log[i].qtype, TYPE_A);
	}
	ck_assert_uint_eq(world_asked(world, "com.", TYPE_A), 1);
	ck_assert_uint_eq(world_asked(world, "example.com.", TYPE_A), 1);
	ck_assert_uint_eq(world_asked(world, "d.example.com.", TYPE_A), 1);
	ck_assert_uint_eq(world_asked(world, "a.b.c.d.example.com.", TYPE_TXT), 1);
	/* What lies on the way is known now. */
	unsigned sent = world->sent_count;
	world_resolve(world, "x.b.c.d.example.com.", TYPE_A);
	ck_assert_uint_eq(world->sent_count, sent + 1);
	world_free(world);
}
END_TEST

START_TEST(without_minimisation_the_whole_name_is_asked_at_once)
{
	struct engine_config config = engine_config_default;
	config.prime_root = config.qname_minimisation = false;
	struct world *world = world_of_the_walk(&config);
	world_resolve(world, "a.b.c.d.example.com.", TYPE_TXT);
	ck_assert_uint_eq(world_asked(world, "a.b.c.d.example.com.", TYPE_TXT), 3);
	ck_assert_uint_eq(world->sent_count, 3);
	world_free(world);
}
END_TEST

static const struct world_zone brief_root = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
						  "brief. 5 NS ns.brief.\n"
						  "ns.brief. 5 A 192.0.2.30\n" };
static const struct world_zone brief = { "brief.", "brief. 600 SOA mname. rname. 1 2 3 4 300\n"
						   "brief. 86400 NS ns.brief.\n"
						   "ns.brief. 86400 A 192.0.2.30\n"
						   "www.brief. 300 A 198.51.100.1\n"
						   "ftp.brief. 300 A 198.51.100.2\n" };

static const struct {
	uint32_t min_ttl_s;
	unsigned asked; /* the parent, for two questions ten seconds apart */
} brevities[] = { { 0, 2 }, { 60, 1 } };

START_TEST(a_delegation_ends_with_its_ttl_at_the_parent_or_cache_min_ttl)
{
	struct engine_config config = engine_config_default;
	config.prime_root = config.qname_minimisation = false;
	config.cache_min_ttl_s = brevities[_i].min_ttl_s;
	struct world *world = world_new(suite_seed(1), &config);
	struct world_server *above = world_server(world, "192.0.2.1", &brief_root);
	world_server(world, "192.0.2.30", &brief);
	world_resolve(world, "www.brief.", TYPE_A);
	world_resolve(world, "brief.", TYPE_NS); /* what the zone says itself makes no difference */
	world_run(world, 10000000);
	ck_assert_uint_eq(world_resolve(world, "ftp.brief.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(above->asked, brevities[_i].asked);
	world_free(world);
}
END_TEST

START_TEST(equal_questions_are_one_task)
{
	struct world *world = world_of_the_walk(NULL);
	struct engine_stats stats;
	for (unsigned i = 0; i < 50; i++)
		world_ask(world, i % 2 != 0 ? "www.example.com." : "WWW.EXAMPLE.COM.", TYPE_A);
	engine_stats(world->engine, &stats);
	ck_assert_uint_eq(stats.tasks, 1);
	ck_assert_uint_eq(stats.joined, 49);
	world_run(world, 1000000);
	ck_assert_uint_eq(world->done_count, 50);
	ck_assert_uint_eq(world->sent_count, 3);
	world_free(world);
}
END_TEST

START_TEST(a_client_that_has_gone_gets_nothing)
{
	struct world *world = world_of_the_walk(NULL);
	world_ask(world, "www.example.com.", TYPE_A);
	unsigned gone = world_ask(world, "www.example.com.", TYPE_A);
	engine_forget(world->engine, gone + 1);
	world_run(world, 1000000);
	ck_assert_uint_eq(world->done_count, 1);
	ck_assert(!world->results[gone].done);
	world->done_count++;
	ck_assert_ptr_nonnull(world_cached(world, "www.example.com.", TYPE_A));
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: the walk");
	TCase *tcase = tcase_create("walk");
	tcase_add_test(tcase, a_name_is_resolved_from_the_hints_down);
	tcase_add_test(tcase, the_second_question_is_answered_from_the_cache);
	tcase_add_test(tcase, an_expired_answer_is_asked_again_of_the_zone_alone);
	tcase_add_test(tcase, a_name_that_does_not_exist_is_not_asked_for_twice);
	tcase_add_test(tcase, a_type_that_does_not_exist_is_not_asked_for_twice);
	tcase_add_test(tcase, an_alias_is_followed_inside_the_zone_with_one_query);
	tcase_add_test(tcase, an_alias_into_another_zone_goes_on_there);
	tcase_add_test(tcase, servers_without_glue_are_looked_up);
	tcase_add_test(tcase, no_server_sees_more_of_the_name_than_it_needs);
	tcase_add_test(tcase, without_minimisation_the_whole_name_is_asked_at_once);
	tcase_add_loop_test(tcase, a_delegation_ends_with_its_ttl_at_the_parent_or_cache_min_ttl, 0, (int)COUNT(brevities));
	tcase_add_test(tcase, equal_questions_are_one_task);
	tcase_add_test(tcase, a_client_that_has_gone_gets_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
