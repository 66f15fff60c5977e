#include "fetch/journey/from_trace.h"

#include <stdio.h>
#include <string.h>

#include "resolver/iterate/trace.h"
#include "resolver/wire/text.h"
#include "stack/tcp.h"
#include "stack/tcp_wire.h"
#include "stack/trace.h"

#define END_BYTES (ADDR_TEXT_BYTES + 10u)

static const char *
end_text(const struct ip_addr *addr, uint16_t port, char text[END_BYTES])
{
	char bare[ADDR_TEXT_BYTES];
	(void)snprintf(text, END_BYTES, addr->family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u",
	               addr_to_text(addr, bare, sizeof bare), port);
	return text;
}

static void
tell_route(struct journey *journey, const struct journey_event *event, const struct trace_route *route)
{
	char to[ADDR_TEXT_BYTES], from[ADDR_TEXT_BYTES], hop[ADDR_TEXT_BYTES];
	addr_to_text(&route->destination, to, sizeof to);
	addr_to_text(&route->source, from, sizeof from);
	addr_to_text(&route->next_hop, hop, sizeof hop);
	bool is_direct = addr_equal(&route->destination, &route->next_hop);
	const struct journey_field fields[] = { { "to", to, 0 }, { "from", from, 0 }, { "next_hop", hop, 0 } };
	struct journey_event told = *event;
	told.layer = JOURNEY_ROUTE;
	told.name = "chosen";
	told.fields = fields;
	told.field_count = 3;
	journey_tell(journey, &told, "%s%s%s from %s", to, is_direct ? " directly" : " via ", is_direct ? "" : hop, from);
}

static void
tell_neigh(struct journey *journey, const struct journey_event *event, const struct trace_neigh *neigh)
{
	char addr[ADDR_TEXT_BYTES], mac[18];
	const uint8_t *octets = neigh->mac.octets;
	const char *protocol = neigh->addr.family == ADDR_IPV6 ? "NDP" : "ARP";
	struct journey_event told = *event;

	addr_to_text(&neigh->addr, addr, sizeof addr);
	(void)snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2], octets[3],
	               octets[4], octets[5]);
	const struct journey_field fields[] = { { "addr", addr, 0 }, { "mac", mac, 0 } };
	told.layer = JOURNEY_LINK;
	told.name = "neighbour";
	told.fields = fields;
	told.field_count = neigh->news == TRACE_NEIGH_FOUND ? 2 : 1;
	told.is_bad = neigh->news == TRACE_NEIGH_LOST;
	if (neigh->news != TRACE_NEIGH_ASKED)
		told.cause = journey_last(journey, JOURNEY_LINK, "neighbour", 0, "addr", addr);
	switch ((enum trace_neigh_news)neigh->news) {
	case TRACE_NEIGH_ASKED: journey_tell(journey, &told, "%s: who has %s?", protocol, addr); break;
	case TRACE_NEIGH_FOUND: journey_tell(journey, &told, "%s: %s is at %s", protocol, addr, mac); break;
	case TRACE_NEIGH_LOST: journey_tell(journey, &told, "%s: nobody has %s", protocol, addr); break;
	}
}

/* What led to a segment: its connection's SYN; to that, the address. */
static uint32_t
cause_of_segment(const struct journey *journey, const struct journey_event *event, const char *peer)
{
	uint32_t cause = journey_last(journey, JOURNEY_TCP, "syn", event->request, "peer", peer);
	if (cause == 0)
		cause = journey_last(journey, JOURNEY_DNS, "answer", event->request, NULL, NULL);
	return cause != 0 ? cause : journey_last(journey, JOURNEY_URL, "parsed", event->request, NULL, NULL);
}

/* What became of a segment: `arrow` says which way it went, `what` follows the peer. */
static void
tell_tcp(struct journey *journey, const struct journey_event *event, const char *name, const struct trace_tcp *tcp,
         const char *arrow, const char *what)
{
	char peer[END_BYTES];
	end_text(&tcp->remote, tcp->remote_port, peer);
	const struct journey_field fields[] = { { "peer", peer, 0 }, { "octets", NULL, tcp->size } };
	struct journey_event told = *event;
	told.layer = JOURNEY_TCP;
	told.name = name;
	told.cause = event->request != 0 ? cause_of_segment(journey, event, peer) : 0;
	told.fields = fields;
	told.field_count = 2;
	journey_tell(journey, &told, "%s %s %s", arrow, peer, what);
}

