/* Zones kept here that are to be validated: the copy may be worth nothing, and the zone's servers may know better. */
#include <string.h>

#include "resolver/iterate/validation.h"
#include "resolver/zone/kept.h"
#include "tests/resolver/iterate/signed_world.h"
#include "tests/suite.h"

static const char unsigned_text[] = "@ 3600 SOA ns h 1 2 3 4 300\n@ NS ns\nwww A 192.0.2.66\n";

/* As above, with a key that is not the anchor's and signatures that nobody has made. */
static const char spoiled_text[] =
	"@ 3600 SOA ns h 1 2 3 4 300\n@ NS ns\n"
	"@ DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n"
	"@ RRSIG DNSKEY 15 1 3600 20270301000000 20260101000000 3613 mal. AAAA\n"
	"www A 192.0.2.66\n"
	"www RRSIG A 15 2 3600 20270301000000 20260101000000 3613 mal. AAAA\n";

/* That there are no keys is "proved" with them. */
static const char denying_text[] =
	"@ 3600 SOA ns h 1 2 3 4 300\n@ NS ns\n"
	"@ NSEC www NS SOA RRSIG NSEC\n"
	"@ RRSIG NSEC 15 1 3600 20270301000000 20260101000000 3613 mal. AAAA\n"
	"www A 192.0.2.66\n";

static struct signed_world sw;
static struct arena arena;
static uint8_t block[64u << 10];
static struct zone_reading reading;

/* www.mal. is no zone: its server proves it. */
static void
prove_no_ds(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)server;
	if (query->question.qtype != TYPE_DS)
		return;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "mal.", TYPE_SOA, 300, "mname. rname. 1 2 3 4 300"));
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, "www.mal.", TYPE_NSEC, 300, "mal. A RRSIG NSEC"));
}

static void
keep(const char *text, bool fallback)
{
	const struct name apex = name_of("mal.");
	struct kept_zone zone = { .name = &apex, .for_upstream = true, .fallback = fallback };
	struct zone_builder builder;
	struct zone *records;

	signed_world_init(&sw, suite_seed(5), NULL, prove_no_ds, NULL);
	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(zone_begin(&builder, &apex, &arena), 0);
	ck_assert_int_eq(zone_read(&builder, text, strlen(text), &reading), 0);
	ck_assert_int_eq(zone_finish(&builder, &records), 0);
	zone.zone = records;
	struct kept_zones *kept = kept_new(&arena);
	ck_assert_int_eq(kept_add(kept, &zone), 0);
	engine_set_kept(sw.world->engine, kept);
}

static const struct {
	const char *behaviour, *text, *why;
} copies[] = {
	{ "without keys", unsigned_text, "www.mal. A: mal. DNSKEY: the zone has no keys" },
	{ "that denies its keys", denying_text, "www.mal. A: mal. DNSKEY: the zone has no keys" },
	{ "with keys that the anchor does not know", spoiled_text, "www.mal. A: mal. DNSKEY: the signatures do not verify" },
};

START_TEST(a_copy_that_does_not_hold_fails_at_once_with_its_reason)
{
	keep(copies[_i].text, false);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_msg(result->rcode == RCODE_SERVFAIL, "%s", copies[_i].behaviour);
	ck_assert_int_eq(result->ede, EDE_DNSKEY_MISSING);
	ck_assert_str_eq(result->ede_text, copies[_i].why);
	ck_assert_uint_eq(result->took_us, 0);
	ck_assert_uint_eq(sw.world->sent_count, 0);
	ck_assert_uint_eq(signed_world_stats(&sw).budget_exceeded, 0);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(its_keys_do_not_wait_for_themselves)
{
	keep(copies[_i].text, false);
	const struct world_result *result = world_resolve(sw.world, "mal.", TYPE_DNSKEY);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_DNSKEY_MISSING);
	ck_assert_uint_eq(signed_world_stats(&sw).budget_exceeded, 0);
	ck_assert_uint_le(signed_world_stats(&sw).kept_zones, VALIDATION_RESTARTS_MAX + 1u);
	signed_world_fini(&sw);
}
END_TEST

START_TEST(with_fallback_its_servers_are_asked_instead)
{
	keep(copies[_i].text, true);
	const struct world_result *result = world_resolve(sw.world, "www.mal.", TYPE_A);
	ck_assert_msg(result->rcode == RCODE_NOERROR, "%s: %s", copies[_i].behaviour, result->ede_text);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert(world_has(result, SECTION_ANSWER, "www.mal.", TYPE_A, "203.0.113.80"));
	ck_assert_uint_ge(signed_world_stats(&sw).kept_zones, 1);
	signed_world_fini(&sw);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("zones kept here that are to be validated");
	TCase *tcase = tcase_create("kept");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_copy_that_does_not_hold_fails_at_once_with_its_reason, 0, COUNT(copies));
	tcase_add_loop_test(tcase, its_keys_do_not_wait_for_themselves, 0, COUNT(copies));
	tcase_add_loop_test(tcase, with_fallback_its_servers_are_asked_instead, 0, COUNT(copies));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
