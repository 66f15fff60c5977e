/*
 * engine.h - the iterative resolver: questions in, upstream queries out, answers out (RFC 1034, section 5.3.3).
 *
 * The core of the resolver, with the five verbs of every core.  It does no I/O: the driver
 * (resolver/iterate/upstream.h over a stack; a replayed scenario; a test) moves what it says.
 *
 *     engine_ask(engine, &question, client, now)      a client's question
 *     engine_refer(engine, &question, ...)            who could answer what the caches cannot
 *     engine_refresh(engine, &question, id, now)      what was answered from the caches is asked anew, for them
 *     engine_receive(engine, query, bytes, now)       a reply to one of our queries
 *     engine_failed(engine, query, error, now)        the network says that it cannot be delivered
 *     engine_lost, engine_unsent                      its connection has ended; it never left this host
 *     engine_timed_out(engine, query, now)            the driver knows that no reply will come
 *     engine_fetched(engine, fetch, found, now)       the second level has answered, or never will
 *     engine_verified(engine, check, result, now)     a signature has been checked
 *     engine_begin_turn(engine)                       the driver's loop begins another turn
 *     engine_timeout(engine, now)                     what is due
 *     engine_next(engine, &action)                    until false: queries to send, queries to forget, answers to give
 *     engine_deadline(engine)                         when to call engine_timeout next
 *
 * A question becomes a task unless a task for the same question runs: then the client joins it.
 * A task is one state machine (iterate/task.h) with one arena and one work budget that also pays for every task
 * that it starts (addresses of name servers).
 *
 * Where there is a second level of the caches (second_level), a task whose name they do not know has it asked before any
 * server: ENGINE_FETCH.  Whoever fetches puts what is found into the caches, then says so; the task looks there once more.
 *
 * Where the driver can check signatures beside its loop (checks_at_once), those that take long are its: ENGINE_VERIFY.
 *
 * Ownership: lives in one block lent at engine_new; caches are shared with other engines and outlive it.
 *            What an action points to is lent until the next call on the same engine.
 * Units:     microseconds of the monotonic clock.
 * Errors:    ERR_FULL when a bound is met: the caller answers SERVFAIL or drops (ANSWER_NO_ROOM); ERR_UNSUPPORTED for a class other
 *            than IN.
 * Bounds:    struct engine_limits here; the budget of a question in iterate/budget.h.
 */
#ifndef CAIRN_RESOLVER_ITERATE_ENGINE_H
#define CAIRN_RESOLVER_ITERATE_ENGINE_H

#include "resolver/answer.h"
#include "resolver/cache/delegation.h"
#include "resolver/cache/infra.h"
#include "resolver/cache/negative.h"
#include "resolver/cache/rrset.h"
#include "resolver/policy/nat64.h"
#include "resolver/policy/rate.h"
#include "resolver/validate/rrsig.h"
#include "stack/addr.h"
#include "stack/stack.h"

struct engine;
struct anchors;
struct kept_zones;
struct crypto;
struct forwards;
struct prefixes;
struct client_strings;
struct rate_zones;
struct event_ring;
struct rebind;
struct rpz;
struct rng;

#define ENGINE_NEVER UINT64_MAX

struct caches {
	struct rrset_cache *rrsets;
	struct negative_cache *negatives;
	struct delegation_cache *delegations;
	struct infra *infra;
	struct ready_cache *ready; /* for whoever renders answers; the engine does not look at it */
};

struct engine_limits {
	uint32_t task_count;   /* tasks at once; each reserves task_arena_bytes of address space */
	uint32_t question_count; /* of them those that clients wait for; the second half by turns (jostle.c) */
	uint32_t client_count; /* clients waiting at once, over all tasks */
	uint32_t query_count;  /* upstream queries in flight */
	uint32_t clients_per_task;
	size_t task_arena_bytes;
};
extern const struct engine_limits engine_limits_default;

