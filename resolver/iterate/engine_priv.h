/*
 * engine_priv.h - what the files of resolver/iterate share.
 *
 *	engine.c   memory and entries                     find.c     steps 1 and 2: the caches, the nearest cut
 *	task.c     a task from its start to its end       ask.c      step 3: which name to whom
 *	client.c   who asked                              hear.c     step 4: what a response means for its task
 *	wait.c     tasks that wait for tasks              learn.c    what of it goes into the caches
 *	flights.c  queries: sent, late, given up          outcome.c  the answer, or why there is none
 *	receive.c  replies, and what only looks like them address.c  servers without addresses
 *	actions.c  what the engine wants done             prime.c    what zones say of their servers themselves
 *	stale.c    what stands in for what cannot be had  jostle.c   places for questions
 *	validation.c, validation_set.c, validation_zone.c    whether an answer can be trusted
 *	policy.c   what policy makes of a task            report.c   what the keepers of a zone are told
 *	refer.c    who could answer what the caches cannot
 *	checks.c   where signatures are checked (checks.h)
 *
 * Everything else in the folder is pure and knows no engine.
 */
#ifndef CAIRN_RESOLVER_ITERATE_ENGINE_PRIV_H
#define CAIRN_RESOLVER_ITERATE_ENGINE_PRIV_H

#include "resolver/cache/spans.h"
#include "resolver/iterate/aggressive.h"
#include "resolver/iterate/checks.h"
#include "resolver/iterate/extras.h"
#include "resolver/iterate/hints.h"
#include "resolver/iterate/flight.h"
#include "resolver/iterate/lookup.h"
#include "resolver/iterate/scrub.h"
#include "resolver/iterate/slots.h"
#include "resolver/iterate/task.h"
#include "resolver/iterate/trace.h"
#include "stack/base/hash.h"
#include "stack/base/rng.h"

#define ENGINE_SCRATCH_BYTES (2u << 20) /* a reply of 64 KiB with every name decompressed */

enum engine_timer { TIMER_QUERY, TIMER_TASK, TIMER_PRIME };

struct client {
	uint64_t id;
	uint32_t task;
	uint32_t next;      /* of the task's */
	uint32_t prev;
	uint32_t hash_next; /* by id */
};

/* An action that waits for engine_next; the ring has room for every place's own. */
struct todo {
	enum engine_action_kind kind;
	uint32_t index; /* of a query or of an answered task */
};

/* Of the questions that clients wait for (jostle.c). */
struct places {
	uint32_t count, lasting_count;
	uint32_t oldest, newest; /* tasks with a brief place, TASK_NONE */
};

/* The response that a task in TASK_HEARD is to judge. */
struct heard {
	struct flight *query;
	struct message *message;
	uint32_t broken; /* records that were left out of it */
};

struct engine {
	struct engine_config config;
	struct engine_limits limits;
	struct caches caches;
	struct cut_policy policy;
	struct scrub_limits scrub_limits;
	struct rng *rng;
	struct event_ring *trace;
	struct hash_key key;
	uint64_t now_us; /* of the call that is being served */
	struct wheel wheel;
	struct hints hints;
	struct engine_trust trust;
	struct aggressive aggressive;
	struct spans *spans;
	const struct forwards *forwards;
	const struct kept_zones *kept;
	const struct rpz *rpz;
	const struct rebind *rebind;
	const struct client_strings *strings;
	const struct rate_zones *rate_zones;

	struct slots task_slots, budget_slots, query_slots, client_slots;
	struct task *tasks;
	struct budget *budgets;
	struct flight *queries;
	struct client *clients;
	uint8_t *arenas;
	uint32_t *task_heads, *client_heads; /* hash tables: index + 1, 0 is none */
	uint32_t task_mask, client_mask;

	struct todo *todos;
	uint32_t todo_head, todo_tail, todo_mask;
	uint32_t runnable, runnable_tail; /* tasks */
	struct places places;
	struct checks checks;
	uint32_t oldest_hedged, newest_hedged; /* queries; SLOT_NONE: there is none */
	uint32_t closing_count;                /* queries that are over, of which the driver has not heard */
	uint32_t lent_task;               /* its answers have been fetched, the last one may still be read */
	uint64_t visit;
	uint32_t next_cause;
	uint64_t missed; /* task__hash of what engine_cached, called last, knew nothing about; 0: none */

	struct rate_table zone_rates;
	bool counts_rates; /* the table is in use */

