#include "fetch/journey/read.h"

#include <ctype.h>
#include <string.h>

#include "fetch/json_read.h"
#include "fetch/printable.h"

#define LINE_ARENA_BYTES 65536u

struct line {
	struct journey_event event;
	struct journey_field fields[JOURNEY_FIELDS_MAX];
	const char *what, *layer;
	uint64_t total_us, floor_us, floor_rounds, round_us, started_us;
	const char *url, *result, *largest;
	struct span parts;
	int err; /* sticks */
};

static uint64_t
number_of(struct line *line, struct span text)
{
	uint64_t number = 0;
	if (!span_to_number(text, READ_NUMBER_MAX, &number))
		line->err = ERR_MALFORMED;
	return number;
}

/* Never NULL. */
static const char *
text_of(struct line *line, struct arena *arena, struct span span)
{
	const char *text = arena_printf(arena, SPAN_FORMAT, SPAN_ARGUMENTS(span));
	if (text != NULL)
		return text;
	line->err = ERR_NO_MEMORY;
	return "";
}

/* As the names of all events and fields are. */
static bool
is_word(struct span name)
{
	for (size_t i = 0; i < name.bytes; i++)
		if (!isalnum((unsigned char)name.at[i]) && name.at[i] != '_' && name.at[i] != '-')
			return false;
	return name.bytes > 0 && name.bytes <= READ_NAME_BYTES_MAX;
}

static void
add_field(struct line *line, struct arena *arena, const struct json_member *member)
{
	if (line->event.field_count == JOURNEY_FIELDS_MAX || !is_word(member->key) ||
	    (member->kind != JSON_STRING && member->kind != JSON_NUMBER))
		return;
	struct journey_field *field = &line->fields[line->event.field_count++];
	field->name = text_of(line, arena, member->key);
	if (member->kind == JSON_STRING)
		field->text = text_of(line, arena, member->value);
	else
		field->number = number_of(line, member->value);
}

/* Members of a verdict alone; false: it is none of them. */
static bool
take_verdict(struct line *line, struct arena *arena, const struct json_member *member)
{
	static const struct {
		const char *key;
		size_t at;
	} numbers[] = {
		{ "total_us", offsetof(struct line, total_us) },
		{ "floor_us", offsetof(struct line, floor_us) },
		{ "floor_rounds", offsetof(struct line, floor_rounds) },
		{ "round_us", offsetof(struct line, round_us) },
		{ "started_us", offsetof(struct line, started_us) },
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (span_is(member->key, numbers[i].key)) {
			memcpy((char *)line + numbers[i].at, &(uint64_t){ number_of(line, member->value) }, sizeof(uint64_t));
			return true;
		}
	}
	if (span_is(member->key, "parts_us"))
		line->parts = member->value;
	else if (span_is(member->key, "url"))
		line->url = text_of(line, arena, member->value);
	else if (span_is(member->key, "result"))
		line->result = text_of(line, arena, member->value);
	else if (span_is(member->key, "largest"))
		line->largest = text_of(line, arena, member->value);
	else
		return false;
	return true;
}

static void
take_member(struct line *line, struct arena *arena, const struct json_member *member)
{
	struct journey_event *event = &line->event;
	if (span_is(member->key, "i"))
		event->id = (uint32_t)number_of(line, member->value);
	else if (span_is(member->key, "p"))
		event->cause = (uint32_t)number_of(line, member->value);
	else if (span_is(member->key, "t"))
		event->at_us = number_of(line, member->value);
	else if (span_is(member->key, "r"))
		event->request = (uint32_t)number_of(line, member->value);
	else if (span_is(member->key, "c"))
		event->connection = (uint32_t)number_of(line, member->value);
	else if (span_is(member->key, "l"))
		line->layer = text_of(line, arena, member->value);
	else if (span_is(member->key, "e"))
		event->name = text_of(line, arena, member->value);
	else if (span_is(member->key, "what"))
		line->what = text_of(line, arena, member->value);
	else if (span_is(member->key, "bad"))
		event->is_bad = span_is(member->value, "true");
	else if (!take_verdict(line, arena, member))
		add_field(line, arena, member);
}

/* They sum to the total, as verdict.h has it: shares of it are told. */
static int
read_parts(struct verdict *verdict, struct line *line, struct arena *arena)
{
	struct json_reader reader;
	struct json_member member;
	uint64_t sum_us = 0;
	int more = 0;

	json_read_init(&reader, line->parts, arena);
	while (line->parts.bytes != 0 && (more = json_read_next(&reader, &member)) > 0)
		for (unsigned part = 0; part < VERDICT_PARTS; part++)
			if (span_is(member.key, verdict_part_name((enum verdict_part)part)))
				verdict->parts_us[part] = number_of(line, member.value);
	for (unsigned part = 0; part < VERDICT_PARTS; part++)
		sum_us += verdict->parts_us[part];
	if (more < 0)
		return more;
	return sum_us == verdict->total_us ? line->err : ERR_MALFORMED;
}

