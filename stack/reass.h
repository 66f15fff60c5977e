/*
 * reass.h - datagrams put together from fragments (RFC 791, RFC 815, RFC 8200, section 4.5).
 *
 * What is missing of a datagram is a list of holes, each described in its own first octets
 * (RFC 815), in chunks of memory taken as fragments come. A fragment that came before, octet for
 * octet, is ignored; any other overlap kills the whole datagram and what still comes of it, in
 * both families (RFC 5722; RFC 8200), since an overlap is only ever an attack.
 *
 * A datagram lives REASS_TIMEOUT_US after its first fragment (RFC 1122, section 3.3.2; RFC 8200,
 * section 4.5). When chunks or entries run out the oldest datagram goes; and one source, by the
 * share that it falls into, cannot hold more than a quarter of them.
 *
 * Bounds: limits.reass_bytes of chunks, one entry for each REASS_CHUNKS_PER_ENTRY of them;
 *         REASS_HOLES_MAX.
 */
#ifndef CAIRN_STACK_REASS_H
#define CAIRN_STACK_REASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/wheel.h"
#include "stack/stack.h"

struct arena;
struct ip_packet;

#define REASS_TIMEOUT_US       60000000u
#define REASS_CHUNK_BYTES      2048u
#define REASS_DATAGRAM_BYTES   65536u
#define REASS_CHUNKS_MAX       (REASS_DATAGRAM_BYTES / REASS_CHUNK_BYTES) /* of one datagram */
#define REASS_HOLES_MAX        64u /* of one datagram; every fragment walks along them */
#define REASS_CHUNKS_PER_ENTRY 2u
#define REASS_SHARES           64u  /* sources fall into one of these by a keyed hash */
#define REASS_SHARE_OF_ALL     4u   /* a share holds at most 1/4 of the chunks and entries */
#define REASS_HEADER_BYTES_MAX 128u /* of the first fragment, kept for the ICMP error */
#define REASS_NONE             UINT16_MAX

struct reass_entry {
	struct ip_addr source, destination;
	uint32_t id;
	uint8_t key_protocol; /* IPv4's; 0 in IPv6, where it is no part of the key */
	uint8_t protocol;     /* as the first fragment says */
	bool is_dead;         /* an overlap was seen: eats what still comes */
	bool has_end;         /* the last fragment has come: size is known */
	uint8_t share;
	uint8_t ifindex;
	uint8_t header_bytes; /* of `header`; 0: the first fragment has not come */
	uint32_t size;
	uint16_t first_hole; /* in units of eight octets; REASS_NONE: complete */
	uint16_t hole_count, chunk_count;
	uint16_t chunks[REASS_CHUNKS_MAX]; /* REASS_NONE: not taken yet */
	uint16_t next_in_chain;            /* of the hash; or the next free entry */
	uint16_t older, newer;             /* of all */
	uint16_t share_older, share_newer; /* of the share */
	uint64_t expires_at_us;
	uint8_t header[REASS_HEADER_BYTES_MAX]; /* how the first fragment begins */
};

struct reass_list {
	uint16_t oldest, newest;
};

struct reass {
	struct reass_entry *entries;
	uint16_t *chains;
	uint16_t *free_chunks; /* a stack of numbers */
	uint8_t *chunks;
	uint8_t *datagram; /* where a complete one is lent to ip_deliver */
	uint16_t entry_count, chunk_count, chain_mask;
	uint16_t free_entry, free_chunk_count, used_count;
	struct reass_list all;
	struct reass_list shares[REASS_SHARES];
	uint16_t share_chunks[REASS_SHARES], share_entries[REASS_SHARES];
	struct wheel_timer timer;
};

/* One fragment; `more` with a size that is no multiple of 8 has been refused before. */
struct reass_fragment {
	uint32_t id;
	size_t offset, size;
	bool more;
	uint8_t protocol;
	const uint8_t *bytes;
};

size_t reass_bytes(const struct stack_limits *limits);
void reass_init(struct reass *reass, struct arena *arena, const struct stack_limits *limits);

/*
 * Takes a fragment. True when it completed its datagram: packet's payload, payload_bytes,
 * protocol and is_silent are then those of the whole, lent until the next call.
 */
bool reass_put(struct stack *stack, struct ip_packet *packet,
	       const struct reass_fragment *fragment);

void reass_timeout(struct stack *stack); /* TIMER_REASS */

#endif
