/*
 * url_shown.h - a URL for what others may read, failures and journeys: user name and password stay out of it.
 *
 * Bounds: what has no room is cut.
 */
#ifndef CAIRN_FETCH_URL_SHOWN_H
#define CAIRN_FETCH_URL_SHOWN_H

#include "fetch/url.h"

#define URL_SHOWN_BYTES 81u /* of one in a sentence */

/* As it was serialised. */
void url_shown(const struct url *url, char *text, size_t text_bytes);
/*
 * As somebody wrote it, printable.  What is no URL (is_url false) tells nobody where its password ends: all before the
 * last @ is left out, but for the scheme.
 */
void url_shown_as_written(const char *written, bool is_url, char *text, size_t text_bytes);

#endif
