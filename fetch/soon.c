#include "fetch/soon.h"

#include <stddef.h>

static struct soon_call *
take_first(struct soon *soon)
{
	struct soon_call *call = soon->first;
	soon->first = call->next;
	if (soon->first == NULL)
		soon->end = &soon->first;
	soon->count--;
	call->is_waiting = false;
	return call;
}

/* Those that wait now: what they ask for in turn is for the turn after. */
static void
on_idle(uv_idle_t *idle)
{
	struct soon *soon = idle->data;
	for (unsigned left = soon->count; left > 0 && soon->first != NULL; left--) {
		struct soon_call *call = take_first(soon);
		call->on_turn(call->data);
	}
	if (soon->first == NULL)
		(void)uv_idle_stop(idle);
}

void
soon_open(struct soon *soon, uv_loop_t *loop)
{
	*soon = (struct soon){ .end = &soon->first };
	(void)uv_idle_init(loop, &soon->idle); /* cannot fail */
	soon->idle.data = soon;
}

void
soon_close(struct soon *soon)
{
	uv_close((uv_handle_t *)&soon->idle, NULL);
}

void
soon_do(struct soon *soon, struct soon_call *call, void (*on_turn)(void *data), void *data)
{
	call->on_turn = on_turn;
	call->data = data;
	if (call->is_waiting)
		return;
	call->is_waiting = true;
	call->next = NULL;
	*soon->end = call;
	soon->end = &call->next;
	soon->count++;
	(void)uv_idle_start(&soon->idle, on_idle);
}

void
soon_cancel(struct soon *soon, struct soon_call *call)
{
	if (!call->is_waiting)
		return;
	struct soon_call **at = &soon->first;
	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	if (soon->end == &call->next)
		soon->end = at;
	soon->count--;
	call->is_waiting = false;
}
