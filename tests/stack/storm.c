#include "tests/stack/storm.h"

#include <string.h>

#include "stack/checksum.h"
#include "stack/drop.h"
#include "stack/ether_wire.h"
#include "stack/ip.h"
#include "tests/stack/storm_priv.h"

const struct stack_limits storm__limits = {
	.flow_count = FLOWS,
	.listener_count = 4,
	.addr_count = 8,
	.route_count = 8,
	.neigh_count = 8,
	.pmtu_count = 8,
	.reass_bytes = 1u << 18,
	.transmit_bytes = 1u << 17,
	.receive_bytes = 1u << 17,
};

const struct stack_if_config storm__ifs[IF_COUNT] = {
	[IF_LINE] = { .name = "line", .kind = STACK_IF_IP, .mtu = 1500 },
	[IF_STATION] = { .name = "station",
			 .kind = STACK_IF_ETHER,
			 .mac = { { 2, 0, 0, 0, 0, 1 } },
			 .mtu = 1500,
			 .vlan = 5 },
	[IF_SHARED] = { .name = "shared",
			.kind = STACK_IF_IP,
			.mtu = 1280,
			.flags = STACK_IF_SHARED | STACK_IF_LOCAL_PEERS | STACK_IF_CHECKSUM_TX },
	[IF_LEARNER] = { .name = "learner",
			 .kind = STACK_IF_ETHER,
			 .mac = { { 2, 0, 0, 0, 0, 2 } },
			 .mtu = 1500,
			 .flags = STACK_IF_SLAAC | STACK_IF_DHCP },
};

/* ---- programs and changes -------------------------------------------------------------------- */

static void
step_program(struct storm *storm)
{
	static const uint8_t payload[3000];
	const bool is_v6 = storm__pick(storm, 2) != 0;
	struct ip_addr remote = storm__pick_addr(storm, is_v6), any = { 0 };
	udp_flow *flow = &storm->flows[storm__pick(storm, FLOWS)];
	const uint16_t port = storm__ports[storm__pick(storm, STORM_PORTS)];

	switch (storm__pick(storm, 6)) {
	case 0:
	case 1:
		udp_close(storm->stack, *flow);
		*flow = 0;
		(void)udp_open(storm->stack, &remote, port, NULL, storm__ports[storm__pick(storm, STORM_PORTS)], 7,
			       flow);
		break;
	case 2:
	case 3:
		(void)udp_send(storm->stack, *flow, payload,
			       cursor_u16(&storm->script) % sizeof payload, storm->now_us);
		break;
	case 4:
		(void)stack_echo_send(storm->stack, NULL, &remote, 1, storm__pick(storm, 4),
				      cursor_u8(&storm->script), payload,
				      cursor_u8(&storm->script) * 8u, storm->now_us);
		break;
	case 5:
		switch (storm__pick(storm, 3)) {
		case 0: (void)udp_unlisten(storm->stack, &any, port, 1); break;
		case 1: (void)udp_listen(storm->stack, &any, port, 1); break;
		default: (void)udp_listen_shared(storm->stack, &any, port, 1); break;
		}
		break;
	}
}

static void
step_change(struct storm *storm, unsigned ifindex)
{
	const bool is_v6 = storm__pick(storm, 2) != 0;
	struct stack_addr addr = { .addr = storm__pick_addr(storm, is_v6), .flags = storm__pick(storm, 16) };
	struct stack_route route = { .prefix = storm__pick_addr(storm, is_v6),
				     .ifindex = (uint8_t)ifindex };

	addr.prefix_len = cursor_u8(&storm->script);
	route.prefix_len = storm__pick(storm, is_v6 ? 129 : 33);
	if (storm__pick(storm, 2) != 0)
		route.gateway = storm__pick_addr(storm, is_v6);
	switch (storm__pick(storm, 8)) {
	case 0:
	case 1: (void)stack_addr_add(storm->stack, ifindex, &addr, storm->now_us); break;
	case 2: (void)stack_addr_del(storm->stack, ifindex, &addr.addr); break;
	case 3:
	case 4: (void)stack_route_add(storm->stack, &route); break;
	case 5: (void)stack_route_del(storm->stack, &route); break;
	case 6: stack_route_flush(storm->stack, ifindex); break;
	case 7:
		(void)stack_if_set_up(storm->stack, ifindex, false, storm->now_us);
		storm__drain(storm);
		(void)stack_if_set_up(storm->stack, ifindex, true, storm->now_us);
		break;
	}
}

