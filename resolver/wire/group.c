#include "resolver/wire/group.h"

#include <assert.h>

#include "resolver/wire/fold.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"

void
group_init(struct group *group, struct arena *arena, unsigned record_count, bool spares_others)
{
	uint32_t buckets = 8;
	while (buckets < record_count && buckets < GROUP_BUCKETS_MAX)
		buckets *= 2;
	group->arena = arena;
	group->first = NULL;
	group->last = &group->first;
	group->bucket_mask = buckets - 1;
	group->steps = 0;
	group->spares_others = spares_others;
	group->broken = 0;
	memset(group->buckets, 0, buckets * sizeof group->buckets[0]);
}

/* ---- owners -------------------------------------------------------------------------------------- */

/* The entry of exactly this spelling, else NULL; *first is that of any spelling. */
static struct group_owner *
find_owner(struct group *group, const struct name *name, uint32_t hash, struct group_owner **first)
{
	struct group_owner *owner = group->buckets[hash & group->bucket_mask];
	*first = NULL;
	for (; owner != NULL; owner = owner->chain) {
		group->steps++;
		if (owner->hash != hash || !name_equal(owner->name, name))
			continue;
		*first = owner->first;
		if (name_equal_exact(owner->name, name))
			return owner;
	}
	return NULL;
}

int
group_owner(struct group *group, const struct name *name, struct group_owner **owner)
{
	uint32_t hash = fold_hash(name->wire, name->size, 0);
	struct group_owner *first;
	*owner = find_owner(group, name, hash, &first);
	if (group->steps > GROUP_STEPS_MAX)
		return ERR_TOO_BIG;
	if (*owner != NULL)
		return 0;

	struct group_owner *new = arena_alloc(group->arena, sizeof *new);
	const struct name *stored = name_store(group->arena, name);
	if (new == NULL || stored == NULL)
		return ERR_NO_MEMORY;
	struct group_owner **bucket = &group->buckets[hash & group->bucket_mask];
	*new = (struct group_owner){
		.chain = *bucket,
		.first = first != NULL ? first : new,
		.name = stored,
		.hash = hash,
	};
	*bucket = *owner = new;
	return 0;
}

/* ---- finding the set ----------------------------------------------------------------------------- */

static struct group_set *
find_set(struct group *group, const struct group_key *key)
{
	struct group_set *set = key->owner->first->sets;
	for (; set != NULL; set = set->older) {
		group->steps++;
		if (set->type == key->type && set->class == key->class &&
		    set->section == key->section)
			break;
	}
	return set;
}

static struct group_set *
add_set(struct group *group, const struct group_key *key)
{
	struct group_set *set = arena_alloc(group->arena, sizeof *set);
	if (set == NULL)
		return NULL;
	struct group_set **sets = &key->owner->first->sets;
	*set = (struct group_set){
		.older = *sets,
		.owner = key->owner,
		.type = key->type,
		.class = key->class,
		.section = key->section,
	};
	set->records.last = &set->records.first;
	set->sigs.last = &set->sigs.first;
	*sets = set;
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

	struct group_set *set = find_set(group, &set_key);
	if (group->steps > GROUP_STEPS_MAX)
		return ERR_TOO_BIG;
	if (set == NULL)
		set = add_set(group, &set_key);
	struct group_record *record = arena_alloc(group->arena, sizeof *record);
	if (set == NULL || record == NULL)
		return ERR_NO_MEMORY;
	*record = (struct group_record){ .ttl_s = ttl_s,
					 .rdata_pos = rdata_pos,
					 .rdlength = rdlength };
	return list_append(is_sig ? &set->sigs : &set->records, record);
}

/* Moves the records of one list behind those of another. */
static int
list_join(struct group_list *list, struct group_list *from)
{
	struct group_record *record = from->first, *next;
	int err = 0;

	*from = (struct group_list){ .last = &from->first };
	for (; record != NULL && err == 0; record = next) {
		next = record->next;
		record->next = NULL;
		err = list_append(list, record);
	}
	return err;
}

/* The set that signatures in the wrong section belong to. */
static struct group_set *
find_elsewhere(struct group *group, const struct group_set *orphan)
{
	for (uint8_t section = 0; section < SECTIONS; section++) {
		struct group_key key = { orphan->owner, (enum dns_section)section, orphan->type, orphan->class };
		struct group_set *set = find_set(group, &key);
		if (set != NULL && set->records.count > 0)
			return set;
	}
	return NULL;
}

/* Puts signatures from another section with those of the set, in order of arrival. */
static int
join_sigs(struct group_set *set, struct group_set *orphan)
{
	int err = 0;

	if (orphan->section < set->section)
		err = list_join(&orphan->sigs, &set->sigs);
	return err == 0 ? list_join(&set->sigs, &orphan->sigs) : err;
}

/*
 * Signatures whose set is in another section go there, but for those that were asked for: which section a signature
 * came in proves nothing, that it verifies does.  Else they form a set of type RRSIG: the first orphan becomes it
 * where it stands, later ones join.
 */
static int
adopt_orphan(struct group *group, struct group_set *orphan, bool sigs_are_asked)
{
	struct group_set *elsewhere = sigs_are_asked ? NULL : find_elsewhere(group, orphan);
	if (group->steps > GROUP_STEPS_MAX)
		return ERR_TOO_BIG;
	if (elsewhere != NULL)
		return join_sigs(elsewhere, orphan);
	struct group_key key = { orphan->owner, orphan->section, TYPE_RRSIG, orphan->class };
	struct group_set *set = find_set(group, &key);
	if (group->steps > GROUP_STEPS_MAX)
		return ERR_TOO_BIG;
	if (set == NULL) {
		orphan->type = TYPE_RRSIG;
		orphan->records = orphan->sigs;
		orphan->sigs = (struct group_list){ .last = &orphan->sigs.first };
		return 0;
	}
	return list_join(&set->records, &orphan->sigs);
}

