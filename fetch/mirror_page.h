/*
 * mirror_page.h - a file of a mirror: the links in it, and the file with its links converted (shell).
 *
 * Ownership: mirror_page_open allocates a page and its links, mirror_page_free frees both.
 * Errors:    a failure that names the file.
 * Bounds:    LINKS_HTML_BYTES_MAX, also of a style sheet.
 */
#ifndef CAIRN_FETCH_MIRROR_PAGE_H
#define CAIRN_FETCH_MIRROR_PAGE_H

#include "fetch/links_html.h"
#include "fetch/rewrite.h"

enum mirror_page_kind { MIRROR_PAGE_OTHER, MIRROR_PAGE_HTML, MIRROR_PAGE_CSS };

struct mirror_page {
	enum mirror_page_kind kind;
	char *octets;
	size_t bytes;
	struct links_html links;
	struct arena arena; /* for what is made of the page */
	void *memory;
};

/* By its media type, or where there is none by what referred to it. */
enum mirror_page_kind mirror_page_kind_of(struct span content_type, enum link_kind kind);

/* Reads the file and finds its links; of another kind it has none. */
int mirror_page_open(struct mirror_page *page, enum mirror_page_kind kind, const char *path,
		     struct failure *failure);

/* Writes the file anew, with the replacements, and puts it in the place of the old one. */
int mirror_page_rewrite(const struct mirror_page *page, const char *path, struct replacement *list,
			size_t count, struct failure *failure);

void mirror_page_free(struct mirror_page *page);

#endif
