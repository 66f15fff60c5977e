/*
 * Options at levels IPPROTO_IP and IPPROTO_IPV6 (ip(7), ipv6(7); RFC 3493, section 5; RFC 3542).
 */
#include <string.h>

#include "stack/ip.h"
#include "stack/socket_priv.h"

/* IP options may be one octet long (ip(7)). */
static int
read_int_or_octet(const void *value, socklen_t size, int *number)
{
	if (size == 0)
		return -EINVAL;
	if (size < sizeof *number) {
		*number = *(const uint8_t *)value;
		return 0;
	}
	return socket__option_read_int(value, size, number);
}

static int
write_int_or_octet(void *value, socklen_t *size, int number)
{
	if (*size > 0 && *size < sizeof number && number >= 0 && number <= UINT8_MAX) {
		*(uint8_t *)value = (uint8_t)number;
		*size = 1;
		return 0;
	}
	return socket__option_write_int(value, size, number);
}

/* Hop limit and traffic class belong to the connection or flow as well. */
static void
apply(struct socket_table *table, struct socket *socket)
{
	if (socket->kind == SOCKET_STREAM) {
		struct tcp_config config = socket__tcp_config(socket);
		config.hop_limit = socket->hop_limit;
		config.traffic_class = socket->traffic_class;
		config.pmtu_discovery = socket->mtu_discover != IP_PMTUDISC_DONT;
		config.mtu_probing = table->tcp_config.mtu_probing && config.pmtu_discovery;
		socket__tcp_config_set(table, socket, &config);
	} else if (socket->kind == SOCKET_UDP && socket->is_connected) {
		const struct udp_options options = { .hop_limit = socket->hop_limit,
						     .traffic_class = socket->traffic_class };
		udp_set_options(socket->stack, socket->flow, &options);
	}
}

static int
set_hop_limit(struct socket_table *table, struct socket *socket, int number, int least)
{
	if (number != -1 && (number < least || number > UINT8_MAX))
		return -EINVAL;
	socket->hop_limit = number == -1 ? 0 : (uint8_t)number;
	apply(table, socket);
	return 0;
}

/* TCP sets the two ECN bits itself (RFC 3168, section 5). */
static int
set_traffic_class(struct socket_table *table, struct socket *socket, int number)
{
	if (number < -1 || number > UINT8_MAX)
		return -EINVAL;
	const uint8_t traffic_class = number == -1 ? 0 : (uint8_t)number;
	socket->traffic_class =
		socket->kind == SOCKET_STREAM
			? (uint8_t)((traffic_class & ~3u) | (socket->traffic_class & 3u))
			: traffic_class;
	apply(table, socket);
	return 0;
}

static int
set_mtu_discover(struct socket_table *table, struct socket *socket, int number)
{
	if (number < IP_PMTUDISC_DONT || number > IP_PMTUDISC_OMIT)
		return -EINVAL;
	socket->mtu_discover = number;
	apply(table, socket);
	return 0;
}

static int
set_v6_only(struct socket *socket, int number)
{
	if (socket->local_port != 0 || socket->phase != SOCKET_IDLE)
		return -EINVAL;
	socket->only_v6 = number != 0;
	return 0;
}

static int
set_ipv4(struct socket_table *table, struct socket *socket, int name, int number)
{
	switch (name) {
	case IP_TOS: return set_traffic_class(table, socket, number & 0xff);
	case IP_TTL: return set_hop_limit(table, socket, number, 1);
	case IP_MTU_DISCOVER: return set_mtu_discover(table, socket, number);
	case IP_RECVERR: socket->wants_errors = number != 0; return 0;
	case IP_PKTINFO: socket->wants_packet_info = number != 0; return 0;
	case IP_RECVTTL: socket->wants_hop_limit = number != 0; return 0;
	case IP_RECVTOS: socket->wants_traffic_class = number != 0; return 0;
	case IP_FREEBIND:
	case IP_TRANSPARENT:
	case IP_BIND_ADDRESS_NO_PORT: return 0;
	default: return -ENOPROTOOPT;
	}
}

