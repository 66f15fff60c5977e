/* zone_denial.c - the NSEC sets that show what a zone has not (zone.h; RFC 4035, section 3.1.3). */
#include "resolver/zone/zone_priv.h"

static bool
has(const struct rrset *sets, const struct rrset *set)
{
	for (; sets != NULL; sets = sets->next)
		if (sets->type == set->type && name_equal(sets->owner, set->owner))
			return true;
	return false;
}

int
zone__deny(const struct zone *zone, const struct name *name, struct arena *arena, struct zone_reply *reply)
{
	uint32_t at = zone__at_or_behind(zone, name);
	const bool is_own = at < zone->node_count && name_equal(zone->nodes[at].name, name);

	/* The apex is before every other name, so there is one in front. */
	const uint32_t denial = zone->nodes[is_own ? at : at - 1].denial;
	if (denial == 0)
		return 0;
	const struct rrset *nsec = zone__set(&zone->nodes[denial - 1], TYPE_NSEC);
	if (has(reply->sections[SECTION_AUTHORITY], nsec))
		return 0;
	return zone__put(reply, SECTION_AUTHORITY, nsec, NULL, arena);
}
