/*
 * A second opinion on the wire format: the same octets to ldns and to Cairn (RFC 1035; RFC 3597).
 *
 * CAIRN_TEST_SEED repeats a run, CAIRN_TEST_COUNT makes it longer.
 */
#include <ldns/ldns.h>
#include <stdio.h>

#include "resolver/wire/codec.h"
#include "stack/base/arena.h"
#include "tests/resolver/wire/generate.h"
#include "tests/resolver/wire/ldns_rules.h"
#include "tests/resolver/wire/reading.h"
#include "tests/resolver/wire/spoil.h"
#include "tests/suite.h"

#define SEED     20260101u
#define MESSAGES 1500u

/* ldns loses a little memory where it gives up half-way; that is not ours to mend. */
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
static struct message message;
static struct arena arena;
static _Alignas(16) uint8_t block[4u << 20];
static struct reading ours, theirs;
static uint64_t seed;
static unsigned number; /* of the message at hand */

#define assert_message(holds, ...)                                                                 \
	do {                                                                                       \
		char words_[1024];                                                                 \
		snprintf(words_, sizeof words_, __VA_ARGS__);                                      \
		ck_assert_msg(holds, "seed %llu, message %u: %s", (unsigned long long)seed,        \
			      number, words_);                                                     \
	} while (0)

static unsigned
message_count(void)
{
	const char *text = getenv("CAIRN_TEST_COUNT");
	return text != NULL ? (unsigned)strtoul(text, NULL, 0) : MESSAGES;
}

static void
begin(uint64_t salt)
{
	seed = suite_seed(SEED);
	generate_init(&generate, seed + salt);
	generate_plain_types(&generate, rules_leave_out);
}

/* Most are of what ldns describes as well, so that no difference can hide behind a rule. */
static size_t
next_message(void)
{
	generate.is_plain = number % 4 != 0;
	return generate_message(&generate);
}

static int
read_ours(const uint8_t *bytes, size_t size)
{
	arena_init(&arena, block, sizeof block);
	return message_read(&message, &arena, bytes, size);
}

/* The first rule that holds of those that oblige Cairn to refuse, or of the others; RULES: none. */
static unsigned
first_rule(const struct evidence *evidence, bool refuses)
{
	unsigned i = 0;
	while (i < RULES && !(evidence->holds[i] && rules[i].refuses == refuses))
		i++;
	return i;
}

static const char *
words_of(unsigned rule)
{
	return rule < RULES ? rules[rule].words : "no rule";
}

/* What both have read must mean the same, unless a rule says why not. */
static bool
is_read_alike(const struct evidence *evidence, const ldns_pkt *packet)
{
	reading_of_message(&ours, &message);
	reading_of_packet(&theirs, packet);
	const char *difference = reading_difference(&ours, &theirs);
	assert_message(difference == NULL || first_rule(evidence, false) < RULES, "%s", difference);
	return difference == NULL;
}

/* ---- good messages ------------------------------------------------------------------------------- */

START_TEST(good_messages_are_read_alike)
{
	unsigned alike = 0;
	begin(1);
	for (number = 0; number < message_count(); number++) {
		struct evidence evidence;
		size_t size = next_message();
		int err = read_ours(generate.bytes, size);
		assert_message(err == 0, "refused with %d", err);
		evidence_read(&evidence, generate.bytes, size);
		unsigned rule = first_rule(&evidence, true);
		assert_message(rule == RULES, "a good message against \"%s\"", words_of(rule));
		ldns_pkt *packet = reading_ldns(generate.bytes, size);
		assert_message(packet != NULL || first_rule(&evidence, false) < RULES,
			       "ldns refuses it");
		alike += packet != NULL && is_read_alike(&evidence, packet);
		ldns_pkt_free(packet);
	}
	printf("seed %llu: %u good messages, %u read alike\n", (unsigned long long)seed,
	       message_count(), alike);
	ck_assert_uint_gt(alike, message_count() * 3 / 4);
}
END_TEST

/* Our own octets for what was read; 0: more than fits into a message. */
static size_t
render(uint8_t *bytes, size_t size)
{
	static struct render render;
	size_t reserve = message.edns.present ? EDNS_RECORD_BYTES + message.edns.options_bytes : 0;
	render_begin(&render, bytes, size, message.id, message.flags, message.rcode, reserve);
	if (message.question_count > 0 && render_question(&render, &message.question) != 0)
		return 0;
	for (enum dns_section section = SECTION_ANSWER; section < SECTIONS; section++)
		for (const struct rrset *set = message.sections[section]; set != NULL;
		     set = set->next)
			if (render_rrset(&render, section, set, set->ttl_s, true) != 0)
				return 0;
	if (message.edns.present && render_edns(&render, &message.edns) != 0)
		return 0;
	int written = render_finish(&render);
	ck_assert_int_gt(written, 0);
	return (size_t)written;
}

