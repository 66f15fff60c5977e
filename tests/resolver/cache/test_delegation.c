#include "resolver/cache/delegation.h"

#include <stdio.h>

#include "tests/resolver/cache/cache_test.h"

static struct memory memory;
static struct delegation_cache *cache;

static void
setup(void)
{
	memory_init(&memory, 262144, 3);
	cache = delegation_cache_new(memory.block, memory.block_bytes, &memory.rng);
	ck_assert_ptr_nonnull(cache);
}

static void
teardown(void)
{
	memory_fini(&memory);
}

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

static struct delegation
delegation_of(const char *zone, unsigned ns_count, uint32_t ttl_s)
{
	struct delegation delegation = {
		.zone = name_in(&memory.arena, zone),
		.ttl_s = ttl_s,
		.ns_count = (uint8_t)ns_count,
		.ns = arena_zalloc(&memory.arena, ns_count, sizeof(struct delegation_ns)),
	};
	for (unsigned i = 0; i < ns_count; i++) {
		char text[64];
		snprintf(text, sizeof text, "ns%u.Host.example.", i);
		delegation.ns[i].name = name_in(&memory.arena, text);
	}
	return delegation;
}

static void
put(const char *zone, uint32_t ttl_s, uint32_t parent_ttl_s, uint32_t now_s)
{
	struct delegation delegation = delegation_of(zone, 2, ttl_s);
	ck_assert_int_eq(delegation_cache_put(cache, &delegation, parent_ttl_s, now_s), 0);
}

static int
find(const char *qname, struct delegation *found, uint32_t now_s)
{
	return delegation_cache_find(cache, name_in(&memory.arena, qname), &memory.arena, found,
				     now_s);
}

static bool
finds(const char *qname, const char *zone, uint32_t now_s)
{
	struct delegation found;
	return find(qname, &found, now_s) == 0 &&
	       name_equal(found.zone, name_in(&memory.arena, zone));
}

START_TEST(names_glue_and_ds_come_back_together)
{
	struct delegation delegation = delegation_of("Example.", 3, 1000);
	struct delegation_ns *ns = delegation.ns;
	ns[0].addr_count = 2;
	ns[0].addrs[0] = addr_of("192.0.2.1");
	ns[0].addrs[1] = addr_of("2001:db8::1");
	ns[2].addr_count = 1;
	ns[2].addrs[0] = addr_of("2001:db8::2");
	delegation.ds = set_in(&memory.arena, "example.", TYPE_DS, 2, 1, 36, 9);
	ck_assert_int_eq(delegation_cache_put(cache, &delegation, UINT32_MAX, 100), 0);

	struct delegation found;
	ck_assert_int_eq(find("www.eXample.", &found, 400), 0);
	ck_assert(name_equal(found.zone, delegation.zone));
	ck_assert_uint_eq(found.ttl_s, 700);
	ck_assert_uint_eq(found.ns_count, 3);
	ck_assert(!found.no_ds_proved);
	for (int i = 0; i < 3; i++) {
		ck_assert(name_equal_exact(found.ns[i].name, ns[i].name));
		ck_assert_uint_eq(found.ns[i].addr_count, ns[i].addr_count);
		for (unsigned j = 0; j < ns[i].addr_count; j++)
			ck_assert(addr_equal(&found.ns[i].addrs[j], &ns[i].addrs[j]));
	}
	assert_same_set(found.ds, delegation.ds);
	ck_assert_uint_eq(found.ds->ttl_s, 700);
}
END_TEST

START_TEST(the_deepest_that_lives_is_found)
{
	put(".", 86400, UINT32_MAX, 0);
	put("example.", 2000, UINT32_MAX, 0);
	put("sub.example.", 1000, 2000, 0);
	ck_assert(finds("a.b.sub.example.", "sub.example.", 0));
	ck_assert(finds("sub.EXAMPLE.", "sub.example.", 0));
	ck_assert(finds("xsub.example.", "example.", 0));
	ck_assert(finds("a.b.sub.example.", "example.", 1000));
	ck_assert(finds("a.b.sub.example.", ".", 2000));
	ck_assert(finds("org.", ".", 0));
	ck_assert(finds(".", ".", 0));
	struct delegation found;
	ck_assert_int_eq(find("org.", &found, 86400), ERR_NOT_FOUND);
}
END_TEST

