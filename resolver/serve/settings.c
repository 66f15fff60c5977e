#include "resolver/serve/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/serve/basis.h"
#include "resolver/serve/config_priv.h"
#include "resolver/serve/network.h"

/* Sizes of what is reserved at the start, and whatever took a privilege that has been given up since. */
static const char *const fixed_options[] = {
	"num-threads",
	"username",
	"pidfile",
	"root-hints",
	"so-reuseport",
	"so-rcvbuf",
	"so-sndbuf",
	"rrset-cache-size",
	"neg-cache-size",
	"delegation-cache-size",
	"msg-cache-size",
	"msg-cache-huge-pages",
	"infra-cache-numhosts",
	"cache-file",
	"num-queries-per-thread",
	"outgoing-range",
	"incoming-num-tcp",
};

/* Where a station of our own serves over its own stack is settled when that is made. */
static const char *const fixed_of_station[] = { "port", "do-udp", "do-tcp" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool
is_fixed(const struct config_option *option, const struct config *config)
{
	if (strcmp(option->section, "stack") == 0 || strcmp(option->section, "cachedb") == 0 ||
	    strcmp(option->section, "remote-control") == 0)
		return true;
	if (config__is_of_zone(option))
		return false;
	return is_among(option->name, fixed_options, COUNT(fixed_options)) ||
	       (!network_is_shared(config) && is_among(option->name, fixed_of_station, COUNT(fixed_of_station)));
}

static bool
strings_equal(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool
lists_equal(const struct config_list *a, const struct config_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool
values_equal(const struct config_option *option, const struct config *a, const struct config *b)
{
	const void *x = (const char *)a + option->offset, *y = (const char *)b + option->offset;
	switch (option->form) {
	case CONFIG_BOOL: return *(const bool *)x == *(const bool *)y;
	case CONFIG_NUMBER: return *(const uint32_t *)x == *(const uint32_t *)y;
	case CONFIG_SIZE: return *(const uint64_t *)x == *(const uint64_t *)y;
	case CONFIG_STRING: return strings_equal(*(char *const *)x, *(char *const *)y);
	case CONFIG_LIST: return lists_equal(x, y);
	case CONFIG_CHOICE: return *(const enum config_link *)x == *(const enum config_link *)y;
	}
	return false;
}

const char *
settings_next_fixed(const struct settings *old, const struct settings *new, size_t *index)
{
	while (*index < config_option_count) {
		const struct config_option *option = &config_options[(*index)++];
		if (is_fixed(option, &old->config) && !values_equal(option, &old->config, &new->config))
			return option->name;
	}
	return NULL;
}

static void
drop_missing_defaults(struct settings *settings)
{
	size_t kept = 0;
	for (size_t i = 0; i < settings->endpoint_count; i++) {
		const struct endpoint *endpoint = &settings->endpoints[i];
		if (endpoint->line != 0 || endpoint_is_here(endpoint))
			settings->endpoints[kept++] = *endpoint;
	}
	settings->endpoint_count = kept;
}

static int
make_service(struct service **service, const struct config *config, struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	char hostname[SERVICE_HOST_BYTES_MAX] = "";

	if (gethostname(hostname, sizeof hostname - 1) != 0)
		hostname[0] = '\0';
	return service_new(service, config, hostname, rng, error);
}

int
settings_renew(const struct settings *settings, struct rng *rng, struct service **service, char error[CONFIG_ERROR_BYTES])
{
	return service_renew(service, settings->service, &settings->config, rng, error);
}

static int
read_all(struct settings *settings, struct rng *rng, char error[CONFIG_ERROR_BYTES])
{
	const struct config *config = &settings->config;
	int err = network_check(config, error);
	if (err == 0)
		err = endpoints_from_config(settings->endpoints, &settings->endpoint_count, config,
					    error);
	if (err == 0)
		err = root_hints_load(&settings->hints, config, error);
	if (err != 0)
		return err;
	drop_missing_defaults(settings);
	err = make_service(&settings->service, config, rng, error);
	if (err != 0)
		return err;
	settings->basis = basis_of(settings);
	err = cachedb_config_read(&settings->cachedb, config, settings->basis, settings->service->trust.anchors != NULL, error);
	if (err != 0)
		service_free(settings->service);
	return err;
}

int
settings_new(struct settings **made, const char *path, unsigned verbosity, struct rng *rng,
	     char error[CONFIG_ERROR_BYTES])
{
	struct settings *settings = calloc(1, sizeof *settings);
	*made = NULL;
	error[0] = '\0';
	int err = settings != NULL ? 0 : ERR_NO_MEMORY;
	if (err == 0)
		err = path != NULL ? config_load(&settings->config, path, error)
				   : config_init(&settings->config);
	if (err != 0)
		goto free_settings;
	settings->config.verbosity += verbosity;
	err = read_all(settings, rng, error);
	if (err == 0) {
		*made = settings;
		return 0;
	}
	config_free(&settings->config);
free_settings:
	free(settings);
	if (error[0] == '\0')
		(void)snprintf(error, CONFIG_ERROR_BYTES, "%s: %s",
			       path != NULL ? path : "defaults", err_text(err));
	return err;
}

void
settings_log_mistakes(const struct log *log, const char *before, const char *error)
{
	for (const char *at = error; *at != '\0'; at += strspn(at, "\n")) {
		const size_t size = strcspn(at, "\n");
		log_error(log, "%s%.*s", before, (int)size, at);
		at += size;
	}
}

void
settings_free(struct settings *settings)
{
	if (settings == NULL)
		return;
	service_free(settings->service);
	config_free(&settings->config);
	free(settings);
}
