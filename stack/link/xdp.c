#include "stack/link/xdp.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link/ethernet.h"
#include "stack/link/link_priv.h"
#include "stack/link/packet.h"
#include "stack/link/xdp_queue.h"
#include "stack/link/xdp_steer.h"

#define CAPABILITY   "CAP_NET_ADMIN and CAP_BPF"
#define STATS_US     1000000u /* how often the kernel is asked what it had to drop */
#define RETRY_US     1000u    /* until a device that was full is tried again; twice as long each time, */
#define RETRY_US_MAX 1000000u /* since it may be down for days */
#define BUSY_US      20000u   /* between two tries to get what another has, */
#define BUSY_TRIES   50u      /* a second's worth */
#define NAME_BYTES   16u

struct xdp {
	struct link link;
	struct link *packet; /* for what the sockets do not carry; owned */
	char device[NAME_BYTES];
	uint32_t host_ifindex;
	unsigned frame_shift;
	int sockets_fd, program_fd, attachment_fd;
	unsigned queue_count, next_queue; /* next_queue: whose frames come first in the next batch */
	struct xdp_queue queues[XDP_QUEUES_MAX];
	struct link_stats stats; /* of the sockets; the link's are these and the packet socket's */
	uint64_t stats_due_at_us;
	uint64_t retry_at_us, retry_us; /* STACK_NEVER: nothing waits */
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
	const struct link_stats *ours = &xdp->stats, *beside = &xdp->packet->stats;

	xdp->link.stats = (struct link_stats){
		.received_frames = ours->received_frames + beside->received_frames,
		.sent_frames = ours->sent_frames + beside->sent_frames,
		.send_failures = ours->send_failures + beside->send_failures,
		.receive_overflows = ours->receive_overflows + beside->receive_overflows,
		.receive_unusable = ours->receive_unusable + beside->receive_unusable,
	};
}

static void
count_drops(struct xdp *xdp, uint64_t now_us)
{
	if (now_us < xdp->stats_due_at_us)
		return;
	xdp->stats_due_at_us = now_us + STATS_US;
	for (unsigned i = 0; i < xdp->queue_count; i++)
		xdp_queue_count_drops(&xdp->queues[i], &xdp->stats);
}

static size_t
xdp_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct xdp *xdp = xdp_of(link);
	size_t count = 0;

	count_drops(xdp, now_us);
	for (unsigned i = 0; i < xdp->queue_count; i++)
		xdp_queue_settle(&xdp->queues[i]);
	for (unsigned i = 0; i < xdp->queue_count && count < max; i++) {
		count += xdp_queue_receive(&xdp->queues[xdp->next_queue], frames + count, max - count);
		xdp->next_queue = (xdp->next_queue + 1) % xdp->queue_count;
	}
	xdp->stats.received_frames += count;
	if (count < max)
		count += xdp->packet->ops->receive(xdp->packet, frames + count, max - count, now_us);
	add_stats(xdp);
	return count;
}

/* The queue whose memory the frame lies in, or that of the first. */
static struct xdp_queue *
queue_for(struct xdp *xdp, const uint8_t *bytes)
{
	for (unsigned i = 1; i < xdp->queue_count; i++)
		if (xdp_queue_has_lent(&xdp->queues[i], bytes))
			return &xdp->queues[i];
	return &xdp->queues[0];
}

static void
xdp_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct xdp *xdp = xdp_of(link);

	if (frame->segment_bytes != 0 || frame->size > xdp_queue_room(xdp->frame_shift))
		xdp->packet->ops->send(xdp->packet, frame, now_us);
	else if (xdp_queue_send(queue_for(xdp, frame->bytes), frame))
		xdp->stats.sent_frames++;
	else
		xdp->stats.send_failures++;
}

static void
note_waiting(struct xdp *xdp, bool is_waiting, uint64_t now_us)
{
	if (!is_waiting) {
		xdp->retry_at_us = STACK_NEVER;
		xdp->retry_us = RETRY_US;
	} else if (xdp->retry_at_us == STACK_NEVER || xdp->retry_at_us <= now_us) {
		xdp->retry_at_us = now_us + xdp->retry_us;
		xdp->retry_us = xdp->retry_us < RETRY_US_MAX / 2 ? 2 * xdp->retry_us : RETRY_US_MAX;
	}
}

static void
xdp_flush(struct link *link, uint64_t now_us)
{
	struct xdp *xdp = xdp_of(link);
	bool is_done = true;

	for (unsigned i = 0; i < xdp->queue_count; i++)
		is_done = xdp_queue_flush(&xdp->queues[i]) && is_done;
	note_waiting(xdp, !is_done, now_us);
	xdp->packet->ops->flush(xdp->packet, now_us);
	add_stats(xdp);
}

