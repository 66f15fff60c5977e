#include "resolver/serve/listen_own_udp.h"

#include <stdlib.h>

#include "resolver/serve/client.h"
#include "resolver/serve/worker.h"

#define REPLY_BYTES_MAX 4096u /* the largest max-udp-size */

struct listen_own_udp {
	struct listener base;
	uint8_t reply[REPLY_BYTES_MAX];
	struct client_ahead ahead[LINK_BATCH_MAX]; /* of the frames that are being received, those that are for us */
	unsigned ahead_count, ahead_next;
};

static const struct ip_addr every_address = { .family = ADDR_NONE };
static const struct listener_ops listen_own_udp_ops;

static void
send_reply(struct listen_own_udp *own, const struct client_source *source, size_t size,
	   uint64_t now_us)
{
	struct stack *stack = worker_stack(own->base.worker);
	if (udp_reply(stack, &source->local, own->base.endpoint.port, &source->addr, source->port,
		      own->reply, size, now_us) != 0)
		worker_stats(own->base.worker)->udp_send_failures++;
}

/* A reply at once goes back in the frame of its query, where the link lets us write there. */
static void
send_at_once(struct listen_own_udp *own, const struct client_source *source, size_t size, uint64_t now_us)
{
	if (udp_turn(worker_stack(own->base.worker), own->reply, size, now_us) != 0)
		send_reply(own, source, size, now_us);
}

void
listen_own_udp_foresee(struct listener *listener, unsigned ifindex, const struct link_frame *frames, size_t count)
{
	struct listen_own_udp *own = (struct listen_own_udp *)listener;
	const struct stack *stack = worker_stack(listener->worker);

	own->ahead_count = own->ahead_next = 0;
	for (size_t i = 0; i < count; i++) {
		struct client_ahead *ahead = &own->ahead[own->ahead_count];
		ahead->bytes = udp_peek(stack, ifindex, frames[i].bytes, frames[i].size, listener->endpoint.port, &ahead->size);
		own->ahead_count += ahead->bytes != NULL;
	}
	clients_foresee(worker_clients(listener->worker), own->ahead, own->ahead_count);
}

/* What was foreseen for this datagram: they come in the order of their frames, but not all of them do. */
static uint64_t
foreseen_for(struct listen_own_udp *own, const uint8_t *bytes)
{
	for (unsigned i = own->ahead_next; i < own->ahead_count; i++) {
		if (own->ahead[i].bytes != bytes)
			continue;
		own->ahead_next = i + 1;
		return own->ahead[i].foreseen;
	}
	return 0;
}

void
listen_own_udp_receive(struct listener *listener, const struct stack_action *action, uint64_t now_us)
{
	struct listen_own_udp *own = (struct listen_own_udp *)listener;
	struct client_source source = {
		.listener = listener,
		.addr = action->remote,
		.local = action->local,
		.port = action->remote_port,
		.foreseen = foreseen_for(own, action->bytes),
	};
	size_t reply_bytes;
	if (worker_query(listener->worker, &source, action->bytes, action->size, own->reply,
			 sizeof own->reply, now_us, &reply_bytes) == CLIENT_REPLIES)
		send_at_once(own, &source, reply_bytes, now_us);
}

static uint8_t *
listen_own_udp_lend(struct listener *listener, const struct client_source *source, size_t *room)
{
	struct listen_own_udp *own = (struct listen_own_udp *)listener;
	(void)source;
	*room = sizeof own->reply;
	return own->reply;
}

static void
listen_own_udp_send(struct listener *listener, const struct client_source *source, size_t size)
{
	if (size > 0)
		send_reply((struct listen_own_udp *)listener, source, size,
			   worker_now_us(listener->worker));
}

static void
listen_own_udp_close(struct listener *listener, void (*on_close)(struct listener *listener))
{
	(void)udp_unlisten(worker_stack(listener->worker), &every_address, listener->endpoint.port,
			   LISTEN_OWN_UDP_USER);
	if (on_close != NULL)
		on_close(listener);
	free(listener);
}

static const struct listener_ops listen_own_udp_ops = {
	.lend = listen_own_udp_lend,
	.send = listen_own_udp_send,
	.close = listen_own_udp_close,
};

int
listen_own_udp_new(struct listener **listener, struct worker *worker, uint16_t port)
{
	struct listen_own_udp *own = calloc(1, sizeof *own);
	if (own == NULL)
		return ERR_NO_MEMORY;
	own->base = (struct listener){
		.ops = &listen_own_udp_ops,
		.worker = worker,
		.endpoint = { .addr = every_address, .port = port },
		.transport = ENDPOINT_UDP,
	};
	int err = udp_listen(worker_stack(worker), &every_address, port, LISTEN_OWN_UDP_USER);
	if (err != 0) {
		free(own);
		return err;
	}
	*listener = &own->base;
	return 0;
}
