/*
 * What a cached answer costs between its two system calls, made anew and ready-made.  Run by hand, from a release build.
 *
 *	bench_client [MILLIONS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/resolver/serve/client_world.h"

#define NAMES       1000u
#define READY_BYTES (4u << 20)
#define QUERY_BYTES 512u

static struct client_world world;
static uint8_t queries[NAMES][QUERY_BYTES];
static size_t query_bytes[NAMES];

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
	query_bytes[number] = (size_t)render_finish(&render);
}

static double
ns_per_answer(unsigned long count)
{
	struct client_source source = { .port = 1 };
	struct client_outcome outcome;
	struct timespec begin, end;
	uint8_t reply[4096];

	if (addr_from_text(&source.addr, "192.0.2.1") != 0)
		abort();
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (unsigned long i = 0; i < count; i++) {
		const unsigned number = (unsigned)(i * 7919u % NAMES);
		client_query(&world.clients, &source, queries[number], query_bytes[number], reply, sizeof reply,
			     CLIENT_WORLD_NOW_US, &outcome);
		if (outcome.fate != CLIENT_REPLIES || outcome.rcode != RCODE_NOERROR)
			abort();
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / (double)count;
}

int
main(int argc, char **argv)
{
	const unsigned long count = (argc > 1 ? strtoul(argv[1], NULL, 10) : 2) * 1000000u;

	client_world_init(&world, 1);
	for (unsigned i = 0; i < NAMES; i++)
		make(i);
	printf("made anew %.0f ns", ns_per_answer(count));
	void *block = calloc(1, READY_BYTES);
	clients_set_ready(&world.clients, ready_cache_new(block, READY_BYTES, &world.rng));
	(void)ns_per_answer(NAMES);
	printf(", ready-made %.0f ns", ns_per_answer(count));
	printf(", %llu of %lu\n", (unsigned long long)world.clients.stats.answers_ready, count + NAMES);
	free(block);
	client_world_fini(&world);
	return 0;
}
