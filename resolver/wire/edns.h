/*
 * edns.h - the OPT pseudo-record (RFC 6891, section 6.1.2; private to resolver/wire).
 */
#ifndef CAIRN_RESOLVER_WIRE_EDNS_H
#define CAIRN_RESOLVER_WIRE_EDNS_H

#include "resolver/wire/message.h"

#define EDNS_UDP_BYTES_MIN 512u /* smaller values count as this (RFC 6891, section 6.2.3) */

/*
 * Fills `edns` from an OPT record's class and TTL fields and its RDLENGTH octets at the cursor; the options
 * point into the cursor's input.  `rcode_high` gets the upper eight bits of the rcode.
 */
int edns_read(struct edns *edns, struct cursor *cursor, uint16_t class, uint32_t ttl,
	      uint16_t rdlength, uint8_t *rcode_high);

#endif
