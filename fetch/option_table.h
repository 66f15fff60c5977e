/*
 * option_table.h - every option of cairn-fetch, once: letter, name, argument, place in the settings, help.
 *
 * The parser (options.h), --help, the completions of shells and the test that reads man/cairn-fetch.1 all go
 * by this table, so none of them can know an option that another does not. Letters and names are curl's
 * wherever curl has the thing; scripts and fingers know them.
 */
#ifndef CAIRN_FETCH_OPTION_TABLE_H
#define CAIRN_FETCH_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_kind {
	OPTION_SWITCH,  /* bool; --no-NAME switches off */
	OPTION_VALUE,   /* int := value */
	OPTION_TEXT,    /* const char * */
	OPTION_COUNT,   /* uint64_t */
	OPTION_BYTES,   /* uint64_t, with k M G T as powers of 1024 */
	OPTION_SECONDS, /* uint64_t of microseconds, from decimal seconds */
	OPTION_MILLISECONDS,
	OPTION_RATE,   /* uint64_t of microseconds from one to the next, from "3/m" */
	OPTION_LIST,   /* struct setting_list, kind := value */
	OPTION_LINES,  /* the same; @FILE is each line of it */
	OPTION_MARK,   /* as OPTION_LIST, without an argument */
	OPTION_WORDS,  /* const char *, only as --NAME=WORDS; empty without */
	OPTION_ACTION, /* enum option_action in value */
};

enum option_action {
	ACTION_CONFIG,
	ACTION_NO_CONFIG,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_COMPLETION,
	ACTION_NEXT,
	ACTION_URL,
	ACTION_HTTP_1_1,
	ACTION_HTTP_2, 
};

enum option_category {
	CATEGORY_OUTPUT,
	CATEGORY_REQUEST,
	CATEGORY_AUTH,
	CATEGORY_TRANSFER,
	CATEGORY_NETWORK,
	CATEGORY_TLS,
	CATEGORY_MIRROR,
	CATEGORY_TOOL,
	CATEGORY_COUNT,
};

struct option_row {
	char letter;      /* '\0': none */
	const char *name; /* without the dashes */
	enum option_kind kind;
	int value;
	const char *argument; /* "FILE"; NULL: takes none */
	enum option_category category;
	bool is_important; /* also in the short --help */
	bool is_of_run;    /* offset is into struct run_settings, not struct settings */
	size_t offset;
	const char *help; /* what it does, as an order */
};

extern const struct option_row option_table[];
extern const size_t option_count;

const char *option_category_name(enum option_category category);

const struct option_row *option_by_letter(char letter);
/* The whole name only; NULL when there is none. */
const struct option_row *option_by_name(const char *name, size_t bytes);
/* The name that is meant by a mistyped one; NULL when none is near. */
const struct option_row *option_nearest(const char *name, size_t bytes);

/* --help [TOPIC]: a category, "all", "category", or an option. False: no such topic. */
bool option_help(FILE *out, const char *topic);

/* A script for bash, zsh or fish; false for another shell. */
bool option_completion(FILE *out, const char *shell);

#endif
