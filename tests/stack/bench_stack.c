/*
 * bench_stack - what a datagram costs in the stack alone: nanoseconds of CPU, no system call in
 * the loop.
 *
 *     bench_stack [rounds]
 *
 * Two hosts in one process. `send` is udp_send and taking the frame out, `receive` hands a frame
 * in and takes the datagram out, `query` is what a resolver does: open a flow to one of many
 * servers, send, receive the answer, close.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stack/base/rng.h"
#include "stack/stack.h"

#define PAYLOAD_BYTES 100u
#define SERVERS       4096u

static struct stack *stack;
static unsigned ifindex;
static uint8_t payload[PAYLOAD_BYTES];
static struct ip_addr servers[2][SERVERS];

static double
cpu_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
report(const char *what, const char *family, double began_ns, unsigned rounds)
{
	printf("%-8s %s %7.1f ns\n", what, family, (cpu_now_ns() - began_ns) / rounds);
}

static struct ip_addr
addr(const char *text)
{
	struct ip_addr value;
	if (addr_from_text(&value, text) != 0)
		abort();
	return value;
}

/* Turns a packet of ours into the answer to it: sums do not change when the ends are swapped. */
static void
answer(uint8_t *packet, bool is_v6)
{
	const size_t header_bytes = is_v6 ? 40 : 20, at = is_v6 ? 8 : 12, size = is_v6 ? 16 : 4;
	uint8_t swap[16];

	memcpy(swap, packet + at, size);
	memcpy(packet + at, packet + at + size, size);
	memcpy(packet + at + size, swap, size);
	memcpy(swap, packet + header_bytes, 2);
	memcpy(packet + header_bytes, packet + header_bytes + 2, 2);
	memcpy(packet + header_bytes + 2, swap, 2);
}

static void
bench_send(bool is_v6, unsigned rounds, uint8_t *packet, size_t *packet_bytes)
{
	struct stack_action action;
	udp_flow flow;

	if (udp_open(stack, &servers[is_v6][1], 53, NULL, 0, 0, &flow) != 0)
		abort();
	double began_ns = cpu_now_ns();
	for (unsigned i = 0; i < rounds; i++) {
		(void)udp_send(stack, flow, payload, sizeof payload, 0);
		(void)stack_next(stack, &action);
	}
	report("send", is_v6 ? "IPv6" : "IPv4", began_ns, rounds);
	memcpy(packet, action.bytes, action.size);
	*packet_bytes = action.size;
}

static void
bench_receive(bool is_v6, unsigned rounds, uint8_t *packet, size_t packet_bytes)
{
	struct stack_action action;
	unsigned arrived = 0;

	answer(packet, is_v6);
	double began_ns = cpu_now_ns();
	for (unsigned i = 0; i < rounds; i++) {
		stack_receive(stack, ifindex, packet, packet_bytes, 0, 0);
		arrived += stack_next(stack, &action) && action.kind == STACK_DATAGRAM;
	}
	report("receive", is_v6 ? "IPv6" : "IPv4", began_ns, rounds);
	if (arrived != rounds)
		abort();
}

static void
bench_query(bool is_v6, unsigned rounds)
{
	static uint8_t packet[2048];
	struct stack_action action;
	unsigned arrived = 0;

	double began_ns = cpu_now_ns();
	for (unsigned i = 0; i < rounds; i++) {
		udp_flow flow;
		if (udp_open(stack, &servers[is_v6][i % SERVERS], 53, NULL, 0, i, &flow) != 0)
			abort();
		(void)udp_send(stack, flow, payload, sizeof payload, 0);
		(void)stack_next(stack, &action);
		memcpy(packet, action.bytes, action.size);
		answer(packet, is_v6);
		stack_receive(stack, ifindex, packet, action.size, 0, 0);
		arrived += stack_next(stack, &action) && action.user == i;
		udp_close(stack, flow);
	}
	report("query", is_v6 ? "IPv6" : "IPv4", began_ns, rounds);
	if (arrived != rounds)
		abort();
}

static void
add_addr(const char *text, uint8_t prefix_len)
{
	const struct stack_addr value = { .addr = addr(text),
					  .prefix_len = prefix_len,
					  .flags = STACK_ADDR_NO_DAD };
	if (stack_addr_add(stack, ifindex, &value, 0) != 0)
		abort();
}

static void
add_default(const char *any, const char *gateway)
{
	const struct stack_route route = { .prefix = addr(any),
					   .gateway = addr(gateway),
					   .metric = 100 };
	if (stack_route_add(stack, &route) != 0)
		abort();
}

static void
setup(struct rng *rng)
{
	const struct stack_if_config config = { .name = "bench", .kind = STACK_IF_IP, .mtu = 1500 };
	const size_t block_bytes = (stack_bytes(&stack_limits_default) + 63) & ~(size_t)63;

	rng_init_number(rng, 1);
	stack = stack_new(aligned_alloc(64, block_bytes), block_bytes, &stack_limits_default, rng,
			  0);
	if (stack == NULL || stack_if_add(stack, &config, &ifindex) != 0)
		abort();
	(void)stack_if_set_up(stack, ifindex, true, 0);
	add_addr("192.0.2.1", 24);
	add_addr("127.0.0.1", 8);
	add_addr("2001:db8::1", 64);
	add_addr("::1", 128);
	add_addr("fe80::1", 64);
	add_default("0.0.0.0", "192.0.2.254");
	add_default("::", "2001:db8::fe");
	for (unsigned i = 0; i < SERVERS; i++) {
		servers[0][i] = addr("198.18.0.0");
		servers[1][i] = addr("2001:db8:1::");
		for (unsigned v6 = 0; v6 < 2; v6++) {
			const size_t last = addr_bytes(&servers[v6][i]) - 1;
			servers[v6][i].octets[last] = (uint8_t)i;
			servers[v6][i].octets[last - 1] = (uint8_t)(i >> 8);
		}
	}
}

int
main(int argc, char **argv)
{
	const unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1000000;
	static struct rng rng;
	uint8_t packet[2048];
	size_t packet_bytes;

	setup(&rng);
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		bench_send(is_v6, rounds, packet, &packet_bytes);
		bench_receive(is_v6, rounds, packet, packet_bytes);
		bench_query(is_v6, rounds);
	}
	free(stack);
	return 0;
}
