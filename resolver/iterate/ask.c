/* Step 3: which name is shown to which server, or which address has to be found first. */
#include <limits.h>

#include "resolver/iterate/engine_priv.h"
#include "resolver/iterate/lookup.h"
#include "resolver/iterate/select.h"
#include "resolver/policy/rate_zones.h"

static bool
is_spent(struct engine *engine, struct task *task)
{
	const struct budget *budget = engine__budget(engine, task);
	bool too_much = task->sends >= BUDGET_SENDS_PER_NAME_MAX ||
			budget->sends >= BUDGET_SENDS_MAX ||
			budget->received_bytes > BUDGET_RECEIVED_BYTES_MAX;

	if (!too_much && !budget_is_spent(budget, engine->now_us))
		return false;
	if (too_much || task->trouble == TROUBLE_NONE)
		task__trouble(task, TROUBLE_BUDGET, NULL);
	return true;
}

static enum task_state
fail_spent(struct engine *engine, struct task *task)
{
	task->spent = true;
	return task__fail(engine, task);
}

/* The name and type to show: shortened where it is not known yet that more is there. */
static void
next_question(struct engine *engine, struct task *task, struct name *qname, uint16_t *qtype)
{
	while (!qmin_is_whole(&task->qmin)) {
		name_tail(qname, task->sname, task->qmin.labels);
		*qtype = QMIN_TYPE;
		if (!lookup_exists(&engine->caches, qname, *qtype, &engine->scratch,
				   engine__now_s(engine))) {
			engine->stats.qmin_queries++;
			return;
		}
		qmin_longer(&task->qmin, task->sname);
	}
	name_copy(qname, task->sname);
	*qtype = task->question.qtype;
}

/* ---- to whom ------------------------------------------------------------------------------------- */

/* Against 1 of the family: a dead machine is more common than a dead family. */
#define KIN_OF_NAME 2u

struct options {
	struct option at[CUT_SERVERS_MAX];
	uint8_t servers[CUT_SERVERS_MAX];
	unsigned count;
	unsigned tries; /* of the one tried least */
	bool all_held;  /* also those that are being asked, or have been often enough */
};

/* False when the server has had its chances, or is just having one. */
static bool
has_chances(const struct engine *engine, struct cut_server *server, const struct infra_server *infra)
{
	if (!server->held_checked)
		server->held = infra->down || infra->timeouts >= INFRA_DOWN_TIMEOUTS;
	server->held_checked = true;
	return server->sends <
	       (server->held ? BUDGET_PROBES_PER_SERVER_MAX : engine->config.outbound_msg_retry);
}

/*
 * What a server has in common with those that are being waited for: the family, which may be down, and the
 * name.  One that never answered is perhaps dead, with all its addresses; where one has, something was lost.
 */
static uint8_t
kin_of(const struct engine *engine, const struct task *task, const struct cut_server *server)
{
	unsigned kin = 0;
	for (uint32_t at = task->queries; at != SLOT_NONE; at = engine->queries[at].next) {
		const struct flight *query = &engine->queries[at];
		kin += query->addr.family == server->addr.family;
		if (!query->proven && task->cut->servers[query->server].ns == server->ns)
			kin += KIN_OF_NAME;
	}
	return (uint8_t)kin;
}

/* Of the servers' families; both down is as good as neither. */
struct health {
	enum infra_health ip4, ip6;
};

static struct health
families(const struct engine *engine)
{
	struct health health = {
		.ip4 = infra_family_health(engine->caches.infra, ADDR_IPV4, engine->now_us),
		.ip6 = infra_family_health(engine->caches.infra, ADDR_IPV6, engine->now_us),
	};
	if (health.ip4 != INFRA_UP && health.ip6 != INFRA_UP)
		health.ip4 = health.ip6 = INFRA_UP;
	return health;
}

