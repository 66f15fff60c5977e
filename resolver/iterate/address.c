/* Servers that a delegation names without telling their addresses (RFC 1034, section 5.3.3, step 2). */
#include <assert.h>

#include "resolver/iterate/engine_priv.h"
#include "resolver/wire/rdata.h"

static bool *
asked_flag(struct cut_ns *ns, enum addr_family family)
{
	return family == ADDR_IPV4 ? &ns->asked_ip4 : &ns->asked_ip6;
}

static bool
has_family(const struct cut *cut, enum addr_family family)
{
	for (unsigned i = 0; i < cut->server_count; i++)
		if (cut->servers[i].addr.family == family)
			return true;
	return false;
}

/* The one preferred, else IPv4, unless it is down, or has not helped so far and perhaps will not. */
static enum addr_family
first_family(struct engine *engine, const struct task *task)
{
	const enum addr_family first = engine->config.preferred == ADDR_IPV6 ? ADDR_IPV6 : ADDR_IPV4,
			       second = first == ADDR_IPV4 ? ADDR_IPV6 : ADDR_IPV4;
	bool is_suspect = engine__budget(engine, task)->in_trouble &&
			  has_family(task->cut, first) && !has_family(task->cut, second);
	return is_suspect || infra_family_down(engine->caches.infra, first, engine->now_us) ? second : first;
}

/* The family to look for next; ADDR_NONE when there is none left. */
static enum addr_family
next_family(const struct engine *engine, const struct cut_ns *ns, enum addr_family first)
{
	bool ip4 = cut_may_ask(&engine->policy, ADDR_IPV4) && !ns->asked_ip4, ip6 = cut_may_ask(&engine->policy, ADDR_IPV6) && !ns->asked_ip6;
	if (ip4 && ip6)
		return first;
	return ip4 ? ADDR_IPV4 : ip6 ? ADDR_IPV6 : ADDR_NONE;
}

static bool
add_set(struct engine *engine, struct cut *cut, unsigned ns, const struct rrset *set)
{
	size_t size = set->type == TYPE_A ? 4 : 16;
	struct rdata_walk walk;
	bool added = false;

	rdata_first(set, &walk);
	for (unsigned i = 0; i < set->rr_count && rdata_next(&walk); i++) {
		if (walk.size != size)
			continue;
		struct ip_addr addr =
			set->type == TYPE_A ? addr_ipv4(walk.bytes) : addr_ipv6(walk.bytes);
		added |= cut_add(cut, ns, &addr, &engine->policy);
	}
	return added;
}

/* A name server without any address left to be found is of no use. */
static void
settle(struct engine *engine, struct cut *cut, struct cut_ns *ns)
{
	if (ns->useless || ns->addr_count > 0 || ns->waits > 0 ||
	    next_family(engine, ns, ADDR_IPV4) != ADDR_NONE)
		return;
	ns->useless = true;
	cut->failed_count++;
}

static bool
known_addr(struct engine *engine, struct cut *cut, unsigned index, enum addr_family family)
{
	struct cut_ns *ns = &cut->ns[index];
	struct rrset *set;
	if (*asked_flag(ns, family) ||
	    !cut_may_ask(&engine->policy, family))
		return false;
	if (rrset_cache_get(engine->caches.rrsets, ns->name,
			    family == ADDR_IPV4 ? TYPE_A : TYPE_AAAA, CLASS_IN, TRUST_ANSWER,
			    &engine->scratch, &set, engine__now_s(engine)) != 0)
		return false;
	*asked_flag(ns, family) = true;
	return add_set(engine, cut, index, set);
}

/* One silence is enough: a dead server is not to be met again by another way. */
static bool
has_been_silent(const struct engine *engine, const struct ip_addr *addr)
{
	struct infra_server infra;

	infra_get(engine->caches.infra, addr, &infra, engine->now_us);
	return infra.down || infra.timeouts > 0;
}

static bool
add_glue_of(struct engine *engine, struct cut *cut, unsigned index, const struct delegation *delegation)
{
	bool added = false;

	for (unsigned i = 0; i < delegation->ns_count; i++) {
		const struct delegation_ns *ns = &delegation->ns[i];
		if (!name_equal(ns->name, cut->ns[index].name))
			continue;
		for (unsigned j = 0; j < ns->addr_count; j++)
			if (!has_been_silent(engine, &ns->addrs[j]))
				added |= cut_add(cut, index, &ns->addrs[j], &engine->policy);
	}
	return added;
}

/*
 * A server of another zone that lies in a zone which is delegated to it: the glue of that is where its address would be asked
 * for, so it is as good.
 */
