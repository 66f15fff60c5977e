/* What of a response is kept. The server asked is one of example.com, or of com, which refers to it. */
#include <stdio.h>

#include "resolver/cache/rrset.h"
#include "resolver/iterate/referral.h"
#include "stack/base/rng.h"
#include "tests/resolver/iterate/subject.h"
#include "tests/suite.h"

#define WWW "www.example.com."
#define SOA                                                                                        \
	{                                                                                          \
		"example.com.", TYPE_SOA, 600, "mname. rname. 1 2 3 4 300"                         \
	}

START_TEST(a_chain_of_eleven_aliases_is_followed_and_one_more_is_not)
{
	char owners[14][32];
	for (unsigned aliases = 11; aliases <= 12; aliases++) {
		struct subject subject;
		subject_init(&subject, "example.com.", "c0.example.com.", TYPE_A, DNS_AA, 0);
		for (unsigned i = 0; i <= aliases; i++)
			snprintf(owners[i], sizeof owners[i], "c%u.example.com.", i);
		for (unsigned i = 0; i < aliases; i++)
			subject_fill(&subject, SECTION_ANSWER,
			     (struct record[SUBJECT_RECORDS_MAX]){
				     { owners[i], TYPE_CNAME, 60, owners[i + 1] } });
		subject_fill(&subject, SECTION_ANSWER,
		     (struct record[SUBJECT_RECORDS_MAX]){ { owners[aliases], TYPE_A, 60, "192.0.2.1" } });
		struct scrubbed scrubbed = subject_scrub(&subject);
		ck_assert_int_eq(subject.classified.response,
				 aliases == 11 ? RESPONSE_ANSWER : RESPONSE_LOOP);
		ck_assert_uint_eq(records_count(scrubbed.answer), aliases == 11 ? 12 : 0);
	}
}
END_TEST

START_TEST(what_nobody_asked_for_is_left_behind)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, 0);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){ { WWW, TYPE_A, 60, "192.0.2.1" },
					   { WWW, TYPE_TXT, 60, "\"unasked\"" },
					   { "victim.example.org.", TYPE_A, 60, "192.0.2.66" },
					   { "other.example.com.", TYPE_A, 60, "192.0.2.66" } });
	subject_fill(&subject, SECTION_AUTHORITY, /* promiscuous NS: CVE-2025-11411 */
	     (struct record[SUBJECT_RECORDS_MAX]){ { "example.com.", TYPE_NS, 60, "ns.attacker.test." },
					   { "com.", TYPE_NS, 60, "ns.attacker.test." } });
	subject_fill(&subject, SECTION_ADDITIONAL,
	     (struct record[SUBJECT_RECORDS_MAX]){ { "ns.example.com.", TYPE_A, 60, "192.0.2.66" } });
	struct scrubbed scrubbed = subject_scrub(&subject);
	ck_assert_uint_eq(records_count(scrubbed.answer), 1);
	ck_assert(records_has(scrubbed.answer, WWW, TYPE_A, "192.0.2.1"));
	ck_assert_ptr_null(scrubbed.authority);
	ck_assert_uint_eq(scrubbed.dropped, 6);
}
END_TEST

/* Minimal responses or not: servers are of no use without addresses; what nobody named stays behind here too. */
START_TEST(servers_that_were_asked_for_keep_their_addresses)
{
	static const uint16_t qtypes[] = { TYPE_NS, TYPE_ANY };
	struct subject subject;
	subject_init(&subject, "example.com.", "example.com.", qtypes[_i], DNS_AA, 0);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){ { "example.com.", TYPE_NS, 60, "ns.example.com." },
					   { "example.com.", TYPE_NS, 60, "ns.example.org." } });
	subject_fill(&subject, SECTION_ADDITIONAL,
	     (struct record[SUBJECT_RECORDS_MAX]){ { "ns.example.com.", TYPE_A, 60, "192.0.2.1" },
					   { "ns.example.org.", TYPE_A, 60, "192.0.2.66" },
					   { "other.example.com.", TYPE_A, 60, "192.0.2.66" } });
	struct scrubbed scrubbed = subject_scrub(&subject);
	ck_assert_uint_eq(records_count(scrubbed.additional), 1);
	ck_assert(records_has(scrubbed.additional, "ns.example.com.", TYPE_A, "192.0.2.1"));
}
END_TEST

