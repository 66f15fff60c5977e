/* Which keys are trusted is told to those who keep them (RFC 8145), and to clients who ask for it (RFC 8509). */
#include <stdio.h>

#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

#define ROOT_TAG      20326u
#define OTHER_TAG     "38696"
#define DS_BYTES      36u
#define SIGNAL_BYTES  80u

static struct signed_world sw;

/* A DS that no key has to fit: nothing of the root's is asked for here. */
static void
trust(const struct name *zone, uint16_t tag)
{
	uint8_t ds[DS_BYTES] = { (uint8_t)(tag >> 8), (uint8_t)tag, 13, 2 };

	ck_assert_int_eq(anchors_add(&sw.anchors, sw.crypto, zone, TYPE_DS, ds, sizeof ds), 0);
}

/* ---- to the zone: RFC 8145 -------------------------------------------------------------------------------------- */

static void
begin(bool signals)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.trust_anchor_signaling = signals;
	signed_world_init(&sw, 1, &config, NULL, NULL);
}

static uint16_t
victim_tag(void)
{
	struct rdata_walk walk;

	rdata_first(anchors_at(&sw.anchors, &sw.victim_zone.apex), &walk);
	ck_assert(rdata_next(&walk));
	return (uint16_t)(walk.bytes[0] << 8 | walk.bytes[1]);
}