static uint64_t
xdp_deadline(const struct link *link)
{
	const struct xdp *xdp = xdp_of(link);
	const uint64_t beside_us = xdp->packet->ops->deadline(xdp->packet);
	return beside_us < xdp->retry_at_us ? beside_us : xdp->retry_at_us;
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
	size_t count = xdp->packet->ops->fds(xdp->packet, fds);

	for (unsigned i = 0; i < xdp->queue_count; i++)
		fds[count++] = xdp->queues[i].fd;
	assert(count <= LINK_FDS_MAX);
	return count;
}

/* ---- close ------------------------------------------------------------------------------------- */

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The program first: nothing is to be given to a socket that goes. */
static void
detach(struct xdp *xdp)
{
	close_fd(&xdp->attachment_fd);
	close_fd(&xdp->program_fd);
	for (unsigned i = 0; i < XDP_QUEUES_MAX; i++)
		xdp_queue_close(&xdp->queues[i]);
	close_fd(&xdp->sockets_fd);
}

static void
xdp_close(struct link *link)
{
	struct xdp *xdp = xdp_of(link);

	detach(xdp);
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

/* ---- open: one way of getting frames ------------------------------------------------------------- */

struct way {
	enum xdp_mode mode;
	const char *word;
	uint32_t attach_flags;
	uint16_t bind_flags;
	const char *instead; /* what to say where it cannot be had */
};

static const struct way ways[] = { /* the best first */
	{ XDP_MODE_ZERO_COPY, "zero-copy", XDP_FLAGS_DRV_MODE, XDP_ZEROCOPY, "native" },
	{ XDP_MODE_NATIVE, "native", XDP_FLAGS_DRV_MODE, XDP_COPY, "generic" },
	{ XDP_MODE_GENERIC, "generic", XDP_FLAGS_SKB_MODE, XDP_COPY, NULL },
};

#define WAY_COUNT (sizeof ways / sizeof ways[0])

static int
load_program(struct xdp *xdp, const struct mac_addr *mac, struct link_error *told)
{
	struct xdp_steer steer;

	xdp->sockets_fd = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "cairn_sockets", sizeof(uint32_t), sizeof(uint32_t),
	                                 xdp->queue_count, NULL);
	if (xdp->sockets_fd < 0)
		return link__fail(told, errno, CAPABILITY, "link xdp: map of sockets");
	xdp_steer_own(&steer, mac, xdp_queue_room(xdp->frame_shift), xdp->sockets_fd);
	xdp->program_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "cairn_steer", "BSD", steer.insns, steer.count, NULL);
	if (xdp->program_fd < 0)
		return link__fail(told, errno, CAPABILITY, "link xdp: XDP program");
	return 0;
}

static int
attach(struct xdp *xdp, const struct way *way, struct link_error *told)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = way->attach_flags);

	xdp->attachment_fd = bpf_link_create(xdp->program_fd, (int)xdp->host_ifindex, BPF_XDP, &options);
	if (xdp->attachment_fd >= 0)
		return 0;
	if (errno == EBUSY || errno == EEXIST)
		return link__fail(told, errno, NULL,
		                  "device %s runs an XDP program of another's: see `ip -d link show dev %s`", xdp->device,
		                  xdp->device);
	return link__fail(told, errno, CAPABILITY, "%s: %s XDP", xdp->device, way->word);
}

static int
open_queue(struct xdp *xdp, uint32_t index, const struct way *way, struct link_error *told)
{
	struct xdp_queue *queue = &xdp->queues[index];
	int errno_value = xdp_queue_open(queue, xdp->device, index, way->bind_flags);

	if (errno_value == EAFNOSUPPORT)
		return link__fail(told, errno_value, NULL, "this kernel has no AF_XDP sockets; say `link: packet`");
	if (errno_value == ENOBUFS)
		return link__fail(told, errno_value, NULL, "memory for AF_XDP on %s (LimitMEMLOCK= or `ulimit -l`)",
		                  xdp->device);
	if (errno_value != 0)
		return link__fail(told, errno_value, CAPABILITY, "%s: %s AF_XDP socket on queue %u", xdp->device,
		                  way->word, index);
	if (bpf_map_update_elem(xdp->sockets_fd, &index, &queue->fd, BPF_ANY) != 0)
		return link__fail(told, errno, CAPABILITY, "link xdp: map of sockets");
	return 0;
}

static int
take_way(struct xdp *xdp, const struct way *way, const struct mac_addr *mac, struct link_error *told)
{
	int err = load_program(xdp, mac, told);
	if (err == 0)
		err = attach(xdp, way, told);
	for (uint32_t i = 0; i < xdp->queue_count && err == 0; i++)
		err = open_queue(xdp, i, way, told);
	if (err != 0)
		detach(xdp);
	return err;
}

/* ---- open -------------------------------------------------------------------------------------- */

