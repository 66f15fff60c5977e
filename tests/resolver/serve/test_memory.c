/* The memory of the caches: how large each is, and that only what is used becomes memory. */
#include "resolver/serve/memory.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/cache/ready.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static struct config config;

static void
make_config(void)
{
	ck_assert_int_eq(config_init(&config), 0);
}

static void
free_config(void)
{
	config_free(&config);
}

START_TEST(sizes_left_to_us_go_by_the_machine)
{
	static const struct {
		uint64_t machine, rrsets;
	} cases[] = {
		{ 0, 64 * MIB }, { 512 * MIB, 64 * MIB }, { GIB, 128 * MIB }, { 32 * GIB, 4 * GIB }, { 1024 * GIB, 4 * GIB },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct memory_sizes sizes = memory_sizes(&config, cases[i].machine);
		ck_assert_uint_eq(sizes.rrsets, cases[i].rrsets);
		ck_assert_uint_eq(sizes.negatives, cases[i].rrsets / 8);
		ck_assert_uint_eq(sizes.delegations, cases[i].rrsets / 8);
		ck_assert_uint_eq(sizes.ready, cases[i].rrsets / 8);
	}
}
END_TEST

START_TEST(sizes_that_are_asked_for_are_kept_to_as_far_as_a_cache_can_work)
{
	config.rrset_cache_size = 100 * MIB;
	config.neg_cache_size = 1;
	config.delegation_cache_size = 3 * MIB;
	config.msg_cache_size = 1;
	const struct memory_sizes sizes = memory_sizes(&config, 32 * GIB);

	ck_assert_uint_eq(sizes.rrsets, 100 * MIB);
	ck_assert_uint_eq(sizes.negatives, negative_cache_bytes_min());
	ck_assert_uint_eq(sizes.delegations, 3 * MIB);
	ck_assert_uint_eq(sizes.ready, READY_BYTES_LEAST);
}
END_TEST

/* Whether the mapping that holds this address has one of VmFlags, proc(5). */
static bool
has_flag(const void *at, const char *flag)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[512];
	bool is_ours = false, has = false;

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		uintptr_t begin, end;
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2)
			is_ours = (uintptr_t)at >= begin && (uintptr_t)at < end;
		else if (is_ours && strncmp(line, "VmFlags:", 8) == 0)
			has = strstr(line, flag) != NULL;
	}
	(void)fclose(maps);
	return has;
}

/* Where the system gives huge pages to all who do not refuse them, each octet that is written first would cost 2 MiB. */
START_TEST(only_what_is_used_becomes_memory)
{
	char error[CONFIG_ERROR_BYTES];
	struct memory memory;
	struct rng rng;

	rng_init_number(&rng, 1);
	ck_assert_int_eq(memory_open(&memory, &config, &rng, error), 0);
	if (access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0)
		ck_assert(has_flag(memory.block, " nh "));
	memory_close(&memory);
}
END_TEST

START_TEST(only_ready_made_answers_have_huge_pages_where_they_are_asked_for)
{
	char error[CONFIG_ERROR_BYTES];
	struct memory memory;
	struct rng rng;

	rng_init_number(&rng, 1);
	config.rrset_cache_size = config.msg_cache_size = 16 * MIB;
	config.msg_cache_huge_pages = true;
	ck_assert_int_eq(memory_open(&memory, &config, &rng, error), 0);
	if (access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0) {
		ck_assert(has_flag((uint8_t *)memory.caches.ready + 8 * MIB, " hg "));
		ck_assert(!has_flag((uint8_t *)memory.caches.rrsets + 8 * MIB, " hg "));
		ck_assert(!has_flag((uint8_t *)memory.block + memory.block_bytes - 1, " hg "));
	}
	memory_close(&memory);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("memory of the caches");
	TCase *tcase = tcase_create("memory");

	tcase_add_checked_fixture(tcase, make_config, free_config);
	tcase_add_test(tcase, sizes_left_to_us_go_by_the_machine);
	tcase_add_test(tcase, sizes_that_are_asked_for_are_kept_to_as_far_as_a_cache_can_work);
	tcase_add_test(tcase, only_what_is_used_becomes_memory);
	tcase_add_test(tcase, only_ready_made_answers_have_huge_pages_where_they_are_asked_for);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
