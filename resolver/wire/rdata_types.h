/*
 * rdata_types.h - the table of types: what each record's rdata consists of (private to resolver/wire).
 *
 * A type is a mnemonic and a list of fields.  A field says how it stands on the wire and how it
 * reads on paper: rdata.c walks the list on octets, rdata_text.c writes it as text and rdata_parse.c
 * reads it from there.  A new type is a new line in rdata_types.c and, only when it brings a new
 * kind of field, a case in those three.
 */
#ifndef CAIRN_RESOLVER_WIRE_RDATA_TYPES_H
#define CAIRN_RESOLVER_WIRE_RDATA_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum rdata_field {
	FIELD_END = 0,
	/* numbers of fixed width, in decimal */
	FIELD_U8, FIELD_U16, FIELD_U32, FIELD_U64,
	/* numbers that read as something else */
	FIELD_TYPE,      /* 16 bits: a type's mnemonic */
	FIELD_CERT_TYPE, /* 16 bits: RFC 4398, section 2.1 */
	FIELD_ALGORITHM, /* 8 bits: in decimal, read as a mnemonic as well (RFC 4034, appendix A.1) */
	FIELD_SCHEME,    /* 8 bits: RFC 9859, section 2.1 */
	FIELD_PERIOD,    /* 32 bits: seconds in decimal, read with units as well (1h30m) */
	FIELD_TIME,      /* 32 bits: YYYYMMDDHHmmSS (RFC 4034, section 3.2) */
	FIELD_TIME48,    /* 48 bits: seconds, in decimal (RFC 8945, section 4.2) */
	FIELD_IPV4, FIELD_IPV6,
	FIELD_EUI48, FIELD_EUI64, /* RFC 7043 */
	FIELD_NODE,      /* 64 bits in four groups of hexadecimal digits (RFC 6742) */
	/* names */
	FIELD_NAME,
	FIELD_NAMES,     /* as many as there are, to the end */
	/* octets with a length in front */
	FIELD_STRING,    /* character-string (RFC 1035, section 3.3) */
	FIELD_STRING_MAYBE, /* may be absent */
	FIELD_STRINGS,   /* one or more, to the end */
	FIELD_TAG,       /* CAA: letters and digits, at least one (RFC 8659, section 4.1) */
	FIELD_HEX8,      /* 8-bit length; "-" when empty (RFC 5155, section 3.3) */
	FIELD_BASE32_8,  /* 8-bit length; base32hex without padding */
	FIELD_BASE64_16, /* 16-bit length, which reads in front of the base64 */
	/* the rest of the rdata */
	FIELD_REST_TEXT, /* one quoted string without a length */
	FIELD_REST_HEX, FIELD_REST_BASE64, /* none: no words for it, reads as \# */
	FIELD_REST_BASE64_MAYBE, /* may be absent: a KEY that says there is none (RFC 2535, section 3.1.2) */
	FIELD_REST_DATA, /* base64; "-" when empty (DOA) */
	FIELD_BITMAP,    /* types in windows (RFC 4034, section 4.1.2) */
	FIELD_BITMAP_NXT, /* types 0 to 127 (RFC 2535, section 5.2) */
	FIELD_NSAP,      /* 0x and hexadecimal digits (RFC 1706) */
	FIELD_ATMA,
	FIELD_WKS,       /* protocol and bitmap of ports (RFC 1035, section 3.4.2) */
	FIELD_LOC,       /* RFC 1876 */
	FIELD_APL,       /* RFC 3123 */
	FIELD_SVCPARAMS, /* RFC 9460, section 2.2 */
	FIELD_OPTIONS,   /* code, length, value (RFC 6891, section 6.1.2); reads as \# */
	FIELD_OPAQUE,    /* reads as \# (RFC 3597, section 5) */
	/* fields whose form an octet before them decides */
	FIELD_GATEWAY,   /* IPSECKEY: by the second octet (RFC 4025, section 2.1) */
	FIELD_RELAY,     /* AMTRELAY: D bit, type and relay, of which type stands in the second octet (RFC 8777) */
	FIELD_A6_SUFFIX, /* prefix length and address suffix (RFC 2874, section 3.1) */
	FIELD_A6_NAME,   /* only when the prefix length is not 0 */
	FIELD_HIP,       /* three lengths, HIT, public key (RFC 8005, section 5) */
};

/* What stands in FIELD_GATEWAY and FIELD_RELAY (RFC 4025, section 2.3; RFC 8777, section 4.2.3). */
enum gateway { GATEWAY_NONE = 0, GATEWAY_IPV4 = 1, GATEWAY_IPV6 = 2, GATEWAY_NAME = 3 };

#define A6_OCTETS        16u
#define RDATA_FIELDS_MAX 10u

#define RDATA_IN       0x1u /* described for class IN only; opaque in others */
#define RDATA_COMPRESS 0x2u /* RFC 1035's own types: the names inside may be compressed (RFC 3597, section 4) */
#define RDATA_FOLD     0x4u /* canonical form folds the names inside (RFC 4034, section 6.2; RFC 6840, section 5.1) */

struct rdata_type {
	const char *mnemonic; /* NULL: TYPEnnn */
	uint8_t flags;
	uint8_t fields[RDATA_FIELDS_MAX]; /* enum rdata_field, FIELD_END after the last */
};

/* Never NULL: a type that is not described is one FIELD_OPAQUE. */
const struct rdata_type *rdata_type_of(uint16_t type, uint16_t class);
const char *rdata_mnemonic(uint16_t type); /* NULL: none */

/* Visits all types with a mnemonic in order; start with 0, ends with false. */
bool rdata_type_next(uint16_t *type);

#endif
