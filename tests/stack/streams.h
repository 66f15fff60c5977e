/*
 * streams.h - a small pool of chunks: what the tests of stream_buf have in common.
 */
#ifndef CAIRN_TESTS_STACK_STREAMS_H
#define CAIRN_TESTS_STACK_STREAMS_H

#include <string.h>

#include "stack/base/arena.h"
#include "stack/stream_buf.h"
#include "tests/suite.h"

#define POOL_CHUNKS    20u
#define RESERVE_CHUNKS 2u
#define BASE           0xfffff000u /* streams cross the wrap */

static struct stream_pool pool;
static uint8_t *block;

static inline void
setup_pool(void)
{
	const size_t block_bytes = stream_pool_bytes(POOL_CHUNKS * STREAM_CHUNK_BYTES);
	struct arena arena;

	block = malloc(block_bytes);
	ck_assert_ptr_nonnull(block);
	arena_init(&arena, block, block_bytes);
	stream_pool_init(&pool, &arena, POOL_CHUNKS * STREAM_CHUNK_BYTES);
}

static inline void
teardown_pool(void)
{
	free(block);
}

#endif
