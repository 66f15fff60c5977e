/*
 * answer.h - what resolution of a question came to, before it is rendered for one client.
 *
 * Ownership: everything lies in the arena of whoever made it (a task, or the caller of engine_cached).
 */
#ifndef CAIRN_RESOLVER_ANSWER_H
#define CAIRN_RESOLVER_ANSWER_H

#include "resolver/wire/message.h"

/* RFC 8914 and IANA's registry. */
enum ede {
	EDE_NONE = -1,
	EDE_OTHER = 0, EDE_UNSUPPORTED_DNSKEY_ALGORITHM = 1, EDE_UNSUPPORTED_DS_DIGEST = 2, EDE_STALE_ANSWER = 3,
	EDE_FORGED_ANSWER = 4, EDE_DNSSEC_INDETERMINATE = 5, EDE_DNSSEC_BOGUS = 6, EDE_SIGNATURE_EXPIRED = 7,
	EDE_SIGNATURE_NOT_YET_VALID = 8, EDE_DNSKEY_MISSING = 9, EDE_RRSIGS_MISSING = 10, EDE_NO_ZONE_KEY_BIT = 11,
	EDE_NSEC_MISSING = 12, EDE_CACHED_ERROR = 13, EDE_NOT_READY = 14, EDE_BLOCKED = 15, EDE_CENSORED = 16,
	EDE_FILTERED = 17, EDE_PROHIBITED = 18, EDE_STALE_NXDOMAIN = 19, EDE_NOT_AUTHORITATIVE = 20, EDE_NOT_SUPPORTED = 21,
	EDE_NO_REACHABLE_AUTHORITY = 22, EDE_NETWORK_ERROR = 23, EDE_INVALID_DATA = 24, EDE_SIGNATURE_EXPIRED_BEFORE_VALID = 25,
	EDE_TOO_EARLY = 26, EDE_UNSUPPORTED_NSEC3_ITERATIONS = 27, EDE_SYNTHESIZED = 29, EDE_INVALID_QUERY_TYPE = 30,
	EDE_RATE_LIMITED = 31, EDE_OVER_QUOTA = 32, EDE_NEGATIVE_TRUST_ANCHOR = 33,
};

/* How an answer is to be given; policy (policy/rpz.h) may want another way than the usual. */
enum answer_fate {
	ANSWER_GIVEN,
	ANSWER_TRUNCATED, /* empty, with TC: whoever asks again over TCP is no forged address */
	ANSWER_DROPPED,   /* not at all */
	ANSWER_NO_ROOM,   /* SERVFAIL where a connection waits for it; a datagram that seems lost is sent again, and may find room */
};

/* That policy has had a hand in an answer, for the log. */
struct policy_note {
	const char *log_name;
	const char *trigger, *action; /* as unbound logs them */
	const struct name *owner;     /* of the rule */
};

struct answer {
	uint16_t rcode;
	uint8_t security;     /* enum security: AD is set when SECURE */
	bool authoritative;   /* local data only: AA */
	bool from_cache;      /* nothing was asked upstream */
	bool is_ruled;        /* policy has made the end of it: no zone's word, and not to be proved */
	bool is_referral;     /* who could answer, for who may not have it asked */
	bool hides_recursion; /* RA stays clear, to tell that policy has made it */
	uint8_t fate;         /* enum answer_fate */
	const struct policy_note *note; /* NULL: none */
	bool is_stale;        /* some of it has ended and stands in for what cannot be had (RFC 8767) */
	bool refresh_due;     /* it will not last: engine_refresh should have it asked anew */
	int ede;              /* enum ede */
	const char *ede_text; /* names zone, server and reason; NULL: none */
	struct rrset *sections[SECTIONS]; /* TTLs as they are to be given; the caller's question is not among them */
};

#endif
