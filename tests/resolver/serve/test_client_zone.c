/* Zones that are kept here for clients: answered with authority, and gone on from for who may have recursion. */
#include <stdlib.h>
#include <string.h>

#include "resolver/zone/kept.h"
#include "resolver/zone/notified.h"
#include "tests/resolver/serve/client_world.h"
#include "tests/suite.h"

static struct client_world world;
static struct client_outcome outcome;
static struct client_source source;
static struct message message;
static struct arena reading, arena;
static struct kept_zones *kept;
static uint8_t query_bytes[512], reply_bytes[4096], reading_block[256u << 10], block[1u << 20];
static struct zone_reading zone_reading;

static const char text[] = "@ 3600 SOA ns h 1 2 3 4 300\n@ NS ns\nwww A 192.0.2.80\n"
			   "away CNAME www.elsewhere.\n"
			   "over CNAME www.other.kept.\n"
			   "other NS ns\n"
			   "below NS ns.below\nns.below A 192.0.2.2\n";
static const char other_text[] = "@ 3600 SOA ns h 1 2 3 4 300\n@ NS ns\nwww A 192.0.2.81\n"
				 "circle CNAME circle\n";

static void
keep(const char *apex_text, const char *from, bool fallback)
{
	struct zone_builder builder;
	struct zone *zone = NULL;
	struct name apex;
	ck_assert_int_eq(name_from_text(&apex, apex_text, NULL), 0);
	if (from != NULL) {
		ck_assert_int_eq(zone_begin(&builder, &apex, &arena), 0);
		ck_assert_int_eq(zone_read(&builder, from, strlen(from), &zone_reading), 0);
		ck_assert_int_eq(zone_finish(&builder, &zone), 0);
	}
	const struct kept_zone added = { .name = &apex, .for_downstream = true, .fallback = fallback, .zone = zone };
	ck_assert_int_eq(kept_add(kept, &added), 0);
}

static void
setup(void)
{
	client_world_init(&world, suite_seed(4));
	arena_init(&reading, reading_block, sizeof reading_block);
	arena_init(&arena, block, sizeof block);
	kept = kept_new(&arena);
	keep("kept.", text, false);
	keep("other.kept.", other_text, false);
	keep("expired.", NULL, false);
	keep("fallback.", NULL, true);
	world.policy.kept = kept;
}

static void
teardown(void)
{
	client_world_fini(&world);
}

/* An OPT record with DO (RFC 6891, section 6.1.2; RFC 3225). */
static const uint8_t opt_dnssec[] = { 0, 0, TYPE_OPT, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0 };
static bool wants_dnssec;

static void
ask_for(const char *from, const char *qname, uint16_t qtype, uint16_t flags)
{
	struct writer writer = writer_over(query_bytes, sizeof query_bytes);
	struct name name;
	source = (struct client_source){ .port = 5353 };
	ck_assert_int_eq(addr_from_text(&source.addr, from), 0);
	ck_assert_int_eq(name_from_text(&name, qname, NULL), 0);
	writer_u16(&writer, 0x1234);
	writer_u16(&writer, flags);
	writer_u16(&writer, 1);
	writer_u32(&writer, 0);
	writer_u16(&writer, wants_dnssec);
	writer_bytes(&writer, name.wire, name.size);
	writer_u16(&writer, qtype);
	writer_u16(&writer, CLASS_IN);
	if (wants_dnssec)
		writer_bytes(&writer, opt_dnssec, sizeof opt_dnssec);
	client_query(&world.clients, &source, query_bytes, writer.pos, reply_bytes, sizeof reply_bytes, CLIENT_WORLD_NOW_US,
		     &outcome);
	arena_reset(&reading);
	if (outcome.fate == CLIENT_REPLIES)
		ck_assert_int_eq(message_read(&message, &reading, reply_bytes, outcome.reply_bytes), 0);
}

static void
ask(const char *from, const char *qname, uint16_t flags)
{
	ask_for(from, qname, TYPE_A, flags);
}

