#include "resolver/wire/group.h"

#include <assert.h>

#include "resolver/wire/fold.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"

void
group_init(struct group *group, struct arena *arena, unsigned record_count)
{
	uint32_t buckets = 8;
	while (buckets < record_count && buckets < GROUP_BUCKETS_MAX)
		buckets *= 2;
	group->arena = arena;
	group->first = NULL;
	group->last = &group->first;
	group->bucket_mask = buckets - 1;
	group->steps = 0;
	memset(group->buckets, 0, buckets * sizeof group->buckets[0]);
}

/* ---- finding the set ----------------------------------------------------------------------------- */

static bool
is_of_key(const struct group_set *set, const struct group_key *key)
{
	return set->type == key->type && set->class == key->class && set->section == key->section &&
	       name_equal(set->owner, key->owner);
}

/* The set of the key, NULL if there is none; `owner` gets a stored copy of the owner if one was met. */
static struct group_set *
find_set(struct group *group, const struct group_key *key, uint32_t hash, const struct name **owner)
{
	struct group_set *set = group->buckets[hash & group->bucket_mask];
	*owner = NULL;
	for (; set != NULL; set = set->chain) {
		group->steps++;
		if (set->hash != hash)
			continue;
		if (is_of_key(set, key))
			return set;
		if (*owner == NULL && name_equal_exact(set->owner, key->owner))
			*owner = set->owner;
	}
	return NULL;
}

static struct group_set *
add_set(struct group *group, const struct group_key *key, uint32_t hash, const struct name *owner)
{
	struct group_set *set = arena_alloc(group->arena, sizeof *set);
	if (owner == NULL)
		owner = name_store(group->arena, key->owner);
	if (set == NULL || owner == NULL)
		return NULL;

	struct group_set **bucket = &group->buckets[hash & group->bucket_mask];
	*set = (struct group_set){
		.chain = *bucket,
		.owner = owner,
		.hash = hash,
		.type = key->type,
		.class = key->class,
		.section = key->section,
	};
	set->records.last = &set->records.first;
	set->sigs.last = &set->sigs.first;
	*bucket = set;
	*group->last = set;
	group->last = &set->next;
	return set;
}

/* ---- adding records ------------------------------------------------------------------------------ */

static int
list_append(struct group_list *list, struct group_record *record)
{
	if (list->count == RRSET_RRS_MAX)
		return ERR_TOO_BIG;
	*list->last = record;
	list->last = &record->next;
	list->count++;
	return 0;
}

int
group_add(struct group *group, const struct group_key *key, uint16_t covered, uint32_t ttl_s,
	  uint32_t rdata_pos, uint16_t rdlength)
{
	struct group_key set_key = *key;
	/* A signature over signatures cannot be: such a record is one of an RRSIG set. */
	bool is_sig = key->type == TYPE_RRSIG && covered != TYPE_RRSIG;
	if (is_sig)
		set_key.type = covered;

	const struct name *owner;
	uint32_t hash = fold_hash(key->owner->wire, key->owner->size, 0);
	struct group_set *set = find_set(group, &set_key, hash, &owner);
	if (group->steps > GROUP_STEPS_MAX)
		return ERR_TOO_BIG;
	if (set == NULL)
		set = add_set(group, &set_key, hash, owner);
	struct group_record *record = arena_alloc(group->arena, sizeof *record);
	if (set == NULL || record == NULL)
		return ERR_NO_MEMORY;
	*record = (struct group_record){ .ttl_s = ttl_s,
					 .rdata_pos = rdata_pos,
					 .rdlength = rdlength };
	return list_append(is_sig ? &set->sigs : &set->records, record);
}

/*
 * Signatures whose set is not there form a set of type RRSIG: the first orphan becomes it where it
 * stands, later ones join.  Buckets go by owner alone, so changing the type moves nothing.
 */
static int
adopt_orphan(struct group *group, struct group_set *orphan)
{
	struct group_key key = { orphan->owner, orphan->section, TYPE_RRSIG, orphan->class };
	const struct name *owner;
	struct group_set *set = find_set(group, &key, orphan->hash, &owner);
	if (group->steps > GROUP_STEPS_MAX)
		return ERR_TOO_BIG;
	if (set == NULL) {
		orphan->type = TYPE_RRSIG;
		orphan->records = orphan->sigs;
		orphan->sigs = (struct group_list){ .last = &orphan->sigs.first };
		return 0;
	}
	struct group_record *record = orphan->sigs.first, *next;
	orphan->sigs = (struct group_list){ .last = &orphan->sigs.first };
	for (; record != NULL; record = next) {
		next = record->next;
		record->next = NULL;
		int err = list_append(&set->records, record);
		if (err != 0)
			return err;
	}
	return 0;
}

