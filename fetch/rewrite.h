/*
 * rewrite.h - a document with some of its references replaced: --convert-links.
 *
 * The document comes out in pieces, untouched ones and replacements in turn, so that it is never copied.
 *
 * Ownership: all texts are borrowed. The replacements are sorted by rewrite_init.
 */
#ifndef CAIRN_FETCH_REWRITE_H
#define CAIRN_FETCH_REWRITE_H

#include "fetch/span.h"
#include "stack/base/arena.h"

struct replacement {
	struct span
		written; /* of the document (link.h); an empty one, or one inside of another, is left out */
	struct span by;
};

struct rewrite {
	struct span document;
	const struct replacement *list;
	size_t count, next;
	size_t at;         /* in the document */
	bool is_replacing; /* the next piece is a replacement */
};

void rewrite_init(struct rewrite *rewrite, struct span document, struct replacement *list,
		  size_t count);

/* False at the end. A piece may be empty. */
bool rewrite_next(struct rewrite *rewrite, struct span *piece);

/*
 * A URL's href as it may stand where a reference was written, in quotes or without: what would end an
 * attribute or a url() is percent-encoded, and & is a character reference in HTML.
 */
int rewrite_quote(struct span href, bool is_html, struct arena *arena, struct span *quoted);

#endif
