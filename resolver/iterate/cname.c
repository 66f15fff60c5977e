#include "resolver/iterate/cname.h"

#include <assert.h>

#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"

int
alias_target(const struct rrset *set, struct name *target)
{
	struct rdata_walk walk;
	if (set->rr_count != 1)
		return ERR_MALFORMED;
	rdata_first(set, &walk);
	if (!rdata_next(&walk))
		return ERR_MALFORMED;
	return rdata_target(set->type, walk.bytes, walk.size, target);
}

int
alias_synthesise(struct arena *arena, const struct rrset *dname, const struct name *qname,
		 struct rrset **cname)
{
	struct name target, made;
	int err = alias_target(dname, &target);
	if (err == 0)
		err = name_substitute(&made, qname, dname->owner, &target);
	if (err != 0)
		return err;

	struct rrset *set = arena_alloc(arena, sizeof *set);
	const struct name *owner = name_store(arena, qname);
	uint8_t *rdata = arena_alloc(arena, 2u + made.size);
	if (set == NULL || owner == NULL || rdata == NULL)
		return ERR_NO_MEMORY;
	struct writer writer = writer_over(rdata, 2u + made.size);
	writer_u16(&writer, made.size);
	writer_bytes(&writer, made.wire, made.size);
	*set = (struct rrset){
		.owner = owner,
		.type = TYPE_CNAME,
		.class = dname->class,
		.rr_count = 1,
		.ttl_s = dname->ttl_s,
		.rdata = rdata,
		.rdata_bytes = 2u + made.size,
	};
	*cname = set;
	return writer.err;
}

/*
 * What the answer section has for a name: a set that answers, or an alias; where both stand, which cannot be (RFC 1034,
 * section 3.6.2), the first one.  Below a DNAME there is nothing but what the DNAME makes (RFC 6672, section 2.4), so
 * it goes before all else.
 */
struct found {
	struct rrset *final, *cname, *dname;
};

static struct found
look_at(const struct message *message, const struct name *name, uint16_t qtype,
	const struct name *zone)
{
	struct found found = { 0 };
	for (struct rrset *set = message->sections[SECTION_ANSWER]; set != NULL; set = set->next) {
		bool answers = type_answers(set->type, qtype);
		if (set->class != CLASS_IN)
			continue;
		if (set->type == TYPE_DNAME && set->owner->size < name->size &&
		    name_is_under(name, set->owner) && name_is_under(set->owner, zone))
			found.dname = set;
		if ((set->type != TYPE_CNAME && !answers) || !name_equal(set->owner, name))
			continue;
		if (answers && found.final == NULL && (found.cname == NULL || type_stops_at_alias(qtype)))
			found.final = set;
		if (set->type == TYPE_CNAME)
			found.cname = set;
	}
	return found;
}

static void
chain_add(struct chain *chain, struct rrset *set)
{
	assert(chain->set_count < CHAIN_SETS_MAX);
	chain->sets[chain->set_count++] = set;
}

static bool
chain_fail(struct chain *chain, enum chain_fault fault)
{
	chain->fault = fault;
	return false;
}

static enum chain_fault
fault_of(int err)
{
	return err == ERR_TOO_BIG     ? CHAIN_OVERFLOW
	       : err == ERR_NO_MEMORY ? CHAIN_NO_MEMORY
				      : CHAIN_MALFORMED;
}

/* Goes one alias further; false when the chain ends here, soundly or not. */
static bool
chain_step(struct chain *chain, const struct found *found, uint16_t qtype, struct arena *arena)
{
	struct rrset *alias = found->cname;
	struct name target, told;

	if (chain->alias_count == BUDGET_CHAIN_MAX)
		return chain_fail(chain, CHAIN_TOO_LONG);
	chain->alias_count++;
	if (found->dname != NULL) {
		chain_add(chain, found->dname);
		int err = alias_synthesise(arena, found->dname, chain->end, &alias);
		if (err != 0)
			return chain_fail(chain, fault_of(err));
	}
	if (alias_target(alias, &target) != 0)
		return chain_fail(chain, CHAIN_MALFORMED);
	if (found->dname != NULL && found->cname != NULL)
		chain->corrected |=
			alias_target(found->cname, &told) != 0 || !name_equal(&told, &target);
	if (type_stops_at_alias(qtype)) {
		chain->final = alias;
		return false;
	}
	chain_add(chain, alias);
	chain->end = name_store(arena, &target);
	return chain->end != NULL || chain_fail(chain, CHAIN_NO_MEMORY);
}

/* What the signatures are to be looked for at: of a DNAME's alias they are the DNAME's. */
static const struct rrset *
first_of(const struct found *found)
{
	if (found->dname != NULL)
		return found->dname;
	return found->final != NULL ? found->final : found->cname;
}

/* False: it is to be asked for itself.  Without an alias before it, it has been. */
static bool
may_follow(const struct chain *chain, const struct rrset *first, bool is_behind_signed, enum chain_trust trust)
{
	const bool is_unsigned = first == NULL || first->sig_count == 0;

	switch (trust) {
	case CHAIN_TAKES_ALL:    break;
	case CHAIN_TAKES_SAME:   return first == NULL || !is_unsigned || !is_behind_signed;
	case CHAIN_TAKES_OWN:    return chain->alias_count == 0; /* signatures that nobody has looked at are anybody's */
	}
	return true;
}

void
chain_follow(struct chain *chain, const struct message *message, const struct name *qname,
	     uint16_t qtype, const struct name *zone, enum chain_trust trust, struct arena *arena)
{
	bool is_signed = false;

	chain->set_count = chain->alias_count = 0;
	chain->end = qname;
	chain->final = NULL;
	chain->outside = chain->corrected = false;
	chain->fault = CHAIN_SOUND;

	if (message->sections[SECTION_ANSWER] == NULL)
		return;
	while (!chain->outside) {
		struct found found = look_at(message, chain->end, qtype, zone);
		const struct rrset *first = first_of(&found);
		if (!may_follow(chain, first, is_signed, trust)) {
			chain->outside = true;
			return;
		}
		is_signed = first != NULL && first->sig_count > 0;
		if (found.dname == NULL)
			chain->final = found.final;
		if (chain->final != NULL || (found.cname == NULL && found.dname == NULL))
			return;
		if (!chain_step(chain, &found, qtype, arena))
			return;
		chain->outside = !name_is_under(chain->end, zone);
	}
}
