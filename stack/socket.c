#include "stack/socket.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "stack/base/arena.h"
#include "stack/socket_priv.h"

#define TABLE_ALIGN      64u
#define SOCKET_TYPE_MASK 0xf /* the rest of socket(2)'s type are flags */

const struct socket_limits socket_limits_default = {
	.socket_count = 1024,
	.datagram_bytes = 4u << 20,
	.watch_count = 2048,
};

/* ---- the table --------------------------------------------------------------------------------- */

static uint32_t
chain_count(uint32_t entry_count)
{
	uint32_t count = 1;
	while (count < entry_count)
		count *= 2;
	return count;
}

size_t
socket_table_bytes(const struct socket_limits *limits)
{
	return sizeof(struct socket_table) + limits->socket_count * sizeof(struct socket) +
	       limits->watch_count * sizeof(struct watch) +
	       chain_count(limits->socket_count) * sizeof(uint32_t) +
	       datagram_pool_bytes(limits->datagram_bytes) + TABLE_ALIGN;
}

struct socket_table *
socket_table_new(void *block, size_t block_bytes, const struct socket_limits *limits,
		 struct rng *rng)
{
	const uint32_t chains = chain_count(limits->socket_count);
	struct arena arena;

	if (block_bytes < socket_table_bytes(limits) || (uintptr_t)block % TABLE_ALIGN != 0)
		return NULL;
	arena_init(&arena, block, block_bytes);
	struct socket_table *table = arena_zalloc(&arena, 1, sizeof *table);
	table->sockets = arena_zalloc(&arena, limits->socket_count, sizeof *table->sockets);
	table->socket_count = limits->socket_count;
	table->free_socket = SOCKET_NONE;
	table->watches = arena_zalloc(&arena, limits->watch_count, sizeof *table->watches);
	table->watch_count = limits->watch_count;
	table->bound_heads = arena_alloc(&arena, chains * sizeof *table->bound_heads);
	table->bound_mask = chains - 1;
	datagram_pool_init(&table->datagrams, &arena, limits->datagram_bytes);
	assert(table->bound_heads != NULL && table->datagrams.chunks != NULL);
	memset(table->bound_heads, 0xff, chains * sizeof *table->bound_heads); /* SOCKET_NONE */
	for (uint32_t i = 0; i < table->watch_count; i++)
		table->watches[i] = (struct watch){ .epoll = SOCKET_NONE, .next_ready = i + 1 };
	if (table->watch_count > 0)
		table->watches[table->watch_count - 1].next_ready = SOCKET_NONE;
	table->free_watch = table->watch_count > 0 ? 0 : SOCKET_NONE;
	table->rng = rng;
	table->tcp_config = tcp_config_default;
	return table;
}

void
socket_set_tcp_config(struct socket_table *table, const struct tcp_config *config)
{
	table->tcp_config = *config;
}

void
socket_set_port_pool(struct socket_table *table, const struct port_pool *pool)
{
	table->ports = pool;
}

void
socket_tell_time(struct socket_table *table, uint64_t now_us)
{
	if (now_us > table->now_us)
		table->now_us = now_us;
}

void
socket_tell_time_of_day(struct socket_table *table, uint64_t now_us, uint64_t epoch_us)
{
	table->epoch_offset_us = epoch_us - now_us;
}

void
socket_stats(const struct socket_table *table, struct socket_stats *stats)
{
	*stats = table->stats;
	stats->datagram_bytes = (table->datagrams.chunk_count - table->datagrams.free_count) *
				(uint32_t)sizeof(struct datagram_chunk);
}

/* ---- descriptors ------------------------------------------------------------------------------- */

struct socket *
socket__get(const struct socket_table *table, int fd)
{
	if (fd < 0 || (uint32_t)fd >= table->high_count)
		return NULL;
	struct socket *socket = &table->sockets[fd];
	return socket->kind == SOCKET_FREE ? NULL : socket;
}

int
socket__fd(const struct socket_table *table, const struct socket *socket)
{
	return (int)(socket - table->sockets);
}

uint64_t
socket__user(const struct socket_table *table, const struct socket *socket)
{
	return (uint64_t)socket->generation << 32 | (uint32_t)(socket - table->sockets);
}

int
socket__new(struct socket_table *table, enum socket_kind kind, struct socket **socket)
{
	uint32_t index = table->free_socket;

	if (index != SOCKET_NONE)
		table->free_socket = table->sockets[index].next_free;
	else if (table->high_count < table->socket_count)
		index = table->high_count++;
	else
		return -EMFILE;
	*socket = &table->sockets[index];
	**socket = (struct socket){
		.kind = kind,
		.generation = (*socket)->generation + 1,
		.next_bound = SOCKET_NONE,
		.previous_bound = SOCKET_NONE,
		.config = table->tcp_config,
		.receive_bytes_max = SOCKET_BUFFER_BYTES,
		.send_bytes_max = SOCKET_BUFFER_BYTES,
		.receive_low_bytes = 1,
		.mtu_discover = IP_PMTUDISC_WANT,
		.watches = SOCKET_NONE,
		.ready_head = SOCKET_NONE,
		.ready_tail = SOCKET_NONE,
		.next_free = SOCKET_NONE,
	};
	datagram_queue_init(&(*socket)->received);
	datagram_queue_init(&(*socket)->errors);
	table->stats.open_count++;
	return (int)index;
}

