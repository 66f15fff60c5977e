/*
 * transfer.h - what a primary sends when a zone is asked for whole or for its changes (RFC 5936; RFC 1995; RFC 1982).
 *
 *     AXFR   SOA n, every record, SOA n
 *     IXFR   SOA n, [ SOA a, what is taken out, SOA b, what is put in ]..., SOA n       from a, which is ours, on to n
 *            SOA n, every record, SOA n                                                 as AXFR
 *            SOA n                                                                      ours is the newest
 *
 * Messages go in one by one as they came over TCP; records go into a zone's builder, for changes behind those of the zone that
 * is held.  Nothing of it counts before the last SOA has come and the zone is finished.
 *
 * Ownership: the transfer is large (a record's octets); arena and held zone are lent until its end.
 * Errors:    enum transfer_result; what a primary sends is never more than that.
 * Bounds:    TRANSFER_BYTES_MAX octets, ZONE_RECORDS_MAX records, TRANSFER_CHANGES_MAX versions; memory is the arena's.
 */
#ifndef CAIRN_RESOLVER_ZONE_TRANSFER_H
#define CAIRN_RESOLVER_ZONE_TRANSFER_H

#include "resolver/zone/zone.h"

#define TRANSFER_BYTES_MAX       (UINT64_C(1) << 30)
#define TRANSFER_CHANGES_MAX     65536u
#define TRANSFER_QUERY_BYTES_MAX (MESSAGE_HEADER_BYTES + 2u * (NAME_BYTES_MAX + 14u) + 2u * NAME_BYTES_MAX + 20u)

enum transfer_kind { TRANSFER_SOA, TRANSFER_IXFR, TRANSFER_AXFR };

enum transfer_result {
	TRANSFER_GOES_ON,   /* the next message, please */
	TRANSFER_CURRENT,   /* the primary has nothing newer */
	TRANSFER_NEWER,     /* of TRANSFER_SOA: it has */
	TRANSFER_COMPLETE,  /* transfer->zone is the new one */
	TRANSFER_REFUSED,   /* it will not, or not in this way: transfer->rcode */
	TRANSFER_MALFORMED, /* no sense can be made of it, or of its changes together with what is held */
	TRANSFER_TOO_BIG,   /* a bound is met, or the arena is full */
};

enum transfer_state {
	TRANSFER_AT_BEGIN,  /* the first SOA is to come */
	TRANSFER_AT_SECOND, /* what comes behind it tells changes from the whole */
	TRANSFER_IN_WHOLE,
	TRANSFER_TAKES_OUT,
	TRANSFER_PUTS_IN,
	TRANSFER_AT_END,
};

struct transfer {
	enum transfer_kind kind;
	enum transfer_state state;
	uint16_t id, rcode;
	const struct zone *held;   /* NULL: none */
	uint32_t serial;           /* the primary's */
	uint32_t at_serial;        /* of the version that the changes have come to */
	uint32_t change_count, message_count, record_count;
	uint64_t octets;
	struct arena *arena;
	struct zone_builder builder;
	struct zone *zone;
	struct name apex;
	struct name owner;         /* the record in hand */
	uint16_t type;
	uint32_t ttl_s;
	size_t rdata_bytes;
	uint8_t rdata[MESSAGE_BYTES_MAX];
};

/* a is newer than b (RFC 1982, section 3.2). */
static inline bool
serial_is_newer(uint32_t a, uint32_t b)
{
	return a != b && a - b < UINT32_C(1) << 31;
}

/*
 * `held_serial` is for TRANSFER_SOA, which needs neither arena nor held zone; for TRANSFER_IXFR the zone that is held.
 * Writes the query, TRANSFER_QUERY_BYTES_MAX at most, and returns its size, or ERR_NO_MEMORY.
 */
int transfer_begin(struct transfer *transfer, enum transfer_kind kind, const struct name *apex, uint32_t held_serial,
                   const struct zone *held, struct arena *arena, uint16_t id, uint8_t query[TRANSFER_QUERY_BYTES_MAX]);
enum transfer_result transfer_receive(struct transfer *transfer, const uint8_t *bytes, size_t size);

#endif
