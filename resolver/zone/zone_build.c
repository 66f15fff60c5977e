/* zone_build.c - records in any order made into a zone (zone.h). */
#include <assert.h>
#include <string.h>

#include "resolver/zone/zone_priv.h"
#include "stack/base/arena.h"

#define SORT_BINS 32u /* the last takes all that is left: enough for 2^31 records */

static_assert(ZONE_RECORDS_MAX < UINT64_C(1) << (SORT_BINS - 1), "a bin for every power of two");

/* ---- records -------------------------------------------------------------------------------------------- */

int
zone_begin(struct zone_builder *builder, const struct name *apex, struct arena *arena)
{
	struct name lower;
	name_lower(&lower, apex);
	*builder = (struct zone_builder){ .arena = arena, .apex = name_store(arena, &lower) };
	return builder->apex != NULL ? 0 : ERR_NO_MEMORY;
}

static int
put(struct zone_builder *builder, const struct zone_record *from)
{
	struct name lower;

	if (!name_is_under(from->owner, builder->apex) || type_is_meta(from->type)) {
		builder->ignored_count++;
		return 0;
	}
	if (builder->count == ZONE_RECORDS_MAX)
		return ERR_FULL;
	struct zone_record *record = arena_alloc(builder->arena, sizeof *record);
	if (record == NULL)
		return ERR_NO_MEMORY;
	*record = *from;
	record->next = NULL;
	record->number = builder->count;
	name_lower(&lower, from->owner);
	/* Records of a name mostly come in a row. */
	const struct zone_record *last = builder->last;
	record->owner = last != NULL && name_equal_exact(last->owner, &lower) ? last->owner
									      : name_store(builder->arena, &lower);
	record->rdata = arena_copy(builder->arena, from->rdata, from->rdata_bytes);
	if (record->owner == NULL || record->rdata == NULL)
		return ERR_NO_MEMORY;
	if (builder->last != NULL)
		builder->last->next = record;
	else
		builder->first = record;
	builder->last = record;
	builder->count++;
	return 0;
}

int
zone_add(struct zone_builder *builder, const struct name *owner, uint16_t type, uint32_t ttl_s, const uint8_t *rdata,
	 size_t rdata_bytes)
{
	const struct zone_record record = { .owner = owner, .type = type, .ttl_s = ttl_s, .rdata = rdata,
					    .rdata_bytes = (uint16_t)rdata_bytes };
	assert(rdata_bytes <= UINT16_MAX);
	return put(builder, &record);
}

int
zone_remove(struct zone_builder *builder, const struct name *owner, uint16_t type, const uint8_t *rdata,
	    size_t rdata_bytes)
{
	const struct zone_record record = { .owner = owner, .type = type, .rdata = rdata,
					    .rdata_bytes = (uint16_t)rdata_bytes, .is_removal = true };
	assert(rdata_bytes <= UINT16_MAX);
	return put(builder, &record);
}

static int
add_set(struct zone_builder *builder, const struct rrset *set)
{
	struct rdata_walk walk;
	int err = 0;

	rdata_first(set, &walk);
	for (unsigned i = 0; err == 0 && rdata_next(&walk); i++)
		err = zone_add(builder, set->owner, i < set->rr_count ? set->type : TYPE_RRSIG, set->ttl_s, walk.bytes, walk.size);
	return err;
}

int
zone_add_all(struct zone_builder *builder, const struct zone *zone)
{
	int err = 0;

	for (uint32_t i = 0; i < zone->node_count && err == 0; i++)
		for (const struct rrset *set = zone->nodes[i].sets; set != NULL && err == 0; set = set->next)
			err = add_set(builder, set);
	return err;
}

/* ---- their order ---------------------------------------------------------------------------------------- */

/* A signature stands behind the set that it covers (RFC 4034, section 3.1.1). */
static uint16_t
set_type(const struct zone_record *record)
{
	if (record->type != TYPE_RRSIG || record->rdata_bytes < 2)
		return record->type;
	return (uint16_t)(record->rdata[0] << 8 | record->rdata[1]);
}

