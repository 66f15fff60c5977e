#include "stack/neigh_table.h"

#include <assert.h>
#include <string.h>

#include "stack/addr_hash.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "stack/ether_wire.h"

#define BLOCK_COUNT   (NEIGH_HOLD_BYTES_MAX / NEIGH_BLOCK_BYTES)
#define BLOCK_NONE    UINT32_MAX
#define VICTIM_LOOKS  16u /* entries in use that are looked at for one that is easily given up */

/* ---- memory ------------------------------------------------------------------------------------ */

static uint32_t
bucket_count(uint32_t entry_count)
{
	uint32_t count = 1;
	while (count < entry_count)
		count *= 2;
	return count;
}

size_t
neigh_table_bytes(uint32_t entry_count)
{
	return entry_count * sizeof(struct neigh) + bucket_count(entry_count) * sizeof(struct neigh *) +
	       NEIGH_HOLD_BYTES_MAX + BLOCK_COUNT * sizeof(uint32_t) + 4 * 8;
}

void
neigh_table_init(struct neigh_table *table, struct arena *arena, uint32_t entry_count, struct wheel *wheel,
                 uint16_t timer_kind, const struct hash_key *hash_key, struct rng *rng, uint64_t *drops)
{
	assert(entry_count > 0);
	*table = (struct neigh_table){
		.entry_count = entry_count,
		.bucket_mask = bucket_count(entry_count) - 1,
		.wheel = wheel,
		.timer_kind = timer_kind,
		.hash_key = hash_key,
		.rng = rng,
		.drops = drops,
	};
	table->entries = arena_zalloc(arena, entry_count, sizeof *table->entries);
	table->buckets = arena_zalloc(arena, table->bucket_mask + 1, sizeof(struct neigh *));
	table->blocks = arena_alloc(arena, NEIGH_HOLD_BYTES_MAX);
	table->block_next = arena_zalloc(arena, BLOCK_COUNT, sizeof *table->block_next);
	assert(table->block_next != NULL); /* the last: neigh_table_bytes is right, or nothing is */

	for (uint32_t i = entry_count; i-- != 0;) {
		table->entries[i].next = table->free_entry;
		table->free_entry = &table->entries[i];
	}
	for (uint32_t i = 0; i < BLOCK_COUNT; i++)
		table->block_next[i] = i + 1 < BLOCK_COUNT ? i + 1 : BLOCK_NONE;
	for (unsigned i = 0; i < NEIGH_QUEUE_COUNT; i++)
		table->queues[i] = (struct neigh_link){ &table->queues[i], &table->queues[i] };
	for (unsigned i = 0; i < NEIGH_IFS_MAX; i++)
		table->times[i] = (struct neigh_times){ NEIGH_REACHABLE_TIME_US, NEIGH_RETRANS_TIMER_US };
}

/* ---- the three queues -------------------------------------------------------------------------- */

static struct neigh *
entry_of(struct neigh_link *link)
{
	return (struct neigh *)(void *)link; /* link is the first member */
}

static_assert(offsetof(struct neigh, link) == 0, "entry_of");

static void
queue_remove(struct neigh_table *table, struct neigh *entry)
{
	entry->link.prev->next = entry->link.next;
	entry->link.next->prev = entry->link.prev;
	table->queue_count[entry->queue]--;
}

static void
queue_append(struct neigh_table *table, struct neigh *entry, enum neigh_queue queue)
{
	struct neigh_link *head = &table->queues[queue];

	entry->link = (struct neigh_link){ head->prev, head };
	head->prev->next = &entry->link;
	head->prev = &entry->link;
	entry->queue = (uint8_t)queue;
	table->queue_count[queue]++;
}

/* To the young end of a queue, its own or another. */
static void
queue_move(struct neigh_table *table, struct neigh *entry, enum neigh_queue queue)
{
	if (entry->queue == queue && table->queues[queue].prev == &entry->link)
		return;
	queue_remove(table, entry);
	queue_append(table, entry, queue);
}

/* ---- packets that wait ------------------------------------------------------------------------- */

static uint32_t
blocks_for(size_t size)
{
	return (uint32_t)((size + NEIGH_BLOCK_BYTES - 1) / NEIGH_BLOCK_BYTES);
}

static void
forget_oldest_held(struct neigh_table *table, struct neigh *entry)
{
	uint32_t last = entry->held[0].first_block;

	while (table->block_next[last] != BLOCK_NONE)
		last = table->block_next[last];
	table->block_next[last] = table->free_block;
	table->free_block = entry->held[0].first_block;
	entry->held_count--;
	memmove(entry->held, entry->held + 1, entry->held_count * sizeof entry->held[0]);
}

