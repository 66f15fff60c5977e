/* rpz_read.c - a policy zone's records made into rules (rpz.h). */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "resolver/policy/local_priv.h"
#include "resolver/policy/rpz_priv.h"
#include "stack/base/arena.h"

struct rpz *
rpz_new(struct arena *arena)
{
	struct rpz *rpz = arena_zalloc(arena, 1, sizeof *rpz);
	if (rpz != NULL)
		rpz->arena = arena;
	return rpz;
}

static bool
has_zone(const struct rpz *rpz, const struct name *name)
{
	for (uint32_t i = 0; i < rpz->zone_count; i++)
		if (name_equal(rpz->zones[i].name, name))
			return true;
	return false;
}

int
rpz_zone_add(struct rpz *rpz, const struct name *name, struct rng *rng, struct rpz_zone **zone)
{
	if (has_zone(rpz, name))
		return ERR_EXISTS;
	if (rpz->zone_count == RPZ_ZONES_MAX)
		return ERR_FULL;
	struct rpz_zone *added = &rpz->zones[rpz->zone_count];
	*added = (struct rpz_zone){ .name = name_store(rpz->arena, name), .ede = EDE_BLOCKED };
	if (added->name == NULL)
		return ERR_NO_MEMORY;
	for (unsigned i = 0; i < RPZ_TRIGGERS; i++) {
		prefixes_init(&added->prefixes[i], rpz->arena);
		added->names[i] = local_new(rpz->arena, rng);
		if (added->names[i] == NULL)
			return ERR_NO_MEMORY;
		added->names[i]->newest_first = true;
	}
	rpz->zone_count++;
	*zone = added;
	return 0;
}

static int
take_soa(struct rpz *rpz, struct rpz_zone *zone, const struct text_record *record)
{
	const size_t bytes = 2u + record->rdata_bytes;
	struct rrset *soa = arena_alloc(rpz->arena, sizeof *soa);
	uint8_t *rdata = arena_alloc(rpz->arena, bytes);
	if (soa == NULL || rdata == NULL)
		return ERR_NO_MEMORY;
	rdata[0] = (uint8_t)(record->rdata_bytes >> 8);
	rdata[1] = (uint8_t)record->rdata_bytes;
	memcpy(rdata + 2, record->rdata, record->rdata_bytes);
	*soa = (struct rrset){
		.owner = zone->name,
		.type = TYPE_SOA,
		.class = CLASS_IN,
		.rr_count = 1,
		.ttl_s = record->ttl_s,
		.rdata = rdata,
		.rdata_bytes = (uint32_t)bytes,
		.security = SECURITY_INSECURE,
	};
	zone->soa = soa;
	return 0;
}

/* What belongs to the zone as a zone, and is no rule. */
static bool
is_of_zone(uint16_t type)
{
	return type == TYPE_NS || type == TYPE_SOA || type == TYPE_DNAME || type == TYPE_DS ||
	       type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_DNSKEY ||
	       type == TYPE_NSEC3 || type == TYPE_NSEC3PARAM;
}

/* The owner's labels in front of the zone's name, made absolute. */
static void
relative_to(struct name *relative, const struct name *owner, const struct name *zone)
{
	const size_t kept = (size_t)owner->size - zone->size;
	memcpy(relative->wire, owner->wire, kept);
	relative->wire[kept] = 0;
	relative->size = (uint8_t)(kept + 1);
}

/* The rule's data at `name`, and for an address the way there. */
static int
add_rule(struct rpz *rpz, struct rpz_zone *zone, const struct rpz_owner *owner,
	 const struct name *name, const struct text_record *record)
{
	const bool is_name = owner->trigger == RPZ_QNAME || owner->trigger == RPZ_NSDNAME;
	struct local *names = zone->names[owner->trigger];
	int err = local_data_add_rr(names, name, record->type, record->class, record->ttl_s,
				    record->rdata, record->rdata_bytes);
	if (err == ERR_EXISTS) { /* another CNAME, or data beside one: the first counts */
		zone->ignored_count++;
		return 0;
	}
	if (err == 0 && !is_name) {
		const struct local_node *node = local__node_make(names, name);
		assert(node != NULL); /* the record has just made it */
		err = prefixes_put(&zone->prefixes[owner->trigger], &owner->prefix,
				   owner->prefix_len, node);
	}
	if (err == 0) {
		zone->rule_count++;
		rpz->zones_with[owner->trigger] |= 1u << (zone - rpz->zones);
	}
	return err;
}

static int
take_rule(struct rpz *rpz, struct rpz_zone *zone, const struct text_record *record,
	  const struct name *relative)
{
	struct rpz_owner owner;
	const int err = rpz__owner_read(&owner, relative);
	if (err != 0)
		return err;
	const bool is_name = owner.trigger == RPZ_QNAME || owner.trigger == RPZ_NSDNAME;
	return add_rule(rpz, zone, &owner, is_name ? &owner.name : relative, record);
}

int
rpz_response_add(struct rpz *rpz, struct rpz_zone *zone, const struct ip_addr *prefix,
		 unsigned prefix_len, const struct text_record *record)
{
	const struct rpz_owner owner = { .trigger = RPZ_RESPONSE_IP,
					 .prefix = *prefix,
					 .prefix_len = prefix_len };
	char label[ADDR_TEXT_BYTES + sizeof "/128"], addr[ADDR_TEXT_BYTES];
	struct name name;
	const int size = snprintf(label, sizeof label, "%s/%u",
				  addr_to_text(prefix, addr, sizeof addr), prefix_len);
	static_assert(sizeof label <= NAME_LABEL_MAX + 1, "it is one label");
	(void)name_prepend(&name, (const uint8_t *)label, (size_t)size, &name_root);
	return add_rule(rpz, zone, &owner, &name, record);
}

static int
take_record(struct rpz *rpz, struct rpz_zone *zone, struct rpz_reading *reading)
{
	const struct text_record *record = &reading->record;
	struct name relative;
	int err = ERR_MALFORMED;

	if (record->class != CLASS_IN) {
		reading->reader.why = "class is not IN";
	} else if (!name_is_under(&record->owner, zone->name)) {
		reading->reader.why = "the name is outside the zone";
	} else if (record->type == TYPE_SOA && record->owner.size == zone->name->size) {
		return take_soa(rpz, zone, record);
	} else if (is_of_zone(record->type) || record->owner.size == zone->name->size) {
		zone->ignored_count++;
		return 0;
	} else {
		relative_to(&relative, &record->owner, zone->name);
		err = take_rule(rpz, zone, record, &relative);
		if (err != 0 && err != ERR_NO_MEMORY && zone->skips_malformed) {
			zone->ignored_count++;
			return 0;
		}
		reading->reader.why = err == ERR_MALFORMED
					      ? "is no address prefix, such as 24.0.2.0.192.rpz-ip"
					      : err_text(err);
	}
	return err;
}

int
rpz_zone_read(struct rpz *rpz, struct rpz_zone *zone, const char *text, size_t text_bytes,
	      struct rpz_reading *reading)
{
	text_reader_init(&reading->reader, text, text_bytes, zone->name);
	for (;;) {
		int err = text_reader_next(&reading->reader, &reading->record);
		if (err <= 0)
			return err;
		err = take_record(rpz, zone, reading);
		if (err != 0)
			return err;
	}
}
