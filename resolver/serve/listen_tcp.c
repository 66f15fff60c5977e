#include "resolver/serve/listen_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "resolver/serve/stream.h"
#include "resolver/serve/worker.h"

struct listen_tcp {
	struct listener base;
	struct listen_tcp *paused_next;
	uv_poll_t poll;
	int fd;
};

static const struct listener_ops listen_tcp_ops;

static struct stream_pool *
pool_of(const struct listener *listener)
{
	return worker_streams(listener->worker);
}

/* ---- accepting ----------------------------------------------------------------------------------------------------- */

static void on_acceptable(uv_poll_t *poll, int status, int events);

/* Stops to accept until the pool says that it is worth another try. */
static void
pause_accepting(struct listen_tcp *tcp)
{
	struct stream_pool *pool = pool_of(&tcp->base);
	tcp->paused_next = pool->paused;
	pool->paused = tcp;
	(void)uv_poll_stop(&tcp->poll);
	stream_pool_start_timer(pool);
}

void
listen_tcp_resume(struct stream_pool *pool)
{
	while (pool->paused != NULL) {
		struct listen_tcp *tcp = pool->paused;
		pool->paused = tcp->paused_next;
		(void)uv_poll_start(&tcp->poll, UV_READABLE, on_acceptable);
	}
}

static void
forget_paused(struct listen_tcp *tcp)
{
	struct listen_tcp **at = &pool_of(&tcp->base)->paused;
	while (*at != NULL && *at != tcp)
		at = &(*at)->paused_next;
	if (*at == tcp)
		*at = tcp->paused_next;
}

static bool
is_denied(const struct listen_tcp *tcp, const struct sockaddr_storage *peer)
{
	struct ip_addr addr;
	uint16_t port;
	uint32_t scope;
	return !endpoint_from_sockaddr(peer, &addr, &port, &scope) ||
	       stream_is_denied(pool_of(&tcp->base), &addr);
}

/* Takes one connection; false when there is none, or none can be taken now. */
static bool
accept_one(struct listen_tcp *tcp)
{
	struct stream_pool *pool = pool_of(&tcp->base);
	struct server_stats *stats = worker_stats(tcp->base.worker);
	struct sockaddr_storage peer;
	socklen_t peer_size = sizeof peer;
	if (!stream_pool_has_room(pool)) {
		pause_accepting(tcp);
		return false;
	}
	int fd = accept4(tcp->fd, (struct sockaddr *)&peer, &peer_size,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		stats->tcp_accepted++;
		if (is_denied(tcp, &peer))
			(void)close(fd);
		else
			stream_open_kernel(pool, &tcp->base, fd, &peer);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		stats->tcp_accept_failures++;
		pause_accepting(tcp);
		return false;
	}
	return true; /* what is wrong with this one (accept(2) hands on its errors) says nothing of the next */
}

static void
on_acceptable(uv_poll_t *poll, int status, int events)
{
	struct listen_tcp *tcp = poll->data;
	(void)events;
	if (status < 0) {
		pause_accepting(tcp);
		return;
	}
	for (unsigned i = 0; i < TCP_TURN_ACCEPTS; i++)
		if (!accept_one(tcp))
			break;
}

/* ---- life ----------------------------------------------------------------------------------------------------------------- */

static void
on_poll_closed(uv_handle_t *handle)
{
	struct listen_tcp *tcp = handle->data;
	(void)close(tcp->fd);
	if (tcp->base.on_close != NULL)
		tcp->base.on_close(&tcp->base);
	free(tcp);
}

static void
listen_tcp_close(struct listener *listener, void (*on_close)(struct listener *listener))
{
	struct listen_tcp *tcp = (struct listen_tcp *)listener;
	stream_pool_close_of(pool_of(listener), listener);
	forget_paused(tcp);
	listener->on_close = on_close;
	uv_close((uv_handle_t *)&tcp->poll, on_poll_closed);
}

static const struct listener_ops listen_tcp_ops = {
	.lend = stream_lend_to,
	.send = stream_send_to,
	.close = listen_tcp_close,
};

int
listen_tcp_new(struct listener **listener, struct worker *worker, const struct endpoint *endpoint,
	       int fd)
{
	struct listen_tcp *tcp = calloc(1, sizeof *tcp);
	int err = UV_ENOMEM;
	if (tcp == NULL)
		goto close_fd;
	tcp->base = (struct listener){ .ops = &listen_tcp_ops,
				       .worker = worker,
				       .endpoint = *endpoint,
				       .transport = ENDPOINT_TCP };
	tcp->fd = fd;
	tcp->poll.data = tcp;
	err = uv_poll_init(worker_loop(worker), &tcp->poll, fd);
	if (err != 0)
		goto free_tcp;
	*listener = &tcp->base;
	err = uv_poll_start(&tcp->poll, UV_READABLE, on_acceptable);
	if (err == 0)
		return 0;
	listen_tcp_close(&tcp->base, NULL); /* frees it, and closes the descriptor, in the loop */
	*listener = NULL;
	return err;
free_tcp:
	free(tcp);
close_fd:
	(void)close(fd);
	return err;
}
