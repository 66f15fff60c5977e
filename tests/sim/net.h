/*
 * net.h - a network in one process at virtual time: hosts with stacks, routers, and wires between
 * them.
 *
 * The same seed gives the same run, octet for octet. net_run moves time from one event to the
 * next; what a host's stack reports goes to its on_action, which may call the stack's functions,
 * and on_due is called when the host's own time has come.
 *
 * Ownership: the network allocates and owns everything that it returns, until net_fini.
 * Errors:    a failed call of the stack or an exhausted bound fails the running Check test.
 * Bounds:    NET_*_MAX; a run of more than NET_TURNS_MAX events is a storm, and fails.
 */
#ifndef CAIRN_TESTS_SIM_NET_H
#define CAIRN_TESTS_SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/rng.h"
#include "stack/drop.h"
#include "stack/link/wire.h"
#include "stack/stack.h"

#define NET_NODES_MAX 64u
#define NET_WIRES_MAX 64u
#define NET_LINKS_MAX 32u /* of one node */
#define NET_TURNS_MAX 20000000u
#define NET_NEVER     UINT64_MAX
#define NET_START_US  1000000u

struct net;
struct net_node;

typedef void net_action_fn(struct net_node *node, const struct stack_action *action);
typedef void net_due_fn(struct net_node *node);
typedef void net_frame_fn(struct net_node *node, unsigned port, const struct link_frame *frame);

/* A host (with a stack) or a router (with on_frame). */
struct net_node {
	struct net *net;
	const char *name;
	void *data; /* the test's */
	struct rng rng;
	void *block;
	struct stack *stack;
	net_action_fn *on_action;
	net_due_fn *on_due;
	uint64_t due_at_us; /* when on_due is called; it sets the next time */
	net_frame_fn *on_frame;
	struct link *links[NET_LINKS_MAX]; /* of a host: ifindex is the place in this array */
	unsigned link_count;
};

struct net {
	uint64_t seed, now_us;
	struct net_node *nodes[NET_NODES_MAX];
	struct wire *wires[NET_WIRES_MAX];
	void *wire_blocks[NET_WIRES_MAX];
	unsigned node_count, wire_count;
	uint64_t frame_count; /* handed over */
	uint64_t fingerprint; /* of all frames and their times: equal seeds, equal fingerprints */
};

void net_init(struct net *net, uint64_t seed);
void net_fini(struct net *net);

/* limits NULL: small ones. */
struct net_node *net_host(struct net *net, const char *name, const struct stack_limits *limits);
struct net_node *net_node(struct net *net, const char *name, net_frame_fn *on_frame);

/* seed and frames_max are the network's own when 0. */
struct wire *net_wire(struct net *net, const struct wire_config *config);

/* Puts the node at this end of the wire; of a host the interface is up from now on. */
unsigned net_attach(struct net_node *node, struct wire *wire, unsigned end);

void net_addr(struct net_node *host, unsigned ifindex,
	      const char *prefix); /* "192.0.2.1/24", not checked for conflicts */
void net_route(struct net_node *host, unsigned ifindex, const char *prefix, const char *gateway);

void net_run(struct net *net, uint64_t for_us);

struct ip_addr net_ip(const char *text);

#endif
