#include "fetch/links_css.h"

#include "fetch/url_percent.h"
#include "fetch/utf8.h"
#include "stack/base/err.h"

#define NAME_BYTES_MAX    32u /* of a name that is known; a longer one is not */
#define ESCAPE_DIGITS_MAX 6u

void
links_css_init(struct links_css *links, struct span text, struct arena *arena)
{
	*links = (struct links_css){ .text = text, .arena = arena };
}

static char
at(const struct links_css *links, size_t ahead) /* NUL at the end, which is U+FFFD in CSS */
{
	size_t i = links->at + ahead;
	return i < links->text.bytes ? links->text.at[i] : '\0';
}

static bool
is_end(const struct links_css *links)
{
	return links->at >= links->text.bytes;
}

static bool
is_newline(char c)
{
	return c == '\n' || c == '\r' || c == '\f';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || is_newline(c);
}

static bool
is_name_start(char c)
{
	return (span_lower(c) >= 'a' && span_lower(c) <= 'z') || c == '_' || (uint8_t)c >= 0x80;
}

static bool
is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == '-';
}

static bool
is_escape(const struct links_css *links)
{
	return at(links, 0) == '\\' && links->at + 1 < links->text.bytes &&
	       !is_newline(at(links, 1));
}

static void
skip_space(struct links_css *links)
{
	while (is_space(at(links, 0)))
		links->at++;
}

/* Section 4.3.7, with the reader at the backslash. */
static uint32_t
read_escape(struct links_css *links)
{
	uint32_t code_point = 0;
	unsigned digits = 0;
	links->at++;
	for (; digits < ESCAPE_DIGITS_MAX && percent_hex_value(at(links, 0)) >= 0; digits++)
		code_point =
			code_point << 4 | (uint32_t)percent_hex_value(links->text.at[links->at++]);
	if (digits == 0)
		return utf8_next(links->text.at, links->text.bytes, &links->at);
	if (is_space(at(links, 0)))
		links->at += at(links, 0) == '\r' && at(links, 1) == '\n' ? 2 : 1;
	return code_point != 0 ? code_point : UTF8_REPLACEMENT;
}

/* The text of a string or url() while it is read: the document's own until an escape comes. */
struct value {
	size_t begin;
	char *text; /* NULL: no escape so far */
	size_t bytes;
	bool has_no_memory;
};

static struct value
value_begin(const struct links_css *links)
{
	return (struct value){ .begin = links->at };
}

/* The rest of the text has room for all of it: an escape of two octets gives three at most. */
static void
value_copy(struct links_css *links, struct value *value)
{
	size_t rest_bytes;
	size_t bytes = links->at - value->begin;
	if (value->text != NULL)
		return;
	value->text = arena_rest(links->arena, &rest_bytes);
	value->has_no_memory =
		rest_bytes / 2 < links->text.bytes - value->begin + UTF8_ENCODED_BYTES;
	if (!value->has_no_memory)
		memcpy(value->text, links->text.at + value->begin, bytes);
	value->bytes = bytes;
}

static void
value_escape(struct links_css *links, struct value *value)
{
	value_copy(links, value);
	if (is_newline(at(links, 1))) { /* a string goes on in the next line */
		links->at += at(links, 1) == '\r' && at(links, 2) == '\n' ? 3 : 2;
		return;
	}
	if (links->at + 1 >= links->text.bytes) { /* a backslash and the end: nothing */
		links->at++;
		return;
	}
	uint32_t code_point = read_escape(links);
	if (!value->has_no_memory)
		value->bytes += utf8_encode(code_point, value->text + value->bytes);
}

static void
value_octet(struct links_css *links, struct value *value)
{
	if (value->text != NULL && !value->has_no_memory)
		value->text[value->bytes++] = at(links, 0);
	links->at++;
}

static int
value_end(struct links_css *links, const struct value *value, size_t end, struct link *link)
{
	if (value->has_no_memory)
		return ERR_NO_MEMORY;
	link->written = span_of(links->text.at + value->begin, end - value->begin);
	link->reference = link->written;
	if (value->text != NULL) {
		arena_keep(links->arena, value->bytes);
		link->reference = span_of(value->text, value->bytes);
	}
	return 1;
}

/* Section 4.3.5. 1: a string; 0: a newline broke it. */
static int
read_string(struct links_css *links, struct link *link)
{
	char quote = links->text.at[links->at++];
	struct value value = value_begin(links);
	while (!is_end(links) && at(links, 0) != quote) {
		if (is_newline(at(links, 0)))
			return 0;
		if (at(links, 0) == '\\')
			value_escape(links, &value);
		else
			value_octet(links, &value);
	}
	size_t end = links->at;
	links->at += is_end(links) ? 0 : 1;
	return value_end(links, &value, end, link);
}

static bool
is_bad_in_url(char c)
{
	return c == '"' || c == '\'' || c == '(' || (uint8_t)c < 0x20 || c == 0x7f;
}

/* Section 4.3.14: past what is left of a url() that is none. */
static int
skip_bad_url(struct links_css *links)
{
	while (!is_end(links) && at(links, 0) != ')')
		links->at += is_escape(links) ? 2 : 1;
	links->at += is_end(links) ? 0 : 1;
	return 0;
}

