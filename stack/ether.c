#include "stack/ether.h"

#include <assert.h>

#include "stack/arp.h"
#include "stack/stack_priv.h"

size_t
ether_frame_header_bytes(const struct iface *iface)
{
	return ether_header_size(iface->service_vlan, iface->vlan);
}

void
ether_frame_begin(uint8_t *frame, const struct iface *iface, const struct mac_addr *destination, uint16_t type)
{
	const struct ether_header header = {
		.destination = *destination,
		.source = iface->mac,
		.service_vlan = iface->service_vlan,
		.vlan = iface->vlan,
		.type = type,
	};
	struct writer w = writer_over(frame, ether_frame_header_bytes(iface));

	ether_header_write(&w, &header);
	assert(w.err == 0 && w.pos == w.end);
}

void
ether_receive(struct stack *stack, unsigned ifindex, const uint8_t *frame, size_t frame_bytes, uint32_t rx_flags)
{
	const struct iface *iface = &stack->ifs[ifindex];
	struct cursor c = cursor_over(frame, frame_bytes);
	struct ether_header header;
	int err = ether_header_read(&c, &header);

	if (err != 0) {
		stack__drop(stack, err == ERR_SHORT ? DROP_FRAME_SHORT : DROP_ETHER_TYPE);
		return;
	}
	const bool is_multicast = mac_is_multicast(&header.destination);
	if (!is_multicast && !mac_equal(&header.destination, &iface->mac)) {
		stack__drop(stack, DROP_ETHER_NOT_OURS);
		return;
	}
	if (header.vlan != iface->vlan || header.service_vlan != iface->service_vlan) {
		stack__drop(stack, DROP_ETHER_VLAN);
		return;
	}
	/* Our own headers have no tag of priority alone: a reply in the frame's place would begin behind its octets. */
	if (c.pos != ether_frame_header_bytes(iface))
		rx_flags &= ~STACK_RX_WRITABLE;
	struct ip_packet packet = { .ifindex = ifindex, .rx_flags = rx_flags, .is_silent = is_multicast };
	switch (header.type) {
	case ETHER_TYPE_ARP:  arp_receive(stack, ifindex, &c, is_multicast); break;
	case ETHER_TYPE_IPV4: ipv4_receive(stack, &packet, c.begin + c.pos, cursor_left(&c)); break;
	case ETHER_TYPE_IPV6: ipv6_receive(stack, &packet, c.begin + c.pos, cursor_left(&c)); break;
	default:              stack__drop(stack, DROP_ETHER_TYPE); break;
	}
}