/* Others wrote the file: what it says of an end is as safe for a terminal as what a transfer of ours would say. */
static const char *
keep_printable(struct arena *arena, const char *text)
{
	char safe[JOURNEY_TEXT_BYTES];
	if (text == NULL)
		return "";
	(void)printable_text(safe, sizeof safe, text, strlen(text));
	return arena_printf(arena, "%s", safe);
}

static int
keep_end(struct journey_read *read, struct line *line, struct arena *scratch)
{
	struct arena *arena = &read->journey.arena;
	if (read->end_count == READ_ENDS_MAX) {
		read->lost_count++;
		return 0;
	}
	struct journey_end *end = &read->ends[read->end_count++];
	read->wall_us = line->started_us;
	*end = (struct journey_end){
		.request = line->event.request,
		.url = keep_printable(arena, line->url),
		.result = keep_printable(arena, line->result),
		.is_bad = line->event.is_bad,
		.verdict = { .total_us = line->total_us, .floor_us = line->floor_us,
		             .floor_rounds = (unsigned)line->floor_rounds, .round_us = line->round_us },
	};
	for (unsigned i = 0; i < line->event.field_count; i++)
		if (strcmp(line->fields[i].name, "octets") == 0)
			end->octets = line->fields[i].number;
	for (unsigned part = 0; line->largest != NULL && part < VERDICT_PARTS; part++)
		if (strcmp(line->largest, verdict_part_name((enum verdict_part)part)) == 0)
			end->verdict.largest = (enum verdict_part)part;
	if (end->url == NULL || end->result == NULL)
		return ERR_NO_MEMORY;
	return read_parts(&end->verdict, line, scratch);
}

/* journey_tell copies what is said and not the names, which are words of its teller. */
static bool
keep_names(struct line *line, struct arena *arena)
{
	line->event.name = arena_printf(arena, "%s", line->event.name);
	for (unsigned i = 0; i < line->event.field_count; i++) {
		line->fields[i].name = arena_printf(arena, "%s", line->fields[i].name);
		if (line->fields[i].name == NULL)
			return false;
	}
	return line->event.name != NULL;
}

static int
keep_event(struct journey_read *read, struct line *line)
{
	struct journey *journey = &read->journey;
	int layer = JOURNEY_URL;

	while (layer <= JOURNEY_PATH && strcmp(journey_layer_name((enum journey_layer)layer), line->layer) != 0)
		layer++;
	if (layer > JOURNEY_PATH || line->event.id <= journey->event_count)
		return ERR_MALFORMED;
	line->event.layer = (enum journey_layer)layer;
	line->event.is_end = (layer == JOURNEY_HTTP && strcmp(line->event.name, "end") == 0) ||
			     (layer == JOURNEY_OUT && strcmp(line->event.name, "failed") == 0);
	if (!keep_names(line, &journey->arena))
		return ERR_NO_MEMORY;
	line->event.fields = line->fields;
	journey->event_count = line->event.id - 1; /* ids are kept, also where some are missing */
	(void)journey_tell(journey, &line->event, "%s", line->what);
	return 0;
}

static int
read_line(struct journey_read *read, struct span text)
{
	uint8_t block[LINE_ARENA_BYTES];
	struct arena arena;
	struct json_reader reader;
	struct json_member member;
	struct line line = { 0 };
	int more;

	arena_init(&arena, block, sizeof block);
	json_read_init(&reader, text, &arena);
	while ((more = json_read_next(&reader, &member)) > 0)
		take_member(&line, &arena, &member);
	if (more < 0 || line.err != 0)
		return more < 0 ? more : line.err;
	if (line.layer == NULL || line.event.name == NULL || !is_word(span_from_text(line.event.name)))
		return ERR_MALFORMED;
	if (strcmp(line.event.name, "verdict") == 0)
		return keep_end(read, &line, &arena);
	return line.what != NULL ? keep_event(read, &line) : ERR_MALFORMED;
}

int
journey_read(struct journey_read *read, struct span text, void *block, size_t block_bytes)
{
	int err = 0;

	*read = (struct journey_read){ 0 };
	journey_init(&read->journey, block, block_bytes);
	while (text.bytes > 0 && err == 0) {
		size_t end = span_find(text, '\n');
		read->line++;
		err = read_line(read, span_first(text, end));
		text = span_from(text, end < text.bytes ? end + 1 : end);
	}
	return err;
}

struct story
journey_read_story(const struct journey_read *read)
{
	return (struct story){ .journey = &read->journey, .wall_us = read->wall_us, .ends = read->ends, .end_count = read->end_count,
		               .lost_count = read->lost_count + read->journey.lost_count };
}