static int
set_ipv6(struct socket_table *table, struct socket *socket, int name, int number)
{
	switch (name) {
	case IPV6_V6ONLY: return set_v6_only(socket, number);
	case IPV6_TCLASS: return set_traffic_class(table, socket, number);
	case IPV6_UNICAST_HOPS: return set_hop_limit(table, socket, number, 0);
	case IPV6_MTU_DISCOVER: return set_mtu_discover(table, socket, number);
	case IPV6_DONTFRAG: /* RFC 3542, section 11.2 */
		return set_mtu_discover(table, socket, number != 0 ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_WANT);
	case IPV6_RECVERR: socket->wants_errors = number != 0; return 0;
	case IPV6_RECVPKTINFO: socket->wants_packet_info = number != 0; return 0;
	case IPV6_RECVHOPLIMIT: socket->wants_hop_limit = number != 0; return 0;
	case IPV6_RECVTCLASS: socket->wants_traffic_class = number != 0; return 0;
	case IPV6_FREEBIND:
	case IPV6_TRANSPARENT: return 0;
	default: return -ENOPROTOOPT;
	}
}

int
socket__set_ip(struct socket_table *table, struct socket *socket, int level, int name,
	       const void *value, socklen_t size)
{
	int number;

	if (level == IPPROTO_IPV6 && socket->domain != AF_INET6)
		return -ENOPROTOOPT;
	const int err = level == IPPROTO_IP ? read_int_or_octet(value, size, &number)
					    : socket__option_read_int(value, size, &number);
	if (err != 0)
		return err;
	return level == IPPROTO_IP ? set_ipv4(table, socket, name, number)
				   : set_ipv6(table, socket, name, number);
}

/* IP_MTU: what is known of the path to the peer. */
static int
path_mtu(const struct socket_table *table, const struct socket *socket, int *number)
{
	struct ip_addr remote = socket->peer.addr;
	struct tcp_conn_info info;

	if (socket->kind == SOCKET_STREAM) {
		if (socket->phase != SOCKET_CONNECTED ||
		    tcp_info(socket->stack, socket->conn, &info) != 0)
			return -ENOTCONN;
		remote = info.remote;
	} else if (!socket->is_connected) {
		return -ENOTCONN;
	}
	*number = (int)stack_path_mtu(socket->stack, &remote, table->now_us);
	return 0;
}

static int
hop_limit_of(const struct socket *socket)
{
	return socket->hop_limit == 0 ? (int)IP_HOP_LIMIT : socket->hop_limit;
}

static int
get_ipv4(const struct socket_table *table, const struct socket *socket, int name, int *number)
{
	switch (name) {
	case IP_TOS: *number = socket->traffic_class; return 0;
	case IP_TTL: *number = hop_limit_of(socket); return 0;
	case IP_MTU_DISCOVER: *number = socket->mtu_discover; return 0;
	case IP_MTU: return path_mtu(table, socket, number);
	case IP_RECVERR: *number = socket->wants_errors; return 0;
	case IP_PKTINFO: *number = socket->wants_packet_info; return 0;
	case IP_RECVTTL: *number = socket->wants_hop_limit; return 0;
	case IP_RECVTOS: *number = socket->wants_traffic_class; return 0;
	case IP_FREEBIND:
	case IP_TRANSPARENT:
	case IP_BIND_ADDRESS_NO_PORT: return 0;
	default: return -ENOPROTOOPT;
	}
}

static int
get_ipv6(const struct socket_table *table, const struct socket *socket, int name, int *number)
{
	switch (name) {
	case IPV6_V6ONLY: *number = socket->only_v6; return 0;
	case IPV6_TCLASS: *number = socket->traffic_class; return 0;
	case IPV6_UNICAST_HOPS: *number = hop_limit_of(socket); return 0;
	case IPV6_MTU_DISCOVER: *number = socket->mtu_discover; return 0;
	case IPV6_DONTFRAG: *number = socket->mtu_discover == IPV6_PMTUDISC_DO; return 0;
	case IPV6_MTU: return path_mtu(table, socket, number);
	case IPV6_RECVERR: *number = socket->wants_errors; return 0;
	case IPV6_RECVPKTINFO: *number = socket->wants_packet_info; return 0;
	case IPV6_RECVHOPLIMIT: *number = socket->wants_hop_limit; return 0;
	case IPV6_RECVTCLASS: *number = socket->wants_traffic_class; return 0;
	case IPV6_FREEBIND:
	case IPV6_TRANSPARENT: return 0;
	default: return -ENOPROTOOPT;
	}
}

int
socket__get_ip(struct socket_table *table, struct socket *socket, int level, int name, void *value,
	       socklen_t *size)
{
	int number = 0;

	const int err = level == IPPROTO_IP ? get_ipv4(table, socket, name, &number)
					    : get_ipv6(table, socket, name, &number);
	return err != 0 ? err : write_int_or_octet(value, size, number);
}