	struct arena scratch; /* what is of use only until the task rests */
	struct heard heard;
	struct wheel_timer prime_timer;
	bool primes_ahead;     /* the root's set is renewed before it ends */
	uint32_t primed_ttl_s; /* of the last answer, 0: none */
	uint32_t prime_wait_s;
	uint8_t datagram[FLIGHT_BYTES_MAX];
	struct engine_stats stats;
};

/* SERVFAIL in place of an answer that tells a client of the root's keys (sentinel.h). */
void engine__keep_sentinel(struct engine *engine, const struct engine_question *question, struct answer *answer);
/* A client's question put to the caches; clears *answer, which it fills. */
struct lookup engine__lookup_of(const struct engine *engine, const struct engine_question *question,
				struct answer *answer);

static inline uint32_t
engine__now_s(const struct engine *engine)
{
	return (uint32_t)(engine->now_us / 1000000u);
}

static inline uint32_t
engine__task_index(const struct engine *engine, const struct task *task)
{
	return (uint32_t)(task - engine->tasks);
}

static inline struct budget *
engine__budget(const struct engine *engine, const struct task *task)
{
	return &engine->budgets[task->budget];
}

static inline bool
engine__wants_extras(const struct engine *engine, uint16_t qtype)
{
	return extras_are_wanted(engine->config.minimal_responses, qtype);
}

static inline bool
engine__validates(const struct engine *engine, const struct engine_question *question)
{
	return engine->trust.anchors != NULL && !question->checking_disabled;
}

/* Given unjudged, where those of others are judged. */
static inline bool
engine__is_unjudged(const struct engine *engine, const struct engine_question *question)
{
	return engine->trust.anchors != NULL && question->checking_disabled;
}

/* For RRSIGs: seconds since 1970. */
static inline uint32_t
engine__wall_s(const struct engine *engine)
{
	return engine->trust.override_s != 0 ? engine->trust.override_s
					     : (uint32_t)(engine->trust.wall_offset_s + engine__now_s(engine));
}

/* ---- engine.c ---- */
/* At the begin of every entry: what was lent by the one before ends here. */
void engine__enter(struct engine *engine, uint64_t now_us);

/* ---- actions.c ---- */
void engine__todo(struct engine *engine, enum engine_action_kind kind, uint32_t index);

/* ---- task.c ---- */
/* NULL when there is no room. budget: SLOT_NONE for a purse of its own. */
struct task *task__new(struct engine *engine, const struct engine_question *question, uint64_t hash, uint32_t budget,
                       uint8_t depth);
struct task *task__find(struct engine *engine, const struct engine_question *question, uint64_t hash);
uint64_t task__hash(const struct engine *engine, const struct engine_question *question);
/* From the start, with the purse it has. */
void task__begin(struct engine *engine, struct task *task);
void task__open_purse(struct engine *engine, struct task *task);
void task__release_purse(struct engine *engine, struct task *task);
/* Runs at the end of the entry, once, however often it is said. */
void task__wake(struct engine *engine, struct task *task);
void task__run(struct engine *engine, struct task *task);
void task__run_all(struct engine *engine);
void task__free(struct engine *engine, struct task *task);
void task__on_timer(struct engine *engine, struct task *task);
/* A task that is done, for the clients of another: its answer is to be made in its arena. NULL: no room. */
struct task *task__new_done(struct engine *engine, const struct task *of);

/* ---- find.c ---- */
enum task_state task__look_up(struct engine *engine, struct task *task);
enum task_state task__find_cut(struct engine *engine, struct task *task);

/* ---- outcome.c ---- */
/* Remembers what went wrong, for the text of a failure. */
void task__trouble(struct task *task, enum trouble trouble, const struct ip_addr *server);
enum task_state task__fail(struct engine *engine, struct task *task);
/* Answers with sets of the scratch arena after the chain kept so far. */
enum task_state task__answer(struct engine *engine, struct task *task, uint16_t rcode, const struct rrset *answer,
                             const struct rrset *authority, const struct rrset *additional);
/* Keeps aliases, and the proofs of those that a wildcard made, and goes on at their end. */
enum task_state task__restart(struct engine *engine, struct task *task, const struct rrset *aliases,
                              unsigned alias_count, const struct name *end, const struct rrset *proofs);
/* What lies behind the chain kept so far goes: the cut, its queries, and the waiting for its servers. */
void task__leave_cut(struct engine *engine, struct task *task);
/* The next cut, downward; the place of the last one is used again. */
enum task_state task__set_cut(struct engine *engine, struct task *task, const struct delegation *delegation,
                              bool by_operator);

