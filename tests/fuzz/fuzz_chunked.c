/*
 * Any octets as a chunked body: octet by octet the decoder takes, gives and refuses the same as in one piece, and
 * what it accepted is accepted again when our own encoder has written it.
 */
#include <stdlib.h>

#include "fetch/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define DATA_BYTES (1u << 16)

struct result {
	int end; /* of chunked_receive */
	size_t taken, data_bytes;
	char data[DATA_BYTES];
};

static void
decode(struct result *result, const char *octets, size_t size, size_t piece)
{
	static struct chunked chunked;
	struct failure failure;
	chunked_init(&chunked);
	result->end = 0;
	result->taken = result->data_bytes = 0;
	while (result->end == 0 && result->taken < size) {
		size_t taken, left = size - result->taken;
		struct span data;
		result->end = chunked_receive(&chunked, octets + result->taken,
					      piece < left ? piece : left, &taken, &data, &failure);
		if (taken == 0 || taken > left || data.bytes > taken)
			abort();
		result->taken += taken;
		if (data.bytes > DATA_BYTES - result->data_bytes)
			return;
		if (data.bytes != 0)
			memcpy(result->data + result->data_bytes, data.at, data.bytes);
		result->data_bytes += data.bytes;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct result whole, octets, again;
	static char encoded[DATA_BYTES + 64];
	if (size > DATA_BYTES)
		return 0;
	decode(&whole, (const char *)bytes, size, SIZE_MAX);
	decode(&octets, (const char *)bytes, size, 1);
	if (whole.end != octets.end || whole.taken != octets.taken ||
	    whole.data_bytes != octets.data_bytes ||
	    memcmp(whole.data, octets.data, whole.data_bytes) != 0)
		abort();
	if (whole.end != 1 || whole.data_bytes == 0)
		return 0;
	size_t at = chunked_head_write(encoded, whole.data_bytes);
	memcpy(encoded + at, whole.data, whole.data_bytes);
	memcpy(encoded + at + whole.data_bytes, CHUNKED_DATA_END CHUNKED_END, 7);
	decode(&again, encoded, at + whole.data_bytes + 7, SIZE_MAX);
	if (again.end != 1 || again.data_bytes != whole.data_bytes ||
	    memcmp(again.data, whole.data, whole.data_bytes) != 0)
		abort();
	return 0;
}
