#include "fetch/journey/journey_priv.h"

/* Transfers that have begun, with the URL that is told first, and have not ended. */
struct open_transfers {
	uint32_t requests[JOURNEY_OPEN_MAX];
	unsigned count;
};

static unsigned
find_open(const struct open_transfers *open, uint32_t request)
{
	unsigned i = 0;
	while (i < open->count && open->requests[i] != request)
		i++;
	return i;
}

/* False: there are too many. */
static bool
take_event(struct open_transfers *open, const struct journey_event *event)
{
	const unsigned found = find_open(open, event->request);

	if (event->is_end && found < open->count)
		open->requests[found] = open->requests[--open->count];
	if (event->is_end || event->layer != JOURNEY_URL || event->request == 0 || found < open->count)
		return true;
	if (open->count == JOURNEY_OPEN_MAX)
		return false;
	open->requests[open->count++] = event->request;
	return true;
}

static bool
find_all_open(struct open_transfers *open, const struct journey *journey)
{
	open->count = 0;
	for (const struct journey_event *event = journey->first; event != NULL; event = event->next)
		if (!take_event(open, event))
			return false;
	return true;
}

/* Behind the list, or, where it does not begin at the block's start, before it. */
static void
begin_elsewhere(struct journey *moved, const struct journey *journey)
{
	const size_t before = (size_t)(journey->arena.block - journey->block);
	const size_t behind = before + journey->arena.used;

	*moved = *journey;
	moved->first = NULL;
	moved->last = NULL;
	if (before > 0)
		arena_init(&moved->arena, journey->block, before);
	else
		arena_init(&moved->arena, journey->block + behind, journey->block_bytes - behind);
}

static bool
copy_open(struct journey *moved, const struct open_transfers *open, const struct journey *journey)
{
	for (const struct journey_event *event = journey->first; event != NULL; event = event->next) {
		if (find_open(open, event->request) == open->count)
			continue;
		if (!journey__copy(moved, event))
			return false;
	}
	return true;
}

void
journey_forget(struct journey *journey)
{
	struct open_transfers open;
	struct journey moved;

	begin_elsewhere(&moved, journey);
	if (!find_all_open(&open, journey) || !copy_open(&moved, &open, journey))
		return;
	moved.arena.block_bytes = moved.block_bytes - (size_t)(moved.arena.block - moved.block);
	*journey = moved;
}
