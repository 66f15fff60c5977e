/*
 * load - how the rate of answers grows with the workers of cairnd, where nothing but they could be the limit.
 *
 *	load [--work WORK] [--workers N] [--rounds N] [--names N] [--delay MICROSECONDS] [--huge-pages] [--log FILE]
 *
 * Runs the workers of cairnd, 1 of them, then 2, 4 ... up to --workers (2) on the same questions, against clients and name
 * servers on the same threads (traffic.h), and that --rounds times (3), from empty caches each time. WORK is one of
 *
 *	hot    1,000 names, asked for again and again, all ready-made
 *	wide   15 % of --names likewise: of 200,000 more than a processor's own cache holds
 *	mixed  twice as many questions as --names (200,000), Zipf-distributed
 *	cold   each of --names once
 *
 * or all of them. A line for each is the median run by processor time: answers a second and how they compare to
 * one worker; processor time an answer, how it compares, and what the rate would be by that with a processor for
 * each worker alone, which is the figure to look at where other programs run; then queries upstream and waits for
 * another worker, an answer, and each thread's time. `apart` are as many workers that share nothing, each with
 * caches of its own: what they cost each other is the machine's doing (its memory, its clock, processors that are
 * halves of one), and no code could be better. So the last line of each number is the verdict: what sharing leaves of the rate of
 * those, the median of the rounds' own ratios, by the clock and by processor time. --huge-pages is msg-cache-huge-pages: yes, --log
 * log-queries and log-replies, whose lines go to the end of the file.
 * Exit: 0 when every question was answered, and rightly.
 */
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stack/base/rng.h"
#include "tests/bench/dns/load/run.h"

#define WIDE_PERCENT 15u /* of --names */
#define HOT_NAMES    1000u
#define HOT_PER_NAME 15u   /* questions, for each of --names */
#define HOT_WARM     4u    /* questions a name until all are ready-made */
#define STRIDE       7919u /* so that names next to each other in time are of other zones */
#define ROUNDS_MAX   99u
#define SERIES_MAX   13u  /* 1, and 2 to 64 workers, together and apart */
#define WINDOW       400u /* questions of a worker under way */

struct options {
	const char *work;
	unsigned long workers, rounds, names, delay_us;
	bool has_huge_pages;
	int log_fd; /* -1: nothing is logged */
};

struct work {
	const char *name;
	uint32_t (*warm)(
		const struct options *options); /* questions before those that are measured */
	uint32_t (*count)(const struct options *options); /* of these */
	void (*draw)(const struct options *options, uint32_t *questions,
		     uint32_t count); /* all of them */
};

/* ---- what is asked ------------------------------------------------------------------------------------ */

static void
draw_again_and_again(uint32_t names, uint32_t *questions, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		questions[i] = (uint32_t)((uint64_t)i * STRIDE % names);
}

static uint32_t
hot_warm(const struct options *options)
{
	(void)options;
	return HOT_WARM * HOT_NAMES;
}

static uint32_t
hot_count(const struct options *options)
{
	return HOT_PER_NAME * (uint32_t)options->names;
}

static void
hot_draw(const struct options *options, uint32_t *questions, uint32_t count)
{
	(void)options;
	draw_again_and_again(HOT_NAMES, questions, count);
}

static uint32_t
wide_names(const struct options *options)
{
	return (uint32_t)(options->names * WIDE_PERCENT / 100);
}

static uint32_t
wide_warm(const struct options *options)
{
	return HOT_WARM * wide_names(options);
}

static void
wide_draw(const struct options *options, uint32_t *questions, uint32_t count)
{
	draw_again_and_again(wide_names(options), questions, count);
}

static uint32_t
no_warm(const struct options *options)
{
	(void)options;
	return 0;
}

static uint32_t
mixed_count(const struct options *options)
{
	return 2 * (uint32_t)options->names;
}

/* Exponent 1: the rank is drawn by inverting the harmonic sum's logarithm. */
static void
mixed_draw(const struct options *options, uint32_t *questions, uint32_t count)
{
	struct rng rng;

	rng_init_number(&rng, 1);
	for (uint32_t i = 0; i < count; i++) {
		const double rank = pow((double)options->names, (double)rng_u32(&rng) / UINT32_MAX);
		questions[i] = rank < (double)options->names ? (uint32_t)rank - 1
							     : (uint32_t)options->names - 1;
	}
}

