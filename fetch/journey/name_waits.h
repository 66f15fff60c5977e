/*
 * name_waits.h - for whom a resolver in this process waited until a transfer had its address: the servers of each zone, those
 * that said nothing, and itself.
 *
 * At each moment it is one of the questions under way that is waited for: of those that are answered the one that was asked
 * last, since it asks on what the others have told; those that are lost count where there is no other.  What is left is the
 * resolver's own.  So the waits sum to the time exactly.
 *
 * Pure.  Names are lent as long as the story.
 * Bounds: NAME_WAITS_MAX of whom are told apart, the others are one; NAME_QUERIES_MAX questions, later ones are itself_us.
 */
#ifndef CAIRN_FETCH_JOURNEY_NAME_WAITS_H
#define CAIRN_FETCH_JOURNEY_NAME_WAITS_H

#include "fetch/journey/story.h"

#define NAME_WAITS_MAX   12u
#define NAME_QUERIES_MAX 256u

struct name_wait {
	const char *who; /* "com."; of one that is lost the server's address; empty: of the others */
	bool is_lost;
	uint64_t us;
};

struct name_waits {
	struct name_wait list[NAME_WAITS_MAX];
	unsigned count; /* 0: nobody was asked by this process */
	uint64_t itself_us, total_us;
};

/* Of the transfer's last attempt. */
void name_waits_find(struct name_waits *waits, const struct story *story, uint32_t request);
/* "com. 3.8 ms, 192.0.2.1 lost 13.0 ms, itself 0.4 ms", the longest first; empty: nobody was asked. */
void name_waits_text(const struct name_waits *waits, char *text, size_t text_bytes);

#endif
