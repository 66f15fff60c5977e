#include "tests/bench/cache/trace.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

void
trace_start(struct trace_source *source, const struct trace *trace, uint64_t seed)
{
	double sum = 0;

	assert(trace->loop_length <= TRACE_NAMES);
	*source = (struct trace_source){ .trace = trace };
	rng_init_number(&source->rng, seed);
	for (uint32_t i = 0; i < TRACE_NAMES; i++)
		source->cumulative[i] = sum += pow(i + 1, -trace->exponent);
}

static uint32_t
zipf(struct trace_source *source)
{
	const double at = rng_u32(&source->rng) / 4294967296.0 * source->cumulative[TRACE_NAMES - 1];
	uint32_t low = 0, high = TRACE_NAMES - 1;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;
		if (source->cumulative[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_in_scan(const struct trace_source *source)
{
	const struct trace *trace = source->trace;

	if (trace->scan_every == 0 || source->asked < trace->scan_every)
		return false;
	const uint32_t scan = source->asked / trace->scan_every;
	return (trace->scans_max == 0 || scan <= trace->scans_max) && source->asked % trace->scan_every < trace->scan_length;
}

uint32_t
trace_next(struct trace_source *source)
{
	const struct trace *trace = source->trace;
	const bool is_scan = is_in_scan(source);

	assert(source->asked < TRACE_REQUESTS_MAX);
	source->asked++;
	if (is_scan)
		return TRACE_NAMES + source->scanned++;
	if (trace->loop_length != 0 && rng_below(&source->rng, 100) < trace->loop_percent)
		return TRACE_NAMES - 1 - source->looped++ % trace->loop_length; /* from the end that is asked for least */
	if (trace->drift_every != 0 && source->asked % trace->drift_every == 0)
		source->drift++;
	return (zipf(source) + source->drift) % TRACE_NAMES;
}
