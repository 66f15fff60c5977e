#include "stack/link/xdp_door.h"

#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link/link_priv.h"
#include "stack/link/xdp_addrs.h"
#include "stack/link/xdp_share.h"

#define LINE_BYTES 64u /* of a processor's cache */

static_assert(XDP_DOOR_QUEUES_MAX <= 64, "every thread that has a queue has a bit");

/* An address, and which threads serve it: it is taken while all do. */
struct door_addr {
	struct ip_addr addr;
	uint64_t shares;
	bool is_taken;
};

struct door_link {
	alignas(LINE_BYTES) struct link link; /* what one thread writes to is on no line of another's */
	struct xdp_door *door;
	struct xdp_share share;
};

struct xdp_door {
	struct xdp_device device;
	struct mac_addr mac;
	int control_fd; /* to ask for the MTU; -1: none */
	uint64_t all_shares; /* that have a queue */
	struct xdp_addrs taken;
	pthread_mutex_t lock; /* of what follows, and of changes to `taken` */
	struct door_addr addrs[XDP_DOOR_ADDRS_MAX];
	size_t addr_count, taken_count;
	struct door_link links[];
};

/* ---- a share's link ---------------------------------------------------------------------------- */

static struct door_link *
of_link(const struct link *link)
{
	return (struct door_link *)link;
}

/* As it is now; of a device that has gone, 0. */
static uint32_t
read_mtu(const struct xdp_door *door)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, door->device.name, sizeof door->device.name);
	return ioctl(door->control_fd, SIOCGIFMTU, &request) == 0 ? (uint32_t)request.ifr_mtu : 0;
}