static bool
known_glue(struct engine *engine, struct cut *cut)
{
	const size_t mark = arena_mark(&engine->scratch);
	struct delegation delegation;
	bool added = false;

	for (unsigned i = 0; i < cut->ns_count; i++) {
		if (!name_is_under(cut->ns[i].name, cut->zone) &&
		    delegation_cache_find(engine->caches.delegations, cut->ns[i].name, &engine->scratch, &delegation,
					  engine__now_s(engine)) == 0)
			added |= add_glue_of(engine, cut, i, &delegation);
		arena_rewind(&engine->scratch, mark);
	}
	return added;
}

bool
task__known_addrs(struct engine *engine, struct task *task)
{
	struct cut *cut = task->cut;
	bool added = false;
	for (unsigned i = 0; i < cut->ns_count; i++) {
		if (cut->ns[i].addr_count > 0 || cut->ns[i].useless)
			continue;
		added |= known_addr(engine, cut, i, ADDR_IPV4);
		added |= known_addr(engine, cut, i, ADDR_IPV6);
		settle(engine, cut, &cut->ns[i]);
	}
	if (cut->server_count == 0)
		added = known_glue(engine, cut);
	return added;
}

/* The task for a server's address: one that runs, or a new one that pays from the same purse. */
static struct task *
task_for(struct engine *engine, struct task *parent, const struct name *name,
	 enum addr_family family)
{
	struct budget *budget = engine__budget(engine, parent);
	struct engine_question question = {
		.qtype = family == ADDR_IPV4 ? TYPE_A : TYPE_AAAA,
		.qclass = CLASS_IN,
		/* Forged addresses of servers are found out by what those say. */
		.checking_disabled = engine->trust.anchors != NULL,
	};

	name_copy(&question.qname, name);
	uint64_t hash = task__hash(engine, &question);
	struct task *task = task__find(engine, &question, hash);
	if (task != NULL)
		return task;
	if (parent->depth + 1u > BUDGET_DEPTH_MAX || budget->subtasks >= BUDGET_SUBTASKS_MAX)
		return NULL;
	task = task__new(engine, &question, hash, parent->budget, (uint8_t)(parent->depth + 1));
	if (task != NULL)
		budget->subtasks++;
	return task;
}

static void
seek(struct engine *engine, struct task *parent, unsigned index, enum addr_family family)
{
	struct cut_ns *ns = &parent->cut->ns[index];
	struct task *child = task_for(engine, parent, ns->name, family);

	*asked_flag(ns, family) = true;
	if (child != NULL && wait__add(engine, parent, index, family, child)) {
		ns->waits++;
		return;
	}
	/* In circles the other family goes the same way. */
	ns->asked_ip4 = ns->asked_ip6 = true;
	settle(engine, parent->cut, ns);
}

static bool
may_seek(const struct cut *cut, const struct cut_ns *ns, bool all)
{
	if (ns->useless || ns->waits > 0)
		return false;
	/* Addresses inside of a zone that does not answer will not be found either. */
	return ns->addr_count == 0 || (all && !name_is_under(ns->name, cut->zone));
}

/*
 * One family of it.  Where addresses of others could be found, but what is there is silent, both: nobody knows which
 * it has, and time is worth more than a packet.
 */
static void
seek_ns(struct engine *engine, struct task *task, unsigned at)
{
	struct cut_ns *ns = &task->cut->ns[at];
	enum addr_family family = next_family(engine, ns, first_family(engine, task));

	if (family == ADDR_NONE)
		return;
	seek(engine, task, at, family);
	if (ns->addr_count > 0 || task->cut->server_count == 0 || !engine__budget(engine, task)->in_trouble)
		return;
	family = next_family(engine, ns, ADDR_IPV4);
	if (family != ADDR_NONE)
		seek(engine, task, at, family);
}

static unsigned
sought_count(const struct cut *cut)
{
	unsigned count = 0;
	for (unsigned i = 0; i < cut->ns_count; i++)
		count += cut->ns[i].waits > 0;
	return count;
}

/*
 * One at a time: names of servers mostly lie in one zone, and two tasks would ask for the way there twice.  When
 * the one is late (flights.c) this is called again.
 */
bool
task__seek_addrs(struct engine *engine, struct task *task, bool all)
{
	struct cut *cut = task->cut;
	unsigned sought = sought_count(cut);
	unsigned first = cut->ns_count > 0 ? rng_below(engine->rng, cut->ns_count) : 0;

	for (unsigned i = 0;
	     i < cut->ns_count && sought < BUDGET_NS_AT_ONCE && sought_count(cut) == sought; i++) {
		unsigned at = (first + i) % cut->ns_count;
		if (cut->failed_count >= BUDGET_NS_WITHOUT_ADDR_MAX)
			break; /* NXNSAttack */
		if (may_seek(cut, &cut->ns[at], all))
			seek_ns(engine, task, at);
	}
	return wait__count(task) > 0;
}

static bool
has_addr(const struct cut *cut, unsigned ns, enum addr_family family)
{
	for (unsigned i = 0; i < cut->server_count; i++)
		if (cut->servers[i].ns == ns && cut->servers[i].addr.family == family)
			return true;
	return false;
}