static void
tell_way(const struct xdp *xdp, const struct way *way, const struct link_error *why_no_better,
         struct link_error *told)
{
	const bool has_reason = why_no_better->text[0] != '\0';
	(void)snprintf(told->text, sizeof told->text, "%s: XDP %s, %u queue%s%s%.*s", xdp->device, way->word,
	               xdp->queue_count, xdp->queue_count == 1 ? "" : "s", has_reason ? "; " : "", 120,
	               why_no_better->text);
}

/* What else to ask for is said where one way was asked for and the system has not got it. */
static void
tell_instead(const struct way *way, enum xdp_mode asked, struct link_error *told)
{
	const size_t length = strlen(told->text);

	if (asked != XDP_MODE_AUTO && way->instead != NULL)
		(void)snprintf(told->text + length, sizeof told->text - length, "; say `xdp-mode: %s` instead",
		               way->instead);
}

/* The kernel takes queue and device from a process that has gone in its own time: whoever starts again waits for it. */
static int
take_way_patiently(struct xdp *xdp, const struct way *way, const struct mac_addr *mac, struct link_error *told)
{
	for (unsigned tries = 0;; tries++) {
		int err = take_way(xdp, way, mac, told);
		if (err != ERR_IN_USE || tries == BUSY_TRIES)
			return err;
		(void)usleep(BUSY_US);
	}
}

static int
take_best_way(struct xdp *xdp, const struct xdp_config *config, const struct mac_addr *mac, struct link_error *told)
{
	struct link_error why = { "" };
	int err = ERR_UNSUPPORTED;

	for (size_t i = 0; i < WAY_COUNT; i++) {
		if (config->mode != XDP_MODE_AUTO && config->mode != ways[i].mode)
			continue;
		err = take_way_patiently(xdp, &ways[i], mac, told);
		if (err == 0) {
			tell_way(xdp, &ways[i], &why, told);
			return 0;
		}
		why = *told;
		if (err == ERR_PERMISSION || err == ERR_IN_USE || err == ERR_NO_MEMORY)
			return err; /* would be the same for the next */
		tell_instead(&ways[i], config->mode, told);
	}
	return err;
}

/* How many queues the device receives by, as ethtool -l shows them; 1 where the driver does not tell. */
static unsigned
count_queues(const char *device)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq request = { .ifr_data = (char *)&channels };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned count = 0;

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	if (fd != -1 && ioctl(fd, SIOCETHTOOL, &request) == 0)
		count = channels.rx_count + channels.combined_count;
	if (fd != -1)
		close(fd);
	return count > 0 ? count : 1;
}

/* What the packet link knows of the device decides how large the frames of our memory are. */
static int
measure(struct xdp *xdp, struct link_error *told)
{
	struct stack_if_config described;

	xdp->packet->ops->describe(xdp->packet, &described);
	xdp->frame_shift = XDP_FRAME_SHIFT_MIN;
	while (xdp->frame_shift < XDP_FRAME_SHIFT_MAX &&
	       described.mtu + ETHERNET_OVERHEAD_BYTES > xdp_queue_room(xdp->frame_shift))
		xdp->frame_shift++;
	for (unsigned i = 0; i < XDP_QUEUES_MAX; i++)
		xdp_queue_init(&xdp->queues[i], xdp->frame_shift);
	xdp->host_ifindex = if_nametoindex(xdp->device);
	xdp->queue_count = count_queues(xdp->device);
	if (xdp->queue_count <= XDP_QUEUES_MAX)
		return 0;
	return link__fail(told, EOPNOTSUPP, NULL,
	                  "%s receives by %u queues, link xdp by up to %u: `ethtool -L %s combined %u`", xdp->device,
	                  xdp->queue_count, XDP_QUEUES_MAX, xdp->device, XDP_QUEUES_MAX);
}

static int
open_inside(struct xdp *xdp, const struct packet_config *packet, uint64_t now_us, struct link_error *told)
{
	int err = packet_open(&xdp->packet, packet, now_us, told);
	if (err != 0)
		return err;
	(void)snprintf(xdp->device, sizeof xdp->device, "%s", packet->device);
	return measure(xdp, told);
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
	xdp->sockets_fd = xdp->program_fd = xdp->attachment_fd = -1;
	note_waiting(xdp, false, now_us);
	for (unsigned i = 0; i < XDP_QUEUES_MAX; i++)
		xdp_queue_init(&xdp->queues[i], XDP_FRAME_SHIFT_MIN);
	if (memcmp(&packet.mac, &none, sizeof none) == 0)
		packet.mac = ethernet_mac_draw();
	int err = open_inside(xdp, &packet, now_us, told);
	if (err == 0)
		err = take_best_way(xdp, config, &packet.mac, told);
	if (err != 0) {
		xdp_close(&xdp->link);
		return err;
	}
	*link = &xdp->link;
	return 0;
}