static void
drop_oldest_held(struct neigh_table *table, struct neigh *entry)
{
	forget_oldest_held(table, entry);
	table->drops[DROP_NEIGH_QUEUE_FULL]++;
}

static bool
has_free_blocks(const struct neigh_table *table, uint32_t count)
{
	uint32_t block = table->free_block;
	for (; count != 0 && block != BLOCK_NONE; count--)
		block = table->block_next[block];
	return count == 0;
}

void
neigh_table_hold(struct neigh_table *table, struct neigh *entry, const uint8_t *packet, size_t size)
{
	assert(size > 0);
	const uint32_t count = blocks_for(size);

	if (entry->held_count == NEIGH_HOLD_MAX)
		drop_oldest_held(table, entry);
	while (entry->held_count != 0 && !has_free_blocks(table, count))
		drop_oldest_held(table, entry);
	if (!has_free_blocks(table, count)) { /* others hold them all: each entry pays for itself only */
		table->drops[DROP_NEIGH_QUEUE_FULL]++;
		return;
	}
	struct neigh_held *held = &entry->held[entry->held_count++];
	*held = (struct neigh_held){ .first_block = table->free_block, .size = (uint32_t)size };
	uint32_t last = BLOCK_NONE;
	for (size_t done = 0; done < size; done += NEIGH_BLOCK_BYTES) {
		const size_t part = size - done < NEIGH_BLOCK_BYTES ? size - done : NEIGH_BLOCK_BYTES;
		last = table->free_block;
		memcpy(table->blocks + (size_t)last * NEIGH_BLOCK_BYTES, packet + done, part);
		table->free_block = table->block_next[last];
	}
	table->block_next[last] = BLOCK_NONE;
}

size_t
neigh_held_bytes(const struct neigh *entry)
{
	return entry->held_count != 0 ? entry->held[0].size : 0;
}

void
neigh_table_unhold(struct neigh_table *table, struct neigh *entry, uint8_t *packet)
{
	assert(entry->held_count != 0);
	const size_t size = entry->held[0].size;
	uint32_t block = entry->held[0].first_block;

	for (size_t done = 0; done < size; done += NEIGH_BLOCK_BYTES) {
		const size_t part = size - done < NEIGH_BLOCK_BYTES ? size - done : NEIGH_BLOCK_BYTES;
		memcpy(packet + done, table->blocks + (size_t)block * NEIGH_BLOCK_BYTES, part);
		block = table->block_next[block];
	}
	forget_oldest_held(table, entry);
}

/* ---- entries ----------------------------------------------------------------------------------- */

static struct neigh **
bucket_of(const struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr)
{
	return &table->buckets[addr_hash_with(table->hash_key, addr, ifindex) & table->bucket_mask];
}

struct neigh *
neigh_table_find(const struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr)
{
	struct neigh *entry = *bucket_of(table, ifindex, addr);
	while (entry != NULL && (entry->ifindex != ifindex || !addr_equal(&entry->addr, addr)))
		entry = entry->next;
	return entry;
}

static void
entry_free(struct neigh_table *table, struct neigh *entry)
{
	while (entry->held_count != 0)
		drop_oldest_held(table, entry);
	wheel_disarm(table->wheel, &entry->timer);
	queue_remove(table, entry);
	struct neigh **at = bucket_of(table, entry->ifindex, &entry->addr);
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	*entry = (struct neigh){ .next = table->free_entry };
	table->free_entry = entry;
	table->used_count--;
}

static struct neigh *
queue_oldest(struct neigh_table *table, enum neigh_queue queue)
{
	return table->queue_count[queue] != 0 ? entry_of(table->queues[queue].next) : NULL;
}

/* Of the entries in use: the first of the oldest that is neither confirmed nor a gateway, else the oldest no gateway. */
static struct neigh *
used_victim(struct neigh_table *table)
{
	struct neigh_link *link = table->queues[NEIGH_QUEUE_USED].next;
	struct neigh *victim = NULL;

	for (unsigned looks = 0; looks < VICTIM_LOOKS && link != &table->queues[NEIGH_QUEUE_USED]; looks++) {
		struct neigh *entry = entry_of(link);
		link = link->next;
		if (entry->is_gateway)
			continue;
		if (entry->state != NEIGH_REACHABLE)
			return entry;
		if (victim == NULL)
			victim = entry;
	}
	return victim != NULL ? victim : queue_oldest(table, NEIGH_QUEUE_USED);
}

