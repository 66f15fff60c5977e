/* Services as text: port numbers, and names of the C library's table (RFC 3493, section 6.1). */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/netdb/netdb_priv.h"

#define SERVICE_BYTES 1024u /* an entry with its aliases */

bool
netdb__service_is_number(const char *service)
{
	return service[0] != '\0' && service[strspn(service, "0123456789")] == '\0';
}

bool
netdb__service_read(const char *service, const char *protocol, uint16_t *port)
{
	char buffer[SERVICE_BYTES];
	struct servent entry, *found = NULL;

	if (netdb__service_is_number(service)) {
		const unsigned long number = strtoul(service, NULL, 10);
		*port = (uint16_t)number;
		return number <= UINT16_MAX;
	}
	if (getservbyname_r(service, protocol, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
		return false;
	*port = ntohs((uint16_t)found->s_port);
	return true;
}

void
netdb__service_write(uint16_t port, const char *protocol, char text[NI_MAXSERV])
{
	char buffer[SERVICE_BYTES];
	struct servent entry, *found = NULL;

	if (protocol != NULL)
		(void)getservbyport_r(htons(port), protocol, &entry, buffer, sizeof buffer, &found);
	if (found != NULL)
		(void)snprintf(text, NI_MAXSERV, "%s", found->s_name);
	else
		(void)snprintf(text, NI_MAXSERV, "%u", port);
}
