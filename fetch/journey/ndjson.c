#include "fetch/journey/ndjson.h"

#include <assert.h>
#include <string.h>

#include "fetch/journey/fault.h"
#include "fetch/journey/name_waits.h"
#include "fetch/plain.h"

enum { EVENT_ID, EVENT_CAUSE, EVENT_TIME, EVENT_REQUEST, EVENT_CONNECTION, EVENT_WHAT, EVENT_FIELDS };
enum { END_REQUEST, END_URL, END_RESULT, END_BAD, END_OCTETS, END_TOTAL, END_LARGEST, END_ROUNDS, END_ROUND, END_FLOOR, END_TRY,
       END_PARTS };

void
ndjson_templates_init(struct ndjson_templates *templates)
{
	templates->event_count = 0;
	templates->has_end = false;
}

/* ---- put together ------------------------------------------------------------------------------------ */

/* `key` with what stands around it. */
static void
add_member(struct json_template *line, const char *key, unsigned value)
{
	json_template_add(line, key);
	json_template_add_value(line, value, true);
}

static void
add_word(struct json_template *line, const char *key, const char *word)
{
	json_template_add(line, key);
	json_template_add(line, word);
	json_template_add(line, "\"");
}

static unsigned
field_index(const struct journey_event *event, const char *name, size_t name_bytes)
{
	for (unsigned i = 0; i < event->field_count; i++)
		if (strncmp(event->fields[i].name, name, name_bytes) == 0 && event->fields[i].name[name_bytes] == '\0')
			return i;
	assert(!"a pattern names fields of its event");
	return 0;
}

/* The pattern is plain itself: it can stand in a string. */
static void
add_sentence(struct ndjson_template *template, const struct journey_event *event)
{
	json_template_add(&template->line, ",\"what\":\"");
	for (const char *rest = event->what;; rest++) {
		const size_t bytes = strcspn(rest, "{");
		json_template_add_bytes(&template->line, rest, bytes);
		template->said_bytes += bytes;
		rest += bytes;
		if (*rest == '\0')
			break;
		const size_t name_bytes = strcspn(++rest, "}");
		const unsigned field = field_index(event, rest, name_bytes);
		json_template_add_value(&template->line, EVENT_FIELDS + field, false);
		template->said[field]++;
		rest += name_bytes;
	}
	json_template_add(&template->line, "\"");
}

static void
add_field(struct json_template *line, const struct journey_event *event, unsigned field)
{
	json_template_add(line, ",\"");
	json_template_add(line, event->fields[field].name);
	add_member(line, "\":", EVENT_FIELDS + field);
}

/* Its sentence is put together by the template, or by who writes it. */
static void
make_event(struct ndjson_template *template, const struct journey_event *event, bool has_sentence)
{
	struct json_template *line = &template->line;

	template->pattern = event->what;
	template->is_bad = event->is_bad;
	template->has_connection = event->connection != 0;
	memset(template->said, 0, sizeof template->said);
	template->said_bytes = 0;
	json_template_begin(line);
	add_member(line, "{\"i\":", EVENT_ID);
	add_member(line, ",\"p\":", EVENT_CAUSE);
	add_member(line, ",\"t\":", EVENT_TIME);
	add_word(line, ",\"l\":\"", journey_layer_name(event->layer));
	add_word(line, ",\"e\":\"", event->name);
	add_member(line, ",\"r\":", EVENT_REQUEST);
	if (template->has_connection)
		add_member(line, ",\"c\":", EVENT_CONNECTION);
	if (has_sentence)
		add_sentence(template, event);
	else
		add_member(line, ",\"what\":", EVENT_WHAT);
	json_template_add(line, event->is_bad ? ",\"bad\":true" : ",\"bad\":false");
	for (unsigned i = 0; i < event->field_count; i++)
		add_field(line, event, i);
	json_template_add(line, "}\n");
}

