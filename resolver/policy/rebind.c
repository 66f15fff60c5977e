#include "resolver/policy/rebind.h"

#include <string.h>

#include "resolver/policy/local_priv.h"
#include "resolver/policy/prefixes.h"
#include "stack/base/arena.h"

enum { SVC_IPV4HINT = 4, SVC_IPV6HINT = 6 };

struct rebind {
	struct prefixes addrs;
	struct local *domains; /* each a zone of it */
};

struct rebind *
rebind_new(struct arena *arena, struct rng *rng)
{
	struct rebind *rebind = arena_zalloc(arena, 1, sizeof *rebind);
	if (rebind == NULL)
		return NULL;
	prefixes_init(&rebind->addrs, arena);
	rebind->domains = local_new(arena, rng);
	return rebind->domains != NULL ? rebind : NULL;
}

int
rebind_add_addr(struct rebind *rebind, const struct ip_addr *prefix, unsigned prefix_len)
{
	return prefixes_put(&rebind->addrs, prefix, prefix_len, rebind);
}

int
rebind_add_domain(struct rebind *rebind, const struct name *domain)
{
	return local_zone_add(rebind->domains, domain, LOCAL_TRANSPARENT);
}

/* ---- addresses in rdata -------------------------------------------------------------------------------- */

static bool
is_private4(const struct rebind *rebind, const uint8_t *octets)
{
	const struct ip_addr addr = addr_ipv4(octets);
	return prefixes_find(&rebind->addrs, &addr) != NULL;
}

static bool
is_private6(const struct rebind *rebind, const uint8_t *octets)
{
	const struct ip_addr addr = addr_ipv6(octets);
	return prefixes_find(&rebind->addrs, &addr) != NULL;
}

static bool
has_private_hint(const struct rebind *rebind, uint16_t key, struct cursor *value)
{
	while (key == SVC_IPV4HINT && cursor_left(value) >= 4)
		if (is_private4(rebind, cursor_bytes(value, 4)))
			return true;
	while (key == SVC_IPV6HINT && cursor_left(value) >= 16)
		if (is_private6(rebind, cursor_bytes(value, 16)))
			return true;
	return false;
}

/* Own form: priority, target, then parameters of key, length and value (RFC 9460, section 2.2). */
static bool
svcb_is_private(const struct rebind *rebind, const uint8_t *rdata, size_t size)
{
	struct cursor cursor = cursor_over(rdata, size);
	struct name target;

	(void)cursor_u16(&cursor);
	if (name_from_wire(&target, rdata + cursor.pos, cursor_left(&cursor)) != 0)
		return false;
	cursor_skip(&cursor, target.size);
	while (cursor.err == 0 && cursor_left(&cursor) > 0) {
		const uint16_t key = cursor_u16(&cursor), value_bytes = cursor_u16(&cursor);
		struct cursor value = cursor_sub(&cursor, value_bytes);
		if (cursor.err == 0 && has_private_hint(rebind, key, &value))
			return true;
	}
	return false;
}

static bool
is_private(const struct rebind *rebind, uint16_t type, const struct rdata_walk *walk)
{
	switch (type) {
	case TYPE_A: return is_private4(rebind, walk->bytes);
	case TYPE_AAAA: return is_private6(rebind, walk->bytes);
	case TYPE_SVCB:
	case TYPE_HTTPS: return svcb_is_private(rebind, walk->bytes, walk->size);
	}
	return false;
}

/* ---- sets ---------------------------------------------------------------------------------------------- */

static bool
has_addresses(const struct rrset *set)
{
	return set->class == CLASS_IN && (set->type == TYPE_A || set->type == TYPE_AAAA ||
					  set->type == TYPE_SVCB || set->type == TYPE_HTTPS);
}

unsigned
rebind_strip(const struct rebind *rebind, struct rrset *set)
{
	uint8_t *to = (uint8_t *)set->rdata; /* the message's own, and what stays only moves down */
	struct rdata_walk walk;
	unsigned stripped = 0, seen = 0;

	if (rebind == NULL || !has_addresses(set) || local__has_zone_above(rebind->domains, set->owner))
		return 0;
	rdata_first(set, &walk);
	while (rdata_next(&walk)) {
		const size_t size = 2u + walk.size;
		const bool is_record =
			seen++ < set->rr_count; /* behind them are their signatures */
		if (is_record && is_private(rebind, set->type, &walk)) {
			stripped++;
			continue;
		}
		memmove(to, walk.bytes - 2, size);
		to += size;
	}
	set->rr_count = (uint16_t)(set->rr_count - stripped);
	set->rdata_bytes = (uint32_t)(to - set->rdata);
	return stripped;
}

unsigned
rebind_strip_all(const struct rebind *rebind, struct rrset **sets)
{
	unsigned stripped = 0;
	while (*sets != NULL) {
		const unsigned of_set = rebind_strip(rebind, *sets);
		stripped += of_set;
		if (of_set > 0 && (*sets)->rr_count == 0)
			*sets = (*sets)->next;
		else
			sets = &(*sets)->next;
	}
	return stripped;
}
