/*
 * eviction - what the caches' own code answers of some traces, and what an LRU of as many octets would.
 *
 *	eviction [SEED]
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/cache/contest.h"

static int
print_line(const struct contest *contest)
{
	struct contest_result result;
	const int err = contest_run(contest, &result);

	if (err != 0)
		return fprintf(stderr, "eviction: no memory\n"), err;
	printf("%-6s%5zu  %-32s%8u%9.4f%9.4f%9.4f\n", contest_names[contest->cache], contest->block_bytes >> 10,
	       contest->trace->what, result.lru_entries, result.cache, result.lru, result.cache - result.lru);
	(void)fflush(stdout);
	return 0;
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 256u << 10, 1024u << 10 };
	struct contest contest = { .seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1 };

	printf("%-6s%5s  %-32s%8s%9s%9s%9s\n", "cache", "KiB", "trace", "entries", "hits", "LRU's", "more");
	for (contest.cache = 0; contest.cache < CONTEST_CACHES; contest.cache++) {
		for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
			contest.block_bytes = sizes[size];
			for (unsigned i = 0; i < CONTEST_TRACES; i++) {
				contest.trace = &contest_traces[i];
				if (print_line(&contest) != 0)
					return EXIT_FAILURE;
			}
		}
	}
	return EXIT_SUCCESS;
}