static void
collect(struct engine *engine, struct task *task, struct options *options)
{
	struct health health = families(engine);

	options->count = 0;
	options->tries = UINT_MAX;
	options->all_held = true;
	for (unsigned i = 0; i < task->cut->server_count; i++) {
		struct cut_server *server = &task->cut->servers[i];
		struct infra_server infra;
		if (server->useless)
			continue;
		infra_get(engine->caches.infra, &server->addr, &infra, engine->now_us);
		if (server->busy || !has_chances(engine, server, &infra)) {
			options->all_held &= server->held;
			continue;
		}
		enum infra_health family =
			server->addr.family == ADDR_IPV4 ? health.ip4 : health.ip6;
		options->servers[options->count] = (uint8_t)i;
		options->at[options->count++] = (struct option){
			.sends = server->sends,
			.held = infra.down || family == INFRA_DOWN,
			.probe = family == INFRA_PROBE,
			.lame = server->lame,
			.second = engine->config.preferred != ADDR_NONE && server->addr.family != engine->config.preferred,
			.known = infra.known,
			.timeouts = infra.timeouts,
			.heard = infra.srtt_us != 0 || infra.only_tcp,
			.kin = kin_of(engine, task, server),
			.estimate_us = infra.timeouts > 0 || infra.only_tcp ? infra.rto_us : infra.srtt_us,
		};
		options->all_held &= server->held || family == INFRA_DOWN;
		if (server->sends < options->tries)
			options->tries = server->sends;
	}
}

/* Lameness is looked up for the one that is chosen only. The root hints are the operator's word. */
static bool
is_lame(struct engine *engine, struct task *task, struct cut_server *server)
{
	if (server->lame_checked)
		return false; /* an option that is known to be lame has been chosen all the same */
	server->lame_checked = true;
	server->lame = validation__blames(task, &server->addr) ||
		       (!task->cut->by_operator &&
			infra_is_lame(engine->caches.infra, &server->addr, task->cut->zone, engine->now_us));
	return server->lame;
}

static unsigned
choose(struct engine *engine, struct task *task, struct options *options)
{
	bool may_explore = task->queries == SLOT_NONE && !engine__budget(engine, task)->in_trouble;
	for (;;) {
		unsigned at = select_option(options->at, options->count, may_explore, engine->rng);
		struct cut_server *server = &task->cut->servers[options->servers[at]];
		if (!is_lame(engine, task, server))
			return options->servers[at];
		options->at[at].lame = true;
	}
}

/* While a question is urgent two are asked at once, as long as that leaves something of the budget. */
static unsigned
servers_at_once(const struct engine *engine, const struct task *task)
{
	const struct budget *budget = engine__budget(engine, task);
	bool may_double = task->silent < BUDGET_SILENT_HASTE &&
			  task->sends < BUDGET_SENDS_PER_NAME_MAX * 3 / 4 &&
			  budget->sends < BUDGET_SENDS_MAX / 2;
	return may_double && budget_is_urgent(budget, engine->now_us) ? 2 : 1;
}

/* Of zones that were learnt: the operator's own may be asked as often as it takes, and the root if it has no limit itself. */
static bool
is_beyond_rate(struct engine *engine, const struct task *task)
{
	const struct cut *cut = task->cut;
	struct rate_limit limit = engine->config.zone_rate;
	struct name zone;
	if (cut->by_operator)
		return false;
	limit.per_s = rate_zones_find(engine->rate_zones, cut->zone, cut->zone_labels == 0 ? 0 : limit.per_s);
	if (limit.per_s == 0)
		return false;
	name_lower(&zone, cut->zone);
	return rate_take(&engine->zone_rates, &limit, zone.wire, zone.size, engine->now_us) == RATE_BEYOND;
}

static enum task_state
send(struct engine *engine, struct task *task, struct options *options)
{
	struct name qname;
	uint16_t qtype;

	if (is_beyond_rate(engine, task)) {
		if (task->query_count > 0)
			return TASK_WAITING;
		engine->stats.rate_limited++;
		task__trouble(task, TROUBLE_RATE, NULL);
		return task__fail(engine, task);
	}
	next_question(engine, task, &qname, &qtype);
	if (task->query_count == BUDGET_QUERIES_AT_ONCE)
		flight__close_oldest(engine, task);
	if (flight__send(engine, task, choose(engine, task, options), &qname, qtype) != 0) {
		if (task->query_count > 0)
			return TASK_WAITING; /* those under way may still be answered */
		task__trouble(task, TROUBLE_FULL, NULL);
		return task__fail(engine, task);
	}
	return task->fresh_count < servers_at_once(engine, task) ? TASK_ASK : TASK_WAITING;
}

