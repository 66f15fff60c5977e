/*
 * task.h - one question on its way to an answer: the state machine of RFC 1034, section 5.3.3.
 *
 * A task serves the clients that asked its question and the tasks that wait for its answer (a delegation
 * whose servers come without addresses); equal questions share one.  Handlers do the work of a state and
 * return the next one; task__step assigns it.  A task rests while it waits, and when it is done; it
 * never calls another task, it only makes it runnable.
 *
 * What a task keeps lies in its arena: first the chain of aliases that is answer already, then the cut,
 * which goes when the next cut is reached.
 *
 *	arena  | chain: CNAME, CNAME, ... | cut: servers |     free     |
 *	                           keep_mark
 *
 * Waiting is a graph without circles: a task that would close one is not waited for (TsuNAME).  The
 * purse (budget.h) is the first asker's; when it is spent and others still wait, the task goes on with a new one.
 */
#ifndef CAIRN_RESOLVER_ITERATE_TASK_H
#define CAIRN_RESOLVER_ITERATE_TASK_H

#include "resolver/iterate/budget.h"
#include "resolver/iterate/checks.h"
#include "resolver/iterate/classify.h"
#include "resolver/iterate/cut.h"
#include "resolver/iterate/engine.h"
#include "resolver/iterate/qmin.h"
#include "resolver/iterate/validation.h"
#include "stack/base/arena.h"
#include "stack/base/wheel.h"

#define TASK_WAITS_MAX (2u * BUDGET_NS_AT_ONCE) /* a family each */
#define TASK_NONE      UINT32_MAX
/* Of the number of a fetch or a check: the task's place, below what tells it from others that had the place. */
#define TASK_INDEX_BITS 24u
#define TASK_INDEX_MASK ((1u << TASK_INDEX_BITS) - 1)

enum task_state {
	TASK_LOOKUP,  /* step 1: sname is set; the caches have not been asked about it */
	TASK_FETCHING, /* step 1: the second level of the caches has been asked about it (engine.h) */
	TASK_CUT,     /* step 2: the caches do not know; the cut nearest to sname is to be found */
	TASK_ASK,     /* step 3: the cut is known, and no query on the way is still expected in time */
	TASK_WAITING, /* step 3: a query is in flight, or another task looks for a server's address */
	TASK_HEARD,   /* step 4: engine->heard is a response to one of our queries */
	TASK_VALIDATE, /* the answer is made, and whether it can be trusted is to be found out (validation.h) */
	TASK_VERIFYING, /* a signature of it is checked elsewhere, or waits for that (checks.h) */
	TASK_DONE,    /* the answer is made */
};

/* Why a question could not be answered; the last trouble is what the client is told (RFC 8914). */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_TIMEOUT,     /* a server did not reply */
	TROUBLE_UNREACHABLE, /* the network said so */
	TROUBLE_RESPONSE,    /* a server replied with something that does not help: `response` */
	TROUBLE_NO_ADDR,     /* no server of the zone has an address that can be asked */
	TROUBLE_BUDGET,      /* the purse is spent */
	TROUBLE_LOOP,        /* aliases or referrals without end */
	TROUBLE_FULL,        /* no place for a query */
	TROUBLE_RATE,        /* the zone has been asked too often this second (ratelimit) */
	TROUBLE_EXPIRED,     /* the zone is kept here, and has no records that still hold */
	TROUBLE_MEMORY,      /* the arena is full */
};

/* Of a task that clients wait for (jostle.c). */
enum place {
	PLACE_NONE,
	PLACE_LASTING, /* to its end */
	PLACE_BRIEF,   /* until a newer question needs it */
};

/* A task that this one waits for, and its place in that one's ring of waiters. */
struct task_wait {
	uint32_t child;      /* TASK_NONE: the place is free */
	uint8_t ns;          /* the name server of the cut whose address it brings */
	uint8_t family;      /* enum addr_family; ADDR_NONE: it brings a fact for validation (validation.h), or primes a zone */
	uint32_t prev, next; /* waiters of the same child: task * TASK_WAITS_MAX + place */
};

struct task {
	enum task_state state;
	uint32_t cause;           /* its number in the trace */
	uint32_t epoch;           /* of the network (cache/infra.h) when it began */
	struct engine_question question;
	uint64_t hash;            /* of the question */
	uint32_t hash_next;
	uint32_t runnable_next;
	bool runnable;
	bool in_table;
	bool asked;               /* something was sent for it */
	bool fetch_is_due;        /* an ENGINE_FETCH waits for engine_next */
	uint8_t fetched;          /* the second level was asked when there were so many aliases, less one */
	bool priming;             /* the root's own NS set has still to come: not from the cache, nor from a forwarder */
	bool awaited_priming;     /* sname's zone has had its time to say who serves it */
	bool refreshes;           /* nor with what the cache has not for long any more */
	uint64_t refresh;         /* the number of ENGINE_REFRESHED; 0: none */
	uint32_t policies;        /* of the question, until one of them lets it pass (rewrite.h) */
	bool past_given;          /* the servers that the operator names have failed: the ordinary way (forward-first) */
	bool spent;               /* it ended because its purse is spent */
	bool owns_purse;          /* it brought its budget along; else the budget is its starter's */
	bool may_be_stale;        /* the caches have something that may stand in for its answer (stale.c) */

	const struct name *sname; /* what is looked for now: the question's qname or the end of its aliases */
	struct arena arena;
	size_t keep_mark;
	struct rrset *chain, **chain_tail;
	uint8_t chain_count;
	struct cut *cut;          /* NULL: not known */
	struct qmin qmin;

	uint32_t budget;
	uint8_t depth;            /* 0: a client's */
	uint8_t redos;
	uint8_t empties;          /* replies about sname that said nothing, not even for how long */
	uint32_t sends;           /* for sname */
	uint32_t silent;          /* of the purse's silent ones those of this task: what helps it helps no other */
	uint32_t referrals;       /* since sname was set */
	uint32_t steps;
	struct wheel_timer timer; /* the purse's deadline, or stale_at_us */
	uint64_t stale_at_us;     /* when its clients are told what stands in; 0: never */

	uint32_t queries;         /* in flight, newest first */
	uint8_t query_count;
	uint8_t fresh_count;      /* of them: not late */
	struct task_wait waits[TASK_WAITS_MAX];
	uint32_t waiters;         /* head of the ring of those who wait for this one, TASK_NONE */
	uint32_t clients;         /* head of the list, oldest first */
	uint32_t clients_tail;
	uint32_t client_count;
	enum place place;
	uint64_t placed_us;       /* since when */
	uint32_t older, newer;    /* with a brief place: neighbours, TASK_NONE */
	uint64_t visit;           /* mark of the search for circles */

	enum trouble trouble;
	enum response response;   /* TROUBLE_RESPONSE */
	struct ip_addr trouble_server;

	struct name agent; /* for reports of errors (RFC 9567), of the server that was heard last; size 0: none */
	struct answer answer;
	struct rrset **authority_tail; /* where the next proof of the answer is linked */
	struct validation validation;
	struct task_check check;
};

static inline bool
task_rests(enum task_state state)
{
	return state == TASK_WAITING || state == TASK_FETCHING || state == TASK_VERIFYING || state == TASK_DONE;
}

#endif
