/*
 * super.h - TCP super-segments for tests of the links, written apart from the stack (tests/stack/packet.h).
 */
#ifndef CAIRN_TESTS_STACK_LINK_SUPER_H
#define CAIRN_TESTS_STACK_LINK_SUPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link/link.h"

#define SUPER_MSS     1000u
#define SUPER_OPTIONS 12u /* octets: timestamps */
#define SUPER_ID      (UINT16_MAX - 1u)
#define SUPER_SEQ     (UINT32_MAX - 1500u)

struct super {
	unsigned family; /* 0: IPv4, 1: IPv6 */
	uint16_t flags;  /* TCP_* */
	size_t size;     /* of the payload */
	bool is_ethernet, has_vlan;
	struct mac_addr destination;
	bool has_work; /* checksum and splitting are left to a link */
};

extern const uint8_t *const super_data; /* the payload of the last that was built */

/* The frame is lent until the next call. */
struct link_frame super_build(const struct super *super);

#endif
