#include "tests/resolver/validate/autotrust_subject.h"

#include "resolver/validate/limits.h"

#include <stdio.h>
#include <string.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

const struct autotrust_rules rules = { AUTOTRUST_ADD_HOLDDOWN_S, AUTOTRUST_DEL_HOLDDOWN_S, 366 * SUBJECT_DAY_S,
					      AUTOTRUST_QUERY_S_MIN };
static uint8_t memory[1 << 20], scratch_memory[1 << 19];
static struct arena scratch;
struct arena arena;
struct autotrust trust;
struct autotrust_reader reader;
struct crypto *crypto;
struct rng rng;
struct name zone;
uint64_t now_s;

void
set_up(void)
{
	arena_init(&arena, memory, sizeof memory);
	arena_init(&scratch, scratch_memory, sizeof scratch_memory);
	rng_init_number(&rng, suite_seed(1));
	crypto = crypto_new();
	ck_assert_int_eq(name_from_text(&zone, "example.", NULL), 0);
	now_s = SUBJECT_START_S;
}

void
tear_down(void)
{
	crypto_free(crypto);
}

/* ---- a zone's DNSKEY set ------------------------------------------------------------------------------------------- */

static uint16_t
flags_of(unsigned number)
{
	return number >= ZSK ? SIGNER_ZSK : number >= REVOKED ? SIGNER_KSK_REVOKED : SIGNER_KSK;
}

const struct rrset *
make_set(struct keys keys, struct keys signers)
{
	struct rrset *set = arena_zalloc(&arena, 1, sizeof *set);
	uint8_t rdata[SIGNER_RDATA_BYTES];

	*set = (struct rrset){ .owner = &zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = SUBJECT_TTL_S };
	for (unsigned i = 0; keys.numbers[i] != 0; i++) {
		(void)signer_key(keys.numbers[i] % REVOKED, flags_of(keys.numbers[i]), rdata);
		signer_add(&arena, set, rdata, sizeof rdata);
	}
	for (unsigned i = 0; signers.numbers[i] != 0; i++)
		signer_sign(&arena, set, &zone, signers.numbers[i] % REVOKED, flags_of(signers.numbers[i]),
			    (uint32_t)now_s - SUBJECT_DAY_S, (uint32_t)now_s + 20 * SUBJECT_DAY_S);
	return set;
}

enum autotrust_news
hear(const struct rrset *set)
{
	const struct autotrust_means means = { &rules, crypto, &scratch, &rng, { VALIDATE_SKEW_S, VALIDATE_SKEW_S }, (uint32_t)now_s };
	return autotrust_hear(&trust, set, &means, now_s);
}

enum autotrust_news
hear_after(unsigned days, struct keys keys, struct keys signers)
{
	now_s += (uint64_t)days * SUBJECT_DAY_S;
	arena_reset(&arena);
	return hear(make_set(keys, signers));
}

/* ---- what became of a key --------------------------------------------------------------------------------------------- */

enum autotrust_state
state_of(unsigned number)
{
	uint8_t rdata[SIGNER_RDATA_BYTES];

	(void)signer_key(number % REVOKED, flags_of(number), rdata);
	for (unsigned i = 0; i < trust.key_count; i++)
		if (trust.keys[i].type == TYPE_DNSKEY && memcmp(trust.keys[i].rdata + 4, rdata + 4, sizeof rdata - 4) == 0)
			return trust.keys[i].state;
	return AUTOTRUST_START;
}

unsigned
anchors_of(const struct autotrust *of)
{
	static uint8_t block[1 << 17];
	struct arena anchors_arena;
	struct anchors anchors;

	arena_init(&anchors_arena, block, sizeof block);
	anchors_init(&anchors, &anchors_arena);
	ck_assert_int_eq(autotrust_anchors(of, &anchors, crypto), 0);
	const struct rrset *set = anchors_at(&anchors, &zone);
	return set != NULL ? set->rr_count : 0;
}

int
read_text(const char *text)
{
	return autotrust_read(&trust, &reader, text, strlen(text));
}

void
start_with(unsigned number)
{
	uint8_t rdata[SIGNER_RDATA_BYTES];
	char fields[200], text[300];

	(void)signer_key(number % REVOKED, flags_of(number), rdata);
	ck_assert_int_ge(rdata_to_text(TYPE_DNSKEY, CLASS_IN, rdata, sizeof rdata, fields, sizeof fields), 0);
	(void)snprintf(text, sizeof text, "example. 3600 IN DNSKEY %s ; a remark\n", fields);
	ck_assert_int_eq(read_text(text), 0);
}

void
running_with(unsigned number)
{
	start_with(number);
	ck_assert_int_eq(hear_after(0, KEYS(number), KEYS(number)), AUTOTRUST_TAKEN);
}
