#include "stack/link/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link/batch.h"
#include "stack/link/ethernet.h"
#include "stack/link/link_priv.h"
#include "stack/link/netlink.h"

#define CAPABILITY "CAP_NET_RAW"
#define STATS_US   1000000u /* how often the kernel is asked what it had to drop */

struct packet {
	struct link link;
	char device[MIRROR_NAME_BYTES];
	uint32_t host_ifindex; /* that the socket is bound to; 0: the device is gone */
	struct mac_addr mac;
	uint32_t mtu;
	uint16_t vlan;
	int fd;
	struct netlink netlink;
	struct batch_rx rx;
	struct batch_tx tx;
	uint64_t stats_due_at_us;
};

static struct packet *
packet_of(const struct link *link)
{
	return (struct packet *)link;
}

/* ---- frames ------------------------------------------------------------------------------------ */

/* Reading the statistics sets them to zero. */
static void
count_overflows(struct packet *packet)
{
	struct tpacket_stats stats = { 0 };
	socklen_t stats_bytes = sizeof stats;

	if (getsockopt(packet->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &stats_bytes) == 0)
		packet->link.stats.receive_overflows += stats.tp_drops;
}

static size_t
packet_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct packet *packet = packet_of(link);

	if (packet->stats_due_at_us <= now_us) {
		packet->stats_due_at_us = now_us + STATS_US;
		count_overflows(packet);
	}
	batch_rx_begin(&packet->rx);
	return batch_rx_read(&packet->rx, packet->fd, frames, max, &link->stats);
}

static void
packet_flush(struct link *link, uint64_t now_us)
{
	struct packet *packet = packet_of(link);

	(void)now_us;
	if (packet->tx.count != 0)
		batch_tx_flush(&packet->tx, packet->fd, &link->stats);
}

static void
packet_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct packet *packet = packet_of(link);

	if (frame->segment_bytes != 0) {
		batch_tx_large(&packet->tx, packet->fd, frame, &link->stats);
		return;
	}
	if (batch_tx_is_full(&packet->tx))
		packet_flush(link, now_us);
	(void)batch_tx_put(&packet->tx, frame, &link->stats);
}

/* ---- the device -------------------------------------------------------------------------------- */

static int
join(const struct packet *packet, uint32_t host_ifindex, unsigned short what)
{
	struct packet_mreq membership = { .mr_ifindex = (int)host_ifindex, .mr_type = what, .mr_alen = ETH_ALEN };

	memcpy(membership.mr_address, packet->mac.octets, ETH_ALEN);
	return setsockopt(packet->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership);
}

/* Binds the socket to the device and has it let our frames through.  0 or an errno. */
static int
move_to(struct packet *packet, uint32_t host_ifindex)
{
	struct sockaddr_ll device = { .sll_family = AF_PACKET,
		                      .sll_protocol = htons(ETH_P_ALL),
		                      .sll_ifindex = (int)host_ifindex };
	socklen_t device_bytes = sizeof device;

	if (bind(packet->fd, (struct sockaddr *)&device, sizeof device) != 0 ||
	    getsockname(packet->fd, (struct sockaddr *)&device, &device_bytes) != 0)
		return errno;
	if (device.sll_hatype != ARPHRD_ETHER)
		return EAFNOSUPPORT;
	if (join(packet, host_ifindex, PACKET_MR_UNICAST) != 0 &&
	    join(packet, host_ifindex, PACKET_MR_PROMISC) != 0)
		return errno;
	if (join(packet, host_ifindex, PACKET_MR_ALLMULTI) != 0) /* groups of NDP; the stack picks its own */
		return errno;
	packet->host_ifindex = host_ifindex;
	return 0;
}

static int
packet_sync(struct link *link, struct stack *stack, unsigned ifindex, uint64_t now_us)
{
	struct packet *packet = packet_of(link);

	if (!netlink_update(&packet->netlink, now_us))
		return 0;
	const struct mirror_device *device = mirror_device_named(netlink_mirror(&packet->netlink), packet->device);
	if (device == NULL) {
		packet->host_ifindex = 0;
		return stack_if_set_up(stack, ifindex, false, now_us);
	}
	if (device->ifindex != packet->host_ifindex && move_to(packet, device->ifindex) != 0)
		return ERR_IO;
	return stack_if_set_up(stack, ifindex, device->is_running, now_us);
}

static int
packet_sync_fd(const struct link *link)
{
	return packet_of(link)->netlink.fd;
}

static uint64_t
packet_deadline(const struct link *link)
{
	return netlink_deadline(&packet_of(link)->netlink);
}

