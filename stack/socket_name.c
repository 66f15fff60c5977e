/*
 * The names of sockets: struct sockaddr in and out, and who may have which port.
 */
#include <string.h>

#include "stack/route.h"
#include "stack/socket_priv.h"

#define SOCKADDR_IN6_BYTES_MIN 24u /* RFC 2133's, without sin6_scope_id */

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* ---- struct sockaddr in ------------------------------------------------------------------------ */

/* As read from a struct sockaddr. */
struct socket_name {
	struct ip_addr addr;
	uint16_t port;
	uint32_t zone; /* of a link-local address or group; 0: not told */
};

static int
name_read4(const struct sockaddr *name, socklen_t size, struct socket_name *out)
{
	struct sockaddr_in in;

	if (size < sizeof in)
		return -EINVAL;
	memcpy(&in, name, sizeof in);
	*out = (struct socket_name){ .addr = addr_ipv4((const uint8_t *)&in.sin_addr), .port = ntohs(in.sin_port) };
	return 0;
}

static int
name_read6(const struct sockaddr *name, socklen_t size, struct socket_name *out)
{
	struct sockaddr_in6 in6 = { 0 };

	if (size < SOCKADDR_IN6_BYTES_MIN)
		return -EINVAL;
	memcpy(&in6, name, size < sizeof in6 ? size : sizeof in6);
	*out = (struct socket_name){ .addr = addr_ipv6(in6.sin6_addr.s6_addr), .port = ntohs(in6.sin6_port) };
	if (addr_is_ipv4_mapped(&out->addr))
		out->addr = addr_ipv4(out->addr.octets + sizeof mapped_prefix);
	else if (addr_is_of_link(&out->addr))
		out->zone = in6.sin6_scope_id;
	return 0;
}

/* Only an AF_INET6 socket can have read a mapped address. */
static int
name_read(const struct socket *socket, const struct sockaddr *name, socklen_t size, struct socket_name *out)
{
	if (size < sizeof name->sa_family)
		return -EINVAL;
	if (name->sa_family != socket->domain)
		return -EAFNOSUPPORT;
	return socket->domain == AF_INET ? name_read4(name, size, out) : name_read6(name, size, out);
}

/* The own address that goes there: the one that is bound, or one on the link that the name tells. */
static int
choose_local(const struct socket *socket, uint32_t zone, struct ip_addr *local)
{
	const bool is_any = addr_is_unspecified(&socket->local);

	*local = is_any ? (struct ip_addr){ .family = ADDR_NONE } : socket->local;
	if (zone == 0)
		return 0;
	if (is_any)
		return socket__errno(stack_zone_addr(socket->stack, zone, local));
	return stack_zone_of(socket->stack, local) == zone ? 0 : -EINVAL;
}

int
socket__peer_read(const struct socket *socket, const struct sockaddr *name, socklen_t size,
		  struct socket_peer *peer)
{
	static const uint8_t loopback4[4] = { 127, 0, 0, 1 };
	static const uint8_t loopback6[16] = { [15] = 1 };
	struct socket_name to;

	const int err = name_read(socket, name, size, &to);
	if (err != 0)
		return err;
	if (socket->domain == AF_INET6 && socket->only_v6 && to.addr.family == ADDR_IPV4)
		return -ENETUNREACH;
	if (!addr_is_unspecified(&socket->local) && socket->local.family != to.addr.family)
		return -ENETUNREACH;
	if (addr_is_unspecified(&to.addr)) /* this host, as everywhere since 4.2BSD */
		to.addr = to.addr.family == ADDR_IPV4 ? addr_ipv4(loopback4) : addr_ipv6(loopback6);
	peer->addr = to.addr;
	peer->port = to.port;
	return choose_local(socket, to.zone, &peer->local);
}

/* ---- struct sockaddr out ----------------------------------------------------------------------- */

static bool
has_zone(const struct ip_addr *addr)
{
	return addr->family == ADDR_IPV6 && addr_is_of_link(addr);
}

uint32_t
socket__zone(const struct socket *socket, const struct ip_addr *addr, const struct ip_addr *local)
{
	return has_zone(addr) ? stack_zone_of(socket->stack, local) : 0;
}

uint32_t
socket__datagram_zone(const struct socket *socket, const struct datagram *datagram, const struct ip_addr *addr)
{
	return has_zone(addr) ? stack_zone_heard(socket->stack, datagram->ifindex, &datagram->local, addr) : 0;
}

int
socket__name_write(const struct socket *socket, const struct ip_addr *addr, uint16_t port,
		   uint32_t zone, struct sockaddr *name, socklen_t *size)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = zone };
	const bool is_v6 = socket->domain == AF_INET6;
	const socklen_t whole = is_v6 ? sizeof in6 : sizeof in;

	if (name == NULL)
		return 0;
	if (size == NULL)
		return -EFAULT;
	if (!is_v6) {
		memcpy(&in.sin_addr, addr->octets, sizeof in.sin_addr);
	} else if (addr->family == ADDR_IPV4) {
		memcpy(in6.sin6_addr.s6_addr, mapped_prefix, sizeof mapped_prefix);
		memcpy(in6.sin6_addr.s6_addr + sizeof mapped_prefix, addr->octets, 4);
	} else {
		memcpy(in6.sin6_addr.s6_addr, addr->octets, sizeof addr->octets);
	}
	memcpy(name, is_v6 ? (const void *)&in6 : (const void *)&in, *size < whole ? *size : whole);
	*size = whole;
	return 0;
}

