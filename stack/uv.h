/*
 * uv.h - the shell that drives a stack with libuv: a poll a descriptor, a timer, a flush a turn.
 *
 * Between two sleeps of the loop there is one turn, in which the shell reads frames in batches from
 * the link, hands them to the core, passes what comes up to the program and what goes down to the
 * link, and flushes the link once.  It does so right before the loop sleeps (uv_prepare), so what
 * the program's own callbacks send in the same turn leaves in the same system call.  The time is
 * read once a turn.  A turn's work is bounded: what is left over is done in the next, after
 * everybody else's callbacks.
 *
 * Who is asked for much in little pieces may have the thread rest behind the flush, as Ethernet
 * devices moderate their interrupts, so that the next turn finds more of them together.
 *
 * One stack_uv belongs to one loop and one thread.
 *
 * Ownership: the caller lends the struct, the stack and the link, and keeps them until
 *            stack_uv_close's callback has run; closing the link remains the caller's business.
 * Errors:    ERR_*; ERR_IO is libuv's refusal to watch.
 * Bounds:    STACK_UV_FRAMES_A_TURN and STACK_UV_ACTIONS_A_TURN; a rest has STACK_UV_REST_US_MAX.
 */
#ifndef CAIRN_STACK_UV_H
#define CAIRN_STACK_UV_H

#include <uv.h>

#include "stack/link/link.h"
#include "stack/stack.h"

#define STACK_UV_FRAMES_A_TURN  (4 * LINK_BATCH_MAX)
#define STACK_UV_ACTIONS_A_TURN 4096u
#define STACK_UV_REST_US_MAX    1000u
#define STACK_UV_WATCH_AGAIN_US 20000u /* a device that has gone may come back: links follow it by sync */

struct stack_uv;

/* Called for everything but STACK_TRANSMIT; may call the stack's functions and stack_uv_close. */
typedef void (*stack_uv_action_cb)(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us);
/* Called with each batch of frames before the stack is given the first: what all of them will want can be fetched at once. */
typedef void (*stack_uv_frames_cb)(struct stack_uv *shell, const struct link_frame *frames, size_t count);
/* Called once a turn after everything received was handed over, before frames are flushed. */
typedef void (*stack_uv_turn_cb)(struct stack_uv *shell, uint64_t now_us);

struct stack_uv {
	void *data; /* the caller's */

	/* The caller's, before stack_uv_open: what the link cannot know of its interface. */
	uint32_t if_flags; /* STACK_IF_SLAAC, STACK_IF_DHCP */
	uint32_t if_mtu;   /* 0, or the largest IP packet if the link would take larger ones */
	uint8_t if_secret[STACK_SECRET_BYTES];
	stack_uv_frames_cb on_frames; /* may be NULL */

	uv_loop_t *loop;
	struct stack *stack;
	struct link *link;
	unsigned ifindex;
	stack_uv_action_cb on_action;
	stack_uv_turn_cb on_turn; /* may be NULL */

	uv_poll_t polls[LINK_FDS_MAX];
	size_t poll_count;
	uv_poll_t sync_poll; /* tells that the host's network has changed */
	uv_timer_t timer;    /* armed for the next deadline: of the stack or of the link */
	uv_prepare_t prepare;
	uint64_t armed_at_us;
	uint64_t watch_at_us; /* when descriptors with an error are watched again; STACK_NEVER: there is none */
	bool is_readable, is_sync_due, is_closing;
	uint32_t rest_us; /* behind this turn; on_turn may set it, each turn anew.  Nothing that is left over waits for it */

	uint64_t now_us; /* of this turn, once somebody has asked */
	bool has_time;
	uint64_t sync_failures; /* the link could not follow the host */

	void (*on_close)(struct stack_uv *shell);
	unsigned handles_open;
};

/*
 * The time of this turn in microseconds, monotonic: the `now_us` of everything on this loop.  Read from
 * the clock by the first who asks after the loop has slept.
 */
uint64_t stack_uv_now_us(struct stack_uv *shell);
/* Something in this turn has taken long, as loading a library does: the clock is read anew. */
void stack_uv_now_again(struct stack_uv *shell);

/*
 * Adds the link's interface to the stack, syncs addresses and routes, starts to watch.  When it fails
 * the struct must live until the loop has run once more, as after stack_uv_close.
 */
int stack_uv_open(struct stack_uv *shell, uv_loop_t *loop, struct stack *stack, struct link *link,
                  stack_uv_action_cb on_action, stack_uv_turn_cb on_turn);

/* What the stack has to send still leaves. Ends in the loop: the struct must live until on_close (may be NULL) has run. */
void stack_uv_close(struct stack_uv *shell, void (*on_close)(struct stack_uv *shell));

#endif
