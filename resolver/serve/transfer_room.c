#include "resolver/serve/transfer_room.h"

#include <assert.h>

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
transfer_room_init(struct transfer_room *room, uint64_t bytes_max)
{
	*room = (struct transfer_room){ .bytes_max = bytes_max };
}

bool
transfer_room_enter(struct transfer_room *room, struct transfer_share *share, uint64_t bytes)
{
	assert(share->bytes == 0);
	bytes = least(bytes, room->bytes_max);
	if (share->ticket == 0)
		share->ticket = ++room->tickets;
	if (share->ticket != room->served + 1)
		return false;
	if (room->count == TRANSFERS_MAX || bytes > room->bytes_max - room->bytes_used) {
		room->has_grown = false;
		return false;
	}
	room->served = share->ticket;
	share->ticket = 0;
	share->bytes = bytes;
	room->bytes_used += bytes;
	room->count++;
	return true;
}

void
transfer_room_grow(struct transfer_room *room, struct transfer_share *share, uint64_t bytes)
{
	if (bytes <= share->bytes)
		return;
	const uint64_t more = least(bytes - share->bytes, room->bytes_max - room->bytes_used);
	share->bytes += more;
	room->bytes_used += more;
}

void
transfer_room_leave(struct transfer_room *room, struct transfer_share *share)
{
	if (share->bytes == 0)
		return;
	assert(room->count > 0 && room->bytes_used >= share->bytes);
	room->bytes_used -= share->bytes;
	room->count--;
	share->bytes = 0;
	room->has_grown = true;
}

bool
transfer_room_is_offered(const struct transfer_room *room)
{
	return room->served != room->tickets && room->has_grown;
}
