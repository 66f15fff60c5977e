#include "fetch/chunked.h"

#include <assert.h>

#include "fetch/field.h"
#include "fetch/url_percent.h"

void
chunked_init(struct chunked *chunked)
{
	chunked->state = CHUNKED_LINE;
	chunked->chunk_bytes = chunked->left_bytes = 0;
	chunked->extensions_bytes = chunked->line_bytes = 0;
}

static int
refuse(int err, struct span line, const char *why, struct failure *failure)
{
	failure_set(failure, FAILURE_WEIRD_REPLY, "the chunk line \"" SPAN_FORMAT "\" %s",
		    SPAN_ARGUMENTS(span_first(line, 60)), why);
	return err;
}

/* The size at the start of a line, 1*HEXDIG; the digits read, 0 when there is none or too many. */
static size_t
size_read(struct span line, uint64_t *size)
{
	size_t digits = 0;
	*size = 0;
	while (digits < line.bytes && percent_hex_value(line.at[digits]) >= 0) {
		if (digits == CHUNKED_SIZE_DIGITS_MAX)
			return 0;
		*size = *size << 4 | (uint64_t)percent_hex_value(line.at[digits++]);
	}
	return digits;
}

/* Octets that a quoted string may hold (RFC 9110, section 5.6.4): no controls but HTAB. */
static bool
has_controls(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* *( BWS ";" BWS name [ BWS "=" BWS value ] ), RFC 9112, section 7.1.1. */
static bool
extensions_are_valid(struct span extensions)
{
	struct parameter extension;
	int read = 1;
	struct span trimmed = span_trim(extensions);
	if (extensions.bytes == 0)
		return true;
	if (trimmed.bytes == 0 || trimmed.at[0] != ';' || has_controls(extensions))
		return false;
	while (read == 1)
		read = field_parameter_next(&trimmed, &extension);
	return read == 0;
}

static int
line_read(struct chunked *chunked, struct failure *failure)
{
	struct span line = span_of(chunked->line, chunked->line_bytes);
	if (line.bytes < 2 || line.at[line.bytes - 2] != '\r')
		return refuse(ERR_MALFORMED, span_first(line, line.bytes - 1),
			      "ends in LF without CR", failure);
	line.bytes -= 2;
	chunked->line_bytes = 0;

	size_t digits = size_read(line, &chunked->chunk_bytes);
	if (digits == 0)
		return refuse(ERR_MALFORMED, line, "has no valid size", failure);
	struct span extensions = span_from(line, digits);
	if (!extensions_are_valid(extensions))
		return refuse(ERR_MALFORMED, line, "has octets that are no extension", failure);
	chunked->extensions_bytes += extensions.bytes;
	if (chunked->extensions_bytes > CHUNKED_EXTENSIONS_BYTES_MAX)
		return refuse(ERR_TOO_BIG, line, "brings too many octets of extensions", failure);
	chunked->left_bytes = chunked->chunk_bytes;
	chunked->state = chunked->chunk_bytes == 0 ? CHUNKED_LAST : CHUNKED_DATA;
	return chunked->chunk_bytes == 0 ? 1 : 0;
}

static int
line_gather(struct chunked *chunked, const char *octets, size_t bytes, size_t *taken,
	    struct failure *failure)
{
	size_t room = sizeof chunked->line - chunked->line_bytes;
	size_t copy = bytes < room ? bytes : room;
	const char *lf = memchr(octets, '\n', copy);
	if (lf != NULL)
		copy = (size_t)(lf - octets) + 1;
	memcpy(chunked->line + chunked->line_bytes, octets, copy);
	chunked->line_bytes += copy;
	*taken = copy;
	if (lf != NULL)
		return line_read(chunked, failure);
	if (chunked->line_bytes == sizeof chunked->line)
		return refuse(ERR_TOO_BIG, span_of(chunked->line, chunked->line_bytes),
			      "is too long", failure);
	return 0;
}

static int
data_end_read(struct chunked *chunked, char octet, struct failure *failure)
{
	bool is_cr = chunked->state == CHUNKED_DATA_CR;
	if (octet != (is_cr ? '\r' : '\n')) {
		failure_set(failure, FAILURE_WEIRD_REPLY,
			    "a chunk of %llu octets is not followed by CRLF",
			    (unsigned long long)chunked->chunk_bytes);
		return ERR_MALFORMED;
	}
	chunked->state = is_cr ? CHUNKED_DATA_LF : CHUNKED_LINE;
	return 0;
}

int
chunked_receive(struct chunked *chunked, const char *octets, size_t bytes, size_t *taken,
		struct span *data, struct failure *failure)
{
	assert(bytes != 0 && chunked->state != CHUNKED_LAST);
	*data = (struct span){ NULL, 0 };
	*taken = 1;
	switch (chunked->state) {
	case CHUNKED_LINE: return line_gather(chunked, octets, bytes, taken, failure);
	case CHUNKED_DATA:
		*taken = bytes < chunked->left_bytes ? bytes : (size_t)chunked->left_bytes;
		*data = span_of(octets, *taken);
		chunked->left_bytes -= *taken;
		if (chunked->left_bytes == 0)
			chunked->state = CHUNKED_DATA_CR;
		return 0;
	case CHUNKED_DATA_CR:
	case CHUNKED_DATA_LF: return data_end_read(chunked, octets[0], failure);
	case CHUNKED_LAST: break;
	}
	return ERR_CLOSED;
}

size_t
chunked_head_write(char head[CHUNKED_HEAD_BYTES_MAX], uint64_t bytes)
{
	static const char digits[] = "0123456789abcdef";
	size_t written = 0;
	unsigned shift = 60;
	while (shift != 0 && bytes >> shift == 0)
		shift -= 4;
	for (;; shift -= 4) {
		head[written++] = digits[bytes >> shift & 15];
		if (shift == 0)
			break;
	}
	head[written++] = '\r';
	head[written++] = '\n';
	return written;
}
