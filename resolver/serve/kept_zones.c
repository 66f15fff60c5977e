#include "resolver/serve/kept_zones.h"

#include "resolver/serve/zone_files.h"
#include "resolver/zone/refresh.h"
#include "stack/base/arena.h"

struct build {
	const struct config *config;
	const struct config_zone *from;
	struct arena *arena;
	char *error;
};

static int
refuse(const struct build *build, const char *option, const char *text, const char *why)
{
	return config_refuse(build->error, build->config, build->from->line, option, text, why);
}

/* At the start and after a reload, before somebody follows it: nobody has spoken for its file in its expire time. */
static bool
is_too_old(const struct config_zone *from, const struct zone *zone)
{
	return config_zone_is_transferred(from) && !from->is_followed &&
	       refresh_is_too_old(&zone->soa, zone_file_age_us(from->zonefile));
}

/* NULL: there are no records that hold, which its primaries may change (zone/refresh.h). */
static int
read_zone(const struct build *build, const struct name *apex, struct zone **zone)
{
	char why[ZONE_FILE_WHY_BYTES];

	*zone = NULL;
	if (build->from->has_expired)
		return 0;
	const int err = zone_file_read(build->from->zonefile, apex, build->arena, zone, why);
	if (err == 0 && is_too_old(build->from, *zone))
		*zone = NULL;
	if (err == 0 || err == ERR_NO_MEMORY)
		return err;
	*zone = NULL;
	if (config_zone_is_transferred(build->from))
		return 0;
	(void)snprintf(build->error, CONFIG_ERROR_BYTES, "zonefile: %s", why);
	return err;
}

static int
add_zone(const struct build *build, struct kept_zones *kept)
{
	const struct config_zone *from = build->from;
	struct name name;
	struct zone *zone;

	if (name_from_text(&name, from->name, NULL) != 0)
		return refuse(build, "name", from->name, "is no domain name");
	int err = read_zone(build, &name, &zone);
	if (err != 0)
		return err;
	const struct kept_zone added = { .name = &name, .for_downstream = from->for_downstream,
					 .for_upstream = from->for_upstream, .fallback = from->fallback_enabled,
					 .zone = zone };
	err = kept_add(kept, &added);
	if (err == ERR_EXISTS)
		return refuse(build, "auth-zone", from->name, "is given twice");
	return err == ERR_FULL ? refuse(build, "auth-zone", from->name, "is one zone too many") : err;
}

static bool
has_zones(const struct config *config)
{
	for (size_t i = 0; i < config->zone_count; i++)
		if (config->zones[i].kind == CONFIG_AUTH_ZONE)
			return true;
	return false;
}

int
kept_zones_build(struct kept_zones **kept, struct arena *arena, const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	struct build build = { .config = config, .arena = arena, .error = error };

	*kept = NULL;
	if (!has_zones(config))
		return 0;
	*kept = kept_new(arena);
	int err = *kept != NULL ? 0 : ERR_NO_MEMORY;
	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		build.from = &config->zones[i];
		if (build.from->kind == CONFIG_AUTH_ZONE)
			err = add_zone(&build, *kept);
	}
	return err;
}
