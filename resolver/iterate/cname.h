/*
 * cname.h - the chain of aliases in one response (RFC 1034, section 3.6.2; RFC 6672).
 *
 * From the name asked for, CNAMEs and DNAMEs are followed through the answer section as long as
 * the names stay inside the zone that the server was asked about: what it says about
 * others is not its to say, and resolution goes on at the end of the chain instead.  So it does behind an alias with
 * signatures where what follows has none: asked for itself it may be another zone's, or come with them.  And so it does behind
 * any alias where the reply could be guessed and nothing is signed: whoever forges an alias of a name that nobody has
 * could put a name that all ask for behind it, and try again with the next name.
 * Where a DNAME stands above a name, the CNAME that follows from it is made here and the server's own
 * copy is only compared (RFC 6672, section 3.4).
 *
 * Ownership: sets are the message's; what is made lies in the arena given.
 * Errors:    chain.fault; a chain with a fault says nothing.
 * Bounds:    BUDGET_CHAIN_MAX aliases, a DNAME and its CNAME being one.
 */
#ifndef CAIRN_RESOLVER_ITERATE_CNAME_H
#define CAIRN_RESOLVER_ITERATE_CNAME_H

#include "resolver/iterate/budget.h"
#include "resolver/wire/message.h"

struct arena;

#define CHAIN_SETS_MAX (2 * BUDGET_CHAIN_MAX) /* a DNAME and a CNAME for each alias */

enum chain_fault {
	CHAIN_SOUND,
	CHAIN_TOO_LONG,  /* or going round */
	CHAIN_MALFORMED, /* two CNAMEs or DNAMEs at one name, or rdata that holds no name */
	CHAIN_OVERFLOW,  /* a DNAME makes a name of more than 255 octets: YXDOMAIN */
	CHAIN_NO_MEMORY,
};

struct chain {
	struct rrset *sets[CHAIN_SETS_MAX]; /* CNAMEs and DNAMEs, in the order in which they are followed */
	unsigned set_count, alias_count;
	const struct name *end; /* where they lead: qname itself without any */
	struct rrset *final;    /* a set at the end that answers the question; NULL: none here */
	bool outside;           /* the end is not in the zone, or to be asked for itself */
	bool corrected;         /* the server's CNAME did not agree with its DNAME */
	enum chain_fault fault;
};

/* What may stand behind an alias. */
enum chain_trust {
	CHAIN_TAKES_ALL,    /* everything, of a resolver, which has asked for the end itself */
	CHAIN_TAKES_SAME,   /* what follows an alias without signatures */
	CHAIN_TAKES_OWN,    /* nothing, nor with signatures: the reply could be guessed, and nobody has looked at them */
};

void chain_follow(struct chain *chain, const struct message *message, const struct name *qname, uint16_t qtype,
                  const struct name *zone, enum chain_trust trust, struct arena *arena);

/* The target of an alias set of exactly one record; 0, ERR_MALFORMED. */
int alias_target(const struct rrset *set, struct name *target);

/* The CNAME that a DNAME makes for a name below its owner, with the DNAME's TTL (RFC 6672, section 3.1). */
int alias_synthesise(struct arena *arena, const struct rrset *dname, const struct name *qname, struct rrset **cname);

/* True when records of this type at a name are wanted themselves, so that a CNAME there is an answer. */
static inline bool
type_stops_at_alias(uint16_t qtype)
{
	return qtype == TYPE_CNAME || qtype == TYPE_ANY || qtype == TYPE_RRSIG;
}

/* True when a set of that type answers a question for qtype. */
static inline bool
type_answers(uint16_t type, uint16_t qtype)
{
	return type == qtype || qtype == TYPE_ANY || qtype == TYPE_RRSIG;
}

#endif
