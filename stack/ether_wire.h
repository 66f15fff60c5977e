/*
 * ether_wire.h - the header of an Ethernet II frame (RFC 894, RFC 2464) and its VLAN tags.
 *
 *     | destination 6 | source 6 | (0x88a8 | tag 2) | (0x8100 | tag 2) | type 2 | payload ...
 *
 * One 802.1Q tag is understood, and an 802.1ad tag of a provider around it.  Of a tag only the VLAN
 * id counts: priority and drop eligibility are for switches, and id 0 is a priority tag, which
 * says nothing about a VLAN.  802.3 frames (a length in place of the type) are refused.
 *
 * Units:  octets, without preamble and frame check sequence.
 * Errors: ERR_SHORT; ERR_UNSUPPORTED for a length in place of the type, a third tag or tags in the wrong order.
 */
#ifndef CAIRN_STACK_ETHER_WIRE_H
#define CAIRN_STACK_ETHER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/cursor.h"

#define ETHER_HEADER_BYTES     14u
#define ETHER_TAG_BYTES        4u
#define ETHER_HEADER_BYTES_MAX (ETHER_HEADER_BYTES + 2 * ETHER_TAG_BYTES)
#define ETHER_FRAME_BYTES_MIN  60u   /* IEEE 802.3, section 4.2.3.3, without the check sequence */
#define ETHER_TYPE_MIN         1536u /* below: a length (IEEE 802.3, section 3.2.6) */
#define ETHER_VLAN_MAX         4094u

enum ether_type {
	ETHER_TYPE_IPV4 = 0x0800,
	ETHER_TYPE_ARP = 0x0806,
	ETHER_TYPE_VLAN = 0x8100,         /* 802.1Q: a customer's tag */
	ETHER_TYPE_IPV6 = 0x86dd,
	ETHER_TYPE_SERVICE_VLAN = 0x88a8, /* 802.1ad: a provider's */
};

struct ether_header {
	struct mac_addr destination, source;
	uint16_t service_vlan; /* 0: none */
	uint16_t vlan;         /* 0: none, or a priority tag */
	uint16_t type;
};

extern const struct mac_addr ether_broadcast;

int ether_header_read(struct cursor *c, struct ether_header *header);
void ether_header_write(struct writer *w, const struct ether_header *header);

static inline size_t
ether_header_size(uint16_t service_vlan, uint16_t vlan)
{
	return ETHER_HEADER_BYTES + (service_vlan != 0 ? ETHER_TAG_BYTES : 0) + (vlan != 0 ? ETHER_TAG_BYTES : 0);
}

static inline bool
mac_equal(const struct mac_addr *a, const struct mac_addr *b)
{
	return memcmp(a->octets, b->octets, MAC_BYTES) == 0;
}

/* The group bit, which the broadcast address has too. */
static inline bool
mac_is_multicast(const struct mac_addr *mac)
{
	return (mac->octets[0] & 1) != 0;
}

/* One that a single station can have: neither a group's nor all zeros. */
bool mac_is_station(const struct mac_addr *mac);

/* Where a multicast group's frames go (RFC 1112, section 6.4; RFC 2464, section 7); broadcast for 255.255.255.255. */
struct mac_addr ether_multicast(const struct ip_addr *group);

#endif
