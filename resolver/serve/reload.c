/*
 * reload.c - SIGHUP: the configuration is read again; the caches stay, and so does every listener that both have.
 *
 * Everything new is made first.  When any of it fails, the old configuration stays in force and the log
 * says why; only when all is there do the workers change over, each between two turns of its loop.
 */
#include <stdlib.h>

#include "resolver/serve/core_config.h"
#include "resolver/serve/server_priv.h"

static bool
settings_have(const struct settings *settings, const struct endpoint *endpoint,
	      enum endpoint_transport transport)
{
	if (transport == ENDPOINT_UDP ? !settings->config.do_udp : !settings->config.do_tcp)
		return false;
	for (size_t i = 0; i < settings->endpoint_count; i++)
		if (endpoint_equal(&settings->endpoints[i], endpoint))
			return true;
	return false;
}

/* What `of` has and `without` has not: endpoints and transports without descriptors. */
static size_t
difference(const struct settings *of, const struct settings *without, struct worker_socket *sockets)
{
	static const enum endpoint_transport transports[] = { ENDPOINT_UDP, ENDPOINT_TCP };
	size_t count = 0;
	for (size_t i = 0; i < of->endpoint_count; i++) {
		for (size_t t = 0; t < 2; t++) {
			const struct endpoint *endpoint = &of->endpoints[i];
			if (settings_have(of, endpoint, transports[t]) &&
			    !settings_have(without, endpoint, transports[t]))
				sockets[count++] = (struct worker_socket){
					.endpoint = *endpoint, .transport = transports[t], .fd = -1
				};
		}
	}
	return count;
}

/* The new sockets of every worker; worker i's stand at open[i * open_count]. */
static int
open_sockets(struct server *server, struct reload *reload, char error[CONFIG_ERROR_BYTES])
{
	size_t total = reload->open_count * server->worker_count;
	for (size_t i = 0; i < reload->open_count; i++) {
		struct worker_socket wanted = reload->open[i];
		int err = server__open_socket(server, &reload->settings->config, &wanted.endpoint,
					      wanted.transport, &reload->open[i],
					      reload->open_count, error);
		if (err == 0)
			continue;
		server__close_sockets(reload->open, total);
		return err;
	}
	return 0;
}

static int
prepare(struct server *server, struct reload *reload, char error[CONFIG_ERROR_BYTES])
{
	int err = settings_new(&reload->settings, server->path, server->verbosity, &server->rng,
			       error);
	if (err != 0)
		return err;
	reload->open =
		calloc((size_t)2 * ENDPOINTS_MAX * server->worker_count, sizeof *reload->open);
	reload->shut = calloc((size_t)2 * ENDPOINTS_MAX, sizeof *reload->shut);
	if (reload->open == NULL || reload->shut == NULL) {
		(void)snprintf(error, CONFIG_ERROR_BYTES, "%s", err_text(ERR_NO_MEMORY));
		return ERR_NO_MEMORY;
	}
	reload->open_count = difference(reload->settings, server->settings, reload->open);
	reload->shut_count = difference(server->settings, reload->settings, reload->shut);
	for (size_t i = 0; i < reload->open_count * server->worker_count; i++)
		reload->open[i] = reload->open[i % reload->open_count];
	return open_sockets(server, reload, error);
}

static void
clean_up(struct reload *reload)
{
	free(reload->open);
	free(reload->shut);
	reload->open = reload->shut = NULL;
	reload->settings = NULL;
}

static void
warn_of_fixed(const struct server *server, const struct settings *new)
{
	size_t index = 0;
	const char *name;
	while ((name = settings_next_fixed(server->settings, new, &index)) != NULL)
		log_warning(server__log(server),
			    "%s has changed; it takes effect at the next start", name);
}

/*
 * What records rest on is not the same any more.  Those that the caches have stay; what is learnt from now on is of
 * use to machines that rest on the same, and to no start that rests on what was before.
 */
static void
change_basis(struct server *server, const struct settings *new)
{
	cache_keeper_mix(&server->keeper);
	if (!server->cachedb.is_on)
		return;
	server->cachedb.validates = new->service->trust.anchors != NULL;
	cachedb_seal_init(&server->cachedb.seal, server->cachedb.secret_seed, new->basis);
}

