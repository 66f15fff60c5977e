#include "resolver/serve/translation.h"

#include "resolver/serve/modules.h"
#include "stack/base/err.h"

static int
read_prefix(struct nat64 *nat64, const char *option, const char *text, const struct config *config,
	    char *error)
{
	if (nat64_from_text(nat64, text != NULL ? text : "") == 0)
		return 0;
	config_complain(error, config, config_line(config, option),
			"%s: `%s`: is no IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits", option,
			text != NULL ? text : "");
	return ERR_MALFORMED;
}

static int
add_ignored(struct dns64 *dns64, const struct config *config, char *error)
{
	const struct config_list *list = &config->dns64_ignore_aaaa;
	struct name name;
	int err = 0;

	for (size_t i = 0; i < list->count && err == 0; i++) {
		if (name_from_text(&name, list->items[i], NULL) != 0) {
			config_complain(error, config, list->lines[i],
					"dns64-ignore-aaaa: `%s`: is no domain name",
					list->items[i]);
			return ERR_MALFORMED;
		}
		err = dns64_ignore(dns64, &name);
	}
	return err;
}

int
translation_build(struct dns64 **dns64, struct arena *arena, const struct config *config,
		  struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	struct modules modules;
	struct nat64 upstream, clients;

	*dns64 = NULL;
	int err = modules_read(&modules, config, error);
	if (err == 0)
		err = read_prefix(&upstream, "nat64-prefix", config->nat64_prefix, config, error);
	if (err == 0)
		err = read_prefix(&clients, "dns64-prefix", config->dns64_prefix, config, error);
	if (err != 0 || !modules.dns64)
		return err;
	*dns64 = dns64_new(arena, &clients, config->dns64_synthall, rng);
	return *dns64 != NULL ? add_ignored(*dns64, config, error) : ERR_NO_MEMORY;
}
