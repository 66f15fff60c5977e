#include "fetch/hops.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/journey/journey.h"
#include "fetch/path.h"

struct probe {
	struct net_sink sink; /* first */
	struct search *search;
	unsigned hop;
	udp_flow flow;
};

/* The path to one server. */
struct search {
	struct hops *hops;
	struct ip_addr addr;
	struct path path;
	struct net_timer timer;
	struct probe probes[PATH_HOPS_MAX + 1]; /* by hop */
	uint32_t request, cause;
	bool has_answered; /* over TCP: a firewall that lets it pass may let no probe pass */
	bool is_over;
};

struct hops {
	struct net *net;
	struct search searches[HOPS_SERVERS_MAX];
	unsigned count, over;
};

static void go_on(struct search *search);

/* ---- probes ------------------------------------------------------------------------------------------ */

/* What comes back from a port that nobody serves is Port Unreachable, or a datagram: either is the server's. */
static void
on_action(struct net_sink *sink, const struct stack_action *action, uint64_t now_us)
{
	struct probe *probe = (struct probe *)sink;
	struct search *search = probe->search;
	bool is_router = action->kind == STACK_ERROR && action->router.family != ADDR_NONE;
	const struct ip_addr *from = is_router ? &action->router : &action->remote;

	if (action->kind == STACK_ERROR && !is_router)
		return; /* our own stack's: the hop stays silent */
	path_heard(&search->path, probe->hop, from, addr_equal(from, &search->addr), now_us);
	go_on(search);
}

static void
send_probe(struct search *search, unsigned hop)
{
	struct stack *stack = net_stack(search->hops->net);
	struct probe *probe = &search->probes[hop];
	const struct udp_options options = { .hop_limit = (uint8_t)hop };

	*probe = (struct probe){ .sink.on_action = on_action, .search = search, .hop = hop };
	if (udp_open(stack, &search->addr, (uint16_t)(HOPS_PORT + hop - 1), NULL, 0, net_sink_user(&probe->sink), &probe->flow) != 0) {
		probe->flow = 0;
		return; /* it stays silent */
	}
	udp_set_options(stack, probe->flow, &options);
	(void)udp_send(stack, probe->flow, "", 0, net_now_us(search->hops->net));
}

/* ---- what is told ------------------------------------------------------------------------------------ */

static void
tell_hop(const struct search *search, unsigned number)
{
	const struct path_hop *hop = &search->path.hops[number];
	bool is_heard = hop->state == PATH_HEARD;
	char to[ADDR_TEXT_BYTES], router[ADDR_TEXT_BYTES] = "";
	addr_to_text(&search->addr, to, sizeof to);
	if (is_heard)
		addr_to_text(&hop->router, router, sizeof router);
	const struct journey_field fields[] = { { "to", to, 0 }, { "hop", NULL, number }, { "addr", router, 0 },
		                                { "rtt_us", NULL, hop->rtt_us } };
	const struct journey_event event = { .at_us = net_now_us(search->hops->net), .layer = JOURNEY_PATH, .name = "hop",
		                             .request = search->request, .cause = search->cause, .fields = fields,
		                             .field_count = is_heard ? 4 : 3 };
	if (is_heard)
		journey_tell(net_journey(search->hops->net), &event, "hop %u to %s: %s, %llu.%02u ms", number, to, router,
		             (unsigned long long)(hop->rtt_us / 1000), (unsigned)(hop->rtt_us % 1000 / 10));
	else
		journey_tell(net_journey(search->hops->net), &event, "hop %u to %s: silent", number, to);
}

static void
tell_path(struct search *search)
{
	unsigned length = path_length(&search->path);
	bool is_reached = search->path.target != 0;
	const char *how = is_reached	      ? "hops away"
			  : search->has_answered ? "hops away or more: it answers over TCP, and not to probes"
						 : "hops away or more: nothing there answers";
	char to[ADDR_TEXT_BYTES];

	addr_to_text(&search->addr, to, sizeof to);
	for (unsigned hop = 1; hop <= length; hop++)
		tell_hop(search, hop);
	const struct journey_field fields[] = { { "to", to, 0 }, { "hops", NULL, length }, { "reached", NULL, is_reached } };
	const struct journey_event event = { .at_us = net_now_us(search->hops->net), .layer = JOURNEY_PATH, .name = "end",
		                             .request = search->request, .cause = search->cause, .fields = fields, .field_count = 3 };
	journey_tell(net_journey(search->hops->net), &event, "%s is %u %s", to, length, how);
}

