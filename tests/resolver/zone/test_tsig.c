/* Messages signed with a secret in common (RFC 8945): by us and ldns, and spoiled in every way. */
#include "resolver/zone/tsig.h"

#include <ldns/ldns.h>
#include <openssl/hmac.h>

#include "stack/base/rng.h"
#include "tests/resolver/zone/zone_text.h"

#define NOW_S  UINT64_C(1800000000)
#define SECRET "c2VjcmV0LW9mLXRoaXJ0eS10d28tb2N0ZXRzLS0tLS0="
#define TAIL_BYTES 6u /* behind the MAC: id, error, size of other data */
#define SOA    "@ 60 SOA n h 1 2 3 4 5\n"

static struct tsig_hmac *hmac, *other_hmac;
static struct tsig_key key;
static struct tsig client, server;
static uint8_t query[512], reply[4096], good[4096];

static void
set_key(struct tsig_key *to, const char *name, const char *algorithm, const char *secret)
{
	const struct name written = text_name(name);
	name_lower(&to->name, &written);
	ck_assert_int_eq(tsig_algorithm_from_text(&to->algorithm, algorithm), 0);
	ck_assert_int_eq(tsig_secret_from_text(to, secret), 0);
}

static void
setup(void)
{
	hmac = tsig_hmac_new();
	other_hmac = tsig_hmac_new();
	ck_assert(hmac != NULL && other_hmac != NULL);
	set_key(&key, "Key.Example.", "hmac-sha256", SECRET);
}

static void
teardown(void)
{
	tsig_hmac_free(hmac);
	tsig_hmac_free(other_hmac);
}

static size_t
write_query(void)
{
	const struct name zone = text_name("z.");
	struct writer writer = writer_over(query, sizeof query);
	writer_u16(&writer, 7);
	writer_u16(&writer, 0);
	writer_u16(&writer, 1);
	writer_u16(&writer, 0);
	writer_u32(&writer, 0);
	writer_bytes(&writer, zone.wire, zone.size);
	writer_u16(&writer, TYPE_AXFR);
	writer_u16(&writer, CLASS_IN);
	return writer.pos;
}

/* The client has signed its query at NOW_S, and the server has found it good. */
static void
begin(void)
{
	tsig_begin(&client, &key, hmac);
	tsig_begin(&server, &key, other_hmac);
	const int size = tsig_sign(&client, query, write_query(), sizeof query, NOW_S);
	ck_assert_int_gt(size, 0);
	ck_assert_int_eq((int)tsig_verify(&server, query, (size_t)size, NOW_S), TSIG_GOOD);
}

/* One message of the answer, signed unless said otherwise; its size. */
static size_t
answer(bool is_signed)
{
	const size_t size = text_message(reply, sizeof reply, 7, 0, "z.", TYPE_AXFR, SOA "a 60 A 192.0.2.1\n");
	if (!is_signed)
		return size;
	const int whole = tsig_sign(&server, reply, size, sizeof reply, NOW_S);
	ck_assert_int_gt(whole, 0);
	return (size_t)whole;
}

/*
 * A primary by the book, for answers of many messages: what it has sent since it last signed, in front of that the MAC before,
 * of the query at first.
 */
static struct {
	uint8_t run[1u << 17];
	size_t run_bytes;
	bool has_signed;
} primary;

static void
primary_add(const void *bytes, size_t size)
{
	ck_assert_uint_le(primary.run_bytes + size, sizeof primary.run);
	memcpy(primary.run + primary.run_bytes, bytes, size);
	primary.run_bytes += size;
}

static void
primary_hang_on(const uint8_t mac[32])
{
	static const uint8_t size[2] = { 0, 32 };
	primary.run_bytes = 0;
	primary_add(size, 2);
	primary_add(mac, 32);
}

static void
begin_with_primary(void)
{
	begin();
	primary.has_signed = false;
	primary_hang_on(client.mac);
}

