#include "resolver/serve/zones.h"

#include <string.h>

#include "resolver/serve/entry_words.h"
#include "stack/base/arena.h"

struct build {
	const struct config *config;
	const struct config_zone *from;
	struct arena *arena;
	char *error;
};

static int
refuse(const struct build *build, unsigned line, const char *what, const char *text, const char *why)
{
	config_complain(build->error, build->config, line, "%s-%s: `%s` %s", build->from->kind == CONFIG_FORWARD_ZONE ? "forward" : "stub",
			what, text, why);
	return ERR_MALFORMED;
}

static const char *
why_no_addr(const char *text)
{
	return strchr(text, '#') != NULL ? "names a certificate, and there is no TLS towards name servers: leave out `#` and what follows, "
					   "and the port of TLS"
					 : "is no address, or no ADDRESS@PORT";
}

static int
read_addrs(const struct build *build, struct forward_zone *zone)
{
	const struct config_list *list = &build->from->addr;

	for (size_t i = 0; i < list->count; i++) {
		if (zone->addr_count == FORWARD_ADDRS_MAX)
			return refuse(build, list->lines[i], "addr", list->items[i], "is one address too many");
		struct forward_addr *addr = &zone->addrs[zone->addr_count++];
		if (!entry_addr_read(list->items[i], &addr->addr, &addr->port))
			return refuse(build, list->lines[i], "addr", list->items[i], why_no_addr(list->items[i]));
	}
	return 0;
}

static int
read_hosts(const struct build *build, struct forward_zone *zone)
{
	const struct config_list *list = &build->from->host;
	struct name name;

	for (size_t i = 0; i < list->count; i++) {
		if (zone->host_count == FORWARD_HOSTS_MAX)
			return refuse(build, list->lines[i], "host", list->items[i], "is one name too many");
		if (name_from_text(&name, list->items[i], NULL) != 0)
			return refuse(build, list->lines[i], "host", list->items[i], "is no domain name");
		zone->hosts[zone->host_count] = name_store(build->arena, &name);
		if (zone->hosts[zone->host_count++] == NULL)
			return ERR_NO_MEMORY;
	}
	return 0;
}

static int
add_zone(const struct build *build, struct forwards *forwards)
{
	const struct config_zone *from = build->from;
	struct forward_zone zone = { .is_forward = from->kind == CONFIG_FORWARD_ZONE, .first = from->first,
				     .no_cache = from->no_cache, .over_tcp = from->tcp_upstream,
				     .prime = from->prime };
	struct name name;

	if (name_from_text(&name, from->name, NULL) != 0)
		return refuse(build, from->line, "zone", from->name, "is no domain name");
	zone.name = &name;
	int err = read_addrs(build, &zone);
	if (err == 0)
		err = read_hosts(build, &zone);
	if (err == 0)
		err = forwards_add(forwards, &zone);
	return err == ERR_EXISTS ? refuse(build, from->line, "zone", from->name, "is given twice") : err;
}

static bool
is_forwarded(const struct config_zone *zone)
{
	return zone->kind == CONFIG_FORWARD_ZONE || zone->kind == CONFIG_STUB_ZONE;
}

static bool
has_zones(const struct config *config)
{
	for (size_t i = 0; i < config->zone_count; i++)
		if (is_forwarded(&config->zones[i]))
			return true;
	return false;
}

int
zones_build(struct forwards **forwards, struct arena *arena, const struct config *config, struct rng *rng,
	    char error[CONFIG_ERROR_BYTES])
{
	*forwards = NULL;
	if (!has_zones(config))
		return 0;
	struct forwards *table = arena_zalloc(arena, 1, sizeof *table);
	if (table == NULL)
		return ERR_NO_MEMORY;
	int err = forwards_init(table, arena, (uint32_t)config->zone_count, rng);
	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		const struct build build = { config, &config->zones[i], arena, error };
		if (is_forwarded(build.from))
			err = add_zone(&build, table);
	}
	*forwards = table;
	return err;
}
