/*
 * show.h - the tables of a stack as lines of text, in the manner of `ss -ti`, `ip address`, `ip route` and `ip neighbour`.
 *
 * show_next walks through all of them, a line a call: addresses, routes, neighbours, path MTUs, then connections and
 * listeners with their control information in a second line.  The words are ss's, the states RFC 9293's.
 *
 * Pure; looks at stack/tables.h and stack/tcp.h.
 * Errors: a line that does not fit is cut at its end; SHOW_LINE_BYTES is enough for all of them.
 */
#ifndef CAIRN_STACK_SHOW_H
#define CAIRN_STACK_SHOW_H

#include "stack/tables.h"

#define SHOW_LINE_BYTES 1024u

struct tcp_conn_info;

enum show_table { SHOW_ADDRS, SHOW_ROUTES, SHOW_NEIGHS, SHOW_PMTUS, SHOW_CONNECTIONS, SHOW_END };

/* Zeros: at the beginning. */
struct show_place {
	enum show_table table;
	uint32_t entry;
};
/* False after the last; text is terminated, without a newline at its end. */
bool show_next(const struct stack *stack, struct show_place *place, char *text, size_t text_bytes);

void show_connection(const struct tcp_conn_info *info, char *text, size_t text_bytes);

#endif
