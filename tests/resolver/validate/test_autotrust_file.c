/* The file that a trust anchor is kept in: read as it was written, and never for more than that. */
#include <string.h>

#include "tests/resolver/validate/autotrust_subject.h"
#include "tests/suite.h"

static char text[AUTOTRUST_TEXT_BYTES_MAX], damaged[AUTOTRUST_TEXT_BYTES_MAX];

/* A key of each kind that a file holds. */
static size_t
write_state(void)
{
	running_with(1);
	for (unsigned i = 0; i < 4; i++)
		(void)hear_after(15, KEYS(1, 2, 3), KEYS(1));
	(void)hear_after(1, KEYS(REVOKED + 1, 2, 4), KEYS(REVOKED + 1, 2));
	const int size = autotrust_write(&trust, text, sizeof text);
	ck_assert_int_gt(size, 0);
	return (size_t)size;
}

START_TEST(a_state_that_was_written_is_read_as_it_was)
{
	const size_t size = write_state();
	const struct autotrust before = trust;

	ck_assert_int_eq(autotrust_read(&trust, &reader, text, size), 0);
	ck_assert_uint_eq(trust.key_count, before.key_count);
	ck_assert_uint_eq(trust.queried_s, before.queried_s);
	ck_assert_uint_eq(trust.succeeded_s, before.succeeded_s);
	ck_assert_uint_eq(trust.next_query_s, before.next_query_s);
	ck_assert_uint_eq(trust.query_interval_s, before.query_interval_s);
	ck_assert_int_eq(state_of(1), AUTOTRUST_REVOKED);
	ck_assert_int_eq(state_of(2), AUTOTRUST_VALID);
	ck_assert_int_eq(state_of(3), AUTOTRUST_MISSING);
	ck_assert_int_eq(state_of(4), AUTOTRUST_ADDPEND);
	ck_assert_uint_eq(anchors_of(&trust), 2);
}
END_TEST

START_TEST(a_zone_without_trust_point_stays_one)
{
	running_with(1);
	(void)hear_after(1, KEYS(REVOKED + 1), KEYS(REVOKED + 1));
	const int size = autotrust_write(&trust, text, sizeof text);
	ck_assert_int_gt(size, 0);
	ck_assert_int_eq(autotrust_read(&trust, &reader, text, (size_t)size), 0);
	ck_assert(trust.is_revoked);
	ck_assert_uint_eq(anchors_of(&trust), 0);
}
END_TEST

/* Whatever a damaged file is read as: no key is trusted that was not trusted before. */
static void
check_damaged(size_t size, const struct autotrust *whole, const char *what, size_t at)
{
	if (autotrust_read(&trust, &reader, damaged, size) != 0) {
		ck_assert_ptr_nonnull(reader.why);
		return;
	}
	for (unsigned i = 0; i < trust.key_count; i++) {
		const struct autotrust_key *key = &trust.keys[i];
		bool was_anchor = key->state != AUTOTRUST_VALID && key->state != AUTOTRUST_MISSING;
		for (unsigned j = 0; j < whole->key_count; j++)
			was_anchor |= whole->keys[j].rdata_bytes == key->rdata_bytes &&
				      memcmp(whole->keys[j].rdata, key->rdata, key->rdata_bytes) == 0 &&
				      (whole->keys[j].state == AUTOTRUST_VALID || whole->keys[j].state == AUTOTRUST_MISSING);
		ck_assert_msg(was_anchor, "%s at %zu: a key is trusted that was not", what, at);
	}
}

START_TEST(a_file_that_is_cut_short_brings_no_new_anchor)
{
	const size_t size = write_state();
	const struct autotrust whole = trust;

	memcpy(damaged, text, size);
	for (size_t cut = 0; cut < size; cut++)
		check_damaged(cut, &whole, "cut", cut);
}
END_TEST

START_TEST(a_file_with_a_wrong_octet_brings_no_new_anchor)
{
	const size_t size = write_state();
	const struct autotrust whole = trust;

	memcpy(damaged, text, size);
	for (size_t at = 0; at < size; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			damaged[at] = (char)(text[at] ^ 1 << bit);
			check_damaged(size, &whole, "bit", at);
		}
		damaged[at] = text[at];
	}
}
END_TEST

