/*
 * world.h - a little internet at virtual time around one engine: servers with zones and with bad habits.
 *
 * Servers tell the truth of their zones (tests/sim/auth.h) unless a habit changes it.  They are found by address; what nobody owns swallows queries.  Replies travel delay_us each way and are lost with
 * loss_permil; the seed decides everything.  world_run moves time from event to event until
 * nothing is left to do or the time is over.
 */
#ifndef CAIRN_TESTS_RESOLVER_ITERATE_WORLD_H
#define CAIRN_TESTS_RESOLVER_ITERATE_WORLD_H

#include "resolver/iterate/engine.h"
#include "stack/base/rng.h"
#include "tests/resolver/iterate/records.h"
#include "tests/sim/auth.h"

#define WORLD_SERVERS_MAX 64u
#define WORLD_RESULTS_MAX 4096u
#define WORLD_PACKETS_MAX 4096u

struct world;
struct world_server;

struct world_zone {
	const char *apex, *text; /* a master file */
};

/* A reply before it is written; a habit may change anything. */
struct world_reply {
	uint16_t id, flags, rcode;
	bool no_question, no_edns, silent;
	struct question question;
	struct rrset *sections[SECTIONS];
	uint8_t *raw; /* instead of all else */
	size_t raw_bytes;
	struct world_reply *before; /* further datagrams, delivered just before this one */
};

typedef void world_habit(struct world *world, struct world_server *server,
			 const struct query *query, struct world_reply *reply);

struct world_server {
	struct ip_addr addr;
	struct auth auth;
	void *block;
	uint32_t delay_us;
	bool dead;
	world_habit *habit; /* NULL: behaves */
	void *context;
	unsigned asked;
	bool over_tcp; /* the query in hand came so */
};

struct world_result {
	bool done;
	uint16_t rcode;
	int ede;
	bool from_cache;
	uint8_t security; /* enum security */
	uint8_t fate;     /* enum answer_fate */
	char ede_text[256];
	struct rrset *sections[SECTIONS];
	uint64_t asked_us, took_us;
};

struct world_packet {
	uint64_t at_us;
	engine_query query;
	uint8_t *bytes;
	size_t size;
};

struct world_log {
	struct name qname;
	uint16_t qtype;
	bool edns, tcp;
	uint16_t id;
	struct ip_addr server;
};

struct world {
	uint64_t seed, now_us;
	uint32_t loss_permil;
	struct rng rng, dice; /* the engine's; the world's own */
	struct caches caches;
	void *blocks[5];
	size_t cache_bytes; /* of each of the first three */
	struct engine *engine;
	struct engine_config config;
	struct engine_limits limits;
	struct arena arena; /* of what is read and kept for the test */
	void *arena_block;
	struct world_server servers[WORLD_SERVERS_MAX];
	unsigned server_count;
	struct world_result results[WORLD_RESULTS_MAX];
	unsigned result_count, done_count;
	struct world_packet packets[WORLD_PACKETS_MAX];
	unsigned packet_count;
	/* ENGINE_FETCH, with second_level; NULL: nothing is found. */
	void (*on_fetch)(struct world *world, const struct engine_action *action);
	void *fetch_context;
	/* ENGINE_VERIFY, with checks_at_once; NULL: the signature is checked at once. */
	void (*on_verify)(struct world *world, const struct engine_action *action);
	void *verify_context;
	struct crypto *crypto; /* with which; NULL: it has not been needed */
	struct world_log *log; /* every query sent */
	unsigned sent_count, log_max;
	uint64_t refreshed; /* the last ENGINE_REFRESHED */
	bool has_forwarder; /* who is asked with RD; else nobody is */
};

/* config NULL: the default, with the root server 192.0.2.1 ("ns.root.") as hint and without priming. */
struct world *world_new(uint64_t seed, const struct engine_config *config);
/* With caches of so many octets each. */
struct world *world_new_sized(uint64_t seed, const struct engine_config *config, size_t cache_bytes);
/* Forgets all results and what was sent; nothing may be under way. */
void world_begin_anew(struct world *world);
void world_free(struct world *world); /* checks that nothing is left behind */

struct world_server *world_server(struct world *world, const char *addr,
				  const struct world_zone *zone);
void world_serve(struct world_server *server, const struct world_zone *zone); /* one more zone */
void world_serve_instead(struct world_server *server, const struct world_zone *zone);

/* For habits: nothing is in the reply but the question; a set of one record. */
void world_reply_clear(struct world_reply *reply, uint16_t flags, uint16_t rcode);
struct rrset *world_record(struct world *world, const char *owner, uint16_t type, uint32_t ttl_s, const char *value);

/* Asks and returns the number of the result; world_run has to follow. */
unsigned world_ask(struct world *world, const char *qname, uint16_t qtype);
unsigned world_ask_as(struct world *world, const struct engine_question *question);
/* Asks and runs until the answer is there. */
const struct world_result *world_resolve(struct world *world, const char *qname, uint16_t qtype);
const struct world_result *world_resolve_as(struct world *world, const struct engine_question *question);
/* The same from the caches alone; NULL: they do not know. */
const struct world_result *world_cached(struct world *world, const char *qname, uint16_t qtype);
void world_run(struct world *world, uint64_t for_us);

/* What ENGINE_VERIFY asks for, for a test's own on_verify. */
enum crypto_result world_verify(struct world *world, const struct verify_job *job);

/* Queries sent about a name and type (0: any), whatever the letter case. */
unsigned world_asked(const struct world *world, const char *qname, uint16_t qtype);

bool world_has(const struct world_result *result, enum dns_section section, const char *owner,
	       uint16_t type, const char *value);
unsigned world_count(const struct world_result *result, enum dns_section section);

#endif
