/* server_priv.h - what the files of the server share: one process, one of these, on the main thread. */
#ifndef CAIRN_RESOLVER_SERVE_SERVER_PRIV_H
#define CAIRN_RESOLVER_SERVE_SERVER_PRIV_H

#include <assert.h>
#include <uv.h>

#include "resolver/serve/cache_keeper.h"
#include "resolver/serve/control.h"
#include "resolver/serve/memory.h"
#include "resolver/serve/notify.h"
#include "resolver/serve/privilege.h"
#include "resolver/serve/settings.h"
#include "resolver/serve/worker.h"
#include "resolver/serve/zone_keeper.h"
#include "stack/link/guard.h"

#define WORKERS_MAX 64u /* as num-threads allows */
static_assert(WORKERS_MAX <= UNDERWAY_WORKERS_MAX, "each has a bit there");

struct server;
struct round;

/* One order to every worker, and what happens when the last has carried it out. */
struct round {
	struct worker_order *orders; /* one a worker */
	unsigned left;               /* not back yet; 0: the round may be used again */
	void (*on_done)(struct server *server, struct round *round);
};

struct reload {
	struct round round;
	struct settings *settings;  /* the new ones; NULL: the same, with another */
	struct service *service;    /* when zones that are kept here have changed */
	bool is_renewal_due;        /* they have, since the last was made */
	struct worker_socket *open; /* of all workers, worker by worker */
	struct worker_socket *shut;
	size_t open_count, shut_count; /* of one worker */
	bool is_wanted_again;
};

/* What keeps the anchors that update themselves (trust_points.h); all of it on the main thread. */
struct trust_keeper {
	struct crypto *crypto;
	uv_timer_t timer;
	struct worker_order ask;
	struct worker_keys *keys;
	bool is_asking;
	struct trust_point *point;    /* whose zone is asked; NULL: the settings that it was of are gone */
	struct round round;           /* new anchors to every worker */
	struct anchors *now, *coming; /* blocks: what the workers have, and what they are being given */
	bool is_wanted_again;         /* something has changed since `coming` was made */
	struct nta_list ntas;         /* until the loop's time, in seconds */
	struct name changed[NTA_MAX]; /* zones whose verdicts are to be forgotten once every worker has the new anchors */
	unsigned changed_count;
	bool has_all_changed;         /* more than that: everything */
};

struct server {
	const char *path;
	unsigned verbosity; /* of the command line */
	struct settings *settings;
	struct rng rng;
	struct memory memory;
	struct cache_keeper keeper;
	struct cachedb_config cachedb;         /* of the start, but for what follows the settings' basis */
	struct cachedb_writer *cachedb_writer; /* NULL: none */
	struct guard_plan plan;
	struct xdp_door *door; /* NULL: none */
	struct link_error door_told;
	struct notify notify;
	struct privilege_user user;

	uv_loop_t loop;
	bool has_loop;
	struct mailbox mailbox;
	uv_signal_t signals[4]; /* HUP, TERM, INT, USR1 */
	uv_timer_t watchdog;
	struct control *control; /* NULL: none */
	uint64_t started_ms;     /* of the loop */
	bool is_stopping, has_pidfile;
	char pidfile[256];

	struct worker_socket *sockets; /* between their opening and their workers' */
	size_t socket_count;
	struct worker **workers;
	unsigned worker_count;
	void *underway_block;
	struct underway *underway; /* NULL: there is one worker */
	struct round stop, report, count, ping;
	struct reload reload;
	struct trust_keeper trust;
	struct zone_keeper *zones; /* NULL: none has a primary */
};

const struct log *server__log(const struct server *server);

/* server.c */
int server__round_init(struct server *server, struct round *round, enum worker_order_kind kind,
		       void (*on_done)(struct server *server, struct round *round));
void server__round_start(struct server *server, struct round *round);
/* As SIGTERM does it, but for the hurry of a second one. */
void server__stop(struct server *server, const char *why);

/* sockets.c */
int server__open_socket(const struct server *server, const struct config *config,
			const struct endpoint *endpoint, enum endpoint_transport transport,
			struct worker_socket *sockets, size_t stride,
			char error[CONFIG_ERROR_BYTES]);
void server__close_sockets(struct worker_socket *sockets, size_t count);
/* Opens all of a configuration's for every worker; server__listen hands them over. */
int server__open_sockets(struct server *server, char error[CONFIG_ERROR_BYTES]);
int server__listen(struct server *server, char error[CONFIG_ERROR_BYTES]);

/* reload.c */
void server__reload(struct server *server);
/* The zones of the configuration's primaries: from its reading on, and from the next one's. */
void server__zones_start(struct server *server);
void server__zones_stop(struct server *server);
/* A worker may have put up flags (zone/notified.h). */
void server__zones_hear(struct server *server);
void server__reload_done(struct server *server, struct round *round);
void server__reload_abandon(struct server *server);

/* trust_keeper.c */
int server__trust_open(struct server *server); /* after the loop and before the workers */
void server__trust_start(struct server *server);
void server__trust_heard(struct server *server);
/* A reload has read the files anew: what was known by the old settings is over. */
void server__trust_renew(struct server *server);
/*
 * Who waits for CONTROL_TRUST is answered when every worker has it, and what was judged before is forgotten.
 * What is learnt meanwhile is for this process alone: it goes to no other machine, and to no later start.
 * Errors: ERR_FULL, ERR_NOT_FOUND, ERR_NO_MEMORY; nothing has changed then.
 */
int server__nta_add(struct server *server, const struct name *zone, uint32_t seconds);
int server__nta_remove(struct server *server, const struct name *zone);
/* The seal of what goes to the second level, as long as nothing but the configuration says what is believed. */
void server__seal_writer(struct server *server);
void server__trust_stop(struct server *server); /* the timer */
void server__trust_close(struct server *server);

/* report.c */
void server__report_done(struct server *server, struct round *round);
void server__report_to(const struct server *server, const struct round *round, struct control_client *client);

/* control_commands.c */
void server__command(void *server, struct control_client *client, const char *const *words, unsigned count);
void server__count_done(struct server *server, struct round *round);
void server__control_trusts(struct server *server);
/* Forgets what was judged of the zone and of all below it. */
void server__forget(struct server *server, const struct name *zone);
void server__control_reloaded(struct server *server, const char *error); /* NULL: the new configuration is in force */

#endif
