#include "fetch/journey/ndjson_template.h"

#include <assert.h>
#include <string.h>

#include "fetch/plain.h"

enum { EVENT_ID, EVENT_CAUSE, EVENT_TIME, EVENT_REQUEST, EVENT_CONNECTION, EVENT_FIELDS };
enum { END_REQUEST, END_URL, END_RESULT, END_OCTETS, END_TOTAL, END_LARGEST, END_ROUNDS, END_ROUND, END_FLOOR, END_TRY,
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
	memset(template->said, 0, sizeof template->said);
	template->said_bytes = 0;
	for (const char *rest = event->what;; rest++) {
		const size_t bytes = strcspn(rest, "{");
		json_template_add_bytes(&template->line, rest, bytes);
		template->said_bytes += bytes;
		rest += bytes;
		if (*rest == '\0')
			return;
		const size_t name_bytes = strcspn(++rest, "}");
		const unsigned field = field_index(event, rest, name_bytes);
		json_template_add_value(&template->line, EVENT_FIELDS + field, false);
		template->said[field]++;
		rest += name_bytes;
	}
}

static void
add_field(struct json_template *line, const struct journey_event *event, unsigned field)
{
	json_template_add(line, ",\"");
	json_template_add(line, event->fields[field].name);
	add_member(line, "\":", EVENT_FIELDS + field);
}

static void
make_event(struct ndjson_template *template, const struct journey_event *event)
{
	struct json_template *line = &template->line;

	template->pattern = event->what;
	template->is_bad = event->is_bad;
	template->has_connection = event->connection != 0;
	json_template_begin(line);
	add_member(line, "{\"i\":", EVENT_ID);
	add_member(line, ",\"p\":", EVENT_CAUSE);
	add_member(line, ",\"t\":", EVENT_TIME);
	add_word(line, ",\"l\":\"", journey_layer_name(event->layer));
	add_word(line, ",\"e\":\"", event->name);
	add_member(line, ",\"r\":", EVENT_REQUEST);
	if (template->has_connection)
		add_member(line, ",\"c\":", EVENT_CONNECTION);
	json_template_add(line, ",\"what\":\"");
	add_sentence(template, event);
	json_template_add(line, event->is_bad ? "\",\"bad\":true" : "\",\"bad\":false");
	for (unsigned i = 0; i < event->field_count; i++)
		add_field(line, event, i);
	json_template_add(line, "}\n");
}

static void
make_end(struct json_template *line, uint64_t wall_us)
{
	char started_us[JSON_DIGITS_MAX];

	json_template_begin(line);
	add_member(line, "{\"l\":\"policy\",\"e\":\"verdict\",\"r\":", END_REQUEST);
	json_template_add(line, ",\"started_us\":");
	json_template_add_bytes(line, started_us, (size_t)(json__digits(started_us, wall_us) - started_us));
	add_member(line, ",\"url\":", END_URL);
	add_member(line, ",\"result\":", END_RESULT);
	add_member(line, ",\"bad\":false,\"octets\":", END_OCTETS);
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
	json_template_add(line, "}\n");
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
	make_event(template, event);
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

static bool
write_event(struct json *json, struct ndjson_templates *templates, const struct journey_event *event, uint64_t start_us)
{
	struct json_value values[EVENT_FIELDS + JOURNEY_FIELDS_MAX];
	const struct ndjson_template *template = event->is_pattern ? template_of(templates, event) : NULL;

	if (template == NULL || template->line.is_full || !take_fields(values + EVENT_FIELDS, template, event))
		return false;
	values[EVENT_ID] = (struct json_value){ .number = event->id };
	values[EVENT_CAUSE] = (struct json_value){ .number = event->cause };
	values[EVENT_TIME] = (struct json_value){ .number = event->at_us > start_us ? event->at_us - start_us : 0 };
	values[EVENT_REQUEST] = (struct json_value){ .number = event->request };
	values[EVENT_CONNECTION] = (struct json_value){ .number = event->connection };
	return json_template_write(json, &template->line, values);
}

void
ndjson_event(struct json *json, struct ndjson_templates *templates, const struct journey_event *event, uint64_t start_us)
{
	if (!write_event(json, templates, event, start_us))
		journey_json_event(json, event, start_us);
}

static struct json_value
text_value(const char *text)
{
	return (struct json_value){ .text = text, .number = strlen(text) };
}

/* It went well, and its name was not waited for: there are neither faults nor zones to tell. */
static bool
is_simple(const struct journey_end *end)
{
	return !end->is_bad && end->verdict.parts_us[VERDICT_NAME] == 0;
}

static bool
write_end(struct json *json, struct ndjson_templates *templates, const struct story *story, const struct journey_end *end)
{
	const struct verdict *verdict = &end->verdict;
	char advice[JOURNEY_TEXT_BYTES];

	if (!templates->has_end)
		make_end(&templates->end, story->wall_us);
	templates->has_end = true;
	verdict_advice(verdict, advice, sizeof advice);
	struct json_value values[END_PARTS + VERDICT_PARTS] = {
		[END_REQUEST] = { .number = end->request },
		[END_URL] = text_value(end->url),
		[END_RESULT] = text_value(end->result),
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
	return json_template_write(json, &templates->end, values);
}

void
ndjson_end(struct json *json, struct ndjson_templates *templates, const struct story *story, const struct journey_end *end)
{
	if (!is_simple(end) || !write_end(json, templates, story, end))
		journey_json_end(json, story, end);
}
