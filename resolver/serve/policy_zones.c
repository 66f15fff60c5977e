#include "resolver/serve/policy_zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolver/answer.h"
#include "resolver/serve/text_file.h"
#include "stack/base/arena.h"

#define RESPONSE_BYTES_MAX 4096u /* of one record as text */
#define RULE_GROWTH        8u    /* octets in memory for one of a file */

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
	return config_refuse(build->error, build->config, build->from->line, option, text, why);
}

static int
read_name(const struct build *build, const char *option, const char *text,
	  const struct name **stored)
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
		{ "nxdomain", RPZ_NXDOMAIN }, { "nodata", RPZ_NODATA },
		{ "passthru", RPZ_PASSTHRU }, { "drop", RPZ_DROP },
		{ "cname", RPZ_ALIAS },
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
	} words[] = { { "blocked", EDE_BLOCKED },
		      { "censored", EDE_CENSORED },
		      { "filtered", EDE_FILTERED } };

	if (build->from->ede == NULL)
		return 0;
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcasecmp(build->from->ede, words[i].word) == 0) {
			zone->ede = words[i].ede;
			return 0;
		}
	}
	return refuse(build, "rpz-ede", build->from->ede,
		      "is not one of: blocked censored filtered");
}

static int
read_log_name(const struct build *build, struct rpz_zone *zone)
{
	const char *text =
		build->from->log_name != NULL ? build->from->log_name : build->from->name;
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
			return refuse(build, "tags", list->items[i],
				      "has a tag that define-tag does not");
		zone->tags |= set;
	}
	return 0;
}

/* ---- its rules --------------------------------------------------------------------------------------------- */