/* ---- writing the sets ---------------------------------------------------------------------------- */

#define SEEN_SLOTS 512u /* twice RRSET_RRS_MAX */
static_assert(SEEN_SLOTS >= 2 * RRSET_RRS_MAX, "a slot is always free");

/* Records written so far, by the hash of their octets: offset and one; 0 is free. */
struct seen {
	uint32_t slots[SEEN_SLOTS];
};

static uint16_t
record_bytes(const struct writer *out, size_t at)
{
	return (uint16_t)(2 + (out->begin[at] << 8 | out->begin[at + 1]));
}

/*
 * True when the record at `at`, the last one written, was written before.  Records of one message cannot
 * be many enough for a bad case to matter: a full set is 256 of them, and the probes are compared octet by octet.
 */
static bool
is_seen(struct seen *seen, const struct writer *out, size_t at)
{
	size_t size = out->pos - at;
	uint32_t slot = fold_hash(out->begin + at, size, 0) % SEEN_SLOTS;
	for (; seen->slots[slot] != 0; slot = (slot + 1) % SEEN_SLOTS) {
		size_t other = seen->slots[slot] - 1;
		if (record_bytes(out, other) == size &&
		    memcmp(out->begin + other, out->begin + at, size) == 0)
			return true;
	}
	seen->slots[slot] = (uint32_t)at + 1;
	return false;
}

/* One record in a set needs no table, and most sets are one record. */
static int
write_list(const struct group_list *list, const struct cursor *input, uint16_t type, uint16_t class,
	   struct writer *out, uint16_t *count)
{
	struct seen seen;
	if (list->count > 1)
		memset(&seen, 0, sizeof seen);
	*count = 0;
	for (const struct group_record *record = list->first; record != NULL;
	     record = record->next) {
		struct cursor rdata = *input;
		size_t at = out->pos;
		rdata.pos = record->rdata_pos;
		writer_u16(out, 0);
		int err = rdata_read(&rdata, type, class, record->rdlength, out);
		if (err != 0)
			return err == ERR_FULL ? ERR_NO_MEMORY : err;
		writer_patch_u16(out, at, (uint16_t)(out->pos - at - 2));
		if (list->count > 1 && is_seen(&seen, out, at))
			out->pos = at; /* RFC 2181, section 5: a set has no duplicates */
		else
			(*count)++;
	}
	return 0;
}

/* The smallest of all: a signature lives no longer than its set, nor the set than it (RFC 4034, section 3). */
static uint32_t
smallest_ttl(const struct group_set *set)
{
	uint32_t ttl_s = UINT32_MAX;
	for (const struct group_record *record = set->records.first; record != NULL;
	     record = record->next)
		ttl_s = record->ttl_s < ttl_s ? record->ttl_s : ttl_s;
	for (const struct group_record *record = set->sigs.first; record != NULL;
	     record = record->next)
		ttl_s = record->ttl_s < ttl_s ? record->ttl_s : ttl_s;
	return ttl_s;
}

static int
write_set(struct group *group, const struct group_set *set, const struct cursor *input,
	  struct rrset **written)
{
	struct rrset *rrset = arena_zalloc(group->arena, 1, sizeof *rrset);
	if (rrset == NULL)
		return ERR_NO_MEMORY;
	rrset->owner = set->owner;
	rrset->type = set->type;
	rrset->class = set->class;
	rrset->ttl_s = smallest_ttl(set);

	size_t rest_bytes;
	void *rest = arena_rest(group->arena, &rest_bytes);
	struct writer out = writer_over(rest, rest_bytes);
	int err = write_list(&set->records, input, set->type, set->class, &out, &rrset->rr_count);
	if (err == 0)
		err = write_list(&set->sigs, input, TYPE_RRSIG, set->class, &out,
				 &rrset->sig_count);
	if (err != 0)
		return err;
	rrset->rdata = rest;
	rrset->rdata_bytes = (uint32_t)out.pos;
	arena_keep(group->arena, out.pos);
	*written = rrset;
	return 0;
}

int
group_write(struct group *group, const struct cursor *input, struct message *message)
{
	struct rrset **last[SECTIONS];
	int err = 0;
	for (unsigned i = 0; i < SECTIONS; i++)
		last[i] = &message->sections[i];

	for (struct group_set *set = group->first; set != NULL && err == 0; set = set->next)
		if (set->records.count == 0)
			err = adopt_orphan(group, set);
	for (struct group_set *set = group->first; set != NULL && err == 0; set = set->next) {
		if (set->records.count == 0)
			continue; /* its signatures went to another set */
		err = write_set(group, set, input, last[set->section]);
		if (err != 0)
			break;
		last[set->section] = &(*last[set->section])->next;
		message->rrset_counts[set->section]++;
	}
	return err;
}