/* ... to the servers that the operator names for the zone. */
enum task_state task__set_given_cut(struct engine *engine, struct task *task, const struct forward_zone *zone);

/* Copies into an arena; NULL: it is full. */
struct rrset *outcome__keep_set(struct arena *arena, const struct rrset *set);
struct rrset **outcome__keep_sets(struct arena *arena, struct rrset **tail, const struct rrset *sets);

/* ---- policy.c ---- */
/* Of the cut's servers.  True: *next is where the task goes on. */
bool policy__at_cut(struct engine *engine, struct task *task, enum task_state *next);
/*
 * Of the names that the aliases of one reply lead to.  True: the sets are cut off behind the alias to one that is listed,
 * and resolution goes on at its target, *end.
 */
bool policy__cuts_chain(struct engine *engine, const struct task *task, struct rrset *sets, const struct name **end,
			unsigned *alias_count);
/* Of an answer that is made and judged: TASK_DONE, or where the task goes on. */
enum task_state policy__at_end(struct engine *engine, struct task *task);

/* ---- report.c ---- */
/* Who wants to hear of errors, as the server says. */
void report__learn_agent(struct task *task, const struct message *message);
/* The task has its answer. */
void report__failure(struct engine *engine, const struct task *task);

/* ---- signal.c ---- */
/* The task goes to its zone's servers: if it is for the keys of a trust anchor's zone, that is told which are trusted. */
void signal__on_keys(struct engine *engine, const struct task *task);

/* ---- validation.c ---- */
/* TASK_VALIDATE, or TASK_DONE when nobody wants to know. */
enum task_state validation__after_answer(const struct engine *engine, const struct task *task);
enum task_state task__validate(struct engine *engine, struct task *task);
/* Whether the server has given this task an answer that was bogus. */
bool validation__blames(const struct task *task, const struct ip_addr *server);
/* A task that was waited for has its answer. */
void validation__heard(struct task *task, const struct task *child);

/* ---- checks.c ---- */
/* Has the signatures of a set checked, after verify_begin. */
enum checked check__set(struct engine *engine, struct task *task, struct verify *verify);
/* The task cannot go on without a check. */
bool check__is_awaited(const struct task *task);
/* It is woken nevertheless: nothing but the end of its time ends that. */
enum task_state check__woken(struct engine *engine, struct task *task);
/* Whatever it has waited for: it does not any more. */
void check__leave(struct engine *engine, struct task *task);
/* The next ENGINE_VERIFY.  False: there is none; tasks may have come to an end nevertheless. */
bool check__next(struct engine *engine, struct engine_action *action);

/* ---- client.c ---- */
int client__add(struct engine *engine, struct task *task, uint64_t id);
uint32_t client__take_first(struct engine *engine, struct task *task);
struct client *client__find(struct engine *engine, uint64_t id);
void client__remove(struct engine *engine, struct client *client);
/* To a task that has none. */
void client__move_all(struct engine *engine, struct task *from, struct task *to);

/* ---- jostle.c ---- */
/* For a question that no client waits for yet; false: there is none, and nobody has been here for long enough. */
bool jostle__make_room(struct engine *engine);
/* A client waits for the task now; one that has a place keeps it. */
void jostle__enter(struct engine *engine, struct task *task);
/* None does any more. */
void jostle__leave(struct engine *engine, struct task *task);

/* ---- stale.c ---- */
/* An answer that the caches still hold, with serve-expired; false: there is none. */
bool stale__find(const struct engine *engine, const struct engine_question *question, struct arena *arena,
                 struct answer *answer, uint32_t now_s);
/* The same for the clients of a task, which `done` has or is about to get, as their answer; counted, and none if false. */
bool stale__give(struct engine *engine, const struct task *task, struct task *done);
/* A client waits for the task now: it may be told something after a while. */
void stale__on_join(struct engine *engine, struct task *task);
/* Arms the task's timer for what is due first. */
void stale__arm(struct engine *engine, struct task *task);
/* True: it was the clients' time that is over, not the purse's. */
bool stale__on_timer(struct engine *engine, struct task *task);
/* What the task's clients are told instead of SERVFAIL. */
void stale__on_failure(struct engine *engine, struct task *task);
/* How long what was validated stays in the caches after its end in spite of what this task learns, which is judged later. */
uint32_t stale__kept_s(const struct engine *engine, const struct task *task);

/* ---- ask.c ---- */
enum task_state task__ask(struct engine *engine, struct task *task);

/* ---- hear.c ---- */
enum task_state task__hear(struct engine *engine, struct task *task);
/* What the zone of the task's cut, which is kept here, says about sname, as the reply of a server of its own. */
enum task_state task__hear_kept(struct engine *engine, struct task *task, struct message *message);

