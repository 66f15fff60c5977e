/*
 * Several workers on the same caches at once: each entry tells which key it belongs to, so a torn or
 * mixed-up one shows; races show under ThreadSanitizer.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "resolver/cache/delegation.h"
#include "resolver/cache/infra.h"
#include "resolver/cache/negative.h"
#include "resolver/cache/store.h"
#include "tests/resolver/cache/cache_test.h"

#define THREADS 4u
#define STEPS   4000u
#define NAMES   400u
#define SERVERS 64u
#define LOOKS   200000u

struct shared {
	struct rrset_cache *rrsets;
	struct negative_cache *negatives;
	struct delegation_cache *delegations;
	struct infra *infra;
	void *blocks[4];
};

struct worker {
	pthread_t thread;
	struct shared *shared;
	struct rng rng;
	struct arena arena;
	unsigned hits, wrong;
	uint8_t arena_block[65536];
};

static const struct name *
name_of(struct worker *worker, unsigned number)
{
	struct name name;
	char text[64];
	snprintf(text, sizeof text, "name%u.example%u.", number, number % 7);
	if (name_from_text(&name, text, NULL) != 0)
		return &name_root;
	return name_store(&worker->arena, &name);
}

static void
use_rrsets(struct worker *worker, unsigned number, uint32_t now_s)
{
	uint8_t rdata[2 + 200];
	uint8_t size = (uint8_t)(number % 200);
	rdata[0] = 0;
	rdata[1] = size;
	memset(rdata + 2, (int)(number & 0xff), size);
	struct rrset *found, set = {
		.owner = name_of(worker, number),
		.type = TYPE_A,
		.class = CLASS_IN,
		.rr_count = 1,
		.rdata = rdata,
		.rdata_bytes = 2u + size,
	};
	switch (rng_below(&worker->rng, 4)) {
	case 0:
		rrset_cache_put(worker->shared->rrsets, &set, TRUST_ANSWER_AA, 1 + number % 50,
				now_s);
		break;
	case 1: rrset_cache_remove(worker->shared->rrsets, set.owner, TYPE_A, CLASS_IN, now_s); break;
	default:
		if (rrset_cache_get(worker->shared->rrsets, set.owner, TYPE_A, CLASS_IN, TRUST_NONE,
				    &worker->arena, &found, now_s) != 0)
			break;
		worker->hits++;
		worker->wrong += found->rdata_bytes != set.rdata_bytes ||
				 memcmp(found->rdata, rdata, set.rdata_bytes) != 0;
	}
}

static void
use_negatives(struct worker *worker, unsigned number, uint32_t now_s)
{
	struct negative found, negative = {
		.kind = NEGATIVE_NODATA + rng_below(&worker->rng, 3),
		.ttl_s = 20,
		.ede = (uint16_t)number,
	};
	const struct name *qname = name_of(worker, number);
	if (rng_below(&worker->rng, 2) == 0) {
		negative_cache_put(worker->shared->negatives, qname, TYPE_A, CLASS_IN, &negative,
				   now_s);
	} else if (negative_cache_get(worker->shared->negatives, qname, TYPE_A, CLASS_IN,
				      &worker->arena, &found, now_s) == 0) {
		worker->hits++;
		worker->wrong += found.ede != number;
	}
}

static void
use_delegations(struct worker *worker, unsigned number, uint32_t now_s)
{
	struct delegation_ns ns[20];
	const struct name *zone = name_of(worker, number);
	for (unsigned i = 0; i < 20; i++)
		ns[i] = (struct delegation_ns){ .name = zone, .addr_count = 0 };
	struct delegation found,
		delegation = { .zone = zone, .ttl_s = 60, .ns_count = 20, .ns = ns };
	if (rng_below(&worker->rng, 2) == 0) {
		delegation_cache_put(worker->shared->delegations, &delegation, UINT32_MAX, now_s);
	} else if (delegation_cache_find(worker->shared->delegations, zone, &worker->arena, &found,
					 now_s) == 0) {
		worker->hits++;
		worker->wrong +=
			found.ns_count != DELEGATION_NS_MAX || !name_equal(found.ns[0].name, zone);
	}
}

/* Octets that are all the same, as many as they say: of another cookie none would fit. */
static void
learn_cookie(struct infra *infra, const struct ip_addr *server, uint8_t fill, uint64_t now_us)
{
	uint8_t cookie[INFRA_COOKIE_SERVER_BYTES_MAX];
	memset(cookie, fill, sizeof cookie);
	infra_cookie_learn(infra, server, cookie,
			   INFRA_COOKIE_SERVER_BYTES_MIN +
				   fill % (INFRA_COOKIE_SERVER_BYTES_MAX - INFRA_COOKIE_SERVER_BYTES_MIN + 1),
			   now_us);
}

