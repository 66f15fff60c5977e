/* option_file.c - configuration files (options.h). */
#include "fetch/options_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

/* The whole file, terminated; NULL and errno. */
static char *
read_whole(FILE *in)
{
	char *text = malloc(OPTIONS_FILE_BYTES_MAX + 1);
	if (text == NULL)
		return NULL;
	size_t bytes = fread(text, 1, OPTIONS_FILE_BYTES_MAX + 1, in);
	if (ferror(in) || bytes > OPTIONS_FILE_BYTES_MAX) {
		int err = ferror(in) ? errno : EFBIG;
		free(text);
		errno = err;
		return NULL;
	}
	text[bytes] = '\0';
	char *fitting = realloc(text, bytes + 1);
	return fitting != NULL ? fitting : text;
}

static int
keep_file(struct options_parse *parse, char *text)
{
	struct options *options = parse->options;
	char **files = reallocarray(options->files, options->file_count + 1, sizeof *files);
	if (files == NULL) {
		free(text);
		failure_set(parse->failure, FAILURE_MEMORY, "no memory for the configuration file");
		return -1;
	}
	files[options->file_count++] = text;
	options->files = files;
	return 0;
}

static char
unescaped(char letter)
{
	switch (letter) {
	case 't': return '\t';
	case 'n': return '\n';
	case 'r': return '\r';
	case 'v': return '\v';
	}
	return letter;
}

/* A quoted value, in its own place; NULL if it does not end. */
static char *
unquote(char *quoted)
{
	char *to = quoted;
	for (char *from = quoted + 1; *from != '\0'; from++) {
		if (*from == '"') {
			*to = '\0';
			return quoted;
		}
		if (*from == '\\' && from[1] != '\0')
			*to++ = unescaped(*++from);
		else
			*to++ = *from;
	}
	return NULL;
}

/* Splits `name = value`; *value NULL when there is none. */
static int
split(struct options_parse *parse, char *line, char **name, char **value)
{
	line += strspn(line, BLANKS);
	*name = line;
	char *end = line + strcspn(line, BLANKS "=:");
	/* The letter of --next is a colon. */
	if (end == line + 1 && line[0] == '-' && *end == ':')
		end++;
	char *at = end + strspn(end, BLANKS);
	if (*at == '=' || *at == ':')
		at += 1 + strspn(at + 1, BLANKS);
	bool has_value = *at != '\0' && at != end;
	*end = '\0';
	*value = has_value ? at : NULL;
	if (!has_value)
		return 0;
	if (*at != '"') {
		at[strcspn(at, BLANKS)] = '\0';
		return 0;
	}
	*value = unquote(at);
	return *value != NULL
		       ? 0
		       : options__fail(parse, "the quoted value of `%s' does not end", *name);
}

static int
read_line(struct options_parse *parse, char *line)
{
	char *name, *value;
	bool used_value = false;
	int err;

	line[strcspn(line, "\r")] = '\0';
	line += strspn(line, BLANKS);
	if (*line == '\0' || *line == '#')
		return 0;
	if (split(parse, line, &name, &value) != 0)
		return -1;
	if (name[0] == '-')
		err = options__word(parse, name, value, &used_value);
	else
		err = options__long(parse, name, value, &used_value);
	if (err == 0 && value != NULL && !used_value)
		return options__fail(parse, "option `%s' takes no value", name);
	return err;
}

static int
read_lines(struct options_parse *outer, const char *path, char *text)
{
	struct options_parse parse = { .options = outer->options,
				       .failure = outer->failure,
				       .file = path,
				       .depth = outer->depth + 1 };
	for (char *line = text; line != NULL;) {
		char *end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		parse.line++;
		if (read_line(&parse, line) != 0)
			return -1;
		line = end;
	}
	return 0;
}

int
options__file(struct options_parse *parse, const char *path, bool may_be_missing)
{
	bool is_stdin = strcmp(path, "-") == 0;
	if (parse->depth == OPTIONS_DEPTH_MAX)
		return options__fail(parse, "configuration files name each other more than %u deep",
				     OPTIONS_DEPTH_MAX);

	FILE *in = is_stdin ? stdin : fopen(path, "re");
	if (in == NULL && may_be_missing && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	char *text = in != NULL ? read_whole(in) : NULL;
	int reason = errno;
	if (in != NULL && !is_stdin)
		fclose(in);
	if (text == NULL) {
		if (may_be_missing && reason == EISDIR)
			return 0;
		return options__fail(parse, "configuration file %s: %s", path, strerror(reason));
	}
	if (keep_file(parse, text) != 0)
		return -1;
	return read_lines(parse, path, text);
}
