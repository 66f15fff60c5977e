#include "stack/link/raw.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/ip.h"
#include "stack/link/batch.h"
#include "stack/link/guard_tcp.h"
#include "stack/link/link_priv.h"
#include "stack/link/netlink.h"
#include "stack/tcp.h"
#include "stack/tcp_wire.h"

#define CAPABILITY      "CAP_NET_RAW"
#define STATS_US        1000000u /* how often the kernel is asked what it had to drop */
#define TCP_FRAMES_MAX  16u      /* read at once: a megabyte of merged segments, which a processor's cache holds */
#define IPV6_MTU_LEAST  1280u    /* RFC 8200, section 5 */

enum { IPV4, IPV6, FAMILIES };
enum { UDP, TCP, TRANSPORTS };
enum { RECEIVERS = TRANSPORTS * FAMILIES };

static const char *const family_names[FAMILIES] = { "IPv4", "IPv6" };

struct raw {
	struct link link;
	struct guard *guard;
	struct guard_tcp *guard_tcp; /* NULL: no TCP */
	struct netlink netlink;
	int receive_fds[FAMILIES], send_fds[FAMILIES]; /* -1: the host does not have this family */
	int tcp_fds[FAMILIES];
	struct batch_rx rx, tcp_rx;
	struct batch_tx tx[FAMILIES];
	unsigned first_receiver; /* to be read first: they take turns, so that a flood of one starves no other */
	uint32_t device;          /* the only one listened to; 0: all are */
	bool has_asked[RECEIVERS]; /* what waits to be sent wants a reply there */
	uint64_t unanswered_at_us[RECEIVERS]; /* the first of such since something was received; STACK_NEVER: none */
	uint32_t mtu;
	uint64_t mirror_refusals; /* addresses and routes that the stack had no room for */
	uint64_t sent_at_renewal; /* frames sent when the guards were last looked after */
	uint64_t stats_due_at_us;
	bool hears_udp;
	bool is_filter_due; /* the guards' classes have changed since it was attached */
};

static struct raw *
raw_of(const struct link *link)
{
	return (struct raw *)link;
}

/* ---- sockets ----------------------------------------------------------------------------------- */

static int
attach_filter(const struct raw *raw, unsigned family)
{
	struct filter filter;

	if (family == IPV4)
		filter_ipv4_udp(&filter, raw->guard->classes, raw->guard->class_count);
	else
		filter_ipv6_udp(&filter, raw->guard->classes, raw->guard->class_count);
	return link__attach(raw->receive_fds[family], &filter);
}

/* device 0: to all. */
static int
listen_to(int fd, unsigned family, uint32_t device)
{
	const uint16_t protocol = family == IPV4 ? ETH_P_IP : ETH_P_IPV6;
	const struct sockaddr_ll addr = { .sll_family = AF_PACKET,
		                          .sll_protocol = htons(protocol),
		                          .sll_ifindex = (int)device };

	return bind(fd, (const struct sockaddr *)&addr, sizeof addr);
}

static void
listen_to_all(struct raw *raw)
{
	if (raw->device == 0)
		return;
	raw->device = 0;
	for (unsigned family = 0; family < FAMILIES; family++) { /* it cannot fail: no device is named */
		if (raw->hears_udp)
			(void)listen_to(raw->receive_fds[family], family, 0);
		if (raw->guard_tcp != NULL)
			(void)listen_to(raw->tcp_fds[family], family, 0);
	}
}

static int
attach_tcp_filter(const struct raw *raw, unsigned family)
{
	struct filter filter;

	if (family == IPV4)
		filter_ipv4_tcp(&filter, &raw->guard_tcp->class);
	else
		filter_ipv6_tcp(&filter, &raw->guard_tcp->class);
	return link__attach(raw->tcp_fds[family], &filter);
}

/* Listens to no protocol yet, so that before the filter is in place nothing foreign is queued. */
static int
open_receiver(int *receiver)
{
	int on = 1;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*receiver = fd;
	if (fd == -1)
		return -1;
	link__grow_buffers(fd, RAW_QUEUE_BYTES, 0);
	return setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
}

