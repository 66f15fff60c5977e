/*
 * message.h - DNS messages as values: RRsets by section, EDNS, and the way back to octets
 * (RFC 1035, section 4; RFC 2181; RFC 3597; RFC 6891).
 *
 * message_read parses any message completely into an arena: records of one owner, type and class become one
 * rrset with the RRSIGs that cover it, in the order of arrival.  query_read is the short path for clients' queries: no
 * arena, no lists.  A render turns rrsets into octets with compression, an rrset at a time, and
 * says when the next one does not fit.
 *
 * Ownership: what message_read builds lives in the arena and does not refer to the octets given.
 * Units:     TTLs in seconds; a TTL with the top bit set is 0 (RFC 2181, section 8).
 * Errors:    ERR_SHORT, ERR_MALFORMED, ERR_TOO_BIG, ERR_NO_MEMORY (arena).
 * Bounds:    MESSAGE_RRS_MAX records; RRSET_RRS_MAX in a set: further ones are an error, not cut.
 */
#ifndef CAIRN_RESOLVER_WIRE_MESSAGE_H
#define CAIRN_RESOLVER_WIRE_MESSAGE_H

#include "resolver/wire/name.h"

struct arena;

#define MESSAGE_BYTES_MAX    65535u
#define MESSAGE_HEADER_BYTES 12u
#define MESSAGE_RRS_MAX      2048u
#define RRSET_RRS_MAX        256u /* anchors of the field; a larger set is refused */
#define EDNS_UDP_BYTES       1232u /* what we advertise and what we send at most (DNS flag day 2020) */

/* Header flags as they stand in the third and fourth octet (RFC 1035, section 4.1.1; RFC 4035). */
#define DNS_QR 0x8000u
#define DNS_AA 0x0400u
#define DNS_TC 0x0200u
#define DNS_RD 0x0100u
#define DNS_RA 0x0080u
#define DNS_AD 0x0020u
#define DNS_CD 0x0010u
#define DNS_OPCODE(flags) ((uint8_t)(((flags) >> 11) & 0xfu))

enum dns_opcode { OPCODE_QUERY = 0, OPCODE_IQUERY = 1, OPCODE_STATUS = 2, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5, OPCODE_DSO = 6 };

enum dns_rcode {
	RCODE_NOERROR = 0, RCODE_FORMERR = 1, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_NOTIMP = 4, RCODE_REFUSED = 5,
	RCODE_YXDOMAIN = 6, RCODE_YXRRSET = 7, RCODE_NXRRSET = 8, RCODE_NOTAUTH = 9, RCODE_NOTZONE = 10,
	RCODE_BADVERS = 16, RCODE_BADCOOKIE = 23,
};

enum dns_class { CLASS_IN = 1, CLASS_CH = 3, CLASS_HS = 4, CLASS_NONE = 254, CLASS_ANY = 255 };

/* The types that code names; resolver/wire/rdata.c knows the whole IANA registry. */
enum dns_type {
	TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_NULL = 10, TYPE_PTR = 12, TYPE_HINFO = 13, TYPE_MX = 15, TYPE_TXT = 16, TYPE_SIG = 24,
	TYPE_AAAA = 28, TYPE_SRV = 33, TYPE_DNAME = 39, TYPE_OPT = 41, TYPE_DS = 43, TYPE_RRSIG = 46, TYPE_NSEC = 47,
	TYPE_DNSKEY = 48, TYPE_NSEC3 = 50, TYPE_NSEC3PARAM = 51, TYPE_SVCB = 64, TYPE_HTTPS = 65, TYPE_TKEY = 249,
	TYPE_TSIG = 250, TYPE_IXFR = 251, TYPE_AXFR = 252, TYPE_MAILB = 253, TYPE_MAILA = 254, TYPE_ANY = 255,
};

/* EDNS options (RFC 6891 and the IANA registry). */
enum edns_option {
	EDNS_NSID = 3, EDNS_CLIENT_SUBNET = 8, EDNS_COOKIE = 10, EDNS_KEEPALIVE = 11, EDNS_PADDING = 12, EDNS_EDE = 15,
	EDNS_REPORT_CHANNEL = 18,
};

enum dns_section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };
#define SECTIONS 3

struct question {
	struct name qname;
	uint16_t qtype, qclass;
};

/*
 * All records of one owner, type and class, and the RRSIGs that cover them.  `rdata` holds rr_count
 * records and after them sig_count RRSIG records, each a 16-bit length (big-endian) and its octets, with names
 * uncompressed and in the case they came in.
 */
struct rrset {
	struct rrset *next; /* in its section */
	const struct name *owner;
	uint16_t type, class;
	uint16_t rr_count, sig_count;
	uint32_t ttl_s; /* the smallest of its records' (RFC 2181, section 5.2) */
	uint32_t rdata_bytes;
	const uint8_t *rdata;
	uint8_t trust;    /* enum trust of resolver/cache/rrset.h, 0 when it comes from a message */
	uint8_t security; /* enum security, SECURITY_UNCHECKED until the validator has spoken */
	uint32_t original_ttl_s; /* from a cache: the TTL with which it was put there */
};

enum security { SECURITY_UNCHECKED = 0, SECURITY_INDETERMINATE, SECURITY_INSECURE, SECURITY_SECURE, SECURITY_BOGUS };

