/*
 * neigh.h - the next hop's MAC address, by ARP or NDP (the machine itself: neigh_table.h).
 *
 * A packet asks neigh_resolve for its next hop.  One that has to wait is given to neigh_hold and goes out
 * as soon as the neighbour is heard; when nobody answers, its flow is told
 * (icmp_neighbour_failed), and DROP_NEIGH_FAILED counts it.
 */
#ifndef CAIRN_STACK_NEIGH_H
#define CAIRN_STACK_NEIGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/neigh_table.h"

struct stack;

/* NEIGH_READY: *mac is where to send.  May send a question, so nothing may be half built in the transmit queue. */
enum neigh_verdict neigh_resolve(struct stack *stack, unsigned ifindex, const struct ip_addr *next_hop,
                                 bool is_gateway, struct mac_addr *mac);

/* Copies a whole IP packet for a next hop that neigh_resolve said to wait for. */
void neigh_hold(struct stack *stack, unsigned ifindex, const struct ip_addr *next_hop, const uint8_t *packet,
                size_t size);

/* What arp.c and ndp.c heard; see neigh_table_hear_source and neigh_table_hear_advert. */
void neigh_hear_source(struct stack *stack, unsigned ifindex, const struct ip_addr *addr,
                       const struct mac_addr *mac, bool may_create);
void neigh_hear_advert(struct stack *stack, unsigned ifindex, const struct ip_addr *addr,
                       const struct neigh_advert *advert);

void neigh_timeout(struct stack *stack, struct wheel_timer *timer);

#endif
