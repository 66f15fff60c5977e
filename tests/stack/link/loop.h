/*
 * loop.h - a link for tests of wrappers: what is sent comes back at once.
 */
#ifndef CAIRN_TESTS_STACK_LINK_LOOP_H
#define CAIRN_TESTS_STACK_LINK_LOOP_H

#include "stack/link/link.h"

#define LOOP_FRAMES_MAX 64u
#define LOOP_BYTES_MAX  65536u

struct loop {
	struct link link;
	enum stack_if_kind kind; /* to be described as */
	uint32_t rx_flags;       /* to be received with */
	unsigned closed_count;
	struct link_frame frames[LOOP_FRAMES_MAX];
	uint8_t bytes[LOOP_FRAMES_MAX][LOOP_BYTES_MAX];
	size_t count;
};

void loop_init(struct loop *loop, enum stack_if_kind kind);

#endif
