/*
 * classify.h - a response in, one word out (RFC 1034, section 5.3.3, step 4; RFC 2308, section 2).
 *
 * Nothing is believed here: the word says what the response claims to be, given the zone whose
 * server was asked.  What of it may be kept is scrub.h's to decide.
 *
 * An answer needs AA.  One without it is taken from a server that does not offer recursion either (the
 * bit is lost on the way often enough) and ranks lower; with RA set it comes out of
 * somebody's cache, and the server is lame (RFC 2181, section 5.4.1).  Where nobody else has helped, takes_cached, it
 * has the lower rank too.
 *
 * A forwarder is a resolver: its answers come without AA and with RA, and a referral from it is lame (MaginotDNS).
 *
 * Pure but for the arena, which holds the aliases made from DNAMEs.
 */
#ifndef CAIRN_RESOLVER_ITERATE_CLASSIFY_H
#define CAIRN_RESOLVER_ITERATE_CLASSIFY_H

#include "resolver/iterate/cname.h"

enum response {
	RESPONSE_ANSWER,       /* the set asked for, perhaps at the end of a chain of aliases */
	RESPONSE_CNAME,        /* an alias; what is at its end has to be asked */
	RESPONSE_NODATA,       /* the name (at the end of the chain) exists without that type */
	RESPONSE_NXDOMAIN,     /* ... does not exist */
	RESPONSE_REFERRAL,     /* to the servers of a zone below, on the way to the name */
	RESPONSE_UPWARD,       /* a referral to the zone asked about or above it: lame */
	RESPONSE_LAME,         /* does not speak for the zone */
	RESPONSE_TRUNCATED,
	RESPONSE_FORMERR_EDNS, /* FORMERR, NOTIMP or BADVERS, which without EDNS may be otherwise */
	RESPONSE_REFUSED,      /* also NOTAUTH */
	RESPONSE_SERVFAIL,     /* also every rcode without a meaning for a query */
	RESPONSE_YXDOMAIN,     /* the name that a DNAME makes is too long */
	RESPONSE_LOOP,         /* aliases without end */
	RESPONSE_MALFORMED,    /* sense cannot be made of it */
};
#define RESPONSES (RESPONSE_MALFORMED + 1)

/* What had been asked. */
struct asked {
	const struct name *zone, *qname;
	uint16_t qtype;
	bool edns;
	bool is_guessable; /* neither letter case nor cookie nor connection vouches for the reply */
	bool is_forward; /* a resolver: what it says has no AA, and refers to nobody */
	bool takes_cached; /* a server of the zone that resolves, asked to do that */
};

struct classified {
	enum response response;
	struct chain chain;  /* ANSWER, CNAME, NODATA, NXDOMAIN, YXDOMAIN */
	struct rrset *ns;    /* REFERRAL, UPWARD: the NS set; for UPWARD NULL when it only seems so */
	struct rrset *soa;   /* NODATA, NXDOMAIN: of a zone between the one asked and the name; NULL: none */
	bool authoritative;  /* AA */
};

void classify(struct classified *classified, const struct message *message, const struct asked *asked,
              struct arena *arena);
const char *response_text(enum response response); /* for messages to the client and the trace */

#endif
