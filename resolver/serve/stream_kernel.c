/* Clients' connections over TCP sockets of the kernel. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/serve/stream.h"
#include "resolver/serve/worker.h"

static ssize_t
kernel_receive(struct stream *stream, uint8_t *into, size_t room)
{
	return recv(stream->kernel.fd, into, room, MSG_DONTWAIT);
}

static ssize_t
kernel_send(struct stream *stream, const uint8_t *bytes, size_t size)
{
	size_t sent = 0;
	while (sent < size) {
		ssize_t count = send(stream->kernel.fd, bytes + sent, size - sent,
				     MSG_NOSIGNAL | MSG_DONTWAIT);
		if (count >= 0)
			sent += (size_t)count;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)sent;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	if (status < 0)
		stream_close(poll->data);
	else
		stream_on_ready(poll->data, events);
}

static int
kernel_watch(struct stream *stream, int events)
{
	return events == 0 ? uv_poll_stop(&stream->kernel.poll)
			   : uv_poll_start(&stream->kernel.poll, events, on_poll);
}

static void
on_poll_closed(uv_handle_t *handle)
{
	struct stream *stream = handle->data;
	(void)close(stream->kernel.fd);
	stream_closed(stream);
}

static void
kernel_close(struct stream *stream)
{
	if (stream->kernel.fd < 0)
		stream_closed(stream); /* the loop never knew it */
	else
		uv_close((uv_handle_t *)&stream->kernel.poll, on_poll_closed);
}

static const struct stream_ops kernel_ops = {
	.receive = kernel_receive,
	.send = kernel_send,
	.watch = kernel_watch,
	.close = kernel_close,
};

void
stream_open_kernel(struct stream_pool *pool, struct listener *listener, int fd,
		   const struct sockaddr_storage *peer)
{
	struct stream *stream = stream_open(pool, listener, &kernel_ops);
	int one = 1;
	if (stream == NULL) {
		(void)close(fd);
		return;
	}
	stream->kernel.fd = fd;
	stream->kernel.poll.data = stream;
	if (uv_poll_init(worker_loop(pool->worker), &stream->kernel.poll, fd) != 0) {
		(void)close(fd);
		stream->kernel.fd = -1;
		stream_close(stream);
		return;
	}
	/* What belongs together is gathered before it is sent; Nagle would only hold back the end of it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (endpoint_from_sockaddr(peer, &stream->addr, &stream->port, &stream->scope))
		stream_watch(stream);
	else
		stream_close(stream);
}
