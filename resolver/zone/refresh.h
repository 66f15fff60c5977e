/*
 * refresh.h - keeps one zone as its primaries have it: when they are asked, in which order, and when it has expired
 * (RFC 1034, section 4.3.5; RFC 1035, section 3.3.13; RFC 1912, section 2.2; RFC 1995; RFC 1996; RFC 5936).
 *
 * A core: time and octets go in, actions come out.
 *
 *     refresh_begin(refresh, ..., now)       what is held, if anything is
 *     refresh_receive(refresh, bytes, now)   a message of the primary's
 *     refresh_failed(refresh, now)           its connection has ended, or cannot be made
 *     refresh_distrust(refresh, now)         what has come is not the primary's
 *     refresh_notify(refresh, now)           somebody who may says that there is something new
 *     refresh_timeout(refresh, now)          what is due
 *     refresh_next(refresh, &action)         until false
 *     refresh_deadline(refresh)              when to call refresh_timeout next
 *
 * How long ago a primary has last spoken for what is held when we begin is told: a zone's expire time goes on over restarts.
 *
 * A zone that is held is checked: the primary's SOA, and if that is newer its changes, or the whole where it will not give
 * changes or they do not fit.  One that is not held, or has expired, is asked for whole.  What does not help is the next primary's to do better; after
 * the last of them the SOA's retry passes, or, where nothing is held, a while that doubles.
 *
 * Ownership: REFRESH_PREPARE asks for memory and for the zone that is held, both lent until REFRESH_KEEP or REFRESH_CLOSE.
 *            They may be lent later: a primary's time begins then.
 * Units:     microseconds of the monotonic clock.
 * Bounds:    REFRESH_PRIMARIES_MAX, one connection at a time; REFRESH_SILENCE_US without a message, REFRESH_WHOLE_US for one
 *            primary; the SOA's times within REFRESH_S_MIN and REFRESH_S_MAX; transfer.h.
 */
#ifndef CAIRN_RESOLVER_ZONE_REFRESH_H
#define CAIRN_RESOLVER_ZONE_REFRESH_H

#include "resolver/zone/transfer.h"
#include "stack/addr.h"

struct rng;
struct tsig_key;

#define REFRESH_PRIMARIES_MAX 8u
#define REFRESH_SILENCE_US    UINT64_C(30000000)
#define REFRESH_WHOLE_US      UINT64_C(1800000000)
#define REFRESH_FIRST_US      UINT64_C(1000000) /* what is held when we begin may be old */
#define REFRESH_S_MIN         5u
#define REFRESH_S_MAX         2419200u /* RFC 1912, section 2.2: four weeks are long */
#define REFRESH_AGAIN_S_MIN   10u      /* nothing is held, and nobody gives it: doubled */
#define REFRESH_AGAIN_S_MAX   3600u
#define REFRESH_NEVER         UINT64_MAX

/* Who says that there is something new may be forged: no round begins sooner behind the last, or behind one that failed. */
#define REFRESH_NOTIFY_US        UINT64_C(2000000)
#define REFRESH_NOTIFY_FAILED_US UINT64_C(60000000)

struct refresh_primary {
	struct ip_addr addr;
	uint16_t port;
	const struct tsig_key *key; /* what is said to it and by it is signed (tsig.h), by who carries it; NULL: nothing is */
};

struct refresh_stats {
	uint64_t checks, current, whole, changes; /* asked for the SOA; nothing newer; zones taken in either way */
	uint64_t failures, refused, malformed, too_big; /* failures: of connections and of time */
	uint64_t notifies, expired, octets;
	uint64_t untrusted; /* messages whose signatures did not hold, by who has looked at them */
	uint64_t waited; /* for memory that other zones had (counted by who lends it) */
};

void refresh_stats_add(struct refresh_stats *sum, const struct refresh_stats *stats);

enum refresh_action_kind {
	REFRESH_SEND,    /* over the connection to the primary, which is made if there is none */
	REFRESH_CLOSE,   /* the connection is of no more use, nor is what was lent */
	REFRESH_PREPARE, /* call refresh_lend */
	REFRESH_KEEP,    /* `zone` is the new one: it lies in what was lent, until refresh_kept */
	REFRESH_CURRENT, /* a primary has spoken for what is held: from now on its age is counted */
	REFRESH_EXPIRE,  /* what is held counts no longer */
};

struct refresh_action {
	enum refresh_action_kind kind;
	const struct refresh_primary *primary; /* SEND */
	const uint8_t *bytes;                  /* without the length that TCP wants in front (RFC 1035, section 4.2.2) */
	size_t size;
	const struct zone *zone;               /* KEEP */
	enum transfer_kind by;
};

enum refresh_state { REFRESH_RESTS, REFRESH_WAITS, REFRESH_WANTS_MEMORY, REFRESH_HAS_ZONE };

struct refresh {
	const struct name *name;
	const struct refresh_primary *primaries;
	unsigned primary_count, primary;
	struct rng *rng;
	struct refresh_stats stats;
	enum refresh_state state;
	enum transfer_kind kind; /* what is being asked for */
	bool has_held, has_expired;
	bool is_wanted_again;    /* a NOTIFY has come meanwhile */
	struct soa soa;          /* of what is held */
	uint32_t again_s;
	uint64_t expires_us;     /* what is held, if no primary speaks for it before */
	uint64_t began_us;       /* the last round */
	bool has_failed;         /* which no primary has helped in */
	uint64_t due_us, silent_us, late_us;
	unsigned action_count;
	enum refresh_action_kind actions[4];
	uint8_t query[TRANSFER_QUERY_BYTES_MAX];
	size_t query_bytes;
	struct transfer transfer;
};

/* Whether a zone that its primaries spoke for so long ago counts no longer. */
bool refresh_is_too_old(const struct soa *soa, uint64_t age_us);
/* held NULL: nothing is held; else of what age.  Name, primaries and rng are lent. */
void refresh_begin(struct refresh *refresh, const struct name *name, const struct refresh_primary *primaries,
                   unsigned primary_count, const struct soa *held, uint64_t age_us, struct rng *rng, uint64_t now_us);
void refresh_receive(struct refresh *refresh, const uint8_t *bytes, size_t size, uint64_t now_us);
void refresh_failed(struct refresh *refresh, uint64_t now_us);
/* The primary has sent what it should not be believed: the next one is asked. */
void refresh_distrust(struct refresh *refresh, uint64_t now_us);
void refresh_notify(struct refresh *refresh, uint64_t now_us);
/* After REFRESH_PREPARE.  held NULL: it cannot be read, and the whole is asked for.  arena NULL: there is no memory. */
void refresh_lend(struct refresh *refresh, struct arena *arena, const struct zone *held, uint64_t now_us);
/* After REFRESH_KEEP: whether it is kept. */
void refresh_kept(struct refresh *refresh, bool is_kept, uint64_t now_us);
void refresh_timeout(struct refresh *refresh, uint64_t now_us);
bool refresh_next(struct refresh *refresh, struct refresh_action *action);
uint64_t refresh_deadline(const struct refresh *refresh);

#endif
