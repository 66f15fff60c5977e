#include "stack/base/arena.h"

#include <stdbool.h>
#include <string.h>

#include "tests/suite.h"

START_TEST(allocations_are_aligned_even_in_an_unaligned_block)
{
	_Alignas(8) uint8_t memory[128];
	for (size_t skew = 0; skew < 8; skew++) {
		struct arena arena;
		arena_init(&arena, memory + skew, 100);
		for (size_t size = 1; size < 9; size++) {
			uint8_t *p = arena_alloc(&arena, size);
			ck_assert_ptr_nonnull(p);
			ck_assert_uint_eq((uintptr_t)p % 8, 0);
		}
	}
}
END_TEST

START_TEST(allocations_do_not_overlap_and_stay_inside_the_block)
{
	uint8_t memory[256];
	memset(memory, 0xee, sizeof memory);
	struct arena arena;
	arena_init(&arena, memory + 8, 200);
	for (uint8_t i = 1;; i++) {
		uint8_t *p = arena_alloc(&arena, 13);
		if (p == NULL) {
			ck_assert_uint_gt(i, 11); /* 13 octets, padded to 16: at least twelve fit 200 */
			break;
		}
		memset(p, i, 13);
	}
	uint8_t highest = 0;
	for (size_t i = 0; i < sizeof memory; i++) {
		bool is_outside = i < 8 || i >= 208;
		if (is_outside)
			ck_assert_uint_eq(memory[i], 0xee);
		else if (memory[i] != 0xee) {
			ck_assert_uint_ge(memory[i], highest); /* a later one never wrote over an earlier */
			highest = memory[i];
		}
	}
}
END_TEST

START_TEST(a_full_arena_refuses_and_serves_smaller_requests)
{
	_Alignas(8) uint8_t memory[64];
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	ck_assert_ptr_null(arena_alloc(&arena, 65));
	ck_assert_ptr_nonnull(arena_alloc(&arena, 40));
	ck_assert_ptr_null(arena_alloc(&arena, 25));
	ck_assert_ptr_nonnull(arena_alloc(&arena, 24));
	ck_assert_ptr_null(arena_alloc(&arena, 1));
	ck_assert_ptr_null(arena_copy(&arena, "x", 1));
	ck_assert_ptr_null(arena_printf(&arena, "x"));
}
END_TEST

START_TEST(a_count_times_size_that_overflows_is_refused)
{
	_Alignas(8) uint8_t memory[64];
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	ck_assert_ptr_null(arena_zalloc(&arena, SIZE_MAX / 2 + 1, 2)); /* would wrap to 0 */
	ck_assert_ptr_null(arena_zalloc(&arena, SIZE_MAX, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
	ck_assert_uint_eq(arena.used, 0);
}
END_TEST

START_TEST(zalloc_clears_what_an_earlier_use_left)
{
	_Alignas(8) uint8_t memory[64];
	static const uint8_t zeros[48];
	memset(memory, 0xff, sizeof memory);
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	ck_assert_mem_eq(arena_zalloc(&arena, 6, 8), zeros, sizeof zeros);
}
END_TEST

START_TEST(a_clear_block_is_cleared_only_where_it_was_used_before)
{
	_Alignas(8) uint8_t memory[64] = { 0 };
	static const uint8_t zeros[32];
	struct arena arena;
	arena_init_clear(&arena, memory, sizeof memory);
	memory[40] = 1; /* as if it were not clear: to see that it is left alone */
	ck_assert_uint_eq(((uint8_t *)arena_zalloc(&arena, 8, 8))[40], 1);
	arena_rewind(&arena, 32);
	ck_assert_mem_eq(arena_zalloc(&arena, 4, 8), zeros, sizeof zeros);
	arena_init_clear(&arena, memory, sizeof memory);
	memset(arena_alloc(&arena, 32), 0xff, 32);
	arena_reset(&arena);
	ck_assert_mem_eq(arena_zalloc(&arena, 4, 8), zeros, sizeof zeros);
}
END_TEST

START_TEST(rewind_gives_back_what_came_after_the_mark)
{
	_Alignas(8) uint8_t memory[64];
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	char *kept = arena_copy(&arena, "kept", 5);
	size_t mark = arena_mark(&arena);
	void *first = arena_alloc(&arena, 32);
	arena_rewind(&arena, mark);
	ck_assert_ptr_eq(arena_alloc(&arena, 32), first);
	ck_assert_str_eq(kept, "kept");
	arena_reset(&arena);
	ck_assert_ptr_eq(arena_alloc(&arena, 64), memory);
}
END_TEST

START_TEST(printf_takes_what_the_text_needs_and_nothing_when_it_does_not_fit)
{
	char memory[10];
	struct arena arena;
	arena_init(&arena, memory, sizeof memory);
	ck_assert_str_eq(arena_printf(&arena, "%d", 1234), "1234");
	ck_assert_uint_eq(arena.used, 5);
	ck_assert_ptr_null(arena_printf(&arena, "%s", "12345")); /* six with its NUL, five are left */
	ck_assert_uint_eq(arena.used, 5);
	ck_assert_str_eq(arena_printf(&arena, "%s", "6789"), "6789");
}
END_TEST

START_TEST(an_arena_without_a_block_refuses_everything)
{
	struct arena arena;
	arena_init(&arena, NULL, 0);
	ck_assert_ptr_null(arena_alloc(&arena, 0));
	ck_assert_ptr_null(arena_alloc(&arena, 1));
	ck_assert_ptr_null(arena_printf(&arena, "x"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("arena");
	tcase_add_test(tcase, allocations_are_aligned_even_in_an_unaligned_block);
	tcase_add_test(tcase, allocations_do_not_overlap_and_stay_inside_the_block);
	tcase_add_test(tcase, a_full_arena_refuses_and_serves_smaller_requests);
	tcase_add_test(tcase, a_count_times_size_that_overflows_is_refused);
	tcase_add_test(tcase, zalloc_clears_what_an_earlier_use_left);
	tcase_add_test(tcase, a_clear_block_is_cleared_only_where_it_was_used_before);
	tcase_add_test(tcase, rewind_gives_back_what_came_after_the_mark);
	tcase_add_test(tcase, printf_takes_what_the_text_needs_and_nothing_when_it_does_not_fit);
	tcase_add_test(tcase, an_arena_without_a_block_refuses_everything);
	Suite *suite = suite_create("arena");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
