/*
 * client.h - the life of a client's query, from its octets to the octets of the answer.
 *
 *     access control -> parse -> what is refused by kind -> CHAOS, local zones, policy, ANY -> caches -> engine -> render
 *
 * A query that the caches can answer is answered in the call that brings it, straight into the buffer
 * that will be sent, without allocation; one that was answered a moment ago from a ready-made message, before any of
 * the steps behind parsing (client_ready.c).  One that needs the network becomes pending; its number goes with the
 * question into the engine and comes back with the answer.
 *
 * A core: it knows no sockets.  What moves octets is a listener (listener.h), known here only as a pointer
 * that comes back with the answer.
 *
 * Ownership: the block, the arena, the engine and the policy are the caller's and outlive the clients;
 *            a policy may be replaced between two calls (clients_set_policy).
 * Units:     microseconds of the loop's clock.
 * Errors:    values: every query has a fate, every fate a counter (stats.h).
 * Bounds:    pending_max pending queries, of which waiting_max wait for other workers; QUOTA_PENDING_MAX of one address; its
 *            rate, if the policy has one.
 */
#ifndef CAIRN_RESOLVER_SERVE_CLIENT_H
#define CAIRN_RESOLVER_SERVE_CLIENT_H

#include "resolver/cache/ready.h"
#include "resolver/iterate/engine.h"
#include "resolver/policy/acl.h"
#include "resolver/policy/chaos.h"
#include "resolver/policy/cookie.h"
#include "resolver/policy/dns64.h"
#include "resolver/policy/local.h"
#include "resolver/policy/rate.h"
#include "resolver/policy/rpz.h"
#include "resolver/policy/tags.h"
#include "resolver/policy/view.h"
#include "resolver/serve/quota.h"
#include "resolver/serve/respond.h"
#include "resolver/serve/stats.h"
#include "resolver/serve/underway.h"
#include "resolver/zone/tsig.h"
#include "stack/base/arena.h"

struct listener;

#define CLIENT_NONE     UINT32_MAX
#define CLIENT_WAITS_US 1000000u /* for another worker, once */

/* What the operator wants for clients; read by all workers, changed by none. */
struct client_policy {
	const struct acl *acl;
	const struct local *local;
	const struct views *views; /* NULL: none */
	const struct kept_zones *kept; /* NULL: none */
	struct notified *notified; /* NULL: nobody may say that a zone has changed */
	const struct rpz *rpz;   /* NULL: none */
	const struct tags *tags; /* of clients, for local zones and those of rpz; NULL: none */
	const struct dns64 *dns64; /* NULL: none */
	struct chaos_config chaos;
	struct respond_config respond;
	bool deny_any;
	bool no_dnssec; /* disable-edns-do: nobody is given signatures, for there are none */
	bool answers_anew; /* msg-cache-size has no room for an answer: nobody is answered from the caches */
	bool ignores_cd; /* ignore-cd-flag: what is bogus is given to nobody */
	bool answers_cookies; /* answer-cookie */
	struct rate_limit rate, cookie_rate; /* of a client over UDP; the latter of those with a good cookie */
	struct cookie_secret cookie_secret;
	uint64_t discard_after_us; /* discard-timeout; 0: never */
	uint32_t generation;       /* of the configuration: what was made under another is not for this one */
};

/* Where a query came from and where its answer goes. */
struct client_source {
	struct listener *listener;
	struct ip_addr addr;
	struct ip_addr
		local; /* the address that was asked; family NONE: the listener has only one */
	uint16_t port;
	bool is_stream;
	uint32_t scope;      /* interface index of a link-local client */
	uint64_t connection; /* streams: the listener's */
	uint64_t foreseen;   /* by clients_foresee; 0: nothing */
};

/* A query that waits for the engine. */
struct client_pending {
	struct client_source source;
	struct reply_form form;
	struct question question; /* in the client's letter case */
	uint64_t received_us;
	uint32_t policies; /* of the engine's question */
	uint32_t generation; /* of the configuration that its alias was followed under */
	uint8_t step;      /* enum dns64_step */
	uint32_t dns64_ttl_s;
	uint32_t next_free;
	uint64_t claim;        /* of its question, which another worker may wait for (underway.h); 0: none */
	uint64_t waits_for;    /* another worker's claim, until then: */
	uint64_t waits_until_us;
	uint32_t next_waiting;
	bool has_waited;
	bool is_used, has_alias;
	bool refers; /* without RD: what is asked is whether its referral holds */
};

enum client_fate {
	CLIENT_REPLIES, /* the answer stands in the buffer */
	CLIENT_PENDS,   /* it will come from the engine */
	CLIENT_DROPS,   /* there will be none */
};

