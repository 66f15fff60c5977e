#include "resolver/serve/rated_zones.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/serve/entry_words.h"
#include "stack/base/arena.h"

struct build {
	struct rate_zones *zones;
	const struct config *config;
	char *error;
};

static bool
read_rate(const char *text, uint32_t *per_s)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (strspn(text, "0123456789") != strlen(text) || *text == '\0' || value > RATED_PER_S_MAX)
		return false;
	*per_s = (uint32_t)value;
	return true;
}

static int
add(const struct build *build, const char *option, const char *text, unsigned line, enum rate_scope scope)
{
	struct entry_words words;
	struct name name;
	uint32_t per_s;

	if (!entry_words_split(&words, text) || name_from_text(&name, words.first, NULL) != 0 ||
	    !read_rate(words.second, &per_s))
		return config_refuse(build->error, build->config, line, option, text, "is not `NAME NUMBER`, with at most 1000000");
	const int err = rate_zones_add(build->zones, &name, scope, per_s);
	return err != ERR_EXISTS ? err : config_refuse(build->error, build->config, line, option, text, "the name has a limit already");
}

static int
add_all(const struct build *build, const char *option, const struct config_list *list, enum rate_scope scope)
{
	int err = 0;

	for (size_t i = 0; i < list->count && err == 0; i++)
		err = add(build, option, list->items[i], list->lines[i], scope);
	return err;
}

int
rated_zones_build(struct rate_zones **zones, struct arena *arena, const struct config *config, struct rng *rng,
		  char error[CONFIG_ERROR_BYTES])
{
	const struct config_list *own = &config->ratelimit_for_domain, *below = &config->ratelimit_below_domain;

	*zones = NULL;
	if (own->count + below->count == 0)
		return 0;
	const struct build build = { arena_alloc(arena, sizeof **zones), config, error };
	if (build.zones == NULL)
		return ERR_NO_MEMORY;
	int err = rate_zones_init(build.zones, arena, (uint32_t)(own->count + below->count), rng);
	if (err == 0)
		err = add_all(&build, "ratelimit-for-domain", own, RATE_OF_ZONE);
	if (err == 0)
		err = add_all(&build, "ratelimit-below-domain", below, RATE_BELOW);
	*zones = build.zones;
	return err;
}
