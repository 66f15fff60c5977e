#include "resolver/validate/anchors.h"

#include <string.h>

#include "stack/base/arena.h"

#define DS_FIXED_BYTES     4u
#define DS_BYTES_MAX       (DS_FIXED_BYTES + CRYPTO_DIGEST_BYTES_MAX)
#define RDATA_LENGTH_BYTES 2u

void
anchors_init(struct anchors *anchors, struct arena *arena)
{
	*anchors = (struct anchors){ .arena = arena };
}

/* The sets are new, since more may be added to them; what they hold now is not copied. */
int
anchors_init_from(struct anchors *anchors, struct arena *arena, const struct anchors *base)
{
	*anchors = *base;
	anchors->arena = arena;
	for (unsigned i = 0; i < base->count; i++) {
		anchors->ds[i] = arena_alloc(arena, sizeof *anchors->ds[i]);
		if (anchors->ds[i] == NULL)
			return ERR_NO_MEMORY;
		*anchors->ds[i] = *base->ds[i];
	}
	return 0;
}

static struct rrset *
set_at(const struct anchors *anchors, const struct name *zone)
{
	for (unsigned i = 0; i < anchors->count; i++)
		if (name_equal(anchors->ds[i]->owner, zone))
			return anchors->ds[i];
	return NULL;
}

static struct rrset *
set_new(struct anchors *anchors, const struct name *zone)
{
	if (anchors->count == ANCHORS_MAX)
		return NULL;
	struct rrset *set = arena_zalloc(anchors->arena, 1, sizeof *set);
	if (set == NULL)
		return NULL;
	set->owner = name_store(anchors->arena, zone);
	set->type = TYPE_DS;
	set->class = CLASS_IN;
	set->security = SECURITY_SECURE;
	if (set->owner == NULL)
		return NULL;
	anchors->ds[anchors->count++] = set;
	return set;
}

static int
set_append(struct arena *arena, struct rrset *set, const uint8_t *rdata, size_t size)
{
	if (set->rr_count == RRSET_RRS_MAX)
		return ERR_FULL;
	uint8_t *bytes = arena_alloc(arena, set->rdata_bytes + RDATA_LENGTH_BYTES + size);
	if (bytes == NULL)
		return ERR_NO_MEMORY;
	struct writer w = writer_over(bytes, set->rdata_bytes + RDATA_LENGTH_BYTES + size);
	writer_bytes(&w, set->rdata, set->rdata_bytes);
	writer_u16(&w, (uint16_t)size);
	writer_bytes(&w, rdata, size);
	set->rdata = bytes;
	set->rdata_bytes = (uint32_t)w.pos;
	set->rr_count++;
	return w.err;
}

/* RFC 4034, section 5.1.4. */
static int
ds_of_key(struct crypto *crypto, const struct name *zone, const uint8_t *rdata, size_t size, uint8_t ds[DS_BYTES_MAX],
	  size_t *ds_bytes)
{
	struct dnskey key;
	struct name lower;

	if (dnskey_read(&key, rdata, size) != 0 || !dnskey_signs(&key))
		return ERR_MALFORMED;
	if (!crypto_knows_algorithm(crypto, key.algorithm))
		return ERR_UNSUPPORTED;
	name_lower(&lower, zone);
	struct writer w = writer_over(ds, DS_BYTES_MAX);
	writer_u16(&w, key.tag);
	writer_u8(&w, key.algorithm);
	writer_u8(&w, DIGEST_SHA256);
	const struct crypto_span name = { lower.wire, lower.size };
	const size_t digest_bytes = crypto_digest(crypto, DIGEST_SHA256, name, key.rdata, ds + DS_FIXED_BYTES);
	*ds_bytes = DS_FIXED_BYTES + digest_bytes;
	return digest_bytes != 0 ? 0 : ERR_UNSUPPORTED;
}

int
anchors_add(struct anchors *anchors, struct crypto *crypto, const struct name *zone, uint16_t type, const uint8_t *rdata,
	    size_t size)
{
	uint8_t made[DS_BYTES_MAX];
	struct ds ds;

	if (type == TYPE_DNSKEY) {
		int err = ds_of_key(crypto, zone, rdata, size, made, &size);
		if (err != 0)
			return err;
		rdata = made;
	} else if (type != TYPE_DS) {
		return ERR_MALFORMED;
	}
	int err = ds_read(&ds, rdata, size);
	if (err != 0)
		return err;
	if (!crypto_knows_algorithm(crypto, ds.algorithm) || !crypto_knows_digest(crypto, ds.digest_type))
		return ERR_UNSUPPORTED;
	struct rrset *set = set_at(anchors, zone);
	if (set == NULL)
		set = set_new(anchors, zone);
	return set == NULL ? ERR_FULL : set_append(anchors->arena, set, rdata, size);
}

int
anchors_add_insecure(struct anchors *anchors, const struct name *name)
{
	if (anchors->insecure_count == ANCHORS_INSECURE_MAX)
		return ERR_FULL;
	const struct name *kept = name_store(anchors->arena, name);
	if (kept == NULL)
		return ERR_NO_MEMORY;
	anchors->insecure[anchors->insecure_count++] = kept;
	return 0;
}

const struct rrset *
anchors_at(const struct anchors *anchors, const struct name *zone)
{
	return set_at(anchors, zone);
}

const struct rrset *
anchors_above(const struct anchors *anchors, const struct name *name)
{
	const struct rrset *nearest = NULL;

	for (unsigned i = 0; i < anchors->count; i++) {
		const struct rrset *set = anchors->ds[i];
		if (name_is_under(name, set->owner) &&
		    (nearest == NULL || name_labels(set->owner) > name_labels(nearest->owner)))
			nearest = set;
	}
	for (unsigned i = 0; nearest != NULL && i < anchors->insecure_count; i++)
		if (name_is_under(name, anchors->insecure[i]) &&
		    name_labels(anchors->insecure[i]) >= name_labels(nearest->owner))
			return NULL;
	return nearest;
}