/* ---- kept.c ---- */
/* The zone that is kept here and goes before the delegation and the servers that are named for it; NULL: none. */
const struct kept_zone *task__kept_zone(const struct engine *engine, const struct task *task,
					const struct delegation *delegation, bool by_operator, const struct forward_zone *given);
enum task_state task__ask_kept(struct engine *engine, struct task *task, const struct kept_zone *kept);

/* ---- address.c ---- */
/* Addresses that the caches know; true when there is a new one. */
bool task__known_addrs(struct engine *engine, struct task *task);
/* The answer of a task that was waited for. */
void task__on_addrs(struct engine *engine, struct task *parent, const struct task_wait *wait, const struct task *child);
/* Has a task look for an address of one more server; `all`: also of those that have one. True when one is awaited. */
bool task__seek_addrs(struct engine *engine, struct task *task, bool all);
/* The same of a server that has one, for the family in which it has none: the zone answers, but not well. */
bool task__seek_other_family(struct engine *engine, struct task *task);

/* Adds servers that the zone names itself, and its parent does not.  True when there is a new one. */
bool task__own_servers(struct engine *engine, struct task *task);

/* ---- wait.c ---- */
/* False when it would close a circle. */
bool wait__add(struct engine *engine, struct task *parent, unsigned ns, enum addr_family family, struct task *child);
void wait__drop_all(struct engine *engine, struct task *parent);
unsigned wait__count(const struct task *parent);
/* Tells those who wait for it that the task is done; only_budget: those of its purse. */
void wait__notify(struct engine *engine, struct task *child, bool only_budget);
/* Tells them that it takes longer than expected. */
void wait__late(struct engine *engine, const struct task *child);

/* ---- flights.c ---- */
/* `server` of the task's cut; the name in sname's case. Returns 0 or ERR_FULL. */
int flight__send(struct engine *engine, struct task *task, unsigned server, const struct name *qname, uint16_t qtype);
void flight__close(struct engine *engine, struct flight *query);
void flight__close_all(struct engine *engine, struct task *task);
void flight__close_oldest(struct engine *engine, struct task *task);
/* From now on another server may be asked; the query is still listened for. */
void flight__late(struct engine *engine, struct flight *query);
void flight__on_timer(struct engine *engine, struct flight *query);
/* Late and closed at once. */
void flight__give_up(struct engine *engine, struct flight *query);
/* The name that a query in flight shows, as its task spells it. */
void flight__trace_put(struct engine *engine, const struct flight *query, enum resolver_trace_kind kind, uint16_t rcode,
		       const char *meaning);
/* To the listener; where there is none, one comparison.  rcode and meaning are a reply's. */
static inline void
flight__trace(struct engine *engine, const struct flight *query, enum resolver_trace_kind kind, uint16_t rcode,
	      const char *meaning)
{
	if (engine->trace != NULL)
		flight__trace_put(engine, query, kind, rcode, meaning);
}

void flight__shown_name(const struct engine *engine, const struct flight *query, struct name *name);
struct flight *flight__find(struct engine *engine, engine_query number);

/* ---- learn.c ---- */
/* stale_s: stale__kept_s of the task that it is learnt for. */
void learn__response(struct engine *engine, const struct task *task, const struct scrubbed *scrubbed, const struct classified *classified,
                     const struct name *end, uint16_t qtype, uint32_t stale_s);
/* One set of what the task has learnt, with its rank. */
void learn__set(struct engine *engine, const struct task *task, const struct rrset *set, uint32_t stale_s);
/* For how long an address of a server of the zone that was asked is kept at most; 0: the set is none. */
uint32_t learn__server_s(const struct task *task, const struct rrset *set);
/* For how long all of these hold; UINT32_MAX when there is none. */
uint32_t learn__shortest_ttl(const struct rrset *sets);
/* The DS set that a referral brought, or the proof that there is none, for validation. */
void learn__ds(struct engine *engine, struct message *message, const struct name *zone);
void learn__failure(struct engine *engine, const struct task *task, int ede, const char *ede_text);

/* ---- prime.c ---- */
/* True: the task waits until the zone has said who serves it, or that takes long. */
bool prime__is_awaited(struct engine *engine, struct task *task, const struct name *zone);
/* The NS set that the zone's servers have given for it. */
void prime__heard(struct engine *engine, struct task *task, struct delegation *delegation);
void prime__failed(struct engine *engine);
void prime__on_timer(struct engine *engine);

#endif
