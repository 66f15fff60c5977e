#include "tests/sim/auth_zone.h"

#include <assert.h>

#include "resolver/wire/fold.h"
#include "resolver/wire/text.h"

#define SCRATCH_BYTES 65536u

void
auth_init(struct auth *auth, void *block, size_t block_bytes)
{
	assert(block_bytes >= AUTH_BLOCK_BYTES_MIN);
	uint32_t buckets = 256;
	while (buckets < block_bytes / 1024 && buckets < AUTH_BUCKETS_MAX)
		buckets *= 2;
	*auth = (struct auth){ .udp_bytes_max = EDNS_UDP_BYTES };
	arena_init(&auth->arena, block, block_bytes);
	auth->buckets = arena_zalloc(&auth->arena, buckets, sizeof auth->buckets[0]);
	auth->bucket_mask = buckets - 1;
	auth->scratch = arena_alloc(&auth->arena, SCRATCH_BYTES);
	assert(auth->buckets != NULL && auth->scratch != NULL);
}

/* ---- finding ------------------------------------------------------------------------------------- */

static uint32_t
hash_of(const struct name *name)
{
	return fold_hash(name->wire, name->size, 0);
}

struct auth_node *
auth__node(struct auth *auth, const struct auth_zone *zone, const struct name *name)
{
	uint32_t hash = hash_of(name);
	struct auth_node *node = auth->buckets[hash & auth->bucket_mask];
	while (node != NULL &&
	       (node->hash != hash || node->zone != zone || !name_equal(node->name, name)))
		node = node->chain;
	return node;
}

/* The zone whose apex is the name. */
static struct auth_zone *
zone_at(struct auth *auth, const struct name *name)
{
	uint32_t hash = hash_of(name);
	struct auth_node *node = auth->buckets[hash & auth->bucket_mask];
	for (; node != NULL; node = node->chain)
		if (node->hash == hash && node->name == node->zone->apex &&
		    name_equal(node->name, name))
			return node->zone;
	return NULL;
}

struct auth_zone *
auth__zone_of(struct auth *auth, const struct name *name, bool above)
{
	struct name at;
	name_copy(&at, name);
	unsigned labels = name_labels(name);
	for (unsigned stripped = 0; stripped <= labels; stripped++) {
		struct auth_zone *zone = above && stripped == 0 ? NULL : zone_at(auth, &at);
		if (zone != NULL)
			return zone;
		name_strip(&at, &at, 1);
	}
	return NULL;
}

const struct rrset *
auth__set(const struct auth_node *node, uint16_t type)
{
	if (node == NULL)
		return NULL;
	for (const struct auth_set *set = node->sets; set != NULL; set = set->next)
		if (set->rrset.type == type && set->rrset.rr_count > 0)
			return &set->rrset;
	return NULL;
}

/* ---- loading ------------------------------------------------------------------------------------- */

static struct auth_node *
add_node(struct auth *auth, struct auth_zone *zone, const struct name *name)
{
	struct auth_node *node = arena_zalloc(&auth->arena, 1, sizeof *node);
	if (node == NULL || (node->name = name_store(&auth->arena, name)) == NULL)
		return NULL;
	node->zone = zone;
	node->hash = hash_of(name);
	node->chain = auth->buckets[node->hash & auth->bucket_mask];
	auth->buckets[node->hash & auth->bucket_mask] = node;
	node->next = zone->nodes;
	zone->nodes = node;
	return node;
}

/* The node of the name, with all nodes between it and the apex: those are the empty non-terminals. */
static struct auth_node *
need_node(struct auth *auth, struct auth_zone *zone, const struct name *name)
{
	struct auth_node *node = auth__node(auth, zone, name);
	if (node != NULL)
		return node;
	node = add_node(auth, zone, name);
	unsigned apex_labels = name_labels(zone->apex);
	for (unsigned labels = name_labels(name); node != NULL && labels > apex_labels + 1;
	     labels--) {
		struct name above;
		name_tail(&above, name, labels - 1);
		if (auth__node(auth, zone, &above) != NULL)
			break;
		if (add_node(auth, zone, &above) == NULL)
			return NULL;
	}
	return node;
}

static struct auth_set *
need_set(struct auth *auth, struct auth_node *node, const struct text_record *record, uint16_t type)
{
	struct auth_set **last = &node->sets;
	for (; *last != NULL; last = &(*last)->next)
		if ((*last)->rrset.type == type)
			return *last;
	struct auth_set *set = arena_zalloc(&auth->arena, 1, sizeof *set);
	if (set == NULL)
		return NULL;
	set->rrset = (struct rrset){
		.owner = node->name,
		.type = type,
		.class = record->class,
		.ttl_s = record->ttl_s,
	};
	set->records_last = &set->records;
	set->sigs_last = &set->sigs;
	return *last = set;
}

