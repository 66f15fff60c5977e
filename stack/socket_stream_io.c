/*
 * TCP sockets: octets in and out, and what can be done next.
 */
#include <poll.h>
#include <string.h>

#include "stack/socket_priv.h"

/* Which of the connection's ends is why nothing can be done: an error once, then `afterwards`. */
static ssize_t
over(struct socket *socket, int afterwards)
{
	const int error = socket->is_error_told ? 0 : socket__stream_take_error(socket);
	return error != 0 ? -error : -afterwards;
}

static bool
is_connecting(const struct socket *socket)
{
	const unsigned done = TCP_EVENT_CONNECTED | TCP_EVENT_WRITABLE | TCP_EVENT_READABLE |
			      TCP_EVENT_PEER_CLOSED | TCP_EVENT_CLOSED | TCP_EVENT_FAILED;
	return socket->phase == SOCKET_CONNECTING &&
	       (tcp_poll(socket->stack, socket->conn) & done) == 0;
}

/* ---- out --------------------------------------------------------------------------------------- */

/* The buffers one after the other; only the last may end in a segment that is not full. */
static ssize_t
send_buffers(struct socket_table *table, struct socket *socket, const struct msghdr *message,
	     int flags)
{
	ssize_t total = 0;

	for (size_t i = 0; i < message->msg_iovlen; i++) {
		const struct iovec *buffer = &message->msg_iov[i];
		const bool more = (flags & MSG_MORE) != 0 || i + 1 < message->msg_iovlen;
		size_t taken = 0;
		if (buffer->iov_len == 0)
			continue;
		if (buffer->iov_base == NULL)
			return total > 0 ? total : -EFAULT;
		const int err =
			tcp_send(socket->stack, socket->conn, buffer->iov_base, buffer->iov_len,
				 more ? TCP_SEND_MORE : 0, table->now_us, &taken);
		total += (ssize_t)taken;
		if (err != 0 && total == 0)
			return err == ERR_FULL     ? -EAGAIN
			       : err == ERR_CLOSED ? over(socket, EPIPE)
						   : socket__errno(err);
		if (err != 0 || taken < buffer->iov_len)
			break;
	}
	return total;
}

ssize_t
socket__stream_send(struct socket_table *table, struct socket *socket, const struct msghdr *message,
		    int flags)
{
	if ((flags & MSG_OOB) != 0 || (flags & MSG_FASTOPEN) != 0)
		return -EOPNOTSUPP;
	if (socket->phase == SOCKET_IDLE || socket->phase == SOCKET_LISTENING)
		return over(socket, EPIPE);
	if (is_connecting(socket))
		return -EAGAIN;
	const unsigned events = tcp_poll(socket->stack, socket->conn);
	if (socket->shut_send || (events & (TCP_EVENT_FAILED | TCP_EVENT_CLOSED)) != 0)
		return over(socket, EPIPE);
	return send_buffers(table, socket, message, flags);
}

/* ---- in ---------------------------------------------------------------------------------------- */

/* MSG_PEEK: copies what lies `offset` octets ahead and takes nothing off. */
static int
peek(const struct socket *socket, size_t offset, uint8_t *out, size_t size, size_t *got)
{
	*got = 0;
	while (*got < size) {
		const uint8_t *bytes;
		size_t piece;
		const int err =
			tcp_peek(socket->stack, socket->conn, offset + *got, &bytes, &piece);
		if (err != 0 || piece == 0)
			return *got > 0 ? 0 : err;
		if (piece > size - *got)
			piece = size - *got;
		memcpy(out + *got, bytes, piece);
		*got += piece;
	}
	return 0;
}

/* MSG_TRUNC: TCP throws the octets away instead of copying them (tcp(7)). */
static int
discard(struct socket_table *table, const struct socket *socket, size_t size, size_t *got)
{
	*got = 0;
	while (*got < size) {
		const uint8_t *bytes;
		size_t piece;
		const int err = tcp_peek(socket->stack, socket->conn, 0, &bytes, &piece);
		if (err != 0 || piece == 0)
			return *got > 0 ? 0 : err;
		if (piece > size - *got)
			piece = size - *got;
		(void)tcp_consume(socket->stack, socket->conn, piece, table->now_us);
		*got += piece;
	}
	return 0;
}

static int
receive_buffer(struct socket_table *table, const struct socket *socket, const struct iovec *buffer,
	       size_t offset, int flags, size_t *got)
{
	if ((flags & MSG_PEEK) != 0)
		return peek(socket, offset, buffer->iov_base, buffer->iov_len, got);
	if ((flags & MSG_TRUNC) != 0)
		return discard(table, socket, buffer->iov_len, got);
	return tcp_receive(socket->stack, socket->conn, buffer->iov_base, buffer->iov_len,
			   table->now_us, got);
}

static ssize_t
nothing_received(struct socket *socket, int err)
{
	if (err == ERR_CLOSED)
		return over(socket, 0);
	if (err != ERR_NOT_FOUND)
		return socket__errno(err);
	return socket->shut_receive ? 0 : -EAGAIN;
}

