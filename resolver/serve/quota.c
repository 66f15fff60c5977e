#include "resolver/serve/quota.h"

#include <assert.h>
#include <string.h>

static uint32_t
quota_places(uint32_t pending_max)
{
	uint32_t places = 16;
	while (places < 2 * pending_max)
		places *= 2;
	return places;
}

size_t
quota_bytes(uint32_t pending_max)
{
	return quota_places(pending_max) * sizeof(struct quota_place);
}

void
quota_init(struct quota *quota, void *block, uint32_t pending_max, struct rng *rng)
{
	quota->places = block;
	quota->mask = quota_places(pending_max) - 1;
	quota->key = hash_key_draw(rng);
}

static uint32_t
quota_home(const struct quota *quota, const struct ip_addr *addr)
{
	uint64_t high, low;
	memcpy(&high, addr->octets, sizeof high);
	memcpy(&low, addr->octets + 8, sizeof low);
	return (uint32_t)hash_u64x2(&quota->key, high, low ^ addr->family) & quota->mask;
}

/* The address's place, or the free one where it would stand. */
static uint32_t
quota_find(const struct quota *quota, const struct ip_addr *addr)
{
	uint32_t i = quota_home(quota, addr);
	while (quota->places[i].addr.family != ADDR_NONE &&
	       !addr_equal(&quota->places[i].addr, addr))
		i = (i + 1) & quota->mask;
	return i;
}

bool
quota_take(struct quota *quota, const struct ip_addr *addr)
{
	struct quota_place *place = &quota->places[quota_find(quota, addr)];
	if (place->count == QUOTA_PENDING_MAX)
		return false;
	place->addr = *addr;
	place->count++;
	return true;
}

/*
 * Frees a place and moves up those behind it that a search would no longer reach: each whose home does not
 * lie, going round, after the hole and up to where it stands.
 */
static void
quota_close_hole(struct quota *quota, uint32_t hole)
{
	uint32_t i = hole;
	for (;;) {
		i = (i + 1) & quota->mask;
		struct quota_place *place = &quota->places[i];
		if (place->addr.family == ADDR_NONE)
			break;
		uint32_t home = quota_home(quota, &place->addr);
		if (((i - home) & quota->mask) < ((i - hole) & quota->mask))
			continue;
		quota->places[hole] = *place;
		hole = i;
	}
	quota->places[hole] = (struct quota_place){ 0 };
}

void
quota_give(struct quota *quota, const struct ip_addr *addr)
{
	uint32_t i = quota_find(quota, addr);
	assert(quota->places[i].count > 0);
	if (--quota->places[i].count == 0)
		quota_close_hole(quota, i);
}
