/*
 * settings.h - the configuration file and all that it names, read and checked: what `cairnd -t`, the start and a
 * reload have in common.
 *
 * Ownership: settings_free frees everything; a service that workers still use must have been taken out first.
 * Errors:    a negative ERR_* and in `error` file, line, option and reason: a line for each mistake that the file has in itself
 *            (config.h), else the first that shows in what it names.
 */
#ifndef CAIRN_RESOLVER_SERVE_SETTINGS_H
#define CAIRN_RESOLVER_SERVE_SETTINGS_H

#include "resolver/serve/cachedb.h"
#include "resolver/serve/endpoint.h"
#include "resolver/serve/root_hints.h"
#include "resolver/serve/service.h"

struct settings {
	struct config config;
	struct service *service;
	uint64_t basis; /* basis.h */
	struct cachedb_config cachedb;
	struct root_hints hints;
	struct endpoint endpoints[ENDPOINTS_MAX];
	size_t endpoint_count;
};

/*
 * path NULL: the defaults alone.  `verbosity` is added to the file's.  A default endpoint whose address the host does not
 * have (::1 without IPv6) is left out.
 */
int settings_new(struct settings **settings, const char *path, unsigned verbosity, struct rng *rng,
		 char error[CONFIG_ERROR_BYTES]);
/* Another service of the same configuration, with what the files of its zones say now. */
int settings_renew(const struct settings *settings, struct rng *rng, struct service **service, char error[CONFIG_ERROR_BYTES]);
void settings_free(struct settings *settings); /* NULL is nothing */
/* A line of the log for each mistake that `error` tells of, with those words before it. */
void settings_log_mistakes(const struct log *log, const char *before, const char *error);

/*
 * The names of options that differ and that a reload cannot change; one a call, NULL behind the last.
 * *index starts at 0.
 */
const char *settings_next_fixed(const struct settings *old, const struct settings *new,
				size_t *index);

#endif
