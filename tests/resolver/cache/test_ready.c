/* Ready-made answers: what comes back, for how long, and for whom; then many threads at once. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "resolver/cache/ready.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define BLOCK_BYTES (256u << 10)
#define NOW_S       1000u
#define THREADS     4u
#define STEPS       20000u
#define NAMES       3000u /* more than there is room for */
#define RECORDS_MAX 12u
#define WRITERS     2u
#define READS_MAX   200000u
#define CHANGES_MAX 10000u /* from one read to the next: the writers are at work beside */

static void *block;
static struct ready_cache *cache;

static void
setup(void)
{
	struct rng rng;

	rng_init_number(&rng, suite_seed(7));
	block = calloc(1, BLOCK_BYTES);
	ck_assert_ptr_nonnull(block);
	cache = ready_cache_new(block, BLOCK_BYTES, &rng);
	ck_assert_ptr_nonnull(cache);
}

static void
teardown(void)
{
	free(block);
}

/* A question of class IN and type A, and records of these TTLs whose data tell their name's number. */
static size_t
message_of(uint8_t *bytes, const struct name *qname, const uint32_t *ttls, unsigned count, unsigned number)
{
	struct writer writer = writer_over(bytes, READY_BYTES_MAX);

	writer_u32(&writer, 0x1234u << 16 | DNS_QR);
	writer_u32(&writer, 1u << 16 | count);
	writer_u32(&writer, 0);
	writer_bytes(&writer, qname->wire, qname->size);
	writer_u32(&writer, (uint32_t)TYPE_A << 16 | CLASS_IN);
	for (unsigned i = 0; i < count; i++) {
		writer_u16(&writer, 0xc000u | MESSAGE_HEADER_BYTES);
		writer_u32(&writer, (uint32_t)TYPE_A << 16 | CLASS_IN);
		writer_u32(&writer, ttls[i]);
		writer_u16(&writer, 4);
		writer_u32(&writer, number);
	}
	ck_assert_int_eq(writer.err, 0);
	return writer.pos;
}

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	return name;
}

static struct ready_key
key_of(const struct name *qname)
{
	return (struct ready_key){ .qname = qname, .qtype = TYPE_A, .generation = 1 };
}

static void
put(const struct ready_key *key, const uint32_t *ttls, unsigned count, uint32_t lasts_s)
{
	uint8_t bytes[READY_BYTES_MAX];
	const struct ready_facts facts = { .size = (uint16_t)message_of(bytes, key->qname, ttls, count, 7), .security = 3 };

	ready_cache_put(cache, key, ready_cache_hash(cache, key), bytes, &facts, lasts_s, NOW_S);
}

static bool
get(const struct ready_key *key, uint8_t *bytes, struct ready_facts *facts, uint32_t now_s)
{
	return ready_cache_get(cache, key, ready_cache_hash(cache, key), bytes, facts, now_s);
}

/* ---- one answer ------------------------------------------------------------------------------------ */

START_TEST(what_was_kept_comes_back_with_its_ttls_aged)
{
	const uint32_t ttls[] = { 300, 5, 86400 }, aged[] = { 293, 0, 86393 };
	const struct name qname = name_of("www.example.");
	const struct ready_key key = key_of(&qname);
	uint8_t bytes[READY_BYTES_MAX], wanted[READY_BYTES_MAX];
	struct ready_facts facts;

	ck_assert(!get(&key, bytes, &facts, NOW_S));
	put(&key, ttls, 3, 30);
	ck_assert(get(&key, bytes, &facts, NOW_S + 7));
	ck_assert_uint_eq(facts.size, message_of(wanted, &qname, aged, 3, 7));
	ck_assert_uint_eq(facts.security, 3);
	ck_assert_mem_eq(bytes, wanted, facts.size);
	ck_assert(get(&key, bytes, &facts, NOW_S - 1)); /* a thread whose turn began before */
}
END_TEST

START_TEST(what_is_over_is_a_miss)
{
	const uint32_t ttl_s = 300;
	const struct name qname = name_of("www.example.");
	const struct ready_key key = key_of(&qname);
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;

	put(&key, &ttl_s, 1, 0);
	ck_assert(!get(&key, bytes, &facts, NOW_S));
	put(&key, &ttl_s, 1, 30);
	ck_assert(get(&key, bytes, &facts, NOW_S + 29));
	ck_assert(!get(&key, bytes, &facts, NOW_S + 30));
}
END_TEST

