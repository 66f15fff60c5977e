#include "fetch/journey/journey_priv.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fetch/plain.h"
#include "fetch/printable.h"

const char *
journey_layer_name(enum journey_layer layer)
{
	switch (layer) {
	case JOURNEY_URL: return "url";
	case JOURNEY_POLICY: return "policy";
	case JOURNEY_DNS: return "dns";
	case JOURNEY_ROUTE: return "route";
	case JOURNEY_LINK: return "link";
	case JOURNEY_TCP: return "tcp";
	case JOURNEY_TLS: return "tls";
	case JOURNEY_HTTP: return "http";
	case JOURNEY_OUT: return "out";
	case JOURNEY_PATH: return "path";
	}
	return "?";
}

void
journey_init(struct journey *journey, void *block, size_t block_bytes)
{
	*journey = (struct journey){ .block = block, .block_bytes = block_bytes };
	arena_init(&journey->arena, block, block_bytes);
}

static char *
copy(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text) + 1);
}

/* False: there was no room. */
static bool
copy_fields(struct arena *arena, const struct journey_event *from, struct journey_event *to)
{
	unsigned count = from->field_count < JOURNEY_FIELDS_MAX ? from->field_count : JOURNEY_FIELDS_MAX;
	struct journey_field *fields = arena_alloc(arena, count * sizeof *fields);
	if (fields == NULL)
		return false;
	for (unsigned i = 0; i < count; i++) {
		fields[i] = from->fields[i];
		if (fields[i].text == NULL)
			continue;
		fields[i].number = strlen(fields[i].text);
		fields[i].text = arena_copy(arena, fields[i].text, fields[i].number + 1);
		if (fields[i].text == NULL)
			return false;
	}
	to->fields = fields;
	to->field_count = count;
	return true;
}

static struct journey_event *
keep(struct journey *journey, const struct journey_event *event)
{
	struct arena *arena = &journey->arena;
	if (!event->is_end && arena->block_bytes - arena->used < JOURNEY_RESERVE_BYTES)
		return NULL;
	struct journey_event *kept = arena_alloc(arena, sizeof *kept);
	if (kept == NULL)
		return NULL;
	*kept = *event;
	kept->next = NULL;
	return copy_fields(arena, event, kept) ? kept : NULL;
}

static void
link_last(struct journey *journey, struct journey_event *kept)
{
	kept->previous = journey->last;
	if (journey->last != NULL)
		journey->last->next = kept;
	else
		journey->first = kept;
	journey->last = kept;
}

/* `kept` and its sentence; one of them NULL: there was no room. */
static uint32_t
append(struct journey *journey, struct journey_event *kept, const char *what, bool is_pattern)
{
	if (kept == NULL || what == NULL) {
		journey->lost_count++;
		return 0;
	}
	kept->what = what;
	kept->is_pattern = is_pattern;
	kept->id = ++journey->event_count;
	link_last(journey, kept);
	return kept->id;
}

/* With its id; false: there was no room. */
bool
journey__copy(struct journey *journey, const struct journey_event *event)
{
	struct journey_event *kept = keep(journey, event);

	if (kept != NULL && !event->is_pattern)
		kept->what = copy(&journey->arena, event->what);
	if (kept == NULL || kept->what == NULL)
		return false;
	link_last(journey, kept);
	return true;
}

uint32_t
journey_tell(struct journey *journey, const struct journey_event *event, const char *format, ...)
{
	char raw[JOURNEY_TEXT_BYTES], what[JOURNEY_TEXT_BYTES];
	va_list arguments;

	if (journey == NULL)
		return 0;
	va_start(arguments, format);
	(void)vsnprintf(raw, sizeof raw, format, arguments);
	va_end(arguments);
	(void)printable_text(what, sizeof what, raw, strlen(raw));
	struct journey_event *kept = keep(journey, event);
	return append(journey, kept, kept != NULL ? copy(&journey->arena, what) : NULL, false);
}

uint32_t
journey_note(struct journey *journey, const struct journey_event *event, const char *pattern)
{
	return journey != NULL ? append(journey, keep(journey, event), pattern, true) : 0;
}

