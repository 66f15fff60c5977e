/* zone_write.c - a zone as a master file (zone.h). */
#include <stdio.h>
#include <string.h>

#include "resolver/zone/zone_priv.h"

void
zone_write_begin(struct zone_writing *writing, const struct zone *zone)
{
	*writing = (struct zone_writing){ .zone = zone };
}

/* The SOA, then all sets but that; NULL behind the last. */
static const struct rrset *
next_set(struct zone_writing *writing)
{
	const struct zone *zone = writing->zone;
	const struct rrset *set;

	if (!writing->has_soa) {
		writing->has_soa = true;
		return zone->soa_set;
	}
	do {
		if (writing->next == NULL && writing->node == zone->node_count)
			return NULL;
		if (writing->next == NULL)
			writing->next = zone->nodes[writing->node++].sets; /* no node is without */
		set = writing->next;
		writing->next = set->next;
	} while (set == zone->soa_set);
	return set;
}

int
zone_write_next(struct zone_writing *writing, char *line, size_t line_bytes)
{
	char owner[NAME_TEXT_BYTES], type_text[TYPE_TEXT_BYTES];

	if (writing->set == NULL || writing->record == (unsigned)writing->set->rr_count + writing->set->sig_count) {
		writing->set = next_set(writing);
		if (writing->set == NULL)
			return 0;
		writing->record = 0;
		rdata_first(writing->set, &writing->walk);
	}
	const struct rrset *set = writing->set;
	const uint16_t type = writing->record++ < set->rr_count ? set->type : TYPE_RRSIG;
	(void)rdata_next(&writing->walk);
	const int head = snprintf(line, line_bytes, "%s %u IN %s ", name_to_text(set->owner, owner, sizeof owner), set->ttl_s,
				  type_to_text(type, type_text, sizeof type_text));
	if (head < 0 || (size_t)head + 2 > line_bytes)
		return ERR_FULL;
	if (rdata_to_text(type, CLASS_IN, writing->walk.bytes, writing->walk.size, line + head, line_bytes - (size_t)head - 1) < 0)
		return ERR_FULL;
	const size_t size = (size_t)head + strlen(line + head);
	line[size] = '\n';
	line[size + 1] = '\0';
	return (int)size + 1;
}