/* To the one device, if there is only one. */
static int
begin_to_listen(struct raw *raw, int receiver, unsigned family)
{
	if (raw->device != 0 && listen_to(receiver, family, raw->device) == 0)
		return 0;
	listen_to_all(raw); /* it has gone meanwhile: the others, too */
	return listen_to(receiver, family, 0);
}

static int
open_tcp(struct raw *raw, unsigned family)
{
	int *receiver = &raw->tcp_fds[family];

	if (raw->guard_tcp == NULL)
		return 0;
	if (open_receiver(receiver) != 0 || attach_tcp_filter(raw, family) != 0)
		return -1;
	return begin_to_listen(raw, *receiver, family);
}

/* IPPROTO_RAW: we write the IP header, and the socket receives nothing. */
static int
open_sender(struct raw *raw, unsigned family)
{
	int fd = socket(family == IPV4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

	raw->send_fds[family] = fd;
	if (fd == -1 && family == IPV6 && errno == EAFNOSUPPORT)
		return 0;
	if (fd != -1)
		link__grow_buffers(fd, 0, RAW_QUEUE_BYTES);
	return fd == -1 ? -1 : 0;
}

static int
open_sockets(struct raw *raw, struct link_error *error)
{
	for (unsigned family = 0; family < FAMILIES; family++) {
		if (open_receiver(&raw->receive_fds[family]) != 0 || open_tcp(raw, family) != 0)
			return link__fail(error, errno, CAPABILITY, "packet socket for %s", family_names[family]);
		if (open_sender(raw, family) != 0)
			return link__fail(error, errno, CAPABILITY, "raw socket for %s", family_names[family]);
	}
	return 0;
}

/* ---- in ---------------------------------------------------------------------------------------- */

/* The receivers: UDP's of each family, then TCP's if it is spoken. */
static unsigned
receiver_count(const struct raw *raw)
{
	return raw->guard_tcp == NULL ? FAMILIES : 2 * FAMILIES;
}

static int
receiver_fd(const struct raw *raw, unsigned i)
{
	return i < FAMILIES ? raw->receive_fds[i] : raw->tcp_fds[i - FAMILIES];
}

/* Reading the statistics sets them to zero. */
static void
count_overflows(struct raw *raw)
{
	for (unsigned i = 0; i < receiver_count(raw); i++) {
		struct tpacket_stats stats = { 0 };
		socklen_t stats_bytes = sizeof stats;
		if (getsockopt(receiver_fd(raw, i), SOL_PACKET, PACKET_STATISTICS, &stats, &stats_bytes) == 0)
			raw->link.stats.receive_overflows += stats.tp_drops;
	}
}

static size_t
raw_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct raw *raw = raw_of(link);
	const unsigned receivers = receiver_count(raw);
	size_t count = 0;

	if (raw->stats_due_at_us <= now_us) {
		raw->stats_due_at_us = now_us + STATS_US;
		count_overflows(raw);
	}
	raw->first_receiver = (raw->first_receiver + 1) % receivers;
	batch_rx_begin(&raw->rx);
	batch_rx_begin(&raw->tcp_rx);
	for (unsigned i = 0; i < receivers; i++) {
		const unsigned receiver = (raw->first_receiver + i) % receivers;
		const bool is_udp = receiver < FAMILIES;
		if (is_udp && !raw->hears_udp)
			continue;
		const size_t read_count = batch_rx_read(is_udp ? &raw->rx : &raw->tcp_rx, receiver_fd(raw, receiver),
		                                        frames + count, max - count, &link->stats);
		if (read_count != 0)
			raw->unanswered_at_us[receiver] = STACK_NEVER;
		count += read_count;
	}
	return count;
}

/* ---- out --------------------------------------------------------------------------------------- */

/* The message's address and its packet info, which is one control message of `size` octets at most. */
static void *
control_of(struct batch_message *slot, struct msghdr *message, int level, int type, size_t size)
{
	message->msg_control = &slot->control;
	message->msg_controllen = CMSG_SPACE(size);
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	control->cmsg_level = level;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(size);
	return CMSG_DATA(control);
}

