/*
 * TCP sockets: opening, accepting and closing connections.
 */
#include "stack/socket_priv.h"

/* ---- what has become of a connection ----------------------------------------------------------- */

int
socket__reason_errno(enum tcp_reason reason)
{
	switch (reason) {
	case TCP_REASON_NONE: return 0;
	case TCP_REASON_REFUSED: return ECONNREFUSED;
	case TCP_REASON_RESET: return ECONNRESET;
	case TCP_REASON_TIMED_OUT: return ETIMEDOUT;
	case TCP_REASON_NET_UNREACHABLE: return ENETUNREACH;
	case TCP_REASON_HOST_UNREACHABLE:
	case TCP_REASON_PROHIBITED: return EHOSTUNREACH;
	case TCP_REASON_ABORTED: return ECONNABORTED;
	case TCP_REASON_NO_MEMORY: return ENOBUFS;
	}
	return 0;
}

int
socket__stream_take_error(struct socket *socket)
{
	int error = socket->pending_error;

	socket->pending_error = 0;
	if (error != 0 || socket->phase == SOCKET_IDLE || socket->phase == SOCKET_LISTENING)
		return error;
	const bool is_over = (tcp_poll(socket->stack, socket->conn) & TCP_EVENT_FAILED) != 0;
	/* What may pass is told only to who asked for it (RFC 5461, section 2; ip(7), IP_RECVERR). */
	if (!is_over && !socket->wants_errors)
		return 0;
	error = socket__reason_errno(tcp_take_error(socket->stack, socket->conn));
	socket->is_error_told = is_over;
	/* A peer that had finished cannot have wanted to say more: what is broken is our pipe. */
	if (error == ECONNRESET &&
	    (tcp_poll(socket->stack, socket->conn) & TCP_EVENT_PEER_CLOSED) != 0)
		error = EPIPE;
	return error;
}

/* As Linux: SO_ERROR alone tells also of what may pass. */
int
socket__stream_take_any_error(struct socket *socket)
{
	const int error = socket__stream_take_error(socket);

	if (error != 0 || socket->phase == SOCKET_IDLE || socket->phase == SOCKET_LISTENING ||
	    (tcp_poll(socket->stack, socket->conn) & TCP_EVENT_CONNECTED) == 0)
		return error;
	return socket__reason_errno(tcp_take_soft_error(socket->stack, socket->conn));
}

/* Back to a socket that may connect or listen again; its bound name stays. */
static void
to_idle(struct socket_table *table, struct socket *socket)
{
	if (socket->is_port_drawn) {
		socket__unbind(table, socket);
		socket->local = (struct ip_addr){ .family = ADDR_NONE };
		socket->local_port = 0;
		socket->is_port_drawn = false;
	}
	socket->phase = SOCKET_IDLE;
	socket->conn = 0;
	socket->is_error_told = false;
	socket->shut_receive = socket->shut_send = false;
}

/* ---- connect ----------------------------------------------------------------------------------- */

#define IS_PAST_HANDSHAKE                                                                          \
	(TCP_EVENT_CONNECTED | TCP_EVENT_WRITABLE | TCP_EVENT_READABLE | TCP_EVENT_PEER_CLOSED |   \
	 TCP_EVENT_CLOSED)

/* connect was called before; how far has it got? */
static int
connect_result(struct socket_table *table, struct socket *socket)
{
	const unsigned events = tcp_poll(socket->stack, socket->conn);

	if ((events & TCP_EVENT_FAILED) == 0 && (events & IS_PAST_HANDSHAKE) == 0)
		return -EALREADY;
	if ((events & TCP_EVENT_FAILED) == 0) {
		socket->phase = SOCKET_CONNECTED;
		return 0;
	}
	const int error = socket__stream_take_error(socket);
	tcp_close(socket->stack, socket->conn, table->now_us);
	to_idle(table, socket);
	return error != 0 ? -error : -ECONNABORTED; /* SO_ERROR has told it already */
}

static int
open_errno(int err)
{
	switch (err) {
	case ERR_IN_USE: return -EADDRNOTAVAIL;
	case ERR_MALFORMED: return -ENETUNREACH; /* a multicast or broadcast address */
	default: return socket__errno(err);
	}
}

