/* links_html.c - the module that knows gumbo (links_html.h). */
#include "fetch/links_html.h"

#include <gumbo.h>
#include <setjmp.h>
#include <stdlib.h>

#include "fetch/links_css.h"
#include "fetch/links_depth.h"
#include "fetch/links_srcset.h"
#include "stack/base/err.h"

#define POOL_BLOCK_BYTES 65536u
#define POOL_ALIGN       16u

/*
 * gumbo's memory. gumbo does not look at what its allocator returns, and frees its tree by recursion, which
 * a deep document turns into a stack overflow: so nothing is freed singly, and what runs out leaves by longjmp.
 */
struct pool {
	struct block *blocks;
	size_t block_used, block_bytes; /* of the newest one */
	size_t bytes, bytes_max;
	jmp_buf is_full;
};

struct block {
	_Alignas(POOL_ALIGN) struct block *next;
};

static void *
pool_alloc(void *data, size_t bytes)
{
	struct pool *pool = data;
	bytes = (bytes + POOL_ALIGN - 1) & ~(size_t)(POOL_ALIGN - 1);
	if (bytes > pool->bytes_max - pool->bytes)
		longjmp(pool->is_full, 1);
	if (bytes > pool->block_bytes - pool->block_used) {
		size_t block_bytes = bytes > POOL_BLOCK_BYTES ? bytes : POOL_BLOCK_BYTES;
		struct block *block = malloc(sizeof *block + block_bytes);
		if (block == NULL)
			longjmp(pool->is_full, 1);
		block->next = pool->blocks;
		pool->blocks = block;
		pool->block_used = 0;
		pool->block_bytes = block_bytes;
	}
	void *taken = (uint8_t *)(pool->blocks + 1) + pool->block_used;
	pool->block_used += bytes;
	pool->bytes += bytes;
	return taken;
}

static void
pool_keep(void *data, void *taken)
{
	(void)data, (void)taken;
}

static void
pool_free(struct pool *pool)
{
	while (pool->blocks != NULL) {
		struct block *next = pool->blocks->next;
		free(pool->blocks);
		pool->blocks = next;
	}
}

/* The attributes that refer to something, element by element. */
static const struct reference {
	const char *element, *attribute;
	enum link_kind kind;
} references[] = {
	{ "a", "href", LINK_PAGE },
	{ "area", "href", LINK_PAGE },
	{ "audio", "src", LINK_MEDIA },
	{ "body", "background", LINK_IMAGE },
	{ "embed", "src", LINK_OTHER },
	{ "frame", "src", LINK_FRAME },
	{ "iframe", "src", LINK_FRAME },
	{ "image", "href", LINK_IMAGE },
	{ "img", "src", LINK_IMAGE },
	{ "input", "src", LINK_IMAGE },
	{ "object", "data", LINK_OTHER },
	{ "script", "href", LINK_SCRIPT },
	{ "script", "src", LINK_SCRIPT },
	{ "source", "src", LINK_MEDIA },
	{ "table", "background", LINK_IMAGE },
	{ "td", "background", LINK_IMAGE },
	{ "th", "background", LINK_IMAGE },
	{ "track", "src", LINK_MEDIA },
	{ "video", "poster", LINK_IMAGE },
	{ "video", "src", LINK_MEDIA },
};

/* What a <link> is, by its relation (HTML, section 4.6.7); relations that fetch nothing are not here. */
static const struct {
	const char *relation;
	enum link_kind kind;
} relations[] = {
	{ "stylesheet", LINK_STYLE },
	{ "icon", LINK_IMAGE },
	{ "apple-touch-icon", LINK_IMAGE },
	{ "mask-icon", LINK_IMAGE },
	{ "manifest", LINK_OTHER },
	{ "modulepreload", LINK_SCRIPT },
	{ "alternate", LINK_PAGE },
	{ "author", LINK_PAGE },
	{ "canonical", LINK_PAGE },
	{ "help", LINK_PAGE },
	{ "license", LINK_PAGE },
	{ "next", LINK_PAGE },
	{ "prev", LINK_PAGE },
	{ "search", LINK_PAGE },
};