/* The behaviour; every field has unbound's option of the same name unless said otherwise. */
struct engine_config {
	bool do_ip4, do_ip6;
	enum addr_family preferred;  /* prefer-ip4, prefer-ip6; ADDR_NONE: neither */
	bool qname_minimisation;     /* RFC 9156 */
	bool use_caps_for_id;        /* 0x20 */
	bool send_cookie;            /* Cairn's: RFC 7873, towards servers */
	bool disable_edns_do;
	bool error_reporting;        /* dns-error-reporting: RFC 9567 */
	bool trust_anchor_signaling; /* RFC 8145 */
	bool root_key_sentinel;      /* RFC 8509 */
	bool harden_glue;
	bool val_permissive_mode, harden_algo_downgrade;
	bool harden_unverified_glue;
	bool iter_scrub_promiscuous; /* an NS set beside an answer directs nobody */
	bool aggressive_nsec;        /* RFC 8198 */
	bool prime_root;             /* Cairn's: RFC 8109 */
	struct nat64 nat64;          /* do-nat64, nat64-prefix; no prefix: IPv4 servers are asked as such */
	bool do_not_query_localhost; /* 127.0.0.0/8 and ::1 as upstream servers */
	bool tcp_upstream;           /* every server is asked over TCP alone */
	bool minimal_responses;      /* else answers have what extras.h adds */
	uint32_t cache_min_ttl_s, cache_max_ttl_s, cache_max_negative_ttl_s, cache_min_negative_ttl_s;
	struct rate_limit zone_rate; /* ratelimit: queries to the servers of one zone */
	bool second_level;           /* Cairn's: ENGINE_FETCH is understood */
	uint32_t checks_at_once;     /* Cairn's: so many ENGINE_VERIFY may be under way; 0: all signatures are checked here */
	uint32_t checks_turn_us;     /* Cairn's: with that, for how long a turn of the driver's loop is held up by them */
	bool prefetch;
	bool serve_expired;          /* RFC 8767 */
	bool serve_expired_ttl_reset;
	uint32_t serve_expired_ttl_s; /* how long after its end; UINT32_MAX: as long as it is there */
	uint32_t serve_expired_reply_ttl_s;
	uint32_t serve_expired_client_timeout_ms; /* 0: at once */
	uint32_t jostle_timeout_ms;
	uint32_t val_bogus_ttl_s;
	struct verify_skew val_sig_skew; /* val-sig-skew-min, val-sig-skew-max */
	uint8_t outbound_msg_retry;  /* queries to one server about one cut; at most BUDGET_SENDS_PER_NAME_MAX */
	uint16_t edns_udp_bytes;     /* edns-buffer-size */
	uint16_t server_port;        /* 53; tests may use another */
};
extern const struct engine_config engine_config_default;

size_t engine_bytes(const struct engine_limits *limits);
struct engine *engine_new(void *block, size_t block_bytes, const struct engine_limits *limits,
                          const struct engine_config *config, const struct caches *caches, struct rng *rng, uint64_t now_us);
/* Takes effect for what is asked from now on; what is kept already keeps its TTL. */
void engine_configure(struct engine *engine, const struct engine_config *config);
void engine_trace(struct engine *engine, struct event_ring *ring);

/*
 * Validation (RFC 4035): with anchors, answers are validated unless CD asks for them as they are.  Anchors and crypto are
 * lent for the engine's life or until the next call; crypto is this thread's.
 */
struct engine_trust {
	const struct anchors *anchors; /* NULL or empty: nothing is validated */
	struct crypto *crypto;
	int64_t wall_offset_s;         /* seconds since 1970 less the engine's clock, for the times in RRSIGs */
	uint32_t override_s;           /* val-override-date; 0: the clock */
	uint16_t nsec3_iterations_max; /* val-nsec3-keysize-iterations; 0: VALIDATE_NSEC3_ITERATIONS_MAX */
};
void engine_set_trust(struct engine *engine, const struct engine_trust *trust);

/* Zones whose servers the operator names; lent like the anchors. NULL: none. */
void engine_set_forwards(struct engine *engine, const struct forwards *forwards);

