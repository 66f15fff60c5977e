/*
 * neigh_table.h - who is at which MAC address, and whether still: Neighbour Unreachability
 * Detection (RFC 4861, section 7.3), for ARP and NDP alike.
 *
 *     INCOMPLETE  asked for with multicast; packets wait; no MAC address yet
 *     REACHABLE   confirmed within the last ReachableTime
 *     STALE       not confirmed lately; used as it is, nobody asks until a packet is sent
 *     DELAY       a packet was sent to a stale one; a few seconds for it to be confirmed anyway
 *     PROBE       asked for by unicast
 *     FAILED      nobody answered; packets are refused at once for NEIGH_FAILED_US, then it is asked for again
 *
 * The table sends nothing: its functions say what is due (enum neigh_due) and neigh.c does it by ARP or NDP.
 *
 * Entries stand in three queues, so that what a peer can cause never displaces what we need:
 * those that peers announced and we never used (a quarter of the table at most), those that are
 * being asked for (a half, RFC 6583), and those in use.  A full table gives up the oldest of the
 * first, else of the second, else the one in use that was used longest ago and is neither
 * REACHABLE nor a gateway.
 *
 * Ownership: memory comes from the arena given at init; wheel, key, rng and drops are borrowed.
 *            A struct neigh is lent until the next call that may create one.
 * Units:     microseconds; octets.
 * Bounds:    entry_count; NEIGH_HOLD_MAX packets an entry and NEIGH_HOLD_BYTES_MAX octets in all
 *            wait (RFC 4861, section 7.2.2); when one is too many the oldest goes.
 */
#ifndef CAIRN_STACK_NEIGH_TABLE_H
#define CAIRN_STACK_NEIGH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/hash.h"
#include "stack/base/wheel.h"
#include "stack/drop.h"

struct arena;
struct rng;

/* RFC 4861, section 10. */
#define NEIGH_MAX_MULTICAST_SOLICIT      3u
#define NEIGH_MAX_UNICAST_SOLICIT        3u
#define NEIGH_REACHABLE_TIME_US          30000000u
#define NEIGH_RETRANS_TIMER_US           1000000u
#define NEIGH_DELAY_FIRST_PROBE_TIME_US  5000000u

#define NEIGH_FAILED_US      1000000u /* as long as one solicitation: RFC 1122, section 2.3.2.1 asks for no more */
#define NEIGH_IFS_MAX        17u
#define NEIGH_HOLD_MAX       3u
#define NEIGH_HOLD_BYTES_MAX 262144u
#define NEIGH_BLOCK_BYTES    512u /* held packets lie in chains of such blocks */

enum neigh_state { NEIGH_INCOMPLETE, NEIGH_REACHABLE, NEIGH_STALE, NEIGH_DELAY, NEIGH_PROBE, NEIGH_FAILED };

/* What a packet may do. */
enum neigh_verdict {
	NEIGH_READY, /* go: *mac is set */
	NEIGH_WAIT,  /* be held */
	NEIGH_DEAD,  /* be given up: nobody answers, or there is no room to ask */
};

/* What the caller has to do for an entry. */
enum neigh_due {
	NEIGH_DUE_NONE,
	NEIGH_DUE_MULTICAST, /* ask everybody who has the address */
	NEIGH_DUE_UNICAST,   /* ask the MAC address that is known */
	NEIGH_DUE_GIVE_UP,   /* it is gone: take the held packets and report them */
};

/* The queues of the head comment; also the order in which they give entries up. */
enum neigh_queue { NEIGH_QUEUE_HEARD, NEIGH_QUEUE_ASKED, NEIGH_QUEUE_USED, NEIGH_QUEUE_COUNT };

struct neigh_link {
	struct neigh_link *prev, *next;
};

struct neigh_held {
	uint32_t first_block;
	uint32_t size;
};

struct neigh {
	struct neigh_link link; /* in its queue, oldest first */
	struct neigh *next;     /* in the chain of its bucket, or in the free list */
	struct wheel_timer timer;
	struct ip_addr addr;
	uint8_t ifindex;
	uint8_t state; /* enum neigh_state */
	uint8_t queue; /* enum neigh_queue */
	uint8_t solicit_count;
	bool is_gateway; /* a route leads through it */
	bool is_router;  /* it says so itself: the R flag, or a router advertisement */
	struct mac_addr mac;
	uint64_t reachable_until_us;
	struct neigh_held held[NEIGH_HOLD_MAX]; /* oldest first */
	uint8_t held_count;
};

