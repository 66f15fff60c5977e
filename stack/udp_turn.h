/*
 * udp_turn.h - a datagram told from the frame it came in, and the frame sent back as its reply (RFC 768).
 *
 * A frame that a driver lends (STACK_RX_LENT) has at most one datagram for a flow or listener.  It waits here instead
 * of in the queue of copies, and if the frame may be written to, udp_turn makes the reply of it, which waits here
 * for stack_next too.  What has not been taken when the loan ends (stack_settle) is copied to the queues.
 *
 * Bounds: one datagram, one reply.
 */
#ifndef CAIRN_STACK_UDP_TURN_H
#define CAIRN_STACK_UDP_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/stack.h"

struct ip_packet;

struct udp_turn {
	bool is_lent;                  /* something of the following is in use */
	bool has_datagram, has_reply;  /* waits for stack_next */
	struct stack_action datagram;  /* stays for udp_turn when it has been taken */
	uint8_t *packet;               /* its IP header, in memory that may be written to; NULL: cannot be turned */
	struct stack_action reply;
};

/* False: the datagram does not lie in a lent frame, or others wait before it: to be copied. */
bool udp_turn_offer(struct stack *stack, const struct ip_packet *packet, const struct stack_action *datagram);
bool udp_turn_next_datagram(struct stack *stack, struct stack_action *action);
bool udp_turn_next_reply(struct stack *stack, struct stack_action *action);
/* The loan ends. */
void udp_turn_settle(struct stack *stack);

#endif
