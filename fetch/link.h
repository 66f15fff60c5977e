/*
 * link.h - references from a document to other resources, as links_html.h and links_css.h find them.
 *
 * A requisite is what a browser fetches to show the document: images, style sheets, scripts, fonts,
 * frames, media. Everything else is a page that the user may go to.
 */
#ifndef CAIRN_FETCH_LINK_H
#define CAIRN_FETCH_LINK_H

#include "fetch/span.h"

enum link_kind {
	LINK_PAGE, /* the only one that is no requisite */
	LINK_IMAGE,
	LINK_STYLE,
	LINK_SCRIPT,
	LINK_FONT,
	LINK_FRAME,
	LINK_MEDIA, /* sound, video and their texts */
	LINK_OTHER, /* manifests, preloads of unknown kind, plug-ins */
};

struct link {
	enum link_kind kind;
	struct span reference; /* decoded: what url_parse takes, relative to the document's base */
	struct span written;   /* the same in the document, without quotes: for --convert-links */
};

static inline bool
link_is_requisite(const struct link *link)
{
	return link->kind != LINK_PAGE;
}

#endif
