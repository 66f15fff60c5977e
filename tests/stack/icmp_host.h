/*
 * icmp_host.h - a host that hears and says ICMP: what the tests of both have in common.
 */
#ifndef CAIRN_TESTS_STACK_ICMP_HOST_H
#define CAIRN_TESTS_STACK_ICMP_HOST_H

#include <stdio.h>
#include <string.h>

#include "stack/icmp.h"
#include "stack/pmtu.h"
#include "stack/udp.h"
#include "tests/stack/host.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

enum { V4, V6, FAMILIES };
static const char *const us[] = { "192.0.2.1", "2001:db8::1" };
static const char *const peers[] = { "192.0.2.2", "2001:db8::2" };
static const char *const routers[] = { "198.51.100.254", "2001:db8:9::fe" };

static struct host host;
static uint8_t packet[PACKET_BYTES_MAX], message[PACKET_BYTES_MAX];
static struct stack_action action;

static inline void
host_with(uint32_t if_flags)
{
	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24",
						.ipv6 = "2001:db8::1/64",
						.if_flags = if_flags });
	host_route(&host, "0.0.0.0/0", NULL, 0);
	host_route(&host, "::/0", NULL, 0);
}

static inline void
setup(void)
{
	host_with(0);
}

static inline void
teardown(void)
{
	host_fini(&host);
}

/* An ICMP message from `source` arrives. */
static inline void
icmp_from(int family, const char *source, const char *destination, uint8_t type, uint8_t code,
	  uint32_t rest, const void *body, size_t body_bytes)
{
	const struct packet_spec spec = {
		.source = source,
		.destination = destination,
		.protocol = family == V4 ? 1 : 58,
		.payload = message,
		.payload_bytes = packet_icmp(message, source, destination, type, code, rest, body,
					     body_bytes),
	};
	host_receive(&host, packet, packet_build(packet, &spec));
}

/* The next action is an ICMP packet of this type and code. */
static inline void
expect_icmp(uint8_t type, uint8_t code)
{
	host_expect(&host, STACK_TRANSMIT, &action);
	const size_t header_bytes = packet_header_bytes(action.bytes);
	ck_assert_uint_eq(action.bytes[header_bytes], type);
	ck_assert_uint_eq(action.bytes[header_bytes + 1], code);
	ck_assert(packet_is_sound(action.bytes, action.size));
}

#endif