static const struct {
	const char *as;
	enum link_kind kind;
} preloads[] = {
	{ "style", LINK_STYLE }, { "script", LINK_SCRIPT }, { "font", LINK_FONT },
	{ "image", LINK_IMAGE }, { "track", LINK_MEDIA },
};

/* The page is walked twice: to count, with no list, and to fill it. */
struct walk {
	struct links_html *links;
	struct span document;
	struct arena *arena;
	int err;
};

/* An attribute's value, decoded, and where it stands in the document. */
struct value {
	struct span decoded, written;
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static struct span
trim(struct span text)
{
	while (text.bytes != 0 && is_space(text.at[0]))
		text = span_from(text, 1);
	while (text.bytes != 0 && is_space(text.at[text.bytes - 1]))
		text.bytes--;
	return text;
}

static bool
get_value(const GumboElement *element, const char *name, struct value *value)
{
	const GumboAttribute *attribute = gumbo_get_attribute(&element->attributes, name);
	if (attribute == NULL)
		return false;
	struct span written =
		span_of(attribute->original_value.data, attribute->original_value.length);
	bool is_quoted = written.bytes >= 2 && (written.at[0] == '"' || written.at[0] == '\'');
	if (is_quoted)
		written = span_of(written.at + 1, written.bytes - 2);
	*value = (struct value){ span_from_text(attribute->value), written };
	return true;
}

/* The same part of what is written, when nothing was decoded; else nothing. */
static struct span
written_part(const struct value *value, struct span part)
{
	if (span_equals(value->decoded, value->written))
		return span_of(value->written.at + (part.at - value->decoded.at), part.bytes);
	if (span_equals(part, trim(value->decoded)))
		return trim(value->written);
	return span_of(NULL, 0);
}

static void
add_link(struct walk *walk, enum link_kind kind, struct span reference, struct span written)
{
	struct links_html *links = walk->links;
	if (links->list != NULL) {
		const char *copy = arena_copy(walk->arena, reference.at, reference.bytes);
		if (copy == NULL) {
			walk->err = ERR_NO_MEMORY;
			return;
		}
		links->list[links->count] =
			(struct link){ kind, span_of(copy, reference.bytes), written };
	}
	links->count++;
}

static void
add_value(struct walk *walk, enum link_kind kind, const struct value *value)
{
	struct span reference = trim(value->decoded);
	if (reference.bytes != 0)
		add_link(walk, kind, reference, written_part(value, reference));
}

static void
add_srcset(struct walk *walk, const GumboElement *element, const char *name)
{
	struct value value;
	struct span url;
	if (!get_value(element, name, &value))
		return;
	for (struct span rest = value.decoded; links_srcset_next(&rest, &url);)
		add_link(walk, LINK_IMAGE, url, written_part(&value, url));
}

/* css lies in value->decoded; what it refers to is copied, so its escapes need no memory for long. */
static void
add_css(struct walk *walk, const struct value *value)
{
	struct links_css css;
	struct link link;
	size_t scratch_bytes = 2 * value->decoded.bytes + 64;
	void *scratch = malloc(scratch_bytes);
	struct arena arena;
	int read;
	if (scratch == NULL) {
		walk->err = ERR_NO_MEMORY;
		return;
	}
	arena_init(&arena, scratch, scratch_bytes);
	links_css_init(&css, value->decoded, &arena);
	while ((read = links_css_next(&css, &link)) == 1 && walk->err == 0) {
		add_link(walk, link.kind, link.reference, written_part(value, link.written));
		arena_reset(&arena);
	}
	if (read < 0)
		walk->err = read;
	free(scratch);
}

/* <style> holds its text as it stands in the document. */
static void
add_style(struct walk *walk, const GumboElement *element)
{
	for (unsigned i = 0; i < element->children.length; i++) {
		const GumboNode *child = element->children.data[i];
		if (child->type != GUMBO_NODE_TEXT && child->type != GUMBO_NODE_WHITESPACE)
			continue;
		struct span text = span_of(child->v.text.original_text.data,
					   child->v.text.original_text.length);
		add_css(walk, &(struct value){ text, text });
	}
}

/* Whether a list of words, parted by white space or commas, has one. */
static bool
has_word(struct span words, const char *word)
{
	for (size_t i = 0; i < words.bytes;) {
		size_t end = i;
		while (end < words.bytes && !is_space(words.at[end]) && words.at[end] != ',')
			end++;
		if (span_is_nocase(span_of(words.at + i, end - i), word))
			return true;
		i = end + 1;
	}
	return false;
}

static void
add_preload(struct walk *walk, const GumboElement *element, const struct value *href)
{
	struct value as = { 0 };
	enum link_kind kind = LINK_OTHER;
	get_value(element, "as", &as);
	for (size_t i = 0; i < sizeof preloads / sizeof preloads[0]; i++) {
		if (span_is_nocase(as.decoded, preloads[i].as))
			kind = preloads[i].kind;
	}
	add_value(walk, kind, href);
	if (kind == LINK_IMAGE)
		add_srcset(walk, element, "imagesrcset");
}

static void
add_related(struct walk *walk, const GumboElement *element)
{
	struct value relation, href;
	if (!get_value(element, "rel", &relation) || !get_value(element, "href", &href))
		return;
	if (has_word(relation.decoded, "preload")) {
		add_preload(walk, element, &href);
		return;
	}
	for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
		if (has_word(relation.decoded, relations[i].relation)) {
			add_value(walk, relations[i].kind, &href);
			return;
		}
	}
}

