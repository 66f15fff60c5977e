/*
 * infra.h - what is known of servers by address: round-trip time, EDNS, lameness, outages
 * (RFC 6298; RFC 6891, section 6.2.2).
 *
 * Shared by all workers, in a fixed table of sets (server_set.h), which is read without a lock; the entry used least recently
 * of a set makes room.
 * The rules: anything learnt from an unauthenticated datagram (broken EDNS, broken letter case, lameness) is
 * provisional until a second, independent exchange says the same: each verb here is called once an exchange.
 * An outage is held for INFRA_DOWN_MIN_US, doubling, and all that is held against a family's servers is
 * forgotten when any server of that family answers after a silence of the family.  Timeouts
 * within one RTO of each other count once: they are one burst that was lost.  A server of which TCP alone has been
 * heard is asked over TCP at once for INFRA_ENTRY_US; then datagrams have another chance.  Each server sees a client
 * cookie of its own (RFC 7873; RFC 9018, section 3), which changes with the network, so that nobody is followed by it.
 *
 * Ownership: the block is zeroed memory as mmap gives it, lent for good; it becomes resident as it is used.
 * Units:     microseconds of the monotonic clock.
 * Bounds:    server_count servers and a fourth as many pairs of server and zone.
 */
#ifndef CAIRN_RESOLVER_CACHE_INFRA_H
#define CAIRN_RESOLVER_CACHE_INFRA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/wire/name.h"
#include "stack/addr.h"

struct infra;
struct rng;

#define INFRA_RTO_FIRST_US  300000u
#define INFRA_RTO_MIN_US    30000u
#define INFRA_RTO_MAX_US    3000000u
#define INFRA_RTO_MARGIN    4u /* the RTO is SRTT and at least this part of it, else steady replies let it shrink to SRTT */
#define INFRA_DOWN_TIMEOUTS 3u
#define INFRA_DOWN_MIN_US   2000000u  /* how long a server is left alone after so many timeouts ... */
#define INFRA_DOWN_MAX_US   60000000u /* ... doubling up to this */
#define INFRA_LAME_US       900000000u
#define INFRA_ENTRY_US      900000000u /* after this silence an entry is as good as none */

#define INFRA_COOKIE_CLIENT_BYTES 8u
#define INFRA_COOKIE_SERVER_BYTES_MIN 8u
#define INFRA_COOKIE_SERVER_BYTES_MAX 32u

/* DNS cookies: ours for this server, and its own, if it has given one. */
struct infra_cookie {
	uint8_t client[INFRA_COOKIE_CLIENT_BYTES];
	uint8_t server_bytes; /* 0: none is known */
	uint8_t server[INFRA_COOKIE_SERVER_BYTES_MAX];
};

enum infra_edns { INFRA_EDNS_UNKNOWN, INFRA_EDNS_WORKS, INFRA_EDNS_SUSPECT, INFRA_EDNS_BROKEN };

struct infra_server {
	bool known;            /* a reply or a timeout has been seen */
	uint32_t srtt_us, rttvar_us;
	uint32_t rto_us;       /* with back-off */
	uint8_t timeouts;      /* in a row */
	bool down;             /* held: use only when nothing else is left, and as a probe */
	uint64_t down_until_us;
	enum infra_edns edns;
	bool caps_broken;      /* does not repeat the question's letter case (0x20) */
	bool only_tcp;         /* answers over TCP, and no datagram ever */
	uint64_t heard_at_us;
};

size_t infra_bytes(uint32_t server_count);
/* NULL when the block is too small. */
struct infra *infra_new(void *block, size_t block_bytes, uint32_t server_count, struct rng *rng);

/* Never fails: an unknown server has the initial values. */
void infra_get(struct infra *infra, const struct ip_addr *server, struct infra_server *out, uint64_t now_us);
void infra_heard(struct infra *infra, const struct ip_addr *server, uint32_t rtt_us, uint64_t now_us);
/* A reply over TCP: alive, whatever became of datagrams; the round-trip time stays, for a handshake is part of this one. */
void infra_heard_tcp(struct infra *infra, const struct ip_addr *server, uint64_t now_us);
void infra_timed_out(struct infra *infra, const struct ip_addr *server, uint64_t now_us);
/* An ICMP error that passed its checks, or no route: as good as INFRA_DOWN_TIMEOUTS timeouts. */
void infra_unreachable(struct infra *infra, const struct ip_addr *server, uint64_t now_us);
/*
 * The first BROKEN makes it SUSPECT, the next BROKEN without a WORKS between them makes it so; after INFRA_ENTRY_US
 * EDNS is tried again.
 */
void infra_edns_says(struct infra *infra, const struct ip_addr *server, enum infra_edns edns, uint64_t now_us);
void infra_caps_broken(struct infra *infra, const struct ip_addr *server, uint64_t now_us);

/* What goes into a query, and what a reply to it has brought. */
void infra_cookie_get(struct infra *infra, const struct ip_addr *server, struct infra_cookie *cookie, uint64_t now_us);
void infra_cookie_learn(struct infra *infra, const struct ip_addr *server, const uint8_t *cookie, size_t cookie_bytes,
			uint64_t now_us);

/* Lameness is of a server for a zone, and holds from the second time on. */
void infra_lame(struct infra *infra, const struct ip_addr *server, const struct name *zone, uint64_t now_us);
bool infra_is_lame(const struct infra *infra, const struct ip_addr *server, const struct name *zone, uint64_t now_us);

/*
 * A whole family is down when it has been silent: every exchange since its last reply failed, over several prefixes.
 * Advice for choosing between the families: when both are down, choose as if neither were.  After a hold
 * of one to eight seconds a few callers are told to probe: to ask one server of it, whatever is held against that.
 */
enum infra_health { INFRA_UP, INFRA_PROBE, INFRA_DOWN };
enum infra_health infra_family_health(struct infra *infra, enum addr_family family, uint64_t now_us);

static inline bool
infra_family_down(struct infra *infra, enum addr_family family, uint64_t now_us)
{
	return infra_family_health(infra, family, now_us) == INFRA_DOWN;
}

/* Addresses or routes of the host have changed: what failed before is forgotten. */
void infra_network_changed(struct infra *infra, uint64_t now_us);

/* Another number whenever what failed before may work now: after a change of the network or a silence of a family. */
uint32_t infra_epoch(const struct infra *infra);

#endif