/* ---- open and close ---------------------------------------------------------------------------- */

static void
packet_describe(const struct link *link, struct stack_if_config *config)
{
	const struct packet *packet = packet_of(link);

	*config = (struct stack_if_config){
		.name = packet->device,
		.kind = STACK_IF_ETHER,
		.mac = packet->mac,
		.mtu = packet->mtu,
		.flags = STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX | STACK_IF_GATHER_TX,
		.vlan = packet->vlan,
	};
}

static size_t
packet_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	fds[0] = packet_of(link)->fd;
	return 1;
}

static void
packet_close(struct link *link)
{
	struct packet *packet = packet_of(link);

	if (packet->fd != -1)
		close(packet->fd);
	netlink_close(&packet->netlink);
	batch_rx_fini(&packet->rx);
	batch_tx_fini(&packet->tx);
	free(packet);
}

static const struct link_ops packet_ops = {
	.name = "packet",
	.describe = packet_describe,
	.receive = packet_receive,
	.send = packet_send,
	.flush = packet_flush,
	.fds = packet_fds,
	.deadline = packet_deadline,
	.sync = packet_sync,
	.sync_fd = packet_sync_fd,
	.close = packet_close,
};

static int
set_option(const struct packet *packet, int option)
{
	int on = 1;
	return setsockopt(packet->fd, SOL_PACKET, option, &on, sizeof on);
}

/* Bound to nothing until the filter is in place: nothing foreign is ever queued. */
static int
open_socket(struct packet *packet, struct link_error *error)
{
	struct filter filter;

	packet->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (packet->fd == -1)
		return link__fail(error, errno, CAPABILITY, "packet socket on %s", packet->device);
	link__grow_buffers(packet->fd, PACKET_QUEUE_BYTES, PACKET_QUEUE_BYTES);
	filter_ethernet(&filter, &packet->mac);
	if (set_option(packet, PACKET_AUXDATA) != 0 || set_option(packet, PACKET_VNET_HDR) != 0 ||
	    set_option(packet, PACKET_IGNORE_OUTGOING) != 0 || link__attach(packet->fd, &filter) != 0)
		return link__fail(error, errno, NULL, "packet socket on %s: options", packet->device);
	return 0;
}

static int
find_device(struct packet *packet, uint64_t now_us, struct link_error *error)
{
	int err = netlink_open(&packet->netlink, NETLINK_DEVICES, now_us, error);
	if (err != 0)
		return err;
	const struct mirror_device *device = mirror_device_named(netlink_mirror(&packet->netlink), packet->device);
	if (device == NULL)
		return link__fail(error, ENODEV, NULL, "device %s", packet->device);
	int errno_value = move_to(packet, device->ifindex);
	if (errno_value == EAFNOSUPPORT)
		return link__fail(error, errno_value, NULL, "device %s carries no Ethernet", packet->device);
	if (errno_value != 0)
		return link__fail(error, errno_value, CAPABILITY, "packet socket on %s", packet->device);
	packet->mtu = device->mtu;
	return 0;
}

static int
init_batches(struct packet *packet, struct link_error *error)
{
	if (batch_rx_init(&packet->rx, LINK_BATCH_MAX, STACK_FRAME_MAX, true) != 0 ||
	    batch_tx_init(&packet->tx, packet->mtu + ETHERNET_OVERHEAD_BYTES, true) != 0)
		return link__fail(error, ENOMEM, NULL, "link packet");
	return 0;
}

int
packet_open(struct link **link, const struct packet_config *config, uint64_t now_us, struct link_error *error)
{
	static const struct mac_addr none;
	struct packet *packet = calloc(1, sizeof *packet);

	if (packet == NULL)
		return link__fail(error, ENOMEM, NULL, "link packet");
	if (strlen(config->device) >= sizeof packet->device) {
		free(packet);
		return link__fail(error, ENODEV, NULL, "device %s", config->device);
	}
	*packet = (struct packet){ .link.ops = &packet_ops,
		                   .mac = config->mac,
		                   .vlan = config->vlan,
		                   .fd = -1,
		                   .netlink.fd = -1 };
	strcpy(packet->device, config->device);
	if (memcmp(&packet->mac, &none, sizeof none) == 0)
		packet->mac = ethernet_mac_draw();
	int err = open_socket(packet, error);
	if (err == 0)
		err = find_device(packet, now_us, error);
	if (err == 0)
		err = init_batches(packet, error);
	if (err != 0) {
		packet_close(&packet->link);
		return err;
	}
	*link = &packet->link;
	return 0;
}