/*
 * Before the handshake was over nobody listens there; behind it somebody has had enough.  A handshake of long ago is no longer
 * found.
 */
static const char *
words_of_reset(const struct journey *journey, const struct journey_event *event, const struct trace_tcp *tcp)
{
	char peer[END_BYTES];
	end_text(&tcp->remote, tcp->remote_port, peer);
	const uint32_t syn = journey_last(journey, JOURNEY_TCP, "syn", event->request, "peer", peer);
	const uint32_t open = journey_last(journey, JOURNEY_TCP, "open", event->request, "peer", peer);
	return syn != 0 && open == 0 ? "RST: nobody listens there" : "RST: the connection is cut";
}

static void
tell_segment(struct journey *journey, const struct journey_event *event, enum trace_kind kind, const struct trace_tcp *tcp)
{
	bool is_in = kind == TRACE_TCP_IN, has_ack = (tcp->flags & TCP_ACK) != 0;
	const char *arrow = is_in ? "<-" : "->";
	struct journey_event bad = *event;

	bad.is_bad = true;
	if ((tcp->flags & TCP_RST) != 0)
		tell_tcp(journey, &bad, "reset", tcp, arrow, is_in ? words_of_reset(journey, event, tcp) : "RST");
	else if (kind == TRACE_TCP_AGAIN)
		tell_tcp(journey, &bad, "lost", tcp, arrow, "was sent again: no acknowledgment had come");
	else if ((tcp->flags & TCP_SYN) != 0 && is_in == has_ack)
		tell_tcp(journey, event, is_in ? "open" : "syn", tcp, arrow, is_in ? "SYN,ACK" : "SYN");
	else if ((tcp->flags & TCP_FIN) != 0)
		tell_tcp(journey, event, "fin", tcp, arrow, "FIN");
}

static void
tell_udp(struct journey *journey, const struct journey_event *event, bool is_out, const struct trace_udp *udp)
{
	char peer[END_BYTES];
	end_text(&udp->remote, udp->remote_port, peer);
	const struct journey_field fields[] = { { "peer", peer, 0 }, { "octets", NULL, udp->size } };
	struct journey_event told = *event;
	if (journey->resolver_tells)
		return;
	told.layer = JOURNEY_DNS;
	told.name = is_out ? "query" : "reply";
	told.fields = fields;
	told.field_count = 2;
	journey_tell(journey, &told, "%s %s udp, %u octets", is_out ? "->" : "<-", peer, udp->size);
}

static void
tell_error(struct journey *journey, const struct journey_event *event, const struct trace_error *error)
{
	static const char *const texts[] = { [STACK_ERROR_NET_UNREACHABLE] = "network unreachable",
		                             [STACK_ERROR_HOST_UNREACHABLE] = "host unreachable",
		                             [STACK_ERROR_PORT_UNREACHABLE] = "port unreachable",
		                             [STACK_ERROR_PROHIBITED] = "prohibited",
		                             [STACK_ERROR_TOO_BIG] = "packet too big",
		                             [STACK_ERROR_TIME_EXCEEDED] = "time exceeded" };
	char remote[ADDR_TEXT_BYTES], router[ADDR_TEXT_BYTES] = "";
	const char *text = error->error < sizeof texts / sizeof *texts ? texts[error->error] : NULL;
	struct journey_event told = *event;

	addr_to_text(&error->remote, remote, sizeof remote);
	if (error->router.family != ADDR_NONE)
		addr_to_text(&error->router, router, sizeof router);
	const struct journey_field fields[] = { { "to", remote, 0 }, { "router", router, 0 }, { "mtu", NULL, error->mtu } };
	told.layer = JOURNEY_LINK;
	told.name = "unreachable";
	told.cause = event->request != 0 ? journey_last(journey, JOURNEY_TCP, "syn", event->request, NULL, NULL) : 0;
	told.is_bad = true;
	told.fields = fields;
	told.field_count = 3;
	if (router[0] != '\0')
		journey_tell(journey, &told, "ICMP: %s says about %s: %s", router, remote, text != NULL ? text : "an error");
	else
		journey_tell(journey, &told, "our own link says about %s: the next hop does not answer", remote);
}

