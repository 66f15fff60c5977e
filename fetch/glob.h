/*
 * glob.h - several URLs in one argument, as curl writes them.
 *
 *     {one,two,three}      each of the texts; none may hold a brace
 *     [1-10] [001-100]     numbers, with leading zeros as wide as the first one
 *     [a-z]                letters of one case
 *     [1-10:3] [a-z:2]     every third, every second
 *
 * The last pattern changes fastest. A backslash takes the meaning from the brace or bracket behind it, and
 * inside of braces from a comma.
 * A literal IPv6 address in brackets, with or without a zone, and [] are text. In the name of a file #1
 * is what the first pattern stands for, #2 the second, and so on.
 *
 * Ownership: glob_parse borrows the text; what glob_url and glob_name make lies in the arena.
 * Errors:    glob_parse: ERR_MALFORMED, ERR_TOO_BIG with glob.why and glob.column (from 1).
 *            The others: ERR_NO_MEMORY.
 */
#ifndef CAIRN_FETCH_GLOB_H
#define CAIRN_FETCH_GLOB_H

#include "fetch/span.h"
#include "stack/base/arena.h"

#define GLOB_PARTS_MAX 64u /* texts and patterns */

enum glob_kind {
	GLOB_RAW,
	GLOB_TEXT,
	GLOB_SET,
	GLOB_LETTERS,
	GLOB_NUMBERS
}; /* GLOB_RAW: a text without escapes */

struct glob_part {
	enum glob_kind kind;
	struct span text; /* of a text or a set, with its backslashes */
	uint64_t first, step;
	uint64_t count; /* of values; 1 for a text */
	unsigned width; /* of a number with leading zeros */
};

struct glob {
	struct glob_part parts[GLOB_PARTS_MAX];
	unsigned part_count;
	uint64_t url_count;
	const char *why; /* after an error: what is wrong, in words */
	size_t column;
};

int glob_parse(struct glob *glob, struct span text);
void glob_none(struct glob *glob, struct span text); /* -g: the text is one URL, as it stands */

/* The URL of an index below url_count. */
int glob_url(const struct glob *glob, uint64_t index, struct arena *arena, struct span *url);

/* A file's name, with #1 and so on filled in for that URL; a number that no pattern has stays. */
int glob_name(const struct glob *glob, uint64_t index, struct span name, struct arena *arena,
	      struct span *filled);

#endif
