#include "resolver/serve/server.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "resolver/serve/core_config.h"
#include "resolver/serve/descriptors.h"
#include "resolver/serve/server_priv.h"

#define STATUS_SECOND_SIGNAL 128 /* and the signal's number, as a shell has it */

static const int signal_numbers[] = { SIGHUP, SIGTERM, SIGINT, SIGUSR1 };
#define SIGNALS (sizeof signal_numbers / sizeof signal_numbers[0])

const struct log *
server__log(const struct server *server)
{
	return &server->settings->service->log;
}

/* ---- rounds: one order to every worker ------------------------------------------------------------------------------- */

int
server__round_init(struct server *server, struct round *round, enum worker_order_kind kind,
		   void (*on_done)(struct server *server, struct round *round))
{
	round->orders = calloc(server->worker_count, sizeof *round->orders);
	round->on_done = on_done;
	if (round->orders == NULL)
		return ERR_NO_MEMORY;
	for (unsigned i = 0; i < server->worker_count; i++) {
		round->orders[i].kind = kind;
		round->orders[i].data = round;
	}
	return 0;
}

/* Does nothing while the same round is under way, or once the workers were told to stop. */
void
server__round_start(struct server *server, struct round *round)
{
	if (round->left > 0 || (server->is_stopping && round != &server->stop))
		return;
	round->left = server->worker_count;
	for (unsigned i = 0; i < server->worker_count; i++)
		mailbox_post(worker_mailbox(server->workers[i]), &round->orders[i].letter);
}

static void
on_mail(uv_async_t *async)
{
	struct server *server = async->data;
	struct letter *letter;
	while ((letter = mailbox_take(&server->mailbox)) != NULL) {
		struct worker_order *order = (struct worker_order *)letter;
		if (order->kind == WORKER_ASK_KEYS) {
			server__trust_heard(server);
			continue;
		}
		struct round *round = order->data;
		if (--round->left == 0)
			round->on_done(server, round);
	}
	server__zones_hear(server);
}

/* ---- signals and the watchdog ------------------------------------------------------------------------------------------ */

void
server__stop(struct server *server, const char *why)
{
	log_notice(server__log(server), "stopping (%s)", why);
	notify_stopping(&server->notify);
	server->is_stopping = true;
	server__round_start(server, &server->stop);
}

static void
stop(struct server *server, int signal_number)
{
	if (server->is_stopping) /* the operator is in a hurry, or a worker hangs */
		_exit(STATUS_SECOND_SIGNAL + signal_number);
	server__stop(server, signal_number == SIGINT ? "SIGINT" : "SIGTERM");
}

static void
on_signal(uv_signal_t *handle, int signal_number)
{
	struct server *server = handle->data;
	switch (signal_number) {
	case SIGHUP: server__reload(server); break;
	case SIGUSR1: server__round_start(server, &server->report); break;
	case SIGTERM:
	case SIGINT: stop(server, signal_number); break;
	}
}

/* The workers were told to stop and have: their threads are about to end. */
static void
on_stopped(struct server *server, struct round *round)
{
	(void)round;
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&server->signals[i], NULL);
	uv_close((uv_handle_t *)&server->watchdog, NULL);
	if (server->cachedb_writer != NULL)
		cachedb_writer_close(server->cachedb_writer);
	server->cachedb_writer = NULL;
	server__trust_stop(server);
	server__zones_stop(server);
	control_close(server->control);
	server->control = NULL;
	mailbox_close(&server->mailbox);
}

/* Every worker has turned since the last time: only then is the process alive. */
static void
on_pinged(struct server *server, struct round *round)
{
	(void)round;
	notify_alive(&server->notify);
}

static void
on_watchdog(uv_timer_t *timer)
{
	struct server *server = timer->data;
	server__round_start(server, &server->ping);
}

/* ---- the start, step by step ---------------------------------------------------------------------------------------------- */

static int
fail(char error[CONFIG_ERROR_BYTES], const char *what, const char *why)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "%s: %s", what, why);
	return ERR_IO;
}

static int
open_rng(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	uint8_t seed[RNG_SEED_BYTES];
	if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		return fail(error, "getrandom", strerror(errno));
	rng_init(&server->rng, seed);
	explicit_bzero(seed, sizeof seed);
	return 0;
}

static int
open_plan(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	struct link_error link_error;
	const struct config *config = &server->settings->config;
	if (!network_is_shared(config))
		return 0;
	int err = guard_plan_init(&server->plan, server->worker_count, config->guard_ports,
				  &server->rng, &link_error);
	if (err != 0)
		return fail(error, "stack", link_error.text);
	const uint32_t planned = server->plan.port_count * server->worker_count;
	if (planned < config->guard_ports)
		log_warning(server__log(server),
			    "guard-ports: only %u of %u can be held, so ports are easier to guess; raise "
			    "LimitNOFILE= of the unit or `ulimit -n`, or reserve fewer ports "
			    "(net.ipv4.ip_local_reserved_ports)",
			    planned, config->guard_ports);
	return 0;
}

