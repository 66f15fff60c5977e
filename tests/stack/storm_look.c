/* storm_look.c - what comes out of a stack in a storm, and what must be so of it. */
#include <string.h>

#include "stack/checksum.h"
#include "stack/ether_wire.h"
#include "stack/ip.h"
#include "tests/stack/storm_priv.h"

#define ACTIONS_MAX 4000u /* of one step: more is a storm that feeds itself */

static void
ipv4_look(const uint8_t *bytes, size_t size, bool is_padded)
{
	const size_t header_bytes = (bytes[0] & 15u) * 4u;
	const size_t total = (size_t)(bytes[2] << 8 | bytes[3]);

	REQUIRE(size >= IPV4_HEADER_BYTES && header_bytes == IPV4_HEADER_BYTES);
	REQUIRE(total >= header_bytes && (is_padded ? total <= size : total == size));
	REQUIRE(checksum_fold(checksum_add(0, bytes, header_bytes)) == CHECKSUM_GOOD);
	/* Loopback and the unspecified address stay at home; only DHCP speaks as nobody. */
	REQUIRE(bytes[12] != 127 || bytes[16] == 127);
	REQUIRE(bytes[12] < 224);
}

static void
ipv6_look(const uint8_t *bytes, size_t size, bool is_padded)
{
	const size_t total = IPV6_HEADER_BYTES + (size_t)(bytes[4] << 8 | bytes[5]);

	REQUIRE(size >= IPV6_HEADER_BYTES);
	REQUIRE(is_padded ? total <= size : total == size);
	REQUIRE(bytes[8] != 0xff);
	if (bytes[6] != IP_PROTOCOL_ICMPV6)
		return;
	const struct ip_addr from = addr_ipv6(bytes + 8), to = addr_ipv6(bytes + 24);
	uint64_t sum = checksum_pseudo(&from, &to, IP_PROTOCOL_ICMPV6,
				       (uint32_t)(total - IPV6_HEADER_BYTES));
	sum = checksum_add(sum, bytes + IPV6_HEADER_BYTES, total - IPV6_HEADER_BYTES);
	REQUIRE(checksum_fold(sum) == CHECKSUM_GOOD);
}

/* Only the DHCP client speaks as nobody, and what it says is kept to be answered. */
static void
dhcp_look(struct storm *storm, const uint8_t *bytes, size_t size)
{
	static const uint8_t nobody[4];
	const bool is_dhcp = size >= 28u + DHCP_SENT_BYTES && bytes[9] == IP_PROTOCOL_UDP &&
			     bytes[21] == DHCP_CLIENT_PORT && bytes[23] == DHCP_SERVER_PORT;

	REQUIRE(is_dhcp || memcmp(bytes + 12, nobody, sizeof nobody) != 0);
	if (is_dhcp)
		memcpy(storm->asked, bytes + 28, sizeof storm->asked);
}

static void
packet_look(struct storm *storm, const uint8_t *bytes, size_t size, bool is_padded)
{
	REQUIRE(size > 0 && size <= PACKET_MAX);
	if (bytes[0] >> 4 == 4) {
		ipv4_look(bytes, size, is_padded);
		dhcp_look(storm, bytes, size);
	} else {
		ipv6_look(bytes, size, is_padded);
	}
	memcpy(storm->sent, bytes, size);
	storm->sent_bytes = size;
}

static void
frame_look(struct storm *storm, const struct stack_action *action)
{
	REQUIRE(action->ifindex < IF_COUNT);
	const struct stack_if_config *config = &storm__ifs[action->ifindex];
	const bool offload = (config->flags & STACK_IF_CHECKSUM_TX) != 0;

	REQUIRE(action->checksum_start == 0 || offload);
	REQUIRE(action->checksum_start + action->checksum_offset +
			(action->checksum_start != 0 ? 2u : 0) <=
		action->size);
	if (config->kind == STACK_IF_IP) {
		REQUIRE(action->size <= config->mtu);
		packet_look(storm, action->bytes, action->size, false);
		return;
	}
	struct cursor c = cursor_over(action->bytes, action->size);
	struct ether_header header;
	REQUIRE(ether_header_read(&c, &header) == 0);
	REQUIRE(action->size >= ETHER_FRAME_BYTES_MIN && cursor_left(&c) <= config->mtu);
	REQUIRE(mac_equal(&header.source, &config->mac) && header.vlan == config->vlan);
	if (header.type == ETHER_TYPE_ARP)
		return;
	REQUIRE(header.type == ETHER_TYPE_IPV4 || header.type == ETHER_TYPE_IPV6);
	REQUIRE((c.begin[c.pos] >> 4 == 4) == (header.type == ETHER_TYPE_IPV4));
	packet_look(storm, c.begin + c.pos, cursor_left(&c), true);
}

static bool
is_own_flow(const struct storm *storm, udp_flow flow)
{
	for (size_t i = 0; i < FLOWS; i++)
		if (storm->flows[i] == flow)
			return true;
	return false;
}

static void
action_look(struct storm *storm, const struct stack_action *action)
{
	switch (action->kind) {
	case STACK_TRANSMIT:
		storm->counts->frames++;
		frame_look(storm, action);
		break;
	case STACK_DATAGRAM:
		storm->counts->datagrams++;
		REQUIRE(action->flow == 0 || is_own_flow(storm, action->flow));
		REQUIRE(action->local_port != 0 && action->local.family == action->remote.family);
		REQUIRE(action->size <= 65527);
		break;
	case STACK_ERROR:
		storm->counts->errors++;
		REQUIRE(action->flow == 0 || is_own_flow(storm, action->flow));
		REQUIRE(action->error >= STACK_ERROR_NET_UNREACHABLE &&
			action->error <= STACK_ERROR_TIME_EXCEEDED);
		REQUIRE(action->flow == 0 || action->error != STACK_ERROR_TOO_BIG ||
			action->mtu >=
				(action->remote.family == ADDR_IPV4 ? IPV4_MTU_MIN : IPV6_MTU_MIN));
		break;
	case STACK_ECHO: storm->counts->echoes++; break;
	case STACK_TCP:  break;
	}
}

void
storm__drain(struct storm *storm)
{
	struct stack_action action;
	struct stack_stats stats;
	unsigned count = 0;

	while (stack_next(storm->stack, &action)) {
		REQUIRE(++count < ACTIONS_MAX);
		action_look(storm, &action);
	}
	stack_stats(storm->stack, &stats);
	REQUIRE(stats.flows_open <= storm__limits.flow_count && stats.neighbours <= storm__limits.neigh_count);
	REQUIRE(stats.addrs <= storm__limits.addr_count && stats.routes <= storm__limits.route_count);
	REQUIRE(stats.reass_bytes <= storm__limits.reass_bytes);
}
