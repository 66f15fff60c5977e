/*
 * journey.h - what happened on the way of a request, from every layer, as one list of events.
 *
 * An event has a time, a layer, a name of the table below, the transfer and connection that it is about, a sentence, and
 * fields for programs.  `cause` is the id of the event that led to it, where the teller knows it; 0: it does not.  The forms
 * (text.h, ndjson.h) and the verdict (verdict.h) are made of this list and of nothing else, so that they cannot contradict
 * each other.
 *
 *	url    parsed
 *	policy redirect retry reuse upgrade proxy attempt race
 *	dns    query reply lost validated cache answer failed
 *	route  chosen
 *	link   neighbour unreachable
 *	tcp    syn open lost reset fin
 *	tls    open failed
 *	http   request interim head trailers end
 *	out    digest file failed
 *	path   hop end
 *
 * Ownership: the block is the caller's; sentences and fields are copied into it.
 * Units:     microseconds of one monotonic clock.
 * Bounds:    the block.  When it is full further events are counted in lost_count, but for those that end a transfer,
 *            which have the last JOURNEY_RESERVE_BYTES.  JOURNEY_FIELDS_MAX fields an event.
 */
#ifndef CAIRN_FETCH_JOURNEY_JOURNEY_H
#define CAIRN_FETCH_JOURNEY_JOURNEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/arena.h"

#define JOURNEY_FIELDS_MAX    8u
#define JOURNEY_TEXT_BYTES    512u /* a sentence; a longer one is cut */
#define JOURNEY_RESERVE_BYTES 16384u
#define JOURNEY_LOOK_BACK     512u /* events that a cause is looked for among */
#define JOURNEY_OPEN_MAX      512u /* transfers under way, for journey_forget */

enum journey_layer {
	JOURNEY_URL,
	JOURNEY_POLICY,
	JOURNEY_DNS,
	JOURNEY_ROUTE,
	JOURNEY_LINK,
	JOURNEY_TCP,
	JOURNEY_TLS,
	JOURNEY_HTTP,
	JOURNEY_OUT,
	JOURNEY_PATH,
};
const char *journey_layer_name(enum journey_layer layer); /* "dns" */

struct journey_field {
	const char *name;
	const char *text; /* NULL: number is the value */
	uint64_t number;  /* of an event that is kept, also the octets of text */
};

struct journey_event {
	const struct journey_event *next, *previous;
	uint32_t id, cause;
	uint64_t at_us;
	enum journey_layer layer;
	const char *name;
	uint32_t request;    /* the transfer, from 1; 0: of all of them */
	uint32_t connection; /* from 1; 0: none */
	bool is_bad;         /* a step that went wrong */
	bool is_end;         /* of its transfer */
	const char *what;    /* one sentence, printable; or a pattern of it: journey_what() has the sentence */
	bool is_pattern;
	unsigned field_count;
	const struct journey_field *fields;
};

struct journey {
	uint8_t *block;
	size_t block_bytes;
	struct arena arena; /* of the part of the block that the list is in */
	const struct journey_event *first;
	struct journey_event *last;
	uint32_t event_count;
	uint64_t lost_count;
	bool resolver_tells; /* the engine is in this process: datagrams to name servers are its story */
};

void journey_init(struct journey *journey, void *block, size_t block_bytes);

/*
 * Keeps a copy of `event`, of which next, previous, id, what and is_pattern are not looked at, with the sentence.  Control characters
 * become visible (printable.h).  Returns its id; 0 when journey is NULL or there was no room.
 */
uint32_t journey_tell(struct journey *journey, const struct journey_event *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same for what happens with every file: nothing is put together before somebody reads it.  `pattern` is a constant of
 * the program, of plain octets (plain.h), and {name} in it stands for the value of that field.  It belongs to one kind of
 * event: layer, name and the names of the fields are the same each time.
 */
uint32_t journey_note(struct journey *journey, const struct journey_event *event, const char *pattern);

/*
 * Forgets all but the transfers under way, whose events are copied to another part of the block: for who has read the list
 * and needs no more of it.  Ids go on.  Nothing is forgotten when there are more than JOURNEY_OPEN_MAX transfers, or no room.
 */
void journey_forget(struct journey *journey);

/* The event's sentence, in text if it has to be put together.  Control characters of a field are visible in it. */
const char *journey_what(const struct journey_event *event, char text[JOURNEY_TEXT_BYTES]);
/* The same; *is_plain: each octet of it is known to be plain. */
const char *journey_sentence(const struct journey_event *event, char text[JOURNEY_TEXT_BYTES], bool *is_plain);

/*
 * For a cause: the id of the last event of that layer and name, told about `request` (0: any), whose field of the name `field` is `text`
 * (field NULL: any).  0: none of the last JOURNEY_LOOK_BACK, none since that transfer's URL was told, or journey is NULL.
 */
uint32_t journey_last(const struct journey *journey, enum journey_layer layer, const char *name, uint32_t request,
                      const char *field, const char *text);

/* The event's field of that name; NULL: it has none. */
const struct journey_field *journey_field(const struct journey_event *event, const char *name);
const char *journey_field_text(const struct journey_event *event, const char *name);  /* empty: it has none */
uint64_t journey_field_number(const struct journey_event *event, const char *name);   /* 0: it has none */

#endif
