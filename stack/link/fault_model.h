/*
 * fault_model.h - what a bad line does to frames: it loses, delays, reorders, doubles, damages.
 *
 * A pure model, used by the links `wire` and `faults`: it is told of each frame as it enters the
 * line and answers when, how often and how damaged the frame comes out.  Whoever asks keeps the
 * frames.  The same seed and the same calls give the same fate.
 *
 * In the order in which a line does it: a frame larger than size_max vanishes (a path whose MTU is
 * smaller than announced, and which tells nobody); the rate makes it wait behind those before it,
 * and drops it when more than queue_bytes_max wait already; loss takes it away; delay and jitter
 * pass without letting frames overtake each other; a reordered frame is then held back by
 * reorder_us, so that later ones overtake it; duplicates come out twice; of a corrupted frame one
 * bit of one copy is flipped, which the Internet checksum always notices where it covers the bit.
 *
 * Units:  probabilities in parts of a million; microseconds; octets; rate in bits a second.
 * Bounds: two copies of a frame at most.
 */
#ifndef CAIRN_STACK_LINK_FAULT_MODEL_H
#define CAIRN_STACK_LINK_FAULT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/rng.h"

#define FAULT_CERTAIN       1000000u /* parts of a million: always */
#define FAULT_JITTER_US_MAX 3600000000u
#define FAULT_COPIES_MAX    2u

struct fault_config {
	uint32_t loss_ppm;
	uint32_t loss_burst; /* mean number of frames lost in a row; 0 and 1: each by itself */
	uint32_t duplicate_ppm;
	uint32_t corrupt_ppm;
	uint32_t reorder_ppm;
	uint32_t reorder_us; /* how long a reordered frame is held back */
	uint32_t delay_us;
	uint32_t jitter_us; /* added to delay_us: uniform in [0, jitter_us] */
	uint64_t rate_bits_s;     /* 0: infinite */
	uint32_t queue_bytes_max; /* waiting for the rate; 0: no bound */
	uint32_t size_max;        /* 0: every size passes */
};

struct fault_stats {
	uint64_t frames; /* that entered */
	uint64_t lost, oversize, queue_full, duplicated, corrupted, reordered;
};

struct fault_model {
	struct fault_config config;
	struct rng rng;
	uint64_t line_free_at_us; /* when the last frame accepted has left, at the rate */
	uint64_t last_out_at_us;  /* the latest arrival that nothing may overtake */
	bool losing;              /* in a burst of losses */
	struct fault_stats stats;
};

struct fault_copy {
	uint64_t at_us;       /* when it comes out */
	uint32_t corrupt_at;  /* the octet that is damaged, when corrupt_xor is not 0 */
	uint8_t corrupt_xor;
};

struct fault_fate {
	unsigned copy_count; /* 0: lost */
	struct fault_copy copies[FAULT_COPIES_MAX];
};

void fault_model_init(struct fault_model *model, const struct fault_config *config, uint64_t seed);

/* Changes the line under way: what is still inside keeps its fate. */
void fault_model_set(struct fault_model *model, const struct fault_config *config);

/* A frame of `size` octets enters at now_us. */
struct fault_fate fault_model_judge(struct fault_model *model, size_t size, uint64_t now_us);

#endif
