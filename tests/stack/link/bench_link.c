/*
 * bench_link - what a packet costs in a link: nanoseconds of CPU of this thread, over veth.
 *
 *     bench_link [rounds]
 *
 * `send`: batches of 64 packets of 128 octets towards a port of the other host that drops them; the
 * other host's kernel does its part within the sender's time, as veth works.  `receive`: what was
 * queued is taken out, 64 a call, without the kernel's part, which is the sender's time.  `kernel` is
 * the same by a connected UDP socket, sendmmsg and recvmmsg.  `query`: all of stack, link and loop
 * beside an echo server, 48 in flight.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/stack/link/netns.h"
#include "tests/stack/link/packets.h"
#include "stack/link/link_priv.h"
#include "stack/link/guard.h"
#include "stack/link/packet.h"
#include "stack/link/raw.h"
#include "tests/stack/link/world.h"
#include "tests/stack/host.h"

#define ECHO_PORT     7
#define DISCARD_PORT  9
#define PAYLOAD_BYTES 100
#define IN_FLIGHT     48u
#define QUEUED        1000u /* to be received at once: fits every queue */

static const char *const us[2] = { "192.0.2.1", "2001:db8::1" };
static const char *const peers[2] = { "192.0.2.2", "2001:db8::2" };
static const char *const families[2] = { "IPv4", "IPv6" };
static uint8_t payload[PAYLOAD_BYTES];
static struct guard_plan plan;
static struct guard guard;
static struct rng rng;

static double
cpu_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
report(const char *link, const char *what, unsigned family, double ns, double count)
{
	printf("%-7s %-8s %s %8.0f ns\n", link, what, families[family], ns / count);
}

static struct link *
raw_begin(void)
{
	struct link_error error;
	struct link *link;
	if (raw_open(&link, &(struct raw_config){ .guard = &guard }, uv_hrtime() / 1000, &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		exit(EXIT_FAILURE);
	}
	return link;
}

/* ---- raw --------------------------------------------------------------------------------------- */

static void
bench_send(struct link *link, unsigned family, unsigned rounds)
{
	struct packet packet = packets_udp(us[family], guard.pool.ports[0], peers[family], DISCARD_PORT, payload,
	                                  sizeof payload);
	struct link_frame frame = { .bytes = packet.bytes, .size = packet.size };
	double began = cpu_ns();

	for (unsigned i = 0; i < rounds; i++) {
		link->ops->send(link, &frame, 0);
		if (i % LINK_BATCH_MAX == LINK_BATCH_MAX - 1)
			link->ops->flush(link, 0);
	}
	link->ops->flush(link, 0);
	report("raw", "send", family, cpu_ns() - began, rounds);
	if (link->stats.send_failures != 0)
		printf("  %llu not sent\n", (unsigned long long)link->stats.send_failures);
}

/* Has the echo server answer QUEUED times, then takes the answers out. */
static void
bench_receive(struct link *link, unsigned family, unsigned rounds)
{
	struct link_frame frames[LINK_BATCH_MAX];
	struct packet packet = packets_udp(us[family], guard.pool.ports[0], peers[family], ECHO_PORT, payload,
	                                  sizeof payload);
	struct link_frame frame = { .bytes = packet.bytes, .size = packet.size };
	double total_ns = 0, total = 0;

	for (unsigned done = 0; done < rounds; done += QUEUED) {
		for (unsigned i = 0; i < QUEUED; i++) {
			link->ops->send(link, &frame, 0);
			if (i % 50 == 49) {
				link->ops->flush(link, 0);
				(void)usleep(500); /* so that the server keeps up */
			}
		}
		(void)usleep(20000);
		double began = cpu_ns();
		for (size_t count; (count = link->ops->receive(link, frames, LINK_BATCH_MAX, 0)) != 0;)
			total += (double)count;
		total_ns += cpu_ns() - began;
	}
	report("raw", "receive", family, total_ns, total);
}

/* ---- the kernel's own UDP, for comparison ------------------------------------------------------ */

static int
kernel_socket(unsigned family, uint16_t port)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(family == 0 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), bytes = 4 << 20;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
	(void)inet_pton(AF_INET, peers[0], &to4.sin_addr);
	(void)inet_pton(AF_INET6, peers[1], &to6.sin6_addr);
	if ((family == 0 ? connect(fd, (struct sockaddr *)&to4, sizeof to4)
	                 : connect(fd, (struct sockaddr *)&to6, sizeof to6)) != 0)
		abort();
	return fd;
}

