#include "fetch/eyeballs.h"

#include <assert.h>

#include "fetch/lookup.h"

void
eyeballs_init(struct eyeballs *eyeballs, uint64_t attempt_delay_us, uint64_t resolution_delay_us)
{
	*eyeballs = (struct eyeballs){ .attempt_delay_us = attempt_delay_us,
				       .resolution_delay_us = resolution_delay_us,
				       .hold_until_us = EYEBALLS_NEVER };
}

void
eyeballs_expect(struct eyeballs *eyeballs, unsigned kinds)
{
	eyeballs->expected |= kinds;
}

static bool
is_known(const struct eyeballs *eyeballs, const struct ip_addr *addr)
{
	for (unsigned i = 0; i < eyeballs->count; i++)
		if (addr_equal(&eyeballs->destinations[i].addr, addr))
			return true;
	return false;
}

void
eyeballs_answer(struct eyeballs *eyeballs, unsigned kind, const struct destination *destinations,
		unsigned count, uint64_t now_us)
{
	eyeballs->expected &= ~kind;
	for (unsigned i = 0; i < count && eyeballs->count < EYEBALLS_ADDRS_MAX; i++)
		if (!is_known(eyeballs, &destinations[i].addr))
			eyeballs->destinations[eyeballs->count++] = destinations[i];
	struct destination *waiting = &eyeballs->destinations[eyeballs->started];
	destination_sort(waiting, eyeballs->count - eyeballs->started);
	destination_interleave(waiting, eyeballs->count - eyeballs->started,
			       eyeballs->started > 0 ? &waiting[-1].addr : NULL);
	if (eyeballs->count > 0 && eyeballs->hold_until_us == EYEBALLS_NEVER)
		eyeballs->hold_until_us = now_us + eyeballs->resolution_delay_us;
}

void
eyeballs_failed(struct eyeballs *eyeballs, uint64_t now_us)
{
	assert(eyeballs->under_way > 0);
	eyeballs->under_way--;
	if (eyeballs->next_at_us > now_us)
		eyeballs->next_at_us = now_us;
}

uint64_t
eyeballs_deadline(const struct eyeballs *eyeballs)
{
	const bool is_held = (eyeballs->expected & (NAMES_IPV6 | NAMES_HTTPS)) != 0;

	if (eyeballs->started == eyeballs->count)
		return EYEBALLS_NEVER;
	return is_held && eyeballs->hold_until_us > eyeballs->next_at_us ? eyeballs->hold_until_us
									 : eyeballs->next_at_us;
}

bool
eyeballs_next(struct eyeballs *eyeballs, uint64_t now_us, unsigned *attempt)
{
	if (eyeballs_deadline(eyeballs) > now_us)
		return false;
	*attempt = eyeballs->started++;
	eyeballs->under_way++;
	eyeballs->next_at_us = now_us + eyeballs->attempt_delay_us;
	return true;
}

bool
eyeballs_is_over(const struct eyeballs *eyeballs)
{
	return eyeballs->expected == 0 && eyeballs->under_way == 0 &&
	       eyeballs->started == eyeballs->count;
}