/* The next message of its answer; its size. */
static size_t
next_message(bool is_signed)
{
	static const uint8_t name[] = "\3key\7example", algorithm[] = "\13hmac-sha256";
	static const uint8_t class_and_ttl[] = { 0, 255, 0, 0, 0, 0 }, none[4] = { 0 };
	uint8_t times[8] = { 0, 0, (uint8_t)(NOW_S >> 24), (uint8_t)(NOW_S >> 16), (uint8_t)(NOW_S >> 8), (uint8_t)NOW_S,
			     TSIG_FUDGE_S >> 8, TSIG_FUDGE_S & 0xff };
	uint8_t mac[32];
	size_t size = answer(false);
	primary_add(reply, size);
	if (!is_signed)
		return size;
	if (!primary.has_signed) {
		primary_add(name, sizeof name);
		primary_add(class_and_ttl, sizeof class_and_ttl);
		primary_add(algorithm, sizeof algorithm);
	}
	primary_add(times, sizeof times);
	if (!primary.has_signed)
		primary_add(none, sizeof none); /* error, other size */
	ck_assert_ptr_nonnull(HMAC(EVP_sha256(), key.secret, (int)key.secret_bytes, primary.run, primary.run_bytes, mac, NULL));
	primary.has_signed = true;
	primary_hang_on(mac);

	struct writer writer = writer_over(reply, sizeof reply);
	writer.pos = size;
	writer_bytes(&writer, name, sizeof name);
	writer_u16(&writer, TYPE_TSIG);
	writer_bytes(&writer, class_and_ttl, sizeof class_and_ttl);
	writer_u16(&writer, sizeof algorithm + sizeof times + 2 + sizeof mac + 6);
	writer_bytes(&writer, algorithm, sizeof algorithm);
	writer_bytes(&writer, times, sizeof times);
	writer_u16(&writer, sizeof mac);
	writer_bytes(&writer, mac, sizeof mac);
	writer_u16(&writer, 7);
	writer_bytes(&writer, none, sizeof none);
	writer_patch_u16(&writer, 10, 1);
	return writer.pos;
}

static const char *const algorithms[] = { "hmac-sha1", "sha224", "HMAC-SHA256", "hmac-sha384", "hmac-sha512" };

START_TEST(what_one_signs_the_other_finds_good)
{
	set_key(&key, "Key.Example.", algorithms[_i], SECRET);
	begin();
	const size_t size = answer(true);
	ck_assert_int_eq((int)tsig_verify(&client, reply, size, NOW_S), TSIG_GOOD);
	ck_assert(tsig_is_settled(&client));
}
END_TEST

START_TEST(ldns_finds_good_what_we_sign)
{
	ldns_pkt *packet;
	if (_i == 1 || _i == 3)
		return; /* ldns does not know them */
	set_key(&key, "Key.Example.", algorithms[_i], SECRET);
	tsig_begin(&client, &key, hmac);
	const int size = tsig_sign(&client, query, write_query(), sizeof query, (uint64_t)time(NULL));
	ck_assert_int_gt(size, 0);
	ck_assert_int_eq((int)ldns_wire2pkt(&packet, query, (size_t)size), LDNS_STATUS_OK);
	ck_assert(ldns_pkt_tsig_verify(packet, query, (size_t)size, "key.example.", SECRET, NULL));
	query[13] ^= 1;
	ck_assert(!ldns_pkt_tsig_verify(packet, query, (size_t)size, "key.example.", SECRET, NULL));
	ldns_pkt_free(packet);
}
END_TEST

/* Section 5.3.1: the first is signed whole, later ones with what came before; 99 between two need not be. */
START_TEST(an_answer_of_many_messages_hangs_together)
{
	begin_with_primary();
	for (unsigned i = 0; i < 250; i++) {
		const bool is_signed = i == 0 || i == 1 || i % 100 == 99 || i == 249;
		const size_t size = next_message(is_signed);
		ck_assert_int_eq((int)tsig_verify(&client, reply, size, NOW_S), is_signed ? TSIG_GOOD : TSIG_NOT_YET);
		ck_assert(tsig_is_settled(&client) == is_signed);
	}
}
END_TEST

