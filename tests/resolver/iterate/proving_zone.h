/*
 * proving_zone.h - mal. of signed_world.h as a zone like others, whose server proves with NSEC or NSEC3 as it should what is
 * not there (RFC 4035, section 3.1.3; RFC 5155, section 7.2).
 *
 *	mal. ns.mal. sub.mal. *.wild.mal. www.mal.
 *
 * wild.mal. is an empty non-terminal, of which *.wild.mal. makes names with an A set; sub.mal. is delegated and not signed, and
 * its server is silent.  With NSEC3 there is the apex alone, whose record is a circle.
 */
#ifndef CAIRN_TESTS_RESOLVER_ITERATE_PROVING_ZONE_H
#define CAIRN_TESTS_RESOLVER_ITERATE_PROVING_ZONE_H

#include "tests/resolver/iterate/signed_world.h"

#define PROVING_SPANS     5u /* NSEC records of the zone */
#define PROVING_TTL_S     3600u
#define PROVING_MINIMUM_S 300u /* of the SOA: for how long names are absent */

/* Habits, for before the signing. */
world_habit prove_with_nsec, prove_with_nsec3, prove_with_opt_out;
/* For a habit: the zone's SOA, beside which proofs stand. */
void proving_add_soa(struct world *world, struct world_reply *reply);

/* Without priming; is_aggressive: aggressive-nsec. */
void proving_world_init(struct signed_world *signed_world, bool is_aggressive, world_habit *proves);
/* With DO. */
const struct world_result *proving_resolve(struct signed_world *signed_world, const char *qname, uint16_t qtype,
                                           bool checking_disabled);
/* Nothing but an SOA and proofs of that type, signed and judged. */
void proving_expect_absent(const struct world_result *result, uint16_t rcode, uint16_t proof_type);

#endif
