#include "stack/ipv4.h"

#include "stack/base/cursor.h"
#include "stack/checksum.h"
#include "stack/icmp.h"
#include "stack/reass.h"
#include "stack/stack_priv.h"

/* ---- out ------------------------------------------------------------------------------------- */

/* Where the fields lie that are filled twice or looked at alone. */
#define AT_CHECKSUM 10u

uint16_t
ipv4_id_draw(struct stack *stack, const struct ip_send *send, const struct ip_fragment *fragment)
{
	if (!ip_is_whole(fragment))
		return (uint16_t)fragment->id;
	/* An atomic datagram's is looked at by nobody (RFC 6864); it still tells nothing. */
	return send->dont_fragment ? rng_u16(stack->rng) : ipv4_ids_draw(&stack->ipv4_ids, stack->rng);
}

void
ipv4_header_write(const struct ip_send *send, uint8_t *packet, const struct ip_fragment *fragment, uint16_t id)
{
	struct writer w = writer_over(packet, IPV4_HEADER_BYTES);
	const unsigned flags = (ip_is_whole(fragment) && send->dont_fragment ? IPV4_FLAG_DF : 0) |
			       (fragment->more ? IPV4_FLAG_MF : 0);

	writer_u8(&w, 4 << 4 | IPV4_HEADER_BYTES / 4);
	writer_u8(&w, send->traffic_class);
	writer_u16(&w, (uint16_t)(IPV4_HEADER_BYTES + fragment->bytes));
	writer_u16(&w, id);
	writer_u16(&w, (uint16_t)(flags | fragment->offset / 8));
	writer_u8(&w, send->hop_limit != 0 ? send->hop_limit : IP_HOP_LIMIT);
	writer_u8(&w, send->protocol);
	writer_u16(&w, 0);
	writer_bytes(&w, send->source.octets, 4);
	writer_bytes(&w, send->destination.octets, 4);
	writer_patch_u16(&w, AT_CHECKSUM,
			 checksum_finish(checksum_add(0, packet, IPV4_HEADER_BYTES)));
}

/* ---- in -------------------------------------------------------------------------------------- */

enum drop
ipv4_header_read(const uint8_t *bytes, size_t size, struct ipv4_header *header, struct ip_packet *packet)
{
	struct cursor c = cursor_over(bytes, size);
	const uint8_t version_ihl = cursor_u8(&c);

	packet->traffic_class = cursor_u8(&c);
	header->header_bytes = (version_ihl & 0x0f) * 4u;
	header->total_bytes = cursor_u16(&c);
	header->id = cursor_u16(&c);
	const uint16_t flags_offset = cursor_u16(&c);
	header->more = (flags_offset & IPV4_FLAG_MF) != 0;
	header->offset = (flags_offset & IPV4_OFFSET_MASK) * 8u;
	packet->hop_limit = cursor_u8(&c);
	packet->protocol = cursor_u8(&c);
	cursor_skip(&c, 2);
	packet->source = (struct ip_addr){ .family = ADDR_IPV4 };
	cursor_copy(&c, packet->source.octets, 4);
	packet->destination = (struct ip_addr){ .family = ADDR_IPV4 };
	cursor_copy(&c, packet->destination.octets, 4);

	if (c.err != 0)
		return DROP_FRAME_SHORT;
	if (version_ihl >> 4 != 4 || header->header_bytes < IPV4_HEADER_BYTES ||
	    header->total_bytes < header->header_bytes)
		return DROP_IPV4_HEADER;
	if (header->total_bytes > size)
		return DROP_IP_TRUNCATED;
	if (checksum_fold(checksum_add(0, bytes, header->header_bytes)) != CHECKSUM_GOOD)
		return DROP_IPV4_CHECKSUM;
	packet->begin = bytes;
	packet->size = header->total_bytes;
	packet->payload = bytes + header->header_bytes;
	packet->payload_bytes = header->total_bytes - header->header_bytes;
	return DROP_REASON_COUNT;
}

/*
 * Options are stepped over, not obeyed: record route and timestamp (RFC 1122, section 3.2.1.8)
 * would tell others about our paths. *at: the octet that is wrong.
 */
