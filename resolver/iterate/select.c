#include "resolver/iterate/select.h"

#include <assert.h>
#include <limits.h>

#include "stack/base/rng.h"

/* How many tries of the good ones a server that was silent stands behind. */
static unsigned
doubt_of(const struct option *option)
{
	unsigned doubt = option->heard ? option->timeouts / 2u : option->timeouts * 2u;
	return option->held || doubt > SELECT_HELD_SENDS ? SELECT_HELD_SENDS : doubt;
}

/* How far back in the queue. */
static unsigned
turn_of(const struct option *option)
{
	return option->sends + doubt_of(option) + (option->lame ? SELECT_LAME_SENDS : 0) +
	       (option->second ? SELECT_SECOND_SENDS : 0);
}

static uint32_t
estimate_of(const struct option *option)
{
	return option->known ? option->estimate_us : SELECT_UNKNOWN_US;
}

/* What of the options comes into question. */
struct choice {
	unsigned turn;
	uint8_t kin;
	uint32_t to_us;
};

static bool
fits(const struct option *option, const struct choice *choice)
{
	return turn_of(option) == choice->turn && option->kin == choice->kin &&
	       estimate_of(option) <= choice->to_us;
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

/* Of the options asked least, those with least in common with what is waited for. */
static struct choice
first_choice(const struct option *options, unsigned count)
{
	struct choice choice = { .turn = UINT_MAX, .to_us = UINT32_MAX };
	for (unsigned i = 0; i < count; i++) {
		unsigned turn = turn_of(&options[i]);
		if (turn > choice.turn || (turn == choice.turn && options[i].kin >= choice.kin))
			continue;
		choice.turn = turn;
		choice.kin = options[i].kin;
	}
	return choice;
}

/* One that the choice leaves out, to find out whether it has become better; count when there is none. */
static unsigned
explore(const struct option *options, unsigned count, const struct choice *choice, struct rng *rng)
{
	unsigned probed = count, probes = 0, others = 0, other = count;
	for (unsigned i = 0; i < count; i++) {
		const struct option *option = &options[i];
		if (option->sends > 0)
			continue;
		if (option->probe && rng_below(rng, ++probes) == 0)
			probed = i;
		if (!option->held && !option->lame && !option->second && !fits(option, choice) &&
		    rng_below(rng, ++others) == 0)
			other = i;
	}
	if (probed < count || rng_below(rng, SELECT_EXPLORE_ONE_IN) != 0)
		return probed;
	return other;
}

unsigned
select_option(const struct option *options, unsigned count, bool may_explore, struct rng *rng)
{
	assert(count > 0);
	struct choice choice = first_choice(options, count);
	uint32_t best_us = best_of(options, count, &choice);
	uint64_t share_us = (uint64_t)best_us * SELECT_BAND_PERMIL / 1000;
	uint64_t band_us = best_us + (share_us > SELECT_BAND_US ? share_us : SELECT_BAND_US);

	choice.to_us = band_us < UINT32_MAX ? (uint32_t)band_us : UINT32_MAX;
	unsigned chosen = may_explore ? explore(options, count, &choice, rng) : count;
	if (chosen == count)
		chosen = draw(options, count, &choice, rng);
	assert(chosen < count);
	return chosen;
}
