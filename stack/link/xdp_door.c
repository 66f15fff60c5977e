#include "stack/link/xdp_door.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link/link_priv.h"
#include "stack/link/xdp_share.h"

#define LINE_BYTES 64u /* of a processor's cache */

struct door_link {
	alignas(LINE_BYTES) struct link link; /* what one thread writes to is on no line of another's */
	const struct xdp_door *door;
	struct xdp_share share;
};

struct xdp_door {
	struct xdp_device device;
	struct mac_addr mac;
	uint32_t mtu;
	int addrs_fd; /* -1: none */
	struct ip_addr addrs[XDP_DOOR_ADDRS_MAX]; /* as they stand in the map */
	size_t addr_count;
	struct door_link links[];
};

/* ---- a share's link ---------------------------------------------------------------------------- */

static struct door_link *
of_link(const struct link *link)
{
	return (struct door_link *)link;
}

static void
door_describe(const struct link *link, struct stack_if_config *config)
{
	const struct xdp_door *door = of_link(link)->door;

	/* A datagram that a peer of the host's own has sent bears no mark for a checksum that nobody has filled. */
	*config = (struct stack_if_config){ .name = door->device.name,
		                            .kind = STACK_IF_ETHER,
		                            .mac = door->mac,
		                            .mtu = door->mtu,
		                            .flags = STACK_IF_LOCAL_PEERS };
}

static size_t
door_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct xdp_share *share = &of_link(link)->share;
	const size_t count = xdp_share_receive(share, frames, max, now_us);

	link->stats = share->stats;
	return count;
}

static void
door_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	(void)now_us;
	xdp_share_send(&of_link(link)->share, frame);
}

static void
door_flush(struct link *link, uint64_t now_us)
{
	struct xdp_share *share = &of_link(link)->share;

	xdp_share_flush(share, now_us);
	link->stats = share->stats;
}

static size_t
door_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	return xdp_share_fds(&of_link(link)->share, fds, LINK_FDS_MAX);
}

static uint64_t
door_deadline(const struct link *link)
{
	return xdp_share_deadline(&of_link(link)->share);
}

/* The door's, until that closes. */
static void
door_link_close(struct link *link)
{
	(void)link;
}

static const struct link_ops door_ops = {
	.name = "xdp door",
	.describe = door_describe,
	.receive = door_receive,
	.send = door_send,
	.flush = door_flush,
	.fds = door_fds,
	.deadline = door_deadline,
	.close = door_link_close,
};

struct link *
xdp_door_link(struct xdp_door *door, unsigned share)
{
	return share < door->device.queue_count ? &door->links[share].link : NULL;
}

uint32_t
xdp_door_ifindex(const struct xdp_door *door)
{
	return door->device.ifindex;
}

/* ---- addresses --------------------------------------------------------------------------------- */

static bool
is_among(const struct ip_addr *addr, const struct ip_addr *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (addr_equal(addr, &addrs[i]))
			return true;
	return false;
}

static int
err_of(int errno_value)
{
	return errno_value == EPERM ? ERR_PERMISSION : ERR_FULL;
}

static int
put(struct xdp_door *door, const struct ip_addr *addr)
{
	uint8_t key[XDP_STEER_KEY_BYTES], present = 1;

	if (door->addr_count == XDP_DOOR_ADDRS_MAX)
		return ERR_FULL;
	xdp_steer_key(key, addr);
	if (bpf_map_update_elem(door->addrs_fd, key, &present, BPF_ANY) != 0)
		return err_of(errno);
	door->addrs[door->addr_count++] = *addr;
	return 0;
}

static int
take_out(struct xdp_door *door, size_t index)
{
	uint8_t key[XDP_STEER_KEY_BYTES];

	xdp_steer_key(key, &door->addrs[index]);
	if (bpf_map_delete_elem(door->addrs_fd, key) != 0)
		return err_of(errno);
	door->addrs[index] = door->addrs[--door->addr_count];
	return 0;
}

