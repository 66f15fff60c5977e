#include "stack/destination.h"

#include "stack/policy.h"

static bool
has_route(const struct destination *destination)
{
	return destination->source.family != ADDR_NONE;
}

static bool
scope_matches(const struct destination *destination)
{
	return addr_scope_of(&destination->addr) == addr_scope_of(&destination->source);
}

static bool
label_matches(const struct destination *destination)
{
	return addr_policy_of(&destination->addr).label == addr_policy_of(&destination->source).label;
}

/* RFC 6724, section 6: the first rule that tells them apart decides; with none of them the order stays (rule 10). */
static bool
is_before(const struct destination *a, const struct destination *b)
{
	if (has_route(a) != has_route(b))
		return has_route(a); /* rule 1 */
	if (!has_route(a))
		return false;
	if (scope_matches(a) != scope_matches(b))
		return scope_matches(a); /* rule 2 */
	if (label_matches(a) != label_matches(b))
		return label_matches(a); /* rule 5 */

	const unsigned a_precedence = addr_policy_of(&a->addr).precedence;
	const unsigned b_precedence = addr_policy_of(&b->addr).precedence;
	if (a_precedence != b_precedence)
		return a_precedence > b_precedence; /* rule 6 */

	const unsigned a_scope = addr_scope_of(&a->addr), b_scope = addr_scope_of(&b->addr);
	if (a_scope != b_scope)
		return a_scope < b_scope; /* rule 8 */
	return a->addr.family == b->addr.family && addr_common_bits(&a->source, &a->addr) >
							   addr_common_bits(&b->source, &b->addr); /* rule 9 */
}

/* Moves the entry at `from` up to `to`, the ones between one down. */
static void
move_up(struct destination *destinations, unsigned from, unsigned to)
{
	const struct destination moved = destinations[from];

	for (; from > to; from--)
		destinations[from] = destinations[from - 1];
	destinations[to] = moved;
}

void
destination_interleave(struct destination *destinations, unsigned count, const struct ip_addr *after)
{
	uint8_t family = after != NULL ? after->family : ADDR_NONE;

	for (unsigned i = 0; i < count; i++) {
		unsigned other = i;
		while (other < count && destinations[other].addr.family == family)
			other++;
		if (other == count)
			return;
		move_up(destinations, other, i);
		family = destinations[i].addr.family;
	}
}

void
destination_sort(struct destination *destinations, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		unsigned at = i;
		while (at > 0 && is_before(&destinations[i], &destinations[at - 1]))
			at--;
		move_up(destinations, i, at);
	}
}
