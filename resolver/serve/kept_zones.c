#include "resolver/serve/kept_zones.h"

#include <assert.h>

#include "resolver/serve/text_file.h"
#include "resolver/serve/zone_files.h"
#include "resolver/zone/refresh.h"

#define SET_BYTES  (UINT64_C(1) << 20)  /* of the set itself, and its zones' names */
#define ZONE_BYTES (UINT64_C(64) << 10) /* of a zone, however small its file */

static_assert(sizeof(struct kept_set) + sizeof(struct kept_zones) + KEPT_ZONES_MAX * sizeof(struct name) < SET_BYTES / 2,
	      "a set fits");

struct build {
	const struct config *config;
	const struct config_zone *from;
	const struct name *apex;
	struct zone *zone; /* the one just read */
	char *error;
};

static int
refuse(const struct build *build, const char *option, const char *text, const char *why)
{
	return config_refuse(build->error, build->config, build->from->line, option, text, why);
}

/* ---- a zone -------------------------------------------------------------------------------------------------- */

static int
read_file(void *context, struct shared_block *block)
{
	struct build *build = context;
	char why[ZONE_FILE_WHY_BYTES];
	const int err = zone_file_read(build->from->zonefile, build->apex, &block->arena, &build->zone, why);

	if (err != 0 && err != ERR_NO_MEMORY)
		(void)snprintf(build->error, CONFIG_ERROR_BYTES, "zonefile: %s", why);
	return err;
}

/* At the start and after a reload, before somebody follows it: nobody has spoken for its file in its expire time. */
static bool
is_too_old(const struct config_zone *from, const struct kept_part *part)
{
	return config_zone_is_transferred(from) && !from->is_followed && refresh_is_too_old(&part->soa, part->age_us);
}

/* Without records, which its primaries may change (zone/refresh.h), it is a part all the same. */
static int
read_part(struct build *build, struct kept_part *part)
{
	const struct config_zone *from = build->from;

	if (from->has_expired)
		return 0;
	const uint64_t bytes = ZONE_BYTES + ZONE_FILE_GROWTH * text_file_bytes(from->zonefile);
	const int err = shared_block_build(&part->block, bytes, KEPT_BYTES_MAX, read_file, build);
	if (err != 0 && config_zone_is_transferred(from)) {
		build->error[0] = '\0';
		return 0;
	}
	if (err != 0)
		return err;
	part->has_file = true;
	part->soa = build->zone->soa;
	part->age_us = zone_file_age_us(from->zonefile);
	if (is_too_old(from, part)) {
		shared_block_release(part->block);
		part->block = NULL;
	} else {
		part->zone = build->zone;
	}
	return 0;
}

static int
make_part(struct build *build, const struct kept_part *before, struct kept_part *part)
{
	if (before == NULL || before->version != build->from->version) {
		part->version = build->from->version;
		return read_part(build, part);
	}
	*part = *before;
	(void)shared_block_hold(part->block);
	return 0;
}

/* ---- all of them --------------------------------------------------------------------------------------------- */

static int
add_zone(struct build *build, struct kept_set *set, const struct kept_set *before)
{
	const struct config_zone *from = build->from;
	struct name name;

	if (name_from_text(&name, from->name, NULL) != 0)
		return refuse(build, "name", from->name, "is no domain name");
	if (set->count == KEPT_ZONES_MAX)
		return refuse(build, "auth-zone", from->name, "is one zone too many");
	build->apex = &name;
	struct kept_part *part = &set->parts[set->count];
	int err = make_part(build, before != NULL ? &before->parts[set->count] : NULL, part);
	if (err != 0)
		return err;
	set->count++;
	const struct kept_zone added = { .name = &name, .for_downstream = from->for_downstream,
					 .for_upstream = from->for_upstream, .fallback = from->fallback_enabled,
					 .zone = part->zone };
	err = kept_add(set->zones, &added);
	return err == ERR_EXISTS ? refuse(build, "auth-zone", from->name, "is given twice") : err;
}

static bool
has_zones(const struct config *config)
{
	for (size_t i = 0; i < config->zone_count; i++)
		if (config->zones[i].kind == CONFIG_AUTH_ZONE)
			return true;
	return false;
}

static int
make_set(void *context, struct shared_block *block)
{
	struct kept_set **set = context;

	*set = arena_zalloc(&block->arena, 1, sizeof **set);
	if (*set != NULL)
		(*set)->zones = kept_new(&block->arena);
	return *set != NULL && (*set)->zones != NULL ? 0 : ERR_NO_MEMORY;
}

int
kept_zones_build(struct kept_set **made, const struct config *config, const struct kept_set *before,
		 char error[CONFIG_ERROR_BYTES])
{
	struct build build = { .config = config, .error = error };
	struct shared_block *block;
	struct kept_set *set;

	*made = NULL;
	if (!has_zones(config))
		return 0;
	int err = shared_block_build(&block, SET_BYTES, SET_BYTES, make_set, &set);
	if (err != 0)
		return err;
	set->block = block;
	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		build.from = &config->zones[i];
		if (build.from->kind == CONFIG_AUTH_ZONE)
			err = add_zone(&build, set, before);
	}
	if (err != 0)
		kept_zones_free(set);
	else
		*made = set;
	return err;
}

const struct kept_part *
kept_zones_part(const struct kept_set *set, const struct config *config, const struct config_zone *from)
{
	unsigned index = 0;

	if (set == NULL)
		return NULL;
	for (const struct config_zone *zone = config->zones; zone != from; zone++)
		index += zone->kind == CONFIG_AUTH_ZONE;
	assert(index < set->count);
	return &set->parts[index];
}

void
kept_zones_free(struct kept_set *set)
{
	if (set == NULL)
		return;
	for (unsigned i = 0; i < set->count; i++)
		shared_block_release(set->parts[i].block);
	shared_block_release(set->block);
}
