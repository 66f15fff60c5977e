/*
 * filter.h - the classic BPF programs by which the kernel picks frames for us.
 *
 * A packet socket would otherwise hand us everything that the host receives.  The programs for link
 * raw take packets as a SOCK_DGRAM packet socket shows them, from the IP header on:
 *
 *   - UDP, or TCP, to one of our ports (link/port_class.h), whole or the first fragment;
 *   - ICMP and ICMPv6 errors that quote a datagram, or a segment, sent from one of our ports;
 *   - only what the host itself is meant to receive (PACKET_HOST), and nothing from or to a
 *     loopback address that did not come over the loopback device: the kernel's own input would
 *     refuse it (RFC 1122, section 3.2.1.3 (g); RFC 4291, section 2.5.3), but packet sockets stand
 *     before that.
 *
 * Everything else is left to the stack, which checks it as any packet.
 *
 * Bounds: up to FILTER_EXTENSIONS_MAX IPv6 extension headers before UDP or ICMPv6 are walked; a
 *         packet with more is not taken.  Two port classes: the current and the one before.
 */
#ifndef CAIRN_STACK_LINK_FILTER_H
#define CAIRN_STACK_LINK_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/link/port_class.h"

#define FILTER_INSNS_MAX      160u
#define FILTER_EXTENSIONS_MAX 3u
#define FILTER_CLASSES_MAX    2u

struct filter {
	struct sock_filter insns[FILTER_INSNS_MAX];
	uint16_t count;
};

void filter_nothing(struct filter *filter);
void filter_ipv4_udp(struct filter *filter, const struct port_class *classes, size_t class_count);
void filter_ipv6_udp(struct filter *filter, const struct port_class *classes, size_t class_count);

void filter_ipv4_tcp(struct filter *filter, const struct port_class *class);
void filter_ipv6_tcp(struct filter *filter, const struct port_class *class);

/* Ethernet frames to `mac`, to groups and to everybody. */
void filter_ethernet(struct filter *filter, const struct mac_addr *mac);

#endif
