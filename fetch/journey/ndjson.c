#include "fetch/journey/ndjson.h"

#include "fetch/journey/fault.h"
#include "fetch/journey/name_waits.h"

/* Most sentences are put together of plain octets, and not looked at again. */
static void
put_what(struct json *json, const struct journey_event *event)
{
	char text[JOURNEY_TEXT_BYTES];
	bool is_plain;
	const char *what = journey_sentence(event, text, &is_plain);

	if (is_plain)
		json_member_word(json, "what", what);
	else
		json_member_text(json, "what", what);
}

void
journey_json_event(struct json *json, const struct journey_event *event, uint64_t start_us)
{
	json_object_begin(json);
	json_member_uint(json, "i", event->id);
	json_member_uint(json, "p", event->cause);
	json_member_uint(json, "t", event->at_us > start_us ? event->at_us - start_us : 0);
	json_member_word(json, "l", journey_layer_name(event->layer));
	json_member_word(json, "e", event->name);
	json_member_uint(json, "r", event->request);
	if (event->connection != 0)
		json_member_uint(json, "c", event->connection);
	put_what(json, event);
	json_member_bool(json, "bad", event->is_bad);
	for (unsigned i = 0; i < event->field_count; i++) {
		const struct journey_field *field = &event->fields[i];
		if (field->text != NULL)
			json_field_text(json, field->name, field->text, field->number);
		else
			json_field_uint(json, field->name, field->number);
	}
	json_object_end(json);
	json_line_end(json);
}

/* Where it broke: the layer, and the ids of the last good step and the first bad one (0: not told). */
static void
put_fault(struct json *json, const struct story *story, const struct journey_end *end)
{
	struct fault fault;

	fault_find(&fault, story, end);
	json_member_word(json, "broke_in", journey_layer_name(fault.layer));
	json_member_uint(json, "last_good", fault.good != NULL ? fault.good->id : 0);
	json_member_uint(json, "first_bad", fault.bad != NULL ? fault.bad->id : 0);
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
	json_member_uint(json, "itself", waits.itself_us);
	json_object_end(json);
}

void
journey_json_end(struct json *json, const struct story *story, const struct journey_end *end)
{
	const struct verdict *verdict = &end->verdict;
	char advice[JOURNEY_TEXT_BYTES];

	fault_advice(story, end, advice, sizeof advice);
	json_object_begin(json);
	json_member_word(json, "l", "policy");
	json_member_word(json, "e", "verdict");
	json_member_uint(json, "r", end->request);
	json_member_uint(json, "started_us", story->wall_us);
	json_member_text(json, "url", end->url);
	json_member_text(json, "result", end->result);
	json_member_bool(json, "bad", end->is_bad);
	json_member_uint(json, "octets", end->octets);
	json_member_uint(json, "total_us", verdict->total_us);
	json_key(json, "parts_us");
	json_object_begin(json);
#define PUT_PART(part, name) json_member_uint(json, name, verdict->parts_us[VERDICT_##part]);
	VERDICT_EACH_PART(PUT_PART)
#undef PUT_PART
	json_object_end(json);
	json_member_word(json, "largest", verdict_part_name(verdict->largest));
	json_member_uint(json, "floor_rounds", verdict->floor_rounds);
	json_member_uint(json, "round_us", verdict->round_us);
	json_member_uint(json, "floor_us", verdict->floor_us);
	json_member_text(json, "try", advice);
	if (end->is_bad)
		put_fault(json, story, end);
	put_name_waits(json, story, end);
	json_object_end(json);
	json_line_end(json);
}
