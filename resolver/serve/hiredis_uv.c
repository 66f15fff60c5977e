#include "resolver/serve/hiredis_uv.h"

#include <stdlib.h>
#include <sys/socket.h>

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

struct events {
	uv_poll_t poll; /* first: the handle is the struct */
	redisAsyncContext *context;
	int wanted;
	struct hiredis_uv_limits limits;
	redisReplyObjectFunctions makers; /* hiredis's own, but for arrays */
	void *(*make_array)(const redisReadTask *task, element_count count);
};

/* Its memory is taken before any of the elements has come; and arrays of arrays of arrays would be millions of them. */
static void *
make_array(const redisReadTask *task, element_count count)
{
	const struct events *events = task->privdata;
	return task->parent == NULL && (uint64_t)count <= events->limits.elements_max ? events->make_array(task, count) : NULL;
}

bool
hiredis_uv_has_more(const redisAsyncContext *context)
{
	return context->c.reader->len > context->c.reader->pos;
}

/* Nothing is waited for, so this is the connection's end or what nobody wants to know. */
static bool
speaks_unasked(const redisAsyncContext *context)
{
	char octet;
	return (context->c.flags & REDIS_CONNECTED) != 0 && context->replies.head == NULL &&
	       recv(context->c.fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void
read_replies(struct events *events)
{
	redisAsyncContext *context = events->context;
	if (speaks_unasked(context)) {
		redisAsyncFree(context);
		return;
	}
	redisAsyncHandleRead(context);
	if (events->context != NULL && context->c.reader->len > events->limits.bytes_max)
		redisAsyncFree(context);
}

static void
on_poll(uv_poll_t *poll, int status, int happened)
{
	struct events *events = (struct events *)poll;
	if (status < 0) /* reading finds out what is wrong */
		happened = UV_READABLE;
	if ((happened & UV_READABLE) != 0)
		read_replies(events);
	if ((happened & UV_WRITABLE) != 0 && events->context != NULL)
		redisAsyncHandleWrite(events->context);
}

static void
want(struct events *events, int wanted)
{
	events->wanted = wanted;
	if (wanted != 0)
		(void)uv_poll_start(&events->poll, wanted, on_poll);
	else
		(void)uv_poll_stop(&events->poll);
}

static void
add_read(void *data)
{
	struct events *events = data;
	want(events, events->wanted | UV_READABLE);
}

static void
del_read(void *data)
{
	struct events *events = data;
	want(events, events->wanted & ~UV_READABLE);
}

static void
add_write(void *data)
{
	struct events *events = data;
	want(events, events->wanted | UV_WRITABLE);
}

static void
del_write(void *data)
{
	struct events *events = data;
	want(events, events->wanted & ~UV_WRITABLE);
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void
clean_up(void *data)
{
	struct events *events = data;
	events->context = NULL;
	uv_close((uv_handle_t *)&events->poll, on_closed);
}

int
hiredis_uv_attach(redisAsyncContext *context, uv_loop_t *loop, const struct hiredis_uv_limits *limits)
{
	struct events *events = calloc(1, sizeof *events);
	if (events == NULL)
		return UV_ENOMEM;
	int err = uv_poll_init(loop, &events->poll, context->c.fd);
	if (err != 0) {
		free(events);
		return err;
	}
	events->context = context;
	events->limits = *limits;
	events->makers = *context->c.reader->fn;
	events->make_array = events->makers.createArray;
	events->makers.createArray = make_array;
	context->c.reader->fn = &events->makers; /* the reader ends before the handle does */
	context->c.reader->privdata = events;
	context->ev.addRead = add_read;
	context->ev.delRead = del_read;
	context->ev.addWrite = add_write;
	context->ev.delWrite = del_write;
	context->ev.cleanup = clean_up;
	context->ev.data = events;
	return 0;
}
