/*
 * rebind.h - addresses that no public name may have (unbound's private-address and private-domain).
 *
 * A page of the Web whose name changes its address to one inside the reader's own network becomes part of that network
 * to the browser (DNS rebinding).  So records with such addresses are taken out of what name servers say: A, AAAA, and
 * SVCB and HTTPS with such hints (RFC 9460, section 7.3), unless the name lies in a private domain.  ::ffff:10.0.0.1 is
 * 10.0.0.1.  What is left of a signed set does not validate, and so is not given at all.
 *
 * Filled when the configuration is read, then read by all workers without a lock.
 *
 * Ownership: everything lies in the arena given to rebind_new.
 * Errors:    ERR_NO_MEMORY (arena), and those of prefixes_put.
 */
#ifndef CAIRN_RESOLVER_POLICY_REBIND_H
#define CAIRN_RESOLVER_POLICY_REBIND_H

#include "resolver/wire/message.h"
#include "stack/addr.h"

struct rebind;
struct rng;

/* NULL when the arena is full. */
struct rebind *rebind_new(struct arena *arena, struct rng *rng);
int rebind_add_addr(struct rebind *rebind, const struct ip_addr *prefix, unsigned prefix_len);
/* The name and all below it. */
int rebind_add_domain(struct rebind *rebind, const struct name *domain);

/* Takes the records with such addresses out of one set, which may be left without any; how many. `rebind` may be NULL. */
unsigned rebind_strip(const struct rebind *rebind, struct rrset *set);

/* ... and out of a list of sets; those that are left empty are taken out as a whole. */
unsigned rebind_strip_all(const struct rebind *rebind, struct rrset **sets);

#endif
