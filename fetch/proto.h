/*
 * proto.h - which schemes may be fetched: what --proto and --proto-redir say.
 *
 *     https,ftp     these too
 *     =https        this alone
 *     -http         all that are allowed otherwise but this; `all' stands for every scheme
 *
 * The words are curl's and are read from left to right.  A scheme that is unknown is none to be allowed.
 *
 * Pure.
 */
#ifndef CAIRN_FETCH_PROTO_H
#define CAIRN_FETCH_PROTO_H

#include <stdbool.h>

#include "fetch/span.h"

/* list NULL: nothing was said, and `is_allowed` stands. */
bool proto_allows(const char *list, struct span scheme, bool is_allowed);

#endif