/* RRSIGs are kept with the set that they cover, as in messages. */
static int
add_record(struct auth *auth, struct auth_zone *zone, const struct text_record *record)
{
	bool is_sig = record->type == TYPE_RRSIG;
	uint16_t type = record->type;
	if (is_sig)
		type = (uint16_t)(record->rdata[0] << 8 | record->rdata[1]);
	struct auth_node *node = need_node(auth, zone, &record->owner);
	struct auth_set *set = node != NULL ? need_set(auth, node, record, type) : NULL;
	struct auth_record *added = arena_alloc(&auth->arena, sizeof *added + record->rdata_bytes);
	if (set == NULL || added == NULL)
		return ERR_NO_MEMORY;
	added->next = NULL;
	added->rdata_bytes = record->rdata_bytes;
	memcpy(added->rdata, record->rdata, record->rdata_bytes);
	if (is_sig) {
		*set->sigs_last = added;
		set->sigs_last = &added->next;
		set->rrset.sig_count++;
	} else {
		*set->records_last = added;
		set->records_last = &added->next;
		set->rrset.rr_count++;
	}
	set->rrset.rdata_bytes += 2u + record->rdata_bytes;
	if (record->ttl_s < set->rrset.ttl_s)
		set->rrset.ttl_s = record->ttl_s;
	return 0;
}

static int
complete_set(struct auth *auth, struct auth_set *set)
{
	uint8_t *rdata = arena_alloc(&auth->arena, set->rrset.rdata_bytes);
	if (rdata == NULL)
		return ERR_NO_MEMORY;
	struct writer out = writer_over(rdata, set->rrset.rdata_bytes);
	*set->records_last = set->sigs; /* records first, then signatures */
	for (const struct auth_record *record = set->records; record != NULL;
	     record = record->next) {
		writer_u16(&out, record->rdata_bytes);
		writer_bytes(&out, record->rdata, record->rdata_bytes);
	}
	assert(out.err == 0 && out.pos == out.end);
	set->rrset.rdata = rdata;
	return 0;
}

static int
complete_zone(struct auth *auth, struct auth_zone *zone)
{
	for (struct auth_node *node = zone->nodes; node != NULL; node = node->next)
		for (struct auth_set *set = node->sets; set != NULL; set = set->next)
			if (complete_set(auth, set) != 0)
				return ERR_NO_MEMORY;
	return 0;
}

static int
read_zone(struct auth *auth, struct auth_zone *zone, const char *text)
{
	struct text_reader reader;
	struct text_record record;
	int read, err = 0;
	text_reader_init(&reader, text, strlen(text), zone->apex);
	while (err == 0 && (read = text_reader_next(&reader, &record)) == 1) {
		if (!name_is_under(&record.owner, zone->apex)) {
			err = ERR_MALFORMED;
			reader.why = "the owner is not in the zone";
		} else {
			err = add_record(auth, zone, &record);
		}
	}
	auth->line = reader.line;
	auth->why = reader.why;
	return err != 0 ? err : read < 0 ? read : complete_zone(auth, zone);
}

static struct auth_zone *
new_zone(struct auth *auth, const char *apex)
{
	struct name name;
	struct auth_zone *zone = arena_zalloc(&auth->arena, 1, sizeof *zone);
	if (zone == NULL || name_from_text(&name, apex, NULL) != 0)
		return NULL;
	zone->apex = name_store(&auth->arena, &name);
	return zone->apex != NULL ? zone : NULL;
}

int
auth_load(struct auth *auth, const char *apex, const char *text)
{
	struct auth_zone *zone = new_zone(auth, apex);
	if (zone == NULL || auth->zone_count == AUTH_ZONES_MAX)
		return ERR_NO_MEMORY;
	if (zone_at(auth, zone->apex) != NULL)
		return ERR_EXISTS;
	struct auth_node *node = add_node(auth, zone, zone->apex);
	if (node == NULL)
		return ERR_NO_MEMORY;
	zone->apex = node->name; /* so that the apex is known by its address */
	auth->zone_count++;
	int err = read_zone(auth, zone, text);
	if (err == 0 && auth__set(node, TYPE_SOA) == NULL) {
		auth->why = "the zone has no SOA";
		err = ERR_MALFORMED;
	}
	return err;
}

/* Its nodes hang in no bucket's zone that anybody looks for: they are walked, not found. */
int
auth_poison(struct auth *auth, const char *text)
{
	auth->poison = new_zone(auth, ".");
	return auth->poison != NULL ? read_zone(auth, auth->poison, text) : ERR_NO_MEMORY;
}
