/* Any octets as a storm of packets, calls and time over one stack: see tests/stack/storm.h. */
#include "tests/stack/storm.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	storm_run(bytes, size, NULL);
	return 0;
}
