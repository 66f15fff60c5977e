/* config_names.c - the names of sections and options, and the known one that is nearest to another. */
#include "resolver/serve/config_priv.h"

#include <ctype.h>
#include <string.h>

#define WORD_BYTES_MAX 48u

/* Edit distance of two short words (Levenshtein), one row at a time; longer ones count as far apart. */
static unsigned
word_distance(const char *a, const char *b)
{
	unsigned row[WORD_BYTES_MAX];
	size_t a_size = strlen(a), b_size = strlen(b);
	if (a_size >= WORD_BYTES_MAX || b_size >= WORD_BYTES_MAX)
		return WORD_BYTES_MAX;

	for (unsigned j = 0; j <= b_size; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a_size; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= b_size; j++) {
			unsigned change = diagonal + (tolower((unsigned char)a[i - 1]) != b[j - 1]);
			diagonal = row[j];
			unsigned gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			row[j] = change < gap ? change : gap;
		}
	}
	return row[b_size];
}

bool
config__is_section(const char *name)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (strcmp(config_options[i].section, name) == 0)
			return true;
	return false;
}

const struct config_option *
config__nearest_option(const char *name, unsigned *distance)
{
	const struct config_option *nearest = NULL;

	*distance = WORD_BYTES_MAX;
	for (size_t i = 0; i < config_option_count; i++) {
		const unsigned its = word_distance(name, config_options[i].name);
		if (its < *distance) {
			*distance = its;
			nearest = &config_options[i];
		}
	}
	return nearest;
}

unsigned
config_line(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (!config__is_of_zone(&config_options[i]) && strcmp(config_options[i].name, name) == 0)
			return config->lines[i];
	return 0;
}

const struct config_option *
config__find_option(const char *section, const char *name)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (strcmp(config_options[i].section, section) == 0 && strcmp(config_options[i].name, name) == 0)
			return &config_options[i];
	return NULL;
}
