#include "resolver/serve/shared_block.h"

#include <assert.h>
#include <sys/mman.h>

#include "resolver/serve/memory.h"
#include "stack/base/err.h"

static struct shared_block *
map(uint64_t bytes)
{
	struct shared_block *block = memory_reserve(bytes);

	if (block == NULL)
		return NULL;
	block->bytes = bytes;
	block->holders = 1;
	arena_init(&block->arena, block + 1, bytes - sizeof *block);
	return block;
}

int
shared_block_build(struct shared_block **made, uint64_t bytes_first, uint64_t bytes_max,
		   int (*build)(void *context, struct shared_block *block), void *context)
{
	*made = NULL;
	for (uint64_t bytes = bytes_first; bytes <= bytes_max; bytes *= 4) {
		struct shared_block *block = map(bytes);
		if (block == NULL)
			return ERR_TOO_BIG;
		const int err = build(context, block);
		if (err == 0) {
			*made = block;
			return 0;
		}
		shared_block_release(block);
		if (err != ERR_NO_MEMORY)
			return err;
	}
	return ERR_TOO_BIG;
}

struct shared_block *
shared_block_hold(struct shared_block *block)
{
	if (block != NULL)
		block->holders++;
	return block;
}

void
shared_block_release(struct shared_block *block)
{
	if (block == NULL)
		return;
	assert(block->holders > 0);
	if (--block->holders == 0)
		(void)munmap(block, block->bytes);
}