START_TEST(too_many_without_a_signature_are_refused)
{
	begin_with_primary();
	ck_assert_int_eq((int)tsig_verify(&client, reply, next_message(true), NOW_S), TSIG_GOOD);
	for (unsigned i = 0; i < TSIG_UNSIGNED_MAX; i++)
		ck_assert_int_eq((int)tsig_verify(&client, reply, next_message(false), NOW_S), TSIG_NOT_YET);
	ck_assert_int_eq((int)tsig_verify(&client, reply, next_message(false), NOW_S), TSIG_MISSING);
}
END_TEST

/* 0: one was changed; 1: nothing; 2: one came twice. */
START_TEST(what_happens_between_two_signatures_spoils_the_second)
{
	begin_with_primary();
	ck_assert_int_eq((int)tsig_verify(&client, reply, next_message(true), NOW_S), TSIG_GOOD);
	size_t size = next_message(false);
	reply[size - 1] = (uint8_t)(reply[size - 1] ^ (_i == 0));
	for (int times = 0; times < (_i == 0 ? 1 : _i); times++)
		ck_assert_int_eq((int)tsig_verify(&client, reply, size, NOW_S), TSIG_NOT_YET);
	size = next_message(true);
	ck_assert_int_eq((int)tsig_verify(&client, reply, size, NOW_S), _i == 1 ? TSIG_GOOD : TSIG_BAD_SIG);
}
END_TEST

START_TEST(an_answer_that_is_not_signed_is_refused)
{
	begin();
	ck_assert_int_eq((int)tsig_verify(&client, reply, answer(false), NOW_S), TSIG_MISSING);
	ck_assert(!tsig_is_settled(&client));
}
END_TEST

/* Section 5.1: one that is not the last record of the additional section is no lack of a signature. */
START_TEST(a_signature_that_is_not_the_last_record_is_malformed)
{
	static const uint8_t record[] = { 0, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1 };
	begin();
	size_t size = answer(true);
	memcpy(reply + size, record, sizeof record);
	reply[11]++; /* ARCOUNT */
	ck_assert_int_eq((int)tsig_verify(&client, reply, size + sizeof record, NOW_S), TSIG_MALFORMED);
	begin();
	size = answer(true);
	reply[11]--;
	reply[9]++; /* NSCOUNT: it stands in another section */
	ck_assert_int_eq((int)tsig_verify(&client, reply, size, NOW_S), TSIG_MALFORMED);
}
END_TEST

START_TEST(another_secret_name_or_algorithm_is_not_ours)
{
	static const struct {
		const char *name, *algorithm, *secret;
		enum tsig_verdict verdict;
	} others[] = {
		{ "Key.Example.", "hmac-sha256", "b3RoZXI=", TSIG_BAD_SIG },
		{ "other.example.", "hmac-sha256", SECRET, TSIG_BAD_KEY },
		{ "Key.Example.", "hmac-sha512", SECRET, TSIG_BAD_KEY },
	};
	struct tsig_key other;
	for (unsigned i = 0; i < COUNT(others); i++) {
		begin();
		set_key(&other, others[i].name, others[i].algorithm, others[i].secret);
		server.key = &other;
		ck_assert_int_eq((int)tsig_verify(&client, reply, answer(true), NOW_S), (int)others[i].verdict);
	}
}
END_TEST

START_TEST(an_answer_to_another_query_is_not_ours)
{
	struct tsig first;
	begin();
	first = client;
	tsig_begin(&client, &key, hmac);
	(void)tsig_sign(&client, query, write_query(), sizeof query, NOW_S + 1);
	const size_t size = answer(true);
	ck_assert_int_eq((int)tsig_verify(&client, reply, size, NOW_S), TSIG_BAD_SIG);
	ck_assert_int_eq((int)tsig_verify(&first, reply, size, NOW_S), TSIG_GOOD);
}
END_TEST

START_TEST(what_was_signed_too_long_ago_or_in_the_future_is_refused)
{
	static const struct {
		int64_t after_s;
		enum tsig_verdict verdict;
	} times[] = {
		{ 0, TSIG_GOOD },
		{ TSIG_FUDGE_S, TSIG_GOOD },
		{ TSIG_FUDGE_S + 1, TSIG_BAD_TIME },
		{ -(int64_t)TSIG_FUDGE_S, TSIG_GOOD },
		{ -(int64_t)TSIG_FUDGE_S - 1, TSIG_BAD_TIME },
	};
	for (unsigned i = 0; i < COUNT(times); i++) {
		begin();
		ck_assert_int_eq((int)tsig_verify(&client, reply, answer(true), (uint64_t)((int64_t)NOW_S + times[i].after_s)),
				 (int)times[i].verdict);
	}
}
END_TEST

