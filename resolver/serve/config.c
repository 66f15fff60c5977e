/* config.c - from YAML events to struct config (config.h). */
#include "resolver/serve/config_priv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "resolver/serve/text_file.h"
#include "stack/base/err.h"

struct parse {
	struct config *config;
	const char *name;
	char *error;
	yaml_parser_t yaml;
	unsigned depth;                /* mappings and lists that are open */
	unsigned mistakes;
	bool has_enough;               /* of mistakes: no more are told */
	bool is_over;                  /* that, or the rest cannot be read */
	const char *section;           /* NULL outside of one */
	void *base;                    /* the struct that its options are fields of */
};

/* line 0: about no line, or about several.  False: it is cut short. */
static bool
complain_va(char *error, size_t room, const char *name, unsigned line, const char *format, va_list args)
{
	int used = line != 0 ? snprintf(error, room, "%s:%u: ", name, line) : snprintf(error, room, "%s: ", name);
	if (used < 0 || (size_t)used >= room)
		return false;
	const int more = vsnprintf(error + used, room - (size_t)used, format, args);
	return more >= 0 && (size_t)more < room - (size_t)used;
}

void
config_complain(char error[CONFIG_ERROR_BYTES], const struct config *config, unsigned line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)complain_va(error, CONFIG_ERROR_BYTES, config->file != NULL ? config->file : "configuration", line, format, args);
	va_end(args);
}

int
config_refuse(char error[CONFIG_ERROR_BYTES], const struct config *config, unsigned line, const char *option,
              const char *text, const char *why)
{
	config_complain(error, config, line, "%s: `%s`: %s", option, text, why);
	return ERR_MALFORMED;
}

#define ENOUGH      "\nthat is enough; there may be more"
#define LINES_BYTES (CONFIG_ERROR_BYTES - sizeof ENOUGH) /* for mistakes, and that has its place behind them */

/* One more mistake, on a line of its own; the first may be cut short, another that finds no room is left out. */
static int __attribute__((format(printf, 3, 4)))
fail(struct parse *parse, size_t line, const char *format, ...)
{
	char *end = parse->error + strlen(parse->error), *at = end;
	const bool is_first = end == parse->error;
	va_list args;

	if (parse->has_enough)
		return ERR_MALFORMED;
	if (!is_first)
		*at++ = '\n';
	va_start(args, format);
	const bool is_whole =
		complain_va(at, LINES_BYTES - (size_t)(at - parse->error), parse->name, (unsigned)line, format, args);
	va_end(args);
	if (!is_first && !is_whole)
		*end = '\0';
	parse->has_enough = ++parse->mistakes == CONFIG_MISTAKES_MAX || !is_whole;
	parse->is_over |= parse->has_enough;
	return ERR_MALFORMED;
}

static int
refuse_value(struct parse *parse, const struct config_option *option, const char *text, size_t line, int err)
{
	const char *name = option->name;

	if (err == ERR_NO_MEMORY || err == ERR_FULL)
		return fail(parse, line, "%s: %s", name, err_text(err));
	switch (option->form) {
	case CONFIG_BOOL: return fail(parse, line, "%s: `%s` is not `yes` or `no`", name, text);
	case CONFIG_CHOICE: return fail(parse, line, "%s: `%s` is not one of: %s", name, text, option->choices);
	case CONFIG_NUMBER:
		return fail(parse, line, "%s: `%s` is not a number from %llu to %llu", name, text,
		            (unsigned long long)option->smallest, (unsigned long long)option->largest);
	case CONFIG_SIZE:
		return fail(parse, line, "%s: `%s` is not a size such as 512k, 64m, 4g (at most %llug)", name, text,
		            (unsigned long long)(option->largest >> 30));
	case CONFIG_STRING:
	case CONFIG_LIST: break;
	}
	return fail(parse, line, "%s: a value is missing", name);
}

static int
refuse_name(struct parse *parse, const char *name, size_t line)
{
	const char *why = config__why_not(name);
	unsigned best;
	const struct config_option *nearest = config__nearest_option(name, &best);

	if (why != NULL)
		return fail(parse, line, "there is no option `%s`: %s; leave it out", name, why);
	if (best == 0 && nearest != NULL)
		return fail(parse, line, "option `%s` belongs in section `%s:`, not `%s:`", name, nearest->section, parse->section);
	if (nearest != NULL && best <= 2 + strlen(name) / 4)
		return fail(parse, line, "unknown option `%s` in `%s:`; did you mean `%s`?", name, parse->section, nearest->name);
	return fail(parse, line, "unknown option `%s` in `%s:`; cairn.conf(5) lists them all", name, parse->section);
}

