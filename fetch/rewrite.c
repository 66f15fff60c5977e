#include "fetch/rewrite.h"

#include "stack/base/err.h"

#define QUOTED_GROWTH 5u /* "&amp;" */

/* They come nearly in order: only the attributes of one element may stand in another. */
static void
insertion_sort(struct replacement *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct replacement moved = list[i];
		size_t to = i;
		for (; to > 0 && list[to - 1].written.at > moved.written.at; to--)
			list[to] = list[to - 1];
		list[to] = moved;
	}
}

void
rewrite_init(struct rewrite *rewrite, struct span document, struct replacement *list, size_t count)
{
	insertion_sort(list, count);
	*rewrite = (struct rewrite){ .document = document, .list = list, .count = count };
}

/* The next one that lies at or behind the reader; NULL when there is none. */
static const struct replacement *
next_replacement(struct rewrite *rewrite)
{
	const char *here = rewrite->document.at + rewrite->at;
	while (rewrite->next < rewrite->count) {
		const struct replacement *replacement = &rewrite->list[rewrite->next];
		if (replacement->written.bytes != 0 && replacement->written.at >= here)
			return replacement;
		rewrite->next++;
	}
	return NULL;
}

bool
rewrite_next(struct rewrite *rewrite, struct span *piece)
{
	const struct replacement *replacement = next_replacement(rewrite);
	size_t end = rewrite->document.bytes;
	if (replacement != NULL && rewrite->is_replacing) {
		*piece = replacement->by;
		rewrite->at += replacement->written.bytes;
		rewrite->is_replacing = false;
		return true;
	}
	if (rewrite->at == end)
		return false;
	if (replacement != NULL) {
		end = (size_t)(replacement->written.at - rewrite->document.at);
		rewrite->is_replacing = true;
	}
	*piece = span_of(rewrite->document.at + rewrite->at, end - rewrite->at);
	rewrite->at = end;
	return true;
}

static bool
ends_a_value(char c)
{
	return c == ' ' || c == '"' || c == '\'' || c == '(' || c == ')' || c == '<' || c == '>' ||
	       c == '`' || c == '\\';
}

int
rewrite_quote(struct span href, bool is_html, struct arena *arena, struct span *quoted)
{
	size_t rest_bytes, used = 0;
	char *text = arena_rest(arena, &rest_bytes);
	if (rest_bytes / QUOTED_GROWTH < href.bytes)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < href.bytes; i++) {
		char c = href.at[i];
		if (c == '&' && is_html) {
			memcpy(text + used, "&amp;", 5);
			used += 5;
		} else if (ends_a_value(c)) {
			static const char digits[] = "0123456789ABCDEF";
			text[used++] = '%';
			text[used++] = digits[(uint8_t)c >> 4];
			text[used++] = digits[(uint8_t)c & 15];
		} else {
			text[used++] = c;
		}
	}
	arena_keep(arena, used);
	*quoted = span_of(text, used);
	return 0;
}
