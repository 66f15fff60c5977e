#include "fetch/data_url.h"

#include "fetch/base64.h"
#include "fetch/url_percent.h"

#define DEFAULT_TYPE    "text/plain;charset=US-ASCII"
#define DEFAULT_ESSENCE "text/plain"

/* Takes `;base64` off the end of the type, with spaces behind the semicolon and in any case. */
static bool
take_base64(struct span *type)
{
	struct span rest = *type;
	if (rest.bytes < 6 || !span_is_nocase(span_from(rest, rest.bytes - 6), "base64"))
		return false;
	rest.bytes -= 6;
	while (rest.bytes != 0 && rest.at[rest.bytes - 1] == ' ')
		rest.bytes--;
	if (!span_ends(rest, SPAN(";")))
		return false;
	type->bytes = rest.bytes - 1;
	return true;
}

/* `;charset=x` alone is a parameter of text/plain. */
static int
read_type(struct mime_type *type, struct span text, struct arena *arena)
{
	if (span_starts(text, SPAN(";"))) {
		char *whole =
			arena_printf(arena, DEFAULT_ESSENCE SPAN_FORMAT, SPAN_ARGUMENTS(text));
		if (whole == NULL)
			return ERR_NO_MEMORY;
		text = span_from_text(whole);
	}
	int err = mime_type_parse(type, text, arena);
	if (err != ERR_MALFORMED)
		return err;
	type->whole = SPAN(DEFAULT_TYPE);
	type->essence = span_first(type->whole, sizeof DEFAULT_ESSENCE - 1);
	return 0;
}

int
data_url_open(struct data_url *data, const struct url *url, struct arena *arena)
{
	struct span text = url_without_fragment(url);
	text = span_from(text, url->scheme.bytes + 1);
	size_t comma = span_find(text, ',');
	if (comma == text.bytes)
		return ERR_MALFORMED;
	struct span type = span_trim(span_first(text, comma));
	struct span content = span_from(text, comma + 1);
	bool is_base64 = take_base64(&type);

	char *octets = arena_alloc(arena, content.bytes);
	if (octets == NULL)
		return ERR_NO_MEMORY;
	size_t bytes = percent_decode(content, octets);
	if (is_base64 && base64_decode_forgiving(span_of(octets, bytes), octets, &bytes) != 0)
		return ERR_MALFORMED;
	data->content = span_of(octets, bytes);
	return read_type(&data->type, type, arena);
}
