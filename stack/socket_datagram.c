/*
 * UDP sockets (RFC 768; RFC 1122, section 4.1) and echo sockets (RFC 792, RFC 4443).
 *
 * A UDP socket that is connected is a flow of the stack, one that is only bound a listener.  An echo
 * socket's port is the identifier of its requests; messages begin with the ICMP header, in which the
 * stack fills in identifier and checksum, as with Linux's ping sockets.
 */
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>
#include <poll.h>
#include <string.h>

#include "stack/base/cursor.h"
#include "stack/icmp.h"
#include "stack/ip.h"
#include "stack/route.h"
#include "stack/socket_priv.h"

#define ECHO_HEADER_BYTES ICMP_HEADER_BYTES

/* ---- names ------------------------------------------------------------------------------------- */

/* Bound without a peer: datagrams from anybody are taken. */
int
socket__datagram_bound(struct socket_table *table, struct socket *socket)
{
	const struct ip_addr local = socket__local_any(socket);

	const int err = (socket->reuse_port ? udp_listen_shared : udp_listen)(
		socket->stack, &local, socket->local_port, socket__user(table, socket));
	if (err != 0)
		return socket__errno(err);
	socket->is_listening = true;
	return 0;
}

static void
unlisten(const struct socket_table *table, struct socket *socket)
{
	const struct ip_addr local = socket__local_any(socket);

	if (socket->is_listening)
		(void)udp_unlisten(socket->stack, &local, socket->local_port, socket__user(table, socket));
	socket->is_listening = false;
}

static void
options_apply(const struct socket *socket)
{
	const struct udp_options options = { .hop_limit = socket->hop_limit,
					     .traffic_class = socket->traffic_class };

	if (socket->kind == SOCKET_UDP && socket->is_connected)
		udp_set_options(socket->stack, socket->flow, &options);
}

static bool
is_allowed(const struct socket *socket, const struct ip_addr *remote)
{
	struct route_hop hop;

	if (socket->broadcast || remote->family != ADDR_IPV4)
		return true;
	return !addr_is_broadcast(remote) &&
	       (route_lookup(socket->stack, remote, &hop) != 0 || hop.kind != ROUTE_BROADCAST);
}

static bool
is_connected_to(const struct socket *socket, const struct socket_peer *peer)
{
	return socket->is_connected && peer->port == socket->peer.port &&
	       addr_equal(&peer->addr, &socket->peer.addr) && addr_equal(&peer->local, &socket->peer.local);
}

static int
connect_udp(struct socket_table *table, struct socket *socket, const struct socket_peer *peer)
{
	udp_flow flow;

	if (is_connected_to(socket, peer))
		return 0;
	/* Not bound, the stack draws the port; bound, only the peer can be heard from now on. */
	const int err = udp_open(socket->stack, &peer->addr, peer->port, &peer->local, socket->local_port,
				 socket__user(table, socket), &flow);
	if (err != 0)
		return err == ERR_IN_USE ? -EADDRNOTAVAIL : socket__errno(err);
	if (socket->is_connected)
		udp_close(socket->stack, socket->flow);
	unlisten(table, socket);
	socket->flow = flow;
	if (socket->local_port == 0) {
		struct ip_addr local;
		(void)udp_local(socket->stack, flow, &local, &socket->local_port);
		socket->is_port_drawn = true;
		socket__chain_add(table, socket);
	}
	return 0;
}

int
socket__datagram_connect(struct socket_table *table, struct socket *socket,
			 const struct sockaddr *name, socklen_t size)
{
	struct socket_peer peer;

	int err = socket__peer_read(socket, name, size, &peer);
	if (err != 0)
		return err;
	if (!is_allowed(socket, &peer.addr))
		return -EACCES;
	if (socket->kind == SOCKET_UDP)
		err = connect_udp(table, socket, &peer);
	else if (socket->local_port == 0)
		err = socket__bind_any(table, socket);
	if (err != 0)
		return err;
	socket->is_connected = true;
	socket->peer = peer;
	socket->shut_receive = socket->shut_send = false;
	options_apply(socket);
	return 0;
}

int
socket__datagram_disconnect(struct socket_table *table, struct socket *socket)
{
	if (!socket->is_connected)
		return 0;
	socket->is_connected = false;
	socket->peer = (struct socket_peer){ .addr = { .family = ADDR_NONE } };
	if (socket->kind != SOCKET_UDP)
		return 0;
	udp_close(socket->stack, socket->flow);
	if (socket->is_port_drawn) {
		socket__unbind(table, socket);
		socket->local_port = 0;
		socket->is_port_drawn = false;
		return 0;
	}
	return socket__datagram_bound(table, socket);
}