START_TEST(its_names_are_answered_with_authority)
{
	ask("192.0.2.1", "www.kept.", DNS_RD);
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	ck_assert(message.flags & DNS_AA);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->rdata[5], 80);
	ask("192.0.2.1", "no.kept.", DNS_RD);
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	ck_assert(message.flags & DNS_AA);
	ck_assert_uint_eq(message.sections[SECTION_AUTHORITY]->type, TYPE_SOA);
	ck_assert_uint_eq(world.clients.stats.answers_zone, 2);
}
END_TEST

START_TEST(without_rd_and_for_who_may_have_local_data_alone_it_answers_too)
{
	ask("192.0.2.1", "www.kept.", 0);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->rdata[5], 80);
	ask("192.0.2.6", "www.kept.", DNS_RD);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->rdata[5], 80);
}
END_TEST

START_TEST(who_is_refused_is_not_given_its_data)
{
	ask("192.0.2.2", "www.kept.", DNS_RD);
	ck_assert_uint_eq(message.rcode, RCODE_REFUSED);
}
END_TEST

START_TEST(an_alias_out_of_it_is_resolved_for_who_may_recurse)
{
	client_world_put(&world, "www.elsewhere.");
	ask("192.0.2.1", "away.kept.", DNS_RD);
	ck_assert(message.flags & DNS_AA);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 2);
	ask("192.0.2.1", "away.kept.", 0);
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 1);
}
END_TEST

START_TEST(an_alias_that_has_to_wait_is_put_in_front_of_what_comes)
{
	uint64_t client;
	struct answer answer;
	ask("192.0.2.1", "away.kept.", DNS_RD);
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1); /* nobody answers: SERVFAIL */
	client_answer(&world.clients, client, &answer, reply_bytes, sizeof reply_bytes, CLIENT_WORLD_NOW_US, &outcome);
	ck_assert_int_eq(message_read(&message, &reading, reply_bytes, outcome.reply_bytes), 0);
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 0);
	ck_assert(!(message.flags & DNS_AA));
}
END_TEST

/* kept. as its primary has it since, while the target of the alias is looked for. */
static void
renew(const char *from)
{
	kept = kept_new(&arena);
	keep("kept.", from, false);
	world.policy.kept = kept;
	world.policy.generation++;
}

static uint64_t
ask_and_renew(const char *qname, const char *from)
{
	uint64_t client;
	struct answer answer;

	ask("192.0.2.1", qname, DNS_RD);
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	renew(from);
	answer = (struct answer){ .rcode = RCODE_NXDOMAIN, .security = SECURITY_INSECURE, .ede = EDE_NONE };
	client_answer(&world.clients, client, &answer, reply_bytes, sizeof reply_bytes, CLIENT_WORLD_NOW_US, &outcome);
	if (outcome.fate == CLIENT_REPLIES)
		ck_assert_int_eq(message_read(&message, &reading, reply_bytes, outcome.reply_bytes), 0);
	return client;
}

#define APEX "@ 3600 SOA ns h 2 2 3 4 300\n@ NS ns\n"

START_TEST(an_alias_that_leads_elsewhere_since_is_not_given_the_old_targets_answer)
{
	client_world_put(&world, "www.new.");
	(void)ask_and_renew("away.kept.", APEX "away CNAME www.new.\n");
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 2);
	struct name target;
	ck_assert_int_eq(name_from_text(&target, "www.new.", NULL), 0);
	ck_assert(name_equal(message.sections[SECTION_ANSWER]->next->owner, &target));
}
END_TEST

START_TEST(an_alias_that_has_become_an_address_is_answered_from_here)
{
	(void)ask_and_renew("away.kept.", APEX "away A 192.0.2.85\n");
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	ck_assert(message.flags & DNS_AA);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->rdata[5], 85);
	ck_assert_uint_eq(world.clients.stats.pending, 0);
}
END_TEST

