#include "resolver/cache/infra.h"

#include <pthread.h>
#include <string.h>

#include "resolver/cache/family.h"
#include "resolver/cache/lame.h"
#include "resolver/cache/server_set.h"
#include "resolver/wire/fold.h"
#include "stack/base/hash.h"

#define LOCKS        64u
#define SERVERS_LAME 4u /* servers a word about lameness */
#define RTT_MAX_US   10000000u

struct lock {
	alignas(SERVER_SET_LINE_BYTES) pthread_mutex_t mutex;
};

struct infra {
	struct hash_key key, cookie_key;
	struct server_set *sets;
	struct lame_set *lame_sets;
	uint32_t set_count, lame_set_count;
	_Atomic uint32_t network_epoch;
	struct family ipv4, ipv6;
	struct lock locks[LOCKS];
};

/* ---- the tables ----------------------------------------------------------------------------------- */

static uint32_t
sets_for(uint32_t server_count)
{
	return server_count / SERVER_SET_WAYS + 1;
}

static uint32_t
lame_sets_for(uint32_t server_count)
{
	return server_count / (SERVERS_LAME * LAME_WAYS) + 1;
}

size_t
infra_bytes(uint32_t server_count)
{
	return SERVER_SET_LINE_BYTES + sizeof(struct infra) +
	       lame_sets_for(server_count) * sizeof(struct lame_set) +
	       sets_for(server_count) * sizeof(struct server_set);
}

struct infra *
infra_new(void *block, size_t block_bytes, uint32_t server_count, struct rng *rng)
{
	if (block == NULL || block_bytes < infra_bytes(server_count))
		return NULL;
	uint8_t *memory = (uint8_t *)block + (-(uintptr_t)block & (SERVER_SET_LINE_BYTES - 1));
	struct infra *infra = (struct infra *)(void *)memory;
	memory += sizeof *infra;
	infra->key = hash_key_draw(rng);
	infra->cookie_key = hash_key_draw(rng);
	infra->lame_set_count = lame_sets_for(server_count);
	infra->lame_sets = (struct lame_set *)(void *)memory;
	memory += infra->lame_set_count * sizeof(struct lame_set);
	infra->set_count = sets_for(server_count);
	infra->sets = (struct server_set *)(void *)memory;

	infra->network_epoch = 1;
	family_init(&infra->ipv4);
	family_init(&infra->ipv6);
	for (unsigned i = 0; i < LOCKS; i++)
		pthread_mutex_init(&infra->locks[i].mutex, NULL);
	return infra;
}

static struct family *
family_of(struct infra *infra, uint8_t family)
{
	assert(family == ADDR_IPV4 || family == ADDR_IPV6);
	return family == ADDR_IPV4 ? &infra->ipv4 : &infra->ipv6;
}

static uint64_t
hash_addr(const struct infra *infra, const struct ip_addr *addr)
{
	uint64_t words[2];
	memcpy(words, addr->octets, sizeof words);
	return hash_u64x2(&infra->key, words[0] ^ addr->family, words[1]);
}

/* Where a server is, or may be put, and the lock of who writes there. */
struct place {
	struct server_set *set;
	pthread_mutex_t *lock;
	uint16_t tag;
};

static struct place
place_of(struct infra *infra, const struct ip_addr *addr)
{
	uint64_t hash = hash_addr(infra, addr);
	uint32_t set = (uint32_t)((hash & UINT32_MAX) * infra->set_count >> 32);
	return (struct place){
		.set = &infra->sets[set],
		.lock = &infra->locks[set % LOCKS].mutex,
		.tag = (uint16_t)(hash >> 48 | 1),
	};
}

/* ---- one server ----------------------------------------------------------------------------------- */

/* Workers read the clock once a loop turn each: what one has written may lie ahead of another's now. */
static bool
is_older(uint64_t at_us, uint64_t age_us, uint64_t now_us)
{
	return now_us > at_us && now_us - at_us >= age_us;
}