/* Whom an entry for `queue` displaces; NULL when nobody may be. */
static struct neigh *
victim_for(struct neigh_table *table, enum neigh_queue queue)
{
	const uint32_t quarter = table->entry_count / 4, half = table->entry_count / 2;

	if (queue == NEIGH_QUEUE_HEARD && table->queue_count[queue] >= quarter)
		return queue_oldest(table, NEIGH_QUEUE_HEARD);
	if (queue == NEIGH_QUEUE_ASKED && half != 0 && table->queue_count[queue] >= half)
		return queue_oldest(table, NEIGH_QUEUE_ASKED);
	if (table->free_entry != NULL)
		return NULL;
	if (table->queue_count[NEIGH_QUEUE_HEARD] != 0)
		return queue_oldest(table, NEIGH_QUEUE_HEARD);
	if (queue == NEIGH_QUEUE_HEARD)
		return NULL;
	if (table->queue_count[NEIGH_QUEUE_ASKED] != 0)
		return queue_oldest(table, NEIGH_QUEUE_ASKED);
	return used_victim(table);
}

static struct neigh *
entry_new(struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr, enum neigh_queue queue)
{
	struct neigh *victim = victim_for(table, queue);
	if (victim != NULL) {
		table->drops[DROP_NEIGH_FULL]++;
		entry_free(table, victim);
	}
	struct neigh *entry = table->free_entry;
	const bool has_share = queue != NEIGH_QUEUE_HEARD || table->entry_count >= 4;
	if (entry == NULL || !has_share) {
		table->drops[DROP_NEIGH_FULL]++;
		return NULL;
	}
	table->free_entry = entry->next;
	table->used_count++;
	struct neigh **bucket = bucket_of(table, ifindex, addr);
	*entry = (struct neigh){ .next = *bucket, .addr = *addr, .ifindex = (uint8_t)ifindex };
	*bucket = entry;
	wheel_timer_init(&entry->timer, table->timer_kind);
	queue_append(table, entry, queue);
	return entry;
}

/* ---- states ------------------------------------------------------------------------------------ */

/* It was heard: nothing is being asked, and it stands no more among those that may not exist. */
static void
leave_asked(struct neigh_table *table, struct neigh *entry)
{
	entry->solicit_count = 0;
	wheel_disarm(table->wheel, &entry->timer);
	if (entry->queue == NEIGH_QUEUE_ASKED)
		queue_move(table, entry, NEIGH_QUEUE_USED);
}

static void
become_reachable(struct neigh_table *table, struct neigh *entry, uint64_t now_us)
{
	const uint32_t base_us = table->times[entry->ifindex].reachable_us;

	entry->state = NEIGH_REACHABLE;
	entry->reachable_until_us = now_us + base_us / 2 + rng_below(table->rng, base_us) + 1; /* 0.5 to 1.5 */
	leave_asked(table, entry);
}

static void
become_stale(struct neigh_table *table, struct neigh *entry)
{
	entry->state = NEIGH_STALE;
	leave_asked(table, entry);
}

static enum neigh_due
solicit(struct neigh_table *table, struct neigh *entry, enum neigh_state state, uint64_t now_us)
{
	entry->state = (uint8_t)state;
	entry->solicit_count++;
	wheel_arm(table->wheel, &entry->timer, now_us + table->times[entry->ifindex].retrans_us);
	return state == NEIGH_PROBE ? NEIGH_DUE_UNICAST : NEIGH_DUE_MULTICAST;
}

enum neigh_verdict
neigh_table_resolve(struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr, bool is_gateway,
                    uint64_t now_us, struct neigh **found, enum neigh_due *due)
{
	struct neigh *entry = neigh_table_find(table, ifindex, addr);

	*due = NEIGH_DUE_NONE;
	if (entry == NULL) {
		entry = entry_new(table, ifindex, addr, NEIGH_QUEUE_ASKED);
		if (entry != NULL)
			*due = solicit(table, entry, NEIGH_INCOMPLETE, now_us);
	}
	*found = entry;
	if (entry == NULL)
		return NEIGH_DEAD;
	entry->is_gateway = entry->is_gateway || is_gateway;
	if (entry->state == NEIGH_FAILED)
		return NEIGH_DEAD;
	if (entry->state == NEIGH_INCOMPLETE)
		return NEIGH_WAIT;

	queue_move(table, entry, NEIGH_QUEUE_USED);
	if (entry->state == NEIGH_REACHABLE && now_us >= entry->reachable_until_us)
		become_stale(table, entry); /* nobody had to notice before */
	if (entry->state == NEIGH_STALE) {
		entry->state = NEIGH_DELAY;
		wheel_arm(table->wheel, &entry->timer, now_us + NEIGH_DELAY_FIRST_PROBE_TIME_US);
	}
	return NEIGH_READY;
}