START_TEST(an_alias_to_a_name_that_is_not_known_yet_is_waited_for_again)
{
	const uint64_t client = ask_and_renew("away.kept.", APEX "away CNAME www.nowhere.\n");
	struct answer answer;
	uint64_t again;
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
	ck_assert_uint_eq(client_world_run(&world, &again, &answer), 1);
	ck_assert_uint_eq(again, client);
	client_answer(&world.clients, client, &answer, reply_bytes, sizeof reply_bytes, CLIENT_WORLD_NOW_US, &outcome);
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
}
END_TEST

START_TEST(an_alias_into_another_zone_that_is_kept_is_answered_from_there)
{
	ask("192.0.2.1", "over.kept.", DNS_RD);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 2);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->next->rdata[5], 81);
	ck_assert(message.flags & DNS_AA);
}
END_TEST

START_TEST(a_circle_of_aliases_ends_in_a_failure)
{
	ask("192.0.2.1", "circle.other.kept.", DNS_RD);
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
}
END_TEST

START_TEST(a_zone_below_is_referred_to_without_rd_and_resolved_with_it)
{
	ask("192.0.2.1", "www.below.kept.", 0);
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
	ck_assert(!(message.flags & DNS_AA));
	ck_assert_uint_eq(message.sections[SECTION_AUTHORITY]->type, TYPE_NS);
	ck_assert_uint_eq(message.sections[SECTION_ADDITIONAL]->type, TYPE_A);
	ask("192.0.2.1", "www.below.kept.", DNS_RD);
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
}
END_TEST

/* Proofs by NSEC3 are not made here: who wants them has the zone's servers asked, if he may. */
START_TEST(a_zone_denied_by_nsec3_is_resolved_for_who_wants_proofs)
{
	keep("hashed.", "@ 3600 SOA ns h 1 2 3 4 300\n@ NS ns\n@ NSEC3PARAM 1 0 0 -\nwww A 192.0.2.82\n", false);
	ask("192.0.2.1", "no.hashed.", DNS_RD);
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	wants_dnssec = true;
	ask("192.0.2.1", "no.hashed.", DNS_RD);
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
	ask("192.0.2.1", "no.hashed.", 0);
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
	wants_dnssec = false;
}
END_TEST

START_TEST(without_records_it_fails_or_is_resolved)
{
	ask("192.0.2.1", "www.expired.", DNS_RD);
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(outcome.ede, EDE_INVALID_DATA);
	ask("192.0.2.1", "www.fallback.", DNS_RD);
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
}
END_TEST

/* ---- NOTIFY (RFC 1996) ---------------------------------------------------------------------------------- */

#define NOTIFY (OPCODE_NOTIFY << 11 | DNS_AA)

/* 192.0.2.200, which is no client, may speak for kept., and everybody in 192.0.2.0/24 for other.kept. */
static struct notified *
allow(void)
{
	struct notified *notified = notified_new(&arena, 2);
	const struct notified_source anybody = { .key = NULL };
	struct ip_addr addr;
	struct name name;
	ck_assert_int_eq(name_from_text(&name, "kept.", NULL), 0);
	ck_assert_int_eq(addr_from_text(&addr, "192.0.2.200"), 0);
	ck_assert_int_eq(notified_allow(notified, notified_add(notified, &name), &addr, 32, &anybody), 0);
	ck_assert_int_eq(name_from_text(&name, "other.kept.", NULL), 0);
	ck_assert_int_eq(notified_allow(notified, notified_add(notified, &name), &addr, 24, &anybody), 0);
	world.policy.notified = notified;
	return notified;
}

START_TEST(a_primary_may_say_that_its_zone_has_changed_and_need_be_no_client)
{
	struct notified *notified = allow();
	ask_for("192.0.2.200", "KEPT.", TYPE_SOA, NOTIFY);
	ck_assert(outcome.has_notified);
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	ck_assert_uint_eq(DNS_OPCODE(message.flags), OPCODE_NOTIFY);
	ck_assert(message.flags & DNS_AA);
	ck_assert_uint_eq(message.question_count, 1);
	ck_assert(notified_take(notified, 0));
	ck_assert(!notified_take(notified, 0));
	ck_assert(!notified_take(notified, 1));
	ck_assert_uint_eq(world.clients.stats.notified, 1);
}
END_TEST