/* Drops what time or a change of epoch has made void. */
static void
server_refresh(struct infra *infra, struct server *server, uint64_t now_us)
{
	uint32_t network_epoch = infra->network_epoch;
	uint32_t family_now = family_epoch(family_of(infra, server->addr.family));
	if (is_older(server->active_at_us, INFRA_ENTRY_US, now_us))
		*server = (struct server){ .addr = server->addr };
	if (server->family_epoch != family_now) {
		server->family_epoch = family_now;
		server->timeouts = server->holds = 0;
		server->down_until_us = 0;
	}
	if (server->network_epoch != network_epoch) {
		server->network_epoch = network_epoch;
		server->edns = INFRA_EDNS_UNKNOWN;
		server->caps = CLAIM_NONE;
		server->only_tcp = false;
		server->cookie_bytes = 0;
	}
	if (server->edns >= INFRA_EDNS_SUSPECT &&
	    is_older(server->edns_at_us, INFRA_ENTRY_US, now_us))
		server->edns = INFRA_EDNS_UNKNOWN;
	if (is_older(server->caps_at_us, INFRA_ENTRY_US, now_us))
		server->caps = CLAIM_NONE;
	if (is_older(server->only_tcp_at_us, INFRA_ENTRY_US, now_us))
		server->only_tcp = false;
}

/* RFC 6298, section 2, without back-off; the clock's granularity is far below INFRA_RTO_MIN_US. */
static uint32_t
base_rto(const struct server *server)
{
	if (server->srtt_us == 0)
		return INFRA_RTO_FIRST_US;
	uint32_t margin_us = 4 * server->rttvar_us;
	if (margin_us < server->srtt_us / INFRA_RTO_MARGIN)
		margin_us = server->srtt_us / INFRA_RTO_MARGIN;
	uint32_t rto_us = server->srtt_us + margin_us;
	if (rto_us < INFRA_RTO_MIN_US)
		return INFRA_RTO_MIN_US;
	return rto_us < INFRA_RTO_MAX_US ? rto_us : INFRA_RTO_MAX_US;
}

/* RFC 6298, section 5.5: doubled for each timeout in a row. */
static uint32_t
backed_off_rto(const struct server *server)
{
	uint32_t rto_us = base_rto(server);
	for (unsigned i = 0; i < server->timeouts && rto_us < INFRA_RTO_MAX_US; i++)
		rto_us *= 2;
	return rto_us < INFRA_RTO_MAX_US ? rto_us : INFRA_RTO_MAX_US;
}

/* RFC 6298, sections 2.2 and 2.3. */
static void
server_measure(struct server *server, uint32_t rtt_us)
{
	if (rtt_us == 0)
		rtt_us = 1;
	if (rtt_us > RTT_MAX_US)
		rtt_us = RTT_MAX_US;
	if (server->srtt_us == 0) {
		server->srtt_us = rtt_us;
		server->rttvar_us = rtt_us / 2;
		return;
	}
	uint32_t off_us =
		server->srtt_us > rtt_us ? server->srtt_us - rtt_us : rtt_us - server->srtt_us;
	server->rttvar_us = (3 * server->rttvar_us + off_us) / 4;
	server->srtt_us = (7 * server->srtt_us + rtt_us) / 8;
}

/* Leaves the server alone, unless it is left alone already: what was under way then tells nothing new. */
static void
server_hold(struct server *server, uint64_t now_us)
{
	if (server->timeouts < INFRA_DOWN_TIMEOUTS || now_us < server->down_until_us)
		return;
	uint64_t hold_us = (uint64_t)INFRA_DOWN_MIN_US << server->holds;
	if (hold_us < INFRA_DOWN_MAX_US)
		server->holds++;
	else
		hold_us = INFRA_DOWN_MAX_US;
	server->down_until_us = now_us + hold_us;
}

/* Queries that were under way together time out together: within one RTO they count as one. */
static void
server_time_out(struct server *server, uint64_t now_us)
{
	bool same_burst = server->timeouts > 0 &&
			  !is_older(server->timed_out_at_us, base_rto(server), now_us);
	server->known = true;
	if (same_burst)
		return;
	server->timed_out_at_us = now_us;
	if (server->timeouts < UINT8_MAX)
		server->timeouts++;
}

static void
server_revive(struct server *server, uint64_t now_us)
{
	server->known = true;
	server->heard_at_us = now_us;
	server->timeouts = server->holds = 0;
	server->down_until_us = 0;
}

/* ---- the verbs ------------------------------------------------------------------------------------ */

/* What is known of the server, if anything is; no lock, unless somebody writes in its set. */
static bool
server_read(struct infra *infra, const struct ip_addr *addr, struct server *server, uint64_t now_us)
{
	const struct place place = place_of(infra, addr);
	enum server_set_result result = server_set_get(place.set, place.tag, addr, server, now_us);

	if (result == SERVER_SET_TORN) {
		pthread_mutex_lock(place.lock);
		result = server_set_get(place.set, place.tag, addr, server, now_us);
		pthread_mutex_unlock(place.lock);
	}
	if (result == SERVER_SET_FOUND)
		server_refresh(infra, server, now_us);
	return result == SERVER_SET_FOUND;
}

