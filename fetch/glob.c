#include "fetch/glob.h"

#include <inttypes.h>
#include <stdio.h>

#include "fetch/arena_text.h"
#include "stack/addr.h"
#include "stack/base/err.h"

#define VALUE_BYTES_MAX 32u /* of a number, with its leading zeros */
#define ZONE_BYTES_MAX  64u

struct reader {
	struct glob *glob;
	struct span text;
	size_t at;
};

static int
fail(struct reader *reader, size_t at, int err, const char *why)
{
	reader->glob->why = why;
	reader->glob->column = at + 1;
	return err;
}

static char
peek(const struct reader *reader) /* NUL at the end */
{
	return reader->at < reader->text.bytes ? reader->text.at[reader->at] : '\0';
}

/* Other backslashes are text: a URL may have them for slashes. */
static bool
is_escape(struct span text, size_t at, enum glob_kind kind)
{
	if (kind == GLOB_RAW || text.at[at] != '\\' || at + 1 >= text.bytes)
		return false;
	char behind = text.at[at + 1];
	return behind == '{' || behind == '}' || behind == '[' || behind == ']' ||
	       (behind == ',' && kind == GLOB_SET);
}

static int
add_part(struct reader *reader, size_t begin, struct glob_part part)
{
	struct glob *glob = reader->glob;
	if (glob->part_count == GLOB_PARTS_MAX)
		return fail(reader, begin, ERR_TOO_BIG, "there are too many patterns");
	if (part.count > UINT64_MAX / glob->url_count)
		return fail(reader, begin, ERR_TOO_BIG, "there are too many URLs");
	glob->url_count *= part.count;
	glob->parts[glob->part_count++] = part;
	return 0;
}

/* What stands in brackets is an address (RFC 3986, section 3.2.2), perhaps with a zone (RFC 6874). */
static bool
is_address(struct span inside)
{
	char text[ADDR_TEXT_BYTES];
	struct ip_addr addr;
	size_t percent = span_find(inside, '%');
	if (inside.bytes == 0)
		return true;
	if (percent >= sizeof text || inside.bytes - percent > ZONE_BYTES_MAX)
		return false;
	memcpy(text, inside.at, percent);
	text[percent] = '\0';
	return addr_from_text(&addr, text) == 0 && addr.family == ADDR_IPV6;
}

/* Past the closing bracket when what is opened at the reader is an address; else false. */
static bool
skip_address(struct reader *reader)
{
	struct span inside = span_from(reader->text, reader->at + 1);
	size_t end = span_find(inside, ']');
	if (end == inside.bytes || !is_address(span_first(inside, end)))
		return false;
	reader->at += end + 2;
	return true;
}

static int
read_text(struct reader *reader)
{
	size_t begin = reader->at;
	for (; reader->at < reader->text.bytes; reader->at++) {
		char c = peek(reader);
		if (c == '}' || c == ']')
			return fail(reader, reader->at, ERR_MALFORMED,
				    "a brace or bracket was not opened");
		if (c == '[' && skip_address(reader))
			reader->at--;
		else if (c == '{' || c == '[')
			break;
		else if (is_escape(reader->text, reader->at, GLOB_TEXT))
			reader->at++;
	}
	struct span text = span_of(reader->text.at + begin, reader->at - begin);
	return add_part(reader, begin,
			(struct glob_part){ .kind = GLOB_TEXT, .text = text, .count = 1 });
}

