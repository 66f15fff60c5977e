/*
 * Ancillary data: of what was received (RFC 3542, section 4; ip(7), ipv6(7)), and of what is sent (section 6).
 */
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>
#include <string.h>

#include "stack/route.h"
#include "stack/socket_priv.h"

/* ---- in ---------------------------------------------------------------------------------------- */

/* Room is taken from the front; what finds none sets MSG_CTRUNC. */
struct ancillary {
	struct msghdr *message;
	size_t room, used;
};

static void
put(struct ancillary *ancillary, int level, int type, const void *bytes, size_t size)
{
	struct msghdr *message = ancillary->message;

	if (CMSG_SPACE(size) > ancillary->room - ancillary->used) {
		message->msg_flags |= MSG_CTRUNC;
		return;
	}
	struct cmsghdr *header =
		(struct cmsghdr *)(void *)((uint8_t *)message->msg_control + ancillary->used);
	header->cmsg_level = level;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), bytes, size);
	ancillary->used += CMSG_SPACE(size);
}

static void
put_packet_info(struct ancillary *ancillary, const struct socket *socket,
		const struct datagram *datagram)
{
	const uint32_t zone = socket__datagram_zone(socket, datagram, &datagram->remote);
	const uint32_t ifindex = zone != 0 ? zone : datagram->ifindex + 1u; /* the system's begin with 1 */

	if (socket->domain == AF_INET || datagram->local.family == ADDR_IPV4) {
		struct in_pktinfo info = { .ipi_ifindex = (int)ifindex };
		memcpy(&info.ipi_addr, datagram->local.octets, sizeof info.ipi_addr);
		memcpy(&info.ipi_spec_dst, datagram->local.octets, sizeof info.ipi_spec_dst);
		put(ancillary, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
		return;
	}
	struct in6_pktinfo info6 = { .ipi6_ifindex = ifindex };
	memcpy(&info6.ipi6_addr, datagram->local.octets, sizeof info6.ipi6_addr);
	put(ancillary, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof info6);
}

static void
put_hop_limit(struct ancillary *ancillary, const struct datagram *datagram)
{
	const int hop_limit = datagram->hop_limit;

	if (datagram->remote.family == ADDR_IPV4)
		put(ancillary, IPPROTO_IP, IP_TTL, &hop_limit, sizeof hop_limit);
	else
		put(ancillary, IPPROTO_IPV6, IPV6_HOPLIMIT, &hop_limit, sizeof hop_limit);
}

/* IPv4's is one octet. */
static void
put_traffic_class(struct ancillary *ancillary, const struct datagram *datagram)
{
	const int traffic_class = datagram->traffic_class;

	if (datagram->remote.family == ADDR_IPV4)
		put(ancillary, IPPROTO_IP, IP_TOS, &datagram->traffic_class, sizeof datagram->traffic_class);
	else
		put(ancillary, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class);
}

static void
put_time(struct ancillary *ancillary, int name, uint64_t time_us)
{
	const struct timeval tv = { .tv_sec = (time_t)(time_us / 1000000u), .tv_usec = (suseconds_t)(time_us % 1000000u) };
	const struct timespec ts = { .tv_sec = tv.tv_sec, .tv_nsec = (long)tv.tv_usec * 1000 };

	if (name == SO_TIMESTAMP)
		put(ancillary, SOL_SOCKET, SCM_TIMESTAMP, &tv, sizeof tv);
	else
		put(ancillary, SOL_SOCKET, SCM_TIMESTAMPNS, &ts, sizeof ts);
}

/* The error and, behind it, who says so. */
static void
put_error(struct ancillary *ancillary, const struct socket *socket, const struct datagram *datagram)
{
	struct {
		struct sock_extended_err error;
		struct sockaddr_in6 offender;
	} both = {
		.error = { .ee_errno = datagram->error,
			   .ee_origin = datagram->origin,
			   .ee_info = datagram->info },
	};
	socklen_t offender_bytes = sizeof both.offender;

	if (datagram->origin != SO_EE_ORIGIN_LOCAL)
		(void)socket__name_write(socket, &datagram->local, 0,
					 socket__datagram_zone(socket, datagram, &datagram->local),
					 (struct sockaddr *)&both.offender, &offender_bytes);
	const size_t size =
		sizeof both.error + (socket->domain == AF_INET6 ? sizeof(struct sockaddr_in6)
								: sizeof(struct sockaddr_in));
	if (socket->domain == AF_INET)
		put(ancillary, IPPROTO_IP, IP_RECVERR, &both, size);
	else
		put(ancillary, IPPROTO_IPV6, IPV6_RECVERR, &both, size);
}

void
socket__ancillary_write(const struct socket *socket, const struct datagram *datagram,
			struct msghdr *message)
{
	struct ancillary ancillary = {
		.message = message,
		.room = message->msg_control == NULL ? 0 : message->msg_controllen,
	};

	if (datagram->error != 0) {
		put_error(&ancillary, socket, datagram);
	} else {
		if (socket->wants_time != 0)
			put_time(&ancillary, socket->wants_time, datagram->arrived_us);
		if (socket->wants_packet_info)
			put_packet_info(&ancillary, socket, datagram);
		if (socket->wants_hop_limit)
			put_hop_limit(&ancillary, datagram);
		if (socket->wants_traffic_class)
			put_traffic_class(&ancillary, datagram);
	}
	message->msg_controllen = ancillary.used;
}

/* ---- out --------------------------------------------------------------------------------------- */

/* -1 is the default, as where options have it. */
static int
read_octet(const struct cmsghdr *header, int least, uint8_t *octet)
{
	const size_t size = header->cmsg_len - CMSG_LEN(0);
	int number;

	if (size == 1) {
		number = *CMSG_DATA(header);
	} else {
		if (size != sizeof number)
			return -EINVAL;
		memcpy(&number, CMSG_DATA(header), sizeof number);
	}
	if (number != -1 && (number < least || number > UINT8_MAX))
		return -EINVAL;
	*octet = number == -1 ? 0 : (uint8_t)number;
	return 0;
}

/* An address of ours; none leaves the choice to the route. */
static int
read_source(const struct socket *socket, struct ip_addr addr, struct datagram_manner *manner)
{
	struct route_hop hop;

	if (addr_is_ipv4_mapped(&addr))
		addr = addr_ipv4(addr.octets + 12);
	if (addr_is_unspecified(&addr))
		return 0;
	if (route_lookup(socket->stack, &addr, &hop) != 0 || hop.kind != ROUTE_LOCAL)
		return -EINVAL;
	manner->source = addr;
	return 0;
}

static int
read_ipv4(const struct socket *socket, const struct cmsghdr *header, struct datagram_manner *manner)
{
	struct in_pktinfo info;

	switch (header->cmsg_type) {
	case IP_TTL: return read_octet(header, 1, &manner->hop_limit);
	case IP_TOS: return read_octet(header, 0, &manner->traffic_class);
	case IP_PKTINFO:
		if (header->cmsg_len != CMSG_LEN(sizeof info))
			return -EINVAL;
		memcpy(&info, CMSG_DATA(header), sizeof info);
		return read_source(socket, addr_ipv4((const uint8_t *)&info.ipi_spec_dst), manner);
	default: return -EINVAL;
	}
}

static int
read_ipv6(const struct socket *socket, const struct cmsghdr *header, struct datagram_manner *manner)
{
	struct in6_pktinfo info;

	switch (header->cmsg_type) {
	case IPV6_HOPLIMIT: return read_octet(header, 0, &manner->hop_limit);
	case IPV6_TCLASS: return read_octet(header, 0, &manner->traffic_class);
	case IPV6_PKTINFO:
		if (header->cmsg_len != CMSG_LEN(sizeof info))
			return -EINVAL;
		memcpy(&info, CMSG_DATA(header), sizeof info);
		manner->zone = info.ipi6_ifindex;
		return read_source(socket, addr_ipv6(info.ipi6_addr.s6_addr), manner);
	default: return -EINVAL;
	}
}

/* What is of another level is somebody else's, as with Linux; what is of these has to be right. */
int
socket__ancillary_read(const struct socket *socket, const struct msghdr *message, struct datagram_manner *manner)
{
	size_t at = 0;
	int err = 0;

	*manner = (struct datagram_manner){ .hop_limit = socket->hop_limit, .traffic_class = socket->traffic_class };
	if (message->msg_control == NULL)
		return 0;
	while (err == 0 && message->msg_controllen - at >= sizeof(struct cmsghdr)) {
		const struct cmsghdr *header =
			(const struct cmsghdr *)(const void *)((const uint8_t *)message->msg_control + at);
		if (header->cmsg_len < sizeof *header || header->cmsg_len > message->msg_controllen - at)
			return -EINVAL;
		if (header->cmsg_level == IPPROTO_IP)
			err = read_ipv4(socket, header, manner);
		else if (header->cmsg_level == IPPROTO_IPV6 && socket->domain == AF_INET6)
			err = read_ipv6(socket, header, manner);
		const size_t room = CMSG_ALIGN(header->cmsg_len);
		at = room < message->msg_controllen - at ? at + room : message->msg_controllen;
	}
	return err;
}