/* A server that something is being learnt of: a copy, to be put back. */
struct change {
	struct place place;
	unsigned way;
	uint64_t now_us;
	struct server server;
};

/* The set stays locked until change_end. */
static struct server *
change_begin(struct change *change, struct infra *infra, const struct ip_addr *addr, uint64_t now_us)
{
	change->place = place_of(infra, addr);
	change->now_us = now_us;
	pthread_mutex_lock(change->place.lock);
	change->way = server_set_find(change->place.set, change->place.tag, addr, &change->server);
	server_refresh(infra, &change->server, now_us);
	change->server.active_at_us = now_us;
	return &change->server;
}

static void
change_end(const struct change *change)
{
	const struct place *place = &change->place;

	server_set_put(place->set, change->way, place->tag, &change->server, change->now_us);
	pthread_mutex_unlock(place->lock);
}

void
infra_get(struct infra *infra, const struct ip_addr *addr, struct infra_server *out,
	  uint64_t now_us)
{
	struct server server;

	if (!server_read(infra, addr, &server, now_us))
		server = (struct server){ .addr = *addr };
	*out = (struct infra_server){
		.known = server.known,
		.srtt_us = server.srtt_us,
		.rttvar_us = server.rttvar_us,
		.rto_us = backed_off_rto(&server),
		.timeouts = server.timeouts,
		.down = now_us < server.down_until_us,
		.down_until_us = server.down_until_us,
		.edns = (enum infra_edns)server.edns,
		.caps_broken = server.caps == CLAIM_CONFIRMED,
		.only_tcp = server.only_tcp,
		.heard_at_us = server.heard_at_us,
	};
}

void
infra_heard(struct infra *infra, const struct ip_addr *addr, uint32_t rtt_us, uint64_t now_us)
{
	family_heard(family_of(infra, addr->family));
	struct change change;
	struct server *server = change_begin(&change, infra, addr, now_us);
	server_revive(server, now_us);
	server->only_tcp = false;
	server_measure(server, rtt_us);
	change_end(&change);
}

void
infra_heard_tcp(struct infra *infra, const struct ip_addr *addr, uint64_t now_us)
{
	family_heard(family_of(infra, addr->family));
	struct change change;
	struct server *server = change_begin(&change, infra, addr, now_us);
	if (server->srtt_us == 0 && server->timeouts > 0) {
		server->only_tcp = true;
		server->only_tcp_at_us = now_us;
	}
	server_revive(server, now_us);
	change_end(&change);
}

/* The /24 or /48 that a server is in. */
static uint64_t
prefix_of(const struct ip_addr *addr)
{
	uint64_t prefix = 0;
	memcpy(&prefix, addr->octets, addr->family == ADDR_IPV4 ? 3 : 6);
	return prefix;
}

void
infra_timed_out(struct infra *infra, const struct ip_addr *addr, uint64_t now_us)
{
	family_failed(family_of(infra, addr->family), prefix_of(addr), now_us);
	struct change change;
	struct server *server = change_begin(&change, infra, addr, now_us);
	server_time_out(server, now_us);
	server_hold(server, now_us);
	change_end(&change);
}

void
infra_unreachable(struct infra *infra, const struct ip_addr *addr, uint64_t now_us)
{
	family_failed(family_of(infra, addr->family), prefix_of(addr), now_us);
	struct change change;
	struct server *server = change_begin(&change, infra, addr, now_us);
	server_time_out(server, now_us);
	if (server->timeouts < INFRA_DOWN_TIMEOUTS)
		server->timeouts = INFRA_DOWN_TIMEOUTS;
	server_hold(server, now_us);
	change_end(&change);
}

void
infra_edns_says(struct infra *infra, const struct ip_addr *addr, enum infra_edns edns,
		uint64_t now_us)
{
	struct change change;
	struct server *server = change_begin(&change, infra, addr, now_us);
	if (server->edns != INFRA_EDNS_BROKEN || edns < INFRA_EDNS_SUSPECT) {
		bool confirmed = edns == INFRA_EDNS_BROKEN && server->edns == INFRA_EDNS_SUSPECT;
		if (edns == INFRA_EDNS_BROKEN && !confirmed)
			edns = INFRA_EDNS_SUSPECT;
		server->edns = (uint8_t)edns;
		server->edns_at_us = now_us;
	}
	change_end(&change);
}

