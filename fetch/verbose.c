#include "fetch/verbose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fetch/printable.h"

#define LINE_BYTES 4096u

/* `mark words`, cut at LINE_BYTES: a field may be far longer than anyone reads. */
static void
print_line(char mark, struct span words)
{
	char line[LINE_BYTES];
	printable_text(line, sizeof line, words.at, words.bytes);
	fprintf(stderr, line[0] != '\0' ? "%c %s\n" : "%c%s\n", mark, line);
}

static void
print_words(char mark, const char *format, va_list arguments)
{
	char words[LINE_BYTES];
	vsnprintf(words, sizeof words, format, arguments);
	print_line(mark, span_from_text(words));
}

void
verbose_note(const struct verbose *verbose, const char *format, ...)
{
	if (!verbose->is_on)
		return;
	va_list arguments;
	va_start(arguments, format);
	print_words('*', format, arguments);
	va_end(arguments);
}

void
verbose_warn(const struct verbose *verbose, const char *format, ...)
{
	if (verbose->is_silent && !verbose->is_on)
		return;
	char words[LINE_BYTES], line[LINE_BYTES];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	printable_text(line, sizeof line, words, strlen(words));
	if (verbose->make_room != NULL)
		verbose->make_room(verbose->data);
	fprintf(stderr, verbose->is_on ? "* Warning: %s\n" : "cairn-fetch: warning: %s\n", line);
}

/* A terminal's history and a log are no places for passwords. */
static bool
is_secret(struct span line)
{
	return span_starts_nocase(line, SPAN("authorization:")) ||
	       span_starts_nocase(line, SPAN("proxy-authorization:"));
}

void
verbose_reply(const struct verbose *verbose, struct span lines)
{
	while (verbose->is_on && lines.bytes != 0) {
		size_t end = span_find(lines, '\n');
		struct span line = span_first(lines, end);
		lines = span_from(lines, end < lines.bytes ? end + 1 : end);
		print_line('<',
			   span_trim(span_ends(line, SPAN("\r")) ? span_first(line, line.bytes - 1)
								 : line));
	}
}

void
verbose_sent(const struct verbose *verbose, struct span head)
{
	while (verbose->is_on && head.bytes != 0) {
		size_t end = span_find(head, '\n');
		struct span line = span_first(head, end);
		head = span_from(head, end < head.bytes ? end + 1 : end);
		if (line.bytes != 0 && line.at[line.bytes - 1] == '\r')
			line.bytes--;
		if (!is_secret(line)) {
			print_line('>', line);
			continue;
		}
		line = span_first(line, span_find(line, ':'));
		fprintf(stderr, "> " SPAN_FORMAT ": (not shown)\n", SPAN_ARGUMENTS(line));
	}
}

void
verbose_received(const struct verbose *verbose, const struct head *head)
{
	if (!verbose->is_on || head->version == 9)
		return;
	char line[LINE_BYTES];
	int bytes = snprintf(line, sizeof line, "HTTP/%u.%u %03u " SPAN_FORMAT, head->version / 10,
			     head->version % 10, head->status,
			     SPAN_ARGUMENTS(span_first(head->reason, 512)));
	print_line('<', span_of(line, (size_t)bytes));
	for (size_t i = 0; i < head->fields.count; i++) {
		const struct field *field = &head->fields.at[i];
		bytes = snprintf(line, sizeof line, SPAN_FORMAT ": " SPAN_FORMAT,
				 SPAN_ARGUMENTS(span_first(field->name, 512)),
				 SPAN_ARGUMENTS(span_first(field->value, 3072)));
		print_line('<', span_of(line, (size_t)bytes));
	}
	print_line('<', (struct span){ 0 });
}

void
verbose_data(const struct verbose *verbose, char direction, size_t bytes)
{
	if (verbose->is_on && bytes != 0)
		fprintf(stderr, "%c [%zu octets]\n", direction, bytes);
}
