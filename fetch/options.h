/*
 * options.h - the command line and the configuration files, read into settings (settings.h).
 *
 * As getopt_long and as curl: letters are bundled (-sSf), a value sticks to its letter (-olog) or follows,
 * --name=value and --name value, --no-name for switches, URLs anywhere, -- ends the options. `-:` begins a
 * group of URLs with settings of its own. $XDG_CONFIG_HOME/cairn-fetch, or ~/.config/cairn-fetch, is read
 * first, unless -q comes first on the command line.
 *
 * A configuration file has an option a line, with or without its dashes, the value after blanks, `=` or `:`,
 * in quotes with \\ \" \t \n \r if it has blanks; # begins a comment line.
 *
 * Ownership: texts point into argv, which must stay, and into files that options_fini frees.
 * Errors:    FAILURE_USAGE with the option, its file and line, and the nearest known name; FAILURE_READ for the @FILE of -H.
 * Bounds:    files of OPTIONS_FILE_BYTES_MAX, OPTIONS_DEPTH_MAX of them one in the other.
 */
#ifndef CAIRN_FETCH_OPTIONS_H
#define CAIRN_FETCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "fetch/failure.h"
#include "fetch/settings.h"

#define OPTIONS_FILE_BYTES_MAX (1u << 20)
#define OPTIONS_DEPTH_MAX      8u

struct option_group {
	struct settings settings;
	struct setting_list urls;
};

enum option_wish { WISH_FETCH, WISH_HELP, WISH_VERSION, WISH_COMPLETION };

struct options {
	enum option_wish wish;
	const char *topic; /* of help, completion */
	struct run_settings run;
	struct option_group *groups; /* at least one */
	size_t group_count;
	char **files; /* what texts of configuration files, and fields of @FILE, point into */
	size_t file_count;
};

/* 0, or -1 and *failure; options_fini in both cases. */
int options_read(struct options *options, int argc, char **argv, struct failure *failure);
void options_fini(struct options *options);

#endif
