#include "fetch/journey_lines.h"

#include <errno.h>
#include <limits.h>

void
journey_lines_begin(struct journey_lines *lines, FILE *stream)
{
	lines->stream = stream;
	lines->last = NULL;
	lines->error = 0;
	(void)setvbuf(stream, NULL, _IONBF, 0); /* a batch is one write */
	ndjson_templates_init(&lines->templates);
	json_init(&lines->json, lines->buffer, sizeof lines->buffer);
}

/* A line that has no room in the buffer is an error: what follows would be no JSON. */
static void
drain(struct journey_lines *lines)
{
	size_t bytes;
	const char *text = json_drain(&lines->json, &bytes);

	if (lines->error == 0 && lines->json.err != 0)
		lines->error = EMSGSIZE;
	else if (lines->error == 0 && fwrite(text, 1, bytes, lines->stream) != bytes)
		lines->error = errno;
}

static void
drain_batch(struct journey_lines *lines)
{
	if (lines->json.err != 0 || lines->json.used >= JSON_BATCH_BYTES)
		drain(lines);
}

void
journey_lines_more(struct journey_lines *lines, const struct journey *journey, uint64_t start_us, unsigned count_max)
{
	const struct journey_event *event = lines->last != NULL ? lines->last->next : journey->first;

	for (; event != NULL && count_max > 0 && lines->error == 0; event = event->next, count_max--) {
		ndjson_event(&lines->json, &lines->templates, event, start_us);
		lines->last = event;
		drain_batch(lines);
	}
}

void
journey_lines_all(struct journey_lines *lines, const struct story *story)
{
	journey_lines_more(lines, story->journey, story->start_us, UINT_MAX);
	for (unsigned i = 0; i < story->end_count && lines->error == 0; i++) {
		ndjson_end(&lines->json, &lines->templates, story, &story->ends[i]);
		drain_batch(lines);
	}
}

void
journey_lines_forgot(struct journey_lines *lines, const struct journey *journey)
{
	lines->last = journey->last;
}

int
journey_lines_end(struct journey_lines *lines, const struct story *story)
{
	journey_lines_all(lines, story);
	drain(lines);
	errno = lines->error;
	return lines->error == 0 ? 0 : -1;
}
