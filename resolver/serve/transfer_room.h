/*
 * transfer_room.h - the memory that zones take while they are transferred, all together (secondaries.h).
 *
 * Each transfer has a share, which grows as it needs it and as there is room.  Who finds no room for a first share waits; those
 * who wait are served in the order in which they came, so that a large zone is not passed by small ones for ever, and one that
 * is alone may have all.
 *
 * Ownership: shares are the caller's, zeroed before they are used.
 * Units:     octets.
 * Bounds:    bytes_max in all, TRANSFERS_MAX shares at once.
 */
#ifndef CAIRN_RESOLVER_SERVE_TRANSFER_ROOM_H
#define CAIRN_RESOLVER_SERVE_TRANSFER_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#define TRANSFERS_MAX 10u

struct transfer_share {
	uint64_t bytes;  /* 0: none */
	uint64_t ticket; /* 0: does not wait */
};

struct transfer_room {
	uint64_t bytes_max, bytes_used;
	unsigned count;
	uint64_t tickets, served; /* given out; the last that has had its turn */
	bool has_grown;           /* since who is first in line was last turned away */
};

void transfer_room_init(struct transfer_room *room, uint64_t bytes_max);
/* A first share of so much, or of all there is to be had; false: it waits, and is to ask again. */
bool transfer_room_enter(struct transfer_room *room, struct transfer_share *share, uint64_t bytes);
/* The share is made as large as that, or as there is room for. */
void transfer_room_grow(struct transfer_room *room, struct transfer_share *share, uint64_t bytes);
/* It may hold nothing. */
void transfer_room_leave(struct transfer_room *room, struct transfer_share *share);
/* Somebody waits and may find room if he asks now. */
bool transfer_room_is_offered(const struct transfer_room *room);

#endif
