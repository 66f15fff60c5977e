#include "resolver/serve/cachedb_link.h"

#include <assert.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <string.h>

#include "resolver/serve/hiredis_uv.h"
#include "stack/base/err.h"

/* ---- failing -------------------------------------------------------------------------------------- */

static void
rest(struct cachedb_link *link, const char *why)
{
	if (link->is_closing)
		return;
	if (link->rest_ms == 0)
		log_warning(&link->log,
			    "cachedb: %s: %s; questions are answered without it, it is tried again "
			    "from time to time",
			    link->server->path[0] != '\0' ? link->server->path : link->server->host,
			    why);
	link->rest_ms = link->rest_ms == 0 ? CACHEDB_LINK_REST_MIN_MS : link->rest_ms * 2;
	if (link->rest_ms > CACHEDB_LINK_REST_MAX_MS)
		link->rest_ms = CACHEDB_LINK_REST_MAX_MS;
	link->rest_until_ms = uv_now(link->loop) + link->rest_ms;
}

static void
drop(struct cachedb_link *link, const char *why)
{
	redisAsyncContext *context = link->context;
	rest(link, why); /* first: who is told that there is no reply may ask for more */
	link->context = NULL;
	if (context != NULL)
		redisAsyncFree(context);
}

/* ---- what waits ----------------------------------------------------------------------------------- */

static struct cachedb_pending *
oldest(struct cachedb_link *link)
{
	return &link->pending[link->head % CACHEDB_LINK_PENDING_MAX];
}

uint32_t
cachedb_link_room(const struct cachedb_link *link)
{
	return CACHEDB_LINK_PENDING_MAX - (link->tail - link->head);
}

/* The server is well again when it has answered something. */
static void
note_reply(struct cachedb_link *link, const redisReply *reply)
{
	if (reply == NULL || reply->type == REDIS_REPLY_ERROR || link->rest_ms == 0)
		return;
	link->rest_ms = 0;
	log_notice(&link->log, "cachedb: the server answers again");
}

/* hiredis calls it once for each command, in their order, also when the connection ends. */
static void
on_reply(redisAsyncContext *context, void *reply, void *data)
{
	struct cachedb_link *link = data;
	assert(link->head != link->tail);
	struct cachedb_pending pending = *oldest(link);
	link->head++;
	note_reply(link, reply);
	if (reply != NULL && link->context == context && link->head == link->tail && hiredis_uv_has_more(context))
		drop(link, "it says more than it was asked for");
	if (pending.on_reply != NULL)
		pending.on_reply(pending.data, reply);
}

static void
on_timer(uv_timer_t *timer)
{
	struct cachedb_link *link = timer->data;
	if (link->head == link->tail)
		return;
	uint64_t now_ms = uv_now(link->loop), due_ms = oldest(link)->due_ms;
	if (due_ms > now_ms)
		(void)uv_timer_start(&link->timer, on_timer, due_ms - now_ms, 0);
	else
		drop(link, "no answer within redis-timeout");
}

/* ---- connecting ----------------------------------------------------------------------------------- */

static void
on_connect(const redisAsyncContext *context, int status)
{
	struct cachedb_link *link = context->data;
	if (status == REDIS_OK)
		return;
	link->context = NULL; /* hiredis frees it, and answers what waits with nothing */
	rest(link, context->errstr);
}

static void
on_disconnect(const redisAsyncContext *context, int status)
{
	struct cachedb_link *link = context->data;
	if (link->context != context)
		return; /* we have let it go */
	link->context = NULL;
	rest(link, status != REDIS_OK ? context->errstr : "the connection was closed");
}

/*
 * A server that refuses this will refuse what follows too.  Of its words only the first is told, which is a code: some say
 * again all that they were told, and so the password.
 */
