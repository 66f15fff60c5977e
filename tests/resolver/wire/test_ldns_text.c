/*
 * A second opinion on how records read on paper: octets and texts to ldns and to Cairn
 * (RFC 1035, section 5; RFC 3597, section 5).
 *
 * CAIRN_TEST_SEED repeats a run, CAIRN_TEST_COUNT makes it longer.
 */
#include <ldns/ldns.h>
#include <stdio.h>

#include "resolver/wire/text.h"
#include "tests/resolver/wire/generate.h"
#include "tests/resolver/wire/ldns_rules.h"
#include "tests/resolver/wire/ldns_text_rules.h"
#include "tests/resolver/wire/ldns_words.h"
#include "tests/resolver/wire/reading.h"
#include "tests/suite.h"

#define SEED   20260102u
#define ROUNDS 40u /* of each type */

const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libldns";
}

const char *__lsan_default_options(void);
const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}

static struct generate generate;
static uint64_t seed;
static char our_text[TEXT_BYTES], their_text[TEXT_BYTES], line[TEXT_BYTES + 64];
static uint8_t rdata[MESSAGE_BYTES_MAX], our_octets[MESSAGE_BYTES_MAX],
	their_octets[MESSAGE_BYTES_MAX];
static size_t rdata_bytes;

static unsigned
round_count(void)
{
	const char *text = getenv("CAIRN_TEST_COUNT");
	return text != NULL ? (unsigned)strtoul(text, NULL, 0) : ROUNDS;
}

static void
begin(uint64_t salt)
{
	seed = suite_seed(SEED);
	generate_init(&generate, seed + salt);
	generate_plain_types(&generate, rules_leave_out);
}

#define assert_text(holds, type, words)                                                            \
	do {                                                                                       \
		char name_[TYPE_TEXT_BYTES];                                                       \
		ck_assert_msg(holds, "seed %llu, %s: %s\nours   %.1000s\ntheirs %.1000s",          \
			      (unsigned long long)seed, type_to_text(type, name_, sizeof name_),   \
			      words, our_text, their_text);                                        \
	} while (0)

/* ---- four ways between octets and text -------------------------------------------------------------- */

static void
our_octets_to_text(uint16_t type)
{
	ck_assert_int_eq(
		rdata_to_text(type, CLASS_IN, rdata, rdata_bytes, our_text, sizeof our_text), 0);
}

static ldns_rr *
their_record(uint16_t type)
{
	static uint8_t record[MESSAGE_BYTES_MAX + 1024];
	struct writer out = writer_over(record, MESSAGE_BYTES_MAX);
	ldns_rr *rr = NULL;
	size_t at = 0;
	memset(record, 0, sizeof record);
	writer_u8(&out, 0);
	writer_u16(&out, type);
	writer_u16(&out, CLASS_IN);
	writer_u32(&out, 5);
	writer_u16(&out, (uint16_t)rdata_bytes);
	writer_bytes(&out, rdata, rdata_bytes);
	ck_assert_int_eq(ldns_wire2rr(&rr, record, out.pos, &at, LDNS_SECTION_ANSWER),
			 LDNS_STATUS_OK);
	return rr;
}

/* Field by field: ldns adds remarks to whole records. */
static void
their_fields_to_text(const ldns_rr *rr)
{
	size_t used = 0;
	their_text[0] = '\0';
	if (ldns_rr_rd_count(rr) == 0 && ldns_rr_get_type(rr) != LDNS_RR_TYPE_APL)
		used = (size_t)snprintf(their_text, sizeof their_text, "\\# 0");
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		char *field = ldns_rdf2str(ldns_rr_rdf(rr, i));
		used += (size_t)snprintf(their_text + used, sizeof their_text - used, "%s%s",
					 i > 0 ? " " : "", field != NULL ? field : "?");
		free(field);
	}
	ck_assert_uint_lt(used, sizeof their_text);
}

