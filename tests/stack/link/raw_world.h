/*
 * raw_world.h - a link raw in a network namespace with an echo server and a TCP listener beside it and behind a veth: what its tests have in
 * common.
 */
#ifndef CAIRN_TESTS_STACK_LINK_RAW_WORLD_H
#define CAIRN_TESTS_STACK_LINK_RAW_WORLD_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link/raw.h"
#include "tests/stack/link/netns.h"
#include "tests/stack/link/packets.h"
#include "stack/link/guard.h"
#include "stack/link/guard_tcp.h"
#include "tests/stack/link/world.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

#define ECHO_PORT  7
#define PORT_COUNT_OF_TESTS 64

static struct guard_plan plan;
static struct guard guard;
static struct rng guard_rng;
static bool is_everywhere; /* of the next link */
static uint32_t port_count = PORT_COUNT_OF_TESTS;

static inline struct link *
raw_begin(struct guard_tcp *guard_tcp)
{
	struct link_error error;
	struct link *link;

	rng_init_number(&guard_rng, 3);
	int err = guard_plan_init(&plan, 1, port_count, &guard_rng, &error);
	ck_assert_msg(err == 0, "%s", error.text);
	err = guard_open(&guard, &plan, 0, &guard_rng, uv_hrtime() / 1000, &error);
	ck_assert_msg(err == 0, "%s", error.text);
	err = guard_tcp == NULL ? 0 : guard_tcp_open(guard_tcp, &plan, 0, &guard_rng, &error);
	ck_assert_msg(err == 0, "%s", error.text);
	const struct raw_config config = { .guard = &guard, .guard_tcp = guard_tcp, .is_everywhere = is_everywhere };
	err = raw_open(&link, &config, uv_hrtime() / 1000, &error);
	ck_assert_msg(err == 0, "%s", error.text);
	return link;
}

static inline void
world_begin(struct world *world)
{
	world_open(world, raw_begin(NULL));
}

static inline int
sync_at(struct world *world, uint64_t now_us)
{
	return world->link->ops->sync(world->link, world->stack, world->shell.ifindex, now_us);
}

static inline void
world_end(struct world *world)
{
	world_close(world);
	guard_close(&guard);
}

/* How many port-unreachables the kernel of this namespace has sent. */
static inline uint64_t
unreachables_sent(void)
{
	return netns_counter("Icmp", "OutDestUnreachs") + netns_counter(NULL, "Icmp6OutDestUnreachs");
}

static const char *const servers[] = {
	"192.0.2.2", "2001:db8::2",  /* the other host */
	"127.0.0.1", "::1",          /* a program of this one */
	"192.0.2.1", "2001:db8::1",  /* the same, by the address it has on the network */
};

/* The kernel's, for the life of the process: it takes connections and their first octets by itself. */
static inline void
listener_open(uint16_t port)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (const struct sockaddr *)&any, sizeof any) != 0 || listen(fd, 64) != 0)
		abort();
}

static inline int
peer_open(void)
{
	netns_ip("link set veth1 up");
	netns_ip("addr add 192.0.2.2/24 dev veth1");
	netns_ip("addr add 2001:db8::2/64 dev veth1 nodad");
	listener_open(ECHO_PORT);
	return netns_echo_open(ECHO_PORT);
}

static inline void
network_begin(struct netns_peer *peer)
{
	netns_enter();
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_peer_begin(peer, peer_open, netns_echo_serve);
	netns_ip("link set veth1 netns %d", (int)peer->pid);
	netns_ip("link set veth0 up");
	netns_ip("addr add 192.0.2.1/24 dev veth0");
	netns_ip("addr add 2001:db8::1/64 dev veth0 nodad");
	netns_peer_start(peer);
}

static inline int
local_open(void)
{
	listener_open(ECHO_PORT);
	return netns_echo_open(ECHO_PORT);
}

/* The device that every packet socket here listens to; 0: they listen to all, or not to the same. */
static inline unsigned
device_listened_to(void)
{
	FILE *file = fopen("/proc/self/net/packet", "re");
	char line[256];
	unsigned devices[8], count = 0;
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file)); /* the headings */
	while (count < COUNT(devices) && fgets(line, sizeof line, file) != NULL)
		ck_assert_int_eq(sscanf(line, "%*s %*s %*s %*s %u", &devices[count++]), 1);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(count == 2 || count == 4); /* one a family, and with TCP another */
	for (unsigned i = 1; i < count; i++)
		if (devices[i] != devices[0])
			return 0;
	return devices[0];
}

#endif
