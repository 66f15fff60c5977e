/*
 * reading.h - what a message says, told by Cairn's reader and by ldns in the same terms, and
 * compared.
 *
 * The records of an rrset lose their order, their duplicates and their single TTLs (RFC 2181,
 * section 5): that is what message_read does to them on purpose, so it is done to what ldns reads
 * as well, by other code.
 *
 * Ownership: a reading is static in the test and holds copies.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_READING_H
#define CAIRN_TESTS_RESOLVER_WIRE_READING_H

#include <ldns/ldns.h>

#include "resolver/wire/message.h"

#define READING_RECORDS_MAX 512u
#define READING_BYTES_MAX   (1u << 20)

struct reading_record {
	unsigned section;
	uint8_t owner[NAME_BYTES_MAX]; /* in lower case */
	size_t owner_bytes;
	uint16_t type, class;
	uint32_t ttl_s;
	bool is_orphan; /* an RRSIG without the set that it covers */
	uint8_t *rdata; /* names without pointers */
	size_t rdata_bytes;
};

struct reading {
	bool folds_names; /* the caller's: letter case counts for nothing, as compression loses it (RFC 4343) */
	uint16_t id, flags, rcode;
	unsigned question_count; /* of which the first is told */
	struct question question;
	bool has_edns, dnssec_ok, has_tsig;
	uint8_t edns_version;
	uint16_t udp_bytes, options_bytes;
	const uint8_t *options;
	unsigned count;
	struct reading_record records[READING_RECORDS_MAX];
	size_t used;
	uint8_t bytes[READING_BYTES_MAX];
};

/* ldns gets a copy with zeros behind it: it looks at octets after the message. NULL: it refuses. */
ldns_pkt *reading_ldns(const uint8_t *bytes, size_t size);

void reading_of_message(struct reading *reading, const struct message *message);
void reading_of_packet(struct reading *reading, const ldns_pkt *packet);

/* NULL: they say the same; else the first thing in which they differ. */
const char *reading_difference(const struct reading *a, const struct reading *b);

/* The rdata of an ldns record as one piece, into `bytes`; returns their octets. */
size_t reading_rdata(const ldns_rr *rr, uint8_t *bytes, size_t size);

#endif
