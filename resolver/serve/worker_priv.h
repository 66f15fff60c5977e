/*
 * worker_priv.h - a worker's inside, shared by its two files: worker.c is what it does in a turn and on orders,
 * worker_make.c how it comes to be and ends.
 */
#ifndef CAIRN_RESOLVER_SERVE_WORKER_PRIV_H
#define CAIRN_RESOLVER_SERVE_WORKER_PRIV_H

#include "resolver/serve/querylog.h"
#include "resolver/serve/verifiers.h"
#include "resolver/serve/worker.h"

struct worker {
	unsigned index;
	const struct service *service;
	struct caches caches;
	struct mailbox *server;
	struct worker *const *workers;

	uv_thread_t thread;
	bool is_started, is_closing;
	uv_loop_t loop;
	bool has_loop;
	struct mailbox mailbox;
	uv_timer_t engine_timer;
	uint64_t engine_at_us; /* what it is armed for */

	struct rng rng;
	struct network network;
	struct stack *stack;
	uint32_t network_version; /* of what is concluded from failures */
	struct stack_uv shell;
	bool has_shell;
	struct engine *engine;
	struct crypto *crypto;
	struct tsig_hmac *hmac;
	const struct anchors *anchors; /* newer than the service's; NULL: those */
	struct worker_order *asking;   /* WORKER_ASK_KEYS that is not answered; NULL: none */
	uint64_t trust_at_us; /* when the wall clock is looked at again */
	struct upstream upstream;
	struct cachedb_reader *cachedb; /* NULL: none */
	struct verifiers *verifiers;

	struct clients clients;
	unsigned turn_queries; /* that they have asked since the last turn ended */
	struct querylog query_log;
	struct arena arena;
	struct udp_batch *udp;
	struct stream_pool *tcp;
	struct listener *listeners;
	struct listen_xdp *xdp; /* NULL: none */
	struct listener *own_udp, *own_tcp; /* among them: clients over our own stack, where it is a station */

	void *block;
	size_t block_bytes;
};

/* ---- worker.c ------------------------------------------------------------------------------------------------ */

void worker__on_turn(struct stack_uv *shell, uint64_t now_us);
void worker__on_action(struct stack_uv *shell, const struct stack_action *action, uint64_t now_us);
void worker__on_mail(uv_async_t *async);
void worker__on_frames(struct stack_uv *shell, const struct link_frame *frames, size_t count);
/* The second level has answered. */
void worker__on_fetched(void *data, engine_query fetch, bool found);
/* A signature has been checked beside the loop. */
void worker__on_verified(void *data, engine_query check, enum crypto_result result);
/* What the engine validates and decides with; reads the wall clock. */
void worker__set_trust(struct worker *worker, uint64_t now_us);
/* Everything that the loop watches is closed; the loop ends when all of it is. */
void worker__close_handles(struct worker *worker);

#endif