START_TEST(what_is_cleared_is_gone_and_has_room_again)
{
	const uint32_t ttl_s = 300;
	const struct name first = name_of("www.example."), second = name_of("ww2.example.");
	const struct ready_key keys[] = { key_of(&first), key_of(&second) };
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;

	put(&keys[0], &ttl_s, 1, 30);
	put(&keys[1], &ttl_s, 1, 30);
	ready_cache_clear(cache);
	ck_assert(!get(&keys[0], bytes, &facts, NOW_S) && !get(&keys[1], bytes, &facts, NOW_S));
	put(&keys[0], &ttl_s, 1, 30);
	ck_assert(get(&keys[0], bytes, &facts, NOW_S));
}
END_TEST

START_TEST(each_part_of_the_key_counts)
{
	const uint32_t ttl_s = 300;
	const struct name qname = name_of("www.example."), other = name_of("ww2.example.");
	const struct ready_key key = key_of(&qname);
	struct ready_key keys[] = { key, key, key, key, key };
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;

	keys[0].qname = &other;
	keys[1].qtype = TYPE_AAAA;
	keys[2].dnssec_ok = true;
	keys[3].checking_disabled = true;
	keys[4].generation = 2;
	put(&key, &ttl_s, 1, 30);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_msg(!get(&keys[i], bytes, &facts, NOW_S), "part %u", i);
	ck_assert(get(&key, bytes, &facts, NOW_S));
}
END_TEST

START_TEST(the_question_is_kept_in_lower_case)
{
	const uint32_t ttl_s = 300;
	const struct name asked = name_of("wWw.ExamplE."), qname = name_of("www.example.");
	const struct ready_key key = key_of(&qname);
	uint8_t bytes[READY_BYTES_MAX];
	const struct ready_facts kept = { .size = (uint16_t)message_of(bytes, &asked, &ttl_s, 1, 7) };
	struct ready_facts facts;

	ready_cache_put(cache, &key, ready_cache_hash(cache, &key), bytes, &kept, 30, NOW_S);
	ck_assert(get(&key, bytes, &facts, NOW_S));
	ck_assert_mem_eq(bytes + MESSAGE_HEADER_BYTES, qname.wire, qname.size);
}
END_TEST

START_TEST(what_is_too_large_or_no_message_is_not_kept)
{
	uint32_t ttls[READY_TTLS_MAX + 1];
	const struct name qname = name_of("www.example.");
	const struct ready_key key = key_of(&qname);
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;

	for (unsigned i = 0; i <= READY_TTLS_MAX; i++)
		ttls[i] = 300;
	put(&key, ttls, READY_TTLS_MAX + 1, 30);
	ck_assert(!get(&key, bytes, &facts, NOW_S));
	const size_t size = message_of(bytes, &qname, ttls, 2, 7);
	for (size_t cut = 0; cut < size; cut++) {
		facts.size = (uint16_t)cut;
		ready_cache_put(cache, &key, ready_cache_hash(cache, &key), bytes, &facts, 30, NOW_S);
	}
	facts.size = READY_BYTES_MAX + 1;
	ready_cache_put(cache, &key, ready_cache_hash(cache, &key), bytes, &facts, 30, NOW_S);
	ck_assert(!get(&key, bytes, &facts, NOW_S));
	put(&key, ttls, READY_TTLS_MAX, 30);
	ck_assert(get(&key, bytes, &facts, NOW_S));
}
END_TEST

START_TEST(what_is_asked_for_once_is_not_wanted)
{
	const struct name qname = name_of("www.example."), other = name_of("ww2.example.");
	const struct ready_key key = key_of(&qname), another = key_of(&other);

	ck_assert(!ready_cache_is_wanted(cache, ready_cache_hash(cache, &key)));
	ck_assert(!ready_cache_is_wanted(cache, ready_cache_hash(cache, &another)));
	ck_assert(ready_cache_is_wanted(cache, ready_cache_hash(cache, &key)));
	ck_assert(ready_cache_is_wanted(cache, ready_cache_hash(cache, &another)));
}
END_TEST

START_TEST(a_small_block_is_refused)
{
	struct ready_stats stats;
	struct rng rng;

	rng_init_number(&rng, 1);
	ck_assert_ptr_null(ready_cache_new(block, READY_BYTES_LEAST - 1, &rng));
	ck_assert_ptr_null(ready_cache_new(NULL, BLOCK_BYTES, &rng));
	ready_cache_stats(cache, &stats);
	ck_assert_uint_le(stats.bytes, BLOCK_BYTES);
	ck_assert_uint_ge(stats.bytes, BLOCK_BYTES * 9 / 10);
}
END_TEST

/* A bucket is full long before: what is asked for again and again stays. */
START_TEST(what_is_used_outlives_what_is_not)
{
	const uint32_t ttl_s = 300;
	const struct name often = name_of("often.example.");
	const struct ready_key key = key_of(&often);
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;
	unsigned lost = 0;

	put(&key, &ttl_s, 1, 30);
	for (unsigned i = 0; i < 5000; i++) {
		char text[32];
		(void)snprintf(text, sizeof text, "once%u.example.", i);
		const struct name once = name_of(text);
		const struct ready_key other = key_of(&once);
		put(&other, &ttl_s, 1, 30);
		if (!get(&key, bytes, &facts, NOW_S)) {
			lost++;
			put(&key, &ttl_s, 1, 30);
		}
	}
	ck_assert_uint_le(lost, 5);
}
END_TEST