START_TEST(the_tags_of_an_anchor_go_to_its_zone_when_its_keys_are_asked_for)
{
	char qname[SIGNAL_BYTES];

	begin(true);
	(void)snprintf(qname, sizeof qname, "_ta-%04x.victim.", victim_tag());
	(void)world_resolve(sw.world, "www.victim.", TYPE_A);
	world_run(sw.world, 1000000);
	ck_assert_uint_eq(world_asked(sw.world, qname, TYPE_NULL), 1);
	ck_assert_uint_eq(signed_world_stats(&sw).signals, 1);
	(void)world_resolve(sw.world, "good.victim.", TYPE_A); /* the keys are known */
	world_run(sw.world, 1000000);
	ck_assert_uint_eq(world_asked(sw.world, qname, TYPE_NULL), 1);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(the_caches_do_not_keep_a_signal_from_its_zone)
{
	const struct engine_question keys = { .qname = name_of("victim."), .qtype = TYPE_DNSKEY, .qclass = CLASS_IN, .anew = true };

	begin(true);
	for (unsigned i = 0; i < 2; i++) { /* as RFC 5011, section 2.3 has the keys asked for */
		(void)world_resolve_as(sw.world, &keys);
		world_run(sw.world, 1000000);
	}
	ck_assert_uint_eq(signed_world_stats(&sw).signals, 2);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(tags_stand_in_order_once_each_and_as_many_as_a_label_holds)
{
	static const char expected[] = "_ta-0001-0002-0003-0004-0005-0006-0007-0008-0009-000a-000b-000c.";

	begin(true);
	for (uint16_t tag = 14; tag > 0; tag--) {
		trust(&name_root, tag);
		trust(&name_root, tag);
	}
	const struct engine_question keys = { .qname = name_root, .qtype = TYPE_DNSKEY, .qclass = CLASS_IN };
	(void)world_resolve_as(sw.world, &keys);
	world_run(sw.world, 1000000);
	ck_assert_uint_eq(world_asked(sw.world, expected, TYPE_NULL), 1);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(nothing_is_told_of_a_zone_that_is_not_validated)
{
	begin(true);
	ck_assert_int_eq(anchors_add_insecure(&sw.anchors, &sw.victim_zone.apex), 0);
	(void)world_resolve(sw.world, "victim.", TYPE_DNSKEY);
	(void)world_resolve(sw.world, "www.victim.", TYPE_DNSKEY); /* nor where no anchor is */
	world_run(sw.world, 1000000);
	ck_assert_uint_eq(signed_world_stats(&sw).signals, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(whoever_does_not_want_it_tells_nothing)
{
	begin(false);
	(void)world_resolve(sw.world, "www.victim.", TYPE_A);
	world_run(sw.world, 1000000);
	ck_assert_uint_eq(signed_world_stats(&sw).signals, 0);
	signed_world_fini(&sw);
}
END_TEST

/* ---- to a client: RFC 8509 ---------------------------------------------------------------------------------------- */

#define IS  "root-key-sentinel-is-ta-"
#define NOT "root-key-sentinel-not-ta-"

static const struct world_zone victim = { "victim.", "victim. 600 SOA mname. rname. 1 2 3 4 300\n"
						     "victim. 3600 NS ns.victim.\n"
						     "ns.victim. 3600 A 192.0.2.2\n"
						     IS "20326.victim. 300 A 192.0.2.80\n"
						     IS "20326.victim. 300 AAAA 2001:db8::80\n"
						     IS OTHER_TAG ".victim. 300 A 192.0.2.80\n"
						     IS OTHER_TAG ".victim. 300 AAAA 2001:db8::80\n"
						     IS OTHER_TAG ".victim. 300 TXT \"text\"\n"
						     IS "3869x.victim. 300 A 192.0.2.80\n"
						     IS "038696.victim. 300 A 192.0.2.80\n"
						     NOT "20326.victim. 300 A 192.0.2.80\n"
						     NOT "20326.victim. 300 TXT \"text\"\n"
						     NOT OTHER_TAG ".victim. 300 A 192.0.2.80\n"
						     "www." NOT "20326.victim. 300 A 192.0.2.80\n" };

static const struct {
	const char *behaviour, *qname;
	uint16_t qtype;
	bool checking_disabled, is_off;
	uint16_t rcode;
} sentinels[] = {
	{ "a key that is trusted", IS "20326.victim.", TYPE_A, false, false, RCODE_NOERROR },
	{ "in the other family", IS "20326.victim.", TYPE_AAAA, false, false, RCODE_NOERROR },
	{ "a key that is not", IS OTHER_TAG ".victim.", TYPE_A, false, false, RCODE_SERVFAIL },
	{ "nor in the other family", IS OTHER_TAG ".victim.", TYPE_AAAA, false, false, RCODE_SERVFAIL },
	{ "in capitals", "Root-Key-Sentinel-IS-ta-" OTHER_TAG ".victim.", TYPE_A, false, false, RCODE_SERVFAIL },
	{ "what is trusted, denied", NOT "20326.victim.", TYPE_A, false, false, RCODE_SERVFAIL },
	{ "what is not, denied", NOT OTHER_TAG ".victim.", TYPE_A, false, false, RCODE_NOERROR },
	{ "another type", IS OTHER_TAG ".victim.", TYPE_TXT, false, false, RCODE_NOERROR },
	{ "another type, denied", NOT "20326.victim.", TYPE_TXT, false, false, RCODE_NOERROR },
	{ "no number", IS "3869x.victim.", TYPE_A, false, false, RCODE_NOERROR },
	{ "a number of six digits", IS "038696.victim.", TYPE_A, false, false, RCODE_NOERROR },
	{ "not the first label", "www." NOT "20326.victim.", TYPE_A, false, false, RCODE_NOERROR },
	{ "nothing is checked for who says CD", IS OTHER_TAG ".victim.", TYPE_A, true, false, RCODE_NOERROR },
	{ "switched off", IS OTHER_TAG ".victim.", TYPE_A, false, true, RCODE_NOERROR },
};

START_TEST(a_sentinel_tells_whether_a_key_of_the_root_is_trusted)
{
	struct engine_config config = engine_config_default;

	config.prime_root = false;
	config.root_key_sentinel = !sentinels[_i].is_off;
	signed_world_init(&sw, 1, &config, NULL, NULL);
	world_serve_instead(sw.victim, &victim);
	trust(&name_root, ROOT_TAG);
	const struct engine_question question = { .qname = name_of(sentinels[_i].qname), .qtype = sentinels[_i].qtype, .qclass = CLASS_IN,
						  .checking_disabled = sentinels[_i].checking_disabled };
	for (unsigned i = 0; i < 2; i++) { /* the second time from the caches */
		const struct world_result *result = world_resolve_as(sw.world, &question);
		ck_assert_msg(result->rcode == sentinels[_i].rcode, "%s: rcode %u", sentinels[_i].behaviour, result->rcode);
		ck_assert_uint_eq(world_count(result, SECTION_ANSWER), sentinels[_i].rcode == RCODE_NOERROR);
	}
	signed_world_fini(&sw);
}
END_TEST

/* An answer that is not secure is given as it is, or nothing would be known of the key (RFC 8509, section 3.1). */
START_TEST(what_nobody_has_signed_is_no_sentinel)
{
	signed_world_init(&sw, 1, NULL, NULL, NULL);
	world_serve_instead(sw.victim, &victim);
	trust(&name_root, ROOT_TAG);
	ck_assert_int_eq(anchors_add_insecure(&sw.anchors, &sw.victim_zone.apex), 0);
	ck_assert_uint_eq(world_resolve(sw.world, IS OTHER_TAG ".victim.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(signed_world_stats(&sw).sentinels, 0);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: which keys are trusted");
	TCase *tcase = tcase_create("signals");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_tags_of_an_anchor_go_to_its_zone_when_its_keys_are_asked_for);
	tcase_add_test(tcase, the_caches_do_not_keep_a_signal_from_its_zone);
	tcase_add_test(tcase, tags_stand_in_order_once_each_and_as_many_as_a_label_holds);
	tcase_add_test(tcase, nothing_is_told_of_a_zone_that_is_not_validated);
	tcase_add_test(tcase, whoever_does_not_want_it_tells_nothing);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("sentinels");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_sentinel_tells_whether_a_key_of_the_root_is_trusted, 0, COUNT(sentinels));
	tcase_add_test(tcase, what_nobody_has_signed_is_no_sentinel);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