static enum drop
options_walk(const uint8_t *bytes, size_t header_bytes, uint8_t *at)
{
	struct cursor c = cursor_over(bytes, header_bytes);

	cursor_skip(&c, IPV4_HEADER_BYTES);
	while (cursor_left(&c) > 0) {
		*at = (uint8_t)c.pos;
		const uint8_t type = cursor_u8(&c);
		if (type == IPV4_OPTION_END)
			break;
		if (type == IPV4_OPTION_NOP)
			continue;
		if (type == IPV4_OPTION_LSRR || type == IPV4_OPTION_SSRR)
			return DROP_IPV4_SOURCE_ROUTE;
		const uint8_t option_bytes = cursor_u8(&c);
		if (option_bytes < 2)
			return DROP_IPV4_OPTIONS;
		cursor_skip(&c, option_bytes - 2u);
		if (c.err != 0)
			return DROP_IPV4_OPTIONS;
	}
	return DROP_REASON_COUNT;
}

/* RFC 1122, section 3.2.1.3: who may speak, and to whom. */
static enum drop
addresses_check(const struct stack *stack, struct ip_packet *packet)
{
	const struct iface *iface = &stack->ifs[packet->ifindex];
	const bool is_loop =
		packet->ifindex == STACK_IF_LOOPBACK || (iface->flags & STACK_IF_SHARED) != 0;

	packet->kind = route_classify(stack, packet->ifindex, &packet->destination);
	if (packet->kind == ROUTE_UNICAST && !dhcp_is_expected(stack, packet))
		return DROP_IP_NOT_OURS;
	if (addr_is_multicast(&packet->source))
		return DROP_IP_SOURCE;
	if (!is_loop &&
	    (addr_is_loopback(&packet->source) || addr_is_loopback(&packet->destination)))
		return DROP_IP_SOURCE;
	switch (route_classify(stack, packet->ifindex, &packet->source)) {
	case ROUTE_LOCAL:
		return is_loop ? DROP_REASON_COUNT : DROP_IP_SOURCE; /* our own, from outside */
	case ROUTE_BROADCAST:
	case ROUTE_MULTICAST: return DROP_IP_SOURCE;
	case ROUTE_UNICAST: break;
	}
	return DROP_REASON_COUNT;
}

static void
fragment_receive(struct stack *stack, struct ip_packet *packet, const struct ipv4_header *header)
{
	const struct reass_fragment fragment = {
		.id = header->id,
		.offset = header->offset,
		.size = packet->payload_bytes,
		.more = header->more,
		.protocol = packet->protocol,
		.bytes = packet->payload,
	};

	if (packet->kind != ROUTE_LOCAL ||
	    (stack->ifs[packet->ifindex].flags & STACK_IF_SKIP_REASS) != 0)
		stack__drop(stack, DROP_FRAGMENT_REFUSED);
	else if (fragment.size == 0 || (fragment.more && fragment.size % 8 != 0) ||
		 fragment.offset + fragment.size > UINT16_MAX - IPV4_HEADER_BYTES)
		stack__drop(stack, DROP_FRAGMENT_MALFORMED);
	else if (reass_put(stack, packet, &fragment))
		ip_deliver(stack, packet);
}

void
ipv4_receive(struct stack *stack, struct ip_packet *packet, const uint8_t *bytes, size_t size)
{
	struct ipv4_header header = { 0 };
	uint8_t wrong_at = 0;
	enum drop drop = ipv4_header_read(bytes, size, &header, packet);

	if (drop == DROP_REASON_COUNT)
		drop = addresses_check(stack, packet);
	if (drop != DROP_REASON_COUNT) {
		stack__drop(stack, drop);
		return;
	}
	packet->is_silent |= header.offset != 0; /* RFC 1122, section 3.2.2 */
	drop = options_walk(bytes, header.header_bytes, &wrong_at);
	if (drop != DROP_REASON_COUNT) {
		stack__drop(stack, drop);
		if (drop == DROP_IPV4_OPTIONS)
			icmp_error_send(stack, packet, ICMP_PROBLEM_HEADER, wrong_at);
		return;
	}
	if (header.more || header.offset != 0)
		fragment_receive(stack, packet, &header);
	else
		ip_deliver(stack, packet);
}