/* By owner, by the set it belongs to, and octet by octet, so that equal ones are neighbours. */
static int
compare(const struct zone_record *a, const struct zone_record *b)
{
	int order = a->owner == b->owner ? 0 : name_compare(a->owner, b->owner);
	if (order == 0)
		order = (int)set_type(a) - (int)set_type(b);
	if (order == 0)
		order = (int)(a->type == TYPE_RRSIG) - (int)(b->type == TYPE_RRSIG);
	if (order == 0)
		order = (int)a->rdata_bytes - (int)b->rdata_bytes;
	return order != 0 ? order : memcmp(a->rdata, b->rdata, a->rdata_bytes);
}

/* Of equal ones those of `a`, which came first, stay in front. */
static struct zone_record *
merge(struct zone_record *a, struct zone_record *b)
{
	struct zone_record *head = NULL, **tail = &head;

	while (a != NULL && b != NULL) {
		struct zone_record **from = compare(a, b) <= 0 ? &a : &b;
		*tail = *from;
		tail = &(*tail)->next;
		*from = *tail;
	}
	*tail = a != NULL ? a : b;
	return head;
}

/* Merge sort of a list: bins[i] is empty or holds 2^i sorted records that came before those of the bins below. */
static struct zone_record *
sort(struct zone_record *list)
{
	struct zone_record *bins[SORT_BINS] = { NULL }, *sorted = NULL;

	while (list != NULL) {
		struct zone_record *run = list;
		unsigned i = 0;
		list = list->next;
		run->next = NULL;
		for (; bins[i] != NULL; i++) {
			run = merge(bins[i], run);
			bins[i] = NULL;
		}
		bins[i] = run;
	}
	for (unsigned i = 0; i < SORT_BINS; i++)
		sorted = merge(bins[i], sorted);
	return sorted;
}

/* Of several words about one record the last stays; of what is taken out nothing does. */
static struct zone_record *
settle(struct zone_record *sorted)
{
	struct zone_record *head = NULL, **tail = &head;

	for (struct zone_record *record = sorted, *next; record != NULL; record = next) {
		next = record->next;
		if (record->is_removal || (next != NULL && compare(record, next) == 0))
			continue;
		*tail = record;
		tail = &record->next;
	}
	*tail = NULL;
	return head;
}

/* ---- names and sets ------------------------------------------------------------------------------------- */

static bool
same_set(const struct zone_record *a, const struct zone_record *b)
{
	return b != NULL && name_equal_exact(a->owner, b->owner) && set_type(a) == set_type(b);
}

/* The records of one set and their signatures, which stand behind them. */
struct members {
	const struct zone_record *records[2 * RRSET_RRS_MAX];
	unsigned rr_count, sig_count;
	size_t bytes;
	uint32_t ttl_s;
};

/* In its place among those of its kind: in the order in which they came, as a message or a file has them. */
static void
put_member(struct members *members, const struct zone_record *record)
{
	const bool is_sig = record->type == TYPE_RRSIG;
	const unsigned first = is_sig ? members->rr_count : 0;
	unsigned at = members->rr_count + members->sig_count;

	for (; at > first && members->records[at - 1]->number > record->number; at--)
		members->records[at] = members->records[at - 1];
	members->records[at] = record;
	members->rr_count += !is_sig;
	members->sig_count += is_sig;
	members->bytes += 2u + record->rdata_bytes;
	if (record->ttl_s < members->ttl_s)
		members->ttl_s = record->ttl_s;
}

/* The records from *first that make one set; *first moves behind them. */
static int
gather(struct members *members, const struct zone_record **first)
{
	const struct zone_record *from = *first;

	members->rr_count = members->sig_count = 0;
	members->bytes = 0;
	members->ttl_s = UINT32_MAX;
	for (; same_set(from, *first); *first = (*first)->next) {
		const unsigned count = (*first)->type == TYPE_RRSIG ? members->sig_count : members->rr_count;
		if (count == RRSET_RRS_MAX)
			return ERR_TOO_BIG;
		put_member(members, *first);
	}
	return 0;
}

