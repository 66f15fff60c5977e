/*
 * netlink.h - the host's devices, addresses and routes, followed as they change (rtnetlink(7)).
 *
 * At open the kernel is asked for everything; afterwards it tells of changes.  A change is not
 * patched in: not all of them are told (IPv4 routes go silently with their device), and messages
 * are lost when there are too many (ENOBUFS).  It only means that the table is stale, and is read
 * anew a moment later.  A read takes well under a millisecond on a usual host; where it takes
 * longer, the next one waits in proportion, so that following costs at most 1/NETLINK_REST_FACTOR
 * of the time.
 *
 * Ownership: open takes memory and a descriptor, close gives them back.
 * Needs:     no capability.
 * Bounds:    NETLINK_READS_A_TURN system calls a call of netlink_update; the tables of mirror.h.
 */
#ifndef CAIRN_STACK_LINK_NETLINK_H
#define CAIRN_STACK_LINK_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link/mirror.h"
#include "stack/link/link.h"

#define NETLINK_BUFFER_BYTES 32768u
#define NETLINK_READS_A_TURN 64u
#define NETLINK_SETTLE_US    5000u    /* changes come in groups: address, host route, prefix route */
#define NETLINK_REST_US_MIN  50000u   /* between the end of a read and the next */
#define NETLINK_REST_FACTOR  50u
#define NETLINK_PATIENCE_US  2000000u /* a read that is not complete by then is begun again */

enum netlink_scope { NETLINK_DEVICES, NETLINK_EVERYTHING };

struct netlink {
	int fd;
	uint32_t port_id; /* ours: what answers carry, and changes that others made do not */
	enum netlink_scope scope;
	struct mirror tables[2];
	unsigned current;     /* of tables: complete; the other: being read, or what was before */
	uint8_t *buffer;
	uint32_t sequence;    /* of the request whose answer is being read */
	unsigned step;        /* of the read: which request */
	bool is_reading;
	bool is_stale;        /* something changed since the read began */
	bool has_news;        /* a table is complete that netlink_update has not told of */
	uint64_t began_at_us; /* the read */
	uint64_t due_at_us;   /* when a stale table is read anew */
	uint64_t read_count, overflow_count;
};

/* Returns with the first table complete. */
int netlink_open(struct netlink *netlink, enum netlink_scope scope, uint64_t now_us, struct link_error *error);
void netlink_close(struct netlink *netlink);

/* Takes in what the kernel has told.  True when there is a new table; netlink_before is then the old one. */
bool netlink_update(struct netlink *netlink, uint64_t now_us);

/* When netlink_update should be called though nothing is readable. */
uint64_t netlink_deadline(const struct netlink *netlink);

static inline const struct mirror *
netlink_mirror(const struct netlink *netlink)
{
	return &netlink->tables[netlink->current];
}

static inline const struct mirror *
netlink_before(const struct netlink *netlink)
{
	return &netlink->tables[1 - netlink->current];
}

#endif
