/*
 * The forms of -F, put together in memory (body.h, multipart.h).
 *
 *	NAME=TEXT   NAME=@FILE (an upload)   NAME=<FILE (its text)   each with ;type=TYPE ;filename=NAME behind
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "fetch/body_priv.h"
#include "fetch/field.h"
#include "fetch/multipart.h"

#define PART_HEAD_BYTES 4096u

struct form_item {
	struct span name, content;
	char mark; /* '@', '<'; 0: the content itself */
	bool has_type, has_file_name;
	struct span type, file_name;
};

static int
refuse(const char *text, const char *why, struct failure *failure)
{
	failure_set(failure, FAILURE_USAGE, "-F `%.100s': %s", text, why);
	return -1;
}

static const struct span type_mark = SPAN_LITERAL(";type=");
static const struct span file_name_mark = SPAN_LITERAL(";filename=");

/* Where the next of both begins; text.bytes when none does. */
static size_t
find_mark(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if (span_starts_nocase(span_from(text, i), type_mark) ||
		    span_starts_nocase(span_from(text, i), file_name_mark))
			return i;
	}
	return text.bytes;
}

static void
read_marks(struct span rest, struct form_item *item)
{
	while (rest.bytes != 0) {
		bool is_type = span_starts_nocase(rest, type_mark);
		rest = span_from(rest, is_type ? type_mark.bytes : file_name_mark.bytes);
		struct span value = span_trim(span_first(rest, find_mark(rest)));
		rest = span_from(rest, find_mark(rest));
		if (value.bytes >= 2 && value.at[0] == '"' && value.at[value.bytes - 1] == '"')
			value = span_of(value.at + 1, value.bytes - 2);
		if (is_type)
			item->type = value;
		else
			item->file_name = value;
		item->has_type = item->has_type || is_type;
		item->has_file_name = item->has_file_name || !is_type;
	}
}

static int
item_read(const struct setting_item *setting, struct form_item *item, struct failure *failure)
{
	struct span text = span_from_text(setting->text);
	size_t equals = span_find(text, '=');
	*item = (struct form_item){ .name = span_first(text, equals) };
	if (equals == text.bytes)
		return refuse(setting->text, "NAME=CONTENT is meant", failure);
	item->content = span_from(text, equals + 1);
	if (setting->kind == FORM_STRING)
		return 0;
	if (item->content.bytes != 0 &&
	    (item->content.at[0] == '@' || item->content.at[0] == '<')) {
		item->mark = item->content.at[0];
		item->content = span_from(item->content, 1);
	}
	size_t end = find_mark(item->content);
	read_marks(span_from(item->content, end), item);
	item->content = span_first(item->content, end);
	if (item->mark != 0 && (item->content.bytes == 0 || item->content.bytes >= PATH_MAX))
		return refuse(setting->text, "the file has no name, or too long a one", failure);
	return 0;
}

static struct span
last_segment(struct span path)
{
	size_t from = path.bytes;
	while (from > 0 && path.at[from - 1] != '/')
		from--;
	return span_from(path, from);
}

static struct multipart_part
part_of(const struct form_item *item)
{
	struct multipart_part part = { .name = item->name, .type = item->type };
	if (item->has_file_name)
		part.file_name = item->file_name;
	else if (item->mark == '@')
		part.file_name = last_segment(item->content);
	if (part.file_name.at != NULL && !item->has_type)
		part.type = span_from_text(multipart_type_of(part.file_name));
	return part;
}

static int
append_content(struct body *body, const struct form_item *item, struct failure *failure)
{
	char path[PATH_MAX];
	if (item->mark == 0)
		return body__append(body, item->content, failure);
	memcpy(path, item->content.at, item->content.bytes);
	path[item->content.bytes] = '\0';
	return body__append_file(body, path, failure);
}

static int
append_item(struct body *body, const char *boundary, const struct setting_item *setting,
	    bool is_first, struct failure *failure)
{
	char head[PART_HEAD_BYTES];
	struct writer out = writer_over(head, sizeof head);
	struct form_item item;
	if (item_read(setting, &item, failure) != 0)
		return -1;
	struct multipart_part part = part_of(&item);
	if (multipart_part_write(boundary, &part, is_first, &out) != 0)
		return refuse(setting->text, "the name or type is too long, or has a line end",
			      failure);
	if (body__append(body, span_of(head, out.pos), failure) != 0)
		return -1;
	return append_content(body, &item, failure);
}

static int
draw_boundary(char boundary[MULTIPART_BOUNDARY_BYTES + 1], struct failure *failure)
{
	uint8_t seed[RNG_SEED_BYTES];
	struct rng rng;
	if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
		failure_set(failure, FAILURE_USAGE,
			    "the system gives no random numbers for a form");
		return -1;
	}
	rng_init(&rng, seed);
	multipart_boundary_draw(&rng, boundary);
	return 0;
}

int
body_from_form(struct body *body, const struct setting_list *forms, struct failure *failure)
{
	char boundary[MULTIPART_BOUNDARY_BYTES + 1], end[PART_HEAD_BYTES];
	*body = (struct body){ .kind = BODY_DATA, .descriptor = -1, .has_length = true };
	if (draw_boundary(boundary, failure) != 0)
		return -1;
	struct writer type = writer_over(body->form_type, sizeof body->form_type - 1);
	multipart_type_write(boundary, &type);
	body->content_type = body->form_type;
	for (size_t i = 0; i < forms->count; i++) {
		if (append_item(body, boundary, &forms->items[i], i == 0, failure) != 0)
			return -1;
	}
	struct writer out = writer_over(end, sizeof end);
	(void)multipart_end_write(boundary, &out);
	return body__append(body, span_of(end, out.pos), failure);
}