START_TEST(what_cairn_writes_ldns_reads_with_the_same_meaning)
{
	static uint8_t bytes[MESSAGE_BYTES_MAX];
	unsigned alike = 0;
	begin(3);
	ours.folds_names = theirs.folds_names = true;
	for (number = 0; number < message_count(); number++) {
		struct evidence evidence;
		size_t size = next_message();
		ck_assert_int_eq(read_ours(generate.bytes, size), 0);
		size = render(bytes, sizeof bytes);
		if (size == 0)
			continue;
		evidence_read(&evidence, bytes, size);
		unsigned rule = first_rule(&evidence, true);
		assert_message(rule == RULES, "written against \"%s\"", words_of(rule));
		ldns_pkt *packet = reading_ldns(bytes, size);
		assert_message(packet != NULL || first_rule(&evidence, false) < RULES,
			       "ldns refuses it");
		message.tsig_present = false; /* we sign nothing, and ask one question */
		message.question_count = message.question_count > 0;
		alike += packet != NULL && is_read_alike(&evidence, packet);
		ldns_pkt_free(packet);
	}
	printf("seed %llu: %u messages written, %u read alike\n", (unsigned long long)seed,
	       message_count(), alike);
	ck_assert_uint_gt(alike, message_count() * 3 / 4);
}
END_TEST

START_TEST(what_ldns_writes_cairn_reads_with_the_same_meaning)
{
	unsigned alike = 0, plain = 0;
	begin(4);
	ours.folds_names = theirs.folds_names = true;
	for (number = 0; number < message_count() / 2; number++) {
		uint8_t *bytes = NULL;
		size_t size = next_message(), written;
		struct evidence evidence;
		evidence_read(&evidence, generate.bytes, size);
		if (first_rule(&evidence, false) < RULES)
			continue;
		plain++;
		ldns_pkt *packet = reading_ldns(generate.bytes, size);
		if (ldns_pkt2wire(&bytes, packet, &written) == LDNS_STATUS_OK) {
			int err = read_ours(bytes, written);
			assert_message(err == 0, "refused with %d", err);
			alike += is_read_alike(&evidence, packet) ? 1u : 0u;
		}
		free(bytes);
		ldns_pkt_free(packet);
	}
	printf("seed %llu: %u messages written by ldns, %u read alike\n", (unsigned long long)seed,
	       plain, alike);
	ck_assert_uint_gt(alike, plain / 2);
}
END_TEST

/* ---- spoilt messages ----------------------------------------------------------------------------- */

struct verdicts {
	unsigned both, neither, only_ldns, only_cairn;
	unsigned alone[RULES]; /* differences that one rule alone explains */
};

static void
count_verdict(struct verdicts *verdicts, const struct evidence *evidence, bool taken,
	      bool theirs_taken)
{
	unsigned held = 0, last = 0;
	verdicts->both += taken && theirs_taken;
	verdicts->neither += !taken && !theirs_taken;
	verdicts->only_ldns += !taken && theirs_taken;
	verdicts->only_cairn += taken && !theirs_taken;
	for (unsigned i = 0; i < RULES; i++)
		if (evidence->holds[i])
			held++, last = i;
	verdicts->alone[last] += held == 1 && taken != theirs_taken;
}

static void
judge(struct verdicts *verdicts, const uint8_t *bytes, size_t size)
{
	struct evidence evidence;
	evidence_read(&evidence, bytes, size);
	unsigned refusing = first_rule(&evidence, true), other = first_rule(&evidence, false);
	int err = read_ours(bytes, size);
	ldns_pkt *packet = reading_ldns(bytes, size);

	assert_message(err != 0 || refusing == RULES, "taken against \"%s\"", words_of(refusing));
	assert_message(err == 0 || packet == NULL || refusing < RULES || other < RULES,
		       "refused with %d, and no rule says why", err);
	assert_message(err != 0 || packet != NULL || other < RULES,
		       "refused by ldns, and no rule says why");
	if (err == 0 && packet != NULL)
		is_read_alike(&evidence, packet);
	count_verdict(verdicts, &evidence, err == 0, packet != NULL);
	ldns_pkt_free(packet);
}

START_TEST(spoilt_messages_are_judged_alike)
{
	struct verdicts verdicts = { 0 };
	begin(2);
	for (number = 0; number < 4 * message_count(); number++) {
		size_t size = next_message();
		size = spoil(&generate.rng, generate.bytes, size, sizeof generate.bytes);
		judge(&verdicts, generate.bytes, size);
	}
	printf("seed %llu: %u spoilt messages: both take %u, neither %u, only ldns %u, only Cairn "
	       "%u\n",
	       (unsigned long long)seed, number, verdicts.both, verdicts.neither,
	       verdicts.only_ldns, verdicts.only_cairn);
	for (unsigned i = 0; i < RULES; i++)
		printf("%6u for this alone: %s (%s)\n", verdicts.alone[i], rules[i].words,
		       rules[i].reference);
	ck_assert_uint_gt(verdicts.both, number / 5); /* else it tests little but lengths */
}
END_TEST