static uint32_t
cold_count(const struct options *options)
{
	return (uint32_t)options->names;
}

static void
cold_draw(const struct options *options, uint32_t *questions, uint32_t count)
{
	draw_again_and_again((uint32_t)options->names, questions, count);
}

static const struct work works[] = {
	{ "hot", hot_warm, hot_count, hot_draw },
	{ "wide", wide_warm, hot_count, wide_draw },
	{ "mixed", no_warm, mixed_count, mixed_draw },
	{ "cold", no_warm, cold_count, cold_draw },
};

/* ---- what is told ------------------------------------------------------------------------------------- */

static void
tell_heading(void)
{
	(void)printf("%-6s %7s %10s %7s %8s %7s %8s %9s %7s  %s\n", "work", "workers", "answers/s",
		     "to one", "CPU us", "to one", "by CPU", "upstream", "waited",
		     "CPU us of each thread");
}

static void
tell(const char *work, unsigned workers, const struct run_result *result,
     const struct run_result *one)
{
	const double cpu_ratio = result->cpu_mean_us / one->cpu_mean_us;

	(void)printf("%-6s %7u %10.0f %7.2f %8.3f %7.3f %8.2f %9.3f %7.4f ", work, workers,
		     result->rate, result->rate / one->rate, result->cpu_mean_us, cpu_ratio,
		     workers / cpu_ratio, result->upstream, result->waited);
	for (unsigned i = 0; i < workers; i++)
		(void)printf(" %.3f", result->cpu_us[i]);
	(void)printf("\n");
	(void)fflush(stdout);
}

static int
by_cpu(const void *a, const void *b)
{
	const double x = ((const struct run_result *)a)->cpu_mean_us,
		     y = ((const struct run_result *)b)->cpu_mean_us;

	return (x > y) - (x < y);
}

static int
by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, by_value);
	return values[count / 2];
}

/* ---- runs --------------------------------------------------------------------------------------------- */

static bool
run_once(const struct run_work *work, struct run_result *result)
{
	char error[CONFIG_ERROR_BYTES];

	if (run(work, result, error) != 0) {
		(void)fprintf(stderr, "load: %s\n", error);
		_exit(EXIT_FAILURE); /* threads that are still at it use what a return would free */
	}
	if (result->wrong + result->lost == 0)
		return true;
	(void)fprintf(stderr, "load: %llu wrong answers, %llu lost replies\n",
		      (unsigned long long)result->wrong, (unsigned long long)result->lost);
	return false;
}

/* The rounds of one number of workers, of which the median is told. */
struct series {
	unsigned workers;
	bool is_apart;
	struct run_result results[ROUNDS_MAX];
};

static unsigned
plan(const struct options *options, struct series series[SERIES_MAX])
{
	unsigned count = 0;

	series[count++] = (struct series){ .workers = 1 };
	for (unsigned workers = 2; workers <= options->workers; workers *= 2) {
		series[count++] = (struct series){ .workers = workers, .is_apart = true };
		series[count++] = (struct series){ .workers = workers };
	}
	return count;
}

/* Of those that share to those that share nothing, each round by itself: what else the machine did then met both. */
static void
tell_verdict(const struct series *apart, const struct series *together, size_t rounds)
{
	double rates[ROUNDS_MAX], cpu[ROUNDS_MAX];

	for (size_t i = 0; i < rounds; i++) {
		rates[i] = together->results[i].rate / apart->results[i].rate;
		cpu[i] = apart->results[i].cpu_mean_us / together->results[i].cpu_mean_us;
	}
	(void)printf("       %7u that share: %.2f of the rate of as many apart, %.2f by CPU\n", together->workers,
		     median(rates, rounds), median(cpu, rounds));
}

static void
tell_verdicts(const struct options *options, const struct series *series, unsigned count)
{
	for (unsigned i = 1; i + 1 < count; i += 2)
		tell_verdict(&series[i], &series[i + 1], options->rounds);
}

