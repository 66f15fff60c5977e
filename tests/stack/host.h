/*
 * host.h - a stack in a block of its own, as the tests of stack/ need one.
 *
 * host_new gives a host with one interface that is up and has an IPv4 and an IPv6 address; what
 * it sends is looked at with host_sent or carried over with host_carry. Time is a number that the
 * test moves.
 */
#ifndef CAIRN_TESTS_STACK_HOST_H
#define CAIRN_TESTS_STACK_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/rng.h"
#include "stack/drop.h"
#include "stack/stack.h"

#define HOST_START_US 1000000u

struct host {
	struct rng rng;
	void *block;
	struct stack *stack;
	unsigned ifindex;
	uint64_t now_us;
	uint32_t rx_flags; /* of what host_receive hands over */
};

struct host_config {
	const char *ipv4, *ipv6; /* "192.0.2.1/24"; NULL: none */
	uint32_t if_flags;       /* STACK_IF_* */
	uint32_t mtu;            /* 0: 1500 */
	enum stack_if_kind kind;
	struct mac_addr mac;
	const struct stack_limits *limits; /* NULL: small ones */
	uint64_t seed;
};

extern const struct stack_limits host_limits;

/* Fails the running test when the stack cannot be built. */
void host_init(struct host *host, const struct host_config *config);
void host_fini(struct host *host);

struct ip_addr addr_of(const char *text);
void host_addr(struct host *host, const char *prefix, uint8_t flags);
void host_route(struct host *host, const char *prefix, const char *gateway, uint32_t metric);

/* The next action; fails the test unless it is of this kind. */
void host_expect(struct host *host, enum stack_action_kind kind, struct stack_action *action);
void host_expect_nothing(struct host *host);

/*
 * Hands all frames of `from` to `to`, in order; actions for the program stop it and are returned
 * as true.
 */
bool host_carry(struct host *from, struct host *to, struct stack_action *action);

/* Hands over the bytes as a packet from outside. */
void host_receive(struct host *host, const void *packet, size_t size);

#endif
