#include "resolver/policy/rate.h"

#include "stack/addr.h"
#include "stack/base/rng.h"

#define WAYS     4u
#define BURST_US UINT64_C(1000000)

size_t
rate_table_bytes(void)
{
	return RATE_KEYS_MAX * sizeof(struct rate_key);
}

void
rate_table_init(struct rate_table *table, void *block, struct rng *rng)
{
	*table = (struct rate_table){ .key = hash_key_draw(rng), .keys = block };
}

/* The key's own place; else a free one, or that of who has least to pay. */
static struct rate_key *
find(struct rate_table *table, uint64_t hash)
{
	struct rate_key *set = &table->keys[(hash % (RATE_KEYS_MAX / WAYS)) * WAYS], *least = set;
	const uint32_t tag = (uint32_t)(hash >> 32) | 1;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].tag == tag)
			return &set[i];
		if (set[i].paid_us < least->paid_us)
			least = &set[i];
	}
	*least = (struct rate_key){ .tag = tag };
	return least;
}

enum rate_verdict
rate_take(struct rate_table *table, const struct rate_limit *limit, const void *octets, size_t size,
	  uint64_t now_us)
{
	if (limit->per_s == 0)
		return RATE_WITHIN;
	struct rate_key *key = find(table, hash_bytes(&table->key, octets, size));
	const uint64_t cost_us = BURST_US / limit->per_s + (BURST_US % limit->per_s != 0);

	if (key->paid_us < now_us)
		key->paid_us = now_us;
	if (key->paid_us < now_us + BURST_US) {
		key->paid_us += cost_us;
		key->beyond = 0;
		return RATE_WITHIN;
	}
	if (limit->backs_off)
		key->paid_us =
			now_us + BURST_US +
			cost_us; /* and no further ahead: it is forgiven in little more than a second */
	key->beyond++;
	return limit->factor != 0 && key->beyond % limit->factor == 0 ? RATE_SLIPS : RATE_BEYOND;
}

static enum rate_verdict
take_network(struct rate_table *table, const struct rate_limit *limit, const struct ip_addr *addr, uint64_t now_us)
{
	struct rate_limit of_network = *limit;

	of_network.per_s *= RATE_NETWORK_ADDRS; /* beyond a million a second all are counted as a microsecond each */
	return rate_take(table, &of_network, addr->octets, 8, now_us); /* no address is as short */
}

enum rate_verdict
rate_take_addr(struct rate_table *table, const struct rate_limit *limit, const struct ip_addr *addr,
	       uint64_t now_us)
{
	const enum rate_verdict verdict = rate_take(table, limit, addr->octets, addr_bytes(addr), now_us);

	return verdict == RATE_WITHIN && addr->family == ADDR_IPV6 ? take_network(table, limit, addr, now_us) : verdict;
}
