#include "stack/ether_wire.h"

#include <assert.h>

#define TAG_VLAN_MASK 0x0fffu

const struct mac_addr ether_broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

int
ether_header_read(struct cursor *c, struct ether_header *header)
{
	*header = (struct ether_header){ 0 };
	cursor_copy(c, header->destination.octets, MAC_BYTES);
	cursor_copy(c, header->source.octets, MAC_BYTES);
	header->type = cursor_u16(c);
	if (header->type == ETHER_TYPE_SERVICE_VLAN) {
		header->service_vlan = cursor_u16(c) & TAG_VLAN_MASK;
		header->type = cursor_u16(c);
	}
	if (header->type == ETHER_TYPE_VLAN) {
		header->vlan = cursor_u16(c) & TAG_VLAN_MASK;
		header->type = cursor_u16(c);
	}
	if (c->err != 0)
		return c->err;
	const bool is_type = header->type >= ETHER_TYPE_MIN && header->type != ETHER_TYPE_VLAN &&
	                     header->type != ETHER_TYPE_SERVICE_VLAN;
	return is_type ? 0 : ERR_UNSUPPORTED;
}

void
ether_header_write(struct writer *w, const struct ether_header *header)
{
	assert(header->vlan <= ETHER_VLAN_MAX && header->service_vlan <= ETHER_VLAN_MAX);
	writer_bytes(w, header->destination.octets, MAC_BYTES);
	writer_bytes(w, header->source.octets, MAC_BYTES);
	if (header->service_vlan != 0) {
		writer_u16(w, ETHER_TYPE_SERVICE_VLAN);
		writer_u16(w, header->service_vlan);
	}
	if (header->vlan != 0) {
		writer_u16(w, ETHER_TYPE_VLAN);
		writer_u16(w, header->vlan);
	}
	writer_u16(w, header->type);
}

bool
mac_is_station(const struct mac_addr *mac)
{
	static const struct mac_addr zero;
	return !mac_is_multicast(mac) && !mac_equal(mac, &zero);
}

struct mac_addr
ether_multicast(const struct ip_addr *group)
{
	const uint8_t *o = group->octets;

	assert(addr_is_multicast(group));
	if (addr_is_broadcast(group))
		return ether_broadcast;
	if (group->family == ADDR_IPV4)
		return (struct mac_addr){ { 0x01, 0x00, 0x5e, o[1] & 0x7f, o[2], o[3] } };
	return (struct mac_addr){ { 0x33, 0x33, o[12], o[13], o[14], o[15] } };
}
