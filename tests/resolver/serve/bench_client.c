/*
 * What a cached answer costs between its two system calls: made anew, ready-made, and ready-made in batches whose places are
 * fetched ahead.  Run by hand, from a release build.
 *
 *	bench_client [MILLIONS [NAMES [MIB]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/resolver/serve/client_world.h"

#define NAMES_MAX   30000u /* what the caches behind hold */
#define READY_MIB   4u /* of ready-made answers */
#define QUERY_BYTES 64u
#define BATCH       64u

static struct client_world world;
static uint8_t queries[NAMES_MAX][QUERY_BYTES];
static uint8_t query_bytes[NAMES_MAX];
static unsigned names = 1000;

static void
make(unsigned number)
{
	char text[64];
	struct name name;
	struct render render;
	struct question question = { .qtype = TYPE_A, .qclass = CLASS_IN };

	(void)snprintf(text, sizeof text, "www.name%u.example.", number);
	if (name_from_text(&name, text, NULL) != 0)
		abort();
	client_world_put(&world, text);
	question.qname = name;
	render_begin(&render, queries[number], QUERY_BYTES, (uint16_t)number, DNS_RD, 0, 0);
	if (render_question(&render, &question) != 0)
		abort();
	query_bytes[number] = (uint8_t)render_finish(&render);
}

static unsigned
number_of(unsigned long i)
{
	return (unsigned)(i * 7919u % names);
}

static void
ask(struct client_source *source, unsigned number)
{
	struct client_outcome outcome;
	uint8_t reply[4096];

	client_query(&world.clients, source, queries[number], query_bytes[number], reply, sizeof reply, CLIENT_WORLD_NOW_US,
		     &outcome);
	if (outcome.fate != CLIENT_REPLIES || outcome.rcode != RCODE_NOERROR)
		abort();
}

static void
ask_batch(struct client_source *source, unsigned long begin, bool ahead)
{
	struct client_ahead queries_ahead[BATCH] = { 0 };

	for (unsigned long i = 0; i < BATCH; i++)
		queries_ahead[i] = (struct client_ahead){ .bytes = queries[number_of(begin + i)], .size = query_bytes[number_of(begin + i)] };
	if (ahead)
		clients_foresee(&world.clients, queries_ahead, BATCH);
	for (unsigned long i = 0; i < BATCH; i++) {
		source->foreseen = queries_ahead[i].foreseen;
		ask(source, number_of(begin + i));
	}
}

static double
ns_per_answer(unsigned long count, bool ahead)
{
	struct client_source source = { .port = 1 };
	struct timespec begin, end;

	if (addr_from_text(&source.addr, "192.0.2.1") != 0)
		abort();
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (unsigned long i = 0; i < count; i += BATCH)
		ask_batch(&source, i, ahead);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / (double)count;
}

int
main(int argc, char **argv)
{
	const unsigned long count = (argc > 1 ? strtoul(argv[1], NULL, 10) : 2) * 1000000u;
	names = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : names;
	const size_t ready_bytes = (argc > 3 ? strtoul(argv[3], NULL, 10) : READY_MIB) << 20;

	if (count == 0 || names == 0 || names > NAMES_MAX || ready_bytes == 0)
		return fprintf(stderr, "usage: bench_client [MILLIONS [NAMES [MIB]]], at most %u names\n", NAMES_MAX), 2;
	client_world_init(&world, 1);
	for (unsigned i = 0; i < names; i++)
		make(i);
	printf("made anew %.0f ns", ns_per_answer(count, false));
	void *block = calloc(1, ready_bytes);
	clients_set_ready(&world.clients, ready_cache_new(block, ready_bytes, &world.rng));
	(void)ns_per_answer(2 * names, false);
	const uint64_t before = world.clients.stats.answers_ready;
	printf(", ready-made %.0f ns", ns_per_answer(count, false));
	printf(", fetched ahead %.0f ns", ns_per_answer(count, true));
	printf(", %llu of %lu\n", (unsigned long long)(world.clients.stats.answers_ready - before), 2 * count);
	free(block);
	client_world_fini(&world);
	return 0;
}