void
socket__free(struct socket_table *table, struct socket *socket)
{
	datagram_clear(&table->datagrams, &socket->received);
	datagram_clear(&table->datagrams, &socket->errors);
	socket__unbind(table, socket);
	socket__forget_watches(table, socket);
	socket->kind = SOCKET_FREE;
	socket->next_free = table->free_socket;
	table->free_socket = (uint32_t)(socket - table->sockets);
	table->stats.open_count--;
}

int
socket__errno(int err)
{
	switch (err) {
	case ERR_OK: return 0;
	case ERR_FULL:
	case ERR_NO_MEMORY: return -ENOBUFS;
	case ERR_NO_ROUTE: return -ENETUNREACH;
	case ERR_IN_USE:
	case ERR_EXISTS: return -EADDRINUSE;
	case ERR_TOO_BIG: return -EMSGSIZE;
	case ERR_PERMISSION: return -EACCES;
	case ERR_CLOSED: return -EPIPE;
	default: return -EINVAL;
	}
}

/* What socket(2) may be asked for; what is refused is refused in Linux's order. */
static int
kind_of(int domain, int type, int protocol, enum socket_kind *kind)
{
	const int icmp = domain == AF_INET ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6;

	if ((type & ~SOCKET_TYPE_MASK) != 0)
		return -EINVAL;
	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	if (type > SOCK_PACKET || protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW)
		return -ESOCKTNOSUPPORT;
	if (type == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP))
		*kind = SOCKET_STREAM;
	else if (type == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP))
		*kind = SOCKET_UDP;
	else if (type == SOCK_DGRAM && protocol == icmp)
		*kind = SOCKET_ECHO;
	else
		return -EPROTONOSUPPORT;
	return 0;
}

int
socket_open(struct socket_table *table, struct stack *stack, int domain, int type, int protocol)
{
	static const int protocols[] = {
		[SOCKET_STREAM] = IPPROTO_TCP, [SOCKET_UDP] = IPPROTO_UDP
	};
	enum socket_kind kind;
	struct socket *socket;

	int err = kind_of(domain, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), protocol, &kind);
	if (err != 0)
		return err;
	const int fd = socket__new(table, kind, &socket);
	if (fd < 0)
		return fd;
	socket->stack = stack;
	socket->domain = domain;
	socket->protocol = kind == SOCKET_ECHO ? protocol : protocols[kind];
	socket->is_nonblocking = (type & SOCK_NONBLOCK) != 0;
	socket->is_close_on_exec = (type & SOCK_CLOEXEC) != 0;
	return fd;
}

int
socket_close(struct socket_table *table, int fd)
{
	struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	switch (socket->kind) {
	case SOCKET_STREAM: socket__stream_close(table, socket); break;
	case SOCKET_UDP:
	case SOCKET_ECHO: socket__datagram_close(table, socket); break;
	case SOCKET_EPOLL:
	case SOCKET_FREE: break;
	}
	socket__free(table, socket);
	return 0;
}

/* ---- what comes up ----------------------------------------------------------------------------- */

static struct socket *
socket_of_user(const struct socket_table *table, const struct stack *stack, uint64_t user)
{
	struct socket *socket = socket__get(table, (int)(user & INT32_MAX));

	if (socket == NULL || socket->stack != stack || socket__user(table, socket) != user)
		return NULL;
	return socket;
}

static struct socket *
socket_of_conn(const struct socket_table *table, const struct stack *stack,
	       const struct stack_action *action)
{
	struct socket *socket = socket_of_user(table, stack, action->user);

	if (socket == NULL || socket->kind != SOCKET_STREAM || socket->conn != action->conn)
		return NULL;
	return socket;
}

/* Echo replies name the request instead of the user. */
static struct socket *
socket_of_ident(const struct socket_table *table, const struct stack *stack, uint16_t ident)
{
	for (uint32_t i = *socket__chain(table, SOCKET_ECHO, ident); i != SOCKET_NONE;
	     i = table->sockets[i].next_bound) {
		struct socket *socket = &table->sockets[i];
		if (socket->kind == SOCKET_ECHO && socket->stack == stack &&
		    socket->local_port == ident)
			return socket;
	}
	return NULL;
}

static struct socket *
socket_of_datagram(const struct socket_table *table, const struct stack *stack,
		   const struct stack_action *action)
{
	struct socket *socket = socket_of_user(table, stack, action->user);

	if (socket == NULL || socket->kind != SOCKET_UDP ||
	    socket->local_port != action->local_port)
		return NULL;
	/* Taken in by the listener before connect named another peer. */
	if (action->flow != 0 ? !socket->is_connected || socket->flow != action->flow
			      : !socket->is_listening)
		return NULL;
	return socket;
}

