#include "stack/link/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "stack/link/link_priv.h"

#define RECEIVE_BYTES      (1 << 20)
#define OPEN_WAIT_MS       100
#define OPEN_WAITS_MAX     20

/* What is asked for, one after the other: a socket has one dump under way at a time. */
static const struct request_kind {
	uint16_t type;
	uint8_t family, table;
} requests[] = {
	{ RTM_GETLINK, AF_UNSPEC, 0 },
	{ RTM_GETADDR, AF_UNSPEC, 0 },
	{ RTM_GETROUTE, AF_INET, RT_TABLE_MAIN },
	{ RTM_GETROUTE, AF_INET, RT_TABLE_DEFAULT },
	{ RTM_GETROUTE, AF_INET, RT_TABLE_LOCAL },
	{ RTM_GETROUTE, AF_INET6, RT_TABLE_MAIN },
	{ RTM_GETROUTE, AF_INET6, RT_TABLE_LOCAL },
};

static unsigned
step_count(const struct netlink *netlink)
{
	return netlink->scope == NETLINK_DEVICES ? 1 : sizeof requests / sizeof *requests;
}

static struct mirror *
table_being_read(struct netlink *netlink)
{
	return &netlink->tables[1 - netlink->current];
}

/* ---- asking ------------------------------------------------------------------------------------ */

static bool
send_request(struct netlink *netlink)
{
	const struct request_kind *kind = &requests[netlink->step];
	struct {
		struct nlmsghdr header;
		union {
			struct ifinfomsg link;
			struct ifaddrmsg addr;
			struct rtmsg route;
		} body;
	} request = { .header = { .nlmsg_type = kind->type,
		                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		                  .nlmsg_seq = ++netlink->sequence } };

	switch (kind->type) {
	case RTM_GETLINK: request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link); break;
	case RTM_GETADDR: request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.addr); break;
	default:
		request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.route);
		request.body.route = (struct rtmsg){ .rtm_family = kind->family, .rtm_table = kind->table };
		break;
	}
	return send(netlink->fd, &request, request.header.nlmsg_len, 0) == (ssize_t)request.header.nlmsg_len;
}

static void
begin_read(struct netlink *netlink, uint64_t now_us)
{
	mirror_clear(table_being_read(netlink));
	netlink->step = 0;
	netlink->is_stale = false;
	netlink->began_at_us = now_us;
	netlink->is_reading = send_request(netlink);
	if (!netlink->is_reading) {
		netlink->is_stale = true;
		netlink->due_at_us = now_us + NETLINK_PATIENCE_US;
	}
}

static void
make_stale(struct netlink *netlink, uint64_t now_us)
{
	if (netlink->is_stale)
		return;
	netlink->is_stale = true;
	if (netlink->due_at_us < now_us + NETLINK_SETTLE_US)
		netlink->due_at_us = now_us + NETLINK_SETTLE_US;
}

/* ---- hearing ----------------------------------------------------------------------------------- */

static uint64_t
clock_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* One answer is complete: ask the next question, or show the table. */
static void
end_step(struct netlink *netlink, uint64_t now_us, uint64_t work_us)
{
	if (++netlink->step < step_count(netlink)) {
		netlink->is_reading = send_request(netlink);
		if (!netlink->is_reading)
			make_stale(netlink, now_us);
		return;
	}
	uint64_t rest_us = NETLINK_REST_FACTOR * (now_us - netlink->began_at_us + work_us);
	mirror_finish(table_being_read(netlink));
	netlink->current = 1 - netlink->current;
	netlink->is_reading = false;
	netlink->has_news = true;
	netlink->read_count++;
	netlink->due_at_us = now_us + (rest_us > NETLINK_REST_US_MIN ? rest_us : NETLINK_REST_US_MIN);
}

static void
on_message(struct netlink *netlink, const struct nlmsghdr *message, uint64_t now_us, uint64_t began_us)
{
	if (message->nlmsg_pid != netlink->port_id) { /* a change, told to all who listen */
		make_stale(netlink, now_us);
		return;
	}
	if (!netlink->is_reading || message->nlmsg_seq != netlink->sequence)
		return; /* the answer to a question given up */
	if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		make_stale(netlink, now_us); /* it changed while it was being told */
	switch (message->nlmsg_type) {
	case NLMSG_DONE:
	case NLMSG_ERROR: /* no such table, no such family: nothing to tell */
		end_step(netlink, now_us, clock_us() - began_us);
		break;
	default: mirror_read(table_being_read(netlink), message); break;
	}
}