/* One record's octets while walking a set: for (rdata_first(set, &it); rdata_next(&it);) it.bytes, it.size */
struct rdata_walk {
	const uint8_t *at, *end;
	const uint8_t *bytes; /* the current record */
	uint16_t size;
};
void rdata_first(const struct rrset *rrset, struct rdata_walk *walk); /* the rr_count records, then the RRSIGs */
bool rdata_next(struct rdata_walk *walk);

#define EDNS_DO 0x8000u /* in the TTL of an OPT record (RFC 6891, section 6.1.4) */
struct edns {
	bool present;
	uint8_t version;
	bool dnssec_ok;
	uint16_t udp_bytes; /* what the sender can take; at least 512 when present */
	uint16_t options_bytes;
	const uint8_t *options; /* code, length, value, checked to be well-formed; NULL if none */
};

/* Finds an option's value, the first of its code; returns false when it is not there. */
bool edns_find(const struct edns *edns, uint16_t code, const uint8_t **value, uint16_t *value_bytes);
#define EDNS_RECORD_BYTES 11u /* an OPT record without options: what to reserve for render_edns, at least */

struct message {
	uint16_t id;
	uint16_t flags; /* DNS_* and the opcode; the rcode is apart */
	uint16_t rcode; /* 12 bits, EDNS part included */
	uint16_t question_count;
	struct question question; /* valid when question_count > 0 */
	struct rrset *sections[SECTIONS]; /* lists in order of arrival; OPT, TSIG and SIG(0) are not in them */
	uint16_t rrset_counts[SECTIONS];
	struct edns edns;
	bool tsig_present;
	bool answer_is_hollow; /* message_read_sound: a set of the answer section had no sound record */
};

/*
 * Reads a complete message.  QR, opcode and counts are for the caller to judge; octets after
 * the last record are not looked at.
 */
int message_read(struct message *message, struct arena *arena, const uint8_t *bytes, size_t size);

/*
 * The same for who wants what is sound of it: a record whose rdata break the rules of their type is left out and counted
 * in *broken, in place of an error.  The frame - owners, lengths, OPT, TSIG - has to be right.
 */
int message_read_sound(struct message *message, struct arena *arena, const uint8_t *bytes, size_t size, uint32_t *broken);

/*
 * The OPT of any message, the rest passed over, for who needs nothing else of it; false: there is none that can be
 * read.  Options point into the octets given.
 */
bool message_edns(struct edns *edns, const uint8_t *bytes, size_t size);

/* Writes an OPT record; the upper eight bits of the rcode go with it. The writer's error tells of no room. */
void edns_write(struct writer *writer, const struct edns *edns, uint16_t rcode);

/* A client's query: header, exactly one question, and of the additional section the OPT alone. */
struct query {
	uint16_t id;
	uint16_t flags;
	struct question question;
	struct edns edns; /* options point into the octets given */
	uint16_t question_bytes; /* qname, qtype and qclass as they stood on the wire */
	bool tsig_present;       /* its last record (RFC 8945, section 5.1) */
};

/*
 * Returns the rcode that the query deserves before anything else is looked at: RCODE_NOERROR, RCODE_FORMERR,
 * RCODE_NOTIMP (opcode), RCODE_BADVERS; or a negative ERR_* when there should be no answer at all
 * (shorter than a header, or QR set).  Id and flags are filled in as far as they were readable, of a NOTIFY the question too.
 */
int query_read(struct query *query, const uint8_t *bytes, size_t size);

/* ---- rendering ------------------------------------------------------------------------------------ */

#define RENDER_NAMES_MAX  128u /* compression targets remembered; beyond it names are written whole */
#define RENDER_SLOTS      256u
#define RENDER_PROBES_MAX 8u /* slots looked at for one name: equal hashes cost no more than this */
#define RENDER_QNAME_AT   MESSAGE_HEADER_BYTES

struct render {
	struct writer writer;
	uint16_t counts[4];
	uint16_t flags, rcode; /* the caller may still set DNS_TC before render_finish */
	uint8_t qname_bytes;   /* 0: no question written */
	bool is_indexed;       /* there is a table of names; the qname's suffixes are in it */
	uint8_t name_count;
	struct {
		uint32_t hash; /* of the name from here to the root, in lower case */
		uint16_t offset;
	} names[RENDER_NAMES_MAX];
	uint8_t slots[RENDER_SLOTS]; /* by hash: index into names, and one; 0: free; only when indexed */
	size_t reserved;             /* octets kept free at the end for the OPT record */
};

/* Starts a message of at most `size` octets with an empty header; `reserve` octets are kept for render_edns. */
void render_begin(struct render *render, uint8_t *bytes, size_t size, uint16_t id, uint16_t flags, uint16_t rcode,
                  size_t reserve);
int render_question(struct render *render, const struct question *question);
/*
 * Writes all records of the set (with its RRSIGs when with_sigs), or nothing: ERR_FULL leaves the message as it
 * was, and the caller decides between TC and leaving the set out (RFC 2181, section 9).
 */
int render_rrset(struct render *render, enum dns_section section, const struct rrset *rrset, uint32_t ttl_s,
                 bool with_sigs);
/* The same of its RRSIGs alone. */
int render_sigs(struct render *render, enum dns_section section, const struct rrset *rrset, uint32_t ttl_s);
/* `options` are ready-made; NULL and 0 for none. */
int render_edns(struct render *render, const struct edns *edns);
/* Fills in the header; returns the message's octets, or a negative ERR_*. */
int render_finish(struct render *render);

#endif
