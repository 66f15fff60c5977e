#include "stack/neigh_table.h"

#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "stack/ether_wire.h"
#include "tests/suite.h"

#define SECOND_US   1000000u
#define IFINDEX     1u
#define ENTRY_COUNT 64u
#define TIMER_KIND  5u

static const struct mac_addr mac_a = { { 2, 0, 0, 0, 0, 0xa } }, mac_b = { { 2, 0, 0, 0, 0, 0xb } };

/* A table with its surroundings, at 1000 s. */
struct fixture {
	struct neigh_table table;
	struct arena arena;
	struct wheel wheel;
	struct hash_key key;
	struct rng rng;
	uint64_t drops[DROP_REASON_COUNT];
	uint64_t now_us;
	void *block;
};

static void
fixture_init(struct fixture *f, uint32_t entry_count)
{
	memset(f, 0, sizeof *f);
	f->now_us = 1000ull * SECOND_US;
	f->block = malloc(neigh_table_bytes(entry_count)); /* exactly: the sanitizer sees one octet more */
	arena_init(&f->arena, f->block, neigh_table_bytes(entry_count));
	rng_init_number(&f->rng, suite_seed(1));
	f->key = hash_key_draw(&f->rng);
	wheel_init(&f->wheel, f->now_us);
	neigh_table_init(&f->table, &f->arena, entry_count, &f->wheel, TIMER_KIND, &f->key, &f->rng, f->drops);
}

static struct fixture fixture;

static void
setup(void)
{
	fixture_init(&fixture, ENTRY_COUNT);
}

/* Every entry and block must find its way home. */
static void
teardown(void)
{
	struct neigh_table *table = &fixture.table;
	neigh_table_flush(table, IFINDEX);
	ck_assert_uint_eq(table->used_count, 0);
	for (unsigned i = 0; i < NEIGH_QUEUE_COUNT; i++)
		ck_assert_uint_eq(table->queue_count[i], 0);
	unsigned block_count = 0;
	for (uint32_t b = table->free_block; b != UINT32_MAX; b = table->block_next[b])
		block_count++;
	ck_assert_uint_eq(block_count, NEIGH_HOLD_BYTES_MAX / NEIGH_BLOCK_BYTES);
	ck_assert_uint_eq(wheel_deadline(&fixture.wheel), WHEEL_NEVER);
	free(fixture.block);
}

static struct ip_addr
host(unsigned n)
{
	return addr_ipv4((const uint8_t[]){ 10, 0, (uint8_t)(n >> 8), (uint8_t)n });
}

static enum neigh_verdict
resolve(unsigned n, struct neigh **entry, enum neigh_due *due)
{
	struct ip_addr addr = host(n);
	return neigh_table_resolve(&fixture.table, IFINDEX, &addr, false, fixture.now_us, entry, due);
}

static struct neigh *
find(unsigned n)
{
	struct ip_addr addr = host(n);
	return neigh_table_find(&fixture.table, IFINDEX, &addr);
}

static struct neigh *
hear_source(unsigned n, const struct mac_addr *mac, bool may_create)
{
	struct ip_addr addr = host(n);
	return neigh_table_hear_source(&fixture.table, IFINDEX, &addr, mac, may_create);
}

static struct neigh *
hear_advert(unsigned n, const struct mac_addr *mac, bool is_solicited, bool is_override)
{
	struct ip_addr addr = host(n);
	const struct neigh_advert advert = { mac, is_solicited, is_override, false };
	return neigh_table_hear_advert(&fixture.table, IFINDEX, &addr, &advert, fixture.now_us);
}

/* Lets time pass until the next timer is due, and says what it asked for. */
static enum neigh_due
next_due(uint64_t *waited_us)
{
	const uint64_t before_us = fixture.now_us;
	struct wheel_timer *timer = NULL;
	while (timer == NULL) {
		ck_assert_uint_ne(wheel_deadline(&fixture.wheel), WHEEL_NEVER);
		fixture.now_us = wheel_deadline(&fixture.wheel);
		timer = wheel_expire(&fixture.wheel, fixture.now_us);
	}
	ck_assert_uint_eq(timer->kind, TIMER_KIND);
	struct neigh *entry = (struct neigh *)(void *)((char *)timer - offsetof(struct neigh, timer));
	*waited_us = fixture.now_us - before_us;
	return neigh_table_timeout(&fixture.table, entry, fixture.now_us);
}