static void
address_ipv4(struct batch_message *slot, struct msghdr *message, const uint8_t *packet)
{
	struct in_pktinfo info = { 0 };

	memcpy(&info.ipi_spec_dst, packet + 12, 4);
	memcpy(control_of(slot, message, IPPROTO_IP, IP_PKTINFO, sizeof info), &info, sizeof info);
	slot->to.ipv4 = (struct sockaddr_in){ .sin_family = AF_INET };
	memcpy(&slot->to.ipv4.sin_addr, packet + 16, 4);
	message->msg_name = &slot->to.ipv4;
	message->msg_namelen = sizeof slot->to.ipv4;
}

static void
address_ipv6(const struct raw *raw, struct batch_message *slot, struct msghdr *message, const uint8_t *packet)
{
	struct ip_addr source = addr_ipv6(packet + 8);
	struct in6_pktinfo info = { 0 };

	if (addr_is_link_local(&source))
		info.ipi6_ifindex = mirror_ifindex_of(netlink_mirror(&raw->netlink), &source);
	memcpy(&info.ipi6_addr, packet + 8, 16);
	memcpy(control_of(slot, message, IPPROTO_IPV6, IPV6_PKTINFO, sizeof info), &info, sizeof info);
	slot->to.ipv6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_scope_id = info.ipi6_ifindex };
	memcpy(&slot->to.ipv6.sin6_addr, packet + 24, 16);
	message->msg_name = &slot->to.ipv6;
	message->msg_namelen = sizeof slot->to.ipv6;
}

/* The reply to such a packet comes over lo. */
static bool
is_to_host(const struct raw *raw, unsigned family, const uint8_t *packet)
{
	struct ip_addr to = family == IPV4 ? addr_ipv4(packet + 16) : addr_ipv6(packet + 24);
	return addr_is_loopback(&to) || mirror_ifindex_of(netlink_mirror(&raw->netlink), &to) != 0;
}

/* Of a connection its first segment alone: the last one, say, is an acknowledgment, to which nothing comes. */
static void
note_question(struct raw *raw, unsigned family, const struct link_frame *frame)
{
	const size_t header_bytes = family == IPV4 ? (frame->bytes[0] & 0xfu) * 4u : IPV6_HEADER_BYTES;
	const uint8_t protocol = frame->bytes[family == IPV4 ? 9 : 6];

	if (protocol == IPPROTO_UDP)
		raw->has_asked[UDP * FAMILIES + family] = true;
	else if (protocol == IPPROTO_TCP && frame->size > header_bytes + TCP_AT_FLAGS)
		raw->has_asked[TCP * FAMILIES + family] |= (frame->bytes[header_bytes + TCP_AT_FLAGS] & TCP_SYN) != 0;
}

static void
raw_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct raw *raw = raw_of(link);
	unsigned family = frame->bytes[0] >> 4 == 4 ? IPV4 : IPV6;
	struct batch_tx *tx = &raw->tx[family];

	(void)now_us;
	assert(frame->size >= (family == IPV4 ? 20u : 40u));
	if (raw->device != 0) {
		note_question(raw, family, frame);
		if (is_to_host(raw, family, frame->bytes))
			listen_to_all(raw);
	}
	if (batch_tx_is_full(tx))
		batch_tx_flush(tx, raw->send_fds[family], &link->stats);
	struct batch_message *slot = &tx->slots[tx->count];
	struct msghdr *message = batch_tx_put(tx, frame, &link->stats);
	if (message == NULL)
		return;
	if (family == IPV4)
		address_ipv4(slot, message, frame->bytes);
	else
		address_ipv6(raw, slot, message, frame->bytes);
}

