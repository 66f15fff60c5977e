#include "fetch/mime_type.h"

#include "stack/base/err.h"

/* What is written is at most what was read, with a quoted value doubled by its backslashes. */
struct output {
	char *text;
	size_t bytes;
	struct span names[MIME_PARAMETERS_MAX];
	unsigned count;
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span
trim_end(struct span text)
{
	while (text.bytes != 0 && is_space(text.at[text.bytes - 1]))
		text.bytes--;
	return text;
}

static struct span
trim_begin(struct span text)
{
	while (text.bytes != 0 && is_space(text.at[0]))
		text = span_from(text, 1);
	return text;
}

static bool
is_token(struct span text) /* RFC 9110, section 5.6.2 */
{
	for (size_t i = 0; i < text.bytes; i++) {
		char c = span_lower(text.at[i]);
		bool is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (c == '\0' || (!is_alphanumeric && strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return text.bytes != 0;
}

/* HTTP quoted-string token code points: also what is beyond ASCII, up to U+00FF. */
static bool
is_quotable(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		uint8_t c = (uint8_t)text.at[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static struct span
put(struct output *output, struct span text)
{
	struct span there = span_of(output->text + output->bytes, text.bytes);
	if (text.bytes != 0)
		memcpy(output->text + output->bytes, text.at, text.bytes);
	output->bytes += text.bytes;
	return there;
}

static struct span
put_lower(struct output *output, struct span text)
{
	size_t at = output->bytes;
	for (size_t i = 0; i < text.bytes; i++)
		output->text[output->bytes++] = span_lower(text.at[i]);
	return span_of(output->text + at, text.bytes);
}

static void
put_value(struct output *output, struct span value)
{
	if (is_token(value)) {
		put(output, value);
		return;
	}
	put(output, SPAN("\""));
	for (size_t i = 0; i < value.bytes; i++) {
		if (value.at[i] == '"' || value.at[i] == '\\')
			put(output, SPAN("\\"));
		put(output, span_of(value.at + i, 1));
	}
	put(output, SPAN("\""));
}

static bool
has_parameter(const struct output *output, struct span name)
{
	for (unsigned i = 0; i < output->count; i++) {
		if (span_equals_nocase(output->names[i], name))
			return true;
	}
	return false;
}

/* Behind the opening quote, unescaped into `value`; *rest goes past the closing one. */
static struct span
read_quoted(struct span *rest, char *value)
{
	size_t used = 0, i = 0;
	while (i < rest->bytes && rest->at[i] != '"') {
		if (rest->at[i] == '\\' && i + 1 < rest->bytes)
			i++;
		value[used++] = rest->at[i++];
	}
	*rest = span_from(*rest, i);
	return span_of(value, used);
}

/* One parameter of *rest, which begins behind a semicolon, and past the next one. */
static void
read_parameter(struct output *output, struct span *rest, char *scratch)
{
	*rest = trim_begin(*rest);
	size_t end = span_find(*rest, ';'), equals = span_find(span_first(*rest, end), '=');
	struct span name = span_first(*rest, equals), value;
	bool is_quoted = equals + 1 < end && rest->at[equals + 1] == '"';
	if (equals == end) { /* no value */
		*rest = span_from(*rest, end);
		return;
	}
	if (is_quoted) {
		*rest = span_from(*rest, equals + 2);
		value = read_quoted(rest, scratch);
		*rest = span_from(*rest, span_find(*rest, ';'));
	} else {
		value = trim_end(span_of(rest->at + equals + 1, end - equals - 1));
		*rest = span_from(*rest, end);
	}
	if ((value.bytes == 0 && !is_quoted) || !is_token(name) || !is_quotable(value) ||
	    has_parameter(output, name) || output->count == MIME_PARAMETERS_MAX)
		return;
	put(output, SPAN(";"));
	output->names[output->count++] = put_lower(output, name);
	put(output, SPAN("="));
	put_value(output, value);
}

int
mime_type_parse(struct mime_type *type, struct span text, struct arena *arena)
{
	text = trim_end(trim_begin(text));
	size_t slash = span_find(text, '/');
	if (slash == text.bytes || !is_token(span_first(text, slash)))
		return ERR_MALFORMED;
	struct span rest = span_from(text, slash + 1);
	size_t end = span_find(rest, ';');
	struct span subtype = trim_end(span_first(rest, end));
	if (!is_token(subtype))
		return ERR_MALFORMED;

	size_t mark = arena_mark(arena);
	char *scratch = arena_alloc(arena, 3 * text.bytes); /* an unescaped value, and the output */
	if (scratch == NULL)
		return ERR_NO_MEMORY;
	struct output output = { .text = scratch + text.bytes };
	put_lower(&output, span_first(text, slash + 1));
	put_lower(&output, subtype);
	size_t essence_bytes = output.bytes;
	for (rest = span_from(rest, end); rest.bytes != 0;) {
		rest = span_from(rest, 1);
		read_parameter(&output, &rest, scratch);
	}
	memmove(scratch, output.text, output.bytes);
	arena_rewind(arena, mark);
	type->whole = span_of(arena_alloc(arena, output.bytes), output.bytes);
	type->essence = span_first(type->whole, essence_bytes);
	return 0;
}
