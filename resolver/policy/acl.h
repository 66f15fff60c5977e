/*
 * acl.h - which clients are served, by the longest prefix of their address (unbound's access-control).
 *
 * Filled when the configuration is read, then read by all workers without a lock.  The order of acl_add
 * does not matter.  An address of the form ::ffff:a.b.c.d counts as a.b.c.d.
 *
 * Ownership: everything lies in the arena given to acl_new, which must outlive the acl.
 * Errors:    ERR_NO_MEMORY (arena), ERR_TOO_BIG (prefix length), ERR_MALFORMED (no address, no such action).
 * Bounds:    a look-up visits at most one node a bit: 32 or 128.
 */
#ifndef CAIRN_RESOLVER_POLICY_ACL_H
#define CAIRN_RESOLVER_POLICY_ACL_H

#include "stack/addr.h"

struct acl;
struct arena;

/* unbound's names of the actions. */
enum acl_action {
	ACL_DENY,             /* no answer */
	ACL_REFUSE,           /* REFUSED; what holds where no prefix matches */
	ACL_ALLOW,            /* recursion; without RD only local data */
	ACL_ALLOW_SETRD,      /* as if RD were always set */
	ACL_ALLOW_SNOOP,      /* without RD also what the cache holds, be it a referral */
	ACL_DENY_NON_LOCAL,   /* local data, else no answer */
	ACL_REFUSE_NON_LOCAL, /* local data, else REFUSED */
	ACL_ALLOW_COOKIE,     /* as allow, over UDP for those with a good cookie (policy/cookie.h) */
};

/* What one query may have, from an action and its RD bit. */
enum acl_verdict {
	ACL_MAY_NOTHING,       /* drop it, unread */
	ACL_MAY_BE_REFUSED,    /* REFUSED, whatever it asks */
	ACL_MAY_LOCAL_OR_DROP, /* local data; drop the rest */
	ACL_MAY_LOCAL,         /* local data; REFUSED for the rest */
	ACL_MAY_CACHE,         /* local data and the cache; nothing is asked upstream */
	ACL_MAY_RECURSE,       /* everything */
};

/* An acl without prefixes; NULL when the arena is full. */
struct acl *acl_new(struct arena *arena);

/* 127.0.0.0/8 and ::1 are allowed, as long as nothing else was said about the same prefix. */
int acl_add_defaults(struct acl *acl);

/* A prefix said twice takes the later action.  Bits behind prefix_len are ignored. */
int acl_add(struct acl *acl, const struct ip_addr *prefix, unsigned prefix_len, enum acl_action action);

enum acl_action acl_find(const struct acl *acl, const struct ip_addr *client);
enum acl_verdict acl_judge(enum acl_action action, bool recursion_desired);

int acl_action_from_text(const char *text, enum acl_action *action); /* "allow_snoop" */
const char *acl_action_to_text(enum acl_action action);

#endif
