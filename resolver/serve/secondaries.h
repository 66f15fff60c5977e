/*
 * secondaries.h - the zones that are kept as their primaries have them: `primary` of auth-zone and rpz (zone/refresh.h).
 *
 * Everything but the connections: files and memory are seen to here, and what is to be sent comes out for who has a network
 * (zone_keeper.c), or plays one.  A zone's file is what counts: it is replaced first, and then has_changed says that the
 * configuration's zones are to be built anew (service.h).
 *
 * Ownership: the config is lent until secondaries_fini; has_expired, is_followed and version of its zones are written.
 * Units:     microseconds of the monotonic clock.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 * Bounds:    SECONDARIES_MAX zones, REFRESH_PRIMARIES_MAX primaries and SECONDARY_NETBLOCKS_MAX netblocks each;
 *            SECONDARY_BYTES_MAX of address space for a zone while it is transferred, of which it uses what it needs.
 */
#ifndef CAIRN_RESOLVER_SERVE_SECONDARIES_H
#define CAIRN_RESOLVER_SERVE_SECONDARIES_H

#include "resolver/serve/config.h"
#include "resolver/zone/notified.h"
#include "resolver/zone/refresh.h"
#include "stack/base/arena.h"
#include "stack/base/log.h"

#define SECONDARIES_MAX         128u
#define SECONDARY_NETBLOCKS_MAX 32u
#define SECONDARY_BYTES_MAX     (UINT64_C(1) << 30)
#define SECONDARY_PORT          53u

struct secondary_netblock {
	struct ip_addr prefix;
	unsigned prefix_len;
};

struct secondary {
	struct config_zone *from;
	struct name name;
	struct refresh_primary primaries[REFRESH_PRIMARIES_MAX];
	struct secondary_netblock netblocks[SECONDARY_NETBLOCKS_MAX]; /* allow-notify */
	unsigned primary_count, netblock_count;
	struct refresh refresh;
	struct arena arena;
	void *block; /* NULL: no transfer is under way */
};

struct secondaries {
	struct secondary *items;
	unsigned count;
	struct rng *rng;
	struct log log;
	bool has_changed; /* the caller's to clear */
};

/* Who may speak for them, in the same order; *notified is NULL when there are none. */
int secondaries_notified(struct notified **notified, struct arena *arena, const struct config *config,
			 char error[CONFIG_ERROR_BYTES]);
/* Of a config that has been checked.  ERR_NO_MEMORY. */
int secondaries_init(struct secondaries *secondaries, struct config *config, struct rng *rng, const struct log *log,
		     uint64_t now_us);
void secondaries_fini(struct secondaries *secondaries);

/* After each call on a zone's refresh: what is left to be done, REFRESH_SEND or REFRESH_CLOSE.  False: nothing. */
bool secondaries_next(struct secondaries *secondaries, struct secondary *secondary, struct refresh_action *action,
		      uint64_t now_us);
uint64_t secondaries_deadline(const struct secondaries *secondaries);

#endif
