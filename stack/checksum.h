/*
 * checksum.h - the Internet checksum (RFC 1071), and its incremental update (RFC 1624).
 *
 * A sum is kept in 64 bits over the octets as they lie in memory: the ones' complement sum
 * does not care about the order of octets (RFC 1071, section 2 (B)), so only the last
 * step looks at the machine's.  Pieces are added one after the other; every piece but the last
 * has an even number of octets.
 *
 * Units: the finished checksum is a host-order value, as a writer takes it.
 */
#ifndef CAIRN_STACK_CHECKSUM_H
#define CAIRN_STACK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"

/* The folded sum that a field of a correct packet makes the whole add up to. */
#define CHECKSUM_GOOD 0xffffu

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t size);

/* The pseudo-header of RFC 768 and RFC 8200, section 8.1. */
uint64_t checksum_pseudo(const struct ip_addr *source, const struct ip_addr *destination,
			 uint8_t protocol, uint32_t size);

/*
 * The 16-bit ones' complement sum, not complemented: what an unfilled field holds for the
 * pseudo-header.
 */
uint16_t checksum_fold(uint64_t sum);

/* What goes into a checksum field. */
static inline uint16_t
checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

/* RFC 1624, equation 3: the checksum after one 16-bit field went from `before` to `after`. */
uint16_t checksum_update(uint16_t checksum, uint16_t before, uint16_t after);

#endif
