/*
 * Any octets as a style sheet, a page and a srcset: every link lies where it says, and reading ends.
 */
#include <stdlib.h>

#include "fetch/links_css.h"
#include "fetch/links_html.h"
#include "fetch/links_srcset.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_written(struct span written, struct span text)
{
	check(written.bytes == 0 ||
	      (written.at >= text.at && written.at + written.bytes <= text.at + text.bytes));
}

static void
check_css(struct span text, struct arena *arena)
{
	struct links_css links;
	struct link link;
	int read;
	links_css_init(&links, text, arena);
	while ((read = links_css_next(&links, &link)) == 1) {
		check(link_is_requisite(&link));
		check_written(link.written, text);
	}
	check(read == 0 && links.at >= text.bytes);
}

static void
check_html(struct span text, struct arena *arena)
{
	static const struct links_html_module *module;
	struct failure failure;
	struct links_html links;
	if (module == NULL)
		module = links_html_load(&failure);
	check(module != NULL);
	if (module->read(&links, text, arena) != 0)
		return;
	for (size_t i = 0; i < links.count; i++) {
		check(links.list[i].reference.bytes != 0 || links.list[i].kind != LINK_PAGE);
		check_written(links.list[i].written, text);
	}
}

static void
check_srcset(struct span text)
{
	struct span rest = text, url;
	while (links_srcset_next(&rest, &url)) {
		check_written(url, text);
		check(rest.bytes < text.bytes);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static _Alignas(8) char memory[1 << 20];
	struct arena arena;
	if (size > 8192)
		return 0;
	struct span text = span_of(bytes, size);
	arena_init(&arena, memory, sizeof memory);
	check_css(text, &arena);
	arena_reset(&arena);
	check_html(text, &arena);
	check_srcset(text);
	return 0;
}
