/*
 * sharing - what two threads on the same caches cost each other.
 *
 *	sharing [MILLIONS]
 *
 * Prints processor time a call, in nanoseconds, on one thread and on two at once (processors 0 and 1), over names that
 * both ask for: what is shared and written shows as a difference. The last line is one counter that both add to, the
 * price of a cache line that is passed to and fro.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "resolver/cache/ready.h"
#include "resolver/cache/store.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define NAMES       4096u
#define BLOCK_BYTES ((size_t)64 << 20)
#define NOW_S       1u
#define TTL_S       3600u
#define VALUE_BYTES 24u

struct shared {
	struct ready_cache *ready;
	struct store *store;
	struct name names[NAMES];
	_Atomic uint64_t counter;
};

struct work {
	const char *what;
	void (*call)(struct shared *shared, uint32_t number);
};

struct thread {
	pthread_t thread;
	struct shared *shared;
	const struct work *work;
	unsigned processor;
	unsigned long calls;
	double ns;
};

static void
ready_hit(struct shared *shared, uint32_t number)
{
	const struct ready_key key = { .qname = &shared->names[number], .qtype = TYPE_A, .generation = 1 };
	uint8_t bytes[READY_BYTES_MAX];
	struct ready_facts facts;

	if (!ready_cache_get(shared->ready, &key, ready_cache_hash(shared->ready, &key), bytes, &facts, NOW_S))
		abort();
}

static void
store_hit(struct shared *shared, uint32_t number)
{
	struct store_key key;
	struct store_found found;
	struct arena arena;
	uint8_t memory[64];

	arena_init(&arena, memory, sizeof memory);
	store_key_make(&key, &shared->names[number], TYPE_A, CLASS_IN);
	if (store_get(shared->store, key.bytes, key.size, 0, 0, &arena, &found, NOW_S) != 0)
		abort();
}

static void
store_write(struct shared *shared, uint32_t number)
{
	static const uint8_t value[VALUE_BYTES];
	const struct store_span span = { value, sizeof value };
	const struct store_put put = { .value = &span, .span_count = 1, .ttl_s = TTL_S };
	struct store_key key;

	store_key_make(&key, &shared->names[number], TYPE_A, CLASS_IN);
	if (store_put(shared->store, key.bytes, key.size, &put, NOW_S) != 0)
		abort();
}

static void
add(struct shared *shared, uint32_t number)
{
	atomic_fetch_add_explicit(&shared->counter, number, memory_order_relaxed);
}

static const struct work works[] = {
	{ "ready-made answer, hit", ready_hit },
	{ "store, hit", store_hit },
	{ "store, put in place of another", store_write },
	{ "one counter", add },
};

/* ---- threads ------------------------------------------------------------------------------------------ */

static void *
run(void *data)
{
	struct thread *thread = data;
	struct timespec begin, end;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(thread->processor, &set);
	(void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	for (unsigned long i = 0; i < thread->calls; i++)
		thread->work->call(thread->shared, (uint32_t)(i * 7919u + thread->processor) % NAMES);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	thread->ns = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / (double)thread->calls;
	return NULL;
}

static double
ns_a_call(struct shared *shared, const struct work *work, unsigned threads, unsigned long calls)
{
	struct thread both[2];
	double sum = 0;

	for (unsigned i = 0; i < threads; i++) {
		both[i] = (struct thread){ .shared = shared, .work = work, .processor = i, .calls = calls };
		if (pthread_create(&both[i].thread, NULL, run, &both[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < threads; i++) {
		(void)pthread_join(both[i].thread, NULL);
		sum += both[i].ns;
	}
	return sum / threads;
}

static void
fill(struct shared *shared)
{
	for (uint32_t i = 0; i < NAMES; i++) {
		uint8_t message[READY_BYTES_MAX];
		struct writer writer = writer_over(message, sizeof message);
		char text[64];
		(void)snprintf(text, sizeof text, "www.name-%u.example.", i);
		if (name_from_text(&shared->names[i], text, NULL) != 0)
			abort();
		writer_u32(&writer, DNS_QR);
		writer_u32(&writer, 1u << 16 | 1u);
		writer_u32(&writer, 0);
		writer_bytes(&writer, shared->names[i].wire, shared->names[i].size);
		writer_u32(&writer, (uint32_t)TYPE_A << 16 | CLASS_IN);
		writer_u16(&writer, 0xc000u | MESSAGE_HEADER_BYTES);
		writer_u32(&writer, (uint32_t)TYPE_A << 16 | CLASS_IN);
		writer_u32(&writer, TTL_S);
		writer_u16(&writer, 4);
		writer_u32(&writer, i);
		const struct ready_key key = { .qname = &shared->names[i], .qtype = TYPE_A, .generation = 1 };
		const struct ready_facts facts = { .size = (uint16_t)writer.pos };
		ready_cache_put(shared->ready, &key, ready_cache_hash(shared->ready, &key), message, &facts, TTL_S, NOW_S);
		store_write(shared, i);
	}
}

int
main(int argc, char **argv)
{
	const unsigned long calls = (argc > 1 ? strtoul(argv[1], NULL, 10) : 5) * 1000000u;
	struct shared *shared = calloc(1, sizeof *shared);
	void *ready = calloc(1, BLOCK_BYTES), *store = calloc(1, BLOCK_BYTES);
	struct rng rng;

	if (calls == 0 || shared == NULL || ready == NULL || store == NULL)
		return fprintf(stderr, "usage: sharing [MILLIONS]\n"), 2;
	rng_init_number(&rng, 1);
	shared->ready = ready_cache_new(ready, BLOCK_BYTES, &rng);
	shared->store = store_new(store, BLOCK_BYTES, sizeof(struct store), &rng);
	fill(shared);
	printf("%-32s%12s%12s\n", "ns a call", "one thread", "two");
	for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
		printf("%-32s%12.1f%12.1f\n", works[i].what, ns_a_call(shared, &works[i], 1, calls),
		       ns_a_call(shared, &works[i], 2, calls));
	free(store);
	free(ready);
	free(shared);
	return 0;
}