static int
open_loop(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	int err = uv_loop_init(&server->loop);
	if (err != 0)
		return fail(error, "event loop", uv_strerror(err));
	err = mailbox_init(&server->mailbox, &server->loop, on_mail, server);
	if (err != 0) {
		(void)uv_loop_close(&server->loop);
		return fail(error, "event loop", uv_strerror(err));
	}
	(void)uv_timer_init(&server->loop, &server->watchdog); /* none of these can fail */
	server->watchdog.data = server;
	(void)uv_timer_init(&server->loop, &server->trust.timer);
	for (size_t i = 0; i < SIGNALS; i++) {
		(void)uv_signal_init(&server->loop, &server->signals[i]);
		server->signals[i].data = server;
	}
	server->has_loop = true;
	return 0;
}

/* What the workers find out goes to the second level from here. */
static int
open_cachedb(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	server->cachedb = server->settings->cachedb;
	if (!server->cachedb.is_on || !server->cachedb.stores)
		return 0;
	server->cachedb_writer = cachedb_writer_new(&server->loop, &server->cachedb, &server->memory.caches,
						    server__log(server));
	return server->cachedb_writer != NULL ? 0 : fail(error, "cachedb", err_text(ERR_NO_MEMORY));
}

static int
open_rounds(struct server *server)
{
	int err = server__round_init(server, &server->stop, WORKER_STOP, on_stopped);
	if (err == 0)
		err = server__round_init(server, &server->report, WORKER_REPORT, server__report_done);
	if (err == 0)
		err = server__round_init(server, &server->count, WORKER_REPORT, server__count_done);
	if (err == 0)
		err = server__round_init(server, &server->ping, WORKER_REPORT, on_pinged);
	if (err == 0)
		err = server__round_init(server, &server->reload.round, WORKER_RECONFIGURE, server__reload_done);
	return err == 0 ? server__trust_open(server) : err;
}

/* One worker has nobody to share questions with. */
static int
open_underway(struct server *server)
{
	if (server->worker_count == 1)
		return 0;
	server->underway_block = calloc(1, underway_bytes());
	server->underway = underway_new(server->underway_block, underway_bytes(), &server->rng);
	return server->underway != NULL ? 0 : ERR_NO_MEMORY;
}

static int
open_workers(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	uint8_t seed[RNG_SEED_BYTES];
	int err = 0;
	server->workers = calloc(server->worker_count, sizeof(struct worker *));
	if (server->workers == NULL || open_rounds(server) != 0 || open_underway(server) != 0)
		return fail(error, "workers", err_text(ERR_NO_MEMORY));
	for (unsigned i = 0; i < server->worker_count && err == 0; i++) {
		rng_bytes(&server->rng, seed, sizeof seed);
		struct worker_config config = {
			.index = i,
			.config = &server->settings->config,
			.service = server->settings->service,
			.caches = &server->memory.caches,
			.cachedb = server->cachedb.is_on ? &server->cachedb : NULL,
			.hints = &server->settings->hints,
			.plan = &server->plan,
			.door = server->door,
			.server = &server->mailbox,
			.underway = server->underway,
			.workers = server->workers,
			.seed = seed,
		};
		err = worker_new(&server->workers[i], &config, error);
	}
	explicit_bzero(seed, sizeof seed);
	return err;
}