/* Who has room for nothing is told still whether there is something, as by Linux. */
static ssize_t
receive_nothing(struct socket *socket)
{
	const uint8_t *bytes;
	size_t piece;
	const int err = tcp_peek(socket->stack, socket->conn, 0, &bytes, &piece);

	return err != 0 ? nothing_received(socket, err) : 0;
}

static ssize_t
receive_buffers(struct socket_table *table, struct socket *socket, const struct msghdr *message,
		int flags)
{
	ssize_t total = 0;
	bool has_room = false;

	for (size_t i = 0; i < message->msg_iovlen; i++) {
		const struct iovec *buffer = &message->msg_iov[i];
		size_t got = 0;
		if (buffer->iov_len == 0)
			continue;
		has_room = true;
		if (buffer->iov_base == NULL && (flags & MSG_TRUNC) == 0)
			return total > 0 ? total : -EFAULT;
		const int err = receive_buffer(table, socket, buffer, (size_t)total, flags, &got);
		if (err != 0 && total == 0)
			return nothing_received(socket, err);
		total += (ssize_t)got;
		if (err != 0 || got < buffer->iov_len)
			break;
	}
	return has_room ? total : receive_nothing(socket);
}

ssize_t
socket__stream_receive(struct socket_table *table, struct socket *socket, struct msghdr *message,
		       int flags)
{
	message->msg_namelen = 0; /* a stream has one peer */
	message->msg_controllen = 0;
	if ((flags & MSG_OOB) != 0)
		return -EINVAL;
	if ((flags & MSG_ERRQUEUE) != 0)
		return -EAGAIN;
	if (socket->phase == SOCKET_IDLE && socket->pending_error != 0)
		return over(socket, 0);
	if (socket->phase == SOCKET_IDLE || socket->phase == SOCKET_LISTENING)
		return -ENOTCONN;
	return receive_buffers(table, socket, message, flags);
}

/* ---- readiness --------------------------------------------------------------------------------- */

/*
 * At least so many, or as many as there is room for: more comes only when these have been read, as with Linux.  In the
 * common case, one, without a look at them.
 */
static bool
has_octets(const struct socket *socket, unsigned events, size_t least)
{
	struct tcp_conn_info info;

	if ((events & TCP_EVENT_READABLE) == 0)
		return false;
	if (least <= 1)
		return true;
	return tcp_info(socket->stack, socket->conn, &info) == 0 &&
	       (info.receive_queue_bytes >= least || info.is_receive_full);
}

bool
socket_has_input(struct socket_table *table, int fd, size_t beyond_bytes)
{
	const unsigned ends = TCP_EVENT_PEER_CLOSED | TCP_EVENT_CLOSED | TCP_EVENT_FAILED;
	const struct socket *socket = socket__get(table, fd);

	if (socket == NULL || socket->kind != SOCKET_STREAM)
		return socket_poll(table, fd, POLLIN) != 0;
	if (socket->phase == SOCKET_IDLE || socket->phase == SOCKET_LISTENING)
		return true; /* nothing ever comes: the call says so */
	const unsigned events = tcp_poll(socket->stack, socket->conn);
	return socket->shut_receive || (events & ends) != 0 || has_octets(socket, events, beyond_bytes + 1);
}

static short
poll_connection(const struct socket *socket)
{
	const unsigned events = tcp_poll(socket->stack, socket->conn);
	const bool is_over = (events & (TCP_EVENT_FAILED | TCP_EVENT_CLOSED)) != 0;
	const bool is_in_shut =
		is_over || socket->shut_receive || (events & TCP_EVENT_PEER_CLOSED) != 0;
	const bool is_out_shut = is_over || socket->shut_send;
	int ready = 0;

	if (is_in_shut || has_octets(socket, events, socket->receive_low_bytes))
		ready |= POLLIN | POLLRDNORM;
	if (is_in_shut)
		ready |= POLLRDHUP;
	if (is_out_shut || (events & TCP_EVENT_WRITABLE) != 0)
		ready |= POLLOUT | POLLWRNORM;
	if (is_in_shut && is_out_shut)
		ready |= POLLHUP;
	if ((events & TCP_EVENT_FAILED) != 0 && !socket->is_error_told)
		ready |= POLLERR;
	return (short)ready;
}

short
socket__stream_poll(const struct socket *socket)
{
	switch (socket->phase) {
	case SOCKET_IDLE: /* as Linux: nothing will ever come, and a write fails at once */
		return POLLOUT | POLLWRNORM | POLLHUP | (socket->pending_error != 0 ? POLLERR : 0);
	case SOCKET_LISTENING:
		return (tcp_poll(socket->stack, socket->conn) & TCP_EVENT_ACCEPTABLE) != 0
			       ? POLLIN | POLLRDNORM
			       : 0;
	case SOCKET_CONNECTING: return is_connecting(socket) ? 0 : poll_connection(socket);
	case SOCKET_CONNECTED: return poll_connection(socket);
	}
	return 0;
}