START_TEST(a_cname_that_contradicts_its_dname_is_corrected)
{
	struct subject subject;
	subject_init(&subject, "example.com.", "www.sub.example.com.", TYPE_A, DNS_AA, 0);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){
		     { "sub.example.com.", TYPE_DNAME, 77, "dep.example.com." },
		     { "www.sub.example.com.", TYPE_CNAME, 60, "attacker.example.com." },
		     { "attacker.example.com.", TYPE_A, 60, "192.0.2.66" },
		     { "www.dep.example.com.", TYPE_A, 60, "192.0.2.1" } });
	struct scrubbed scrubbed = subject_scrub(&subject);
	ck_assert_int_eq(subject.classified.response, RESPONSE_ANSWER);
	ck_assert(subject.classified.chain.corrected);
	ck_assert(records_has(scrubbed.answer, "www.sub.example.com.", TYPE_CNAME,
			      "www.dep.example.com."));
	ck_assert(records_has(scrubbed.answer, "www.dep.example.com.", TYPE_A, "192.0.2.1"));
	ck_assert(!records_has(scrubbed.answer, "attacker.example.com.", TYPE_A, NULL));
	ck_assert_uint_eq(scrubbed.answer->next->ttl_s, 77); /* RFC 6672, section 3.1 */
}
END_TEST

START_TEST(a_cname_below_a_dname_that_is_asked_for_is_the_answer)
{
	struct subject subject;
	subject_init(&subject, "example.com.", "www.sub.example.com.", TYPE_CNAME, DNS_AA, 0);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){
		     { "sub.example.com.", TYPE_DNAME, 60, "example.net." } });
	struct scrubbed scrubbed = subject_scrub(&subject);
	ck_assert_int_eq(subject.classified.response, RESPONSE_ANSWER);
	ck_assert(records_has(scrubbed.answer, "www.sub.example.com.", TYPE_CNAME,
			      "www.example.net."));
	ck_assert_uint_eq(records_count(scrubbed.answer), 2);
}
END_TEST

START_TEST(ttls_come_out_within_their_limits)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, 0);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){ { WWW, TYPE_A, 604800, "192.0.2.1" } });
	ck_assert_uint_eq(subject_scrub(&subject).answer->ttl_s, 86400);
	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, 0);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){ { WWW, TYPE_A, 0, "192.0.2.1" } });
	ck_assert_uint_eq(subject_scrub(&subject).answer->ttl_s, 10);
}
END_TEST

static const struct {
	const char *behaviour;
	struct record soa;
	uint32_t negative_ttl_s;
} soas[] = {
	{ "MINIMUM is smaller",
	  { "example.com.", TYPE_SOA, 600, "mname. rname. 1 2 3 4 300" },
	  300 },
	{ "the SOA's own TTL is smaller",
	  { "example.com.", TYPE_SOA, 200, "mname. rname. 1 2 3 4 300" },
	  200 },
	{ "both are above the cap",
	  { "example.com.", TYPE_SOA, 86400, "mname. rname. 1 2 3 4 86400" },
	  3600 },
	{ "a SOA below the name is none",
	  { "deep.www.example.com.", TYPE_SOA, 600, "mname. rname. 1 2 3 4 300" },
	  0 },
	{ "a SOA above the zone is none",
	  { "com.", TYPE_SOA, 600, "mname. rname. 1 2 3 4 300" },
	  0 },
	{ "a SOA aside is none",
	  { "mail.example.com.", TYPE_SOA, 600, "mname. rname. 1 2 3 4 300" },
	  0 },
};

START_TEST(an_absence_is_known_as_long_as_the_soa_says)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, RCODE_NXDOMAIN);
	subject_fill(&subject, SECTION_AUTHORITY, (struct record[SUBJECT_RECORDS_MAX]){ soas[_i].soa });
	struct scrubbed scrubbed = subject_scrub(&subject);
	ck_assert_msg(scrubbed.negative_ttl_s == soas[_i].negative_ttl_s, "%s", soas[_i].behaviour);
	ck_assert_uint_eq(records_count(scrubbed.authority), soas[_i].negative_ttl_s != 0);
}
END_TEST

