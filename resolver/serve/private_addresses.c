#include "resolver/serve/private_addresses.h"

#include "stack/base/arena.h"
#include "stack/base/err.h"

static int
refuse(const struct config *config, const char *option, const struct config_list *list, size_t at,
       const char *why, char *error)
{
	return config_refuse(error, config, list->lines[at], option, list->items[at], why);
}

static int
add_addrs(struct rebind *rebind, const struct config *config, char *error)
{
	const struct config_list *list = &config->private_address;
	struct ip_addr prefix;
	unsigned prefix_len;
	int err = 0;

	for (size_t i = 0; i < list->count && err == 0; i++) {
		if (addr_prefix_from_text(&prefix, &prefix_len, list->items[i]) != 0)
			return refuse(config, "private-address", list, i,
				      "is no address and prefix length", error);
		err = rebind_add_addr(rebind, &prefix, prefix_len);
	}
	return err;
}

static int
add_domains(struct rebind *rebind, const struct config *config, char *error)
{
	const struct config_list *list = &config->private_domain;
	struct name name;
	int err = 0;

	for (size_t i = 0; i < list->count && err == 0; i++) {
		if (name_from_text(&name, list->items[i], NULL) != 0)
			return refuse(config, "private-domain", list, i, "is no domain name",
				      error);
		err = rebind_add_domain(rebind, &name);
	}
	return err;
}

int
private_addresses_build(struct rebind **rebind, struct arena *arena, const struct config *config,
			struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	*rebind = NULL;
	if (config->private_address.count == 0)
		return 0;
	*rebind = rebind_new(arena, rng);
	if (*rebind == NULL)
		return ERR_NO_MEMORY;
	const int err = add_addrs(*rebind, config, error);
	return err == 0 ? add_domains(*rebind, config, error) : err;
}

int
not_asked_build(struct prefixes **not_asked, struct arena *arena, const struct config *config,
		char error[CONFIG_ERROR_BYTES])
{
	const struct config_list *list = &config->do_not_query_address;
	struct ip_addr prefix;
	unsigned prefix_len;
	int err = 0;

	*not_asked = NULL;
	if (list->count == 0)
		return 0;
	*not_asked = arena_zalloc(arena, 1, sizeof **not_asked);
	if (*not_asked == NULL)
		return ERR_NO_MEMORY;
	prefixes_init(*not_asked, arena);
	for (size_t i = 0; i < list->count && err == 0; i++) {
		if (addr_prefix_from_text(&prefix, &prefix_len, list->items[i]) != 0)
			return refuse(config, "do-not-query-address", list, i,
				      "is no address and prefix length", error);
		err = prefixes_put(*not_asked, &prefix, prefix_len, *not_asked);
	}
	return err;
}