static void
assert_waited(uint64_t waited_us, uint64_t expected_us)
{
	ck_assert_uint_ge(waited_us + WHEEL_TICK_US, expected_us);
	ck_assert_uint_le(waited_us, expected_us + WHEEL_TICK_US);
}

/* Neighbour 1 in the state asked for, at mac_a if it has one, without any detour through time but that needed. */
static struct neigh *
neigh_in(enum neigh_state state)
{
	struct neigh *entry;
	enum neigh_due due;
	uint64_t waited_us;

	resolve(1, &entry, &due);
	if (state == NEIGH_INCOMPLETE)
		return entry;
	if (state == NEIGH_FAILED) {
		while (next_due(&waited_us) != NEIGH_DUE_GIVE_UP)
			;
		neigh_table_gave_up(&fixture.table, entry, fixture.now_us);
		return entry;
	}
	hear_advert(1, &mac_a, state == NEIGH_REACHABLE, true);
	if (state == NEIGH_DELAY || state == NEIGH_PROBE)
		resolve(1, &entry, &due);
	if (state == NEIGH_PROBE)
		next_due(&waited_us);
	ck_assert_uint_eq(entry->state, state);
	return entry;
}

/* ---- the machine, state by event (RFC 4861, appendix C) ----------------------------------------- */

enum event {
	SEND,
	ADVERT_SOLICITED,            /* the same MAC address */
	ADVERT_SOLICITED_NO_MAC,
	ADVERT_SOLICITED_OTHER,      /* another, without the Override flag */
	ADVERT_SOLICITED_OVERRIDE,   /* another, with it */
	ADVERT_UNSOLICITED,
	ADVERT_UNSOLICITED_OTHER,
	ADVERT_UNSOLICITED_OVERRIDE,
	SOURCE,
	SOURCE_OTHER,
};

#define A "A"
#define B "B"

