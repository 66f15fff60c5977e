/* What a response is taken for, and what of it is kept. The server asked is one of example.com. */
#include <stdio.h>

#include "resolver/cache/rrset.h"
#include "resolver/iterate/referral.h"
#include "resolver/iterate/scrub.h"
#include "stack/base/rng.h"
#include "tests/resolver/iterate/records.h"
#include "tests/suite.h"

#define RECORDS_MAX 8

struct response_case {
	const char *behaviour;
	const char *qname;
	uint16_t qtype, flags, rcode;
	struct record answer[RECORDS_MAX], authority[RECORDS_MAX];
	enum response response;
};

#define SOA                                                                                        \
	{                                                                                          \
		"example.com.", TYPE_SOA, 600, "mname. rname. 1 2 3 4 300"                         \
	}
#define WWW        "www.example.com."
#define LONG_LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."

static const struct response_case cases[] = {
	{ "the set asked for",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "without AA from a server that does not recurse",
	  WWW,
	  TYPE_A,
	  0,
	  0,
	  { { WWW, TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "without AA from one that does: out of a cache",
	  WWW,
	  TYPE_A,
	  DNS_RA,
	  0,
	  { { WWW, TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_LAME },
	{ "recursion offered, but authoritative",
	  WWW,
	  TYPE_A,
	  DNS_AA | DNS_RA,
	  0,
	  { { WWW, TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "a set of another name",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { "mail.example.com.", TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_NODATA },
	{ "an alias and its end",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { "web.example.com.", TYPE_A, 60, "192.0.2.1" },
	    { WWW, TYPE_CNAME, 60, "web.example.com." } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "an alias out of the zone, whatever stands behind it",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "www.example.net." },
	    { "www.example.net.", TYPE_A, 60, "192.0.2.66" } },
	  { { NULL } },
	  RESPONSE_CNAME },
	{ "an alias in the zone whose end is not there",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "web.example.com." } },
	  { { NULL } },
	  RESPONSE_CNAME },
	{ "an alias whose end has no such type",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "web.example.com." } },
	  { SOA },
	  RESPONSE_NODATA },
	{ "an alias to a name that does not exist",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  RCODE_NXDOMAIN,
	  { { WWW, TYPE_CNAME, 60, "web.example.com." } },
	  { SOA },
	  RESPONSE_NXDOMAIN },
	{ "NXDOMAIN says nothing about another zone's name",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  RCODE_NXDOMAIN,
	  { { WWW, TYPE_CNAME, 60, "www.example.net." } },
	  { SOA },
	  RESPONSE_CNAME },
	{ "the alias itself is asked for",
	  WWW,
	  TYPE_CNAME,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "www.example.net." } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "two aliases at one name",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "a.example.com." }, { WWW, TYPE_CNAME, 60, "b.example.com." } },
	  { { NULL } },
	  RESPONSE_MALFORMED },
	{ "an alias to itself",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, WWW } },
	  { { NULL } },
	  RESPONSE_LOOP },
	{ "aliases in a circle",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "a.example.com." }, { "a.example.com.", TYPE_CNAME, 60, WWW } },
	  { { NULL } },
	  RESPONSE_LOOP },
	{ "a DNAME out of the zone",
	  "www.sub.example.com.",
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { "sub.example.com.", TYPE_DNAME, 60, "example.net." },
	    { "www.sub.example.com.", TYPE_CNAME, 60, "www.example.net." } },
	  { { NULL } },
	  RESPONSE_CNAME },
	{ "a DNAME inside of the zone",
	  "www.sub.example.com.",
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { "sub.example.com.", TYPE_DNAME, 60, "dep.example.com." },
	    { "www.dep.example.com.", TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "a DNAME above the zone is not this server's",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { "com.", TYPE_DNAME, 60, "example.net." } },
	  { { NULL } },
	  RESPONSE_NODATA },
	{ "a DNAME at the name itself redirects nothing",
	  "sub.example.com.",
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { "sub.example.com.", TYPE_DNAME, 60, "dep.example.com." } },
	  { SOA },
	  RESPONSE_NODATA },
	{ "a DNAME that makes a name too long",
	  LONG_LABEL LONG_LABEL "sub.example.com.",
	  TYPE_A,
	  DNS_AA,
	  RCODE_YXDOMAIN,
	  { { "sub.example.com.", TYPE_DNAME, 60, LONG_LABEL LONG_LABEL "example.net." } },
	  { { NULL } },
	  RESPONSE_YXDOMAIN },
	{ "YXDOMAIN without a DNAME",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  RCODE_YXDOMAIN,
	  { { NULL } },
	  { { NULL } },
	  RESPONSE_SERVFAIL },
	{ "no such type", WWW, TYPE_A, DNS_AA, 0, { { NULL } }, { SOA }, RESPONSE_NODATA },
	{ "no such type, and no SOA",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { NULL } },
	  { { NULL } },
	  RESPONSE_NODATA },
	{ "no such type, the zone's NS set in place of the SOA",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { NULL } },
	  { { "example.com.", TYPE_NS, 60, "ns1.example.com." } },
	  RESPONSE_NODATA },
	{ "no such name",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  RCODE_NXDOMAIN,
	  { { NULL } },
	  { SOA },
	  RESPONSE_NXDOMAIN },
	{ "no such name, out of a cache",
	  WWW,
	  TYPE_A,
	  DNS_RA,
	  RCODE_NXDOMAIN,
	  { { NULL } },
	  { SOA },
	  RESPONSE_LAME },
	{ "a referral",
	  "www.sub.example.com.",
	  TYPE_A,
	  0,
	  0,
	  { { NULL } },
	  { { "sub.example.com.", TYPE_NS, 60, "ns.example.net." } },
	  RESPONSE_REFERRAL },
	{ "a referral with AA by mistake",
	  "www.sub.example.com.",
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { NULL } },
	  { { "sub.example.com.", TYPE_NS, 60, "ns.example.net." } },
	  RESPONSE_REFERRAL },
	{ "a referral aside of the name",
	  WWW,
	  TYPE_A,
	  0,
	  0,
	  { { NULL } },
	  { { "sub.example.com.", TYPE_NS, 60, "ns.example.net." } },
	  RESPONSE_LAME },
	{ "a referral to itself",
	  WWW,
	  TYPE_A,
	  0,
	  0,
	  { { NULL } },
	  { { "example.com.", TYPE_NS, 60, "ns1.example.com." } },
	  RESPONSE_UPWARD },
	{ "a referral upward",
	  WWW,
	  TYPE_A,
	  0,
	  0,
	  { { NULL } },
	  { { ".", TYPE_NS, 60, "a.root-servers.net." } },
	  RESPONSE_UPWARD },
	{ "a referral in the answer section",
	  "sub.example.com.",
	  TYPE_NS,
	  0,
	  0,
	  { { "sub.example.com.", TYPE_NS, 60, "ns.example.net." } },
	  { { NULL } },
	  RESPONSE_REFERRAL },
	{ "the zone's own NS set",
	  "example.com.",
	  TYPE_NS,
	  0,
	  0,
	  { { "example.com.", TYPE_NS, 60, "ns.example.net." } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "a parent that knows of no DS",
	  "sub.example.com.",
	  TYPE_DS,
	  0,
	  0,
	  { { NULL } },
	  { { "sub.example.com.", TYPE_NS, 60, "ns.example.net." } },
	  RESPONSE_NODATA },
	{ "nothing at all", WWW, TYPE_A, 0, 0, { { NULL } }, { { NULL } }, RESPONSE_LAME },
	{ "the SOA of a zone above",
	  WWW,
	  TYPE_A,
	  0,
	  0,
	  { { NULL } },
	  { { "com.", TYPE_SOA, 60, "mname. rname. 1 2 3 4 60" } },
	  RESPONSE_LAME },
	{ "TC before all else",
	  WWW,
	  TYPE_A,
	  DNS_AA | DNS_TC,
	  0,
	  { { WWW, TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_TRUNCATED },
	{ "FORMERR",
	  WWW,
	  TYPE_A,
	  0,
	  RCODE_FORMERR,
	  { { NULL } },
	  { { NULL } },
	  RESPONSE_FORMERR_EDNS },
	{ "NOTIMP",
	  WWW,
	  TYPE_A,
	  0,
	  RCODE_NOTIMP,
	  { { NULL } },
	  { { NULL } },
	  RESPONSE_FORMERR_EDNS },
	{ "BADVERS",
	  WWW,
	  TYPE_A,
	  0,
	  RCODE_BADVERS,
	  { { NULL } },
	  { { NULL } },
	  RESPONSE_FORMERR_EDNS },
	{ "SERVFAIL",
	  WWW,
	  TYPE_A,
	  0,
	  RCODE_SERVFAIL,
	  { { NULL } },
	  { { NULL } },
	  RESPONSE_SERVFAIL },
	{ "REFUSED", WWW, TYPE_A, 0, RCODE_REFUSED, { { NULL } }, { { NULL } }, RESPONSE_REFUSED },
	{ "NOTAUTH", WWW, TYPE_A, 0, RCODE_NOTAUTH, { { NULL } }, { { NULL } }, RESPONSE_REFUSED },
	{ "an rcode without meaning",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  11,
	  { { WWW, TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_SERVFAIL },
	{ "everything about a name",
	  WWW,
	  TYPE_ANY,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_A, 60, "192.0.2.1" }, { WWW, TYPE_TXT, 60, "\"x\"" } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "everything about an alias",
	  WWW,
	  TYPE_ANY,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "www.example.net." } },
	  { { NULL } },
	  RESPONSE_ANSWER },
};

/* ---- a message made of records ------------------------------------------------------------------- */

static uint8_t memory[1 << 20];

struct subject {
	struct arena arena;
	struct message message;
	struct name zone, qname;
	struct asked asked;
	struct classified classified;
};

/* Records of one owner and type that follow each other become one set. */
static void
fill(struct subject *subject, enum dns_section section, const struct record *records)
{
	unsigned count = 0;
	while (records != NULL && count < RECORDS_MAX && records[count].owner != NULL) {
		unsigned same = 1;
		while (count + same < RECORDS_MAX && records[count + same].owner != NULL &&
		       records[count + same].type == records[count].type &&
		       strcmp(records[count + same].owner, records[count].owner) == 0)
			same++;
		records_append(&subject->message.sections[section],
			       records_set(&subject->arena, &records[count], same));
		subject->message.rrset_counts[section]++;
		count += same;
	}
}

static void
subject_init(struct subject *subject, const char *zone, const char *qname, uint16_t qtype,
	     uint16_t flags, uint16_t rcode)
{
	*subject = (struct subject){ .message = { .flags = DNS_QR | flags, .rcode = rcode } };
	arena_init(&subject->arena, memory, sizeof memory);
	subject->zone = name_of(zone);
	subject->qname = name_of(qname);
	subject->asked = (struct asked){ .zone = &subject->zone, .qname = &subject->qname, .qtype = qtype, .edns = true };
}

static void
subject_of_case(struct subject *subject, const struct response_case *c)
{
	subject_init(subject, "example.com.", c->qname, c->qtype, c->flags, c->rcode);
	fill(subject, SECTION_ANSWER, c->answer);
	fill(subject, SECTION_AUTHORITY, c->authority);
}

static const struct scrub_limits limits = { .ttl_min_s = 10,
					    .ttl_max_s = 86400,
					    .negative_ttl_max_s = 3600 };

static struct scrubbed
classify_and_scrub(struct subject *subject)
{
	struct scrubbed scrubbed;
	classify(&subject->classified, &subject->message, &subject->asked, &subject->arena);
	scrub(&scrubbed, &subject->message, &subject->classified, &subject->asked, &limits);
	return scrubbed;
}

START_TEST(each_response_gets_its_word)
{
	struct subject subject;
	subject_of_case(&subject, &cases[_i]);
	classify(&subject.classified, &subject.message, &subject.asked, &subject.arena);
	ck_assert_msg(subject.classified.response == cases[_i].response, "%s: %s",
		      cases[_i].behaviour, response_text(subject.classified.response));
}
END_TEST

START_TEST(nothing_outside_of_the_zone_is_ever_kept)
{
	struct subject subject;
	subject_of_case(&subject, &cases[_i]);
	struct scrubbed scrubbed = classify_and_scrub(&subject);
	for (const struct rrset *set = scrubbed.answer; set != NULL; set = set->next)
		ck_assert_msg(name_is_under(set->owner, &subject.zone), "%s", cases[_i].behaviour);
	for (const struct rrset *set = scrubbed.authority; set != NULL; set = set->next)
		ck_assert_msg(name_is_under(set->owner, &subject.zone), "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(formerr_to_a_plain_query_is_a_failure)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_A, 0, RCODE_FORMERR);
	subject.asked.edns = false;
	classify(&subject.classified, &subject.message, &subject.asked, &subject.arena);
	ck_assert_int_eq(subject.classified.response, RESPONSE_SERVFAIL);
}
END_TEST

START_TEST(a_chain_of_eleven_aliases_is_followed_and_one_more_is_not)
{
	char owners[14][32];
	for (unsigned aliases = 11; aliases <= 12; aliases++) {
		struct subject subject;
		subject_init(&subject, "example.com.", "c0.example.com.", TYPE_A, DNS_AA, 0);
		for (unsigned i = 0; i <= aliases; i++)
			snprintf(owners[i], sizeof owners[i], "c%u.example.com.", i);
		for (unsigned i = 0; i < aliases; i++)
			fill(&subject, SECTION_ANSWER,
			     (struct record[RECORDS_MAX]){
				     { owners[i], TYPE_CNAME, 60, owners[i + 1] } });
		fill(&subject, SECTION_ANSWER,
		     (struct record[RECORDS_MAX]){ { owners[aliases], TYPE_A, 60, "192.0.2.1" } });
		struct scrubbed scrubbed = classify_and_scrub(&subject);
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
	fill(&subject, SECTION_ANSWER,
	     (struct record[RECORDS_MAX]){ { WWW, TYPE_A, 60, "192.0.2.1" },
					   { WWW, TYPE_TXT, 60, "\"unasked\"" },
					   { "victim.example.org.", TYPE_A, 60, "192.0.2.66" },
					   { "other.example.com.", TYPE_A, 60, "192.0.2.66" } });
	fill(&subject, SECTION_AUTHORITY, /* promiscuous NS: CVE-2025-11411 */
	     (struct record[RECORDS_MAX]){ { "example.com.", TYPE_NS, 60, "ns.attacker.test." },
					   { "com.", TYPE_NS, 60, "ns.attacker.test." } });
	fill(&subject, SECTION_ADDITIONAL,
	     (struct record[RECORDS_MAX]){ { "ns.example.com.", TYPE_A, 60, "192.0.2.66" } });
	struct scrubbed scrubbed = classify_and_scrub(&subject);
	ck_assert_uint_eq(records_count(scrubbed.answer), 1);
	ck_assert(records_has(scrubbed.answer, WWW, TYPE_A, "192.0.2.1"));
	ck_assert_ptr_null(scrubbed.authority);
	ck_assert_uint_eq(scrubbed.dropped, 6);
}
END_TEST

START_TEST(a_cname_that_contradicts_its_dname_is_corrected)
{
	struct subject subject;
	subject_init(&subject, "example.com.", "www.sub.example.com.", TYPE_A, DNS_AA, 0);
	fill(&subject, SECTION_ANSWER,
	     (struct record[RECORDS_MAX]){
		     { "sub.example.com.", TYPE_DNAME, 77, "dep.example.com." },
		     { "www.sub.example.com.", TYPE_CNAME, 60, "attacker.example.com." },
		     { "attacker.example.com.", TYPE_A, 60, "192.0.2.66" },
		     { "www.dep.example.com.", TYPE_A, 60, "192.0.2.1" } });
	struct scrubbed scrubbed = classify_and_scrub(&subject);
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
	fill(&subject, SECTION_ANSWER,
	     (struct record[RECORDS_MAX]){
		     { "sub.example.com.", TYPE_DNAME, 60, "example.net." } });
	struct scrubbed scrubbed = classify_and_scrub(&subject);
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
	fill(&subject, SECTION_ANSWER,
	     (struct record[RECORDS_MAX]){ { WWW, TYPE_A, 604800, "192.0.2.1" } });
	ck_assert_uint_eq(classify_and_scrub(&subject).answer->ttl_s, 86400);
	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, 0);
	fill(&subject, SECTION_ANSWER,
	     (struct record[RECORDS_MAX]){ { WWW, TYPE_A, 0, "192.0.2.1" } });
	ck_assert_uint_eq(classify_and_scrub(&subject).answer->ttl_s, 10);
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
	fill(&subject, SECTION_AUTHORITY, (struct record[RECORDS_MAX]){ soas[_i].soa });
	struct scrubbed scrubbed = classify_and_scrub(&subject);
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
		fill(&subject, SECTION_AUTHORITY,
		     (struct record[RECORDS_MAX]){
			     { owner, TYPE_NSEC, 300, "example.com. A NSEC" } });
	}
	fill(&subject, SECTION_AUTHORITY, (struct record[RECORDS_MAX]){ SOA });
	struct scrubbed scrubbed = classify_and_scrub(&subject);
	ck_assert_uint_eq(scrubbed.authority->type, TYPE_SOA);
	ck_assert_uint_eq(records_count(scrubbed.authority), 9);
	ck_assert_uint_eq(scrubbed.dropped, 12);
}
END_TEST

START_TEST(answers_without_aa_rank_lower)
{
	struct subject subject;
	subject_init(&subject, "example.com.", WWW, TYPE_A, 0, 0);
	fill(&subject, SECTION_ANSWER,
	     (struct record[RECORDS_MAX]){ { WWW, TYPE_A, 60, "192.0.2.1" } });
	ck_assert_uint_eq(classify_and_scrub(&subject).answer->trust, TRUST_ANSWER);
	subject.message.flags |= DNS_AA;
	ck_assert_uint_eq(classify_and_scrub(&subject).answer->trust, TRUST_ANSWER_AA);
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
		fill(&subject, SECTION_AUTHORITY,
		     (struct record[RECORDS_MAX]){
			     { "example.com.", TYPE_NS, 60, "ns1.example.com." },
			     { "example.com.", TYPE_NS, 60, "ns.example.net." },
			     { "example.com.", TYPE_DS, 60, "1 13 2 aabb" } });
		fill(&subject, SECTION_ADDITIONAL,
		     (struct record[RECORDS_MAX]){
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

int
main(void)
{
	Suite *suite = suite_create("iterate: classify, scrub, referral");
	TCase *tcase = tcase_create("responses");
	tcase_add_loop_test(tcase, each_response_gets_its_word, 0, COUNT(cases));
	tcase_add_loop_test(tcase, nothing_outside_of_the_zone_is_ever_kept, 0, COUNT(cases));
	tcase_add_test(tcase, formerr_to_a_plain_query_is_a_failure);
	tcase_add_test(tcase, a_chain_of_eleven_aliases_is_followed_and_one_more_is_not);
	tcase_add_test(tcase, what_nobody_asked_for_is_left_behind);
	tcase_add_test(tcase, a_cname_that_contradicts_its_dname_is_corrected);
	tcase_add_test(tcase, a_cname_below_a_dname_that_is_asked_for_is_the_answer);
	tcase_add_test(tcase, ttls_come_out_within_their_limits);
	tcase_add_loop_test(tcase, an_absence_is_known_as_long_as_the_soa_says, 0, COUNT(soas));
	tcase_add_test(tcase, proofs_stay_with_an_absence_and_are_bounded);
	tcase_add_test(tcase, answers_without_aa_rank_lower);
	tcase_add_test(tcase, glue_is_taken_for_named_servers_inside_of_the_zone_that_refers);
	tcase_add_test(tcase, of_too_many_servers_and_addresses_a_choice_is_kept);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