/*
 * Nobody who speaks for the zone has helped: its servers that resolve for others are asked to.  That is a fault of who runs
 * the zone, and not its users'; a zone that is signed is protected all the same.
 */
static bool
turn_to_resolvers(struct cut *cut)
{
	bool has_one = false;

	for (unsigned i = 0; i < cut->server_count; i++) {
		struct cut_server *server = &cut->servers[i];
		if (!server->resolves || server->to_resolve)
			continue;
		server->to_resolve = has_one = true;
		server->useless = false;
		server->sends = 0;
	}
	return has_one;
}

/* No server is left to be asked: perhaps others have addresses that are not known yet. */
static enum task_state
ask_nobody(struct engine *engine, struct task *task)
{
	if (task__known_addrs(engine, task))
		return TASK_ASK;
	if (task__seek_addrs(engine, task, false) || task__seek_addrs(engine, task, true) ||
	    task->query_count > 0)
		return TASK_WAITING;
	if (task__own_servers(engine, task) || turn_to_resolvers(task->cut))
		return TASK_ASK;
	if (task->empties > 0)
		return task__answer(engine, task, RCODE_NOERROR, NULL, NULL, NULL); /* nobody has said more */
	if (task->trouble == TROUBLE_NONE)
		task__trouble(task, TROUBLE_NO_ADDR, NULL);
	return task__fail(engine, task);
}

/* A query is under way that is not late. */
static bool
expects_reply(const struct engine *engine, const struct task *task)
{
	for (uint32_t at = task->queries; at != SLOT_NONE; at = engine->queries[at].next)
		if (!engine->queries[at].late)
			return true;
	return false;
}

/* How many queries without a reply are enough. */
static uint32_t
silent_max(const struct task *task, const struct options *options)
{
	bool is_question = task->depth == 0;
	if (options->all_held)
		return is_question ? BUDGET_PROBES_MAX : BUDGET_PROBES_FOR_ADDR_MAX;
	return is_question ? BUDGET_SILENT_PER_TASK_MAX : BUDGET_SILENT_FOR_ADDR_MAX;
}

/* Somebody new may do better than another try; in trouble one server alone is not enough either. */
static void
seek_meanwhile(struct engine *engine, struct task *task, const struct options *options)
{
	bool is_alone = options->count == 1 && engine__budget(engine, task)->in_trouble;
	if (options->tries > 0 || is_alone)
		task__seek_addrs(engine, task, options->tries > 1);
}

/* Every server that can be asked has given a bogus answer. */
static bool
are_blamed(const struct task *task, const struct options *options)
{
	if (task->validation.restarts == 0)
		return false;
	for (unsigned i = 0; i < options->count; i++)
		if (!validation__blames(task, &task->cut->servers[options->servers[i]].addr))
			return false;
	return true;
}

enum task_state
task__ask(struct engine *engine, struct task *task)
{
	struct options options;
	enum task_state next;

	if (is_spent(engine, task))
		return fail_spent(engine, task);
	if (task->policies != 0 && policy__at_cut(engine, task, &next))
		return next;
	if (task->fresh_count >= servers_at_once(engine, task))
		return TASK_WAITING; /* woken by something else; a reply is still expected in time */
	collect(engine, task, &options);
	if (options.count == 0)
		return task->fresh_count > 0 ? TASK_WAITING : ask_nobody(engine, task);
	if (task->silent >= BUDGET_SILENT_HASTE && expects_reply(engine, task))
		return TASK_WAITING; /* it is more than loss: no haste any more */
	if (task->silent >= silent_max(task, &options))
		return wait__count(task) > 0 ? TASK_WAITING : fail_spent(engine, task);
	if (are_blamed(task, &options) &&
	    (task__seek_addrs(engine, task, false) || task__seek_other_family(engine, task)))
		return TASK_WAITING; /* another of the zone's servers may do better */
	seek_meanwhile(engine, task, &options);
	return send(engine, task, &options);
}
