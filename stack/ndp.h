/*
 * ndp.h - Neighbour Discovery for IPv6 (RFC 4861) and duplicate address detection (RFC 4862,
 * section 5.4; RFC 7527).
 *
 * Here are solicitations and advertisements of neighbours, and the door for all five messages: hop limit
 * 255, code 0, the right kinds of addresses, options that are whole.  Routers and redirects are router.c's,
 * prefixes slaac.c's.
 *
 * A new address is asked for once; nobody answering for a second makes it ours, which is told to all nodes.
 * A nonce tells our own question, looped back by the network, from another's.
 *
 * Errors: none; what is refused is counted (DROP_NDP_*).
 */
#ifndef CAIRN_STACK_NDP_H
#define CAIRN_STACK_NDP_H

#include "stack/addr.h"

struct ifaddr;
struct ip_packet;
struct stack;

#define NDP_DAD_TRANSMITS     1u       /* RFC 4862, section 5.1 */
#define NDP_DAD_DELAY_MAX_US  1000000u /* RFC 4861, section 10: MAX_RTR_SOLICITATION_DELAY */
#define NDP_DAD_WAIT_US       1000000u /* RetransTimer */

/* An ICMPv6 message of type 133 to 137, checksum verified. */
void ndp_receive(struct stack *stack, const struct ip_packet *packet);

/* Asks who has `target`: its solicited-node group, or only the station at *known. */
void ndp_solicit(struct stack *stack, unsigned ifindex, const struct ip_addr *target, const struct mac_addr *known);

/* Begins duplicate address detection of a tentative address; its timer does the rest. */
void ndp_dad_start(struct stack *stack, struct ifaddr *entry);
void ndp_dad_timeout(struct stack *stack, struct ifaddr *entry);

/* ---- for router.c ------------------------------------------------------------------------------ */

extern const struct ip_addr ndp_all_nodes, ndp_all_routers;

/* One message; a multicast destination needs no neighbour. */
struct ndp_message {
	uint8_t type;
	uint32_t rest;
	const void *body;
	size_t body_bytes;
};
void ndp__send(struct stack *stack, unsigned ifindex, const struct ip_addr *source,
               const struct ip_addr *destination, const struct ndp_message *message);

#endif
