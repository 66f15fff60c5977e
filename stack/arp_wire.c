#include "stack/arp_wire.h"

#include "stack/ether_wire.h"

#define ARP_HARDWARE_ETHERNET 1u
#define IPV4_BYTES            4u

static struct ip_addr
read_ipv4(struct cursor *c)
{
	struct ip_addr addr = { .family = ADDR_IPV4 };
	cursor_copy(c, addr.octets, IPV4_BYTES);
	return addr;
}

int
arp_read(struct cursor *c, struct arp_packet *packet)
{
	const uint16_t hardware = cursor_u16(c), protocol = cursor_u16(c);
	const uint8_t hardware_bytes = cursor_u8(c), protocol_bytes = cursor_u8(c);

	packet->operation = cursor_u16(c);
	cursor_copy(c, packet->sender_mac.octets, MAC_BYTES);
	packet->sender = read_ipv4(c);
	cursor_copy(c, packet->target_mac.octets, MAC_BYTES);
	packet->target = read_ipv4(c);
	if (c->err != 0)
		return c->err;
	if (hardware != ARP_HARDWARE_ETHERNET || protocol != ETHER_TYPE_IPV4 || hardware_bytes != MAC_BYTES ||
	    protocol_bytes != IPV4_BYTES)
		return ERR_UNSUPPORTED;
	if (packet->operation != ARP_REQUEST && packet->operation != ARP_REPLY)
		return ERR_UNSUPPORTED;
	if (!mac_is_station(&packet->sender_mac))
		return ERR_MALFORMED;
	if (addr_is_multicast(&packet->sender) || addr_is_loopback(&packet->sender))
		return ERR_MALFORMED;
	if (packet->operation == ARP_REPLY && addr_is_unspecified(&packet->sender))
		return ERR_MALFORMED; /* only a question may come from nobody */
	return 0;
}

void
arp_write(struct writer *w, const struct arp_packet *packet)
{
	writer_u16(w, ARP_HARDWARE_ETHERNET);
	writer_u16(w, ETHER_TYPE_IPV4);
	writer_u8(w, MAC_BYTES);
	writer_u8(w, IPV4_BYTES);
	writer_u16(w, packet->operation);
	writer_bytes(w, packet->sender_mac.octets, MAC_BYTES);
	writer_bytes(w, packet->sender.octets, IPV4_BYTES);
	writer_bytes(w, packet->target_mac.octets, MAC_BYTES);
	writer_bytes(w, packet->target.octets, IPV4_BYTES);
}
