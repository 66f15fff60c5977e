/* udp_peek.c - what a frame will turn out to be, before it is received (stack.h). */
#include "stack/base/cursor.h"
#include "stack/ether_wire.h"
#include "stack/ipv4.h"
#include "stack/ipv6.h"
#include "stack/stack_priv.h"

#define IPV4_PLAIN        0x45u /* version 4, no options */
#define IPV6_VERSION_BITS 0xf0u
#define IPV6_VERSION      0x60u

/* Behind the link header; the cursor fails at what is no IP packet. */
static void
skip_link(struct cursor *c)
{
	cursor_skip(c, sizeof(struct mac_addr) * 2);
	const uint16_t type = cursor_u16(c);
	if (type != ETHER_TYPE_IPV4 && type != ETHER_TYPE_IPV6)
		cursor_fail(c, ERR_UNSUPPORTED);
}

static void
skip_ipv4(struct cursor *c)
{
	cursor_skip(c, 5);
	const uint16_t fragment = cursor_u16(c);
	cursor_skip(c, 1);
	const uint8_t protocol = cursor_u8(c);
	if (protocol != IP_PROTOCOL_UDP || (fragment & (IPV4_FLAG_MF | IPV4_OFFSET_MASK)) != 0)
		cursor_fail(c, ERR_UNSUPPORTED);
	cursor_skip(c, IPV4_HEADER_BYTES - 10);
}

static void
skip_ipv6(struct cursor *c)
{
	cursor_skip(c, 5);
	if (cursor_u8(c) != IP_PROTOCOL_UDP)
		cursor_fail(c, ERR_UNSUPPORTED);
	cursor_skip(c, IPV6_HEADER_BYTES - 7);
}

/* The first octet tells which. */
static void
skip_ip(struct cursor *c)
{
	const uint8_t first = cursor_u8(c);

	if (first == IPV4_PLAIN)
		skip_ipv4(c);
	else if ((first & IPV6_VERSION_BITS) == IPV6_VERSION)
		skip_ipv6(c);
	else
		cursor_fail(c, ERR_UNSUPPORTED);
}

const uint8_t *
udp_peek(const struct stack *stack, unsigned ifindex, const uint8_t *frame, size_t frame_bytes, uint16_t local_port,
         size_t *size)
{
	struct cursor c = cursor_over(frame, frame_bytes);

	if (ifindex >= stack->if_count)
		return NULL;
	if (stack->ifs[ifindex].kind == STACK_IF_ETHER)
		skip_link(&c);
	skip_ip(&c);
	cursor_skip(&c, 2);
	const uint16_t port = cursor_u16(&c), udp_bytes = cursor_u16(&c);
	cursor_skip(&c, 2);
	if (c.err != 0 || port != local_port || udp_bytes < UDP_HEADER_BYTES ||
	    udp_bytes - UDP_HEADER_BYTES > frame_bytes - c.pos)
		return NULL;
	*size = udp_bytes - UDP_HEADER_BYTES;
	return frame + c.pos;
}