void
socket__datagram_close(struct socket_table *table, struct socket *socket)
{
	if (socket->kind == SOCKET_UDP && socket->is_connected)
		udp_close(socket->stack, socket->flow);
	unlisten(table, socket);
}

/* ---- out --------------------------------------------------------------------------------------- */

/* One contiguous datagram out of the caller's buffers. */
static ssize_t
gather(const struct msghdr *message, uint8_t *out, size_t out_bytes)
{
	size_t size = 0;

	for (size_t i = 0; i < message->msg_iovlen; i++) {
		const struct iovec *buffer = &message->msg_iov[i];
		if (buffer->iov_len == 0)
			continue;
		if (buffer->iov_base == NULL)
			return -EFAULT;
		if (buffer->iov_len > out_bytes - size)
			return -EMSGSIZE;
		memcpy(out + size, buffer->iov_base, buffer->iov_len);
		size += buffer->iov_len;
	}
	return (ssize_t)size;
}

/* Whom one datagram is for, and how it goes. */
struct sending {
	struct socket_peer peer;
	struct datagram_manner manner;
};

static bool
is_too_long_to_pass(const struct socket *socket, const struct ip_addr *remote, size_t size,
		    uint64_t now_us)
{
	const size_t headers =
		(remote->family == ADDR_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) + 8;

	return (socket->mtu_discover == IP_PMTUDISC_DO ||
		socket->mtu_discover == IP_PMTUDISC_PROBE) &&
	       headers + size > stack_path_mtu(socket->stack, remote, now_us);
}

static int
send_udp(struct socket_table *table, const struct socket *socket, const struct sending *sending,
	 const uint8_t *payload, size_t size)
{
	const struct datagram_manner *manner = &sending->manner;
	const struct socket_peer *peer = &sending->peer;
	const struct udp_options options = { .hop_limit = manner->hop_limit,
					     .traffic_class = manner->traffic_class };

	if (manner->hop_limit == socket->hop_limit && manner->traffic_class == socket->traffic_class &&
	    is_connected_to(socket, peer))
		return udp_send(socket->stack, socket->flow, payload, size, table->now_us);
	return udp_send_to(socket->stack, &peer->local, socket->local_port, &peer->addr, peer->port, &options, payload,
			   size, table->now_us);
}

/* Only requests may be sent. */
static int
send_echo(struct socket_table *table, const struct socket *socket, const struct sending *sending,
	  const uint8_t *message, size_t size)
{
	struct cursor c = cursor_over(message, size);
	const uint8_t type = cursor_u8(&c), code = cursor_u8(&c);

	cursor_skip(&c, 4);
	const uint16_t sequence = cursor_u16(&c);
	if (c.err != 0 || code != 0 ||
	    type != (socket->domain == AF_INET ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST))
		return ERR_MALFORMED;
	return stack_echo_send(socket->stack, &sending->peer.local, &sending->peer.addr, socket->local_port,
			       sequence, sending->manner.hop_limit, message + ECHO_HEADER_BYTES,
			       size - ECHO_HEADER_BYTES, table->now_us);
}

/* To whom: the name given, else the peer. */
static int
destination(const struct socket *socket, const struct msghdr *message, struct socket_peer *peer)
{
	*peer = socket->peer;
	if (message->msg_name == NULL || message->msg_namelen == 0) {
		if (!socket->is_connected)
			return -EDESTADDRREQ;
	} else {
		const int err = socket__peer_read(socket, message->msg_name, message->msg_namelen, peer);
		if (err != 0)
			return err;
	}
	if (socket->kind == SOCKET_UDP && peer->port == 0)
		return -EINVAL;
	return is_allowed(socket, &peer->addr) ? 0 : -EACCES;
}

/* How it goes: as ancillary data say, which also may name another own address, and the link (RFC 3542, section 6.2). */
static int
read_manner(const struct socket *socket, const struct msghdr *message, struct sending *sending)
{
	const struct datagram_manner *manner = &sending->manner;
	struct socket_peer *peer = &sending->peer;

	const int err = socket__ancillary_read(socket, message, &sending->manner);
	if (err != 0)
		return err;
	if (manner->source.family != ADDR_NONE) {
		if (manner->source.family != peer->addr.family)
			return -EINVAL;
		peer->local = manner->source;
	}
	if (manner->zone == 0 || peer->addr.family != ADDR_IPV6 || !addr_is_of_link(&peer->addr))
		return 0;
	if (peer->local.family == ADDR_NONE)
		return socket__errno(stack_zone_addr(socket->stack, manner->zone, &peer->local));
	return stack_zone_of(socket->stack, &peer->local) == manner->zone ? 0 : -EINVAL;
}