bool
task__seek_other_family(struct engine *engine, struct task *task)
{
	static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };
	struct cut *cut = task->cut;

	if (cut->by_operator)
		return false; /* he has said all, and his servers may have no names */
	for (unsigned i = 0; i < cut->ns_count && wait__count(task) == 0; i++)
		for (unsigned j = 0; j < 2 && wait__count(task) == 0; j++)
			if (!cut->ns[i].useless && !*asked_flag(&cut->ns[i], families[j]) &&
			    cut_may_ask(&engine->policy, families[j]) && !has_addr(cut, i, families[j]))
				seek(engine, task, i, families[j]);
	return wait__count(task) > 0;
}

static bool
has_ns(const struct cut *cut, const struct name *name)
{
	for (unsigned i = 0; i < cut->ns_count; i++)
		if (name_equal(cut->ns[i].name, name))
			return true;
	return false;
}

/*
 * The zone's own NS set, for as long as its delegation lives and when nothing else helps: the parent may be behind the times.
 * What stood beside an answer may be a forgery that nobody has asked for (CVE-2025-11411).
 */
bool
task__own_servers(struct engine *engine, struct task *task)
{
	const enum trust at_least = engine->config.iter_scrub_promiscuous ? TRUST_ANSWER_AA : TRUST_AUTHORITY_AA;
	struct cut *cut = task->cut;
	const unsigned known = cut->ns_count;
	struct rdata_walk walk;
	struct rrset *set;
	struct name name;

	if (cut->by_operator || cut->has_own ||
	    rrset_cache_get(engine->caches.rrsets, cut->zone, TYPE_NS, CLASS_IN, at_least, &engine->scratch, &set,
			    engine__now_s(engine)) != 0)
		return false;
	cut->has_own = true;
	rdata_first(set, &walk);
	for (unsigned i = 0; i < set->rr_count && rdata_next(&walk) && cut->ns_count < DELEGATION_NS_MAX; i++) {
		if (rdata_target(TYPE_NS, walk.bytes, walk.size, &name) != 0 || has_ns(cut, &name))
			continue;
		const struct name *stored = name_store(&task->arena, &name);
		if (stored != NULL)
			cut->ns[cut->ns_count++] = (struct cut_ns){ .name = stored };
	}
	return cut->ns_count > known;
}

/*
 * The zone that the name lies in does not know it, or leads nowhere: what that zone was itself delegated with is the
 * parent's word for the address (RFC 1034, section 4.2.2), and better than no server.
 */
static void
last_resort(struct engine *engine, struct cut *cut, unsigned index)
{
	const struct cut_ns *ns = &cut->ns[index];
	const size_t mark = arena_mark(&engine->scratch);
	struct delegation delegation;
	struct name zone;

	if (ns->addr_count > 0 || ns->waits > 0 || next_family(engine, ns, ADDR_IPV4) != ADDR_NONE)
		return;
	if (engine->policy.own_glue_alone &&
	    delegation_cache_find(engine->caches.delegations, cut->zone, &engine->scratch, &delegation,
				  engine__now_s(engine)) == 0)
		(void)add_glue_of(engine, cut, index, &delegation); /* what has not been verified is better than nothing, too */
	name_copy(&zone, ns->name);
	while (ns->addr_count == 0 &&
	       delegation_cache_find(engine->caches.delegations, &zone, &engine->scratch, &delegation,
				     engine__now_s(engine)) == 0 &&
	       !add_glue_of(engine, cut, index, &delegation) && name_labels(delegation.zone) > 0)
		name_tail(&zone, delegation.zone, name_labels(delegation.zone) - 1u);
	arena_rewind(&engine->scratch, mark);
}

void
task__on_addrs(struct engine *engine, struct task *parent, const struct task_wait *wait,
	       const struct task *child)
{
	if (wait->family == ADDR_NONE) {
		if (parent->validation.is_active)
			validation__heard(parent, child);
		return;
	}
	struct cut_ns *ns = &parent->cut->ns[wait->ns];
	const struct answer *answer = &child->answer;

	assert(ns->waits > 0);
	ns->waits--;
	if (child->spent && child->budget != parent->budget) {
		*asked_flag(ns, wait->family) =
			false; /* not its fault: once more, from our own purse */
		return;
	}
	if (answer->rcode !=
	    RCODE_NOERROR) /* no such name, or nobody who would tell: the other family neither */
		ns->asked_ip4 = ns->asked_ip6 = true;
	for (const struct rrset *set = answer->sections[SECTION_ANSWER]; set != NULL;
	     set = set->next) {
		if (set->type == TYPE_A || set->type == TYPE_AAAA)
			add_set(engine, parent->cut, wait->ns, set);
	}
	last_resort(engine, parent->cut, wait->ns);
	settle(engine, parent->cut, ns);
}
