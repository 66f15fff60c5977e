#include "resolver/validate/nta.h"

static struct nta *
nta_find(struct nta_list *list, const struct name *zone)
{
	for (unsigned i = 0; i < list->count; i++)
		if (name_equal(&list->items[i].zone, zone))
			return &list->items[i];
	return NULL;
}

int
nta_add(struct nta_list *list, const struct name *zone, uint64_t until_s)
{
	struct nta *nta = nta_find(list, zone);

	if (nta == NULL) {
		if (list->count == NTA_MAX)
			return ERR_FULL;
		nta = &list->items[list->count++];
		name_copy(&nta->zone, zone);
	}
	nta->until_s = until_s;
	return 0;
}

static void
drop(struct nta_list *list, struct nta *nta)
{
	*nta = list->items[--list->count];
}

int
nta_remove(struct nta_list *list, const struct name *zone)
{
	struct nta *nta = nta_find(list, zone);

	if (nta == NULL)
		return ERR_NOT_FOUND;
	drop(list, nta);
	return 0;
}

bool
nta_expire(struct nta_list *list, uint64_t now_s, struct name *zone)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->items[i].until_s > now_s)
			continue;
		name_copy(zone, &list->items[i].zone);
		drop(list, &list->items[i]);
		return true;
	}
	return false;
}

uint64_t
nta_deadline(const struct nta_list *list)
{
	uint64_t deadline_s = NTA_NEVER;

	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].until_s < deadline_s)
			deadline_s = list->items[i].until_s;
	return deadline_s;
}
