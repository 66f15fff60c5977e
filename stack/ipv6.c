#include "stack/ipv6.h"

#include "stack/base/cursor.h"
#include "stack/icmp.h"
#include "stack/reass.h"
#include "stack/stack_priv.h"

/* Fields of the fixed header that errors point to. */
#define AT_PAYLOAD_LENGTH 4u
#define AT_NEXT_HEADER    6u

/* ---- out ------------------------------------------------------------------------------------- */

void
ipv6_header_write(const struct ip_send *send, uint8_t *packet, const struct ip_fragment *fragment)
{
	const bool is_whole = ip_is_whole(fragment);
	const size_t extra = is_whole ? 0 : IPV6_FRAGMENT_HEADER_BYTES;
	struct writer w = writer_over(packet, IPV6_HEADER_BYTES + extra);

	writer_u32(&w, 6u << 28 | (uint32_t)send->traffic_class << 20);
	writer_u16(&w, (uint16_t)(extra + fragment->bytes));
	writer_u8(&w, is_whole ? send->protocol : IPV6_NEXT_FRAGMENT);
	writer_u8(&w, send->hop_limit != 0 ? send->hop_limit : IP_HOP_LIMIT);
	writer_bytes(&w, send->source.octets, 16);
	writer_bytes(&w, send->destination.octets, 16);
	if (is_whole)
		return;
	writer_u8(&w, send->protocol);
	writer_u8(&w, 0);
	/* Offsets are multiples of eight: the three lowest bits are free. */
	writer_u16(&w, (uint16_t)(fragment->offset | fragment->more));
	writer_u32(&w, fragment->id);
}

/* ---- in -------------------------------------------------------------------------------------- */

/* Where the walk along the extension headers is, and what was wrong there. */
struct walk {
	struct cursor c; /* over the whole packet, later over a reassembled payload */
	unsigned header_count;
	size_t header_bytes; /* of the extension headers so far */
	uint8_t next;        /* what the octets at the cursor are */
	size_t next_at;      /* where that was said */
	bool was_reassembled;

	bool has_problem; /* to be told to the sender */
	enum icmp_problem problem;
	size_t problem_at;
};

static enum drop
walk_fail(struct walk *walk, enum drop drop, enum icmp_problem problem, size_t at)
{
	walk->has_problem = true;
	walk->problem = problem;
	walk->problem_at = at;
	return drop;
}

enum drop
ipv6_header_read(const uint8_t *bytes, size_t size, struct ip_packet *packet)
{
	struct cursor c = cursor_over(bytes, size);
	const uint32_t version_class_flow = cursor_u32(&c);
	const size_t payload_bytes = cursor_u16(&c);

	packet->protocol_at = c.pos;
	packet->protocol = cursor_u8(&c);
	packet->traffic_class = (uint8_t)(version_class_flow >> 20);
	packet->hop_limit = cursor_u8(&c);
	packet->source.family = packet->destination.family = ADDR_IPV6;
	cursor_copy(&c, packet->source.octets, 16);
	cursor_copy(&c, packet->destination.octets, 16);

	if (c.err != 0)
		return DROP_FRAME_SHORT;
	if (version_class_flow >> 28 != 6)
		return DROP_IP_VERSION;
	if (payload_bytes > cursor_left(&c))
		return DROP_IP_TRUNCATED;
	packet->begin = bytes;
	packet->size = IPV6_HEADER_BYTES + payload_bytes;
	packet->payload = bytes + IPV6_HEADER_BYTES;
	packet->payload_bytes = payload_bytes;
	return DROP_REASON_COUNT;
}

/* RFC 4291, sections 2.5.2, 2.5.3, 2.5.5.2 and 2.7. */
static enum drop
addresses_check(const struct stack *stack, struct ip_packet *packet)
{
	const struct iface *iface = &stack->ifs[packet->ifindex];
	const bool is_loop =
		packet->ifindex == STACK_IF_LOOPBACK || (iface->flags & STACK_IF_SHARED) != 0;

	packet->kind = route_classify(stack, packet->ifindex, &packet->destination);
	if (packet->kind == ROUTE_UNICAST)
		return DROP_IP_NOT_OURS;
	if (addr_is_multicast(&packet->source) || addr_is_ipv4_mapped(&packet->source))
		return DROP_IP_SOURCE;
	if (is_loop)
		return DROP_REASON_COUNT;
	if (addr_is_loopback(&packet->source) || addr_is_loopback(&packet->destination))
		return DROP_IP_SOURCE;
	if (route_classify(stack, packet->ifindex, &packet->source) == ROUTE_LOCAL)
		return DROP_IP_SOURCE; /* our own, from outside */
	return DROP_REASON_COUNT;
}

