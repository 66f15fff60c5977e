/* Signed zones whose signatures are missing: of an algorithm, or of all that a server says; and signatures, which have none. */
#include "resolver/iterate/validation.h"
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

static struct signed_world sw;

static const struct world_result *
resolve(const char *qname, uint16_t qtype)
{
	return world_resolve(sw.world, qname, qtype);
}

static void
expect_bogus(const struct world_result *result)
{
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 0);
}

/* mal. announces a second algorithm, 13, by which nothing is signed: whoever takes its signatures away goes unnoticed, unless asked for. */
START_TEST(of_several_algorithms_one_is_enough_unless_all_are_wanted)
{
	static const uint8_t ds[4 + 32] = { 0, 1, 13, DIGEST_SHA256 };
	const struct name mal = name_of("mal.");
	signed_world_init(&sw, 1, NULL, NULL, NULL);
	struct engine_config config = sw.world->config;
	config.harden_algo_downgrade = _i != 0;
	engine_configure(sw.world->engine, &config);
	ck_assert_int_eq(anchors_add(&sw.anchors, sw.crypto, &mal, TYPE_DS, ds, sizeof ds), 0);
	const struct world_result *result = resolve("www.mal.", TYPE_A);
	if (_i == 0)
		ck_assert_uint_eq(result->security, SECURITY_SECURE);
	else
		expect_bogus(result);
	ck_assert_int_eq(result->ede, _i == 0 ? EDE_NONE : EDE_DNSSEC_BOGUS);
	signed_world_fini(&sw);
}
END_TEST

/* As a server that knows nothing of DNSSEC has it: the zone's NS set beside the answer. */
static void
answer_unsigned(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_A)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_ANSWER], world_record(world, "www.mal.", TYPE_A, 300, "203.0.113.80"));
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "mal.", TYPE_NS, 300, "ns.mal."));
}

START_TEST(what_says_itself_that_it_is_of_a_signed_zone_is_bogus_without_another_question)
{
	signed_world_init(&sw, 1, NULL, NULL, answer_unsigned);
	const struct world_result *result = resolve("www.mal.", TYPE_A);
	expect_bogus(result);
	ck_assert_int_eq(result->ede, EDE_RRSIGS_MISSING);
	ck_assert_uint_eq(world_asked(sw.world, "www.mal.", TYPE_DS), 0);
	signed_world_fini(&sw);
}
END_TEST

/* Of the zone's keys alone. */
static void
leave_keys_unsigned(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world;
	(void)server;
	for (struct rrset *set = reply->sections[SECTION_ANSWER]; query->question.qtype == TYPE_DNSKEY && set != NULL; set = set->next)
		set->sig_count = 0;
}