/* What became of a query, for the caller and the query log.  Lent until the next call. */
struct client_outcome {
	enum client_fate fate;
	size_t reply_bytes;                /* CLIENT_REPLIES */
	const struct question *question;   /* NULL: not readable, or not read */
	const struct local_match *informs; /* a local zone of type inform has matched; else NULL */
	uint16_t rcode;
	bool from_cache; /* nothing was asked upstream for it */
	bool has_notified; /* policy->notified has a flag up */
	uint64_t elapsed_us;
	int ede;
	const char *ede_text;
	const struct policy_note *note; /* of a policy that is to be logged; else NULL */
	enum tsig_verdict refused_signature; /* TSIG_GOOD: none was */
	const struct tsig_key *wanted_key;   /* by which it should have been; NULL: by none */
};

struct clients {
	const struct client_policy *policy;
	struct engine *engine;
	struct ready_cache *ready; /* of all workers; NULL: none */
	struct underway *underway; /* of all workers; NULL: there is only one */
	unsigned worker;           /* which one this is */
	uint32_t waiting_max, waiting_count;
	uint32_t first_waiting, last_waiting;
	uint32_t looked_at;   /* the one before the next to be looked at; CLIENT_NONE: from the first on */
	bool look_at_waiting; /* some claim has gone */
	uint64_t to_tell;     /* workers, a bit each, that wait for what is claimed no more */
	struct arena *arena; /* of one query at a time */
	int64_t wall_offset_s; /* seconds since 1970 less the loop's clock, for cookies */
	struct server_stats stats;
	struct quota quota;
	struct rate_table rates;
	struct client_pending *pending;
	uint32_t pending_max;
	uint32_t first_free,
		first_unused; /* what was never used is not in the list, and its memory not touched */
	struct query query;   /* the one in hand */
	struct tsig tsig;     /* ... if it is signed */
	struct tsig_hmac *hmac; /* NULL: signatures are not looked at */
	struct local_match match;
	const struct name *alias; /* what is resolved instead of the question's name; NULL: that */
	bool is_renamed;          /* ... and then answered with under that name, without a CNAME */
};

size_t clients_bytes(uint32_t pending_max);
/* The block is zeroed. */
void clients_init(struct clients *clients, void *block, uint32_t pending_max,
		  const struct client_policy *policy, struct engine *engine, struct arena *arena,
		  struct rng *rng);
/* The wall clock may be set while we run. */
void clients_set_clock(struct clients *clients, int64_t wall_offset_s);
void clients_set_policy(struct clients *clients, const struct client_policy *policy);
/* With which the signatures of NOTIFY are made and verified; lent. */
void clients_set_hmac(struct clients *clients, struct tsig_hmac *hmac);
/* Answers are kept ready-made there, and looked for; lent. */
void clients_set_ready(struct clients *clients, struct ready_cache *ready);

/*
 * Questions are shared with other workers: `worker` is this one's number, below UNDERWAY_WORKERS_MAX, and at most waiting_max
 * queries wait for others at once.  Then, in every turn: what clients_due gives until it gives 0 is answered by
 * client_again, and the workers of clients_to_tell have clients_told called.
 */
void clients_set_underway(struct clients *clients, struct underway *underway, unsigned worker, uint32_t waiting_max);
void clients_told(struct clients *clients);
uint64_t clients_to_tell(struct clients *clients); /* a bit each, once */
/* The engine's ENGINE_REFRESHED. */
void clients_refreshed(struct clients *clients, uint64_t refresh);
/* A query that has waited long enough for another worker; 0: none. */
uint64_t clients_due(struct clients *clients, uint64_t now_us);
uint64_t clients_deadline(const struct clients *clients); /* when one is due in any case; ENGINE_NEVER */

/*
 * For several queries at hand, before the first is answered: where the ready-made answer lies that each will be looked for,
 * first foreseen for all, then fetched for all (cache/ready.h).  0: it cannot be told, or is not worth it for a single one.
 */
struct client_ahead {
	const uint8_t *bytes;
	size_t size;
	uint64_t foreseen; /* for client_source */
};
void clients_foresee(const struct clients *clients, struct client_ahead *queries, unsigned count);

/* A query's octets.  reply_max is at least RESPOND_UDP_BYTES_PLAIN. */
void client_query(struct clients *clients, const struct client_source *source, const uint8_t *bytes,
		  size_t size, uint8_t *reply, size_t reply_max, uint64_t now_us,
		  struct client_outcome *outcome);

/* Who waits behind the number that came back from the engine. */
const struct client_source *client_source_of(const struct clients *clients, uint64_t client);

/*
 * Renders the engine's answer and ends the query; its source is still readable until the next client_query.  With
 * CLIENT_PENDS nothing was written, and another answer will come for it.
 */
void client_answer(struct clients *clients, uint64_t client, const struct answer *answer,
		   uint8_t *reply, size_t reply_max, uint64_t now_us,
		   struct client_outcome *outcome);

/* As client_answer, for one that was due: the caches are asked again, then the engine. */
void client_again(struct clients *clients, uint64_t client, uint8_t *reply, size_t reply_max, uint64_t now_us,
		  struct client_outcome *outcome);

/* The listener goes away: answers to what came by it will be dropped. */
void clients_forget_listener(struct clients *clients, const struct listener *listener);

/* Ends a query whose answer nobody can take any more. */
void client_drop(struct clients *clients, uint64_t client);

#endif
