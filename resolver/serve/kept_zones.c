#include "resolver/serve/kept_zones.h"

#include <stdlib.h>

#include "resolver/serve/text_file.h"
#include "stack/base/arena.h"

struct build {
	const struct config *config;
	const struct config_zone *from;
	struct arena *arena;
	struct zone_reading *reading;
	char *error;
};

static int
refuse(const struct build *build, const char *option, const char *text, const char *why)
{
	return config_refuse(build->error, build->config, build->from->line, option, text, why);
}

/* What is wrong with the file, at the line that the reader has come to. */
static int
refuse_file(const struct build *build, const char *why)
{
	(void)snprintf(build->error, CONFIG_ERROR_BYTES, "zonefile: %s:%u: %s", build->from->zonefile,
		       build->reading->reader.line, why);
	return ERR_MALFORMED;
}

static int
read_text(const struct build *build, const struct name *apex, const char *text, size_t text_bytes, struct zone **zone)
{
	struct zone_builder builder;
	int err = zone_begin(&builder, apex, build->arena);
	if (err == 0)
		err = zone_read(&builder, text, text_bytes, build->reading);
	if (err != 0 && err != ERR_NO_MEMORY)
		return refuse_file(build, build->reading->reader.why);
	if (err == 0)
		err = zone_finish(&builder, zone);
	if (err == ERR_MALFORMED)
		return refuse_file(build, "the zone has not exactly one SOA record at its apex");
	return err != 0 && err != ERR_NO_MEMORY ? refuse_file(build, err_text(err)) : err;
}

static int
read_zone(const struct build *build, const struct name *apex, struct zone **zone)
{
	const char *path = build->from->zonefile, *why;
	size_t text_bytes;
	char *text;
	int err = text_file_read(path, KEPT_FILE_BYTES_MAX, &text, &text_bytes, &why);
	if (err != 0)
		return refuse(build, "zonefile", path, why);
	err = read_text(build, apex, text, text_bytes, zone);
	free(text);
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
	build.reading = malloc(sizeof *build.reading);
	int err = *kept != NULL && build.reading != NULL ? 0 : ERR_NO_MEMORY;
	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		build.from = &config->zones[i];
		if (build.from->kind == CONFIG_AUTH_ZONE)
			err = add_zone(&build, *kept);
	}
	free(build.reading);
	return err;
}
