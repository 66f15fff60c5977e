/*
 * bench_cache - what the caches cost: nanoseconds a call on one thread, resident octets an entry.
 *
 * usage: bench_cache [entries]        default 200000, in a cache of 1 GiB
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "resolver/cache/delegation.h"
#include "resolver/cache/infra.h"
#include "resolver/cache/negative.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define BLOCK_BYTES ((size_t)1 << 30)

static double
now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static size_t
resident_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (file != NULL)
		fclose(file);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void *
map(size_t bytes)
{
	void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (block == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	return block;
}

struct bench {
	unsigned entries;
	struct name *names; /* entries that are there, then as many that are not */
	struct arena arena;
	struct rng rng;
	double started_ns;
};

static void
start(struct bench *bench)
{
	bench->started_ns = now_ns();
}

static void
report(struct bench *bench, const char *what, unsigned calls)
{
	printf("%-44s %7.1f ns\n", what, (now_ns() - bench->started_ns) / calls);
}

static void
report_memory(const char *what, size_t before, const struct cache_stats *stats)
{
	double entries = (double)stats->entries;
	printf("%-44s %7.1f octets resident, %.1f of them in the ring\n", what,
	       (double)(resident_bytes() - before) / entries, (double)stats->bytes_used / entries);
}

/* Any order but that of putting, so that neither prefetcher nor cache line helps. */
static const struct name *
pick(struct bench *bench, unsigned i, unsigned offset)
{
	return &bench->names[(unsigned)((uint64_t)i * 7919 % bench->entries) + offset];
}

static void
bench_rrsets(struct bench *bench)
{
	struct rrset_cache *cache = rrset_cache_new(map(BLOCK_BYTES), BLOCK_BYTES, &bench->rng);
	struct rrset *found;
	static const uint8_t rdata[] = { 0, 4, 192, 0, 2, 1 };
	struct rrset set = {
		.type = TYPE_A, .class = CLASS_IN, .rr_count = 1, .rdata = rdata, .rdata_bytes = 6
	};
	struct cache_stats stats;
	size_t before = resident_bytes();

	start(bench);
	for (unsigned i = 0; i < bench->entries; i++) {
		set.owner = &bench->names[i];
		rrset_cache_put(cache, &set, TRUST_ANSWER_AA, 3600, 1);
	}
	report(bench, "rrset put, A of www.example-N.com, new", bench->entries);
	rrset_cache_stats(cache, &stats);
	report_memory("A of www.example-N.com", before, &stats);

	start(bench);
	for (unsigned i = 0; i < bench->entries; i++) {
		set.owner = pick(bench, i, 0);
		rrset_cache_put(cache, &set, TRUST_ANSWER_AA, 3600, 1);
	}
	report(bench, "rrset put, replacing", bench->entries);
	for (unsigned hit = 0; hit < 2; hit++) {
		start(bench);
		for (unsigned i = 0; i < bench->entries; i++) {
			arena_reset(&bench->arena);
			rrset_cache_get(cache, pick(bench, i, hit ? 0 : bench->entries), TYPE_A,
					CLASS_IN, TRUST_ANSWER, &bench->arena, &found, 2);
		}
		report(bench, hit ? "rrset get, hit, all over the cache" : "rrset get, miss",
		       bench->entries);
	}
	start(bench);
	for (unsigned i = 0; i < bench->entries; i++) {
		arena_reset(&bench->arena);
		rrset_cache_get(cache, pick(bench, i % 1000, 0), TYPE_A, CLASS_IN, TRUST_ANSWER,
				&bench->arena, &found, 2);
	}
	report(bench, "rrset get, hit, 1000 names", bench->entries);
}

/* In a cache that is full, and of which half was asked for, so that the writer moves and drops. */
static void
bench_full(struct bench *bench)
{
	const size_t bytes = 8u << 20;
	struct rrset_cache *cache = rrset_cache_new(map(bytes), bytes, &bench->rng);
	struct rrset *found;
	static const uint8_t rdata[] = { 0, 4, 192, 0, 2, 1 };
	struct rrset set = {
		.type = TYPE_A, .class = CLASS_IN, .rr_count = 1, .rdata = rdata, .rdata_bytes = 6
	};
	start(bench);
	for (unsigned i = 0; i < 2 * bench->entries; i++) {
		set.owner = &bench->names[i];
		rrset_cache_put(cache, &set, TRUST_ANSWER_AA, 3600, 1);
		if (i % 2 == 0) {
			arena_reset(&bench->arena);
			rrset_cache_get(cache, set.owner, TYPE_A, CLASS_IN, TRUST_ANSWER,
					&bench->arena, &found, 2);
		}
	}
	report(bench, "rrset put and half a get, full cache of 8 MiB", 2 * bench->entries);
}

