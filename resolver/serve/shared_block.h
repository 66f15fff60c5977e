/*
 * shared_block.h - memory that is filled once and then held by several, such as the services of one configuration (service.h).
 *
 * Ownership: who has made or held it releases it; the last to do so gives it back.  One thread's.
 * Units:     octets of address space, of which what is written to is used.
 * Errors:    ERR_TOO_BIG: there is no such address space, or more than bytes_max would be needed; what `build` says.
 */
#ifndef CAIRN_RESOLVER_SERVE_SHARED_BLOCK_H
#define CAIRN_RESOLVER_SERVE_SHARED_BLOCK_H

#include "stack/base/arena.h"

struct shared_block {
	struct arena arena; /* behind this */
	size_t bytes;
	unsigned holders;
};

/*
 * Has a block's arena filled, of bytes_first at first; one in which that meets ERR_NO_MEMORY is thrown away for one four times
 * as large, up to bytes_max.  The block is the caller's to release.
 */
int shared_block_build(struct shared_block **made, uint64_t bytes_first, uint64_t bytes_max,
		       int (*build)(void *context, struct shared_block *block), void *context);
struct shared_block *shared_block_hold(struct shared_block *block); /* NULL is nothing */
void shared_block_release(struct shared_block *block);              /* NULL is nothing */

#endif
