/*
 * router.h - the routers of a link as they announce themselves (RFC 4861, section 6.3; RFC 4191, section 2)
 * and the redirects that they send (section 8.3).
 *
 * On an interface with STACK_IF_SLAAC routers are solicited, at first quickly, then more and more seldom but without
 * end (RFC 7559), so that a network that comes up late is found.  Each router that offers itself is a default
 * route; high, medium and low preference are its metric, and one that does not answer any more
 * (neigh.c) ranks behind all that do.  Their prefixes go to slaac.c.
 *
 * Not done: CurHopLimit (ours is enough for any path, a lower one would be an attack, CVE-2015-2922), route
 * information, RDNSS, DHCPv6 (the M and O flags).
 *
 * Bounds: ROUTERS_MAX routers, ROUTER_REDIRECTS_MAX redirects (the oldest makes room).
 */
#ifndef CAIRN_STACK_ROUTER_H
#define CAIRN_STACK_ROUTER_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/base/wheel.h"
#include "stack/stack.h"

struct ip_packet;
struct ndp_redirect;
struct ndp_router_advert;

#define ROUTERS_MAX          8u
#define ROUTER_REDIRECTS_MAX 16u
#define ROUTER_REDIRECT_US   600000000u /* then the router may redirect again */

#define ROUTER_METRIC_MEDIUM 1024u
#define ROUTER_METRIC_STEP   256u  /* to the next preference */
#define ROUTER_METRIC_SILENT 4096u /* besides, while it does not answer */

/* RFC 7559, section 2. */
#define ROUTER_SOLICIT_DELAY_US 1000000u    /* at first, at random below */
#define ROUTER_SOLICIT_IRT_US   4000000u
#define ROUTER_SOLICIT_MRT_US   3600000000ull

/* What an advertisement may set ReachableTime and RetransTimer to (RFC 4861, section 6.2.1, and sense). */
#define ROUTER_REACHABLE_MS_MAX 3600000u
#define ROUTER_RETRANS_MS_MIN   100u
#define ROUTER_RETRANS_MS_MAX   10000u

struct router {
	struct wheel_timer timer; /* TIMER_ROUTER: its lifetime ends */
	struct ip_addr addr;      /* family ADDR_NONE: free */
	uint8_t ifindex;
	bool is_silent;
	uint32_t metric; /* of its default route as it stands */
};

struct redirect {
	struct wheel_timer timer; /* TIMER_REDIRECT */
	struct stack_route route; /* prefix of family ADDR_NONE: free */
};

struct solicit {
	struct wheel_timer timer; /* TIMER_SOLICIT */
	uint64_t interval_us;     /* 0: none sent yet */
};

struct router_table {
	struct router routers[ROUTERS_MAX];
	struct redirect redirects[ROUTER_REDIRECTS_MAX];
	struct solicit solicits[STACK_IFS_MAX];
	unsigned redirect_next;
};

void router_init(struct router_table *table);

/* The link came up, or went: what was learnt on it is forgotten. */
void router_link_up(struct stack *stack, unsigned ifindex);
void router_link_down(struct stack *stack, unsigned ifindex);

/* A valid advertisement, a valid redirect. */
void router_hear(struct stack *stack, const struct ip_packet *packet, const struct ndp_router_advert *advert);
void router_redirect(struct stack *stack, const struct ip_packet *packet, const struct ndp_redirect *redirect);

/* A neighbour says that it is no router any more; it does not answer. */
void router_gone(struct stack *stack, unsigned ifindex, const struct ip_addr *addr);
void router_silent(struct stack *stack, unsigned ifindex, const struct ip_addr *addr);

void router_timeout(struct stack *stack, struct wheel_timer *timer);
void redirect_timeout(struct stack *stack, struct wheel_timer *timer);
void solicit_timeout(struct stack *stack, struct wheel_timer *timer);

#endif