#define FIELDS ";;id: example. 1\n;;last_queried: 1 ;;x\n;;last_success: 1\n;;next_probe_time: 1\n"
#define REST   ";;query_failed: 0\n;;query_interval: 5400\n;;retry_time: 3600\n"
#define RECORD "example. 3600 IN DNSKEY 257 3 15 AAAA"
#define STATE  " ;{id = 1040 (ksk), size = 24b} ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=1 ;;x\n"

static const struct {
	const char *behaviour, *text, *why;
} refusals[] = {
	{ "an empty file", "", "has no key that is an anchor" },
	{ "remarks alone", "; nothing\n\n", "has no key that is an anchor" },
	{ "a state without keys", FIELDS REST, "has no key that is an anchor" },
	{ "a field that is not there", FIELDS RECORD STATE, "ends before the state is complete" },
	{ "a field twice", FIELDS REST ";;retry_time: 1\n" RECORD STATE, "is there twice" },
	{ "a field nobody knows", FIELDS REST ";;colour: 1\n" RECORD STATE, "is no field of a trust anchor's state" },
	{ "a number that is none", ";;last_queried: yesterday\n", "has no number, or one that cannot be" },
	{ "a time beyond 32 bits", ";;last_queried: 4294967296\n", "has no number, or one that cannot be" },
	{ "a record without its state", FIELDS REST RECORD "\n", "is a record without its state" },
	{ "a key with another id", FIELDS REST "example. 3600 IN DNSKEY 257 3 15 AAAB" STATE,
	  "is a key that does not have the id that it is said to have" },
	{ "a state by another name", FIELDS REST RECORD " ;{id = 1040 } ;;state=2 [ ADDPEND ] ;;count=0 ;;lastchange=1\n",
	  "is a record whose state is missing or cannot be" },
	{ "keys of two zones", "a. IN DNSKEY 257 3 15 AAAA\nb. IN DNSKEY 257 3 15 AAAA\n",
	  "is of another zone than what stands before: a file is of one zone" },
	{ "all revoked, and a key that is not", ";;REVOKED\n" FIELDS REST RECORD STATE,
	  "says that all is revoked, and has a key that is not" },
	{ "revoked keys for a start", "example. IN DNSKEY 385 3 15 AAAA\n", "has no key that is an anchor" },
	{ "a record that is none", "example. IN DNSKEY 257 three 15 AAAA\n", NULL },
	{ "a last line without its end", FIELDS REST RECORD " ;{id = 1040 } ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=1",
	  "ends before the state is complete" },
};

START_TEST(a_damaged_file_is_refused_with_its_reason)
{
	ck_assert_msg(read_text(refusals[_i].text) < 0, "%s", refusals[_i].behaviour);
	ck_assert_msg(reader.why != NULL && (refusals[_i].why == NULL || strcmp(reader.why, refusals[_i].why) == 0),
		      "%s: %s", refusals[_i].behaviour, reader.why);
	ck_assert_uint_gt(reader.line, 0);
}
END_TEST

START_TEST(what_unbound_has_written_is_read)
{
	ck_assert_int_eq(read_text("; autotrust trust anchor file\n" FIELDS REST RECORD STATE), 0);
	ck_assert_int_eq(trust.keys[0].state, AUTOTRUST_VALID);
	ck_assert_uint_eq(trust.query_interval_s, 5400);
}
END_TEST

static Suite *
autotrust_file_suite(void)
{
	Suite *suite = suite_create("autotrust: file");
	TCase *file = tcase_create("file");

	tcase_add_checked_fixture(file, set_up, tear_down);
	tcase_add_test(file, a_state_that_was_written_is_read_as_it_was);
	tcase_add_test(file, a_zone_without_trust_point_stays_one);
	tcase_add_test(file, a_file_that_is_cut_short_brings_no_new_anchor);
	tcase_add_test(file, a_file_with_a_wrong_octet_brings_no_new_anchor);
	tcase_add_loop_test(file, a_damaged_file_is_refused_with_its_reason, 0, COUNT(refusals));
	tcase_add_test(file, what_unbound_has_written_is_read);
	tcase_set_timeout(file, 60);
	suite_add_tcase(suite, file);
	return suite;
}

int
main(void)
{
	return suite_run(autotrust_file_suite());
}
