#include "resolver/serve/upstream_words.h"

#include <string.h>

#include "stack/base/err.h"

#define BLANKS " \t"

/* NETBLOCK TEXT, the text perhaps in quotes. */
static int
add_string(struct client_strings *strings, const char *entry)
{
	char netblock[ADDR_TEXT_BYTES + 5], text[CLIENT_STRING_BYTES_MAX + 1];
	struct ip_addr prefix;
	unsigned prefix_len;
	const size_t size = strcspn(entry, BLANKS);
	const char *from = entry + size + strspn(entry + size, BLANKS);
	size_t text_bytes = strlen(from);

	if (size >= sizeof netblock || text_bytes == 0)
		return ERR_MALFORMED;
	memcpy(netblock, entry, size);
	netblock[size] = '\0';
	if (addr_prefix_from_text(&prefix, &prefix_len, netblock) != 0)
		return ERR_MALFORMED;
	if (text_bytes >= 2 && from[0] == '"' && from[text_bytes - 1] == '"') {
		from++;
		text_bytes -= 2;
	}
	if (text_bytes > CLIENT_STRING_BYTES_MAX)
		return ERR_TOO_BIG;
	memcpy(text, from, text_bytes);
	text[text_bytes] = '\0';
	return client_strings_add(strings, &prefix, prefix_len, text);
}

int
upstream_words_build(struct client_strings **strings, struct arena *arena,
		     const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	const struct config_list *list = &config->edns_client_string;

	*strings = NULL;
	if (list->count == 0)
		return 0;
	*strings = client_strings_new(arena, (uint16_t)config->edns_client_string_opcode);
	if (*strings == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < list->count; i++) {
		const int err = add_string(*strings, list->items[i]);
		if (err == ERR_NO_MEMORY)
			return err;
		if (err != 0) {
			config_complain(error, config, list->lines[i],
					"edns-client-string: `%s`: %s", list->items[i],
					err == ERR_TOO_BIG ? "has more than 128 octets"
							   : "is not `NETBLOCK TEXT`");
			return ERR_MALFORMED;
		}
	}
	return 0;
}
