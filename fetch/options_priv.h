/* options_priv.h - shared by the files of options.h. */
#ifndef CAIRN_FETCH_OPTIONS_PRIV_H
#define CAIRN_FETCH_OPTIONS_PRIV_H

#include "fetch/option_table.h"
#include "fetch/options.h"

struct options_parse {
	struct options *options;
	struct failure *failure;
	const char *file; /* NULL: the command line */
	unsigned line, depth;
	bool is_over; /* after -- */
};

/* A word of the command line or a line's option; *used_next: `next` was its value. 0 or -1. */
int options__word(struct options_parse *parse, const char *word, const char *next, bool *used_next);
/* "--name", "--name=value", "--no-name", without its dashes. */
int options__long(struct options_parse *parse, const char *name, const char *next, bool *used_next);
/* Sets what the row says. `value` is NULL for rows without an argument. */
int options__set(struct options_parse *parse, const struct option_row *row, bool is_on,
		 const char *value);
int options__file(struct options_parse *parse, const char *path, bool may_be_missing);
int options__fail(struct options_parse *parse, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int options__add(struct options_parse *parse, struct setting_list *list, const char *text,
		 int kind);
/* Each line of the file that is not empty. */
int options__add_lines(struct options_parse *parse, struct setting_list *list, const char *path, int kind);
struct option_group *options__group(struct options *options);
int options__next(struct options_parse *parse);

#endif