START_TEST(proofs_stay_with_an_absence_and_are_bounded)
{
	struct subject subject;
	char owner[32];
	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, RCODE_NXDOMAIN);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(owner, sizeof owner, "n%u.example.com.", i);
		subject_fill(&subject, SECTION_AUTHORITY,
		     (struct record[SUBJECT_RECORDS_MAX]){
			     { owner, TYPE_NSEC, 300, "example.com. A NSEC" } });
	}
	subject_fill(&subject, SECTION_AUTHORITY, (struct record[SUBJECT_RECORDS_MAX]){ SOA });
	struct scrubbed scrubbed = subject_scrub(&subject);
	ck_assert(records_has(scrubbed.authority, "example.com.", TYPE_SOA, NULL)); /* wherever it stands */
	ck_assert_uint_eq(records_count(scrubbed.authority), 9);
	ck_assert_uint_eq(scrubbed.dropped, 12);
}
END_TEST

START_TEST(answers_without_aa_rank_lower)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_A, 0, 0);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){ { WWW, TYPE_A, 60, "192.0.2.1" } });
	ck_assert_uint_eq(subject_scrub(&subject).answer->trust, TRUST_ANSWER);
	subject.message.flags |= DNS_AA;
	ck_assert_uint_eq(subject_scrub(&subject).answer->trust, TRUST_ANSWER_AA);
}
END_TEST

/* ---- referrals ------------------------------------------------------------------------------------ */

static int
refer(struct subject *subject, struct delegation *delegation, bool harden_glue, uint32_t *dropped)
{
	struct rng rng;
	rng_init_number(&rng, 9);
	classify(&subject->classified, &subject->message, &subject->asked, &subject->arena);
	ck_assert_int_eq(subject->classified.response, RESPONSE_REFERRAL);
	*dropped = 0;
	return referral_read(delegation, &subject->message, subject->classified.ns, &subject->zone,
			     harden_glue, &subject->arena, &rng, dropped);
}

START_TEST(glue_is_taken_for_named_servers_inside_of_the_zone_that_refers)
{
	for (unsigned harden = 0; harden < 2; harden++) {
		struct subject subject;
		struct delegation delegation;
		uint32_t dropped;
		subject_init(&subject, "com.", WWW, TYPE_A, 0, 0);
		subject_fill(&subject, SECTION_AUTHORITY,
		     (struct record[SUBJECT_RECORDS_MAX]){
			     { "example.com.", TYPE_NS, 60, "ns1.example.com." },
			     { "example.com.", TYPE_NS, 60, "ns.example.net." },
			     { "example.com.", TYPE_DS, 60, "1 13 2 aabb" } });
		subject_fill(&subject, SECTION_ADDITIONAL,
		     (struct record[SUBJECT_RECORDS_MAX]){
			     { "ns1.example.com.", TYPE_A, 60, "192.0.2.1" },
			     { "ns1.example.com.", TYPE_AAAA, 60, "2001:db8::1" },
			     { "ns.example.net.", TYPE_A, 60, "192.0.2.2" },
			     { "ns2.example.com.", TYPE_A, 60, "192.0.2.66" } });
		ck_assert_int_eq(refer(&subject, &delegation, harden != 0, &dropped), 0);
		ck_assert_uint_eq(delegation.ns_count, 2);
		ck_assert_uint_eq(delegation.ns[0].addr_count, 2);
		ck_assert_uint_eq(delegation.ns[1].addr_count, harden != 0 ? 0 : 1);
		ck_assert_ptr_nonnull(delegation.ds);
		ck_assert_uint_eq(dropped, harden != 0 ? 2 : 1);
	}
}
END_TEST

