/*
 * budget.h - how much work one question may cause (RFC 1034, section 5.3.3: "bound the amount of work").
 *
 * One struct is shared by a client's question and every task that is started for it, and it
 * survives restarts after an alias: whoever makes us ask a server pays from the same purse, so
 * no arrangement of delegations, aliases or glueless servers multiplies.  The attacks answered here are iDNS
 * (CVE-2014-8602), NXNSAttack (CVE-2020-12662), NRDelegation (CVE-2022-3204), TsuNAME and CAMP.
 *
 * A task that another question joined does not fail with the purse of the first one: it goes on
 * with a new purse (task.h).
 */
#ifndef CAIRN_RESOLVER_ITERATE_BUDGET_H
#define CAIRN_RESOLVER_ITERATE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/validate/limits.h"

#define BUDGET_TIME_US             8000000u    /* work on one question */
#define BUDGET_URGENT_US           400000u     /* after this, and a timeout, two servers are asked at once */
#define BUDGET_SENDS_MAX           200u        /* queries in all; 128 proved too few in the field (CAMP) */
#define BUDGET_SENDS_PER_NAME_MAX  32u         /* queries for one name of the chain of aliases */
#define BUDGET_SENDS_PER_SERVER    6u          /* queries to one server about one cut, if not configured: five losses in a row are no accident */
#define BUDGET_PROBES_PER_SERVER_MAX 2u        /* ... that was down before: a dead zone shall not cost much for every name */
#define BUDGET_RECEIVED_BYTES_MAX  131072u     /* octets of replies */
#define BUDGET_SILENT_HASTE        10u         /* queries of a task in a row without a reply: no haste any more ... */
#define BUDGET_SILENT_PER_TASK_MAX 16u         /* ... and no more queries */
#define BUDGET_SILENT_FOR_ADDR_MAX 10u         /* of a task that looks for the address of another's server */
#define BUDGET_SILENT_MAX          40u         /* the same of all tasks together */
#define BUDGET_PROBES_MAX          10u         /* instead of 16 where all servers were down before */
#define BUDGET_PROBES_FOR_ADDR_MAX 4u          /* ... and an address of another server is looked for */
#define BUDGET_CHAIN_MAX           11u         /* CNAMEs and DNAMEs followed */
#define BUDGET_REFERRALS_MAX       32u         /* cuts followed downward for one name */
#define BUDGET_DEPTH_MAX           8u          /* tasks started by tasks started by ... */
#define BUDGET_SUBTASKS_MAX        64u         /* tasks started for one question */
#define BUDGET_NS_WITHOUT_ADDR_MAX 5u          /* of one delegation, then it is given up */
#define BUDGET_NS_AT_ONCE          2u          /* servers whose addresses are looked for at the same time */
#define BUDGET_QUERIES_AT_ONCE     4u          /* of one task in flight, the late ones included */
#define BUDGET_EMPTIES_MAX         2u          /* replies for one name with neither answer nor SOA that others are asked after */
#define BUDGET_REDOS_MAX           3u          /* queries sent anew because somebody seems to guess */
#define BUDGET_STEPS_MAX           2000u       /* turns of the state machine: only our own bug gets there */

struct budget {
	uint64_t deadline_us;
	uint32_t holders; /* tasks that draw on it */
	uint32_t sends, subtasks;
	uint32_t silent; /* queries without a reply, of each task since something helped it */
	bool in_trouble; /* something timed out, however long ago */
	uint32_t received_bytes;
	unsigned signatures_left, hashes_left; /* validate/limits.h */
};

/* The client has waited for so long, and something was lost or is dead: time is worth more than packets now. */
static inline bool
budget_is_urgent(const struct budget *budget, uint64_t now_us)
{
	return budget->in_trouble && now_us + BUDGET_TIME_US >= budget->deadline_us + BUDGET_URGENT_US;
}

/*
 * A reply has helped a task on.  For the question itself that makes up for all silence; what helps a task
 * for the address of a server does not help to reach that server.
 */
static inline void
budget_on_help(struct budget *budget, bool is_question, uint32_t *task_silent)
{
	uint32_t ended = is_question || *task_silent > budget->silent ? budget->silent : *task_silent;
	budget->silent -= ended;
	*task_silent = 0;
}

static inline bool
budget_is_spent(const struct budget *budget, uint64_t now_us)
{
	return now_us >= budget->deadline_us || budget->sends >= BUDGET_SENDS_MAX ||
	       budget->silent >= BUDGET_SILENT_MAX || budget->received_bytes > BUDGET_RECEIVED_BYTES_MAX;
}

#endif
