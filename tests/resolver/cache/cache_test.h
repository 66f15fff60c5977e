/* cache_test.h - what the tests of the caches share: names, sets and memory at hand. */
#ifndef CAIRN_TESTS_RESOLVER_CACHE_TEST_H
#define CAIRN_TESTS_RESOLVER_CACHE_TEST_H

#include <check.h>
#include <stdlib.h>

#include "resolver/cache/rrset.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

/* Zeroed memory for a cache, an arena for what it gives, and randomness. */
struct memory {
	void *block;
	size_t block_bytes;
	struct arena arena;
	struct rng rng;
	uint8_t arena_block[131072];
};

static inline void
memory_init(struct memory *memory, size_t block_bytes, uint64_t seed)
{
	memory->block = calloc(1, block_bytes);
	memory->block_bytes = block_bytes;
	ck_assert_ptr_nonnull(memory->block);
	arena_init(&memory->arena, memory->arena_block, sizeof memory->arena_block);
	rng_init_number(&memory->rng, seed);
}

static inline void
memory_fini(struct memory *memory)
{
	free(memory->block);
}

static inline const struct name *
name_in(struct arena *arena, const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "%s", text);
	return name_store(arena, &name);
}

/* A set whose records are `size` octets each that follow from `fill`, so that a mix-up shows. */
static inline struct rrset *
set_in(struct arena *arena, const char *owner, uint16_t type, uint16_t rr_count, uint16_t sig_count,
       uint16_t size, uint8_t fill)
{
	struct rrset *set = arena_zalloc(arena, 1, sizeof *set);
	size_t records = (size_t)rr_count + sig_count;
	uint8_t *rdata = arena_alloc(arena, records * (2u + size));
	ck_assert(set != NULL && rdata != NULL);
	*set = (struct rrset){
		.owner = name_in(arena, owner),
		.type = type,
		.class = CLASS_IN,
		.rr_count = rr_count,
		.sig_count = sig_count,
		.rdata = rdata,
		.rdata_bytes = (uint32_t)(records * (2u + size)),
	};
	for (size_t i = 0; i < records; i++) {
		*rdata++ = (uint8_t)(size >> 8);
		*rdata++ = (uint8_t)size;
		for (unsigned j = 0; j < size; j++)
			*rdata++ = (uint8_t)(fill + 16 * i + j);
	}
	return set;
}

static inline void
assert_same_set(const struct rrset *a, const struct rrset *b)
{
	ck_assert(name_equal(a->owner, b->owner));
	ck_assert_uint_eq(a->type, b->type);
	ck_assert_uint_eq(a->class, b->class);
	ck_assert_uint_eq(a->rr_count, b->rr_count);
	ck_assert_uint_eq(a->sig_count, b->sig_count);
	ck_assert_uint_eq(a->security, b->security);
	ck_assert_uint_eq(a->rdata_bytes, b->rdata_bytes);
	ck_assert_int_eq(memcmp(a->rdata, b->rdata, a->rdata_bytes), 0);
}

static inline int
run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
