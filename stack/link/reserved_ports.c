#include "stack/link/reserved_ports.h"

#include <stdio.h>
#include <stdlib.h>

#define RESERVED_PORTS_FILE "/proc/sys/net/ipv4/ip_local_reserved_ports"
#define TEXT_BYTES_MAX      (65536u * 6u) /* every other port by itself is the longest */

/* One number up to 65535 at *at, which moves behind it. */
static bool
take_port(const char **at, uint32_t *port)
{
	const char *begin = *at;
	*port = 0;
	while (**at >= '0' && **at <= '9' && *port <= UINT16_MAX)
		*port = *port * 10 + (uint32_t)(*(*at)++ - '0');
	return *at != begin && *port <= UINT16_MAX;
}

void
reserved_ports_from_text(struct reserved_ports *reserved, const char *text)
{
	const char *at = text;
	uint32_t first, last;

	*reserved = (struct reserved_ports){ 0 };
	while (take_port(&at, &first)) {
		last = first;
		if (*at == '-' && (at++, !take_port(&at, &last)))
			return;
		for (uint32_t port = first; port <= last; port++)
			reserved->words[port / 64] |= UINT64_C(1) << port % 64;
		if (*at != ',')
			return;
		at++;
	}
}

void
reserved_ports_read(struct reserved_ports *reserved)
{
	FILE *file = fopen(RESERVED_PORTS_FILE, "re");
	char *text = calloc(1, TEXT_BYTES_MAX + 1);

	*reserved = (struct reserved_ports){ 0 };
	if (file != NULL && text != NULL && fread(text, 1, TEXT_BYTES_MAX, file) > 0)
		reserved_ports_from_text(reserved, text);
	free(text);
	if (file != NULL)
		(void)fclose(file);
}