/* ---- events --------------------------------------------------------------------------------------- */

/* The remedy for what is most often meant by these of libyaml's. */
static const char *
remedy(const char *problem)
{
	if (strcmp(problem, "did not find expected node content") == 0)
		return "; quote what begins with a special character, as in \"::0\"";
	if (strcmp(problem, "found character that cannot start any token") == 0)
		return "; indent with spaces, not tabs, and quote what begins with a special character";
	if (strcmp(problem, "did not find expected key") == 0)
		return "; indent the options of a section alike, and let quotes hold the whole value, as in \"home.arpa. static\"";
	if (strcmp(problem, "found unexpected end of stream") == 0)
		return "; a quote is not closed";
	if (strcmp(problem, "could not find expected ':'") == 0)
		return "; an option is `NAME: VALUE`";
	if (strcmp(problem, "mapping values are not allowed in this context") == 0)
		return "; quote a value with a colon and a space in it, and indent the options of a section alike";
	return "";
}

static int
next_event(struct parse *parse, yaml_event_t *event)
{
	if (yaml_parser_parse(&parse->yaml, event)) {
		parse->depth += event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
		parse->depth -= event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;
		return 0;
	}
	parse->is_over = true;
	const char *problem = parse->yaml.problem != NULL ? parse->yaml.problem : "cannot be read";
	return fail(parse, parse->yaml.problem_mark.line + 1, "not YAML: %s%s", problem, remedy(problem));
}

/*
 * Behind a mistake: the rest of what was begun beyond that depth is left out, and what follows is read as well, so that
 * all mistakes are told at once.
 */
static int
go_on(struct parse *parse, unsigned depth, int err)
{
	while (!parse->is_over && parse->depth > depth) {
		yaml_event_t event;
		if (next_event(parse, &event) == 0)
			yaml_event_delete(&event);
	}
	return parse->is_over ? err : 0;
}

static const char *
scalar_text(const yaml_event_t *event)
{
	return (const char *)event->data.scalar.value;
}

static int
take_scalar(struct parse *parse, const struct config_option *option, const yaml_event_t *event)
{
	size_t line = event->start_mark.line + 1;
	if (event->type != YAML_SCALAR_EVENT)
		return fail(parse, line, "%s: a plain value or a list of them is expected", option->name);
	if (strlen(scalar_text(event)) != event->data.scalar.length)
		return fail(parse, line, "%s: a NUL character in the value", option->name);
	int err = config__set_value(parse->base, option, scalar_text(event), (unsigned)line);
	return err == 0 ? 0 : refuse_value(parse, option, scalar_text(event), line, err);
}

static int
take_list(struct parse *parse, const struct config_option *option, size_t line)
{
	if (option->form != CONFIG_LIST)
		return fail(parse, line, "%s: takes one value, not a list", option->name);
	const unsigned depth = parse->depth;
	for (;;) {
		yaml_event_t event;
		int err = next_event(parse, &event);
		if (err != 0)
			return err;
		bool ended = event.type == YAML_SEQUENCE_END_EVENT;
		if (!ended)
			err = take_scalar(parse, option, &event);
		if (err != 0)
			err = go_on(parse, depth, err);
		yaml_event_delete(&event);
		if (ended || err != 0)
			return err;
	}
}

/* The first mention of a list replaces its default; a second mention of anything else is a mistake. */
static int
mention(struct parse *parse, const struct config_option *option, size_t line)
{
	unsigned *seen_at = &parse->config->lines[option - config_options];
	if (*seen_at == 0 && option->form == CONFIG_LIST)
		config__list_clear((struct config_list *)((char *)parse->base + option->offset));
	if (*seen_at != 0 && option->form != CONFIG_LIST)
		return fail(parse, line, "%s: given twice, first in line %u", option->name, *seen_at);
	*seen_at = (unsigned)line;
	return 0;
}

typedef int take_fn(struct parse *parse, const yaml_event_t *key, const yaml_event_t *value);

static int
take_option(struct parse *parse, const yaml_event_t *key, const yaml_event_t *value)
{
	size_t line = key->start_mark.line + 1;
	const struct config_option *option = config__find_option(parse->section, scalar_text(key));
	if (option == NULL)
		return refuse_name(parse, scalar_text(key), line);
	int err = mention(parse, option, line);
	if (err != 0)
		return err;
	return value->type == YAML_SEQUENCE_START_EVENT ? take_list(parse, option, line)
							: take_scalar(parse, option, value);
}

