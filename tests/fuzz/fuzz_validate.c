/*
 * What the validator is given: sets with any octets as records and RRSIGs, keys and DS sets for them, and proofs.  Nothing costs
 * more than its purse, nothing is secure that nobody has signed; a set that was signed is secure, and is not with another octet.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/validate/anchors.h"
#include "resolver/validate/denial.h"
#include "resolver/validate/limits.h"
#include "resolver/validate/rrsig.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "tests/resolver/validate/signer.h"

#define SETS_MAX       12u
#define NOW_S          2000000000u
#define OPAQUE_TYPE    65400u
#define OPAQUE_RECORDS 4u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const owners[] = {
	"example.", "a.example.", "*.example.", "b.example.", "x.b.example.", "*.b.example.", "sub.example.", "www.sub.example.",
	"!.example.", "z.example.", ".",
};
static const uint16_t types[] = { TYPE_A, TYPE_NS, TYPE_DS, TYPE_DNSKEY, TYPE_NSEC, TYPE_NSEC3, TYPE_SOA, TYPE_DNAME };

#define OWNERS (sizeof owners / sizeof owners[0])
#define TYPES  (sizeof types / sizeof types[0])

struct input {
	struct arena arena;
	struct crypto *crypto;
	struct cursor octets;
	struct name zone;
	struct rrset *sets;
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static const struct name *
named(struct arena *arena, const char *text)
{
	struct name name;
	check(name_from_text(&name, text, NULL) == 0);
	const struct name *kept = name_store(arena, &name);
	check(kept != NULL);
	return kept;
}

/* A hash of any octets below the zone, as NSEC3 records have it. */
static const struct name *
hashed(struct input *input)
{
	uint8_t label[32];
	struct name name;

	for (unsigned i = 0; i < sizeof label; i++)
		label[i] = (uint8_t)"0123456789abcdefghijklmnopqrstuv"[cursor_u8(&input->octets) & 31u];
	check(name_prepend(&name, label, sizeof label, &input->zone) == 0);
	return name_store(&input->arena, &name);
}

/* An RRSIG that is right in all but the signature, as far as the input wants that. */
static void
add_sig(struct input *input, struct rrset *set)
{
	uint8_t rdata[512];
	struct writer w = writer_over(rdata, sizeof rdata);
	const uint8_t choice = cursor_u8(&input->octets), signature_bytes = cursor_u8(&input->octets);
	const uint8_t *signature = cursor_bytes(&input->octets, signature_bytes);

	if (signature == NULL)
		return;
	writer_u16(&w, set->type);
	writer_u8(&w, (uint8_t)((choice & 1) != 0 ? 13 : 15));
	writer_u8(&w, (uint8_t)(name_labels(set->owner) - ((choice & 2) != 0)));
	writer_u32(&w, 300);
	writer_u32(&w, (choice & 4) != 0 ? NOW_S - 1000 : NOW_S + 1000);
	writer_u32(&w, NOW_S - 2000);
	writer_u16(&w, (uint16_t)(choice >> 4));
	writer_bytes(&w, input->zone.wire, input->zone.size);
	writer_bytes(&w, signature, signature_bytes);
	check(w.err == 0);
	signer_add(&input->arena, set, rdata, w.pos);
	set->rr_count--;
	set->sig_count++;
}

static struct rrset *
read_set(struct input *input)
{
	struct rrset *set = arena_zalloc(&input->arena, 1, sizeof *set);
	const uint8_t choice = cursor_u8(&input->octets);

	check(set != NULL);
	set->type = types[choice % TYPES];
	set->class = CLASS_IN;
	set->ttl_s = 300;
	set->security = SECURITY_SECURE;
	set->owner = set->type == TYPE_NSEC3 ? hashed(input) : named(&input->arena, owners[cursor_u8(&input->octets) % OWNERS]);
	for (unsigned left = 1 + (choice >> 6); left > 0 && cursor_left(&input->octets) > 0; left--) {
		const uint8_t rdata_bytes = cursor_u8(&input->octets);
		const uint8_t *rdata = cursor_bytes(&input->octets, rdata_bytes);
		struct rdata_names names;
		if (rdata != NULL && rdata_names(set->type, CLASS_IN, rdata, rdata_bytes, &names) == 0)
			signer_add(&input->arena, set, rdata, rdata_bytes);
	}
	for (unsigned sigs = choice >> 4 & 3u; sigs > 0; sigs--)
		add_sig(input, set);
	return set;
}

static const struct rrset *
find(const struct rrset *sets, uint16_t type)
{
	while (sets != NULL && (sets->type != type || sets->rr_count == 0))
		sets = sets->next;
	return sets;
}

/* Nobody has a key to sign with: nothing holds, and no more is tried than may be. */
static void
verify_all(struct input *input)
{
	const struct rrset *keys = find(input->sets, TYPE_DNSKEY), *ds = find(input->sets, TYPE_DS);

	for (const struct rrset *set = input->sets; keys != NULL && set != NULL; set = set->next) {
		unsigned budget = VALIDATE_SIGNATURES_MAX;
		struct verify verify;
		const size_t mark = arena_mark(&input->arena);
		if (set->rr_count == 0)
			continue;
		verify_begin(&verify, set, keys, &input->zone, set->type == TYPE_DNSKEY ? ds : NULL, input->crypto, &input->arena, NOW_S);
		check(!verify_set(&verify, &budget) && verify.ede != EDE_NONE);
		check(VALIDATE_SIGNATURES_MAX - budget <= VALIDATE_SIGS_PER_RRSET_MAX * VALIDATE_KEYS_PER_TAG_MAX);
		check(verify.failures <= VALIDATE_FAILURES_MAX);
		arena_rewind(&input->arena, mark);
	}
}