/* Zones that are kept here, looked into instead of asking their servers; lent like the anchors. NULL: none. */
void engine_set_kept(struct engine *engine, const struct kept_zones *kept);
/* Policy for the questions that ask for it; lent like the anchors. NULL: none. */
void engine_set_rpz(struct engine *engine, const struct rpz *rpz);
/* Words in queries to some servers; lent like the anchors. NULL: none. */
void engine_set_client_strings(struct engine *engine, const struct client_strings *strings);
/* Zones with limits of their own instead of zone_rate.per_s; lent like the anchors. NULL: none. */
void engine_set_rate_zones(struct engine *engine, const struct rate_zones *zones);
/* Netblocks of which no server is asked that a zone names; lent like the anchors. NULL: none. */
void engine_set_not_asked(struct engine *engine, const struct prefixes *not_asked);
/* Addresses that no public name may have; lent like the anchors. NULL: none. */
void engine_set_rebind(struct engine *engine, const struct rebind *rebind);

/* A root server's name and one of its addresses, from root.hints. At least one before the first question. */
int engine_add_hint(struct engine *engine, const struct name *server, const struct ip_addr *addr);
/*
 * RFC 8109: asks for the root's NS set now, in the background, and again before it expires.  Without it the first question
 * that needs the root has it asked.
 */
void engine_prime(struct engine *engine, uint64_t now_us);

struct engine_question {
	struct name qname; /* in the client's letter case */
	uint16_t qtype, qclass;
	bool dnssec_ok;         /* DO: RRSIGs and proofs are wanted in the answer */
	bool checking_disabled; /* CD */
	bool anew;              /* not from the caches: its zone's servers are asked (RFC 5011, section 2.3) */
	uint32_t policies;      /* the zones of policy/rpz.h that it is subject to, and RPZ_STREAM; 0: none */
};

/*
 * Answers from the caches alone, at once, into the arena given: the path of most queries.
 * Returns 0, or ERR_NOT_FOUND when the engine has to be asked; asked at once, it does not look a second time.
 */
int engine_cached(struct engine *engine, const struct engine_question *question, struct arena *arena,
                  struct answer *answer, uint64_t now_us);

/*
 * For who may look into the caches and no further (RD clear), after engine_cached: aliases as far as they are known, and the
 * servers of the deepest zone above the name that is known.  ERR_NOT_FOUND where there is none.  SECURITY_UNCHECKED: its NS set,
 * first in the authority section, has signatures that nobody has looked at; a question about it has that done.
 */
int engine_refer(struct engine *engine, const struct engine_question *question, struct arena *arena, struct answer *answer,
                 uint64_t now_us);

/*
 * After an answer of engine_cached with refresh_due.  False: it is not asked, since this engine is at it already, or half of all
 * tasks are in use, for clients come first.  `refresh` comes back when it is over, whatever came of it; 0: nobody wants to know.
 */
bool engine_refresh(struct engine *engine, const struct engine_question *question, uint64_t refresh, uint64_t now_us);

/* `client` comes back with the answer; it means nothing to the engine, 0 is allowed. */
int engine_ask(struct engine *engine, const struct engine_question *question, uint64_t client, uint64_t now_us);
/* The client has gone; its task goes on, for the cache. */
void engine_forget(struct engine *engine, uint64_t client);

/* Our queries are numbered by the engine: generation << 32 | index, never 0. */
typedef uint64_t engine_query;

void engine_receive(struct engine *engine, engine_query query, const uint8_t *bytes, size_t size, uint64_t now_us);
void engine_failed(struct engine *engine, engine_query query, enum stack_error error, uint64_t now_us);
/*
 * The connection of a query over TCP ended before its reply: it is sent again with the same bytes (RFC 7766,
 * section 6.2.4), FLIGHT_RESENDS_MAX times; after that it has failed.
 */
void engine_lost(struct engine *engine, engine_query query, uint64_t now_us);
/* All its time is over at once, for a driver whose clock stands still meanwhile: a scenario that is replayed. */
void engine_timed_out(struct engine *engine, engine_query query, uint64_t now_us);
/* It could not be sent for want of room here: no server is to blame. */
void engine_unsent(struct engine *engine, engine_query query, uint64_t now_us);
/* How far a name server is, as far as that is known; 0: not at all. */
uint32_t engine_srtt_us(const struct engine *engine, const struct ip_addr *server, uint64_t now_us);
/* What the ENGINE_FETCH of that number has come to; of a task that has gone on meanwhile, nothing.  Until then the task waits. */
void engine_fetched(struct engine *engine, engine_query fetch, bool found, uint64_t now_us);
/* What came of an ENGINE_VERIFY, each of which is to be told of once; of a task that did not wait so long, nothing. */
void engine_verified(struct engine *engine, engine_query check, enum crypto_result result, uint64_t now_us);
/* From here on signatures may be checked in its calls for checks_turn_us once more; only where there is checks_at_once. */
void engine_begin_turn(struct engine *engine);
void engine_timeout(struct engine *engine, uint64_t now_us);
uint64_t engine_deadline(const struct engine *engine);