static bool
is_whole_cookie(struct infra *infra, const struct ip_addr *server, uint64_t now_us)
{
	struct infra_cookie cookie;
	infra_cookie_get(infra, server, &cookie, now_us);
	if (cookie.server_bytes == 0)
		return true;
	for (unsigned i = 1; i < cookie.server_bytes; i++)
		if (cookie.server[i] != cookie.server[0])
			return false;
	return cookie.server_bytes ==
	       INFRA_COOKIE_SERVER_BYTES_MIN +
		       cookie.server[0] % (INFRA_COOKIE_SERVER_BYTES_MAX - INFRA_COOKIE_SERVER_BYTES_MIN + 1);
}

static void
use_infra(struct worker *worker, unsigned number, uint64_t now_us)
{
	struct infra *infra = worker->shared->infra;
	struct ip_addr server = addr_ipv4((uint8_t[4]){ 10, 0, (uint8_t)(number % SERVERS), 1 });
	struct infra_server out;
	switch (rng_below(&worker->rng, 13)) {
	case 0: infra_heard(infra, &server, 20000, now_us); break;
	case 1: infra_timed_out(infra, &server, now_us); break;
	case 2: infra_unreachable(infra, &server, now_us); break;
	case 3: infra_edns_says(infra, &server, INFRA_EDNS_BROKEN, now_us); break;
	case 4: infra_caps_broken(infra, &server, now_us); break;
	case 5: infra_lame(infra, &server, name_of(worker, number % 10), now_us); break;
	case 6: infra_is_lame(infra, &server, name_of(worker, number % 10), now_us); break;
	case 7: infra_family_down(infra, ADDR_IPV4, now_us); break;
	case 8:
		if (number == 0)
			infra_network_changed(infra, now_us);
		infra_get(infra, &server, &out, now_us);
		worker->wrong += out.rto_us < INFRA_RTO_MIN_US || out.rto_us > INFRA_RTO_MAX_US;
		break;
	case 9:
	case 10: learn_cookie(infra, &server, (uint8_t)rng_below(&worker->rng, 256), now_us); break;
	default: worker->wrong += !is_whole_cookie(infra, &server, now_us);
	}
}

static void *
work(void *argument)
{
	struct worker *worker = argument;
	for (unsigned step = 0; step < STEPS; step++) {
		arena_reset(&worker->arena);
		unsigned number = rng_below(&worker->rng, NAMES);
		uint32_t now_s = 100 + step / 50;
		use_rrsets(worker, number, now_s);
		use_negatives(worker, number, now_s);
		use_delegations(worker, number, now_s);
		use_infra(worker, number, now_s * (uint64_t)1000000);
	}
	return NULL;
}

/* One more, which copies all that is put into another cache, as the keeper of a cache file does. */
struct follower {
	pthread_t thread;
	struct store *from, *to;
	struct store_mark marks[STORE_SHARDS_MAX];
	atomic_bool is_over;
	unsigned records;
};

static void *
follow(void *argument)
{
	static uint64_t block[STORE_ENTRY_BYTES_MAX / 8];
	struct follower *follower = argument;
	bool is_last;
	do {
		is_last = follower->is_over;
		for (unsigned shard = 0; shard < follower->from->shard_count; shard++) {
			struct store_record record;
			size_t copied;
			while (store_log_copy(follower->from, shard, &follower->marks[shard], STORE_FROM_FILE, block, sizeof block,
					      &copied))
				for (size_t at = 0; store_log_next(block, copied, &at, &record); follower->records++)
					(void)store_restore(follower->to, &record, 1, STORE_FROM_FILE, 100);
		}
	} while (!is_last);
	return NULL;
}

