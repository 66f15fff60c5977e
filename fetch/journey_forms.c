#include "fetch/journey_forms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/journey/har.h"
#include "fetch/journey/name_waits.h"
#include "fetch/journey/svg.h"
#include "fetch/journey/text.h"
#include "fetch/journey_lines.h"
#include "fetch/journey_pcapng.h"
#include "fetch/new_file.h"
#include "fetch/span.h"

static const char *const names[FORMS_MAX] = {
	[FORM_TEXT] = "text",
	[FORM_JSON] = "json",
	[FORM_SVG] = "svg",
	[FORM_HTML] = "html",
	[FORM_HAR] = "har",
	[FORM_PCAPNG] = "pcapng",
};

static unsigned
form_of(struct span word)
{
	unsigned form = 0;
	while (form < FORMS_MAX && !span_is(word, names[form]))
		form++;
	return form;
}

int
journey_forms_read(unsigned *forms, const char *words, const char *path, struct failure *failure)
{
	struct span rest = span_from_text(words);

	*forms = rest.bytes == 0 ? 1u << FORM_TEXT : 0;
	while (rest.bytes > 0) {
		size_t comma = span_find(rest, ',');
		struct span word = span_first(rest, comma);
		unsigned form = form_of(word);
		if (form == FORMS_MAX) {
			failure_set(failure, FAILURE_USAGE, "--journey knows text, json, svg, html, har and pcapng, not `" SPAN_FORMAT "'",
			            SPAN_ARGUMENTS(word));
			return -1;
		}
		*forms |= 1u << form;
		rest = span_from(rest, comma < rest.bytes ? comma + 1 : comma);
	}
	if ((*forms & 1u << FORM_PCAPNG) != 0 && path == NULL) {
		failure_set(failure, FAILURE_USAGE, "--journey=pcapng needs --journey-file");
		return -1;
	}
	return 0;
}

/* ---- the forms --------------------------------------------------------------------------------------- */

static void
write_name_waits(const struct story *story, const struct journey_end *end, FILE *file)
{
	char line[JOURNEY_LINE_BYTES];
	struct name_waits waits;

	if (end->verdict.parts_us[VERDICT_NAME] == 0)
		return; /* a connection was there: nothing to look for in all events */
	name_waits_find(&waits, story, end->request);
	name_waits_text(&waits, line, sizeof line);
	if (line[0] != '\0')
		fprintf(file, "NAME   %s\n", line);
}

static void
write_text(const struct story *story, FILE *file)
{
	char line[JOURNEY_LINE_BYTES], advice[JOURNEY_TEXT_BYTES];

	journey_text_head(line, sizeof line);
	fprintf(file, "%s\n", line);
	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next) {
		journey_text_event(event, story->start_us, line, sizeof line);
		fprintf(file, "%s\n", line);
	}
	for (unsigned i = 0; i < story->end_count; i++) {
		journey_text_end(&story->ends[i], line, sizeof line);
		fprintf(file, "%s\n", line);
		if (story->ends[i].is_bad) {
			struct fault fault;
			fault_find(&fault, story, &story->ends[i]);
			journey_text_fault(&fault, line, sizeof line);
			fprintf(file, "%s\n", line);
		}
		journey_text_verdict(&story->ends[i].verdict, line, sizeof line);
		fprintf(file, "%s\n", line);
		write_name_waits(story, &story->ends[i], file);
		fault_advice(story, &story->ends[i], advice, sizeof advice);
		if (advice[0] != '\0')
			fprintf(file, "TRY    %s\n", advice);
	}
	if (story->lost_count != 0)
		fprintf(file, "(%llu events or ends had no room)\n", (unsigned long long)story->lost_count);
}

/* False: an event had no room in the buffer, and what follows would be no JSON. */
static bool
is_drained(struct json *json, FILE *file)
{
	size_t bytes;
	const char *text = json_drain(json, &bytes);
	(void)fwrite(text, 1, bytes, file);
	if (json->err != 0)
		errno = EMSGSIZE;
	return json->err == 0;
}

static int
write_json(const struct story *story, FILE *file)
{
	struct journey_lines lines;
	journey_lines_begin(&lines, file);
	return journey_lines_end(&lines, story);
}

