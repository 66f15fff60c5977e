/* What NSEC3 records prove, and what they must not be taken to prove (RFC 5155, section 8; RFC 9276). */
#include <stdio.h>
#include <string.h>

#include "resolver/validate/limits.h"
#include "tests/resolver/validate/denial_subject.h"
#include "tests/resolver/validate/signed_text.h"
#include "tests/suite.h"

#define RECORDS_MAX 10u
#define HASH_TEXT_BYTES 33u
#define SALT       "\xab\xcd"
#define SALT_TEXT  "abcd"
#define ITERATIONS 2u

/* Where a record lies: each is as narrow as may be, so that it speaks of the name given and of no other. */
enum place {
	AT,          /* its owner is the name's hash */
	AROUND,      /* it spans the name's hash and nothing else */
	LAST_AFTER,  /* the last of the chain, begins just before the hash */
	LAST_BEFORE, /* the last of the chain, the first is just behind the hash */
	ALONE,       /* the only one of the chain, at the name's hash */
};

struct nsec3_line {
	const char *name; /* NULL: no more */
	enum place place;
	const char *types;
	enum { PLAIN, OPT_OUT, OTHER_FLAG, OTHER_SALT, OTHER_HASH, MANY_ITERATIONS, UNCHECKED } kind;
};

#define APEX { "example.", AT, "SOA NS RRSIG", PLAIN }

