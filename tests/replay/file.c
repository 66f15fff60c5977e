#include "tests/replay/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/text_file.h"

#define FILE_BYTES_MAX (4u << 20)

struct lines_of {
	const char *at, *end;
};

static bool
is_left_out(const char *line)
{
	line += strspn(line, " \t");
	return *line == '\0' || strcmp(line, ";") == 0 || strncmp(line, "; ", 2) == 0;
}

/* The next line that counts, without the white space at its end; "" behind the last. */
static void
next_line(struct lines_of *lines, char line[MACRO_TEXT_BYTES])
{
	while (lines->at < lines->end) {
		const char *end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
		size_t size = (size_t)((end != NULL ? end : lines->end) - lines->at);
		const char *begin = lines->at;
		lines->at += size + (end != NULL);
		while (size > 0 && strchr(" \t\r", begin[size - 1]) != NULL)
			size--;
		if (size >= MACRO_TEXT_BYTES)
			size = MACRO_TEXT_BYTES - 1;
		memcpy(line, begin, size);
		line[size] = '\0';
		if (!is_left_out(line))
			return;
	}
	line[0] = '\0';
}

static bool
texts_match(struct lines_of text, struct lines_of wanted, const struct macros *macros, char *why, size_t why_bytes)
{
	char line[MACRO_TEXT_BYTES], macro_line[MACRO_TEXT_BYTES], wanted_line[MACRO_TEXT_BYTES];

	do {
		next_line(&text, line);
		next_line(&wanted, macro_line);
		if (!macro_expand(macros, macro_line, wanted_line)) {
			(void)snprintf(why, why_bytes, "not understood: %.300s", macro_line);
			return false;
		}
		if (strcmp(line, wanted_line) != 0) {
			(void)snprintf(why, why_bytes, "want `%.200s`, got `%.200s`", wanted_line, line);
			return false;
		}
	} while (line[0] != '\0');
	return true;
}

bool
file_matches(const char *path, const char *wanted, const struct macros *macros, char *why, size_t why_bytes)
{
	const char *reason;
	size_t size;
	char *text;

	if (text_file_read(path, FILE_BYTES_MAX, &text, &size, &reason) != 0) {
		(void)snprintf(why, why_bytes, "%s", reason);
		return false;
	}
	const bool is_same = texts_match((struct lines_of){ text, text + size },
					 (struct lines_of){ wanted, wanted + strlen(wanted) }, macros, why, why_bytes);
	free(text);
	return is_same;
}
