/* What is left to do when none of those who should know an answer helps. */
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

static const struct world_zone root = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
					     "test. 3600 NS ns.test.\n"
					     "ns.test. 3600 A 192.0.2.10\n"
					     "pair. 3600 NS a.pair.\n"
					     "pair. 3600 NS b.pair.\n"
					     "a.pair. 3600 A 192.0.2.10\n"
					     "b.pair. 3600 A 192.0.2.11\n"
					     "other. 3600 NS ns.other.\n"
					     "ns.other. 3600 A 192.0.2.20\n" };
/* Its parent knows one of its servers alone. */
static const struct world_zone test = { "test.", "test. 600 SOA mname. rname. 1 2 3 4 300\n"
						 "test. 3600 NS ns.test.\n"
						 "test. 3600 NS ns.other.\n"
						 "ns.test. 3600 A 192.0.2.10\n"
						 "www.test. 300 A 192.0.2.80\n"
						 "ftp.test. 300 A 192.0.2.81\n" };
static const struct world_zone pair = { "pair.", "pair. 600 SOA mname. rname. 1 2 3 4 300\n"
						 "www.pair. 300 A 192.0.2.82\n" };
static const struct world_zone other = { "other.", "other. 600 SOA mname. rname. 1 2 3 4 300\n"
						   "ns.other. 3600 A 192.0.2.20\n" };

struct last {
	struct world *world;
	struct world_server *first, *second, *other;
};

static struct last
last_of(bool minimal_responses, bool scrub_promiscuous)
{
	struct engine_config config = engine_config_default;
	config.prime_root = false;
	config.minimal_responses = minimal_responses;
	config.iter_scrub_promiscuous = scrub_promiscuous;
	struct last last = { .world = world_new(suite_seed(1), &config) };
	world_server(last.world, "192.0.2.1", &root);
	last.first = world_server(last.world, "192.0.2.10", &test);
	last.second = world_server(last.world, "192.0.2.11", &pair);
	last.other = world_server(last.world, "192.0.2.20", &other);
	world_serve(last.first, &pair);
	world_serve(last.other, &test);
	last.world->has_forwarder = true;
	return last;
}

/* ---- a server that is a resolver ---------------------------------------------------------------------------------- */

/* What it has heard itself, for who wants it to resolve; for others what happens to be in its cache: a shrug. */
static void
resolves(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	unsigned *asked_to = server->context;

	(void)world;
	if ((query->flags & DNS_RD) == 0)
		world_reply_clear(reply, DNS_QR, reply->rcode);
	else
		++*asked_to;
	reply->flags = DNS_QR | DNS_RA;
}

static const struct {
	const char *qname;
	uint16_t rcode;
} asked_to_resolve[] = { { "www.test.", RCODE_NOERROR }, { "gone.test.", RCODE_NXDOMAIN } };

START_TEST(a_zones_server_that_resolves_for_others_is_asked_to_when_nobody_else_helps)
{
	struct last last = last_of(true, true);
	unsigned asked_to = 0;

	last.first->habit = resolves;
	last.first->context = &asked_to;
	const struct world_result *result = world_resolve(last.world, asked_to_resolve[_i].qname, TYPE_A);
	ck_assert_uint_eq(result->rcode, asked_to_resolve[_i].rcode);
	ck_assert_uint_eq(asked_to, 1);
	ck_assert_uint_lt(result->took_us, 60000);
	world_free(last.world);
}
END_TEST

START_TEST(while_another_server_speaks_for_the_zone_nobody_is_asked_to_resolve)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct last last = last_of(true, true);
		unsigned asked_to = 0;

		last.first->habit = resolves;
		last.first->context = &asked_to;
		ck_assert_uint_eq(world_resolve(last.world, "www.pair.", TYPE_A)->rcode, RCODE_NOERROR);
		ck_assert_uint_eq(world_resolve(last.world, "gone.pair.", TYPE_A)->rcode, RCODE_NXDOMAIN);
		ck_assert_uint_eq(asked_to, 0);
		world_free(last.world);
	}
}
END_TEST