/* Before what waits is sent, so that its replies are heard. */
static void
note_silence(struct raw *raw, uint64_t now_us)
{
	for (unsigned receiver = 0; receiver < RECEIVERS; receiver++) {
		uint64_t *unanswered_at_us = &raw->unanswered_at_us[receiver];
		if (!raw->has_asked[receiver])
			continue;
		raw->has_asked[receiver] = false;
		if (*unanswered_at_us == STACK_NEVER)
			*unanswered_at_us = now_us;
		else if (now_us > *unanswered_at_us + RAW_DEAF_US)
			listen_to_all(raw);
	}
}

static void
raw_flush(struct link *link, uint64_t now_us)
{
	struct raw *raw = raw_of(link);

	if (raw->device != 0)
		note_silence(raw, now_us);
	for (unsigned family = 0; family < FAMILIES; family++)
		if (raw->tx[family].count != 0)
			batch_tx_flush(&raw->tx[family], raw->send_fds[family], &link->stats);
}

/* ---- following the host ------------------------------------------------------------------------ */

/* Ports wear out by being used: once all are there, without traffic nothing is to be renewed, and nothing to wake up for. */
static bool
needs_renewal(const struct raw *raw)
{
	return raw->hears_udp && (guard_is_filling(raw->guard) || raw->link.stats.sent_frames != raw->sent_at_renewal);
}

static int
raw_sync(struct link *link, struct stack *stack, unsigned ifindex, uint64_t now_us)
{
	struct raw *raw = raw_of(link);

	udp_set_port_pool(stack, &raw->guard->pool);
	if (raw->guard_tcp != NULL)
		tcp_set_port_pool(stack, &raw->guard_tcp->pool);
	if (netlink_update(&raw->netlink, now_us)) {
		if (mirror_only_device(netlink_mirror(&raw->netlink)) != raw->device)
			listen_to_all(raw);
		raw->mirror_refusals = mirror_apply(netlink_before(&raw->netlink),
		                                    netlink_mirror(&raw->netlink), stack, ifindex, now_us);
	}
	if (!needs_renewal(raw) || raw->guard->due_at_us > now_us)
		return 0;
	raw->sent_at_renewal = link->stats.sent_frames;
	raw->is_filter_due |= guard_renew(raw->guard, now_us);
	if (raw->is_filter_due && (attach_filter(raw, IPV4) != 0 || attach_filter(raw, IPV6) != 0))
		return ERR_IO; /* for want of memory: again at the next tick, or the new class would stay unheard */
	raw->is_filter_due = false;
	return 0;
}

static int
raw_sync_fd(const struct link *link)
{
	return raw_of(link)->netlink.fd;
}

static uint64_t
raw_deadline(const struct link *link)
{
	const struct raw *raw = raw_of(link);
	uint64_t at_us = netlink_deadline(&raw->netlink);
	return needs_renewal(raw) && raw->guard->due_at_us < at_us ? raw->guard->due_at_us : at_us;
}

/* ---- open and close ---------------------------------------------------------------------------- */

static void
raw_describe(const struct link *link, struct stack_if_config *config)
{
	*config = (struct stack_if_config){
		.name = "raw",
		.kind = STACK_IF_IP,
		.mtu = raw_of(link)->mtu,
		.flags = STACK_IF_SHARED | STACK_IF_SKIP_REASS,
	};
}

static size_t
raw_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	const struct raw *raw = raw_of(link);

	memcpy(fds, raw->receive_fds, sizeof raw->receive_fds);
	if (raw->guard_tcp == NULL)
		return FAMILIES;
	memcpy(fds + FAMILIES, raw->tcp_fds, sizeof raw->tcp_fds);
	return 2 * FAMILIES;
}

static void
close_all(int fds[FAMILIES])
{
	for (unsigned family = 0; family < FAMILIES; family++)
		if (fds[family] != -1)
			close(fds[family]);
}

static void
raw_close(struct link *link)
{
	struct raw *raw = raw_of(link);

	close_all(raw->receive_fds);
	close_all(raw->tcp_fds);
	close_all(raw->send_fds);
	netlink_close(&raw->netlink);
	batch_rx_fini(&raw->rx);
	batch_rx_fini(&raw->tcp_rx);
	batch_tx_fini(&raw->tx[IPV4]);
	batch_tx_fini(&raw->tx[IPV6]);
	free(raw);
}

