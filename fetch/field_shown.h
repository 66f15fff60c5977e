/*
 * field_shown.h - what of a header field others may read: a journey is made to be shown.
 *
 * Fields that carry credentials or cookies have "..." for a value: those that RFC 9110 and 6265 name, and any whose name says
 * that it is a key, a token or a password, since most APIs have made up their own.  Of a URL the user name and password are
 * left out (url_shown.h).
 *
 * Pure.
 */
#ifndef CAIRN_FETCH_FIELD_SHOWN_H
#define CAIRN_FETCH_FIELD_SHOWN_H

#include <stddef.h>

#include "fetch/span.h"

/* The value, "...", or what is left of it in `text`. */
struct span field_shown(struct span name, struct span value, char *text, size_t text_bytes);

#endif