static void
shared_init(struct shared *shared, struct rng *rng)
{
	const size_t sizes[4] = { 32768, 32768, 131072,
				  infra_bytes(SERVERS / 2) }; /* so small that much is evicted */
	for (int i = 0; i < 4; i++)
		shared->blocks[i] = calloc(1, sizes[i]);
	shared->rrsets = rrset_cache_new(shared->blocks[0], sizes[0], rng);
	shared->negatives = negative_cache_new(shared->blocks[1], sizes[1], rng);
	shared->delegations = delegation_cache_new(shared->blocks[2], sizes[2], rng);
	shared->infra = infra_new(shared->blocks[3], sizes[3], SERVERS / 2, rng);
}

START_TEST(workers_that_share_the_caches_never_see_a_torn_entry)
{
	struct rng rng;
	struct shared shared;
	struct cache_stats stats;
	static struct worker workers[THREADS];
	rng_init_number(&rng, 5);
	shared_init(&shared, &rng);
	static struct follower follower;
	void *copy = calloc(1, 65536);
	follower.from = rrset_cache_store(shared.rrsets);
	follower.to = rrset_cache_store(rrset_cache_new(copy, 65536, &rng));
	store_log_start(follower.from);
	ck_assert_int_eq(pthread_create(&follower.thread, NULL, follow, &follower), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].shared = &shared;
		rng_init_number(&workers[i].rng, i);
		arena_init(&workers[i].arena, workers[i].arena_block,
			   sizeof workers[i].arena_block);
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		ck_assert_uint_eq(workers[i].wrong, 0);
		ck_assert_uint_gt(workers[i].hits, STEPS / 10);
	}
	follower.is_over = true;
	pthread_join(follower.thread, NULL);
	rrset_cache_stats(shared.rrsets, &stats);
	ck_assert_uint_ge(follower.records, stats.entries);
	free(copy);
	ck_assert_uint_gt(stats.evicted + stats.expired, 100);
	delegation_cache_stats(shared.delegations, &stats);
	ck_assert_uint_gt(stats.evicted, 100);
	for (int i = 0; i < 4; i++)
		free(shared.blocks[i]);
}
END_TEST

/* Somebody learns of one server all the time. */
struct learner {
	struct infra *infra;
	struct ip_addr server;
	atomic_bool is_over;
};

static void *
learn(void *argument)
{
	struct learner *learner = argument;
	while (!learner->is_over)
		infra_heard(learner->infra, &learner->server, 20000, 1000000);
	return NULL;
}

START_TEST(a_server_of_which_something_is_being_learnt_is_known_meanwhile)
{
	struct rng rng;
	static struct learner learner;
	struct infra_server server;
	pthread_t thread;
	rng_init_number(&rng, 5);
	void *block = calloc(1, infra_bytes(SERVERS));
	learner.infra = infra_new(block, infra_bytes(SERVERS), SERVERS, &rng);
	learner.server = addr_ipv4((uint8_t[4]){ 192, 0, 2, 1 });
	infra_heard(learner.infra, &learner.server, 20000, 1000000);
	ck_assert_int_eq(pthread_create(&thread, NULL, learn, &learner), 0);
	for (unsigned i = 0; i < LOOKS; i++) {
		infra_get(learner.infra, &learner.server, &server, 1000000);
		ck_assert_msg(server.known, "at look %u", i);
	}
	learner.is_over = true;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	free(block);
}
END_TEST

static Suite *
threads_suite(void)
{
	Suite *suite = suite_create("caches shared by threads");
	TCase *tcase = tcase_create("threads");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, workers_that_share_the_caches_never_see_a_torn_entry);
	tcase_add_test(tcase, a_server_of_which_something_is_being_learnt_is_known_meanwhile);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return run_suite(threads_suite());
}
