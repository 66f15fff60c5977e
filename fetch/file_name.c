#include "fetch/file_name.h"

#include "fetch/utf8.h"

#define EXTENSION_BYTES_MAX 16u /* ".tar.gz" and the like; longer ones are words */

static struct span
last_segment(struct span text)
{
	size_t from = text.bytes;
	while (from > 0 && text.at[from - 1] != '/' && text.at[from - 1] != '\\')
		from--;
	return span_from(text, from);
}

/* Unicode, UAX 9, section 2: marks, embeddings, overrides, isolates. */
static bool
is_bidirectional(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool
is_dropped(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == '/' ||
	       c == '\\' || is_bidirectional(c);
}

/* What a name may not begin with. */
static bool
is_trimmed(uint32_t c)
{
	return c == '.' || c == '-' || c == ' ';
}

/* ".gz" of "a.tar.gz", where cutting the name is to leave it in place. */
static struct span
extension_of(struct span text)
{
	size_t from = text.bytes;
	while (from > 0 && text.bytes - from < EXTENSION_BYTES_MAX && text.at[from - 1] != '.')
		from--;
	bool has_one = from > 1 && text.at[from - 1] == '.' && from < text.bytes;
	for (size_t i = from; has_one && i < text.bytes; i++)
		has_one = (span_lower(text.at[i]) >= 'a' && span_lower(text.at[i]) <= 'z') ||
			  (text.at[i] >= '0' && text.at[i] <= '9');
	return has_one ? span_from(text, from - 1) : (struct span){ NULL, 0 };
}

/* The whole text's safe characters, as many as `room` octets hold. */
static size_t
copy_safe(struct span text, char *into, size_t room)
{
	size_t written = 0, at = 0;
	bool has_utf8 = utf8_is_valid(text.at, text.bytes);
	while (at < text.bytes) {
		char encoded[UTF8_ENCODED_BYTES];
		uint32_t c = has_utf8 ? utf8_next(text.at, text.bytes, &at)
				      : (unsigned char)text.at[at++];
		size_t bytes = utf8_encode(c, encoded);
		if (is_dropped(c) || (written == 0 && is_trimmed(c)))
			continue;
		if (bytes > room - written)
			break;
		memcpy(into + written, encoded, bytes);
		written += bytes;
	}
	return written;
}

int
file_name_safe(struct span text, char name[FILE_NAME_BYTES_MAX + 1])
{
	struct span segment = last_segment(text), extension = extension_of(segment);
	struct span stem = span_first(segment, segment.bytes - extension.bytes);
	size_t bytes = copy_safe(stem, name, FILE_NAME_BYTES_MAX - extension.bytes);
	if (bytes != 0) {
		memcpy(name + bytes, extension.at != NULL ? extension.at : "", extension.bytes);
		bytes += extension.bytes;
	} else { /* ".profile": the dot goes, and the rest is a name */
		bytes = copy_safe(segment, name, FILE_NAME_BYTES_MAX);
	}
	while (bytes > 0 && name[bytes - 1] == ' ')
		bytes--;
	name[bytes] = '\0';
	return bytes != 0 ? 0 : ERR_NOT_FOUND;
}
