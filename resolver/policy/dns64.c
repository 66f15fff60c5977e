#include "resolver/policy/dns64.h"

#include <stdio.h>
#include <string.h>

#include "resolver/policy/local_priv.h"
#include "resolver/wire/fold.h"
#include "stack/base/arena.h"

#define NIBBLES 32u

struct dns64 *
dns64_new(struct arena *arena, const struct nat64 *nat64, bool synthesizes_all, struct rng *rng)
{
	struct dns64 *dns64 = arena_zalloc(arena, 1, sizeof *dns64);
	if (dns64 == NULL)
		return NULL;
	dns64->nat64 = *nat64;
	dns64->synthesizes_all = synthesizes_all;
	dns64->ignored = local_new(arena, rng);
	return dns64->ignored != NULL ? dns64 : NULL;
}

int
dns64_ignore(struct dns64 *dns64, const struct name *name)
{
	return local_zone_add(dns64->ignored, name, LOCAL_TRANSPARENT);
}

/* ---- steps --------------------------------------------------------------------------------------------- */

enum dns64_step
dns64_begin(const struct dns64 *dns64, const struct question *question, bool dnssec_ok,
	    bool checking_disabled)
{
	if (question->qtype != TYPE_AAAA || question->qclass != CLASS_IN ||
	    (dnssec_ok && checking_disabled))
		return DNS64_OFF;
	return dns64->synthesizes_all || local__has_zone_above(dns64->ignored, &question->qname) ? DNS64_A : DNS64_AAAA;
}

uint16_t
dns64_qtype(enum dns64_step step, uint16_t qtype)
{
	return step == DNS64_A ? TYPE_A : qtype;
}

/* Any that is not ::ffff:a.b.c.d. */
static bool
has_usable(const struct rrset *set)
{
	struct rdata_walk walk;
	rdata_first(set, &walk);
	for (unsigned i = 0; i < set->rr_count && rdata_next(&walk); i++) {
		const struct ip_addr addr = addr_ipv6(walk.bytes);
		if (!addr_is_ipv4_mapped(&addr))
			return true;
	}
	return false;
}

static bool
has_aaaa(const struct answer *answer)
{
	for (const struct rrset *set = answer->sections[SECTION_ANSWER]; set != NULL;
	     set = set->next)
		if (set->type == TYPE_AAAA && has_usable(set))
			return true;
	return false;
}

static bool
has_a(const struct answer *answer)
{
	for (const struct rrset *set = answer->sections[SECTION_ANSWER]; set != NULL;
	     set = set->next)
		if (set->type == TYPE_A)
			return true;
	return false;
}

/* For how long it is known that there is none. */
static uint32_t
absence_ttl_s(const struct answer *answer)
{
	for (const struct rrset *set = answer->sections[SECTION_AUTHORITY]; set != NULL;
	     set = set->next)
		if (set->type == TYPE_SOA)
			return set->ttl_s;
	return DNS64_TTL_S;
}

/* ---- records ------------------------------------------------------------------------------------------- */

/* The set of A records as AAAA; its signatures stay behind. */
static struct rrset *
set_of_aaaa(const struct dns64 *dns64, const struct rrset *from, uint32_t ttl_s_max,
	    struct arena *arena)
{
	const size_t record_bytes = 2 + 16;
	struct rrset *set = arena_alloc(arena, sizeof *set);
	uint8_t *rdata = arena_alloc(arena, from->rr_count * record_bytes);
	struct rdata_walk walk;

	if (set == NULL || rdata == NULL)
		return NULL;
	*set = *from;
	set->type = TYPE_AAAA;
	set->sig_count = 0;
	set->rr_count = 0;
	set->security = SECURITY_INSECURE;
	set->ttl_s = from->ttl_s < ttl_s_max ? from->ttl_s : ttl_s_max;
	set->rdata = rdata;
	rdata_first(from, &walk);
	for (unsigned i = 0; i < from->rr_count && rdata_next(&walk); i++, rdata += record_bytes) {
		const struct ip_addr addr = nat64_embed(&dns64->nat64, walk.bytes);
		rdata[0] = 0;
		rdata[1] = 16;
		memcpy(rdata + 2, addr.octets, 16);
		set->rr_count++;
	}
	set->rdata_bytes = (uint32_t)(set->rr_count * record_bytes);
	return set;
}

static struct rrset *
set_again(const struct rrset *from, struct arena *arena)
{
	struct rrset *set = arena_alloc(arena, sizeof *set);
	if (set != NULL)
		*set = *from;
	return set;
}

/* The whole answer section anew: the sets of the answer are only lent. */
static int
synthesize(const struct dns64 *dns64, uint32_t ttl_s_max, struct answer *answer,
	   struct arena *arena)
{
	struct rrset *head = NULL, **tail = &head;

	for (const struct rrset *from = answer->sections[SECTION_ANSWER]; from != NULL;
	     from = from->next) {
		struct rrset *set = from->type == TYPE_A
					    ? set_of_aaaa(dns64, from, ttl_s_max, arena)
					    : set_again(from, arena);
		if (set == NULL)
			return ERR_NO_MEMORY;
		set->next = NULL;
		*tail = set;
		tail = &set->next;
	}
	answer->sections[SECTION_ANSWER] = head;
	answer->security = SECURITY_INSECURE;
	answer->ede = EDE_SYNTHESIZED;
	return 0;
}

bool
dns64_goes_on(const struct dns64 *dns64, enum dns64_step *step, uint32_t *ttl_s_max,
	      struct answer *answer, struct arena *arena)
{
	switch (*step) {
	case DNS64_OFF:
	case DNS64_LAST: return false;
	case DNS64_AAAA:
		/* Section 5.1.2: a name that is not there has no address; whatever else failed is as good as empty. */
		if (has_aaaa(answer) || answer->rcode == RCODE_NXDOMAIN || answer->is_ruled)
			return false;
		*ttl_s_max = absence_ttl_s(answer);
		*step = DNS64_A;
		return true;
	case DNS64_A:
		if (has_a(answer) && synthesize(dns64, *ttl_s_max, answer, arena) == 0)
			return false;
		*step = DNS64_LAST;
		return true;
	}
	return false;
}

/* ---- names of addresses ------------------------------------------------------------------------------------ */

static int
nibble_of(const uint8_t *label)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit =
		label[0] == 1 && label[1] != 0 ? strchr(digits, fold_u8(label[1])) : NULL;
	return digit != NULL ? (int)(digit - digits) : -1;
}

bool
dns64_reverse(const struct dns64 *dns64, const struct name *name, struct name *reverse)
{
	static const struct name ip6_arpa = { .size = 10, .wire = "\003ip6\004arpa" };
	uint8_t octets[16] = { 0 }, ipv4[4];
	char text[sizeof "255.255.255.255.in-addr.arpa."];

	if (name->size != 2 * NIBBLES + ip6_arpa.size || !name_is_under(name, &ip6_arpa))
		return false;
	for (unsigned i = 0; i < NIBBLES; i++) {
		const int nibble = nibble_of(&name->wire[2 * i]);
		if (nibble < 0)
			return false;
		octets[15 - i / 2] |= (uint8_t)(i % 2 == 0 ? nibble : nibble << 4);
	}
	const struct ip_addr addr = addr_ipv6(octets);
	if (!nat64_extract(&dns64->nat64, &addr, ipv4))
		return false;
	(void)snprintf(text, sizeof text, "%u.%u.%u.%u.in-addr.arpa.", ipv4[3], ipv4[2], ipv4[1],
		       ipv4[0]);
	return name_from_text(reverse, text, NULL) == 0;
}
