#include "stack/icmp.h"

#include <assert.h>

#include "stack/base/cursor.h"
#include "stack/checksum.h"
#include "stack/ndp.h"
#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

#define AT_CHECKSUM 2u

/* ---- sending --------------------------------------------------------------------------------- */

void
icmp__send(struct stack *stack, struct ip_send *send, const struct icmp_message *message)
{
	const size_t size = ICMP_HEADER_BYTES + message->body_bytes;
	const bool is_v6 = send->destination.family == ADDR_IPV6;
	uint64_t sum = 0;
	uint8_t *room;

	send->protocol = is_v6 ? IP_PROTOCOL_ICMPV6 : IP_PROTOCOL_ICMP;
	if (ip_begin(stack, send, size, &room) != 0)
		return;
	struct writer w = writer_over(room, size);
	writer_u8(&w, message->type);
	writer_u8(&w, message->code);
	writer_u16(&w, 0);
	writer_u32(&w, message->rest);
	writer_bytes(&w, message->body, message->body_bytes);
	assert(w.err == 0);
	if (is_v6)
		sum = checksum_pseudo(&send->source, &send->destination, IP_PROTOCOL_ICMPV6,
				      (uint32_t)size);
	writer_patch_u16(&w, AT_CHECKSUM, checksum_finish(checksum_add(sum, room, size)));
	if (trace__is_on(stack))
		trace__icmp(stack, TRACE_ICMP_OUT, &send->source, &send->destination, message->type,
			    message->code);
	send->checksum_offload = false; /* filled already: devices know TCP and UDP */
	ip_end(stack, send);
}

int
icmp__answer_route(const struct stack *stack, const struct ip_packet *packet, struct ip_send *send)
{
	*send = (struct ip_send){ .destination = packet->source };
	if (packet->kind == ROUTE_LOCAL)
		send->source = packet->destination;
	if (addr_is_link_local(&packet->source) && packet->ifindex != STACK_IF_LOOPBACK) {
		/* The route table does not know on which link it is; the packet does. */
		send->hop = (struct route_hop){
			.kind = ROUTE_UNICAST,
			.ifindex = packet->ifindex,
			.next_hop = packet->source,
		};
		return send->source.family != ADDR_NONE ? 0
							: source_select(stack, &send->destination,
									&send->hop, &send->source);
	}
	return ip_route(stack, send);
}

/* ---- echo ------------------------------------------------------------------------------------ */

int
stack_echo_send(struct stack *stack, const struct ip_addr *local, const struct ip_addr *remote,
		uint16_t ident, uint16_t sequence, uint8_t hop_limit, const void *payload, size_t size,
		uint64_t now_us)
{
	struct icmp *icmp = &stack->icmp;
	struct ip_send send = { .destination = *remote, .hop_limit = hop_limit };
	struct icmp_message message = {
		.type = remote->family == ADDR_IPV6 ? ICMP6_ECHO_REQUEST : ICMP4_ECHO_REQUEST,
		.rest = (uint32_t)ident << 16 | sequence,
		.body = payload,
		.body_bytes = size,
	};

	stack__tell_time(stack, now_us);
	if (remote->family == ADDR_NONE)
		return ERR_MALFORMED;
	if (size > UINT16_MAX - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES)
		return ERR_TOO_BIG;
	int err = ip_route_from(stack, &send, local);
	if (err != 0)
		return err;
	icmp->echoes[icmp->echo_next] = (struct icmp_echo){
		.remote = *remote,
		.ident = ident,
		.sequence = sequence,
		.cause = stack->cause,
		.sent_at_us = stack->now_us,
	};
	icmp->echo_next = (icmp->echo_next + 1) % ICMP_ECHOES;
	icmp__send(stack, &send, &message);
	return 0;
}

