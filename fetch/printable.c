#include "fetch/printable.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fetch/plain.h"

/* What the octets begin with: a character's length, 0 if more octets decide, -1 if the first is no UTF-8. */
static int
character_bytes(const uint8_t *octets, size_t bytes, uint32_t *character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t lead = octets[0];
	int length = lead < 0x80                   ? 1
		     : lead >= 0xc2 && lead < 0xe0 ? 2
		     : lead >= 0xe0 && lead < 0xf0 ? 3
						   : 4;

	if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4)
		return -1;
	*character = length == 1 ? lead : lead & (0x7fu >> length);
	for (int i = 1; i < length; i++) {
		if ((size_t)i == bytes)
			return 0;
		if ((octets[i] & 0xc0) != 0x80)
			return -1;
		*character = *character << 6 | (octets[i] & 0x3fu);
	}
	bool is_surrogate = *character >= 0xd800 && *character < 0xe000;
	return *character < smallest[length] || *character > 0x10ffff || is_surrogate ? -1 : length;
}

static bool
is_harmless(uint32_t character)
{
	if (character < 0x20 || (character >= 0x7f && character < 0xa0))
		return false; /* C0, DEL, C1 */
	if (character == 0x061c || character == 0x200e || character == 0x200f)
		return false; /* marks of direction */
	if (character >= 0x2028 && character <= 0x202e)
		return false; /* separators of lines and paragraphs; embeddings and overrides */
	return character < 0x2066 || character > 0x2069; /* isolates */
}

/* One character or wrong octet of the input as it is shown; its length in the input, 0 if more is needed. */
static size_t
show(const struct printable *printable, const uint8_t *octets, size_t bytes,
     char shown[PRINTABLE_END_BYTES])
{
	uint32_t character = 0;
	int length = character_bytes(octets, bytes, &character);

	if (length == 0)
		return 0;
	if (printable->is_multiline && character == '\r' && bytes == 1)
		return 0;
	if (printable->is_multiline && character == '\r' && octets[1] == '\n') {
		strcpy(shown, "\r\n");
		return 2;
	}
	bool is_of_lines = printable->is_multiline && (character == '\n' || character == '\t');
	if (length > 0 && (is_harmless(character) || is_of_lines)) {
		memcpy(shown, octets, (size_t)length);
		shown[length] = '\0';
		return (size_t)length;
	}
	if (length > 1)
		snprintf(shown, PRINTABLE_END_BYTES, "\\u%04x", (unsigned)character);
	else
		snprintf(shown, PRINTABLE_END_BYTES, "\\x%02x", octets[0]);
	return length > 1 ? (size_t)length : 1;
}

/* What is shown as it is, and is nearly all there is: what fits of it, at once. */
static size_t
copy_plain(const uint8_t *octets, size_t bytes, char *into, size_t into_bytes)
{
	const size_t plain = plain_bytes((const char *)octets, bytes < into_bytes ? bytes : into_bytes);
	if (plain != 0)
		memcpy(into, octets, plain);
	return plain;
}

void
printable_init(struct printable *printable, bool is_multiline)
{
	*printable = (struct printable){ .is_multiline = is_multiline };
}

/* A step over octets that lie together: false if nothing more fits or is whole. */
static bool
step(const struct printable *printable, const uint8_t *octets, size_t bytes, size_t *used,
     char *into, size_t into_bytes, size_t *written)
{
	char shown[PRINTABLE_END_BYTES];
	size_t length = bytes == 0 ? 0 : show(printable, octets, bytes, shown);
	size_t shown_bytes = length == 0 ? 0 : strlen(shown);
	/* NUL is shown in four octets, so strlen tells the length of everything that is shown. */
	if (length == 0 || shown_bytes > into_bytes - *written)
		return false;
	memcpy(into + *written, shown, shown_bytes);
	*written += shown_bytes;
	*used = length;
	return true;
}

/* Completes what was held with octets of the new piece, so that a character lies together again. */
static bool
write_held(struct printable *printable, const uint8_t *octets, size_t bytes, size_t *taken,
	   char *into, size_t into_bytes, size_t *written)
{
	while (printable->held_bytes > 0) {
		uint8_t joined[sizeof printable->held];
		size_t held = printable->held_bytes, used, fresh = sizeof joined - held;
		if (fresh > bytes - *taken)
			fresh = bytes - *taken;
		memcpy(joined, printable->held, held);
		memcpy(joined + held, octets + *taken, fresh);
		if (!step(printable, joined, held + fresh, &used, into, into_bytes, written)) {
			if (into_bytes - *written < PRINTABLE_END_BYTES)
				return false;
			memcpy(printable->held, joined, held + fresh);
			printable->held_bytes = (uint8_t)(held + fresh);
			*taken += fresh;
			return false;
		}
		if (used >= held) {
			printable->held_bytes = 0;
			*taken += used - held;
		} else {
			memmove(printable->held, printable->held + used, held - used);
			printable->held_bytes = (uint8_t)(held - used);
		}
	}
	return true;
}

size_t
printable_write(struct printable *printable, const void *octets, size_t bytes, size_t *taken,
		char *into, size_t into_bytes)
{
	const uint8_t *input = octets;
	size_t written = 0, used;

	*taken = 0;
	if (bytes == 0 || !write_held(printable, input, bytes, taken, into, into_bytes, &written))
		return written;
	while (step(printable, input + *taken, bytes - *taken, &used, into, into_bytes, &written))
		*taken += used;
	size_t rest = bytes - *taken;
	if (rest > 0 && into_bytes - written >= PRINTABLE_END_BYTES) {
		assert(rest < sizeof printable->held);
		memcpy(printable->held, input + *taken, rest);
		printable->held_bytes = (uint8_t)rest;
		*taken = bytes;
	}
	return written;
}

size_t
printable_end(struct printable *printable, char *into, size_t into_bytes)
{
	size_t written = 0;
	for (size_t i = 0; i < printable->held_bytes && into_bytes - written > PRINTABLE_GROWTH;
	     i++)
		written += (size_t)snprintf(into + written, into_bytes - written, "\\x%02x",
					    printable->held[i]);
	printable->held_bytes = 0;
	return written;
}

size_t
printable_text(char *into, size_t into_bytes, const void *octets, size_t bytes)
{
	struct printable printable;
	const uint8_t *input = octets;
	size_t used, taken = 0, written = 0;

	assert(into_bytes > 0);
	printable_init(&printable, false);
	do {
		used = copy_plain(input + taken, bytes - taken, into + written, into_bytes - 1 - written);
		written += used;
		taken += used;
	} while (step(&printable, input + taken, bytes - taken, &used, into, into_bytes - 1, &written) &&
		 (taken += used) < bytes);
	char shown[PRINTABLE_END_BYTES];
	if (taken < bytes && show(&printable, input + taken, bytes - taken, shown) == 0) {
		memcpy(printable.held, input + taken, bytes - taken);
		printable.held_bytes = (uint8_t)(bytes - taken);
		written += printable_end(&printable, into + written, into_bytes - written);
	}
	into[written] = '\0';
	return written;
}
