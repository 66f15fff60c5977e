#include "resolver/policy/local.h"

#include <assert.h>
#include <stddef.h>
#include <strings.h>

#include "resolver/policy/local_priv.h"
#include "resolver/policy/prefixes.h"
#include "resolver/wire/fold.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define SET_BYTES_MIN 32u
#define SET_BYTES_MAX 65536u

/* ---- types ---------------------------------------------------------------------------------------- */

static const char *const type_names[] = {
	[LOCAL_DENY] = "deny",
	[LOCAL_REFUSE] = "refuse",
	[LOCAL_STATIC] = "static",
	[LOCAL_TRANSPARENT] = "transparent",
	[LOCAL_TYPETRANSPARENT] = "typetransparent",
	[LOCAL_REDIRECT] = "redirect",
	[LOCAL_INFORM] = "inform",
	[LOCAL_INFORM_DENY] = "inform_deny",
	[LOCAL_INFORM_REDIRECT] = "inform_redirect",
	[LOCAL_ALWAYS_TRANSPARENT] = "always_transparent",
	[LOCAL_BLOCK_A] = "block_a",
	[LOCAL_ALWAYS_REFUSE] = "always_refuse",
	[LOCAL_ALWAYS_NXDOMAIN] = "always_nxdomain",
	[LOCAL_ALWAYS_NODATA] = "always_nodata",
	[LOCAL_ALWAYS_DENY] = "always_deny",
	[LOCAL_ALWAYS_NULL] = "always_null",
	[LOCAL_NOVIEW] = "noview",
	[LOCAL_NODEFAULT] = "nodefault",
};

int
local_type_from_text(const char *text, enum local_type *type)
{
	for (unsigned i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
		if (strcasecmp(text, type_names[i]) == 0) {
			*type = (enum local_type)i;
			return 0;
		}
	}
	return ERR_MALFORMED;
}

const char *
local_type_to_text(enum local_type type)
{
	return type_names[type];
}

/* ---- the table ------------------------------------------------------------------------------------ */

/*
 * A name's hash is made of its parent's and its first label, so that going down from the root hashes each label
 * once.  The root's is drawn: nobody but the operator fills the table, and nobody else shall know its chains.
 */
static uint32_t
hash_below(uint32_t parent, const uint8_t *label)
{
	return fold_hash(label, 1u + *label, parent);
}

static struct local_node *
slot_find(const struct local *local, uint32_t hash, const uint8_t *wire, size_t size)
{
	struct local_node *node = local->slots[hash & (local->slot_count - 1)];
	while (node != NULL && (node->hash != hash || node->name.size != size ||
				!fold_equal(node->name.wire, wire, size)))
		node = node->next;
	return node;
}

static void
slot_put(struct local *local, struct local_node *node)
{
	struct local_node **slot = &local->slots[node->hash & (local->slot_count - 1)];
	node->next = *slot;
	*slot = node;
}

/* Twice the slots; the old ones stay in the arena, in all less than the new. */
static int
table_grow(struct local *local)
{
	struct local_node **old = local->slots;
	uint32_t old_count = local->slot_count;
	struct local_node **slots =
		arena_zalloc(local->arena, 2 * (size_t)old_count, sizeof(struct local_node *));
	if (slots == NULL)
		return ERR_NO_MEMORY;
	local->slots = slots;
	local->slot_count = 2 * old_count;
	for (uint32_t i = 0; i < old_count; i++) {
		for (struct local_node *node = old[i], *next; node != NULL; node = next) {
			next = node->next;
			slot_put(local, node);
		}
	}
	return 0;
}

static struct local_node *
node_new(struct local *local, struct local_node *parent, const uint8_t *wire, size_t size)
{
	if (local->node_count >= local->slot_count && table_grow(local) != 0)
		return NULL;
	size_t bytes = offsetof(struct local_node, name.wire) + size;
	struct local_node *node = arena_zalloc(local->arena, 1, bytes);
	if (node == NULL)
		return NULL;
	node->parent = parent;
	node->hash = parent != NULL ? hash_below(parent->hash, wire) : local->root_hash;
	node->name.size = (uint8_t)size;
	fold_copy(node->name.wire, wire, size);
	slot_put(local, node);
	local->node_count++;
	return node;
}

