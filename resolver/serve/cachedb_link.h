/*
 * cachedb_link.h - one connection to a Redis or Valkey server (RESP2, by hiredis), on the loop of one thread.
 *
 * Commands are pipelined and answered in their order.  When one has waited for redis-timeout, or the connection fails, all that
 * wait are answered with nothing, and the server is left alone for CACHEDB_LINK_REST_MIN_MS, doubling to
 * CACHEDB_LINK_REST_MAX_MS: so an absent server costs one timeout now and then, and no question more than one.  The same goes for
 * one that says more than it was asked for.
 *
 * Ownership: the config is lent; cachedb_link_close ends in the loop, the link must live until on_closed.
 * Errors:    ERR_CLOSED: the server is left alone; ERR_FULL: CACHEDB_LINK_PENDING_MAX wait.  Then on_reply is not called.
 */
#ifndef CAIRN_RESOLVER_SERVE_CACHEDB_LINK_H
#define CAIRN_RESOLVER_SERVE_CACHEDB_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "stack/addr.h"
#include "stack/base/log.h"

#define CACHEDB_LINK_PENDING_MAX 1024u
#define CACHEDB_LINK_REST_MIN_MS 1000u
#define CACHEDB_LINK_REST_MAX_MS 30000u
#define CACHEDB_LINK_WORDS_MAX   8u
#define CACHEDB_LINK_REPLY_BYTES_MAX (512u * 1024u) /* on their way: a server that says more is cut off */
#define CACHEDB_LINK_PATH_BYTES     108u /* of sockaddr_un */
#define CACHEDB_LINK_PASSWORD_BYTES 512u

struct redisAsyncContext;
struct redisReply;

struct cachedb_server {
	char host[ADDR_TEXT_BYTES];                   /* an address */
	char path[CACHEDB_LINK_PATH_BYTES];           /* empty: host and port */
	char password[CACHEDB_LINK_PASSWORD_BYTES];   /* empty: none */
	uint16_t port;
	uint32_t logical_db, timeout_ms;
};

/* reply NULL: there is none.  It is lent for the call. */
typedef void (*cachedb_reply_cb)(void *data, const struct redisReply *reply);

struct cachedb_pending {
	uint64_t due_ms;
	cachedb_reply_cb on_reply;
	void *data;
};

struct cachedb_link {
	const struct cachedb_server *server;
	struct log log;
	uv_loop_t *loop;
	struct redisAsyncContext *context; /* NULL: not connected */
	uv_timer_t timer;                  /* the oldest pending's */
	struct cachedb_pending pending[CACHEDB_LINK_PENDING_MAX];
	uint32_t head, tail;
	uint64_t rest_until_ms;
	uint32_t rest_ms;                  /* 0: the last that was heard of it was good */
	bool is_closing;
	void (*on_closed)(struct cachedb_link *link);
};

void cachedb_link_init(struct cachedb_link *link, uv_loop_t *loop, const struct cachedb_server *server,
                       const struct log *log);
/* The words of one command; they may hold any octets. */
int cachedb_link_send(struct cachedb_link *link, unsigned count, const char *words[], const size_t *sizes,
                      cachedb_reply_cb on_reply, void *data);
uint32_t cachedb_link_room(const struct cachedb_link *link); /* for so many commands more */
void cachedb_link_close(struct cachedb_link *link, void (*on_closed)(struct cachedb_link *link));

#endif