static int
read_set(struct reader *reader)
{
	size_t begin = reader->at++;
	uint64_t count = 1;
	for (; peek(reader) != '}'; reader->at++) {
		char c = peek(reader);
		if (reader->at >= reader->text.bytes)
			return fail(reader, begin, ERR_MALFORMED, "the brace is not closed");
		if (c == '{' || c == '[' || c == ']')
			return fail(reader, reader->at, ERR_MALFORMED, "patterns do not nest");
		if (c == ',')
			count++;
		else if (is_escape(reader->text, reader->at, GLOB_SET))
			reader->at++;
	}
	struct span text = span_of(reader->text.at + begin + 1, reader->at - begin - 1);
	reader->at++;
	if (text.bytes == 0)
		return fail(reader, begin, ERR_MALFORMED, "there is nothing between the braces");
	return add_part(reader, begin,
			(struct glob_part){ .kind = GLOB_SET, .text = text, .count = count });
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

/* The digits at the reader; their number, 0 when there are none or the value has no room. */
static unsigned
read_number(struct reader *reader, uint64_t *number)
{
	size_t begin = reader->at;
	while (is_digit(peek(reader)))
		reader->at++;
	struct span digits = span_of(reader->text.at + begin, reader->at - begin);
	if (digits.bytes >= VALUE_BYTES_MAX || !span_to_number(digits, UINT64_MAX, number))
		return 0;
	return (unsigned)digits.bytes;
}

static bool
read_numbers(struct reader *reader, struct glob_part *part, uint64_t *last)
{
	char leading = peek(reader);
	unsigned width = read_number(reader, &part->first);
	part->kind = GLOB_NUMBERS;
	part->width = leading == '0' ? width : 0;
	if (width == 0 || peek(reader) != '-')
		return false;
	reader->at++;
	return read_number(reader, last) != 0;
}

static bool
read_letters(struct reader *reader, struct glob_part *part, uint64_t *last)
{
	struct span range = span_first(span_from(reader->text, reader->at), 3);
	part->kind = GLOB_LETTERS;
	if (range.bytes < 3 || range.at[1] != '-' || !is_letter(range.at[2]) ||
	    (range.at[0] < 'a') != (range.at[2] < 'a')) /* one case */
		return false;
	part->first = (uint8_t)range.at[0];
	*last = (uint8_t)range.at[2];
	reader->at += range.bytes;
	return true;
}

static int
read_range(struct reader *reader)
{
	static const char shape[] =
		"a range is [1-9], [a-z], or one of them with a step as [1-9:2]";
	size_t begin = reader->at++;
	uint64_t last = 0;
	struct glob_part part = { .step = 1 };
	bool is_range = is_letter(peek(reader)) ? read_letters(reader, &part, &last)
						: read_numbers(reader, &part, &last);
	if (is_range && peek(reader) == ':') {
		reader->at++;
		is_range = read_number(reader, &part.step) != 0 && part.step != 0;
	}
	if (!is_range || peek(reader) != ']')
		return fail(reader, begin, ERR_MALFORMED, shape);
	reader->at++;
	if (part.first > last)
		return fail(reader, begin, ERR_MALFORMED, "the range ends before it begins");
	if (last - part.first == UINT64_MAX)
		return fail(reader, begin, ERR_TOO_BIG, "there are too many URLs");
	part.count = (last - part.first) / part.step + 1;
	return add_part(reader, begin, part);
}

int
glob_parse(struct glob *glob, struct span text)
{
	struct reader reader = { .glob = glob, .text = text };
	int err = 0;
	glob->part_count = 0;
	glob->url_count = 1;
	glob->why = NULL;
	glob->column = 0;
	while (err == 0 && reader.at < text.bytes) {
		struct reader before = reader;
		if (peek(&reader) == '{')
			err = read_set(&reader);
		else if (peek(&reader) == '[' && !skip_address(&before))
			err = read_range(&reader);
		else
			err = read_text(&reader);
	}
	return err;
}

void
glob_none(struct glob *glob, struct span text)
{
	*glob = (struct glob){ .part_count = 1, .url_count = 1 };
	glob->parts[0] = (struct glob_part){ .kind = GLOB_RAW, .text = text, .count = 1 };
}

static void
put_unescaped(struct arena_text *output, struct span text, enum glob_kind kind)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if (is_escape(text, i, kind))
			i++;
		arena_text_put(output, span_of(text.at + i, 1));
	}
}

/* The element of a set, between its commas. */
static struct span
element(struct span set, uint64_t index)
{
	size_t begin = 0, i = 0;
	for (; i < set.bytes; i++) {
		if (is_escape(set, i, GLOB_SET)) {
			i++;
		} else if (set.at[i] == ',') {
			if (index-- == 0)
				break;
			begin = i + 1;
		}
	}
	return span_of(set.at + begin, (i < set.bytes ? i : set.bytes) - begin);
}

static void
put_value(struct arena_text *output, const struct glob_part *part, uint64_t index)
{
	char text[VALUE_BYTES_MAX + 1];
	uint64_t value = part->first + index * part->step;
	switch (part->kind) {
	case GLOB_RAW:
	case GLOB_TEXT: put_unescaped(output, part->text, part->kind); return;
	case GLOB_SET: put_unescaped(output, element(part->text, index), part->kind); return;
	case GLOB_LETTERS:
		text[0] = (char)value;
		arena_text_put(output, span_of(text, 1));
		return;
	case GLOB_NUMBERS:
		snprintf(text, sizeof text, "%0*" PRIu64, (int)part->width, value);
		arena_text_put(output, span_from_text(text));
		return;
	}
}

/* Which of a part's values a URL has: the last part counts up first. */
static uint64_t
value_index(const struct glob *glob, unsigned part_index, uint64_t url_index)
{
	for (unsigned i = glob->part_count; i-- > part_index + 1;)
		url_index /= glob->parts[i].count;
	return url_index % glob->parts[part_index].count;
}

int
glob_url(const struct glob *glob, uint64_t index, struct arena *arena, struct span *url)
{
	struct arena_text output = arena_text_begin(arena);
	assert(index < glob->url_count);
	for (unsigned i = 0; i < glob->part_count; i++)
		put_value(&output, &glob->parts[i], value_index(glob, i, index));
	return arena_text_end(&output, arena, url);
}

/* The part that #number means; NULL when there is none. */
static const struct glob_part *
pattern(const struct glob *glob, uint64_t number)
{
	for (unsigned i = 0; i < glob->part_count; i++) {
		if (glob->parts[i].kind > GLOB_TEXT && --number == 0)
			return &glob->parts[i];
	}
	return NULL;
}

int
glob_name(const struct glob *glob, uint64_t index, struct span name, struct arena *arena,
	  struct span *filled)
{
	struct arena_text output = arena_text_begin(arena);
	for (size_t i = 0; i < name.bytes;) {
		uint64_t number = 0;
		size_t end = i + 1;
		while (name.at[i] == '#' && end < name.bytes && is_digit(name.at[end]))
			end++;
		bool is_number = span_to_number(span_of(name.at + i + 1, end - i - 1),
						GLOB_PARTS_MAX, &number);
		const struct glob_part *part =
			is_number && number != 0 ? pattern(glob, number) : NULL;
		if (part != NULL)
			put_value(&output, part,
				  value_index(glob, (unsigned)(part - glob->parts), index));
		else
			arena_text_put(&output, span_of(name.at + i, end - i));
		i = end;
	}
	return arena_text_end(&output, arena, filled);
}
