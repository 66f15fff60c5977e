/*
 * referral.h - the delegation that a referral gives (RFC 1034, section 4.2.1; RFC 9471).
 *
 * Taken are the NS set of the cut, addresses in the additional section that belong to one of its servers (with
 * harden_glue only inside the zone that refers: it cannot know others), and the DS set of the cut.
 * Of more servers or addresses than a delegation holds, each has the same chance to stay.
 *
 * Ownership: the delegation lies in the arena given; the DS set stays the message's.
 * Errors:    ERR_NOT_FOUND when no server's name can be read, ERR_NO_MEMORY.
 */
#ifndef CAIRN_RESOLVER_ITERATE_REFERRAL_H
#define CAIRN_RESOLVER_ITERATE_REFERRAL_H

#include "resolver/cache/delegation.h"

struct rng;

/*
 * `ns` is the cut's NS set, `zone` whose servers were asked.  *dropped counts glue that was not taken.
 * Also reads the answer to a priming query: ns in the answer section, zone the root (RFC 8109, section 4).
 */
int referral_read(struct delegation *delegation, const struct message *message, const struct rrset *ns,
                  const struct name *zone, bool harden_glue, struct arena *arena, struct rng *rng, uint32_t *dropped);

#endif
