/*
 * ipv4_id.h - the Identification of IPv4 datagrams (RFC 791; RFC 6864; RFC 7739, section 3).
 *
 * Random, so that nobody can guess what the next fragment will be called or count our packets, and
 * none comes again before IPV4_IDS_RECENT others have been used, so that fragments of two
 * datagrams do not mix (RFC 6864, section 4.3).  An atomic datagram (DF, whole) needs only the first.
 */
#ifndef CAIRN_STACK_IPV4_ID_H
#define CAIRN_STACK_IPV4_ID_H

#include <stdint.h>

struct rng;

#define IPV4_IDS_RECENT 8192u /* an eighth of all: a draw hits a recent one once in eight times */

struct ipv4_ids {
	uint64_t is_recent[65536 / 64]; /* a bit an id */
	uint16_t recent[IPV4_IDS_RECENT];
	uint32_t drawn_count;
};

void ipv4_ids_init(struct ipv4_ids *ids);
uint16_t ipv4_ids_draw(struct ipv4_ids *ids, struct rng *rng);

#endif
