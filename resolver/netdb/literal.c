/* Addresses as text, with the link that they are valid on (RFC 3493, section 6.1; RFC 4007, section 11). */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/netdb/netdb_priv.h"
#include "stack/tables.h"

#define DIGITS "0123456789"

static bool
belongs_to_link(const struct ip_addr *addr)
{
	return addr->family == ADDR_IPV6 && addr_is_of_link(addr);
}

/* What inet_addr takes, which has "127.1" and "0x7f000001" too, but nothing behind it. */
static bool
read_ipv4(const char *text, struct ip_addr *addr)
{
	struct in_addr in;

	if (text[strspn(text, DIGITS "abcdefABCDEFxX.")] != '\0' || inet_aton(text, &in) == 0)
		return false;
	*addr = addr_ipv4((const uint8_t *)&in);
	return true;
}

/* The name of an interface where that can be meant, or a number. */
static bool
read_scope(const struct stack *stack, const struct ip_addr *addr, const char *text, uint32_t *scope_id)
{
	struct stack_if_entry entry;

	for (uint32_t place = 0; belongs_to_link(addr) && stack_if_next(stack, &place, &entry);)
		if (strcmp(entry.name, text) == 0) {
			*scope_id = stack_zone_of_if(stack, entry.ifindex);
			return true;
		}
	const size_t digits = strspn(text, DIGITS);
	if (digits == 0 || digits > 10 || text[digits] != '\0')
		return false;
	const unsigned long long number = strtoull(text, NULL, 10);
	*scope_id = (uint32_t)number;
	return number <= UINT32_MAX;
}

bool
netdb__literal_read(const struct stack *stack, const char *text, struct ip_addr *addr, uint32_t *scope_id)
{
	char bare[ADDR_TEXT_BYTES];
	const char *zone = strchr(text, '%');

	*scope_id = 0;
	if (zone == NULL)
		return read_ipv4(text, addr) || addr_from_text(addr, text) == 0;
	const size_t size = (size_t)(zone - text);
	if (size >= sizeof bare)
		return false;
	memcpy(bare, text, size);
	bare[size] = '\0';
	return addr_from_text(addr, bare) == 0 && addr->family == ADDR_IPV6 && read_scope(stack, addr, zone + 1, scope_id);
}

void
netdb__literal_write(const struct stack *stack, const struct ip_addr *addr, uint32_t scope_id, char text[NETDB_LITERAL_BYTES])
{
	struct stack_if_entry entry;
	char number[11];
	const char *zone = number;

	(void)addr_to_text(addr, text, ADDR_TEXT_BYTES);
	if (scope_id == 0)
		return;
	(void)snprintf(number, sizeof number, "%u", scope_id);
	for (uint32_t place = 0; belongs_to_link(addr) && stack_if_next(stack, &place, &entry);)
		if (stack_zone_of_if(stack, entry.ifindex) == scope_id)
			zone = entry.name;
	const size_t size = strlen(text);
	(void)snprintf(text + size, NETDB_LITERAL_BYTES - size, "%%%s", zone);
}