START_TEST(of_too_many_servers_and_addresses_a_choice_is_kept)
{
	struct subject subject;
	struct delegation delegation;
	struct record ns[200], a[50];
	char names[200][32], addrs[50][32];
	uint32_t dropped;

	subject_init(&subject, "com.", WWW, TYPE_A, 0, 0);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(names[i], sizeof names[i], "ns%u.example.com.", i);
		ns[i] = (struct record){ "example.com.", TYPE_NS, 60, names[i] };
	}
	records_append(&subject.message.sections[SECTION_AUTHORITY],
		       records_set(&subject.arena, ns, 200));
	for (unsigned i = 0; i < 200; i++) {
		for (unsigned j = 0; j < 50; j++) {
			snprintf(addrs[j], sizeof addrs[j], "192.0.2.%u", j + 1);
			a[j] = (struct record){ names[i], TYPE_A, 60, addrs[j] };
		}
		records_append(&subject.message.sections[SECTION_ADDITIONAL],
			       records_set(&subject.arena, a, 50));
	}
	ck_assert_int_eq(refer(&subject, &delegation, true, &dropped), 0);
	ck_assert_uint_eq(delegation.ns_count, DELEGATION_NS_MAX);
	for (unsigned i = 0; i < delegation.ns_count; i++)
		ck_assert_uint_eq(delegation.ns[i].addr_count, DELEGATION_ADDRS_MAX);
	ck_assert_uint_eq(dropped, 200 - DELEGATION_NS_MAX);
}
END_TEST

START_TEST(of_all_that_a_name_has_as_much_is_taken_as_can_be_judged)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_ANY, DNS_AA, 0);
	for (uint16_t i = 0; i < SCRUB_ANY_SETS_MAX + 2; i++) {
		struct rrset *set = records_set(&subject.arena, &(struct record){ WWW, TYPE_TXT, 60, "\"text\"" }, 1);
		set->type = (uint16_t)(4000 + i);
		records_append(&subject.message.sections[SECTION_ANSWER], set);
		subject.message.rrset_counts[SECTION_ANSWER]++;
	}
	struct scrubbed scrubbed = subject_scrub(&subject);
	ck_assert_uint_eq(records_count(scrubbed.answer), SCRUB_ANY_SETS_MAX);
	ck_assert_uint_eq(scrubbed.dropped, 2);
}
END_TEST

START_TEST(a_span_that_leads_out_of_the_zone_is_taken_out)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, RCODE_NXDOMAIN);
	subject_fill(&subject, SECTION_ANSWER,
	     (struct record[SUBJECT_RECORDS_MAX]){ { "a.example.com.", TYPE_NSEC, 60, "example.org. A NSEC" } });
	subject_fill(&subject, SECTION_AUTHORITY,
	     (struct record[SUBJECT_RECORDS_MAX]){ { "b.example.com.", TYPE_NSEC, 60, "z.com. A NSEC" },
					   { "c.example.com.", TYPE_NSEC, 60, "d.example.com. A NSEC" },
					   SOA });
	ck_assert_uint_eq(scrub_foreign_spans(&subject.message, &subject.zone), 2);
	ck_assert_ptr_null(subject.message.sections[SECTION_ANSWER]);
	ck_assert_uint_eq(subject.message.rrset_counts[SECTION_AUTHORITY], 2);
	ck_assert(records_has(subject.message.sections[SECTION_AUTHORITY], "c.example.com.", TYPE_NSEC, NULL));
	ck_assert_uint_eq(scrub_foreign_spans(&subject.message, &name_root), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: scrub, referral");
	TCase *tcase = tcase_create("responses");
	tcase_add_test(tcase, a_chain_of_eleven_aliases_is_followed_and_one_more_is_not);
	tcase_add_test(tcase, what_nobody_asked_for_is_left_behind);
	tcase_add_loop_test(tcase, servers_that_were_asked_for_keep_their_addresses, 0, 2);
	tcase_add_test(tcase, a_cname_that_contradicts_its_dname_is_corrected);
	tcase_add_test(tcase, a_cname_below_a_dname_that_is_asked_for_is_the_answer);
	tcase_add_test(tcase, ttls_come_out_within_their_limits);
	tcase_add_loop_test(tcase, an_absence_is_known_as_long_as_the_soa_says, 0, COUNT(soas));
	tcase_add_test(tcase, proofs_stay_with_an_absence_and_are_bounded);
	tcase_add_test(tcase, of_all_that_a_name_has_as_much_is_taken_as_can_be_judged);
	tcase_add_test(tcase, a_span_that_leads_out_of_the_zone_is_taken_out);
	tcase_add_test(tcase, answers_without_aa_rank_lower);
	tcase_add_test(tcase, glue_is_taken_for_named_servers_inside_of_the_zone_that_refers);
	tcase_add_test(tcase, of_too_many_servers_and_addresses_a_choice_is_kept);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
