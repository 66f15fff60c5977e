#include "fetch/journey/markup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fetch/printable.h"

#define SAFE_BYTES 4096u

void
markup_init(struct markup *markup, char *text, size_t text_bytes)
{
	*markup = (struct markup){ .text = text, .bytes_max = text_bytes };
}

static void
put_bytes(struct markup *markup, const char *bytes, size_t size)
{
	if (markup->err != 0)
		return;
	if (size > markup->bytes_max - markup->bytes) {
		markup->err = ERR_FULL;
		return;
	}
	memcpy(markup->text + markup->bytes, bytes, size);
	markup->bytes += size;
}

void
markup_put(struct markup *markup, const char *format, ...)
{
	va_list arguments;
	size_t room = markup->bytes_max - markup->bytes;

	if (markup->err != 0)
		return;
	va_start(arguments, format);
	int size = vsnprintf(markup->text + markup->bytes, room, format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= room)
		markup->err = ERR_FULL;
	else
		markup->bytes += (size_t)size;
}

static const char *
reference_of(char character)
{
	switch (character) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	}
	return NULL;
}

static bool
begins_character(char octet)
{
	return ((unsigned char)octet & 0xc0) != 0x80;
}

/* U+FFFE and U+FFFF are UTF-8 and yet no characters of XML. */
static bool
is_no_character(const char *octets)
{
	return strncmp(octets, "\xef\xbf\xbe", 3) == 0 || strncmp(octets, "\xef\xbf\xbf", 3) == 0;
}

void
markup_text(struct markup *markup, const char *text, size_t columns)
{
	char safe[SAFE_BYTES];
	size_t column = 0, bytes = printable_text(safe, sizeof safe, text, strlen(text));

	for (size_t i = 0; i < bytes; i++) {
		if (begins_character(safe[i]) && columns != 0 && column++ == columns) {
			put_bytes(markup, "\xe2\x80\xa6", 3); /* an ellipsis */
			return;
		}
		const char *reference = reference_of(safe[i]);
		if (reference != NULL)
			put_bytes(markup, reference, strlen(reference));
		else if (is_no_character(safe + i))
			put_bytes(markup, "?", 1), i += 2;
		else
			put_bytes(markup, safe + i, 1);
	}
}
