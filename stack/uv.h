/*
 * uv.h - the shell that drives a stack with libuv: one poll a descriptor, one timer, one flush a turn.
 *
 * Reads frames in batches from the link, hands them to the core, passes what comes up to the
 * program and what goes down to the link, and flushes the link once at the end of the loop's
 * turn.  The time is read once a turn.  One stack_uv belongs to one loop and one thread.
 *
 * Ownership: the caller lends the struct, the stack and the link, and keeps them until
 *            stack_uv_close's callback has run.
 * Errors:    libuv's codes pass through.
 */
#ifndef CAIRN_STACK_UV_H
#define CAIRN_STACK_UV_H

#include <uv.h>

#include "stack/link/link.h"
#include "stack/stack.h"

struct stack_uv;

/* Called for STACK_DATAGRAM, STACK_ERROR and STACK_ECHO; may call the stack's functions. */
typedef void (*stack_uv_action_cb)(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us);
/* Called once a turn after everything received was handed over, before frames are flushed. */
typedef void (*stack_uv_turn_cb)(struct stack_uv *shell, uint64_t now_us);

struct stack_uv {
	void *data; /* the caller's */
	uv_loop_t *loop;
	struct stack *stack;
	struct link *link;
	unsigned ifindex;
	stack_uv_action_cb on_action;
	stack_uv_turn_cb on_turn; /* may be NULL */
	uv_poll_t polls[LINK_FDS_MAX];
	size_t poll_count;
	uv_timer_t timer;
	uv_prepare_t prepare; /* runs before the loop sleeps: drain, flush, arm the timer */
	uint64_t armed_at_us;
	void (*on_close)(struct stack_uv *shell);
	unsigned handles_open;
};

/* The loop's time in microseconds: the `now_us` of everything on this loop. */
uint64_t stack_uv_now_us(const uv_loop_t *loop);

/* Adds the link's interface to the stack, syncs addresses and routes, starts to watch. */
int stack_uv_open(struct stack_uv *shell, uv_loop_t *loop, struct stack *stack, struct link *link,
                  stack_uv_action_cb on_action, stack_uv_turn_cb on_turn);
void stack_uv_close(struct stack_uv *shell, void (*on_close)(struct stack_uv *shell));

#endif
