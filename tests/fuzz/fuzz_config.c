/* Any octets as a configuration: either a configuration or one line of error, and nothing leaks. */
#include "resolver/serve/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct config config;
	char error[CONFIG_ERROR_BYTES] = "";

	if (config_parse(&config, "fuzz", (const char *)bytes, size, error) == 0)
		config_free(&config);
	else if (strncmp(error, "fuzz:", 5) != 0)
		abort(); /* an error names its place */
	return 0;
}