/* It says that it can, and does not. */
static void
refuses_to_resolve(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	world_reply_clear(reply, DNS_QR | DNS_RA, RCODE_NOERROR);
}

START_TEST(who_does_not_resolve_either_is_asked_to_but_once)
{
	struct last last = last_of(true, true);

	last.first->habit = refuses_to_resolve;
	ck_assert_uint_eq(world_resolve(last.world, "test.", TYPE_TXT)->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(last.first->asked, 2);
	world_free(last.world);
}
END_TEST

/* ---- the zone's own NS set ------------------------------------------------------------------------------------------ */

static void
fails(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	world_reply_clear(reply, DNS_QR, RCODE_SERVFAIL);
}

START_TEST(who_stands_in_the_zones_own_set_is_asked_when_those_of_its_parent_fail)
{
	struct last last = last_of(true, true);

	ck_assert_uint_eq(world_resolve(last.world, "test.", TYPE_NS)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(last.other->asked, 0);
	last.first->habit = fails;
	ck_assert(world_has(world_resolve(last.world, "www.test.", TYPE_A), SECTION_ANSWER, "www.test.", TYPE_A,
			    "192.0.2.80"));
	world_free(last.world);
}
END_TEST

START_TEST(nobody_knows_of_them_who_has_not_asked)
{
	struct last last = last_of(true, true);

	ck_assert_uint_eq(world_resolve(last.world, "www.test.", TYPE_A)->rcode, RCODE_NOERROR);
	last.first->habit = fails;
	ck_assert_uint_eq(world_resolve(last.world, "ftp.test.", TYPE_A)->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(last.other->asked, 0);
	world_free(last.world);
}
END_TEST

/* iter-scrub-promiscuous. */
START_TEST(a_set_that_stood_beside_an_answer_directs_nobody_unless_it_may)
{
	const bool may = _i != 0;
	struct last last = last_of(false, !may);

	last.first->auth.faults = AUTH_ADDS_NS;
	ck_assert(world_has(world_resolve(last.world, "www.test.", TYPE_A), SECTION_AUTHORITY, "test.", TYPE_NS, "ns.other."));
	last.first->habit = fails;
	ck_assert_uint_eq(world_resolve(last.world, "ftp.test.", TYPE_A)->rcode, may ? RCODE_NOERROR : RCODE_SERVFAIL);
	world_free(last.world);
}
END_TEST

START_TEST(the_zones_own_set_does_not_outlive_its_delegation)
{
	struct last last = last_of(true, true);

	world_resolve(last.world, "test.", TYPE_NS);
	last.first->habit = fails;
	world_run(last.world, 3601ull * 1000000);
	ck_assert_uint_eq(world_resolve(last.world, "www.test.", TYPE_A)->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(last.other->asked, 0);
	world_free(last.world);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("last resort");

	tcase_add_loop_test(tcase, a_zones_server_that_resolves_for_others_is_asked_to_when_nobody_else_helps, 0,
			    (int)COUNT(asked_to_resolve));
	tcase_add_test(tcase, while_another_server_speaks_for_the_zone_nobody_is_asked_to_resolve);
	tcase_add_test(tcase, who_does_not_resolve_either_is_asked_to_but_once);
	tcase_add_test(tcase, who_stands_in_the_zones_own_set_is_asked_when_those_of_its_parent_fail);
	tcase_add_test(tcase, nobody_knows_of_them_who_has_not_asked);
	tcase_add_loop_test(tcase, a_set_that_stood_beside_an_answer_directs_nobody_unless_it_may, 0, 2);
	tcase_add_test(tcase, the_zones_own_set_does_not_outlive_its_delegation);
	Suite *suite = suite_create("iterate: the last resort");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
