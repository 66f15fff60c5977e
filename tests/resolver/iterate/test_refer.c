/* What is told to who may look into the caches and no further. */
#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define SECOND UINT64_C(1000000)

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 86400 NS ns.root.\n"
				"ns.root. 86400 A 192.0.2.1\n"
				"test. 3600 NS ns.test.\n"
				"test. 3600 DS 1 13 2 aabb\n"
				"ns.test. 3600 A 192.0.2.2\n"
				"ns.test. 3600 AAAA 2001:db8::2\n";
static const struct world_zone root = { ".", root_text };
static const char test_text[] = "test. 600 SOA mname. rname. 1 2 3 4 300\n"
				"test. 600 NS ns.test.\n"
				"test. 600 NS ns2.test.\n"
				"ns.test. 600 A 192.0.2.2\n"
				"www.test. 300 A 192.0.2.80\n"
				"alias.test. 300 CNAME end.test.\n"
				"end.test. 20 A 192.0.2.81\n";
static const struct world_zone test = { "test.", test_text };

/* www.test. and alias.test. have been asked for. */
static struct world *
world_of(void)
{
	struct world *world = world_new(suite_seed(10), NULL);

	world_server(world, "192.0.2.1", &root);
	world_server(world, "192.0.2.2", &test);
	ck_assert_uint_eq(world_resolve(world, "www.test.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_resolve(world, "alias.test.", TYPE_A)->rcode, RCODE_NOERROR);
	return world;
}

static int
refer_of_type(struct world *world, const char *qname, uint16_t qtype, bool dnssec_ok, struct answer *answer)
{
	const struct engine_question question = {
		.qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN, .dnssec_ok = dnssec_ok };

	return engine_refer(world->engine, &question, &world->arena, answer, world->now_us);
}

static int
refer(struct world *world, const char *qname, bool dnssec_ok, struct answer *answer)
{
	return refer_of_type(world, qname, TYPE_A, dnssec_ok, answer);
}

static bool
has(const struct answer *answer, enum dns_section section, const char *owner, uint16_t type, const char *value)
{
	return records_has(answer->sections[section], owner, type, value);
}

START_TEST(the_deepest_delegation_is_given_with_its_glue)
{
	struct world *world = world_of();
	struct answer answer;
	ck_assert_int_eq(refer(world, "a.b.test.", false, &answer), 0);
	ck_assert_uint_eq(answer.rcode, RCODE_NOERROR);
	ck_assert(answer.is_referral);
	ck_assert_ptr_null(answer.sections[SECTION_ANSWER]);
	ck_assert_uint_eq(records_count(answer.sections[SECTION_AUTHORITY]), 1);
	ck_assert(has(&answer, SECTION_AUTHORITY, "test.", TYPE_NS, "ns.test."));
	ck_assert_uint_eq(records_count(answer.sections[SECTION_ADDITIONAL]), 2);
	ck_assert(has(&answer, SECTION_ADDITIONAL, "ns.test.", TYPE_A, "192.0.2.2"));
	ck_assert(has(&answer, SECTION_ADDITIONAL, "ns.test.", TYPE_AAAA, "2001:db8::2"));
	ck_assert_uint_ne(answer.security, SECURITY_SECURE); /* a parent does not sign it (RFC 4035, section 2.2) */
	world_free(world);
}
END_TEST

START_TEST(with_do_its_ds_set_goes_along)
{
	struct world *world = world_of();
	struct answer answer;
	ck_assert_int_eq(refer(world, "a.b.test.", true, &answer), 0);
	ck_assert(has(&answer, SECTION_AUTHORITY, "test.", TYPE_DS, NULL));
	ck_assert_int_eq(refer(world, "a.b.test.", false, &answer), 0);
	ck_assert(!has(&answer, SECTION_AUTHORITY, "test.", TYPE_DS, NULL));
	world_free(world);
}
END_TEST

/* RFC 4035, section 3.1.4.1: of a DS the parent is to be asked; who serves the root is not known here. */
START_TEST(for_a_ds_nobody_is_sent_to_the_zone_itself)
{
	struct world *world = world_of();
	struct answer answer;
	world_run(world, 3500 * SECOND); /* the delegation lives; its DS set was learnt with it */
	rrset_cache_remove(world->caches.rrsets, &(struct name){ .size = 6, .wire = "\4test" }, TYPE_DS, CLASS_IN,
			   (uint32_t)(world->now_us / SECOND));
	ck_assert_int_eq(refer_of_type(world, "test.", TYPE_DS, true, &answer), ERR_NOT_FOUND);
	ck_assert_int_eq(refer_of_type(world, "a.test.", TYPE_DS, true, &answer), 0);
	ck_assert(has(&answer, SECTION_AUTHORITY, "test.", TYPE_NS, "ns.test."));
	ck_assert_int_eq(refer_of_type(world, ".", TYPE_DS, true, &answer), ERR_NOT_FOUND);
	world_free(world);
}
END_TEST

START_TEST(the_zones_own_ns_set_goes_before_its_parents)
{
	struct world *world = world_of();
	struct answer answer;
	world_resolve(world, "test.", TYPE_NS);
	ck_assert_int_eq(refer(world, "a.b.test.", false, &answer), 0);
	ck_assert_uint_eq(records_count(answer.sections[SECTION_AUTHORITY]), 2);
	ck_assert(has(&answer, SECTION_AUTHORITY, "test.", TYPE_NS, "ns2.test."));
	ck_assert(has(&answer, SECTION_ADDITIONAL, "ns.test.", TYPE_A, "192.0.2.2"));
	world_free(world);
}
END_TEST

START_TEST(aliases_are_followed_as_far_as_they_are_known)
{
	struct world *world = world_of();
	struct answer answer;
	world_run(world, 30 * SECOND); /* the end of the alias has gone, the alias has not */
	ck_assert_int_eq(refer(world, "alias.test.", false, &answer), 0);
	ck_assert(has(&answer, SECTION_ANSWER, "alias.test.", TYPE_CNAME, "end.test."));
	ck_assert(has(&answer, SECTION_AUTHORITY, "test.", TYPE_NS, "ns.test."));
	world_free(world);
}
END_TEST

START_TEST(what_is_over_is_no_referral)
{
	struct world *world = world_of();
	struct answer answer;
	world_run(world, 3700 * SECOND);
	ck_assert_int_eq(refer(world, "a.b.test.", false, &answer), ERR_NOT_FOUND);
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: referrals for clients");
	TCase *tcase = tcase_create("refer");
	tcase_add_test(tcase, the_deepest_delegation_is_given_with_its_glue);
	tcase_add_test(tcase, with_do_its_ds_set_goes_along);
	tcase_add_test(tcase, for_a_ds_nobody_is_sent_to_the_zone_itself);
	tcase_add_test(tcase, the_zones_own_ns_set_goes_before_its_parents);
	tcase_add_test(tcase, aliases_are_followed_as_far_as_they_are_known);
	tcase_add_test(tcase, what_is_over_is_no_referral);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