static int
take_entry(struct parse *parse, const yaml_event_t *key, take_fn *take)
{
	const unsigned depth = parse->depth;
	yaml_event_t value;

	if (key->type != YAML_SCALAR_EVENT) {
		parse->is_over = true;
		return fail(parse, key->start_mark.line + 1, "a name is expected, with a colon behind it");
	}
	int err = next_event(parse, &value);
	if (err != 0)
		return err;
	err = take(parse, key, &value);
	if (err != 0)
		err = go_on(parse, depth, err);
	yaml_event_delete(&value);
	return err;
}

/* Calls `take` for every key of the mapping that has just begun. */
static int
take_mapping(struct parse *parse, take_fn *take)
{
	for (;;) {
		yaml_event_t key;
		int err = next_event(parse, &key);
		if (err != 0)
			return err;
		bool ended = key.type == YAML_MAPPING_END_EVENT;
		if (!ended)
			err = take_entry(parse, &key, take);
		yaml_event_delete(&key);
		if (ended || err != 0)
			return err;
	}
}

static const char *const zone_sections[] = {
	[CONFIG_FORWARD_ZONE] = "forward-zone",
	[CONFIG_STUB_ZONE] = "stub-zone",
	[CONFIG_AUTH_ZONE] = "auth-zone",
	[CONFIG_RPZ] = "rpz",
	[CONFIG_VIEW] = "view",
	[CONFIG_KEY] = "key",
};

static bool
find_zone_kind(const char *section, enum config_zone_kind *kind)
{
	for (unsigned i = 0; i < sizeof zone_sections / sizeof zone_sections[0]; i++) {
		if (strcmp(zone_sections[i], section) == 0) {
			*kind = (enum config_zone_kind)i;
			return true;
		}
	}
	return false;
}

bool
config__is_of_zone(const struct config_option *option)
{
	enum config_zone_kind kind;
	return find_zone_kind(option->section, &kind);
}

/* Frees the fields that the section's options have set. */
static void
clear_zone(struct config_zone *zone)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		void *field = (char *)zone + option->offset;
		if (strcmp(option->section, zone_sections[zone->kind]) != 0)
			continue;
		if (option->form == CONFIG_LIST)
			config__list_clear(field);
		else if (option->form == CONFIG_STRING)
			(void)config__set_string(field, "");
	}
}

/* Each of these sections is a zone by itself. */
static int
begin_zone(struct parse *parse, size_t line)
{
	struct config *config = parse->config;
	struct config_zone *zones;

	if (config->zone_count == CONFIG_ZONES_MAX)
		return fail(parse, line, "more than %u zones", CONFIG_ZONES_MAX);
	zones = realloc(config->zones, (config->zone_count + 1) * sizeof *zones);
	if (zones == NULL)
		return fail(parse, line, "%s", err_text(ERR_NO_MEMORY));
	config->zones = zones;
	zones[config->zone_count] = (struct config_zone){ .line = (unsigned)line };
	(void)find_zone_kind(parse->section, &zones[config->zone_count].kind);
	parse->base = &zones[config->zone_count++];
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		if (strcmp(option->section, parse->section) != 0)
			continue;
		config->lines[i] = 0;
		if (option->form == CONFIG_BOOL) /* all else begins unset */
			(void)config__set_value(parse->base, option, option->initial, 0);
	}
	return 0;
}

static int
check_zone(struct parse *parse)
{
	const struct config_zone *zone = parse->base;
	const char *kind = zone->kind == CONFIG_FORWARD_ZONE ? "forward" : "stub";

	if (zone->name == NULL)
		return fail(parse, zone->line, "%s: has no `name`", zone_sections[zone->kind]);
	if (zone->kind == CONFIG_VIEW)
		return 0;
	if (zone->kind == CONFIG_KEY)
		return zone->secret != NULL ? 0 : fail(parse, zone->line, "key: `%s` has no `secret`", zone->name);
	if (zone->url.count > 0)
		return fail(parse, zone->url.lines[0], "%s: `url` is not supported: name a `zonefile` or a `primary`", zone_sections[zone->kind]);
	if (zone->kind == CONFIG_RPZ || zone->kind == CONFIG_AUTH_ZONE)
		return zone->zonefile != NULL ? 0
					      : fail(parse, zone->line, "%s: `%s` has no `zonefile`", zone_sections[zone->kind],
						     zone->name);
	if (zone->addr.count == 0 && zone->host.count == 0)
		return fail(parse, zone->line, "%s-zone: `%s` has neither `%s-addr` nor `%s-host`", kind, zone->name, kind,
		            kind);
	return 0;
}

