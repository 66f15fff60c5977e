#include "resolver/serve/local_zones.h"

#include <stdio.h>
#include <string.h>

#include "resolver/serve/entry_words.h"
#include "resolver/serve/groups.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"

struct build {
	struct local *local;
	const struct config *config;
	char *error;
};

static int
refuse(const struct build *build, unsigned line, const char *option, const char *text, const char *why)
{
	return config_refuse(build->error, build->config, line, option, text, why);
}

/* ---- zones and data ---------------------------------------------------------------------------------------- */

static int
add_zone(const struct build *build, const char *text, unsigned line)
{
	struct entry_words words;
	struct name zone;
	enum local_type type;
	if (!entry_words_split(&words, text))
		return refuse(build, line, "local-zone", text, "is not `NAME TYPE`");
	if (name_from_text(&zone, words.first, NULL) != 0)
		return refuse(build, line, "local-zone", words.first, "is no domain name");
	if (local_type_from_text(words.second, &type) != 0)
		return refuse(build, line, "local-zone", words.second,
			      "is no type of local zone (cairn.conf(5) lists them)");
	int err = local_zone_add(build->local, &zone, type);
	if (err == ERR_EXISTS)
		return refuse(build, line, "local-zone", words.first, "has another type already");
	return err;
}

typedef int (*add_data_fn)(struct local *local, const char *text, const char **why);

static int
add_data(const struct build *build, const char *option, const struct config_list *list,
	 add_data_fn add)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *why = NULL;
		int err = add(build->local, list->items[i], &why);
		if (err == ERR_NO_MEMORY)
			return err;
		if (err != 0)
			return refuse(build, list->lines[i], option, list->items[i],
				      why != NULL ? why : err_text(err));
	}
	return 0;
}

static int
add_all(const struct build *build, const struct config_list *zones, const struct config_list *data,
	const struct config_list *data_ptr)
{
	int err = 0;
	for (size_t i = 0; i < zones->count && err == 0; i++)
		err = add_zone(build, zones->items[i], zones->lines[i]);
	if (err == 0)
		err = add_data(build, "local-data", data, local_data_add);
	return err == 0 ? add_data(build, "local-data-ptr", data_ptr, local_data_ptr_add) : err;
}

int
local_zones_build(struct local **local, const struct tags *tags, struct arena *arena,
		  const struct config *config, struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	const struct build build = { .local = local_new(arena, rng),
				     .config = config,
				     .error = error };
	if (build.local == NULL)
		return ERR_NO_MEMORY;
	int err =
		add_all(&build, &config->local_zone, &config->local_data, &config->local_data_ptr);
	if (err == 0)
		err = groups_tag_zones(build.local, tags, config, error);
	if (err == 0)
		err = local_finish(build.local, true, config->unblock_lan_zones);
	*local = build.local;
	return err;
}

/* ---- views ------------------------------------------------------------------------------------------------- */

/* A view without `view-first` has the built-in zones itself, since nobody else is asked for it. */
static int
add_view(struct views *views, const struct config_zone *from, struct arena *arena,
	 const struct config *config, struct rng *rng, char *error)
{
	const struct build build = { .local = local_new(arena, rng),
				     .config = config,
				     .error = error };
	if (build.local == NULL)
		return ERR_NO_MEMORY;
	int err = add_all(&build, &from->local_zone, &from->local_data, &from->local_data_ptr);
	if (err == 0)
		err = local_finish(build.local, !from->first, config->unblock_lan_zones);
	if (err == 0)
		err = views_add(views, from->name, build.local, from->first);
	if (err == ERR_EXISTS)
		return refuse(&build, from->line, "view", from->name, "is given twice");
	return err == ERR_FULL
		       ? refuse(&build, from->line, "view", from->name, "is one view too many")
		       : err;
}

static int
add_clients(struct views *views, const struct config *config, char *error)
{
	const struct config_list *list = &config->access_control_view;
	const struct build build = { .config = config, .error = error };
	int err = 0;
	for (size_t i = 0; i < list->count && err == 0; i++) {
		struct entry_words words;
		struct ip_addr prefix;
		unsigned prefix_len;
		if (!entry_words_split(&words, list->items[i]) ||
		    addr_prefix_from_text(&prefix, &prefix_len, words.first) != 0)
			return refuse(&build, list->lines[i], "access-control-view", list->items[i],
				      "is not `NETBLOCK VIEW`");
		err = views_add_clients(views, &prefix, prefix_len, words.second);
		if (err == ERR_NOT_FOUND)
			return refuse(&build, list->lines[i], "access-control-view", words.second,
				      "is no view");
	}
	return err;
}

int
local_views_build(struct views **views, struct arena *arena, const struct config *config,
		  struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	int err = 0;

	*views = NULL;
	struct views *made = views_new(arena);
	if (made == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < config->zone_count && err == 0; i++)
		if (config->zones[i].kind == CONFIG_VIEW)
			err = add_view(made, &config->zones[i], arena, config, rng, error);
	if (err == 0)
		err = add_clients(made, config, error);
	if (err == 0 && config->access_control_view.count > 0)
		*views = made;
	return err;
}
