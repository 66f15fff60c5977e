/*
 * tcp_seeds [-v] FROM COUNT: the TCP simulation for many seeds (tcp_world.h).
 *
 * Prints what the runs did, or the first seed that fails, with why; `tcp_seeds -v SEED 1` repeats
 * it exactly, with a line for each segment.  Exit: 0 when all held.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/sim/tcp_world.h"
#include "tests/suite.h"

/* Seen by both processes: the one that runs may crash. */
struct progress {
	uint64_t seed; /* being run */
	uint64_t frames, bytes, ended, left, failed, unlucky, forgotten, simulated_us;
};

static uint64_t seed_first, seed_count;
static FILE *seed_log;
static struct progress *progress;

START_TEST(every_seed_holds)
{
	static struct tcp_plan plan;
	static struct tcp_world world;

	for (uint64_t i = 0; i < seed_count; i++) {
		progress->seed = seed_first + i;
		tcp_plan_draw(&plan, progress->seed);
		tcp_world_run(&world, &plan, seed_log);
		progress->frames += world.net.frame_count;
		progress->bytes += world.sum.bytes;
		progress->ended += world.sum.ended;
		progress->left += world.sum.left;
		progress->failed += world.sum.failed;
		progress->unlucky += world.sum.unlucky;
		progress->forgotten += world.sum.forgotten;
		progress->simulated_us += world.net.now_us;
		tcp_world_fini(&world);
	}
}
END_TEST

static int
run(void)
{
	TCase *tcase = tcase_create("tcp_seeds");
	Suite *suite = suite_create("tcp_seeds");

	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, every_seed_holds);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* A connection may be unlucky on a bad line, one in a thousand at most. */
static bool
is_unlucky(void)
{
	return progress->unlucky * 1000 > progress->ended + 1000;
}

static void
report(int status)
{
	if (status != EXIT_SUCCESS)
		printf("not ok - seed %llu; `tcp_seeds -v %llu 1` repeats it\n",
		       (unsigned long long)progress->seed, (unsigned long long)progress->seed);
	else if (is_unlucky())
		printf("not ok - connections fail without cause\n");
	else
		printf("ok - %llu seeds from %llu\n", (unsigned long long)seed_count,
		       (unsigned long long)seed_first);
	printf("# %llu ends of connections ended, %llu left, %llu forgotten, %llu failed, of which "
	       "%llu only "
	       "for their line; %llu MB in %llu frames and %llu hours\n",
	       (unsigned long long)progress->ended, (unsigned long long)progress->left,
	       (unsigned long long)progress->forgotten, (unsigned long long)progress->failed,
	       (unsigned long long)progress->unlucky,
	       (unsigned long long)(progress->bytes / 1000000),
	       (unsigned long long)progress->frames,
	       (unsigned long long)(progress->simulated_us / 3600000000u));
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		seed_log = stdout;
		setlinebuf(stdout); /* the last line before a crash counts */
		argc--;
		argv++;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: tcp_seeds [-v] FROM COUNT\n");
		return 2;
	}
	seed_first = strtoull(argv[1], NULL, 0);
	seed_count = strtoull(argv[2], NULL, 0);
	progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (progress == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	const int status = run();
	report(status);
	return status == EXIT_SUCCESS && is_unlucky() ? EXIT_FAILURE : status;
}
