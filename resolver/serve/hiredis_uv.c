#include "resolver/serve/hiredis_uv.h"

#include <stdlib.h>

struct events {
	uv_poll_t poll; /* first: the handle is the struct */
	redisAsyncContext *context;
	int wanted;
};

static void
on_poll(uv_poll_t *poll, int status, int happened)
{
	struct events *events = (struct events *)poll;
	if (status < 0) /* reading finds out what is wrong */
		happened = UV_READABLE;
	if ((happened & UV_READABLE) != 0)
		redisAsyncHandleRead(events->context);
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
hiredis_uv_attach(redisAsyncContext *context, uv_loop_t *loop)
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
	context->ev.addRead = add_read;
	context->ev.delRead = del_read;
	context->ev.addWrite = add_write;
	context->ev.delWrite = del_write;
	context->ev.cleanup = clean_up;
	context->ev.data = events;
	return 0;
}
