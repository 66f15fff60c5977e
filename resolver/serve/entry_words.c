#include "resolver/serve/entry_words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
entry_words_split(struct entry_words *words, const char *text)
{
	char rest[2];
	static_assert(ENTRY_WORD_BYTES_MAX == 1280, "the widths below");
	return sscanf(text, "%1279s %1279s %1s", words->first, words->second, rest) == 2;
}

bool
entry_addr_read(const char *text, struct ip_addr *addr, uint16_t *port)
{
	char host[ADDR_TEXT_BYTES];
	const char *at = strchr(text, '@');
	const size_t size = at != NULL ? (size_t)(at - text) : strlen(text);

	if (size >= sizeof host)
		return false;
	memcpy(host, text, size);
	host[size] = '\0';
	*port = 0;
	if (at != NULL) {
		char *end;
		const unsigned long number = strtoul(at + 1, &end, 10);
		if (at[1] < '0' || at[1] > '9' || *end != '\0' || number == 0 || number > UINT16_MAX)
			return false;
		*port = (uint16_t)number;
	}
	return addr_from_text(addr, host) == 0;
}
