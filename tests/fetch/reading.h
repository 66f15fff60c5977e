/*
 * reading.h - what a client has of a reply after it was delivered in some pieces: for tests and fuzzing.
 */
#ifndef CAIRN_TESTS_FETCH_READING_H
#define CAIRN_TESTS_FETCH_READING_H

#include "fetch/response.h"

#define READING_CONTENT_BYTES (1u << 20)

struct reading {
	bool is_complete, is_reusable, is_length_known;
	enum failure_cause cause;
	char failure_text[FAILURE_TEXT_BYTES];
	unsigned interim_count, warning_count, trailer_count, head_count;
	unsigned status, rule;
	size_t field_count;
	uint64_t got_bytes, want_bytes;
	size_t left_bytes; /* not taken: what follows a tunnel's head */
	char first_warning[128];
	uint64_t content_bytes;
	char content[READING_CONTENT_BYTES]; /* as much as there is room for */
};

/* The parts in which octets arrive: the size of the next one, at most `left`. */
struct delivery {
	size_t split; /* 0: all at once; else one piece of this size, then the rest */
	size_t piece; /* 0: as above; else every piece has this size */
};

/* Delivers all octets and then the end of the stream; aborts the program when the contract of response.h breaks. */
void reading_of(struct reading *reading, struct response *response,
		const struct response_options *options, struct span octets,
		struct delivery delivery, bool is_clean);

/* Equal in all that must not depend on how the octets arrived. */
bool reading_equals(const struct reading *a, const struct reading *b);

#endif
