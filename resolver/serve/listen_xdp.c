#include "resolver/serve/listen_xdp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "resolver/serve/udp_batch.h"
#include "resolver/serve/worker.h"
#include "stack/ipv4_id.h"
#include "stack/link/mirror.h"
#include "stack/tables.h"
#include "stack/udp_frame.h"

#define POLL_AGAIN_US 1000000u /* until a socket whose watching had an error is watched again */

static_assert(LISTEN_XDP_ADDRS_MAX >= 2 * MIRROR_ADDRS_MAX, "each may have a broadcast address");

struct addrs { /* in order */
	struct ip_addr items[LISTEN_XDP_ADDRS_MAX];
	size_t count;
};

struct listen_xdp {
	struct worker *worker;
	struct xdp_door *door;
	struct link *link; /* this worker's queues; NULL: it has none */
	unsigned share;
	uint32_t ifindex; /* the host's number of the device */
	uint16_t port;
	bool has_local_peers;
	uint32_t mtu;
	uint64_t mtu_due_at_us;
	uv_poll_t polls[LINK_FDS_MAX];
	uv_timer_t timer; /* ends the loop's sleep: the turn does the rest */
	unsigned poll_count, handles_open;
	uint64_t poll_again_at_us; /* STACK_NEVER: all are watched */

	struct listener *listener; /* of the last question's address, which is likely the next one's; NULL: none */
	struct ip_addr listener_addr;
	struct addrs named;      /* what is served */
	struct addrs impossible; /* as sources: the host's own, and the broadcast addresses of its networks */
	bool is_stale;
	bool has_complained;
	uint32_t network_version;

	struct rng *rng;
	struct ipv4_ids ipv4_ids;
	struct listen_xdp_stats stats;
	uint64_t drops[DROP_REASON_COUNT];
	uint8_t reply[UDP_REPLY_BYTES_MAX];
};

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static bool
is_udp_here(const struct listen_xdp *xdp, const struct listener *listener)
{
	const struct endpoint *endpoint = &listener->endpoint;
	return listener->transport == ENDPOINT_UDP && endpoint->port == xdp->port &&
	       (endpoint->scope == 0 || endpoint->scope == xdp->ifindex);
}

/* The kernel's listener that a datagram to this address comes to: its own, or that of its family; NULL: none. */
static struct listener *
listener_for(const struct listen_xdp *xdp, const struct ip_addr *local)
{
	const struct ip_addr of_family = { .family = local->family };
	struct listener *wide = NULL;

	for (struct listener *l = worker_listeners(xdp->worker); l != NULL; l = l->next) {
		if (!is_udp_here(xdp, l))
			continue;
		if (addr_equal(&l->endpoint.addr, local))
			return l;
		if (addr_equal(&l->endpoint.addr, &of_family))
			wide = l;
	}
	return wide;
}

static void
put(struct addrs *addrs, const struct ip_addr *addr)
{
	if (addrs->count < LISTEN_XDP_ADDRS_MAX)
		addrs->items[addrs->count++] = *addr;
}

static struct ip_addr
broadcast_of(const struct stack_addr *addr)
{
	struct ip_addr broadcast = addr->addr;

	for (unsigned bit = addr->prefix_len; bit < 32; bit++)
		broadcast.octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return broadcast;
}

/* A link-local address of another device is not to be reached by this one. */
static bool
is_served(const struct listen_xdp *xdp, const struct stack_addr *addr)
{
	return (addr->flags & STACK_ADDR_TENTATIVE) == 0 && !addr_is_loopback(&addr->addr) &&
	       (!addr_is_link_local(&addr->addr) || addr->host_ifindex == xdp->ifindex) &&
	       listener_for(xdp, &addr->addr) != NULL;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip_addr));
}

static void
sort(struct addrs *addrs)
{
	qsort(addrs->items, addrs->count, sizeof addrs->items[0], compare);
}

static bool
has(const struct addrs *addrs, const struct ip_addr *addr)
{
	return bsearch(addr, addrs->items, addrs->count, sizeof *addr, compare) != NULL;
}

