#include "resolver/policy/client_string.h"

#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/err.h"

struct client_strings *
client_strings_new(struct arena *arena, uint16_t option)
{
	struct client_strings *strings = arena_zalloc(arena, 1, sizeof *strings);
	if (strings == NULL)
		return NULL;
	strings->option = option;
	prefixes_init(&strings->by_server, arena);
	return strings;
}

int
client_strings_add(struct client_strings *strings, const struct ip_addr *prefix,
		   unsigned prefix_len, const char *text)
{
	const size_t size = strlen(text);
	if (size > CLIENT_STRING_BYTES_MAX)
		return ERR_TOO_BIG;
	struct client_string *string = arena_alloc(strings->by_server.arena, sizeof *string);
	if (string == NULL)
		return ERR_NO_MEMORY;
	string->size = (uint8_t)size;
	memcpy(string->octets, text, size);
	return prefixes_put(&strings->by_server, prefix, prefix_len, string);
}

const struct client_string *
client_strings_find(const struct client_strings *strings, const struct ip_addr *server)
{
	return strings != NULL ? prefixes_find(&strings->by_server, server) : NULL;
}