static int
write_har(const struct story *story, FILE *file)
{
	char buffer[JSON_LINE_BYTES];
	struct json json;
	const struct journey_event *next = NULL;
	bool is_whole;

	json_init(&json, buffer, sizeof buffer);
	har_begin(&json);
	do {
		next = har_entry(&json, story, next);
		is_whole = is_drained(&json, file);
	} while (next != NULL && is_whole);
	har_end(&json);
	return is_drained(&json, file) ? 0 : -1;
}

/* Both are made in memory, and what does not fit there is no picture: errno tells. */
static int
write_picture(const struct story *story, FILE *file, bool is_page)
{
	struct ladder *ladder = malloc(sizeof *ladder);
	char *text = malloc(SVG_BYTES_MAX);
	struct markup markup;
	int result = -1;

	if (ladder != NULL && text != NULL) {
		markup_init(&markup, text, SVG_BYTES_MAX);
		if (is_page)
			html_write(&markup, story, ladder);
		else
			svg_write(&markup, story, ladder);
		errno = ENOSPC;
		if (markup.err == 0 && fwrite(markup.text, 1, markup.bytes, file) == markup.bytes)
			result = 0;
	}
	free(ladder);
	free(text);
	return result;
}

static int
write_form(enum journey_form form, const struct story *story, FILE *file)
{
	switch (form) {
	case FORM_TEXT: write_text(story, file); break;
	case FORM_JSON: return write_json(story, file);
	case FORM_HAR: return write_har(story, file);
	case FORM_SVG: return write_picture(story, file, false);
	case FORM_HTML: return write_picture(story, file, true);
	case FORM_PCAPNG:
	case FORMS_MAX: break;
	}
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------------- */

/* 0, or -1 and errno. */
static int
write_to(enum journey_form form, const struct story *story, const char *path)
{
	struct new_file file;

	if (path == NULL)
		return write_form(form, story, stderr) == 0 && ferror(stderr) == 0 && fflush(stderr) == 0 ? 0 : -1;
	if (new_file_open(&file, path, 0666) != 0)
		return -1;
	return new_file_close(&file, write_form(form, story, file.stream) == 0);
}

static int
cannot_write(const char *path, struct failure *failure)
{
	failure_set(failure, FAILURE_JOURNEY, "the journey cannot be written to %s: %s",
	            path != NULL ? path : "standard error", strerror(errno));
	return -1;
}

static int
write_file(enum journey_form form, const struct story *story, const char *path, struct failure *failure)
{
	return write_to(form, story, path) == 0 ? 0 : cannot_write(path, failure);
}

/* The lines that were begun while the run went on. */
static int
finish_lines(const struct story *story, const struct journey_packets *packets, struct failure *failure)
{
	bool is_whole = journey_lines_end(packets->lines, story) == 0;
	int err = new_file_close(packets->lines_file, is_whole);
	packets->lines_file->stream = NULL;
	return err == 0 ? 0 : cannot_write(packets->lines_file->path, failure);
}

static int
write_packets(const struct story *story, const struct journey_packets *packets, struct failure *failure)
{
	if (packets->path != NULL)
		return journey_pcapng_write(story, packets->path, packets->ahead_us, packets->secrets_fd, failure);
	failure_set(failure, FAILURE_JOURNEY, "there are no packets of a journey that is over");
	return -1;
}

static int
write_one(enum journey_form form, const struct story *story, const char *path, const struct journey_packets *packets,
          struct failure *failure)
{
	if (form == FORM_PCAPNG)
		return write_packets(story, packets, failure);
	if (form == FORM_JSON && packets->lines != NULL)
		return finish_lines(story, packets, failure);
	return write_file(form, story, path, failure);
}

void
journey_form_path(unsigned forms, enum journey_form form, const char *path, char *named, size_t named_bytes)
{
	bool is_one = (forms & (forms - 1)) == 0;
	(void)snprintf(named, named_bytes, is_one ? "%s" : "%s.%s", path, names[form]);
}

int
journey_forms_write(unsigned forms, const struct story *story, const char *path, const struct journey_packets *packets,
                    struct failure *failure)
{
	int result = 0;

	for (unsigned form = 0; form < FORMS_MAX && result == 0; form++) {
		char named[OUTPUT_PATH_BYTES];
		if ((forms & 1u << form) == 0)
			continue;
		if (path != NULL)
			journey_form_path(forms, (enum journey_form)form, path, named, sizeof named);
		result = write_one((enum journey_form)form, story, path != NULL ? named : NULL, packets, failure);
	}
	return result;
}
