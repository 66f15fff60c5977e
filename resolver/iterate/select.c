#include "resolver/iterate/select.h"

#include <assert.h>

#include "stack/base/rng.h"

/* How far back in the queue. */
static unsigned
turn_of(const struct option *option)
{
	unsigned turn = option->sends;
	if (option->held)
		turn += SELECT_HELD_SENDS;
	if (option->lame)
		turn += SELECT_LAME_SENDS;
	return turn;
}

static uint32_t
estimate_of(const struct option *option)
{
	return option->known ? option->estimate_us : SELECT_UNKNOWN_US;
}

/* What of the options comes into question: those of one turn, of one family or of any. */
struct choice {
	unsigned turn;
	enum addr_family avoid; /* ADDR_NONE: none */
	uint32_t from_us, to_us;
};

static bool
fits(const struct option *option, const struct choice *choice)
{
	uint32_t estimate_us = estimate_of(option);
	return turn_of(option) == choice->turn && option->family != choice->avoid &&
	       estimate_us >= choice->from_us && estimate_us <= choice->to_us;
}

/* One of those that fit, each with the same chance; count when none does. */
static unsigned
draw(const struct option *options, unsigned count, const struct choice *choice, struct rng *rng)
{
	unsigned drawn = count, seen = 0;
	for (unsigned i = 0; i < count; i++) {
		if (fits(&options[i], choice) && rng_below(rng, ++seen) == 0)
			drawn = i;
	}
	return drawn;
}

static uint32_t
best_of(const struct option *options, unsigned count, const struct choice *choice)
{
	uint32_t best_us = UINT32_MAX;
	for (unsigned i = 0; i < count; i++) {
		if (fits(&options[i], choice) && estimate_of(&options[i]) < best_us)
			best_us = estimate_of(&options[i]);
	}
	return best_us;
}

unsigned
select_option(const struct option *options, unsigned count, enum addr_family avoid, struct rng *rng)
{
	assert(count > 0);
	struct choice choice = { .turn = turn_of(&options[0]),
				 .avoid = avoid,
				 .to_us = UINT32_MAX };
	for (unsigned i = 1; i < count; i++) {
		unsigned turn = turn_of(&options[i]);
		if (turn < choice.turn)
			choice.turn = turn;
	}

	uint32_t best_us = best_of(options, count, &choice);
	if (best_us == UINT32_MAX) { /* none of the other family */
		choice.avoid = ADDR_NONE;
		best_us = best_of(options, count, &choice);
	}
	uint64_t share_us = (uint64_t)best_us * SELECT_BAND_PERMIL / 1000;
	uint64_t band_us = best_us + (share_us > SELECT_BAND_US ? share_us : SELECT_BAND_US);

	if (choice.turn == 0 && rng_below(rng, SELECT_EXPLORE_ONE_IN) == 0) {
		struct choice outside = choice;
		outside.from_us = band_us < UINT32_MAX ? (uint32_t)band_us + 1 : UINT32_MAX;
		unsigned explored = draw(options, count, &outside, rng);
		if (explored < count)
			return explored;
	}
	choice.to_us = band_us < UINT32_MAX ? (uint32_t)band_us : UINT32_MAX;
	unsigned drawn = draw(options, count, &choice, rng);
	assert(drawn < count);
	return drawn;
}