static void
tell_medians(const struct work *work, const struct options *options, struct series *series,
	     unsigned count)
{
	const unsigned middle = (unsigned)options->rounds / 2;

	for (unsigned i = 0; i < count; i++) {
		qsort(series[i].results, options->rounds, sizeof series[i].results[0], by_cpu);
		tell(series[i].is_apart ? "apart" : work->name, series[i].workers,
		     &series[i].results[middle], &series[0].results[middle]);
	}
}

/* The numbers of workers take turns, so that what else the machine does meets all of them. */
static bool
measure(const struct work *work, const struct options *options, const uint32_t *questions,
	uint32_t count)
{
	static struct series series[SERIES_MAX], sorted[SERIES_MAX];
	const unsigned series_count = plan(options, series);

	for (unsigned i = 0; i < options->rounds * series_count; i++) {
		struct series *of = &series[i % series_count];
		const struct run_work asked = {
			.questions = questions,
			.warm_count = work->warm(options),
			.count = count,
			.workers = of->workers,
			.window = WINDOW,
			.delay_us = (uint32_t)options->delay_us,
			.has_huge_pages = options->has_huge_pages,
			.log_fd = options->log_fd,
			.is_apart = of->is_apart,
		};
		if (!run_once(&asked, &of->results[i / series_count]))
			return false;
	}
	memcpy(sorted, series, sizeof sorted);
	tell_medians(work, options, sorted, series_count);
	tell_verdicts(options, series, series_count);
	return true;
}

static bool
do_work(const struct work *work, const struct options *options)
{
	const uint32_t count = work->warm(options) + work->count(options);
	uint32_t *questions = malloc(count * sizeof *questions);

	if (questions == NULL)
		return fprintf(stderr, "load: no memory\n"), false;
	work->draw(options, questions, count);
	const bool is_good = measure(work, options, questions, count);
	free(questions);
	return is_good;
}

/* ---- options ------------------------------------------------------------------------------------------ */

static int
usage(void)
{
	(void)fprintf(
		stderr,
		"usage: load [--work hot|wide|mixed|cold] [--workers 1 to %u] [--rounds 1 to %u] "
		"[--names 1000 to %u] "
		"[--delay MICROSECONDS] [--huge-pages] [--log FILE]\n",
		RUN_WORKERS_MAX, ROUNDS_MAX, PACKETS_NAMES_MAX);
	return 2;
}

static bool
read_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "work", required_argument, NULL, 'w' },
		{ "workers", required_argument, NULL, 'n' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "names", required_argument, NULL, 'c' },
		{ "delay", required_argument, NULL, 'd' },
		{ "huge-pages", no_argument, NULL, 'p' },
		{ "log", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	const char *log_path = NULL;
	int letter;

	while ((letter = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (letter) {
		case 'w': options->work = optarg; break;
		case 'n': options->workers = strtoul(optarg, NULL, 10); break;
		case 'r': options->rounds = strtoul(optarg, NULL, 10); break;
		case 'c': options->names = strtoul(optarg, NULL, 10); break;
		case 'p': options->has_huge_pages = true; break;
		case 'l': log_path = optarg; break;
		case 'd': options->delay_us = strtoul(optarg, NULL, 10); break;
		default: return false;
		}
	}
	if (log_path != NULL) /* the process's end closes it */
		options->log_fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return (log_path == NULL) == (options->log_fd < 0) && optind == argc && options->workers >= 1 && options->workers <= RUN_WORKERS_MAX &&
	       options->rounds >= 1 && options->rounds <= ROUNDS_MAX &&
	       options->names >= HOT_NAMES && options->names <= PACKETS_NAMES_MAX &&
	       options->names % STRIDE != 0 && options->delay_us <= 1000000u;
}

int
main(int argc, char **argv)
{
	struct options options = { .workers = 2, .rounds = 3, .names = 200000, .delay_us = 1000, .log_fd = -1 };
	bool is_good = true, is_known = false;

	if (!read_options(argc, argv, &options))
		return usage();
	tell_heading();
	for (unsigned i = 0; i < sizeof works / sizeof works[0] && is_good; i++) {
		if (options.work != NULL && strcmp(options.work, works[i].name) != 0)
			continue;
		is_known = true;
		is_good = do_work(&works[i], &options);
	}
	return !is_known ? usage() : is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