static int
write_pidfile(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	const char *path = server->settings->config.pidfile;
	if (path == NULL || path[0] == '\0')
		return 0;
	if (strlen(path) >= sizeof server->pidfile)
		return fail(error, "pidfile", "the path is too long");
	strcpy(server->pidfile, path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	server->has_pidfile = fd >= 0;
	if (fd < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		(void)snprintf(error, CONFIG_ERROR_BYTES, "pidfile: %s: %s", path, strerror(errno));
		return ERR_IO;
	}
	(void)close(fd);
	return 0;
}

static int
open_control(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	const struct config *config = &server->settings->config;
	if (!config->control_enable)
		return 0;
	return control_open(&server->control, &server->loop, config->control_interface, &server->user, server__command,
			    server, error);
}

/* Before privileges are dropped, for its directory may be root's; read and written by a thread that has none. */
static void
open_keeper(struct server *server)
{
	const struct settings *settings = server->settings;
	const struct config *config = &settings->config;
	const struct cache_file_config file = {
		.path = config->cache_file,
		.has_owner = server->user.is_set,
		.uid = server->user.uid,
		.gid = server->user.gid,
		.basis = settings->basis,
		.wall_s = cache_file_wall_s(),
		.stale_s = config->serve_expired ? core_config_engine(config).serve_expired_ttl_s : 0,
		.rng = &server->rng,
		.log = server__log(server),
	};
	if (config->cache_file != NULL && config->cache_file[0] != '\0')
		cache_keeper_open(&server->keeper, &file, &server->memory.caches);
}

/* A start that fails half-way: nobody waits for their answers, server_close for their threads. */
static void
stop_started(struct server *server, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		mailbox_post(worker_mailbox(server->workers[i]), &server->stop.orders[i].letter);
}

static int
start_workers(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	for (size_t i = 0; i < SIGNALS; i++) {
		int err = uv_signal_start(&server->signals[i], on_signal, signal_numbers[i]);
		if (err != 0)
			return fail(error, "signals", uv_strerror(err));
	}
	server->started_ms = uv_now(&server->loop);
	uint64_t period_ms = server->notify.watchdog_us / 2000;
	if (period_ms > 0)
		(void)uv_timer_start(&server->watchdog, on_watchdog, period_ms, period_ms);
	for (unsigned i = 0; i < server->worker_count; i++) {
		int err = worker_start(server->workers[i]);
		if (err == 0)
			continue;
		stop_started(server, i);
		return fail(error, "threads", uv_strerror(err));
	}
	server__trust_start(server);
	server__zones_start(server);
	return 0;
}

/* The guards are opened while the cache file is read: the two are most of what a start takes. */
static int
get_ready(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	int err = 0;
	cache_keeper_start(&server->keeper);
	for (unsigned i = 0; i < server->worker_count && err == 0; i++)
		err = worker_hold_ports(server->workers[i], error);
	if (err == 0)
		cache_keeper_await(&server->keeper);
	return err;
}

/* Everything that can fail, in the order that server.h tells. */
static int
server_open(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	const struct config *config = &server->settings->config;
	server->worker_count = config->num_threads;
	int err = privilege_find_user(&server->user, config->username, error);
	if (err == 0)
		err = open_plan(server, error);
	if (err != 0)
		return err;
	descriptors_open(config, server->settings->endpoint_count, server__log(server));
	err = memory_open(&server->memory, config, &server->rng, error);
	if (err == 0)
		err = open_loop(server, error);
	if (err == 0)
		err = open_cachedb(server, error);
	if (err == 0)
		err = server__open_sockets(server, error);
	if (err == 0)
		err = network_open_door(&server->door, config, &server->door_told, error);
	if (err == 0)
		err = open_workers(server, error);
	if (err == 0)
		err = server__listen(server, error);
	if (err == 0)
		err = write_pidfile(server, error);
	if (err == 0)
		err = open_control(server, error);
	if (err == 0) {
		open_keeper(server);
		err = privilege_drop(&server->user, error);
	}
	if (err == 0)
		err = get_ready(server, error);
	return err == 0 ? start_workers(server, error) : err;
}

static const char *
link_word(enum config_link link)
{
	switch (link) {
	case CONFIG_LINK_RAW:    return "raw";
	case CONFIG_LINK_PACKET: return "packet";
	case CONFIG_LINK_TAP:    return "tap";
	case CONFIG_LINK_XDP:    return "xdp";
	}
	return "";
}

static void
log_places(const struct server *server)
{
	const struct settings *settings = server->settings;
	const struct log *log = server__log(server);
	char text[ENDPOINT_TEXT_BYTES];
	for (size_t i = 0; i < settings->endpoint_count; i++)
		log_info(log, "serving %s", endpoint_to_text(&settings->endpoints[i], text, sizeof text));
	if (!network_is_shared(&settings->config))
		log_notice(log, "serving our own addresses@%u (link %s)", settings->config.port,
		           link_word(settings->config.link));
	if (server->door != NULL)
		log_notice(log, "%s; UDP to port %u of the host's addresses comes by it", server->door_told.text, settings->config.port);
	for (unsigned i = 0; i < server->worker_count; i++)
		if (worker_told(server->workers[i])[0] != '\0')
			log_notice(log, "%s", worker_told(server->workers[i]));
	log_notice(log, "start of service (cairnd %s, %u threads)", CAIRN_VERSION, server->worker_count);
}

/* ---- the end -------------------------------------------------------------------------------------------------------------- */

static void
close_loop(struct server *server)
{
	if (!server->has_loop)
		return;
	if (!uv_is_closing((uv_handle_t *)&server->mailbox.async))
		on_stopped(server, &server->stop);
	(void)uv_run(&server->loop, UV_RUN_DEFAULT);
	mailbox_fini(&server->mailbox);
	(void)uv_loop_close(&server->loop);
}

static void
server_close(struct server *server)
{
	for (unsigned i = 0; i < server->worker_count && server->workers != NULL; i++)
		if (server->workers[i] != NULL)
			worker_join(server->workers[i]);
	for (unsigned i = 0; i < server->worker_count && server->workers != NULL; i++)
		if (server->workers[i] != NULL)
			worker_free(server->workers[i]);
	free(server->workers);
	free(server->underway_block);
	xdp_door_close(server->door);
	server__close_sockets(server->sockets, server->socket_count);
	free(server->sockets);
	server__reload_abandon(server);
	close_loop(server);
	free(server->stop.orders);
	free(server->report.orders);
	free(server->count.orders);
	free(server->ping.orders);
	free(server->reload.round.orders);
	cache_keeper_stop(&server->keeper);
	server__trust_close(server);
	memory_close(&server->memory);
	if (server->has_pidfile)
		(void)unlink(server->pidfile);
	settings_free(server->settings);
	notify_fini(&server->notify);
}

int
server_run(const char *path, unsigned verbosity)
{
	char error[CONFIG_ERROR_BYTES];
	struct log log;
	log_init(&log, "cairnd", LOG_LEVEL_NOTICE);
	struct server *server = calloc(1, sizeof *server);
	if (server == NULL)
		return EXIT_FAILURE;
	server->path = path;
	server->verbosity = verbosity;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file that may grow no more is no reason to end */
	notify_init(&server->notify);
	int err = open_rng(server, error);
	if (err == 0)
		err = settings_new(&server->settings, path, verbosity, &server->rng, error);
	if (err == 0)
		err = server_open(server, error);
	if (err == 0) {
		log_places(server);
		notify_ready(&server->notify, "serving");
		(void)uv_run(&server->loop, UV_RUN_DEFAULT);
	} else {
		settings_log_mistakes(&log, "", error);
	}
	server_close(server);
	free(server);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A file that is to be written: its directory. */
static int
check_directory(const char *option, const char *path, char error[CONFIG_ERROR_BYTES])
{
	char copy[PATH_MAX];

	if (path == NULL || path[0] == '\0')
		return 0;
	if (strlen(path) >= sizeof copy)
		return fail(error, option, "the path is too long");
	strcpy(copy, path);
	const char *directory = dirname(copy);
	const int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		(void)snprintf(error, CONFIG_ERROR_BYTES, "%s: %s: %s", option, directory, strerror(errno));
		return ERR_NOT_FOUND;
	}
	(void)close(fd);
	return 0;
}

/* What the configuration names and the host has to have; a start would find the same missing. */
static int
check_host(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	struct privilege_user user;
	int err = privilege_find_user(&user, config->username, error);

	if (err == 0)
		err = check_directory("pidfile", config->pidfile, error);
	if (err == 0)
		err = check_directory("cache-file", config->cache_file, error);
	if (err == 0)
		err = check_directory("capture", config->capture, error);
	for (size_t i = 0; err == 0 && i < config->auto_trust_anchor_file.count; i++)
		err = check_directory("auto-trust-anchor-file", config->auto_trust_anchor_file.items[i], error);
	for (size_t i = 0; err == 0 && i < config->zone_count; i++)
		if (config_zone_is_transferred(&config->zones[i]))
			err = check_directory("zonefile", config->zones[i].zonefile, error);
	const bool has_device = config->link == CONFIG_LINK_PACKET || config->link == CONFIG_LINK_XDP;
	if (err == 0 && has_device && if_nametoindex(config->device) == 0) {
		(void)snprintf(error, CONFIG_ERROR_BYTES, "device: `%s`: %s; `ip link` lists those there are",
			       config->device, strerror(errno));
		err = ERR_NOT_FOUND;
	}
	return err;
}

int
server_check(const char *path)
{
	char error[CONFIG_ERROR_BYTES];
	struct server server = { 0 };
	struct settings *settings;
	struct log log;
	log_init(&log, "cairnd", LOG_LEVEL_NOTICE);
	int err = open_rng(&server, error);
	if (err == 0)
		err = settings_new(&settings, path, 0, &server.rng, error);
	if (err == 0) {
		err = check_host(&settings->config, error);
		settings_free(settings);
	}
	if (err != 0) {
		settings_log_mistakes(&log, "", error);
		return EXIT_FAILURE;
	}
	(void)printf("cairnd: no errors in %s\n", path != NULL ? path : "the defaults");
	return EXIT_SUCCESS;
}
