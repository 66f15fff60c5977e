#include "stack/router.h"

#include "stack/ndp.h"
#include "stack/ndp_wire.h"
#include "stack/neigh.h"
#include "stack/stack_priv.h"

#define SECOND_US 1000000u

void
router_init(struct router_table *table)
{
	*table = (struct router_table){ 0 };
	for (unsigned i = 0; i < ROUTERS_MAX; i++)
		wheel_timer_init(&table->routers[i].timer, TIMER_ROUTER);
	for (unsigned i = 0; i < ROUTER_REDIRECTS_MAX; i++)
		wheel_timer_init(&table->redirects[i].timer, TIMER_REDIRECT);
	for (unsigned i = 0; i < STACK_IFS_MAX; i++)
		wheel_timer_init(&table->solicits[i].timer, TIMER_SOLICIT);
}

/* ---- the list of default routers (RFC 4861, section 6.3.4) ------------------------------------- */

static struct router *
router_find(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	for (unsigned i = 0; i < ROUTERS_MAX; i++) {
		struct router *router = &stack->routers.routers[i];
		if (router->ifindex == ifindex && addr_equal(&router->addr, addr))
			return router;
	}
	return NULL;
}

static struct stack_route
default_route(const struct router *router)
{
	return (struct stack_route){
		.prefix = { .family = ADDR_IPV6 },
		.gateway = router->addr,
		.ifindex = router->ifindex,
		.metric = router->metric,
	};
}

/* The default route takes another metric; one that finds no room is a router that is not used. */
static void
router_rank(struct stack *stack, struct router *router, uint32_t metric)
{
	struct stack_route route = default_route(router);

	if (metric == router->metric)
		return;
	if (router->metric != 0)
		(void)stack_route_del(stack, &route);
	router->metric = metric;
	route.metric = metric;
	if (stack_route_add(stack, &route) != 0)
		stack__drop(stack, DROP_NDP_IGNORED);
}

static bool
has_router(const struct stack *stack, unsigned ifindex)
{
	for (unsigned i = 0; i < ROUTERS_MAX; i++) {
		const struct router *router = &stack->routers.routers[i];
		if (router->addr.family != ADDR_NONE && router->ifindex == ifindex)
			return true;
	}
	return false;
}

static void
redirect_remove(struct stack *stack, struct redirect *redirect)
{
	wheel_disarm(&stack->wheel, &redirect->timer);
	(void)stack_route_del(stack, &redirect->route);
	redirect->route.prefix.family = ADDR_NONE;
}

static void
router_remove(struct stack *stack, struct router *router)
{
	const struct stack_route route = default_route(router);

	wheel_disarm(&stack->wheel, &router->timer);
	(void)stack_route_del(stack, &route);
	router->addr.family = ADDR_NONE;
	router->metric = 0;
	if (!has_router(stack, router->ifindex))
		router_link_up(stack, router->ifindex); /* ask for another */
}

void
router_gone(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	struct router *router = router_find(stack, ifindex, addr);
	if (router != NULL)
		router_remove(stack, router);
}

void
router_silent(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	struct router *router = router_find(stack, ifindex, addr);
	if (router == NULL || router->is_silent)
		return;
	router->is_silent = true;
	router_rank(stack, router, router->metric + ROUTER_METRIC_SILENT);
}

void
router_timeout(struct stack *stack, struct wheel_timer *timer)
{
	router_remove(stack, TIMER_OWNER(timer, struct router, timer));
}

