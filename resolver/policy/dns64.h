/*
 * dns64.h - AAAA records for hosts that have only A, so that hosts with only IPv6 reach them through a NAT64
 * (RFC 6147; unbound's dns64-prefix, dns64-synthall, dns64-ignore-aaaa).
 *
 * Where the AAAA records are not there, the A records are asked for, and each is answered with as an address behind the
 * prefix.  ::ffff:0:0/96 counts as not there (section 5.1.4).  A query with CD and DO validates by itself
 * and is left alone (section 5.5).  Names of addresses behind the prefix are those of the address inside (section 5.3.1).
 *
 * Ownership: lies with its names in the arena given; what is made lies in the arena given for it.
 * Units:     TTLs in seconds.
 * Errors:    ERR_NO_MEMORY (arena).
 */
#ifndef CAIRN_RESOLVER_POLICY_DNS64_H
#define CAIRN_RESOLVER_POLICY_DNS64_H

#include "resolver/answer.h"
#include "resolver/policy/nat64.h"

struct local;
struct rng;

#define DNS64_TTL_S 600u /* section 5.1.7: the longest, where no SOA has told how long there is no AAAA */

struct dns64 {
	struct nat64 nat64;
	bool synthesizes_all;  /* dns64-synthall: the A records first, for every name */
	struct local *ignored; /* dns64-ignore-aaaa: for these and those below them */
};

struct dns64 *dns64_new(struct arena *arena, const struct nat64 *nat64, bool synthesizes_all, struct rng *rng);
int dns64_ignore(struct dns64 *dns64, const struct name *name);

/* What a client's question for AAAA is on its way to. */
enum dns64_step {
	DNS64_OFF,     /* no synthesis */
	DNS64_AAAA,    /* the AAAA records were asked for, and perhaps the A records are next */
	DNS64_A,       /* the A records were asked for: these, or the AAAA records after all */
	DNS64_LAST,    /* the AAAA records were asked for, and that is that */
};

enum dns64_step dns64_begin(const struct dns64 *dns64, const struct question *question, bool dnssec_ok,
			    bool checking_disabled);
/* The type to ask for now. */
uint16_t dns64_qtype(enum dns64_step step, uint16_t qtype);

/*
 * After an answer: false when it is the one to give; for DNS64_A it then has AAAA records instead of A.  True when *step
 * has moved on and the next type is to be asked for.  *ttl_s_max is remembered from AAAA to A.
 */
bool dns64_goes_on(const struct dns64 *dns64, enum dns64_step *step, uint32_t *ttl_s_max, struct answer *answer,
		   struct arena *arena);

/* The name in in-addr.arpa of the address whose name in ip6.arpa this is; false when it is none behind the prefix. */
bool dns64_reverse(const struct dns64 *dns64, const struct name *name, struct name *reverse);

#endif
