#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "stack/link/mirror.h"

/*
 * Messages come from the kernel of this machine, aligned and in its byte order; lengths are checked
 * all the same.
 */

#define ATTR_TYPE_MASK 0x3fffu /* without the flags for nesting and byte order */
#define ATTRS_MAX      (RTA_MAX > IFLA_MTU ? (unsigned)RTA_MAX + 1 : IFLA_MTU + 1u)

struct attrs {
	const struct rtattr *at[ATTRS_MAX];
};

static struct attrs
attrs_in(const void *begin, size_t left)
{
	struct attrs attrs = { { NULL } };
	const uint8_t *at = begin;

	while (left >= sizeof(struct rtattr)) {
		const struct rtattr *attr = (const void *)at;
		unsigned type = attr->rta_type & ATTR_TYPE_MASK;
		size_t step = NLMSG_ALIGN((size_t)attr->rta_len);
		if (attr->rta_len < sizeof *attr || attr->rta_len > left)
			break;
		if (type < ATTRS_MAX)
			attrs.at[type] = attr;
		if (step >= left)
			break;
		at += step;
		left -= step;
	}
	return attrs;
}

/* The attributes behind the body of a message, which is there: mirror_read has looked. */
static struct attrs
attrs_behind(const struct nlmsghdr *message, size_t body_bytes)
{
	const size_t begin = NLMSG_LENGTH(NLMSG_ALIGN(body_bytes));

	if (message->nlmsg_len < begin)
		return (struct attrs){ { NULL } };
	return attrs_in((const uint8_t *)message + begin, message->nlmsg_len - begin);
}

static uint32_t
attr_u32(const struct rtattr *attr, uint32_t otherwise)
{
	uint32_t value = otherwise;
	if (attr != NULL && RTA_PAYLOAD(attr) >= sizeof value)
		memcpy(&value, RTA_DATA(attr), sizeof value);
	return value;
}

/* ADDR_NONE when the attribute is missing or is no address of this family. */
static struct ip_addr
attr_addr(const struct rtattr *attr, int family)
{
	struct ip_addr none = { .family = ADDR_NONE };
	if (attr == NULL)
		return none;
	if (family == AF_INET && RTA_PAYLOAD(attr) == 4)
		return addr_ipv4(RTA_DATA(attr));
	if (family == AF_INET6 && RTA_PAYLOAD(attr) == 16)
		return addr_ipv6(RTA_DATA(attr));
	return none;
}

static bool
is_ip(int family)
{
	return family == AF_INET || family == AF_INET6;
}

/* A next entry of an array, or NULL, counted, when it is full. */
static void *
append(struct mirror *mirror, void *array, size_t entry_bytes, uint32_t *count, uint32_t max)
{
	if (*count == max) {
		mirror->cut_count++;
		return NULL;
	}
	return (uint8_t *)array + (*count)++ * entry_bytes;
}

static void
read_link(struct mirror *mirror, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct attrs attrs = attrs_behind(message, sizeof *info);
	const struct rtattr *name = attrs.at[IFLA_IFNAME];
	struct mirror_device *device =
	        append(mirror, mirror->devices, sizeof *mirror->devices, &mirror->device_count, mirror->device_max);

	if (device == NULL)
		return;
	*device = (struct mirror_device){
		.ifindex = (uint32_t)info->ifi_index,
		.mtu = attr_u32(attrs.at[IFLA_MTU], 0),
		.is_up = (info->ifi_flags & IFF_UP) != 0,
		.is_running = (info->ifi_flags & IFF_UP) != 0 && (info->ifi_flags & IFF_RUNNING) != 0,
	};
	if (name != NULL && RTA_PAYLOAD(name) <= sizeof device->name)
		memcpy(device->name, RTA_DATA(name), RTA_PAYLOAD(name));
	device->name[sizeof device->name - 1] = '\0';
}