const struct icmp_echo *
icmp__echo_find(const struct stack *stack, const struct ip_addr *remote, uint16_t ident,
		uint16_t sequence)
{
	for (unsigned i = 0; i < ICMP_ECHOES; i++) {
		const struct icmp_echo *echo = &stack->icmp.echoes[i];
		if (echo->ident == ident && echo->sequence == sequence &&
		    addr_equal(&echo->remote, remote) &&
		    stack->now_us - echo->sent_at_us < ICMP_ECHO_RECENT_US)
			return echo;
	}
	return NULL;
}

static void
echo_request_receive(struct stack *stack, const struct ip_packet *packet,
		     struct icmp_message *message)
{
	struct ip_send send;

	/*
	 * RFC 1122, section 3.2.2.6: one sent to all may go unanswered; RFC 4443, section 4.2:
	 * not in IPv6.
	 */
	if (packet->kind != ROUTE_LOCAL && packet->source.family == ADDR_IPV4) {
		stack__drop(stack, DROP_ICMP_TYPE);
		return;
	}
	if ((stack->ifs[packet->ifindex].flags & STACK_IF_SHARED) != 0) {
		stack__drop(stack, DROP_ICMP_TYPE); /* the kernel answers */
		return;
	}
	if (addr_is_unspecified(&packet->source) || icmp__answer_route(stack, packet, &send) != 0) {
		stack__drop(stack, DROP_NO_ROUTE);
		return;
	}
	message->type = packet->source.family == ADDR_IPV6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY;
	icmp__send(stack, &send, message);
}

static void
echo_reply_receive(struct stack *stack, const struct ip_packet *packet,
		   const struct icmp_message *message)
{
	if (icmp__echo_find(stack, &packet->source, (uint16_t)(message->rest >> 16),
			    (uint16_t)message->rest) == NULL) {
		stack__drop(stack, DROP_ICMP_UNMATCHED);
		return;
	}
	stack__report(stack, &(struct stack_action){
				     .kind = STACK_ECHO,
				     .ifindex = packet->ifindex,
				     .bytes = message->body,
				     .size = message->body_bytes,
				     .user = message->rest,
				     .local = packet->destination,
				     .remote = packet->source,
				     .hop_limit = packet->hop_limit,
				     .traffic_class = packet->traffic_class,
			     });
}

/* ---- errors heard ---------------------------------------------------------------------------- */

#define ICMP4_CODE_TOO_BIG 4u

/* RFC 792 and RFC 1812, section 5.2.7.1, by code; 0: says nothing to a program. */
static const uint8_t unreachable4[] = {
	STACK_ERROR_NET_UNREACHABLE,  STACK_ERROR_HOST_UNREACHABLE, STACK_ERROR_PORT_UNREACHABLE,
	STACK_ERROR_PORT_UNREACHABLE, STACK_ERROR_TOO_BIG,          STACK_ERROR_NET_UNREACHABLE,
	STACK_ERROR_NET_UNREACHABLE,  STACK_ERROR_HOST_UNREACHABLE, STACK_ERROR_HOST_UNREACHABLE,
	STACK_ERROR_PROHIBITED,       STACK_ERROR_PROHIBITED,       STACK_ERROR_NET_UNREACHABLE,
	STACK_ERROR_HOST_UNREACHABLE, STACK_ERROR_PROHIBITED,       STACK_ERROR_PROHIBITED,
	STACK_ERROR_PROHIBITED,
};

/* RFC 4443, section 3.1. */
static const uint8_t unreachable6[] = {
	STACK_ERROR_NET_UNREACHABLE,  STACK_ERROR_PROHIBITED,       STACK_ERROR_NET_UNREACHABLE,
	STACK_ERROR_HOST_UNREACHABLE, STACK_ERROR_PORT_UNREACHABLE, STACK_ERROR_PROHIBITED,
	STACK_ERROR_PROHIBITED,
};