static const struct {
	const char *behaviour, *from, *zone;
	uint16_t qtype;
} unheeded[] = {
	{ "who may not speak for the zone", "192.0.2.1", "kept.", TYPE_SOA },
	{ "a zone that does not come from a primary", "192.0.2.200", "elsewhere.", TYPE_SOA },
	{ "a name in the zone", "192.0.2.200", "www.kept.", TYPE_SOA },
	{ "another type", "192.0.2.200", "kept.", TYPE_A },
};

START_TEST(other_notifies_are_refused_and_change_nothing)
{
	struct notified *notified = allow();
	ask_for(unheeded[_i].from, unheeded[_i].zone, unheeded[_i].qtype, NOTIFY);
	ck_assert_msg(!outcome.has_notified && message.rcode == RCODE_REFUSED, "%s", unheeded[_i].behaviour);
	ck_assert(!notified_take(notified, 0) && !notified_take(notified, 1));
}
END_TEST

START_TEST(a_netblock_may_speak_for_a_zone)
{
	struct notified *notified = allow();
	ask_for("192.0.2.77", "other.kept.", TYPE_SOA, NOTIFY);
	ck_assert(outcome.has_notified);
	ck_assert(notified_take(notified, 1));
}
END_TEST

START_TEST(who_is_not_to_be_answered_at_all_is_not_heard_either)
{
	struct notified *notified = allow();
	ask_for("192.0.2.3", "other.kept.", TYPE_SOA, NOTIFY); /* deny */
	ck_assert_int_eq((int)outcome.fate, CLIENT_DROPS);
	ck_assert(!notified_take(notified, 1));
}
END_TEST

/* ---- NOTIFY that is signed (RFC 8945) ------------------------------------------------------------------- */

static struct tsig_key notify_key, other_key;
static struct tsig_hmac *hmac, *worker_hmac;
static struct tsig tsig;

/* 192.0.2.200 may speak for kept. if it signs with the key; it need not where wants_signature is false. */
static struct notified *
allow_signed(bool wants_signature)
{
	struct notified *notified = notified_new(&arena, 1);
	struct ip_addr addr;
	struct name name;
	hmac = tsig_hmac_new();
	worker_hmac = tsig_hmac_new();
	clients_set_hmac(&world.clients, worker_hmac);
	clients_set_clock(&world.clients, 0);
	ck_assert_int_eq(name_from_text(&notify_key.name, "k.", NULL), 0);
	ck_assert_int_eq(tsig_algorithm_from_text(&notify_key.algorithm, "sha256"), 0);
	ck_assert_int_eq(tsig_secret_from_text(&notify_key, "c2VjcmV0"), 0);
	other_key = notify_key;
	other_key.secret[0] ^= 1;
	const struct notified_source signer = { .key = &notify_key, .wants_signature = wants_signature };
	ck_assert_int_eq(name_from_text(&name, "kept.", NULL), 0);
	ck_assert_int_eq(addr_from_text(&addr, "192.0.2.200"), 0);
	ck_assert_int_eq(notified_allow(notified, notified_add(notified, &name), &addr, 32, &signer), 0);
	world.policy.notified = notified;
	return notified;
}

static void
forget_hmac(void)
{
	clients_set_hmac(&world.clients, NULL);
	tsig_hmac_free(hmac);
	tsig_hmac_free(worker_hmac);
}

