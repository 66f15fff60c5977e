#include "resolver/serve/policy_zones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "resolver/answer.h"
#include "stack/base/arena.h"

struct build {
	const struct config *config;
	const struct config_zone *from;
	const struct tags *tags;
	struct arena *arena;
	struct rpz *rpz;
	struct rpz_reading *reading;
	char *error;
};

/* ---- the settings of a zone -------------------------------------------------------------------------------- */

static int
refuse(const struct build *build, const char *option, const char *text, const char *why)
{
	config_complain(build->error, build->config, build->from->line, "%s: `%s`: %s", option, text, why);
	return ERR_MALFORMED;
}

static int
read_name(const struct build *build, const char *option, const char *text, const struct name **stored)
{
	struct name name;
	if (name_from_text(&name, text, NULL) != 0)
		return refuse(build, option, text, "is no domain name");
	*stored = name_store(build->arena, &name);
	return *stored != NULL ? 0 : ERR_NO_MEMORY;
}

static int
read_override(const struct build *build, struct rpz_zone *zone)
{
	static const struct {
		const char *word;
		enum rpz_action action;
	} words[] = {
		{ "nxdomain", RPZ_NXDOMAIN }, { "nodata", RPZ_NODATA }, { "passthru", RPZ_PASSTHRU },
		{ "drop", RPZ_DROP }, { "cname", RPZ_ALIAS },
	};
	const char *text = build->from->action_override, *target = build->from->cname_override;

	if (text == NULL)
		return 0;
	if (strcasecmp(text, "disabled") == 0) {
		zone->is_disabled = true;
		return 0;
	}
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			zone->has_override = true;
			zone->override = words[i].action;
		}
	}
	if (!zone->has_override)
		return refuse(build, "rpz-action-override", text,
			      "is not one of: nxdomain nodata passthru drop cname disabled");
	if (zone->override != RPZ_ALIAS)
		return 0;
	if (target == NULL)
		return refuse(build, "rpz-action-override", text, "needs rpz-cname-override");
	return read_name(build, "rpz-cname-override", target, &zone->alias);
}

static int
read_ede(const struct build *build, struct rpz_zone *zone)
{
	static const struct {
		const char *word;
		enum ede ede;
	} words[] = { { "blocked", EDE_BLOCKED }, { "censored", EDE_CENSORED }, { "filtered", EDE_FILTERED } };

	if (build->from->ede == NULL)
		return 0;
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcasecmp(build->from->ede, words[i].word) == 0) {
			zone->ede = words[i].ede;
			return 0;
		}
	}
	return refuse(build, "rpz-ede", build->from->ede, "is not one of: blocked censored filtered");
}

static int
read_log_name(const struct build *build, struct rpz_zone *zone)
{
	const char *text = build->from->log_name != NULL ? build->from->log_name : build->from->name;
	if (!build->from->log)
		return 0;
	zone->log_name = arena_copy(build->arena, text, strlen(text) + 1);
	return zone->log_name != NULL ? 0 : ERR_NO_MEMORY;
}

static int
read_tags(const struct build *build, struct rpz_zone *zone)
{
	const struct config_list *list = &build->from->tags;
	uint64_t set;
	for (size_t i = 0; i < list->count; i++) {
		if (tags_read(build->tags, list->items[i], &set) != 0)
			return refuse(build, "tags", list->items[i], "has a tag that define-tag does not");
		zone->tags |= set;
	}
	return 0;
}

/* ---- its rules --------------------------------------------------------------------------------------------- */

/* The whole file, to be freed; not mapped: what is cut short meanwhile must not end the program. */
static int
read_file(const struct build *build, char **text, size_t *text_bytes)
{
	const char *path = build->from->zonefile;
	struct stat about;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return refuse(build, "zonefile", path, strerror(errno));
	int err = ERR_NO_MEMORY;
	*text = NULL;
	if (fstat(fileno(file), &about) != 0 || !S_ISREG(about.st_mode) || (uint64_t)about.st_size > POLICY_FILE_BYTES_MAX)
		err = refuse(build, "zonefile", path, "is no file, or is larger than 1 GiB");
	else if ((*text = malloc((size_t)about.st_size + 1)) != NULL)
		err = 0;
	if (err == 0)
		*text_bytes = fread(*text, 1, (size_t)about.st_size, file);
	if (err == 0 && ferror(file))
		err = refuse(build, "zonefile", path, "cannot be read");
	(void)fclose(file);
	if (err != 0)
		free(*text);
	return err;
}

static int
read_rules(const struct build *build, struct rpz_zone *zone)
{
	const char *path = build->from->zonefile;
	size_t text_bytes;
	char *text;
	int err = read_file(build, &text, &text_bytes);
	if (err != 0)
		return err;
	err = rpz_zone_read(build->rpz, zone, text, text_bytes, build->reading);
	free(text);
	if (err != 0 && err != ERR_NO_MEMORY) {
		(void)snprintf(build->error, CONFIG_ERROR_BYTES, "zonefile: %s:%u: %s", path, build->reading->reader.line,
			       build->reading->reader.why != NULL ? build->reading->reader.why : err_text(err));
		return ERR_MALFORMED;
	}
	return err;
}

static int
add_zone(const struct build *build, struct rng *rng)
{
	struct rpz_zone *zone;
	const struct name *name;
	int err = read_name(build, "name", build->from->name, &name);
	if (err == 0)
		err = rpz_zone_add(build->rpz, name, rng, &zone);
	if (err == ERR_EXISTS)
		return refuse(build, "rpz", build->from->name, "is given twice");
	if (err == ERR_FULL)
		return refuse(build, "rpz", build->from->name, "is one zone too many");
	if (err == 0)
		err = read_override(build, zone);
	if (err == 0)
		err = read_ede(build, zone);
	if (err == 0)
		err = read_log_name(build, zone);
	if (err == 0)
		err = read_tags(build, zone);
	if (err != 0)
		return err;
	zone->signals_nxdomain = build->from->signal_nxdomain_ra;
	return read_rules(build, zone);
}

int
policy_zones_build(struct rpz **rpz, const struct tags *tags, struct arena *arena, const struct config *config,
		   struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	struct build build = { .config = config, .tags = tags, .arena = arena, .error = error };
	int err = 0;

	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		if (config->zones[i].kind != CONFIG_RPZ)
			continue;
		if (build.rpz == NULL) {
			build.rpz = rpz_new(arena);
			build.reading = malloc(sizeof *build.reading);
		}
		if (build.rpz == NULL || build.reading == NULL) {
			err = ERR_NO_MEMORY;
			break;
		}
		build.from = &config->zones[i];
		err = add_zone(&build, rng);
	}
	free(build.reading);
	*rpz = build.rpz;
	return err;
}
