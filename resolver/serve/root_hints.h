/*
 * root_hints.h - the root servers to start from: conf/root.hints, built in, or the operator's file (RFC 1034, section 5.3.2: SBELT).
 *
 * Ownership: a value.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 * Bounds:    ROOT_HINTS_MAX addresses.
 */
#ifndef CAIRN_RESOLVER_SERVE_ROOT_HINTS_H
#define CAIRN_RESOLVER_SERVE_ROOT_HINTS_H

#include "resolver/serve/config.h"
#include "resolver/wire/name.h"
#include "stack/addr.h"

#define ROOT_HINTS_MAX            128u
#define ROOT_HINTS_FILE_BYTES_MAX (1024u * 1024u)

struct root_hints {
	size_t count;
	struct root_hint {
		struct name server;
		struct ip_addr addr;
	} entries[ROOT_HINTS_MAX];
};

/* path NULL: the built-in ones. */
int root_hints_load(struct root_hints *hints, const char *path, char error[CONFIG_ERROR_BYTES]);
/* The same from memory; `name` stands for the path in messages. */
int root_hints_parse(struct root_hints *hints, const char *name, const char *text,
		     size_t text_bytes, char error[CONFIG_ERROR_BYTES]);

#endif