static void
router_offer(struct stack *stack, unsigned ifindex, const struct ip_addr *addr, const struct ndp_router_advert *advert)
{
	struct router *router = router_find(stack, ifindex, addr);

	if (advert->lifetime_s == 0) {
		if (router != NULL)
			router_remove(stack, router);
		return;
	}
	for (unsigned i = 0; router == NULL && i < ROUTERS_MAX; i++)
		if (stack->routers.routers[i].addr.family == ADDR_NONE)
			router = &stack->routers.routers[i];
	if (router == NULL) {
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	router->addr = *addr;
	router->ifindex = (uint8_t)ifindex;
	router->is_silent = false;
	router_rank(stack, router, (uint32_t)((int)ROUTER_METRIC_MEDIUM - advert->preference * (int)ROUTER_METRIC_STEP));
	wheel_arm(&stack->wheel, &router->timer, stack->now_us + (uint64_t)advert->lifetime_s * SECOND_US);
	wheel_disarm(&stack->wheel, &stack->routers.solicits[ifindex].timer);
}

void
router_hear(struct stack *stack, const struct ip_packet *packet, const struct ndp_router_advert *advert)
{
	struct iface *iface = &stack->ifs[packet->ifindex];
	const uint32_t reachable_ms = advert->reachable_ms <= ROUTER_REACHABLE_MS_MAX ? advert->reachable_ms : 0;
	const bool is_retrans = advert->retrans_ms >= ROUTER_RETRANS_MS_MIN &&
	                        advert->retrans_ms <= ROUTER_RETRANS_MS_MAX;

	if ((iface->flags & STACK_IF_SLAAC) == 0) {
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	if (advert->options.has_source_mac)
		neigh_hear_source(stack, packet->ifindex, &packet->source, &advert->options.source_mac, true);
	neigh_table_set_times(&stack->neighs, packet->ifindex, reachable_ms * 1000,
	                      is_retrans ? advert->retrans_ms * 1000 : 0);
	if (advert->options.mtu >= IPV6_MTU_MIN && advert->options.mtu <= iface->mtu)
		iface->mtu_ipv6 = advert->options.mtu; /* RFC 4861, section 6.3.4; never below RFC 8200, section 5 */
	router_offer(stack, packet->ifindex, &packet->source, advert);
	for (unsigned i = 0; i < advert->options.prefix_count; i++)
		slaac_hear(stack, packet->ifindex, &advert->options.prefixes[i]);
}

/* ---- soliciting (RFC 7559) --------------------------------------------------------------------- */

void
router_link_up(struct stack *stack, unsigned ifindex)
{
	struct solicit *solicit = &stack->routers.solicits[ifindex];

	if ((stack->ifs[ifindex].flags & STACK_IF_SLAAC) == 0 || !stack->ifs[ifindex].is_up)
		return;
	solicit->interval_us = 0;
	wheel_arm(&stack->wheel, &solicit->timer, stack->now_us + rng_below(stack->rng, ROUTER_SOLICIT_DELAY_US));
}

/* The interval, give or take a tenth. */
static uint64_t
jittered(struct stack *stack, uint64_t interval_us)
{
	const uint32_t tenth_us = (uint32_t)(interval_us / 10);
	return interval_us - tenth_us + rng_below(stack->rng, 2 * tenth_us + 1);
}

static uint64_t
next_interval(struct stack *stack, uint64_t interval_us)
{
	if (interval_us == 0)
		return jittered(stack, ROUTER_SOLICIT_IRT_US);
	if (2 * interval_us > ROUTER_SOLICIT_MRT_US)
		return jittered(stack, ROUTER_SOLICIT_MRT_US);
	return interval_us + jittered(stack, interval_us);
}

void
solicit_timeout(struct stack *stack, struct wheel_timer *timer)
{
	struct solicit *solicit = TIMER_OWNER(timer, struct solicit, timer);
	const unsigned ifindex = (unsigned)(solicit - stack->routers.solicits);
	const struct route_hop hop = { .kind = ROUTE_MULTICAST, .ifindex = ifindex };
	struct ip_addr source = { .family = ADDR_IPV6 };
	uint8_t body[NDP_BODY_BYTES_MAX];
	struct writer w = writer_over(body, sizeof body);

	solicit->interval_us = next_interval(stack, solicit->interval_us);
	wheel_arm(&stack->wheel, &solicit->timer, stack->now_us + solicit->interval_us);
	if (source_select(stack, &ndp_all_routers, &hop, &source) == 0) /* from nobody without the option: section 4.1 */
		ndp_mac_write(&w, NDP_OPTION_SOURCE_MAC, &stack->ifs[ifindex].mac);
	ndp__send(stack, ifindex, &source, &ndp_all_routers,
	          &(struct ndp_message){ .type = NDP_ROUTER_SOLICIT, .body = body, .body_bytes = w.pos });
}

void
router_link_down(struct stack *stack, unsigned ifindex)
{
	struct router_table *table = &stack->routers;

	for (unsigned i = 0; i < ROUTERS_MAX; i++)
		if (table->routers[i].addr.family != ADDR_NONE && table->routers[i].ifindex == ifindex)
			router_remove(stack, &table->routers[i]);
	for (unsigned i = 0; i < ROUTER_REDIRECTS_MAX; i++)
		if (table->redirects[i].route.prefix.family != ADDR_NONE && table->redirects[i].route.ifindex == ifindex)
			redirect_remove(stack, &table->redirects[i]);
	wheel_disarm(&stack->wheel, &table->solicits[ifindex].timer);
	stack->ifs[ifindex].mtu_ipv6 = stack->ifs[ifindex].mtu;
}

/* ---- redirects (RFC 4861, section 8.3) --------------------------------------------------------- */

void
redirect_timeout(struct stack *stack, struct wheel_timer *timer)
{
	redirect_remove(stack, TIMER_OWNER(timer, struct redirect, timer));
}

static struct redirect *
redirect_slot(struct router_table *table, const struct ip_addr *destination)
{
	for (unsigned i = 0; i < ROUTER_REDIRECTS_MAX; i++)
		if (addr_equal(&table->redirects[i].route.prefix, destination))
			return &table->redirects[i];
	return &table->redirects[table->redirect_next++ % ROUTER_REDIRECTS_MAX];
}

void
router_redirect(struct stack *stack, const struct ip_packet *packet, const struct ndp_redirect *message)
{
	struct ip_send send = { .destination = message->destination };
	int err = (stack->ifs[packet->ifindex].flags & STACK_IF_SLAAC) != 0 ? ip_route(stack, &send) : ERR_UNSUPPORTED;

	/* Only the router that we use for this destination may name another (section 8.1). */
	if (err != 0 || send.hop.ifindex != packet->ifindex || !addr_equal(&send.hop.next_hop, &packet->source)) {
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	const bool is_on_link = addr_equal(&message->target, &message->destination);
	struct redirect *redirect = redirect_slot(&stack->routers, &message->destination);
	if (redirect->route.prefix.family != ADDR_NONE)
		redirect_remove(stack, redirect);
	redirect->route = (struct stack_route){ .prefix_len = 128, .ifindex = (uint8_t)packet->ifindex };
	redirect->route.prefix = message->destination;
	if (!is_on_link)
		redirect->route.gateway = message->target;
	if (stack_route_add(stack, &redirect->route) != 0) {
		redirect->route.prefix.family = ADDR_NONE;
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	wheel_arm(&stack->wheel, &redirect->timer, stack->now_us + ROUTER_REDIRECT_US);
	if (message->options.has_target_mac)
		neigh_hear_source(stack, packet->ifindex, &message->target, &message->options.target_mac, true);
}
