/*
 * reserved_ports.h - ports that the operator keeps from those who draw theirs (ip(7), proc(5):
 * net.ipv4.ip_local_reserved_ports).
 *
 * The kernel gives none of them to bind(0) or connect; who draws ports by himself has to ask.  A service that is
 * started later shall find its port free.
 *
 * Units: host order.
 */
#ifndef CAIRN_STACK_LINK_RESERVED_PORTS_H
#define CAIRN_STACK_LINK_RESERVED_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct reserved_ports {
	uint64_t words[65536 / 64];
};

/* What stands there now; none without the file. */
void reserved_ports_read(struct reserved_ports *reserved);
/* "8080,9148-9150", as the file has it; what is no such list ends it. */
void reserved_ports_from_text(struct reserved_ports *reserved, const char *text);

static inline bool
reserved_ports_have(const struct reserved_ports *reserved, uint16_t port)
{
	return (reserved->words[port / 64] >> port % 64 & 1) != 0;
}

#endif
