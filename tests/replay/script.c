#include "tests/replay/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/replay/entry.h"
#include "tests/replay/lines.h"

static bool
fail(struct script *script, unsigned line, const char *what, const char *word)
{
	(void)snprintf(script->error, sizeof script->error, "line %u: %s `%.200s`", line, what, word);
	return false;
}

static char *
slurp(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file != NULL ? calloc(1, SCRIPT_BYTES_MAX + 1) : NULL;
	size_t size = text != NULL ? fread(text, 1, SCRIPT_BYTES_MAX + 1, file) : 0;

	if (file != NULL)
		(void)fclose(file);
	if (size <= SCRIPT_BYTES_MAX)
		return text;
	free(text);
	return NULL;
}

/* The lines up to one that begins with `end`, joined; allocated. */
static char *
read_body(struct lines *lines, const char *end)
{
	const char *rest;
	char *line, *body = NULL;
	size_t size;
	FILE *out = open_memstream(&body, &size);

	while (out != NULL && (line = lines_next(lines)) != NULL && !line_begins(line, end, &rest))
		(void)fprintf(out, "%s\n", line);
	if (out != NULL)
		(void)fclose(out);
	return body;
}

/* ---- the configuration ---------------------------------------------------------------------------------- */

static bool
add_tempfile(struct script *script, struct lines *lines, const char *name, bool is_autotrust)
{
	struct tempfile *file = &script->tempfiles[script->tempfile_count];

	if (script->tempfile_count == SCRIPT_TEMPFILES_MAX || line_word(name, file->name, sizeof file->name) == NULL)
		return fail(script, lines->line, "one file too many", name);
	file->is_autotrust = is_autotrust;
	file->text = read_body(lines, is_autotrust ? "AUTOTRUST_END" : "TEMPFILE_END");
	script->tempfile_count++;
	return file->text != NULL;
}

/* What stands in the configuration for a file is `@NAME`; config.c knows where it lies. */
static bool
read_config(struct script *script, struct lines *lines)
{
	const char *rest;
	char *line;
	size_t size;
	FILE *out = open_memstream(&script->config, &size);
	bool is_right = out != NULL;

	while (is_right) {
		line = lines_next(lines);
		if (line == NULL)
			is_right = fail(script, lines->line, "the file ends before", "CONFIG_END");
		else if (line_begins(line, "CONFIG_END", &rest))
			break;
		else if (line_begins(line, "COMMANDLINE", &rest))
			continue; /* of the program, not of what it serves */
		else if (line_begins(line, "AUTOTRUST_FILE", &rest))
			is_right = add_tempfile(script, lines, rest, true);
		else if (line_begins(line, "TEMPFILE_CONTENTS", &rest))
			is_right = add_tempfile(script, lines, rest, false);
		else if (line_begins(line, "TEMPFILE_NAME", &rest))
			(void)fprintf(out, "\t\"@%s\"\n", rest);
		else
			(void)fprintf(out, "%s\n", line);
	}
	if (out != NULL)
		(void)fclose(out);
	return is_right;
}

/* ---- ranges ----------------------------------------------------------------------------------------------- */

static bool
add_addr(struct script *script, struct range *range, const char *text, unsigned line)
{
	char word[SCRIPT_WORD_BYTES];

	if (line_word(text, word, sizeof word) == NULL || range->addr_count == 8 ||
	    addr_from_text(&range->addrs[range->addr_count], word) != 0)
		return fail(script, line, "no address", text);
	range->addr_count++;
	range->has_addr = true;
	return true;
}

static bool
read_range(struct script *script, struct lines *lines, const char *numbers)
{
	struct range *range = &script->ranges[script->range_count];
	struct entry **tail = &range->entries;
	const char *rest;
	char *line;

	if (script->range_count == SCRIPT_RANGES_MAX || sscanf(numbers, "%u %u", &range->first, &range->last) != 2)
		return fail(script, lines->line, "no range", numbers);
	script->range_count++;
	while ((line = lines_next(lines)) != NULL) {
		if (line_is_empty(line))
			continue;
		if (line_begins(line, "RANGE_END", &rest))
			return true;
		if (line_begins(line, "ADDRESS", &rest)) {
			if (!add_addr(script, range, rest, lines->line))
				return false;
		} else if (line_begins(line, "ENTRY_BEGIN", &rest)) {
			*tail = entry_read(script, lines);
			if (*tail == NULL)
				return false;
			tail = &(*tail)->next;
		} else {
			return fail(script, lines->line, "not part of a range:", line);
		}
	}
	return fail(script, lines->line, "the file ends before", "RANGE_END");
}