void
server__reload(struct server *server)
{
	struct reload *reload = &server->reload;
	char error[CONFIG_ERROR_BYTES];
	if (server->is_stopping)
		return;
	if (reload->round.left > 0) {
		reload->is_wanted_again = true;
		return;
	}
	notify_reloading(&server->notify);
	if (prepare(server, reload, error) != 0) {
		settings_log_mistakes(server__log(server), "the old configuration stays in force: ", error);
		server__control_reloaded(server, error);
		settings_free(reload->settings);
		clean_up(reload);
		notify_ready(&server->notify,
			     "serving with the old configuration, the new one has an error");
		return;
	}
	warn_of_fixed(server, reload->settings);
	if (reload->settings->basis != server->settings->basis)
		change_basis(server, reload->settings);
	for (unsigned i = 0; i < server->worker_count; i++) {
		struct worker_order *order = &reload->round.orders[i];
		order->service = reload->settings->service;
		order->engine = core_config_engine(&reload->settings->config);
		order->seal = &server->cachedb.seal;
		order->open = reload->open + i * reload->open_count;
		order->open_count = reload->open_count;
		order->shut = reload->shut;
		order->shut_count = reload->shut_count;
	}
	server__round_start(server, &reload->round);
}

/* ---- zones that have changed ------------------------------------------------------------------------------------ */

/* The same configuration with what the files of its zones say now; while workers change over it has to wait. */
static void
renew(struct server *server)
{
	struct reload *reload = &server->reload;
	char error[CONFIG_ERROR_BYTES];

	if (!reload->is_renewal_due || reload->round.left > 0 || server->is_stopping)
		return;
	reload->is_renewal_due = false;
	if (settings_renew(server->settings, &server->rng, &reload->service, error) != 0) {
		log_error(server__log(server), "the zones stay as they were: %s", error);
		reload->service = NULL;
		reload->is_renewal_due = true; /* with the next change, or behind the next round */
		return;
	}
	for (unsigned i = 0; i < server->worker_count; i++) {
		struct worker_order *order = &reload->round.orders[i];
		order->service = reload->service;
		order->engine = core_config_engine(&server->settings->config);
		order->seal = &server->cachedb.seal;
		order->open_count = order->shut_count = 0;
	}
	server__round_start(server, &reload->round);
}

static void
renewed(struct server *server)
{
	struct service *old = server->settings->service;

	server__zones_hear(server); /* what was told to the old one goes with it */
	server->settings->service = server->reload.service;
	server->reload.service = NULL;
	server__trust_renew(server);
	service_free(old);
}

static void
on_zone_change(void *data)
{
	struct server *server = data;

	server->reload.is_renewal_due = true;
	renew(server);
}

void
server__zones_start(struct server *server)
{
	const int err = zone_keeper_new(&server->zones, &server->loop, &server->settings->config, server->settings->service->kept,
					&server->rng, server__log(server), on_zone_change, server);
	if (err != 0)
		log_error(server__log(server), "zones of primaries: %s", err_text(err));
}

void
server__zones_hear(struct server *server)
{
	struct notified *notified = server->settings->service->policy.notified;

	for (unsigned i = 0; notified != NULL && server->zones != NULL && i < notified->count; i++)
		if (notified_take(notified, i))
			zone_keeper_notify(server->zones, i);
}

void
server__zones_stop(struct server *server)
{
	zone_keeper_close(server->zones);
	server->zones = NULL;
}

/* ---- the end of either ------------------------------------------------------------------------------------------ */

/* The workers have ended in the middle of one: what was not handed over goes. */
void
server__reload_abandon(struct server *server)
{
	settings_free(server->reload.settings);
	service_free(server->reload.service);
	server->reload.service = NULL;
	clean_up(&server->reload);
}

/* Every worker has changed over: nobody knows the old settings any more. */
static void
reloaded(struct server *server)
{
	struct reload *reload = &server->reload;
	struct settings *old = server->settings;

	server__zones_stop(server);
	server->settings = reload->settings;
	if (old->basis != server->settings->basis)
		server__seal_writer(server);
	server__trust_renew(server);
	log_notice(server__log(server),
		   "configuration read again: %zu sockets opened, %zu closed in each thread",
		   reload->open_count, reload->shut_count);
	settings_free(old);
	clean_up(reload);
	server__zones_start(server);
	notify_ready(&server->notify, "serving");
	if (!reload->is_wanted_again)
		server__control_reloaded(server, NULL);
}

void
server__reload_done(struct server *server, struct round *round)
{
	struct reload *reload = &server->reload;
	(void)round;
	if (reload->settings == NULL)
		renewed(server);
	else
		reloaded(server);
	if (reload->is_wanted_again) {
		reload->is_wanted_again = false;
		server__reload(server);
	}
	renew(server);
}