/* The stack has chosen address and port: who binds has to see them. */
static void
name_drawn(struct socket_table *table, struct socket *socket)
{
	struct tcp_conn_info info;

	if (tcp_info(socket->stack, socket->conn, &info) != 0)
		return;
	socket->local = info.local;
	socket->local_port = info.local_port;
	socket->is_port_drawn = true;
	socket__chain_add(table, socket);
}

int
socket__stream_connect(struct socket_table *table, struct socket *socket,
		       const struct sockaddr *name, socklen_t size)
{
	struct socket_peer peer;

	int err = socket__peer_read(socket, name, size, &peer);
	if (err != 0)
		return err;
	if (socket->phase == SOCKET_CONNECTING)
		return connect_result(table, socket);
	if (socket->phase != SOCKET_IDLE)
		return -EISCONN;
	if (peer.port == 0)
		return -ECONNREFUSED;
	err = tcp_open(socket->stack, &peer.addr, peer.port, &peer.local, socket->local_port,
		       &socket->config, socket__user(table, socket), table->now_us, &socket->conn);
	if (err != 0)
		return open_errno(err);
	socket->phase = SOCKET_CONNECTING;
	socket->is_error_told = false;
	socket->pending_error = 0;
	if (!socket->is_bound)
		name_drawn(table, socket);
	return -EINPROGRESS;
}

int
socket__stream_disconnect(struct socket_table *table, struct socket *socket)
{
	const unsigned over = TCP_EVENT_FAILED | TCP_EVENT_CLOSED;

	if (socket->phase == SOCKET_LISTENING) {
		tcp_close(socket->stack, socket->conn, table->now_us);
	} else if (socket->phase != SOCKET_IDLE) {
		if ((tcp_poll(socket->stack, socket->conn) & over) == 0)
			socket->pending_error = ECONNRESET; /* as Linux: by ourselves */
		tcp_abort(socket->stack, socket->conn, table->now_us);
	}
	to_idle(table, socket);
	socket__wake(table, socket);
	return 0;
}

/* ---- listen and accept ------------------------------------------------------------------------- */

int
socket__stream_listen(struct socket_table *table, struct socket *socket, int backlog)
{
	const uint32_t limit = backlog < 0 || (uint32_t)backlog > SOCKET_BACKLOG_MAX
				       ? SOCKET_BACKLOG_MAX
				       : (uint32_t)backlog;
	socket->backlog = limit;
	if (socket->phase == SOCKET_LISTENING)
		return socket__errno(tcp_set_backlog(socket->stack, socket->conn, limit));
	if (socket->phase != SOCKET_IDLE)
		return -EINVAL;
	int err = socket->local_port == 0 ? socket__bind_any(table, socket) : 0;
	if (err != 0)
		return err;
	if (!socket__is_port_free(table, socket, socket->local_port))
		return -EADDRINUSE; /* another that shares the name has begun to listen */
	const struct ip_addr local = socket__local_any(socket);
	err = tcp_listen(socket->stack, &local, socket->local_port, limit, &socket->config,
			 socket__user(table, socket), &socket->conn);
	if (err != 0)
		return socket__errno(err);
	socket->phase = SOCKET_LISTENING;
	return 0;
}

/* What POSIX and Linux hand down from the listener; the rest of the options goes through TCP. */
static void
inherit(struct socket *child, const struct socket *listener)
{
	child->stack = listener->stack;
	child->domain = listener->domain;
	child->protocol = listener->protocol;
	child->phase = SOCKET_CONNECTED;
	child->local_port = listener->local_port;
	child->config = listener->config;
	child->reuse_address = listener->reuse_address;
	child->reuse_port = listener->reuse_port;
	child->keepalive = listener->keepalive;
	child->only_v6 = listener->only_v6;
	child->has_linger = listener->has_linger;
	child->linger_s = listener->linger_s;
	child->receive_low_bytes = listener->receive_low_bytes;
	child->receive_timeout_us = listener->receive_timeout_us;
	child->send_timeout_us = listener->send_timeout_us;
	child->hop_limit = listener->hop_limit;
	child->traffic_class = listener->traffic_class;
	child->mtu_discover = listener->mtu_discover;
}