static const struct {
	enum neigh_state state;
	enum event event;
	enum neigh_state next;
	const char *mac; /* NULL: none yet */
} transitions[] = {
	{ NEIGH_INCOMPLETE, SEND, NEIGH_INCOMPLETE, NULL },
	{ NEIGH_INCOMPLETE, ADVERT_SOLICITED, NEIGH_REACHABLE, A },
	{ NEIGH_INCOMPLETE, ADVERT_SOLICITED_NO_MAC, NEIGH_INCOMPLETE, NULL },
	{ NEIGH_INCOMPLETE, ADVERT_SOLICITED_OTHER, NEIGH_REACHABLE, B },
	{ NEIGH_INCOMPLETE, ADVERT_UNSOLICITED, NEIGH_STALE, A },
	{ NEIGH_INCOMPLETE, SOURCE, NEIGH_STALE, A },
	{ NEIGH_FAILED, SEND, NEIGH_FAILED, NULL },
	{ NEIGH_FAILED, ADVERT_SOLICITED, NEIGH_REACHABLE, A },
	{ NEIGH_FAILED, SOURCE, NEIGH_STALE, A },
	{ NEIGH_REACHABLE, SEND, NEIGH_REACHABLE, A },
	{ NEIGH_REACHABLE, ADVERT_SOLICITED, NEIGH_REACHABLE, A },
	{ NEIGH_REACHABLE, ADVERT_SOLICITED_NO_MAC, NEIGH_REACHABLE, A },
	{ NEIGH_REACHABLE, ADVERT_SOLICITED_OTHER, NEIGH_STALE, A },
	{ NEIGH_REACHABLE, ADVERT_SOLICITED_OVERRIDE, NEIGH_REACHABLE, B },
	{ NEIGH_REACHABLE, ADVERT_UNSOLICITED, NEIGH_REACHABLE, A },
	{ NEIGH_REACHABLE, ADVERT_UNSOLICITED_OTHER, NEIGH_STALE, A },
	{ NEIGH_REACHABLE, ADVERT_UNSOLICITED_OVERRIDE, NEIGH_STALE, B },
	{ NEIGH_REACHABLE, SOURCE, NEIGH_REACHABLE, A },
	{ NEIGH_REACHABLE, SOURCE_OTHER, NEIGH_STALE, B },
	{ NEIGH_STALE, SEND, NEIGH_DELAY, A },
	{ NEIGH_STALE, ADVERT_SOLICITED, NEIGH_REACHABLE, A },
	{ NEIGH_STALE, ADVERT_SOLICITED_NO_MAC, NEIGH_REACHABLE, A },
	{ NEIGH_STALE, ADVERT_SOLICITED_OTHER, NEIGH_STALE, A },
	{ NEIGH_STALE, ADVERT_SOLICITED_OVERRIDE, NEIGH_REACHABLE, B },
	{ NEIGH_STALE, ADVERT_UNSOLICITED, NEIGH_STALE, A },
	{ NEIGH_STALE, ADVERT_UNSOLICITED_OVERRIDE, NEIGH_STALE, B },
	{ NEIGH_STALE, SOURCE, NEIGH_STALE, A },
	{ NEIGH_STALE, SOURCE_OTHER, NEIGH_STALE, B },
	{ NEIGH_DELAY, SEND, NEIGH_DELAY, A },
	{ NEIGH_DELAY, ADVERT_SOLICITED, NEIGH_REACHABLE, A },
	{ NEIGH_DELAY, ADVERT_SOLICITED_OTHER, NEIGH_DELAY, A },
	{ NEIGH_DELAY, ADVERT_UNSOLICITED, NEIGH_DELAY, A },
	{ NEIGH_DELAY, ADVERT_UNSOLICITED_OVERRIDE, NEIGH_STALE, B },
	{ NEIGH_DELAY, SOURCE, NEIGH_DELAY, A },
	{ NEIGH_DELAY, SOURCE_OTHER, NEIGH_STALE, B },
	{ NEIGH_PROBE, SEND, NEIGH_PROBE, A },
	{ NEIGH_PROBE, ADVERT_SOLICITED, NEIGH_REACHABLE, A },
	{ NEIGH_PROBE, ADVERT_SOLICITED_NO_MAC, NEIGH_REACHABLE, A },
	{ NEIGH_PROBE, ADVERT_SOLICITED_OTHER, NEIGH_PROBE, A },
	{ NEIGH_PROBE, ADVERT_SOLICITED_OVERRIDE, NEIGH_REACHABLE, B },
	{ NEIGH_PROBE, ADVERT_UNSOLICITED, NEIGH_PROBE, A },
	{ NEIGH_PROBE, ADVERT_UNSOLICITED_OVERRIDE, NEIGH_STALE, B },
	{ NEIGH_PROBE, SOURCE, NEIGH_PROBE, A },
	{ NEIGH_PROBE, SOURCE_OTHER, NEIGH_STALE, B },
};

static void
happen(enum event event)
{
	struct neigh *entry;
	enum neigh_due due;

	switch (event) {
	case SEND:                        resolve(1, &entry, &due); break;
	case ADVERT_SOLICITED:            hear_advert(1, &mac_a, true, false); break;
	case ADVERT_SOLICITED_NO_MAC:     hear_advert(1, NULL, true, false); break;
	case ADVERT_SOLICITED_OTHER:      hear_advert(1, &mac_b, true, false); break;
	case ADVERT_SOLICITED_OVERRIDE:   hear_advert(1, &mac_b, true, true); break;
	case ADVERT_UNSOLICITED:          hear_advert(1, &mac_a, false, false); break;
	case ADVERT_UNSOLICITED_OTHER:    hear_advert(1, &mac_b, false, false); break;
	case ADVERT_UNSOLICITED_OVERRIDE: hear_advert(1, &mac_b, false, true); break;
	case SOURCE:                      hear_source(1, &mac_a, true); break;
	case SOURCE_OTHER:                hear_source(1, &mac_b, true); break;
	}
}