/* `5; url=page.html` (HTML, section 4.2.5.3), with quotes or without. */
static void
add_refresh(struct walk *walk, const struct value *content)
{
	struct span rest = content->decoded;
	size_t i = 0;
	while (i < rest.bytes && rest.at[i] != ';' && rest.at[i] != ',')
		i++;
	rest = trim(span_from(rest, i < rest.bytes ? i + 1 : i));
	if (!span_starts_nocase(rest, SPAN("url")))
		return;
	rest = trim(span_from(rest, 3));
	if (!span_starts(rest, SPAN("=")))
		return;
	rest = trim(span_from(rest, 1));
	if (rest.bytes != 0 && (rest.at[0] == '"' || rest.at[0] == '\'')) {
		char quote = rest.at[0];
		rest = span_from(rest, 1);
		rest = span_first(rest, span_find(rest, quote));
	}
	if (rest.bytes != 0)
		add_link(walk, LINK_PAGE, rest, written_part(content, rest));
}

static void
add_meta(struct walk *walk, const GumboElement *element)
{
	struct value what, content;
	if (!get_value(element, "content", &content))
		return;
	if (get_value(element, "http-equiv", &what) && span_is_nocase(what.decoded, "refresh"))
		add_refresh(walk, &content);
	if (get_value(element, "name", &what) && span_is_nocase(what.decoded, "robots"))
		walk->links->is_nofollow |=
			has_word(content.decoded, "nofollow") || has_word(content.decoded, "none");
}

/* The first <base> with an href counts. */
static void
set_base(struct walk *walk, const GumboElement *element)
{
	struct value href;
	struct links_html *links = walk->links;
	if (links->list == NULL || links->base.bytes != 0 || !get_value(element, "href", &href))
		return;
	struct span base = trim(href.decoded);
	const char *copy = arena_copy(walk->arena, base.at, base.bytes);
	if (copy == NULL)
		walk->err = ERR_NO_MEMORY;
	links->base = span_of(copy, copy != NULL ? base.bytes : 0);
	links->base_written = written_part(&href, base);
}

