/*
 * wire.h - an Ethernet segment or a line between hosts in memory, at virtual time.
 *
 * What one end sends comes out at every other end when the model of the line says so
 * (fault_model.h: loss, delay, reordering, duplication, corruption, rate, queue).  Nothing
 * happens by itself: an end's deadline tells when its next frame is due, and receive gives what is due at the
 * time it is told.  The same seed and the same calls give the same run.
 *
 * Ownership: the caller lends the wire and its block until the last end is closed; an end's link is part
 *            of the wire.
 * Units:     microseconds of the driver's clock; octets.
 * Bounds:    WIRE_ENDS_MAX; frames_max under way to one end, more are dropped and counted there
 *            (receive_overflows); a frame larger than the MTU is not sent (send_failures).
 */
#ifndef CAIRN_STACK_LINK_WIRE_H
#define CAIRN_STACK_LINK_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link/delay.h"
#include "stack/link/fault_model.h"
#include "stack/link/link.h"

#define WIRE_ENDS_MAX 16u

struct wire_config {
	enum stack_if_kind kind;
	uint32_t mtu;
	uint32_t if_flags; /* of STACK_IF_CHECKSUM_TX, STACK_IF_SEGMENT_TX, STACK_IF_GATHER_TX: what its ends do for a stack */
	uint32_t end_count;  /* 2 to WIRE_ENDS_MAX */
	uint32_t frames_max; /* under way to one end */
	struct fault_config faults;
	uint64_t seed;
};

struct wire_end {
	struct link link;
	struct wire *wire;
	struct mac_addr mac;
	struct fault_model faults; /* of what this end sends */
	bool is_cut;
	struct delay under_way; /* to this end */
};

struct wire {
	enum stack_if_kind kind;
	uint32_t mtu, if_flags, slot_bytes, frames_max, end_count;
	uint8_t *piece; /* a frame that an end is finishing */
	struct wire_end ends[WIRE_ENDS_MAX];
};

size_t wire_bytes(const struct wire_config *config);

/* The block is aligned to 8; ERR_SHORT when it is smaller than wire_bytes says. */
int wire_init(struct wire *wire, void *block, size_t block_bytes, const struct wire_config *config);

/* The link of one end, for a stack's driver.  Ends have the MAC addresses 02:00:00:00:00:01 and so on. */
struct link *wire_link(struct wire *wire, unsigned end);

/* Changes the line that starts at this end, under way. */
void wire_set_faults(struct wire *wire, unsigned end, const struct fault_config *faults);

/* A cut end neither sends nor receives; what is under way to it is lost. */
void wire_cut(struct wire *wire, unsigned end, bool cut);

#endif
