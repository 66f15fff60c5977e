/*
 * autotrust.h - a trust point that follows its zone's key rolls by itself (RFC 5011).
 *
 * One zone: the keys that were, are or may become its anchors, each in a state of RFC 5011, section 4, and the time at
 * which the zone is to be asked for its DNSKEY set again (section 2.3).
 *
 *	           NewKey            AddTime             KeyRem
 *	  START ------------> ADDPEND ------------> VALID ------> MISSING
 *	    ^    KeyRem          |                    |  <------     |
 *	    +--------------------+             RevBit | KeyPres      | RevBit
 *	                                              v              |
 *	                          REMOVED <------- REVOKED <---------+
 *	                                  RemTime
 *
 * VALID and MISSING keys are anchors.  A pending key becomes one by a set that was seen, and vouched for, after its time
 * (section 2.2): time alone makes none, so who was away for the end of a roll asks the operator.  A set counts when one of them has signed it; a revocation counts when the key that
 * is revoked has signed it (section 2.1), whoever else has or has not.  Only keys with the SEP bit become anchors.  What
 * the operator starts with may also be a DS or a key without it: these are ways in, and go once a SEP key is valid.
 * When the last anchor is revoked the zone has no trust point any more (section 5), and nothing is asked until the
 * operator puts in another one.
 *
 * The driver asks for the set at autotrust_deadline, from the zone's own servers, and gives what came to autotrust_hear;
 * after AUTOTRUST_REFUSED it asks again at once, AUTOTRUST_ASKS_MAX times in all, since one server may be behind.
 *
 * Its text is the file in which a resolver keeps it, in the form that unbound reads and writes.
 *
 * Ownership: a value without pointers; the caller keeps it.
 * Units:     seconds since 1970 by the wall clock, which may be set: a time to come counts as now.
 * Errors:    autotrust_read: ERR_MALFORMED and others, with line and reason; nothing half-read is to be used.
 * Bounds:    AUTOTRUST_KEYS_MAX keys of AUTOTRUST_RDATA_BYTES_MAX; further ones of a set are not tracked.  Signatures checked for
 *            one set: those of limits.h for one question.
 */
#ifndef CAIRN_RESOLVER_VALIDATE_AUTOTRUST_H
#define CAIRN_RESOLVER_VALIDATE_AUTOTRUST_H

#include "resolver/validate/anchors.h"
#include "resolver/validate/rrsig.h"
#include "resolver/wire/text.h"

struct rng;

#define AUTOTRUST_KEYS_MAX        32u
#define AUTOTRUST_RDATA_BYTES_MAX 524u /* RSA of 4096 bits with an exponent of 5 octets, the largest key that is used */
#define AUTOTRUST_ASKS_MAX        6u
#define AUTOTRUST_TEXT_BYTES_MAX  (64u * 1024u) /* of a file */
#define AUTOTRUST_NEVER           UINT64_MAX

#define AUTOTRUST_ADD_HOLDDOWN_S (30u * 86400u) /* RFC 5011, section 2.4.1 */
#define AUTOTRUST_DEL_HOLDDOWN_S (30u * 86400u) /* RFC 5011, section 2.4.2 */
#define AUTOTRUST_SEEN_MIN       2u             /* RFC 5011, section 2.4.1: sets with the new key that were seen */
#define AUTOTRUST_QUERY_S_MIN    3600u          /* RFC 5011, section 2.3: at least an hour, ... */
#define AUTOTRUST_QUERY_S_MAX    (15u * 86400u) /* ... at most 15 days, after a failure a day */
#define AUTOTRUST_RETRY_S_MAX    86400u

/* The numbers are those in the file. */
enum autotrust_state {
	AUTOTRUST_START, AUTOTRUST_ADDPEND, AUTOTRUST_VALID, AUTOTRUST_MISSING, AUTOTRUST_REVOKED, AUTOTRUST_REMOVED,
};

struct autotrust_key {
	enum autotrust_state state;
	uint64_t changed_s; /* when it came into its state; REVOKED: when it was seen last; 0: the operator's, not seen yet */
	uint32_t ttl_s;
	uint8_t seen_count; /* ADDPEND: sets that had it */
	bool is_present;    /* in the set that was heard last */
	uint16_t type;      /* DNSKEY or DS */
	uint16_t rdata_bytes;
	uint8_t rdata[AUTOTRUST_RDATA_BYTES_MAX];
};

struct autotrust {
	struct name zone;
	struct autotrust_key keys[AUTOTRUST_KEYS_MAX]; /* in no order that matters; a file begins with the last */
	unsigned key_count;
	uint64_t queried_s, succeeded_s, next_query_s;
	uint32_t failed_count; /* answers without a good signature since the last success */
	uint32_t query_interval_s, retry_s;
	bool is_revoked;       /* no anchor is left: the file says so, and nothing is asked */
	bool has_changed;      /* the set of anchors, in the last autotrust_hear */
};

struct autotrust_rules {
	uint32_t add_holddown_s, del_holddown_s;
	uint32_t keep_missing_s; /* MISSING keys go after that, when another is valid; 0: never */
	uint32_t query_s_min;    /* AUTOTRUST_QUERY_S_MIN, or less for tests (permit-small-holddown) */
};

/* What a look at a set needs. */
struct autotrust_means {
	const struct autotrust_rules *rules;
	struct crypto *crypto;
	struct arena *scratch; /* rewound afterwards; twice the octets of a message are enough */
	struct rng *rng;
	struct verify_skew skew;  /* for the times in RRSIGs ... */
	uint32_t signature_now_s; /* ... and the time they are held against: now_s, or what val-override-date says */
};

/* ---- the file ------------------------------------------------------------------------------------------------- */

/* Large, so lent by the caller. */
struct autotrust_reader {
	struct text_reader text;
	struct text_record record;
	unsigned line;   /* of an error */
	const char *why; /* in words */
};

/*
 * Either what autotrust_write has written, or just DS and DNSKEY records of one zone, for a start.  A file with a part of a
 * state is refused: each field is there once, each record has its own, and at least one key is an anchor.
 */
int autotrust_read(struct autotrust *trust, struct autotrust_reader *reader, const char *text, size_t text_bytes);

/* True when it can be told: there is no DS in use, which the form has no place for. */
bool autotrust_is_writable(const struct autotrust *trust);
/* How many octets; ERR_FULL. Not terminated. */
int autotrust_write(const struct autotrust *trust, char *text, size_t room);

/* ---- its life --------------------------------------------------------------------------------------------------- */

/* When the set is to be asked for, AUTOTRUST_NEVER: not any more. A time that is too far off was told by another clock. */
uint64_t autotrust_deadline(const struct autotrust *trust, uint64_t now_s);
/* It is being asked for: should nothing come of it, the next time is after the retry time. */
void autotrust_ask(struct autotrust *trust, const struct autotrust_rules *rules, struct rng *rng, uint64_t now_s);

enum autotrust_news {
	AUTOTRUST_NOTHING, /* there was no set: nothing is learnt, nothing to be written */
	AUTOTRUST_REFUSED, /* no anchor has signed it */
	AUTOTRUST_TAKEN,   /* the keys are as the set says */
	AUTOTRUST_OVER,    /* the last anchor has been revoked */
};

/* The set with its RRSIGs as it came, not judged by anyone; NULL: none could be had. */
enum autotrust_news autotrust_hear(struct autotrust *trust, const struct rrset *set, const struct autotrust_means *means,
				   uint64_t now_s);

/* Adds the keys that are anchors now. */
int autotrust_anchors(const struct autotrust *trust, struct anchors *anchors, struct crypto *crypto);

#endif