static unsigned
count_there(unsigned names)
{
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;
	unsigned there = 0;

	for (unsigned i = 0; i < names; i++) {
		char text[32];
		(void)snprintf(text, sizeof text, "n%u.example.", i);
		const struct name qname = name_of(text);
		const struct ready_key key = key_of(&qname);
		there += get(&key, bytes, &facts, NOW_S);
	}
	return there;
}

static void
put_names(unsigned names)
{
	const uint32_t ttl_s = 300;

	for (unsigned i = 0; i < names; i++) {
		char text[32];
		(void)snprintf(text, sizeof text, "n%u.example.", i);
		const struct name qname = name_of(text);
		const struct ready_key key = key_of(&qname);
		put(&key, &ttl_s, 1, 30);
	}
}

START_TEST(small_answers_take_little_room)
{
	put_names(1000);
	ck_assert_uint_ge(count_there(1000), 990);
}
END_TEST

START_TEST(what_is_put_again_takes_no_second_place)
{
	const uint32_t ttls[] = { 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300 };
	const struct name qname = name_of("often.example.");
	const struct ready_key key = key_of(&qname);
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;

	put_names(300);
	ck_assert_uint_eq(count_there(300), 300);
	for (unsigned i = 0; i < 200; i++) {
		put(&key, ttls, 1 + i % 12, 30);
		ck_assert(get(&key, bytes, &facts, NOW_S));
		ck_assert_uint_eq(facts.size, message_of(bytes, &qname, ttls, 1 + i % 12, 7));
	}
	ck_assert_uint_eq(count_there(300), 300);
}
END_TEST

/* As many as a bucket remembers, however often: none keeps another out. */
START_TEST(names_that_take_turns_are_wanted)
{
	const uint64_t bucket = 0, tag_unit = UINT64_C(2) << 32;

	for (uint64_t i = 0; i < READY_NOTES; i++)
		ck_assert(!ready_cache_is_wanted(cache, bucket + (i + 1) * tag_unit));
	for (uint64_t i = 0; i < READY_NOTES; i++)
		ck_assert(ready_cache_is_wanted(cache, bucket + (i + 1) * tag_unit));
}
END_TEST

/* ---- threads ----------------------------------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	struct rng rng;
	unsigned hits, wrong;
};

/* Each message tells which name it belongs to: one that is torn or mixed up shows. */
static void *
work(void *data)
{
	struct worker *worker = data;

	for (unsigned step = 0; step < STEPS; step++) {
		(void)ready_cache_is_wanted(cache, rng_u64(&worker->rng));
		const unsigned number = rng_below(&worker->rng, NAMES), count = 1 + number % 12;
		uint32_t ttls[12];
		uint8_t bytes[READY_BYTES_MAX], wanted[READY_BYTES_MAX];
		struct ready_facts facts;
		char text[32];
		(void)snprintf(text, sizeof text, "n%u.example.", number);
		const struct name qname = name_of(text);
		const struct ready_key key = key_of(&qname);
		for (unsigned i = 0; i < count; i++)
			ttls[i] = 100 + number;
		const size_t size = message_of(wanted, &qname, ttls, count, number);
		if (get(&key, bytes, &facts, NOW_S)) {
			worker->hits++;
			worker->wrong += facts.size != size || memcmp(bytes, wanted, size) != 0;
			continue;
		}
		facts.size = (uint16_t)size;
		ready_cache_put(cache, &key, ready_cache_hash(cache, &key), wanted, &facts, 30, NOW_S);
	}
	return NULL;
}

START_TEST(threads_share_without_a_lock)
{
	struct worker workers[THREADS] = { 0 };

	for (unsigned i = 0; i < THREADS; i++) {
		rng_init_number(&workers[i].rng, suite_seed(100) + i);
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		(void)pthread_join(workers[i].thread, NULL);
		ck_assert_uint_eq(workers[i].wrong, 0);
		ck_assert_uint_gt(workers[i].hits, STEPS / 10);
	}
}
END_TEST

/* Of `number` records, each of which tells that number. */
static size_t
message_of_many(uint8_t *bytes, const struct name *qname, unsigned number)
{
	uint32_t ttls[RECORDS_MAX];

	for (unsigned i = 0; i < number; i++)
		ttls[i] = 100 + number;
	return message_of(bytes, qname, ttls, number, number);
}