static struct local *
new_with(struct arena *arena, uint32_t root_hash, uint16_t class)
{
	struct local *local = arena_zalloc(arena, 1, sizeof *local);
	if (local == NULL)
		return NULL;
	local->arena = arena;
	local->class = class;
	local->root_hash = root_hash;
	local->slot_count = LOCAL_SLOTS_MIN;
	local->slots = arena_zalloc(arena, LOCAL_SLOTS_MIN, sizeof(struct local_node *));
	if (local->slots == NULL)
		return NULL;
	local->root = node_new(local, NULL, name_root.wire, 1);
	return local->root != NULL ? local : NULL;
}

struct local *
local_new(struct arena *arena, struct rng *rng)
{
	return new_with(arena, rng_u32(rng), CLASS_IN);
}

/* The labels of a name, which is gone through from the last to the first. */
struct path {
	const struct name *name;
	unsigned labels;
	uint8_t offsets[NAME_LABELS_MAX];
};

static void
path_of(struct path *path, const struct name *name)
{
	path->name = name;
	path->labels = 0;
	for (unsigned at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
		path->offsets[path->labels++] = (uint8_t)at;
}

/* The node of this label under the one that was reached; NULL when there is none. */
static struct local_node *
path_down(const struct local *local, const struct local_node *node, const struct path *path,
	  unsigned label)
{
	const uint8_t *wire = path->name->wire + path->offsets[label];
	size_t size = path->name->size - (size_t)path->offsets[label];
	return slot_find(local, hash_below(node->hash, wire), wire, size);
}

struct local_node *
local__node_make(struct local *local, const struct name *name)
{
	struct path path;
	struct local_node *node = local->root;
	path_of(&path, name);
	for (unsigned label = path.labels; label-- > 0 && node != NULL;) {
		struct local_node *below = path_down(local, node, &path, label);
		uint8_t offset = path.offsets[label];
		node = below != NULL ? below
				     : node_new(local, node, name->wire + offset,
						name->size - (size_t)offset);
	}
	return node;
}

const struct local_node *
local__node_find(const struct local *local, const struct name *name, bool *exact)
{
	struct path path;
	const struct local_node *node = local->root;
	path_of(&path, name);
	*exact = true;
	for (unsigned label = path.labels; label-- > 0;) {
		const struct local_node *below = path_down(local, node, &path, label);
		if (below == NULL) {
			*exact = false;
			break;
		}
		node = below;
	}
	return node;
}

bool
local__has_zone_above(const struct local *local, const struct name *name)
{
	bool exact;
	const struct local_node *node = local__node_find(local, name, &exact);
	while (node != NULL && !node->is_zone)
		node = node->parent;
	return node != NULL;
}

const struct rrset *
local__node_set(const struct local_node *node, uint16_t type)
{
	const struct rrset *rrset = node->sets != NULL ? &node->sets->rrset : NULL;
	while (rrset != NULL && rrset->type != type)
		rrset = rrset->next;
	return rrset;
}

/* ---- zones ---------------------------------------------------------------------------------------- */

int
local_zone_add(struct local *local, const struct name *zone, enum local_type type)
{
	assert(!local->finished);
	struct local_node *node = local__node_make(local, zone);
	if (node == NULL)
		return ERR_NO_MEMORY;
	if (type == LOCAL_NODEFAULT) {
		node->no_default = true;
		return 0;
	}
	if (node->is_zone)
		return node->type == type ? 0 : ERR_EXISTS;
	node->is_zone = true;
	node->type = (uint8_t)type;
	local->zone_count++;
	return 0;
}

int
local_zone_tag(struct local *local, const struct name *zone, uint64_t tags)
{
	assert(!local->finished);
	struct local_node *node = local__node_make(local, zone);
	if (node == NULL)
		return ERR_NO_MEMORY;
	if (!node->is_zone)
		return ERR_NOT_FOUND;
	node->tags |= tags;
	return 0;
}

int
local_zone_override(struct local *local, const struct name *zone, const struct ip_addr *prefix,
		    unsigned prefix_len, enum local_type type)
{
	assert(!local->finished);
	struct local_node *node = local__node_make(local, zone);
	uint8_t *value = arena_alloc(local->arena, sizeof *value);
	if (node == NULL || value == NULL)
		return ERR_NO_MEMORY;
	if (!node->is_zone)
		return ERR_NOT_FOUND;
	if (node->overrides == NULL) {
		node->overrides = arena_alloc(local->arena, sizeof *node->overrides);
		if (node->overrides == NULL)
			return ERR_NO_MEMORY;
		prefixes_init(node->overrides, local->arena);
	}
	*value = (uint8_t)type;
	return prefixes_put(node->overrides, prefix, prefix_len, value);
}

/* ---- data ----------------------------------------------------------------------------------------- */

/* RFC 1034, section 3.6.2: a CNAME is alone; RFC 2181, section 10.1: and one. */
static bool
cname_conflicts(const struct local_node *node, uint16_t type)
{
	if (node->sets == NULL)
		return false;
	return type == TYPE_CNAME || local__node_set(node, TYPE_CNAME) != NULL;
}

static bool
set_has(const struct rrset *rrset, const uint8_t *rdata, size_t rdata_bytes)
{
	struct rdata_walk walk;
	rdata_first(rrset, &walk);
	while (rdata_next(&walk))
		if (walk.size == rdata_bytes && memcmp(walk.bytes, rdata, rdata_bytes) == 0)
			return true;
	return false;
}

static struct local_set *
set_make(struct local *local, struct local_node *node, uint16_t type, uint32_t ttl_s)
{
	struct local_set *set = (struct local_set *)(void *)local__node_set(node, type);
	if (set != NULL)
		return set;
	set = arena_zalloc(local->arena, 1, sizeof *set);
	if (set == NULL)
		return NULL;
	set->rrset = (struct rrset){
		.next = node->sets != NULL ? &node->sets->rrset : NULL,
		.owner = &node->name,
		.type = type,
		.class = local->class,
		.ttl_s = ttl_s,
		.security = SECURITY_INSECURE,
	};
	node->sets = set;
	local->rrset_count++;
	return set;
}

static int
set_grow(struct local *local, struct local_set *set, size_t bytes)
{
	if (bytes > SET_BYTES_MAX)
		return ERR_TOO_BIG;
	if (bytes <= set->capacity)
		return 0;
	size_t capacity = set->capacity != 0 ? set->capacity : SET_BYTES_MIN;
	while (capacity < bytes)
		capacity *= 2;
	uint8_t *rdata = arena_alloc(local->arena, capacity);
	if (rdata == NULL)
		return ERR_NO_MEMORY;
	if (set->rrset.rdata_bytes != 0)
		memcpy(rdata, set->rrset.rdata, set->rrset.rdata_bytes);
	set->rrset.rdata = rdata;
	set->capacity = (uint32_t)capacity;
	return 0;
}

static int
set_put(struct local *local, struct local_set *set, const uint8_t *rdata, size_t rdata_bytes)
{
	struct rrset *rrset = &set->rrset;
	if (rrset->rr_count == RRSET_RRS_MAX)
		return ERR_TOO_BIG;
	int err = set_grow(local, set, rrset->rdata_bytes + 2 + rdata_bytes);
	if (err != 0)
		return err;
	uint8_t *at = (uint8_t *)rrset->rdata; /* our own, set_grow made it */
	if (local->newest_first)
		memmove(at + 2 + rdata_bytes, at, rrset->rdata_bytes);
	else
		at += rrset->rdata_bytes;
	at[0] = (uint8_t)(rdata_bytes >> 8);
	at[1] = (uint8_t)rdata_bytes;
	memcpy(at + 2, rdata, rdata_bytes);
	rrset->rdata_bytes += (uint32_t)(2 + rdata_bytes);
	rrset->rr_count++;
	return 0;
}

/* The table of a further class, made when there is none; NULL: the arena is full. */
static struct local *
table_of(struct local *local, uint16_t class)
{
	while (local->class != class && local->of_class != NULL)
		local = local->of_class;
	if (local->class == class)
		return local;
	local->of_class = new_with(local->arena, local->root_hash, class);
	return local->of_class;
}

int
local_data_add_rr(struct local *local, const struct name *owner, uint16_t type, uint16_t class,
		  uint32_t ttl_s, const uint8_t *rdata, size_t rdata_bytes)
{
	assert(!local->finished);
	if ((class != CLASS_IN && class != CLASS_CH && class != CLASS_ANY) || type_is_meta(type) || type == TYPE_RRSIG)
		return ERR_UNSUPPORTED;
	if (rdata_bytes > UINT16_MAX)
		return ERR_TOO_BIG;
	local = table_of(local, class);
	if (local == NULL)
		return ERR_NO_MEMORY;
	struct local_node *node = local__node_make(local, owner);
	if (node == NULL)
		return ERR_NO_MEMORY;
	const struct rrset *there = local__node_set(node, type);
	if (there != NULL && set_has(there, rdata, rdata_bytes))
		return 0;
	if (cname_conflicts(node, type))
		return ERR_EXISTS;
	struct local_set *set = set_make(local, node, type, ttl_s);
	if (set == NULL)
		return ERR_NO_MEMORY;
	if (ttl_s < set->rrset.ttl_s)
		set->rrset.ttl_s = ttl_s;
	return set_put(local, set, rdata, rdata_bytes);
}

/* ---- finishing ------------------------------------------------------------------------------------ */

static struct local_node *
zone_above(struct local_node *node)
{
	while (node != NULL && !node->is_zone)
		node = node->parent;
	return node;
}

/* The type of the zone at or above the name; transparent outside of all. */
static uint8_t
type_at(const struct local *local, const struct name *name)
{
	bool exact;
	const struct local_node *node = local__node_find(local, name, &exact);

	while (node != NULL && !node->is_zone)
		node = node->parent;
	return node != NULL ? node->type : LOCAL_TRANSPARENT;
}

/*
 * unbound's rule: data without a zone are served, and the names around them are resolved, unless `in`, the table of class IN,
 * has a zone for them.
 */
static void
make_zone_for_data(struct local *local, struct local_node *node, const struct local *in)
{
	if (node->sets == NULL)
		return;
	for (const struct local_node *above = node; above != NULL; above = above->parent)
		if (above->is_zone || (above != node && above->sets != NULL))
			return;
	node->is_zone = true;
	node->type = local != in ? type_at(in, &node->name) : LOCAL_TRANSPARENT;
	local->zone_count++;
}

/*
 * A name above one that is there exists, if only as an empty non-terminal (RFC 8020), and also above
 * a zone whose names are resolved.  A zone's own name without data does not: whoever blocks a name by a zone
 * without data wants NXDOMAIN for it.
 */
static void
mark_existence(struct local_node *node)
{
	struct local_node *from = node;
	if (node->sets == NULL)
		from = node->is_zone && node->type != LOCAL_ALWAYS_NXDOMAIN ? node->parent : NULL;
	for (; from != NULL && !from->exists; from = from->parent)
		from->exists = true;
}

/* RFC 2308, section 5: in a negative answer the SOA lives as long as the answer may be kept. */
static int
make_negative_soa(struct local *local, struct local_node *zone)
{
	const struct rrset *set = local__node_set(zone, TYPE_SOA);
	struct rdata_walk walk;
	struct soa soa;
	if (set == NULL)
		return 0;
	rdata_first(set, &walk);
	if (!rdata_next(&walk) || rdata_soa(walk.bytes, walk.size, &soa) != 0)
		return ERR_MALFORMED;
	struct rrset *negative = arena_alloc(local->arena, sizeof *negative);
	if (negative == NULL)
		return ERR_NO_MEMORY;
	*negative = *set;
	negative->next = NULL;
	if (soa.minimum_s < negative->ttl_s)
		negative->ttl_s = soa.minimum_s;
	zone->negative_soa = negative;
	return 0;
}

static int
finish_node(struct local *local, struct local_node *node)
{
	node->zone = zone_above(node);
	mark_existence(node);
	return node->is_zone ? make_negative_soa(local, node) : 0;
}

static int
finish_table(struct local *local, const struct local *in)
{
	int err = 0;

	for (uint32_t i = 0; i < local->slot_count; i++)
		for (struct local_node *node = local->slots[i]; node != NULL; node = node->next)
			make_zone_for_data(local, node, in);
	for (uint32_t i = 0; i < local->slot_count && err == 0; i++)
		for (struct local_node *node = local->slots[i]; node != NULL && err == 0;
		     node = node->next)
			err = finish_node(local, node);
	local->finished = err == 0;
	return err;
}

int
local_finish(struct local *local, bool with_defaults, bool unblock_lan_zones)
{
	assert(!local->finished);
	int err = with_defaults ? local__defaults_add(local, unblock_lan_zones) : 0;
	for (struct local *table = local; table != NULL && err == 0; table = table->of_class)
		err = finish_table(table, local);
	return err;
}

void
local_stats(const struct local *local, struct local_stats *stats)
{
	*stats = (struct local_stats){
		.zones = local->zone_count,
		.names = local->node_count,
		.rrsets = local->rrset_count,
		.bytes = local->arena->used,
	};
}
