/*
 * validation.h - from an answer to its security: the chain of trust (RFC 4035, section 5; RFC 6840).
 *
 * The last state of a task.  Every set of its answer that nobody has judged yet is judged by the keys of the zone
 * that signed it, and what the answer says not to be there by the proofs beside it.  Keys and DS sets are
 * questions like any other, asked as tasks of their own, which are validated in the same way: a DNSKEY set
 * by the DS set of its zone, that by the DNSKEY set of the zone above, up to an anchor; each step goes strictly up, so it ends.
 * What came out is kept with the sets in the ordinary caches, and found there the next time.
 *
 *	www.example.com A <- example.com DNSKEY <- example.com DS <- com DNSKEY <- com DS <- . DNSKEY <- anchor
 *
 * A set without signatures is insecure only if it is shown to lie below a delegation without DS.  Where the reply itself
 * says of which zone it is, by an SOA or NS set beside it, and that zone is signed, no deeper delegation is looked
 * for: whoever says so of a zone that is not signed has only harmed the answer.
 *
 * A bogus answer is asked for again, from the network, VALIDATION_RESTARTS_MAX times, since one bad server shall not
 * stand for all; then it is a SERVFAIL with the reason (RFC 8914), remembered for val-bogus-ttl; with val-permissive-mode it is
 * given as insecure instead, and judged anew the next time.
 *
 * Bounds: the purse (budget.h), which signatures and hashes are paid from too (validate/limits.h).
 */
#ifndef CAIRN_RESOLVER_ITERATE_VALIDATION_H
#define CAIRN_RESOLVER_ITERATE_VALIDATION_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/wire/message.h"
#include "stack/addr.h"

#define VALIDATION_RESTARTS_MAX 2u

struct verdict;

/* What a task for a DNSKEY or DS set, which this one waited for, has come to; lies in this one's arena. */
struct validation_fact {
	const struct name *name; /* NULL: none yet */
	uint16_t type, rcode;
	uint8_t security;               /* enum security */
	const struct rrset *set;        /* NULL: there is none */
	const struct rrset *authority;  /* the proof of it */
	int ede;
	const char *ede_text;
};

/* A task's. */
struct validation {
	bool is_active;      /* in TASK_VALIDATE, or waiting there */
	bool skip_cache;     /* after a bogus answer */
	uint16_t signatures; /* checked so far */
	uint64_t began_us;
	bool has_gaps;       /* records that break the rules of their type were left out of the answer */
	uint8_t restarts;
	struct ip_addr answered_by; /* who gave the answer; family ADDR_NONE: nobody was asked, or is to blame */
	struct ip_addr blamed[VALIDATION_RESTARTS_MAX]; /* whose answers were bogus: the others are asked first */
	uint8_t told_labels; /* of the zone that the last reply has said to be sname's, and one; 0: it has not */
	uint32_t server_s;   /* for how long an address in the answer may be kept at most (learn.c); 0: for its TTL */
	uint8_t labels_done; /* of the unsigned name that is being walked down to: names above are in secure zones */
	struct validation_fact fact;
	const struct verdict *verdicts; /* of signatures that may be come to again, newest first (checks.h) */
	bool is_answer_judged, is_answer_secure; /* what stands beside it may not be yet */
	struct rrset **absence; /* where the proofs of the answer itself begin, behind those of its aliases */
	const struct name *culprit; /* of a bogus finding: whose set or absence it is */
	int ede;             /* of a bogus finding */
	const char *why;
	bool is_unreachable; /* not bogus: the keys could not be had */
};

#endif