static int
read_rules(const struct build *build, struct rpz_zone *zone)
{
	const char *path = build->from->zonefile, *why;
	size_t text_bytes;
	char *text;
	int err = text_file_read(path, POLICY_FILE_BYTES_MAX, &text, &text_bytes, &why);
	if (err != 0)
		return config_zone_is_transferred(build->from) ? 0 : refuse(build, "zonefile", path, why);
	err = rpz_zone_read(build->rpz, zone, text, text_bytes, build->reading);
	free(text);
	if (err != 0 && err != ERR_NO_MEMORY && config_zone_is_transferred(build->from))
		return 0; /* a damaged file: what was read counts until the primaries have been asked */
	if (err != 0 && err != ERR_NO_MEMORY) {
		(void)snprintf(build->error, CONFIG_ERROR_BYTES, "zonefile: %s:%u: %s", path,
			       build->reading->reader.line,
			       build->reading->reader.why != NULL ? build->reading->reader.why
								  : err_text(err));
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
	zone->skips_malformed = config_zone_is_transferred(build->from); /* what others have written refuses no configuration */
	zone->signals_nxdomain = build->from->signal_nxdomain_ra;
	return read_rules(build, zone);
}

/* ---- response-ip ------------------------------------------------------------------------------------------- */

/* What is done, as the record of a rule. "": what response-ip-data says, else there are no data. */
static const struct {
	const char *type, *record;
} response_types[] = {
	{ "redirect", "" },
	{ "deny", "CNAME rpz-drop." },
	{ "always_deny", "CNAME rpz-drop." },
	{ "always_refuse", "CNAME rpz-refuse." },
	{ "always_nxdomain", "CNAME ." },
	{ "always_nodata", "CNAME *." },
	{ "always_transparent", "CNAME rpz-passthru." },
};

/* Netblock, and what stands behind it. */
static bool
split_netblock(const char *text, struct ip_addr *prefix, unsigned *prefix_len, const char **rest)
{
	char netblock[ADDR_TEXT_BYTES + 5];
	const size_t size = strcspn(text, " \t");
	if (size >= sizeof netblock)
		return false;
	memcpy(netblock, text, size);
	netblock[size] = '\0';
	*rest = text + size + strspn(text + size, " \t");
	return addr_prefix_from_text(prefix, prefix_len, netblock) == 0 && **rest != '\0';
}

static int
add_response(const struct build *build, struct rpz_zone *zone, const struct ip_addr *prefix,
	     unsigned prefix_len, const char *data, const char **why)
{
	struct text_reader *reader = &build->reading->reader;
	char text[RESPONSE_BYTES_MAX];
	const size_t size = strlen(data);
	const bool is_quoted = size >= 2 && data[0] == '"' && data[size - 1] == '"';
	const int written = snprintf(text, sizeof text, ". %.*s", (int)(size - 2u * is_quoted),
				     data + is_quoted);

	*why = "is too long";
	if (written < 0 || (size_t)written >= sizeof text)
		return ERR_TOO_BIG;
	text_reader_init(reader, text, (size_t)written, &name_root);
	reader->ttl_s = RPZ_ALIAS_TTL_S;
	const int got = text_reader_next(reader, &build->reading->record);
	*why = reader->why != NULL ? reader->why : "has no record";
	if (got <= 0)
		return ERR_MALFORMED;
	const int err =
		rpz_response_add(build->rpz, zone, prefix, prefix_len, &build->reading->record);
	*why = err_text(err);
	return err;
}

static const char *
response_record(const char *type)
{
	for (unsigned i = 0; i < sizeof response_types / sizeof response_types[0]; i++)
		if (strcasecmp(response_types[i].type, type) == 0)
			return response_types[i].record;
	return NULL;
}

/* One option's entries; `redirects`: of response-ip those of type redirect, else the others. */
static int
take_responses(const struct build *build, struct rpz_zone *zone, const char *option,
	       const struct config_list *list, bool is_data, bool redirects)
{
	for (size_t i = 0; i < list->count; i++) {
		struct ip_addr prefix;
		unsigned prefix_len;
		const char *rest,
			*why = is_data ? "is not `NETBLOCK RECORD`" : "is not `NETBLOCK TYPE`";
		int err = split_netblock(list->items[i], &prefix, &prefix_len, &rest)
				  ? 0
				  : ERR_MALFORMED;
		if (err == 0 && !is_data && (rest = response_record(rest)) == NULL) {
			why = "has another type than redirect, deny, always_deny, always_refuse, "
			      "always_nxdomain, "
			      "always_nodata, always_transparent";
			err = ERR_MALFORMED;
		}
		if (err == 0 && (is_data || redirects == (rest[0] == '\0')))
			err = add_response(build, zone, &prefix, prefix_len,
					   rest[0] != '\0' ? rest : "CNAME *.", &why);
		if (err == ERR_NO_MEMORY)
			return err;
		if (err != 0) {
			config_complain(build->error, build->config, list->lines[i], "%s: `%s`: %s",
					option, list->items[i], why);
			return ERR_MALFORMED;
		}
	}
	return 0;
}

/* The first of all zones, for every client; of several rules for a prefix the first counts, so data go before their lack. */
static int
add_response_zone(const struct build *build, struct rng *rng)
{
	const struct config_list *types = &build->config->response_ip,
				 *datas = &build->config->response_ip_data;
	struct rpz_zone *zone;
	int err = rpz_zone_add(build->rpz, &name_root, rng, &zone);
	if (err == 0)
		err = take_responses(build, zone, "response-ip", types, false, false);
	if (err == 0)
		err = take_responses(build, zone, "response-ip-data", datas, true, false);
	return err == 0 ? take_responses(build, zone, "response-ip", types, false, true) : err;
}

/* ---- all of them ------------------------------------------------------------------------------------------- */

static bool
has_responses(const struct config *config)
{
	return config->response_ip.count + config->response_ip_data.count > 0;
}

static bool
has_zones(const struct config *config)
{
	for (size_t i = 0; i < config->zone_count; i++)
		if (config->zones[i].kind == CONFIG_RPZ)
			return true;
	return false;
}

int
policy_zones_build(struct rpz **rpz, const struct tags *tags, struct arena *arena,
		   const struct config *config, struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	struct build build = { .config = config, .tags = tags, .arena = arena, .error = error };

	*rpz = NULL;
	if (!has_zones(config) && !has_responses(config))
		return 0;
	build.rpz = rpz_new(arena);
	build.reading = malloc(sizeof *build.reading);
	int err = build.rpz != NULL && build.reading != NULL ? 0 : ERR_NO_MEMORY;
	if (err == 0 && has_responses(config))
		err = add_response_zone(&build, rng);
	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		build.from = &config->zones[i];
		if (build.from->kind == CONFIG_RPZ)
			err = add_zone(&build, rng);
	}
	free(build.reading);
	*rpz = build.rpz;
	return err;
}

unsigned
policy_zones_version(const struct config *config)
{
	unsigned version = 0;

	for (size_t i = 0; i < config->zone_count; i++)
		if (config->zones[i].kind == CONFIG_RPZ)
			version += config->zones[i].version;
	return version;
}

uint64_t
policy_zones_bytes(const struct config *config)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < config->zone_count; i++)
		if (config->zones[i].kind == CONFIG_RPZ)
			octets += text_file_bytes(config->zones[i].zonefile);
	return RULE_GROWTH * octets;
}