/* NULL in *made: signatures of nothing. */
static int
make_set(struct zone_builder *builder, const struct zone_record **first, struct rrset **made)
{
	const struct zone_record *from = *first;
	struct members members;

	*made = NULL;
	const int err = gather(&members, first);
	if (err != 0 || members.rr_count == 0)
		return err;
	uint8_t *rdata = arena_alloc(builder->arena, members.bytes);
	struct rrset *set = arena_alloc(builder->arena, sizeof *set);
	if (rdata == NULL || set == NULL)
		return ERR_NO_MEMORY;
	*set = (struct rrset){ .owner = from->owner, .type = set_type(from), .class = CLASS_IN,
			       .rr_count = (uint16_t)members.rr_count, .sig_count = (uint16_t)members.sig_count,
			       .ttl_s = members.ttl_s, .rdata = rdata, .rdata_bytes = (uint32_t)members.bytes };
	for (unsigned i = 0; i < members.rr_count + members.sig_count; i++) {
		const struct zone_record *record = members.records[i];
		rdata[0] = (uint8_t)(record->rdata_bytes >> 8);
		rdata[1] = (uint8_t)record->rdata_bytes;
		memcpy(rdata + 2, record->rdata, record->rdata_bytes);
		rdata += 2u + record->rdata_bytes;
	}
	*made = set;
	return 0;
}

static uint32_t
count_names(const struct zone_record *records)
{
	uint32_t count = 0;
	for (; records != NULL; records = records->next)
		count += records->next == NULL || !name_equal_exact(records->owner, records->next->owner);
	return count;
}

static int
make_nodes(struct zone_builder *builder, struct zone *zone, const struct zone_record *records)
{
	uint32_t denial = 0;

	zone->nodes = arena_alloc(builder->arena, count_names(records) * sizeof *zone->nodes);
	if (zone->nodes == NULL)
		return ERR_NO_MEMORY;
	while (records != NULL) {
		struct zone_node node = { .name = records->owner };
		struct rrset **tail = &node.sets;
		while (records != NULL && name_equal_exact(records->owner, node.name)) {
			const int err = make_set(builder, &records, tail);
			if (err != 0)
				return err;
			if (*tail == NULL)
				continue;
			zone->record_count += (uint32_t)(*tail)->rr_count + (*tail)->sig_count;
			tail = &(*tail)->next;
		}
		if (node.sets == NULL)
			continue;
		if (zone__set(&node, TYPE_NSEC) != NULL)
			denial = zone->node_count + 1;
		node.denial = denial;
		zone->nodes[zone->node_count++] = node;
	}
	return 0;
}

static int
make_soa(struct zone_builder *builder, struct zone *zone)
{
	struct rdata_walk walk;

	if (zone->node_count == 0 || !name_equal(zone->nodes[0].name, zone->apex))
		return ERR_MALFORMED;
	zone->soa_set = zone__set(&zone->nodes[0], TYPE_SOA);
	if (zone->soa_set == NULL || zone->soa_set->rr_count != 1)
		return ERR_MALFORMED;
	rdata_first(zone->soa_set, &walk);
	if (!rdata_next(&walk) || rdata_soa(walk.bytes, walk.size, &zone->soa) != 0)
		return ERR_MALFORMED;
	struct rrset *negative = arena_alloc(builder->arena, sizeof *negative);
	if (negative == NULL)
		return ERR_NO_MEMORY;
	*negative = *zone->soa_set;
	negative->next = NULL;
	if (zone->soa.minimum_s < negative->ttl_s)
		negative->ttl_s = zone->soa.minimum_s;
	zone->negative_soa = negative;
	zone->denies_hashed = zone__set(&zone->nodes[0], TYPE_NSEC3PARAM) != NULL && zone->nodes[0].denial == 0;
	return 0;
}

int
zone_finish(struct zone_builder *builder, struct zone **made)
{
	struct zone *zone = arena_zalloc(builder->arena, 1, sizeof *zone);
	if (zone == NULL)
		return ERR_NO_MEMORY;
	zone->apex = builder->apex;
	const struct zone_record *records = settle(sort(builder->first));
	builder->first = builder->last = NULL;
	int err = make_nodes(builder, zone, records);
	if (err == 0)
		err = make_soa(builder, zone);
	*made = zone;
	return err;
}
