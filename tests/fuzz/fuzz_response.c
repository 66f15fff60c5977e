/*
 * Any octets as a reply: read in one piece and in small ones they are the same message, and the contract of
 * response.h holds.  The first octet chooses the options, the second the size of the pieces.
 */
#include <stdlib.h>

#include "tests/fetch/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct response response;
	static struct reading whole, pieces;
	if (size < 2)
		return 0;
	struct response_options options = {
		.request = (enum framing_request)(bytes[0] % 3),
		.is_decoded = bytes[0] & 4,
		.is_http09_allowed = bytes[0] & 8,
		.limits.content_bytes_max = bytes[0] & 16 ? 100 : 0,
	};
	bool is_clean = !(bytes[0] & 32);
	struct span octets = span_of(bytes + 2, size - 2);
	struct delivery delivery = { .piece = 1 + bytes[1] % 16 };
	reading_of(&whole, &response, &options, octets, (struct delivery){ 0 }, is_clean);
	reading_of(&pieces, &response, &options, octets, delivery, is_clean);
	if (!reading_equals(&whole, &pieces))
		abort();
	return 0;
}