static void
step_time(struct storm *storm)
{
	const uint8_t how = cursor_u8(&storm->script);
	const uint64_t deadline = stack_deadline(storm->stack);

	if (how < 128 && deadline != STACK_NEVER && deadline > storm->now_us)
		storm->now_us = deadline;
	else
		storm->now_us += (uint64_t)1 << (how % 32);
	stack_timeout(storm->stack, storm->now_us);
}

static void
step(struct storm *storm)
{
	const uint8_t what = cursor_u8(&storm->script);
	const unsigned ifindex = storm__pick(storm, IF_COUNT);

	storm->counts->steps++;
	switch (what % 18) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
	case 6: storm__step_packet(storm, ifindex); break;
	case 7: storm__step_arp(storm, ifindex); break;
	case 8: storm__step_raw(storm, ifindex); break;
	case 9: storm__step_reflect(storm, ifindex); break;
	case 10:
	case 11:
	case 12: step_program(storm); break;
	case 13: step_change(storm, ifindex); break;
	case 14:
	case 15: storm__step_dhcp(storm); break;
	default: step_time(storm); break;
	}
	storm__drain(storm);
}

/* ---- the stack ------------------------------------------------------------------------------- */

static void
host_addr_add(struct storm *storm, unsigned ifindex, const char *text, uint8_t prefix_len)
{
	struct stack_addr addr = { .prefix_len = prefix_len, .flags = STACK_ADDR_NO_DAD };
	REQUIRE(addr_from_text(&addr.addr, text) == 0);
	REQUIRE(stack_addr_add(storm->stack, ifindex, &addr, storm->now_us) == 0);
}

static void
host_make(struct storm *storm, void *block, size_t block_bytes)
{
	const struct ip_addr any = { 0 };

	rng_init_number(&storm->rng, 1);
	storm->stack = stack_new(block, block_bytes, &storm__limits, &storm->rng, storm->now_us);
	REQUIRE(storm->stack != NULL);
	for (unsigned i = 0; i < IF_COUNT; i++) {
		unsigned ifindex;
		REQUIRE(stack_if_add(storm->stack, &storm__ifs[i], &ifindex) == 0 && ifindex == i);
		REQUIRE(stack_if_set_up(storm->stack, i, true, storm->now_us) == 0);
	}
	host_addr_add(storm, IF_LINE, "192.0.2.1", 24);
	host_addr_add(storm, IF_LINE, "2001:db8::1", 64);
	host_addr_add(storm, IF_STATION, "198.51.100.1", 24);
	host_addr_add(storm, IF_STATION, "2001:db8:1::1", 64);
	host_addr_add(storm, IF_SHARED, "10.0.0.1", 8);
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		struct stack_route route = { .prefix = storm__addr_at(is_v6, 9),
					     .gateway = storm__addr_at(is_v6, is_v6 ? 3 : 11),
					     .ifindex = IF_STATION };
		REQUIRE(stack_route_add(storm->stack, &route) == 0);
		for (size_t i = 0; i < 4; i++) {
			struct ip_addr remote = storm__addr_at(is_v6, i == 3 ? 5 : 1 + i);
			(void)udp_open(storm->stack, &remote, 53, NULL, (uint16_t)(4000 + i % 2), i,
				       &storm->flows[4 * is_v6 + (int)i]);
		}
	}
	REQUIRE(udp_listen(storm->stack, &any, 53, 1) == 0);
}

void
storm_run(const uint8_t *script, size_t size, struct storm_counts *counts)
{
	struct storm_counts unwanted = { 0 };
	struct storm storm = { .script = cursor_over(script, size), .now_us = 1000000 };
	const size_t block_bytes = (stack_bytes(&storm__limits) + 63) & ~(size_t)63;
	void *block = aligned_alloc(64, block_bytes);

	REQUIRE(block != NULL);
	storm.counts = counts != NULL ? counts : &unwanted;
	host_make(&storm, block, block_bytes);
	for (unsigned i = 0; i < STORM_STEPS_MAX && cursor_left(&storm.script) > 0; i++)
		step(&storm);
	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		storm.counts->drops[i] += stack_drops(storm.stack, i);
	free(block);
}