static const struct {
	const char *behaviour;
	uint32_t ttl_s, parent_ttl_s, expected_s;
} times[] = {
	{ "the parent's word holds", 1000, UINT32_MAX, 1000 },
	{ "a short time is not lengthened", 5, UINT32_MAX, 5 },
	{ "no time at all is enough for now", 0, UINT32_MAX, DELEGATION_TTL_MIN_S },
	{ "a long time is cut", 900000, UINT32_MAX, DELEGATION_TTL_MAX_S },
	{ "it ends with its parent", 1000, 500, 500 },
	{ "a short time ends with its parent", 30, 5, 5 },
	{ "a parent that has ended has no children", 1000, 0, 0 },
};

START_TEST(times_are_clamped)
{
	struct delegation found;
	put("example.", times[_i].ttl_s, times[_i].parent_ttl_s, 0);
	int err = find("example.", &found, 0);
	ck_assert_msg(err == (times[_i].expected_s == 0 ? ERR_NOT_FOUND : 0), "%s",
		      times[_i].behaviour);
	if (err == 0)
		ck_assert_msg(found.ttl_s == times[_i].expected_s, "%s", times[_i].behaviour);
}
END_TEST

START_TEST(a_later_word_of_the_parent_replaces_the_earlier)
{
	put("example.", 1000, UINT32_MAX, 0);
	struct delegation delegation = delegation_of("example.", 1, 2000), found;
	delegation.no_ds_proved = true;
	delegation_cache_put(cache, &delegation, UINT32_MAX, 500);
	ck_assert_int_eq(find("example.", &found, 500), 0);
	ck_assert_uint_eq(found.ns_count, 1);
	ck_assert_uint_eq(found.ttl_s, 2000);
	ck_assert(found.no_ds_proved);
	delegation_cache_remove(cache, delegation.zone, 500);
	ck_assert_int_eq(find("example.", &found, 500), ERR_NOT_FOUND);
}
END_TEST

/* NRDelegationAttack, CVE-2022-3204: which ones stay must be anyone's guess. */
START_TEST(of_too_many_name_servers_every_one_has_the_same_chance)
{
	enum { NAMES = 40, ROUNDS = 800 };
	unsigned kept[NAMES] = { 0 };
	struct delegation delegation = delegation_of("example.", NAMES, 1000), found;
	for (unsigned i = 0; i < NAMES; i++) {
		delegation.ns[i].addr_count = 1;
		delegation.ns[i].addrs[0] = addr_ipv4((uint8_t[4]){ 192, 0, 2, (uint8_t)i });
	}
	for (int round = 0; round < ROUNDS; round++) {
		size_t mark = arena_mark(&memory.arena);
		delegation_cache_put(cache, &delegation, UINT32_MAX, 0);
		ck_assert_int_eq(find("example.", &found, 0), 0);
		ck_assert_uint_eq(found.ns_count, DELEGATION_NS_MAX);
		for (unsigned i = 0; i < found.ns_count; i++)
			kept[found.ns[i].addrs[0].octets[3]]++;
		arena_rewind(&memory.arena, mark);
	}
	const unsigned expected =
		ROUNDS * DELEGATION_NS_MAX / NAMES; /* 260, standard deviation 13 */
	for (unsigned i = 0; i < NAMES; i++)
		ck_assert_msg(kept[i] > expected - 65 && kept[i] < expected + 65, "%u: %u", i,
			      kept[i]);
}
END_TEST