/* ---- a search ---------------------------------------------------------------------------------------- */

static void
end_search(struct search *search)
{
	struct hops *hops = search->hops;
	net_timer_stop(hops->net, &search->timer);
	for (unsigned hop = 1; hop <= search->path.sent; hop++)
		if (search->probes[hop].flow != 0)
			udp_close(net_stack(hops->net), search->probes[hop].flow);
	search->is_over = true;
	if (++hops->over == hops->count)
		net_stop(hops->net);
}

static void
on_due(void *data)
{
	struct search *search = data;
	path_timeout(&search->path, net_now_us(search->hops->net));
	go_on(search);
}

static void
go_on(struct search *search)
{
	struct net *net = search->hops->net;
	unsigned hop;

	if (search->is_over)
		return;
	while ((hop = path_next(&search->path, net_now_us(net))) != 0)
		send_probe(search, hop);
	if (path_is_over(&search->path))
		end_search(search);
	else
		net_timer_start(net, &search->timer, path_deadline(&search->path), on_due, search);
}

/* The address of an event's peer, which is written with its port. */
static bool
peer_addr(const struct journey_event *event, struct ip_addr *addr)
{
	char text[ADDR_TEXT_BYTES];
	const char *peer = journey_field_text(event, "peer"), *end = strrchr(peer, ':');
	bool is_ipv6 = peer[0] == '[';
	size_t bytes = end != NULL ? (size_t)(end - peer) - (is_ipv6 ? 2 : 0) : sizeof text;

	if (bytes >= sizeof text)
		return false;
	memcpy(text, peer + is_ipv6, bytes);
	text[bytes] = '\0';
	return addr_from_text(addr, text) == 0;
}

/* NULL: beyond HOPS_SERVERS_MAX. */
static struct search *
search_of(struct hops *hops, const struct ip_addr *addr, const struct journey_event *event)
{
	for (unsigned i = 0; i < hops->count; i++)
		if (addr_equal(&hops->searches[i].addr, addr))
			return &hops->searches[i];
	if (hops->count == HOPS_SERVERS_MAX)
		return NULL;
	struct search *search = &hops->searches[hops->count++];
	*search = (struct search){ .hops = hops, .addr = *addr, .request = event->request, .cause = event->id };
	return search;
}

/* A server that was asked for a connection has a path, and one that gave it has answered. */
static void
take_event(struct hops *hops, const struct journey_event *event)
{
	bool is_open = strcmp(event->name, "open") == 0;
	struct ip_addr addr;

	if (event->layer != JOURNEY_TCP || event->request == 0 || (!is_open && strcmp(event->name, "syn") != 0) ||
	    !peer_addr(event, &addr))
		return;
	struct search *search = search_of(hops, &addr, event);
	if (search != NULL && is_open)
		search->has_answered = true;
}

void
hops_tell(struct net *net)
{
	const struct journey *journey = net_journey(net);
	struct failure failure;
	struct hops *hops = journey != NULL && net_open_udp(net, &failure) == 0 ? calloc(1, sizeof *hops) : NULL;

	if (hops == NULL)
		return;
	hops->net = net;
	for (const struct journey_event *event = journey->first; event != NULL; event = event->next)
		take_event(hops, event);
	net_take_events(net);
	stack_trace(net_stack(net), NULL); /* what routers say of probes is no fault on the way of a transfer */
	for (unsigned i = 0; i < hops->count; i++) {
		path_init(&hops->searches[i].path, net_now_us(net));
		go_on(&hops->searches[i]);
	}
	if (hops->over < hops->count) {
		net_wake(net);
		net_run(net);
	}
	stack_trace(net_stack(net), net_events(net));
	for (unsigned i = 0; i < hops->count; i++)
		tell_path(&hops->searches[i]);
	free(hops);
}
