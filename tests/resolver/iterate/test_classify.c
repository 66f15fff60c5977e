/* What a response is taken for. The server asked is one of example.com. */
#include "tests/resolver/iterate/subject.h"
#include "tests/suite.h"

struct response_case {
	const char *behaviour;
	const char *qname;
	uint16_t qtype, flags, rcode;
	struct record answer[SUBJECT_RECORDS_MAX], authority[SUBJECT_RECORDS_MAX];
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
	{ "an alias before the set asked for, though it should be alone",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "web.example.com." }, { WWW, TYPE_A, 60, "192.0.2.1" } },
	  { { NULL } },
	  RESPONSE_CNAME },
	{ "the set asked for before an alias",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_A, 60, "192.0.2.1" }, { WWW, TYPE_CNAME, 60, "web.example.com." } },
	  { { NULL } },
	  RESPONSE_ANSWER },
	{ "an alias whose end has no such type",
	  WWW,
	  TYPE_A,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "web.example.com." } },
	  { SOA },
	  RESPONSE_NODATA },
	{ "an alias to the zone itself, of whose DS the parent speaks",
	  WWW,
	  TYPE_DS,
	  DNS_AA,
	  0,
	  { { WWW, TYPE_CNAME, 60, "example.com." } },
	  { SOA },
	  RESPONSE_CNAME },
	{ "an alias to a name without DS",
	  WWW,
	  TYPE_DS,
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

static void
subject_of_case(struct subject *subject, const struct response_case *c)
{
	subject_init(subject, "example.com.", c->qname, c->qtype, c->flags, c->rcode);
	subject_fill(subject, SECTION_ANSWER, c->answer);
	subject_fill(subject, SECTION_AUTHORITY, c->authority);
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
	struct scrubbed scrubbed = subject_scrub(&subject);
	for (const struct rrset *set = scrubbed.answer; set != NULL; set = set->next)
		ck_assert_msg(name_is_under(set->owner, &subject.zone), "%s", cases[_i].behaviour);
	for (const struct rrset *set = scrubbed.authority; set != NULL; set = set->next)
		ck_assert_msg(name_is_under(set->owner, &subject.zone), "%s", cases[_i].behaviour);
}
END_TEST

static enum response
response_to_alias(unsigned alias_sigs, unsigned end_sigs, bool is_forward, bool is_guessable)
{
	static const struct record answer[SUBJECT_RECORDS_MAX] = { { WWW, TYPE_CNAME, 60, "web.example.com." },
								   { "web.example.com.", TYPE_A, 60, "192.0.2.1" } };
	struct subject subject;

	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, RCODE_NOERROR);
	subject_fill(&subject, SECTION_ANSWER, answer);
	subject.message.sections[SECTION_ANSWER]->sig_count = (uint16_t)alias_sigs;
	subject.message.sections[SECTION_ANSWER]->next->sig_count = (uint16_t)end_sigs;
	subject.asked.is_forward = is_forward;
	subject.asked.is_guessable = is_guessable;
	classify(&subject.classified, &subject.message, &subject.asked, &subject.arena);
	return subject.classified.response;
}

/* Kaminsky's attack by an alias: a name that nobody has leads to one that all ask for. */
START_TEST(what_stands_behind_an_alias_that_could_be_guessed_is_asked_for_itself)
{
	ck_assert_int_eq(response_to_alias(0, 0, false, true), RESPONSE_CNAME);
	ck_assert_int_eq(response_to_alias(1, 0, false, true), RESPONSE_CNAME);
	ck_assert_int_eq(response_to_alias(1, 1, false, true), RESPONSE_CNAME); /* a forger makes signatures, too: nobody has looked at them */
	ck_assert_int_eq(response_to_alias(0, 1, false, true), RESPONSE_CNAME);
	ck_assert_int_eq(response_to_alias(0, 0, true, true), RESPONSE_ANSWER); /* a resolver has asked for it */
}
END_TEST

START_TEST(an_absence_behind_an_alias_that_could_be_guessed_is_asked_for_itself)
{
	static const struct record answer[SUBJECT_RECORDS_MAX] = { { WWW, TYPE_CNAME, 60, "web.example.com." } };
	struct subject subject;

	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, RCODE_NXDOMAIN);
	subject_fill(&subject, SECTION_ANSWER, answer);
	for (unsigned i = 0; i < 2; i++) {
		subject.asked.is_guessable = i != 0;
		classify(&subject.classified, &subject.message, &subject.asked, &subject.arena);
		ck_assert_int_eq(subject.classified.response, i != 0 ? RESPONSE_CNAME : RESPONSE_NXDOMAIN);
	}
}
END_TEST

START_TEST(what_stands_unsigned_behind_a_signed_alias_is_asked_for_itself)
{
	ck_assert_int_eq(response_to_alias(1, 0, false, false), RESPONSE_CNAME);
	ck_assert_int_eq(response_to_alias(1, 1, false, false), RESPONSE_ANSWER);
	ck_assert_int_eq(response_to_alias(0, 0, false, false), RESPONSE_ANSWER);
	ck_assert_int_eq(response_to_alias(0, 1, false, false), RESPONSE_ANSWER);
	ck_assert_int_eq(response_to_alias(1, 0, true, false), RESPONSE_ANSWER); /* a resolver has done that */
}
END_TEST

START_TEST(an_answer_without_a_sound_record_is_no_absence)
{
	static const struct record authority[SUBJECT_RECORDS_MAX] = { SOA };
	struct subject subject;

	subject_init(&subject, "example.com.", WWW, TYPE_A, DNS_AA, RCODE_NOERROR);
	subject_fill(&subject, SECTION_AUTHORITY, authority);
	subject.message.answer_is_hollow = true;
	classify(&subject.classified, &subject.message, &subject.asked, &subject.arena);
	ck_assert_int_eq(subject.classified.response, RESPONSE_SERVFAIL);
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

int
main(void)
{
	Suite *suite = suite_create("iterate: classify");
	TCase *tcase = tcase_create("responses");
	tcase_add_loop_test(tcase, each_response_gets_its_word, 0, COUNT(cases));
	tcase_add_loop_test(tcase, nothing_outside_of_the_zone_is_ever_kept, 0, COUNT(cases));
	tcase_add_test(tcase, what_stands_behind_an_alias_that_could_be_guessed_is_asked_for_itself);
	tcase_add_test(tcase, an_absence_behind_an_alias_that_could_be_guessed_is_asked_for_itself);
	tcase_add_test(tcase, what_stands_unsigned_behind_a_signed_alias_is_asked_for_itself);
	tcase_add_test(tcase, an_answer_without_a_sound_record_is_no_absence);
	tcase_add_test(tcase, formerr_to_a_plain_query_is_a_failure);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