/* ---- extension headers ----------------------------------------------------------------------- */

static bool
is_extension(uint8_t next)
{
	return next == IPV6_NEXT_HOP_OPTIONS || next == IPV6_NEXT_ROUTING ||
	       next == IPV6_NEXT_FRAGMENT || next == IPV6_NEXT_DST_OPTIONS;
}

/*
 * Opens the extension header at the cursor and moves behind it; the cursor over its body is
 * returned.
 */
static struct cursor
extension_open(struct walk *walk)
{
	const uint8_t type = walk->next;

	walk->next_at = walk->c.pos;
	walk->next = cursor_u8(&walk->c);
	const uint8_t eights = cursor_u8(&walk->c); /* reserved in the fragment header */
	const size_t body_bytes = (type == IPV6_NEXT_FRAGMENT ? 0 : eights * 8u) + 6u;
	walk->header_bytes += body_bytes + 2;
	return cursor_sub(&walk->c, body_bytes);
}

/*
 * RFC 8200, section 4.2: the two highest bits of an unknown option's type say what becomes of the
 * packet.
 */
static enum drop
options_walk(struct cursor c, struct walk *walk, const struct ip_packet *packet)
{
	while (cursor_left(&c) > 0) {
		const size_t at = c.pos;
		const uint8_t type = cursor_u8(&c);
		if (type == 0) /* Pad1 */
			continue;
		const uint8_t size = cursor_u8(&c);
		cursor_skip(&c, size);
		if (c.err != 0)
			return DROP_IPV6_EXTENSIONS;
		if (type >> 6 == 0)
			continue; /* skip it, as the ones that we know: padding, router alert */
		if (type >> 6 == 2 || (type >> 6 == 3 && packet->kind != ROUTE_MULTICAST))
			return walk_fail(walk, DROP_IPV6_OPTION, ICMP_PROBLEM_OPTION, at);
		return DROP_IPV6_OPTION;
	}
	return DROP_REASON_COUNT;
}

/*
 * RFC 8200, section 4.4: a node that is not the router meant ignores the header or refuses the
 * packet.
 */
static enum drop
routing_check(struct cursor c, struct walk *walk)
{
	const size_t type_at = c.pos;

	cursor_skip(&c, 1);
	if (cursor_u8(&c) == 0) /* segments left */
		return DROP_REASON_COUNT;
	return walk_fail(walk, DROP_IPV6_ROUTING, ICMP_PROBLEM_HEADER, type_at);
}

/*
 * Steps over the extension headers without obeying them; false when they do not end in these
 * octets.
 */
static bool
extensions_skip(struct walk *walk)
{
	for (unsigned i = 0; i < IPV6_EXTENSIONS_MAX && is_extension(walk->next); i++)
		(void)extension_open(walk);
	return walk->c.err == 0 && !is_extension(walk->next);
}

/* RFC 7112: the first fragment holds the whole chain of headers, that of the protocol above too. */
static bool
is_chain_whole(uint8_t next, const uint8_t *bytes, size_t size)
{
	struct walk walk = { .c = cursor_over(bytes, size), .next = next };

	if (!extensions_skip(&walk))
		return false;
	return walk.next == IPV6_NEXT_NONE ||
	       cursor_left(&walk.c) >= (walk.next == IP_PROTOCOL_TCP ? 20 : 8);
}

/*
 * DROP_REASON_COUNT: the packet was whole or has become so; else *held tells a fragment kept from
 * one dropped.
 */