enum engine_action_kind {
	ENGINE_SEND,   /* a new query: open a flow with a fresh random port and send bytes */
	ENGINE_CLOSE,  /* forget the query's flow */
	ENGINE_ANSWER, /* to a client */
	ENGINE_REFRESHED, /* `client` is the number of a refresh that is over */
	ENGINE_FETCH,  /* ask the second level for all that it has of name and type, and tell engine_fetched soon */
	ENGINE_VERIFY, /* check a signature (validate/crypto.h), of which a copy is to be made, and tell engine_verified */
};

enum engine_transport { ENGINE_UDP, ENGINE_TCP };

struct engine_action {
	enum engine_action_kind kind;
	engine_query query; /* of a FETCH or VERIFY: its own number */
	enum engine_transport transport;
	struct ip_addr server;
	uint16_t server_port;
	const uint8_t *bytes;
	size_t size;
	uint32_t cause; /* the task, for the trace */
	uint64_t client;
	const struct answer *answer;
	const struct name *fetch_name;
	uint16_t fetch_type;
	const struct verify_job *verify;
	const struct engine_question *question; /* the task's; the client's letter case is the client's to keep */
};
bool engine_next(struct engine *engine, struct engine_action *action);

struct engine_stats {
	uint64_t questions, cache_answers, joined, refused_full, answers, servfails;
	uint64_t jostled;           /* questions that made room for newer ones */
	uint64_t stale_answers;     /* whose time was over */
	uint64_t refreshes;         /* questions asked anew for the caches */
	uint64_t fetches, fetched;  /* asked of the second level, and found there */
	uint64_t sent_udp4, sent_udp6, sent_tcp4, sent_tcp6;
	uint64_t resent;            /* of those over TCP, once more on another connection */
	uint64_t unsent;            /* for want of room here */
	uint64_t crowded_out;       /* queries given up early, since others needed their places */
	uint64_t received, timeouts, retries, hedges, mismatched, malformed, lame, truncated;
	uint64_t primes, qmin_queries, edns_fallbacks, caps_fallbacks, budget_exceeded, cycles;
	uint64_t reports;           /* of errors, to the agents of their zones */
	uint64_t signals;           /* of the keys that are trusted, to their zones */
	uint64_t sentinels;         /* answers withheld to tell the same to a client */
	uint64_t rate_limited;      /* questions that failed by zone_rate */
	uint64_t cookies_missing;   /* replies without the cookie that the server used to have */
	uint64_t cookies_wrong;     /* replies with another cookie than the query's, and those that say so of ours */
	uint64_t unexpected;        /* datagrams for a query that is over */
	uint64_t unreachable;       /* errors from the network */
	uint64_t dropped_sets;      /* rrsets of replies that were not taken (iterate/scrub.h, referral.h) */
	uint64_t kept_zones;        /* answers and referrals out of zones that are kept here (zone/kept.h) */
	uint64_t synthesised;       /* answers out of what a zone has proved before */
	uint64_t signatures, bogus; /* signatures checked; answers that did not hold */
	uint64_t signatures_elsewhere; /* of them, beside the driver's loop */
	uint64_t stripped_addrs;    /* records with private addresses that were taken out (policy/rebind.h) */
	uint64_t broken_records;    /* records left out of replies, for they break the rules of their type */
	uint64_t corrected_aliases; /* replies whose CNAME did not agree with their DNAME */
	uint32_t tasks, clients, queries; /* now */
	uint32_t signatures_waiting;      /* now, for being checked elsewhere, or there */
};
void engine_stats(const struct engine *engine, struct engine_stats *stats);

#endif