static int
take_zone(struct parse *parse, size_t line)
{
	const unsigned mistakes = parse->mistakes;
	int err = begin_zone(parse, line);
	if (err == 0)
		err = take_mapping(parse, take_option);
	return err == 0 && parse->mistakes == mistakes ? check_zone(parse) : err;
}

/* Words instead of a section's options: often options without their colons. */
static int
refuse_words(struct parse *parse, const yaml_event_t *value, size_t line)
{
	const size_t at = value->start_mark.line + 1;

	if (value->type == YAML_SCALAR_EVENT && at > line)
		return fail(parse, at, "`%.40s` is no option of `%s:`; an option is `NAME: VALUE`, with the colon", scalar_text(value),
			    parse->section);
	return fail(parse, line, "section `%s:` holds options, each on an indented line", parse->section);
}

/* One zone, or a list of them. */
static int
take_zones(struct parse *parse, const yaml_event_t *value, size_t line)
{
	if (value->type == YAML_MAPPING_START_EVENT)
		return take_zone(parse, line);
	if (value->type != YAML_SEQUENCE_START_EVENT)
		return refuse_words(parse, value, line);
	const unsigned depth = parse->depth;
	for (;;) {
		yaml_event_t event;
		int err = next_event(parse, &event);
		if (err != 0)
			return err;
		const yaml_event_type_t type = event.type;
		const size_t at = event.start_mark.line + 1;
		yaml_event_delete(&event);
		if (type == YAML_SEQUENCE_END_EVENT)
			return 0;
		err = type == YAML_MAPPING_START_EVENT
		              ? take_zone(parse, at)
		              : fail(parse, at, "%s: a list holds zones, each with its options", parse->section);
		if (err != 0)
			err = go_on(parse, depth, err);
		if (err != 0)
			return err;
	}
}

static int
refuse_section(struct parse *parse, const char *name, size_t line)
{
	const char *why = config__why_not(name);

	if (why != NULL)
		return fail(parse, line, "there is no section `%s`: %s; leave it out", name, why);
	return fail(parse, line, "unknown section `%s`; the sections are `server`, `forward-zone`, `stub-zone`, `auth-zone`, `rpz`, `view`, `key`, `cachedb`, `remote-control` and `stack`",
	            name);
}

static int
take_section(struct parse *parse, const yaml_event_t *key, const yaml_event_t *value)
{
	size_t line = key->start_mark.line + 1;
	int err = 0;
	if (!config__is_section(scalar_text(key)))
		return refuse_section(parse, scalar_text(key), line);
	parse->section = scalar_text(key);
	parse->base = parse->config;
	const bool is_empty = value->type == YAML_SCALAR_EVENT && value->data.scalar.length == 0;
	enum config_zone_kind kind;
	if (find_zone_kind(parse->section, &kind) && !is_empty)
		err = take_zones(parse, value, line);
	else if (value->type == YAML_MAPPING_START_EVENT)
		err = take_mapping(parse, take_option);
	else if (!is_empty) /* else all its lines are commented out */
		err = refuse_words(parse, value, line);
	parse->section = NULL;
	return err;
}

