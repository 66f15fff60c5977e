#include "resolver/policy/tags.h"

#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/err.h"

#define BLANKS " \t"

void
tags_init(struct tags *tags, struct arena *arena)
{
	*tags = (struct tags){ .arena = arena };
	prefixes_init(&tags->clients, arena);
}

/* TAGS_MAX: there is no such tag. */
static unsigned
find(const struct tags *tags, const char *word, size_t size)
{
	for (unsigned i = 0; i < tags->count; i++)
		if (strlen(tags->names[i]) == size && memcmp(tags->names[i], word, size) == 0)
			return i;
	return TAGS_MAX;
}

static int
define(struct tags *tags, const char *word, size_t size)
{
	if (size > TAG_BYTES_MAX)
		return ERR_TOO_BIG;
	if (find(tags, word, size) != TAGS_MAX)
		return 0;
	if (tags->count == TAGS_MAX)
		return ERR_FULL;
	char *name = arena_zalloc(tags->arena, size + 1, 1);
	if (name == NULL)
		return ERR_NO_MEMORY;
	memcpy(name, word, size);
	tags->names[tags->count++] = name;
	return 0;
}

int
tags_define(struct tags *tags, const char *words)
{
	int err = 0;
	for (words += strspn(words, BLANKS); *words != '\0' && err == 0; words += strspn(words, BLANKS)) {
		const size_t size = strcspn(words, BLANKS);
		err = define(tags, words, size);
		words += size;
	}
	return err;
}

int
tags_read(const struct tags *tags, const char *words, uint64_t *set)
{
	*set = 0;
	for (words += strspn(words, BLANKS); *words != '\0'; words += strspn(words, BLANKS)) {
		const size_t size = strcspn(words, BLANKS);
		const unsigned tag = find(tags, words, size);
		if (tag == TAGS_MAX)
			return ERR_NOT_FOUND;
		*set |= UINT64_C(1) << tag;
		words += size;
	}
	return 0;
}

int
tags_add_clients(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, uint64_t set)
{
	uint64_t *kept = arena_alloc(tags->arena, sizeof *kept);
	if (kept == NULL)
		return ERR_NO_MEMORY;
	*kept = set;
	return prefixes_put(&tags->clients, prefix, prefix_len, kept);
}

uint64_t
tags_of_client(const struct tags *tags, const struct ip_addr *client)
{
	const uint64_t *set = prefixes_find(&tags->clients, client);
	return set != NULL ? *set : 0;
}