static int
accept_next(struct socket_table *table, struct socket *listener, struct socket **child)
{
	const int fd = socket__new(table, SOCKET_STREAM, child);
	if (fd < 0)
		return fd;
	inherit(*child, listener);
	const int err = tcp_accept(listener->stack, listener->conn, socket__user(table, *child),
				   &(*child)->conn);
	if (err == 0)
		return fd;
	socket__free(table, *child);
	return err == ERR_NOT_FOUND ? -EAGAIN : socket__errno(err);
}

int
socket_accept(struct socket_table *table, int fd, struct sockaddr *name, socklen_t *size, int flags)
{
	struct socket *listener = socket__get(table, fd), *child;
	struct tcp_conn_info info;

	if (listener == NULL)
		return -EBADF;
	if (listener->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0)
		return -EINVAL;
	if (listener->kind != SOCKET_STREAM)
		return -EOPNOTSUPP;
	if (listener->phase != SOCKET_LISTENING)
		return -EINVAL;
	if (name != NULL && size == NULL)
		return -EFAULT;
	const int child_fd = accept_next(table, listener, &child);
	if (child_fd < 0)
		return child_fd;
	child->is_nonblocking = (flags & SOCK_NONBLOCK) != 0;
	child->is_close_on_exec = (flags & SOCK_CLOEXEC) != 0;
	socket__chain_add(table, child); /* the port is in use for as long as one of its connections is open */
	if (tcp_info(child->stack, child->conn, &info) == 0) {
		child->local = info.local;
		(void)socket__name_write(child, &info.remote, info.remote_port,
					 socket__zone(child, &info.remote, &info.local), name, size);
	}
	return child_fd;
}

/* ---- shutdown and close ------------------------------------------------------------------------ */

/* Linux gives up an unfinished connection whatever is shut. */
static int
shutdown_unconnected(struct socket_table *table, struct socket *socket, int how)
{
	if (socket->phase == SOCKET_IDLE)
		return -ENOTCONN;
	if (socket->phase == SOCKET_LISTENING && how == SHUT_WR)
		return 0;
	return socket__stream_disconnect(table, socket);
}

int
socket__stream_shutdown(struct socket_table *table, struct socket *socket, int how)
{
	if (socket->phase == SOCKET_IDLE || socket->phase == SOCKET_LISTENING)
		return shutdown_unconnected(table, socket, how);
	const unsigned events = tcp_poll(socket->stack, socket->conn);
	if ((events & (TCP_EVENT_FAILED | TCP_EVENT_CLOSED)) != 0)
		return -ENOTCONN;
	if (socket->phase == SOCKET_CONNECTING && (events & IS_PAST_HANDSHAKE) == 0)
		return shutdown_unconnected(table, socket, how);
	if (how != SHUT_WR) {
		socket->shut_receive = true;
		(void)tcp_shutdown_receive(socket->stack, socket->conn);
	}
	if (how != SHUT_RD && !socket->shut_send) {
		socket->shut_send = true;
		(void)tcp_shutdown(socket->stack, socket->conn, table->now_us);
	}
	socket__wake(table, socket);
	return 0;
}

void
socket__stream_close(struct socket_table *table, struct socket *socket)
{
	if (socket->phase == SOCKET_IDLE)
		return;
	if (socket->phase != SOCKET_LISTENING && socket->has_linger && socket->linger_s == 0)
		tcp_abort(socket->stack, socket->conn, table->now_us);
	else
		tcp_close(socket->stack, socket->conn, table->now_us);
}

bool
socket_is_drained(struct socket_table *table, int fd)
{
	const struct socket *socket = socket__get(table, fd);
	struct tcp_conn_info info;

	if (socket == NULL || socket->kind != SOCKET_STREAM ||
	    (socket->phase != SOCKET_CONNECTING && socket->phase != SOCKET_CONNECTED) ||
	    tcp_info(socket->stack, socket->conn, &info) != 0)
		return true;
	switch (info.state) {
	case TCP_STATE_CLOSED:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_LISTEN: return true;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK: break;
	}
	return false;
}
