#include "fetch/journey/diff.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fetch/printable.h"

struct text {
	char *at;
	size_t bytes, bytes_max;
};

/* What has no room is left out: the buffer is made for more than there can be. */
__attribute__((format(printf, 2, 3))) static void
put(struct text *text, const char *format, ...)
{
	size_t room = text->bytes_max - text->bytes;
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(text->at + text->bytes, room, format, arguments);
	va_end(arguments);
	if (size > 0 && (size_t)size < room)
		text->bytes += (size_t)size;
}

static void
put_ms(struct text *text, uint64_t before_us, uint64_t after_us)
{
	bool is_more = after_us >= before_us;
	uint64_t change_us = is_more ? after_us - before_us : before_us - after_us;
	put(text, "%7" PRIu64 ".%02u -> %7" PRIu64 ".%02u ms  %c%" PRIu64 ".%02u", before_us / 1000, (unsigned)(before_us % 1000 / 10),
	    after_us / 1000, (unsigned)(after_us % 1000 / 10), is_more ? '+' : '-', change_us / 1000, (unsigned)(change_us % 1000 / 10));
}

static bool
is_noticed(uint64_t before_us, uint64_t after_us)
{
	return before_us > after_us ? before_us - after_us >= DIFF_NOTICED_US : after_us - before_us >= DIFF_NOTICED_US;
}

/* ---- transfers --------------------------------------------------------------------------------------- */

/* The address that a transfer was served from last; empty: none. */
static const char *
remote_of(const struct story *story, uint32_t request)
{
	const char *remote = "";
	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next)
		if (event->request == request && event->connection != 0 && journey_field(event, "remote") != NULL)
			remote = journey_field_text(event, "remote");
	return remote;
}

static void
put_printable(struct text *text, const char *words)
{
	char safe[JOURNEY_TEXT_BYTES];
	(void)printable_text(safe, sizeof safe, words, strlen(words));
	put(text, "%s", safe);
}

static void
put_change(struct text *text, const char *what, const char *before, const char *after)
{
	if (strcmp(before, after) == 0)
		return;
	put(text, "  %-10s ", what);
	put_printable(text, before[0] != '\0' ? before : "none");
	put(text, " -> ");
	put_printable(text, after[0] != '\0' ? after : "none");
	put(text, "\n");
}

static void
put_transfer(struct text *text, const struct story *before, const struct story *after, unsigned at)
{
	const struct journey_end *a = &before->ends[at], *b = &after->ends[at];

	put_printable(text, b->url);
	put(text, "\n");
	put_change(text, "url", a->url, b->url);
	put_change(text, "result", a->result, b->result);
	put_change(text, "address", remote_of(before, a->request), remote_of(after, b->request));
	put(text, "  %-10s ", "total");
	put_ms(text, a->verdict.total_us, b->verdict.total_us);
	put(text, "\n");
	for (unsigned part = 0; part < VERDICT_PARTS; part++) {
		if (!is_noticed(a->verdict.parts_us[part], b->verdict.parts_us[part]))
			continue;
		put(text, "    %-8s ", verdict_part_name((enum verdict_part)part));
		put_ms(text, a->verdict.parts_us[part], b->verdict.parts_us[part]);
		put(text, "\n");
	}
	if (a->octets != b->octets)
		put(text, "  %-10s %" PRIu64 " -> %" PRIu64 "\n", "octets", a->octets, b->octets);
}

static void
put_transfers(struct text *text, const struct story *before, const struct story *after)
{
	unsigned both = before->end_count < after->end_count ? before->end_count : after->end_count;

	for (unsigned at = 0; at < both && at < DIFF_LINES_MAX; at++)
		put_transfer(text, before, after, at);
	if (both > DIFF_LINES_MAX)
		put(text, "and %u transfers more\n", both - DIFF_LINES_MAX);
	if (before->end_count != after->end_count)
		put(text, "%u transfers -> %u transfers\n", before->end_count, after->end_count);
}

/* ---- events ------------------------------------------------------------------------------------------ */