static void
read_addrs(struct listen_xdp *xdp)
{
	const struct stack *stack = worker_stack(xdp->worker);
	struct stack_addr_entry entry;
	uint32_t place = 0;

	xdp->listener = NULL;
	xdp->named.count = xdp->impossible.count = 0;
	while (stack_addr_next(stack, &place, &entry)) {
		put(&xdp->impossible, &entry.addr.addr);
		if (entry.addr.addr.family == ADDR_IPV4 && entry.addr.prefix_len < 31) {
			const struct ip_addr broadcast = broadcast_of(&entry.addr);
			put(&xdp->impossible, &broadcast);
		}
		if (is_served(xdp, &entry.addr))
			put(&xdp->named, &entry.addr.addr);
	}
	sort(&xdp->named);
	sort(&xdp->impossible);
}

/* A worker without queues is given no datagrams, and has no say. */
static void
tell_door(struct listen_xdp *xdp)
{
	if (xdp->link == NULL || xdp_door_set_addrs(xdp->door, xdp->share, xdp->named.items, xdp->named.count) == 0)
		return;
	xdp->stats.addr_failures++;
	if (!xdp->has_complained)
		log_warning(&worker_service(xdp->worker)->log,
		            "link xdp: there is no room for all addresses: what is asked at the rest comes by the kernel's sockets");
	xdp->has_complained = true;
}

