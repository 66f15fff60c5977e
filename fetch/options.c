#include "fetch/options_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/option_refused.h"

int
options__fail(struct options_parse *parse, const char *format, ...)
{
	char words[2 * FAILURE_TEXT_BYTES];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);

	if (parse->file != NULL)
		failure_set(parse->failure, FAILURE_USAGE, "%s:%u: %s", parse->file, parse->line,
			    words);
	else
		failure_set(parse->failure, FAILURE_USAGE, "%s", words);
	return -1;
}

static int
no_memory(struct options_parse *parse)
{
	failure_set(parse->failure, FAILURE_MEMORY, "no memory for the options");
	return -1;
}

struct option_group *
options__group(struct options *options)
{
	return &options->groups[options->group_count - 1];
}

int
options__add(struct options_parse *parse, struct setting_list *list, const char *text, int kind)
{
	struct setting_item *items = reallocarray(list->items, list->count + 1, sizeof *items);
	if (items == NULL)
		return no_memory(parse);
	items[list->count] = (struct setting_item){ .text = text, .kind = kind };
	list->items = items;
	list->count++;
	return 0;
}

int
options__next(struct options_parse *parse)
{
	struct options *options = parse->options;
	struct option_group *groups =
		reallocarray(options->groups, options->group_count + 1, sizeof *groups);
	if (groups == NULL)
		return no_memory(parse);
	groups[options->group_count] = (struct option_group){
		.settings = { .redirects_max = 50,
			      .clobbers = true,
			      .is_kept_alive = true,
			      .follows_parents = true,
			      .has_host_directories = true,
			      .heeds_robots = true },
	};
	options->groups = groups;
	options->group_count++;
	return 0;
}

static int
unknown(struct options_parse *parse, const char *name, size_t name_bytes)
{
	const struct option_row *nearest = option_nearest(name, name_bytes);
	const char *instead = option_refused(name, name_bytes);
	if (instead != NULL)
		return options__fail(parse, "option --%.*s %s", (int)name_bytes, name, instead);
	if (nearest != NULL)
		return options__fail(parse, "option --%.*s is unknown; the nearest is --%s",
				     (int)name_bytes, name, nearest->name);
	return options__fail(parse,
			     "option --%.*s is unknown; cairn-fetch --help all lists the options",
			     (int)name_bytes, name);
}

/* The row that a long name means, and whether it is switched on. */
static const struct option_row *
find_long(const char *name, size_t name_bytes, bool *is_on)
{
	const struct option_row *row = option_by_name(name, name_bytes);
	*is_on = true;
	if (row == NULL && name_bytes > 3 && memcmp(name, "no-", 3) == 0) {
		row = option_by_name(name + 3, name_bytes - 3);
		*is_on = false;
		if (row != NULL && row->kind != OPTION_SWITCH)
			row = NULL;
	}
	return row;
}

int
options__long(struct options_parse *parse, const char *name, const char *next, bool *used_next)
{
	const char *equals = strchr(name, '=');
	size_t name_bytes = equals != NULL ? (size_t)(equals - name) : strlen(name);
	bool is_on;
	const struct option_row *row = find_long(name, name_bytes, &is_on);

	if (row == NULL)
		return unknown(parse, name, name_bytes);
	if (row->kind == OPTION_WORDS)
		return options__set(parse, row, true, equals != NULL ? equals + 1 : NULL);
	if (row->argument == NULL && equals != NULL)
		return options__fail(parse, "option --%s takes no value", row->name);
	if (row->argument == NULL)
		return options__set(parse, row, is_on, row->kind == OPTION_ACTION ? next : NULL);
	if (equals != NULL)
		return options__set(parse, row, true, equals + 1);
	if (next == NULL)
		return options__fail(parse, "option --%s needs a value: %s", row->name,
				     row->argument);
	*used_next = true;
	return options__set(parse, row, true, next);
}

/* "-sSfo" and "-ofile", without the dash. */
static int
letters(struct options_parse *parse, const char *word, const char *next, bool *used_next)
{
	for (; *word != '\0'; word++) {
		const struct option_row *row = option_by_letter(*word);
		if (row == NULL)
			return options__fail(
				parse,
				"option -%c is unknown; cairn-fetch --help all lists the options",
				*word);
		if (row->argument == NULL) {
			if (options__set(parse, row, true,
					 row->kind == OPTION_ACTION ? next : NULL) != 0)
				return -1;
			continue;
		}
		if (word[1] != '\0')
			return options__set(parse, row, true, word + 1);
		if (next == NULL)
			return options__fail(parse, "option -%c needs a value: %s", *word,
					     row->argument);
		*used_next = true;
		return options__set(parse, row, true, next);
	}
	return 0;
}

