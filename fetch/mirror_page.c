#include "fetch/mirror_page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fetch/links_css.h"
#include "fetch/mime_type.h"
#include "fetch/new_file.h"
#include "stack/base/err.h"

#define PAGE_GROWTH      16u /* links and their texts, for an octet of the page */
#define PAGE_SPARE_BYTES 65536u

enum mirror_page_kind
mirror_page_kind_of(struct span content_type, enum link_kind kind)
{
	_Alignas(8) char memory[1024];
	struct arena arena;
	struct mime_type type;
	arena_init(&arena, memory, sizeof memory);
	if (mime_type_parse(&type, content_type, &arena) != 0)
		return kind == LINK_STYLE ? MIRROR_PAGE_CSS : MIRROR_PAGE_OTHER;
	if (span_is(type.essence, "text/html") || span_is(type.essence, "application/xhtml+xml"))
		return MIRROR_PAGE_HTML;
	return span_is(type.essence, "text/css") ? MIRROR_PAGE_CSS : MIRROR_PAGE_OTHER;
}

static int
fail(struct failure *failure, enum failure_cause cause, const char *path, const char *why)
{
	failure_set(failure, cause, "%s: %s", path, why);
	return ERR_IO;
}

static int
read_file(struct mirror_page *page, const char *path, struct failure *failure)
{
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return fail(failure, FAILURE_READ, path, strerror(errno));
	page->octets = malloc(LINKS_HTML_BYTES_MAX + 1); /* touched as far as the file goes */
	if (page->octets != NULL)
		page->bytes = fread(page->octets, 1, LINKS_HTML_BYTES_MAX + 1, file);
	bool has_failed = ferror(file) != 0;
	fclose(file);
	if (page->octets == NULL)
		return fail(failure, FAILURE_MEMORY, path, "no memory to read its links");
	if (has_failed)
		return fail(failure, FAILURE_READ, path, strerror(errno));
	if (page->bytes > LINKS_HTML_BYTES_MAX)
		return fail(failure, FAILURE_SIZE, path, "it is too large to look for links");
	return 0;
}

/* Counts with no list, or fills it. */
static int
walk_css(struct mirror_page *page, struct link *list, size_t *count)
{
	struct links_css css;
	struct link link;
	int read;
	*count = 0;
	links_css_init(&css, span_of(page->octets, page->bytes), &page->arena);
	while ((read = links_css_next(&css, &link)) == 1) {
		if (list != NULL)
			list[*count] = link;
		++*count;
	}
	return read;
}

static int
read_css(struct mirror_page *page)
{
	size_t mark = arena_mark(&page->arena), count;
	int err = walk_css(page, NULL, &count);
	arena_rewind(&page->arena, mark);
	if (err != 0)
		return err;
	page->links.list = arena_zalloc(&page->arena, count + 1, sizeof *page->links.list);
	if (page->links.list == NULL)
		return ERR_NO_MEMORY;
	return walk_css(page, page->links.list, &page->links.count);
}

static int
read_links(struct mirror_page *page, const char *path, struct failure *failure)
{
	int err = 0;
	if (page->kind == MIRROR_PAGE_CSS) {
		err = read_css(page);
	} else if (page->kind == MIRROR_PAGE_HTML) {
		const struct links_html_module *module = links_html_load(failure);
		if (module == NULL)
			return ERR_IO;
		err = module->read(&page->links, span_of(page->octets, page->bytes), &page->arena);
	}
	if (err != 0)
		return fail(failure, FAILURE_SIZE, path,
			    "it is too large or too deep to look for links");
	return 0;
}

int
mirror_page_open(struct mirror_page *page, enum mirror_page_kind kind, const char *path,
		 struct failure *failure)
{
	*page = (struct mirror_page){ .kind = kind };
	int err = read_file(page, path, failure);
	if (err == 0) {
		size_t bytes = PAGE_GROWTH * page->bytes + PAGE_SPARE_BYTES;
		page->memory = malloc(bytes);
		if (page->memory == NULL)
			err = fail(failure, FAILURE_MEMORY, path, "no memory to read its links");
		else
			arena_init(&page->arena, page->memory, bytes);
	}
	if (err == 0)
		err = read_links(page, path, failure);
	if (err != 0)
		mirror_page_free(page);
	return err;
}

static bool
write_pieces(const struct mirror_page *page, FILE *file, struct replacement *list, size_t count)
{
	struct rewrite rewrite;
	struct span piece;
	bool is_written = true;
	rewrite_init(&rewrite, span_of(page->octets, page->bytes), list, count);
	while (is_written && rewrite_next(&rewrite, &piece))
		is_written =
			piece.bytes == 0 || fwrite(piece.at, 1, piece.bytes, file) == piece.bytes;
	return is_written;
}

int
mirror_page_rewrite(const struct mirror_page *page, const char *path, struct replacement *list,
		    size_t count, struct failure *failure)
{
	struct new_file file;
	if (new_file_open(&file, path, 0666) == 0 &&
	    new_file_close(&file, write_pieces(page, file.stream, list, count)) == 0)
		return 0;
	return fail(failure, FAILURE_WRITE, path, strerror(errno));
}

void
mirror_page_free(struct mirror_page *page)
{
	free(page->octets);
	free(page->memory);
	*page = (struct mirror_page){ 0 };
}
