/*
 * name_filter.h - which files of a mirror are wanted, by their names: --accept and --reject.
 *
 * Lists with commas, as wget's: a word with any of *?[ is a pattern for the whole name (fnmatch(3)), another one an
 * ending: "jpg" means what ends in it.  The name is the last part of the URL's path, as it stands there; a path that ends in a
 * slash is an index.html.
 *
 * Pure.
 */
#ifndef CAIRN_FETCH_NAME_FILTER_H
#define CAIRN_FETCH_NAME_FILTER_H

#include <stdbool.h>

#include "fetch/url.h"

#define NAME_FILTER_BYTES 1024u /* of a word, or a name; a longer one matches nothing */

struct name_filter {
	const char *accept, *reject; /* NULL: everything, nothing */
};

bool name_filter_wants(const struct name_filter *filter, const struct url *url);
/* Such pages are fetched for their links, wanted or not: no name, .html, .htm, .xhtml. */
bool name_filter_is_page(const struct url *url);

#endif
