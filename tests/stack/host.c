#include "tests/stack/host.h"

#include <string.h>

#include "tests/suite.h"

const struct stack_limits host_limits = {
	.flow_count = 64,
	.listener_count = 8,
	.addr_count = 16,
	.route_count = 32,
	.neigh_count = 32,
	.pmtu_count = 32,
	.reass_bytes = 256u << 10,
	.transmit_bytes = 256u << 10,
	.receive_bytes = 256u << 10,
};

struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	if (addr_from_text(&addr, text) != 0)
		ck_abort_msg("%s", text);
	return addr;
}

void
host_addr(struct host *host, const char *prefix, uint8_t flags)
{
	char text[64];
	struct stack_addr addr = { .flags = flags };
	const char *slash = strchr(prefix, '/');

	ck_assert_ptr_nonnull(slash);
	memcpy(text, prefix, (size_t)(slash - prefix));
	text[slash - prefix] = '\0';
	addr.addr = addr_of(text);
	addr.prefix_len = (uint8_t)atoi(slash + 1);
	ck_assert_int_eq(stack_addr_add(host->stack, host->ifindex, &addr, host->now_us), 0);
}

void
host_route(struct host *host, const char *prefix, const char *gateway, uint32_t metric)
{
	struct stack_route route = { .ifindex = (uint8_t)host->ifindex, .metric = metric };
	unsigned prefix_len;

	ck_assert_int_eq(addr_prefix_from_text(&route.prefix, &prefix_len, prefix), 0);
	route.prefix_len = (uint8_t)prefix_len;
	if (gateway != NULL)
		route.gateway = addr_of(gateway);
	ck_assert_int_eq(stack_route_add(host->stack, &route), 0);
}

void
host_init(struct host *host, const struct host_config *config)
{
	const struct stack_limits *limits = config->limits != NULL ? config->limits : &host_limits;
	const size_t block_bytes = (stack_bytes(limits) + 63) & ~(size_t)63;
	struct stack_if_config if_config = {
		.name = "test",
		.kind = config->kind,
		.mac = config->mac,
		.mtu = config->mtu != 0 ? config->mtu : 1500,
		.flags = config->if_flags,
	};

	*host = (struct host){ .now_us = HOST_START_US };
	rng_init_number(&host->rng, suite_seed(config->seed + 1));
	host->block = aligned_alloc(64, block_bytes);
	ck_assert_ptr_nonnull(host->block);
	host->stack = stack_new(host->block, block_bytes, limits, &host->rng, host->now_us);
	ck_assert_ptr_nonnull(host->stack);
	ck_assert_int_eq(stack_if_add(host->stack, &if_config, &host->ifindex), 0);
	ck_assert_int_eq(stack_if_set_up(host->stack, host->ifindex, true, host->now_us), 0);
	if (config->ipv4 != NULL)
		host_addr(host, config->ipv4, STACK_ADDR_NO_DAD);
	if (config->ipv6 != NULL)
		host_addr(host, config->ipv6, STACK_ADDR_NO_DAD);
}

void
host_fini(struct host *host)
{
	free(host->block);
	host->block = NULL;
}

void
host_expect(struct host *host, enum stack_action_kind kind, struct stack_action *action)
{
	ck_assert_msg(stack_next(host->stack, action),
		      "expected an action of kind %d, there is none", (int)kind);
	ck_assert_int_eq(action->kind, kind);
}

void
host_expect_nothing(struct host *host)
{
	struct stack_action action;
	ck_assert_msg(!stack_next(host->stack, &action),
		      "expected nothing, there is an action of kind %d", (int)action.kind);
}

void
host_receive(struct host *host, const void *packet, size_t size)
{
	stack_receive(host->stack, host->ifindex, packet, size, host->rx_flags, host->now_us);
}

bool
host_carry(struct host *from, struct host *to, struct stack_action *action)
{
	while (stack_next(from->stack, action)) {
		if (action->kind != STACK_TRANSMIT)
			return true;
		stack_receive(to->stack, to->ifindex, action->bytes, action->size, 0, to->now_us);
	}
	return false;
}
