/*
 * storm_priv.h - a storm's inside: storm.c has the stack and its changes, storm_in.c makes the traffic, storm_look.c looks at
 * what comes of it.
 */
#ifndef CAIRN_TESTS_STACK_STORM_PRIV_H
#define CAIRN_TESTS_STACK_STORM_PRIV_H

#include <stdio.h>
#include <stdlib.h>

#include "stack/base/cursor.h"
#include "stack/base/rng.h"
#include "stack/dhcp_wire.h"
#include "stack/stack.h"
#include "tests/stack/storm.h"

#define FLOWS       8u
#define PACKET_MAX  4096u

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: violated: %s\n", __FILE__, __LINE__, #condition);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The interfaces of the stack under test. */
enum { IF_LINE, IF_STATION, IF_SHARED, IF_LEARNER, IF_COUNT };

extern const struct stack_if_config storm__ifs[IF_COUNT];
extern const struct stack_limits storm__limits;

struct storm {
	struct cursor script;
	struct stack *stack;
	struct rng rng;
	uint64_t now_us;
	udp_flow flows[FLOWS];
	uint8_t sent[PACKET_MAX]; /* the last IP packet that the stack sent */
	size_t sent_bytes;
	uint8_t asked[DHCP_SENT_BYTES]; /* the last message of the DHCP client */
	struct storm_counts *counts;
};

/* ---- storm_in.c ------------------------------------------------------------------------------ */

#define STORM_PORTS 8u
extern const uint16_t storm__ports[STORM_PORTS];

/* A choice by the script's next octet. */
uint8_t storm__pick(struct storm *storm, size_t count);
struct ip_addr storm__addr_at(bool is_v6, size_t index);
struct ip_addr storm__pick_addr(struct storm *storm, bool is_v6);
void storm__step_packet(struct storm *storm, unsigned ifindex);
void storm__step_dhcp(struct storm *storm);
void storm__step_arp(struct storm *storm, unsigned ifindex);
void storm__step_raw(struct storm *storm, unsigned ifindex);
void storm__step_reflect(struct storm *storm, unsigned ifindex);

/* ---- storm_look.c ---------------------------------------------------------------------------- */

/* Takes everything that the stack has to say, and holds it against what must be so of any packet and any action. */
void storm__drain(struct storm *storm);

#endif