/* What an event is about, without what differs from run to run. */
static void
make_key(const struct journey_event *event, char key[DIFF_KEY_BYTES])
{
	static const char *const subjects[] = { "qname", "name", "type", "zone", "peer", "remote", "to", "addr", "href", "method", "status", "cause", "next_hop" };
	char raw[DIFF_KEY_BYTES];
	bool is_route = event->layer == JOURNEY_ROUTE; /* to any of the servers: by whom is what counts */
	size_t used = (size_t)snprintf(raw, sizeof raw, "%s %s", journey_layer_name(event->layer), event->name);

	for (size_t i = 0; i < sizeof subjects / sizeof *subjects && used < sizeof raw; i++) {
		const struct journey_field *field = journey_field(event, subjects[i]);
		if (field == NULL || is_route != (strcmp(subjects[i], "next_hop") == 0))
			continue;
		if (field->text != NULL)
			used += (size_t)snprintf(raw + used, sizeof raw - used, " %s", field->text);
		else
			used += (size_t)snprintf(raw + used, sizeof raw - used, " %" PRIu64, field->number);
	}
	(void)printable_text(key, DIFF_KEY_BYTES, raw, strlen(raw));
}

static struct diff_key *
find_key(struct diff *diff, const char *text)
{
	for (unsigned i = 0; i < diff->key_count; i++)
		if (strcmp(diff->keys[i].text, text) == 0)
			return &diff->keys[i];
	if (diff->key_count == DIFF_KEYS_MAX)
		return NULL;
	struct diff_key *key = &diff->keys[diff->key_count++];
	*key = (struct diff_key){ 0 };
	(void)snprintf(key->text, sizeof key->text, "%s", text);
	return key;
}

static void
count_events(struct diff *diff, const struct story *story, unsigned side)
{
	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next) {
		char text[DIFF_KEY_BYTES];
		make_key(event, text);
		struct diff_key *key = find_key(diff, text);
		if (key == NULL) {
			diff->left_out++;
			continue;
		}
		key->counts[side]++;
		key->took_us[side] += journey_field_number(event, "took_us") + journey_field_number(event, "rtt_us");
	}
}

/* One sort of lines: those keys for which `is_told` holds. */
static void
put_sort(struct text *text, const struct diff *diff, const char *title, bool (*is_told)(const struct diff_key *key),
         void (*put_key)(struct text *text, const struct diff_key *key))
{
	unsigned told = 0;
	for (unsigned i = 0; i < diff->key_count; i++) {
		if (!is_told(&diff->keys[i]))
			continue;
		if (told == 0)
			put(text, "%s\n", title);
		if (told++ < DIFF_LINES_MAX)
			put_key(text, &diff->keys[i]);
	}
	if (told > DIFF_LINES_MAX)
		put(text, "  and %u more\n", told - DIFF_LINES_MAX);
}

static bool
is_slower(const struct diff_key *key)
{
	return key->counts[0] != 0 && key->counts[1] != 0 && is_noticed(key->took_us[0], key->took_us[1]);
}

static bool
is_new(const struct diff_key *key)
{
	return key->counts[1] > key->counts[0];
}

static bool
is_gone(const struct diff_key *key)
{
	return key->counts[0] > key->counts[1];
}

static void
put_time(struct text *text, const struct diff_key *key)
{
	put(text, "  ");
	put_ms(text, key->took_us[0], key->took_us[1]);
	put(text, "  %s\n", key->text);
}

static void
put_count(struct text *text, const struct diff_key *key)
{
	put(text, "  %s", key->text);
	if (key->counts[0] != 0 || key->counts[1] > 1)
		put(text, "  (%u -> %u times)", key->counts[0], key->counts[1]);
	put(text, "\n");
}

size_t
diff_write(struct diff *diff, const struct story *before, const struct story *after, char *into, size_t into_bytes)
{
	struct text text = { .at = into, .bytes_max = into_bytes };

	diff->key_count = 0;
	diff->left_out = 0;
	count_events(diff, before, 0);
	count_events(diff, after, 1);
	put_transfers(&text, before, after);
	put_sort(&text, diff, "took another time", is_slower, put_time);
	put_sort(&text, diff, "appeared", is_new, put_count);
	put_sort(&text, diff, "gone", is_gone, put_count);
	if (diff->left_out != 0)
		put(&text, "(%" PRIu64 " events of further kinds were not compared)\n", diff->left_out);
	return text.bytes;
}
