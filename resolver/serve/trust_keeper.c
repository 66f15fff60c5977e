/*
 * trust_keeper.c - keeps the anchors that update themselves (trust_points.h), and the negative ones (nta.h), on the main
 * thread.
 *
 * It has a worker ask a zone for its keys, one zone at a time, judges what came, writes the file, and gives every worker
 * the new anchors, a block that lives until all of them have the next one.
 */
#include <stdlib.h>
#include <time.h>

#include "resolver/serve/server_priv.h"

#define LOOK_AGAIN_S 3600u /* the wall clock may be set meanwhile */

static struct trust_config *
config_of(struct server *server)
{
	return &server->settings->service->trust;
}

/* ---- new anchors for the workers ------------------------------------------------------------------------------------ */

/* What every worker goes by now: what was judged otherwise is forgotten, and who has asked for it is told. */
static void
settle(struct server *server)
{
	struct trust_keeper *keeper = &server->trust;

	if (keeper->has_all_changed)
		server__forget(server, &name_root);
	for (unsigned i = 0; i < keeper->changed_count && !keeper->has_all_changed; i++)
		server__forget(server, &keeper->changed[i]);
	if (keeper->changed_count > 0 && keeper->ntas.count == 0)
		server__seal_writer(server);
	keeper->changed_count = 0;
	keeper->has_all_changed = false;
	server__control_trusts(server);
}

/* 0 also if it has to wait for what is under way, and is done after that. */
static int
hand_out(struct server *server)
{
	struct trust_keeper *keeper = &server->trust;

	keeper->is_wanted_again = keeper->round.left > 0;
	if (keeper->is_wanted_again || server->is_stopping || server->reload.round.left > 0)
		return 0; /* after a reload the workers have what its files say */
	if (config_of(server)->anchors == NULL) { /* nothing is validated any more */
		settle(server);
		return 0;
	}
	keeper->coming = trust_anchors_now(config_of(server), &keeper->ntas, keeper->crypto);
	if (keeper->coming == NULL) {
		log_error(server__log(server), "trust anchors: no room: the old ones stay in use");
		return ERR_NO_MEMORY;
	}
	for (unsigned i = 0; i < server->worker_count; i++)
		keeper->round.orders[i].anchors = keeper->coming;
	server__round_start(server, &keeper->round);
	return 0;
}

/* Every worker validates with the new ones. */
static void
on_handed_out(struct server *server, struct round *round)
{
	struct trust_keeper *keeper = &server->trust;
	(void)round;

	free(keeper->now);
	keeper->now = keeper->coming;
	keeper->coming = NULL;
	if (!keeper->is_wanted_again)
		settle(server);
	else
		(void)hand_out(server);
}

static void
note_change(struct trust_keeper *keeper, const struct name *zone)
{
	keeper->has_all_changed |= keeper->changed_count == NTA_MAX;
	if (keeper->changed_count < NTA_MAX)
		name_copy(&keeper->changed[keeper->changed_count++], zone);
}

/* ---- asking ----------------------------------------------------------------------------------------------------------- */

static void arm(struct server *server);

static void
ask(struct server *server)
{
	struct trust_keeper *keeper = &server->trust;

	keeper->is_asking = true;
	keeper->keys->zone = keeper->point->trust.zone;
	mailbox_post(worker_mailbox(server->workers[0]), &keeper->ask.letter);
}

static uint64_t
loop_now_s(const struct server *server)
{
	return uv_now(&server->loop) / 1000;
}

static void
end_ntas(struct server *server)
{
	char text[NAME_TEXT_BYTES];
	struct name zone;
	bool has_ended = false;

	for (; nta_expire(&server->trust.ntas, loop_now_s(server), &zone); has_ended = true) {
		note_change(&server->trust, &zone);
		log_notice(server__log(server), "negative trust anchor: the time of %s is over, it is validated again",
			   name_to_text(&zone, text, sizeof text));
	}
	if (has_ended)
		(void)hand_out(server);
}

static void
on_timer(uv_timer_t *timer)
{
	struct server *server = timer->data;
	struct trust_keeper *keeper = &server->trust;

	if (server->is_stopping)
		return;
	end_ntas(server);
	if (keeper->is_asking)
		return; /* who hears the answer arms it again */
	keeper->point = trust_points_due(&config_of(server)->points, &server->rng, (uint64_t)time(NULL));
	if (keeper->point != NULL)
		ask(server);
	else
		arm(server);
}