static int
take_stream(struct parse *parse)
{
	unsigned documents = 0;
	for (;;) {
		yaml_event_t event;
		int err = next_event(parse, &event);
		if (err != 0)
			return err;
		yaml_event_type_t type = event.type;
		size_t line = event.start_mark.line + 1;
		bool is_empty = type == YAML_SCALAR_EVENT && event.data.scalar.length == 0;
		yaml_event_delete(&event);

		if (type == YAML_DOCUMENT_START_EVENT && documents++ > 0)
			return fail(parse, line, "a second document; one file holds one configuration");
		if (type == YAML_MAPPING_START_EVENT)
			err = take_mapping(parse, take_section);
		else if (type == YAML_ALIAS_EVENT || type == YAML_SEQUENCE_START_EVENT || (type == YAML_SCALAR_EVENT && !is_empty))
			err = fail(parse, line, "a section such as `server:` is expected");
		if (err != 0 || type == YAML_STREAM_END_EVENT)
			return err;
	}
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static int
set_list_default(struct config_list *list, const char *initial)
{
	for (const char *at = initial; *at != '\0';) {
		char item[128];
		size_t size = strcspn(at, ",");
		if (size >= sizeof item)
			return ERR_TOO_BIG;
		memcpy(item, at, size);
		item[size] = '\0';
		int err = config__list_add(list, item, 0);
		if (err != 0)
			return err;
		at += size + strspn(at + size, ", ");
	}
	return 0;
}

int
config_init(struct config *config)
{
	*config = (struct config){ 0 };
	if (config_option_count > CONFIG_OPTIONS_MAX)
		return ERR_TOO_BIG;
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		if (config__is_of_zone(option))
			continue;
		void *field = (char *)config + option->offset;
		int err = option->form == CONFIG_LIST ? set_list_default(field, option->initial)
		                                      : config__set_value(config, option, option->initial, 0);
		if (err != 0) {
			config_free(config);
			return err;
		}
	}
	return 0;
}

void
config_free(struct config *config)
{
	for (size_t i = 0; i < config_option_count; i++) {
		void *field = (char *)config + config_options[i].offset;
		if (config__is_of_zone(&config_options[i]))
			continue;
		if (config_options[i].form == CONFIG_LIST)
			config__list_clear(field);
		else if (config_options[i].form == CONFIG_STRING)
			(void)config__set_string(field, "");
	}
	for (size_t i = 0; i < config->zone_count; i++)
		clear_zone(&config->zones[i]);
	free(config->zones);
	config->zones = NULL;
	config->zone_count = 0;
	free(config->file);
	config->file = NULL;
}

/* What no single value can show; network.h looks at the words of `stack:`. */
static int
check_together(struct parse *parse)
{
	const struct config *config = parse->config;

	if (config->control_enable && (config->control_interface == NULL || config->control_interface[0] != '/'))
		return fail(parse, config_line(config, "control-interface"),
		            "control-interface: `%s`: is no absolute path; commands come by a Unix socket alone, "
		            "such as /run/cairnd.ctl",
		            config->control_interface != NULL ? config->control_interface : "");
	if (config->cache_min_ttl > config->cache_max_ttl)
		return fail(parse, config_line(config, "cache-min-ttl"),
		            "cache-min-ttl: %u is more than cache-max-ttl, %u", config->cache_min_ttl, config->cache_max_ttl);
	if (!config->do_udp && !config->do_tcp)
		return fail(parse, config_line(config, "do-tcp"), "do-udp and do-tcp are both `no`: nobody could be served");
	if (!config->do_ip4 && !config->do_ip6)
		return fail(parse, config_line(config, "do-ip6"),
		            "do-ip4 and do-ip6 are both `no`: no name server could be asked");
	return 0;
}

int
config_parse(struct config *config, const char *name, const char *text, size_t text_bytes, char error[CONFIG_ERROR_BYTES])
{
	struct parse parse = { .config = config, .name = name, .error = error };

	error[0] = '\0';
	int err = config_init(config);
	if (err != 0)
		return fail(&parse, 0, "%s", err_text(err));
	if (!yaml_parser_initialize(&parse.yaml)) {
		config_free(config);
		return fail(&parse, 0, "%s", err_text(ERR_NO_MEMORY));
	}
	yaml_parser_set_input_string(&parse.yaml, (const unsigned char *)text, text_bytes);
	err = config__set_string(&config->file, name) == 0 ? take_stream(&parse) : fail(&parse, 0, "%s", err_text(ERR_NO_MEMORY));
	if (err == 0)
		err = parse.mistakes > 0 ? ERR_MALFORMED : check_together(&parse);
	if (parse.has_enough)
		strcat(error, ENOUGH);
	yaml_parser_delete(&parse.yaml);
	if (err != 0)
		config_free(config);
	return err;
}

int
config_load(struct config *config, const char *path, char error[CONFIG_ERROR_BYTES])
{
	const char *why;
	size_t text_bytes;
	char *text;
	int err = text_file_read(path, CONFIG_FILE_BYTES_MAX, &text, &text_bytes, &why);
	if (err != 0) {
		(void)snprintf(error, CONFIG_ERROR_BYTES, "%s: cannot be read: %s", path, why);
		return err;
	}
	err = config_parse(config, path, text, text_bytes, error);
	free(text);
	return err;
}