static void
read_addr(struct mirror *mirror, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *info = NLMSG_DATA(message);
	struct attrs attrs = attrs_behind(message, sizeof *info);
	uint32_t flags = attr_u32(attrs.at[IFA_FLAGS], info->ifa_flags);
	/* On a point-to-point device IFA_ADDRESS is the other end. */
	struct ip_addr addr = attr_addr(attrs.at[IFA_LOCAL], info->ifa_family);
	if (addr.family == ADDR_NONE)
		addr = attr_addr(attrs.at[IFA_ADDRESS], info->ifa_family);

	if (addr.family == ADDR_NONE || (flags & IFA_F_DADFAILED) != 0)
		return;
	if ((flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0)
		return; /* not to be used yet (RFC 4862, section 5.4); the kernel tells when it is */
	struct stack_addr *entry =
	        append(mirror, mirror->addrs, sizeof *mirror->addrs, &mirror->addr_count, mirror->addr_max);
	if (entry == NULL)
		return;
	*entry = (struct stack_addr){
		.addr = addr,
		.prefix_len = info->ifa_prefixlen,
		.flags = STACK_ADDR_NO_DAD | STACK_ADDR_NO_PREFIX,
		.host_ifindex = (uint16_t)info->ifa_index,
	};
	if ((flags & IFA_F_DEPRECATED) != 0)
		entry->flags |= STACK_ADDR_DEPRECATED;
}

/* ---- routes ------------------------------------------------------------------------------------ */

/* Where a route leads: into itself, or into the first living next hop of several. */
struct hop {
	const struct rtattr *gateway, *via;
	uint32_t ifindex;
	bool is_dead;
};

static struct hop
first_hop(const struct rtattr *multipath)
{
	const struct rtnexthop *next = RTA_DATA(multipath);
	size_t left = RTA_PAYLOAD(multipath);

	while (left >= sizeof *next && next->rtnh_len >= sizeof *next && next->rtnh_len <= left) {
		if ((next->rtnh_flags & RTNH_F_DEAD) == 0) {
			struct attrs attrs = attrs_in(next + 1, next->rtnh_len - sizeof *next);
			return (struct hop){ .gateway = attrs.at[RTA_GATEWAY],
				             .via = attrs.at[RTA_VIA],
				             .ifindex = (uint32_t)next->rtnh_ifindex };
		}
		size_t step = NLMSG_ALIGN((size_t)next->rtnh_len);
		if (step > left)
			break;
		left -= step;
		next = (const void *)((const uint8_t *)next + step);
	}
	return (struct hop){ .is_dead = true };
}

static struct hop
hop_of(const struct rtmsg *info, const struct attrs *attrs)
{
	if (attrs->at[RTA_MULTIPATH] != NULL)
		return first_hop(attrs->at[RTA_MULTIPATH]);
	return (struct hop){ .gateway = attrs->at[RTA_GATEWAY],
		             .via = attrs->at[RTA_VIA],
		             .ifindex = attr_u32(attrs->at[RTA_OIF], 0),
		             .is_dead = (info->rtm_flags & RTNH_F_DEAD) != 0 };
}

/* A gateway of the other family stands in RTA_VIA (RFC 8950). */
static struct ip_addr
gateway_of(const struct hop *hop, int family)
{
	if (hop->via == NULL || RTA_PAYLOAD(hop->via) < sizeof(struct rtvia))
		return attr_addr(hop->gateway, family);
	const struct rtvia *via = RTA_DATA(hop->via);
	size_t bytes = RTA_PAYLOAD(hop->via) - sizeof *via;
	if (via->rtvia_family == AF_INET6 && bytes == 16)
		return addr_ipv6(via->rtvia_addr);
	if (via->rtvia_family == AF_INET && bytes == 4)
		return addr_ipv4(via->rtvia_addr);
	return (struct ip_addr){ .family = ADDR_NONE };
}

static bool
is_taken(const struct rtmsg *info, uint32_t table)
{
	const unsigned host_len = info->rtm_family == AF_INET ? 32 : 128;

	if (!is_ip(info->rtm_family) || info->rtm_dst_len > host_len)
		return false;
	if ((info->rtm_flags & RTM_F_CLONED) != 0 || info->rtm_src_len != 0 || info->rtm_tos != 0)
		return false;
	if (table == RT_TABLE_LOCAL)
		return info->rtm_type == RTN_LOCAL && info->rtm_dst_len < host_len;
	return (table == RT_TABLE_MAIN || table == RT_TABLE_DEFAULT) && info->rtm_type == RTN_UNICAST;
}

static void
read_route(struct mirror *mirror, const struct nlmsghdr *message)
{
	const struct rtmsg *info = NLMSG_DATA(message);
	struct attrs attrs = attrs_behind(message, sizeof *info);
	struct hop hop = hop_of(info, &attrs);

	if (!is_taken(info, attr_u32(attrs.at[RTA_TABLE], info->rtm_table)) || hop.is_dead)
		return;
	struct stack_route *route =
	        append(mirror, mirror->routes, sizeof *mirror->routes, &mirror->route_count, mirror->route_max);
	if (route == NULL) {
		mirror->has_cut_routes = true;
		return;
	}
	*route = (struct stack_route){
		.prefix = attr_addr(attrs.at[RTA_DST], info->rtm_family),
		.gateway = gateway_of(&hop, info->rtm_family),
		.source = attr_addr(attrs.at[RTA_PREFSRC], info->rtm_family),
		.prefix_len = info->rtm_dst_len,
		.host_ifindex = (uint16_t)hop.ifindex,
		.metric = attr_u32(attrs.at[RTA_PRIORITY], 0),
	};
	/* The default route has no RTA_DST. */
	route->prefix.family = info->rtm_family == AF_INET ? ADDR_IPV4 : ADDR_IPV6;
}

void
mirror_read(struct mirror *mirror, const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
			read_link(mirror, message);
		break;
	case RTM_NEWADDR:
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
			read_addr(mirror, message);
		break;
	case RTM_NEWROUTE:
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)))
			read_route(mirror, message);
		break;
	}
}
