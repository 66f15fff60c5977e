#include "fetch/field.h"

bool
field_is_token_octet(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool
field_is_token(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if (!field_is_token_octet(text.at[i]))
			return false;
	}
	return text.bytes != 0;
}

bool
field_is_value(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.at[i] == '\r' || text.at[i] == '\n' || text.at[i] == '\0')
			return false;
	}
	return true;
}

int
field_read(struct span line, struct field *field, const char **why)
{
	size_t colon = span_find(line, ':');
	if (colon == line.bytes) {
		*why = "a field line without a colon";
		return ERR_MALFORMED;
	}
	field->name = span_first(line, colon);
	field->value = span_trim(span_from(line, colon + 1));
	if (colon != 0 && span_trim(field->name).bytes != colon) {
		*why = "white space around a field name"; /* RFC 9112, section 5.1: hides fields */
		return ERR_MALFORMED;
	}
	if (!field_is_token(field->name)) {
		*why = "a field name that is no token";
		return ERR_MALFORMED;
	}
	if (!field_is_value(field->value)) {
		*why = "CR or NUL inside a field value";
		return ERR_MALFORMED;
	}
	return 0;
}

const struct field *
fields_find(const struct fields *fields, const char *name, const struct field *after)
{
	size_t i = after != NULL ? (size_t)(after - fields->at) + 1 : 0;
	for (; i < fields->count; i++) {
		if (span_is_nocase(fields->at[i].name, name))
			return &fields->at[i];
	}
	return NULL;
}

struct span
fields_value(const struct fields *fields, const char *name)
{
	const struct field *field = fields_find(fields, name, NULL);
	return field != NULL ? field->value : (struct span){ NULL, 0 };
}

/* The octets of a quoted string at the start of `text`, both quotes counted; 0: it has no end. */
static size_t
quoted_bytes(struct span text)
{
	for (size_t i = 1; i < text.bytes; i++) {
		if (text.at[i] == '"')
			return i + 1;
		if (text.at[i] == '\\')
			i++;
	}
	return 0;
}

/* Where the first `c` stands outside of quoted strings; a quote without end hides nothing. */
static size_t
find_unquoted(struct span text, char c)
{
	size_t i = 0;
	while (i < text.bytes && text.at[i] != c) {
		size_t skip = text.at[i] == '"' ? quoted_bytes(span_from(text, i)) : 0;
		i += skip != 0 ? skip : 1;
	}
	return i;
}

bool
field_list_next(struct span *rest, struct span *element)
{
	while (rest->bytes != 0) {
		size_t comma = find_unquoted(*rest, ',');
		*element = span_trim(span_first(*rest, comma));
		*rest = span_from(*rest, comma < rest->bytes ? comma + 1 : comma);
		if (element->bytes != 0)
			return true;
	}
	return false;
}

struct field_elements
field_elements(const struct fields *fields, const char *name)
{
	return (struct field_elements){ .fields = fields, .name = name };
}

bool
field_elements_next(struct field_elements *elements, struct span *element)
{
	while (!field_list_next(&elements->rest, element)) {
		const struct field *next =
			fields_find(elements->fields, elements->name, elements->field);
		if (next == NULL)
			return false;
		elements->field = next;
		elements->rest = next->value;
	}
	return true;
}

bool
field_has_element(const struct fields *fields, const char *name, const char *element)
{
	struct field_elements elements = field_elements(fields, name);
	struct span one;
	while (field_elements_next(&elements, &one)) {
		if (span_is_nocase(one, element))
			return true;
	}
	return false;
}

size_t
field_token_bytes(struct span text)
{
	size_t bytes = 0;
	while (bytes < text.bytes && field_is_token_octet(text.at[bytes]))
		bytes++;
	return bytes;
}

int
field_parameter_next(struct span *rest, struct parameter *parameter)
{
	struct span at = span_trim(*rest);
	while (at.bytes != 0 && at.at[0] == ';') /* empty parameters are allowed */
		at = span_trim(span_from(at, 1));
	if (at.bytes == 0) {
		*rest = at;
		return 0;
	}
	size_t bytes = field_token_bytes(at);
	parameter->name = span_first(at, bytes);
	parameter->value = (struct span){ NULL, 0 };
	at = span_trim(span_from(at, bytes));
	if (bytes == 0)
		return ERR_MALFORMED;
	if (at.bytes != 0 && at.at[0] == '=') {
		at = span_trim(span_from(at, 1));
		bool is_quoted = at.bytes != 0 && at.at[0] == '"';
		bytes = is_quoted ? quoted_bytes(at) : field_token_bytes(at);
		if (bytes == 0)
			return ERR_MALFORMED;
		parameter->value = span_first(at, bytes);
		at = span_trim(span_from(at, bytes));
	}
	if (at.bytes != 0 && at.at[0] != ';')
		return ERR_MALFORMED;
	*rest = at;
	return 1;
}

int
field_unquote(struct span value, char *into, size_t into_bytes, size_t *bytes)
{
	bool is_quoted = value.bytes >= 2 && value.at[0] == '"';
	struct span text = is_quoted ? span_of(value.at + 1, value.bytes - 2) : value;
	size_t written = 0;
	for (size_t i = 0; i < text.bytes; i++) {
		if (is_quoted && text.at[i] == '\\' && i + 1 < text.bytes)
			i++;
		if (written == into_bytes)
			return ERR_FULL;
		into[written++] = text.at[i];
	}
	*bytes = written;
	return 0;
}
