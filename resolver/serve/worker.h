/*
 * worker.h - one thread, one loop, one stack and link, one engine, and the listeners that feed it.
 *
 * A worker is made whole by the server on the main thread, so that whatever fails has somebody to tell; then its
 * thread runs the loop until WORKER_STOP.  In between, orders come as letters and go back when they are
 * carried out.  Nothing of a worker is touched by another thread but its mailbox, at which other workers knock when they
 * have what its clients wait for (underway.h).
 *
 * A turn of the loop: sockets are read, queries answered into the batches or asked of the engine; then, right before the
 * loop sleeps (stack/uv.h), replies from name servers are taken, the engine's timers run, its answers and queries leave,
 * and every batch is flushed.  The time is read once a turn.
 *
 * Ownership: the caches and the service are shared and outlive the worker, or the order that replaces them.
 * Bounds:    struct engine_limits, struct stack_limits, incoming-num-tcp, WORKER_WAITING_MAX queries that wait for other
 *            workers; all memory is reserved at the start.
 */
#ifndef CAIRN_RESOLVER_SERVE_WORKER_H
#define CAIRN_RESOLVER_SERVE_WORKER_H

#include <uv.h>

#include "resolver/iterate/upstream.h"
#include "resolver/serve/cachedb.h"
#include "resolver/serve/client.h"
#include "resolver/serve/root_hints.h"
#include "resolver/serve/listener.h"
#include "resolver/serve/listen_xdp.h"
#include "resolver/serve/mailbox.h"
#include "resolver/serve/network.h"
#include "resolver/serve/service.h"
#include "stack/base/rng.h"
#include "stack/drop.h"
#include "stack/uv.h"

#define WORKER_WAITING_MAX 1024u /* all are looked at when a worker knocks */

struct stream_pool;
struct udp_batch;

/* A socket that the server has opened for a worker. */
struct worker_socket {
	struct endpoint endpoint;
	enum endpoint_transport transport;
	int fd;
};

enum worker_order_kind {
	WORKER_RECONFIGURE, /* take the service and the new sockets, leave the listed endpoints */
	WORKER_REPORT,      /* copy the counters */
	WORKER_TRUST,       /* validate with these anchors */
	WORKER_ASK_KEYS,    /* ask a zone's servers for its DNSKEY set; goes back when the answer is there */
	WORKER_STOP,
};

struct worker_report {
	struct server_stats server;
	struct engine_stats engine;
	struct upstream_tcp_stats upstream_tcp;
	struct cachedb_stats cachedb;
	struct {
		uint64_t open_failures, send_failures;
	} upstream;
	struct {
		uint64_t sync_failures, guard_renew_failures;
		uint32_t guard_ports;
	} host;
	struct stack_stats stack;
	uint64_t drops[DROP_REASON_COUNT]; /* stack_drops */
	struct link_stats link;
	struct listen_xdp_stats xdp;
};

#define WORKER_KEYS_BYTES_MAX MESSAGE_BYTES_MAX

/* A zone's DNSKEY set with its signatures, as it came. */
struct worker_keys {
	struct name zone;
	bool is_there;
	struct rrset set; /* owner and rdata are here */
	uint8_t rdata[WORKER_KEYS_BYTES_MAX];
};

struct worker_order {
	struct letter letter; /* first: a letter is its order */
	enum worker_order_kind kind;
	void *data;                    /* the sender's */
	const struct service *service; /* RECONFIGURE */
	struct engine_config engine;   /* RECONFIGURE */
	const struct cachedb_seal *seal; /* RECONFIGURE: of the second level, lent for the order */
	struct worker_socket *open;    /* RECONFIGURE: the descriptors become the worker's */
	size_t open_count;
	const struct worker_socket
		*shut; /* RECONFIGURE: by endpoint and transport; fd means nothing */
	size_t shut_count;
	const struct anchors *anchors; /* TRUST: lent until the next such order or RECONFIGURE is back */
	struct worker_keys *keys;      /* ASK_KEYS: one order at a time */
	struct worker_report report;   /* REPORT */
};

struct worker_config {
	unsigned index;
	const struct config *config; /* read by worker_new only */
	const struct service *service;
	const struct caches *caches;
	const struct cachedb_config *cachedb; /* NULL: there is no second level */
	const struct root_hints *hints; /* read by worker_new only */
	const struct guard_plan *plan;
	struct link *link; /* to be on the network by, the worker's from now on; NULL: it opens what `config` says */
	struct xdp_door *door; /* clients' datagrams come by it too; NULL: there is none */
	struct mailbox *server; /* where orders go back to */
	struct underway *underway; /* shared by all workers; NULL: there is only one */
	struct worker *const *workers; /* all of them, by index; the others are used from worker_start on */
	const uint8_t *seed;    /* RNG_SEED_BYTES */
};

/* Descriptors that one worker may need besides the guards. */
uint64_t worker_descriptors(const struct config *config, size_t endpoint_count);

int worker_new(struct worker **worker, const struct worker_config *config,
	       char error[CONFIG_ERROR_BYTES]);
/* Adds a listener; takes the descriptor, also when it fails.  Before worker_start, or on the worker's thread. */
int worker_listen(struct worker *worker, const struct worker_socket *socket);
/* What its queries are sent from (network_hold_ports); before worker_start, and privileges may be gone. */
int worker_hold_ports(struct worker *worker, char error[CONFIG_ERROR_BYTES]);
int worker_start(struct worker *worker);
struct mailbox *worker_mailbox(struct worker *worker);
/* What the link has to tell the operator of how it was opened; "": nothing. */
const char *worker_told(const struct worker *worker);
/* Waits for its thread, which was told to stop.  When all have been waited for, they may be freed. */
void worker_join(struct worker *worker);
/* After worker_join, or before worker_start. */
void worker_free(struct worker *worker);

/* ---- for listeners, on the worker's thread ----------------------------------------------------------------- */

/* One query; with CLIENT_REPLIES *reply_bytes octets of answer stand in `reply`. */
enum client_fate worker_query(struct worker *worker, const struct client_source *source,
			      const uint8_t *bytes, size_t size, uint8_t *reply, size_t reply_max,
			      uint64_t now_us, size_t *reply_bytes);
const struct clients *worker_clients(const struct worker *worker); /* for clients_foresee */
uv_loop_t *worker_loop(struct worker *worker);
uint64_t worker_now_us(struct worker *worker);
struct udp_batch *worker_udp_batch(struct worker *worker);
struct stream_pool *worker_streams(struct worker *worker);
struct stack *worker_stack(struct worker *worker);
const struct service *worker_service(const struct worker *worker);
struct server_stats *worker_stats(struct worker *worker);
struct listener *worker_listeners(struct worker *worker); /* the first; NULL: none */
struct rng *worker_rng(struct worker *worker);

#endif
