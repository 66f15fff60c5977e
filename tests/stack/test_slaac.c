/* The two rules of slaac.h that stand alone; what a host does with prefixes is in test_router.c. */
#include "stack/slaac.h"

#include <string.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define MINUTE_US 60000000ull
#define HOUR_US   (60 * MINUTE_US)
#define EVER      UINT64_MAX

static const struct {
	const char *behaviour;
	uint64_t remaining_us, announced_us, valid_us;
} lifetimes[] = {
	{ "longer than two hours: as announced", 24 * HOUR_US, 3 * HOUR_US, 3 * HOUR_US },
	{ "longer than what is left: as announced", 10 * MINUTE_US, 20 * MINUTE_US, 20 * MINUTE_US },
	{ "shorter, with less than two hours left: ignored", 90 * MINUTE_US, 30 * MINUTE_US, 90 * MINUTE_US },
	{ "shorter, with more than two hours left: two hours", 24 * HOUR_US, 0, 2 * HOUR_US },
	{ "two hours exactly are not more than two hours", 24 * HOUR_US, 2 * HOUR_US, 2 * HOUR_US },
	{ "for ever", 1 * HOUR_US, EVER, EVER },
	{ "from for ever to nothing: two hours", EVER, 0, 2 * HOUR_US },
	{ "for ever stays", EVER, EVER, EVER },
};

START_TEST(a_short_lifetime_is_believed_down_to_two_hours)
{
	uint64_t valid_us = slaac_valid_us(lifetimes[_i].remaining_us, lifetimes[_i].announced_us);
	ck_assert_msg(valid_us == lifetimes[_i].valid_us, "%s: %llu", lifetimes[_i].behaviour,
	              (unsigned long long)valid_us);
}
END_TEST

static const struct hash_key secret = { 1, 2 }, other_secret = { 1, 3 };
static const struct mac_addr mac = { { 2, 0, 0, 0, 0, 1 } }, other_mac = { { 2, 0, 0, 0, 0, 2 } };
static const struct ip_addr prefix = { { 0x20, 0x01, 0x0d, 0xb8 }, ADDR_IPV6 },
                            other_prefix = { { 0x20, 0x01, 0x0d, 0xb8, 0, 1 }, ADDR_IPV6 };

START_TEST(an_interface_id_is_stable_and_follows_from_all_its_parts)
{
	uint8_t ids[6][SLAAC_IID_BYTES];
	ck_assert(slaac_iid(&secret, &prefix, &mac, 0, ids[0]));
	ck_assert(slaac_iid(&secret, &prefix, &mac, 0, ids[1]));
	ck_assert_mem_eq(ids[0], ids[1], SLAAC_IID_BYTES);
	ck_assert(slaac_iid(&secret, &prefix, &mac, 1, ids[1]));
	ck_assert(slaac_iid(&secret, &prefix, &other_mac, 0, ids[2]));
	ck_assert(slaac_iid(&secret, &other_prefix, &mac, 0, ids[3]));
	ck_assert(slaac_iid(&other_secret, &prefix, &mac, 0, ids[4]));
	for (unsigned i = 0; i < 5; i++)
		for (unsigned j = 0; j < i; j++)
			ck_assert_mem_ne(ids[i], ids[j], SLAAC_IID_BYTES);
}
END_TEST

START_TEST(the_id_is_a_keyed_hash_in_network_order)
{
	uint8_t id[SLAAC_IID_BYTES], named[8 + 6 + 1] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 7 };
	ck_assert(slaac_iid(&secret, &prefix, &mac, 7, id));
	uint64_t hash = hash_bytes_24(&secret, named, sizeof named);
	for (unsigned i = 0; i < SLAAC_IID_BYTES; i++)
		ck_assert_uint_eq(id[i], (uint8_t)(hash >> (56 - 8 * i)));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("slaac");
	tcase_add_loop_test(tcase, a_short_lifetime_is_believed_down_to_two_hours, 0, COUNT(lifetimes));
	tcase_add_test(tcase, an_interface_id_is_stable_and_follows_from_all_its_parts);
	tcase_add_test(tcase, the_id_is_a_keyed_hash_in_network_order);
	Suite *suite = suite_create("slaac");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