static void
bench_delegations(struct bench *bench)
{
	struct delegation_cache *cache =
		delegation_cache_new(map(BLOCK_BYTES), BLOCK_BYTES, &bench->rng);
	struct delegation found, delegation = { .ttl_s = 3600, .ns_count = 2 };
	struct delegation_ns ns[2] = { 0 };
	struct cache_stats stats;
	size_t before = resident_bytes();
	delegation.ns = ns;
	start(bench);
	for (unsigned i = 0; i < bench->entries; i++) {
		struct name zone;
		name_strip(&zone, &bench->names[i], 1);
		delegation.zone = ns[0].name = ns[1].name = &zone;
		for (unsigned j = 0; j < 2; j++) {
			ns[j].addr_count = 1;
			ns[j].addrs[0] = addr_ipv4((uint8_t[4]){ 192, 0, 2, 1 });
		}
		delegation_cache_put(cache, &delegation, UINT32_MAX, 1);
	}
	report(bench, "delegation put, two servers with glue", bench->entries);
	delegation_cache_stats(cache, &stats);
	report_memory("delegation", before, &stats);
	start(bench);
	for (unsigned i = 0; i < bench->entries; i++) {
		arena_reset(&bench->arena);
		delegation_cache_find(cache, pick(bench, i, 0), &bench->arena, &found, 2);
	}
	report(bench, "delegation find, one label up", bench->entries);
}

static void
bench_negatives_and_servers(struct bench *bench)
{
	struct negative_cache *cache =
		negative_cache_new(map(BLOCK_BYTES), BLOCK_BYTES, &bench->rng);
	size_t infra_size = infra_bytes(bench->entries);
	struct infra *infra = infra_new(map(infra_size), infra_size, bench->entries, &bench->rng);
	struct negative negative;
	struct infra_server server;

	start(bench);
	for (unsigned i = 0; i < bench->entries; i++)
		negative_cache_get(cache, pick(bench, i, 0), TYPE_A, CLASS_IN, &bench->arena,
				   &negative, 1);
	report(bench, "negative get, miss", bench->entries);
	start(bench);
	for (unsigned i = 0; i < bench->entries; i++) {
		struct ip_addr addr = addr_ipv4(
			(uint8_t[4]){ 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i });
		infra_heard(infra, &addr, 20000, 1000);
	}
	report(bench, "infra heard, a server each", bench->entries);
	start(bench);
	for (unsigned i = 0; i < bench->entries; i++) {
		struct ip_addr addr =
			addr_ipv4((uint8_t[4]){ 10, 0, (uint8_t)(i >> 2), (uint8_t)i });
		infra_get(infra, &addr, &server, 1000);
	}
	report(bench, "infra get, a thousand servers", bench->entries);
}

int
main(int argc, char **argv)
{
	static uint8_t arena_block[65536];
	struct bench bench = { .entries =
				       argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 200000 };
	if (bench.entries == 0 || bench.entries > 4000000) {
		fprintf(stderr, "usage: bench_cache [entries]\n");
		return 2;
	}
	rng_init_number(&bench.rng, 1);
	arena_init(&bench.arena, arena_block, sizeof arena_block);
	bench.names = map(2 * bench.entries * sizeof *bench.names);
	for (unsigned i = 0; i < 2 * bench.entries; i++) {
		char text[64];
		snprintf(text, sizeof text, "www.example-%u.com.", i);
		if (name_from_text(&bench.names[i], text, NULL) != 0)
			return EXIT_FAILURE;
	}
	bench_rrsets(&bench);
	bench_full(&bench);
	bench_delegations(&bench);
	bench_negatives_and_servers(&bench);
	return EXIT_SUCCESS;
}
