/*
 * soon.h - what is to be done in the next turn of the loop, without the grain of a timer.
 *
 * A timer comes a millisecond or two late; what has only to leave the stack of the caller, or to let
 * others have their turn, goes through here. While anything waits, the loop does not sleep.
 *
 * Ownership: calls are embedded in what they are of, zeroed before the first use; cancelled before they are freed.
 */
#ifndef CAIRN_FETCH_SOON_H
#define CAIRN_FETCH_SOON_H

#include <stdbool.h>
#include <uv.h>

struct soon_call {
	struct soon_call *next;
	bool is_waiting;
	void (*on_turn)(void *data);
	void *data;
};

struct soon {
	uv_idle_t idle;
	struct soon_call *first, **end; /* end: where the next one is put */
	unsigned count;
};

void soon_open(struct soon *soon, uv_loop_t *loop);
/* The loop runs once more before *soon may go (uv_close). */
void soon_close(struct soon *soon);

/* Again is once. */
void soon_do(struct soon *soon, struct soon_call *call, void (*on_turn)(void *data), void *data);
void soon_cancel(struct soon *soon, struct soon_call *call);

#endif