START_TEST(each_state_meets_each_event_as_the_rfc_says)
{
	struct neigh *entry = neigh_in(transitions[_i].state);
	happen(transitions[_i].event);
	const char *mac = !neigh_has_mac(entry)            ? NULL
	                  : mac_equal(&entry->mac, &mac_a) ? A
	                                                   : B;
	ck_assert_msg(entry->state == transitions[_i].next, "state %d, event %d: now %d", (int)transitions[_i].state,
	              (int)transitions[_i].event, entry->state);
	ck_assert_pstr_eq(mac, transitions[_i].mac);
	const bool needs_timer = entry->state != NEIGH_REACHABLE && entry->state != NEIGH_STALE;
	ck_assert_int_eq(wheel_is_armed(&entry->timer), needs_timer);
}
END_TEST

/* ---- time --------------------------------------------------------------------------------------- */

START_TEST(three_multicast_questions_a_second_apart_and_then_no_more)
{
	struct neigh *entry;
	enum neigh_due due;
	uint64_t waited_us;

	ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_WAIT);
	ck_assert_int_eq(due, NEIGH_DUE_MULTICAST);
	ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_WAIT);
	ck_assert_int_eq(due, NEIGH_DUE_NONE); /* asked already */
	for (unsigned i = 1; i < NEIGH_MAX_MULTICAST_SOLICIT; i++) {
		ck_assert_int_eq(next_due(&waited_us), NEIGH_DUE_MULTICAST);
		assert_waited(waited_us, NEIGH_RETRANS_TIMER_US);
	}
	ck_assert_int_eq(next_due(&waited_us), NEIGH_DUE_GIVE_UP);
	assert_waited(waited_us, NEIGH_RETRANS_TIMER_US);
	neigh_table_gave_up(&fixture.table, entry, fixture.now_us);

	ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_DEAD);
	ck_assert_int_eq(due, NEIGH_DUE_NONE);
	ck_assert_int_eq(next_due(&waited_us), NEIGH_DUE_NONE);
	assert_waited(waited_us, NEIGH_FAILED_US);
	ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_WAIT); /* asked for again: it may be back */
	ck_assert_int_eq(due, NEIGH_DUE_MULTICAST);
}
END_TEST

START_TEST(an_entry_in_use_is_probed_by_unicast_and_forgotten_when_it_is_silent)
{
	struct neigh *entry = neigh_in(NEIGH_STALE);
	enum neigh_due due;
	uint64_t waited_us;

	ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_READY); /* used at once, doubted later */
	ck_assert_int_eq(next_due(&waited_us), NEIGH_DUE_UNICAST);
	assert_waited(waited_us, NEIGH_DELAY_FIRST_PROBE_TIME_US);
	for (unsigned i = 1; i < NEIGH_MAX_UNICAST_SOLICIT; i++) {
		ck_assert_int_eq(next_due(&waited_us), NEIGH_DUE_UNICAST);
		assert_waited(waited_us, NEIGH_RETRANS_TIMER_US);
		ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_READY);
	}
	ck_assert_int_eq(next_due(&waited_us), NEIGH_DUE_GIVE_UP);
	neigh_table_gave_up(&fixture.table, entry, fixture.now_us);
	ck_assert_ptr_null(find(1));
	ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_WAIT); /* at once, by multicast: it may have moved */
	ck_assert_int_eq(due, NEIGH_DUE_MULTICAST);
}
END_TEST

START_TEST(confirmation_lasts_half_to_one_and_a_half_of_the_reachable_time)
{
	uint64_t shortest_us = UINT64_MAX, longest_us = 0;
	for (unsigned i = 0; i < 1000; i++) {
		struct neigh *entry = neigh_in(NEIGH_REACHABLE);
		const uint64_t lasts_us = entry->reachable_until_us - fixture.now_us;
		shortest_us = lasts_us < shortest_us ? lasts_us : shortest_us;
		longest_us = lasts_us > longest_us ? lasts_us : longest_us;
		enum neigh_due due;
		fixture.now_us = entry->reachable_until_us - 1;
		ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_READY);
		ck_assert_uint_eq(entry->state, NEIGH_REACHABLE);
		fixture.now_us++;
		ck_assert_int_eq(resolve(1, &entry, &due), NEIGH_READY);
		ck_assert_uint_eq(entry->state, NEIGH_DELAY);
		neigh_table_flush(&fixture.table, IFINDEX);
	}
	ck_assert_uint_ge(shortest_us, NEIGH_REACHABLE_TIME_US / 2);
	ck_assert_uint_lt(shortest_us, NEIGH_REACHABLE_TIME_US * 6 / 10);
	ck_assert_uint_le(longest_us, NEIGH_REACHABLE_TIME_US * 3ull / 2);
	ck_assert_uint_gt(longest_us, NEIGH_REACHABLE_TIME_US * 14ull / 10);
}
END_TEST

