#include "resolver/policy/tags.h"

#include <stdio.h>
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
	for (words += strspn(words, BLANKS); *words != '\0' && err == 0;
	     words += strspn(words, BLANKS)) {
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

/* What is said of this very prefix, made if need be; NULL: *err is why not. */
static struct client_tags *
client_tags_of(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, int *err)
{
	struct client_tags *said =
		(struct client_tags *)(void *)prefixes_get(&tags->clients, prefix, prefix_len);
	*err = 0;
	if (said != NULL)
		return said;
	said = arena_zalloc(tags->arena, 1, sizeof *said);
	*err = said != NULL ? prefixes_put(&tags->clients, prefix, prefix_len, said)
			    : ERR_NO_MEMORY;
	return *err == 0 ? said : NULL;
}

int
tags_add_clients(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, uint64_t set)
{
	int err;
	struct client_tags *said = client_tags_of(tags, prefix, prefix_len, &err);
	if (said != NULL)
		said->set |= set;
	return err;
}

int
tags_add_action(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, unsigned tag,
		enum local_type type)
{
	int err;
	struct client_tags *said = client_tags_of(tags, prefix, prefix_len, &err);
	if (said != NULL)
		said->actions[tag] = (uint8_t)(1 + type);
	return err;
}

void
tag_data_name(unsigned tag, struct name *name)
{
	const uint8_t label[] = { (uint8_t)('0' + tag / 10), (uint8_t)('0' + tag % 10) };
	(void)name_prepend(name, label, sizeof label, &name_root);
}

int
tags_add_data(struct tags *tags, const struct ip_addr *prefix, unsigned prefix_len, unsigned tag,
	      const char *data, struct rng *rng, const char **why)
{
	char record[TAG_DATA_BYTES_MAX + 8];
	int err;
	struct client_tags *said = client_tags_of(tags, prefix, prefix_len, &err);

	*why = err != 0 ? err_text(err) : "is too long";
	if (said == NULL)
		return err;
	if (strlen(data) > TAG_DATA_BYTES_MAX)
		return ERR_TOO_BIG;
	if (said->datas == NULL)
		said->datas = local_new(tags->arena, rng);
	if (said->datas == NULL)
		return ERR_NO_MEMORY;
	(void)snprintf(record, sizeof record, "%02u. %s", tag, data);
	return local_data_add(said->datas, record, why);
}

const struct client_tags *
tags_of_client(const struct tags *tags, const struct ip_addr *client)
{
	return tags != NULL ? prefixes_find(&tags->clients, client) : NULL;
}