/* Of a reply, and of one that is late: the query. */
static uint32_t
query_of(const struct journey *journey, const char *qname, const char *type, const char *server)
{
	const struct journey_event *event = journey->last;
	for (unsigned left = JOURNEY_LOOK_BACK; event != NULL && left > 0; event = event->previous, left--)
		if (event->layer == JOURNEY_DNS && strcmp(event->name, "query") == 0 &&
		    strcmp(journey_field_text(event, "qname"), qname) == 0 &&
		    strcmp(journey_field_text(event, "type"), type) == 0 &&
		    strcmp(journey_field_text(event, "server"), server) == 0)
			return event->id;
	return 0;
}

/* Of what the validator says: the last reply about it. */
static uint32_t
reply_of(const struct journey *journey, const char *qname, const char *type)
{
	const struct journey_event *event = journey->last;
	for (unsigned left = JOURNEY_LOOK_BACK; event != NULL && left > 0; event = event->previous, left--)
		if (event->layer == JOURNEY_DNS && strcmp(event->name, "reply") == 0 &&
		    strcmp(journey_field_text(event, "qname"), qname) == 0 && strcmp(journey_field_text(event, "type"), type) == 0)
			return event->id;
	return 0;
}

/* Of a query: what was read right before, else what was to be fetched. */
static uint32_t
reason_to_ask(const struct journey *journey, uint64_t at_us)
{
	const struct journey_event *event = journey->last;
	for (unsigned left = JOURNEY_LOOK_BACK; event != NULL && event->at_us == at_us && left > 0; event = event->previous, left--)
		if (event->layer == JOURNEY_DNS && (strcmp(event->name, "reply") == 0 || strcmp(event->name, "lost") == 0))
			return event->id;
	return journey_last(journey, JOURNEY_URL, "parsed", 0, NULL, NULL);
}

static void
tell_resolver(struct journey *journey, const struct journey_event *event, enum resolver_trace_kind kind,
              const struct resolver_trace *trace)
{
	char server[ADDR_TEXT_BYTES], type[16], qname[NAME_TEXT_BYTES], zone[NAME_TEXT_BYTES];
	struct journey_event told = *event;

	addr_to_text(&trace->server, server, sizeof server);
	type_to_text(trace->qtype, type, sizeof type);
	name_to_text(&trace->qname, qname, sizeof qname);
	name_to_text(&trace->zone, zone, sizeof zone);
	const struct journey_field fields[] = { { "qname", qname, 0 }, { "type", type, 0 }, { "server", server, 0 },
		                                { "zone", zone, 0 }, { "tcp", NULL, trace->is_tcp },
		                                { "rcode", NULL, trace->rcode }, { "took_us", NULL, trace->took_us },
		                                { "meaning", trace->meaning, 0 } };
	journey->resolver_tells = true;
	told.layer = JOURNEY_DNS;
	told.fields = fields;
	told.field_count = kind == TRACE_RESOLVER_REPLY ? 8 : 5;
	told.cause = kind == TRACE_RESOLVER_QUERY ? reason_to_ask(journey, event->at_us) : query_of(journey, qname, type, server);
	switch (kind) {
	case TRACE_RESOLVER_QUERY:
		told.name = "query";
		journey_tell(journey, &told, "-> %s %s?  to %s of %s%s", qname, type, server, zone,
		             trace->is_tcp ? " over TCP" : "");
		break;
	case TRACE_RESOLVER_REPLY:
		told.name = "reply";
		journey_tell(journey, &told, "<- %s %s: %s  (%s, %u.%u ms)", qname, type, trace->meaning, server,
		             trace->took_us / 1000, trace->took_us % 1000 / 100);
		break;
	case TRACE_RESOLVER_JUDGED: break; /* tell_judged */
	case TRACE_RESOLVER_LATE:
		told.name = "lost";
		told.is_bad = true;
		journey_tell(journey, &told, "%s has not answered %s %s in %u ms", server, qname, type, trace->took_us / 1000);
		break;
	}
}

