/*
 * zone.h - a zone that is kept here whole: its records, and what its authority says of a name
 * (RFC 1034, section 4.3.2; RFC 4592; RFC 6672; RFC 4035, section 3.1).
 *
 * Built from records in any order, once; then never changed, and read by all threads without a lock.  What changes a zone
 * (RFC 1995) builds the next one: the old records again, and behind them what is taken out and what is put in; of several
 * words about one record the last counts.
 *
 * Names lie in canonical order (RFC 4034, section 6.1): one is found by halving, what is between two names denies itself by
 * its NSEC, and a name exists if the next one is below it.
 *
 * Ownership: everything lies in the arena of the builder.  A reply's sets refer to the zone's rdata, all else of it lies in the
 *            arena given.
 * Units:     TTLs in seconds.
 * Errors:    ERR_NO_MEMORY (arena), ERR_FULL (records), ERR_TOO_BIG (a set of more than RRSET_RRS_MAX, or its octets),
 *            ERR_MALFORMED (no SOA at the apex, or several).
 * Bounds:    ZONE_RECORDS_MAX records a zone, ZONE_ALIASES_MAX aliases followed in one reply, ZONE_ANY_SETS_MAX sets for ANY.
 */
#ifndef CAIRN_RESOLVER_ZONE_ZONE_H
#define CAIRN_RESOLVER_ZONE_ZONE_H

#include "resolver/wire/rdata.h"
#include "resolver/wire/text.h"

struct arena;

#define ZONE_RECORDS_MAX  16777216u
#define ZONE_ALIASES_MAX  11u
#define ZONE_ANY_SETS_MAX 24u

struct zone_node {
	const struct name *name; /* lower case */
	struct rrset *sets;      /* by type, records in the order in which they came; RRSIGs are with what they cover */
	uint32_t denial;         /* index and one of the nearest node at or before that has an NSEC; 0: none */
};

struct zone {
	const struct name *apex;
	struct zone_node *nodes; /* in canonical order; the first is the apex */
	uint32_t node_count, record_count;
	bool denies_hashed; /* by NSEC3 alone, of which no proofs are made here */
	const struct rrset *soa_set;
	struct soa soa;
	const struct rrset *negative_soa; /* with the TTL of absences (RFC 2308, section 3) */
};

/* ---- building ------------------------------------------------------------------------------------------- */

struct zone_record {
	struct zone_record *next;
	const struct name *owner;
	uint16_t type, rdata_bytes;
	uint32_t ttl_s;
	uint32_t number; /* in the order in which they came */
	bool is_removal;
	const uint8_t *rdata; /* own form */
};

struct zone_builder {
	struct arena *arena;
	const struct name *apex;
	struct zone_record *first, *last; /* NULL: none */
	uint32_t count, ignored_count; /* ignored: outside the zone, or of types that no zone holds */
};

int zone_begin(struct zone_builder *builder, const struct name *apex, struct arena *arena);
int zone_add(struct zone_builder *builder, const struct name *owner, uint16_t type, uint32_t ttl_s, const uint8_t *rdata,
             size_t rdata_bytes);
/* Of a record that is not there nothing is taken out; its TTL does not count (RFC 1995, section 4). */
int zone_remove(struct zone_builder *builder, const struct name *owner, uint16_t type, const uint8_t *rdata,
                size_t rdata_bytes);
/* All records of a zone, as it was built; its memory may be that of the builder. */
int zone_add_all(struct zone_builder *builder, const struct zone *zone);
int zone_finish(struct zone_builder *builder, struct zone **zone);

/* Lent for zone_read, too large for a thread's stack. */
struct zone_reading {
	struct text_reader reader; /* after an error: line and why */
	struct text_record record;
};
/* A master file whose origin is the apex. */
int zone_read(struct zone_builder *builder, const char *text, size_t text_bytes, struct zone_reading *reading);
/* No more than its SOA, without memory; the file is gone through to its end all the same, for a damaged one has none. */
#define ZONE_WHY_SOA "the zone has not exactly one SOA record at its apex"
int zone_read_soa(struct soa *soa, const struct name *apex, const char *text, size_t text_bytes, struct zone_reading *reading);

/*
 * The zone as a master file, SOA first, record by record; what is read back is the same zone.  ZONE_LINE_BYTES_MAX are lent for
 * a line.
 */
#define ZONE_LINE_BYTES_MAX (NAME_TEXT_BYTES + 64u + 4u * MESSAGE_BYTES_MAX)
struct zone_writing {
	const struct zone *zone;
	bool has_soa; /* it is written */
	uint32_t node;
	const struct rrset *next, *set; /* of the nodes before `node`; the one in hand */
	unsigned record;
	struct rdata_walk walk;
};
void zone_write_begin(struct zone_writing *writing, const struct zone *zone);
/* The octets of the next line, 0 behind the last, or ERR_FULL. */
int zone_write_next(struct zone_writing *writing, char *line, size_t line_bytes);

/* ---- asking --------------------------------------------------------------------------------------------- */

enum zone_verdict {
	ZONE_ANSWERS,  /* with authority: data, or that there are none */
	ZONE_ALIASES,  /* the answer section ends with an alias to `alias`, which is not in this zone */
	ZONE_REFERS,   /* without authority: the name is in a zone below, whose servers stand in the authority section */
};

struct zone_reply {
	enum zone_verdict verdict;
	uint16_t rcode;
	const struct name *alias; /* where the aliases lead that were followed; NULL: there were none */
	const struct name *below; /* ZONE_REFERS: the zone below */
	struct rrset *sections[SECTIONS];
};

/* The qname is at or below the apex.  with_proofs: NSEC sets, if the zone has them, that show what is not there.  0, or ERR_NO_MEMORY. */
int zone_ask(const struct zone *zone, const struct question *question, bool with_proofs, struct arena *arena,
             struct zone_reply *reply);

#endif
