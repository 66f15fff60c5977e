/*
 * Ancillary data of what was received (RFC 3542, section 4; ip(7), ipv6(7)).
 */
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>
#include <string.h>

#include "stack/socket_priv.h"

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
	const uint32_t ifindex = datagram->ifindex + 1u; /* the system's begin with 1 */

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
		if (socket->wants_packet_info)
			put_packet_info(&ancillary, socket, datagram);
		if (socket->wants_hop_limit)
			put_hop_limit(&ancillary, datagram);
	}
	message->msg_controllen = ancillary.used;
}
