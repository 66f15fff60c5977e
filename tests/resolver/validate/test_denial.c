/* What NSEC records prove, and what they must not be taken to prove (RFC 4035, section 5.4; RFC 6840, section 4). */
#include <stdio.h>

#include "tests/resolver/validate/denial_subject.h"
#include "tests/resolver/validate/signed_text.h"
#include "tests/suite.h"

#define RECORDS_MAX 4u

/* A record of the proof, and who signed it.  An owner `!.NAME` was made by the wildcard `*.NAME`, whose record it is. */
struct nsec_line {
	const char *text;
	const char *signer;
};

static const struct denial_case {
	const char *behaviour;
	struct nsec_line records[RECORDS_MAX];
	struct denial_question question;
	int proof; /* enum proof, or enum ds_proof for DS */
} cases[] = {
	{ "a name between two is not there",
	  { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." }, { "example. 300 NSEC a.example. SOA NS RRSIG NSEC", "example." } },
	  { NAME, "b.example.", 0 }, PROOF_SECURE },
	{ "a wildcard might make it, if nothing denies that",
	  { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "a wildcard with names below it alone makes the name, without anything (RFC 4592, section 4.9)",
	  { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." }, { "example. 300 NSEC x.*.example. SOA NS RRSIG NSEC", "example." } },
	  { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "what such a wildcard makes has no type",
	  { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." }, { "example. 300 NSEC x.*.example. SOA NS RRSIG NSEC", "example." } },
	  { TYPE, "b.example.", 15 }, PROOF_SECURE },
	{ "a wildcard that is not there leaves the name open",
	  { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." }, { "example. 300 NSEC a.example. SOA NS RRSIG NSEC", "example." } },
	  { TYPE, "b.example.", 15 }, PROOF_NONE },
	{ "a name that has names below it is there",
	  { { "a.example. 300 NSEC x.b.example. A RRSIG NSEC", "example." }, { "example. 300 NSEC a.example. SOA NS RRSIG NSEC", "example." } },
	  { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "another zone's record denies nothing here",
	  { { "x.attacker.se. 300 NSEC zzz.se. A RRSIG NSEC", "attacker.se." }, { "se. 300 NSEC 0.se. SOA NS RRSIG NSEC", "se." } },
	  { NAME, "victim.se.", 0 }, PROOF_NONE },
	{ "a next name outside of the zone is no proof",
	  { { "a.example. 300 NSEC a.org. A RRSIG NSEC", "example." }, { "example. 300 NSEC a.example. SOA NS RRSIG NSEC", "example." } },
	  { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "the last record covers the rest of the zone",
	  { { "x.example. 300 NSEC example. A RRSIG NSEC", "example." }, { "example. 300 NSEC a.example. SOA NS RRSIG NSEC", "example." } },
	  { NAME, "z.example.", 0 }, PROOF_SECURE },
	{ "what is below a delegation is not the parent's to deny",
	  { { "sub.example. 300 NSEC x.example. NS RRSIG NSEC", "example." }, { "example. 300 NSEC a.example. SOA NS RRSIG NSEC", "example." } },
	  { NAME, "www.sub.example.", 0 }, PROOF_NONE },
	{ "a copy of the wildcard's record, made before it, does not deny the wildcard",
	  { { "example. 300 NSEC *.example. SOA NS RRSIG NSEC", "example." }, { "*.example. 300 NSEC d.example. A RRSIG NSEC", "example." },
	    { "!.example. 300 NSEC d.example. A RRSIG NSEC", "example." } },
	  { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "the wildcard's own record says what it has not", { { "*.example. 300 NSEC d.example. A RRSIG NSEC", "example." } },
	  { TYPE, "b.example.", 15 }, PROOF_SECURE },
	{ "a name without the type", { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." } }, { TYPE, "a.example.", 15 },
	  PROOF_SECURE },
	{ "a name with the type", { { "a.example. 300 NSEC d.example. A MX RRSIG NSEC", "example." } }, { TYPE, "a.example.", 15 },
	  PROOF_NONE },
	{ "an alias has every type elsewhere", { { "a.example. 300 NSEC d.example. CNAME RRSIG NSEC", "example." } },
	  { TYPE, "a.example.", 15 }, PROOF_NONE },
	{ "a delegation says nothing of the child's types", { { "a.example. 300 NSEC d.example. NS RRSIG NSEC", "example." } },
	  { TYPE, "a.example.", 15 }, PROOF_NONE },
	{ "a wildcard stands for what is not there", { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." } },
	  { EXACT, "b.example.", 1 }, PROOF_SECURE },
	{ "a delegation without DS", { { "a.example. 300 NSEC d.example. NS RRSIG NSEC", "example." } }, { DS, "a.example.", 0 },
	  DS_PROOF_DELEGATION },
	{ "a delegation with DS", { { "a.example. 300 NSEC d.example. NS DS RRSIG NSEC", "example." } }, { DS, "a.example.", 0 },
	  DS_PROOF_NONE },
	{ "an alias is no delegation", { { "a.example. 300 NSEC d.example. CNAME RRSIG NSEC", "example." } }, { DS, "a.example.", 0 },
	  DS_PROOF_NONE },
	{ "no delegation", { { "a.example. 300 NSEC d.example. A RRSIG NSEC", "example." } }, { DS, "a.example.", 0 },
	  DS_PROOF_NO_CUT },
	{ "the child's apex has no say about its DS", { { "a.example. 300 NSEC d.example. NS SOA RRSIG NSEC", "example." } },
	  { DS, "a.example.", 0 }, DS_PROOF_NONE },
};

/* As if it had been verified: the signature itself is not looked at any more. */
static struct rrset *
proof_set(const struct nsec_line *line)
{
	struct rrset *set = arena_zalloc(&arena, 1, sizeof *set);
	char sig[NAME_TEXT_BYTES + 300], owner[NAME_TEXT_BYTES];
	const bool is_of_wildcard = line->text[0] == '*' || line->text[0] == '!';

	signed_text_append(&arena, set, line->text);
	name_to_text(set->owner, owner, sizeof owner);
	(void)snprintf(sig, sizeof sig, "%s 300 RRSIG NSEC 13 %u 300 20300101000000 20200101000000 1 %s AAAA", owner,
		       name_labels(set->owner) - is_of_wildcard, line->signer);
	signed_text_append(&arena, set, sig);
	set->security = SECURITY_SECURE;
	return set;
}

START_TEST(nsec_proves_what_it_says_and_no_more)
{
	const struct denial_case *c = &cases[_i];
	struct rrset *sets = NULL, **tail = &sets;
	unsigned hashes = 10;

	for (unsigned i = 0; i < RECORDS_MAX && c->records[i].text != NULL; i++) {
		*tail = proof_set(&c->records[i]);
		tail = &(*tail)->next;
	}
	const int proof = proof_of(sets, &c->question, &hashes);
	ck_assert_msg(proof == c->proof, "%s: %d", c->behaviour, proof);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("validate: denial");
	TCase *tcase = tcase_create("nsec");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, nsec_proves_what_it_says_and_no_more, 0, (int)COUNT(cases));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