static bool
verdict4(const struct icmp_message *message, struct icmp_verdict *verdict)
{
	if (message->type == ICMP4_TIME_EXCEEDED)
		verdict->error = STACK_ERROR_TIME_EXCEEDED;
	else if (message->type == ICMP4_UNREACHABLE && message->code < sizeof unreachable4)
		verdict->error = unreachable4[message->code];
	else
		return false;
	verdict->mtu = message->rest & 0xffff; /* RFC 1191, section 4 */
	return true;
}

static bool
verdict6(const struct icmp_message *message, struct icmp_verdict *verdict)
{
	if (message->type == ICMP6_TOO_BIG)
		verdict->error = STACK_ERROR_TOO_BIG;
	else if (message->type == ICMP6_TIME_EXCEEDED)
		verdict->error = STACK_ERROR_TIME_EXCEEDED;
	else if (message->type == ICMP6_PARAMETER &&
		 message->code == 1) /* our protocol is not spoken there */
		verdict->error = STACK_ERROR_PORT_UNREACHABLE;
	else if (message->type == ICMP6_UNREACHABLE && message->code < sizeof unreachable6)
		verdict->error = unreachable6[message->code];
	else
		return false;
	verdict->mtu = message->rest;
	return true;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void
receive4(struct stack *stack, const struct ip_packet *packet, struct icmp_message *message)
{
	struct icmp_verdict verdict = { 0 };

	if (message->type == ICMP4_ECHO_REQUEST)
		echo_request_receive(stack, packet, message);
	else if (message->type == ICMP4_ECHO_REPLY)
		echo_reply_receive(stack, packet, message);
	else if (verdict4(message, &verdict))
		icmp__heard(stack, &verdict, packet, message->body, message->body_bytes);
	else
		stack__drop(stack, DROP_ICMP_TYPE);
}

static void
receive6(struct stack *stack, const struct ip_packet *packet, struct icmp_message *message)
{
	struct icmp_verdict verdict = { 0 };

	if (message->type == ICMP6_ECHO_REQUEST)
		echo_request_receive(stack, packet, message);
	else if (message->type == ICMP6_ECHO_REPLY)
		echo_reply_receive(stack, packet, message);
	else if (message->type >= ICMP6_NDP_FIRST && message->type <= ICMP6_NDP_LAST)
		ndp_receive(stack, packet);
	else if (verdict6(message, &verdict))
		icmp__heard(stack, &verdict, packet, message->body, message->body_bytes);
	else
		stack__drop(stack, DROP_ICMP_TYPE);
}

static bool
checksum_is_right(const struct ip_packet *packet)
{
	uint64_t sum = 0;

	if ((packet->rx_flags & STACK_RX_CHECKSUM_OK) != 0)
		return true;
	if (packet->source.family == ADDR_IPV6)
		sum = checksum_pseudo(&packet->source, &packet->destination, IP_PROTOCOL_ICMPV6,
				      (uint32_t)packet->payload_bytes);
	return checksum_fold(checksum_add(sum, packet->payload, packet->payload_bytes)) ==
	       CHECKSUM_GOOD;
}

void
icmp_receive(struct stack *stack, const struct ip_packet *packet)
{
	struct cursor c = cursor_over(packet->payload, packet->payload_bytes);
	struct icmp_message message = { 0 };

	message.type = cursor_u8(&c);
	message.code = cursor_u8(&c);
	cursor_skip(&c, 2);
	message.rest = cursor_u32(&c);
	message.body_bytes = cursor_left(&c);
	message.body = cursor_bytes(&c, message.body_bytes);
	if (c.err != 0) {
		stack__drop(stack, DROP_ICMP_SHORT);
		return;
	}
	if (!checksum_is_right(packet)) {
		stack__drop(stack, DROP_ICMP_CHECKSUM);
		return;
	}
	if (trace__is_on(stack))
		trace__icmp(stack, TRACE_ICMP_IN, &packet->source, &packet->destination,
			    message.type, message.code);
	if (packet->source.family == ADDR_IPV4)
		receive4(stack, packet, &message);
	else
		receive6(stack, packet, &message);
}
