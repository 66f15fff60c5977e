#include "stack/pmtu.h"

#include "stack/addr_hash.h"
#include "stack/base/arena.h"
#include "stack/ip.h"

static uint32_t
set_count(const struct stack_limits *limits)
{
	uint32_t count = 1;
	while (count * PMTU_SET < limits->pmtu_count)
		count *= 2;
	return count;
}

size_t
pmtu_bytes(const struct stack_limits *limits)
{
	return (size_t)set_count(limits) * PMTU_SET * sizeof(struct pmtu_entry) + 8;
}

void
pmtu_init(struct pmtu_cache *cache, struct arena *arena, const struct stack_limits *limits)
{
	uint32_t sets = set_count(limits);
	*cache = (struct pmtu_cache){
		.entries = arena_zalloc(arena, (size_t)sets * PMTU_SET, sizeof *cache->entries),
		.set_mask = sets - 1,
	};
}

static void
forget(struct pmtu_cache *cache, struct pmtu_entry *entry)
{
	*entry = (struct pmtu_entry){ 0 };
	cache->used_count--;
}

/* The entry of `remote`, or NULL; what has aged in its set is forgotten on the way. */
static struct pmtu_entry *
find(struct pmtu_cache *cache, struct pmtu_entry *set, const struct ip_addr *remote,
     uint64_t now_us)
{
	struct pmtu_entry *found = NULL;

	for (unsigned i = 0; i < PMTU_SET; i++) {
		if (set[i].remote.family == ADDR_NONE)
			continue;
		if (now_us - set[i].learnt_at_us >= PMTU_AGE_US)
			forget(cache, &set[i]);
		else if (addr_equal(&set[i].remote, remote))
			found = &set[i];
	}
	return found;
}

static struct pmtu_entry *
set_of(struct pmtu_cache *cache, const struct hash_key *key, const struct ip_addr *remote)
{
	return &cache->entries[(addr_hash(key, remote) & cache->set_mask) * PMTU_SET];
}

uint32_t
pmtu_get(struct pmtu_cache *cache, const struct hash_key *key, const struct ip_addr *remote,
	 uint32_t link_mtu, uint64_t now_us, bool *dont_fragment)
{
	*dont_fragment = true;
	if (cache->used_count == 0)
		return link_mtu;
	const struct pmtu_entry *entry = find(cache, set_of(cache, key, remote), remote, now_us);
	if (entry == NULL || entry->mtu >= link_mtu)
		return link_mtu;
	*dont_fragment = entry->is_below_floor == 0;
	return entry->mtu;
}

/* A free entry of the set, or its oldest. */
static struct pmtu_entry *
make_room(struct pmtu_cache *cache, struct pmtu_entry *set)
{
	struct pmtu_entry *oldest = &set[0];

	for (unsigned i = 0; i < PMTU_SET; i++) {
		if (set[i].remote.family == ADDR_NONE)
			return &set[i];
		if (set[i].learnt_at_us < oldest->learnt_at_us)
			oldest = &set[i];
	}
	forget(cache, oldest);
	return oldest;
}

uint32_t
pmtu_learn(struct pmtu_cache *cache, const struct hash_key *key, const struct ip_addr *remote,
	   uint32_t mtu, uint32_t link_mtu, uint64_t now_us)
{
	const uint32_t floor = remote->family == ADDR_IPV4 ? IPV4_MTU_MIN : IPV6_MTU_MIN;
	struct pmtu_entry *set = set_of(cache, key, remote);
	struct pmtu_entry *entry = find(cache, set, remote, now_us);
	const bool is_below_floor = mtu < floor && remote->family == ADDR_IPV4;

	mtu = mtu < floor ? floor : mtu;
	if (mtu >= link_mtu && !is_below_floor)
		return 0;
	if (entry != NULL && entry->mtu <= mtu && entry->is_below_floor >= is_below_floor)
		return 0;
	if (entry == NULL) {
		entry = make_room(cache, set);
		cache->used_count++;
	}
	*entry = (struct pmtu_entry){ *remote, is_below_floor, (uint16_t)mtu, now_us };
	return mtu;
}
