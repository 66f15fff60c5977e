/*
 * tcp_ends.h - the programs at the ends of the simulation's connections.
 *
 * Each follows its struct plan_program; its stream is the call's number and then octets that the
 * number and the direction determine.
 */
#ifndef CAIRN_TESTS_SIM_TCP_ENDS_H
#define CAIRN_TESTS_SIM_TCP_ENDS_H

#include "tests/sim/tcp_world.h"

#define ENDS_LISTENER UINT64_MAX /* the user value of the listener */

/* The server's host listens. */
void tcp_ends_listen(struct tcp_world *world);
/* A host's STACK_TCP actions and its due time; net.h. */
void tcp_ends_heard(struct net_node *host, const struct stack_action *action);
void tcp_ends_due(struct net_node *host);
/* The host has restarted: its connections are no more. */
void tcp_ends_forget(struct tcp_world *world, unsigned side);
bool tcp_ends_are_over(const struct tcp_world *world);

#endif