/* Section 4.3.6, behind the parenthesis and white space. */
static int
read_url(struct links_css *links, struct link *link)
{
	struct value value = value_begin(links);
	while (!is_end(links) && at(links, 0) != ')' && !is_space(at(links, 0))) {
		if (at(links, 0) == '\\' && !is_escape(links))
			return skip_bad_url(links);
		if (is_bad_in_url(at(links, 0)))
			return skip_bad_url(links);
		if (at(links, 0) == '\\')
			value_escape(links, &value);
		else
			value_octet(links, &value);
	}
	size_t end = links->at;
	skip_space(links);
	if (!is_end(links) && at(links, 0) != ')')
		return skip_bad_url(links);
	links->at += is_end(links) ? 0 : 1;
	return value_end(links, &value, end, link);
}

/* A name in lower case without its escapes; "" when it is too long to be known. */
static struct span
read_name(struct links_css *links, char name[NAME_BYTES_MAX + UTF8_ENCODED_BYTES])
{
	size_t used = 0;
	bool is_long = false;
	while (is_name(at(links, 0)) || is_escape(links)) {
		if (at(links, 0) == '\\')
			used += utf8_encode(read_escape(links), name + used);
		else
			name[used++] = links->text.at[links->at++];
		if (used > NAME_BYTES_MAX) {
			is_long = true;
			used = 0;
		}
	}
	return span_of(name, is_long ? 0 : used);
}

/* What a url() or string stands for where it was found; false: for no resource. */
static bool
kind_here(const struct links_css *links, enum link_kind *kind)
{
	*kind = LINK_IMAGE;
	if (links->rule == CSS_RULE_NAMESPACE)
		return false;
	if (links->rule == CSS_RULE_IMPORT && links->paren_depth == 0)
		*kind = LINK_STYLE;
	else if (links->font_block != 0)
		*kind = LINK_FONT;
	return true;
}

/* 1: a link; 0: go on. */
static int
read_function(struct links_css *links, struct span name, struct link *link)
{
	links->at++;
	if (!span_is_nocase(name, "url")) {
		links->paren_depth++;
		if (span_is_nocase(name, "image-set") || span_is_nocase(name, "-webkit-image-set"))
			links->image_parens = links->paren_depth;
		return 0;
	}
	skip_space(links);
	if (at(links, 0) != '"' && at(links, 0) != '\'') {
		int read = read_url(links, link);
		return read == 1 ? kind_here(links, &link->kind) : read;
	}
	int read = read_string(links, link);
	bool is_link = kind_here(links, &link->kind);
	links->paren_depth++; /* modifiers may follow */
	return read == 1 ? is_link : read;
}

/* A string is a link behind @import and in image-set(). */
static int
read_link_string(struct links_css *links, struct link *link)
{
	bool is_import = links->rule == CSS_RULE_IMPORT && links->paren_depth == 0;
	bool is_image = links->image_parens != 0 && links->image_parens == links->paren_depth;
	size_t mark = arena_mark(links->arena);
	int read = read_string(links, link);
	if (read != 1)
		return read;
	if (is_import || is_image)
		return kind_here(links, &link->kind);
	arena_rewind(links->arena, mark);
	return 0;
}

static void
read_at_rule(struct links_css *links)
{
	char octets[NAME_BYTES_MAX + UTF8_ENCODED_BYTES];
	links->at++;
	struct span name = read_name(links, octets);
	links->rule = CSS_RULE_NONE;
	if (span_is_nocase(name, "import"))
		links->rule = CSS_RULE_IMPORT;
	else if (span_is_nocase(name, "namespace"))
		links->rule = CSS_RULE_NAMESPACE;
	else if (span_is_nocase(name, "font-face"))
		links->rule = CSS_RULE_FONT_FACE;
}

static void
skip_comment(struct links_css *links)
{
	links->at += 2;
	while (!is_end(links) && !(at(links, 0) == '*' && at(links, 1) == '/'))
		links->at++;
	links->at += is_end(links) ? 0 : 2;
}

static void
read_delimiter(struct links_css *links)
{
	switch (links->text.at[links->at++]) {
	case '(': links->paren_depth++; break;
	case ')':
		if (links->image_parens == links->paren_depth)
			links->image_parens = 0;
		if (links->paren_depth > 0)
			links->paren_depth--;
		break;
	case '{':
		links->block_depth++;
		if (links->rule == CSS_RULE_FONT_FACE)
			links->font_block = links->block_depth;
		links->rule = CSS_RULE_NONE;
		break;
	case '}':
		if (links->font_block == links->block_depth)
			links->font_block = 0;
		if (links->block_depth > 0)
			links->block_depth--;
		links->rule = CSS_RULE_NONE;
		break;
	case ';': links->rule = CSS_RULE_NONE; break;
	default: break;
	}
}

/* One token (section 4.3.1). 1: it was a link; 0: go on. */
static int
read_token(struct links_css *links, struct link *link)
{
	char octets[NAME_BYTES_MAX + UTF8_ENCODED_BYTES];
	char c = at(links, 0);
	if (c == '/' && at(links, 1) == '*') {
		skip_comment(links);
	} else if (c == '"' || c == '\'') {
		return read_link_string(links, link);
	} else if (c == '@') {
		read_at_rule(links);
	} else if (c == '#') { /* a hash has a name but is no function */
		links->at++;
		read_name(links, octets);
	} else if (is_name(c) || is_escape(links)) {
		struct span name = read_name(links, octets);
		if (at(links, 0) == '(')
			return read_function(links, name, link);
	} else {
		read_delimiter(links);
	}
	return 0;
}

int
links_css_next(struct links_css *links, struct link *link)
{
	int read = 0;
	while (read == 0 && !is_end(links))
		read = read_token(links, link);
	return read;
}
