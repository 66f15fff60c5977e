/*
 * policy.h - what RFC 6724 says of an address by itself: its scope (section 3.1, 3.2), label and precedence (section 2.1).
 *
 * Sources are chosen by it in source.h, the order of destinations in stack/destination.h.
 */
#ifndef CAIRN_STACK_POLICY_H
#define CAIRN_STACK_POLICY_H

#include "stack/addr.h"

enum addr_scope { SCOPE_LINK = 0x2, SCOPE_SITE = 0x5, SCOPE_GLOBAL = 0xe };

struct addr_policy {
	unsigned precedence, label;
};

struct addr_policy addr_policy_of(const struct ip_addr *addr);
/* An enum addr_scope, or a multicast address's own. */
unsigned addr_scope_of(const struct ip_addr *addr);

#endif