static void
bench_kernel(unsigned family, unsigned rounds)
{
	static uint8_t buffers[LINK_BATCH_MAX][2048];
	struct mmsghdr messages[LINK_BATCH_MAX] = { 0 };
	struct iovec out = { payload, sizeof payload }, in[LINK_BATCH_MAX];
	double send_ns, receive_ns = 0, total = 0;
	int fd = kernel_socket(family, DISCARD_PORT);

	for (unsigned i = 0; i < LINK_BATCH_MAX; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &out, .msg_iovlen = 1 };
	double began = cpu_ns();
	for (unsigned i = 0; i < rounds; i += LINK_BATCH_MAX)
		(void)sendmmsg(fd, messages, LINK_BATCH_MAX, 0);
	send_ns = cpu_ns() - began;
	close(fd);

	fd = kernel_socket(family, ECHO_PORT);
	for (unsigned i = 0; i < QUEUED; i++) {
		(void)send(fd, payload, sizeof payload, 0);
		if (i % 50 == 49)
			(void)usleep(500);
	}
	for (unsigned i = 0; i < LINK_BATCH_MAX; i++) {
		in[i] = (struct iovec){ buffers[i], sizeof buffers[i] };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i], .msg_iovlen = 1 };
	}
	(void)usleep(20000);
	began = cpu_ns();
	for (int count; (count = recvmmsg(fd, messages, LINK_BATCH_MAX, MSG_DONTWAIT, NULL)) > 0;)
		total += count;
	receive_ns = cpu_ns() - began;
	close(fd);
	report("kernel", "send", family, send_ns, rounds);
	report("kernel", "receive", family, receive_ns, total);
}

/* ---- all together ------------------------------------------------------------------------------ */

static void
bench_query(const char *name, struct world *world, unsigned family, unsigned rounds)
{
	struct ip_addr to = addr_of(peers[family]);
	double began = cpu_ns();
	unsigned lost = 0;

	for (unsigned done = 0; done < rounds; done += IN_FLIGHT) {
		udp_flow flows[IN_FLIGHT];
		uint64_t goal = world->datagram_count + IN_FLIGHT;
		for (unsigned i = 0; i < IN_FLIGHT; i++)
			if (udp_open(world->stack, &to, ECHO_PORT, NULL, 0, 0, &flows[i]) != 0 ||
			    udp_send(world->stack, flows[i], payload, sizeof payload,
			             stack_uv_now_us(&world->shell)) != 0)
				abort();
		if (!world_run(world, &world->datagram_count, goal, 200))
			lost += (unsigned)(goal - world->datagram_count);
		for (unsigned i = 0; i < IN_FLIGHT; i++)
			udp_close(world->stack, flows[i]);
	}
	report(name, "query", family, cpu_ns() - began, rounds);
	if (lost != 0)
		printf("  %u lost\n", lost);
}

static void
bench_packet(unsigned rounds)
{
	struct link_error error;
	struct link *link;
	struct world world;

	netns_ip("addr flush dev veth0");
	if (packet_open(&link, &(struct packet_config){ .device = "veth0" }, uv_hrtime() / 1000, &error) != 0)
		abort();
	world_open(&world, link);
	for (unsigned family = 0; family < 2; family++) {
		struct stack_addr addr = { .addr = addr_of(us[family]),
			                   .prefix_len = family == 0 ? 24 : 64,
			                   .flags = STACK_ADDR_NO_DAD };
		(void)stack_addr_add(world.stack, world.shell.ifindex, &addr, stack_uv_now_us(&world.shell));
		(void)world_ask(&world, peers[family], ECHO_PORT, 10);
		bench_query("packet", &world, family, rounds);
	}
	world_close(&world);
}

/* The echo server, and beside it a port that takes everything and keeps nothing. */
static int
peer_open(void)
{
	struct filter nothing;

	netns_ip("link set veth1 up");
	netns_ip("addr add 192.0.2.2/24 dev veth1");
	netns_ip("addr add 2001:db8::2/64 dev veth1 nodad");
	int discard = netns_echo_open(DISCARD_PORT);
	filter_nothing(&nothing);
	(void)link__attach(discard, &nothing);
	return netns_echo_open(ECHO_PORT);
}

int
main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 100000;
	struct netns_peer peer;
	struct link_error error;
	struct world world;

	netns_enter();
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_peer_begin(&peer, peer_open, netns_echo_serve);
	netns_ip("link set veth1 netns %d", (int)peer.pid);
	netns_ip("link set veth0 up");
	netns_ip("addr add 192.0.2.1/24 dev veth0");
	netns_ip("addr add 2001:db8::1/64 dev veth0 nodad");
	netns_peer_start(&peer);

	rng_init_number(&rng, 5);
	if (guard_plan_init(&plan, 1, GUARD_PORTS_DEFAULT, &rng, &error) != 0)
		abort();
	double began = cpu_ns();
	if (guard_open(&guard, &plan, 0, &rng, uv_hrtime() / 1000, &error) != 0)
		abort();
	report("guard", "open", 0, cpu_ns() - began, plan.port_count);
	world_open(&world, raw_begin());
	for (unsigned family = 0; family < 2; family++) {
		(void)world_ask(&world, peers[family], ECHO_PORT, 10);
		bench_send(world.link, family, rounds);
		bench_receive(world.link, family, rounds / 10);
		bench_kernel(family, rounds);
		bench_query("raw", &world, family, rounds);
	}
	world_close(&world);
	guard_close(&guard);
	bench_packet(rounds);
	netns_peer_end(&peer);
	return EXIT_SUCCESS;
}