START_TEST(of_too_many_addresses_a_random_choice_stays_and_none_twice)
{
	unsigned kept[30] = { 0 };
	for (int round = 0; round < 500; round++) {
		struct delegation_ns ns = { 0 };
		uint32_t seen = 0;
		for (uint8_t i = 0; i < COUNT(kept); i++) {
			struct ip_addr addr = addr_ipv4((uint8_t[4]){ 192, 0, 2, i });
			delegation_add_addr(&ns, &addr, &seen, &memory.rng);
			if (seen <= DELEGATION_ADDRS_MAX)
				ck_assert(!delegation_add_addr(&ns, &addr, &seen, &memory.rng));
		}
		ck_assert_uint_eq(seen, COUNT(kept));
		ck_assert_uint_eq(ns.addr_count, DELEGATION_ADDRS_MAX);
		for (unsigned i = 0; i < ns.addr_count; i++)
			kept[ns.addrs[i].octets[3]]++;
	}
	for (int i = 0; i < COUNT(kept); i++) /* 100 each, standard deviation 9 */
		ck_assert_msg(kept[i] > 55 && kept[i] < 145, "%d: %u", i, kept[i]);
}
END_TEST

START_TEST(the_largest_delegation_fits)
{
	struct delegation delegation = delegation_of("example.", 255, 1000), found;
	char text[300] = "";
	for (int i = 0; i < 120; i++)
		strcat(text, "x.");
	for (unsigned i = 0; i < 255; i++) {
		delegation.ns[i].name = name_in(&memory.arena, text);
		delegation.ns[i].addr_count = DELEGATION_ADDRS_MAX;
		for (unsigned j = 0; j < DELEGATION_ADDRS_MAX; j++)
			delegation.ns[i].addrs[j] = addr_of("2001:db8::1");
	}
	delegation.ds = set_in(&memory.arena, "example.", TYPE_DS, 8, 2, 200, 9);
	ck_assert_int_eq(delegation_cache_put(cache, &delegation, UINT32_MAX, 0), 0);
	ck_assert_int_eq(find("example.", &found, 0), 0);
	ck_assert_uint_eq(found.ns_count, DELEGATION_NS_MAX);
	ck_assert_uint_eq(found.ns[12].addr_count, DELEGATION_ADDRS_MAX);
	assert_same_set(found.ds, delegation.ds);
}
END_TEST

START_TEST(the_arena_is_as_before_when_it_is_too_small_at_any_point)
{
	struct delegation delegation = delegation_of("example.", 2, 1000), found;
	delegation.ds = set_in(&memory.arena, "example.", TYPE_DS, 1, 1, 36, 9);
	delegation_cache_put(cache, &delegation, UINT32_MAX, 0);
	uint8_t small[1024];
	int err = ERR_NO_MEMORY;
	for (size_t size = 0; err != 0; size++) {
		ck_assert_uint_lt(size, sizeof small);
		struct arena arena;
		arena_init(&arena, small, size);
		err = delegation_cache_find(cache, delegation.zone, &arena, &found, 0);
		ck_assert(err == 0 || (err == ERR_NO_MEMORY && arena.used == 0));
	}
	assert_same_set(found.ds, delegation.ds);
}
END_TEST

static Suite *
delegation_suite(void)
{
	Suite *suite = suite_create("delegation cache");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, names_glue_and_ds_come_back_together);
	tcase_add_test(tcase, the_deepest_that_lives_is_found);
	tcase_add_loop_test(tcase, times_are_clamped, 0, COUNT(times));
	tcase_add_test(tcase, a_later_word_of_the_parent_replaces_the_earlier);
	tcase_add_test(tcase, of_too_many_name_servers_every_one_has_the_same_chance);
	tcase_add_test(tcase, of_too_many_addresses_a_random_choice_stays_and_none_twice);
	tcase_add_test(tcase, the_largest_delegation_fits);
	tcase_add_test(tcase, the_arena_is_as_before_when_it_is_too_small_at_any_point);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return run_suite(delegation_suite());
}