static void
send_signed(const struct tsig_key *key, const char *from, uint16_t flags, uint64_t when_s)
{
	struct writer writer = writer_over(query_bytes, sizeof query_bytes);
	struct name name;
	ck_assert_int_eq(name_from_text(&name, "kept.", NULL), 0);
	source = (struct client_source){ .port = 5353 };
	ck_assert_int_eq(addr_from_text(&source.addr, from), 0);
	writer_u16(&writer, 0x1234);
	writer_u16(&writer, flags);
	writer_u16(&writer, 1);
	writer_u16(&writer, 0);
	writer_u32(&writer, 0);
	writer_bytes(&writer, name.wire, name.size);
	writer_u16(&writer, TYPE_SOA);
	writer_u16(&writer, CLASS_IN);
	tsig_begin(&tsig, key, hmac);
	const int size = tsig_sign(&tsig, query_bytes, writer.pos, sizeof query_bytes, when_s);
	ck_assert_int_gt(size, 0);
	client_query(&world.clients, &source, query_bytes, (size_t)size, reply_bytes, sizeof reply_bytes, CLIENT_WORLD_NOW_US,
		     &outcome);
	ck_assert_int_eq((int)outcome.fate, CLIENT_REPLIES);
}

static void
notify_signed(const struct tsig_key *key, uint64_t when_s)
{
	send_signed(key, "192.0.2.200", NOTIFY, when_s);
}

#define NOW_S (CLIENT_WORLD_NOW_US / 1000000u)

START_TEST(a_notify_that_is_signed_is_answered_with_a_signature)
{
	struct notified *notified = allow_signed(true);
	notify_signed(&notify_key, NOW_S);
	ck_assert(outcome.has_notified && notified_take(notified, 0));
	ck_assert_int_eq((int)outcome.refused_signature, TSIG_GOOD);
	ck_assert_int_eq((int)tsig_verify(&tsig, reply_bytes, outcome.reply_bytes, NOW_S), TSIG_GOOD);
	forget_hmac();
}
END_TEST

START_TEST(a_notify_without_the_signature_that_it_has_to_have_is_refused)
{
	struct notified *notified = allow_signed(true);
	ask_for("192.0.2.200", "kept.", TYPE_SOA, NOTIFY);
	ck_assert(!outcome.has_notified && message.rcode == RCODE_REFUSED);
	notify_signed(&other_key, NOW_S);
	ck_assert(!outcome.has_notified && outcome.rcode == RCODE_NOTAUTH);
	notify_signed(&notify_key, NOW_S + 1000);
	ck_assert(!outcome.has_notified && outcome.rcode == RCODE_NOTAUTH);
	ck_assert(!notified_take(notified, 0));
	forget_hmac();
}
END_TEST

/* RFC 8945, sections 5.2.1 to 5.2.3: BADKEY and BADSIG go unsigned, BADTIME is signed and tells our time. */
START_TEST(what_is_wrong_with_a_signature_is_told)
{
	static const uint8_t now[] = { 0, 6, 0, 0, NOW_S >> 24 & 0xff, NOW_S >> 16 & 0xff, NOW_S >> 8 & 0xff, NOW_S & 0xff };
	(void)allow_signed(true);
	notify_signed(&other_key, NOW_S);
	ck_assert_int_eq((int)tsig_verify(&tsig, reply_bytes, outcome.reply_bytes, NOW_S), TSIG_REFUSED);
	ck_assert_str_eq(tsig_error_text(tsig.error), "BADSIG");
	ck_assert_uint_eq(tsig.verified_count, 0);
	ck_assert_int_eq(name_from_text(&other_key.name, "unknown.", NULL), 0);
	notify_signed(&other_key, NOW_S);
	ck_assert_int_eq((int)tsig_verify(&tsig, reply_bytes, outcome.reply_bytes, NOW_S), TSIG_REFUSED);
	ck_assert_str_eq(tsig_error_text(tsig.error), "BADKEY");
	ck_assert_uint_eq(tsig.verified_count, 0);
	notify_signed(&notify_key, NOW_S + 1000);
	ck_assert_int_eq((int)tsig_verify(&tsig, reply_bytes, outcome.reply_bytes, NOW_S + 1000), TSIG_REFUSED);
	ck_assert_str_eq(tsig_error_text(tsig.error), "BADTIME");
	ck_assert_int_eq((int)outcome.refused_signature, TSIG_BAD_TIME); /* for the log */
	ck_assert(outcome.wanted_key != NULL && name_equal(&outcome.wanted_key->name, &notify_key.name));
	ck_assert_uint_eq(tsig.verified_count, 1);
	ck_assert_uint_eq(tsig.time_s, NOW_S + 1000);
	ck_assert_mem_eq(reply_bytes + outcome.reply_bytes - sizeof now, now, sizeof now);
	ck_assert_uint_eq(world.clients.stats.refused_signature, 3);
	forget_hmac();
}
END_TEST