static enum drop
fragment_step(struct stack *stack, struct ip_packet *packet, struct walk *walk, struct cursor body,
	      bool *held)
{
	const size_t offset_at = body.pos;
	const uint16_t offset_more = cursor_u16(&body);
	const struct reass_fragment fragment = {
		.id = cursor_u32(&body),
		.offset = offset_more & ~7u,
		.size = cursor_left(&walk->c),
		.more = (offset_more & 1) != 0,
		.protocol = walk->next,
		.bytes = walk->c.begin + walk->c.pos,
	};

	if (fragment.offset == 0 && !fragment.more)
		return DROP_REASON_COUNT; /* RFC 6946: whole, whatever else has this id */
	if (walk->was_reassembled)
		return DROP_FRAGMENT_MALFORMED; /* fragments of fragments */
	if (packet->kind != ROUTE_LOCAL ||
	    (stack->ifs[packet->ifindex].flags & STACK_IF_SKIP_REASS) != 0)
		return DROP_FRAGMENT_REFUSED;
	if (fragment.more && fragment.size % 8 != 0)
		return walk_fail(walk, DROP_FRAGMENT_MALFORMED, ICMP_PROBLEM_HEADER,
				 AT_PAYLOAD_LENGTH);
	if (fragment.offset + fragment.size > UINT16_MAX)
		return walk_fail(walk, DROP_FRAGMENT_MALFORMED, ICMP_PROBLEM_HEADER, offset_at);
	if (fragment.size == 0)
		return DROP_FRAGMENT_MALFORMED;
	if (fragment.offset == 0 && !is_chain_whole(walk->next, fragment.bytes, fragment.size))
		return walk_fail(walk, DROP_FRAGMENT_MALFORMED, ICMP_PROBLEM_CHAIN, 0);
	*held = !reass_put(stack, packet, &fragment);
	if (*held)
		return DROP_REASON_COUNT;
	walk->was_reassembled = true;
	walk->c = cursor_over(packet->payload, packet->payload_bytes);
	walk->next = packet->protocol;
	return DROP_REASON_COUNT;
}

/* One extension header; DROP_REASON_COUNT: go on with what follows. */
static enum drop
extension_step(struct stack *stack, struct ip_packet *packet, struct walk *walk, bool *held)
{
	const uint8_t type = walk->next;
	const size_t said_at = walk->next_at;
	struct cursor body = extension_open(walk);

	if (walk->c.err != 0)
		return DROP_IPV6_EXTENSIONS;
	if (++walk->header_count > IPV6_EXTENSIONS_MAX ||
	    walk->header_bytes > IPV6_EXTENSION_BYTES_MAX)
		return DROP_IPV6_EXTENSIONS_LIMIT;
	switch (type) {
	case IPV6_NEXT_HOP_OPTIONS:
		/* RFC 8200, section 4.3: right behind the IPv6 header, or nowhere. */
		if (walk->header_count != 1)
			return walk_fail(walk, DROP_IPV6_EXTENSIONS, ICMP_PROBLEM_PROTOCOL,
					 said_at);
		return options_walk(body, walk, packet);
	case IPV6_NEXT_DST_OPTIONS: return options_walk(body, walk, packet);
	case IPV6_NEXT_ROUTING: return routing_check(body, walk);
	default: return fragment_step(stack, packet, walk, body, held);
	}
}

bool
ipv6_upper(const struct ip_packet *packet, uint8_t *protocol, const uint8_t **payload,
	   size_t *payload_bytes)
{
	struct walk walk = { .c = cursor_over(packet->begin, packet->size) };

	cursor_skip(&walk.c, AT_NEXT_HEADER);
	walk.next = cursor_u8(&walk.c);
	cursor_skip(&walk.c, IPV6_HEADER_BYTES - AT_NEXT_HEADER - 1);
	if (!extensions_skip(&walk))
		return false;
	*protocol = walk.next;
	*payload = walk.c.begin + walk.c.pos;
	*payload_bytes = cursor_left(&walk.c);
	return true;
}

void
ipv6_receive(struct stack *stack, struct ip_packet *packet, const uint8_t *bytes, size_t size)
{
	bool held = false;
	enum drop drop = ipv6_header_read(bytes, size, packet);
	struct walk walk = { .c = cursor_over(bytes, packet->size), .next = packet->protocol, .next_at = packet->protocol_at };

	cursor_skip(&walk.c, IPV6_HEADER_BYTES);
	if (drop == DROP_REASON_COUNT)
		drop = addresses_check(stack, packet);
	while (drop == DROP_REASON_COUNT && !held && is_extension(walk.next))
		drop = extension_step(stack, packet, &walk, &held);
	if (held)
		return; /* until the other fragments come */
	if (drop == DROP_REASON_COUNT && walk.next == IPV6_NEXT_NONE)
		drop = DROP_IPV6_NO_NEXT;
	if (drop != DROP_REASON_COUNT) {
		stack__drop(stack, drop);
		if (walk.has_problem)
			icmp_error_send(stack, packet, walk.problem, walk.problem_at);
		return;
	}
	packet->protocol = walk.next;
	packet->protocol_at = walk.next_at;
	packet->payload = walk.c.begin + walk.c.pos;
	packet->payload_bytes = cursor_left(&walk.c);
	ip_deliver(stack, packet);
}