/* As if all had been verified. */
static void
prove_all(struct input *input)
{
	for (unsigned i = 0; i < OWNERS; i++) {
		const struct name *qname = named(&input->arena, owners[i]);
		unsigned hashes = VALIDATE_NSEC3_HASHES_MAX;
		struct denial denial = { .sets = input->sets, .zone = &input->zone, .crypto = input->crypto, .hashes = &hashes };
		if (!name_is_under(qname, &input->zone))
			continue;
		(void)denial_of_name(&denial, qname);
		(void)denial_of_type(&denial, qname, TYPE_MX);
		(void)denial_of_type(&denial, qname, TYPE_DS);
		(void)denial_of_exact(&denial, qname, name_labels(qname) > 1 ? name_labels(qname) - 1u : 0);
		(void)denial_of_ds(&denial, qname);
		check(hashes <= VALIDATE_NSEC3_HASHES_MAX);
		hashes = 0;
		check(find(input->sets, TYPE_NSEC) != NULL || denial_of_name(&denial, qname) != PROOF_SECURE);
	}
}

static void
anchor_all(struct input *input)
{
	struct anchors *anchors = arena_zalloc(&input->arena, 1, sizeof *anchors);

	check(anchors != NULL);
	anchors_init(anchors, &input->arena);
	for (const struct rrset *set = input->sets; set != NULL; set = set->next) {
		struct rdata_walk walk;
		unsigned at = 0;
		for (rdata_first(set, &walk); at < set->rr_count && rdata_next(&walk); at++)
			(void)anchors_add(anchors, input->crypto, set->owner, set->type, walk.bytes, walk.size);
	}
	for (unsigned i = 0; i < anchors->count; i++)
		check(anchors_at(anchors, anchors->ds[i]->owner) != NULL && anchors->ds[i]->rr_count > 0);
}

/* Records of the input's octets, each with a number before it, so that no two are equal. */
static void
sign_and_verify(struct input *input, const uint8_t *bytes, size_t size)
{
	struct rrset set = { .owner = named(&input->arena, "a.example."), .type = OPAQUE_TYPE, .class = CLASS_IN, .ttl_s = 300 };
	struct rrset keys = { .owner = &input->zone, .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = 300 };
	uint8_t key[SIGNER_RDATA_BYTES], record[65];
	unsigned budget = VALIDATE_SIGNATURES_MAX;
	struct verify verify;

	for (unsigned i = 0; i < OPAQUE_RECORDS; i++) {
		const size_t from = i * size / OPAQUE_RECORDS, room = size - from < 64 ? size - from : 64;
		record[0] = (uint8_t)i;
		memcpy(record + 1, bytes + from, room);
		signer_add(&input->arena, &set, record, 1 + room);
	}
	(void)signer_key(1, SIGNER_ZSK, key);
	signer_add(&input->arena, &keys, key, sizeof key);
	signer_sign(&input->arena, &set, &input->zone, 1, SIGNER_ZSK, NOW_S - 1000, NOW_S + 1000);
	verify_begin(&verify, &set, &keys, &input->zone, NULL, input->crypto, &input->arena, NOW_S);
	check(verify_set(&verify, &budget) && budget == VALIDATE_SIGNATURES_MAX - 1);
	uint8_t *changed = arena_copy(&input->arena, set.rdata, set.rdata_bytes);
	changed[2] ^= 1; /* the number of the first record */
	set.rdata = changed;
	verify_begin(&verify, &set, &keys, &input->zone, NULL, input->crypto, &input->arena, NOW_S);
	check(!verify_set(&verify, &budget));
}

static struct {
	const uint8_t *bytes;
	size_t size;
} given;

START_TEST(validation_keeps_to_its_bounds)
{
	static uint8_t block[8u << 20];
	static struct crypto *crypto;
	struct input input = { .octets = cursor_over(given.bytes, given.size) };
	struct rrset **tail = &input.sets;

	if (crypto == NULL)
		crypto = crypto_new();
	input.crypto = crypto;
	arena_init(&input.arena, block, sizeof block);
	check(crypto != NULL && name_from_text(&input.zone, "example.", NULL) == 0);
	for (unsigned i = 0; i < SETS_MAX && cursor_left(&input.octets) > 0; i++) {
		struct rrset *set = read_set(&input);
		if (set->rdata == NULL)
			continue;
		*tail = set;
		tail = &set->next;
	}
	verify_all(&input);
	prove_all(&input);
	anchor_all(&input);
	sign_and_verify(&input, given.bytes, given.size);
}
END_TEST

/* The signer's checks are Check's, which wants to run them itself. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size == 0 || size > 4096)
		return 0;
	given.bytes = bytes;
	given.size = size;
	Suite *suite = suite_create("fuzz_validate");
	TCase *tcase = tcase_create("validate");
	tcase_add_test(tcase, validation_keeps_to_its_bounds);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	if (srunner_ntests_failed(runner) != 0)
		abort();
	srunner_free(runner);
	return 0;
}