static void *
put_again_and_again(void *is_over)
{
	const struct name qname = name_of("www.example.");
	const struct ready_key key = key_of(&qname);
	const uint64_t hash = ready_cache_hash(cache, &key);
	uint8_t bytes[READY_BYTES_MAX];

	for (unsigned step = 0; !*(atomic_bool *)is_over; step++) {
		const struct ready_facts facts = { .size = (uint16_t)message_of_many(bytes, &qname, 1 + step % RECORDS_MAX) };
		ready_cache_put(cache, &key, hash, bytes, &facts, 30, NOW_S);
	}
	return NULL;
}

/* One name, so that hardly anything is read that is not being written. */
START_TEST(what_is_read_beside_writers_is_whole_or_a_miss)
{
	static atomic_bool is_over;
	pthread_t writers[WRITERS];
	const struct name qname = name_of("www.example.");
	const struct ready_key key = key_of(&qname);
	uint8_t bytes[READY_BYTES_MAX], wanted[READY_BYTES_MAX];
	struct ready_facts facts;
	unsigned last = 0;

	for (unsigned i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&writers[i], NULL, put_again_and_again, &is_over), 0);
	for (unsigned reads = 0, changes = 0; reads < READS_MAX && changes < CHANGES_MAX;) {
		if (!get(&key, bytes, &facts, NOW_S))
			continue;
		const unsigned number = bytes[7]; /* ANCOUNT */
		ck_assert_uint_le(number, RECORDS_MAX);
		ck_assert_uint_eq(facts.size, message_of_many(wanted, &qname, number));
		ck_assert_mem_eq(bytes, wanted, facts.size);
		reads++;
		changes += number != last;
		last = number;
	}
	is_over = true;
	for (unsigned i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_join(writers[i], NULL), 0);
}
END_TEST

/* Another answer for that name, and where its message is copied to; nobody can write there until it has been put. */
static struct {
	struct name qname;
	struct ready_key key;
	uint64_t hash;
	struct ready_facts facts;
	uint8_t bytes[READY_BYTES_MAX], *guarded;
} other;

static void
put_other(int signal)
{
	(void)signal;
	(void)mprotect(other.guarded, READY_BUCKET_BYTES, PROT_READ | PROT_WRITE);
	ready_cache_put(cache, &other.key, other.hash, other.bytes, &other.facts, 30, NOW_S);
}

START_TEST(what_is_put_while_it_is_copied_makes_it_a_miss)
{
	const struct sigaction on_fault = { .sa_handler = put_other };
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts = { 0 };

	other.qname = name_of("www.example.");
	other.key = key_of(&other.qname);
	other.hash = ready_cache_hash(cache, &other.key);
	other.facts.size = (uint16_t)message_of_many(other.bytes, &other.qname, 9);
	facts.size = (uint16_t)message_of_many(bytes, &other.qname, 8);
	ready_cache_put(cache, &other.key, other.hash, bytes, &facts, 30, NOW_S);
	other.guarded = mmap(NULL, READY_BUCKET_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(other.guarded, MAP_FAILED);
	ck_assert_int_eq(sigaction(SIGSEGV, &on_fault, NULL), 0);
	ck_assert(!get(&other.key, other.guarded, &facts, NOW_S));
	ck_assert(get(&other.key, other.guarded, &facts, NOW_S));
	ck_assert_uint_eq(facts.size, other.facts.size);
	ck_assert_mem_eq(other.guarded, other.bytes, facts.size);
	ck_assert_int_eq(munmap(other.guarded, READY_BUCKET_BYTES), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ready");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_was_kept_comes_back_with_its_ttls_aged);
	tcase_add_test(tcase, what_is_over_is_a_miss);
	tcase_add_test(tcase, what_is_cleared_is_gone_and_has_room_again);
	tcase_add_test(tcase, each_part_of_the_key_counts);
	tcase_add_test(tcase, the_question_is_kept_in_lower_case);
	tcase_add_test(tcase, what_is_too_large_or_no_message_is_not_kept);
	tcase_add_test(tcase, what_is_asked_for_once_is_not_wanted);
	tcase_add_test(tcase, a_small_block_is_refused);
	tcase_add_test(tcase, what_is_used_outlives_what_is_not);
	tcase_add_test(tcase, small_answers_take_little_room);
	tcase_add_test(tcase, what_is_put_again_takes_no_second_place);
	tcase_add_test(tcase, names_that_take_turns_are_wanted);
	tcase_add_test(tcase, threads_share_without_a_lock);
	tcase_add_test(tcase, what_is_read_beside_writers_is_whole_or_a_miss);
	tcase_add_test(tcase, what_is_put_while_it_is_copied_makes_it_a_miss);
	Suite *suite = suite_create("cache: ready-made answers");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