/* What every end has, of an object that is open. */
static void
make_end(struct json_template *line, uint64_t wall_us)
{
	char started_us[JSON_DIGITS_MAX];

	json_template_begin(line);
	add_member(line, "\"l\":\"policy\",\"e\":\"verdict\",\"r\":", END_REQUEST);
	json_template_add(line, ",\"started_us\":");
	json_template_add_bytes(line, started_us, (size_t)(json__digits(started_us, wall_us) - started_us));
	add_member(line, ",\"url\":", END_URL);
	add_member(line, ",\"result\":", END_RESULT);
	json_template_add(line, ",\"bad\":");
	json_template_add_value(line, END_BAD, false);
	add_member(line, ",\"octets\":", END_OCTETS);
	add_member(line, ",\"total_us\":", END_TOTAL);
	for (unsigned part = 0; part < VERDICT_PARTS; part++) {
		add_word(line, part == 0 ? ",\"parts_us\":{\"" : ",\"", verdict_part_name((enum verdict_part)part));
		add_member(line, ":", END_PARTS + part);
	}
	add_member(line, "},\"largest\":", END_LARGEST);
	add_member(line, ",\"floor_rounds\":", END_ROUNDS);
	add_member(line, ",\"round_us\":", END_ROUND);
	add_member(line, ",\"floor_us\":", END_FLOOR);
	add_member(line, ",\"try\":", END_TRY);
}

/* ---- written ----------------------------------------------------------------------------------------- */

/* The event's, made if it is the first; NULL: it has none, and there is no room for another. */
static const struct ndjson_template *
template_of(struct ndjson_templates *templates, const struct journey_event *event)
{
	struct ndjson_template *template = templates->events, *end = template + templates->event_count;

	for (; template < end; template++)
		if (template->pattern == event->what && template->is_bad == event->is_bad &&
		    template->has_connection == (event->connection != 0))
			return template;
	if (templates->event_count == NDJSON_TEMPLATES_MAX)
		return NULL;
	templates->event_count++;
	make_event(template, event, true);
	return template;
}

/* False: the sentence is one that is cut, or shows something that is not plain. */
static bool
take_fields(struct json_value *values, const struct ndjson_template *template, const struct journey_event *event)
{
	size_t said_bytes = template->said_bytes;

	for (unsigned i = 0; i < event->field_count; i++) {
		const struct journey_field *field = &event->fields[i];
		const unsigned said = template->said[i];
		values[i].text = field->text;
		values[i].number = field->number;
		values[i].is_plain = said > 0 && field->text != NULL && plain_bytes(field->text, field->number) == field->number;
		if (said > 0 && field->text != NULL && !values[i].is_plain)
			return false;
		said_bytes += said * (field->text != NULL ? field->number : JSON_DIGITS_MAX);
	}
	return said_bytes < JOURNEY_TEXT_BYTES;
}

static void
write_event(struct json *json, const struct json_template *line, struct json_value *values, const struct journey_event *event,
            uint64_t start_us)
{
	values[EVENT_ID] = (struct json_value){ .number = event->id };
	values[EVENT_CAUSE] = (struct json_value){ .number = event->cause };
	values[EVENT_TIME] = (struct json_value){ .number = event->at_us > start_us ? event->at_us - start_us : 0 };
	values[EVENT_REQUEST] = (struct json_value){ .number = event->request };
	values[EVENT_CONNECTION] = (struct json_value){ .number = event->connection };
	json_template_write(json, line, values);
}

static void
write_by_itself(struct json *json, struct json_value *values, const struct journey_event *event, uint64_t start_us)
{
	struct ndjson_template template;
	char text[JOURNEY_TEXT_BYTES];
	bool is_plain;
	const char *what = journey_sentence(event, text, &is_plain);

	make_event(&template, event, false);
	(void)take_fields(values + EVENT_FIELDS, &template, event);
	values[EVENT_WHAT] = (struct json_value){ .text = what, .number = strlen(what), .is_plain = is_plain };
	write_event(json, &template.line, values, event, start_us);
}

