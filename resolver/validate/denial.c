#include "resolver/validate/denial.h"

#include "resolver/validate/rrsig.h"
#include "stack/base/cursor.h"

bool
denial__has_type(struct crypto_span bitmap, uint16_t type)
{
	struct cursor c = cursor_over(bitmap.bytes, bitmap.size);

	while (cursor_left(&c) > 0) {
		const uint8_t window = cursor_u8(&c);
		const uint8_t octets = cursor_u8(&c);
		const uint8_t *bits = cursor_bytes(&c, octets);
		if (bits == NULL)
			return false;
		if (window == type >> 8)
			return (type & 0xff) / 8 < octets &&
			       (bits[(type & 0xff) / 8] & 0x80u >> type % 8) != 0;
	}
	return false;
}

bool
denial__is_usable(const struct denial *denial, const struct rrset *set, uint16_t type)
{
	struct name signer;

	/*
	 * A zone below may sign what would deny names of this one: only what this one signed counts.  And what a wildcard has
	 * made is a copy of the wildcard's record under a name of the sender's choice, before the wildcard itself if that helps.
	 */
	return set->type == type && set->class == CLASS_IN && set->security == SECURITY_SECURE &&
	       set->rr_count > 0 && name_is_under(set->owner, denial->zone) && rrset_is_own(set) &&
	       rrset_signer(set, &signer) && name_equal(&signer, denial->zone);
}

static bool
has_nsec(const struct denial *denial)
{
	for (const struct rrset *set = denial->sets; set != NULL; set = set->next)
		if (denial__is_usable(denial, set, TYPE_NSEC))
			return true;
	return false;
}

enum proof
denial_of_name(struct denial *denial, const struct name *qname)
{
	return has_nsec(denial) ? nsec__name(denial, qname) : nsec3__name(denial, qname);
}

enum proof
denial_of_type(struct denial *denial, const struct name *qname, uint16_t qtype)
{
	return has_nsec(denial) ? nsec__type(denial, qname, qtype) : nsec3__type(denial, qname, qtype);
}

enum proof
denial_of_exact(struct denial *denial, const struct name *qname, unsigned labels)
{
	return has_nsec(denial) ? nsec__exact(denial, qname, labels) : nsec3__exact(denial, qname, labels);
}

enum ds_proof
denial_of_ds(struct denial *denial, const struct name *qname)
{
	return has_nsec(denial) ? nsec__ds(denial, qname) : nsec3__ds(denial, qname);
}
