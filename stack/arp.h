/*
 * arp.h - ARP (RFC 826) with IPv4 address conflict detection (RFC 5227).
 *
 * A new address is probed for three times in some seconds, then announced twice; until then it is
 * tentative.  Who claims a usable address of ours draws one defending announcement in DEFEND_INTERVAL.
 * An address from DHCP is given up at the second claim (RFC 5227, section 2.4 (b)) and declined;
 * one that the operator configured is kept (c).
 *
 * Units: microseconds.
 */
#ifndef CAIRN_STACK_ARP_H
#define CAIRN_STACK_ARP_H

#include <stdbool.h>

#include "stack/addr.h"
#include "stack/base/cursor.h"

struct ifaddr;
struct stack;

/* RFC 5227, section 1.1. */
#define ARP_PROBE_WAIT_US          1000000u
#define ARP_PROBE_NUM              3u
#define ARP_PROBE_MIN_US           1000000u
#define ARP_PROBE_MAX_US           2000000u
#define ARP_ANNOUNCE_WAIT_US       2000000u
#define ARP_ANNOUNCE_NUM           2u
#define ARP_ANNOUNCE_INTERVAL_US   2000000u
#define ARP_DEFEND_INTERVAL_US     10000000u

/* The cursor stands behind the Ethernet header. */
void arp_receive(struct stack *stack, unsigned ifindex, struct cursor *c, bool is_broadcast);

/* Asks who has `target`: everybody, or only the station at *known. */
void arp_solicit(struct stack *stack, unsigned ifindex, const struct ip_addr *target, const struct mac_addr *known);

/* Begins the conflict detection of a tentative address; its timer does the rest. */
void arp_probe_start(struct stack *stack, struct ifaddr *entry);
void arp_probe_timeout(struct stack *stack, struct ifaddr *entry);

#endif