static void
their_octets_to_text(uint16_t type)
{
	ldns_rr *rr = their_record(type);
	their_fields_to_text(rr);
	ldns_rr_free(rr);
}

/* Octets, or a negative number: refused. */
static int
our_text_to_octets(uint16_t type, const char *text)
{
	struct writer out = writer_over(our_octets, sizeof our_octets);
	int err = rdata_from_text(type, CLASS_IN, text, NULL, &out);
	return err != 0 ? err : (int)out.pos;
}

static int
their_text_to_octets(uint16_t type, const char *text)
{
	char name[TYPE_TEXT_BYTES];
	ldns_rr *rr = NULL;
	snprintf(line, sizeof line, ". 5 IN %s %s", type_to_text(type, name, sizeof name), text);
	if (ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) != LDNS_STATUS_OK)
		return -1;
	int size = (int)reading_rdata(rr, their_octets, sizeof their_octets);
	their_fields_to_text(rr);
	ldns_rr_free(rr);
	return size;
}

static bool
is_rdata(const uint8_t *octets, int size)
{
	return size == (int)rdata_bytes && (size == 0 || memcmp(octets, rdata, rdata_bytes) == 0);
}

/* ---- good records -------------------------------------------------------------------------------- */

static void
check_type(uint16_t type)
{
	rdata_bytes = generate_rdata(&generate, type);
	memcpy(rdata, generate.bytes, rdata_bytes);
	our_octets_to_text(type);
	their_octets_to_text(type);
	assert_text(is_same_text(type, our_text, their_text) ||
			    text_may_differ(PRESENTS, type, our_text, their_text),
		    type, "another text");
	assert_text(is_rdata(our_octets, our_text_to_octets(type, our_text)), type,
		    "our own text is read otherwise");
	assert_text(is_rdata(our_octets, our_text_to_octets(type, their_text)) ||
			    text_may_differ(WRITES, type, our_text, their_text),
		    type, "their text is read otherwise by us");
	assert_text(is_rdata(their_octets, their_text_to_octets(type, our_text)) ||
			    text_may_differ(READS, type, our_text, their_text),
		    type, "our text is read otherwise by them");
}

START_TEST(every_type_reads_alike_on_paper)
{
	begin(1);
	for (unsigned i = 0; i < generate.plain_count; i++)
		for (unsigned round = 0; round < round_count(); round++)
			check_type(generate.types[i]);
	for (unsigned round = 0; round < round_count(); round++) {
		check_type(TYPE_TSIG);
		check_type(TYPE_TKEY);
		check_type((uint16_t)(65280 + round % 255));
	}
	printf("seed %llu: %u types, %u records of each\n", (unsigned long long)seed,
	       generate.plain_count + 3, round_count());
}
END_TEST

/* Of these types ldns writes the octets; what it writes is a text of the record all the same. */
START_TEST(every_type_can_be_written_as_octets)
{
	begin(2);
	for (unsigned i = 0; i < generate.type_count; i++) {
		for (unsigned round = 0; round < round_count() / 4; round++) {
			uint16_t type = generate.types[i];
			rdata_bytes = generate_rdata(&generate, type);
			memcpy(rdata, generate.bytes, rdata_bytes);
			our_octets_to_text(type);
			assert_text(is_rdata(our_octets, our_text_to_octets(type, our_text)), type,
				    "our own text is read otherwise");
			size_t used = (size_t)snprintf(their_text, sizeof their_text, "\\# %zu ",
						       rdata_bytes);
			for (size_t k = 0; k < rdata_bytes; k++)
				used += (size_t)sprintf(their_text + used, "%02X", rdata[k]);
			assert_text(is_rdata(our_octets, our_text_to_octets(type, their_text)),
				    type, "octets are read otherwise");
		}
	}
}
END_TEST

/* ---- spoilt texts -------------------------------------------------------------------------------- */

static uint32_t
below(size_t bound)
{
	return rng_below(&generate.rng, (uint32_t)bound);
}

