/*
 * markup.h - XML and HTML written into a buffer that the caller lends.
 *
 * What is text of others (markup_text) is escaped, and cannot be markup whatever it holds: the five characters of
 * XML 1.0, section 2.4, become references, and what XML does not allow, or what could turn the direction of a line, is shown
 * as \x1b or \u202e (printable.h).
 *
 * Errors: sticky, in markup.err: ERR_FULL; nothing more is written after it.
 */
#ifndef CAIRN_FETCH_JOURNEY_MARKUP_H
#define CAIRN_FETCH_JOURNEY_MARKUP_H

#include <stddef.h>

#include "stack/base/err.h"

struct markup {
	char *text;
	size_t bytes, bytes_max;
	int err;
};

void markup_init(struct markup *markup, char *text, size_t text_bytes);
/* Our own markup; strings among the arguments are words of ours. */
void markup_put(struct markup *markup, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text of anybody's, of which `columns` characters are shown and "..." when there are more; 0: all. */
void markup_text(struct markup *markup, const char *text, size_t columns);

#endif