void
listen_xdp_renew(struct listen_xdp *xdp)
{
	xdp->listener = NULL;
	xdp->is_stale = true;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

/* An address whose listener has just gone may have datagrams in the queue. */
static struct listener *
find_listener(struct listen_xdp *xdp, const struct ip_addr *local)
{
	if (xdp->listener != NULL && addr_equal(&xdp->listener_addr, local))
		return xdp->listener;
	xdp->listener = has(&xdp->named, local) ? listener_for(xdp, local) : NULL;
	xdp->listener_addr = *local;
	return xdp->listener;
}

/* DROP_REASON_COUNT: a question, and *source says whose. */
static enum drop
read_question(struct listen_xdp *xdp, const struct link_frame *frame, struct udp_frame *datagram, struct client_source *source)
{
	const enum drop drop = udp_frame_read(datagram, frame->bytes, frame->size, xdp->has_local_peers);

	if (drop != DROP_REASON_COUNT)
		return drop;
	if (has(&xdp->impossible, &datagram->source))
		return DROP_IP_SOURCE;
	struct listener *listener =
		datagram->destination_port == xdp->port ? find_listener(xdp, &datagram->destination) : NULL;
	if (listener == NULL) /* it has just gone */
		return DROP_UDP_NO_FLOW;
	*source = (struct client_source){
		.listener = listener,
		.addr = datagram->source,
		.local = datagram->destination,
		.port = datagram->source_port,
		.scope = datagram->source.family == ADDR_IPV6 && addr_is_link_local(&datagram->source) ? xdp->ifindex : 0,
	};
	return DROP_REASON_COUNT;
}

static void
send_by_socket(struct listen_xdp *xdp, const struct client_source *source, size_t size)
{
	const struct listener_ops *ops = source->listener->ops;
	size_t room;
	uint8_t *reply = ops->lend(source->listener, source, &room);

	if (reply == NULL || size > room) {
		worker_stats(xdp->worker)->udp_send_failures++;
		return;
	}
	memcpy(reply, xdp->reply, size);
	ops->send(source->listener, source, size);
	xdp->stats.by_socket++;
}

static void
send_reply(struct listen_xdp *xdp, const struct link_frame *frame, const struct udp_frame *datagram,
	   const struct client_source *source, size_t size, uint64_t now_us)
{
	uint8_t *bytes = (uint8_t *)frame->bytes; /* STACK_RX_WRITABLE */

	if (size > udp_frame_reply_max(datagram, xdp->mtu, STACK_RX_ROOM_BYTES)) {
		send_by_socket(xdp, source, size);
		return;
	}
	const uint16_t id = datagram->source.family == ADDR_IPV4 ? ipv4_ids_draw(&xdp->ipv4_ids, xdp->rng) : 0;
	const struct link_frame reply = {
		.bytes = bytes,
		.size = udp_frame_turn(datagram, bytes, xdp->reply, size, id),
	};
	xdp->link->ops->send(xdp->link, &reply, now_us);
	xdp->stats.replied++;
}

/* A question, and the frame that its reply may take. */
struct asked {
	const struct link_frame *frame;
	struct udp_frame datagram;
	struct client_source source;
};

static void
answer(struct listen_xdp *xdp, const struct asked *asked, uint64_t now_us)
{
	size_t reply_bytes;

	if (worker_query(xdp->worker, &asked->source, asked->datagram.payload, asked->datagram.payload_bytes,
			 xdp->reply, sizeof xdp->reply, now_us, &reply_bytes) == CLIENT_REPLIES)
		send_reply(xdp, asked->frame, &asked->datagram, &asked->source, reply_bytes, now_us);
}

static void
serve_batch(struct listen_xdp *xdp, const struct link_frame *frames, size_t received, uint64_t now_us)
{
	struct asked all[LINK_BATCH_MAX];
	struct client_ahead ahead[LINK_BATCH_MAX];
	unsigned count = 0;

	for (size_t i = 0; i < received; i++) {
		struct asked *asked = &all[count];
		const enum drop drop = read_question(xdp, &frames[i], &asked->datagram, &asked->source);
		if (drop != DROP_REASON_COUNT) {
			xdp->drops[drop]++;
			continue;
		}
		assert((frames[i].rx_flags & STACK_RX_WRITABLE) != 0);
		asked->frame = &frames[i];
		ahead[count++] =
			(struct client_ahead){ .bytes = asked->datagram.payload, .size = asked->datagram.payload_bytes };
	}
	clients_foresee(worker_clients(xdp->worker), ahead, count);
	for (unsigned i = 0; i < count; i++) {
		all[i].source.foreseen = ahead[i].foreseen;
		answer(xdp, &all[i], now_us);
	}
}

/* A device that has gone brings no more questions. */
static void
read_mtu(struct listen_xdp *xdp, uint64_t now_us)
{
	struct stack_if_config described;

	if (now_us < xdp->mtu_due_at_us)
		return;
	xdp->mtu_due_at_us = now_us + LISTEN_XDP_MTU_US;
	xdp->link->ops->describe(xdp->link, &described);
	xdp->mtu = described.mtu;
	xdp->has_local_peers = (described.flags & STACK_IF_LOCAL_PEERS) != 0;
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct listen_xdp *xdp = poll->data;
	struct link *link = xdp->link;
	struct link_frame frames[LINK_BATCH_MAX];
	(void)events;

	if (status < 0)
		xdp->poll_again_at_us = worker_now_us(xdp->worker) + POLL_AGAIN_US; /* libuv has stopped to watch it */
	read_mtu(xdp, worker_now_us(xdp->worker));
	for (unsigned i = 0; i < XDP_TURN_BATCHES; i++) {
		const uint64_t now_us = worker_now_us(xdp->worker);
		const size_t count = link->ops->receive(link, frames, LINK_BATCH_MAX, now_us);
		xdp->stats.received += count;
		serve_batch(xdp, frames, count, now_us);
		link->ops->flush(link, now_us);
		if (count < LINK_BATCH_MAX)
			break;
	}
}

/* ---- turns ------------------------------------------------------------------------------------------------------- */

static void
on_timer(uv_timer_t *timer)
{
	(void)timer;
}

static void
watch(struct listen_xdp *xdp, uint64_t now_us)
{
	xdp->poll_again_at_us = STACK_NEVER;
	for (unsigned i = 0; i < xdp->poll_count; i++) {
		if (uv_poll_start(&xdp->polls[i], UV_READABLE, on_readable) != 0)
			xdp->poll_again_at_us = now_us + POLL_AGAIN_US;
	}
}

/* What the device has not taken, and sockets that are not watched, are for later. */
static void
look_after_link(struct listen_xdp *xdp, uint64_t now_us)
{
	struct link *link = xdp->link;

	if (link->ops->deadline(link) <= now_us)
		link->ops->flush(link, now_us);
	if (xdp->poll_again_at_us <= now_us)
		watch(xdp, now_us);
	const uint64_t flush_at_us = link->ops->deadline(link);
	const uint64_t at_us = flush_at_us < xdp->poll_again_at_us ? flush_at_us : xdp->poll_again_at_us;
	if (at_us == STACK_NEVER)
		(void)uv_timer_stop(&xdp->timer);
	else
		(void)uv_timer_start(&xdp->timer, on_timer, (at_us - now_us) / 1000 + 1, 0);
}

void
listen_xdp_turn(struct listen_xdp *xdp, uint64_t now_us)
{
	const uint32_t version = stack_network_version(worker_stack(xdp->worker));

	if (xdp->is_stale || version != xdp->network_version) {
		xdp->is_stale = false;
		xdp->network_version = version;
		read_addrs(xdp);
		tell_door(xdp);
	}
	if (xdp->link != NULL)
		look_after_link(xdp, now_us);
}

struct listen_xdp_stats
listen_xdp_stats(const struct listen_xdp *xdp)
{
	struct listen_xdp_stats stats = xdp->stats;

	if (xdp->share == 0)
		stats.addrs = xdp_door_addr_count(xdp->door);
	if (xdp->link != NULL) {
		stats.send_failures = xdp->link->stats.send_failures;
		stats.overflows = xdp->link->stats.receive_overflows;
	}
	return stats;
}

uint64_t
listen_xdp_drops(const struct listen_xdp *xdp, enum drop reason)
{
	return xdp->drops[reason];
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void
on_handle_closed(uv_handle_t *handle)
{
	struct listen_xdp *xdp = handle->data;
	if (--xdp->handles_open == 0)
		free(xdp);
}

void
listen_xdp_close(struct listen_xdp *xdp)
{
	if (xdp->link != NULL)
		(void)xdp_door_set_addrs(xdp->door, xdp->share, NULL, 0);
	for (unsigned i = 0; i < xdp->poll_count; i++)
		uv_close((uv_handle_t *)&xdp->polls[i], on_handle_closed);
	uv_close((uv_handle_t *)&xdp->timer, on_handle_closed);
}

static int
open_polls(struct listen_xdp *xdp)
{
	int fds[LINK_FDS_MAX];

	const size_t count = xdp->link->ops->fds(xdp->link, fds);
	for (size_t i = 0; i < count; i++) {
		const int err = uv_poll_init(worker_loop(xdp->worker), &xdp->polls[i], fds[i]);
		if (err != 0)
			return err;
		xdp->polls[i].data = xdp;
		xdp->poll_count++;
		xdp->handles_open++;
	}
	watch(xdp, worker_now_us(xdp->worker));
	return 0;
}

int
listen_xdp_new(struct listen_xdp **made, struct worker *worker, const struct listen_xdp_config *config)
{
	struct listen_xdp *xdp = calloc(1, sizeof *xdp);

	if (xdp == NULL)
		return UV_ENOMEM;
	xdp->worker = worker;
	xdp->door = config->door;
	xdp->link = xdp_door_link(config->door, config->share);
	xdp->share = config->share;
	xdp->ifindex = xdp_door_ifindex(config->door);
	xdp->port = config->port;
	xdp->rng = worker_rng(worker);
	xdp->is_stale = true;
	xdp->poll_again_at_us = STACK_NEVER;
	ipv4_ids_init(&xdp->ipv4_ids);
	(void)uv_timer_init(worker_loop(worker), &xdp->timer); /* cannot fail */
	xdp->timer.data = xdp;
	xdp->handles_open = 1;
	const int err = xdp->link != NULL ? open_polls(xdp) : 0;
	if (err != 0) {
		listen_xdp_close(xdp);
		return err;
	}
	*made = xdp;
	return 0;
}