/* ---- writing the sets ---------------------------------------------------------------------------- */

#define SEEN_SLOTS 512u /* twice RRSET_RRS_MAX */
#define SEEN_FEW   8u   /* so many records are compared with each other, without a table */
static_assert(SEEN_SLOTS >= 2 * RRSET_RRS_MAX, "a slot is always free");

/* Records written so far, by the hash of their octets: offset and one; 0 is free. */
struct seen {
	uint32_t slots[SEEN_SLOTS];
};

static size_t
record_bytes(const struct writer *out, size_t at)
{
	return 2u + (size_t)(out->begin[at] << 8 | out->begin[at + 1]);
}

static bool
is_equal_record(const struct writer *out, size_t a, size_t b)
{
	size_t size = record_bytes(out, a);
	return record_bytes(out, b) == size && memcmp(out->begin + a, out->begin + b, size) == 0;
}

/* True when the record at `at` is one of those from `first` up to it. */
static bool
is_among(const struct writer *out, size_t first, size_t at)
{
	while (first < at && !is_equal_record(out, first, at))
		first += record_bytes(out, first);
	return first < at;
}

/*
 * True when the record at `at`, the last one written, was written before.  Records of one message cannot
 * be many enough for a bad case to matter: a full set is 256 of them, and the probes are compared octet by octet.
 */
static bool
is_seen(struct seen *seen, const struct writer *out, size_t at)
{
	uint32_t slot = fold_hash(out->begin + at, out->pos - at, 0) % SEEN_SLOTS;
	for (; seen->slots[slot] != 0; slot = (slot + 1) % SEEN_SLOTS) {
		if (is_equal_record(out, seen->slots[slot] - 1, at))
			return true;
	}
	seen->slots[slot] = (uint32_t)at + 1;
	return false;
}

/* One record in our own form, its length before it. */
static int
write_record(const struct group_record *record, const struct cursor *input, uint16_t type, uint16_t class,
	     struct writer *out)
{
	struct cursor rdata = *input;
	const size_t at = out->pos;

	rdata.pos = record->rdata_pos;
	writer_u16(out, 0);
	const int err = rdata_read(&rdata, type, class, record->rdlength, out);
	if (err != 0)
		return out->err == ERR_FULL ? ERR_NO_MEMORY : err;
	writer_patch_u16(out, at, (uint16_t)(out->pos - at - 2));
	return 0;
}

static int
write_list(struct group *group, const struct group_list *list, const struct cursor *input, uint16_t type,
	   uint16_t class, struct writer *out, uint16_t *count)
{
	struct seen seen;
	const size_t first = out->pos;
	const bool are_few = list->count <= SEEN_FEW;
	if (!are_few)
		memset(&seen, 0, sizeof seen);
	*count = 0;
	for (const struct group_record *record = list->first; record != NULL;
	     record = record->next) {
		const size_t at = out->pos;
		const int err = write_record(record, input, type, class, out);
		if (err != 0 && (out->err != 0 || !group->spares_others))
			return err;
		if (err != 0) {
			out->pos = at;
			group->broken++;
		} else if (are_few ? is_among(out, first, at) : is_seen(&seen, out, at)) {
			out->pos = at; /* RFC 2181, section 5: a set has no duplicates */
		} else {
			(*count)++;
		}
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
	struct rrset *rrset = arena_alloc(group->arena, sizeof *rrset);
	if (rrset == NULL)
		return ERR_NO_MEMORY;
	*rrset = (struct rrset){
		.owner = set->owner->name,
		.type = set->type,
		.class = set->class,
		.ttl_s = smallest_ttl(set),
	};

	size_t rest_bytes;
	void *rest = arena_rest(group->arena, &rest_bytes);
	struct writer out = writer_over(rest, rest_bytes);
	int err = write_list(group, &set->records, input, set->type, set->class, &out, &rrset->rr_count);
	if (err == 0 && rrset->rr_count > 0 && set->sigs.count > 0)
		err = write_list(group, &set->sigs, input, TYPE_RRSIG, set->class, &out,
				 &rrset->sig_count);
	if (err != 0 || rrset->rr_count == 0)
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
	const bool sigs_are_asked = message->question_count > 0 && (message->question.qtype == TYPE_RRSIG ||
								    message->question.qtype == TYPE_ANY);
	for (unsigned i = 0; i < SECTIONS; i++)
		last[i] = &message->sections[i];

	for (struct group_set *set = group->first; set != NULL && err == 0; set = set->next)
		if (set->records.count == 0)
			err = adopt_orphan(group, set, sigs_are_asked);
	for (struct group_set *set = group->first; set != NULL && err == 0; set = set->next) {
		if (set->records.count == 0)
			continue; /* its signatures went to another set */
		err = write_set(group, set, input, last[set->section]);
		if (err != 0)
			break;
		if (*last[set->section] == NULL) { /* none of its records was sound */
			message->answer_is_hollow |= set->section == SECTION_ANSWER;
			continue;
		}
		last[set->section] = &(*last[set->section])->next;
		message->rrset_counts[set->section]++;
	}
	return err;
}
