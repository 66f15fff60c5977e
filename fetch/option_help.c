/* option_help.c - what the table of options says to people and to shells (option_table.h). */
#include "fetch/option_table.h"

#include <string.h>

#define HELP_COLUMN 34

static void
print_row(FILE *out, const struct option_row *row)
{
	char left[64], letter[5] = "";
	if (row->letter != '\0')
		snprintf(letter, sizeof letter, "-%c,", row->letter);
	snprintf(left, sizeof left, "%4s --%s%s%s", letter, row->name,
		 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
	fprintf(out, " %-*s %s\n", HELP_COLUMN, left, row->help);
}

static void
print_rows(FILE *out, bool (*is_wanted)(const struct option_row *row, int wanted), int wanted)
{
	for (size_t i = 0; i < option_count; i++) {
		if (is_wanted(&option_table[i], wanted))
			print_row(out, &option_table[i]);
	}
}

static bool
is_important(const struct option_row *row, int unused)
{
	(void)unused;
	return row->is_important;
}

static bool
is_any(const struct option_row *row, int unused)
{
	(void)row, (void)unused;
	return true;
}

static bool
is_of_category(const struct option_row *row, int category)
{
	return (int)row->category == category;
}

static const struct option_row *
option_from_topic(const char *topic)
{
	if (strncmp(topic, "--", 2) == 0)
		topic += 2;
	else if (topic[0] == '-' && topic[1] != '\0' && topic[2] == '\0')
		return option_by_letter(topic[1]);
	return option_by_name(topic, strlen(topic));
}

static void
print_categories(FILE *out)
{
	for (int i = 0; i < CATEGORY_COUNT; i++)
		fprintf(out, " %s\n", option_category_name((enum option_category)i));
}

bool
option_help(FILE *out, const char *topic)
{
	if (topic == NULL) {
		fputs("Usage: cairn-fetch [options...] URL...\n", out);
		print_rows(out, is_important, 0);
		fputs("These are the most used ones. --help all lists every option, --help "
		      "category the\n"
		      "categories, --help OPTION one option; cairn-fetch(1) explains them.\n",
		      out);
		return true;
	}
	if (strcmp(topic, "all") == 0) {
		print_rows(out, is_any, 0);
		return true;
	}
	if (strcmp(topic, "category") == 0) {
		print_categories(out);
		return true;
	}
	for (int i = 0; i < CATEGORY_COUNT; i++) {
		if (strcmp(topic, option_category_name((enum option_category)i)) == 0) {
			print_rows(out, is_of_category, i);
			return true;
		}
	}
	const struct option_row *row = option_from_topic(topic);
	if (row != NULL)
		print_row(out, row);
	return row != NULL;
}

static bool
is_file(const struct option_row *row)
{
	return row->argument != NULL && strcmp(row->argument, "FILE") == 0;
}

static bool
is_directory(const struct option_row *row)
{
	return row->argument != NULL && strcmp(row->argument, "DIR") == 0;
}

static void
print_names(FILE *out, bool (*is_wanted)(const struct option_row *row), const char *separator)
{
	const char *before = "";
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		if (!is_wanted(row))
			continue;
		fprintf(out, "%s--%s", before, row->name);
		before = separator;
		if (row->letter != '\0')
			fprintf(out, "%s-%c", separator, row->letter);
	}
}

static bool
takes_other(const struct option_row *row)
{
	return row->argument != NULL && !is_file(row) && !is_directory(row);
}

static bool
takes_any_or_none(const struct option_row *row)
{
	return row->name != NULL;
}

static void
complete_bash(FILE *out)
{
	fputs("_cairn_fetch() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tcase $before in\n\t",
	      out);
	print_names(out, is_file, "|");
	fputs(") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n\t", out);
	print_names(out, is_directory, "|");
	fputs(") COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n\t", out);
	print_names(out, takes_other, "|");
	fputs(") return ;;\n\tesac\n\tCOMPREPLY=($(compgen -W '", out);
	print_names(out, takes_any_or_none, " ");
	fputs("' -- \"$word\"))\n}\ncomplete -F _cairn_fetch cairn-fetch\n", out);
}

/* Text between single quotes of a shell; zsh gives [ ] and : a meaning of their own inside. */
static void
print_quoted(FILE *out, const char *text, const char *escaped)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(escaped, *text) != NULL)
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void
complete_zsh_row(FILE *out, const struct option_row *row, const char *dashes, const char *name,
		 int name_bytes)
{
	fprintf(out, "\t'*%s%.*s%s[", dashes, name_bytes, name,
		row->argument != NULL && dashes[1] != '\0' ? "=" : "");
	print_quoted(out, row->help, "[]:\\");
	fputc(']', out);
	if (row->argument != NULL) {
		fputc(':', out);
		print_quoted(out, row->argument, "[]:\\");
		fputs(is_file(row) ? ":_files" : is_directory(row) ? ":_files -/" : ": ", out);
	}
	fputs("' \\\n", out);
}

static void
complete_zsh(FILE *out)
{
	fputs("#compdef cairn-fetch\n_arguments -s -S \\\n", out);
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		complete_zsh_row(out, row, "--", row->name, (int)strlen(row->name));
		if (row->letter != '\0' && row->letter != ':')
			complete_zsh_row(out, row, "-", &row->letter, 1);
	}
	fputs("\t'*:URL:_urls'\n", out);
}

static void
complete_fish(FILE *out)
{
	fputs("complete -c cairn-fetch -f\n", out);
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		fprintf(out, "complete -c cairn-fetch -l %s", row->name);
		if (row->letter != '\0')
			fprintf(out, " -s '%c'", row->letter);
		fputs(is_file(row) || is_directory(row) ? " -r -F"
		      : row->argument != NULL           ? " -x"
							: "",
		      out);
		fputs(" -d '", out);
		print_quoted(out, row->help, "\\");
		fputs("'\n", out);
	}
}

bool
option_completion(FILE *out, const char *shell)
{
	static const struct {
		const char *shell;
		void (*complete)(FILE *out);
	} shells[] = { { "bash", complete_bash },
		       { "zsh", complete_zsh },
		       { "fish", complete_fish } };

	for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
		if (strcmp(shell, shells[i].shell) == 0) {
			shells[i].complete(out);
			return true;
		}
	}
	return false;
}
