/*
 * mime_type.h - media types, read and written as browsers do (WHATWG MIME Sniffing Standard, section 4).
 *
 * Ownership: the result lies in the arena.
 * Errors:    ERR_MALFORMED: no type/subtype; ERR_NO_MEMORY. A parameter that is malformed is left out.
 * Bounds:    MIME_PARAMETERS_MAX parameters; what comes behind them is left out.
 */
#ifndef CAIRN_FETCH_MIME_TYPE_H
#define CAIRN_FETCH_MIME_TYPE_H

#include "fetch/span.h"
#include "stack/base/arena.h"

#define MIME_PARAMETERS_MAX 16u

struct mime_type {
	struct span essence; /* "text/html" */
	struct span whole;   /* "text/html;charset=utf-8", which begins with the essence */
};

/* ` Text/HTML ; Charset="utf-8" ` is text/html;Charset's value stays as it is, its name is lower case. */
int mime_type_parse(struct mime_type *type, struct span text, struct arena *arena);

#endif
