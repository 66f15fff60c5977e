/*
 * diff.h - two journeys compared: what took longer, what is new, what is not there any more, which address has changed.
 *
 * Transfers are paired in their order.  Events are the same when layer, name and subject are: what was asked, who was spoken
 * to; ids, times and ports of ours do not count.
 *
 * Pure.
 * Bounds: DIFF_KEYS_MAX kinds of events, DIFF_LINES_MAX lines of each sort; what is more is counted in the text.
 */
#ifndef CAIRN_FETCH_JOURNEY_DIFF_H
#define CAIRN_FETCH_JOURNEY_DIFF_H

#include "fetch/journey/story.h"

#define DIFF_KEYS_MAX   1024u
#define DIFF_LINES_MAX  20u
#define DIFF_KEY_BYTES  160u
#define DIFF_TEXT_BYTES (256u * 1024u) /* enough for any two journeys */
#define DIFF_NOTICED_US 1000u /* what differs by less is not told */

struct diff_key {
	char text[DIFF_KEY_BYTES];
	unsigned counts[2];
	uint64_t took_us[2]; /* in all */
};

/* Working memory. */
struct diff {
	struct diff_key keys[DIFF_KEYS_MAX];
	unsigned key_count;
	uint64_t left_out;
};

/* Lines of text, printable; the octets written. */
size_t diff_write(struct diff *diff, const struct story *before, const struct story *after, char *text, size_t text_bytes);

#endif