START_TEST(a_router_may_change_the_times_of_its_link)
{
	struct neigh *entry;
	enum neigh_due due;
	uint64_t waited_us;

	neigh_table_set_times(&fixture.table, IFINDEX, 0, 250000);
	neigh_table_set_times(&fixture.table, IFINDEX, 4000000, 0); /* 0: as before */
	neigh_table_set_times(&fixture.table, IFINDEX + 1, 1, 1);
	resolve(1, &entry, &due);
	ck_assert_int_eq(next_due(&waited_us), NEIGH_DUE_MULTICAST);
	assert_waited(waited_us, 250000);
	hear_advert(1, &mac_a, true, true);
	ck_assert_uint_le(entry->reachable_until_us, fixture.now_us + 6000000);
	ck_assert_uint_ge(entry->reachable_until_us, fixture.now_us + 2000000);
}
END_TEST

/* ---- packets that wait -------------------------------------------------------------------------- */

static void
hold(struct neigh *entry, uint8_t value, size_t size)
{
	static uint8_t packet[65536];
	memset(packet, value, size);
	neigh_table_hold(&fixture.table, entry, packet, size);
}

static void
assert_unhold(struct neigh *entry, uint8_t value, size_t size)
{
	static uint8_t packet[65536];
	ck_assert_uint_eq(neigh_held_bytes(entry), size);
	packet[size] = 0xee;
	neigh_table_unhold(&fixture.table, entry, packet);
	for (size_t i = 0; i < size; i++)
		ck_assert_uint_eq(packet[i], value);
	ck_assert_uint_eq(packet[size], 0xee);
}

START_TEST(three_packets_wait_and_the_oldest_makes_room)
{
	static const size_t sizes[] = { 1, 511, 512, 513, 1500 };
	struct neigh *entry = neigh_in(NEIGH_INCOMPLETE);
	for (uint8_t i = 0; i < COUNT(sizes); i++)
		hold(entry, i, sizes[i]);
	ck_assert_uint_eq(fixture.drops[DROP_NEIGH_QUEUE_FULL], 2);
	for (uint8_t i = 2; i < COUNT(sizes); i++)
		assert_unhold(entry, i, sizes[i]);
	ck_assert_uint_eq(neigh_held_bytes(entry), 0);
}
END_TEST

START_TEST(the_memory_for_waiting_packets_is_bounded_over_all)
{
	struct neigh *first, *second;
	enum neigh_due due;
	resolve(1, &first, &due);
	resolve(2, &second, &due);
	for (uint8_t i = 0; i < 3; i++)
		hold(first, i, 65535);
	hold(second, 7, 65535);
	hold(second, 8, 65535); /* a fifth of 64 KiB: the oldest of the same neighbour goes, nobody else's */
	ck_assert_uint_eq(fixture.drops[DROP_NEIGH_QUEUE_FULL], 1);
	assert_unhold(second, 8, 65535);
	ck_assert_uint_eq(neigh_held_bytes(second), 0);
	hold(second, 9, 65535);
	struct neigh *third;
	resolve(3, &third, &due);
	hold(third, 10, 1); /* nothing of its own to give */
	ck_assert_uint_eq(neigh_held_bytes(third), 0);
	ck_assert_uint_eq(fixture.drops[DROP_NEIGH_QUEUE_FULL], 2);
	for (uint8_t i = 0; i < 3; i++)
		assert_unhold(first, i, 65535);
	hold(third, 11, 65535);
	assert_unhold(third, 11, 65535);
}
END_TEST

/* ---- a full table ------------------------------------------------------------------------------- */

