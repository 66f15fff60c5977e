#include "resolver/cache/server_set.h"

#include "resolver/cache/versioned.h"

/* Without a loop, which would take longer than the words. */
static void
copy_out(const struct server_set *set, unsigned way, struct server *copy)
{
	uint64_t words[SERVER_SET_WORDS];

#pragma GCC unroll 16
	for (unsigned i = 0; i < SERVER_SET_WORDS; i++)
		words[i] = word_load(&set->words[way][i]);
	memcpy(copy, words, sizeof words);
}

/* SERVER_SET_WAYS: it has none. */
static unsigned
way_of(const struct server_set *set, uint16_t tag, const struct ip_addr *addr, struct server *copy)
{
	unsigned way;

	for (way = 0; way < SERVER_SET_WAYS; way++) {
		if (atomic_load_explicit(&set->tags[way], memory_order_acquire) != tag)
			continue;
		copy_out(set, way, copy);
		if (addr_equal(&copy->addr, addr))
			break;
	}
	return way;
}

/* A worker whose clock is behind leaves it as it is. */
static void
note_use(struct server_set *set, unsigned way, uint64_t now_us)
{
	if (now_us > atomic_load_explicit(&set->used_at_us[way], memory_order_relaxed) + SERVER_SET_USED_US)
		atomic_store_explicit(&set->used_at_us[way], now_us, memory_order_relaxed);
}

enum server_set_result
server_set_get(struct server_set *set, uint16_t tag, const struct ip_addr *addr, struct server *copy, uint64_t now_us)
{
	const uint64_t version = word_load(&set->version);

	if (version_is_odd(version))
		return SERVER_SET_TORN;
	const unsigned way = way_of(set, tag, addr, copy);
	if (!version_is_still(&set->version, version))
		return SERVER_SET_TORN;
	if (way == SERVER_SET_WAYS)
		return SERVER_SET_NONE;
	note_use(set, way, now_us);
	return SERVER_SET_FOUND;
}

/* An empty way, else the one used least recently. */
static unsigned
way_to_make_room(const struct server_set *set)
{
	unsigned oldest = 0;

	for (unsigned way = 0; way < SERVER_SET_WAYS; way++) {
		if (atomic_load_explicit(&set->tags[way], memory_order_relaxed) == 0)
			return way;
		if (atomic_load_explicit(&set->used_at_us[way], memory_order_relaxed) <
		    atomic_load_explicit(&set->used_at_us[oldest], memory_order_relaxed))
			oldest = way;
	}
	return oldest;
}

unsigned
server_set_find(const struct server_set *set, uint16_t tag, const struct ip_addr *addr, struct server *copy)
{
	const unsigned way = way_of(set, tag, addr, copy);

	if (way < SERVER_SET_WAYS)
		return way;
	*copy = (struct server){ .addr = *addr };
	return way_to_make_room(set);
}

void
server_set_put(struct server_set *set, unsigned way, uint16_t tag, const struct server *server, uint64_t now_us)
{
	const uint64_t version = atomic_load_explicit(&set->version, memory_order_relaxed);
	uint64_t words[SERVER_SET_WORDS];

	assert(!version_is_odd(version));
	memcpy(words, server, sizeof words);
	word_store(&set->version, version + 1);
	atomic_store_explicit(&set->tags[way], tag, memory_order_release);
#pragma GCC unroll 16
	for (unsigned i = 0; i < SERVER_SET_WORDS; i++)
		word_store(&set->words[way][i], words[i]);
	word_store(&set->used_at_us[way], now_us);
	word_store(&set->version, version + 2);
}