/* ---- the table of differences, one by one ----------------------------------------------------------- */

/* The counts of a reply, and behind them its records, in hexadecimal. */
static const struct {
	enum rule_number rule;
	bool ldns_takes;
	const char *counts, *records;
} witnesses[] = {
	{ RULE_FRAME, false, "0000 0002 0000 0000", "00 0001 0001 00000005 0004 c0000201" },
	{ RULE_NAME, false, "0000 0001 0000 0000", "00 0002 0001 00000005 0003 416100" },
	{ RULE_FORWARD, true, "0000 0002 0000 0000",
	  "c01c 0001 0001 00000005 0004 c0000201 026e7300 0001 0001 00000005 0004 c0000202" },
	{ RULE_HEADER, true, "0000 0001 0000 0000", "c00a 0001 0001 00000005 0004 c0000201" },
	{ RULE_MISSING, true, "0000 0001 0000 0000", "00 000f 0001 00000005 0002 000a" },
	{ RULE_MISSING, true, "0000 0001 0000 0000", "00 0001 0001 00000005 0000" },
	{ RULE_OVERRUN, true, "0000 0001 0000 0000", "00 0002 0001 00000005 0003 026e7300" },
	{ RULE_LEFT, true, "0000 0001 0000 0000", "00 0001 0001 00000005 0005 c000020100" },
	{ RULE_BITMAP, true, "0000 0001 0000 0000", "00 002f 0001 00000005 0007 00 000140 000140" },
	{ RULE_BITMAP, true, "0000 0001 0000 0000", "00 002f 0001 00000005 0003 00 0000" },
	{ RULE_PARAMS, true, "0000 0001 0000 0000",
	  "00 0041 0001 00000005 0008 0001 00 0003000301" },
	{ RULE_OPTIONS, true, "0000 0000 0000 0001", "00 0029 04d0 00000000 0005 000a000261" },
	{ RULE_APL, true, "0000 0001 0000 0000", "00 002a 0001 00000005 0005 0001180301" },
	{ RULE_LOC, true, "0000 0001 0000 0000", "00 001d 0001 00000005 0004 00121613" },
	{ RULE_EMPTY, true, "0000 0001 0000 0000", "00 0101 0001 00000005 0003 000061" },
	{ RULE_OPT, true, "0000 0000 0000 0002",
	  "00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000" },
	{ RULE_OPT, true, "0000 0001 0000 0000", "00 0029 04d0 00000000 0000" },
	{ RULE_TSIG, true, "0000 0000 0000 0002",
	  "00 00fa 00ff 00000000 0011 00 000000000001 0001 0000 0001 0000 0000"
	  "00 0001 0001 00000005 0004 c0000201" },
	{ RULE_UNDESCRIBED, true, "0000 0001 0000 0000", "00 0017 0001 00000005 0004 026e7300" },
	{ RULE_UNDESCRIBED, true, "0000 0001 0000 0000", "00 0105 0001 00000005 0002 0561" },
	{ RULE_CLASS, false, "0000 0001 0000 0000", "00 0001 0003 00000005 0002 4142" },
	{ RULE_GATEWAY, true, "0000 0001 0000 0000", "00 002d 0001 00000005 0005 0a04020102" },
	{ RULE_UNREAD, true, "0000 0000 0000 0001", "00 00fa 00ff 00000000 0001 00" },
};

START_TEST(each_difference_is_as_the_table_says)
{
	uint8_t bytes[512];
	struct writer out = writer_over(bytes, sizeof bytes);
	struct evidence evidence;
	writer_u32(&out, 0x12348400);
	ck_assert_int_eq(get_hex(witnesses[_i].counts, strlen(witnesses[_i].counts), &out), 0);
	ck_assert_int_eq(get_hex(witnesses[_i].records, strlen(witnesses[_i].records), &out), 0);
	const struct rule *rule = &rules[witnesses[_i].rule];
	evidence_read(&evidence, bytes, out.pos);
	ck_assert_msg(evidence.holds[witnesses[_i].rule], "%s", rule->words);
	int err = read_ours(bytes, out.pos);
	ck_assert_msg(!rule->refuses || err != 0, "%s", rule->words);
	ldns_pkt *packet = reading_ldns(bytes, out.pos);
	ck_assert_msg((packet != NULL) == witnesses[_i].ldns_takes, "ldns: %s", rule->words);
	ldns_pkt_free(packet);
}
END_TEST

static Suite *
ldns_suite(void)
{
	Suite *suite = suite_create("ldns");
	TCase *tcase = tcase_create("wire");
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, good_messages_are_read_alike);
	tcase_add_test(tcase, what_cairn_writes_ldns_reads_with_the_same_meaning);
	tcase_add_test(tcase, what_ldns_writes_cairn_reads_with_the_same_meaning);
	tcase_add_test(tcase, spoilt_messages_are_judged_alike);
	tcase_add_loop_test(tcase, each_difference_is_as_the_table_says, 0, COUNT(witnesses));
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(ldns_suite());
}
