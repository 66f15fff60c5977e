#include "stack/link/xdp_device.h"

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

#define CAPABILITY "CAP_NET_ADMIN and CAP_BPF"
#define BUSY_US    20000u /* between two tries to get what another has, */
#define BUSY_TRIES 50u    /* a second's worth */

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
detach(struct xdp_device *device)
{
	close_fd(&device->attachment_fd);
	close_fd(&device->program_fd);
	for (unsigned i = 0; i < device->queue_count; i++)
		xdp_queue_close(&device->queues[i]);
	close_fd(&device->sockets_fd);
}

void
xdp_device_init(struct xdp_device *device)
{
	*device = (struct xdp_device){ .sockets_fd = -1, .program_fd = -1, .attachment_fd = -1 };
}

void
xdp_device_close(struct xdp_device *device)
{
	detach(device);
	free(device->queues);
	xdp_device_init(device);
}

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
load_program(struct xdp_device *device, const struct xdp_steer_rule *rule, struct link_error *told)
{
	struct xdp_steer steer;

	device->sockets_fd = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "cairn_sockets", sizeof(uint32_t), sizeof(uint32_t),
	                                 device->queue_count, NULL);
	if (device->sockets_fd < 0)
		return link__fail(told, errno, CAPABILITY, "link xdp: map of sockets");
	xdp_steer_write(&steer, rule, xdp_device_room(device), device->sockets_fd);
	device->program_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "cairn_steer", "BSD", steer.insns, steer.count, NULL);
	if (device->program_fd < 0)
		return link__fail(told, errno, CAPABILITY, "link xdp: XDP program");
	return 0;
}

static int
attach(struct xdp_device *device, const struct way *way, struct link_error *told)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = way->attach_flags);

	device->attachment_fd = bpf_link_create(device->program_fd, (int)device->ifindex, BPF_XDP, &options);
	if (device->attachment_fd >= 0)
		return 0;
	if (errno == EBUSY || errno == EEXIST)
		return link__fail(told, errno, NULL,
		                  "device %s runs an XDP program of another's: see `ip -d link show dev %s`", device->name,
		                  device->name);
	return link__fail(told, errno, CAPABILITY, "%s: %s XDP", device->name, way->word);
}

static int
open_queue(struct xdp_device *device, uint32_t index, const struct way *way, struct link_error *told)
{
	struct xdp_queue *queue = &device->queues[index];
	int errno_value = xdp_queue_open(queue, device->name, index, way->bind_flags);

	if (errno_value == EAFNOSUPPORT)
		return link__fail(told, errno_value, NULL, "this kernel has no AF_XDP sockets; say `link: packet` or `raw`");
	if (errno_value == ENOBUFS)
		return link__fail(told, errno_value, NULL, "memory for AF_XDP on %s (LimitMEMLOCK= or `ulimit -l`)",
		                  device->name);
	if (errno_value != 0)
		return link__fail(told, errno_value, CAPABILITY, "%s: %s AF_XDP socket on queue %u", device->name,
		                  way->word, index);
	if (bpf_map_update_elem(device->sockets_fd, &index, &queue->fd, BPF_ANY) != 0)
		return link__fail(told, errno, CAPABILITY, "link xdp: map of sockets");
	return 0;
}

static int
take_way(struct xdp_device *device, const struct way *way, const struct xdp_steer_rule *rule, struct link_error *told)
{
	int err = load_program(device, rule, told);
	if (err == 0)
		err = attach(device, way, told);
	for (uint32_t i = 0; i < device->queue_count && err == 0; i++)
		err = open_queue(device, i, way, told);
	if (err != 0)
		detach(device);
	return err;
}

/* ---- open -------------------------------------------------------------------------------------- */

static void
tell_way(const struct xdp_device *device, const struct way *way, const struct link_error *why_no_better,
         struct link_error *told)
{
	const bool has_reason = why_no_better->text[0] != '\0';
	(void)snprintf(told->text, sizeof told->text, "%s: XDP %s, %u queue%s%s%.*s", device->name, way->word,
	               device->queue_count, device->queue_count == 1 ? "" : "s", has_reason ? "; " : "", 120,
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
take_way_patiently(struct xdp_device *device, const struct way *way, const struct xdp_steer_rule *rule, struct link_error *told)
{
	for (unsigned tries = 0;; tries++) {
		int err = take_way(device, way, rule, told);
		if (err != ERR_IN_USE || tries == BUSY_TRIES)
			return err;
		(void)usleep(BUSY_US);
	}
}

static int
take_best_way(struct xdp_device *device, const struct xdp_device_config *config, struct link_error *told)
{
	struct link_error why = { "" };
	int err = ERR_UNSUPPORTED;

	for (size_t i = 0; i < WAY_COUNT; i++) {
		if (config->mode != XDP_MODE_AUTO && config->mode != ways[i].mode)
			continue;
		err = take_way_patiently(device, &ways[i], config->rule, told);
		if (err == 0) {
			tell_way(device, &ways[i], &why, told);
			return 0;
		}
		why = *told;
		if (err == ERR_PERMISSION || err == ERR_IN_USE || err == ERR_FULL)
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

static int
make_queues(struct xdp_device *device, const struct xdp_device_config *config, struct link_error *told)
{
	const unsigned count = count_queues(device->name);

	if (count > config->queues_max)
		return link__fail(told, EOPNOTSUPP, NULL,
		                  "%s receives by %u queues, link xdp by up to %u: `ethtool -L %s combined %u`", device->name,
		                  count, config->queues_max, device->name, config->queues_max);
	device->queues = calloc(count, sizeof *device->queues);
	if (device->queues == NULL)
		return link__fail(told, ENOMEM, NULL, "link xdp");
	device->queue_count = count;
	for (unsigned i = 0; i < count; i++)
		xdp_queue_init(&device->queues[i], device->frame_shift);
	return 0;
}

int
xdp_device_open(struct xdp_device *device, const struct xdp_device_config *config, struct link_error *told)
{
	xdp_device_init(device);
	if (strlen(config->name) >= sizeof device->name || (device->ifindex = if_nametoindex(config->name)) == 0)
		return link__fail(told, ENODEV, NULL, "device %s", config->name);
	strcpy(device->name, config->name);
	device->frame_shift = XDP_FRAME_SHIFT_MIN;
	while (device->frame_shift < XDP_FRAME_SHIFT_MAX && config->mtu + ETHERNET_OVERHEAD_BYTES > xdp_device_room(device))
		device->frame_shift++;
	int err = make_queues(device, config, told);
	if (err == 0)
		err = take_best_way(device, config, told);
	if (err != 0)
		xdp_device_close(device);
	return err;
}