int
options__word(struct options_parse *parse, const char *word, const char *next, bool *used_next)
{
	*used_next = false;
	if (parse->is_over || word[0] != '-' || word[1] == '\0')
		return options__add(parse, &options__group(parse->options)->urls, word, 0);
	if (strcmp(word, "--") == 0) {
		parse->is_over = true;
		return 0;
	}
	if (word[1] == '-')
		return options__long(parse, word + 2, next, used_next);
	return letters(parse, word + 1, next, used_next);
}

static int
read_default_file(struct options_parse *parse)
{
	const char *directory = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int made = -1;

	if (directory != NULL && directory[0] == '/')
		made = asprintf(&path, "%s/cairn-fetch", directory);
	else if (home != NULL && home[0] != '\0')
		made = asprintf(&path, "%s/.config/cairn-fetch", home);
	else
		return 0;
	if (made < 0)
		return no_memory(parse);
	int err = options__file(parse, path, true);
	free(path);
	return err;
}

static bool
wants_no_file(int argc, char **argv)
{
	if (argc < 2)
		return false;
	bool is_letter = argv[1][0] == '-' && argv[1][1] == 'q'; /* also -qsS */
	return is_letter || strcmp(argv[1], "--disable") == 0;
}

/* A mirror follows redirects, makes directories, and takes no page of an error for a page. */
static void
imply(struct settings *settings)
{
	if (settings_has_mirror(settings))
		settings->follows = settings->fails = settings->creates_directories = true;
}

/* What has an effect only beside --journey would be asked for in vain. */
static int
check_journey(struct options_parse *parse)
{
	const struct run_settings *run = &parse->options->run;
	if (run->journey != NULL || run->replay != NULL || run->journey_before != NULL)
		return 0;
	if (run->journey_file != NULL)
		return options__fail(parse, "option --journey-file needs --journey, which is written to it");
	if (run->has_hops)
		return options__fail(parse, "option --hops needs --journey, which shows them");
	if (run->journey_secrets)
		return options__fail(parse, "option --journey-secrets needs --journey, which they are told in");
	return 0;
}

static int
check_group(struct options_parse *parse, const struct settings *settings)
{
	const char *version = settings->tls_version_max;
	if (version != NULL && strcmp(version, "1.2") != 0 && strcmp(version, "1.3") != 0)
		return options__fail(parse, "option --tls-max: `%s' is not 1.2 or 1.3", version);
	return 0;
}

int
options_read(struct options *options, int argc, char **argv, struct failure *failure)
{
	struct options_parse parse = { .options = options, .failure = failure };

	*options = (struct options){ .run = { .has_progress = true, .parallel_max = 50 } };
	if (options__next(&parse) != 0)
		return -1;
	if (!wants_no_file(argc, argv) && read_default_file(&parse) != 0)
		return -1;
	for (int i = 1; i < argc && options->wish == WISH_FETCH; i++) {
		bool used_next;
		if (options__word(&parse, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used_next) !=
		    0)
			return -1;
		if (used_next)
			i++;
	}
	for (size_t i = 0; i < options->group_count; i++) {
		imply(&options->groups[i].settings);
		if (check_group(&parse, &options->groups[i].settings) != 0)
			return -1;
	}
	return options->wish == WISH_FETCH ? check_journey(&parse) : 0;
}

static void
free_lists(struct option_group *group)
{
	struct settings *settings = &group->settings;
	struct setting_list *lists[] = { &group->urls,        &settings->fields,
					 &settings->data,     &settings->forms,
					 &settings->uploads,  &settings->cookies,
					 &settings->resolves, &settings->connects,
					 &settings->outputs,  &settings->url_queries };
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		free(lists[i]->items);
}

void
options_fini(struct options *options)
{
	for (size_t i = 0; i < options->group_count; i++)
		free_lists(&options->groups[i]);
	free(options->groups);
	for (size_t i = 0; i < options->file_count; i++)
		free(options->files[i]);
	free(options->files);
}
