#include "resolver/serve/entry_words.h"

#include <assert.h>
#include <stdio.h>

bool
entry_words_split(struct entry_words *words, const char *text)
{
	char rest[2];
	static_assert(ENTRY_WORD_BYTES_MAX == 1280, "the widths below");
	return sscanf(text, "%1279s %1279s %1s", words->first, words->second, rest) == 2;
}