ssize_t
socket__datagram_send(struct socket_table *table, struct socket *socket,
		      const struct msghdr *message, int flags)
{
	uint8_t payload[SOCKET_UDP_BYTES_MAX];
	struct sending sending;

	if ((flags & MSG_OOB) != 0)
		return -EOPNOTSUPP;
	int err = socket__datagram_take_error(socket);
	if (err != 0)
		return -err;
	if (socket->shut_send)
		return -EPIPE;
	err = destination(socket, message, &sending.peer);
	if (err == 0)
		err = read_manner(socket, message, &sending);
	if (err == 0 && socket->local_port == 0)
		err = socket__bind_any(table, socket);
	if (err != 0)
		return err;
	const ssize_t size = gather(message, payload, sizeof payload);
	if (size < 0)
		return size;
	if (is_too_long_to_pass(socket, &sending.peer.addr, (size_t)size, table->now_us))
		return -EMSGSIZE;
	err = socket->kind == SOCKET_UDP
		      ? send_udp(table, socket, &sending, payload, (size_t)size)
		      : send_echo(table, socket, &sending, payload, (size_t)size);
	return err != 0 ? socket__errno(err) : size;
}

/* ---- what comes up ----------------------------------------------------------------------------- */

static int
error_errno(enum stack_error error)
{
	switch (error) {
	case STACK_ERROR_NET_UNREACHABLE: return ENETUNREACH;
	case STACK_ERROR_PORT_UNREACHABLE: return ECONNREFUSED;
	case STACK_ERROR_TOO_BIG: return EMSGSIZE;
	case STACK_ERROR_HOST_UNREACHABLE:
	case STACK_ERROR_PROHIBITED:
	case STACK_ERROR_TIME_EXCEEDED: return EHOSTUNREACH;
	}
	return EHOSTUNREACH;
}

/* Only what cannot pass away by itself is told to who has not asked for more (RFC 1122, section 4.1.3.3). */
static bool
is_hard(const struct socket *socket, enum stack_error error)
{
	return error == STACK_ERROR_PORT_UNREACHABLE ||
	       (error == STACK_ERROR_TOO_BIG && socket->mtu_discover != IP_PMTUDISC_DONT);
}

static void
error_heard(struct socket_table *table, struct socket *socket, const struct stack_action *action)
{
	const bool is_local = action->router.family == ADDR_NONE;
	const struct datagram datagram = {
		.local = action->router,
		.remote = action->remote,
		.remote_port = action->remote_port,
		.error = (uint8_t)error_errno(action->error),
		.origin = is_local                             ? SO_EE_ORIGIN_LOCAL
			  : action->remote.family == ADDR_IPV4 ? SO_EE_ORIGIN_ICMP
							       : SO_EE_ORIGIN_ICMP6,
		.info = action->mtu,
		.ifindex = (uint8_t)action->ifindex,
	};

	if (socket->wants_errors &&
	    socket->errors.bytes + datagram_cost(0) <= socket->receive_bytes_max)
		(void)datagram_put(&table->datagrams, &socket->errors, &datagram, NULL);
	if (socket->wants_errors || (socket->is_connected && is_hard(socket, action->error)))
		socket->pending_error = datagram.error;
}

/* The ICMP header that the program is to see before the payload. */
static size_t
echo_header(const struct stack_action *action, uint8_t *out, size_t out_bytes)
{
	struct writer w = writer_over(out, out_bytes);

	writer_u8(&w, action->remote.family == ADDR_IPV4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY);
	writer_u8(&w, 0);
	writer_u16(&w, 0);                      /* the checksum was right */
	writer_u32(&w, (uint32_t)action->user); /* identifier and sequence number */
	return w.pos;
}

static void
datagram_heard(struct socket_table *table, struct socket *socket, const struct stack_action *action)
{
	uint8_t echo[ECHO_HEADER_BYTES + UINT16_MAX];
	const void *bytes = action->bytes;
	struct datagram datagram = {
		.local = action->local,
		.remote = action->remote,
		.local_port = action->local_port,
		.remote_port = action->remote_port,
		.hop_limit = action->hop_limit,
		.traffic_class = action->traffic_class,
		.arrived_us = table->now_us + table->epoch_offset_us,
		.ifindex = (uint8_t)action->ifindex,
		.size = (uint32_t)action->size,
	};

	if (socket->kind == SOCKET_ECHO) {
		const size_t header_bytes = echo_header(action, echo, sizeof echo);
		if (action->size > sizeof echo - header_bytes)
			return;
		memcpy(echo + header_bytes, action->bytes, action->size);
		datagram.size += (uint32_t)header_bytes;
		bytes = echo;
	}
	if (socket->shut_receive ||
	    socket->received.bytes + datagram_cost(datagram.size) > socket->receive_bytes_max ||
	    !datagram_put(&table->datagrams, &socket->received, &datagram, bytes))
		table->stats.datagrams_dropped++;
}

