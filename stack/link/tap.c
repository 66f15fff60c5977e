#include "stack/link/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "stack/link/batch.h"
#include "stack/link/ethernet.h"
#include "stack/link/link_priv.h"

#define CAPABILITY     "CAP_NET_ADMIN"
#define CLONE_DEVICE   "/dev/net/tun"
#define DEVICE_DEFAULT "cairn%d"

struct tap {
	struct link link;
	char device[IFNAMSIZ];
	struct mac_addr mac;
	uint32_t mtu;
	uint16_t vlan;
	int fd;
	uint8_t *block; /* LINK_BATCH_MAX frames of the largest size */
};

static struct tap *
tap_of(const struct link *link)
{
	return (struct tap *)link;
}

/* ---- frames ------------------------------------------------------------------------------------ */

/* False when nothing is there. */
static bool
read_frame(struct tap *tap, uint8_t *slot, struct virtio_net_hdr *header, struct link_frame *frame)
{
	const struct iovec iovs[2] = { { header, sizeof *header }, { slot, STACK_FRAME_MAX } };
	ssize_t size = readv(tap->fd, iovs, 2);

	if (size < (ssize_t)sizeof *header)
		return false;
	*frame = (struct link_frame){ .bytes = slot,
		                      .size = (size_t)size - sizeof *header,
		                      .rx_flags = batch_rx_flags(header),
		                      .segment_bytes = batch_rx_segment_bytes(header) };
	return true;
}

static size_t
tap_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct tap *tap = tap_of(link);
	struct virtio_net_hdr header;
	size_t count = 0;

	(void)now_us;
	for (size_t i = 0; i < LINK_BATCH_MAX && count < max; i++) {
		if (!read_frame(tap, tap->block + i * STACK_FRAME_MAX, &header, &frames[count]))
			break;
		if (batch_is_usable(&header))
			count++;
		else
			link->stats.receive_unusable++;
	}
	link->stats.received_frames += count;
	return count;
}

static void
tap_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct virtio_net_hdr header;
	struct iovec iovs[BATCH_TX_IOVS];
	const size_t iov_count = batch_tx_iovs(iovs, &header, frame);

	(void)now_us;
	if (writev(tap_of(link)->fd, iovs, (int)iov_count) ==
	    (ssize_t)(sizeof header + frame->size + frame->pieces_bytes))
		link->stats.sent_frames++;
	else
		link->stats.send_failures++;
}

static void
tap_flush(struct link *link, uint64_t now_us)
{
	(void)link; /* nothing waits: send has written */
	(void)now_us;
}

static uint64_t
tap_deadline(const struct link *link)
{
	(void)link;
	return STACK_NEVER;
}

/* ---- open and close ---------------------------------------------------------------------------- */

static void
tap_describe(const struct link *link, struct stack_if_config *config)
{
	const struct tap *tap = tap_of(link);

	*config = (struct stack_if_config){
		.name = tap->device,
		.kind = STACK_IF_ETHER,
		.mac = tap->mac,
		.mtu = tap->mtu,
		.flags = STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX | STACK_IF_GATHER_TX,
		.vlan = tap->vlan,
	};
}

static size_t
tap_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	fds[0] = tap_of(link)->fd;
	return 1;
}

static void
tap_close(struct link *link)
{
	struct tap *tap = tap_of(link);

	if (tap->fd != -1)
		close(tap->fd);
	free(tap->block);
	free(tap);
}

static const struct link_ops tap_ops = {
	.name = "tap",
	.describe = tap_describe,
	.receive = tap_receive,
	.send = tap_send,
	.flush = tap_flush,
	.fds = tap_fds,
	.deadline = tap_deadline,
	.close = tap_close,
};

static int
open_device(struct tap *tap, const char *device, struct link_error *error)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

	tap->fd = open(CLONE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd == -1)
		return link__fail(error, errno, CAPABILITY, "%s", CLONE_DEVICE);
	if (strlen(device) >= sizeof request.ifr_name)
		return link__fail(error, ENODEV, NULL, "TAP device %s", device);
	strcpy(request.ifr_name, device);
	if (ioctl(tap->fd, TUNSETIFF, &request) != 0)
		return link__fail(error, errno, CAPABILITY, "TAP device %s", device);
	memcpy(tap->device, request.ifr_name, sizeof tap->device);
	/* An old kernel that refuses fills checksums in and splits segments: that is taken as well. */
	(void)ioctl(tap->fd, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6));
	return 0;
}

/* Asks for the MTU and, unless somebody else does that, sets the host's end up; 0 or -1 with errno. */
static int
prepare(struct tap *tap, int fd, bool leaves_down)
{
	struct ifreq request = { .ifr_mtu = 0 };

	memcpy(request.ifr_name, tap->device, sizeof request.ifr_name);
	if (ioctl(fd, SIOCGIFMTU, &request) != 0)
		return -1;
	tap->mtu = (uint32_t)request.ifr_mtu;
	if (leaves_down)
		return 0;
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		return -1;
	if ((request.ifr_flags & IFF_UP) != 0)
		return 0;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int
prepare_device(struct tap *tap, bool leaves_down, struct link_error *error)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd == -1 || prepare(tap, fd, leaves_down) != 0)
		err = link__fail(error, errno, CAPABILITY, "setting TAP device %s up", tap->device);
	if (fd != -1)
		close(fd);
	return err;
}

int
tap_open(struct link **link, const struct tap_config *config, struct link_error *error)
{
	static const struct mac_addr none;
	struct tap *tap = calloc(1, sizeof *tap);

	if (tap == NULL)
		return link__fail(error, ENOMEM, NULL, "link tap");
	*tap = (struct tap){ .link.ops = &tap_ops, .mac = config->mac, .vlan = config->vlan, .fd = -1 };
	if (memcmp(&tap->mac, &none, sizeof none) == 0)
		tap->mac = ethernet_mac_draw();
	int err = open_device(tap, config->device == NULL ? DEVICE_DEFAULT : config->device, error);
	if (err == 0)
		err = prepare_device(tap, config->leaves_down, error);
	if (err == 0) {
		tap->block = malloc(LINK_BATCH_MAX * (size_t)STACK_FRAME_MAX);
		if (tap->block == NULL)
			err = link__fail(error, ENOMEM, NULL, "link tap");
	}
	if (err != 0) {
		tap_close(&tap->link);
		return err;
	}
	*link = &tap->link;
	return 0;
}