static struct span
element_name(const GumboElement *element)
{
	if (element->tag != GUMBO_TAG_UNKNOWN)
		return span_from_text(gumbo_normalized_tagname(element->tag));
	GumboStringPiece name = element->original_tag;
	gumbo_tag_from_original_text(&name);
	return span_of(name.data, name.data != NULL ? name.length : 0);
}

static void
add_element(struct walk *walk, const GumboElement *element)
{
	struct span name = element_name(element);
	struct value value;
	for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
		if (span_is_nocase(name, references[i].element) &&
		    get_value(element, references[i].attribute, &value))
			add_value(walk, references[i].kind, &value);
	}
	if (span_is(name, "img") || span_is(name, "source"))
		add_srcset(walk, element, "srcset");
	else if (span_is(name, "link"))
		add_related(walk, element);
	else if (span_is(name, "meta"))
		add_meta(walk, element);
	else if (span_is(name, "base"))
		set_base(walk, element);
	else if (span_is(name, "style"))
		add_style(walk, element);
	if (get_value(element, "style", &value))
		add_css(walk, &value);
}

static const GumboVector *
children_of(const GumboNode *node)
{
	switch (node->type) {
	case GUMBO_NODE_DOCUMENT: return &node->v.document.children;
	case GUMBO_NODE_ELEMENT: return &node->v.element.children;
	default: return NULL; /* text, and templates, which are not shown */
	}
}

/* In the order of the document, by parents and indices. */
static const GumboNode *
next_node(const GumboNode *node)
{
	const GumboVector *children = children_of(node);
	if (children != NULL && children->length != 0)
		return children->data[0];
	for (; node->parent != NULL; node = node->parent) {
		const GumboVector *siblings = children_of(node->parent);
		if (node->index_within_parent + 1 < siblings->length)
			return siblings->data[node->index_within_parent + 1];
	}
	return NULL;
}

static int
walk_document(struct walk *walk, const GumboNode *document)
{
	walk->links->count = 0;
	for (const GumboNode *node = document; node != NULL && walk->err == 0;
	     node = next_node(node)) {
		if (node->type == GUMBO_NODE_ELEMENT)
			add_element(walk, &node->v.element);
	}
	return walk->err;
}

static int
read_document(struct walk *walk, const GumboNode *document)
{
	int err = walk_document(walk, document);
	if (err != 0)
		return err;
	walk->links->list = arena_zalloc(walk->arena, walk->links->count + 1, sizeof(struct link));
	return walk->links->list != NULL ? walk_document(walk, document) : ERR_NO_MEMORY;
}

static const GumboNode *
parse(struct pool *pool, struct span document)
{
	GumboOptions options = kGumboDefaultOptions;
	options.allocator = pool_alloc;
	options.deallocator = pool_keep;
	options.userdata = pool;
	options.max_errors = 0;
	if (setjmp(pool->is_full) != 0)
		return NULL;
	return gumbo_parse_with_options(&options, document.at, document.bytes)->document;
}

static int
links_html_read(struct links_html *links, struct span document, struct arena *arena)
{
	*links = (struct links_html){ 0 };
	if (document.bytes > LINKS_HTML_BYTES_MAX || links_depth(document) > LINKS_HTML_DEPTH_MAX)
		return ERR_TOO_BIG;
	if (document.bytes == 0)
		return 0;
	struct pool *pool = calloc(1, sizeof *pool);
	if (pool == NULL)
		return ERR_NO_MEMORY;
	pool->bytes_max = LINKS_HTML_GROWTH * document.bytes + LINKS_HTML_SPARE_BYTES;
	struct walk walk = { .links = links, .document = document, .arena = arena };
	const GumboNode *tree = parse(pool, document);
	int err = tree != NULL ? read_document(&walk, tree) : ERR_TOO_BIG;
	pool_free(pool);
	free(pool);
	return err;
}

__attribute__((visibility("default"))) extern const struct links_html_module cairn_fetch_html;
const struct links_html_module cairn_fetch_html = { .read = links_html_read };
