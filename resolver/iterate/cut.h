/*
 * cut.h - the zone cut that a task has reached: its servers, and what became of asking them (RFC 1034, section 5.3.3:
 * SLIST).
 *
 * Made from a delegation of the cache, of a referral or of the root hints; addresses of servers without
 * glue are added when they become known.  Behind a NAT64 those of IPv4 become IPv6 addresses here.  A server appears once, whatever names it has.
 *
 * Ownership: lies with its names in the arena of its task and goes with the next cut.
 * Bounds:    DELEGATION_NS_MAX names, CUT_SERVERS_MAX addresses; further ones are left out.
 */
#ifndef CAIRN_RESOLVER_ITERATE_CUT_H
#define CAIRN_RESOLVER_ITERATE_CUT_H

#include "resolver/cache/delegation.h"
#include "resolver/policy/forward.h"
#include "resolver/policy/nat64.h"
#include "resolver/policy/prefixes.h"

#define CUT_SERVERS_MAX 64u

/* The addresses of a name server are looked for one family at a time, in trouble both at once. */
struct cut_ns {
	const struct name *name;
	uint8_t addr_count;
	bool asked_ip4, asked_ip6; /* in the caches or by a task; no need to ask again */
	uint8_t waits;             /* tasks that look for an address */
	bool useless;              /* it has none, or looking for it would go in circles */
};

struct cut_server {
	struct ip_addr addr;
	uint16_t port;       /* 0: the usual one */
	uint8_t ns;
	uint8_t sends;       /* queries sent about this cut */
	bool busy;           /* one of them is in flight and not late */
	bool useless;        /* has shown that it does not know the zone, or cannot be reached */
	bool held_checked, held; /* was down when the cut was reached, and not heard since: only probed */
	bool lame_checked, lame;
	bool plain;          /* ask without EDNS */
	bool edns_again;     /* ask with EDNS after all: the plain answer was cut */
	bool no_cookie;      /* did not like one, or was silent: perhaps the option is in its way, and not EDNS */
	bool caps_suspect;   /* has once not repeated the letter case */
	bool caps_off;
	bool no_tcp;         /* a connection has failed: what a datagram does not do for cannot be had here */
	bool tcp;            /* ask over TCP: it has truncated, or somebody guesses at our datagrams */
	bool resolves;       /* offers recursion, and has no more to say than its cache */
	bool to_resolve;     /* ask it to: the last resort */
};

struct cut {
	const struct name *zone;
	uint8_t zone_labels;
	uint32_t ttl_s;       /* what remains of the delegation */
	bool by_operator;     /* root hints, a forwarder, a stub: not learnt, so no failure is held against it */
	bool is_forward;      /* resolvers, asked with RD */
	bool no_cache;        /* what they say is not kept */
	bool over_tcp;        /* they are asked over TCP alone */
	uint8_t ns_count, server_count;
	uint8_t failed_count; /* NS names that turned out to have no address */
	bool has_own;         /* those of the zone's own NS set have been added */
	struct cut_ns ns[DELEGATION_NS_MAX];
	struct cut_server servers[CUT_SERVERS_MAX];
};

/* Which addresses may be asked at all. */
struct cut_policy {
	bool ip4, ip6;
	bool no_loopback; /* do-not-query-localhost */
	bool over_tcp;    /* tcp-upstream */
	bool own_glue_alone; /* harden-unverified-glue: other servers' addresses are asked for */
	const struct prefixes *not_asked; /* do-not-query-address; NULL: none */
	struct nat64 nat64; /* IPv4 addresses are asked behind this prefix (RFC 6052) */
};

/* Whether addresses of the family are of use. */
bool cut_may_ask(const struct cut_policy *policy, enum addr_family family);
/* NULL: the arena is full. */
struct cut *cut_new(struct arena *arena, const struct delegation *delegation, const struct cut_policy *policy);
/* False when the address is not to be asked, is there already, or there is no room. */
bool cut_add(struct cut *cut, unsigned ns, const struct ip_addr *addr, const struct cut_policy *policy);
/* Of servers that the operator names; they may be anywhere. */
struct cut *cut_new_given(struct arena *arena, const struct forward_zone *zone, const struct cut_policy *policy);

#endif
