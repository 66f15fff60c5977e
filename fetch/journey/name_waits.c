#include "fetch/journey/name_waits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A question under way, of the window alone. */
struct asked {
	uint32_t id;
	uint64_t begin_us, end_us;
	const char *zone, *server;
	bool is_lost;
};

struct window {
	struct asked asked[NAME_QUERIES_MAX];
	unsigned count;
	uint64_t begin_us, end_us;
};

static bool
is(const struct journey_event *event, enum journey_layer layer, const char *name)
{
	return event->layer == layer && strcmp(event->name, name) == 0;
}

/* ---- the window ---------------------------------------------------------------------------------------- */

/* From what began the last attempt to its first address, or to its end; NULL: it was not told. */
static const struct journey_event *
find_window(struct window *window, const struct story *story, uint32_t request)
{
	const struct journey_event *begin = NULL;
	bool is_open = false;

	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next) {
		if (event->request != request || event->layer == JOURNEY_PATH)
			continue;
		if (is(event, JOURNEY_URL, "parsed") || is(event, JOURNEY_POLICY, "redirect") || is(event, JOURNEY_POLICY, "retry")) {
			begin = event;
			is_open = true;
			window->begin_us = event->at_us;
		} else if (is_open) {
			window->end_us = event->at_us;
			is_open = !is(event, JOURNEY_DNS, "answer") || journey_field_text(event, "addrs")[0] == '\0';
		}
	}
	return begin;
}

static void
take_query(struct window *window, const struct journey_event *event)
{
	if (window->count == NAME_QUERIES_MAX || journey_field_text(event, "zone")[0] == '\0')
		return;
	window->asked[window->count++] = (struct asked){ .id = event->id,
		                                         .begin_us = event->at_us,
		                                         .end_us = window->end_us,
		                                         .zone = journey_field_text(event, "zone"),
		                                         .server = journey_field_text(event, "server"),
		                                         .is_lost = true };
}

static void
take_end(struct window *window, const struct journey_event *event)
{
	for (unsigned i = window->count; i > 0; i--) {
		struct asked *asked = &window->asked[i - 1];
		if (asked->id != event->cause)
			continue;
		asked->is_lost = strcmp(event->name, "lost") == 0;
		if (event->at_us < asked->end_us)
			asked->end_us = event->at_us;
		return;
	}
}

static void
take_questions(struct window *window, const struct journey_event *begin)
{
	for (const struct journey_event *event = begin; event != NULL; event = event->next) {
		if (event->layer != JOURNEY_DNS)
			continue;
		if (strcmp(event->name, "query") == 0 && event->at_us < window->end_us)
			take_query(window, event);
		else if (strcmp(event->name, "reply") == 0 || strcmp(event->name, "lost") == 0)
			take_end(window, event);
	}
}

/* ---- who is waited for --------------------------------------------------------------------------------- */

static bool
goes_before(const struct asked *asked, const struct asked *other)
{
	if (other == NULL || asked->is_lost != other->is_lost)
		return other == NULL || other->is_lost;
	return asked->is_lost ? asked->begin_us < other->begin_us : asked->begin_us >= other->begin_us;
}

/* NULL: nobody, until *until_us. */
static const struct asked *
waited_for(const struct window *window, uint64_t at_us, uint64_t *until_us)
{
	const struct asked *found = NULL;

	*until_us = window->end_us;
	for (unsigned i = 0; i < window->count; i++) {
		const struct asked *asked = &window->asked[i];
		bool is_under_way = asked->begin_us <= at_us && at_us < asked->end_us;
		if (asked->begin_us > at_us && asked->begin_us < *until_us)
			*until_us = asked->begin_us;
		if (asked->end_us > at_us && asked->end_us < *until_us)
			*until_us = asked->end_us;
		if (is_under_way && goes_before(asked, found))
			found = asked;
	}
	return found;
}

static void
count(struct name_waits *waits, const struct asked *asked, uint64_t us)
{
	const char *who = asked->is_lost ? asked->server : asked->zone;
	unsigned at = 0;

	while (at < waits->count && (waits->list[at].is_lost != asked->is_lost || strcmp(waits->list[at].who, who) != 0))
		at++;
	if (at == NAME_WAITS_MAX)
		waits->list[--at] = (struct name_wait){ .who = "", .us = waits->list[at].us };
	else if (at == waits->count)
		waits->list[waits->count++] = (struct name_wait){ .who = who, .is_lost = asked->is_lost };
	waits->list[at].us += us;
}

static void
sort(struct name_waits *waits)
{
	for (unsigned i = 1; i < waits->count; i++)
		for (unsigned j = i; j > 0 && waits->list[j].us > waits->list[j - 1].us; j--) {
			const struct name_wait longer = waits->list[j];
			waits->list[j] = waits->list[j - 1];
			waits->list[j - 1] = longer;
		}
}

void
name_waits_find(struct name_waits *waits, const struct story *story, uint32_t request)
{
	struct window window = { .count = 0 };
	const struct journey_event *begin = find_window(&window, story, request);

	*waits = (struct name_waits){ .count = 0 };
	if (begin == NULL || window.end_us <= window.begin_us)
		return;
	take_questions(&window, begin);
	if (window.count == 0)
		return;
	waits->total_us = window.end_us - window.begin_us;
	for (uint64_t at_us = window.begin_us, until_us; at_us < window.end_us; at_us = until_us) {
		const struct asked *asked = waited_for(&window, at_us, &until_us);
		if (asked != NULL)
			count(waits, asked, until_us - at_us);
		else
			waits->itself_us += until_us - at_us;
	}
	sort(waits);
}

void
name_waits_text(const struct name_waits *waits, char *text, size_t text_bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < waits->count && used < text_bytes; i++) {
		const struct name_wait *wait = &waits->list[i];
		used += (size_t)snprintf(text + used, text_bytes - used, "%s%s %" PRIu64 ".%u ms, ",
		                         wait->who[0] == '\0' ? "others" : strcmp(wait->who, ".") == 0 ? "the root" : wait->who,
		                         wait->is_lost ? " silent" : "", wait->us / 1000, (unsigned)(wait->us % 1000 / 100));
	}
	if (waits->count != 0 && used < text_bytes)
		(void)snprintf(text + used, text_bytes - used, "itself %" PRIu64 ".%u ms", waits->itself_us / 1000,
		               (unsigned)(waits->itself_us % 1000 / 100));
}