void
ndjson_event(struct json *json, struct ndjson_templates *templates, const struct journey_event *event, uint64_t start_us)
{
	struct json_value values[EVENT_FIELDS + JOURNEY_FIELDS_MAX];
	const struct ndjson_template *template = event->is_pattern ? template_of(templates, event) : NULL;

	if (template == NULL || template->line.is_full || !take_fields(values + EVENT_FIELDS, template, event))
		write_by_itself(json, values, event, start_us);
	else
		write_event(json, &template->line, values, event, start_us);
}

/* ---- the end of a transfer --------------------------------------------------------------------------- */

static struct json_value
text_value(const char *text)
{
	return (struct json_value){ .text = text, .number = strlen(text) };
}

static void
write_end(struct json *json, struct ndjson_templates *templates, const struct story *story, const struct journey_end *end)
{
	const struct verdict *verdict = &end->verdict;
	char advice[JOURNEY_TEXT_BYTES];

	if (!templates->has_end)
		make_end(&templates->end, story->wall_us);
	templates->has_end = true;
	fault_advice(story, end, advice, sizeof advice);
	struct json_value values[END_PARTS + VERDICT_PARTS] = {
		[END_REQUEST] = { .number = end->request },
		[END_URL] = text_value(end->url),
		[END_RESULT] = text_value(end->result),
		[END_BAD] = { .text = end->is_bad ? "true" : "false", .number = end->is_bad ? 4 : 5, .is_plain = true },
		[END_OCTETS] = { .number = end->octets },
		[END_TOTAL] = { .number = verdict->total_us },
		[END_LARGEST] = text_value(verdict_part_name(verdict->largest)),
		[END_ROUNDS] = { .number = verdict->floor_rounds },
		[END_ROUND] = { .number = verdict->round_us },
		[END_FLOOR] = { .number = verdict->floor_us },
		[END_TRY] = text_value(advice),
	};
	for (unsigned part = 0; part < VERDICT_PARTS; part++)
		values[END_PARTS + part].number = verdict->parts_us[part];
	json_template_write(json, &templates->end, values);
}

/* Where it broke: the layer, and the ids of the last good step and the first bad one (0: not told). */
static void
put_fault(struct json *json, const struct story *story, const struct journey_end *end)
{
	struct fault fault;

	fault_find(&fault, story, end);
	json_key(json, "broke_in"), json_text(json, journey_layer_name(fault.layer));
	json_key(json, "last_good"), json_uint(json, fault.good != NULL ? fault.good->id : 0);
	json_key(json, "first_bad"), json_uint(json, fault.bad != NULL ? fault.bad->id : 0);
}

/* A zone's name may hold any octet. */
static void
put_wait(struct json *json, const struct name_wait *wait)
{
	json_key(json, wait->who[0] != '\0' ? wait->who : "others");
	json_uint(json, wait->us);
}

/* Microseconds by zone, those of the silent by address; of a resolver in this process. */
static void
put_name_waits(struct json *json, const struct story *story, const struct journey_end *end)
{
	struct name_waits waits;

	if (end->verdict.parts_us[VERDICT_NAME] == 0)
		return; /* a connection was there: nothing to look for in all events */
	name_waits_find(&waits, story, end->request);
	if (waits.count == 0)
		return;
	json_key(json, "name_us");
	json_object_begin(json);
	for (unsigned i = 0; i < waits.count; i++)
		put_wait(json, &waits.list[i]);
	json_key(json, "itself"), json_uint(json, waits.itself_us);
	json_object_end(json);
}

void
ndjson_end(struct json *json, struct ndjson_templates *templates, const struct story *story, const struct journey_end *end)
{
	json_object_begin(json);
	write_end(json, templates, story, end);
	if (end->is_bad)
		put_fault(json, story, end);
	put_name_waits(json, story, end);
	json_object_end(json);
	json_line_end(json);
}
