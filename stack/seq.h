/*
 * seq.h - sequence numbers, which compare modulo 2^32 (RFC 9293, section 3.4).
 *
 * The only place where they are compared.  Two numbers must lie within 2^31 of each other, which
 * windows of at most 2^30 octets (RFC 7323, section 2.3) grant.
 */
#ifndef CAIRN_STACK_SEQ_H
#define CAIRN_STACK_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* How far `a` is ahead of `b`; negative: behind. */
static inline int32_t
seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool
seq_lt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0;
}

static inline bool
seq_le(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) <= 0;
}

static inline bool
seq_gt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0;
}

static inline bool
seq_ge(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) >= 0;
}

static inline uint32_t
seq_max(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? b : a;
}

static inline uint32_t
seq_min(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? a : b;
}

/* A piece of sequence space: [begin, end). */
struct seq_range {
	uint32_t begin, end;
};

static inline uint32_t
seq_range_bytes(const struct seq_range *range)
{
	return range->end - range->begin;
}

static inline bool
seq_range_is_empty(const struct seq_range *range)
{
	return range->begin == range->end;
}

#endif
