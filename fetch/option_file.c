/* option_file.c - configuration files, and those of header fields (options.h). */
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
	int err = 0;
	if (text == NULL)
		return NULL;
	size_t bytes = fread(text, 1, OPTIONS_FILE_BYTES_MAX + 1, in);
	if (ferror(in))
		err = errno;
	else if (bytes > OPTIONS_FILE_BYTES_MAX)
		err = EFBIG;
	else if (memchr(text, '\0', bytes) != NULL)
		err = EILSEQ; /* what follows it would be lost */
	if (err != 0) {
		free(text);
		errno = err;
		return NULL;
	}
	text[bytes] = '\0';
	char *fitting = realloc(text, bytes + 1);
	return fitting != NULL ? fitting : text;
}

/* `-' is standard input. */
static char *
read_path(const char *path)
{
	if (strcmp(path, "-") == 0)
		return read_whole(stdin);
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return NULL;
	char *text = read_whole(in);
	int err = errno;
	fclose(in);
	errno = err;
	return text;
}

static int
keep_file(struct options_parse *parse, char *text)
{
	struct options *options = parse->options;
	char **files = reallocarray(options->files, options->file_count + 1, sizeof *files);
	if (files == NULL) {
		free(text);
		failure_set(parse->failure, FAILURE_MEMORY, "no memory for the files of options");
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
	if (parse->depth == OPTIONS_DEPTH_MAX)
		return options__fail(parse, "configuration files name each other more than %u deep",
				     OPTIONS_DEPTH_MAX);

	char *text = read_path(path);
	if (text == NULL && may_be_missing && (errno == ENOENT || errno == ENOTDIR || errno == EISDIR))
		return 0;
	if (text == NULL)
		return options__fail(parse, "configuration file %s: %s", path, strerror(errno));
	if (keep_file(parse, text) != 0)
		return -1;
	return read_lines(parse, path, text);
}

int
options__add_lines(struct options_parse *parse, struct setting_list *list, const char *path, int kind)
{
	char *text = read_path(path);
	if (text == NULL) {
		failure_set(parse->failure, FAILURE_READ, "%s: cannot be read: %s", path, strerror(errno));
		return -1;
	}
	if (keep_file(parse, text) != 0)
		return -1;
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		size_t bytes = strlen(line);
		if (bytes != 0 && line[bytes - 1] == '\r')
			line[--bytes] = '\0';
		if (bytes != 0 && options__add(parse, list, line, kind) != 0)
			return -1;
	}
	return 0;
}
