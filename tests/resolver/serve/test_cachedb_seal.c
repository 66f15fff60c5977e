/* What is kept where others can write: only what one of us has sealed, under its own key and in time, is believed. */
#include "resolver/serve/cachedb_seal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

static const struct record_clock written = { 5000, 1800000000, 0 };
static const struct record_clock later = { 70, 1800000030,
					   0 }; /* another machine, half a minute on */
static const uint8_t value[] = { 0, 1, 0, 0, 3, 0, 4, 192, 0, 2, 1 }; /* one address, secure */

struct sealed {
	struct cachedb_seal seal;
	struct store_key name;
	char key[CACHEDB_KEY_BYTES];
	uint8_t octets[CACHEDB_VALUE_BYTES_MAX];
	size_t size;
};

static struct store_key
key_of(const char *text)
{
	struct name name;
	struct store_key key;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	store_key_make(&key, &name, TYPE_A, CLASS_IN);
	return key;
}

static struct sealed
sealed_of(const char *name)
{
	struct sealed sealed;
	cachedb_seal_init(&sealed.seal, "a secret", 7);
	sealed.name = key_of(name);
	const struct store_record record = { .key = sealed.name.bytes,
					     .key_bytes = sealed.name.size,
					     .value = value,
					     .value_bytes = sizeof value,
					     .rank = TRUST_SECURE,
					     .original_ttl_s = 300,
					     .expires_s = written.now_s + 100 };
	cachedb_seal_key(&sealed.seal, RECORD_RRSET, sealed.name.bytes, sealed.name.size,
			 sealed.key);
	sealed.size = cachedb_seal_write(&sealed.seal, RECORD_RRSET, sealed.key, &record, &written,
					 sealed.octets);
	ck_assert_uint_gt(sealed.size, CACHEDB_SEAL_BYTES);
	return sealed;
}

static int
read_back(const struct sealed *sealed, struct store_record *record)
{
	return cachedb_seal_read(&sealed->seal, RECORD_RRSET, sealed->key, sealed->octets,
				 sealed->size, record, &later);
}

START_TEST(it_comes_back_with_what_remains_of_its_ttl)
{
	struct store_record record;
	struct sealed sealed = sealed_of("www.example.");
	ck_assert_int_eq(read_back(&sealed, &record), 0);
	ck_assert_uint_eq(record.expires_s, later.now_s + 70);
	ck_assert_uint_eq(record.rank, TRUST_SECURE);
	ck_assert_uint_eq(record.value_bytes, sizeof value);
	ck_assert_int_eq(memcmp(record.value, value, sizeof value), 0);
	ck_assert_uint_eq(record_security(RECORD_RRSET, &record), SECURITY_SECURE);
}
END_TEST

START_TEST(no_changed_octet_is_believed)
{
	struct store_record record;
	struct sealed sound = sealed_of("www.example.");
	for (size_t bit = 0; bit < sound.size * 8; bit++) {
		struct sealed changed = sound;
		changed.octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_ne(read_back(&changed, &record), 0);
	}
	for (size_t size = 0; size < sound.size; size++) {
		struct sealed cut = sound;
		cut.size = size;
		ck_assert_int_ne(read_back(&cut, &record), 0);
	}
	struct sealed longer = sound;
	longer.octets[longer.size++] = 0;
	ck_assert_int_ne(read_back(&longer, &record), 0);
}
END_TEST

START_TEST(another_secret_basis_name_or_kind_is_another_record)
{
	static const struct {
		const char *what, *secret, *name;
		uint64_t basis;
		enum record_kind kind;
		bool is_same;
	} cases[] = {
		{ "the same", "a secret", "www.example.", 7, RECORD_RRSET, true },
		{ "another secret", "a Secret", "www.example.", 7, RECORD_RRSET, false },
		{ "another basis", "a secret", "www.example.", 8, RECORD_RRSET, false },
		{ "another name", "a secret", "ftp.example.", 7, RECORD_RRSET, false },
		{ "another kind", "a secret", "www.example.", 7, RECORD_NEGATIVE, false },
	};
	struct sealed sealed = sealed_of("www.example.");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sealed other = sealed;
		struct store_record record;
		struct store_key name = key_of(cases[i].name);
		cachedb_seal_init(&other.seal, cases[i].secret, cases[i].basis);
		cachedb_seal_key(&other.seal, cases[i].kind, name.bytes, name.size, other.key);
		ck_assert_msg((memcmp(other.key, sealed.key, CACHEDB_KEY_BYTES) == 0) ==
				      cases[i].is_same,
			      "%s", cases[i].what);
		int err = cachedb_seal_read(&other.seal, cases[i].kind, other.key, other.octets,
					    other.size, &record, &later);
		ck_assert_msg((err == 0) == cases[i].is_same, "%s", cases[i].what);
	}
}
END_TEST

START_TEST(a_key_tells_no_name_and_is_printable)
{
	struct sealed sealed = sealed_of("www.example.");
	ck_assert_int_eq(memcmp(sealed.key, "cairn1:", 7), 0);
	for (unsigned i = 7; i < CACHEDB_KEY_BYTES; i++)
		ck_assert_ptr_nonnull(strchr("0123456789abcdef", sealed.key[i]));
}
END_TEST

START_TEST(what_has_ended_or_failed_is_not_written)
{
	struct sealed sealed = sealed_of("www.example.");
	struct store_record record = { .key = sealed.name.bytes,
				       .key_bytes = sealed.name.size,
				       .value = value,
				       .value_bytes = sizeof value,
				       .rank = TRUST_SECURE,
				       .original_ttl_s = 300,
				       .expires_s = written.now_s };
	ck_assert_uint_eq(cachedb_seal_write(&sealed.seal, RECORD_RRSET, sealed.key, &record,
					     &written, sealed.octets),
			  0);
	record.expires_s++;
	ck_assert_uint_ne(cachedb_seal_write(&sealed.seal, RECORD_RRSET, sealed.key, &record,
					     &written, sealed.octets),
			  0);
	ck_assert_uint_eq(cachedb_seal_write(&sealed.seal, RECORD_NEGATIVE, sealed.key, &record,
					     &written, sealed.octets),
			  0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cachedb_seal");
	TCase *tcase = tcase_create("seal");
	tcase_add_test(tcase, it_comes_back_with_what_remains_of_its_ttl);
	tcase_add_test(tcase, no_changed_octet_is_believed);
	tcase_add_test(tcase, another_secret_basis_name_or_kind_is_another_record);
	tcase_add_test(tcase, a_key_tells_no_name_and_is_printable);
	tcase_add_test(tcase, what_has_ended_or_failed_is_not_written);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