START_TEST(what_peers_announce_takes_a_quarter_at_most)
{
	for (unsigned n = 1; n <= 1000; n++)
		ck_assert_ptr_nonnull(hear_source(n, &mac_a, true));
	ck_assert_uint_eq(fixture.table.used_count, ENTRY_COUNT / 4);
	ck_assert_ptr_nonnull(find(1000)); /* the latest are kept */
	ck_assert_ptr_null(find(1000 - ENTRY_COUNT / 4));
	ck_assert_uint_eq(fixture.drops[DROP_NEIGH_FULL], 1000 - ENTRY_COUNT / 4);
	ck_assert_ptr_null(hear_source(2000, &mac_a, false)); /* and not all news make an entry */
}
END_TEST

START_TEST(peers_cannot_displace_what_we_use)
{
	struct neigh *entry;
	enum neigh_due due;
	for (unsigned n = 1; n <= ENTRY_COUNT; n++) {
		resolve(n, &entry, &due);
		hear_advert(n, &mac_a, true, true);
	}
	for (unsigned n = 1001; n <= 2000; n++)
		ck_assert_ptr_null(hear_source(n, &mac_b, true));
	for (unsigned n = 1; n <= ENTRY_COUNT; n++)
		ck_assert_ptr_nonnull(find(n));
}
END_TEST

START_TEST(asking_for_many_that_do_not_exist_leaves_half_the_table)
{
	struct neigh *entry;
	enum neigh_due due;
	for (unsigned n = 1001; n <= 2000; n++)
		ck_assert_int_eq(resolve(n, &entry, &due), NEIGH_WAIT);
	ck_assert_uint_eq(fixture.table.used_count, ENTRY_COUNT / 2);
	for (unsigned n = 1; n <= ENTRY_COUNT / 2; n++) {
		resolve(n, &entry, &due);
		hear_advert(n, &mac_a, true, true);
	}
	for (unsigned n = 2001; n <= 3000; n++)
		ck_assert_int_eq(resolve(n, &entry, &due), NEIGH_WAIT);
	for (unsigned n = 1; n <= ENTRY_COUNT / 2; n++)
		ck_assert_ptr_nonnull(find(n));
	ck_assert_uint_eq(fixture.table.used_count, ENTRY_COUNT);
}
END_TEST

START_TEST(a_full_table_gives_up_the_longest_unused)
{
	struct neigh *entry;
	enum neigh_due due;
	for (unsigned n = 1; n <= ENTRY_COUNT; n++) {
		resolve(n, &entry, &due);
		hear_advert(n, &mac_a, false, true);
	}
	resolve(1, &entry, &due);
	resolve(2, &entry, &due);
	resolve(1001, &entry, &due);
	ck_assert_ptr_null(find(3));
	ck_assert_uint_eq(fixture.table.used_count, ENTRY_COUNT);
	ck_assert_uint_eq(fixture.drops[DROP_NEIGH_FULL], 1);
}
END_TEST

START_TEST(a_gateway_and_who_is_confirmed_are_not_given_up_first)
{
	struct neigh *entry;
	enum neigh_due due;
	for (unsigned n = 1; n <= ENTRY_COUNT; n++) {
		struct ip_addr addr = host(n);
		neigh_table_resolve(&fixture.table, IFINDEX, &addr, n == 1, fixture.now_us, &entry, &due);
		hear_advert(n, &mac_a, n == 2, true);
	}
	resolve(1001, &entry, &due); /* 1 is the oldest but a gateway, 2 is confirmed: 3 goes */
	ck_assert_ptr_nonnull(find(1));
	ck_assert_ptr_nonnull(find(2));
	ck_assert_ptr_null(find(3));
}
END_TEST

