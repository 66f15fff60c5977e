/*
 * printable.h - what a peer sent, made safe for a terminal.
 *
 * A terminal obeys what it is shown: escape sequences move the cursor, rename the window and answer as if
 * the user had typed; bidirectional controls (Unicode, UAX 9) let text read as what it is not. So
 * C0, DEL, C1, bidirectional controls, line separators and octets that are no UTF-8 are shown as \x1b or
 * \u202e; everything else passes as it is. Of lines (is_multiline) TAB, LF and CR LF pass too.
 *
 * Text may come in pieces: a character that a piece cuts is held until its rest arrives.
 * Bounds:    an input octet becomes PRINTABLE_GROWTH octets at most.
 */
#ifndef CAIRN_FETCH_PRINTABLE_H
#define CAIRN_FETCH_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTABLE_GROWTH    4u  /* "\x1b" */
#define PRINTABLE_END_BYTES 16u /* what printable_end writes at most */

struct printable {
	uint8_t held[4]; /* the beginning of a character, or CR */
	uint8_t held_bytes;
	bool is_multiline;
};

void printable_init(struct printable *printable, bool is_multiline);

/*
 * Writes as much as fits whole into `into`, *taken the octets used up; what was written. More of the same
 * input is given again until all is taken, which needs PRINTABLE_END_BYTES of room a call.
 */
size_t printable_write(struct printable *printable, const void *octets, size_t bytes, size_t *taken,
		       char *into, size_t into_bytes);

/* The input is over: what was held, escaped. */
size_t printable_end(struct printable *printable, char *into, size_t into_bytes);

/* One line in one call, cut where it does not fit, NUL-terminated; strlen of the result. */
size_t printable_text(char *into, size_t into_bytes, const void *octets, size_t bytes);

#endif
