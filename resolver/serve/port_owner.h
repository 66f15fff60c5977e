/*
 * port_owner.h - which program has a port, for the message that says so (proc(5)).
 *
 * Reads /proc/net and the descriptors of the processes that we may look into.  Only for start-up errors: it walks
 * the whole process table.
 */
#ifndef CAIRN_RESOLVER_SERVE_PORT_OWNER_H
#define CAIRN_RESOLVER_SERVE_PORT_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#include "stack/addr.h"

#define PORT_OWNER_TEXT_BYTES 96u

/* "unbound (process 4711)", or "another program" when nobody tells.  Returns `text`. */
const char *port_owner_text(const struct ip_addr *addr, uint16_t port, bool is_tcp, char *text,
			    size_t text_bytes);

#endif
