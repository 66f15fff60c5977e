/*
 * text.h - the presentation form: master files and what dig prints (RFC 1035, section 5; RFC 3597, section 5; RFC 9460).
 *
 * Used for root hints, trust anchors, local-data, scenarios, logs and tests; never on the packet path.
 * Errors: ERR_MALFORMED with a position and a reason in words, ERR_TOO_BIG, ERR_NO_MEMORY.
 */
#ifndef CAIRN_RESOLVER_WIRE_TEXT_H
#define CAIRN_RESOLVER_WIRE_TEXT_H

#include "resolver/wire/rdata.h"

#define TYPE_TEXT_BYTES 16u /* "TYPE65535", "NSEC3PARAM" */

const char *type_to_text(uint16_t type, char *text, size_t text_bytes); /* mnemonic or TYPEnnn */
int type_from_text(const char *text, uint16_t *type);                   /* either form, any case */
const char *class_to_text(uint16_t class, char *text, size_t text_bytes);
int class_from_text(const char *text, uint16_t *class);
const char *rcode_to_text(uint16_t rcode); /* "NOERROR"; unassigned ones "RESERVED" */
int rcode_from_text(const char *text, uint16_t *rcode);
const char *opcode_to_text(uint8_t opcode);

/*
 * Own-form rdata as ldns and dig present it; what has no text of its own (a value out of bounds, an unknown
 * version) reads as \# (RFC 3597, section 5).  Always terminated; ERR_FULL when it does not fit.
 */
int rdata_to_text(uint16_t type, uint16_t class, const uint8_t *bytes, size_t size, char *text, size_t text_bytes);
/* The fields of one record after its type, also the \# form for every type. Writes own form. */
int rdata_from_text(uint16_t type, uint16_t class, const char *text, const struct name *origin, struct writer *out);

/*
 * Reads a master file: $ORIGIN, $TTL, comments, parentheses, quoted strings, omitted owners, classes
 * and TTLs (also 1h30m).  $INCLUDE is refused: a file names no other file.
 */
#define TEXT_ENTRY_BYTES 65536u /* of one entry without its comments */

struct text_reader {
	const char *at, *end;
	unsigned line; /* after a record its last line, after an error the first of the entry that is wrong */
	struct name origin;
	struct name owner; /* of the last record */
	uint32_t ttl_s;    /* default; 3600 until a record states one, or $TTL (RFC 2308, section 4) */
	bool has_ttl;      /* $TTL was seen */
	bool has_owner;
	const char *why;   /* after an error: what is wrong, in words */
	char token[TEXT_ENTRY_BYTES];
};

struct text_record {
	struct name owner;
	uint16_t type, class;
	uint32_t ttl_s;
	uint16_t rdata_bytes;
	uint8_t rdata[MESSAGE_BYTES_MAX];
};

void text_reader_init(struct text_reader *reader, const char *text, size_t text_bytes, const struct name *origin);
/* 1: a record; 0: the end; negative: an error at reader->line. */
int text_reader_next(struct text_reader *reader, struct text_record *record);

/* A whole message as dig prints it, for logs, scenarios and tests. */
int message_to_text(const struct message *message, char *text, size_t text_bytes);

#endif