/* What a router advertisement can change, an interface. */
struct neigh_times {
	uint32_t reachable_us; /* BaseReachableTime */
	uint32_t retrans_us;   /* RetransTimer */
};

struct neigh_table {
	struct neigh *entries;
	struct neigh **buckets;
	struct neigh *free_entry;
	uint32_t entry_count, bucket_mask;
	uint32_t used_count;
	uint32_t queue_count[NEIGH_QUEUE_COUNT];
	struct neigh_link queues[NEIGH_QUEUE_COUNT];

	uint8_t *blocks;
	uint32_t *block_next;
	uint32_t free_block;

	struct neigh_times times[NEIGH_IFS_MAX];
	struct wheel *wheel;
	const struct hash_key *hash_key;
	struct rng *rng;
	uint64_t *drops; /* by enum drop */
	uint16_t timer_kind;
};

size_t neigh_table_bytes(uint32_t entry_count);
void neigh_table_init(struct neigh_table *table, struct arena *arena, uint32_t entry_count, struct wheel *wheel,
                      uint16_t timer_kind, const struct hash_key *hash_key, struct rng *rng, uint64_t *drops);

struct neigh *neigh_table_find(const struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr);

/*
 * A packet wants to go to addr.  *entry is the one to hold it with, or whose mac to use; NULL when the
 * table had no room.  *due is what to send besides.
 */
enum neigh_verdict neigh_table_resolve(struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr,
                                       bool is_gateway, uint64_t now_us, struct neigh **entry, enum neigh_due *due);

/* ---- packets that wait ------------------------------------------------------------------------- */

void neigh_table_hold(struct neigh_table *table, struct neigh *entry, const uint8_t *packet, size_t size);
/* The size of the oldest packet held; 0 when there is none. */
size_t neigh_held_bytes(const struct neigh *entry);
/* Copies that packet out and forgets it. */
void neigh_table_unhold(struct neigh_table *table, struct neigh *entry, uint8_t *packet);

/* ---- what is heard ----------------------------------------------------------------------------- */

/* An answer: an ARP reply, a Neighbour Advertisement (RFC 4861, section 7.2.5). */
struct neigh_advert {
	const struct mac_addr *mac; /* NULL: the option was missing */
	bool is_solicited, is_override, is_router;
};

/*
 * The sender of an ARP request, a solicitation or a redirect names its own MAC address: that
 * makes a STALE entry at most.  With may_create an unknown neighbour is entered.  Both return the
 * entry, whose held packets can now go, or NULL when the news concern nobody in the table.
 */
struct neigh *neigh_table_hear_source(struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr,
                                      const struct mac_addr *mac, bool may_create);
struct neigh *neigh_table_hear_advert(struct neigh_table *table, unsigned ifindex, const struct ip_addr *addr,
                                      const struct neigh_advert *advert, uint64_t now_us);

static inline bool
neigh_has_mac(const struct neigh *entry)
{
	return entry->state != NEIGH_INCOMPLETE && entry->state != NEIGH_FAILED;
}

/* ---- time -------------------------------------------------------------------------------------- */

/* The timer of an entry is due.  After NEIGH_DUE_GIVE_UP and once the held packets are taken: neigh_table_gave_up. */
enum neigh_due neigh_table_timeout(struct neigh_table *table, struct neigh *entry, uint64_t now_us);
/* Closes a NEIGH_DUE_GIVE_UP: one that never answered is remembered as FAILED, one that stopped to is forgotten. */
void neigh_table_gave_up(struct neigh_table *table, struct neigh *entry, uint64_t now_us);

/* 0 keeps what is there (RFC 4861, section 6.3.4). */
void neigh_table_set_times(struct neigh_table *table, unsigned ifindex, uint32_t reachable_us, uint32_t retrans_us);

/* The interface went down, or changed its network: nothing known about its neighbours is true any more. */
void neigh_table_flush(struct neigh_table *table, unsigned ifindex);

#endif