static const struct link_ops raw_ops = {
	.name = "raw",
	.describe = raw_describe,
	.receive = raw_receive,
	.send = raw_send,
	.flush = raw_flush,
	.fds = raw_fds,
	.deadline = raw_deadline,
	.sync = raw_sync,
	.sync_fd = raw_sync_fd,
	.close = raw_close,
};

int
raw_hear_udp(struct link *link, struct link_error *error)
{
	struct raw *raw = raw_of(link);

	assert(link->ops == &raw_ops);
	for (unsigned family = 0; family < FAMILIES; family++)
		if (attach_filter(raw, family) != 0)
			return link__fail(error, errno, CAPABILITY, "packet socket for %s", family_names[family]);
	if (raw->hears_udp)
		return 0;
	raw->hears_udp = true; /* both filters are in place: if one socket finds the device gone, both listen to all */
	for (unsigned family = 0; family < FAMILIES; family++)
		if (begin_to_listen(raw, raw->receive_fds[family], family) != 0)
			return link__fail(error, errno, CAPABILITY, "packet socket for %s", family_names[family]);
	return 0;
}

static uint32_t
mtu_of(const struct mirror *mirror)
{
	uint32_t mtu = mirror_mtu(mirror, RAW_MTU_MAX);
	if (mtu > RAW_MTU_MAX)
		return RAW_MTU_MAX;
	return mtu < IPV6_MTU_LEAST ? IPV6_MTU_LEAST : mtu;
}

static int
init_batches(struct raw *raw, size_t frame_bytes)
{
	if (batch_rx_init(&raw->rx, LINK_BATCH_MAX, frame_bytes, false) != 0)
		return ERR_NO_MEMORY;
	if (raw->guard_tcp != NULL && batch_rx_init(&raw->tcp_rx, TCP_FRAMES_MAX, RAW_FRAME_BYTES_MAX, false) != 0)
		return ERR_NO_MEMORY;
	for (unsigned family = 0; family < FAMILIES; family++)
		if (batch_tx_init(&raw->tx[family], RAW_MTU_MAX, false) != 0)
			return ERR_NO_MEMORY;
	return 0;
}

int
raw_open(struct link **link, const struct raw_config *config, uint64_t now_us, struct link_error *error)
{
	size_t frame_bytes = config->frame_bytes == 0 ? RAW_FRAME_BYTES_DEFAULT : config->frame_bytes;
	struct raw *raw = calloc(1, sizeof *raw);
	int err;

	assert(frame_bytes <= RAW_FRAME_BYTES_MAX);
	if (raw == NULL)
		return link__fail(error, ENOMEM, NULL, "link raw");
	*raw = (struct raw){ .link.ops = &raw_ops,
		             .guard = config->guard,
		             .guard_tcp = config->guard_tcp,
		             .netlink.fd = -1,
		             .unanswered_at_us = { STACK_NEVER, STACK_NEVER, STACK_NEVER, STACK_NEVER },
		             .receive_fds = { -1, -1 },
		             .send_fds = { -1, -1 },
		             .tcp_fds = { -1, -1 } };
	if (init_batches(raw, frame_bytes) != 0) {
		err = link__fail(error, ENOMEM, NULL, "link raw");
		goto close_raw;
	}
	err = netlink_open(&raw->netlink, NETLINK_EVERYTHING, now_us, error);
	if (err != 0)
		goto close_raw;
	raw->device = config->is_everywhere ? 0 : mirror_only_device(netlink_mirror(&raw->netlink));
	raw->stats_due_at_us = now_us + STATS_US;
	err = open_sockets(raw, error);
	if (err == 0 && !config->is_udp_later)
		err = raw_hear_udp(&raw->link, error);
	if (err != 0)
		goto close_raw;
	raw->mtu = mtu_of(netlink_mirror(&raw->netlink));
	*link = &raw->link;
	return 0;
close_raw:
	raw_close(&raw->link);
	return err;
}
