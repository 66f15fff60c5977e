#include "tests/replay/lines.h"

#include <string.h>

char *
lines_next(struct lines *lines)
{
	char *line = lines->at;

	if (line == NULL || *line == '\0')
		return NULL;
	char *end = strchr(line, '\n');
	lines->at = end != NULL ? end + 1 : NULL;
	lines->line++;
	if (end != NULL)
		*end = '\0';
	const size_t size = strlen(line);
	if (size > 0 && line[size - 1] == '\r')
		line[size - 1] = '\0';
	return line;
}

const char *
line_skip(const char *at)
{
	return at + strspn(at, " \t");
}

bool
line_is_empty(const char *line)
{
	line = line_skip(line);
	return *line == '\0' || *line == ';' || *line == '#';
}

const char *
line_word(const char *at, char *word, size_t max)
{
	at = line_skip(at);
	const size_t size = strcspn(at, " \t");
	if (size == 0 || *at == ';' || *at == '#' || size >= max)
		return NULL;
	memcpy(word, at, size);
	word[size] = '\0';
	return at + size;
}

bool
line_begins(const char *line, const char *word, const char **rest)
{
	const size_t size = strlen(word);

	line = line_skip(line);
	if (strncmp(line, word, size) != 0 || (line[size] != '\0' && line[size] != ' ' && line[size] != '\t'))
		return false;
	*rest = line_skip(line + size);
	return true;
}
