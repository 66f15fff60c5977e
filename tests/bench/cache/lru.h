/*
 * lru.h - the octets of what was used last, to compare caches with: an exact LRU that pays for its entries alone, neither
 * for an index nor for links nor for holes between them.
 *
 * Ownership: lru_new owns its memory.
 * Bounds:    numbers below TRACE_NUMBERS_MAX; octets_max octets of entries.
 */
#ifndef CAIRN_TESTS_BENCH_CACHE_LRU_H
#define CAIRN_TESTS_BENCH_CACHE_LRU_H

#include <stdbool.h>
#include <stdint.h>

struct lru;

struct lru *lru_new(uint64_t octets_max); /* NULL: no memory */
void lru_free(struct lru *lru);
/* Whether it is there; it is afterwards. */
bool lru_ask(struct lru *lru, uint32_t number, uint32_t octets);
uint32_t lru_count(const struct lru *lru);

#endif
