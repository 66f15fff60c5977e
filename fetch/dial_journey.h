/*
 * dial_journey.h - what a dial tells the journey: what names were answered, and how addresses were raced (RFC 8305, section 5).
 *
 * Nothing is told, and nothing put together, where nobody listens.
 */
#ifndef CAIRN_FETCH_DIAL_JOURNEY_H
#define CAIRN_FETCH_DIAL_JOURNEY_H

#include "fetch/eyeballs.h"
#include "fetch/names.h"

/* An attempt to connect, as the race sees it. */
struct dial_runner {
	uint64_t started_us; /* 0: has not */
	bool has_failed;
};

struct dial_race {
	struct net *net;
	const char *host;
	uint16_t port;
	uint32_t request;
	const struct eyeballs *eyeballs;
	const struct dial_runner *runners; /* as eyeballs->destinations */
};

/* What the resolver said, or why there is nothing; before it, that it came out of the cache of an engine in this process. */
void dial_tell_answer(struct net *net, uint32_t request, const char *host, const struct names_answer *answer);

/* That one more address is tried, beside the others or in their place; of the first its SYN tells. */
void dial_tell_attempt(const struct dial_race *race, unsigned index);

/* Who was first, and what became of the others; of a single attempt there is nothing to tell. */
void dial_tell_winner(const struct dial_race *race, unsigned index);

#endif
