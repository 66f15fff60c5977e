#include "fetch/soon.h"

#include <stddef.h>

static void
list_init(struct soon_list *list)
{
	*list = (struct soon_list){ .end = &list->first };
}

static struct soon_call *
take_first(struct soon_list *list)
{
	struct soon_call *call = list->first;
	list->first = call->next;
	if (list->first == NULL)
		list->end = &list->first;
	list->count--;
	call->list = NULL;
	return call;
}

static void
do_some(struct soon_list *list, unsigned count_max)
{
	for (; count_max > 0 && list->first != NULL; count_max--) {
		struct soon_call *call = take_first(list);
		call->on_turn(call->data);
	}
}

/* Those that wait now: what they ask for in turn is for the turn after. */
static void
on_idle(uv_idle_t *idle)
{
	struct soon *soon = idle->data;
	do_some(&soon->early, soon->early.count);
	do_some(&soon->calls, soon->calls.count);
	if (soon->early.first == NULL && soon->calls.first == NULL)
		(void)uv_idle_stop(idle);
}

void
soon_turn(struct soon *soon)
{
	do_some(&soon->early, SOON_TURN_MAX);
	if (soon->early.first == NULL && soon->calls.first == NULL)
		(void)uv_idle_stop(&soon->idle);
}

void
soon_open(struct soon *soon, uv_loop_t *loop)
{
	list_init(&soon->early);
	list_init(&soon->calls);
	(void)uv_idle_init(loop, &soon->idle); /* cannot fail */
	soon->idle.data = soon;
}

void
soon_close(struct soon *soon)
{
	uv_close((uv_handle_t *)&soon->idle, NULL);
}

static void
put(struct soon *soon, struct soon_list *list, struct soon_call *call)
{
	if (call->list != NULL)
		return;
	call->list = list;
	call->next = NULL;
	*list->end = call;
	list->end = &call->next;
	list->count++;
	(void)uv_idle_start(&soon->idle, on_idle);
}

void
soon_do(struct soon *soon, struct soon_call *call, void (*on_turn)(void *data), void *data)
{
	call->on_turn = on_turn;
	call->data = data;
	put(soon, &soon->calls, call);
}

void
soon_do_early(struct soon *soon, struct soon_call *call, void (*on_turn)(void *data), void *data)
{
	call->on_turn = on_turn;
	call->data = data;
	put(soon, &soon->early, call);
}

void
soon_cancel(struct soon_call *call)
{
	struct soon_list *list = call->list;

	if (list == NULL)
		return;
	struct soon_call **at = &list->first;
	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	if (list->end == &call->next)
		list->end = at;
	list->count--;
	call->list = NULL;
}
