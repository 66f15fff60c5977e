/*
 * secondaries.h - the zones that are kept as their primaries have them: `primary` of auth-zone and rpz (zone/refresh.h).
 *
 * Everything but the connections: files and memory are seen to here, and what is to be sent comes out for who has a network
 * (zone_keeper.c), or plays one.  A zone's file is what counts: it is replaced first, and then has_changed says that the
 * configuration's zones are to be built anew (service.h).
 *
 * What is said to a primary with a key, and by it, is signed (zone/tsig.h): nothing else of it is believed, and a zone is kept
 * when its last message was.
 *
 * Ownership: the config is lent until secondaries_fini; has_expired, is_followed and version of its zones are written.
 * Units:     microseconds of the monotonic clock.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 * Bounds:    SECONDARIES_MAX zones, REFRESH_PRIMARIES_MAX primaries and SECONDARY_NETBLOCKS_MAX netblocks each;
 *            `transfer-memory` of memory for all zones that are being transferred: others wait (transfer_room.h).
 */
#ifndef CAIRN_RESOLVER_SERVE_SECONDARIES_H
#define CAIRN_RESOLVER_SERVE_SECONDARIES_H

#include "resolver/serve/config.h"
#include "resolver/serve/kept_zones.h"
#include "resolver/serve/transfer_room.h"
#include "resolver/serve/tsig_keys.h"
#include "resolver/zone/notified.h"
#include "resolver/zone/refresh.h"
#include "stack/base/arena.h"
#include "stack/base/log.h"

#define SECONDARIES_MAX         128u
#define SECONDARY_NETBLOCKS_MAX 32u
#define SECONDARY_PORT          53u
#define SECONDARY_QUERY_BYTES_MAX (TRANSFER_QUERY_BYTES_MAX + TSIG_BYTES_MAX)

struct secondary_netblock {
	struct ip_addr prefix;
	unsigned prefix_len;
	const struct tsig_key *key; /* NULL: who speaks from there need not sign */
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
	size_t block_bytes;
	struct transfer_share share;
	enum transfer_kind wanted; /* while it waits for a share */
	struct tsig tsig;          /* of the query and its answer; without a key nothing is signed */
	struct tsig_hmac *hmac;    /* NULL: none of its primaries has a key */
	struct ip_addr asked;      /* whom */
	uint8_t query[SECONDARY_QUERY_BYTES_MAX]; /* signed */
};

struct secondaries {
	struct secondary *items;
	unsigned count;
	struct rng *rng;
	struct log log;
	struct transfer_room room;
	struct tsig_keys *keys;
	bool has_changed; /* the caller's to clear */
};

/* Who may speak for them, in the same order; *notified is NULL when there are none. */
int secondaries_notified(struct notified **notified, struct arena *arena, const struct config *config,
			 char error[CONFIG_ERROR_BYTES]);
/* Of a config that has been checked, and what the service has made of its zones (NULL: it has none).  ERR_NO_MEMORY. */
int secondaries_init(struct secondaries *secondaries, struct config *config, const struct kept_set *kept, struct rng *rng,
		     const struct log *log, uint64_t now_us);
void secondaries_fini(struct secondaries *secondaries);

/* A message of the primary's, with as much more memory as the zone may need for it. */
void secondaries_receive(struct secondaries *secondaries, struct secondary *secondary, const uint8_t *bytes, size_t size,
			 uint64_t now_us);
/* After that, each call on a zone's refresh, and for every zone when the deadline has come: what is left to be done, REFRESH_SEND or REFRESH_CLOSE.  False: nothing. */
bool secondaries_next(struct secondaries *secondaries, struct secondary *secondary, struct refresh_action *action,
		      uint64_t now_us);
uint64_t secondaries_deadline(const struct secondaries *secondaries);

#endif