/* ---- the sentence ------------------------------------------------------------------------------------ */

struct sentence {
	char *text;
	size_t used; /* below JOURNEY_TEXT_BYTES */
	bool is_plain;
};

static void
add(struct sentence *sentence, const char *text, size_t bytes)
{
	const size_t room = JOURNEY_TEXT_BYTES - 1 - sentence->used;
	const size_t added = bytes < room ? bytes : room;
	memcpy(sentence->text + sentence->used, text, added);
	sentence->used += added;
}

/* Of a peer's, maybe. */
static void
add_text(struct sentence *sentence, const char *text, size_t bytes)
{
	char *into = sentence->text + sentence->used;

	if (plain_bytes(text, bytes) == bytes) {
		add(sentence, text, bytes);
		return;
	}
	sentence->is_plain = false;
	sentence->used += printable_text(into, JOURNEY_TEXT_BYTES - sentence->used, text, bytes);
}

static void
add_number(struct sentence *sentence, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	add(sentence, digits + at, sizeof digits - at);
}

static void
add_value(struct sentence *sentence, const struct journey_field *field)
{
	if (field->text == NULL)
		add_number(sentence, field->number);
	else
		add_text(sentence, field->text, field->number);
}

static const struct journey_field *
find_field(const struct journey_event *event, const char *name, size_t name_bytes)
{
	for (unsigned i = 0; i < event->field_count; i++)
		if (event->fields[i].name[0] == name[0] && strncmp(event->fields[i].name, name, name_bytes) == 0 &&
		    event->fields[i].name[name_bytes] == '\0')
			return &event->fields[i];
	return NULL;
}

const char *
journey_sentence(const struct journey_event *event, char text[JOURNEY_TEXT_BYTES], bool *is_plain)
{
	struct sentence sentence = { .text = text, .is_plain = true };

	*is_plain = false;
	if (!event->is_pattern)
		return event->what;
	for (const char *rest = event->what, *name; *rest != '\0'; rest++) {
		name = strchrnul(rest, '{');
		add(&sentence, rest, (size_t)(name - rest));
		if (*name == '\0')
			break;
		rest = strchr(++name, '}');
		assert(rest != NULL);
		const struct journey_field *field = find_field(event, name, (size_t)(rest - name));
		assert(field != NULL);
		add_value(&sentence, field);
	}
	text[sentence.used] = '\0';
	*is_plain = sentence.is_plain;
	return text;
}

const char *
journey_what(const struct journey_event *event, char text[JOURNEY_TEXT_BYTES])
{
	bool is_plain;
	return journey_sentence(event, text, &is_plain);
}

/* ---- looking back ------------------------------------------------------------------------------------ */

const struct journey_field *
journey_field(const struct journey_event *event, const char *name)
{
	for (unsigned i = 0; i < event->field_count; i++)
		if (strcmp(event->fields[i].name, name) == 0)
			return &event->fields[i];
	return NULL;
}

const char *
journey_field_text(const struct journey_event *event, const char *name)
{
	const struct journey_field *field = journey_field(event, name);
	return field != NULL && field->text != NULL ? field->text : "";
}

uint64_t
journey_field_number(const struct journey_event *event, const char *name)
{
	const struct journey_field *field = journey_field(event, name);
	return field != NULL && field->text == NULL ? field->number : 0;
}

uint32_t
journey_last(const struct journey *journey, enum journey_layer layer, const char *name, uint32_t request, const char *field,
             const char *text)
{
	const struct journey_event *event = journey != NULL ? journey->last : NULL;
	for (unsigned left = JOURNEY_LOOK_BACK; event != NULL && left > 0; event = event->previous, left--) {
		if (request != 0 && event->request != request)
			continue;
		if (event->layer == layer && strcmp(event->name, name) == 0 &&
		    (field == NULL || strcmp(journey_field_text(event, field), text) == 0))
			return event->id;
		if (request != 0 && event->layer == JOURNEY_URL)
			break; /* with it the transfer begins */
	}
	return 0;
}
