#include "resolver/iterate/referral.h"

#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

/*
 * The place for the n-th (from 0) of a stream of which `max` are kept, each with the same chance (reservoir
 * sampling); max when it is not kept.
 */
static uint32_t
place_for(uint32_t n, uint32_t max, struct rng *rng)
{
	if (n < max)
		return n;
	uint32_t at = rng_below(rng, n + 1);
	return at < max ? at : max;
}

static int
read_servers(struct delegation *delegation, const struct rrset *ns, struct arena *arena,
	     struct rng *rng)
{
	const uint8_t *picked[DELEGATION_NS_MAX];
	uint16_t sizes[DELEGATION_NS_MAX];
	struct rdata_walk walk;
	uint32_t seen = 0;

	rdata_first(ns, &walk);
	for (uint32_t i = 0; i < ns->rr_count && rdata_next(&walk); i++) {
		uint32_t at = place_for(seen++, DELEGATION_NS_MAX, rng);
		if (at == DELEGATION_NS_MAX)
			continue;
		picked[at] = walk.bytes;
		sizes[at] = walk.size;
	}

	uint32_t count = seen < DELEGATION_NS_MAX ? seen : DELEGATION_NS_MAX;
	delegation->ns = arena_alloc(arena, count * sizeof *delegation->ns);
	if (delegation->ns == NULL)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		struct name name;
		if (rdata_target(TYPE_NS, picked[i], sizes[i], &name) != 0)
			continue;
		struct delegation_ns *server = &delegation->ns[delegation->ns_count];
		server->name = name_store(arena, &name);
		server->addr_count = 0;
		if (server->name == NULL)
			return ERR_NO_MEMORY;
		delegation->ns_count++;
	}
	return delegation->ns_count > 0 ? 0 : ERR_NOT_FOUND;
}

/* Which of the servers has that name; ns_count when none. */
static unsigned
server_named(const struct delegation *delegation, const struct name *name)
{
	unsigned i = 0;
	while (i < delegation->ns_count && !name_equal(delegation->ns[i].name, name))
		i++;
	return i;
}

static void
read_addrs(struct delegation_ns *server, const struct rrset *glue, uint32_t *seen, struct rng *rng)
{
	size_t size = glue->type == TYPE_A ? 4 : 16;
	struct rdata_walk walk;

	rdata_first(glue, &walk);
	for (uint32_t i = 0; i < glue->rr_count && rdata_next(&walk); i++) {
		if (walk.size != size)
			continue;
		struct ip_addr addr =
			glue->type == TYPE_A ? addr_ipv4(walk.bytes) : addr_ipv6(walk.bytes);
		delegation_add_addr(server, &addr, seen, rng);
	}
}

int
referral_read(struct delegation *delegation, const struct message *message, const struct rrset *ns,
	      const struct name *zone, bool harden_glue, struct arena *arena, struct rng *rng,
	      uint32_t *dropped)
{
	uint32_t seen[DELEGATION_NS_MAX] = { 0 };

	*delegation = (struct delegation){ .zone = ns->owner, .ttl_s = ns->ttl_s };
	int err = read_servers(delegation, ns, arena, rng);
	if (err != 0)
		return err;
	for (const struct rrset *set = message->sections[SECTION_ADDITIONAL]; set != NULL;
	     set = set->next) {
		unsigned at = delegation->ns_count;
		bool is_addr =
			(set->type == TYPE_A || set->type == TYPE_AAAA) && set->class == CLASS_IN;
		if (is_addr && (!harden_glue || name_is_under(set->owner, zone)))
			at = server_named(delegation, set->owner);
		if (at < delegation->ns_count)
			read_addrs(&delegation->ns[at], set, &seen[at], rng);
		else
			*dropped += 1;
	}
	for (struct rrset *set = message->sections[SECTION_AUTHORITY]; set != NULL;
	     set = set->next) {
		if (set->type == TYPE_DS && set->class == CLASS_IN &&
		    name_equal(set->owner, ns->owner))
			delegation->ds = set;
	}
	return 0;
}
