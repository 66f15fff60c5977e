/*
 * data_url.h - the content that a data: URL holds (Fetch Standard, section 6; RFC 2397).
 *
 *     data:[type][;parameter=value]...[;base64],content
 *
 * Ownership: type and content lie in the arena, which needs twice the URL.
 * Errors:    ERR_MALFORMED: no comma, or base64 that is none; ERR_NO_MEMORY. A type that is none reads as
 *            text/plain;charset=US-ASCII.
 */
#ifndef CAIRN_FETCH_DATA_URL_H
#define CAIRN_FETCH_DATA_URL_H

#include "fetch/mime_type.h"
#include "fetch/url.h"

struct data_url {
	struct mime_type type;
	struct span content;
};

int data_url_open(struct data_url *data, const struct url *url, struct arena *arena);

#endif
