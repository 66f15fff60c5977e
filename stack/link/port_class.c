#include "stack/link/port_class.h"

#include <assert.h>

struct port_class
port_class_make(const struct hash_key *secret, uint64_t generation, uint16_t class_count, uint16_t index)
{
	assert(index < class_count);
	uint64_t first = hash_u64x2(secret, generation, 0), second = hash_u64x2(secret, generation, 1);
	return (struct port_class){
		.add = (uint32_t)first,
		.multiply = (uint32_t)(first >> 32) | 1,
		.multiply_again = (uint32_t)second | 1,
		.class_count = class_count,
		.index = index,
	};
}