/* False when nothing more is there. */
static bool
read_some(struct netlink *netlink, uint64_t now_us, uint64_t began_us)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	struct iovec iov = { netlink->buffer, NETLINK_BUFFER_BYTES };
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t size = recvmsg(netlink->fd, &message, MSG_DONTWAIT);

	if (size == -1 && errno == ENOBUFS) { /* the kernel had more to tell than the queue holds */
		netlink->overflow_count++;
		make_stale(netlink, now_us);
		return true;
	}
	if (size <= 0)
		return false;
	if (from.nl_pid != 0)
		return true; /* not the kernel */
	if ((message.msg_flags & MSG_TRUNC) != 0)
		make_stale(netlink, now_us);
	size_t left = (size_t)size;
	for (const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)netlink->buffer;
	     NLMSG_OK(header, left); header = NLMSG_NEXT(header, left))
		on_message(netlink, header, now_us, began_us);
	return true;
}

bool
netlink_update(struct netlink *netlink, uint64_t now_us)
{
	uint64_t began_us = clock_us();

	if (netlink->is_reading && now_us - netlink->began_at_us > NETLINK_PATIENCE_US) {
		netlink->is_reading = false;
		make_stale(netlink, now_us);
	}
	for (unsigned reads = 0; reads < NETLINK_READS_A_TURN; reads++) {
		if (!netlink->is_reading && netlink->is_stale && netlink->due_at_us <= now_us)
			begin_read(netlink, now_us);
		if (!read_some(netlink, now_us, began_us))
			break;
	}
	bool has_news = netlink->has_news;
	netlink->has_news = false;
	return has_news;
}

uint64_t
netlink_deadline(const struct netlink *netlink)
{
	if (netlink->is_reading)
		return netlink->began_at_us + NETLINK_PATIENCE_US + 1;
	return netlink->is_stale ? netlink->due_at_us : STACK_NEVER;
}

/* ---- open and close ---------------------------------------------------------------------------- */

static int
socket_open(struct netlink *netlink)
{
	const uint32_t groups[] = {
		[NETLINK_DEVICES] = RTMGRP_LINK,
		[NETLINK_EVERYTHING] = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
		                       RTMGRP_IPV6_ROUTE,
	};
	struct sockaddr_nl self = { .nl_family = AF_NETLINK, .nl_groups = groups[netlink->scope] };
	socklen_t self_bytes = sizeof self;
	int on = 1;

	netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (netlink->fd == -1)
		return -1;
	link__grow_buffers(netlink->fd, RECEIVE_BYTES, 0);
	/* Since Linux 4.20 a dump can be narrowed to one table; before, mirror_read does it. */
	(void)setsockopt(netlink->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
	if (bind(netlink->fd, (struct sockaddr *)&self, sizeof self) != 0 ||
	    getsockname(netlink->fd, (struct sockaddr *)&self, &self_bytes) != 0)
		return -1;
	netlink->port_id = self.nl_pid;
	return 0;
}

static int
init_memory(struct netlink *netlink)
{
	bool all = netlink->scope == NETLINK_EVERYTHING;

	for (unsigned i = 0; i < 2; i++) {
		int err = mirror_init(&netlink->tables[i], MIRROR_DEVICES_MAX, all ? MIRROR_ADDRS_MAX : 0,
		                    all ? MIRROR_ROUTES_MAX : 0);
		if (err != 0)
			return err;
	}
	netlink->buffer = malloc(NETLINK_BUFFER_BYTES);
	return netlink->buffer == NULL ? ERR_NO_MEMORY : 0;
}

static bool
first_read(struct netlink *netlink, uint64_t now_us)
{
	struct pollfd readable = { .fd = netlink->fd, .events = POLLIN };

	begin_read(netlink, now_us);
	for (unsigned waits = 0; waits < OPEN_WAITS_MAX; waits++) {
		if (netlink_update(netlink, now_us)) {
			netlink->has_news = true; /* for the first netlink_update of whoever uses it */
			return true;
		}
		(void)poll(&readable, 1, OPEN_WAIT_MS);
	}
	return false;
}

int
netlink_open(struct netlink *netlink, enum netlink_scope scope, uint64_t now_us, struct link_error *error)
{
	int err;

	*netlink = (struct netlink){ .fd = -1, .scope = scope };
	if (init_memory(netlink) != 0)
		err = link__fail(error, ENOMEM, NULL, "netlink tables");
	else if (socket_open(netlink) != 0)
		err = link__fail(error, errno, NULL, "netlink socket");
	else if (!first_read(netlink, now_us))
		err = link__fail(error, ETIMEDOUT, NULL, "netlink: reading the host's addresses and routes");
	else
		return 0;
	netlink_close(netlink);
	return err;
}

void
netlink_close(struct netlink *netlink)
{
	if (netlink->fd != -1)
		close(netlink->fd);
	mirror_fini(&netlink->tables[0]);
	mirror_fini(&netlink->tables[1]);
	free(netlink->buffer);
	*netlink = (struct netlink){ .fd = -1 };
}