/* The blank in front of some word, or NULL. */
static char *
some_blank(char *text)
{
	return strchr(text + below(strlen(text) + 1), ' ');
}

static void
spoil_text(char *text)
{
	static const char characters[] = "0123456789 \"\\.-+:,=abcfxyzAFZ";
	size_t size = strlen(text), at = below(size + 1);
	char *blank = some_blank(text), *next = blank != NULL ? strchr(blank + 1, ' ') : NULL;
	switch (below(6)) {
	case 0: /* another character */
		if (at < size)
			text[at] = (char)(' ' + below(95));
		return;
	case 1: /* one more */
		memmove(text + at + 1, text + at, size - at + 1);
		text[at] = characters[below(sizeof characters - 1)];
		return;
	case 2: /* one less */
		if (at < size)
			memmove(text + at, text + at + 1, size - at);
		return;
	case 3: text[at] = '\0'; return; /* the end is missing */
	case 4:                          /* a word is missing */
		if (next != NULL)
			memmove(blank, next, strlen(next) + 1);
		return;
	case 5: /* a number grows */
		if (blank == NULL)
			return;
		memmove(blank + 3, blank, strlen(blank) + 1);
		memcpy(blank, "65536" + below(3), 3);
		return;
	}
}

struct verdicts {
	unsigned both, neither, only_ldns, only_cairn;
};

/*
 * ldns takes much that is no text of the type: numbers too large for their field, digits that are
 * none.  So where only one of the two takes a text, it has to be one that this one would write:
 * what it reads but would never write is its own affair, unless it is ours.
 */
static void
judge_text(uint16_t type, const char *text, struct verdicts *verdicts)
{
	int ours = our_text_to_octets(type, text), theirs = their_text_to_octets(type, text);
	bool may = text_may_differ(READS, type, text, their_text);
	verdicts->both += ours >= 0 && theirs >= 0;
	verdicts->neither += ours < 0 && theirs < 0;
	verdicts->only_ldns += ours < 0 && theirs >= 0;
	verdicts->only_cairn += ours >= 0 && theirs < 0;
	snprintf(our_text, sizeof our_text, "%s", text);
	if (may)
		return;
	assert_text(ours < 0 || theirs >= 0, type, "only we take this");
	assert_text(ours >= 0 || theirs < 0 || !is_same_text(type, text, their_text), type,
		    "only they take this");
	if (ours >= 0)
		assert_text(ours == theirs && memcmp(our_octets, their_octets, (size_t)ours) == 0,
			    type, "read otherwise");
}

START_TEST(spoilt_texts_are_judged_alike)
{
	static char text[TEXT_BYTES];
	struct verdicts verdicts = { 0 };
	begin(3);
	for (unsigned i = 0; i < generate.plain_count; i++) {
		for (unsigned round = 0; round < 4 * round_count(); round++) {
			uint16_t type = generate.types[i];
			rdata_bytes = generate_rdata(&generate, type);
			if (rdata_bytes > 120)
				continue; /* what is long is hardly ever hit where it matters */
			memcpy(rdata, generate.bytes, rdata_bytes);
			our_octets_to_text(type);
			strcpy(text, our_text);
			for (unsigned changes = 1 + below(2); changes > 0; changes--)
				spoil_text(text);
			if (strpbrk(text, "();\n") == NULL)
				judge_text(type, text, &verdicts);
		}
	}
	printf("seed %llu: spoilt texts: both take %u, neither %u, only ldns %u, only Cairn %u\n",
	       (unsigned long long)seed, verdicts.both, verdicts.neither, verdicts.only_ldns,
	       verdicts.only_cairn);
}
END_TEST

static Suite *
ldns_text_suite(void)
{
	Suite *suite = suite_create("ldns_text");
	TCase *tcase = tcase_create("text");
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, every_type_reads_alike_on_paper);
	tcase_add_test(tcase, every_type_can_be_written_as_octets);
	tcase_add_test(tcase, spoilt_texts_are_judged_alike);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(ldns_text_suite());
}
