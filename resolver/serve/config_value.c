/* config_value.c - from the text of a value to the field of its option (config.h). */
#include "resolver/serve/config_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "stack/base/err.h"

static int
read_bool(const char *text, bool *value)
{
	*value = strcasecmp(text, "yes") == 0 || strcasecmp(text, "true") == 0;
	return *value || strcasecmp(text, "no") == 0 || strcasecmp(text, "false") == 0 ? 0 : ERR_MALFORMED;
}

/* Decimal digits and, for sizes, k, m or g (or kb, mb, gb) for powers of 1024; `auto` is 0. */
static int
read_number(const char *text, bool is_size, uint64_t *value)
{
	*value = 0;
	if (is_size && strcasecmp(text, "auto") == 0)
		return 0;
	if (!isdigit((unsigned char)*text))
		return ERR_MALFORMED;

	char *end;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno != 0)
		return ERR_TOO_BIG;
	if (!is_size || *end == '\0')
		return *end == '\0' ? 0 : ERR_MALFORMED;

	static const char letters[] = "kmg";
	const char *letter = strchr(letters, tolower((unsigned char)*end));
	if (letter == NULL || (end[1] != '\0' && strcasecmp(end + 1, "b") != 0))
		return ERR_MALFORMED;
	unsigned shift = 10u * (unsigned)(letter - letters + 1);
	if (*value > UINT64_MAX >> shift)
		return ERR_TOO_BIG;
	*value <<= shift;
	return 0;
}

static int
read_choice(const char *choices, const char *text, int *value)
{
	size_t size = strlen(text);
	*value = 0;
	for (const char *at = choices; size != 0 && *at != '\0'; (*value)++) {
		size_t word = strcspn(at, " ");
		if (word == size && strncasecmp(at, text, size) == 0)
			return 0;
		at += word + (at[word] == ' ');
	}
	return ERR_MALFORMED;
}

int
config__set_string(char **field, const char *text)
{
	char *copy = NULL;
	if (*text != '\0' && (copy = strdup(text)) == NULL)
		return ERR_NO_MEMORY;
	free(*field);
	*field = copy;
	return 0;
}

int
config__list_add(struct config_list *list, const char *text, unsigned line)
{
	if (list->count == CONFIG_LIST_MAX)
		return ERR_FULL;
	if ((list->count & (list->count - 1)) == 0) { /* full at every power of two */
		size_t room = list->count == 0 ? 1 : list->count * 2;
		char **items = realloc(list->items, room * sizeof *items);
		if (items == NULL)
			return ERR_NO_MEMORY;
		list->items = items;
		unsigned *lines = realloc(list->lines, room * sizeof *lines);
		if (lines == NULL)
			return ERR_NO_MEMORY;
		list->lines = lines;
	}
	char *copy = strdup(text);
	if (copy == NULL)
		return ERR_NO_MEMORY;
	list->items[list->count] = copy;
	list->lines[list->count++] = line;
	return 0;
}

void
config__list_clear(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	free(list->lines);
	*list = (struct config_list){ 0 };
}

static int
set_number(void *base, const struct config_option *option, const char *text)
{
	bool is_size = option->form == CONFIG_SIZE;
	uint64_t value;
	int err = read_number(text, is_size, &value);
	if (err != 0)
		return err;
	if (value < option->smallest || value > option->largest)
		return ERR_TOO_BIG;
	void *field = (char *)base + option->offset;
	if (is_size)
		*(uint64_t *)field = value;
	else
		*(uint32_t *)field = (uint32_t)value;
	return 0;
}

int
config__set_value(void *base, const struct config_option *option, const char *text, unsigned line)
{
	void *field = (char *)base + option->offset;
	int choice, err;

	switch (option->form) {
	case CONFIG_BOOL: return read_bool(text, field);
	case CONFIG_NUMBER:
	case CONFIG_SIZE: return set_number(base, option, text);
	case CONFIG_STRING: return config__set_string(field, text);
	case CONFIG_LIST: return *text == '\0' ? ERR_MALFORMED : config__list_add(field, text, line);
	case CONFIG_CHOICE:
		err = read_choice(option->choices, text, &choice);
		if (err == 0)
			*(int *)field = choice;
		return err;
	}
	return ERR_UNSUPPORTED;
}
