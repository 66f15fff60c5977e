/*
 * soon.h - what is to be done in the next turn of the loop, without the grain of a timer.
 *
 * A timer comes a millisecond or two late; what has only to leave the stack of the caller, or to let
 * others have their turn, goes through here. While anything waits, the loop does not sleep.
 *
 * What ends one exchange and begins the next need not wait so long: who has turns of its own (net_set_soon) does it with
 * soon_turn before it sends, so that an acknowledgment and the request behind it leave together, and without a look at the
 * descriptors between them.
 *
 * Ownership: calls are embedded in what they are of, zeroed before the first use; cancelled before they are freed.
 * Bounds:    SOON_TURN_MAX in a soon_turn; what is left has the next turn of the loop.
 */
#ifndef CAIRN_FETCH_SOON_H
#define CAIRN_FETCH_SOON_H

#include <uv.h>

#define SOON_TURN_MAX 64u

struct soon_list;

struct soon_call {
	struct soon_call *next;
	struct soon_list *list; /* in which it waits; NULL: it does not */
	void (*on_turn)(void *data);
	void *data;
};

struct soon_list {
	struct soon_call *first, **end; /* end: where the next one is put */
	unsigned count;
};

struct soon {
	uv_idle_t idle;
	struct soon_list early, calls;
};

void soon_open(struct soon *soon, uv_loop_t *loop);
/* The loop runs once more before *soon may go (uv_close). */
void soon_close(struct soon *soon);

/* Again is once. */
void soon_do(struct soon *soon, struct soon_call *call, void (*on_turn)(void *data), void *data);
/* The same, but in this turn if there is a soon_turn yet to come. */
void soon_do_early(struct soon *soon, struct soon_call *call, void (*on_turn)(void *data), void *data);
void soon_cancel(struct soon_call *call);

/* Those that are to be done early, and those that they ask for in turn. */
void soon_turn(struct soon *soon);

#endif