static const struct nsec3_case {
	const char *behaviour;
	struct nsec3_line records[RECORDS_MAX];
	struct denial_question question;
	int proof; /* enum proof, or enum ds_proof for DS */
} cases[] = {
	{ "encloser, next closer name and wildcard make a proof",
	  { APEX, { "b.example.", AROUND, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_SECURE },
	{ "... of a name further down as well",
	  { APEX, { "b.example.", AROUND, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "x.y.b.example.", 0 }, PROOF_SECURE },
	{ "... not while a wildcard may make the name",
	  { APEX, { "b.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "... nor without the encloser",
	  { { "b.example.", AROUND, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "... nor where the next closer name may be there",
	  { APEX, { "x.b.example.", AROUND, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "x.b.example.", 0 }, PROOF_NONE },
	{ "the wildcard that counts is that of the encloser",
	  { APEX, { "b.example.", AT, "A", PLAIN }, { "x.b.example.", AROUND, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } },
	  { NAME, "x.b.example.", 0 }, PROOF_NONE },
	{ "a name that is there is not denied",
	  { APEX, { "b.example.", AT, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "a span with opt-out denies nothing, and vouches for nothing",
	  { APEX, { "b.example.", AROUND, "A", OPT_OUT }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_INSECURE },
	{ "what is below a delegation is not the parent's to deny (RFC 5155, section 8.3)",
	  { APEX, { "sub.example.", AT, "NS DS RRSIG", PLAIN }, { "www.sub.example.", AROUND, "A", PLAIN },
	    { "*.sub.example.", AROUND, "A", PLAIN } }, { NAME, "www.sub.example.", 0 }, PROOF_NONE },
	{ "... nor what is below a DNAME",
	  { APEX, { "sub.example.", AT, "DNAME RRSIG", PLAIN }, { "www.sub.example.", AROUND, "A", PLAIN },
	    { "*.sub.example.", AROUND, "A", PLAIN } }, { NAME, "www.sub.example.", 0 }, PROOF_NONE },
	{ "the last span reaches beyond the largest hash",
	  { APEX, { "b.example.", LAST_AFTER, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_SECURE },
	{ "... and on from the smallest",
	  { APEX, { "b.example.", LAST_BEFORE, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_SECURE },
	{ "a zone with one name has no other", { { "example.", ALONE, "SOA NS RRSIG", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_SECURE },
	{ "a record with a flag that nobody knows is none (RFC 5155, section 8.2)",
	  { APEX, { "b.example.", AROUND, "A", OTHER_FLAG }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "... nor one with another hash",
	  { APEX, { "b.example.", AROUND, "A", OTHER_HASH }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "... nor one of another chain",
	  { APEX, { "b.example.", AROUND, "A", OTHER_SALT }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "... nor one that nobody has checked",
	  { APEX, { "b.example.", AROUND, "A", UNCHECKED }, { "*.example.", AROUND, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },
	{ "too many iterations make it insecure (RFC 9276, section 3.2)",
	  { { "example.", AT, "SOA NS RRSIG", MANY_ITERATIONS } }, { NAME, "b.example.", 0 }, PROOF_INSECURE },
	{ "more records than an answer needs prove nothing",
	  { APEX, { "b.example.", AROUND, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN }, { "1.example.", AT, "A", PLAIN },
	    { "2.example.", AT, "A", PLAIN }, { "3.example.", AT, "A", PLAIN }, { "4.example.", AT, "A", PLAIN },
	    { "5.example.", AT, "A", PLAIN }, { "6.example.", AT, "A", PLAIN } }, { NAME, "b.example.", 0 }, PROOF_NONE },

	{ "a name without the type", { { "b.example.", AT, "A RRSIG", PLAIN } }, { TYPE, "b.example.", TYPE_MX }, PROOF_SECURE },
	{ "... in whatever letters", { { "b.example.", AT, "A RRSIG", PLAIN } }, { TYPE, "B.Example.", TYPE_MX }, PROOF_SECURE },
	{ "a name with the type", { { "b.example.", AT, "A MX RRSIG", PLAIN } }, { TYPE, "b.example.", TYPE_MX }, PROOF_NONE },
	{ "an alias has every type elsewhere", { { "b.example.", AT, "CNAME RRSIG", PLAIN } }, { TYPE, "b.example.", TYPE_MX }, PROOF_NONE },
	{ "a delegation says nothing of the child's types", { { "b.example.", AT, "NS", PLAIN } }, { TYPE, "b.example.", TYPE_MX }, PROOF_NONE },
	{ "an apex does", { APEX }, { TYPE, "example.", TYPE_MX }, PROOF_SECURE },
	{ "a wildcard without the type",
	  { APEX, { "b.example.", AROUND, "A", PLAIN }, { "*.example.", AT, "A RRSIG", PLAIN } }, { TYPE, "b.example.", TYPE_MX }, PROOF_SECURE },
	{ "... and with it",
	  { APEX, { "b.example.", AROUND, "A", PLAIN }, { "*.example.", AT, "MX RRSIG", PLAIN } }, { TYPE, "b.example.", TYPE_MX }, PROOF_NONE },
	{ "... and one that is not there",
	  { APEX, { "b.example.", AROUND, "A", PLAIN }, { "*.example.", AROUND, "A", PLAIN } }, { TYPE, "b.example.", TYPE_MX }, PROOF_NONE },
	{ "of what opt-out leaves away nothing is known",
	  { APEX, { "b.example.", AROUND, "A", OPT_OUT } }, { TYPE, "b.example.", TYPE_MX }, PROOF_INSECURE },

	{ "a wildcard stands for what is not there", { { "b.example.", AROUND, "A", PLAIN } }, { EXACT, "b.example.", 1 }, PROOF_SECURE },
	{ "... the next closer name, that is (RFC 5155, section 8.8)", { { "x.b.example.", AROUND, "A", PLAIN } }, { EXACT, "x.b.example.", 1 },
	  PROOF_NONE },
	{ "... of a name further down", { { "b.example.", AROUND, "A", PLAIN } }, { EXACT, "x.b.example.", 1 }, PROOF_SECURE },
	{ "... not for what is there", { { "b.example.", AT, "A", PLAIN } }, { EXACT, "b.example.", 1 }, PROOF_NONE },
	{ "... nor, for sure, with opt-out", { { "b.example.", AROUND, "A", OPT_OUT } }, { EXACT, "b.example.", 1 }, PROOF_INSECURE },

	{ "a delegation without DS", { { "b.example.", AT, "NS", PLAIN } }, { DS, "b.example.", 0 }, DS_PROOF_DELEGATION },
	{ "a delegation with one", { { "b.example.", AT, "NS DS RRSIG", PLAIN } }, { DS, "b.example.", 0 }, DS_PROOF_NONE },
	{ "no delegation", { { "b.example.", AT, "A RRSIG", PLAIN } }, { DS, "b.example.", 0 }, DS_PROOF_NO_CUT },
	{ "the child's apex has no say about its DS (RFC 5155, section 8.6)", { { "b.example.", AT, "NS SOA RRSIG", PLAIN } },
	  { DS, "b.example.", 0 }, DS_PROOF_NONE },
	{ "a delegation in a span with opt-out", { APEX, { "b.example.", AROUND, "A", OPT_OUT } }, { DS, "b.example.", 0 }, DS_PROOF_INSECURE },
	{ "no name, in a span without", { APEX, { "b.example.", AROUND, "A", PLAIN } }, { DS, "b.example.", 0 }, DS_PROOF_NO_NAME },
	{ "a span with opt-out without the encloser", { { "b.example.", AROUND, "A", OPT_OUT } }, { DS, "b.example.", 0 }, DS_PROOF_NONE },
	{ "a span with opt-out of the name, not of the next closer one", { APEX, { "x.b.example.", AROUND, "A", OPT_OUT } },
	  { DS, "x.b.example.", 0 }, DS_PROOF_NONE },
};

/* RFC 5155, section 5. */
static void
hash_of(const char *text, uint8_t hash[CRYPTO_SHA1_BYTES])
{
	struct name name;

	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	name_lower(&name, &name);
	ck_assert(crypto_nsec3_hash(crypto, (struct crypto_span){ name.wire, name.size },
				    (struct crypto_span){ (const uint8_t *)SALT, 2 }, ITERATIONS, hash));
}

/* The hash that is so many behind. */
static void
move(uint8_t hash[CRYPTO_SHA1_BYTES], int by)
{
	hash[CRYPTO_SHA1_BYTES - 1] = (uint8_t)(hash[CRYPTO_SHA1_BYTES - 1] + by); /* none of these names' ends in 0 or 255 */
}

/* RFC 4648, section 7: five octets are eight characters. */
static void
hash_to_text(const uint8_t hash[CRYPTO_SHA1_BYTES], char text[HASH_TEXT_BYTES])
{
	for (unsigned i = 0; i < HASH_TEXT_BYTES - 1; i++) {
		const unsigned bit = i * 5, octet = bit / 8;
		const unsigned two = (unsigned)hash[octet] << 8 | (octet + 1 < CRYPTO_SHA1_BYTES ? hash[octet + 1] : 0);
		text[i] = "0123456789abcdefghijklmnopqrstuv"[two >> (11 - bit % 8) & 31u];
	}
	text[HASH_TEXT_BYTES - 1] = '\0';
}

static void
ends_of(const struct nsec3_line *line, uint8_t owner[CRYPTO_SHA1_BYTES], uint8_t next[CRYPTO_SHA1_BYTES])
{
	hash_of(line->name, owner);
	memcpy(next, owner, CRYPTO_SHA1_BYTES);
	ck_assert(owner[CRYPTO_SHA1_BYTES - 1] != 0 && owner[CRYPTO_SHA1_BYTES - 1] != 255);
	if (line->place != AT && line->place != ALONE)
		move(owner, -1);
	if (line->place != ALONE)
		move(next, +1);
	if (line->place == LAST_AFTER)
		memset(next, 0, CRYPTO_SHA1_BYTES);
	if (line->place == LAST_BEFORE)
		memset(owner, 0xff, CRYPTO_SHA1_BYTES);
}

static struct rrset *
proof_set(const struct nsec3_line *line)
{
	struct rrset *set = arena_zalloc(&arena, 1, sizeof *set);
	uint8_t owner[CRYPTO_SHA1_BYTES], next[CRYPTO_SHA1_BYTES];
	char owner_text[HASH_TEXT_BYTES], next_text[HASH_TEXT_BYTES], text[512];

	ends_of(line, owner, next);
	hash_to_text(owner, owner_text);
	hash_to_text(next, next_text);
	(void)snprintf(text, sizeof text, "%s.example. 300 NSEC3 %u %u %u %s %s %s", owner_text, line->kind == OTHER_HASH ? 2u : 1u,
		       line->kind == OPT_OUT ? 1u : line->kind == OTHER_FLAG ? 2u : 0u,
		       line->kind == MANY_ITERATIONS ? VALIDATE_NSEC3_ITERATIONS_MAX + 1u : ITERATIONS,
		       line->kind == OTHER_SALT ? "-" : SALT_TEXT, next_text, line->types);
	signed_text_append(&arena, set, text);
	(void)snprintf(text, sizeof text, "%s.example. 300 RRSIG NSEC3 13 2 300 20300101000000 20200101000000 1 example. AAAA", owner_text);
	signed_text_append(&arena, set, text);
	set->security = line->kind == UNCHECKED ? SECURITY_UNCHECKED : SECURITY_SECURE;
	return set;
}

static struct rrset *
proof_sets(const struct nsec3_case *c)
{
	struct rrset *sets = NULL, **tail = &sets;

	for (unsigned i = 0; i < RECORDS_MAX && c->records[i].name != NULL; i++) {
		*tail = proof_set(&c->records[i]);
		tail = &(*tail)->next;
	}
	return sets;
}

START_TEST(nsec3_proves_what_it_says_and_no_more)
{
	unsigned hashes = VALIDATE_NSEC3_HASHES_MAX;
	const int proof = proof_of(proof_sets(&cases[_i]), &cases[_i].question, &hashes);

	ck_assert_msg(proof == cases[_i].proof, "%s: %d", cases[_i].behaviour, proof);
}
END_TEST

START_TEST(without_hashes_left_nothing_is_proved)
{
	for (unsigned left = 0; left < 3; left++) {
		unsigned hashes = left;
		ck_assert_int_eq(proof_of(proof_sets(&cases[0]), &cases[0].question, &hashes), PROOF_NONE);
		ck_assert_uint_eq(hashes, 0);
	}
	unsigned hashes = 3; /* encloser, next closer name, wildcard */
	ck_assert_int_eq(proof_of(proof_sets(&cases[0]), &cases[0].question, &hashes), PROOF_SECURE);
	ck_assert_uint_eq(hashes, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("validate: nsec3");
	TCase *tcase = tcase_create("nsec3");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, nsec3_proves_what_it_says_and_no_more, 0, (int)COUNT(cases));
	tcase_add_test(tcase, without_hashes_left_nothing_is_proved);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