static void
check_greeting(struct cachedb_link *link, const char *command, const redisReply *reply)
{
	char why[64];
	if (reply == NULL || reply->type != REDIS_REPLY_ERROR)
		return;
	const int code_bytes = (int)strspn(reply->str, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	(void)snprintf(why, sizeof why, "it refuses %s (%.*s)", command, code_bytes, reply->str);
	drop(link, why);
}

static void
on_authenticated(void *data, const redisReply *reply)
{
	check_greeting(data, "AUTH", reply);
}

static void
on_selected(void *data, const redisReply *reply)
{
	check_greeting(data, "SELECT", reply);
}

static int
send_words(struct cachedb_link *link, unsigned count, const char *words[], const size_t *sizes,
	   cachedb_reply_cb on_answer, void *data)
{
	if (cachedb_link_room(link) == 0)
		return ERR_FULL;
	if (redisAsyncCommandArgv(link->context, on_reply, link, (int)count, words, sizes) !=
	    REDIS_OK)
		return ERR_CLOSED;
	link->pending[link->tail++ % CACHEDB_LINK_PENDING_MAX] =
		(struct cachedb_pending){ uv_now(link->loop) + link->server->timeout_ms, on_answer,
					  data };
	if (!uv_is_active((uv_handle_t *)&link->timer))
		(void)uv_timer_start(&link->timer, on_timer, link->server->timeout_ms, 0);
	return 0;
}

static int
greet(struct cachedb_link *link)
{
	char number[16];
	const char *auth[] = { "AUTH", link->server->password }, *select[] = { "SELECT", number };
	int err = 0;
	if (link->server->password[0] != '\0') {
		const size_t sizes[] = { 4, strlen(auth[1]) };
		err = send_words(link, 2, auth, sizes, on_authenticated, link);
	}
	if (err == 0 && link->server->logical_db != 0) {
		const size_t sizes[] = { 6, (size_t)snprintf(number, sizeof number, "%u",
							     link->server->logical_db) };
		err = send_words(link, 2, select, sizes, on_selected, link);
	}
	return err;
}

static int
open_connection(struct cachedb_link *link)
{
	const struct cachedb_server *server = link->server;
	const struct hiredis_uv_limits limits = { CACHEDB_LINK_REPLY_BYTES_MAX, CACHEDB_LINK_WORDS_MAX };
	redisAsyncContext *context = server->path[0] != '\0'
					     ? redisAsyncConnectUnix(server->path)
					     : redisAsyncConnect(server->host, server->port);
	if (context == NULL || context->err != 0 || hiredis_uv_attach(context, link->loop, &limits) != 0) {
		rest(link, context != NULL && context->err != 0 ? context->errstr : "no memory");
		if (context != NULL)
			redisAsyncFree(context);
		return ERR_CLOSED;
	}
	context->data = link;
	(void)redisAsyncSetConnectCallback(context, on_connect);
	(void)redisAsyncSetDisconnectCallback(context, on_disconnect);
	link->context = context;
	return greet(link);
}

/* ---- verbs ---------------------------------------------------------------------------------------- */

void
cachedb_link_init(struct cachedb_link *link, uv_loop_t *loop, const struct cachedb_server *server,
		  const struct log *log)
{
	*link = (struct cachedb_link){ .server = server, .loop = loop, .log = *log };
	(void)uv_timer_init(loop, &link->timer); /* cannot fail */
	link->timer.data = link;
}

int
cachedb_link_send(struct cachedb_link *link, unsigned count, const char *words[],
		  const size_t *sizes, cachedb_reply_cb on_answer, void *data)
{
	assert(count <= CACHEDB_LINK_WORDS_MAX);
	if (link->is_closing || uv_now(link->loop) < link->rest_until_ms)
		return ERR_CLOSED;
	int err = link->context != NULL ? 0 : open_connection(link);
	return err == 0 ? send_words(link, count, words, sizes, on_answer, data) : err;
}

static void
on_timer_closed(uv_handle_t *handle)
{
	struct cachedb_link *link = handle->data;
	link->on_closed(link);
}

void
cachedb_link_close(struct cachedb_link *link, void (*on_closed)(struct cachedb_link *link))
{
	link->is_closing = true;
	link->on_closed = on_closed;
	drop(link, "");
	uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}