/* ---- steps ------------------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum step_kind kind;
} kinds[] = {
	{ "NOTHING", STEP_NOTHING }, { "QUERY", STEP_QUERY }, { "CHECK_ANSWER", STEP_CHECK_ANSWER },
	{ "CHECK_OUT_QUERY", STEP_CHECK_OUT_QUERY }, { "REPLY", STEP_REPLY }, { "TIMEOUT", STEP_TIMEOUT },
	{ "ERROR", STEP_ERROR }, { "TIME_PASSES", STEP_TIME_PASSES }, { "TRAFFIC", STEP_TRAFFIC },
	{ "ASSIGN", STEP_ASSIGN }, { "CHECK_AUTOTRUST", STEP_CHECK_AUTOTRUST },
	{ "CHECK_TEMPFILE", STEP_CHECK_TEMPFILE }, { "INFRA_RTT", STEP_INFRA_RTT },
};

static bool
find_kind(const char *word, enum step_kind *kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].word, word) == 0) {
			*kind = kinds[i].kind;
			return true;
		}
	}
	return false;
}

static bool
has_entry(enum step_kind kind)
{
	return kind == STEP_QUERY || kind == STEP_CHECK_ANSWER || kind == STEP_CHECK_OUT_QUERY || kind == STEP_REPLY;
}

static bool
read_step_entry(struct script *script, struct lines *lines, struct step *step)
{
	const char *rest;
	char *line;

	while ((line = lines_next(lines)) != NULL) {
		if (line_is_empty(line))
			continue;
		if (!line_begins(line, "ENTRY_BEGIN", &rest))
			return fail(script, lines->line, "an entry is expected, not", line);
		step->entry = entry_read(script, lines);
		return step->entry != NULL;
	}
	return fail(script, lines->line, "the file ends before", "ENTRY_BEGIN");
}

static bool
read_step_file(struct script *script, struct lines *lines, struct step *step)
{
	const char *line, *rest;

	do {
		line = lines_next(lines);
	} while (line != NULL && line_is_empty(line));
	if (line == NULL || !line_begins(line, "FILE_BEGIN", &rest))
		return fail(script, lines->line, "no FILE_BEGIN behind", step->text);
	step->body = read_body(lines, "FILE_END");
	return step->body != NULL;
}

static bool
read_step(struct script *script, struct lines *lines, const char *rest)
{
	struct step *step = &script->steps[script->step_count];
	char word[SCRIPT_WORD_BYTES];
	int used = 0;

	if (script->step_count == SCRIPT_STEPS_MAX || sscanf(rest, "%u%n", &step->number, &used) != 1)
		return fail(script, lines->line, "no step", rest);
	rest = line_word(rest + used, word, sizeof word);
	if (rest == NULL || !find_kind(word, &step->kind))
		return fail(script, lines->line, "no such step:", word);
	script->step_count++;
	step->line = lines->line;
	step->text = line_skip(rest);
	if (line_begins(step->text, "ADDRESS", &rest)) {
		step->has_addr = line_word(rest, word, sizeof word) != NULL && addr_from_text(&step->addr, word) == 0;
		if (!step->has_addr)
			return fail(script, lines->line, "no address", step->text);
	}
	if (has_entry(step->kind))
		return read_step_entry(script, lines, step);
	if (step->kind == STEP_CHECK_AUTOTRUST || step->kind == STEP_CHECK_TEMPFILE)
		return read_step_file(script, lines, step);
	return true;
}

static bool
read_scenario(struct script *script, struct lines *lines)
{
	const char *rest;
	char *line;

	while ((line = lines_next(lines)) != NULL) {
		bool is_right = true;
		if (line_is_empty(line) || line_begins(line, "SCENARIO_BEGIN", &rest) ||
		    line_begins(line, "RANGE_END", &rest)) /* once too often in some files */
			continue;
		if (line_begins(line, "SCENARIO_END", &rest))
			return true;
		if (line_begins(line, "RANGE_BEGIN", &rest))
			is_right = read_range(script, lines, rest);
		else if (line_begins(line, "STEP", &rest))
			is_right = read_step(script, lines, rest);
		else
			is_right = fail(script, lines->line, "not part of a scenario:", line);
		if (!is_right)
			return false;
	}
	return fail(script, lines->line, "the file ends before", "SCENARIO_END");
}

bool
script_load(struct script *script, const char *path)
{
	*script = (struct script){ .text = slurp(path) };
	if (script->text == NULL)
		return fail(script, 0, "cannot be read, or is too large:", path);
	struct lines lines = { .at = script->text };
	return read_config(script, &lines) && read_scenario(script, &lines);
}

void
script_free(struct script *script)
{
	for (unsigned i = 0; i < script->entry_count; i++)
		entry_free(script->entries[i]);
	for (unsigned i = 0; i < script->tempfile_count; i++)
		free((char *)script->tempfiles[i].text);
	for (unsigned i = 0; i < script->step_count; i++)
		free((char *)script->steps[i].body);
	free(script->config);
	free(script->text);
}
