#include "tests/resolver/validate/denial_subject.h"

#include <check.h>

static uint8_t block[8 << 20];
struct arena arena;
struct crypto *crypto;

void
set_up(void)
{
	arena_init(&arena, block, sizeof block);
	crypto = crypto_new();
}

void
tear_down(void)
{
	crypto_free(crypto);
}

int
proof_of(const struct rrset *sets, const struct denial_question *question, unsigned *hashes)
{
	struct name qname, zone;

	ck_assert_int_eq(name_from_text(&qname, question->qname, NULL), 0);
	name_tail(&zone, &qname, 1);
	struct denial denial = { .sets = sets, .zone = &zone, .crypto = crypto, .hashes = hashes };
	switch (question->asked) {
	case NAME:  return (int)denial_of_name(&denial, &qname);
	case TYPE:  return (int)denial_of_type(&denial, &qname, question->qtype);
	case EXACT: return (int)denial_of_exact(&denial, &qname, question->qtype);
	case DS:    break;
	}
	return (int)denial_of_ds(&denial, &qname);
}
