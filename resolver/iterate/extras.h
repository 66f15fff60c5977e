/*
 * extras.h - what an answer carries beside what was asked for, unless responses are minimal: the zone's NS set and the
 * addresses of the servers that the answer names (RFC 1034, sections 3.7 and 4.3.2; RFC 2181, section 5.4.1).
 *
 * What a wildcard has made comes with its proof, and then with these too, minimal or not.
 *
 * An answer that was asked for just now has those of the reply; one from the caches those that the caches hold, which came
 * beside answers themselves (delegations and glue are kept elsewhere).  What lies outside of the zone that was asked is
 * never taken, and beside a secure answer stands only what is secure itself.
 *
 * Ownership: sets lie in the arena given, or stay the message's.
 * Bounds:    EXTRAS_ADDRS_MAX address sets in an answer.
 */
#ifndef CAIRN_RESOLVER_ITERATE_EXTRAS_H
#define CAIRN_RESOLVER_ITERATE_EXTRAS_H

#include "resolver/iterate/engine.h"
#include "resolver/iterate/scrub.h"

#define EXTRAS_ADDRS_MAX 26u /* both families of DELEGATION_NS_MAX servers */

/* Who asks for the servers of a zone wants to find them (RFC 8109, section 4), who asks for ANY wants all; minimal or not. */
static inline bool
extras_are_wanted(bool minimal_responses, uint16_t qtype)
{
	return !minimal_responses || qtype == TYPE_NS || qtype == TYPE_ANY;
}

/* An NS set of the reply at or above the name that answers. */
bool extras_is_ns(const struct rrset *set, const struct classified *classified, const struct asked *asked);

/* The reply's address sets for names in the answer and the authority that scrub has let pass; linked. */
struct rrset *extras_of_reply(struct message *message, const struct scrubbed *scrubbed, const struct classified *classified,
                              const struct asked *asked, const struct scrub_limits *limits);

/* Adds to a complete positive answer from the caches what they hold of its zone. */
void extras_from_cache(struct answer *answer, const struct caches *caches, struct arena *arena, uint32_t now_s);

/*
 * The same for an answer that has been over for over_s (RFC 8767): also what has ended at most stale_s ago, with TTL 0.  Beside
 * a secure one stands what is of its own time, and nothing that has been learnt since: its zone may have become bogus.
 */
void extras_from_stale(struct answer *answer, const struct caches *caches, struct arena *arena, uint32_t stale_s,
                       uint32_t over_s, uint32_t now_s);

/* The addresses of the servers that answer and authority section name, as far as the caches hold them. */
void extras_addrs_from_cache(struct answer *answer, const struct caches *caches, struct arena *arena, uint32_t now_s);

/* Takes out of authority and additional section what may not stand beside an answer of that security. */
void extras_check(struct answer *answer);

/*
 * The same for an answer that is given unjudged (CD) where others are judged: addresses without signatures beside one that has
 * some would not stand if it were.
 */
void extras_check_unjudged(struct answer *answer);

#endif