/* ---- local ports ------------------------------------------------------------------------------- */

struct ip_addr
socket__local_any(const struct socket *socket)
{
	static const uint8_t zeros[16];

	if (!addr_is_unspecified(&socket->local))
		return socket->local;
	if (socket->domain == AF_INET)
		return addr_ipv4(zeros);
	return socket->only_v6 ? addr_ipv6(zeros) : (struct ip_addr){ .family = ADDR_NONE };
}

static bool
do_overlap(const struct socket *a, const struct socket *b)
{
	const struct ip_addr one = socket__local_any(a), other = socket__local_any(b);

	if (one.family == ADDR_NONE || other.family == ADDR_NONE)
		return true;
	if (one.family != other.family)
		return false;
	return addr_is_unspecified(&one) || addr_is_unspecified(&other) || addr_equal(&one, &other);
}

/* Who asks for any port wants one of his own. */
static bool
may_not_share(const struct socket *a, const struct socket *b)
{
	(void)a, (void)b;
	return false;
}

/*
 * SO_REUSEADDR lets TCP names be shared as long as nobody listens there.  UDP names too as far as this layer goes, but the
 * stack refuses what has not SO_REUSEPORT.
 */
static bool
may_share(const struct socket *a, const struct socket *b)
{
	if (a->reuse_port && b->reuse_port)
		return true;
	if (!a->reuse_address || !b->reuse_address)
		return false;
	return a->kind != SOCKET_STREAM ||
	       (a->phase != SOCKET_LISTENING && b->phase != SOCKET_LISTENING);
}

/* Apart by kind: nobody who looks for a datagram socket has to pass the connections of a busy listener. */
uint32_t *
socket__chain(const struct socket_table *table, enum socket_kind kind, uint16_t port)
{
	return &table->bound_heads[(port * (uint32_t)SOCKET_EPOLL + kind) & table->bound_mask];
}

/* No other has it that this one may not share it with. */
static bool
is_port_left(const struct socket_table *table, const struct socket *socket, uint16_t port,
	     bool (*is_shared)(const struct socket *a, const struct socket *b))
{
	for (uint32_t i = *socket__chain(table, socket->kind, port); i != SOCKET_NONE;
	     i = table->sockets[i].next_bound) {
		const struct socket *other = &table->sockets[i];
		if (other != socket && other->kind == socket->kind && other->protocol == socket->protocol &&
		    other->stack == socket->stack && other->local_port == port &&
		    do_overlap(socket, other) && !is_shared(socket, other))
			return false;
	}
	return true;
}

bool
socket__is_port_free(const struct socket_table *table, const struct socket *socket, uint16_t port)
{
	return is_port_left(table, socket, port, may_share);
}

void
socket__chain_add(struct socket_table *table, struct socket *socket)
{
	uint32_t *head = socket__chain(table, socket->kind, socket->local_port);
	const uint32_t index = (uint32_t)socket__fd(table, socket);

	socket->next_bound = *head;
	socket->previous_bound = SOCKET_NONE;
	if (*head != SOCKET_NONE)
		table->sockets[*head].previous_bound = index;
	*head = index;
	socket->is_bound = true;
}

/* Takes the port if the stack agrees, which may have users that are no sockets. */
static int
port_take(struct socket_table *table, struct socket *socket, uint16_t port)
{
	socket->local_port = port;
	const int err = socket->kind == SOCKET_UDP ? socket__datagram_bound(table, socket) : 0;
	if (err != 0) {
		socket->local_port = 0;
		return err;
	}
	socket__chain_add(table, socket);
	return 0;
}

static uint16_t
port_draw(const struct socket_table *table)
{
	const struct port_pool *pool = table->ports;

	if (pool != NULL)
		return pool->ports[rng_below(table->rng, pool->count)];
	return (uint16_t)(SOCKET_PORT_MIN +
			  rng_below(table->rng, SOCKET_PORT_MAX - SOCKET_PORT_MIN + 1));
}

int
socket__bind_any(struct socket_table *table, struct socket *socket)
{
	if (table->ports != NULL && table->ports->count == 0)
		return -EADDRINUSE;
	for (unsigned i = 0; i < SOCKET_PORT_DRAWS; i++) {
		const uint16_t port = port_draw(table);
		if (!is_port_left(table, socket, port, may_not_share))
			continue;
		const int err = port_take(table, socket, port);
		if (err != -EADDRINUSE)
			return err;
	}
	return -EADDRINUSE;
}

