/*
 * client_string.h - a word of the operator's in queries to some servers (unbound's edns-client-string), by which a
 * resolver that is paid for knows its customer.
 *
 * Filled when the configuration is read, then read by all workers without a lock.
 *
 * Ownership: everything lies in the arena given.
 * Errors:    ERR_NO_MEMORY (arena), ERR_TOO_BIG (a text), and those of prefixes_put.
 * Bounds:    CLIENT_STRING_BYTES_MAX octets.
 */
#ifndef CAIRN_RESOLVER_POLICY_CLIENT_STRING_H
#define CAIRN_RESOLVER_POLICY_CLIENT_STRING_H

#include "resolver/policy/prefixes.h"

#define CLIENT_STRING_BYTES_MAX 128u
#define CLIENT_STRING_OPTION    65001u /* of those for local use (RFC 6891, section 9) */

struct client_string {
	uint8_t size;
	uint8_t octets[CLIENT_STRING_BYTES_MAX];
};

struct client_strings {
	uint16_t option; /* edns-client-string-opcode */
	struct prefixes by_server;
};

struct client_strings *client_strings_new(struct arena *arena, uint16_t option);
int client_strings_add(struct client_strings *strings, const struct ip_addr *prefix, unsigned prefix_len, const char *text);
/* NULL: nothing for this server.  `strings` may be NULL. */
const struct client_string *client_strings_find(const struct client_strings *strings, const struct ip_addr *server);

#endif
