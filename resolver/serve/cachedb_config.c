/* cachedb_config.c - the section `cachedb:` (cachedb.h). */
#include <string.h>

#include "resolver/serve/cachedb.h"

/* An option's text into a field; the configuration may be read anew. */
static int
keep(char *field, size_t field_bytes, const char *text, const struct config *config,
     const char *option, char error[CONFIG_ERROR_BYTES])
{
	const char *given = text != NULL ? text : "";
	if (strlen(given) >= field_bytes)
		return config_refuse(error, config, config_line(config, option), option, "...",
				     "is too long");
	strcpy(field, given);
	return 0;
}

static int
read_server(struct cachedb_server *server, const struct config *config,
	    char error[CONFIG_ERROR_BYTES])
{
	struct ip_addr address;
	const char *host = config->redis_server_host != NULL ? config->redis_server_host : "";
	server->port = (uint16_t)config->redis_server_port;
	server->logical_db = config->redis_logical_db;
	server->timeout_ms = config->redis_timeout;
	int err = keep(server->path, sizeof server->path, config->redis_server_path, config,
		       "redis-server-path", error);
	if (err == 0)
		err = keep(server->password, sizeof server->password, config->redis_server_password,
			   config, "redis-server-password", error);
	if (err != 0 || server->path[0] != '\0')
		return err;
	if (addr_from_text(&address, host) != 0)
		return config_refuse(error, config, config_line(config, "redis-server-host"),
				     "redis-server-host", host,
				     "is no address: a resolver cannot wait for a name here");
	return keep(server->host, sizeof server->host, host, config, "redis-server-host", error);
}

int
cachedb_config_read(struct cachedb_config *cachedb, const struct config *config, uint64_t basis,
		    bool validates, char error[CONFIG_ERROR_BYTES])
{
	const char *backend = config->cachedb_backend, *secret = config->secret_seed;
	*cachedb = (struct cachedb_config){ .is_on = backend != NULL && backend[0] != '\0' };
	if (!cachedb->is_on)
		return 0;
	if (strcmp(backend, "redis") != 0)
		return config_refuse(error, config, config_line(config, "backend"), "backend",
				     backend, "is not `redis`");
	if (secret == NULL || secret[0] == '\0')
		return config_refuse(error, config, config_line(config, "secret-seed"),
				     "secret-seed", "",
				     "is empty: choose one that nobody can guess");
	cachedb->stores = !config->cachedb_no_store;
	cachedb->expires = config->redis_expire_records;
	cachedb->validates = validates;
	int err = keep(cachedb->secret_seed, sizeof cachedb->secret_seed, secret, config, "secret-seed", error);
	if (err != 0)
		return err;
	cachedb_seal_init(&cachedb->seal, cachedb->secret_seed, basis);
	return read_server(&cachedb->server, config, error);
}