/* Keys are for primaries; that no hmac is there does not matter, for nothing is signed. */
START_TEST(a_question_that_is_signed_is_told_that_the_key_is_not_known)
{
	(void)allow_signed(true);
	clients_set_hmac(&world.clients, NULL);
	send_signed(&notify_key, "192.0.2.1", DNS_RD, NOW_S);
	ck_assert_uint_eq(outcome.rcode, RCODE_NOTAUTH);
	ck_assert_int_eq((int)tsig_verify(&tsig, reply_bytes, outcome.reply_bytes, NOW_S), TSIG_REFUSED);
	ck_assert_str_eq(tsig_error_text(tsig.error), "BADKEY");
	ck_assert(outcome.refused_signature == TSIG_BAD_KEY && outcome.wanted_key == NULL);
	ck_assert_uint_eq(world.clients.stats.refused_signature, 1);
	forget_hmac();
}
END_TEST

START_TEST(a_primary_with_a_key_may_leave_the_signature_but_not_get_it_wrong)
{
	struct notified *notified = allow_signed(false);
	ask_for("192.0.2.200", "kept.", TYPE_SOA, NOTIFY);
	ck_assert(outcome.has_notified && notified_take(notified, 0));
	notify_signed(&other_key, NOW_S);
	ck_assert(!outcome.has_notified && !notified_take(notified, 0));
	forget_hmac();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client: zones kept here");
	TCase *tcase = tcase_create("zone");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, its_names_are_answered_with_authority);
	tcase_add_test(tcase, without_rd_and_for_who_may_have_local_data_alone_it_answers_too);
	tcase_add_test(tcase, who_is_refused_is_not_given_its_data);
	tcase_add_test(tcase, an_alias_out_of_it_is_resolved_for_who_may_recurse);
	tcase_add_test(tcase, an_alias_that_has_to_wait_is_put_in_front_of_what_comes);
	tcase_add_test(tcase, an_alias_that_leads_elsewhere_since_is_not_given_the_old_targets_answer);
	tcase_add_test(tcase, an_alias_that_has_become_an_address_is_answered_from_here);
	tcase_add_test(tcase, an_alias_to_a_name_that_is_not_known_yet_is_waited_for_again);
	tcase_add_test(tcase, an_alias_into_another_zone_that_is_kept_is_answered_from_there);
	tcase_add_test(tcase, a_circle_of_aliases_ends_in_a_failure);
	tcase_add_test(tcase, a_zone_below_is_referred_to_without_rd_and_resolved_with_it);
	tcase_add_test(tcase, a_zone_denied_by_nsec3_is_resolved_for_who_wants_proofs);
	tcase_add_test(tcase, without_records_it_fails_or_is_resolved);
	tcase_add_test(tcase, a_primary_may_say_that_its_zone_has_changed_and_need_be_no_client);
	tcase_add_loop_test(tcase, other_notifies_are_refused_and_change_nothing, 0, COUNT(unheeded));
	tcase_add_test(tcase, a_netblock_may_speak_for_a_zone);
	tcase_add_test(tcase, who_is_not_to_be_answered_at_all_is_not_heard_either);
	tcase_add_test(tcase, a_notify_that_is_signed_is_answered_with_a_signature);
	tcase_add_test(tcase, a_notify_without_the_signature_that_it_has_to_have_is_refused);
	tcase_add_test(tcase, what_is_wrong_with_a_signature_is_told);
	tcase_add_test(tcase, a_question_that_is_signed_is_told_that_the_key_is_not_known);
	tcase_add_test(tcase, a_primary_with_a_key_may_leave_the_signature_but_not_get_it_wrong);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
