#include "stack/ipv4_id.h"

#include <stdbool.h>
#include <string.h>

#include "stack/base/rng.h"

#define IPV4_ID_DRAWS_MAX 64u /* (1/8)^64: never reached with a sound rng, a bound with any other */

static uint64_t
bit_of(uint16_t id)
{
	return (uint64_t)1 << (id % 64);
}

void
ipv4_ids_init(struct ipv4_ids *ids)
{
	memset(ids, 0, sizeof *ids);
}

uint16_t
ipv4_ids_draw(struct ipv4_ids *ids, struct rng *rng)
{
	uint16_t *slot = &ids->recent[ids->drawn_count % IPV4_IDS_RECENT];
	uint16_t id = rng_u16(rng);

	for (unsigned i = 1; i < IPV4_ID_DRAWS_MAX && (ids->is_recent[id / 64] & bit_of(id)) != 0;
	     i++)
		id = rng_u16(rng);
	if (ids->drawn_count >= IPV4_IDS_RECENT)
		ids->is_recent[*slot / 64] &= ~bit_of(*slot);
	*slot = id;
	ids->is_recent[id / 64] |= bit_of(id);
	/*
	 * Starts again behind the first round, so that a wrapped count does not look like a fresh
	 * table.
	 */
	ids->drawn_count = ids->drawn_count + 1 == 2 * IPV4_IDS_RECENT ? IPV4_IDS_RECENT
								       : ids->drawn_count + 1;
	return id;
}