/* BADKEY, BADSIG: without a MAC, since the other has none that we would believe. */
START_TEST(that_our_key_is_not_known_is_heard)
{
	begin();
	size_t size = answer(true);
	const size_t at = size - TAIL_BYTES - 32u - 2u; /* of the MAC's size */
	reply[at] = reply[at + 1] = 0;
	memmove(reply + at + 2, reply + size - TAIL_BYTES, TAIL_BYTES);
	size -= 32;
	reply[size - 3] = 17;
	reply[at - 8 - 13 - 1] = (uint8_t)(reply[at - 8 - 13 - 1] - 32u); /* the record's */
	ck_assert_int_eq((int)tsig_verify(&client, reply, size, NOW_S), TSIG_REFUSED);
	ck_assert_uint_eq(client.error, 17);
}
END_TEST

START_TEST(no_octet_can_be_changed)
{
	begin();
	const struct tsig before = client;
	const size_t size = answer(true);
	const size_t ttl_at = size - TAIL_BYTES - 32u - 2u - 8u - 13u - 2u - 4u;
	memcpy(good, reply, size);
	for (size_t i = 0; i < size; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(reply, good, size);
			reply[i] = (uint8_t)(reply[i] ^ 1u << bit);
			client = before;
			const enum tsig_verdict verdict = tsig_verify(&client, reply, size, NOW_S);
			/* The id is compared by others, letter case is nobody's, and the record's TTL is taken to be 0. */
			const bool is_free = i < 2 || bit == 5 || (i >= ttl_at && i < ttl_at + 4);
			ck_assert_msg(is_free || verdict != TSIG_GOOD, "octet %zu of %zu, bit %u", i, size, bit);
		}
	}
	for (size_t cut = 0; cut < size; cut++) {
		client = before;
		ck_assert_int_ne((int)tsig_verify(&client, good, cut, NOW_S), TSIG_GOOD);
	}
}
END_TEST

START_TEST(keys_are_read_or_refused)
{
	struct tsig_key read;
	enum tsig_algorithm algorithm;
	ck_assert_int_eq(tsig_algorithm_from_text(&algorithm, "hmac-md5"), ERR_UNSUPPORTED);
	ck_assert_int_ne(tsig_secret_from_text(&read, "not base64!"), 0);
	ck_assert_int_ne(tsig_secret_from_text(&read, ""), 0);
	char large[(TSIG_SECRET_BYTES_MAX / 3u + 2u) * 4u + 1u];
	memset(large, 'A', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	ck_assert_int_ne(tsig_secret_from_text(&read, large), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("zone: TSIG");
	TCase *tcase = tcase_create("tsig");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_one_signs_the_other_finds_good, 0, COUNT(algorithms));
	tcase_add_loop_test(tcase, ldns_finds_good_what_we_sign, 0, COUNT(algorithms));
	tcase_add_test(tcase, an_answer_of_many_messages_hangs_together);
	tcase_add_test(tcase, too_many_without_a_signature_are_refused);
	tcase_add_loop_test(tcase, what_happens_between_two_signatures_spoils_the_second, 0, 3);
	tcase_add_test(tcase, an_answer_that_is_not_signed_is_refused);
	tcase_add_test(tcase, a_signature_that_is_not_the_last_record_is_malformed);
	tcase_add_test(tcase, another_secret_name_or_algorithm_is_not_ours);
	tcase_add_test(tcase, an_answer_to_another_query_is_not_ours);
	tcase_add_test(tcase, what_was_signed_too_long_ago_or_in_the_future_is_refused);
	tcase_add_test(tcase, that_our_key_is_not_known_is_heard);
	tcase_add_test(tcase, no_octet_can_be_changed);
	tcase_add_test(tcase, keys_are_read_or_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
