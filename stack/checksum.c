#include "stack/checksum.h"

#include <string.h>

/* Two 32-bit halves a step: 2^32 steps fit before the 64 bits overflow. */
static inline uint64_t
add_word(uint64_t sum, const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof word);
	return sum + (word & 0xffffffffu) + (word >> 32);
}

/* Fewer than eight octets, in pieces of sizes that the compiler knows; behind an odd one stands a zero. */
static inline uint64_t
add_last(uint64_t sum, const uint8_t *p, size_t size)
{
	if ((size & 4) != 0) {
		uint32_t word;
		memcpy(&word, p, sizeof word);
		sum += word;
		p += 4;
	}
	if ((size & 2) != 0) {
		uint16_t word;
		memcpy(&word, p, sizeof word);
		sum += word;
		p += 2;
	}
	if ((size & 1) != 0) {
		uint16_t word = 0;
		memcpy(&word, p, 1);
		sum += word;
	}
	return sum;
}

uint64_t
checksum_add(uint64_t sum, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	uint64_t other = 0; /* a second chain, so that additions overlap */

	for (; size >= 32; p += 32, size -= 32) {
		sum = add_word(add_word(sum, p), p + 8);
		other = add_word(add_word(other, p + 16), p + 24);
	}
	for (; size >= 8; p += 8, size -= 8)
		sum = add_word(sum, p);
	return add_last(sum, p, size) + other;
}

/* A host-order value as the 16-bit word that it is in memory. */
static inline uint16_t
as_in_memory(uint16_t value)
{
	const uint8_t octets[2] = { (uint8_t)(value >> 8), (uint8_t)value };
	uint16_t word;
	memcpy(&word, octets, sizeof word);
	return word;
}

uint64_t
checksum_pseudo(const struct ip_addr *source, const struct ip_addr *destination, uint8_t protocol,
		uint32_t size)
{
	/* The unused octets of an IPv4 address are zero and add nothing. */
	uint64_t sum = checksum_add(0, source->octets, sizeof source->octets);
	sum = checksum_add(sum, destination->octets, sizeof destination->octets);
	return sum + as_in_memory(protocol) + as_in_memory((uint16_t)(size >> 16)) +
	       as_in_memory((uint16_t)size);
}

uint16_t
checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffffu) + (sum >> 32);
	sum = (sum & 0xffffffffu) + (sum >> 32);
	sum = (sum & 0xffffu) + (sum >> 16);
	sum = (sum & 0xffffu) + (sum >> 16);
	return as_in_memory((uint16_t)sum); /* swapping is its own inverse */
}

uint16_t
checksum_update(uint16_t checksum, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint16_t)~checksum;
	sum += (uint16_t)~before;
	sum += after;
	sum = (sum & 0xffffu) + (sum >> 16);
	sum = (sum & 0xffffu) + (sum >> 16);
	return (uint16_t)~sum;
}