/* What the validator has said. */
static void
tell_judged(struct journey *journey, const struct journey_event *event, const struct resolver_judged *judged)
{
	const char *security = judged->security == SECURITY_SECURE ? "secure" : judged->security == SECURITY_BOGUS ? "bogus" : "insecure";
	char type[16], qname[NAME_TEXT_BYTES];
	struct journey_event told = *event;

	type_to_text(judged->qtype, type, sizeof type);
	name_to_text(&judged->qname, qname, sizeof qname);
	const struct journey_field fields[] = { { "qname", qname, 0 }, { "type", type, 0 }, { "security", security, 0 },
		                                { "signatures", NULL, judged->signatures },
		                                { "took_us", NULL, judged->took_us }, { "why", judged->why, 0 } };
	told.layer = JOURNEY_DNS;
	told.name = "validated";
	told.cause = reply_of(journey, qname, type);
	told.is_bad = judged->security == SECURITY_BOGUS;
	told.fields = fields;
	told.field_count = 6;
	if (told.is_bad)
		journey_tell(journey, &told, "%s %s is bogus: %s%s", qname, type, judged->why,
		             judged->is_asked_again ? "; another server is asked" : "");
	else
		journey_tell(journey, &told, "%s %s is %s  (%u signature%s checked, %u.%u ms)", qname, type, security, judged->signatures,
		             judged->signatures == 1 ? "" : "s", judged->took_us / 1000, judged->took_us % 1000 / 100);
}

static void
translate(struct journey *journey, const struct event *traced, uint64_t at_us, const void *body)
{
	const struct journey_event event = { .at_us = at_us, .request = traced->cause };
	if (traced->kind == TRACE_RESOLVER_JUDGED) {
		tell_judged(journey, &event, body);
		return;
	}
	if (traced->kind >> 8 == TRACE_LAYER_RESOLVER) {
		tell_resolver(journey, &event, (enum resolver_trace_kind)traced->kind, body);
		return;
	}
	switch ((enum trace_kind)traced->kind) {
	case TRACE_ROUTE: tell_route(journey, &event, body); break;
	case TRACE_NEIGH: tell_neigh(journey, &event, body); break;
	case TRACE_UDP_OUT: tell_udp(journey, &event, true, body); break;
	case TRACE_UDP_IN: tell_udp(journey, &event, false, body); break;
	case TRACE_ERROR: tell_error(journey, &event, body); break;
	case TRACE_TCP_OUT:
	case TRACE_TCP_IN:
	case TRACE_TCP_AGAIN: tell_segment(journey, &event, (enum trace_kind)traced->kind, body); break;
	case TRACE_FRAME_IN:
	case TRACE_FRAME_OUT:
	case TRACE_DROP:
	case TRACE_ICMP_OUT:
	case TRACE_ICMP_IN:
	case TRACE_TCP_STATE:
	case TRACE_TCP_TIMER: break;
	}
}

/* Most of what is traced: segments with nothing to tell, passed over before anything is put together. */
static bool
is_silent(const struct event *traced, const void *body)
{
	const struct trace_tcp *tcp = body;
	return (traced->kind == TRACE_TCP_IN || traced->kind == TRACE_TCP_OUT) && (tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0;
}

void
journey_from_trace(struct journey *journey, struct event_ring *ring)
{
	const struct event *event;
	const void *body;
	uint64_t at_us = 0; /* a stack that has not been told the time since tells of what the engine did with an earlier one */
	while ((event = event_next(ring, &body)) != NULL) {
		at_us = event->at_us > at_us ? event->at_us : at_us;
		if (!is_silent(event, body))
			translate(journey, event, at_us, body);
	}
}
