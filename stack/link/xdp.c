#include "stack/link/xdp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/link/ethernet.h"
#include "stack/link/link_priv.h"
#include "stack/link/packet.h"
#include "stack/link/xdp_share.h"

struct xdp {
	struct link link;
	struct link *packet; /* for what the sockets do not carry; owned */
	struct xdp_device device;
	struct xdp_share all; /* its stats are the sockets'; the link's are these and the packet socket's */
};

static struct xdp *
xdp_of(const struct link *link)
{
	return (struct xdp *)link;
}

/* ---- frames ------------------------------------------------------------------------------------ */

static void
add_stats(struct xdp *xdp)
{
	const struct link_stats *ours = &xdp->all.stats, *beside = &xdp->packet->stats;

	xdp->link.stats = (struct link_stats){
		.received_frames = ours->received_frames + beside->received_frames,
		.sent_frames = ours->sent_frames + beside->sent_frames,
		.send_failures = ours->send_failures + beside->send_failures,
		.receive_overflows = ours->receive_overflows + beside->receive_overflows,
		.receive_unusable = ours->receive_unusable + beside->receive_unusable,
	};
}

static size_t
xdp_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct xdp *xdp = xdp_of(link);
	size_t count = xdp_share_receive(&xdp->all, frames, max, now_us);

	if (count < max)
		count += xdp->packet->ops->receive(xdp->packet, frames + count, max - count, now_us);
	add_stats(xdp);
	return count;
}

static void
xdp_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct xdp *xdp = xdp_of(link);

	if (frame->segment_bytes != 0 || frame->size > xdp_device_room(&xdp->device))
		xdp->packet->ops->send(xdp->packet, frame, now_us);
	else
		xdp_share_send(&xdp->all, frame);
}

static void
xdp_flush(struct link *link, uint64_t now_us)
{
	struct xdp *xdp = xdp_of(link);

	xdp_share_flush(&xdp->all, now_us);
	xdp->packet->ops->flush(xdp->packet, now_us);
	add_stats(xdp);
}

static uint64_t
xdp_deadline(const struct link *link)
{
	const struct xdp *xdp = xdp_of(link);
	const uint64_t beside_us = xdp->packet->ops->deadline(xdp->packet), ours_us = xdp_share_deadline(&xdp->all);
	return beside_us < ours_us ? beside_us : ours_us;
}

/* The packet socket follows the device; the sockets on its queues are bound to it for good. */
static int
xdp_sync(struct link *link, struct stack *stack, unsigned ifindex, uint64_t now_us)
{
	struct xdp *xdp = xdp_of(link);
	return xdp->packet->ops->sync(xdp->packet, stack, ifindex, now_us);
}

static int
xdp_sync_fd(const struct link *link)
{
	const struct xdp *xdp = xdp_of(link);
	return xdp->packet->ops->sync_fd(xdp->packet);
}

/* A packet that a peer of the host's own has sent bears no mark for a checksum that nobody has filled. */
static void
xdp_describe(const struct link *link, struct stack_if_config *config)
{
	const struct xdp *xdp = xdp_of(link);

	xdp->packet->ops->describe(xdp->packet, config);
	config->flags |= STACK_IF_LOCAL_PEERS;
}

static size_t
xdp_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	const struct xdp *xdp = xdp_of(link);
	const size_t count = xdp->packet->ops->fds(xdp->packet, fds);

	return count + xdp_share_fds(&xdp->all, fds + count, LINK_FDS_MAX - count);
}

/* ---- open and close ---------------------------------------------------------------------------- */

static void
xdp_close(struct link *link)
{
	struct xdp *xdp = xdp_of(link);

	xdp_device_close(&xdp->device);
	if (xdp->packet != NULL)
		xdp->packet->ops->close(xdp->packet);
	free(xdp);
}

static const struct link_ops xdp_ops = {
	.name = "xdp",
	.describe = xdp_describe,
	.receive = xdp_receive,
	.send = xdp_send,
	.flush = xdp_flush,
	.fds = xdp_fds,
	.deadline = xdp_deadline,
	.sync = xdp_sync,
	.sync_fd = xdp_sync_fd,
	.close = xdp_close,
};

/* What the packet link knows of the device decides how large the frames of our memory are. */
static int
open_device(struct xdp *xdp, const struct xdp_config *config, const struct mac_addr *mac, struct link_error *told)
{
	const struct xdp_steer_rule rule = { .mac = *mac };
	struct stack_if_config described;

	xdp->packet->ops->describe(xdp->packet, &described);
	const struct xdp_device_config device = { .name = config->device,
		                                  .mtu = described.mtu,
		                                  .mode = config->mode,
		                                  .queues_max = XDP_QUEUES_MAX,
		                                  .rule = &rule };
	return xdp_device_open(&xdp->device, &device, told);
}

int
xdp_open(struct link **link, const struct xdp_config *config, uint64_t now_us, struct link_error *told)
{
	static const struct mac_addr none;
	struct packet_config packet = { .device = config->device, .mac = config->mac };
	struct xdp *xdp = calloc(1, sizeof *xdp);

	if (xdp == NULL)
		return link__fail(told, ENOMEM, NULL, "link xdp");
	xdp->link.ops = &xdp_ops;
	xdp_device_init(&xdp->device);
	xdp_share_init(&xdp->all, &xdp->device, 0, 1);
	if (memcmp(&packet.mac, &none, sizeof none) == 0)
		packet.mac = ethernet_mac_draw();
	int err = packet_open(&xdp->packet, &packet, now_us, told);
	if (err == 0)
		err = open_device(xdp, config, &packet.mac, told);
	if (err != 0) {
		xdp_close(&xdp->link);
		return err;
	}
	*link = &xdp->link;
	return 0;
}