enum neigh_due
neigh_table_timeout(struct neigh_table *table, struct neigh *entry, uint64_t now_us)
{
	switch ((enum neigh_state)entry->state) {
	case NEIGH_INCOMPLETE:
		if (entry->solicit_count < NEIGH_MAX_MULTICAST_SOLICIT)
			return solicit(table, entry, NEIGH_INCOMPLETE, now_us);
		return NEIGH_DUE_GIVE_UP;
	case NEIGH_DELAY: return solicit(table, entry, NEIGH_PROBE, now_us);
	case NEIGH_PROBE:
		if (entry->solicit_count < NEIGH_MAX_UNICAST_SOLICIT)
			return solicit(table, entry, NEIGH_PROBE, now_us);
		return NEIGH_DUE_GIVE_UP;
	case NEIGH_FAILED: entry_free(table, entry); return NEIGH_DUE_NONE;
	case NEIGH_REACHABLE:
	case NEIGH_STALE: break; /* without timers */
	}
	return NEIGH_DUE_NONE;
}

void
neigh_table_gave_up(struct neigh_table *table, struct neigh *entry, uint64_t now_us)
{
	if (entry->state == NEIGH_PROBE) { /* it may have a new MAC address: ask everybody next time */
		entry_free(table, entry);
		return;
	}
	assert(entry->state == NEIGH_INCOMPLETE && entry->held_count == 0);
	entry->state = NEIGH_FAILED;
	wheel_arm(table->wheel, &entry->timer, now_us + NEIGH_FAILED_US);
}

/* ---- what is heard ----------------------------------------------------------------------------- */

struct neigh *
neigh_table_hear_source(struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr,
                        const struct mac_addr *mac, bool may_create)
{
	struct neigh *entry = neigh_table_find(table, ifindex, addr);

	if (entry == NULL && may_create) {
		entry = entry_new(table, ifindex, addr, NEIGH_QUEUE_HEARD);
		if (entry == NULL)
			return NULL;
		entry->mac = *mac;
		become_stale(table, entry);
		return entry;
	}
	if (entry == NULL)
		return NULL;
	const bool is_news = !neigh_has_mac(entry) || !mac_equal(&entry->mac, mac);
	if (!is_news)
		return entry;
	entry->mac = *mac;
	become_stale(table, entry);
	return entry;
}

struct neigh *
neigh_table_hear_advert(struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr,
                        const struct neigh_advert *advert, uint64_t now_us)
{
	struct neigh *entry = neigh_table_find(table, ifindex, addr);

	if (entry == NULL)
		return NULL;
	const bool had_mac = neigh_has_mac(entry);
	if (!had_mac && advert->mac == NULL)
		return NULL; /* what we asked for is not in it */
	const bool is_other = advert->mac != NULL && (!had_mac || !mac_equal(&entry->mac, advert->mac));
	if (had_mac && is_other && !advert->is_override) {
		if (entry->state == NEIGH_REACHABLE)
			become_stale(table, entry);
		return entry;
	}
	if (is_other)
		entry->mac = *advert->mac;
	entry->is_router = advert->is_router;
	if (advert->is_solicited)
		become_reachable(table, entry, now_us);
	else if (is_other)
		become_stale(table, entry);
	return entry;
}

void
neigh_table_set_times(struct neigh_table *table, unsigned ifindex, uint32_t reachable_us, uint32_t retrans_us)
{
	assert(ifindex < NEIGH_IFS_MAX);
	if (reachable_us != 0)
		table->times[ifindex].reachable_us = reachable_us;
	if (retrans_us != 0)
		table->times[ifindex].retrans_us = retrans_us;
}

void
neigh_table_flush(struct neigh_table *table, unsigned ifindex)
{
	for (uint32_t i = 0; i < table->entry_count; i++) {
		struct neigh *entry = &table->entries[i];
		if (entry->addr.family != ADDR_NONE && entry->ifindex == ifindex)
			entry_free(table, entry);
	}
	table->times[ifindex] = (struct neigh_times){ NEIGH_REACHABLE_TIME_US, NEIGH_RETRANS_TIMER_US };
}
