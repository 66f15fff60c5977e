#include "stack/ipv6.h"

#include "stack/base/cursor.h"
#include "stack/stack_priv.h"

/* ---- out --------------------------------------------------------------------------------------- */

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
	writer_u16(&w, (uint16_t)(fragment->offset | fragment->more)); /* offsets are multiples of eight */
	writer_u32(&w, fragment->id);
}

/* ---- in ---------------------------------------------------------------------------------------- */

/* Where the walk along the extension headers is. */
struct walk {
	struct cursor c; /* over the whole packet */
	unsigned header_count;
	uint8_t next;    /* what the octets at c.pos are */
	size_t next_at;  /* where that was said, for a parameter problem */
};

static enum drop
header_read(const uint8_t *bytes, size_t size, struct ip_packet *packet, struct walk *walk)
{
	struct cursor c = cursor_over(bytes, size);
	const uint32_t version_class_flow = cursor_u32(&c);
	const size_t payload_bytes = cursor_u16(&c);

	walk->next_at = c.pos;
	walk->next = cursor_u8(&c);
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
	c.end = packet->size;
	walk->c = c;
	return DROP_REASON_COUNT;
}

static bool
is_mapped(const struct ip_addr *addr)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return memcmp(addr->octets, prefix, sizeof prefix) == 0;
}

/* RFC 4291, sections 2.5.2, 2.5.3, 2.5.5.2 and 2.7. */
static enum drop
addresses_check(const struct stack *stack, struct ip_packet *packet)
{
	const struct iface *iface = &stack->ifs[packet->ifindex];
	const bool is_loop = packet->ifindex == STACK_IF_LOOPBACK || (iface->flags & STACK_IF_SHARED) != 0;

	packet->kind = route_classify(stack, packet->ifindex, &packet->destination);
	if (packet->kind == ROUTE_UNICAST)
		return DROP_IP_NOT_OURS;
	if (addr_is_multicast(&packet->source) || is_mapped(&packet->source))
		return DROP_IP_SOURCE;
	if (is_loop)
		return DROP_REASON_COUNT;
	if (addr_is_loopback(&packet->source) || addr_is_loopback(&packet->destination))
		return DROP_IP_SOURCE;
	if (route_classify(stack, packet->ifindex, &packet->source) == ROUTE_LOCAL)
		return DROP_IP_SOURCE; /* our own, from outside */
	return DROP_REASON_COUNT;
}

/* RFC 8200, section 4.2: the two highest bits of an unknown option's type say what becomes of the packet. */
static enum drop
options_walk(const struct cursor *header, size_t *at, bool *tell, const struct ip_packet *packet)
{
	struct cursor c = *header;

	while (cursor_left(&c) > 0) {
		*at = c.pos;
		const uint8_t type = cursor_u8(&c);
		if (type == 0) /* Pad1 */
			continue;
		const uint8_t size = cursor_u8(&c);
		cursor_skip(&c, size);
		if (c.err != 0)
			return DROP_IPV6_EXTENSIONS;
		switch (type >> 6) {
		case 0: break;
		case 1: return DROP_IPV6_OPTION;
		case 2: *tell = true; return DROP_IPV6_OPTION;
		case 3: *tell = packet->kind != ROUTE_MULTICAST; return DROP_IPV6_OPTION;
		}
	}
	return DROP_REASON_COUNT;
}

/* Opens the extension header at the cursor and moves behind it; the cursor over its body is returned. */
static struct cursor
extension_open(struct walk *walk)
{
	walk->next_at = walk->c.pos;
	walk->next = cursor_u8(&walk->c);
	const size_t body_bytes = cursor_u8(&walk->c) * 8u + 6u;
	return cursor_sub(&walk->c, body_bytes);
}

/* One extension header; DROP_REASON_COUNT: go on with the next. */
static enum drop
extension_step(const struct stack *stack, struct ip_packet *packet, struct walk *walk)
{
	(void)stack;
	const uint8_t type = walk->next;
	struct cursor body = extension_open(walk);
	size_t at = 0;
	bool tell = false;

	if (walk->c.err != 0)
		return DROP_IPV6_EXTENSIONS;
	if (++walk->header_count > IPV6_EXTENSIONS_MAX ||
	    walk->c.pos - IPV6_HEADER_BYTES > IPV6_EXTENSION_BYTES_MAX)
		return DROP_IPV6_EXTENSIONS_LIMIT;
	switch (type) {
	case IPV6_NEXT_HOP_OPTIONS:
	case IPV6_NEXT_DST_OPTIONS: return options_walk(&body, &at, &tell, packet);
	case IPV6_NEXT_ROUTING:
		cursor_skip(&body, 1);
		return cursor_u8(&body) == 0 ? DROP_REASON_COUNT : DROP_IPV6_ROUTING; /* segments left */
	default: return DROP_FRAGMENT_REFUSED;
	}
}

static bool
is_extension(uint8_t next)
{
	return next == IPV6_NEXT_HOP_OPTIONS || next == IPV6_NEXT_ROUTING || next == IPV6_NEXT_FRAGMENT ||
	       next == IPV6_NEXT_DST_OPTIONS;
}

void
ipv6_receive(struct stack *stack, struct ip_packet *packet, const uint8_t *bytes, size_t size)
{
	struct walk walk = { 0 };
	enum drop drop = header_read(bytes, size, packet, &walk);

	if (drop == DROP_REASON_COUNT)
		drop = addresses_check(stack, packet);
	while (drop == DROP_REASON_COUNT && is_extension(walk.next))
		drop = extension_step(stack, packet, &walk);
	if (drop == DROP_REASON_COUNT && walk.next == IPV6_NEXT_NONE)
		drop = DROP_IPV6_NO_NEXT;
	if (drop != DROP_REASON_COUNT) {
		stack__drop(stack, drop);
		return;
	}
	packet->protocol = walk.next;
	packet->payload = walk.c.begin + walk.c.pos;
	packet->payload_bytes = cursor_left(&walk.c);
	ip_deliver(stack, packet);
}
