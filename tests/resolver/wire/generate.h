/*
 * generate.h - random DNS messages from a seed, every one of them in order (RFC 1035, section 4;
 * RFC 3597).
 *
 * Rdata are written field by field as resolver/wire/rdata_types.h describes them, octet by octet
 * and with a compression of its own: neither the renderer nor the text parser takes part, so that
 * what reads these messages is tested by something that did not come from it.
 *
 * Ownership: the generator keeps the message in `bytes` until the next one.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_GENERATE_H
#define CAIRN_TESTS_RESOLVER_WIRE_GENERATE_H

#include "resolver/wire/message.h"
#include "stack/base/rng.h"

#define GENERATE_BYTES_MAX   16384u /* further records are left out; pointers reach all of it */
#define GENERATE_NAMES_MAX   512u   /* remembered as targets of pointers */
#define GENERATE_RECORDS_MAX 24u
#define GENERATE_TYPES_MAX   256u /* with a row in the table */

struct generate {
	struct rng rng;
	bool is_plain; /* the caller's: nothing but class IN and the types that generate_plain_types left */
	unsigned type_count, plain_count;
	uint16_t types[GENERATE_TYPES_MAX]; /* the plain ones first */
	uint8_t bytes[MESSAGE_BYTES_MAX];
	struct writer out;
	bool compresses;   /* this message has pointers */
	bool compresses_all; /* and they stand in rdata of new types too (RFC 3597, section 4: receivers cope) */
	unsigned name_count;
	struct {
		uint16_t offset;
		struct name name;
	} names[GENERATE_NAMES_MAX];
};

void generate_init(struct generate *generate, uint64_t seed);

/* Types for which `is_other` says true stand only in messages that are not plain. */
void generate_plain_types(struct generate *generate, bool (*is_other)(uint16_t type));

/* A whole message: question, records of any type in any section, often an OPT, sometimes a TSIG. */
size_t generate_message(struct generate *generate);

/* A name of 1 to 255 octets; any octet may stand in it. */
void generate_name(struct generate *generate, struct name *name);
/* A type that has a row in the table, or now and then any number at all; no meta type. */
uint16_t generate_type(struct generate *generate);
/* Rdata of a type, without pointers, into `bytes` from the start; returns their octets. */
size_t generate_rdata(struct generate *generate, uint16_t type);

#endif