void
socket__unbind(struct socket_table *table, struct socket *socket)
{
	if (!socket->is_bound)
		return;
	if (socket->previous_bound != SOCKET_NONE)
		table->sockets[socket->previous_bound].next_bound = socket->next_bound;
	else
		*socket__chain(table, socket->kind, socket->local_port) = socket->next_bound;
	if (socket->next_bound != SOCKET_NONE)
		table->sockets[socket->next_bound].previous_bound = socket->previous_bound;
	socket->next_bound = socket->previous_bound = SOCKET_NONE;
	socket->is_bound = false;
}

/* A name that bind may give: any address, or one of ours. */
static int
local_check(const struct socket *socket, const struct ip_addr *addr, uint32_t zone)
{
	struct route_hop hop;

	if (addr_is_unspecified(addr))
		return 0;
	if (socket->domain == AF_INET6 && socket->only_v6 && addr->family == ADDR_IPV4)
		return -EINVAL;
	if (route_lookup(socket->stack, addr, &hop) != 0 || hop.kind != ROUTE_LOCAL)
		return -EADDRNOTAVAIL;
	return zone == 0 || stack_zone_of(socket->stack, addr) == zone ? 0 : -EADDRNOTAVAIL;
}

int
socket_bind(struct socket_table *table, int fd, const struct sockaddr *name, socklen_t size)
{
	struct socket *socket = socket__get(table, fd);
	struct socket_name as;

	if (socket == NULL)
		return -EBADF;
	if (socket->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	if (name == NULL)
		return -EFAULT;
	int err = name_read(socket, name, size, &as);
	if (err != 0)
		return err;
	if (socket->local_port != 0 || socket->phase != SOCKET_IDLE)
		return -EINVAL;
	err = local_check(socket, &as.addr, as.zone);
	if (err != 0)
		return err;
	const struct ip_addr local_before = socket->local;
	socket->local = as.addr;
	if (as.port == 0)
		err = socket__bind_any(table, socket);
	else
		err = socket__is_port_free(table, socket, as.port) ? port_take(table, socket, as.port) : -EADDRINUSE;
	if (err != 0)
		socket->local = local_before;
	return err;
}

/* ---- getsockname, getpeername ------------------------------------------------------------------ */

static void
names_of_flow(const struct socket *socket, struct ip_addr *local, uint16_t *port)
{
	if (socket->kind == SOCKET_UDP && socket->is_connected)
		(void)udp_local(socket->stack, socket->flow, local, port);
}

/* What both calls refuse first, in the order in which they do. */
static int
name_ask(struct socket_table *table, int fd, const struct sockaddr *name, const socklen_t *size,
	 const struct socket **socket)
{
	*socket = socket__get(table, fd);
	if (*socket == NULL)
		return -EBADF;
	if ((*socket)->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	return name == NULL || size == NULL ? -EFAULT : 0;
}

int
socket_getsockname(struct socket_table *table, int fd, struct sockaddr *name, socklen_t *size)
{
	const struct socket *socket;
	struct tcp_conn_info info;
	const int err = name_ask(table, fd, name, size, &socket);

	if (err != 0)
		return err;
	struct ip_addr local = socket->local;
	uint16_t port = socket->local_port;
	if (socket->kind != SOCKET_STREAM) {
		names_of_flow(socket, &local, &port);
	} else if (socket->phase != SOCKET_IDLE && socket->phase != SOCKET_LISTENING &&
		   tcp_info(socket->stack, socket->conn, &info) == 0) {
		local = info.local;
		port = info.local_port;
	}
	return socket__name_write(socket, &local, port, socket__zone(socket, &local, &local), name, size);
}

static int
datagram_peer(const struct socket *socket, struct sockaddr *name, socklen_t *size)
{
	const struct socket_peer *peer = &socket->peer;
	struct ip_addr local = peer->local;
	uint16_t port;

	if (!socket->is_connected || (socket->kind == SOCKET_UDP && peer->port == 0))
		return -ENOTCONN;
	names_of_flow(socket, &local, &port);
	return socket__name_write(socket, &peer->addr, peer->port, socket__zone(socket, &peer->addr, &local), name, size);
}

int
socket_getpeername(struct socket_table *table, int fd, struct sockaddr *name, socklen_t *size)
{
	const struct socket *socket;
	struct tcp_conn_info info;
	const int err = name_ask(table, fd, name, size, &socket);

	if (err != 0)
		return err;
	if (socket->kind != SOCKET_STREAM)
		return datagram_peer(socket, name, size);
	if (socket->phase != SOCKET_CONNECTING && socket->phase != SOCKET_CONNECTED)
		return -ENOTCONN;
	if (tcp_info(socket->stack, socket->conn, &info) != 0 || info.state == TCP_STATE_CLOSED ||
	    info.state == TCP_STATE_SYN_SENT)
		return -ENOTCONN;
	return socket__name_write(socket, &info.remote, info.remote_port,
				  socket__zone(socket, &info.remote, &info.local), name, size);
}
