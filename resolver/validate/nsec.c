/* NSEC (RFC 4034, section 4; RFC 4035, section 5.4; RFC 6840, section 4). */
#include "resolver/validate/denial.h"

struct nsec {
	const struct name *owner;
	struct name next;
	struct crypto_span types;
};

static bool
nsec_read(const struct denial *denial, const struct rrset *set, struct nsec *nsec)
{
	struct rdata_walk walk;

	if (!denial__is_usable(denial, set, TYPE_NSEC) || set->rr_count != 1)
		return false;
	rdata_first(set, &walk);
	if (!rdata_next(&walk) || name_from_wire(&nsec->next, walk.bytes, walk.size) != 0 ||
	    !name_is_under(&nsec->next, denial->zone))
		return false;
	nsec->owner = set->owner;
	nsec->types = (struct crypto_span){ walk.bytes + nsec->next.size, walk.size - nsec->next.size };
	return true;
}

static bool
nsec_has(const struct nsec *nsec, uint16_t type)
{
	return denial__has_type(nsec->types, type);
}

/* A cut above: NS without SOA, or a DNAME; what is below is not the zone's to speak of (RFC 6840, section 4.1). */
static bool
is_above(const struct nsec *nsec, const struct name *qname)
{
	return name_is_under(qname, nsec->owner) && !name_equal(qname, nsec->owner) &&
	       (nsec_has(nsec, TYPE_DNAME) || (nsec_has(nsec, TYPE_NS) && !nsec_has(nsec, TYPE_SOA)));
}

/* Between owner and next in canonical order; the last one's next is the apex. */
static bool
covers(const struct denial *denial, const struct nsec *nsec, const struct name *qname)
{
	if (is_above(nsec, qname) || name_compare(nsec->owner, qname) >= 0)
		return false;
	return name_equal(&nsec->next, denial->zone) || name_compare(qname, &nsec->next) < 0;
}

bool
denial_nsec_covers(const struct denial *denial, const struct rrset *set, const struct name *name)
{
	struct nsec nsec;

	return nsec_read(denial, set, &nsec) && covers(denial, &nsec, name);
}

static bool
find_cover(const struct denial *denial, const struct name *qname, struct nsec *nsec)
{
	for (const struct rrset *set = denial->sets; set != NULL; set = set->next)
		if (nsec_read(denial, set, nsec) && covers(denial, nsec, qname))
			return true;
	return false;
}

static bool
find_match(const struct denial *denial, const struct name *qname, struct nsec *nsec)
{
	for (const struct rrset *set = denial->sets; set != NULL; set = set->next)
		if (nsec_read(denial, set, nsec) && name_equal(nsec->owner, qname))
			return true;
	return false;
}

/* The closest name above qname that the covering NSEC shows to exist: of owner or next the one nearer to it. */
static unsigned
encloser_labels(const struct nsec *nsec, const struct name *qname)
{
	const unsigned of_owner = name_common_labels(nsec->owner, qname);
	const unsigned of_next = name_common_labels(&nsec->next, qname);
	return of_owner > of_next ? of_owner : of_next;
}

static void
wildcard_at(const struct name *qname, unsigned labels, struct name *wildcard)
{
	struct name encloser;
	name_tail(&encloser, qname, labels);
	if (name_prepend(wildcard, (const uint8_t *)"*", 1, &encloser) != 0)
		name_copy(wildcard, &encloser); /* cannot be: qname is longer than its encloser */
}

/* An NSEC that covers the name and whose next is below it: an empty non-terminal, which exists. */
static bool
is_empty_non_terminal(const struct nsec *cover, const struct name *qname)
{
	return name_is_under(&cover->next, qname);
}

enum proof
nsec__name(struct denial *denial, const struct name *qname)
{
	struct nsec cover, of_wildcard;
	struct name wildcard;

	if (!find_cover(denial, qname, &cover) || is_empty_non_terminal(&cover, qname))
		return PROOF_NONE;
	wildcard_at(qname, encloser_labels(&cover, qname), &wildcard);
	if (!find_cover(denial, &wildcard, &of_wildcard) || is_empty_non_terminal(&of_wildcard, &wildcard))
		return PROOF_NONE;
	return PROOF_SECURE;
}

/* The types of a name that is there: neither the one asked for nor an alias, and no cut's (but for DS). */
static bool
lacks(const struct denial *denial, const struct nsec *nsec, uint16_t qtype)
{
	if (nsec_has(nsec, qtype) || nsec_has(nsec, TYPE_CNAME))
		return false;
	if (qtype == TYPE_DS) /* the child's apex has no say about it, unless there is nothing above */
		return !nsec_has(nsec, TYPE_SOA) || denial->zone->size == 1;
	return !nsec_has(nsec, TYPE_NS) || nsec_has(nsec, TYPE_SOA);
}

enum proof
nsec__type(struct denial *denial, const struct name *qname, uint16_t qtype)
{
	struct nsec match, cover;
	struct name wildcard;

	if (find_match(denial, qname, &match))
		return lacks(denial, &match, qtype) ? PROOF_SECURE : PROOF_NONE;
	if (!find_cover(denial, qname, &cover))
		return PROOF_NONE;
	if (is_empty_non_terminal(&cover, qname))
		return PROOF_SECURE;
	wildcard_at(qname, encloser_labels(&cover, qname), &wildcard);
	if (find_match(denial, &wildcard, &match))
		return lacks(denial, &match, qtype) ? PROOF_SECURE : PROOF_NONE;
	/* RFC 4592, section 4.9 */
	return find_cover(denial, &wildcard, &cover) && is_empty_non_terminal(&cover, &wildcard) ? PROOF_SECURE : PROOF_NONE;
}

enum proof
nsec__exact(struct denial *denial, const struct name *qname, unsigned labels)
{
	struct nsec cover;

	/* No closer name than the wildcard's may exist, nor the name itself. */
	if (!find_cover(denial, qname, &cover) || is_empty_non_terminal(&cover, qname) ||
	    encloser_labels(&cover, qname) > labels)
		return PROOF_NONE;
	return PROOF_SECURE;
}

enum ds_proof
nsec__ds(struct denial *denial, const struct name *qname)
{
	struct nsec nsec;

	if (find_match(denial, qname, &nsec)) {
		if (nsec_has(&nsec, TYPE_DS) || nsec_has(&nsec, TYPE_CNAME) || nsec_has(&nsec, TYPE_SOA))
			return DS_PROOF_NONE;
		return nsec_has(&nsec, TYPE_NS) ? DS_PROOF_DELEGATION : DS_PROOF_NO_CUT;
	}
	if (!find_cover(denial, qname, &nsec))
		return DS_PROOF_NONE;
	return is_empty_non_terminal(&nsec, qname) ? DS_PROOF_NO_CUT : DS_PROOF_NO_NAME;
}