static void
arm(struct server *server)
{
	const uint64_t now_s = (uint64_t)time(NULL), at_s = trust_points_deadline(&config_of(server)->points, now_s);
	const uint64_t ends_s = nta_deadline(&server->trust.ntas), loop_s = loop_now_s(server);
	uint64_t wait_s = at_s > now_s ? at_s - now_s : 0;

	if ((at_s == AUTOTRUST_NEVER && ends_s == NTA_NEVER) || server->is_stopping)
		return;
	if (ends_s < loop_s + wait_s)
		wait_s = ends_s > loop_s ? ends_s - loop_s : 0;
	(void)uv_timer_start(&server->trust.timer, on_timer, 1000 * (wait_s < LOOK_AGAIN_S ? wait_s : LOOK_AGAIN_S), 0);
}

/* While a reload is on its way its files are read already: what comes now would be written over by neither. */
void
server__trust_heard(struct server *server)
{
	struct trust_keeper *keeper = &server->trust;
	struct trust_config *config = config_of(server);
	const struct rrset *set = keeper->keys->is_there ? &keeper->keys->set : NULL;

	keeper->is_asking = false;
	if (keeper->point != NULL && server->reload.round.left == 0) {
		const bool asks_again = trust_points_hear(&config->points, keeper->point, set, keeper->crypto, &server->rng,
							  config->override_s, (uint64_t)time(NULL), server__log(server));
		if (keeper->point->trust.has_changed)
			(void)hand_out(server);
		if (asks_again && !server->is_stopping) {
			ask(server);
			return;
		}
	}
	keeper->point = NULL;
	arm(server);
}

/* ---- start, reload, end -------------------------------------------------------------------------------------------------- */

int
server__trust_open(struct server *server)
{
	struct trust_keeper *keeper = &server->trust;

	keeper->timer.data = server;
	keeper->ask.kind = WORKER_ASK_KEYS;
	keeper->keys = calloc(1, sizeof *keeper->keys);
	keeper->ask.keys = keeper->keys;
	keeper->crypto = crypto_new();
	if (keeper->keys == NULL || keeper->crypto == NULL)
		return ERR_NO_MEMORY;
	return server__round_init(server, &keeper->round, WORKER_TRUST, on_handed_out);
}

void
server__trust_start(struct server *server)
{
	arm(server);
}

void
server__trust_renew(struct server *server)
{
	struct trust_keeper *keeper = &server->trust;

	keeper->point = NULL;
	free(keeper->now); /* every worker has gone over to the service's own */
	keeper->now = NULL;
	if (keeper->ntas.count > 0)
		(void)hand_out(server);
	else
		settle(server);
	arm(server);
}

void
server__seal_writer(struct server *server)
{
	struct cachedb_seal unknown;

	if (server->cachedb_writer == NULL)
		return;
	cachedb_seal_init(&unknown, server->cachedb.secret_seed, rng_u64(&server->rng)); /* nobody goes by that */
	cachedb_writer_seal(server->cachedb_writer, server->trust.ntas.count > 0 ? &unknown : &server->cachedb.seal);
}

int
server__nta_add(struct server *server, const struct name *zone, uint32_t seconds)
{
	struct trust_keeper *keeper = &server->trust;
	int err = nta_add(&keeper->ntas, zone, loop_now_s(server) + seconds);

	if (err != 0)
		return err;
	err = hand_out(server);
	if (err != 0) {
		(void)nta_remove(&keeper->ntas, zone);
		return err;
	}
	cache_keeper_mix(&server->keeper);
	server__seal_writer(server);
	note_change(keeper, zone);
	arm(server);
	return 0;
}

int
server__nta_remove(struct server *server, const struct name *zone)
{
	const int err = nta_remove(&server->trust.ntas, zone);

	if (err != 0)
		return err;
	note_change(&server->trust, zone);
	return hand_out(server);
}

void
server__trust_stop(struct server *server)
{
	uv_close((uv_handle_t *)&server->trust.timer, NULL);
}

void
server__trust_close(struct server *server)
{
	struct trust_keeper *keeper = &server->trust;

	free(keeper->now);
	free(keeper->coming);
	free(keeper->keys);
	free(keeper->round.orders);
	crypto_free(keeper->crypto);
}