void
infra_cookie_get(struct infra *infra, const struct ip_addr *addr, struct infra_cookie *cookie, uint64_t now_us)
{
	uint8_t hashed[sizeof addr->octets + sizeof(uint32_t)];
	const uint32_t network_epoch = infra->network_epoch;

	memcpy(hashed, addr->octets, sizeof addr->octets);
	memcpy(hashed + sizeof addr->octets, &network_epoch, sizeof network_epoch);
	const uint64_t hash = hash_bytes_24(&infra->cookie_key, hashed, sizeof hashed);
	memcpy(cookie->client, &hash, sizeof cookie->client);
	cookie->server_bytes = 0;

	struct server server;
	if (!server_read(infra, addr, &server, now_us))
		return;
	cookie->server_bytes = server.cookie_bytes;
	memcpy(cookie->server, server.cookie, server.cookie_bytes);
}

void
infra_cookie_learn(struct infra *infra, const struct ip_addr *addr, const uint8_t *cookie, size_t cookie_bytes,
		   uint64_t now_us)
{
	struct change change;
	assert(cookie_bytes >= INFRA_COOKIE_SERVER_BYTES_MIN && cookie_bytes <= INFRA_COOKIE_SERVER_BYTES_MAX);
	struct server *server = change_begin(&change, infra, addr, now_us);
	server->cookie_bytes = (uint8_t)cookie_bytes;
	memcpy(server->cookie, cookie, cookie_bytes);
	change_end(&change);
}

void
infra_caps_broken(struct infra *infra, const struct ip_addr *addr, uint64_t now_us)
{
	struct change change;
	struct server *server = change_begin(&change, infra, addr, now_us);
	if (server->caps != CLAIM_CONFIRMED) {
		server->caps = server->caps == CLAIM_NONE ? CLAIM_HEARD : CLAIM_CONFIRMED;
		server->caps_at_us = now_us;
	}
	change_end(&change);
}

/* ---- lameness ------------------------------------------------------------------------------------- */

static uint64_t
hash_pair(const struct infra *infra, const struct ip_addr *addr, const struct name *zone)
{
	uint8_t key[sizeof addr->octets + 1 + NAME_BYTES_MAX];
	memcpy(key, addr->octets, sizeof addr->octets);
	key[sizeof addr->octets] = addr->family;
	fold_copy(key + sizeof addr->octets + 1, zone->wire, zone->size);
	return hash_bytes(&infra->key, key, sizeof addr->octets + 1 + zone->size) | 1;
}

static uint32_t
lame_set_of(const struct infra *infra, uint64_t pair)
{
	return (uint32_t)((pair >> 32) * infra->lame_set_count >> 32);
}

void
infra_lame(struct infra *infra, const struct ip_addr *addr, const struct name *zone,
	   uint64_t now_us)
{
	const uint64_t pair = hash_pair(infra, addr, zone);
	const uint32_t set = lame_set_of(infra, pair);
	pthread_mutex_t *lock = &infra->locks[set % LOCKS].mutex;

	pthread_mutex_lock(lock);
	lame_say(&infra->lame_sets[set], pair, infra->network_epoch, (uint32_t)(now_us / 1000000));
	pthread_mutex_unlock(lock);
}

bool
infra_is_lame(const struct infra *infra, const struct ip_addr *addr, const struct name *zone,
	      uint64_t now_us)
{
	const uint64_t pair = hash_pair(infra, addr, zone);

	return lame_is_said(&infra->lame_sets[lame_set_of(infra, pair)], pair, infra->network_epoch, (uint32_t)(now_us / 1000000));
}

/* ---- families and the network --------------------------------------------------------------------- */

enum infra_health
infra_family_health(struct infra *infra, enum addr_family family, uint64_t now_us)
{
	return family_health(family_of(infra, (uint8_t)family), now_us);
}

/* now_us is there for symmetry with the other verbs: epochs need no time. */
void
infra_network_changed(struct infra *infra, uint64_t now_us)
{
	(void)now_us;
	infra->network_epoch++;
	family_forget(&infra->ipv4);
	family_forget(&infra->ipv6);
}

/* A network's epoch starts one of each family too, and each only grows: so does the sum. */
uint32_t
infra_epoch(const struct infra *infra)
{
	return family_epoch(&infra->ipv4) + family_epoch(&infra->ipv6);
}
