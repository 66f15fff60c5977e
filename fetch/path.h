/*
 * path.h - the routers between here and a server, found by hop limits that run out (RFC 792, RFC 4443: Time Exceeded).
 *
 * One probe a hop, PATH_AT_ONCE under way at a time.  The path is over when the target has been heard of and so has every hop
 * before it, or their time has passed; when PATH_SILENT_MAX hops in a row at the far end are silent, as behind a firewall;
 * at PATH_HOPS_MAX; and after PATH_TIME_US whatever is missing.
 *
 *     path_init(&path, now_us);
 *     while ((hop = path_next(&path, now_us)) != 0) send...
 *     path_heard(&path, hop, &router, is_target, now_us);     as replies come
 *     path_timeout(&path, now_us);                            at path_deadline
 *
 * Pure.  Units: microseconds.
 */
#ifndef CAIRN_FETCH_PATH_H
#define CAIRN_FETCH_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/addr.h"

#define PATH_HOPS_MAX   30u
#define PATH_AT_ONCE    6u
#define PATH_SILENT_MAX 5u
#define PATH_WAIT_US    1000000u
#define PATH_TIME_US    4000000u
#define PATH_NEVER      UINT64_MAX

enum path_hop_state {
	PATH_UNSENT,
	PATH_WAITING,
	PATH_HEARD,
	PATH_SILENT,
};

struct path_hop {
	enum path_hop_state state;
	struct ip_addr router; /* HEARD */
	uint64_t sent_us;
	uint64_t rtt_us; /* HEARD */
};

struct path {
	struct path_hop hops[PATH_HOPS_MAX + 1]; /* from 1 */
	unsigned sent;   /* the farthest hop that has been probed */
	unsigned target; /* the hop that the target is; 0: not heard of */
	uint64_t end_us;
	bool is_late; /* end_us has passed */
};

void path_init(struct path *path, uint64_t now_us);
/* The hop to be probed now; 0: none. */
unsigned path_next(struct path *path, uint64_t now_us);
/* What is heard twice, or of a hop that was not probed, is nothing. */
void path_heard(struct path *path, unsigned hop, const struct ip_addr *router, bool is_target, uint64_t now_us);
void path_timeout(struct path *path, uint64_t now_us);
uint64_t path_deadline(const struct path *path); /* PATH_NEVER: it is over */
bool path_is_over(const struct path *path);
/* How many hops there are to be shown: up to the target, or to the last that was heard and one silent hop behind. */
unsigned path_length(const struct path *path);

#endif
