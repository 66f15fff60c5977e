/*
 * ethernet.h - what the links that carry Ethernet frames have in common (this folder's own).
 */
#ifndef CAIRN_STACK_LINK_ETHERNET_H
#define CAIRN_STACK_LINK_ETHERNET_H

#include "stack/addr.h"

/* A frame carries up to the MTU, behind two addresses, a 802.1Q tag and a type. */
#define ETHERNET_OVERHEAD_BYTES 18u

/* A random MAC address, unicast and locally administered (RFC 7042, section 2.1). */
struct mac_addr ethernet_mac_draw(void);

#endif
