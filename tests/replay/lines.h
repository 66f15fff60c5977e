/*
 * lines.h - a text read a line at a time, and its words; for the files of script.h.
 */
#ifndef CAIRN_TESTS_REPLAY_LINES_H
#define CAIRN_TESTS_REPLAY_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
	char *at;      /* the rest */
	unsigned line; /* of the one given last */
};

/* The next line, its end cut off; NULL behind the last.  The text is written to. */
char *lines_next(struct lines *lines);

/* Skips blanks; true at the end of what means something: the line's, or a comment. */
bool line_is_empty(const char *line);
const char *line_skip(const char *at);
/* The next word of at most max - 1 characters; returns what is behind it, NULL when there is none. */
const char *line_word(const char *at, char *word, size_t max);
/* True when the line begins with the word; *rest is what is behind it. */
bool line_begins(const char *line, const char *word, const char **rest);

#endif
