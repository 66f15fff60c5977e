/*
 * The ICMP errors that we hear: about which packet of ours, and whether to believe them
 * (RFC 5927).
 */
#include "stack/base/cursor.h"
#include "stack/icmp.h"
#include "stack/ipv4.h"
#include "stack/ipv6.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

/* The head of a packet of ours, as an error message gives it back. */
struct quote {
	struct ip_addr source, destination;
	uint8_t protocol;
	uint32_t packet_bytes;                  /* of the whole packet or fragment */
	uint16_t source_port, destination_port; /* UDP, TCP */
	uint32_t seq;                           /* TCP */
	uint8_t icmp_type;                      /* ICMP */
	uint16_t ident, sequence;
};

/* The IP header; the cursor stands at what it carries. */
static bool
quote_header4(struct cursor *c, struct quote *quote)
{
	const size_t begin = c->pos;
	const uint8_t version_ihl = cursor_u8(c);

	cursor_skip(c, 1);
	quote->packet_bytes = cursor_u16(c);
	cursor_skip(c, 2);
	const uint16_t offset = cursor_u16(c) & IPV4_OFFSET_MASK;
	cursor_skip(c, 1);
	quote->protocol = cursor_u8(c);
	cursor_skip(c, 2);
	quote->source.family = quote->destination.family = ADDR_IPV4;
	cursor_copy(c, quote->source.octets, 4);
	cursor_copy(c, quote->destination.octets, 4);
	/* We send no options; a router may not have added any. */
	return c->err == 0 && version_ihl == (4 << 4 | IPV4_HEADER_BYTES / 4) && offset == 0 &&
	       c->pos == begin + IPV4_HEADER_BYTES;
}

static bool
quote_header6(struct cursor *c, struct quote *quote)
{
	const uint32_t version_class_flow = cursor_u32(c);

	quote->packet_bytes = IPV6_HEADER_BYTES + (uint32_t)cursor_u16(c);
	quote->protocol = cursor_u8(c);
	cursor_skip(c, 1);
	quote->source.family = quote->destination.family = ADDR_IPV6;
	cursor_copy(c, quote->source.octets, 16);
	cursor_copy(c, quote->destination.octets, 16);
	if (quote->protocol == IPV6_NEXT_FRAGMENT) {
		quote->protocol = cursor_u8(c);
		cursor_skip(c, 1);
		if ((cursor_u16(c) & ~7u) != 0)
			return false; /* a later fragment: nothing tells whose */
		cursor_skip(c, 4);
	}
	return c->err == 0 && version_class_flow >> 28 == 6;
}

static bool
quote_read(const uint8_t *bytes, size_t size, struct quote *quote)
{
	struct cursor c = cursor_over(bytes, size);

	*quote = (struct quote){ 0 };
	if (size == 0 ||
	    !(bytes[0] >> 4 == 4 ? quote_header4(&c, quote) : quote_header6(&c, quote)))
		return false;
	if (quote->protocol == IP_PROTOCOL_UDP) {
		quote->source_port = cursor_u16(&c);
		quote->destination_port = cursor_u16(&c);
	} else if (quote->protocol == IP_PROTOCOL_TCP) {
		quote->source_port = cursor_u16(&c);
		quote->destination_port = cursor_u16(&c);
		quote->seq = cursor_u32(&c);
	} else if (quote->protocol == IP_PROTOCOL_ICMP || quote->protocol == IP_PROTOCOL_ICMPV6) {
		quote->icmp_type = cursor_u8(&c);
		cursor_skip(&c, 3);
		quote->ident = cursor_u16(&c);
		quote->sequence = cursor_u16(&c);
	}
	return c.err == 0;
}

/* ---- "too big" ------------------------------------------------------------------------------- */

/* RFC 1191, section 7: the sizes that links have, for a router that does not say. */
static uint32_t
plateau_below(uint32_t packet_bytes)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508 };

	for (size_t i = 0; i < sizeof plateaus / sizeof plateaus[0]; i++)
		if (plateaus[i] < packet_bytes)
			return plateaus[i];
	return 68;
}

bool
icmp_mtu_learn(struct stack *stack, const struct ip_addr *remote, unsigned ifindex, uint32_t said,
	       uint32_t packet_bytes)
{
	const uint32_t link_mtu = stack->ifs[ifindex].mtu;
	bool dont_fragment;

	if (said == 0 && remote->family == ADDR_IPV4)
		said = plateau_below(packet_bytes);
	if (packet_bytes <= said)
		return false;
	(void)pmtu_learn(&stack->pmtu, &stack->hash_key, remote, said, link_mtu, stack->now_us);
	const uint32_t mtu = pmtu_get(&stack->pmtu, &stack->hash_key, remote, link_mtu,
				      stack->now_us, &dont_fragment);
	/* An IPv6 packet of no more than 1280 octets fits everywhere (RFC 8201, section 4). */
	return packet_bytes > mtu || !dont_fragment;
}

/* Leaves in the action what the path MTU is now. */
static bool
mtu_learn(struct stack *stack, const struct quote *quote, const struct route_hop *hop,
	  uint32_t said, struct stack_action *action)
{
	bool dont_fragment;
	const bool is_believed = icmp_mtu_learn(stack, &quote->destination, hop->ifindex, said,
						quote->packet_bytes);

	action->mtu = pmtu_get(&stack->pmtu, &stack->hash_key, &quote->destination,
			       stack->ifs[hop->ifindex].mtu, stack->now_us, &dont_fragment);
	return is_believed;
}

