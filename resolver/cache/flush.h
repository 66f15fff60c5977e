/*
 * flush.h - what is kept of a name, or of it and all below it, is forgotten because somebody wants it to be (cairnctl(8)).
 *
 * A store is gone through by its log, as for who keeps a copy of it, so that no index of names is needed: the time is that
 * of reading the whole cache once, with each lock held for microseconds.  What is put meanwhile may stay, and what the store
 * has in its past (past.h) is not looked at: wait until there is none.
 *
 * Bounds: as many entries as the store holds when it begins; a block that the caller lends, of FLUSH_BLOCK_BYTES.
 */
#ifndef CAIRN_RESOLVER_CACHE_FLUSH_H
#define CAIRN_RESOLVER_CACHE_FLUSH_H

#include "resolver/cache/store.h"

#define FLUSH_BLOCK_BYTES (2u * STORE_ENTRY_BYTES_MAX)
#define FLUSH_TYPE_ANY    0u

struct flush_wish {
	const struct name *name;
	bool with_below; /* and every name below it */
	uint16_t type;   /* of records; FLUSH_TYPE_ANY: each */
};

/* How many entries have gone.  The block is aligned to 8. */
uint64_t flush_store(struct store *store, const struct flush_wish *wish, void *block, uint32_t now_s);

#endif
