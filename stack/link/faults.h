/*
 * faults.h - a link made bad on purpose: another link behind the fault model (link/fault_model.h).
 *
 * Wraps any link, each direction with faults of its own, from one seed.  Takes the place of
 * tc-netem where the kernel has none, and shows a program on a real device what the simulator shows
 * it on a wire.  Checksums are never left to the device, which would mend what was corrupted;
 * and TCP super-segments are split before they meet a fault, as they are before they meet a line.
 *
 * Ownership: lives in the block that the caller lends, and which must outlive close; owns the link
 *            inside.
 * Bounds:    FAULTS_HELD_MAX frames of FAULTS_FRAME_BYTES under way each way; what does not fit is
 *            lost and counted.
 */
#ifndef CAIRN_STACK_LINK_FAULTS_H
#define CAIRN_STACK_LINK_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "stack/link/fault_model.h"
#include "stack/link/link.h"

#define FAULTS_HELD_MAX    2048u
#define FAULTS_FRAME_BYTES 2048u

struct faults_config {
	struct fault_config in, out;
	uint64_t seed;
};

struct faults_stats {
	struct fault_stats in, out;
	uint64_t overflows; /* more under way, or larger, than fits */
};

size_t faults_bytes(void);

/* The block is aligned to 64 and holds faults_bytes. */
struct link *faults_new(void *block, struct link *inside, const struct faults_config *config);

void faults_set(struct link *link, const struct fault_config *in, const struct fault_config *out);
struct faults_stats faults_stats(const struct link *link);

#endif
