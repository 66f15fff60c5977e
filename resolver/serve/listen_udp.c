#include "resolver/serve/listen_udp.h"

#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "resolver/serve/udp_batch.h"
#include "resolver/serve/worker.h"

struct listen_udp {
	struct listener base;
	uv_poll_t poll;
	int fd;
};

static const struct listener_ops listen_udp_ops;

/* ---- queries --------------------------------------------------------------------------------------------------- */

static void
serve_datagram(struct listen_udp *udp, struct udp_batch *batch, const struct udp_datagram *datagram,
	       uint64_t foreseen, uint64_t now_us)
{
	struct client_source source = {
		.listener = &udp->base,
		.addr = datagram->remote,
		.local = datagram->local,
		.port = datagram->remote_port,
		.scope = datagram->scope,
		.foreseen = foreseen,
	};
	uint8_t *reply = udp_batch_lend(batch, udp->fd);
	size_t reply_bytes;
	enum client_fate fate =
		worker_query(udp->base.worker, &source, datagram->bytes, datagram->size, reply,
			     UDP_REPLY_BYTES_MAX, now_us, &reply_bytes);
	if (fate == CLIENT_REPLIES)
		udp_batch_commit(batch, datagram, reply_bytes);
}

static void
serve_batch(struct listen_udp *udp, struct udp_batch *batch, unsigned received, uint64_t now_us)
{
	struct udp_datagram datagrams[UDP_BATCH];
	struct client_ahead ahead[UDP_BATCH];
	unsigned count = 0;

	for (unsigned i = 0; i < received; i++)
		count += udp_batch_datagram(batch, i, &datagrams[count]);
	for (unsigned i = 0; i < count; i++)
		ahead[i] = (struct client_ahead){ .bytes = datagrams[i].bytes, .size = datagrams[i].size };
	clients_foresee(worker_clients(udp->base.worker), ahead, count);
	for (unsigned i = 0; i < count; i++)
		serve_datagram(udp, batch, &datagrams[i], ahead[i].foreseen, now_us);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct listen_udp *udp = poll->data;
	struct udp_batch *batch = worker_udp_batch(udp->base.worker);
	(void)events;
	/* libuv stops watching after an error; recvmmsg fetches it, counts it, and service goes on. */
	if (status < 0)
		(void)uv_poll_start(poll, UV_READABLE, on_readable);
	for (unsigned i = 0; i < UDP_TURN_BATCHES; i++) {
		uint64_t now_us = worker_now_us(udp->base.worker);
		unsigned count = udp_batch_receive(batch, udp->fd);
		serve_batch(udp, batch, count, now_us);
		if (count < UDP_BATCH)
			break;
	}
	udp_batch_flush(batch);
}

/* ---- answers that took longer ------------------------------------------------------------------------------------ */

static uint8_t *
listen_udp_lend(struct listener *listener, const struct client_source *source, size_t *room)
{
	struct listen_udp *udp = (struct listen_udp *)listener;
	(void)source;
	*room = UDP_REPLY_BYTES_MAX;
	return udp_batch_lend(worker_udp_batch(listener->worker), udp->fd);
}

static void
listen_udp_send(struct listener *listener, const struct client_source *source, size_t size)
{
	struct udp_datagram to = {
		.remote = source->addr,
		.local = source->local,
		.remote_port = source->port,
		.scope = source->scope,
	};
	if (size > 0)
		udp_batch_commit(worker_udp_batch(listener->worker), &to, size);
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static void
on_poll_closed(uv_handle_t *handle)
{
	struct listen_udp *udp = handle->data;
	(void)close(udp->fd);
	if (udp->base.on_close != NULL)
		udp->base.on_close(&udp->base);
	free(udp);
}

static void
listen_udp_close(struct listener *listener, void (*on_close)(struct listener *listener))
{
	struct listen_udp *udp = (struct listen_udp *)listener;
	udp_batch_flush(worker_udp_batch(listener->worker));
	listener->on_close = on_close;
	uv_close((uv_handle_t *)&udp->poll, on_poll_closed);
}

static const struct listener_ops listen_udp_ops = {
	.lend = listen_udp_lend,
	.send = listen_udp_send,
	.close = listen_udp_close,
};

int
listen_udp_new(struct listener **listener, struct worker *worker, const struct endpoint *endpoint,
	       int fd)
{
	struct listen_udp *udp = calloc(1, sizeof *udp);
	int err = UV_ENOMEM;
	if (udp == NULL)
		goto close_fd;
	udp->base = (struct listener){ .ops = &listen_udp_ops,
				       .worker = worker,
				       .endpoint = *endpoint,
				       .transport = ENDPOINT_UDP };
	udp->fd = fd;
	udp->poll.data = udp;
	err = uv_poll_init(worker_loop(worker), &udp->poll, fd);
	if (err != 0)
		goto free_udp;
	*listener = &udp->base;
	err = uv_poll_start(&udp->poll, UV_READABLE, on_readable);
	if (err == 0)
		return 0;
	listen_udp_close(&udp->base, NULL); /* frees it, and closes the descriptor, in the loop */
	*listener = NULL;
	return err;
free_udp:
	free(udp);
close_fd:
	(void)close(fd);
	return err;
}