static void
door_describe(const struct link *link, struct stack_if_config *config)
{
	struct xdp_door *door = of_link(link)->door;

	/* A datagram that a peer of the host's own has sent bears no mark for a checksum that nobody has filled. */
	*config = (struct stack_if_config){ .name = door->device.name,
		                            .kind = STACK_IF_ETHER,
		                            .mac = door->mac,
		                            .mtu = read_mtu(door),
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

static struct door_addr *
find(struct xdp_door *door, const struct ip_addr *addr)
{
	for (size_t i = 0; i < door->addr_count; i++)
		if (addr_equal(&door->addrs[i].addr, addr))
			return &door->addrs[i];
	return NULL;
}

/* This thread serves the address. */
static int
add_share(struct xdp_door *door, const struct ip_addr *addr, uint64_t share)
{
	struct door_addr *entry = find(door, addr);

	if (entry == NULL && door->addr_count == XDP_DOOR_ADDRS_MAX)
		return ERR_FULL;
	if (entry == NULL) {
		entry = &door->addrs[door->addr_count++];
		*entry = (struct door_addr){ .addr = *addr };
	}
	entry->shares |= share;
	if (entry->is_taken || entry->shares != door->all_shares)
		return 0;
	if (xdp_addrs_put(&door->taken, addr) != 0)
		return ERR_FULL;
	entry->is_taken = true;
	door->taken_count++;
	return 0;
}

/* It does not any more. */
static void
remove_share(struct xdp_door *door, size_t index, uint64_t share)
{
	struct door_addr *entry = &door->addrs[index];

	entry->shares &= ~share;
	if (entry->is_taken) {
		xdp_addrs_remove(&door->taken, &entry->addr);
		entry->is_taken = false;
		door->taken_count--;
	}
	if (entry->shares == 0)
		*entry = door->addrs[--door->addr_count];
}

int
xdp_door_set_addrs(struct xdp_door *door, unsigned share, const struct ip_addr *addrs, size_t count)
{
	const uint64_t bit = UINT64_C(1) << share;
	int failed = 0;

	assert((door->all_shares & bit) != 0);
	(void)pthread_mutex_lock(&door->lock);
	for (size_t i = door->addr_count; i-- > 0;)
		if ((door->addrs[i].shares & bit) != 0 && !is_among(&door->addrs[i].addr, addrs, count))
			remove_share(door, i, bit);
	for (size_t i = 0; i < count; i++) {
		const int err = add_share(door, &addrs[i], bit);
		failed = err != 0 ? err : failed;
	}
	(void)pthread_mutex_unlock(&door->lock);
	return failed;
}

size_t
xdp_door_addr_count(struct xdp_door *door)
{
	(void)pthread_mutex_lock(&door->lock);
	const size_t count = door->taken_count;
	(void)pthread_mutex_unlock(&door->lock);
	return count;
}

/* ---- open and close ---------------------------------------------------------------------------- */

/* What of the device the program and the size of its frames depend on. */
static int
measure(struct xdp_door *door, const char *device, uint32_t *mtu, struct link_error *told)
{
	struct ifreq request = { 0 };
	int errno_value = 0;

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	door->control_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (door->control_fd == -1 || ioctl(door->control_fd, SIOCGIFHWADDR, &request) != 0)
		errno_value = errno;
	else if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		errno_value = EAFNOSUPPORT;
	memcpy(&door->mac, request.ifr_hwaddr.sa_data, sizeof door->mac);
	if (errno_value == 0 && ioctl(door->control_fd, SIOCGIFMTU, &request) != 0)
		errno_value = errno;
	*mtu = (uint32_t)request.ifr_mtu;
	if (errno_value == EAFNOSUPPORT)
		return link__fail(told, errno_value, NULL, "device %s carries no Ethernet", device);
	return errno_value == 0 ? 0 : link__fail(told, errno_value, NULL, "device %s", device);
}

static int
open_device(struct xdp_door *door, const struct xdp_door_config *config, uint32_t mtu, struct link_error *told)
{
	const unsigned queues = LINK_FDS_MAX * config->share_count;

	const int errno_value = xdp_addrs_open(&door->taken);
	if (errno_value != 0)
		return link__fail(told, errno_value, "CAP_NET_ADMIN and CAP_BPF", "link xdp: map of addresses");
	const struct xdp_steer_rule rule = { .mac = door->mac, .port = config->port, .addrs_fd = door->taken.fd };
	const struct xdp_device_config device = { .name = config->device,
		                                  .mtu = mtu,
		                                  .mode = config->mode,
		                                  .queues_max = queues < XDP_DOOR_QUEUES_MAX ? queues : XDP_DOOR_QUEUES_MAX,
		                                  .rule = &rule };
	return xdp_device_open(&door->device, &device, told);
}

static void
deal_out(struct xdp_door *door, unsigned share_count)
{
	for (unsigned i = 0; i < share_count && i < door->device.queue_count; i++) {
		door->links[i] = (struct door_link){ .link.ops = &door_ops, .door = door };
		xdp_share_init(&door->links[i].share, &door->device, i, share_count);
		door->all_shares |= UINT64_C(1) << i;
	}
}

int
xdp_door_open(struct xdp_door **made, const struct xdp_door_config *config, struct link_error *told)
{
	const size_t door_bytes = sizeof(struct xdp_door) + config->share_count * sizeof(struct door_link);
	struct xdp_door *door = aligned_alloc(LINE_BYTES, door_bytes);
	uint32_t mtu;

	if (door == NULL)
		return link__fail(told, ENOMEM, NULL, "link xdp");
	memset(door, 0, door_bytes);
	door->control_fd = -1;
	xdp_addrs_init(&door->taken);
	xdp_device_init(&door->device);
	(void)pthread_mutex_init(&door->lock, NULL); /* cannot fail */
	int err = measure(door, config->device, &mtu, told);
	if (err == 0)
		err = open_device(door, config, mtu, told);
	if (err != 0) {
		xdp_door_close(door);
		return err;
	}
	deal_out(door, config->share_count);
	*made = door;
	return 0;
}

void
xdp_door_close(struct xdp_door *door)
{
	if (door == NULL)
		return;
	xdp_device_close(&door->device);
	xdp_addrs_close(&door->taken);
	if (door->control_fd != -1)
		close(door->control_fd);
	(void)pthread_mutex_destroy(&door->lock);
	free(door);
}
