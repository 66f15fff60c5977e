/*
 * links_html.h - what a page refers to (HTML Standard; shell).
 *
 * The document is read as browsers read it, by gumbo (HTML, section 13.2): what stands in a comment, a
 * script or a template is no link, and what a missing tag implies is there. Found are the links and
 * requisites of elements, the candidates of srcset, the url() of <style> and style="", and the base.
 *
 * gumbo is in a module of its own (module.h), mapped when the first page is read.
 * Ownership: the list, and references with entities in them, lie in the arena; `written` in the document.
 * Errors:    ERR_NO_MEMORY: the arena; ERR_TOO_BIG: the document, or what gumbo makes of it.
 * Bounds:    LINKS_HTML_BYTES_MAX of a document; gumbo has LINKS_HTML_GROWTH times the document and
 *            LINKS_HTML_SPARE_BYTES, and is cut off there. LINKS_HTML_DEPTH_MAX elements inside of each
 *            other (links_depth.h), twice what browsers allow.
 */
#ifndef CAIRN_FETCH_LINKS_HTML_H
#define CAIRN_FETCH_LINKS_HTML_H

#include "fetch/failure.h"
#include "fetch/link.h"
#include "stack/base/arena.h"

#define LINKS_HTML_BYTES_MAX   (16u << 20)
#define LINKS_HTML_GROWTH      64u
#define LINKS_HTML_SPARE_BYTES (1u << 20)
#define LINKS_HTML_DEPTH_MAX   1024u

struct links_html {
	struct link *
		list; /* in the order of the document; `written` is empty where it cannot be replaced as it is */
	size_t count;
	struct span
		base; /* of <base href>, relative to the document's URL; empty when there is none */
	struct span base_written; /* in the document, as a link's */
	bool is_nofollow;         /* <meta name=robots content=nofollow> */
};

#define LINKS_HTML_MODULE_FILE   "libcairn-fetch-html.so"
#define LINKS_HTML_MODULE_SYMBOL "cairn_fetch_html"

struct links_html_module {
	int (*read)(struct links_html *links, struct span document, struct arena *arena);
};

/* NULL, with a failure, when the module is not there. */
const struct links_html_module *links_html_load(struct failure *failure);

#endif