/* Errors about echo requests have no ports: a UDP flow always has. */
static struct socket *
socket_of_action(const struct socket_table *table, const struct stack *stack,
		 const struct stack_action *action)
{
	switch (action->kind) {
	case STACK_TRANSMIT: return NULL;
	case STACK_TCP: return socket_of_conn(table, stack, action);
	case STACK_ECHO: return socket_of_ident(table, stack, (uint16_t)(action->user >> 16));
	case STACK_DATAGRAM: return socket_of_datagram(table, stack, action);
	case STACK_ERROR:
		if (action->flow == 0 && action->local_port == 0)
			return socket_of_ident(table, stack, (uint16_t)(action->user >> 16));
		return socket_of_datagram(table, stack, action);
	}
	return NULL;
}

bool
socket_action(struct socket_table *table, struct stack *stack, const struct stack_action *action)
{
	struct socket *socket = socket_of_action(table, stack, action);

	if (socket == NULL)
		return false;
	if (action->kind != STACK_TCP)
		socket__datagram_heard(table, socket, action);
	socket__wake(table, socket);
	return true;
}

/* ---- calls that every kind has ------------------------------------------------------------------ */

int
socket_connect(struct socket_table *table, int fd, const struct sockaddr *name, socklen_t size)
{
	struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	if (socket->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	if (name == NULL)
		return -EFAULT;
	if (size < sizeof name->sa_family)
		return -EINVAL;
	if (name->sa_family == AF_UNSPEC)
		return socket->kind == SOCKET_STREAM ? socket__stream_disconnect(table, socket)
						     : socket__datagram_disconnect(table, socket);
	return socket->kind == SOCKET_STREAM ? socket__stream_connect(table, socket, name, size)
					     : socket__datagram_connect(table, socket, name, size);
}

int
socket_listen(struct socket_table *table, int fd, int backlog)
{
	struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	if (socket->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	if (socket->kind != SOCKET_STREAM)
		return -EOPNOTSUPP;
	return socket__stream_listen(table, socket, backlog);
}

int
socket_shutdown(struct socket_table *table, int fd, int how)
{
	struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	if (socket->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (socket->kind == SOCKET_STREAM)
		return socket__stream_shutdown(table, socket, how);
	/* As Linux, whose programs wake readers so: without a peer it is an error that takes effect. */
	socket->shut_receive = socket->shut_receive || how != SHUT_WR;
	socket->shut_send = socket->shut_send || how != SHUT_RD;
	socket__wake(table, socket);
	return socket->is_connected ? 0 : -ENOTCONN;
}

/* The buffers of a message as far as they can be told to be wrong. */
static int
message_check(const struct msghdr *message)
{
	size_t total = 0;

	if (message->msg_iovlen > IOV_MAX)
		return -EMSGSIZE;
	if (message->msg_iov == NULL && message->msg_iovlen > 0)
		return -EFAULT;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		if (message->msg_iov[i].iov_len > SSIZE_MAX - total)
			return -EINVAL;
		total += message->msg_iov[i].iov_len;
	}
	return 0;
}

static int
message_begin(struct socket_table *table, int fd, const struct msghdr *message,
	      struct socket **socket)
{
	*socket = socket__get(table, fd);
	if (*socket == NULL)
		return -EBADF;
	if ((*socket)->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	return message == NULL ? -EFAULT : message_check(message);
}

ssize_t
socket_sendmsg(struct socket_table *table, int fd, const struct msghdr *message, int flags)
{
	struct socket *socket;

	const int err = message_begin(table, fd, message, &socket);
	if (err != 0)
		return err;
	return socket->kind == SOCKET_STREAM ? socket__stream_send(table, socket, message, flags)
					     : socket__datagram_send(table, socket, message, flags);
}

ssize_t
socket_recvmsg(struct socket_table *table, int fd, struct msghdr *message, int flags)
{
	struct socket *socket;

	const int err = message_begin(table, fd, message, &socket);
	if (err != 0)
		return err;
	message->msg_flags = 0;
	return socket->kind == SOCKET_STREAM
		       ? socket__stream_receive(table, socket, message, flags)
		       : socket__datagram_receive(table, socket, message, flags);
}

int
socket_manners(struct socket_table *table, int fd, struct socket_manners *manners)
{
	const struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	*manners = (struct socket_manners){
		.is_nonblocking = socket->is_nonblocking,
		.is_stream = socket->kind == SOCKET_STREAM,
		.receive_timeout_us = socket->receive_timeout_us,
		.send_timeout_us = socket->send_timeout_us,
		.receive_low_bytes = socket->receive_low_bytes,
		.has_linger = socket->has_linger,
		.linger_us = (uint64_t)socket->linger_s * 1000000,
	};
	return 0;
}