int
xdp_door_set_addrs(struct xdp_door *door, const struct ip_addr *addrs, size_t count)
{
	int failed = 0;

	for (size_t i = door->addr_count; i-- > 0;) {
		const int err = is_among(&door->addrs[i], addrs, count) ? 0 : take_out(door, i);
		failed = err != 0 ? err : failed;
	}
	for (size_t i = 0; i < count; i++) {
		const int err = is_among(&addrs[i], door->addrs, door->addr_count) ? 0 : put(door, &addrs[i]);
		failed = err != 0 ? err : failed;
	}
	return failed;
}

size_t
xdp_door_addr_count(const struct xdp_door *door)
{
	return door->addr_count;
}

/* ---- open and close ---------------------------------------------------------------------------- */

/* What of the device the program and the size of its frames depend on. */
static int
measure(struct xdp_door *door, const char *device, struct link_error *told)
{
	struct ifreq request = { 0 };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int errno_value = 0;

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	if (fd == -1 || ioctl(fd, SIOCGIFHWADDR, &request) != 0)
		errno_value = errno;
	else if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		errno_value = EAFNOSUPPORT;
	memcpy(&door->mac, request.ifr_hwaddr.sa_data, sizeof door->mac);
	if (errno_value == 0 && ioctl(fd, SIOCGIFMTU, &request) != 0)
		errno_value = errno;
	door->mtu = (uint32_t)request.ifr_mtu;
	if (fd != -1)
		close(fd);
	if (errno_value == EAFNOSUPPORT)
		return link__fail(told, errno_value, NULL, "device %s carries no Ethernet", device);
	return errno_value == 0 ? 0 : link__fail(told, errno_value, NULL, "device %s", device);
}

static int
open_device(struct xdp_door *door, const struct xdp_door_config *config, struct link_error *told)
{
	const unsigned queues = LINK_FDS_MAX * config->share_count;

	door->addrs_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "cairn_addrs", XDP_STEER_KEY_BYTES, 1, XDP_DOOR_ADDRS_MAX, NULL);
	if (door->addrs_fd < 0)
		return link__fail(told, errno, "CAP_NET_ADMIN and CAP_BPF", "link xdp: map of addresses");
	const struct xdp_steer_rule rule = { .mac = door->mac, .port = config->port, .addrs_fd = door->addrs_fd };
	const struct xdp_device_config device = { .name = config->device,
		                                  .mtu = door->mtu,
		                                  .mode = config->mode,
		                                  .queues_max = queues < XDP_DOOR_QUEUES_MAX ? queues : XDP_DOOR_QUEUES_MAX,
		                                  .rule = &rule };
	return xdp_device_open(&door->device, &device, told);
}

int
xdp_door_open(struct xdp_door **made, const struct xdp_door_config *config, struct link_error *told)
{
	const size_t door_bytes = sizeof(struct xdp_door) + config->share_count * sizeof(struct door_link);
	struct xdp_door *door = aligned_alloc(LINE_BYTES, door_bytes);

	if (door == NULL)
		return link__fail(told, ENOMEM, NULL, "link xdp");
	memset(door, 0, door_bytes);
	door->addrs_fd = -1;
	xdp_device_init(&door->device);
	int err = measure(door, config->device, told);
	if (err == 0)
		err = open_device(door, config, told);
	if (err != 0) {
		xdp_door_close(door);
		return err;
	}
	for (unsigned i = 0; i < config->share_count; i++) {
		door->links[i] = (struct door_link){ .link.ops = &door_ops, .door = door };
		xdp_share_init(&door->links[i].share, &door->device, i, config->share_count);
	}
	*made = door;
	return 0;
}

void
xdp_door_close(struct xdp_door *door)
{
	if (door == NULL)
		return;
	xdp_device_close(&door->device);
	if (door->addrs_fd >= 0)
		close(door->addrs_fd);
	free(door);
}