/* RFC 8914: who reads it has to find the zone and the server to look at. */
START_TEST(the_reason_names_what_does_not_hold_and_who_has_said_it)
{
	static const struct {
		world_habit *habit;
		const char *text;
	} cases[] = {
		{ answer_unsigned, "www.mal. A from 203.0.113.66: signatures are missing" },
		{ leave_keys_unsigned,
		  "www.mal. A: mal. DNSKEY from 203.0.113.66: the keys of a trust anchor's zone are not signed" },
	};

	signed_world_init(&sw, 1, NULL, NULL, cases[_i].habit);
	const struct world_result *result = resolve("www.mal.", TYPE_A);
	expect_bogus(result);
	ck_assert_str_eq(result->ede_text, cases[_i].text);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(where_all_servers_lie_one_is_looked_for_in_the_other_family)
{
	static const struct world_zone both = { "mal.", "mal. 600 SOA mname. rname. 1 2 3 4 300\n"
							"mal. 3600 NS ns.mal.\n"
							"ns.mal. 3600 A 203.0.113.66\n"
							"ns.mal. 3600 AAAA 2001:db8::66\n"
							"www.mal. 300 A 203.0.113.80\n" };

	signed_world_init(&sw, 1, NULL, NULL, answer_unsigned);
	struct signed_zone honest_zone = { .apex = sw.mal_zone.apex, .key = sw.mal_zone.key };
	world_serve_instead(sw.mal, &both);
	struct world_server *honest = world_server(sw.world, "2001:db8::66", &both);
	honest->habit = sw.mal->habit;
	honest->context = &honest_zone;
	ck_assert_uint_eq(resolve("www.mal.", TYPE_A)->security, SECURITY_SECURE);
	ck_assert_uint_eq(world_asked(sw.world, "ns.mal.", TYPE_AAAA), 1);
	ck_assert_uint_gt(honest->asked, 0);
	signed_world_fini(&sw);
}
END_TEST

/* What mal. says of its delegation sub.mal., which is not signed. */
static void
prove_no_ds(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct name sub = name_of("sub.mal.");

	(void)server;
	if (query->question.qtype == TYPE_DS && name_equal(&query->question.qname, &sub))
		records_append(&reply->sections[SECTION_AUTHORITY],
			       world_record(world, "sub.mal.", TYPE_NSEC, 300, "mal. NS RRSIG NSEC"));
}

/*
 * sub.mal. has no signatures, and so nothing vouches for the DS set in it: low.sub.mal. is insecure, although it is signed, by
 * a key for which that DS does not stand (RFC 4035, section 4.3).
 */
START_TEST(a_ds_set_below_an_unsigned_zone_makes_nothing_secure_and_nothing_bogus)
{
	static const struct world_zone
		top = { "mal.", "mal. 600 SOA mname. rname. 1 2 3 4 300\n"
				"mal. 3600 NS ns.mal.\n"
				"ns.mal. 3600 A 203.0.113.66\n"
				"sub.mal. 3600 NS ns.sub.mal.\n"
				"ns.sub.mal. 3600 A 203.0.113.67\n" },
		sub = { "sub.mal.", "sub.mal. 600 SOA mname. rname. 1 2 3 4 300\n"
				    "sub.mal. 3600 NS ns.sub.mal.\n"
				    "ns.sub.mal. 3600 A 203.0.113.67\n"
				    "low.sub.mal. 3600 NS ns.low.sub.mal.\n"
				    "low.sub.mal. 3600 DS 4711 15 2 "
				    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
				    "ns.low.sub.mal. 3600 A 203.0.113.68\n" },
		low = { "low.sub.mal.", "low.sub.mal. 600 SOA mname. rname. 1 2 3 4 300\n"
					"low.sub.mal. 3600 NS ns.low.sub.mal.\n"
					"ns.low.sub.mal. 3600 A 203.0.113.68\n"
					"www.low.sub.mal. 300 A 203.0.113.80\n" };
	struct signed_zone low_zone = { .apex = name_of("low.sub.mal."), .key = 3 };

	signed_world_init(&sw, 1, NULL, prove_no_ds, NULL);
	world_serve_instead(sw.mal, &top);
	world_server(sw.world, "203.0.113.67", &sub);
	struct world_server *server = world_server(sw.world, "203.0.113.68", &low);
	server->habit = sw.mal->habit;
	server->context = &low_zone;
	const struct world_result *result = resolve("www.low.sub.mal.", TYPE_A);
	ck_assert_msg(world_has(result, SECTION_ANSWER, "www.low.sub.mal.", TYPE_A, "203.0.113.80"), "%s", result->ede_text);
	ck_assert_uint_eq(result->security, SECURITY_INSECURE);
	const struct world_result *ds = resolve("low.sub.mal.", TYPE_DS);
	ck_assert_uint_eq(world_count(ds, SECTION_ANSWER), 1);
	ck_assert_uint_eq(ds->security, SECURITY_INSECURE);
	signed_world_fini(&sw);
}
END_TEST

static void
answer_with_signatures(struct world *world, struct world_server *server, const struct query *query,
		       struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_RRSIG)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_ANSWER],
		       world_record(world, "www.mal.", TYPE_RRSIG, 300, "A 13 2 300 20300101000000 20200101000000 1 mal. AAAA"));
}

START_TEST(signatures_are_given_though_nobody_signs_them)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	signed_world_init(&sw, 1, &config, NULL, answer_with_signatures);
	const struct world_result *result = resolve("www.mal.", TYPE_RRSIG);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_INSECURE);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: missing signatures");
	TCase *tcase = tcase_create("missing");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, of_several_algorithms_one_is_enough_unless_all_are_wanted, 0, 2);
	tcase_add_test(tcase, what_says_itself_that_it_is_of_a_signed_zone_is_bogus_without_another_question);
	tcase_add_loop_test(tcase, the_reason_names_what_does_not_hold_and_who_has_said_it, 0, 2);
	tcase_add_test(tcase, where_all_servers_lie_one_is_looked_for_in_the_other_family);
	tcase_add_test(tcase, a_ds_set_below_an_unsigned_zone_makes_nothing_secure_and_nothing_bogus);
	tcase_add_test(tcase, signatures_are_given_though_nobody_signs_them);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
