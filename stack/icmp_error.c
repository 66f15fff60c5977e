/* The ICMP errors that we send: whether, how often, and what they say. */
#include "stack/addr_hash.h"
#include "stack/base/cursor.h"
#include "stack/icmp.h"
#include "stack/ipv6.h"
#include "stack/stack_priv.h"

/* ---- how often ------------------------------------------------------------------------------- */

/* A new key forgets who shared a bucket with whom before anybody can have found out. */
static void
rekey_when_due(struct stack *stack)
{
	if (stack->now_us < stack->icmp.rekey_at_us)
		return;
	stack->icmp.bucket_key = hash_key_draw(stack->rng);
	stack->icmp.rekey_at_us = stack->now_us + ICMP_REKEY_US;
}

static struct icmp_bucket *
bucket_of(struct stack *stack, const struct ip_addr *remote)
{
	struct icmp_bucket *bucket =
		&stack->icmp.buckets[addr_hash(&stack->icmp.bucket_key, remote) % ICMP_BUCKETS];
	if (addr_equal(&bucket->remote, remote))
		return bucket;
	*bucket = (struct icmp_bucket){
		.remote = *remote,
		.credit = 1 + rng_below(stack->rng, ICMP_CREDIT_MAX),
		.filled_at_us = stack->now_us,
	};
	return bucket;
}

/* RFC 4443, section 2.4 (f): a token bucket. */
static bool
may_send_to(struct stack *stack, const struct ip_addr *remote)
{
	rekey_when_due(stack);
	struct icmp_bucket *bucket = bucket_of(stack, remote);
	const uint64_t earned = (stack->now_us - bucket->filled_at_us) / ICMP_CREDIT_US;

	bucket->credit = earned >= ICMP_CREDIT_MAX - bucket->credit
				 ? ICMP_CREDIT_MAX
				 : bucket->credit + (uint32_t)earned;
	bucket->filled_at_us += earned * ICMP_CREDIT_US;
	if (bucket->credit == 0)
		return false;
	const uint32_t cost = 1 + rng_below(stack->rng, ICMP_COST_MAX);
	bucket->credit -= cost < bucket->credit ? cost : bucket->credit;
	return true;
}

/* ---- whether --------------------------------------------------------------------------------- */

/* RFC 1122, section 3.2.2: queries and their answers are no errors. */
static bool
is_query4(uint8_t type)
{
	return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

/* True when the packet carries an ICMP error, or may: nothing is said about those. */
static bool
may_be_icmp_error(const struct ip_packet *packet)
{
	uint8_t protocol = packet->protocol;
	const uint8_t *payload = packet->payload;
	size_t payload_bytes = packet->payload_bytes;

	if (packet->source.family == ADDR_IPV6 &&
	    !ipv6_upper(packet, &protocol, &payload, &payload_bytes))
		return true;
	if (protocol == IP_PROTOCOL_ICMP)
		return payload_bytes == 0 || !is_query4(payload[0]);
	if (protocol == IP_PROTOCOL_ICMPV6)
		return payload_bytes == 0 || payload[0] < 128 || payload[0] == ICMP6_NDP_LAST;
	return false;
}

static bool
may_complain(const struct stack *stack, const struct ip_packet *packet, enum icmp_problem problem)
{
	/* RFC 4443, section 2.4 (e.3): the one that may be about multicast. */
	const bool is_option_to_group =
		packet->kind == ROUTE_MULTICAST && problem == ICMP_PROBLEM_OPTION;

	if ((stack->ifs[packet->ifindex].flags & STACK_IF_SHARED) != 0)
		return false;
	if ((packet->is_silent || packet->kind != ROUTE_LOCAL) && !is_option_to_group)
		return false;
	/*
	 * RFC 1122, section 3.2.2: only to a single host; broadcast and multicast have been
	 * refused.
	 */
	if (addr_is_unspecified(&packet->source))
		return false;
	return !may_be_icmp_error(packet);
}

/* ---- what ------------------------------------------------------------------------------------ */

static struct icmp_message
message4(enum icmp_problem problem, size_t pointer)
{
	switch (problem) {
	case ICMP_PROBLEM_PORT:
		return (struct icmp_message){ .type = ICMP4_UNREACHABLE, .code = 3 };
	case ICMP_PROBLEM_PROTOCOL:
		return (struct icmp_message){ .type = ICMP4_UNREACHABLE, .code = 2 };
	case ICMP_PROBLEM_REASSEMBLY:
		return (struct icmp_message){ .type = ICMP4_TIME_EXCEEDED, .code = 1 };
	case ICMP_PROBLEM_HEADER:
	case ICMP_PROBLEM_OPTION:
	case ICMP_PROBLEM_CHAIN: break;
	}
	return (struct icmp_message){ .type = ICMP4_PARAMETER, .rest = (uint32_t)pointer << 24 };
}

static struct icmp_message
message6(enum icmp_problem problem, size_t pointer)
{
	uint8_t code = 0;

	switch (problem) {
	case ICMP_PROBLEM_PORT:
		return (struct icmp_message){ .type = ICMP6_UNREACHABLE, .code = 4 };
	case ICMP_PROBLEM_REASSEMBLY:
		return (struct icmp_message){ .type = ICMP6_TIME_EXCEEDED, .code = 1 };
	case ICMP_PROBLEM_HEADER: code = 0; break;
	case ICMP_PROBLEM_PROTOCOL: code = 1; break;
	case ICMP_PROBLEM_OPTION: code = 2; break;
	case ICMP_PROBLEM_CHAIN: code = 3; break;
	}
	return (struct icmp_message){ .type = ICMP6_PARAMETER,
				      .code = code,
				      .rest = (uint32_t)pointer };
}

void
icmp_error_send(struct stack *stack, const struct ip_packet *packet, enum icmp_problem problem,
		size_t pointer)
{
	const bool is_v6 = packet->source.family == ADDR_IPV6;
	const size_t quote_max = is_v6 ? ICMP6_QUOTE_MAX : ICMP4_QUOTE_MAX;
	struct icmp_message message =
		is_v6 ? message6(problem, pointer) : message4(problem, pointer);
	struct ip_send send;

	if (!may_complain(stack, packet, problem))
		return;
	if (!may_send_to(stack, &packet->source)) {
		stack__drop(stack, DROP_ICMP_RATE);
		return;
	}
	if (icmp__answer_route(stack, packet, &send) != 0) {
		stack__drop(stack, DROP_NO_ROUTE);
		return;
	}
	message.body = packet->begin;
	message.body_bytes = packet->size < quote_max ? packet->size : quote_max;
	icmp__send(stack, &send, &message);
}