START_TEST(interfaces_and_families_do_not_mix)
{
	struct neigh *entry, *other;
	enum neigh_due due;
	struct ip_addr ipv4 = host(1), ipv6 = addr_ipv6(ipv4.octets);
	neigh_table_resolve(&fixture.table, IFINDEX, &ipv4, false, fixture.now_us, &entry, &due);
	neigh_table_resolve(&fixture.table, IFINDEX, &ipv6, false, fixture.now_us, &other, &due);
	ck_assert_ptr_ne(entry, other);
	neigh_table_resolve(&fixture.table, IFINDEX + 1, &ipv4, false, fixture.now_us, &other, &due);
	ck_assert_ptr_ne(entry, other);
	neigh_table_flush(&fixture.table, IFINDEX + 1);
	ck_assert_ptr_eq(neigh_table_find(&fixture.table, IFINDEX, &ipv4), entry);
	ck_assert_ptr_null(neigh_table_find(&fixture.table, IFINDEX + 1, &ipv4));
}
END_TEST

/* Everything at random for some hours, in a table that is far too small: see teardown. */
START_TEST(a_random_run_loses_neither_entry_nor_block)
{
	const uint64_t seed = suite_seed(1) + (uint64_t)_i;
	struct rng rng;
	rng_init_number(&rng, seed);
	static uint8_t packet[9000];
	for (unsigned step = 0; step < 20000; step++) {
		const unsigned n = rng_below(&rng, 200);
		struct ip_addr addr = host(n);
		struct neigh *entry = NULL;
		enum neigh_due due;
		switch (rng_below(&rng, 6)) {
		case 0:
		case 1:
			if (neigh_table_resolve(&fixture.table, IFINDEX, &addr, n < 2, fixture.now_us, &entry, &due) ==
			    NEIGH_WAIT)
				neigh_table_hold(&fixture.table, entry, packet, 1 + rng_below(&rng, sizeof packet));
			break;
		case 2: entry = hear_source(n, rng_below(&rng, 9) == 0 ? &mac_b : &mac_a, rng_below(&rng, 2) == 0); break;
		case 3: entry = hear_advert(n, &mac_a, rng_below(&rng, 2) == 0, rng_below(&rng, 2) == 0); break;
		case 4: fixture.now_us += rng_below(&rng, 3 * SECOND_US); break;
		case 5: break;
		}
		while (entry != NULL && neigh_has_mac(entry) && neigh_held_bytes(entry) != 0)
			neigh_table_unhold(&fixture.table, entry, packet);
		struct wheel_timer *timer;
		while ((timer = wheel_expire(&fixture.wheel, fixture.now_us)) != NULL) {
			entry = (struct neigh *)(void *)((char *)timer - offsetof(struct neigh, timer));
			if (neigh_table_timeout(&fixture.table, entry, fixture.now_us) != NEIGH_DUE_GIVE_UP)
				continue;
			while (neigh_held_bytes(entry) != 0)
				neigh_table_unhold(&fixture.table, entry, packet);
			neigh_table_gave_up(&fixture.table, entry, fixture.now_us);
		}
		ck_assert_uint_le(fixture.table.used_count, ENTRY_COUNT);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("neigh_table");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, each_state_meets_each_event_as_the_rfc_says, 0, COUNT(transitions));
	tcase_add_test(tcase, three_multicast_questions_a_second_apart_and_then_no_more);
	tcase_add_test(tcase, an_entry_in_use_is_probed_by_unicast_and_forgotten_when_it_is_silent);
	tcase_add_test(tcase, confirmation_lasts_half_to_one_and_a_half_of_the_reachable_time);
	tcase_add_test(tcase, a_router_may_change_the_times_of_its_link);
	tcase_add_test(tcase, three_packets_wait_and_the_oldest_makes_room);
	tcase_add_test(tcase, the_memory_for_waiting_packets_is_bounded_over_all);
	tcase_add_test(tcase, what_peers_announce_takes_a_quarter_at_most);
	tcase_add_test(tcase, peers_cannot_displace_what_we_use);
	tcase_add_test(tcase, asking_for_many_that_do_not_exist_leaves_half_the_table);
	tcase_add_test(tcase, a_full_table_gives_up_the_longest_unused);
	tcase_add_test(tcase, a_gateway_and_who_is_confirmed_are_not_given_up_first);
	tcase_add_test(tcase, interfaces_and_families_do_not_mix);
	tcase_add_loop_test(tcase, a_random_run_loses_neither_entry_nor_block, 0, 4);
	Suite *suite = suite_create("neigh_table");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