/* ---- whose ----------------------------------------------------------------------------------- */

/* The flow whose datagram is quoted, if it sent one like that a moment ago. */
static enum drop
flow_check(struct stack *stack, const struct quote *quote, struct udp_flow_entry **entry)
{
	*entry = udp_find(stack, &quote->source, quote->source_port, &quote->destination,
			  quote->destination_port);
	if (*entry == NULL || quote->packet_bytes > (*entry)->sent_bytes_max)
		return DROP_ICMP_UNMATCHED;
	if (stack->now_us - (*entry)->sent_at_us > UDP_ICMP_RECENT_US)
		return DROP_ICMP_STALE;
	return DROP_REASON_COUNT;
}

static enum drop
udp_heard(struct stack *stack, const struct icmp_verdict *verdict, const struct quote *quote,
	  struct stack_action *action)
{
	struct udp_flow_entry *entry;
	enum drop drop = flow_check(stack, quote, &entry);

	if (drop != DROP_REASON_COUNT)
		return drop;
	if (verdict->error == STACK_ERROR_TOO_BIG &&
	    !mtu_learn(stack, quote, &entry->hop, verdict->mtu, action))
		return DROP_ICMP_UNMATCHED;
	action->flow = udp_flow_of(stack, entry);
	action->user = entry->user;
	action->local_port = entry->local_port;
	action->remote_port = entry->remote_port;
	if (trace__is_on(stack))
		trace__error(stack, action, entry->cause);
	return DROP_REASON_COUNT;
}

static enum drop
echo_heard(struct stack *stack, const struct icmp_verdict *verdict, const struct quote *quote,
	   struct stack_action *action)
{
	const uint8_t request =
		quote->protocol == IP_PROTOCOL_ICMPV6 ? ICMP6_ECHO_REQUEST : ICMP4_ECHO_REQUEST;

	const struct icmp_echo *echo =
		icmp__echo_find(stack, &quote->destination, quote->ident, quote->sequence);

	if (quote->icmp_type != request || echo == NULL)
		return DROP_ICMP_UNMATCHED;
	action->user = (uint64_t)quote->ident << 16 | quote->sequence;
	if (verdict->error == STACK_ERROR_TOO_BIG)
		action->mtu = verdict->mtu; /* told, not learnt: an echo has no 4-tuple to guess */
	if (trace__is_on(stack))
		trace__error(stack, action, echo->cause);
	return DROP_REASON_COUNT;
}

static enum drop
tcp_heard(struct stack *stack, const struct icmp_verdict *verdict, const struct quote *quote,
	  const struct ip_addr *router)
{
	const struct tcp_icmp icmp = {
		.tuple = {
			.local = quote->source,
			.remote = quote->destination,
			.local_port = quote->source_port,
			.remote_port = quote->destination_port,
		},
		.seq = quote->seq,
		.router = *router,
		.error = verdict->error,
		.mtu = verdict->mtu,
		.packet_bytes = quote->packet_bytes,
	};
	return tcp_icmp_heard(stack, &icmp);
}

static void
verdict_pass(struct stack *stack, const struct icmp_verdict *verdict, const struct quote *quote,
	     struct stack_action *action)
{
	enum drop drop = DROP_ICMP_UNMATCHED;

	if (quote->protocol == IP_PROTOCOL_TCP) { /* told as an event of the connection */
		drop = tcp_heard(stack, verdict, quote, &action->router);
		if (drop != DROP_REASON_COUNT)
			stack__drop(stack, drop);
		return;
	}
	action->kind = STACK_ERROR;
	action->error = verdict->error;
	action->local = quote->source;
	action->remote = quote->destination;
	if (quote->protocol == IP_PROTOCOL_UDP)
		drop = udp_heard(stack, verdict, quote, action);
	else if (quote->protocol == IP_PROTOCOL_ICMP || quote->protocol == IP_PROTOCOL_ICMPV6)
		drop = echo_heard(stack, verdict, quote, action);
	if (drop != DROP_REASON_COUNT)
		stack__drop(stack, drop);
	else
		stack__report(stack, action);
}

void
icmp__heard(struct stack *stack, const struct icmp_verdict *verdict, const struct ip_packet *packet,
	    const uint8_t *bytes, size_t size)
{
	struct quote quote;
	struct stack_action action = {
		.ifindex = packet->ifindex,
		.router = packet->source,
		.hop_limit = packet->hop_limit,
	};

	/* An error goes to the sender of what it quotes: the two must be the same address. */
	if (packet->kind != ROUTE_LOCAL || !quote_read(bytes, size, &quote) ||
	    !addr_equal(&quote.source, &packet->destination)) {
		stack__drop(stack, DROP_ICMP_UNMATCHED);
		return;
	}
	verdict_pass(stack, verdict, &quote, &action);
}

void
icmp_neighbour_failed(struct stack *stack, unsigned ifindex, const uint8_t *packet, size_t size)
{
	const struct icmp_verdict verdict = { .error = STACK_ERROR_HOST_UNREACHABLE };
	struct stack_action action = { .ifindex = ifindex };
	struct quote quote;

	stack__drop(stack, DROP_NEIGH_FAILED);
	if (quote_read(packet, size, &quote))
		verdict_pass(stack, &verdict, &quote, &action);
}