void
socket__datagram_heard(struct socket_table *table, struct socket *socket,
		       const struct stack_action *action)
{
	if (action->kind == STACK_ERROR)
		error_heard(table, socket, action);
	else if (socket->kind == SOCKET_UDP || !socket->is_connected ||
		 addr_equal(&action->remote, &socket->peer.addr))
		datagram_heard(table, socket, action);
}

/* ---- in ---------------------------------------------------------------------------------------- */

int
socket__datagram_take_error(struct socket *socket)
{
	const int error = socket->pending_error;

	socket->pending_error = 0;
	return error;
}

/* Spreads the oldest datagram over the buffers; -EFAULT leaves it where it is. */
static ssize_t
scatter(const struct socket_table *table, const struct socket *socket, struct msghdr *message,
	size_t size)
{
	size_t done = 0;

	for (size_t i = 0; i < message->msg_iovlen && done < size; i++) {
		const struct iovec *buffer = &message->msg_iov[i];
		if (buffer->iov_len == 0)
			continue;
		if (buffer->iov_base == NULL)
			return -EFAULT;
		done += datagram_copy(&table->datagrams, &socket->received, done, buffer->iov_base,
				      buffer->iov_len);
	}
	if (done < size)
		message->msg_flags |= MSG_TRUNC;
	return (ssize_t)done;
}

/* The name is cut to the room that there is, msg_namelen tells the whole. */
static void
name_out(const struct socket *socket, const struct datagram *datagram, struct msghdr *message)
{
	if (message->msg_name == NULL) {
		message->msg_namelen = 0;
		return;
	}
	(void)socket__name_write(socket, &datagram->remote, datagram->remote_port,
				 socket__datagram_zone(socket, datagram, &datagram->remote), message->msg_name,
				 &message->msg_namelen);
}

/* MSG_ERRQUEUE (ip(7)): what became of a datagram, as ancillary data; the datagram itself is not kept. */
static ssize_t
receive_error(struct socket_table *table, struct socket *socket, struct msghdr *message)
{
	const struct datagram *datagram = datagram_first(&table->datagrams, &socket->errors);

	if (datagram == NULL)
		return -EAGAIN;
	name_out(socket, datagram, message);
	socket__ancillary_write(socket, datagram, message);
	message->msg_flags |= MSG_ERRQUEUE;
	datagram_drop(&table->datagrams, &socket->errors);
	socket->pending_error = 0;
	datagram = datagram_first(&table->datagrams, &socket->errors);
	if (datagram != NULL)
		socket->pending_error = datagram->error;
	return 0;
}

ssize_t
socket__datagram_receive(struct socket_table *table, struct socket *socket, struct msghdr *message,
			 int flags)
{
	if ((flags & MSG_OOB) != 0)
		return -EOPNOTSUPP;
	if ((flags & MSG_ERRQUEUE) != 0)
		return receive_error(table, socket, message);
	const int error = socket__datagram_take_error(socket);
	if (error != 0)
		return -error;
	const struct datagram *datagram = datagram_first(&table->datagrams, &socket->received);
	if (datagram == NULL)
		return socket->shut_receive ? 0 : -EAGAIN;
	const size_t size = datagram->size;
	const ssize_t copied = scatter(table, socket, message, size);
	if (copied < 0)
		return copied;
	name_out(socket, datagram, message);
	socket__ancillary_write(socket, datagram, message);
	if ((flags & MSG_PEEK) == 0)
		datagram_drop(&table->datagrams, &socket->received);
	return (flags & MSG_TRUNC) != 0 ? (ssize_t)size : copied;
}

short
socket__datagram_poll(const struct socket_table *table, const struct socket *socket)
{
	int ready = 0;

	if (socket->shut_receive || datagram_first(&table->datagrams, &socket->received) != NULL)
		ready |= POLLIN | POLLRDNORM;
	if (socket->shut_receive)
		ready |= POLLRDHUP;
	if (socket->shut_receive && socket->shut_send)
		ready |= POLLHUP;
	ready |= POLLOUT | POLLWRNORM; /* the stack takes or drops at once */
	if (socket->pending_error != 0 ||
	    datagram_first(&table->datagrams, &socket->errors) != NULL)
		ready |= POLLERR;
	return (short)ready;
}
