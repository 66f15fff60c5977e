/*
 * rdata.h - the contents of records, by type, from one table (RFC 1035, section 3.3; RFC 3597; IANA's registry).
 *
 * Every type with a mnemonic is described by its fields; reading, writing, presenting, parsing, the canonical form and the
 * search for embedded names all follow the same description, so they cannot disagree.  Types without a description,
 * and classes other than IN for class-dependent ones, are opaque octets.
 *
 * "Own form" is the wire form with names uncompressed; that is what rrsets, caches and the validator hold.
 * Errors: ERR_SHORT, ERR_MALFORMED, ERR_FULL, ERR_TOO_BIG.
 */
#ifndef CAIRN_RESOLVER_WIRE_RDATA_H
#define CAIRN_RESOLVER_WIRE_RDATA_H

#include "resolver/wire/message.h"

/* Reads RDLENGTH octets at the cursor, decompresses, checks every field, and writes own form. */
int rdata_read(struct cursor *cursor, uint16_t type, uint16_t class, size_t rdlength, struct writer *out);

/*
 * Finds the names inside own-form rdata, and so checks it; `at` is where a name stands.  Only types that RFC 1035
 * defines may be compressed on output.  Of HIP's rendezvous servers the first two are given.
 */
struct rdata_names {
	uint16_t count;
	struct {
		uint16_t offset, size;
	} at[2];
	bool compressible; /* RFC 3597, section 4 */
	bool lowercase;    /* canonical form folds them (RFC 4034, section 6.2; RFC 6840, section 5.1) */
};
int rdata_names(uint16_t type, uint16_t class, const uint8_t *bytes, size_t size, struct rdata_names *names);

/* Own form to canonical form (RFC 4034, section 6.2), in place. */
void rdata_canonicalise(uint16_t type, uint16_t class, uint8_t *bytes, size_t size);

/* The target of NS, CNAME, DNAME, PTR, MX, SRV, SVCB, HTTPS; ERR_NOT_FOUND for other types. */
int rdata_target(uint16_t type, const uint8_t *bytes, size_t size, struct name *target);

/* SOA fields that the resolver uses (RFC 2308, section 3). */
struct soa {
	uint32_t serial, refresh_s, retry_s, expire_s, minimum_s;
};
int rdata_soa(const uint8_t *bytes, size_t size, struct soa *soa);

/* True for OPT, TSIG, TKEY, AXFR, ANY...: types that no zone holds (RFC 6895, section 3.1). */
bool type_is_meta(uint16_t type);

#endif
