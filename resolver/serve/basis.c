#include "resolver/serve/basis.h"

#include <string.h>

#include "stack/base/hash.h"

/* Each part's hash is mixed with all before it; nobody gains by a collision, so the key is fixed. */
struct basis {
	struct hash_key key;
};

static void
add(struct basis *basis, const void *bytes, size_t size)
{
	basis->key.k0 = hash_bytes(&basis->key, bytes, size);
	basis->key.k1 += size + 1;
}

static void
add_number(struct basis *basis, uint64_t number)
{
	basis->key.k0 = hash_u64x2(&basis->key, number, 0);
}

static void
add_text(struct basis *basis, const char *text)
{
	add(basis, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static void
add_list(struct basis *basis, const struct config_list *list)
{
	add_number(basis, list->count);
	for (size_t i = 0; i < list->count; i++)
		add_text(basis, list->items[i]);
}

static void
add_anchors(struct basis *basis, const struct anchors *anchors)
{
	add_number(basis, anchors != NULL);
	if (anchors == NULL)
		return;
	for (unsigned i = 0; i < anchors->count; i++) {
		add(basis, anchors->ds[i]->owner->wire, anchors->ds[i]->owner->size);
		add(basis, anchors->ds[i]->rdata, anchors->ds[i]->rdata_bytes);
	}
	for (unsigned i = 0; i < anchors->insecure_count; i++)
		add(basis, anchors->insecure[i]->wire, anchors->insecure[i]->size);
}

static void
add_hints(struct basis *basis, const struct root_hints *hints)
{
	add_number(basis, hints->count);
	for (size_t i = 0; i < hints->count; i++) {
		const struct root_hint *hint = &hints->entries[i];
		add(basis, hint->server.wire, hint->server.size);
		add(basis, hint->addr.octets, addr_bytes(&hint->addr));
	}
}

/* Where a zone's records come from. */
static void
add_zone(struct basis *basis, const struct config_zone *zone)
{
	if (zone->kind != CONFIG_FORWARD_ZONE && zone->kind != CONFIG_STUB_ZONE &&
	    (zone->kind != CONFIG_AUTH_ZONE || !zone->for_upstream))
		return;
	add_number(basis, zone->kind);
	add_text(basis, zone->name);
	add_list(basis, &zone->addr);
	add_list(basis, &zone->host);
	add_number(basis, zone->first);
	add_text(basis, zone->zonefile);
}

uint64_t
basis_of(const struct settings *settings)
{
	struct basis basis = { { 0, 0 } };
	const struct config *config = &settings->config;
	const struct trust_config *trust = &settings->service->trust;

	add_anchors(&basis, trust->anchors);
	add_number(&basis, trust->override_s);
	add_number(&basis, trust->nsec3_iterations_max);
	add_number(&basis, config->harden_algo_downgrade);
	add_number(&basis, config->val_sig_skew_min);
	add_number(&basis, config->val_sig_skew_max);
	add_number(&basis, config->disable_edns_do);
	add_hints(&basis, &settings->hints);
	add_list(&basis, &config->private_address);
	add_list(&basis, &config->private_domain);
	add_number(&basis, config->harden_glue);
	for (size_t i = 0; i < config->zone_count; i++)
		add_zone(&basis, &config->zones[i]);
	return basis.key.k0;
}
